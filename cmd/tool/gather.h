/*
 * cmd/tool/gather.h: SSTables that are looked at together, opened before any is read: by table, in
 * the order in which they were found.
 */
#ifndef TOOL_GATHER_H
#define TOOL_GATHER_H

#include "sstable/reader.h"
#include "tool/names.h"

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

struct gather {              /* start with {0} and names */
	struct names *names; /* of key columns */
	bool load;           /* open what point reads need too */
	struct group *groups;
	size_t n, cap;
	struct sst_arena arena;
};

/* Opens one more: as find.h asks for it, arg is the struct gather. */
int gather_add(void *gather, const char *path, bool last);

/* Makes group->table, and binds all its SSTables to it; once. */
int gather_join(struct group *, struct sst_err *);
void gather_free(struct gather *);

#endif
