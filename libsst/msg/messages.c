/* libsst/msg/messages.c: the table of messages, its columns and keys. */
#include "msg/messages.h"

#include "base/num.h"

const char sst_messages_cql[] =
    "CREATE KEYSPACE chat WITH replication = {'class': 'SimpleStrategy', 'replication_factor': "
    "1};\n"
    "CREATE TABLE chat.messages (\n"
    "    channel_id bigint,\n"
    "    bucket int,\n"
    "    message_id bigint,\n"
    "    author_id bigint,\n"
    "    author_name text,\n"
    "    content text,\n"
    "    type int,\n"
    "    flags int,\n"
    "    edited_timestamp timestamp,\n"
    "    pinned boolean,\n"
    "    nonce text,\n"
    "    webhook_id bigint,\n"
    "    reference frozen<tuple<bigint, bigint>>,\n"
    "    mentions frozen<list<bigint>>,\n"
    "    attachments frozen<list<text>>,\n"
    "    reactions frozen<map<text, int>>,\n"
    "    PRIMARY KEY ((channel_id, bucket), message_id)\n"
    ") WITH ID = 7e9ac000-e53e-11f1-a015-6f737472616b\n"
    "    AND CLUSTERING ORDER BY (message_id DESC)\n"
    "    AND gc_grace_seconds = 172800\n"
    "    AND compression = {'class': 'ZstdCompressor', 'chunk_length_in_kb': 16}\n"
    "    AND compaction = {'class': 'SizeTieredCompactionStrategy', 'min_threshold': 4,"
    " 'max_threshold': 32};\n";

static const struct {
	const char *name;
	enum sst_kind kind;
	size_t nargs; /* of what is nested, always frozen */
	enum sst_kind args[2];
} columns[SST_MSG_COLUMNS] = {
	[SST_MSG_ATTACHMENTS] = { "attachments", SST_LIST, 1, { SST_TEXT } },
	[SST_MSG_AUTHOR_ID] = { "author_id", SST_BIGINT, 0, { 0 } },
	[SST_MSG_AUTHOR_NAME] = { "author_name", SST_TEXT, 0, { 0 } },
	[SST_MSG_CONTENT] = { "content", SST_TEXT, 0, { 0 } },
	[SST_MSG_EDITED] = { "edited_timestamp", SST_TIMESTAMP, 0, { 0 } },
	[SST_MSG_FLAGS] = { "flags", SST_INT, 0, { 0 } },
	[SST_MSG_MENTIONS] = { "mentions", SST_LIST, 1, { SST_BIGINT } },
	[SST_MSG_NONCE] = { "nonce", SST_TEXT, 0, { 0 } },
	[SST_MSG_PINNED] = { "pinned", SST_BOOLEAN, 0, { 0 } },
	[SST_MSG_REACTIONS] = { "reactions", SST_MAP, 2, { SST_TEXT, SST_INT } },
	[SST_MSG_REFERENCE] = { "reference", SST_TUPLE, 2, { SST_BIGINT, SST_BIGINT } },
	[SST_MSG_TYPE] = { "type", SST_INT, 0, { 0 } },
	[SST_MSG_WEBHOOK_ID] = { "webhook_id", SST_BIGINT, 0, { 0 } },
};

const char *
sst_message_column_name(enum sst_message_column c)
{
	return columns[c].name;
}

static bool
same_kind(enum sst_kind a, enum sst_kind b)
{
	return (a == SST_VARCHAR ? SST_TEXT : a) == (b == SST_VARCHAR ? SST_TEXT : b);
}

static bool
fits(const struct sst_type *t, enum sst_message_column c)
{
	size_t i;

	if (!same_kind(t->kind, columns[c].kind) || t->multicell || t->nargs != columns[c].nargs)
		return false;
	for (i = 0; i < t->nargs; i++)
		if (!same_kind(t->args[i]->kind, columns[c].args[i]))
			return false;
	return true;
}

static bool
key_fits(const struct sst_table *t)
{
	return t->nkey == 2 && t->key[0].type->kind == SST_BIGINT &&
	    t->key[1].type->kind == SST_INT && t->nck == 1 && t->ck[0].type->kind == SST_BIGINT &&
	    t->ck[0].type->reversed;
}

int
sst_messages_bind(struct sst_messages *m, struct sst_db *db, struct sst_err *e)
{
	const struct sst_table *t = db->ops->table(
	    db, SST_SLICE_LIT(SST_MESSAGES_KEYSPACE), SST_SLICE_LIT(SST_MESSAGES_TABLE));
	size_t n;
	int c, i;

	*m = (struct sst_messages){ .db = db, .table = t };
	if (t == NULL)
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "there is no table chat.messages");
	if (!key_fits(t))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "chat.messages: want the key ((bigint, int), bigint DESC)");
	for (n = 0; n < t->nregular; n++)
		if (t->regulars[n].type->multicell)
			return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
			    "chat.messages: column %.*s is not frozen", (int)t->regulars[n].name.n,
			    (const char *)t->regulars[n].name.p);
	memset(m->known, SST_MSG_COLUMNS, sizeof(m->known));
	for (c = 0; c < SST_MSG_COLUMNS; c++) {
		i = sst_column_find(t->regulars, t->nregular, sst_slice_str(columns[c].name));
		m->regular[c] = SST_MSG_NO_COLUMN;
		if (i < 0)
			continue;
		if ((size_t)i >= SST_ARRAY_LEN(m->known) ||
		    !fits(t->regulars[i].type, (enum sst_message_column)c))
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "chat.messages: column %s is of another type", columns[c].name);
		m->regular[c] = (uint32_t)i;
		m->known[i] = (uint8_t)c;
	}
	return 0;
}

/* A composite: each value as u16 length, bytes, 0. */
void
sst_messages_key(uint8_t key[SST_MESSAGES_KEY_LEN], int64_t channel, int32_t bucket)
{
	uint64_t c = __builtin_bswap64((uint64_t)channel);
	uint32_t b = __builtin_bswap32((uint32_t)bucket);

	memcpy(key, "\0\10", 2);
	memcpy(key + 2, &c, 8);
	memcpy(key + 10, "\0\0\4", 3);
	memcpy(key + 13, &b, 4);
	key[17] = 0;
}

bool
sst_messages_key_split(struct sst_slice key, int64_t *channel, int32_t *bucket)
{
	uint64_t c;
	uint32_t b;

	*channel = *bucket = 0;
	if (key.n != SST_MESSAGES_KEY_LEN || memcmp(key.p, "\0\10", 2) != 0 ||
	    memcmp(key.p + 10, "\0\0\4", 3) != 0 || key.p[17] != 0)
		return false;
	memcpy(&c, key.p + 2, 8);
	memcpy(&b, key.p + 13, 4);
	*channel = (int64_t)__builtin_bswap64(c);
	*bucket = (int32_t)__builtin_bswap32(b);
	return true;
}
