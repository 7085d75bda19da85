/*
 * libsst/msg/document.h: walks a JSON document that is too large for memory, as its bytes come.  Its
 * outer brackets are walked, what lies in them is handed out value by value, whole:
 *
 *	{"guild": {...}, "messages": [{...}, {...}, ...], "messageCount": 2}
 *	^ open   ^value              ^ open
 *
 * Offsets in errors are those of the input.
 */
#ifndef SST_MSG_DOCUMENT_H
#define SST_MSG_DOCUMENT_H

#include "codec/json.h"
#include "msg/feed.h"

/* The next byte that is no white space, not taken: SST_ONE, 0 at the end of the input, -1. */
int sst_document_peek(struct sst_feed *, uint8_t *c, struct sst_err *);

/* Takes an opening bracket, a colon: this byte, or SST_EDAMAGED. */
int sst_document_take(struct sst_feed *, uint8_t c, struct sst_err *);

/* Before each element or member: takes the comma, but in front of the first one.  SST_ONE: one
 * follows; 0: the closing bracket did, and is taken; -1. */
int sst_document_next(struct sst_feed *, bool first, uint8_t close, struct sst_err *);

/*
 * The bytes of the value that follows, which stay until the feed is next filled.  SST_ELIMIT when
 * they are more than SST_FEED_RECORD_MAX: it is then passed over, like one that was given.
 */
int sst_document_value(struct sst_feed *, struct sst_slice *text, struct sst_err *);

/* The same, parsed; *off is where it lies.  SST_EINVAL when it is no JSON: passed over too. */
int sst_document_parse(struct sst_feed *, struct sst_json *, const struct sst_json_node **,
    uint64_t *off, struct sst_err *);

#endif
