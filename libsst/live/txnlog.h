/*
 * libsst/live/txnlog.h: Cassandra's transaction log: the lines that say which SSTables a flush or a
 * compaction adds and removes, and whether it is done.  Only text here; who writes the file, locks
 * it and obeys it is live/publish.h and live/recover.h.  formats/txnlog.md has the format.
 */
#ifndef SST_LIVE_TXNLOG_H
#define SST_LIVE_TXNLOG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SST_TXNLOG_MAX (16 << 20) /* bytes of a log; a longer one is refused */
#define SST_TXNLOG_NAME 96        /* bytes that hold a log's name, with the NUL */

enum sst_txn_kind {
	SST_TXN_ADD,    /* a set of files that stays when the transaction is committed */
	SST_TXN_REMOVE, /* one that goes then */
	SST_TXN_COMMIT,
	SST_TXN_ABORT
};

struct sst_txn_record {
	enum sst_txn_kind kind;
	/* Absolute path of a file set up to its component ("/d/t-1/me-3-big-"), as it was when the
	 * line was written: compare the last name only.  Empty in COMMIT and ABORT. */
	struct sst_slice path;
	int64_t mtime_ms; /* REMOVE: of its newest file, ms since 1970; else 0 */
	int32_t nfiles;   /* how many files it had, or was to have */
};

enum sst_txn_state {
	SST_TXN_OPEN, /* no last word: not finished, or its writer died */
	SST_TXN_COMMITTED,
	SST_TXN_ABORTED,
	SST_TXN_DOUBTFUL /* contradicts itself: nobody may delete anything on its word */
};

struct sst_txnlog { /* what a log says; lives in the arena it was read into */
	enum sst_txn_state state;
	size_t nrecords; /* the sound lines before the first that is not */
	struct sst_txn_record *records;
	const char *doubt; /* DOUBTFUL: what is wrong, in words; else NULL */
	uint64_t doubt_off;
};

/*
 * Reads a whole log.  Damage is no error but the state DOUBTFUL: a last line that is cut short, a
 * line that is no record, a wrong checksum, a record that comes twice, or one after COMMIT or ABORT.
 * -1 only without memory.
 */
int sst_txnlog_parse(
    struct sst_txnlog *, struct sst_arena *, struct sst_slice text, struct sst_err *);

/* Appends one line, with its checksum and '\n'. */
void sst_txnlog_put(struct sst_buf *, const struct sst_txn_record *);

/* The checksum that ends a record's line. */
uint32_t sst_txn_record_crc(const struct sst_txn_record *);

/* The last name in a record's path: "me-3-big-"; borrows from the record. */
struct sst_slice sst_txn_record_base(const struct sst_txn_record *);

/* True for "me_txn_flush_<uuid>.log", "txn_…", "bti-da_txn_…": what Cassandra takes for a log. */
bool sst_txnlog_is_name(const char *name);

/*
 * Writes "<version>_txn_<type>_<uuid>.log" to buf.  The version 1 UUID is made of the time (µs since
 * 1970) and 8 random bytes (clock sequence and node).
 */
void sst_txnlog_name(char buf[SST_TXNLOG_NAME], const char *version, const char *type,
    int64_t now_us, const uint8_t random[8]);

#endif
