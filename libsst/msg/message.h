/*
 * libsst/msg/message.h: one message on its way into the table: its ids and the columns that it
 * names, as CQL values, and the update that they make.
 */
#ifndef SST_MSG_MESSAGE_H
#define SST_MSG_MESSAGE_H

#include "msg/messages.h"

struct sst_message { /* borrows: until its reader's next line */
	int64_t channel;
	int64_t id;
	bool has_channel, has_id;
	/* p == NULL: not named.  A bit in `cleared`: named, and to be deleted (edits only). */
	struct sst_slice value[SST_MSG_COLUMNS];
	uint32_t cleared;
	int64_t edited_us; /* of SST_MSG_EDITED, where that is named; else INT64_MIN */
};

enum sst_message_change {
	SST_MESSAGE_STORE, /* a whole message */
	SST_MESSAGE_EDIT,  /* only the columns that it names */
	SST_MESSAGE_DELETE /* the row */
};

struct sst_message_update { /* room for one update; points into itself, so do not copy it */
	struct sst_update update;
	struct sst_row row;
	struct sst_cell cells[SST_MSG_COLUMNS];
	struct sst_slice ck;
	uint8_t id[8];
	uint8_t key[SST_MESSAGES_KEY_LEN]; /* of the last partition, with its token */
	int64_t channel, bucket, token;
	bool keyed;
};

/*
 * Makes the update of a message that has both ids; it borrows from u and m.  Write times come from
 * the data, so that storing twice changes nothing:
 *
 *	STORE	the time in the id, or of the last edit where the message tells it and that is later
 *	EDIT	the time of the edit, else now_us; never before the id's
 *	DELETE	now_us; never before the id's
 *
 * SST_EINVAL says what such a change lacks.  u starts as {0} and is used again: it remembers the
 * key of the last partition.
 */
int sst_message_make(struct sst_message_update *u, const struct sst_messages *,
    const struct sst_message *m, enum sst_message_change, int64_t now_us, struct sst_err *);

#endif
