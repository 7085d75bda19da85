/*
 * libsst/commitlog/replay.h: reads a folder of segments, in the order of their ids.  It changes
 * nothing on disk.
 *
 * Whoever recovers replays all, flushes what came, and discards the segments before anything new is
 * written, or has made sure before that they are whole (sst_log_seal): a torn tail is forgiven to each writer's newest segment only (its shard is in the header;
 * all that Cassandra wrote is of one writer).  Replaying twice does no harm, since
 * cells reconcile by their timestamps.
 */
#ifndef SST_COMMITLOG_REPLAY_H
#define SST_COMMITLOG_REPLAY_H

#include "commitlog/segread.h"

struct sst_replay;

/*
 * Opens all segments that are in dir now, so that none can go away while others are read; one that
 * goes in between is left out (its writes are in SSTables).  A dir that is not there holds none.
 * skip_damage: pass over damage, count it, and go on.
 */
int sst_replay_open(struct sst_replay **, const struct sst_io *, const char *dir, bool skip_damage,
    struct sst_err *);

/* SST_ONE and *entry; 0 at the end; -1, and then nothing more comes. */
int sst_replay_next(struct sst_replay *, struct sst_log_entry *, struct sst_err *);

/* The i-th segment, NULL past the last: its path (*path may be NULL) and how it was found to be, so
 * far as it is read.  Both borrow until close. */
const struct sst_segread_info *sst_replay_segment(
    const struct sst_replay *, size_t i, const char **path);

void sst_replay_close(struct sst_replay *); /* NULL is fine */

#endif
