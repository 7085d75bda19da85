/*
 * libsst/msg/snowflake.h: message ids that hold their time, and the buckets that ids fall into:
 *
 *	63 .............. 22 21 ... 17 16 .... 12 11 ....... 0
 *	ms since the epoch   worker    process    increment
 *
 * An id is a bigint in CQL: 0 to 2^63 - 1 here.  A bucket holds `width` ids that follow each other,
 * so its number is id / width; the width that 10 days of ids have is the usual one.
 * formats/snowflake.md.
 */
#ifndef SST_MSG_SNOWFLAKE_H
#define SST_MSG_SNOWFLAKE_H

#include "base/err.h"
#include "base/slice.h"

#define SST_SNOWFLAKE_SHIFT 22                        /* bits below the milliseconds */
#define SST_SNOWFLAKE_MS_MAX (INT64_MAX >> 22)        /* after the epoch: 2084-09-06 */
#define SST_SNOWFLAKE_EPOCH_MS INT64_C(1420070400000) /* 2015-01-01T00:00:00Z */
#define SST_SNOWFLAKE_WORKERS 1024                    /* worker and process bits together */
#define SST_BUCKET_DAYS 10                            /* of the usual layout */
#define SST_BUCKET_WIDTH INT64_C(3623878656000000)    /* ids in 10 days */

struct sst_snowflake { /* the parts of an id */
	int64_t ms;    /* since the epoch */
	unsigned worker, process, increment;
};

struct sst_snowflake sst_snowflake_split(int64_t id);

/* The time of an id >= 0, in µs since 1970. */
int64_t sst_snowflake_us(int64_t id, int64_t epoch_ms);

/*
 * The smallest id of the millisecond in which us (since 1970) lies; the largest is that | 0x3fffff.
 * SST_EINVAL for a time before the epoch or past the last id, and *id is then the nearest there is:
 * 0 or INT64_MAX.
 */
int sst_snowflake_at(int64_t *id, int64_t us, int64_t epoch_ms, struct sst_err *);

/* An id of its parts: worker below SST_SNOWFLAKE_WORKERS, sequence below 4096.  SST_EINVAL for a
 * time that no id has. */
int sst_snowflake_make(
    int64_t *id, int64_t unix_ms, uint32_t worker, uint32_t sequence, struct sst_err *);

/*
 * Reads an id: decimal digits only, 0 to 2^63 - 1; 0 is an id.  SST_EINVAL for anything else, and
 * for larger numbers.
 */
int sst_snowflake_parse(int64_t *id, struct sst_slice text, struct sst_err *);

/* The bucket of an id >= 0; width > 0. */
static inline int64_t
sst_bucket_of(int64_t id, int64_t width)
{
	return id / width;
}

/* Ids of a bucket of any number, inclusive; false when no id falls into it. */
bool sst_bucket_ids(int64_t bucket, int64_t width, int64_t *first, int64_t *last);

/* Ids in buckets of so many days; 0 when that is none, or more than ids reach. */
int64_t sst_bucket_width(uint64_t days);

#endif
