/*
 * libsst/msg/ghost.h: ghosts: rows that live and are no message, since nobody wrote them: an edit that
 * came after a delete, say.  formats/message.md.
 */
#ifndef SST_MSG_GHOST_H
#define SST_MSG_GHOST_H

#include "msg/messages.h"

/* Whether a table's key is that of messages: channel and bucket, and rows have ids.  Its name may be
 * any. */
bool sst_messages_has_key(const struct sst_table *);

/* The regular column that every message has; SST_MSG_NO_COLUMN: the table has none, or is of
 * something else. */
uint32_t sst_messages_author(const struct sst_table *);

/* Whether something of the row lives at now_s, and no author. */
bool sst_message_is_ghost(const struct sst_row *, uint32_t author, int64_t now_s);

#endif
