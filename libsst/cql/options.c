/*
 * cql/options.c: one row for each option that has a field.  Cassandra checks more than is checked
 * here; what matters to the files, or would be wrong arithmetic later, is checked.
 */
#include "cql/options.h"

#include <stdlib.h>

#include "base/hex.h"
#include "base/num.h"
#include "codec/compress.h"
#include "schema/real.h"

#define COMPRESS "org.apache.cassandra.io.compress."
#define COMPACTION "org.apache.cassandra.db.compaction."
#define CHUNK_KB_MAX (128 * 1024)

struct option {
	const char *name;
	int (*set)(struct sst_parser *, struct sst_table *, const struct sst_property *);
};

static int
bad(struct sst_parser *p, const struct sst_property *q, const char *want)
{
	struct sst_slice v = q->value->text;

	return sst_parser_fail(p, q->line, "%.*s is %s, not %.*s", (int)q->name.n,
	    (const char *)q->name.p, want, v.n > 40 ? 40 : (int)v.n, (const char *)v.p);
}

/* Decimal digits up to max; numbers may stand between quotes. */
static bool
number(uint32_t *out, struct sst_slice s, uint32_t max)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || v > max)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = (uint32_t)v;
	return s.n > 0 && v <= max;
}

static int
set_number(
    struct sst_parser *p, const struct sst_property *q, uint32_t *out, uint32_t min, uint32_t max)
{
	if (!number(out, q->value->value, max) || *out < min)
		return bad(p, q, min > 0 ? "a number above 0" : "a number within its limits");
	return 0;
}

static int
set_gc_grace(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	return set_number(p, q, &t->gc_grace_s, 0, INT32_MAX);
}

static int
set_ttl(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	return set_number(p, q, &t->default_ttl_s, 0, SST_TTL_MAX);
}

static int
set_min_index(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	return set_number(p, q, &t->min_index_interval, 1, INT32_MAX);
}

static int
set_max_index(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	return set_number(p, q, &t->max_index_interval, 1, INT32_MAX);
}

static int
set_bloom(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	struct sst_buf b = { 0 };
	uint64_t bits = 0;
	double v = 0;
	bool good = sst_read_double(q->value->value, &b) == 0 && b.n == 8, nomem = b.bad;

	for (size_t i = 0; good && i < 8; i++)
		bits = bits << 8 | b.p[i];
	sst_buf_free(&b);
	if (nomem)
		return sst_fail_nomem(p->e);
	memcpy(&v, &bits, sizeof(v));
	if (!good || !(v > 0 && v <= 1))
		return bad(p, q, "a number above 0, up to 1");
	t->bloom_fp = v;
	return 0;
}

static int
set_id(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	struct sst_slice s = q->value->value;
	size_t n = 0;

	if (q->value->kind != SST_TERM_UUID)
		return bad(p, q, "a uuid");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-')
			continue;
		t->id[n / 2] = (uint8_t)(t->id[n / 2] << 4 | sst_hex_digit(s.p[i]));
		n++;
	}
	return 0;
}

/* A class without the package that all of Cassandra's own are in. */
static struct sst_slice
short_class(struct sst_slice s, const char *package)
{
	size_t n = strlen(package);

	if (s.n > n && memcmp(s.p, package, n) == 0 && memchr(s.p + n, '.', s.n - n) == NULL)
		return (struct sst_slice){ s.p + n, s.n - n };
	return s;
}

static int
compare_options(const void *a, const void *b)
{
	const struct sst_option *x = a, *y = b;

	return sst_slice_cmp(x->name, y->name);
}

