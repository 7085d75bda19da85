/* cmd/tool/find.h: the SSTables that an operand stands for. */
#ifndef TOOL_FIND_H
#define TOOL_FIND_H

#include <stdbool.h>

enum {
	GONE = -1
};

/*
 * Does what is to be done with the SSTable of that Data.db and gives an exit status; or GONE, having
 * said and done nothing, when one of its files is not there and `last` is not set.
 */
typedef int find_each(void *arg, const char *path, bool last);

/*
 * Calls each() for every SSTable that `path` stands for: the file itself, the live ones of a table's
 * folder, or those of all tables below a folder, in order of their names and generations.  A folder
 * may change meanwhile: an SSTable that a compaction has removed is looked for in the next listing,
 * where its successor is; so a row may come twice, but is never missed.  Gives the worst status of
 * all: each()'s results, and problems that it says itself.  Snapshots, backups and the like, which are
 * copies, are passed over, unless path names them.
 */
int find_sstables(const char *path, find_each *each, void *arg);

/* The same with all copies, and without a word about SSTables that lack TOC.txt: for each() to say.
 * A folder that holds neither SSTables nor tables, at any depth, is TROUBLE. */
int find_everything(const char *path, find_each *each, void *arg);

#endif
