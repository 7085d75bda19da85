/*
 * libsst/sstable/reader.c: an SSTable and its components, each opened when it is first needed, and
 * what can be told without reading its data.
 */
#include "sstable/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "codec/murmur3.h"
#include "sstable/int.h"

#define OWN_CACHE SST_CACHE_MIN
#define TOC_MAX ((size_t)64 << 10)
#define FILTER_MAX ((size_t)2 << 30)
#define SUMMARY_MAX ((size_t)1 << 30)

/* The path of a component in *path, NUL-terminated. */
static int
component_path(
    const struct sst_sstable *t, enum sst_component c, struct sst_buf *path, struct sst_err *e)
{
	sst_name_path(path, t->base, c);
	return path->bad ? sst_fail_nomem(e) : 0;
}

/* 1 it is there, 0 it is not, -1. */
static int
exists(const struct sst_sstable *t, enum sst_component c, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	struct sst_stat st;
	int r = component_path(t, c, &path, e);

	if (r == 0)
		r = sst_io_stat(t->io, (const char *)path.p, &st, e);
	sst_buf_free(&path);
	if (r == -1 && e->code == SST_ESYS && e->sys == ENOENT)
		return 0;
	return r == -1 ? -1 : 1;
}

/* 1 TOC.txt names it, 0 it does not, or there is no TOC.txt; -1. */
static int
toc_names(const struct sst_sstable *t, enum sst_component c, struct sst_err *e)
{
	const char *name = sst_component_name(c), *line, *end, *nl;
	struct sst_buf path = { 0 }, text = { 0 };
	size_t len = strlen(name);
	int r = component_path(t, SST_TOC, &path, e);

	if (r == 0)
		r = sst_io_read_file(t->io, (const char *)path.p, TOC_MAX, &text, e);
	if (r == -1 && e->code == SST_ESYS && e->sys == ENOENT)
		r = 0;
	line = (const char *)sst_buf_slice(&text).p;
	for (end = line + text.n; r == 0 && line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		nl = nl == NULL ? end : nl;
		if ((size_t)(nl - line) == len && memcmp(line, name, len) == 0)
			r = 1;
	}
	sst_buf_free(&path);
	sst_buf_free(&text);
	return r;
}

/* Whether a component is there; one that TOC.txt names and that is gone is an error. */
static int
has(const struct sst_sstable *t, enum sst_component c, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r = exists(t, c, e);

	if (r != 0)
		return r;
	r = toc_names(t, c, e);
	if (r != 1)
		return r;
	if (component_path(t, c, &path, e) == 0)
		sst_fail(e, SST_EDAMAGED, (const char *)path.p, SST_NOWHERE,
		    "missing, though TOC.txt names it");
	sst_buf_free(&path);
	return -1;
}

/* The last two folders of the path: table (up to its '-') and keyspace, where they are; below the
 * table's there may be one of an index, ".NAME". */
static void
folder_names(struct sst_slice base, struct sst_slice *keyspace, struct sst_slice *table,
    struct sst_slice *index)
{
	const uint8_t *p = base.p, *end = base.p + base.n, *from[3];
	size_t i;

	*keyspace = SST_SLICE_LIT("keyspace");
	*table = SST_SLICE_LIT("table");
	*index = SST_SLICE_LIT("");
	for (i = 0; i < 3; i++) { /* the file's name, the table's folder, the keyspace's */
		for (from[i] = end; from[i] > p && from[i][-1] != '/';)
			from[i]--;
		if (i == 1 && end - from[i] > 1 && from[i] > p && from[i][0] == '.' &&
		    from[i][1] != '.' && index->n == 0) {
			*index = (struct sst_slice){ from[i], (size_t)(end - from[i]) };
			end = from[i--] - 1;
			continue;
		}
		if (i > 0) {
			struct sst_slice *to = i == 1 ? table : keyspace;
			const uint8_t *dash = memchr(from[i], '-', (size_t)(end - from[i]));

			if (end == from[i] || *from[i] == '.')
				return;
			if (i == 2 || dash == NULL || dash == from[i])
				dash = end;
			*to = (struct sst_slice){ from[i], (size_t)(dash - from[i]) };
		}
		if (from[i] == p)
			return;
		end = from[i] - 1;
	}
}

/* "TABLE.INDEX", as Cassandra calls the table of an index. */
static int
join_names(struct sst_slice *name, struct sst_slice index, struct sst_arena *a, struct sst_err *e)
{
	uint8_t *p;

	if (index.n == 0)
		return 0;
	if ((p = sst_arena_alloc(a, name->n + index.n)) == NULL)
		return sst_fail_nomem(e);
	memcpy(p, name->p, name->n);
	memcpy(p + name->n, index.p, index.n);
	*name = (struct sst_slice){ p, name->n + index.n };
	return 0;
}

