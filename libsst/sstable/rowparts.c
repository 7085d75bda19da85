/*
 * libsst/sstable/rowparts.c: partitions, rows and markers, field by field.  Where an item ends is known
 * before (the walk of data.c says so), so all its bytes are at hand.
 */
#include "sstable/rowparts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sstable/fields.h"
#include "sstable/int.h"

#define CK_BATCH 32 /* clustering values that share a word of two bits each */

struct sst_rowparts {
	struct sst_sstable *t;
	const struct sst_header *h;
	struct sst_data x; /* its window; and where rows that nobody knows end */
	struct sst_fields f;
	struct sst_arena arena;
	const char **ck, **statics, **regulars; /* names */
	bool *has;                              /* scratch: the columns that a row has */
};

/* ---- names ---- */

static const char *
name_of(struct sst_arena *a, struct sst_slice name)
{
	return sst_arena_str(a, (const char *)name.p, name.n);
}

static const char **
column_names(struct sst_arena *a, const struct sst_header_column *cols, size_t n)
{
	const char **names = sst_arena_array(a, n + 1, sizeof(*names));
	size_t i;

	for (i = 0; names != NULL && i < n; i++)
		if ((names[i] = name_of(a, cols[i].name)) == NULL)
			return NULL;
	return names;
}

static const char **
ck_names(struct sst_arena *a, const struct sst_table *t, size_t n)
{
	const char **names = sst_arena_array(a, n + 1, sizeof(*names));
	char place[32];
	size_t i;

	for (i = 0; names != NULL && i < n; i++) {
		snprintf(place, sizeof(place), "ck%zu", i + 1);
		names[i] = name_of(a, t->named ? t->ck[i].name : sst_slice_str(place));
		if (names[i] == NULL)
			return NULL;
	}
	return names;
}

/* ---- fields ---- */

static const char *const row_flags[8] = { "end", "marker", "timestamp", "ttl", "deletion",
	"all_columns", "complex_deletion", "extended" };
static const char *const ext_flags[8] = { "static", "shadowable", NULL, NULL, NULL, NULL, NULL,
	"scylla_shadowable" };
static const char *const cell_flags[8] = { "deleted", "expiring", "empty", "row_timestamp",
	"row_ttl", NULL, NULL, NULL };

/* A byte of flags as their names. */
static uint8_t
flags(struct sst_fields *f, const char *name, const char *const names[8])
{
	struct sst_part part = { .kind = SST_PART_TEXT, .name = name };
	struct sst_in from = f->in;
	uint8_t v = sst_fields_ok(f) ? sst_get_u8(&f->in) : 0;
	char text[128];
	int i, n = 0;

	for (i = 0; i < 8; i++)
		if ((v >> i & 1) != 0)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", n > 0 ? " " : "",
			    names[i] != NULL ? names[i] : "unknown");
	part.bytes =
	    n > 0 ? (struct sst_slice){ (const uint8_t *)text, (size_t)n } : SST_SLICE_LIT("none");
	sst_field_made(f, &from, &part);
	return v;
}

static uint64_t
vint_hex(struct sst_fields *f, const char *name)
{
	struct sst_part part = { .kind = SST_PART_HEX, .name = name };
	struct sst_in from = f->in;

	part.u = sst_fields_ok(f) ? sst_get_vint(&f->in) : 0;
	sst_field_made(f, &from, &part);
	return part.u;
}

static void
timestamp(struct sst_rowparts *p, const char *name)
{
	struct sst_part part = { .kind = SST_PART_TIME_US, .name = name };
	struct sst_in from = p->f.in;

	part.i = (int64_t)((uint64_t)p->h->min_ts_us + sst_get_vint(&p->f.in));
	sst_field_made(&p->f, &from, &part);
}

static void
seconds(struct sst_rowparts *p, const char *name)
{
	struct sst_part part = { .kind = SST_PART_TIME_S, .name = name };
	struct sst_in from = p->f.in;
	uint32_t t = (uint32_t)sst_get_vint(&p->f.in) + (uint32_t)p->h->min_ldt_s;

	part.i = p->h->uint_ldt ? (int64_t)t : (int32_t)t;
	if (t == (p->h->uint_ldt ? UINT32_MAX : (uint32_t)INT32_MAX))
		part.i = SST_NO_LDT;
	sst_field_made(&p->f, &from, &part);
}

