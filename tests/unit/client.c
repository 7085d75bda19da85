/* Tests of the client of the native protocol, against a server that can misbehave. */
#include "wire/client.h"

#include <assert.h>
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/nomem.h"
#include "../support/peer.h"
#include "base/num.h"
#include "schema/table.h"
#include "wire/answer.h"
#include "wire/response.h"

Suite *client_suite(void);

#define K SST_SLICE_LIT("k")
#define T SST_SLICE_LIT("t")

struct fixture {
	struct peer peer;
	struct sst_client *client;
	struct sst_db *db;
	const struct sst_table *table;
	struct sst_buf key;
	unsigned long nomem; /* the allocation of a session that fails; 0: none */
	struct sst_err e;
};

static void
start(struct fixture *f)
{
	const struct sst_slice key[] = { SST_SLICE_LIT("\0\0\0\1"), SST_SLICE_LIT("key") };

	ck_assert_int_eq(sst_client_open_fd(&f->client, peer_start(&f->peer), "peer", &f->e), 0);
	f->db = sst_client_db(f->client);
	ck_assert_msg(sst_client_table(f->client, K, T, &f->table, &f->e) == 0, "%s", f->e.what);
	if (f->table != NULL)
		ck_assert_int_eq(sst_key_join(f->table, key, &f->key, &f->e), 0);
}

static void
stop(struct fixture *f)
{
	sst_client_close(f->client);
	peer_stop(&f->peer);
	peer_free(&f->peer);
	sst_buf_free(&f->key);
}

/* ---- the schema ---- */

START_TEST(schema)
{
	static const size_t chunks[] = { 0, 1, 2, 3, 7, 1000 };
	struct fixture f = { .peer.chunk = chunks[_i] };
	const struct sst_table *t;

	start(&f);
	t = f.table;
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->nkey, 2);
	ck_assert_uint_eq(t->nck, 2);
	ck_assert(!t->ck[0].type->reversed && t->ck[1].type->reversed);
	ck_assert_uint_eq(t->nstatic, 1);
	ck_assert_uint_eq(t->nregular, 2);
	ck_assert_int_eq(t->regulars[1].type->kind, SST_UDT);
	ck_assert_int_eq(t->regulars[1].type->args[0]->kind, SST_UDT);
	ck_assert(memcmp(t->id, "0123456789abcdef", 16) == 0);
	ck_assert_uint_eq(t->gc_grace_s, 864000);
	/* the second time nobody is asked */
	ck_assert_ptr_eq(f.db->ops->table(f.db, K, T), t);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	ck_assert_uint_eq(peer_count(&f.peer, "Q SELECT"), 3);
	peer_free(&f.peer);
	sst_buf_free(&f.key);
}
END_TEST

START_TEST(no_table)
{
	struct fixture f = { .peer.no_table = true };

	start(&f);
	ck_assert_ptr_null(f.table);
	ck_assert_ptr_null(f.db->ops->table(f.db, K, T));
	stop(&f);
}
END_TEST

/* ---- writes ---- */

static struct sst_update
update(struct fixture *f)
{
	return (struct sst_update){ .table = f->table,
		.part = { sst_buf_slice(&f->key), sst_token(sst_buf_slice(&f->key)), SST_LIVE } };
}

static const struct sst_slice ck[2] = { { (const uint8_t *)"\0\0\0\2", 4 },
	{ (const uint8_t *)"\0\0\0\3", 4 } };

static struct sst_row
row(const struct sst_cell *cells, size_t n)
{
	return (struct sst_row){ .ck = ck,
		.live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.cells = cells,
		.ncells = n };
}

static void
apply(struct fixture *f, const struct sst_update *u)
{
	struct sst_logpos pos;

	ck_assert_msg(f->db->ops->apply(f->db, u, &pos, &f->e) == 0, "%s", f->e.what);
	ck_assert_msg(f->db->ops->sync(f->db, &pos, &f->e) == 0, "%s", f->e.what);
}

