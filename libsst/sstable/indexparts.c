/*
 * libsst/sstable/indexparts.c: Index.db, field by field (formats/index.md).  The file can be large, so
 * a window moves over it: what comes next is tried first, and the window grows until it fits.
 */
#include <fcntl.h>

#include "sstable/index.h"
#include "sstable/partsint.h"
#include "sstable/statistics.h"

#define WINDOW_MAX ((size_t)16 << 20) /* one block's bounds; more is damage */

struct walk {
	struct sst_parts *p;
	bool typed; /* header is known */
	struct sst_header header;
	struct sst_slice *ck; /* room for its clustering */
};

static void
try_entry(struct walk *w, struct sst_in *in)
{
	struct sst_index_entry entry;

	(void)w;
	sst_index_get(in, &entry);
}

static void
try_head(struct walk *w, struct sst_in *in)
{
	sst_get_vint(in);
	sst_get_deletion(in, w->header.uint_ldt);
	sst_get_vint(in);
}

static void
try_block(struct walk *w, struct sst_in *in)
{
	struct sst_bound at;

	sst_get_prefix(in, &w->header, w->ck, &at, NULL);
	sst_get_prefix(in, &w->header, w->ck, &at, NULL);
	sst_get_vint(in);
	sst_get_vint(in);
	if (sst_get_u8(in) != 0)
		sst_get_deletion(in, w->header.uint_ldt);
}

static void
try_offset(struct walk *w, struct sst_in *in)
{
	(void)w;
	sst_get_u32(in);
}

/* Brings what comes next into the window, if it is there. */
static void
bring(struct walk *w, void (*try)(struct walk *, struct sst_in *))
{
	struct sst_fields *f = &w->p->f;
	struct sst_in in;
	size_t n;

	for (n = 1; sst_fields_ok(f); n *= 2) {
		in = f->in;
		try(w, &in);
		if (!in.bad || sst_in_left(&f->in) == w->p->size - f->in.off ||
		    sst_in_left(&f->in) > WINDOW_MAX)
			return;
		n = n < sst_in_left(&f->in) ? sst_in_left(&f->in) : n;
		if (sst_parts_more(w->p, 2 * n) == -1)
			f->result = -1;
	}
}

static void
block(struct walk *w)
{
	struct sst_fields *f = &w->p->f;

	bring(w, try_block);
	sst_field_object(f, NULL);
	sst_field_prefix(f, "first", &w->header);
	sst_field_prefix(f, "last", &w->header);
	sst_field_vint(f, "offset");
	sst_field_svint(f, "width_less_65536");
	if (sst_field_be(f, "is_open", SST_PART_BOOL, 1) != 0)
		sst_field_deletion(f, "open", w->header.uint_ldt);
	sst_field_close(f);
}

static void
promoted(struct walk *w, uint64_t end)
{
	struct sst_fields *f = &w->p->f;
	uint64_t i, n;

	bring(w, try_head);
	sst_field_object(f, "promoted_index");
	sst_field_vint(f, "header_bytes");
	sst_field_deletion(f, "deletion", w->header.uint_ldt);
	n = sst_field_vint(f, "block_count");
	if (sst_fields_ok(f) && (f->in.off > end || n > (end - f->in.off) / 8))
		sst_fields_damaged(f, f->in.off, "promoted index has more blocks than bytes");
	sst_field_array(f, "blocks");
	for (i = 0; i < n && sst_fields_ok(f); i++)
		block(w);
	sst_field_close(f);
	sst_field_array(f, "offsets");
	for (i = 0; i < n && sst_fields_ok(f); i++) {
		bring(w, try_offset);
		sst_field_be(f, NULL, SST_PART_UINT, 4);
	}
	sst_field_close(f);
	sst_field_close(f);
	if (sst_fields_ok(f) && f->in.off != end)
		sst_fields_damaged(f, f->in.off, "promoted index has another length");
}

/* A promoted index whose types are not known. */
static void
pass(struct walk *w, uint64_t n)
{
	struct sst_fields *f = &w->p->f;
	struct sst_part part = { .kind = SST_PART_BULK, .name = "promoted_index", .u = n };

	part.off = f->in.off;
	part.raw.n = (size_t)n;
	f->result = f->each(f->arg, &part);
	f->in = sst_in_new(SST_SLICE_LIT(""), f->in.off + n);
}

static void
entry(struct walk *w)
{
	const struct sst_type *type = w->typed ? w->header.key_type : NULL;
	struct sst_fields *f = &w->p->f;
	uint64_t n;

	bring(w, try_entry);
	sst_field_object(f, NULL);
	sst_field_counted(f, "key", SST_PART_BYTES, 2, type);
	sst_field_vint(f, "position");
	n = sst_field_vint(f, "promoted_bytes");
	if (sst_fields_ok(f) && n > w->p->size - f->in.off)
		sst_fields_damaged(f, f->in.off, "promoted index is longer than the file");
	if (sst_fields_ok(f) && n > 0) {
		if (w->typed)
			promoted(w, f->in.off + n);
		else
			pass(w, n);
	}
	sst_field_close(f);
}

static int
walk_entries(struct walk *w)
{
	struct sst_fields *f = &w->p->f;

	sst_field_object(f, NULL);
	sst_field_array(f, "entries");
	while (sst_fields_ok(f) && f->in.off < w->p->size)
		entry(w);
	sst_field_close(f);
	sst_field_close(f);
	return sst_fields_end(f);
}

int
sst_parts_index(struct sst_parts *p)
{
	struct walk w = { .p = p };
	int r;

	r = sst_parts_header(p, &w.header);
	if (r == -1)
		return -1;
	w.typed = r == 1;
	w.ck = sst_arena_array(&p->arena, w.header.nck + 1, sizeof(*w.ck));
	if (w.ck == NULL)
		return sst_fail_nomem(p->f.e);
	if (sst_parts_open(p) == -1)
		return -1;
	return walk_entries(&w);
}
