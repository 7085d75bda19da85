/* cmd/compact/place.h: the tables, or SSTables of a table, that operands stand for. */
#ifndef COMPACT_PLACE_H
#define COMPACT_PLACE_H

#include "compact/compact.h"

/*
 * Calls each() for every table of a data directory, for a table's folder, or for the folder of files
 * that are named (paths of their components).  Gives the worst status.
 */
int place_each(char *const *operands, size_t n, int (*each)(struct wishes *, const struct place *),
    struct wishes *);

#endif
