/* libsst/base/names.h: the names in a directory. */
#ifndef SST_BASE_NAMES_H
#define SST_BASE_NAMES_H

#include "base/arena.h"
#include "base/io.h"

struct sst_names { /* in an arena */
	size_t n;
	const char **v; /* sorted by their bytes */
};

/* All names but . and .. */
int sst_names_list(struct sst_names *, struct sst_arena *, const struct sst_io *, const char *dir,
    struct sst_err *);

#endif