/* What CQL becomes of each kind of change. */
START_TEST(writes)
{
	static const char want[] =
	    "P INSERT INTO k.t (a, b, c, d, v, w) VALUES (?, ?, ?, ?, ?, ?) "
	    "USING TIMESTAMP ? AND TTL ?\n"
	    "E INSERT 00000001 6b6579 00000002 00000003 7631 . 0000000000000064 00000000\n"
	    "P UPDATE k.t USING TIMESTAMP ? AND TTL ? SET v = ?, w = ? "
	    "WHERE a = ? AND b = ? AND c = ? AND d = ?\n"
	    "E UPDATE 0000000000000065 00000000 null 77 00000001 6b6579 00000002 00000003 @9\n"
	    "B INSERT 00000001 6b6579 00000002 00000003 . . 0000000000000064 00000000"
	    " UPDATE 0000000000000066 0000003c 7631 . 00000001 6b6579 00000002 00000003 @40\n"
	    "P DELETE FROM k.t USING TIMESTAMP ? WHERE a = ? AND b = ? AND c = ? AND d = ?\n"
	    "E DELETE 0000000000000067 00000001 6b6579 00000002 00000003 @11\n"
	    "P DELETE FROM k.t USING TIMESTAMP ? WHERE a = ? AND b = ?\n"
	    "E DELETE 0000000000000068 00000001 6b6579 @12\n"
	    "P UPDATE k.t USING TIMESTAMP ? AND TTL ? SET s = ? WHERE a = ? AND b = ?\n"
	    "E UPDATE 0000000000000069 00000000 73 00000001 6b6579\n";
	const struct sst_cell v1 = {
		.ts_us = 100, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("v1")
	};
	const struct sst_cell edit[] = { { .ts_us = 101, .ldt_s = 9, .value = SST_SLICE_LIT("") },
		{ .col = 1, .ts_us = 101, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("w") } };
	const struct sst_cell expiring = {
		.ts_us = 102, .ttl_s = 60, .ldt_s = 100, .value = SST_SLICE_LIT("v1")
	};
	const struct sst_cell of_all = {
		.ts_us = 105, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("s")
	};
	struct fixture f = { 0 };
	struct sst_update u;
	struct sst_row r;
	const char *at;

	start(&f);
	u = update(&f);
	r = row(&v1, 1);
	r.live.ts_us = 100;
	u.rows = &r;
	u.nrows = 1;
	apply(&f, &u);
	r = row(edit, 2);
	apply(&f, &u);
	r = row(&expiring, 1);
	r.live.ts_us = 100;
	apply(&f, &u);
	r = row(NULL, 0);
	r.del = (struct sst_deletion){ 103, 11 };
	apply(&f, &u);
	u = update(&f);
	u.part.del = (struct sst_deletion){ 104, 12 };
	apply(&f, &u);
	u = update(&f);
	r = row(&of_all, 1);
	u.statik = &r;
	apply(&f, &u);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	at = strstr((char *)f.peer.log.p, "P INSERT");
	ck_assert_ptr_nonnull(at);
	ck_assert_str_eq(at, want);
	peer_free(&f.peer);
	sst_buf_free(&f.key);
}
END_TEST

/* Ranges between bounds: those that CQL can say, and those it cannot. */
static const struct {
	int from_n, from_side, to_n, to_side, same; /* same: the first values are equal */
	const char *want;                           /* NULL: refused */
} ranges[] = {
	{ 0, -1, 0, 1, 0, "a = ? AND b = ?\n" },
	{ 1, -1, 0, 1, 0, "a = ? AND b = ? AND c >= ?\n" },
	{ 1, 1, 0, 1, 0, "a = ? AND b = ? AND c > ?\n" },
	{ 0, -1, 1, 1, 0, "a = ? AND b = ? AND c <= ?\n" },
	{ 0, -1, 1, -1, 0, "a = ? AND b = ? AND c < ?\n" },
	{ 1, 1, 1, -1, 0, "a = ? AND b = ? AND c > ? AND c < ?\n" },
	{ 1, -1, 1, 1, 1, "a = ? AND b = ? AND c = ?\n" },
	/* d descends: what comes first is the larger */
	{ 2, -1, 1, 1, 1, "a = ? AND b = ? AND c = ? AND d <= ?\n" },
	{ 2, 1, 1, 1, 1, "a = ? AND b = ? AND c = ? AND d < ?\n" },
	{ 1, -1, 2, 1, 1, "a = ? AND b = ? AND c = ? AND d >= ?\n" },
	{ 2, -1, 2, -1, 1, "a = ? AND b = ? AND c = ? AND d <= ? AND d > ?\n" },
	{ 2, -1, 2, 1, 2, "a = ? AND b = ? AND c = ? AND d = ?\n" },
	{ 2, -1, 0, 1, 0, NULL },
	{ 2, -1, 2, 1, 0, NULL },
	{ 1, 1, 2, 1, 1, NULL },
};