static void
ttl(struct sst_rowparts *p)
{
	struct sst_part part = { .kind = SST_PART_UINT, .name = "ttl_s" };
	struct sst_in from = p->f.in;

	part.u = sst_get_vint(&p->f.in) + p->h->min_ttl_s;
	sst_field_made(&p->f, &from, &part);
}

static void
deletion(struct sst_rowparts *p, const char *name)
{
	sst_field_object(&p->f, name);
	timestamp(p, "timestamp_us");
	seconds(p, "local_deletion_time_s");
	sst_field_close(&p->f);
}

/* A value of a type: bare when that is fixed and `bare` allows it, else behind its length. */
static void
value(struct sst_fields *f, const char *name, const struct sst_type *type, bool bare)
{
	struct sst_part part = { .kind = SST_PART_BYTES, .name = name, .type = type };
	struct sst_in from = f->in;

	if (!bare || type == NULL || type->fixed_len < 0) {
		sst_field_counted(f, name, SST_PART_BYTES, 0, type);
		return;
	}
	part.bytes = sst_get_bytes(&f->in, (size_t)type->fixed_len);
	sst_field_made(f, &from, &part);
}

static void
clustering(struct sst_rowparts *p, size_t n)
{
	struct sst_fields *f = &p->f;
	uint64_t bits = 0;
	size_t i;

	sst_field_object(f, "clustering");
	for (i = 0; sst_fields_ok(f) && i < n; i++, bits >>= 2) {
		struct sst_part part = { .kind = SST_PART_BYTES, .name = p->ck[i] };
		struct sst_in from;

		if (i % CK_BATCH == 0)
			bits = vint_hex(f, "empty_or_null");
		from = f->in;
		part.type = p->h->ck[i];
		part.bytes = (bits & 2) != 0 ? (struct sst_slice){ NULL, 0 } : SST_SLICE_LIT("");
		if ((bits & 3) == 0)
			value(f, p->ck[i], p->h->ck[i], true);
		else
			sst_field_made(f, &from, &part);
	}
	sst_field_close(f);
}

static void
sizes(struct sst_rowparts *p)
{
	sst_field_vint(&p->f, "bytes");
	sst_field_vint(&p->f, "previous_bytes");
}

/* ---- cells ---- */

static void
cell(struct sst_rowparts *p, const struct sst_type *type)
{
	struct sst_fields *f = &p->f;
	struct sst_slice path = { NULL, 0 };
	uint8_t v = flags(f, "flags", cell_flags);
	bool expires = (v & SST_CELL_EXPIRING) != 0;

	if ((v & SST_CELL_ROW_TIMESTAMP) == 0)
		timestamp(p, "timestamp_us");
	if ((v & SST_CELL_ROW_TTL) == 0 && (expires || (v & SST_CELL_DELETED) != 0))
		seconds(p, expires ? "expiry_s" : "local_deletion_time_s");
	if ((v & SST_CELL_ROW_TTL) == 0 && expires)
		ttl(p);
	if (type->multicell)
		path = sst_field_counted(f, "path", SST_PART_BYTES, 0, sst_type_path(type));
	if ((v & SST_CELL_EMPTY) == 0)
		value(f, "value", type->multicell ? sst_type_cell(type, path) : type,
		    !type->multicell);
}

static void
column(struct sst_rowparts *p, const char *name, const struct sst_type *type, bool deletions)
{
	struct sst_fields *f = &p->f;
	uint64_t i, n;

	sst_field_object(f, name);
	if (!type->multicell)
		cell(p, type);
	else {
		if (deletions)
			deletion(p, "deletion");
		n = sst_field_vint(f, "cell_count");
		sst_field_array(f, "cells");
		for (i = 0; i < n && sst_fields_ok(f); i++) {
			sst_field_object(f, NULL);
			cell(p, type);
			sst_field_close(f);
		}
		sst_field_close(f);
	}
	sst_field_close(f);
}

/* Which of 64 columns or more there are: those that are, or those that are not. */
static void
listed(struct sst_rowparts *p, size_t n)
{
	struct sst_fields *f = &p->f;
	uint64_t missing = sst_field_vint(f, "missing_count"), i, v, count;
	bool present = missing <= n && n - missing < n / 2;

	count = present ? n - missing : missing;
	for (i = 0; i < n; i++)
		p->has[i] = !present;
	sst_field_array(f, present ? "present" : "missing");
	for (i = 0; i < count && sst_fields_ok(f); i++) {
		v = sst_field_vint(f, NULL);
		if (v < n)
			p->has[v] = present;
	}
	sst_field_close(f);
}

