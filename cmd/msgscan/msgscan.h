/* cmd/msgscan/msgscan.h: what the files of msgscan share. */
#ifndef MSGSCAN_H
#define MSGSCAN_H

#include "msg/dcewrite.h"
#include "msg/history.h"
#include "msg/msgwrite.h"
#include "tool/tool.h"

enum form {
	FORM_NDJSON,
	FORM_TSV,
	FORM_DCE
};

struct scan {
	struct sst_messages messages;
	struct sst_page page; /* of a channel, or of each */
	enum form form;
	struct sst_msgwrite_fields fields; /* of TSV */
	struct sst_dcewrite dce;
	struct tool_output out;
	struct sst_history_stats stats; /* of all reads */
	uint64_t printed, foreign;      /* messages; partitions with a key that is not ours */
};

/* Prints a row of a channel; DAMAGED, after a complaint, when it holds what is no value. */
int scan_print(struct scan *, int64_t channel, const struct sst_row *);
/* Prints the page of a channel; gives the exit status. */
int scan_page(struct scan *, int64_t channel);
/* The same as a document of DiscordChatExporter; dce's times are set. */
int scan_export(struct scan *, int64_t channel);
/* Prints all messages of the token range, as they lie: by token, in each partition newest first. */
int scan_stream(struct scan *);
/* Prints the page of each channel that has a partition in the token range. */
int scan_channels(struct scan *);

#endif