START_TEST(range_words)
{
	const struct sst_slice low[2] = { SST_SLICE_LIT("\0\0\0\1"), SST_SLICE_LIT("\0\0\0\4") },
			       high[2] = { SST_SLICE_LIT("\0\0\0\2"), SST_SLICE_LIT("\0\0\0\3") };
	struct sst_slice to[2] = { ranges[_i].same > 0 ? low[0] : high[0],
		ranges[_i].same > 1 ? low[1] : high[1] };
	struct sst_range_deletion d = { .from = { low, (size_t)ranges[_i].from_n,
					    ranges[_i].from_side },
		.to = { to, (size_t)ranges[_i].to_n, ranges[_i].to_side },
		.del = { 5, 6 } };
	struct fixture f = { 0 };
	struct sst_update u;
	struct sst_logpos pos;
	const char *at;

	start(&f);
	u = update(&f);
	u.ranges = &d;
	u.nranges = 1;
	if (ranges[_i].want == NULL) {
		ck_assert_int_eq(f.db->ops->apply(f.db, &u, &pos, &f.e), -1);
		ck_assert_int_eq(f.e.code, SST_EUNSUPPORTED);
		stop(&f);
		return;
	}
	apply(&f, &u);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	at = strstr((char *)f.peer.log.p, "P DELETE");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "WHERE ") + 6;
	ck_assert_msg(strncmp(at, ranges[_i].want, strlen(ranges[_i].want)) == 0, "%s", at);
	ck_assert_uint_eq(peer_count(&f.peer, "E DELETE 0000000000000005 00000001 6b6579"), 1);
	peer_free(&f.peer);
	sst_buf_free(&f.key);
}
END_TEST

/* So many rows, as fast as they go: the position of the last one that was taken. */
static int
write_many(struct fixture *f, unsigned n, struct sst_logpos *pos)
{
	struct sst_cell v = { .ts_us = 100, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("v") };
	struct sst_update u = update(f);
	struct sst_row r = row(&v, 1);

	r.live.ts_us = 100;
	u.rows = &r;
	u.nrows = 1;
	for (; n > 0; n--)
		if (f->db->ops->apply(f->db, &u, pos, &f->e) == -1)
			return -1;
	return 0;
}

/* More than there are slots; also when the server is overloaded, and forgets. */
START_TEST(many_writes)
{
	static const struct {
		unsigned overload, forget;
		size_t chunk;
	} ways[] = { { 0, 0, 0 }, { 300, 0, 0 }, { 0, 300, 0 }, { 20, 20, 0 }, { 5, 5, 3 } };
	struct fixture f = { .peer = { .overload = ways[_i].overload,
				 .forget = ways[_i].forget,
				 .chunk = ways[_i].chunk } };
	struct sst_logpos pos, got;

	start(&f);
	ck_assert_msg(write_many(&f, 3000, &pos) == 0, "%s", f.e.what);
	ck_assert_int_eq(f.db->ops->synced(f.db, &got, &f.e), 0);
	ck_assert_uint_le(got.offset, pos.offset);
	ck_assert_int_eq(f.db->ops->sync(f.db, &pos, &f.e), 0);
	ck_assert_int_eq(f.db->ops->synced(f.db, &got, &f.e), 0);
	ck_assert_uint_eq(got.offset, 3000);
	ck_assert_uint_eq(f.peer.writes, 3000);
	stop(&f);
}
END_TEST

/* Of writes around one that is refused, none is taken for acknowledged that comes behind it. */
START_TEST(refused_write)
{
	struct fixture f = { .peer = { .refuse_at = 1000,
				 .refuse_code = SST_WIRE_WRITE_TIMEOUT,
				 .refuse_text = "the disk is full" } };
	struct sst_logpos pos = { 1, 3000 }, got;
	int r;

	start(&f);
	r = write_many(&f, 3000, &pos);
	if (r == 0)
		r = f.db->ops->sync(f.db, &pos, &f.e);
	ck_assert_int_eq(r, -1);
	ck_assert_str_eq(f.e.what, "the disk is full");
	ck_assert_str_eq(f.e.file, "peer");
	ck_assert_int_eq(f.db->ops->synced(f.db, &got, &f.e), -1);
	ck_assert_int_eq(write_many(&f, 1, &pos), -1);
	ck_assert_str_eq(f.e.what, "the disk is full");
	stop(&f);
}
END_TEST

