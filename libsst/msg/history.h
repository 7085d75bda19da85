/*
 * libsst/msg/history.h: a page of a channel's history, read across buckets.
 *
 *	bucket  434   433   432   ...   12          ids ascend to the left
 *	        [---------- page <------ id         before: from the id down
 *	   page ------> id                          after: from the id up, the nearest ones
 *
 * Where history begins and ends is asked of the database, which knows the ids in its files: ids from
 * the future, and imported ones that are older than their channel, are found like any other.
 *
 * The order of messages is that of ids, and so the page's order does not depend on how it was asked
 * for: newest first, or oldest first when reversed.  Memory does not grow with the page: when a page
 * is to be given from its far end, that end is looked for first, and then the page is read from it.
 * formats/message.md has the rules.
 */
#ifndef SST_MSG_HISTORY_H
#define SST_MSG_HISTORY_H

#include "msg/messages.h"

enum sst_page_kind {
	SST_PAGE_NEWEST,
	SST_PAGE_BEFORE, /* ids below; the nearest ones */
	SST_PAGE_AFTER,  /* ids above; the nearest ones */
	SST_PAGE_AROUND  /* limit / 2 ids above, the id itself and those below */
};

struct sst_page {
	int64_t channel;
	enum sst_page_kind kind;
	int64_t id;     /* of before, after and around: any number, a message need not have it */
	uint64_t limit; /* messages; 0 gives none */
	bool reversed;  /* the same messages, oldest first */
	bool nonblocking;
	/* Only buckets whose partition has left < token <= right; left == right: all. */
	int64_t left, right;
	int64_t now_s;
	uint64_t tombstones_max; /* met in one bucket: SST_ELIMIT, naming the partition; 0: any */
};

struct sst_history_stats {
	uint64_t buckets_visited; /* read */
	uint64_t buckets_skipped; /* no SSTable had them, or their token is not asked for */
	uint64_t ghosts;          /* rows without author_id: not given */
	uint64_t misfiled;        /* rows with an id of another bucket: not given, see formats/ */
	struct sst_read_stats reads;
};

struct sst_history; /* a cursor; borrows the messages and its db */

int sst_history_open(
    struct sst_history **, const struct sst_messages *, const struct sst_page *, struct sst_err *);
/* SST_ONE and a row, which stays until the next call; 0; SST_WAIT; -1. */
int sst_history_next(struct sst_history *, const struct sst_row **, struct sst_err *);
/* After SST_WAIT: what to read before next is called again. */
void sst_history_want(struct sst_history *, struct sst_want *);
/* Counted up while the page is read. */
const struct sst_history_stats *sst_history_stats(const struct sst_history *);
void sst_history_close(struct sst_history *); /* NULL is fine */

/* The message_id of a row, and whether the row is a message: it has an author_id. */
int64_t sst_message_row_id(const struct sst_row *);
bool sst_message_row_shown(const struct sst_messages *, const struct sst_row *);

#endif
