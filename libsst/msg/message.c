/* libsst/msg/message.c: a message becomes an update of one row. */
#include "msg/message.h"

#include "base/clock.h"
#include "msg/snowflake.h"

static int
check(const struct sst_message *m, enum sst_message_change change, struct sst_err *e)
{
	size_t c;

	if (!m->has_channel)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "no channel_id");
	/* Without its author a row is a ghost, which no reader is shown.  Asked before the id, which
	 * the caller makes where there is none. */
	if (change == SST_MESSAGE_STORE && m->value[SST_MSG_AUTHOR_ID].p == NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "no author_id");
	if (!m->has_id)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "no message_id");
	if (change != SST_MESSAGE_EDIT)
		return 0;
	if ((m->cleared & 1u << SST_MSG_AUTHOR_ID) != 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "author_id: a message cannot lose its author");
	for (c = 0; c < SST_MSG_COLUMNS; c++)
		if (m->value[c].p != NULL || (m->cleared & 1u << c) != 0)
			return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "an edit that names no column");
}

static int64_t
write_time(const struct sst_message *m, enum sst_message_change change, int64_t now_us)
{
	int64_t made = sst_snowflake_us(m->id, SST_SNOWFLAKE_EPOCH_MS), us = made;

	if (change == SST_MESSAGE_DELETE ||
	    (change == SST_MESSAGE_EDIT && m->edited_us == INT64_MIN))
		us = now_us;
	else if (m->edited_us != INT64_MIN)
		us = m->edited_us;
	return us > made ? us : made;
}

static bool
says(const struct sst_message *m, size_t column)
{
	return m->value[column].p != NULL || (m->cleared & 1u << column) != 0;
}

/* What the message says must have a place in the table. */
static int
check_columns(const struct sst_messages *t, const struct sst_message *m, struct sst_err *e)
{
	size_t c;

	for (c = 0; c < SST_MSG_COLUMNS; c++)
		if (says(m, c) && t->regular[c] == SST_MSG_NO_COLUMN)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "chat.messages has no column %s here",
			    sst_message_column_name((enum sst_message_column)c));
	return 0;
}

/* Columns are in the table's order, as enum sst_message_column is. */
static size_t
make_cells(struct sst_cell *cells, const struct sst_messages *t, const struct sst_message *m,
    int64_t ts_us, int64_t now_us)
{
	size_t c, n = 0;

	for (c = 0; c < SST_MSG_COLUMNS; c++) {
		if (!says(m, c))
			continue;
		cells[n] = (struct sst_cell){ .col = t->regular[c],
			.ts_us = ts_us,
			.ldt_s = SST_NO_LDT,
			.value = m->value[c] };
		if (m->value[c].p == NULL) {
			cells[n].ldt_s = now_us / SST_S_US;
			cells[n].value = (struct sst_slice){ (const uint8_t *)"", 0 };
		}
		n++;
	}
	return n;
}

static void
make_key(struct sst_message_update *u, const struct sst_messages *t, const struct sst_message *m)
{
	int64_t bucket = sst_bucket_of(m->id, SST_BUCKET_WIDTH);
	uint64_t id = __builtin_bswap64((uint64_t)m->id);

	if (!u->keyed || u->channel != m->channel || u->bucket != bucket) {
		sst_messages_key(u->key, m->channel, (int32_t)bucket);
		u->token = sst_token((struct sst_slice){ u->key, sizeof(u->key) });
		u->channel = m->channel;
		u->bucket = bucket;
		u->keyed = true;
	}
	memcpy(u->id, &id, sizeof(u->id));
	u->ck = (struct sst_slice){ u->id, sizeof(u->id) };
	u->update = (struct sst_update){ .table = t->table, .nrows = 1, .rows = &u->row };
	u->update.part = (struct sst_partition){ { u->key, sizeof(u->key) }, u->token, SST_LIVE };
}

int
sst_message_make(struct sst_message_update *u, const struct sst_messages *t,
    const struct sst_message *m, enum sst_message_change change, int64_t now_us, struct sst_err *e)
{
	int64_t ts_us;

	if (check(m, change, e) == -1 ||
	    (change != SST_MESSAGE_DELETE && check_columns(t, m, e) == -1))
		return -1;
	ts_us = write_time(m, change, now_us);
	make_key(u, t, m);
	u->row = (struct sst_row){ .ck = &u->ck,
		.live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.cells = u->cells };
	if (change == SST_MESSAGE_STORE)
		u->row.live.ts_us = ts_us;
	if (change == SST_MESSAGE_DELETE)
		u->row.del = (struct sst_deletion){ ts_us, now_us / SST_S_US };
	else
		u->row.ncells = make_cells(u->cells, t, m, ts_us, now_us);
	return 0;
}