static void
columns(struct sst_rowparts *p, uint8_t row, bool is_static)
{
	const struct sst_header_column *cols = is_static ? p->h->statics : p->h->regulars;
	const char *const *names = is_static ? p->statics : p->regulars;
	size_t i, n = is_static ? p->h->nstatic : p->h->nregular;
	uint64_t missing = 0;

	if ((row & SST_ROW_ALL_COLUMNS) == 0 && n >= 64)
		listed(p, n);
	else {
		if ((row & SST_ROW_ALL_COLUMNS) == 0)
			missing = vint_hex(&p->f, "missing_columns");
		for (i = 0; i < n; i++)
			p->has[i] = i >= 64 || (missing >> i & 1) == 0;
	}
	for (i = 0; i < n && sst_fields_ok(&p->f); i++)
		if (p->has[i])
			column(p, names[i], cols[i].type, (row & SST_ROW_COMPLEX_DELETION) != 0);
}

/* ---- items ---- */

static const char *const kinds[] = { "excl_end", "incl_start", "excl_end_incl_start", "static",
	"clustering", "incl_end_excl_start", "incl_end", "excl_start" };

static void
marker(struct sst_rowparts *p)
{
	struct sst_fields *f = &p->f;
	struct sst_part part = { .kind = SST_PART_TEXT, .name = "kind" };
	struct sst_in from = f->in;
	uint8_t kind = sst_get_u8(&f->in);
	size_t n;

	part.bytes = sst_slice_str(kinds[kind & 7]);
	sst_field_made(f, &from, &part);
	n = (size_t)sst_field_be(f, "value_count", SST_PART_UINT, 2);
	clustering(p, n < p->h->nck ? n : p->h->nck);
	sizes(p);
	if (kind == SST_EXCL_END_INCL_START || kind == SST_INCL_END_EXCL_START) {
		deletion(p, "close");
		deletion(p, "open");
	} else
		deletion(p, kind == SST_EXCL_END || kind == SST_INCL_END ? "close" : "open");
}

static void
row(struct sst_rowparts *p, uint8_t v, uint8_t ext)
{
	if ((ext & SST_EXT_STATIC) == 0)
		clustering(p, p->h->nck);
	sizes(p);
	if ((v & SST_ROW_TIMESTAMP) != 0)
		timestamp(p, "timestamp_us");
	if ((v & SST_ROW_TTL) != 0) {
		ttl(p);
		seconds(p, "expiry_s");
	}
	if ((v & SST_ROW_DELETION) != 0)
		deletion(p, "deletion");
	if ((ext & SST_EXT_SCYLLA_SHADOWABLE) != 0)
		deletion(p, "shadowable_deletion");
	columns(p, v, (ext & SST_EXT_STATIC) != 0);
}

static void
unfiltered(struct sst_rowparts *p)
{
	struct sst_fields *f = &p->f;
	uint8_t v = *f->in.p, ext = 0;
	bool is_marker = (v & SST_ROW_MARKER) != 0;

	if ((v & SST_ROW_EXTENDED) != 0 && sst_in_left(&f->in) > 1)
		ext = f->in.p[1];
	sst_field_object(f, is_marker ? "marker" : (ext & SST_EXT_STATIC) != 0 ? "static" : "row");
	flags(f, "flags", row_flags);
	if ((v & SST_ROW_EXTENDED) != 0)
		flags(f, "extended_flags", ext_flags);
	if (is_marker)
		marker(p);
	else
		row(p, v, ext);
	sst_field_close(f);
}

