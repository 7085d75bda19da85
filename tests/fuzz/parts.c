/*
 * tests/fuzz/parts.c: a component, field by field; and a trie from every side.  Input: one byte for the
 * component, one for the version; for Rows.db two of the length of a Partitions.db that goes before it.
 * Statistics.db beside it is that of a table k int, c int, t text.  What is handed out must be inside of the
 * file, and groups must close.
 * covers: libsst/sstable/parts.c libsst/sstable/fields.c libsst/sstable/statparts.c
 * covers: libsst/sstable/scylla.c libsst/sstable/indexparts.c libsst/sstable/trieparts.c
 * covers: libsst/sstable/trie.c libsst/sstable/bti.c
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sstable/bti.h"
#include "sstable/name.h"
#include "sstable/parts.h"
#include "sstable/statistics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const versions[] = { "ma-1-big-", "me-1-big-", "nb-1-big-", "nc-1-big-",
	"oa-1-big-", "da-1-bti-", "ms-1-big-", "ea-1-bti-" };

enum {
	MAIN = 3,
	STATISTICS,
	PARTITIONS
};

static struct sst_slice files[6]; /* by descriptor */
static enum sst_component shown;

static bool
ends(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n >= m && strcmp(path + n - m, name) == 0;
}

static int
descriptor(const char *path)
{
	if (ends(path, sst_component_name(shown)))
		return MAIN;
	if (ends(path, "Statistics.db"))
		return STATISTICS;
	return ends(path, "Partitions.db") ? PARTITIONS : -ENOENT;
}

static int
open_one(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx, (void)flags, (void)mode;
	return descriptor(path);
}

static int
close_one(void *ctx, int fd)
{
	(void)ctx, (void)fd;
	return 0;
}

static ssize_t
pread_one(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	(void)ctx;
	if (off >= files[fd].n)
		return 0;
	if (n > files[fd].n - off)
		n = files[fd].n - (size_t)off;
	memcpy(buf, files[fd].p + off, n);
	return (ssize_t)n;
}

static int
fstat_one(void *ctx, int fd, struct sst_stat *st)
{
	(void)ctx;
	*st = (struct sst_stat){ .size = files[fd].n };
	return 0;
}

static int
stat_one(void *ctx, const char *path, struct sst_stat *st)
{
	int fd = descriptor(path);

	return fd < 0 ? fd : fstat_one(ctx, fd, st);
}

static const struct sst_io io = { .open = open_one,
	.close = close_one,
	.pread = pread_one,
	.fstat = fstat_one,
	.stat = stat_one };

struct seen {
	int depth;
	unsigned long fields;
};

static int
see(void *arg, const struct sst_part *part)
{
	struct seen *s = arg;
	uint64_t end = part->off + part->raw.n, fits = 0;
	size_t i;

	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY)
		s->depth++;
	else if (part->kind == SST_PART_END)
		s->depth--;
	assert(s->depth >= 0);
	for (i = MAIN; i <= PARTITIONS; i++)
		fits |= end <= files[i].n;
	assert(end >= part->off && fits);
	return ++s->fields > 1000000 ? 5 : 0;
}

static void
make_statistics(struct sst_buf *out, const struct sst_version *v, struct sst_arena *a)
{
	static const struct sst_type number = { .kind = SST_INT, .fixed_len = 4 };
	static const struct sst_type text = { .kind = SST_TEXT, .fixed_len = -1 };
	static const struct sst_type *ck[] = { &number, &text };
	static struct sst_header_column none[1];
	struct sst_header h = { .key_type = &number,
		.nck = 2,
		.ck = ck,
		.statics = none,
		.regulars = none,
		.sized = true };
	struct sst_statistics st = { .partitioner = SST_SLICE_LIT("Murmur3Partitioner") };
	static struct sst_slice values[2];
	struct sst_err e;
	int r;

	r = sst_statistics_set_header(&st, a, &h, &e);
	assert(r == 0);
	st.covered_from = (struct sst_bound){ values, 0, -1 };
	st.covered_to = (struct sst_bound){ values, 0, 1 };
	st.first_key = st.last_key = SST_SLICE_LIT("abcd");
	sst_statistics_put(out, v, &st);
}

/* From the start, from the end, and from any key: both ways give the same entries. */
static void
walk_trie(struct sst_slice key)
{
	struct sst_cache *cache = sst_cache_new(SST_CACHE_MIN);
	struct sst_buf keys = { 0 }, a = { 0 }, b = { 0 };
	struct sst_trie x = { 0 };
	struct sst_bti_footer t;
	struct sst_window w;
	struct sst_file *f;
	struct sst_err e;
	unsigned long n = 0, back = 0;
	int r, s;

	assert(cache != NULL);
	if (sst_file_open(&f, &io, "x-Partitions.db", cache, &e) == -1)
		abort();
	sst_window_init(&w, f, SST_WINDOW_CACHED);
	if (sst_bti_footer_read(&t, f, &keys, &e) == 0) {
		sst_trie_init(&x, &w, t.root);
		while ((r = sst_trie_next(&x, &e)) == SST_ONE && n < 100000)
			n++;
		sst_trie_init(&x, &w, t.root);
		while ((s = sst_trie_prev(&x, &e)) == SST_ONE && back <= n)
			back++;
		assert(r != 0 || s != 0 || n == back);
		sst_trie_init(&x, &w, t.root);
		r = sst_trie_find(&x, key, &e);
		sst_trie_init(&x, &w, t.root);
		s = sst_trie_floor(&x, key, &e);
		if (s == SST_ONE) {
			sst_trie_key(&x, &a);
			assert(sst_slice_cmp(sst_buf_slice(&a), key) <= 0);
			if (sst_trie_next(&x, &e) == SST_ONE) {
				sst_trie_key(&x, &b);
				assert(sst_slice_cmp(key, sst_buf_slice(&b)) < 0);
			}
		}
		(void)r;
	}
	sst_trie_free(&x);
	sst_window_close(&w);
	sst_file_close(f);
	sst_cache_free(cache);
	sst_buf_free(&keys);
	sst_buf_free(&a);
	sst_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_buf statistics = { 0 };
	struct sst_arena arena = { 0 };
	struct seen seen = { 0 };
	char path[64];
	struct sst_err e;
	size_t n = 0;
	const char *base;

	if (size < 4)
		return 0;
	shown = data[0] % SST_NCOMPONENTS;
	base = versions[data[1] % SST_ARRAY_LEN(versions)];
	(void)snprintf(path, sizeof(path), "%s%s", base, sst_component_name(shown));
	(void)snprintf(path + 60, 3, "%.2s", base);
	make_statistics(&statistics, sst_version_find(path + 60), &arena);
	if (shown == SST_ROWS)
		n = ((size_t)data[2] << 8 | data[3]) % (size - 3);
	files[PARTITIONS] = (struct sst_slice){ data + 4, n };
	files[MAIN] = (struct sst_slice){ data + 4 + n, size - 4 - n };
	files[STATISTICS] = sst_buf_slice(&statistics);
	if (sst_parts_read(&io, path, see, &seen, &e) == 0)
		assert(seen.depth == 0);
	if (shown == SST_PARTITIONS) {
		files[PARTITIONS] = files[MAIN];
		walk_trie((struct sst_slice){ data + 2, size < 20 ? size - 2 : 18 });
	}
	sst_buf_free(&statistics);
	sst_arena_free(&arena);
	return 0;
}
