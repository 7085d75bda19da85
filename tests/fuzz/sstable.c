/*
 * tests/fuzz/sstable.c: a whole SSTable from any bytes: scanned, and read by slices both ways,
 * waiting and not.  Byte 0 chooses the version, byte 1 the slices; then each component is a u24 length
 * and so many bytes: Statistics, Data, Index, Summary, Filter, CompressionInfo, Partitions, Rows; one of no bytes is
 * not there.  Data without CompressionInfo is read as it is, so that checksums do not stop the fuzzer.
 * covers: libsst/sstable/data.c libsst/sstable/forward.c
 * covers: libsst/sstable/backward.c libsst/sstable/walk.c libsst/sstable/window.c
 * covers: libsst/sstable/triereading.c libsst/schema/comparable.c
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/num.h"
#include "sstable/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STATISTICS,
	DATA,
	INDEX,
	SUMMARY,
	FILTER,
	INFO,
	PARTITIONS,
	ROWS,
	NPARTS
};

static const char *const names[NPARTS] = { "Statistics.db", "Data.db", "Index.db", "Summary.db",
	"Filter.db", "CompressionInfo.db", "Partitions.db", "Rows.db" };

struct parts {
	struct sst_slice at[NPARTS];
};

/* The component of a path, by its end; NPARTS when there is none. */
static int
find(const struct parts *p, const char *path)
{
	size_t n = strlen(path), len;
	int i;

	for (i = 0; i < NPARTS; i++) {
		len = strlen(names[i]);
		if (n >= len && strcmp(path + n - len, names[i]) == 0 && p->at[i].n > 0)
			return i;
	}
	return NPARTS;
}

static int
io_open(void *ctx, const char *path, int flags, mode_t mode)
{
	int i = find(ctx, path);

	(void)flags;
	(void)mode;
	return i == NPARTS ? -ENOENT : i;
}

static int
io_close(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

static ssize_t
io_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	struct sst_slice s = ((struct parts *)ctx)->at[fd];

	if (off >= s.n)
		return 0;
	if (n > s.n - off)
		n = s.n - (size_t)off;
	memcpy(buf, s.p + off, n);
	return (ssize_t)n;
}

static int
io_fstat(void *ctx, int fd, struct sst_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->size = ((struct parts *)ctx)->at[fd].n;
	return 0;
}

static int
io_stat(void *ctx, const char *path, struct sst_stat *st)
{
	int i = find(ctx, path);

	return i == NPARTS ? -ENOENT : io_fstat(ctx, i, st);
}

/* Reads a stream to its end; bounds of the first rows are kept for slices. */
static void
drain(struct sst_stream *s, struct sst_arena *a, struct sst_bound *bounds, size_t *nbounds)
{
	const struct sst_item *item;
	struct sst_item copy;
	struct sst_want want;
	struct sst_err e;
	int r;

	while ((r = sst_stream_next(s, &item, &e)) == SST_ONE || r == SST_WAIT) {
		if (r == SST_WAIT) {
			sst_stream_want(s, &want);
			if (sst_want_read(&want, &e) == -1)
				break;
			continue;
		}
		if (a == NULL || *nbounds == 6 ||
		    (item->kind != SST_ROW && item->kind != SST_MARKER))
			continue;
		if (sst_item_copy(&copy, item, s->table, a, &e) == -1)
			break;
		bounds[*nbounds] = item->kind == SST_MARKER
		    ? copy.marker.at
		    : (struct sst_bound){ copy.row.ck, s->table->nck, *nbounds % 2 ? 1 : -1 };
		++*nbounds;
	}
	sst_stream_close(s);
}

/* Slices between the bounds, as far as they ascend. */
static size_t
make_slices(struct sst_range *slices, const struct sst_table *t, const struct sst_bound *b,
    size_t nbounds, unsigned choice)
{
	size_t i, n = 0;

	for (i = 0; i + 1 < nbounds; i++)
		if ((choice >> i & 1) != 0 && sst_bound_compare(t, &b[i], &b[i + 1]) < 0 &&
		    (n == 0 || sst_bound_compare(t, &slices[n - 1].to, &b[i]) <= 0))
			slices[n++] = (struct sst_range){ b[i], b[i + 1] };
	return n;
}

static void
exercise(struct sst_sstable *t, unsigned choice)
{
	struct sst_slice first, last;
	struct sst_bound bounds[6];
	struct sst_range slices[6];
	struct sst_arena a = { 0 };
	size_t nbounds = 0;
	struct sst_stream *s;
	struct sst_err e;
	unsigned i;

	if (sst_sstable_scan(t, &s, &e) == 0)
		drain(s, &a, bounds, &nbounds);
	for (i = 0; i < 8; i++) {
		struct sst_read r = { .reversed = i & 1, .nonblocking = i & 2, .slices = slices };

		if (choice & 0x40)
			r.nslices =
			    make_slices(slices, sst_sstable_table(t), bounds, nbounds, choice);
		if ((i & 4) && sst_sstable_keys(t, &first, &last, &e) == 0)
			r.key = choice & 0x80 ? first : last;
		else if (choice & 0x20) {
			r.left = INT64_MIN / 2;
			r.right = INT64_MAX;
		}
		if (sst_sstable_read(t, &r, &s, &e) == 0)
			drain(s, NULL, NULL, NULL);
	}
	sst_arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const bases[] = { "t/me-1-big-", "t/nb-1-big-", "t/oa-1-big-",
		"t/ma-1-big-", "t/nc-1-big-", "t/mc-1-big-", "t/da-1-bti-", "t/ms-1-big-" };
	struct parts p = { 0 };
	struct sst_io io = { .ctx = &p,
		.open = io_open,
		.close = io_close,
		.pread = io_pread,
		.fstat = io_fstat,
		.stat = io_stat };
	struct sst_sstable_opts o = { 0 };
	struct sst_in in = sst_in_new((struct sst_slice){ data, size }, 0);
	unsigned version = sst_get_u8(&in), choice = sst_get_u8(&in);
	struct sst_sstable *t;
	struct sst_err e;
	size_t i;

	for (i = 0; i < NPARTS; i++) {
		size_t n = (size_t)sst_get_be(&in, 3);

		p.at[i] = sst_get_bytes(&in, n < sst_in_left(&in) ? n : sst_in_left(&in));
	}
	if (sst_sstable_open(&t, &io, bases[version % SST_ARRAY_LEN(bases)], &o, &e) == -1)
		return 0;
	exercise(t, choice);
	sst_sstable_close(t);
	return 0;
}
