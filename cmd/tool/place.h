/*
 * cmd/tool/place.h: the tables, or SSTables of a table, that operands stand for, with all that is to be
 * known before a table is merged: its schema, who wrote it, and the directory that it is in.
 */
#ifndef TOOL_PLACE_H
#define TOOL_PLACE_H

#include "base/arena.h"
#include "schema/table.h"

/* A table, or some SSTables of it. */
struct place {
	const struct sst_table *table;
	const char *folder;
	const char *root;   /* the data directory of ours that it is in, or NULL */
	bool foreign;       /* of another system, and no snapshot */
	bool among;         /* its operand stands for other tables too */
	bool schema;        /* the table is as a schema.cql says, not only its SSTables */
	uint8_t hostid[16]; /* all zero: not known */
	/* All tables of root: the log names them. */
	const struct sst_table *const *tables;
	size_t ntables;
	/* Ids of those that were dropped, of which it may hold writes too. */
	const uint8_t (*dropped)[16];
	size_t ndropped;
	size_t nfiles;      /* 0: all */
	const char **files; /* base names */
};

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
