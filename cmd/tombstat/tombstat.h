/* cmd/tombstat/tombstat.h: what the user wants, what was found in a table, and how parts meet. */
#ifndef TOMBSTAT_TOMBSTAT_H
#define TOMBSTAT_TOMBSTAT_H

#include "compaction/compaction.h"
#include "compaction/survey.h"
#include "store/unflushed.h"
#include "tombstat/worst.h"
#include "tool/place.h"
#include "tool/tool.h"

struct metrics;

struct wishes {
	bool quiet, fast, exact, prometheus;
	bool bars; /* the table is for a terminal */
	enum tool_form form;
	uint64_t count;            /* of the worst partitions */
	uint64_t page, warn, fail; /* rows of a page; tombstones that one may meet */
	bool now_given;
	int64_t now_us, gc_grace_s; /* -1: the table's */
	const char *key;            /* NULL: all partitions */
	bool ranged;
	int64_t left, right;
	struct tool_output out;
	struct tool_progress progress;
	struct metrics *metrics;
	size_t ntables; /* shown */
};

struct findings { /* of one table */
	struct wishes *w;
	const struct place *at;
	char name[200]; /* keyspace.table */
	int64_t now_s, gc_grace_s;
	double threshold; /* of the share of droppable tombstones in an SSTable */
	struct sst_sets sets;
	size_t n, nothers;
	struct sst_set **in, **others; /* looked at; live too, and not asked for */
	size_t ngroups;                /* that hold some of `in` */
	bool purge;                    /* something may go: else why_not says why not */
	const char *why_not;
	bool only_repaired; /* of those of repaired SSTables alone */
	int status;         /* of what is no reason not to go on */
	struct sst_unflushed *unflushed;
	struct sst_oracle oracle;
	struct sst_arena arena;
	uint64_t bytes; /* stored, of `in` */
	/* Of a full look. */
	struct sst_survey survey;
	struct sst_tally left; /* after a compaction of all of `in` */
	bool weighed;          /* bytes_left is exact, else about right */
	uint64_t bytes_left;
	struct worsts worst;
	uint64_t page_max, past_warn, past_fail;
	uint64_t with_tombstones; /* partitions */
};

/* Looks at one and shows it; an exit status. */
int look_table(struct wishes *, const struct place *);

/* Tombstones of an SSTable by its Statistics.db: all, and those that are old enough to go. */
struct claims {
	uint64_t all, old;
	struct sst_ages ages;
};
struct claims look_claims(const struct findings *, const struct sst_set *);

/* Fully expired SSTables among `in`; blocked: those that another one keeps alive. */
size_t look_expired(const struct findings *, size_t *blocked);

/* "me-3-big" of the SSTable. */
struct sst_slice look_base(const struct sst_set *);

/* NULL, "warning" or "failure". */
const char *look_threshold(const struct wishes *, uint64_t page_max);

#endif
