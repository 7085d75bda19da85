/*
 * tests/install/library.c: a program of somebody else, that has only what make install puts down:
 * opens a data directory, stores messages, reads a page, then reads an SSTable by itself.
 * Usage: library DIR
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/arena.h>
#include <base/clock.h>
#include <codec/json.h>
#include <live/live.h>
#include <live/snapshot.h>
#include <merge/merge.h>
#include <msg/history.h>
#include <msg/message.h>
#include <msg/msgread.h>
#include <msg/snowflake.h>
#include <row/reconcile.h>
#include <sstable/reader.h>
#include <sstable/writer.h>
#include <store/store.h>
#include <text/ndjson.h>

#define CHANNEL 81384788765712384
#define MESSAGES 120

static int
store(struct sst_store *s, struct sst_err *e)
{
	struct sst_db *db = sst_store_db(s);
	struct sst_message_update update = { 0 };
	struct sst_messages messages;
	uint8_t author[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };
	char text[32];
	int64_t i;

	if (sst_messages_bind(&messages, db, e) == -1)
		return -1;
	for (i = 0; i < MESSAGES; i++) {
		struct sst_message m = { .channel = CHANNEL, .has_channel = true, .has_id = true };

		m.id = CHANNEL + (i << SST_SNOWFLAKE_SHIFT);
		snprintf(text, sizeof(text), "message %" PRId64, i);
		m.value[SST_MSG_AUTHOR_ID] = (struct sst_slice){ author, sizeof(author) };
		m.value[SST_MSG_CONTENT] = sst_slice_str(text);
		m.edited_us = INT64_MIN;
		if (sst_message_make(&update, &messages, &m, SST_MESSAGE_STORE, 0, e) == -1 ||
		    db->ops->apply(db, &update.update, NULL, e) == -1)
			return -1;
	}
	return sst_store_flush(s, e);
}

static int
page(struct sst_store *s, struct sst_err *e)
{
	struct sst_page newest = {
		.channel = CHANNEL, .limit = 3, .now_s = sst_now_us() / SST_S_US
	};
	struct sst_messages messages;
	struct sst_history *h;
	const struct sst_row *row;
	int r;

	if (sst_messages_bind(&messages, sst_store_db(s), e) == -1 ||
	    sst_history_open(&h, &messages, &newest, e) == -1)
		return -1;
	while ((r = sst_history_next(h, &row, e)) == SST_ONE)
		printf("%" PRId64 "\n", sst_message_row_id(row));
	sst_history_close(h);
	return r;
}

struct counting {
	const char *folder;
	size_t rows;
};

/* Every row of one SSTable, without a store. */
static int
count_rows(void *arg, const struct sst_live_set *set, struct sst_err *e)
{
	struct counting *c = arg;
	struct sst_sstable_opts opts = { 0 };
	struct sst_stream *rows = NULL;
	const struct sst_item *item;
	struct sst_sstable *t;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%s", c->folder, set->base);
	if (sst_sstable_open(&t, &sst_io_posix, path, &opts, e) == -1)
		return -1;
	r = sst_sstable_scan(t, &rows, e);
	while (r != -1 && (r = sst_stream_next(rows, &item, e)) == SST_ONE)
		c->rows += item->kind == SST_ROW;
	sst_stream_close(rows);
	sst_sstable_close(t);
	return r;
}

static int
files(struct sst_store *s, struct sst_err *e)
{
	struct counting c = { sst_store_folder(s, sst_store_table(s, 0)), 0 };
	struct sst_live_folder folder = { &sst_io_posix, c.folder, false };
	struct sst_live_opener opener = { count_rows, &c };
	struct sst_arena arena = { 0 };
	struct sst_live live;
	int r = sst_live_open(&live, &arena, &folder, &opener, e);

	if (r == 0)
		printf("%zu SSTable, %zu rows\n", live.nsets, c.rows);
	sst_arena_free(&arena);
	return r == 0 ? sst_snapshot_create(&sst_io_posix, c.folder, "first", sst_now_us(), e) : -1;
}

int
main(int argc, char **argv)
{
	struct sst_store_opts opts = { .schema = sst_slice_str(sst_messages_cql) };
	struct sst_store *s = NULL;
	struct sst_err e;
	char text[512];
	int r = -1;

	if (argc != 2)
		return 2;
	if (sst_store_open(&s, &sst_io_posix, argv[1], &opts, &e) == 0 && store(s, &e) == 0 &&
	    page(s, &e) == 0)
		r = files(s, &e);
	if (r == 0)
		r = sst_store_close(s, &e);
	else
		sst_store_drop(s);
	if (r == -1)
		fprintf(stderr, "%s\n", sst_err_text(&e, text, sizeof(text)));
	return r == -1;
}
