/*
 * libsst/sstable/trieparts.c: Partitions.db and Rows.db, entry by entry (formats/bti.md).  Of the entries
 * only payloads have bytes here: nodes lie in an order of their own, and are shared.
 */
#include "sstable/bti.h"
#include "sstable/data.h"
#include "sstable/partsint.h"

#define HEAD_MAX ((size_t)SST_KEY_MAX + 64)

struct open { /* a component with tries */
	struct sst_file *file;
	struct sst_window w;
};

static int
open_component(struct sst_parts *p, struct open *o, const char *path, struct sst_cache *cache)
{
	if (sst_file_open(&o->file, p->io, path, cache, p->f.e) == -1)
		return -1;
	sst_window_init(&o->w, o->file, SST_WINDOW_CACHED);
	return 0;
}

static void
close_component(struct open *o)
{
	if (o->file != NULL)
		sst_window_close(&o->w);
	sst_file_close(o->file);
}

/* The head goes to the payload of a node. */
static void
at_payload(struct sst_fields *f, const struct sst_trie_node *d)
{
	f->in = sst_in_new(d->payload, d->pos + d->whole.n);
}

static void
key_so_far(struct sst_fields *f, const char *name, const struct sst_trie *x, struct sst_buf *key)
{
	struct sst_part part = { .kind = SST_PART_BYTES, .name = name };
	struct sst_in from = f->in;

	sst_buf_reset(key);
	sst_trie_key(x, key);
	if (key->bad)
		f->result = sst_fail_nomem(f->e);
	part.bytes = sst_buf_slice(key);
	sst_field_made(f, &from, &part);
}

/* A number of the payload that is read already: its bytes, and what it says. */
static void
number(struct sst_fields *f, const char *name, size_t width, uint64_t v)
{
	struct sst_part part = { .kind = SST_PART_UINT, .name = name, .u = v };
	struct sst_in from = f->in;

	sst_get_bytes(&f->in, width);
	sst_field_made(f, &from, &part);
}

static void
partition_entry(struct sst_fields *f, const struct sst_trie *x, struct sst_buf *key)
{
	struct sst_bti_entry entry;

	at_payload(f, &x->node);
	if (!sst_bti_entry_get(&entry, &x->node))
		sst_fields_damaged(f, x->node.pos, "payload is cut short by its page");
	sst_field_object(f, NULL);
	key_so_far(f, "prefix", x, key);
	if (entry.hashed)
		sst_field_be(f, "hash", SST_PART_HEX, 1);
	number(f, entry.in_rows ? "rows_offset" : "position", entry.len - entry.hashed,
	    entry.position);
	sst_field_close(f);
}

/* All entries, of which there must be so many. */
static void
entries(struct sst_fields *f, struct sst_trie *x, uint64_t n,
    void (*each)(struct sst_fields *, const struct sst_trie *, struct sst_buf *))
{
	struct sst_buf key = { 0 };
	uint64_t i = 0;
	int r = 0;

	while (sst_fields_ok(f) && (r = sst_trie_next(x, f->e)) == SST_ONE) {
		if (i++ == n)
			sst_fields_damaged(f, x->node.pos, "trie has more entries than it says");
		else
			each(f, x, &key);
	}
	if (r == -1 && f->result == 0)
		f->result = -1;
	if (sst_fields_ok(f) && r == 0 && i < n)
		sst_fields_damaged(f, x->root, "trie has fewer entries than it says");
	sst_buf_free(&key);
}

static void
footer(struct sst_parts *p, const struct sst_bti_footer *t, const struct sst_buf *keys,
    const struct sst_type *type)
{
	struct sst_fields *f = &p->f;
	uint8_t raw[SST_BTI_FOOTER];
	uint64_t numbers[3] = { __builtin_bswap64(t->keys_at), __builtin_bswap64(t->nkeys),
		__builtin_bswap64(t->root) };

	f->in = sst_in_new(sst_buf_slice(keys), t->keys_at);
	sst_field_counted(f, "first_key", SST_PART_BYTES, 2, type);
	sst_field_counted(f, "last_key", SST_PART_BYTES, 2, type);
	memcpy(raw, numbers, sizeof(raw));
	f->in = sst_in_new((struct sst_slice){ raw, sizeof(raw) }, t->keys_at + keys->n);
	sst_field_be(f, "keys_offset", SST_PART_UINT, 8);
	sst_field_be(f, "partition_count", SST_PART_UINT, 8);
	sst_field_be(f, "root_offset", SST_PART_UINT, 8);
}

int
sst_parts_partitions(struct sst_parts *p)
{
	struct sst_cache *cache = sst_cache_new(SST_CACHE_MIN);
	struct sst_fields *f = &p->f;
	struct sst_bti_footer t;
	struct sst_header header;
	struct sst_trie x = { 0 };
	struct open o = { 0 };
	int r = -1;

	if (cache == NULL)
		sst_fail_nomem(f->e);
	else if (sst_parts_header(p, &header) != -1 && open_component(p, &o, p->path, cache) == 0 &&
	    sst_bti_footer_read(&t, o.file, &p->bytes, f->e) == 0) {
		sst_trie_init(&x, &o.w, t.root);
		sst_field_object(f, NULL);
		sst_field_array(f, "entries");
		entries(f, &x, t.nkeys, partition_entry);
		sst_field_close(f);
		if (sst_fields_ok(f))
			footer(p, &t, &p->bytes, header.key_type);
		sst_field_close(f);
		f->in.end = f->in.bad ? f->in.end : f->in.p;
		r = sst_fields_end(f);
	}
	sst_trie_free(&x);
	close_component(&o);
	sst_cache_free(cache);
	return r;
}

