/* tests/support/stores.c: one table, k.t, written and read as text. */
#include "stores.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "putfile.h"
#include "sstable/file.h"

static const char schema[] =
    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};\n"
    "CREATE TABLE k.t (a int, b int, v text, w text, s text static, PRIMARY KEY (a, b))\n"
    "  WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090 AND compression = {'class': "
    "'LZ4Compressor'};\n"
    "CREATE TABLE k.u (a int PRIMARY KEY, v text);\n";

struct sst_store_opts
kt_options(void)
{
	return (struct sst_store_opts){ .schema = SST_SLICE_LIT(schema), .no_wait = true };
}

char kt_told[4096];

static void
hear(void *arg, const char *words)
{
	size_t n = strlen(kt_told);

	(void)arg;
	snprintf(kt_told + n, sizeof(kt_told) - n, "%s\n", words);
}

struct sst_store_opts
kt_log_options(enum sst_sync sync)
{
	struct sst_store_opts o = kt_options();

	o.sync = sync;
	o.segment_size = 1024;
	o.note = hear;
	kt_told[0] = '\0';
	return o;
}

struct sst_store *
kt_open_with(const struct sst_io *io, const struct sst_store_opts *o)
{
	char text[512];
	struct sst_store *s;
	struct sst_err e;

	if (sst_store_open(&s, io, "/d", o, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, text, sizeof(text)));
	return s;
}

struct sst_store *
kt_open_writer(const struct sst_io *io)
{
	struct sst_store_opts o = kt_options();

	return kt_open_with(io, &o);
}

struct sst_store *
kt_open_reader(const struct sst_io *io)
{
	struct sst_store_opts o = { .read_only = true };

	return kt_open_with(io, &o);
}

const struct sst_table *
kt_table_of(struct sst_store *s, const char *name)
{
	struct sst_db *db = sst_store_db(s);
	const struct sst_table *t = db->ops->table(db, SST_SLICE_LIT("k"), sst_slice_str(name));

	if (t == NULL) /* an assertion costs a write(2), even when it holds */
		ck_abort_msg("no table %s", name);
	return t;
}

