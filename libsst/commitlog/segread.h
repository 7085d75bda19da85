/*
 * libsst/commitlog/segread.h: reads one segment, entry by entry, in bounded memory, and says how it
 * ends.  Whether a place that cannot be read is a torn tail or damage depends on what follows:
 *
 *	an empty section (a durability mark), or another
 *	segment of the same writer				damage: something durable is lost
 *	neither						a torn tail: nobody was promised it
 *
 * Bytes of zero after the last section are the end, as in a file that was made ahead of its use.
 */
#ifndef SST_COMMITLOG_SEGREAD_H
#define SST_COMMITLOG_SEGREAD_H

#include "base/io.h"
#include "commitlog/segment.h"
#include "row/db.h"

struct sst_log_entry {
	struct sst_slice mutation; /* borrows until the next call */
	struct sst_logpos end;     /* as sst_log_append gave it */
	uint64_t
	    off; /* of the mutation in the file, for messages; of its section when compressed */
	uint32_t version; /* of the segment: how the mutation is written */
	const char *file; /* borrows until close */
};

struct sst_segread_info {
	uint64_t id;                               /* by its name */
	uint32_t version;                          /* 0: no header yet */
	char compression[SST_SEGMENT_COMPRESSION]; /* class name; "": none */
	uint64_t size;                             /* when it was opened */
	bool unused;                               /* empty, or nothing but zeros */
	bool begun; /* holds a section: its writer's segments before it are complete */
	/* Who wrote it, as far as its header can be read. */
	bool named, ours;
	uint32_t shard, shards;
	uint64_t entries;
	uint64_t marked; /* up to where it was known to be durable; 0: nowhere */
	/* A torn tail, or bytes of another use of the file, from where they begin. */
	uint64_t left_off, left;
	uint64_t lost;           /* bytes passed over because they are damaged */
	struct sst_err lost_why; /* the first of them, if there are any: what, and where */
	bool whole; /* was read to its end, which is that of a section: a mark may follow */
};

struct sst_segread;

/*
 * path ends in a segment's name.  Reads the header; one that is damaged is found by next().
 * SST_EVERSION, SST_EUNSUPPORTED (encrypted, or an unknown compressor).  io must outlive it.
 */
int sst_segread_open(
    struct sst_segread **, const struct sst_io *, const char *path, struct sst_err *);

/* Before the first next(): whether a later segment has begun (all of this one must be sound), and
 * whether to pass over damage instead of failing. */
void sst_segread_set(struct sst_segread *, bool has_successor, bool skip_damage);

/* SST_ONE and *entry; 0 at the end; -1, SST_EDAMAGED with file and offset among others. */
int sst_segread_next(struct sst_segread *, struct sst_log_entry *, struct sst_err *);

/*
 * After next() gave 0 or a torn tail was found: takes in what was written to the segment since, so that
 * next() goes on where it ended.  For segments that somebody is writing, like tail -f.  0, -1.
 */
int sst_segread_follow(struct sst_segread *, struct sst_err *);

/* Borrows until close; entries, left and lost grow while it is read. */
const struct sst_segread_info *sst_segread_info(const struct sst_segread *);
const char *sst_segread_path(const struct sst_segread *);
void sst_segread_close(struct sst_segread *); /* NULL is fine */

#endif
