/*
 * tests/unit/rows.c: rows, markers and partitions decoded from bytes made by hand, and every way in
 * which such bytes can be wrong.  The bytes are those of formats/data.md.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "base/num.h"
#include "codec/out.h"
#include "sstable/data.h"

Suite *rows_suite(void);

#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))
#define TS 1000 /* smallest times of the header */
#define LDT 2000
#define TTL 10

static char text[512];
static struct sst_arena arena;
static struct memfs *fs;
static const struct sst_io *io;
static struct sst_cache *cache;
static struct sst_table *table;
static struct sst_header header;

static const struct sst_type *
type(const char *cql)
{
	const struct sst_type *t;
	struct sst_err e;

	OK(sst_type_parse_cql(&t, &arena, sst_slice_str(cql), NULL, NULL, &e));
	return t;
}

/* k int, c int, s static text, x int, y text, m map<int, text>, nmore columns n00 n01 ... of int. */
static void
make_table(size_t nmore)
{
	struct sst_column *c = sst_arena_array(&arena, 6 + nmore, sizeof(*c));
	struct sst_err e;
	char *name;
	size_t i;

	table = sst_arena_alloc(&arena, sizeof(*table));
	memset(table, 0, sizeof(*table));
	memset(c, 0, (6 + nmore) * sizeof(*c));
	sst_table_defaults(table);
	table->keyspace = table->name = sst_slice_str("t");
	c[0].name = sst_slice_str("k");
	c[0].type = c[1].type = c[3].type = type("int");
	c[1].name = sst_slice_str("c");
	c[2].name = sst_slice_str("s");
	c[2].type = c[4].type = type("text");
	c[3].name = sst_slice_str("x");
	c[4].name = sst_slice_str("y");
	c[5].name = sst_slice_str("m");
	c[5].type = type("map<int, text>");
	for (i = 0; i < nmore; i++) {
		name = sst_arena_alloc(&arena, 4);
		name[0] = 'n';
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		c[6 + i].name = (struct sst_slice){ (uint8_t *)name, 3 };
		c[6 + i].type = type("int");
	}
	for (i = 0; i < 6 + nmore; i++)
		c[i].dropped_us = INT64_MIN;
	table->key = c;
	table->ck = c + 1;
	table->statics = c + 2;
	table->regulars = c + 3;
	table->nkey = table->nck = table->nstatic = 1;
	table->nregular = 3 + nmore;
	OK(sst_table_finish(table, &arena, &e));
	OK(sst_header_make(&header, table, &arena, &e));
	header.min_ts_us = TS;
	header.min_ldt_s = LDT;
	header.min_ttl_s = TTL;
}

static void
setup(void)
{
	fs = memfs_new();
	io = memfs_io(fs);
	cache = sst_cache_new(0);
	make_table(0);
}

static void
teardown(void)
{
	sst_cache_free(cache);
	memfs_free(fs);
	sst_arena_free(&arena);
}