/* The entries of a map, as plain text, sorted by name; room for two more.  {} reads as a set. */
static int
map(struct sst_parser *p, const struct sst_property *q, struct sst_option **list, size_t *n)
{
	const struct sst_term *k = q->value->first;
	size_t count = q->value->ncount;

	*n = 0;
	if (q->value->kind != SST_TERM_MAP && (q->value->kind != SST_TERM_SET || count > 0))
		return bad(p, q, "a map");
	if ((*list = sst_parser_alloc(p, (count / 2 + 2) * sizeof(**list))) == NULL)
		return -1;
	for (; k != NULL; k = k->next->next) {
		if (k->kind != SST_TERM_STRING || k->next->first != NULL)
			return bad(p, q, "a map of strings");
		(*list)[(*n)++] = (struct sst_option){ k->value, k->next->value };
	}
	qsort(*list, *n, sizeof(**list), compare_options);
	for (size_t i = 1; i < *n; i++) {
		if (sst_slice_eq((*list)[i - 1].name, (*list)[i].name))
			return bad(p, q, "a map of different keys");
	}
	return 0;
}

/* Takes an entry out of a list; its value is p == NULL when it is not there. */
static struct sst_slice
take(struct sst_option *list, size_t *n, const char *name)
{
	struct sst_slice v = { NULL, 0 };
	size_t i;

	for (i = 0; i < *n && !sst_slice_eq(list[i].name, sst_slice_str(name)); i++)
		continue;
	if (i == *n)
		return v;
	v = list[i].value;
	memmove(list + i, list + i + 1, (--*n - i) * sizeof(*list));
	return v;
}

static int
set_chunk_length(
    struct sst_parser *p, struct sst_table *t, const struct sst_property *q, struct sst_slice kb)
{
	uint32_t v;

	if (kb.p == NULL)
		return 0;
	if (!number(&v, kb, CHUNK_KB_MAX) || v == 0 || (v & (v - 1)) != 0)
		return sst_parser_fail(
		    p, q->line, "chunk_length_in_kb is a power of 2 up to %d", CHUNK_KB_MAX);
	t->compression.chunk_len = v * 1024;
	return 0;
}

/*
 * class, or sstable_compression of old; {} and {'enabled': 'false'} are none.  Both names of the
 * chunk length are known; what remains are the compressor's own options.
 */
static int
set_compression(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	struct sst_compression *c = &t->compression;
	struct sst_slice name, old, enabled, kb, old_kb;
	struct sst_option *list;
	size_t n;

	if (map(p, q, &list, &n) == -1)
		return -1;
	name = take(list, &n, "class");
	old = take(list, &n, "sstable_compression");
	enabled = take(list, &n, "enabled");
	kb = take(list, &n, "chunk_length_in_kb");
	old_kb = take(list, &n, "chunk_length_kb");
	if (set_chunk_length(p, t, q, kb.p != NULL ? kb : old_kb) == -1)
		return -1;
	c->level = 0;
	c->class_name = short_class(name.p != NULL ? name : old, COMPRESS);
	if (sst_slice_eq(enabled, SST_SLICE_LIT("false")))
		c->class_name = (struct sst_slice){ NULL, 0 };
	t->compression_options = list;
	t->ncompression_options = n;
	for (size_t i = 0; i < n; i++) {
		if (sst_codec_option(&c->level, c->class_name, list[i].name, list[i].value, p->e) ==
		    -1)
			return bad(p, q, "a map that its compressor knows");
	}
	return 0;
}

static int
set_compaction(struct sst_parser *p, struct sst_table *t, const struct sst_property *q)
{
	struct sst_option *list;
	struct sst_slice name;
	size_t n;

	if (map(p, q, &list, &n) == -1)
		return -1;
	name = take(list, &n, "class");
	if (name.n == 0)
		return bad(p, q, "a map with a class");
	t->compaction_class = short_class(name, COMPACTION);
	t->compaction_options = list;
	t->ncompaction_options = n;
	return 0;
}

static const struct option options[] = {
	{ "bloom_filter_fp_chance", set_bloom },
	{ "compaction", set_compaction },
	{ "compression", set_compression },
	{ "default_time_to_live", set_ttl },
	{ "gc_grace_seconds", set_gc_grace },
	{ "id", set_id },
	{ "max_index_interval", set_max_index },
	{ "min_index_interval", set_min_index },
};

