/* libsst/sstable/fileout.h: a new file, written from start to end through one buffer. */
#ifndef SST_SSTABLE_FILEOUT_H
#define SST_SSTABLE_FILEOUT_H

#include "base/io.h"

#define SST_FILEOUT_BUFFER ((size_t)256 << 10)

struct sst_fileout { /* start with {.fd = -1} */
	const struct sst_io *io;
	char *path; /* owned */
	int fd;
	uint8_t *p; /* the buffer */
	size_t n, cap;
	uint64_t written; /* handed to the file; n more are in the buffer */
};

/* A file that must not be there yet; with `over`, one that may, and is emptied. */
int sst_fileout_open(
    struct sst_fileout *, const struct sst_io *, const char *path, bool over, struct sst_err *);

/* A place for the next n bytes, to be filled and then taken in by adding to .n; NULL and *e. */
uint8_t *sst_fileout_room(struct sst_fileout *, size_t n, struct sst_err *);
int sst_fileout_add(struct sst_fileout *, struct sst_slice, struct sst_err *);

static inline uint64_t
sst_fileout_len(const struct sst_fileout *f)
{
	return f->written + f->n;
}

/* Writes the rest, syncs and closes. */
int sst_fileout_finish(struct sst_fileout *, struct sst_err *);
/* Closes and frees, whatever happened; fine twice.  The file stays. */
void sst_fileout_free(struct sst_fileout *);

/* A whole file at once, synced. */
int sst_fileout_write(
    const struct sst_io *, const char *path, bool over, struct sst_slice bytes, struct sst_err *);

#endif