/* A walk over these bytes as if they were Data.db. */
static void
walk(struct sst_data *x, const char *bytes, size_t n)
{
	struct sst_file *f;
	struct sst_err e;
	int fd = io->open(io->ctx, "Data.db", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_ge(fd, 0);
	OK(sst_io_write(io, fd, "Data.db", bytes, n, &e));
	OK(sst_io_close(io, fd, "Data.db", &e));
	OK(sst_file_open(&f, io, "Data.db", cache, &e));
	OK(sst_data_init(x, f, SST_WINDOW_CACHED, &header, table, &e));
}

static void
leave(struct sst_data *x)
{
	struct sst_file *f = x->w.file;

	sst_data_close(x);
	sst_file_close(f);
}

/* A partition 00000001, not deleted: 2 + 4 + 12 bytes. */
#define PART "\0\4\0\0\0\1\x7f\xff\xff\xff\x80\0\0\0\0\0\0\0"
#define WALK(x, bytes) walk(x, bytes, sizeof(bytes) - 1)

START_TEST(partition_head)
{
	struct sst_data x;
	struct sst_err e;

	WALK(&x,
	    PART "\1"
		 "\0\0\0\0\0\5\0\0\0\0\0\0\0\7\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_int_eq(x.item.kind, SST_PARTITION);
	ck_assert_int_eq(x.item.part.del.ts_us, SST_NO_TS);
	ck_assert_int_eq(x.item.part.token, sst_token(SST_SLICE_LIT("\0\0\0\1")));
	ck_assert_uint_eq(x.item.len, 18);
	ck_assert_int_eq(sst_data_row(&x, &e), 0);
	x.has_key = false; /* an empty key is the smallest, which this test does not want */
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_uint_eq(x.item.off, 19);
	ck_assert_int_eq(x.item.part.del.ts_us, 7);
	ck_assert_int_eq(x.item.part.del.ldt_s, 5);
	ck_assert_int_eq(sst_data_row(&x, &e), 0);
	ck_assert_int_eq(sst_data_partition(&x, &e), 0);
	leave(&x);
	header.uint_ldt = true;
	WALK(&x, "\0\1a\x80\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_int_eq(x.item.part.del.ts_us, SST_NO_TS);
	leave(&x);
	WALK(&x, "\0\1a\0\0\0\0\0\0\0\7\xff\xff\xff\xfe\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_int_eq(x.item.part.del.ts_us, 7);
	ck_assert_int_eq(x.item.part.del.ldt_s, 4294967294);
	leave(&x);
}
END_TEST

/*
 * The row c=5 with liveness at 1003 expiring at 2007 (ttl 14): x=9 with the row's time, y a tombstone
 * of 1001, m deleted at 1002 with one element {1: 'z'} that has the row's TTL.
 */
#define ROW \
	"\x6c\0\0\0\0\5" /* time, TTL, all columns, complex deletion; clustering 5 */ \
	"\x17\x12"       /* size, size of the row before */ \
	"\3\4\7"         /* liveness 1003, ttl 14, 2007 */ \
	"\x08\0\0\0\x09" /* x: the row's time */ \
	"\x05\1\3"       /* y: deleted, empty, 1001, 2003 */ \
	"\2\5"           /* m: deletion 1002, 2005 */ \
	"\1"             /* one cell */ \
	"\x1a\4\0\0\0\1\1z"

START_TEST(whole_row)
{
	struct sst_data x;
	struct sst_err e;
	const struct sst_row *r = &x.item.row;

	WALK(&x, PART ROW "\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_msg(sst_data_row(&x, &e) == SST_ONE, "%s", sst_err_text(&e, text, sizeof(text)));
	ck_assert_int_eq(x.item.kind, SST_ROW);
	ck_assert_uint_eq(x.item.off, 18);
	ck_assert_uint_eq(x.item.len, sizeof(ROW) - 1);
	ck_assert(sst_slice_eq(r->ck[0], SST_SLICE_LIT("\0\0\0\5")));
	ck_assert_int_eq(r->live.ts_us, 1003);
	ck_assert_uint_eq(r->live.ttl_s, 14);
	ck_assert_int_eq(r->live.expiry_s, 2007);
	ck_assert_uint_eq(r->ncells, 3);
	ck_assert_uint_eq(r->ncomplex, 1);
	ck_assert_uint_eq(r->cells[0].col, 0);
	ck_assert_int_eq(r->cells[0].ts_us, 1003);
	ck_assert_int_eq(r->cells[0].ldt_s, SST_NO_LDT);
	ck_assert(sst_slice_eq(r->cells[0].value, SST_SLICE_LIT("\0\0\0\x09")));
	ck_assert_ptr_null(r->cells[0].path.p);
	ck_assert(sst_cell_is_tombstone(&r->cells[1]));
	ck_assert_int_eq(r->cells[1].ts_us, 1001);
	ck_assert_int_eq(r->cells[1].ldt_s, 2003);
	ck_assert_uint_eq(r->cells[1].value.n, 0);
	ck_assert_uint_eq(r->cells[2].col, 2);
	ck_assert_uint_eq(r->cells[2].ttl_s, 14);
	ck_assert_int_eq(r->cells[2].ldt_s, 2007);
	ck_assert(sst_slice_eq(r->cells[2].path, SST_SLICE_LIT("\0\0\0\1")));
	ck_assert(sst_slice_eq(r->cells[2].value, SST_SLICE_LIT("z")));
	ck_assert_uint_eq(r->complex[0].col, 2);
	ck_assert_int_eq(r->complex[0].del.ts_us, 1002);
	ck_assert_int_eq(r->complex[0].del.ldt_s, 2005);
	ck_assert_int_eq(sst_data_row(&x, &e), 0);
	leave(&x);
}
END_TEST

/* Static row; empty row left out; row deletion, shadowable or not; subset; times that wrap. */
START_TEST(other_rows)
{
	struct sst_data x;
	struct sst_err e;
	const struct sst_row *r = &x.item.row;

	WALK(&x,
	    PART "\xa4\1\5\0\1\x08\1q"        /* static: s='q' at 1001 */
		 "\0\0\0\0\0\1\2\0\7"         /* c=1: nothing at all */
		 "\x10\0\0\0\0\2\4\0\2\3\7"   /* c=2: deleted at 1002, 2003 */
		 "\x90\2\0\0\0\0\3\4\0\2\3\7" /* c=3: shadowable */
		 "\0\0\0\0\0\4\4\0\6\4\1"     /* c=4: x='' at 1001 */
		 "\x10\0\0\0\0\5\x14\0\xff\xff\xff\xff\xff\xff\xff\xff\xff" /* at 999, ldt -1 */
		 "\xff\xff\xff\xff\xff\xff\xff\xf8\x2f\7\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_int_eq(sst_data_row(&x, &e), SST_ONE);
	ck_assert_int_eq(x.item.kind, SST_STATIC);
	ck_assert_ptr_null(r->ck);
	ck_assert(sst_slice_eq(r->cells[0].value, SST_SLICE_LIT("q")));
	ck_assert_int_eq(sst_data_row(&x, &e), SST_ONE);
	ck_assert_int_eq(r->del.ts_us, 1002);
	ck_assert_int_eq(r->del.ldt_s, 2003);
	ck_assert(!r->shadowable);
	ck_assert_int_eq(sst_data_row(&x, &e), SST_ONE);
	ck_assert(r->shadowable);
	ck_assert_int_eq(sst_data_row(&x, &e), SST_ONE);
	ck_assert_uint_eq(r->ncells, 1);
	ck_assert_uint_eq(r->cells[0].value.n, 0);
	ck_assert_ptr_nonnull(r->cells[0].value.p);
	ck_assert(!sst_cell_is_tombstone(&r->cells[0]));
	ck_assert_msg(sst_data_row(&x, &e) == SST_ONE, "%s", sst_err_text(&e, text, sizeof(text)));
	ck_assert_int_eq(r->del.ts_us, 999);
	ck_assert_int_eq(r->del.ldt_s, -1);
	ck_assert_int_eq(sst_data_row(&x, &e), 0);
	leave(&x);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	int side;
	int64_t before, after; /* times; -1: none */
} markers[] = {
	{ "\2\0\0\1\0\0\0\0\5\3\0\2\3", 13, -1, 1002, -1 },
	{ "\2\1\0\1\0\0\0\0\5\3\0\2\3", 13, -1, -1, 1002 },
	{ "\2\2\0\1\0\0\0\0\5\5\0\2\3\4\5", 15, -1, 1002, 1004 },
	{ "\2\5\0\1\0\0\0\0\5\5\0\2\3\4\5", 15, 1, 1002, 1004 },
	{ "\2\6\0\1\0\0\0\0\5\3\0\2\3", 13, 1, 1002, -1 },
	{ "\2\7\0\1\0\0\0\0\5\3\0\2\3", 13, 1, -1, 1002 },
	{ "\2\7\0\0\3\0\2\3", 8, 1, -1, 1002 },
};

START_TEST(marker_kinds)
{
	struct sst_decoder d;
	struct sst_row_head h;
	struct sst_item item;
	struct sst_err e;
	struct sst_in in =
	    sst_in_new((struct sst_slice){ (const uint8_t *)markers[_i].bytes, markers[_i].n }, 0);

	OK(sst_decoder_init(&d, &header, &e));
	ck_assert_int_eq(sst_decode_head(&d, &in, &h, &e), SST_ONE);
	ck_assert(!in.bad);
	ck_assert_uint_eq(h.body, sst_in_left(&in));
	OK(sst_decode_body(&d, &in, &h, &item, &e));
	ck_assert_int_eq(item.kind, SST_MARKER);
	ck_assert_int_eq(item.marker.at.side, markers[_i].side);
	ck_assert_uint_eq(item.marker.at.n, markers[_i].n > 8);
	ck_assert_int_eq(
	    item.marker.before.ts_us, markers[_i].before == -1 ? SST_NO_TS : markers[_i].before);
	ck_assert_int_eq(
	    item.marker.after.ts_us, markers[_i].after == -1 ? SST_NO_TS : markers[_i].after);
	ck_assert_int_eq(sst_marker_kind(&item.marker), markers[_i].bytes[1]);
	sst_decoder_free(&d);
}
END_TEST

/* Which of 70 columns a row has, in the three forms of the list. */
START_TEST(many_columns)
{
	static const struct {
		const char *bytes;
		size_t n, first, count; /* columns first .. first + count - 1 */
	} lists[] = {
		{ "\x47\3\4", 3, 3, 2 },          /* 71 missing: columns 3 and 4 are there */
		{ "\2\0\1", 3, 2, 71 },           /* columns 0 and 1 are missing */
		{ "\0", 1, 0, 73 },               /* none is missing */
		{ "\x49", 1, 0, 0 },              /* all are missing */
		{ "\x4a", 1, SIZE_MAX, 0 },       /* more than there are */
		{ "\x47\4\3", 3, SIZE_MAX, 0 },   /* not ascending */
		{ "\x47\3\x49", 3, SIZE_MAX, 0 }, /* beyond the last */
		{ "\2\1\1", 3, SIZE_MAX, 0 },
	};
	struct sst_buf b = { 0 };
	struct sst_decoder d;
	struct sst_row_head h = { .flags = SST_ROW_TIMESTAMP, .nck = 1 };
	struct sst_item item;
	struct sst_err e;
	struct sst_in in;
	size_t i, col;
	int r;

	make_table(70);
	ck_assert_uint_eq(header.nregular, 73);
	sst_put_u8(&b, 0);
	sst_put_u8(&b, 1);
	sst_buf_add(&b, lists[_i].bytes, lists[_i].n);
	for (i = 0; i < lists[_i].count; i++) {
		col = lists[_i].first + i;
		if (header.regulars[col].type->multicell)
			sst_put_u8(&b, 0);
		else if (header.regulars[col].type->fixed_len == 4)
			sst_buf_add(&b, "\x08\0\0\0\1", 5);
		else
			sst_buf_add(&b, "\x0c", 1);
	}
	OK(sst_decoder_init(&d, &header, &e));
	in = sst_in_new(sst_buf_slice(&b), 0);
	r = sst_decode_body(&d, &in, &h, &item, &e);
	ck_assert_int_eq(r, lists[_i].first == SIZE_MAX ? -1 : 0);
	if (r == 0 && lists[_i].count > 0) {
		ck_assert_uint_ge(item.row.ncells, lists[_i].count - 1);
		ck_assert_uint_eq(item.row.cells[0].col, lists[_i].first);
	}
	sst_decoder_free(&d);
	sst_buf_free(&b);
}
END_TEST

#define BAD(bytes, code, what) \
	{ \
		PART bytes, sizeof(PART bytes) - 1, code, what \
	}

static const struct {
	const char *bytes;
	size_t n;
	enum sst_code code;
	const char *what;
} wrong[] = {
	BAD("", SST_ESHORT, "ends inside a row"),
	BAD("\3", SST_EDAMAGED, "flags 03 of a row"),
	BAD("\6\0\0\1", SST_EDAMAGED, "flags 06 of a range tombstone marker"),
	BAD("\2\3\0\1", SST_EDAMAGED, "kind 3 of"),
	BAD("\2\4\0\1", SST_EDAMAGED, "kind 4 of"),
	BAD("\2\x08\0\1", SST_EDAMAGED, "kind 8 of"),
	BAD("\2\0\0\2", SST_EDAMAGED, "2 clustering values in a marker"),
	BAD("\x80\4", SST_EDAMAGED, "extended flags 04"),
	BAD("\x08", SST_EDAMAGED, "a TTL without a write time"),
	BAD("\4\0\0\0\0\5\x70\0\0", SST_ESHORT, "row of 112 bytes, the data has 2 more"),
	BAD("\4\0\0\0\0\5\xff\xff\xff\xff\xff\xff\xff\xff\xff", SST_ESHORT,
	    "row of 18446744073709551615"),
	BAD("\4\0\0\0\0\5\1\0", SST_EDAMAGED, "row damaged, or longer than it says"),
	BAD("\4\0\0\0\0\5\4\0\1\7\0\1", SST_EDAMAGED, "1 bytes more than the row has"),
	BAD("\0\0\0\0\0\5\2\0\x08\1", SST_EDAMAGED, "missing columns 0x8 of 3"),
	BAD("\0\0\0\0\0\5\3\0\6\x20\1", SST_EDAMAGED, "row damaged"),   /* unknown flag of a cell */
	BAD("\0\0\0\0\0\5\3\0\6\x0c\1", SST_EDAMAGED, "row damaged"),   /* the row has no time */
	BAD("\4\0\0\0\0\5\4\0\1\6\x1c\1", SST_EDAMAGED, "row damaged"), /* nor a TTL */
	BAD("\0\0\0\0\0\5\5\0\6\7\1\1\1", SST_EDAMAGED, "row damaged"), /* deleted and expiring */
	BAD("\x0c\0\0\0\0\5\x0c\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xf0\1\7\1", SST_EDAMAGED,
	    "row damaged"), /* a TTL beyond 2^31 */
	BAD("\x10\0\0\0\0\5\x0c\0\1\xff\1\1\1\1\1\1\1\1\7\1", SST_EDAMAGED,
	    "row damaged"),                                           /* an ldt */
	BAD("\0\0\0\0\0\5\3\0\3\x7f\1", SST_EDAMAGED, "row damaged"), /* 127 elements */
	BAD("\0\0\0\0\0\5\x11\0\3\2\4\0\4\0\0\0\2\4\0\4\0\0\0\1\1", SST_EDAMAGED,
	    "elements of a column out of order"),
	BAD("\0\0\0\0\0\5\x11\0\3\2\4\0\4\0\0\0\2\4\0\4\0\0\0\2\1", SST_EDAMAGED,
	    "elements of a column out of order"),
	BAD("\x10\0\0\0\0\5\4\0\1\1\7\x10\0\0\0\0\5\4\0\1\1\7", SST_EDAMAGED, "row is not after"),
	BAD("\x10\0\0\0\0\5\4\0\1\1\7\x90\1\4\0\1\1\1", SST_EDAMAGED,
	    "static row after other rows"),
	BAD("\2\0\0\1\0\0\0\0\5\3\0\2\3\1", SST_EDAMAGED, "closes that was not open"),
	BAD("\2\1\0\1\0\0\0\0\5\3\0\2\3\1", SST_EDAMAGED, "open at the end of its partition"),
	BAD("\2\1\0\1\0\0\0\0\5\3\0\2\3\2\1\0\1\0\0\0\0\6\3\0\2\3", SST_EDAMAGED,
	    "not closed by the next marker"),
};

START_TEST(wrong_rows)
{
	struct sst_data x;
	struct sst_err e;
	int r;

	walk(&x, wrong[_i].bytes, wrong[_i].n);
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	while ((r = sst_data_row(&x, &e)) == SST_ONE)
		continue;
	ck_assert_int_eq(r, -1);
	ck_assert_msg(strstr(e.what, wrong[_i].what) != NULL, "%s", e.what);
	ck_assert_int_eq(e.code, wrong[_i].code);
	ck_assert_str_eq(e.file, "Data.db");
	ck_assert_uint_ge(e.off, 18);
	ck_assert_uint_le(e.off, wrong[_i].n);
	leave(&x);
}
END_TEST

START_TEST(wrong_partitions)
{
	struct sst_data x;
	struct sst_err e;

	WALK(&x, "\0\4\0\0\0\1\x7f\xff\xff\xff\x80\0\0\0\0\0\0");
	ck_assert_int_eq(sst_data_partition(&x, &e), -1);
	ck_assert_int_eq(e.code, SST_ESHORT);
	leave(&x);
	WALK(&x, PART "\1" PART "\1");
	ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
	ck_assert_int_eq(sst_data_skip(&x, &e), 0);
	ck_assert_int_eq(sst_data_partition(&x, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "not after the one before"));
	ck_assert_uint_eq(e.off, 19);
	leave(&x);
	/* A clustering that claims to be endless is damage, not a file read to its end. */
	table->ck[0].type = type("text");
	header.ck[0] = table->ck[0].type;
	{
		struct sst_buf b = { 0 };
		size_t i;

		sst_buf_add(&b, PART "\4\0\xf7\xff\xff\xff", sizeof(PART) - 1 + 6);
		for (i = 0; i < (3 << 20); i++)
			sst_buf_addc(&b, 'x');
		walk(&x, (const char *)b.p, b.n);
		ck_assert_int_eq(sst_data_partition(&x, &e), SST_ONE);
		ck_assert_int_eq(sst_data_row(&x, &e), -1);
		ck_assert_ptr_nonnull(strstr(e.what, "clustering takes more than"));
		leave(&x);
		sst_buf_free(&b);
	}
}
END_TEST

/* A prefix of every byte string: never read beyond, never taken for whole. */
START_TEST(cut_anywhere)
{
	static const char whole[] = PART ROW "\1";
	struct sst_data x;
	struct sst_err e;
	size_t n;
	int r;

	for (n = 1; n < sizeof(whole) - 1; n++) {
		walk(&x, whole, n);
		r = sst_data_partition(&x, &e);
		while (r == SST_ONE)
			r = sst_data_row(&x, &e);
		ck_assert_int_eq(r, -1);
		ck_assert_int_eq(e.code, SST_ESHORT);
		leave(&x);
	}
}
END_TEST

START_TEST(prefixes)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool bad;
		size_t values;
		int side;
	} cases[] = {
		{ "\4\0\0\0\0\5", 6, false, 1, 0 },
		{ "\4\2", 2, false, 1, 0 }, /* null */
		{ "\4\1", 2, false, 1, 0 }, /* empty */
		{ "\0\0\1\0\0\0\0\5", 8, false, 1, -1 },
		{ "\6\0\0", 3, false, 0, 1 },
		{ "\3\0\0", 3, true, 0, 0 },
		{ "\x08\0\0", 3, true, 0, 0 },
		{ "\6\0\2\0", 4, true, 0, 0 },
		{ "\4\0\0\0", 4, true, 0, 0 },
	};
	struct sst_slice v[2];
	struct sst_bound b;
	enum sst_prefix_kind kind;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(cases); i++) {
		struct sst_in in = sst_in_new(
		    (struct sst_slice){ (const uint8_t *)cases[i].bytes, cases[i].n }, 0);

		sst_get_prefix(&in, &header, v, &b, &kind);
		ck_assert_int_eq(in.bad, cases[i].bad);
		if (in.bad)
			continue;
		ck_assert_uint_eq(b.n, cases[i].values);
		ck_assert_int_eq(b.side, cases[i].side);
		ck_assert_int_eq(kind, cases[i].bytes[0]);
		ck_assert_uint_eq(sst_in_left(&in), 0);
		if (i == 1)
			ck_assert_ptr_null(v[0].p);
		if (i == 2)
			ck_assert(v[0].p != NULL && v[0].n == 0);
	}
}
END_TEST

START_TEST(column_twice)
{
	struct sst_err e;

	header.regulars[1].name = header.regulars[0].name;
	ck_assert_int_eq(sst_header_sort(&header, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "comes twice"));
}
END_TEST

Suite *
rows_suite(void)
{
	Suite *s = suite_create("rows");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, partition_head);
	tcase_add_test(t, whole_row);
	tcase_add_test(t, other_rows);
	tcase_add_loop_test(t, marker_kinds, 0, (int)SST_ARRAY_LEN(markers));
	tcase_add_loop_test(t, many_columns, 0, 8);
	tcase_add_loop_test(t, wrong_rows, 0, (int)SST_ARRAY_LEN(wrong));
	tcase_add_test(t, wrong_partitions);
	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, column_twice);
	suite_add_tcase(s, t);
	return s;
}
