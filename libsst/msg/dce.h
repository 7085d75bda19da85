/*
 * libsst/msg/dce.h: reads exports of DiscordChatExporter in its JSON form: one document a channel,
 * whose array of messages may be of any length.  formats/imports.md.
 */
#ifndef SST_MSG_DCE_H
#define SST_MSG_DCE_H

#include "msg/feed.h"
#include "msg/leftout.h"
#include "msg/message.h"

struct sst_dce;

/* Borrows the feed and leftout until free.  strict: a message with a field that is not stored is
 * refused. */
int sst_dce_new(
    struct sst_dce **, struct sst_feed *, struct sst_leftout *, bool strict, struct sst_err *);
void sst_dce_free(struct sst_dce *); /* NULL is fine */

/*
 * SST_ONE and the next message, which stays until the next call; 0 after the last one; -1.  After
 * SST_EINVAL and SST_ELIMIT the next call goes on with the next message; after any other error
 * it gives 0.  Offsets are those of the input.
 */
int sst_dce_next(struct sst_dce *, struct sst_message *, struct sst_err *);

/* Of the message last given or refused, from 1; 0 when what is wrong is none. */
uint64_t sst_dce_number(const struct sst_dce *);

/* The name of a message type and back, as the exporter has them; NULL, -1: it has none. */
const char *sst_dce_type_name(int32_t type);
int sst_dce_type(struct sst_slice name, int32_t *type);

#endif