/* ---- Rows.db ---- */

struct rows {
	struct sst_parts *p;
	const struct sst_header *header;
	struct open partitions, rows;
	struct sst_trie partition, row;
};

static void
block_entry(struct sst_fields *f, const struct sst_trie *x, struct sst_buf *key)
{
	const struct sst_version *v = f->version;
	struct sst_bti_block b;
	size_t width = x->node.flags & 7;

	at_payload(f, &x->node);
	if (!sst_bti_block_get(&b, &x->node, v))
		sst_fields_damaged(f, x->node.pos, "payload is damaged");
	sst_field_object(f, NULL);
	key_so_far(f, "separator", x, key);
	number(f, "offset", width, b.off);
	if (x->node.flags > 7) {
		sst_field_object(f, "open");
		sst_field_be(f, "timestamp_us", SST_PART_TIME_US, 8);
		sst_field_be(f, "local_deletion_time_s", SST_PART_UINT, 4);
		sst_field_close(f);
	}
	sst_field_close(f);
}

/* What a partition says behind its trie. */
static void
partition_head(struct rows *w, struct sst_in in)
{
	struct sst_fields *f = &w->p->f;

	f->in = in;
	sst_field_counted(f, "key", SST_PART_BYTES, 2, w->header->key_type);
	sst_field_vint(f, "position");
	sst_field_svint(f, "root_less_here");
	sst_field_vint(f, "block_count");
	if (sst_in_left(&f->in) > 0 && *f->in.p == 0xc0)
		sst_field_be(f, "deletion_sign", SST_PART_HEX, 1);
	else if (sst_fields_ok(f)) {
		sst_field_deletion(f, "deletion", true);
		return;
	}
	sst_field_object(f, "deletion");
	sst_field_be(f, "timestamp_us", SST_PART_TIME_US, 8);
	sst_field_be(f, "local_deletion_time_s", SST_PART_UINT, 4);
	sst_field_close(f);
}

static void
partition_rows(struct rows *w, uint64_t at)
{
	struct sst_fields *f = &w->p->f;
	struct sst_bti_head head = { 0 };
	uint64_t len = sst_file_len(w->rows.file);
	struct sst_in in, start;

	if (at >= len)
		sst_fields_damaged(f, at, "head is outside of the file");
	if (sst_fields_ok(f) && sst_window_fetch(&w->rows.w, at, HEAD_MAX, f->e) == -1)
		f->result = -1;
	if (!sst_fields_ok(f))
		return;
	start = in = sst_window_in(&w->rows.w, at);
	sst_bti_head_get(&in, &head);
	if (in.bad)
		sst_fields_damaged(f, at, "head of a partition's index is damaged");
	start.end = in.p;
	sst_field_object(f, NULL);
	partition_head(w, start);
	sst_trie_init(&w->row, &w->rows.w, head.root);
	sst_field_array(f, "blocks");
	entries(f, &w->row, head.nblocks + 1, block_entry);
	sst_field_close(f);
	sst_field_close(f);
}

/* Only Partitions.db knows where heads are. */
static void
all_rows(struct rows *w, uint64_t root, uint64_t n)
{
	struct sst_fields *f = &w->p->f;
	struct sst_bti_entry entry;
	uint64_t i = 0;
	int r = 0;

	sst_trie_init(&w->partition, &w->partitions.w, root);
	while (sst_fields_ok(f) && i++ < n && (r = sst_trie_next(&w->partition, f->e)) == SST_ONE) {
		if (sst_bti_entry_get(&entry, &w->partition.node) && entry.in_rows)
			partition_rows(w, entry.position);
	}
	if (r == -1 && f->result == 0)
		f->result = -1;
}

int
sst_parts_rows(struct sst_parts *p)
{
	const char *beside = sst_parts_beside(p, SST_PARTITIONS);
	struct sst_cache *cache = sst_cache_new(SST_CACHE_MIN);
	struct sst_fields *f = &p->f;
	struct rows w = { .p = p };
	struct sst_header header;
	struct sst_bti_footer t;
	int r = -1;

	if (cache == NULL || beside == NULL)
		sst_fail_nomem(f->e);
	else if (sst_parts_header(p, &header) != -1 &&
	    open_component(p, &w.partitions, beside, cache) == 0 &&
	    open_component(p, &w.rows, p->path, cache) == 0 &&
	    sst_bti_footer_read(&t, w.partitions.file, &p->bytes, f->e) == 0) {
		w.header = &header;
		sst_field_object(f, NULL);
		sst_field_array(f, "partitions");
		all_rows(&w, t.root, t.nkeys);
		sst_field_close(f);
		sst_field_close(f);
		f->in.end = f->in.bad ? f->in.end : f->in.p;
		r = sst_fields_end(f);
	}
	sst_trie_free(&w.partition);
	sst_trie_free(&w.row);
	close_component(&w.partitions);
	close_component(&w.rows);
	sst_cache_free(cache);
	return r;
}
