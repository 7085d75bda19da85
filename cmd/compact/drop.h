/* cmd/compact/drop.h: what goes whatever its age: buckets, lists of partitions, ghosts. */
#ifndef COMPACT_DROP_H
#define COMPACT_DROP_H

#include "compaction/compaction.h"
#include "compaction/strategy.h"

struct drop_list { /* of partition keys, sorted */
	struct sst_buf bytes;
	size_t n, cap;
	struct sst_slice *keys;
};

struct drop { /* start with {0} */
	/* As the options have it. */
	const char *bucket, *listed, *kept; /* a key; files of keys */
	bool aged, ghosts;
	int64_t before_us;                     /* aged: buckets that ended before */
	struct sst_buf listed_text, kept_text; /* what is in those files */
	/* Bound to a table. */
	struct drop_list drop, keep;
	bool keeping;
	uint32_t author; /* column; SST_MSG_NO_COLUMN: the table has none */
};

/* True when whole partitions are to go. */
bool drop_partitions(const struct drop *);

/* Reads the files of keys, once for all tables: they may be pipes.  An exit status, having complained. */
int drop_read(struct drop *);

/* Takes keys as the table's; an exit status, having complained. */
int drop_bind(struct drop *, const struct sst_table *);
struct sst_dropping drop_functions(struct drop *);
void drop_free(struct drop *); /* what is bound to a table */
void drop_end(struct drop *);  /* all of it */

/* Whether it is a table of messages: its key is a channel and a bucket, and rows have ids. */
bool drop_is_messages(const struct sst_table *);
/* Windows of such a table: its buckets. */
struct sst_windows drop_windows(void);

#endif
