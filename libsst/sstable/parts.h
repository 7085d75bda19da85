/*
 * libsst/sstable/parts.h: every component of an SSTable but Data.db, field by field in the order of
 * the file, each with its name and the bytes that say it: to print a component as a table, as JSON
 * or in hexadecimal.  The fields are those of formats/ (statistics.md, index.md, bti.md, ...).
 *
 *	OBJECT "statistics"
 *	  UINT "parts" 4		bytes 0 to 4
 *	  ARRAY "places"
 *	    OBJECT NULL
 *	      UINT "type" 0		bytes 4 to 8
 *	      ...
 *	    END
 *	  END
 *	...
 *	END
 *
 * But for tries, whose nodes lie in an order of their own, the `raw` of all fields one after the other
 * is the file.
 */
#ifndef SST_SSTABLE_PARTS_H
#define SST_SSTABLE_PARTS_H

#include "base/io.h"
#include "schema/type.h"

enum sst_part_kind {
	SST_PART_OBJECT, /* fields with names follow, up to END */
	SST_PART_ARRAY,  /* elements without names follow, up to END */
	SST_PART_END,
	SST_PART_UINT,    /* u */
	SST_PART_INT,     /* i */
	SST_PART_BOOL,    /* u: 0 or 1 */
	SST_PART_DOUBLE,  /* d, may be NaN */
	SST_PART_TIME_US, /* i since 1970; INT64_MIN and INT64_MAX: as stored, no time */
	SST_PART_TIME_MS, /* i since 1970; 0: none */
	SST_PART_TIME_S,  /* i since 1970; SST_NO_LDT: none */
	SST_PART_TEXT,    /* bytes; UTF-8 unless the file is damaged */
	SST_PART_BYTES,   /* bytes: a value of `type`, or of no known one (NULL); p == NULL: null */
	SST_PART_UUID,    /* bytes: 16 */
	SST_PART_HEX,     /* u: a checksum or a set of flags, best shown in hexadecimal */
	SST_PART_BULK /* u bytes that nobody reads one by one: only where they are and how many */
};

struct sst_part {
	enum sst_part_kind kind;
	const char *name;     /* snake case, with its unit; NULL in an array.  A constant. */
	uint64_t off;         /* where raw lies in the file */
	struct sst_slice raw; /* n == 0: is not in the file but follows from it.  p == NULL: n bytes
			       * that are not at hand (of BULK); read them from the file */
	union {
		uint64_t u;
		int64_t i;
		double d;
		struct sst_slice bytes;
	};
	const struct sst_type *type; /* of BYTES */
};

/* Takes a field; it and all that it points to last until the call returns.  Other than 0 ends the
 * walk. */
typedef int (*sst_part_each)(void *arg, const struct sst_part *);

/*
 * Hands all fields of the component at `path` to each().  0 at the end; what each() returned, when
 * that was not 0; -1 for damage (what comes before it was handed out), an unknown version, or a
 * component that has no such form (SST_EINVAL: Data.db).  Index.db and the tries are read as
 * they are needed; Index.db, Partitions.db and Rows.db want Statistics.db beside them, for types:
 * without one, keys have no type and promoted indexes are BULK.
 */
int sst_parts_read(
    const struct sst_io *, const char *path, sst_part_each each, void *arg, struct sst_err *);

#endif
