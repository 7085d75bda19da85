/*
 * tests/fuzz/ndjson.c: lines of NDJSON.  What can be read is printed, read and printed again: the
 * same text.  Whatever it holds, sstabledump's form takes it too.
 * covers: libsst/text/ndjsonin.c libsst/text/cellsin.c libsst/text/members.c libsst/text/ndjson.c libsst/text/sstabledump.c
 */
#include <assert.h>
#include <stdlib.h>

#include "text/ndjson.h"
#include "text/ndjsonin.h"
#include "text/rowline.h"
#include "text/sstabledump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MARSHAL "org.apache.cassandra.db.marshal."

static struct sst_column
column(struct sst_arena *a, const char *name, const char *type)
{
	struct sst_column c = { .name = sst_slice_str(name), .dropped_us = INT64_MIN };
	struct sst_err e;

	if (sst_type_parse_class(&c.type, a, sst_slice_str(type), &e) == -1)
		abort();
	return c;
}

struct columns {
	struct sst_column key[2], ck[2], statics[1], regulars[6];
};

static void
make_table(struct sst_table *t, struct columns *c, struct sst_arena *a)
{
	struct sst_err e;

	sst_table_defaults(t);
	t->keyspace = SST_SLICE_LIT("ks");
	t->name = SST_SLICE_LIT("t");
	t->named = true;
	c->key[0] = column(a, "k", MARSHAL "Int32Type");
	c->key[1] = column(a, "b", MARSHAL "UTF8Type");
	c->ck[0] = column(a, "c", MARSHAL "ReversedType(" MARSHAL "LongType)");
	c->ck[1] = column(a, "d", MARSHAL "BytesType");
	c->statics[0] = column(a, "s", MARSHAL "UTF8Type");
	c->regulars[0] = column(a, "v", MARSHAL "DecimalType");
	c->regulars[1] = column(a, "n", MARSHAL "CounterColumnType");
	c->regulars[2] = column(a, "l", MARSHAL "ListType(" MARSHAL "Int32Type)");
	c->regulars[3] =
	    column(a, "m", MARSHAL "MapType(" MARSHAL "UTF8Type," MARSHAL "DoubleType)");
	c->regulars[4] = column(a, "t", MARSHAL "SetType(" MARSHAL "UUIDType)");
	c->regulars[5] = column(a, "u",
	    MARSHAL "UserType(ks,75,61:" MARSHAL "Int32Type,62:" MARSHAL "InetAddressType)");
	t->key = c->key;
	t->nkey = 2;
	t->ck = c->ck;
	t->nck = 2;
	t->statics = c->statics;
	t->nstatic = 1;
	t->regulars = c->regulars;
	t->nregular = 6;
	if (sst_table_finish(t, a, &e) == -1)
		abort();
}

/* Prints the item within a partition of that key; false when it holds a value that cannot be. */
static bool
print(struct sst_ndjson *n, struct sst_slice key, const struct sst_item *item, struct sst_buf *out)
{
	struct sst_item part = { .kind = SST_PARTITION, .part = { .key = key, .del = SST_LIVE } };
	struct sst_err e = { 0 };

	if (sst_ndjson_item(n, &part, out, &e) == 0 && sst_ndjson_item(n, item, out, &e) == 0)
		return true;
	assert(e.code == SST_EDAMAGED);
	return false;
}

static void
dump(const struct sst_table *t, struct sst_slice key, const struct sst_item *item, bool lines)
{
	struct sst_item part = { .kind = SST_PARTITION, .part = { .key = key, .del = SST_LIVE } };
	struct sst_buf out = { 0 };
	struct sst_sstabledump *d;
	struct sst_err e = { 0 };

	if (sst_sstabledump_new(&d, t, 1000, &e) == -1)
		abort();
	sst_sstabledump_set(d, lines, lines);
	(void)sst_sstabledump_item(d, &part, &out, &e);
	(void)sst_sstabledump_item(d, item, &out, &e);
	sst_sstabledump_end(d, &out);
	if (lines) /* nothing is given of a partition whose key is none */
		assert(out.n == 0 || (out.p[0] == '{' && out.p[out.n - 1] == '}'));
	else
		assert(out.n > 2 && out.p[out.n - 1] == ']');
	sst_sstabledump_free(d);
	sst_buf_free(&out);
}

/* A row a line: what is no value of its type is hexadecimal digits. */
static void
line(const struct sst_table *t, struct sst_slice key, const struct sst_item *item)
{
	struct sst_item part = { .kind = SST_PARTITION, .part = { .key = key, .del = SST_LIVE } };
	struct sst_buf out = { 0 };
	struct sst_rowline r;
	struct sst_err e = { 0 };

	sst_rowline_init(&r, t);
	if (sst_rowline_item(&r, &part, &out, &e) == 0 &&
	    sst_rowline_item(&r, item, &out, &e) == 0 && sst_rowline_end(&r, &out, &e) == 0)
		assert(out.n == 0 || (out.p[0] == '[' && out.p[out.n - 1] == '\n'));
	else
		assert(e.code == SST_EDAMAGED);
	sst_rowline_free(&r);
	sst_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_arena arena = { 0 };
	struct sst_table t = { 0 };
	struct columns columns;
	const struct sst_item *item;
	struct sst_ndjsonin *in;
	struct sst_ndjson *out;
	struct sst_slice key;
	struct sst_err e;

	make_table(&t, &columns, &arena);
	if (sst_ndjsonin_new(&in, &t, &e) == -1 || sst_ndjson_new(&out, &t, &e) == -1)
		abort();
	if (sst_ndjsonin_line(in, (struct sst_slice){ data, size }, &key, &item, &e) == 0) {
		dump(&t, key, item, false);
		dump(&t, key, item, true);
		line(&t, key, item);
		if (print(out, key, item, &once) && once.n > 0) {
			if (sst_ndjsonin_line(in, sst_buf_slice(&once), &key, &item, &e) == -1)
				abort();
			assert(print(out, key, item, &twice));
			assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
		}
	}
	sst_ndjsonin_free(in);
	sst_ndjson_free(out);
	sst_buf_free(&once);
	sst_buf_free(&twice);
	sst_arena_free(&arena);
	return 0;
}