/* One row k.t (a, b) with v = text. */
int
kt_try_put(struct sst_store *s, int a, int b, const char *text, struct sst_err *e)
{
	const struct sst_table *t = kt_table_of(s, "t");
	uint32_t ka = __builtin_bswap32((uint32_t)a), kb = __builtin_bswap32((uint32_t)b);
	struct sst_slice ck = { (uint8_t *)&kb, 4 };
	struct sst_cell cell = { .col = (uint32_t)sst_column_find(
				     t->regulars, t->nregular, SST_SLICE_LIT("v")),
		.ts_us = 1000 + b,
		.ldt_s = SST_NO_LDT,
		.value = sst_slice_str(text) };
	struct sst_row row = { .ck = &ck,
		.live = { 1000 + b, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_update u = {
		.table = t, .part = { { (uint8_t *)&ka, 4 }, 0, SST_LIVE }, .nrows = 1, .rows = &row
	};

	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e);
}

void
kt_put(struct sst_store *s, int a, int b, const char *text)
{
	char msg[512];
	struct sst_err e;

	if (kt_try_put(s, a, b, text, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

void
kt_flush(struct sst_store *s)
{
	char msg[512];
	struct sst_err e;

	if (sst_store_flush(s, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

void
kt_finish(struct sst_store *s)
{
	char msg[512];
	struct sst_err e;

	if (sst_store_close(s, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

void
kt_put_many(struct sst_store *s, int a, int n, int each, const char *text)
{
	int i;

	for (i = 0; i < n; i++) {
		kt_put(s, a, i, text);
		if (i % each == each - 1)
			kt_flush(s);
	}
}

/* The static column of k.t (a). */
int
kt_put_static(struct sst_store *s, int a, const char *text, struct sst_err *e)
{
	uint32_t ka = __builtin_bswap32((uint32_t)a);
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = sst_slice_str(text) };
	struct sst_row row = {
		.live = { SST_NO_TS, 0, SST_NO_LDT }, .del = SST_LIVE, .ncells = 1, .cells = &cell
	};
	struct sst_update u = { .table = kt_table_of(s, "t"),
		.part = { { (uint8_t *)&ka, 4 }, 0, SST_LIVE },
		.statik = &row };
	struct sst_logpos pos;

	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, &pos, e);
}

int32_t
kt_get_int(struct sst_slice v)
{
	uint32_t n;

	if (v.n != 4)
		ck_abort_msg("%zu bytes are no int", v.n);
	memcpy(&n, v.p, 4);
	return (int32_t)__builtin_bswap32(n);
}

/* Reads on: "1:2=x " a row, until the end or n rows; the number of waits in *waits. */
int
kt_take(struct sst_stream *rows, size_t n, struct sst_buf *out, unsigned *waits, struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_want want;
	int32_t a = 0;
	int r = 0;

	while (n > 0 && (r = sst_stream_next(rows, &item, e)) != 0) {
		if (r == -1)
			return -1;
		if (r == SST_WAIT) {
			++*waits;
			sst_stream_want(rows, &want);
			if (sst_want_read(&want, e) == -1)
				return -1;
		} else if (item->kind == SST_PARTITION) {
			a = kt_get_int(item->part.key);
		} else if (item->kind == SST_ROW) {
			sst_buf_addf(out, "%d:%d=%.*s ", (int)a, (int)kt_get_int(item->row.ck[0]),
			    (int)item->row.cells[0].value.n,
			    (const char *)item->row.cells[0].value.p);
			n--;
		}
	}
	return r;
}

struct sst_stream *
kt_start(struct sst_store *s, const struct sst_read *r, struct sst_read_stats *stats)
{
	struct sst_read what = *r;
	struct sst_stream *rows;
	char msg[512];
	struct sst_err e;

	what.table = kt_table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &what, &rows, stats, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
	return rows;
}

/* All rows of a read, as text that lives until the next call with the same buffer. */
const char *
kt_read_text(struct sst_store *s, const struct sst_read *r, struct sst_read_stats *stats,
    struct sst_buf *out)
{
	struct sst_stream *rows = kt_start(s, r, stats);
	unsigned waits = 0;
	char msg[512];
	struct sst_err e;

	sst_buf_reset(out);
	if (kt_take(rows, SIZE_MAX, out, &waits, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
	ck_assert(r->nonblocking || waits == 0);
	sst_stream_close(rows);
	sst_buf_addc(out, '\0');
	return (const char *)out->p;
}

const struct sst_read kt_everything = { .left = INT64_MIN, .right = INT64_MIN, .now_s = 1 };

const char *
kt_all(struct sst_store *s, struct sst_buf *out)
{
	return kt_read_text(s, &kt_everything, NULL, out);
}

struct sst_read
kt_partition(uint32_t *key, int a)
{
	struct sst_read r = { .now_s = 1 };

	*key = __builtin_bswap32((uint32_t)a);
	r.key = (struct sst_slice){ (uint8_t *)key, 4 };
	return r;
}

void
kt_put_file(const struct sst_io *io, const char *path, const char *text)
{
	put_file(io, path, sst_slice_str(text));
}

struct holding {
	const char *text;
	size_t n;
};

static int
count_name(void *arg, const char *name)
{
	struct holding *h = arg;

	h->n += strstr(name, h->text) != NULL;
	return 0;
}

size_t
kt_count_log(struct memfs *fs, const char *text)
{
	struct holding h = { text, 0 };
	struct sst_err e;

	if (sst_io_list(memfs_io(fs), "/d/commitlog", count_name, &h, &e) == -1)
		ck_abort_msg("no folder of the log");
	return h.n;
}