static bool
is_murmur3(struct sst_slice class_name)
{
	struct sst_slice want = SST_SLICE_LIT("Murmur3Partitioner");

	return class_name.n == 0 ||
	    (class_name.n >= want.n &&
		memcmp(class_name.p + (class_name.n - want.n), want.p, want.n) == 0);
}

static int
read_statistics(struct sst_sstable *t, const struct sst_sstable_opts *o, struct sst_err *e)
{
	struct sst_slice keyspace, name, index;
	struct sst_buf path = { 0 }, *bytes = &t->statistics_bytes;
	struct sst_table *made;
	int r = component_path(t, SST_STATISTICS, &path, e);

	if (o->brief)
		bytes = sst_cache_scratch(t->cache);
	if (r == 0)
		r = sst_io_read_file(t->io, (const char *)path.p, SST_STATISTICS_MAX, bytes, e);
	if (r == 0)
		r = (o->brief ? sst_statistics_brief : sst_statistics_parse)(&t->statistics,
		    &t->arena, t->version, sst_buf_slice(bytes), (const char *)path.p, e);
	if (r == -1)
		goto out;
	t->header = t->statistics.header;
	t->header.sized = true;
	t->header.uint_ldt = t->version->uint_ldt;
	t->murmur3 = is_murmur3(t->statistics.partitioner);
	t->table = o->table;
	r = sst_header_sort(&t->header, e);
	if (r == 0 && t->table == NULL) {
		folder_names(t->base, &keyspace, &name, &index);
		r = join_names(&name, index, &t->arena, e);
		if (r == 0)
			r = sst_statistics_table(
			    &made, &t->arena, &t->statistics, keyspace, name, e);
		t->table = r == 0 ? made : NULL;
	}
	if (r == 0)
		r = sst_header_bind(&t->header, t->table, o->unknown, e);
	if (r == -1 && e->file[0] == '\0')
		sst_err_locate(e, (const char *)path.p, SST_NOWHERE);
out:
	sst_buf_free(&path);
	return r;
}

int
sst_sstable_open(struct sst_sstable **out, const struct sst_io *io, const char *path,
    const struct sst_sstable_opts *o, struct sst_err *e)
{
	struct sst_sstable *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (t == NULL)
		return sst_fail_nomem(e);
	t->io = io;
	t->cache = o->cache;
	t->cut = o->cut;
	if (!sst_name_parse(&t->name, path)) {
		sst_fail(e, SST_EINVAL, path, SST_NOWHERE, "not the name of an SSTable's file");
		goto fail;
	}
	t->base.n = t->name.base_len;
	t->base.p = (const uint8_t *)sst_arena_str(&t->arena, path, t->base.n);
	if (t->cache == NULL)
		t->cache = t->own_cache = sst_cache_new(OWN_CACHE);
	if (t->base.p == NULL || t->cache == NULL) {
		sst_fail_nomem(e);
		goto fail;
	}
	if (sst_version_readable(&t->version, t->name.version, path, e) == -1)
		goto fail;
	if (strcmp(t->name.format, t->version->format) != 0) {
		sst_fail(e, SST_EVERSION, path, SST_NOWHERE,
		    "version \"%s\" of format \"%s\" is not known", t->name.version,
		    t->name.format);
		goto fail;
	}
	if (read_statistics(t, o, e) == -1)
		goto fail;
	*out = t;
	return 0;
fail:
	sst_sstable_close(t);
	return -1;
}

void
sst_sstable_close(struct sst_sstable *t)
{
	if (t == NULL)
		return;
	sst_file_close(t->data);
	sst_file_close(t->index);
	sst_file_close(t->rows);
	sst_buf_free(&t->footer_keys);
	sst_buf_free(&t->filter_bytes);
	sst_buf_free(&t->summary_bytes);
	sst_buf_free(&t->statistics_bytes);
	sst_arena_free(&t->arena);
	sst_cache_free(t->own_cache);
	free(t);
}

int
sst_sstable_rebind(struct sst_sstable *t, const struct sst_table *table,
    enum sst_unknown_column unknown, struct sst_err *e)
{
	t->table = table;
	if (sst_header_bind(&t->header, table, unknown, e) == -1)
		return e->file[0] == '\0' ? sst_err_locate(e, sst_sstable_base(t), SST_NOWHERE)
					  : -1;
	return 0;
}

bool
sst_sstable_is_murmur3(const struct sst_sstable *t)
{
	return t->murmur3;
}

const char *
sst_sstable_base(const struct sst_sstable *t)
{
	return (const char *)t->base.p;
}

const struct sst_name *
sst_sstable_name(const struct sst_sstable *t)
{
	return &t->name;
}

