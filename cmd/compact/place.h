/* cmd/compact/place.h: the tables, or SSTables of a table, that operands stand for. */
#ifndef COMPACT_PLACE_H
#define COMPACT_PLACE_H

#include "compact/compact.h"

struct found;

struct places { /* start with {0} */
	size_t n;
	struct place *v;
	size_t cap;
	struct found *looked; /* what the places borrow from */
	struct sst_arena arena;
};

/*
 * Every table of data directories, tables' folders, or the folder of files that are named (paths of
 * their components).  The worst status: of what could not be looked at there is nothing.
 */
int places_find(struct places *, char *const *operands, size_t n);
void places_free(struct places *);

#endif
