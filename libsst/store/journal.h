/*
 * libsst/store/journal.h: the commit log as a writing store keeps it: each change becomes a mutation
 * before the memtable has it, is synced as the mode demands, and its segment goes when the memtables
 * that hold its changes are SSTables.  formats/commitlog.md.
 */
#ifndef SST_STORE_JOURNAL_H
#define SST_STORE_JOURNAL_H

#include "base/io.h"
#include "row/db.h"
#include "store/store.h"

struct sst_journal;

/* dir is that of the log, and there; its string, io and opts' clock must outlive it.  What opts say of
 * the log counts. */
int sst_journal_open(struct sst_journal **, const struct sst_io *, const char *dir,
    const struct sst_store_opts *, struct sst_err *);

/* *end is where it ends in the log.  After -1 nothing was taken in. */
int sst_journal_put(
    struct sst_journal *, const struct sst_update *, struct sst_logpos *end, struct sst_err *);
/* The last put never was; directly after it. */
void sst_journal_undo(struct sst_journal *);

/* Syncs when the mode's time is over, before a put; for those who only put. */
int sst_journal_step(struct sst_journal *, struct sst_err *);
/* Does what the mode demands before a write is acknowledged, as far as its time has come; *acked is up
 * to where writes may be. */
int sst_journal_settle(struct sst_journal *, struct sst_logpos *acked, struct sst_err *);
/* When settle or step will have something to do: ms from now, 0 at once, -1 never. */
int sst_journal_due_ms(const struct sst_journal *);
int sst_journal_sync(struct sst_journal *, struct sst_err *);
/* As sst_log_sync_begin and _end; in between nothing else is due. */
int sst_journal_sync_begin(struct sst_journal *, int *fd, struct sst_err *);
int sst_journal_sync_end(struct sst_journal *, int result, struct sst_err *);
uint64_t sst_journal_unsynced(const struct sst_journal *); /* bytes */
struct sst_logpos sst_journal_synced(const struct sst_journal *);

/* What comes next goes into a segment whose id is above this one. */
void sst_journal_begin_after(struct sst_journal *, uint64_t id);
/* Tables that it has seen go, or change. */
int sst_journal_forget_tables(struct sst_journal *, struct sst_err *);

/* There are so many segments that what holds them back should be flushed. */
bool sst_journal_is_long(const struct sst_journal *);

/*
 * Segments below `oldest` hold nothing but what is in SSTables, durable; UINT64_MAX: all do.  They go,
 * unless the log is to be kept.  What cannot go now is tried again the next time.
 */
int sst_journal_discard(struct sst_journal *, uint64_t oldest, struct sst_err *);

/* The log itself, for segments that recovery found. */
struct sst_log *sst_journal_log(struct sst_journal *);

/* Syncs what is left, and frees; NULL is fine. */
int sst_journal_close(struct sst_journal *, struct sst_err *);

#endif
