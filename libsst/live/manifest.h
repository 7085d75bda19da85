/*
 * libsst/live/manifest.h: manifest.json of a snapshot: which SSTables it holds, and since when.
 * formats/snapshot.md has the forms that Cassandra and ScyllaDB write.
 */
#ifndef SST_LIVE_MANIFEST_H
#define SST_LIVE_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SST_MANIFEST_FILE "manifest.json"
#define SST_MANIFEST_MAX ((size_t)16 << 20) /* bytes; a longer one is refused */
#define SST_NO_TIME INT64_MIN

struct sst_manifest {
	size_t nfiles;
	const char **files;             /* names of Data.db files: "me-3-big-Data.db" */
	int64_t created_us, expires_us; /* SST_NO_TIME: it does not say */
};

/*
 * Strings are copied into the arena.  Members that are not known, or not of the kind expected, are
 * passed over: versions differ in them.  SST_EDAMAGED when it is no JSON object; file is for messages.
 */
int sst_manifest_parse(struct sst_manifest *, struct sst_arena *, struct sst_slice text,
    const char *file, struct sst_err *);

/* Appends it as Cassandra 5.0 does, byte for byte; 4.1 reads that too. */
void sst_manifest_put(struct sst_buf *, const struct sst_manifest *);

#endif
