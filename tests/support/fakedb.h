/*
 * tests/support/fakedb.h: a database in memory behind db.h: one table of messages in a memtable, for
 * tests of those who speak db.h.  It can know or not know its extent, make every step of a stream
 * wait first, and fail the n-th call.
 */
#ifndef FAKEDB_H
#define FAKEDB_H

#include "base/arena.h"
#include "memtable/memtable.h"

#define FAKEDB_KEYS 4096

struct fakedb {
	struct sst_db db;
	struct sst_arena arena;
	struct sst_table *table;
	struct sst_memtable *mem;
	int64_t tokens[FAKEDB_KEYS]; /* of partitions that were written */
	size_t ntokens;
	uint8_t first[8], last[8]; /* clustering: the newest and oldest id */
	bool any;
	/* Set by the test: */
	bool extent_unknown;
	bool waits;            /* each next of a stream answers SST_WAIT before it answers */
	unsigned long fail_at; /* this call of read, next or extent fails; 0: none */
	/* Counted: */
	unsigned long calls, reads, applied, open_streams, waited;
};

/* The table of messages; extra: with two more columns, one in front of and one behind ours. */
struct fakedb *fakedb_new(int extra);
void fakedb_free(struct fakedb *);

#endif
