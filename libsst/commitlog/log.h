/*
 * libsst/commitlog/log.h: the write side of the commit log: one shard's segments in a folder, one
 * after the other.
 *
 *	append	into memory		lost when the process dies
 *	write	to the kernel		survives the process; whole sections, exactly full
 *	sync	fdatasync		survives a power cut; then an empty section says so
 *
 * Periodic sync acknowledges after write, batch and group sync after sync.  A segment's successor is
 * not made before the segment's last sync, so that only a shard's newest one can have a torn tail.
 */
#ifndef SST_COMMITLOG_LOG_H
#define SST_COMMITLOG_LOG_H

#include "base/io.h"
#include "row/db.h"

#define SST_LOG_SEGMENT ((uint32_t)32 << 20) /* bytes of a segment by default, as in Cassandra */
#define SST_LOG_SEGMENT_MIN ((uint32_t)1024)
#define SST_LOG_SEGMENT_MAX ((uint32_t)1 << 30)
#define SST_LOG_BUFFER ((size_t)256 << 10) /* append writes by itself from here on */

struct sst_log_opts {
	uint32_t segment_size;        /* 0: SST_LOG_SEGMENT */
	uint32_t shard, shards;       /* named in headers: which, of how many; 0, 0 is alone too */
	int64_t (*now_ms)(void *arg); /* the wall clock, for ids; NULL: the system's */
	void *arg;
	/* A write does not wait for the sync that is under way, which then leaves no mark: for those who
	 * acknowledge what is written. */
	bool write_on;
};

struct sst_log;

/*
 * Looks for the largest id in the folder, which must be there; makes no file before the first append.
 * io and dir's string must outlive it.  SST_EINVAL for a segment size out of range.
 */
int sst_log_open(struct sst_log **, const struct sst_io *, const char *dir,
    const struct sst_log_opts *, struct sst_err *);

/*
 * Takes in the bytes of a mutation; *end (may be NULL) is where they end, which is how far the log
 * must be written or synced before the write may be acknowledged.  SST_ELIMIT for more than half a
 * segment, as in Cassandra.  After an error nothing was taken in.  An error of write (a full disk)
 * is gone as soon as writing works again; after one of sync every call fails for good.
 */
int sst_log_append(
    struct sst_log *, struct sst_slice mutation, struct sst_logpos *end, struct sst_err *);
/* The next append goes into a segment whose id is above this one, and ends the present one if need be. */
void sst_log_begin_after(struct sst_log *, uint64_t id);
/* The last append never was: for one whose change could not be taken in after all.  Only directly after
 * it. */
void sst_log_undo(struct sst_log *);

/* What fails stays in memory and is tried again with the next call.  Without `write_on` a write does
 * nothing while a sync is under way. */
int sst_log_write(struct sst_log *, struct sst_err *);
int sst_log_sync(struct sst_log *, struct sst_err *);

/*
 * A sync in two calls, for those who must not wait.  SST_ONE: *fd is to be given to fdatasync, by
 * whatever means (the descriptor stays the log's), then its result, 0 or -errno, to sst_log_sync_end;
 * 0: all is durable.  In between one may append, and write as said above; more than fits the segment
 * makes append wait for a sync of its own.
 */
int sst_log_sync_begin(struct sst_log *, int *fd, struct sst_err *);
int sst_log_sync_end(struct sst_log *, int result, struct sst_err *);

/* Up to where the log is; {0, 0}: nothing yet. */
struct sst_logpos sst_log_written(const struct sst_log *);
struct sst_logpos sst_log_synced(const struct sst_log *);
/* Bytes that the next sync has to bring to the disk, or the one that is under way. */
uint64_t sst_log_unsynced(const struct sst_log *);

/* Syncs what is left, and frees; segments stay.  NULL is fine.  No sync is under way. */
int sst_log_close(struct sst_log *, struct sst_err *);

/*
 * A segment goes when all it holds is in SSTables that are synced and committed; one that has more is
 * kept as <name><suffix> instead.  Both are durable when they return; one that is gone already is
 * fine.  SST_EINVAL for the segment that is being written.
 */
#define SST_LOG_DAMAGED ".damaged" /* some of it could not be read */
#define SST_LOG_UNKNOWN ".unknown" /* it has writes to tables or columns that are not known here */
int sst_log_discard(struct sst_log *, const char *name, struct sst_err *);
int sst_log_set_aside(struct sst_log *, const char *name, const char *suffix, struct sst_err *);
/* A segment of a process that was killed stays, and gets a successor: the mark at its end, which only
 * the page cache may have, must not go away then.  Durable when it returns. */
int sst_log_keep(struct sst_log *, const char *name, struct sst_err *);
/*
 * The same for one that was read to its end, which is that of a section (sst_segread_info.whole): what
 * is in it is made durable, and then marked as that, unless it is, as the end of a segment is.
 */
struct sst_log_end {
	uint64_t id, size;
	bool marked;
};
int sst_log_seal(struct sst_log *, const char *name, const struct sst_log_end *, struct sst_err *);

/*
 * Discards the segment that is being written, as all that was appended is in SSTables: nothing of it
 * need be written or synced any more, and it counts as synced.  After a failure it goes on, or, when
 * that is in doubt, takes nothing more.
 */
int sst_log_clear(struct sst_log *, struct sst_err *);

static inline int
sst_logpos_cmp(struct sst_logpos a, struct sst_logpos b)
{
	return a.segment != b.segment ? (a.segment > b.segment) - (a.segment < b.segment)
				      : (a.offset > b.offset) - (a.offset < b.offset);
}

#endif
