/*
 * cmd/sstdump/select.h: which part of an SSTable is wanted: partitions by key or token, rows by
 * clustering, writes by time, tombstones alone.  Text of the command line is read anew for each
 * table, by the types that its columns have.
 */
#ifndef SSTDUMP_SELECT_H
#define SSTDUMP_SELECT_H

#include "row/db.h"
#include "sstable/reader.h"

struct selection {         /* start with {0} and the written range of all times */
	const char **keys; /* as they were given */
	size_t nkeys, keys_cap;
	bool plain; /* keys are as to_string prints them, neither JSON nor hexadecimal */
	bool keyed; /* -k or -K was given, if only with an empty file */
	bool tokens;
	int64_t left, right;   /* left < token <= right */
	const char *from, *to; /* of clusterings; "" is open; NULL: not given */
	bool ids;              /* since_id <= clustering < until_id */
	int64_t since_id, until_id;
	bool written;
	int64_t from_us, to_us; /* write times, both included */
	bool tombstones;
	int64_t now_s;          /* what has expired by then is a tombstone */
	struct sst_arena texts; /* of files of keys */
	/* What they mean for the last table asked about. */
	struct sst_arena arena;
	struct wanted_key *wanted; /* nkeys, ascending */
	size_t nwanted;
	struct sst_range slice;
	bool sliced;
	char said[sizeof(((struct sst_err *)0)->what)]; /* the last complaint */
};

struct wanted_key {
	struct sst_slice key;
	int64_t token;
};

/* Options; a bad one ends the program.  text is borrowed. */
void select_key(struct selection *, const char *text);
void select_key_file(struct selection *, const char *path); /* a key a line; "-": standard input */
void select_tokens(struct selection *, const char *text);
void select_clusterings(struct selection *, const char *text);
void select_written(struct selection *, const char *text);
void select_since(struct selection *, const char *text, bool until);

/* Reads keys and clusterings as the table's.  0, or -1 and *e. */
int select_for(struct selection *, const struct sst_table *, struct sst_err *);

/* Complains about an option once, though it fits none of many SSTables; gives an exit status. */
int select_complain(struct selection *, const struct sst_err *);

/* False when nothing but whole SSTables is wanted. */
bool select_some(const struct selection *);

/*
 * The partitions and clusterings that are wanted of the SSTable, as a stream that is to be closed.
 * select_for was called with its table, and neither may change while the stream is open.
 */
int select_open(struct selection *, struct sst_sstable *, struct sst_stream **, struct sst_err *);

/* For what is no SSTable: whether keys and tokens, and then clusterings, let it through. */
bool select_has(const struct selection *, const struct sst_partition *);
bool select_has_row(const struct selection *, const struct sst_table *, const struct sst_row *);

/* Only the items that --written and --tombstones want, of any stream, which is taken over also on
 * -1; the stream itself when all are. */
int select_sift(struct selection *, struct sst_stream *, struct sst_stream **, struct sst_err *);

void select_free(struct selection *);

#endif