START_TEST(other_id)
{
	struct fixture f = { .peer = { .forget = 1, .other_id = true } };
	struct sst_logpos pos;

	start(&f);
	ck_assert_int_eq(write_many(&f, 1, &pos), 0);
	ck_assert_int_eq(f.db->ops->sync(f.db, &pos, &f.e), -1);
	ck_assert_ptr_nonnull(strstr(f.e.what, "another id"));
	stop(&f);
}
END_TEST

START_TEST(no_result)
{
	struct fixture f = { .peer.no_result = true };
	struct sst_logpos pos;

	start(&f);
	ck_assert_int_eq(write_many(&f, 1, &pos), 0);
	ck_assert_int_eq(f.db->ops->sync(f.db, &pos, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EDAMAGED);
	stop(&f);
}
END_TEST

START_TEST(not_by_cql)
{
	const struct sst_cell path = { .path = SST_SLICE_LIT("p"), .ldt_s = SST_NO_LDT };
	const struct sst_complex_deletion c = { 0, { 1, 1 } };
	struct fixture f = { 0 };
	struct sst_table other;
	struct sst_stream *in;
	struct sst_read read;
	struct sst_update u;
	struct sst_row r = row(&path, 1);

	start(&f);
	u = update(&f);
	u.rows = &r;
	u.nrows = 1;
	ck_assert_int_eq(f.db->ops->apply(f.db, &u, NULL, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EUNSUPPORTED);
	r = row(NULL, 0);
	r.complex = &c;
	r.ncomplex = 1;
	ck_assert_int_eq(f.db->ops->apply(f.db, &u, NULL, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EUNSUPPORTED);
	other = *f.table;
	u.table = &other;
	ck_assert_int_eq(f.db->ops->apply(f.db, &u, NULL, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EINVAL);
	read = (struct sst_read){ .table = f.table, .raw = true };
	ck_assert_int_eq(f.db->ops->read(f.db, &read, &in, NULL, &f.e), -1);
	ck_assert_str_eq(f.e.what, "tombstones cannot be read through a server");
	read = (struct sst_read){ .table = f.table, .nonblocking = true };
	ck_assert_int_eq(f.db->ops->read(f.db, &read, &in, NULL, &f.e), -1);
	read = (struct sst_read){ .table = f.table, .left = 2, .right = 1 };
	ck_assert_int_eq(f.db->ops->read(f.db, &read, &in, NULL, &f.e), -1);
	stop(&f);
}
END_TEST

/* ---- reads ---- */

struct seen {
	unsigned partitions, statics, rows;
	int last; /* c of the last row */
};

/* assert, and not Check's, whose own allocations would be made to fail. */
static int
read_all(struct fixture *f, const struct sst_read *read, unsigned skip_at, struct seen *s)
{
	const struct sst_item *item;
	struct sst_stream *in;
	struct sst_in v;
	int r;

	*s = (struct seen){ .last = -1 };
	if (f->db->ops->read(f->db, read, &in, NULL, &f->e) == -1)
		return -1;
	if (skip_at > 0) /* before the first partition it does nothing */
		assert(sst_stream_skip(in, &f->e) == 0);
	while ((r = sst_stream_next(in, &item, &f->e)) == SST_ONE) {
		s->partitions += item->kind == SST_PARTITION;
		s->statics += item->kind == SST_STATIC;
		if (item->kind != SST_ROW)
			continue;
		v = sst_in_new(item->row.ck[0], 0);
		assert((int)sst_get_u32(&v) > s->last);
		v = sst_in_new(item->row.ck[0], 0);
		s->last = (int)sst_get_u32(&v);
		assert(item->row.ncells == (s->last % 3 == 2 ? 0 : 1));
		s->rows++;
		if (skip_at > 0 && (unsigned)s->last % skip_at == 0)
			assert(sst_stream_skip(in, &f->e) == 0);
	}
	sst_stream_close(in);
	return r;
}

static const struct {
	unsigned nrows, page_rows, partitions;
	size_t chunk;
} tables[] = { { 0, 0, 1, 0 }, { 1, 0, 1, 0 }, { 64, 0, 1, 0 }, { 65, 0, 1, 0 }, { 10000, 0, 1, 0 },
	{ 10000, 0, 10, 0 }, { 100, 1, 7, 0 }, { 100, 3, 100, 1 }, { 1000, 0, 3, 5 } };

START_TEST(reads)
{
	struct fixture f = { .peer = { .nrows = tables[_i].nrows,
				 .page_rows = tables[_i].page_rows,
				 .partitions = tables[_i].partitions,
				 .chunk = tables[_i].chunk } };
	struct sst_read all, one;
	struct seen s;
	unsigned run = (tables[_i].nrows + tables[_i].partitions - 1) / tables[_i].partitions;

	start(&f);
	all = (struct sst_read){ .table = f.table, .left = -5, .right = 6, .now_s = 77 };
	one = (struct sst_read){ .table = f.table, .key = sst_buf_slice(&f.key) };
	ck_assert_msg(read_all(&f, &all, 0, &s) == 0, "%s", f.e.what);
	ck_assert_uint_eq(s.rows, tables[_i].nrows);
	ck_assert_uint_eq(
	    s.partitions, tables[_i].nrows == 0 ? 0 : (tables[_i].nrows + run - 1) / run);
	ck_assert_uint_eq(s.statics, s.partitions);
	ck_assert_int_eq(read_all(&f, &one, 0, &s), 0);
	ck_assert_uint_eq(s.rows, tables[_i].nrows);
	ck_assert_uint_eq(s.partitions, tables[_i].nrows > 0);
	/* of each partition the first row only */
	ck_assert_int_eq(read_all(&f, &all, 1, &s), 0);
	ck_assert_uint_eq(s.rows, s.partitions);
	ck_assert_int_eq(read_all(&f, &one, 1, &s), 0);
	ck_assert_uint_eq(s.rows, tables[_i].nrows > 0);
	stop(&f);
}
END_TEST

/* Who wants no more than where partitions begin does not have all rows sent. */
START_TEST(heads)
{
	struct fixture f = { .peer = { .nrows = 9, .partitions = 9 } };
	struct sst_read read;
	struct seen s;

	start(&f);
	read = (struct sst_read){ .table = f.table, .left = -5, .right = 6, .heads = true };
	ck_assert_msg(read_all(&f, &read, 1, &s) == 0, "%s", f.e.what);
	ck_assert_uint_eq(s.partitions, 9);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	ck_assert_ptr_nonnull(strstr((char *)f.peer.log.p,
	    " FROM k.t WHERE token(a, b) > ? AND token(a, b) <= ? PER PARTITION LIMIT 1\n"));
	peer_free(&f.peer);
	sst_buf_free(&f.key);
}
END_TEST

/* Slices are asked for one after the other, and backwards when reversed. */
START_TEST(slices)
{
	static const char want[] =
	    "P SELECT c, d, s, v, w FROM k.t WHERE a = ? AND b = ? AND c >= ? AND c <= ?%s\n"
	    "E SELECT 00000001 6b6579 %s @5\n"
	    "E SELECT 00000001 6b6579 %s @5\n";
	const struct sst_slice at[4] = { SST_SLICE_LIT("\0\0\0\1"), SST_SLICE_LIT("\0\0\0\2"),
		SST_SLICE_LIT("\0\0\0\5"), SST_SLICE_LIT("\0\0\0\6") };
	const struct sst_range two[2] = { { { &at[0], 1, -1 }, { &at[1], 1, 1 } },
		{ { &at[2], 1, -1 }, { &at[3], 1, 1 } } };
	struct fixture f = { 0 };
	struct sst_read read;
	struct seen s;
	char text[512];
	const char *first = "00000001 00000002", *second = "00000005 00000006";

	start(&f);
	read = (struct sst_read){ .table = f.table,
		.key = sst_buf_slice(&f.key),
		.slices = two,
		.nslices = 2,
		.reversed = _i == 1,
		.now_s = 5 };
	ck_assert_int_eq(read_all(&f, &read, 0, &s), 0);
	ck_assert_uint_eq(s.rows, 0);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	snprintf(text, sizeof(text), want, _i == 1 ? " ORDER BY c DESC" : "",
	    _i == 1 ? second : first, _i == 1 ? first : second);
	ck_assert_str_eq(strstr((char *)f.peer.log.p, "P SELECT"), text);
	peer_free(&f.peer);
	sst_buf_free(&f.key);
}
END_TEST

/* A page that is asked for and not wanted any more does no harm to what comes after. */
START_TEST(left_early)
{
	struct fixture f = { .peer = { .nrows = 5000, .partitions = 1 } };
	const struct sst_item *item;
	struct sst_stream *in;
	struct sst_read all;
	struct seen s;
	unsigned i, k;

	start(&f);
	all = (struct sst_read){ .table = f.table, .left = INT64_MIN, .right = INT64_MIN };
	for (i = 0; i < 600; i++) {
		ck_assert_int_eq(f.db->ops->read(f.db, &all, &in, NULL, &f.e), 0);
		for (k = 0; k < (i % 3 == 0 ? 0 : 200); k++)
			ck_assert_int_eq(sst_stream_next(in, &item, &f.e), SST_ONE);
		sst_stream_close(in);
	}
	ck_assert_int_eq(read_all(&f, &all, 0, &s), 0);
	ck_assert_uint_eq(s.rows, 5000);
	stop(&f);
}
END_TEST

START_TEST(bad_reads)
{
	static const struct {
		struct peer peer;
		enum sst_code code;
		const char *what;
	} bad[] = {
		{ { .refuse_code = SST_WIRE_READ_FAILURE,
		      .refuse_text = "too many tombstones in 5:7" },
		    SST_ELIMIT, "too many tombstones in 5:7" },
		{ { .refuse_code = SST_WIRE_INVALID, .refuse_text = "" }, SST_EINVAL,
		    "error 2200" },
		{ { .forget = 2, .nrows = 3 }, SST_EINVAL, "forgotten" },
		{ { .changed = true, .nrows = 100 }, SST_EINVAL,
		    "the columns of the table were changed meanwhile" },
		{ { .endless = true }, SST_EDAMAGED,
		    "the server answers with an endless row of pages" },
	};
	struct fixture f = { .peer = bad[_i].peer };
	struct sst_read all;
	struct seen s;

	start(&f);
	all = (struct sst_read){ .table = f.table, .left = INT64_MIN, .right = INT64_MIN };
	ck_assert_int_eq(read_all(&f, &all, 0, &s), -1);
	ck_assert_int_eq(f.e.code, bad[_i].code);
	ck_assert_str_eq(f.e.what, bad[_i].what);
	stop(&f);
}
END_TEST

START_TEST(forgotten_read)
{
	struct fixture f = { .peer = { .nrows = 100, .forget = 1 } };
	struct sst_read all;
	struct seen s;

	start(&f);
	all = (struct sst_read){ .table = f.table, .left = INT64_MIN, .right = INT64_MIN };
	ck_assert_int_eq(read_all(&f, &all, 0, &s), 0);
	ck_assert_uint_eq(s.rows, 100);
	stop(&f);
}
END_TEST

/* ---- a connection that ends, or lies ---- */

/* Everything that a session does; 0 when all went well. */
static int
session(struct fixture *f)
{
	struct sst_logpos pos;
	struct sst_read all;
	struct seen s;
	int r, fd = peer_start(&f->peer);

	f->client = NULL;
	sst_buf_reset(&f->key);
	sst_buf_add(&f->key, "\0\4\0\0\0\1\0\0\3key\0", 13);
	if (f->nomem > 0)
		nomem_arm(f->nomem);
	if (sst_client_open_fd(&f->client, fd, "peer", &f->e) == -1)
		return -1;
	f->db = sst_client_db(f->client);
	if (sst_client_table(f->client, K, T, &f->table, &f->e) == -1)
		return -1;
	assert(f->table != NULL);
	all = (struct sst_read){ .table = f->table, .left = INT64_MIN, .right = INT64_MIN };
	r = write_many(f, 3, &pos);
	if (r == 0)
		r = f->db->ops->sync(f->db, &pos, &f->e);
	if (r == 0)
		r = read_all(f, &all, 0, &s);
	if (r == 0)
		assert(s.rows == 100);
	return r == 0 ? sst_client_command(f->client, SST_SLICE_LIT("FLUSH"), &f->e) : r;
}

static size_t
session_bytes(void)
{
	struct fixture f = { .peer = { .nrows = 100 } };
	size_t n;

	ck_assert_msg(session(&f) == 0, "%s", f.e.what);
	sst_client_close(f.client);
	peer_stop(&f.peer);
	n = f.peer.written;
	peer_free(&f.peer);
	sst_buf_free(&f.key);
	return n;
}

/* Closed after each number of bytes. */
START_TEST(closed)
{
	size_t at, n = session_bytes();

	for (at = 1; at < n; at += at < 600 ? 1 : 37) {
		struct fixture f = { .peer = { .nrows = 100, .close_after = at } };

		ck_assert_int_eq(session(&f), -1);
		ck_assert_int_eq(f.e.code, SST_ESYS);
		ck_assert_int_eq(f.e.sys, ECONNRESET);
		ck_assert_str_eq(f.e.file, "peer");
		stop(&f);
	}
}
END_TEST

/* One byte wrong, at each place: behind the handshake checksums tell, before it the words do. */
START_TEST(garbled)
{
	size_t at, n = session_bytes();

	for (at = 1; at < n; at += at < 600 ? 1 : 37) {
		struct fixture f = {
			.peer = { .nrows = 100,
			    .garble = at,
			    .close_after = at <= SST_ENVELOPE_HEADER ? SST_ENVELOPE_HEADER : n }
		};

		ck_assert_int_eq(session(&f), -1);
		ck_assert_int_ne(f.e.code, SST_ENOMEM);
		ck_assert_str_eq(f.e.file, "peer");
		stop(&f);
	}
}
END_TEST

START_TEST(password)
{
	struct fixture f = { .peer.password = true };

	ck_assert_int_eq(session(&f), -1);
	ck_assert_int_eq(f.e.code, SST_EUNSUPPORTED);
	stop(&f);
}
END_TEST

START_TEST(command)
{
	struct fixture f = { 0 };
	struct sst_slice first, last;

	start(&f);
	ck_assert_int_eq(sst_client_command(f.client, SST_SLICE_LIT("FLUSH"), &f.e), 0);
	ck_assert_int_eq(sst_client_command(f.client, SST_SLICE_LIT("FLUHS"), &f.e), -1);
	ck_assert_str_eq(f.e.what, "line 1:0 no viable alternative");
	/* a server that does not know it knows no extent */
	ck_assert_int_eq(f.db->ops->extent(f.db, f.table, &first, &last, &f.e), SST_ONE);
	ck_assert(first.p == NULL && last.p == NULL);
	stop(&f);
}
END_TEST

START_TEST(nobody)
{
	struct sst_client *c;
	struct sst_err e;

	ck_assert_int_eq(sst_client_open_dir(&c, ".", &e), 0);
	ck_assert_int_eq(sst_client_open_dir(&c, "no/such/place", &e), 0);
	ck_assert_int_eq(sst_client_open_dir(&c, "Makefile", &e), 0);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(sst_client_open_tcp(&c, "127.0.0.1", 1, &e), -1);
	ck_assert_int_eq(e.sys, ECONNREFUSED);
	ck_assert_int_eq(sst_client_open_tcp(&c, "no such host", 1, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
}
END_TEST

START_TEST(no_memory)
{
	struct fixture f;
	unsigned long n;
	bool failed = nomem_arm(ULONG_MAX);
	int r;

	nomem_disarm();
	for (n = 1; failed; n++) {
		f = (struct fixture){ .peer = { .nrows = 100 }, .nomem = n };
		r = session(&f);
		failed = nomem_disarm();
		ck_assert_msg(r == (failed ? -1 : 0), "allocation %lu", n);
		if (failed)
			ck_assert_int_eq(f.e.code, SST_ENOMEM);
		stop(&f);
	}
}
END_TEST

Suite *
client_suite(void)
{
	Suite *s = suite_create("client");
	TCase *tc = tcase_create("client");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, schema, 0, 6);
	tcase_add_test(tc, no_table);
	tcase_add_test(tc, writes);
	tcase_add_loop_test(tc, range_words, 0, SST_ARRAY_LEN(ranges));
	tcase_add_loop_test(tc, many_writes, 0, 5);
	tcase_add_test(tc, refused_write);
	tcase_add_test(tc, other_id);
	tcase_add_test(tc, no_result);
	tcase_add_test(tc, not_by_cql);
	tcase_add_loop_test(tc, reads, 0, SST_ARRAY_LEN(tables));
	tcase_add_test(tc, heads);
	tcase_add_loop_test(tc, slices, 0, 2);
	tcase_add_test(tc, left_early);
	tcase_add_loop_test(tc, bad_reads, 0, 5);
	tcase_add_test(tc, forgotten_read);
	tcase_add_test(tc, closed);
	tcase_add_test(tc, garbled);
	tcase_add_test(tc, password);
	tcase_add_test(tc, command);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(s, tc);
	return s;
}
