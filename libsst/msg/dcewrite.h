/*
 * libsst/msg/dcewrite.h: prints a channel as DiscordChatExporter does, for programs that show its exports,
 * and for dce.h, which reads it back to the same rows.  Streaming: head, messages, oldest first, end.
 * formats/imports.md.
 */
#ifndef SST_MSG_DCEWRITE_H
#define SST_MSG_DCEWRITE_H

#include "base/buf.h"
#include "msg/leftout.h"
#include "msg/messages.h"

struct sst_dcewrite {                        /* start with {0}, set what follows, call begin */
	const struct sst_messages *messages; /* borrowed */
	int64_t channel;
	int64_t after_us, before_us; /* what was asked for; INT64_MIN: no bound */
	int64_t now_us;              /* when the export is made */

	uint64_t count;             /* of messages */
	struct sst_leftout leftout; /* columns that the form has no place for */
};

/* Append the parts of the document.  SST_EDAMAGED for a value that is none of its column's type: out
 * then ends as it began, and the message is left out. */
int sst_dcewrite_begin(struct sst_dcewrite *, struct sst_buf *out, struct sst_err *);
int sst_dcewrite_message(
    struct sst_dcewrite *, struct sst_buf *out, const struct sst_row *, struct sst_err *);
int sst_dcewrite_end(struct sst_dcewrite *, struct sst_buf *out, struct sst_err *);

#endif
