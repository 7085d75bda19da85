/*
 * tests/fuzz/segment.c: a commit log segment, or a mutation without one.  The first byte chooses:
 *
 *	bit 0	the bytes are a mutation
 *	bit 1	a later segment follows
 *	bit 2	damage is passed over
 *
 * What can be read is written again and read again, to the same bytes.
 * covers: libsst/commitlog/segment.c libsst/commitlog/segread.c libsst/commitlog/mutationin.c
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "commitlog/mutation.h"
#include "commitlog/segment.h"
#include "commitlog/segread.h"
#include "cql/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The table that the corpus speaks of. */
static const char cql[] =
    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};\n"
    "CREATE TYPE k.address (street text, zip int, tags frozen<set<text>>);\n"
    "CREATE TABLE k.t (k int, c int, s int static, v int, w text, x int, m map<int, int>,\n"
    "  l list<text>, u address, PRIMARY KEY (k, c))\n"
    "  WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090;\n"
    "ALTER TABLE k.t DROP x USING TIMESTAMP 2000;\n";

static struct sst_slice input;

static int
open_input(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx, (void)path, (void)flags, (void)mode;
	return 3;
}

static int
close_input(void *ctx, int fd)
{
	(void)ctx, (void)fd;
	return 0;
}

static ssize_t
pread_input(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	(void)ctx, (void)fd;
	if (off >= input.n)
		return 0;
	if (n > input.n - off)
		n = input.n - (size_t)off;
	memcpy(buf, input.p + off, n);
	return (ssize_t)n;
}

static int
stat_input(void *ctx, int fd, struct sst_stat *st)
{
	(void)ctx, (void)fd;
	*st = (struct sst_stat){ .size = input.n };
	return 0;
}

static const struct sst_io io = {
	.open = open_input, .close = close_input, .pread = pread_input, .fstat = stat_input
};

static const struct sst_table *
any(void *arg, const uint8_t id[16])
{
	(void)id;
	return arg;
}

/* An update once more through its bytes. */
static void
again(struct sst_mutation_out *out, struct sst_mutation_in *in, const struct sst_update *u)
{
	const struct sst_update *second;
	struct sst_slice bytes, twice;
	struct sst_buf kept = { 0 };
	struct sst_err e;
	int r;

	if (sst_mutation_put(out, u, &bytes, &e) == -1)
		return; /* deletion times that no writer takes */
	sst_buf_add_slice(&kept, bytes);
	sst_mutation_begin(in, sst_buf_slice(&kept), "again", 0);
	r = sst_mutation_next(in, &second, &e);
	assert(r == SST_ONE);
	r = sst_mutation_put(out, second, &twice, &e);
	assert(r == 0 && sst_slice_eq(twice, sst_buf_slice(&kept)));
	sst_buf_free(&kept);
}

static void
read_mutation(const struct sst_table *t, struct sst_slice bytes)
{
	struct sst_mutation_in *in = NULL, *second = NULL;
	struct sst_mutation_out *out = NULL;
	const struct sst_update *u;
	struct sst_err e;

	if (sst_mutation_in_new(&in, any, (void *)(uintptr_t)t, &e) == 0 &&
	    sst_mutation_in_new(&second, any, (void *)(uintptr_t)t, &e) == 0 &&
	    sst_mutation_out_new(&out, &e) == 0) {
		sst_mutation_begin(in, bytes, "input", 0);
		while (sst_mutation_next(in, &u, &e) == SST_ONE)
			again(out, second, u);
	}
	sst_mutation_in_free(in);
	sst_mutation_in_free(second);
	sst_mutation_out_free(out);
}

/* What the writer would put into a file of this id is taken for just that. */
static void
write_again(uint64_t id, unsigned shard)
{
	char name[SST_SEGMENT_NAME];
	struct sst_segment_header h;
	uint8_t marker[SST_MARKER_LEN];
	struct sst_buf b = { 0 };
	uint32_t version, next;
	struct sst_err e;
	const char *rest;
	uint64_t same;
	int r;

	sst_segment_name(name, id);
	r = sst_segment_parse_name(name, &version, &same, &rest);
	assert(r && same == id && *rest == '\0');
	sst_segment_put_header(&b, id, shard, shard + 1);
	r = sst_segment_get_header(&h, sst_buf_slice(&b), name, &e);
	assert(r == 0 && h.ours && h.id == id && h.version == version);
	sst_marker_put(marker, id, (uint32_t)h.len, 77);
	r = sst_marker_get(marker, id, (uint32_t)h.len, &next);
	assert(r && next == 77);
	sst_buf_free(&b);
}

static void
read_segment(const struct sst_table *t, unsigned how)
{
	struct sst_segread *r;
	struct sst_log_entry entry;
	struct sst_err e;
	uint64_t sum = 0;

	if (sst_segread_open(&r, &io, "CommitLog-7-1795230986957.log", &e) == -1)
		return;
	sst_segread_set(r, how & 2, how & 4);
	while (sst_segread_next(r, &entry, &e) == SST_ONE) {
		sum += entry.mutation.n;
		read_mutation(t, entry.mutation);
	}
	if (sst_segread_info(r)->compression[0] == '\0')
		assert(sum + sst_segread_info(r)->left + sst_segread_info(r)->lost <= input.n);
	if (sst_segread_follow(r, &e) == 0)
		(void)sst_segread_next(r, &entry, &e);
	if (sst_segread_info(r)->id <= INT64_MAX)
		write_again(sst_segread_info(r)->id, how);
	sst_segread_close(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_arena arena = { 0 };
	struct sst_schema schema;
	struct sst_err e;
	int r;

	if (size == 0)
		return 0;
	r = sst_schema_parse(
	    &schema, &arena, SST_SLICE_LIT(cql), "schema.cql", SST_SLICE_LIT("k"), &e);
	assert(r == 0);
	input = (struct sst_slice){ data + 1, size - 1 };
	if (data[0] & 1)
		read_mutation(schema.tables[0], input);
	else
		read_segment(schema.tables[0], data[0]);
	sst_arena_free(&arena);
	return 0;
}
