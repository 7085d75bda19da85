/*
 * libsst/msg/bundle.h: the files of a folder or of a zip, by number, each with its path in it:
 * "Messages/c123/messages.json".  Of a folder only names that end in .json or .csv.
 */
#ifndef SST_MSG_BUNDLE_H
#define SST_MSG_BUNDLE_H

#include "base/io.h"

#define SST_BUNDLE_DEPTH 6 /* of folders within each other; deeper ones are not looked into */

#define SST_BUNDLE_FOLDERS 1000000

struct sst_bundle;

/* Borrows io until close, and path. */
int sst_bundle_open(
    struct sst_bundle **, const struct sst_io *, const char *path, struct sst_err *);
void sst_bundle_close(struct sst_bundle *); /* NULL is fine */

size_t sst_bundle_count(const struct sst_bundle *);
const char *sst_bundle_name(const struct sst_bundle *, size_t i);

/* Begins to read one, ending the one before. */
int sst_bundle_begin(struct sst_bundle *, size_t i, struct sst_err *);
/* For a feed; ctx is the bundle. */
int sst_bundle_read(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *);

#endif
