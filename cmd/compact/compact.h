/* cmd/compact/compact.h: what the user wants, and what all parts of the program share. */
#ifndef COMPACT_COMPACT_H
#define COMPACT_COMPACT_H

#include "compact/drop.h"
#include "compact/pace.h"
#include "compaction/strategy.h"
#include "store/datadir.h"
#include "tool/place.h"
#include "tool/tool.h"

struct wishes {
	const char *out; /* NULL: in place */
	size_t jobs;     /* tables at once */
	bool quiet, dry_run, offline, verify, no_verify;
	/* What is compacted: one of these, else what the strategy says. */
	bool major, single;
	const char *key;
	bool ranged;
	int64_t left, right;
	const char *strategy; /* NULL: the table's */
	struct drop drop;
	/* How it is written. */
	const char *version; /* NULL: that of ours, or of a foreign folder */
	bool compression_set;
	struct sst_compression compression;
	uint64_t split_bytes;
	/* What may go. */
	bool no_purge, now_given;
	int64_t now_us, gc_grace_s; /* -1: the table's */
	int64_t wait_ms;            /* for a table that another compaction is at; 0: not at all */
	struct pace pace;
	struct report *report;
};

#define WAIT_FOR_EVER INT64_MAX

/* Compacts one; an exit status. */
int compact_table(struct wishes *, const struct place *);

/* Says whether a process has a file of the folder open: 1, and *who; 0; -1: cannot be told, *who says
 * why. */
int find_user(const char *folder, char *who, size_t n);

#endif