const struct sst_version *
sst_sstable_version(const struct sst_sstable *t)
{
	return t->version;
}

const struct sst_table *
sst_sstable_table(const struct sst_sstable *t)
{
	return t->table;
}

const struct sst_header *
sst_sstable_header(const struct sst_sstable *t)
{
	return &t->header;
}

const struct sst_statistics *
sst_sstable_statistics(const struct sst_sstable *t)
{
	return &t->statistics;
}

/* Finds out how the data is stored: compressed, else with CRC.db, else (CRC.db is missing and no TOC
 * names it) as it is. */
static int
prepare_data(struct sst_sstable *t, struct sst_file *f, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r = has(t, SST_COMPRESSION_INFO, e);

	if (t->cut)
		sst_file_allow_cut(f);
	if (r == 1) {
		r = component_path(t, SST_COMPRESSION_INFO, &path, e);
		if (r == 0)
			r = sst_file_chunks_by(f, (const char *)path.p, t->version, e);
	} else if (r == 0 && (r = has(t, SST_CRC, e)) == 1) {
		r = component_path(t, SST_CRC, &path, e);
		if (r == 0)
			r = sst_file_check_by(f, (const char *)path.p, e);
	}
	sst_buf_free(&path);
	return r;
}

static struct sst_file *
open_component(struct sst_sstable *t, enum sst_component c, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	struct sst_file *f = NULL;

	if (component_path(t, c, &path, e) == 0 &&
	    sst_file_open(&f, t->io, (const char *)path.p, t->cache, e) == 0 &&
	    sst_file_stored(f) == 0) {
		sst_fail(e, SST_EDAMAGED, (const char *)path.p, SST_NOWHERE, "empty file");
		sst_file_close(f);
		f = NULL;
	}
	sst_buf_free(&path);
	return f;
}

struct sst_file *
sst_sstable_data(struct sst_sstable *t, struct sst_err *e)
{
	struct sst_file *f;

	if (t->data != NULL)
		return t->data;
	f = open_component(t, SST_DATA, e);
	if (f != NULL && prepare_data(t, f, e) == -1) {
		sst_file_close(f);
		f = NULL;
	}
	return t->data = f;
}

struct sst_file *
sst_sstable_index(struct sst_sstable *t, struct sst_err *e)
{
	bool trie = t->version->index == SST_INDEX_BTI;

	if (t->index == NULL)
		t->index = open_component(t, trie ? SST_PARTITIONS : SST_INDEX, e);
	return t->index;
}

struct sst_file *
sst_sstable_rows(struct sst_sstable *t, struct sst_err *e)
{
	if (t->rows == NULL)
		t->rows = open_component(t, SST_ROWS, e);
	return t->rows;
}

int
sst_sstable_footer(struct sst_sstable *t, struct sst_err *e)
{
	struct sst_file *f = sst_sstable_index(t, e);

	if (f == NULL ||
	    (!t->has_footer && sst_bti_footer_read(&t->footer, f, &t->footer_keys, e) == -1))
		return -1;
	t->has_footer = true;
	return 0;
}

int
sst_sstable_summary_rebuild(struct sst_sstable *t, struct sst_err *e)
{
	struct sst_summary_builder b = { .interval = SST_SUMMARY_INTERVAL };
	struct sst_file *index = sst_sstable_index(t, e);
	struct sst_walk k;
	uint64_t pos = 0;
	int r;

	if (index == NULL)
		return -1;
	sst_walk_init(&k, t, index, SST_WINDOW_SEQUENTIAL);
	for (; (r = sst_walk_next(&k, e)) == SST_ONE; pos = k.pos)
		sst_summary_add(&b, k.entry.key, pos);
	sst_buf_reset(&t->summary_bytes);
	t->has_ends = false;
	if (r == 0)
		r = sst_summary_finish(&b, &t->summary_bytes, e);
	if (r == 0)
		r = sst_summary_parse(
		    &t->summary, sst_buf_slice(&t->summary_bytes), sst_file_path(index), e);
	t->has_summary = r == 0;
	sst_walk_close(&k);
	sst_summary_free(&b);
	return r;
}

int
sst_sstable_summary(struct sst_sstable *t, const struct sst_summary **s, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r;

	*s = &t->summary;
	if (t->has_summary)
		return 0;
	r = component_path(t, SST_SUMMARY, &path, e);
	if (r == 0)
		r = sst_io_read_file(
		    t->io, (const char *)path.p, SUMMARY_MAX, &t->summary_bytes, e);
	if (r == 0)
		r = sst_summary_parse(
		    &t->summary, sst_buf_slice(&t->summary_bytes), (const char *)path.p, e);
	sst_buf_free(&path);
	t->has_summary = r == 0;
	return r == 0 ? 0 : sst_sstable_summary_rebuild(t, e);
}

