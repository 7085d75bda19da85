/*
 * libsst/msg/csvin.h: reads messages from CSV.  The heading says which form it is: our own (fields
 * named as in NDJSON), that of DiscordChatExporter (which has no ids), or that of older Discord data
 * packages.  formats/imports.md.
 */
#ifndef SST_MSG_CSVIN_H
#define SST_MSG_CSVIN_H

#include "msg/feed.h"
#include "msg/leftout.h"
#include "msg/message.h"

struct sst_csvin;

struct sst_csvin_opts {
	bool strict; /* refuse a heading with a field that is not stored */
	bool clears; /* an empty field deletes its column (edits); else it says nothing */
};

/* Borrows the feed and leftout until free. */
int sst_csvin_new(struct sst_csvin **, struct sst_feed *, struct sst_leftout *,
    const struct sst_csvin_opts *, struct sst_err *);
void sst_csvin_free(struct sst_csvin *); /* NULL is fine */

/* Begins at a heading, as a new feed does. */
void sst_csvin_start(struct sst_csvin *);

/*
 * SST_ONE and the next message, which stays until the next call; 0 after the last one; -1.  After
 * SST_EINVAL and SST_ELIMIT the next call goes on with the next record; after any other error it
 * gives 0.
 */
int sst_csvin_next(struct sst_csvin *, struct sst_message *, struct sst_err *);

/* Of the record last given or refused, from 1, which is the heading. */
uint64_t sst_csvin_number(const struct sst_csvin *);

/* Whether a first line is a heading that is known here. */
bool sst_csvin_is_heading(struct sst_slice line);

#endif
