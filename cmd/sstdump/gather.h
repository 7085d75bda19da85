/*
 * cmd/sstdump/gather.h: SSTables that are looked at together, opened before any is read: by table, in
 * the order in which they were found.
 */
#ifndef SSTDUMP_GATHER_H
#define SSTDUMP_GATHER_H

#include "sstdump/job.h"

struct gathered { /* an SSTable */
	struct sst_sstable *sst;
	const char *path;
	struct sst_table table; /* its own, with the names that are known */
};

struct group { /* the SSTables of one table */
	struct gathered *at;
	size_t n, cap;
	struct sst_table *table; /* all their columns, once joined */
	struct sst_arena arena;
};

struct gather { /* start with {0} */
	struct group *groups;
	size_t n, cap;
	struct sst_arena arena;
};

/* Makes group->table, and binds all its SSTables to it; once. */
int gather_join(struct group *, struct sst_err *);
void gather_free(struct gather *);

#endif
