/*
 * libsst/msg/zip.h: the files in a zip, one at a time, as streams.  libzip reads it, through base/io.
 * Names are only compared, never opened, so that ".." in them reaches nothing.
 */
#ifndef SST_MSG_ZIP_H
#define SST_MSG_ZIP_H

#include "base/io.h"

struct sst_zip;

/* Borrows io and path until close.  SST_EDAMAGED when it is no zip. */
int sst_zip_open(struct sst_zip **, const struct sst_io *, const char *path, struct sst_err *);
void sst_zip_close(struct sst_zip *); /* NULL is fine */

/* Files and folders in it. */
uint64_t sst_zip_count(const struct sst_zip *);
/* The name of one, as its bytes are; until close.  NULL when it has none. */
const char *sst_zip_name(const struct sst_zip *, uint64_t i);

/* Begins to read a file, ending the one before.  SST_EUNSUPPORTED when it is encrypted, or compressed
 * by anything but deflate. */
int sst_zip_begin(struct sst_zip *, uint64_t i, struct sst_err *);
/*
 * Reads up to n bytes of it; 0 bytes are its end.  SST_EDAMAGED when bytes, length or CRC are wrong,
 * or when more comes out of the zip than deflate can make of its size: files that share their bytes.
 */
int sst_zip_read(struct sst_zip *, void *buf, size_t n, size_t *got, struct sst_err *);

#endif