static const struct option *
find(struct sst_slice name)
{
	for (size_t i = 0; i < SST_ARRAY_LEN(options); i++) {
		if (sst_slice_eq(name, sst_slice_str(options[i].name)))
			return &options[i];
	}
	return NULL;
}

int
sst_options_keep(
    struct sst_parser *p, const struct sst_property *q, struct sst_option **list, size_t *n)
{
	const struct sst_property *c;
	struct sst_buf b = { 0 };
	size_t count = 0;

	*n = 0;
	for (c = q; c != NULL; c = c->next)
		count++;
	if ((*list = sst_parser_alloc(p, (count + 1) * sizeof(**list))) == NULL)
		return -1;
	for (; q != NULL; q = q->next) {
		struct sst_slice text;

		if (find(q->name) != NULL)
			continue;
		sst_buf_reset(&b);
		sst_term_put(q->value, &b);
		text = sst_arena_slice(p->arena, sst_buf_slice(&b));
		if (b.bad || text.p == NULL) {
			sst_buf_free(&b);
			return sst_fail_nomem(p->e);
		}
		(*list)[(*n)++] = (struct sst_option){ q->name, text };
	}
	sst_buf_free(&b);
	qsort(*list, *n, sizeof(**list), compare_options);
	return 0;
}

/* Cassandra adds the thresholds to the strategies that have them, wherever it prints a table. */
static int
add_thresholds(struct sst_parser *p, struct sst_table *t)
{
	static const char *const names[][2] = { { "max_threshold", "32" },
		{ "min_threshold", "4" } };
	size_t n = t->ncompaction_options;

	if (!sst_slice_eq(t->compaction_class, SST_SLICE_LIT("SizeTieredCompactionStrategy")) &&
	    !sst_slice_eq(t->compaction_class, SST_SLICE_LIT("LeveledCompactionStrategy")) &&
	    !sst_slice_eq(t->compaction_class, SST_SLICE_LIT("TimeWindowCompactionStrategy")))
		return 0;
	if (t->compaction_options == NULL &&
	    (t->compaction_options = sst_parser_alloc(p, 2 * sizeof(*t->compaction_options))) ==
		NULL)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		struct sst_option *o = t->compaction_options;
		size_t k = 0;

		while (k < n && !sst_slice_eq(o[k].name, sst_slice_str(names[i][0])))
			k++;
		if (k == n)
			o[n++] = (struct sst_option){ sst_slice_str(names[i][0]),
				sst_slice_str(names[i][1]) };
	}
	t->ncompaction_options = n;
	qsort(t->compaction_options, n, sizeof(*t->compaction_options), compare_options);
	return 0;
}

int
sst_options_apply(struct sst_parser *p, struct sst_table *t, const struct sst_property *list)
{
	const struct sst_property *q;
	bool bloom = false;

	for (q = list; q != NULL; q = q->next) {
		const struct option *o = find(q->name);

		if (o != NULL && o->set(p, t, q) == -1)
			return -1;
		bloom = bloom || (o != NULL && o->set == set_bloom);
	}
	if (!bloom && sst_slice_eq(t->compaction_class, SST_SLICE_LIT("LeveledCompactionStrategy")))
		t->bloom_fp = 0.1; /* Cassandra's default there */
	if (t->min_index_interval > t->max_index_interval)
		return sst_parser_fail(p, p->tok.line,
		    "table %.*s: min_index_interval is above max", (int)t->name.n,
		    (const char *)t->name.p);
	if (add_thresholds(p, t) == -1)
		return -1;
	return sst_options_keep(p, list, &t->options, &t->noptions);
}

/* Alphabetical, but for memtable, which stands behind compression. */
int
sst_options_compare(struct sst_slice a, struct sst_slice b)
{
	static const struct sst_slice memtable = SST_SLICE_LIT("memtable");
	static const struct sst_slice place = SST_SLICE_LIT("compressionmemtable");

	if (sst_slice_eq(a, memtable))
		a = place;
	if (sst_slice_eq(b, memtable))
		b = place;
	return sst_slice_cmp(a, b);
}