static void
partition(struct sst_rowparts *p)
{
	struct sst_fields *f = &p->f;
	struct sst_in from;
	struct sst_part none = { .kind = SST_PART_TEXT, .name = "deletion" };

	sst_field_object(f, "partition");
	sst_field_counted(f, "key", SST_PART_BYTES, 2, p->h->key_type);
	from = f->in;
	if (p->h->uint_ldt && sst_in_left(&f->in) == 1) {
		(void)sst_get_u8(&f->in);
		none.bytes = SST_SLICE_LIT("none");
		sst_field_made(f, &from, &none);
	} else if (p->h->uint_ldt) {
		sst_field_object(f, "deletion");
		sst_field_be(f, "timestamp_us", SST_PART_TIME_US, 8);
		sst_field_be(f, "local_deletion_time_s", SST_PART_UINT, 4);
		sst_field_close(f);
	} else {
		sst_field_object(f, "deletion");
		sst_field_be(f, "local_deletion_time_s", SST_PART_TIME_S, 4);
		sst_field_be(f, "timestamp_us", SST_PART_TIME_US, 8);
		sst_field_close(f);
	}
	sst_field_close(f);
}

/* The read head on [off, off + len). */
static int
go_to(struct sst_rowparts *p, uint64_t off, uint64_t len, struct sst_err *e)
{
	if (sst_window_fetch(&p->x.w, off, (size_t)len, e) == -1)
		return -1;
	p->f.in = sst_window_in(&p->x.w, off);
	if (sst_in_left(&p->f.in) < len)
		return sst_fail(e, SST_ESHORT, p->f.file, off, "data cut short");
	p->f.in.end = p->f.in.p + len;
	p->f.result = 0;
	p->f.e = e;
	return 0;
}

int
sst_rowparts_item(struct sst_rowparts *p, const struct sst_item *item, struct sst_err *e)
{
	if (item->len == 0)
		return 0;
	if (go_to(p, item->off, item->len, e) == -1)
		return -1;
	if (item->kind == SST_PARTITION)
		partition(p);
	else
		unfiltered(p);
	return sst_fields_end(&p->f);
}

static int
end_byte(struct sst_rowparts *p, uint64_t off, struct sst_err *e)
{
	if (go_to(p, off, 1, e) == -1)
		return -1;
	sst_field_object(&p->f, "end");
	flags(&p->f, "flags", row_flags);
	sst_field_close(&p->f);
	return sst_fields_end(&p->f);
}

int
sst_rowparts_between(struct sst_rowparts *p, uint64_t from, uint64_t to, struct sst_err *e)
{
	struct sst_bound at;
	struct sst_item item;
	int r;

	while (from < to) {
		sst_data_seek(&p->x, from, SST_LIVE);
		p->x.open_known = false;
		r = sst_data_row_at(&p->x, &at, e);
		if (r == -1)
			return -1;
		item = p->x.item; /* whose place the head is put on: the window may move */
		from = r == 0 ? from + 1 : item.off + item.len;
		r = r == 0 ? end_byte(p, from - 1, e) : sst_rowparts_item(p, &item, e);
		if (r != 0)
			return r;
	}
	return 0;
}

/* ---- open ---- */

static int
init(struct sst_rowparts *p, const struct sst_table *table, struct sst_err *e)
{
	const struct sst_header *h = p->h;
	struct sst_file *data = sst_sstable_data(p->t, e);
	size_t n = h->nstatic > h->nregular ? h->nstatic : h->nregular;

	if (data == NULL ||
	    sst_data_init(&p->x, data, SST_WINDOW_CACHED, h, sst_sstable_table(p->t), e) == -1)
		return -1;
	p->f.file = sst_file_path(data);
	p->ck = ck_names(&p->arena, table, h->nck);
	p->statics = column_names(&p->arena, h->statics, h->nstatic);
	p->regulars = column_names(&p->arena, h->regulars, h->nregular);
	p->has = sst_arena_array(&p->arena, n + 1, sizeof(*p->has));
	if (p->ck == NULL || p->statics == NULL || p->regulars == NULL || p->has == NULL)
		return sst_fail_nomem(e);
	return 0;
}

int
sst_rowparts_open(struct sst_rowparts **out, struct sst_sstable *t, const struct sst_table *table,
    sst_part_each each, void *arg, struct sst_err *e)
{
	struct sst_rowparts *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return sst_fail_nomem(e);
	p->t = t;
	p->h = sst_sstable_header(t);
	p->f.each = each;
	p->f.arg = arg;
	p->f.version = sst_sstable_version(t);
	if (init(p, table, e) == -1) {
		sst_rowparts_close(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
sst_rowparts_close(struct sst_rowparts *p)
{
	if (p == NULL)
		return;
	sst_data_close(&p->x);
	sst_arena_free(&p->arena);
	free(p);
}
