/*
 * libsst/commitlog/segment.h: the bytes of a commit log segment but for its entries: names, headers
 * and sync markers, as in formats/commitlog.md.  The room keeps writes that are in no SSTable yet:
 * log.h appends them, replay.h reads them back, mutation.h says what they are.
 *
 *	| header | marker | entry entry … | marker | entry … | marker | (end)
 *	            |        section        ^
 *	            +-- says where it ends -+
 */
#ifndef SST_COMMITLOG_SEGMENT_H
#define SST_COMMITLOG_SEGMENT_H

#include "base/buf.h"
#include "base/err.h"

#define SST_SEGMENT_VERSION 7      /* Cassandra 4.0 to 5.0, at its default compatibility: written */
#define SST_SEGMENT_VERSION_MIN 6  /* Cassandra 3.0 and 3.11 */
#define SST_SEGMENT_VERSION_MAX 8  /* Cassandra 5.0 with deletion times beyond 2038 */
#define SST_SEGMENT_COMPRESSION 64 /* longest name of a compressor, with its NUL */
#define SST_SEGMENT_MAX INT32_MAX  /* bytes of a file: positions are signed 32 bits */
#define SST_SEGMENT_HEADER_MIN 18  /* without parameters */
#define SST_SEGMENT_HEADER_MAX (SST_SEGMENT_HEADER_MIN + UINT16_MAX)
#define SST_MARKER_LEN 8
#define SST_ENTRY_OVERHEAD 12 /* length, its CRC, and the CRC of all */
#define SST_ENTRY_MIN 10 /* no mutation is shorter; Cassandra takes a smaller length for damage */

#define SST_SEGMENT_NAME 64 /* longest name, with its NUL */

/* "CommitLog-7-<id>.log" */
void sst_segment_name(char name[SST_SEGMENT_NAME], uint64_t id);

/*
 * True for CommitLog-<version>-<id>.log and for what was such a file: *rest is what comes after
 * ".log", "" for a segment.  Ids go up to INT64_MAX.  A name without an id, of Cassandra before 1.2,
 * has version 0.
 */
bool sst_segment_parse_name(const char *name, uint32_t *version, uint64_t *id, const char **rest);

struct sst_segment_header {
	uint32_t version;
	uint64_t id;
	struct sst_slice params; /* a JSON object; borrows */
	size_t len;              /* bytes of the header */
	bool ours;               /* params have a member "ostraka": */
	uint32_t shard, shards;  /* its value, "2/4", or "0" of one that is alone */
	char compression[SST_SEGMENT_COMPRESSION]; /* "LZ4Compressor"; "": none */
};

/* A header whose parameters are {"ostraka":"<shard>/<shards>"}, or {"ostraka":"0"} for one alone. */
void sst_segment_put_header(struct sst_buf *, uint64_t id, uint32_t shard, uint32_t shards);
/* The same with any parameters, at most 65535 bytes. */
void sst_segment_put_params(struct sst_buf *, uint64_t id, struct sst_slice params);

/*
 * Reads the header at the start of bytes.  SST_ESHORT: cut short; SST_EDAMAGED; SST_EVERSION;
 * SST_EUNSUPPORTED: encrypted.
 */
int sst_segment_get_header(
    struct sst_segment_header *, struct sst_slice bytes, const char *file, struct sst_err *);

/* Writes the marker at position pos of segment id: its section ends at next. */
void sst_marker_put(uint8_t p[SST_MARKER_LEN], uint64_t id, uint32_t pos, uint32_t next);
/* True when these bytes are a marker of that segment and position; *next is where it points. */
bool sst_marker_get(const uint8_t p[SST_MARKER_LEN], uint64_t id, uint32_t pos, uint32_t *next);

#endif
