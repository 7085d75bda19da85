/*
 * libsst/msg/messages.h: this room is the only one that knows what a message is.  Here is the table
 * that messages lie in, chat.messages, and how its columns and keys are spoken of in code.
 * formats/message.md.
 */
#ifndef SST_MSG_MESSAGES_H
#define SST_MSG_MESSAGES_H

#include "row/db.h"

#define SST_MESSAGES_KEYSPACE "chat"
#define SST_MESSAGES_TABLE "messages"

/*
 * CREATE KEYSPACE and CREATE TABLE, the same for everybody: with its id fixed, so that a Cassandra
 * whose table was made from this text takes our commit log and SSTables as they are.
 */
extern const char sst_messages_cql[];

enum sst_message_column { /* the regular columns, in the order of their names */
	SST_MSG_ATTACHMENTS,
	SST_MSG_AUTHOR_ID,
	SST_MSG_AUTHOR_NAME,
	SST_MSG_CONTENT,
	SST_MSG_EDITED,
	SST_MSG_FLAGS,
	SST_MSG_MENTIONS,
	SST_MSG_NONCE,
	SST_MSG_PINNED,
	SST_MSG_REACTIONS,
	SST_MSG_REFERENCE,
	SST_MSG_TYPE,
	SST_MSG_WEBHOOK_ID,
	SST_MSG_COLUMNS
};

/* "attachments", "author_id", ...: as in CQL. */
const char *sst_message_column_name(enum sst_message_column);

#define SST_MSG_NO_COLUMN UINT32_MAX

struct sst_messages { /* the table as a db has it: borrows, like the table, until the db closes */
	struct sst_db *db;
	const struct sst_table *table;
	/* A column's index in table->regulars.  SST_MSG_NO_COLUMN: the table has none of that name, as
	 * one that is known by its SSTables alone, where nobody ever set it. */
	uint32_t regular[SST_MSG_COLUMNS];
	/* And back, for the first columns of the table; SST_MSG_COLUMNS for what somebody added. */
	uint8_t known[SST_MSG_COLUMNS + 64];
};

/* Finds the table in db and checks that its key and the columns it has are ours; SST_EINVAL says which
 * is not. */
int sst_messages_bind(struct sst_messages *, struct sst_db *, struct sst_err *);

#define SST_MESSAGES_KEY_LEN 18

/* The partition key of (channel, bucket), as SSTables hold it. */
void sst_messages_key(uint8_t key[SST_MESSAGES_KEY_LEN], int64_t channel, int32_t bucket);
/* And back; false when the key is not of that form. */
bool sst_messages_key_split(struct sst_slice key, int64_t *channel, int32_t *bucket);

#endif