static int
read_filter(struct sst_sstable *t, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r;

	if (t->filter_read)
		return 0;
	r = exists(t, SST_FILTER, e); /* without one, the index answers */
	if (r == 1) {
		r = component_path(t, SST_FILTER, &path, e);
		if (r == 0)
			r = sst_io_read_file(
			    t->io, (const char *)path.p, FILTER_MAX, &t->filter_bytes, e);
		if (r == 0)
			t->has_filter =
			    sst_filter_parse(&t->filter, t->version,
				sst_buf_slice(&t->filter_bytes), (const char *)path.p, e) == 0;
	}
	sst_buf_free(&path);
	t->filter_read = r == 0;
	return r;
}

int
sst_sstable_load(struct sst_sstable *t, struct sst_err *e)
{
	const struct sst_summary *s;

	if (read_filter(t, e) == -1 || sst_sstable_data(t, e) == NULL ||
	    sst_sstable_index(t, e) == NULL)
		return -1;
	return t->version->index == SST_INDEX_BTI ? sst_sstable_footer(t, e)
						  : sst_sstable_summary(t, &s, e);
}

unsigned
sst_sstable_opened(const struct sst_sstable *t)
{
	return (unsigned)t->filter_read + t->has_summary + (t->data != NULL) + (t->index != NULL);
}

int
sst_sstable_keys(
    struct sst_sstable *t, struct sst_slice *first, struct sst_slice *last, struct sst_err *e)
{
	const struct sst_summary *s;

	*first = t->statistics.first_key;
	*last = t->statistics.last_key;
	if (first->p != NULL && last->p != NULL)
		return 0;
	if (t->version->index == SST_INDEX_BTI) {
		if (sst_sstable_footer(t, e) == -1)
			return -1;
		*first = t->footer.first;
		*last = t->footer.last;
		return 0;
	}
	if (sst_sstable_summary(t, &s, e) == -1)
		return -1;
	*first = s->first;
	*last = s->last;
	return 0;
}

/* Asked for at every read, so hashed once. */
static void
note_ends(struct sst_sstable *t, struct sst_slice first, struct sst_slice last)
{
	if (t->has_ends)
		return;
	t->first_token = sst_token(first);
	t->last_token = sst_token(last);
	t->has_ends = true;
}

int
sst_sstable_may_have_key(
    struct sst_sstable *t, struct sst_slice key, int64_t token, struct sst_err *e)
{
	struct sst_slice first, last;

	if (read_filter(t, e) == -1)
		return -1;
	if (t->has_filter && !sst_filter_may_have(&t->filter, key))
		return 0;
	if (!t->murmur3)
		return 1;
	if (sst_sstable_keys(t, &first, &last, e) == -1)
		return -1;
	note_ends(t, first, last);
	return sst_key_compare(t->first_token, first, token, key) <= 0 &&
	    sst_key_compare(token, key, t->last_token, last) <= 0;
}

bool
sst_sstable_filters_out(const struct sst_sstable *t, const uint64_t hash[2])
{
	return t->has_filter && !sst_filter_may_have_hash(&t->filter, hash);
}

int
sst_sstable_may_have_tokens(struct sst_sstable *t, int64_t left, int64_t right, struct sst_err *e)
{
	struct sst_slice first, last;

	if (!t->murmur3 || left == right)
		return 1;
	if (sst_sstable_keys(t, &first, &last, e) == -1)
		return -1;
	note_ends(t, first, last);
	return t->last_token > left && t->first_token <= right;
}

bool
sst_sstable_may_have_slices(
    const struct sst_sstable *t, const struct sst_range *slices, size_t nslices)
{
	const struct sst_statistics *st = &t->statistics;
	size_t i;

	if (nslices == 0 || st->covered_from.n + st->covered_to.n == 0 ||
	    !(t->version->accurate_min_max || t->version->improved_min_max))
		return true;
	for (i = 0; i < nslices; i++)
		if (sst_bound_compare(t->table, &slices[i].from, &st->covered_to) < 0 &&
		    sst_bound_compare(t->table, &st->covered_from, &slices[i].to) < 0)
			return true;
	return false;
}

bool
sst_sstable_has_more_than_rows(const struct sst_sstable *t)
{
	return t->header.nstatic > 0 || t->statistics.partition_deletions;
}

int64_t
sst_sstable_min_ts_us(const struct sst_sstable *t)
{
	return t->statistics.min_ts_us;
}

int64_t
sst_sstable_max_ts_us(const struct sst_sstable *t)
{
	return t->statistics.max_ts_us;
}

int
sst_sstable_scan(struct sst_sstable *t, struct sst_stream **out, struct sst_err *e)
{
	return sst_scan_open(out, t, 0, NULL, e);
}
