/*
 * libsst/commitlog/mutationin.c: bytes as updates.  Values borrow from the bytes, all else is in an
 * arena that lasts for one update.  The columns that a mutation names are looked up once for each
 * set of names, and remembered by the bytes of those names.
 */
#include <stdlib.h>

#include "commitlog/int.h"
#include "commitlog/mutation.h"
#include "commitlog/segread.h"
#include "row/reconcile.h"
#include "row/serial.h"

#define FLAGS_KNOWN \
	(SST_UPDATE_EMPTY | SST_UPDATE_DELETION | SST_UPDATE_STATIC | SST_UPDATE_ESTIMATE)

struct shape {
	const struct sst_table *table;
	bool has_static;
	struct sst_buf names; /* as in the mutation */
	struct sst_arena arena;
	struct sst_header header; /* the smallest times are those of the update at hand */
	struct sst_decoder dec;
};

struct sst_mutation_in {
	sst_table_by_id by_id;
	void *arg;
	sst_update_wanted wanted; /* NULL: all are */
	void *wanted_arg;
	struct shape shapes[SST_SHAPES];
	size_t next, last;
	const char *file;
	struct sst_in in;
	bool begun;
	bool uint_ldt; /* deletion times are unsigned */
	uint64_t left; /* updates */
	struct sst_arena arena;
	struct sst_buf rows, ranges; /* of struct sst_row, struct sst_range_deletion */
	struct sst_row statik;
	struct sst_bound prev; /* where the item before was; side 0 and ck NULL: none yet */
	bool any;
	struct sst_range_deletion open; /* del live: no range is open */
	struct sst_update update;
	bool stubbed;
	struct sst_mutation_stub stub;
};

int
sst_mutation_in_new(
    struct sst_mutation_in **out, sst_table_by_id by_id, void *arg, struct sst_err *e)
{
	struct sst_mutation_in *m = *out = calloc(1, sizeof(*m));

	if (m == NULL)
		return sst_fail_nomem(e);
	m->by_id = by_id;
	m->arg = arg;
	return 0;
}

void
sst_mutation_in_want(struct sst_mutation_in *m, sst_update_wanted wanted, void *arg)
{
	m->wanted = wanted;
	m->wanted_arg = arg;
}

static void
shape_free(struct shape *s)
{
	sst_decoder_free(&s->dec);
	sst_buf_free(&s->names);
	sst_arena_free(&s->arena);
	*s = (struct shape){ 0 };
}

void
sst_mutation_in_free(struct sst_mutation_in *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < SST_SHAPES; i++)
		shape_free(&m->shapes[i]);
	sst_buf_free(&m->rows);
	sst_buf_free(&m->ranges);
	sst_arena_free(&m->arena);
	free(m);
}

void
sst_mutation_begin(
    struct sst_mutation_in *m, struct sst_slice bytes, const char *file, uint64_t off)
{
	m->file = file;
	m->in = sst_in_new(bytes, off);
	m->begun = m->uint_ldt = m->stubbed = false;
	m->left = 0;
}

void
sst_mutation_begin_entry(struct sst_mutation_in *m, const struct sst_log_entry *entry)
{
	sst_mutation_begin(m, entry->mutation, entry->file, entry->off);
	m->uint_ldt = entry->version > SST_SEGMENT_VERSION;
}

static int
damaged(struct sst_mutation_in *m, uint64_t off, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EDAMAGED, m->file, off, "%s", what);
}

/* An error of row/serial.h, which does not know the file. */
static int
located(struct sst_mutation_in *m, struct sst_err *e)
{
	return e->code == SST_ENOMEM
	    ? -1
	    : sst_err_locate(e, m->file, e->off == SST_NOWHERE ? m->in.off : e->off);
}

/* ---- columns ---- */

/* Passes over a list of names; poisons `in` when it is none. */
static void
skip_names(struct sst_in *in)
{
	uint64_t n = sst_get_vint(in);

	if (n > sst_in_left(in) || n > SST_COLUMNS_MAX)
		in->bad = true;
	while (n-- > 0 && !in->bad)
		(void)sst_get_bytesv(in);
}

/* The type of a column of that name, which the table has or had. */
static const struct sst_type *
type_of(const struct sst_table *t, struct sst_slice name, bool is_static)
{
	const struct sst_column *c = is_static ? t->statics : t->regulars;
	int col = sst_column_find(c, is_static ? t->nstatic : t->nregular, name);
	size_t i;

	if (col >= 0)
		return c[col].type;
	for (i = 0; i < t->ndropped; i++)
		if (t->dropped[i].is_static == is_static && sst_slice_eq(t->dropped[i].name, name))
			return t->dropped[i].type;
	return NULL;
}

static bool
columns_ascend(const struct sst_header_column *a, const struct sst_header_column *b)
{
	if (a->type->multicell != b->type->multicell)
		return b->type->multicell;
	return sst_slice_cmp(a->name, b->name) < 0;
}

static int
get_columns(struct sst_mutation_in *m, struct shape *s, struct sst_in *in, bool is_static,
    struct sst_err *e)
{
	size_t i, n = (size_t)sst_get_vint(in); /* skip_names has checked it */
	struct sst_header_column *c = sst_arena_array(&s->arena, n + 1, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		c[i] = (struct sst_header_column){ .name = sst_get_bytesv(in),
			.dropped_us = INT64_MIN };
		c[i].type = type_of(s->table, c[i].name, is_static);
		if (c[i].type == NULL)
			return sst_fail(e, SST_EINVAL, m->file, m->in.off,
			    "column \"%.*s\" is not in table %.*s.%.*s",
			    (int)(c[i].name.n > 64 ? 64 : c[i].name.n), (const char *)c[i].name.p,
			    (int)s->table->keyspace.n, (const char *)s->table->keyspace.p,
			    (int)s->table->name.n, (const char *)s->table->name.p);
		if (i > 0 && !columns_ascend(&c[i - 1], &c[i]))
			return damaged(m, m->in.off, "columns of a mutation out of order", e);
	}
	if (is_static) {
		s->header.statics = c;
		s->header.nstatic = n;
	} else {
		s->header.regulars = c;
		s->header.nregular = n;
	}
	return 0;
}

static int
shape_make(struct sst_mutation_in *m, struct shape *s, const struct sst_table *t,
    struct sst_slice names, bool has_static, struct sst_err *e)
{
	struct sst_in in;

	s->table = t;
	s->has_static = has_static;
	sst_buf_add_slice(&s->names, names);
	if (s->names.bad)
		return sst_fail_nomem(e);
	if (sst_header_make(&s->header, t, &s->arena, e) == -1)
		return -1;
	s->header.sized = false;
	s->header.nstatic = 0;
	in = sst_in_new(sst_buf_slice(&s->names), 0);
	if ((has_static && get_columns(m, s, &in, true, e) == -1) ||
	    get_columns(m, s, &in, false, e) == -1)
		return -1;
	if (sst_header_bind(&s->header, t, SST_UNKNOWN_REFUSE, e) == -1)
		return located(m, e);
	return sst_decoder_init(&s->dec, &s->header, e);
}

static bool
shape_is(const struct shape *s, const struct sst_table *t, struct sst_slice names, bool has_static)
{
	return s->table == t && s->has_static == has_static &&
	    sst_slice_eq(sst_buf_slice(&s->names), names);
}

static struct shape *
shape_get(struct sst_mutation_in *m, const struct sst_table *t, struct sst_slice names,
    bool has_static, struct sst_err *e)
{
	size_t i;

	if (shape_is(&m->shapes[m->last], t, names, has_static))
		return &m->shapes[m->last];
	for (i = 0; i < SST_SHAPES; i++)
		if (shape_is(&m->shapes[i], t, names, has_static))
			return &m->shapes[m->last = i];
	m->last = m->next;
	m->next = (m->next + 1) % SST_SHAPES;
	shape_free(&m->shapes[m->last]);
	if (shape_make(m, &m->shapes[m->last], t, names, has_static, e) == -1) {
		shape_free(&m->shapes[m->last]);
		return NULL;
	}
	return &m->shapes[m->last];
}

/* ---- rows and markers ---- */

static void *
copy(struct sst_mutation_in *m, const void *from, size_t n, size_t size)
{
	void *to = sst_arena_array(&m->arena, n + 1, size);

	if (to != NULL && n > 0)
		memcpy(to, from, n * size);
	return to;
}

/* A row's own arrays; its values stay where they are. */
static int
keep_row(struct sst_mutation_in *m, struct sst_row *row, size_t nck, struct sst_err *e)
{
	if (row->ck != NULL)
		row->ck = copy(m, row->ck, nck, sizeof(*row->ck));
	row->cells = copy(m, row->cells, row->ncells, sizeof(*row->cells));
	row->complex = copy(m, row->complex, row->ncomplex, sizeof(*row->complex));
	return row->cells == NULL || row->complex == NULL ? sst_fail_nomem(e) : 0;
}

/* The next row or marker, as sst_decode_head and _body give it.  SST_ONE, 0 at the partition's end. */
static int
get_item(struct sst_mutation_in *m, struct shape *s, struct sst_item *item, struct sst_err *e)
{
	struct sst_row_head head;
	uint64_t off = m->in.off;
	int r = sst_decode_head(&s->dec, &m->in, &head, e);

	if (m->in.bad)
		return damaged(m, off, "mutation cut short in a row", e);
	if (r == -1)
		return located(m, e);
	if (r == 0)
		return 0;
	if (sst_decode_body(&s->dec, &m->in, &head, item, e) == -1)
		return located(m, e);
	item->off = off;
	return SST_ONE;
}

static int
add_row(struct sst_mutation_in *m, struct shape *s, struct sst_item *item, struct sst_err *e)
{
	if (keep_row(m, &item->row, s->table->nck, e) == -1 ||
	    (item->row.ck == NULL && s->table->nck > 0))
		return sst_fail_nomem(e);
	m->prev = (struct sst_bound){ item->row.ck, s->table->nck, 0 };
	sst_buf_add(&m->rows, &item->row, sizeof(item->row));
	return 0;
}

/* Ranges are what lies between two markers; each marker ends the one before. */
static int
add_marker(struct sst_mutation_in *m, struct sst_item *item, struct sst_err *e)
{
	struct sst_marker *mark = &item->marker;

	mark->at.ck = copy(m, mark->at.ck, mark->at.n, sizeof(*mark->at.ck));
	if (mark->at.ck == NULL)
		return sst_fail_nomem(e);
	if (!sst_deletion_eq(&mark->before, &m->open.del))
		return damaged(m, item->off, "marker ends a range deletion that is not open", e);
	if (!sst_deletion_is_live(&m->open.del)) {
		m->open.to = mark->at;
		sst_buf_add(&m->ranges, &m->open, sizeof(m->open));
	}
	m->open = (struct sst_range_deletion){ .from = mark->at, .del = mark->after };
	m->prev = mark->at;
	return 0;
}

static int
get_rows(struct sst_mutation_in *m, struct shape *s, struct sst_err *e)
{
	struct sst_item item;
	struct sst_bound at;
	int r;

	m->open.del = SST_LIVE;
	for (m->any = false; (r = get_item(m, s, &item, e)) == SST_ONE; m->any = true) {
		if (item.kind == SST_STATIC)
			return damaged(m, item.off, "static row among the others", e);
		at = item.kind == SST_ROW ? (struct sst_bound){ item.row.ck, s->table->nck, 0 }
					  : item.marker.at;
		if (m->any && sst_bound_compare(s->table, &m->prev, &at) >= 0)
			return damaged(m, item.off, "rows of a mutation out of order", e);
		r = item.kind == SST_ROW ? add_row(m, s, &item, e) : add_marker(m, &item, e);
		if (r == -1)
			return -1;
	}
	if (r == -1)
		return -1;
	if (!sst_deletion_is_live(&m->open.del))
		return damaged(m, m->in.off, "range deletion without an end", e);
	if (m->rows.bad || m->ranges.bad)
		return sst_fail_nomem(e);
	m->update.rows = (void *)m->rows.p;
	m->update.nrows = m->rows.n / sizeof(struct sst_row);
	m->update.ranges = (void *)m->ranges.p;
	m->update.nranges = m->ranges.n / sizeof(struct sst_range_deletion);
	return 0;
}

static int
get_static(struct sst_mutation_in *m, struct shape *s, struct sst_err *e)
{
	struct sst_item item;
	int r = get_item(m, s, &item, e);

	if (r == -1)
		return -1;
	if (r == 0 || item.kind != SST_STATIC)
		return damaged(m, m->in.off, "no static row where one should be", e);
	m->statik = item.row;
	if (keep_row(m, &m->statik, 0, e) == -1)
		return -1;
	if (!sst_row_is_empty(&m->statik))
		m->update.statik = &m->statik;
	return 0;
}

/* ---- updates ---- */

/* The smallest times; as in Cassandra, seconds wrap at 32 bits. */
static void
get_times(struct sst_in *in, struct sst_header *h)
{
	uint64_t ttl_s;

	h->min_ts_us = (int64_t)((uint64_t)SST_EPOCH_TS_US + sst_get_vint(in));
	h->min_ldt_s = (int32_t)((uint32_t)SST_EPOCH_LDT_S + (uint32_t)sst_get_vint(in));
	ttl_s = sst_get_vint(in);
	if (ttl_s > INT32_MAX)
		in->bad = true;
	h->min_ttl_s = (uint32_t)ttl_s;
}

static struct sst_deletion
get_partition_deletion(struct sst_in *in, const struct sst_header *h)
{
	struct sst_deletion d;
	uint32_t ldt_s;

	d.ts_us = (int64_t)((uint64_t)h->min_ts_us + sst_get_vint(in));
	ldt_s = (uint32_t)h->min_ldt_s + (uint32_t)sst_get_vint(in);
	if (!h->uint_ldt)
		d.ldt_s = (int32_t)ldt_s;
	else
		d.ldt_s = ldt_s == UINT32_MAX ? SST_NO_LDT : (int64_t)ldt_s;
	return d.ts_us == SST_NO_TS ? SST_LIVE : d;
}

/* What follows the flags of an update that is not empty. */
static int
get_content(struct sst_mutation_in *m, uint8_t flags, struct sst_err *e)
{
	bool has_static = flags & SST_UPDATE_STATIC;
	uint64_t off = m->in.off;
	struct sst_header times;
	struct sst_slice names;
	struct shape *s;

	get_times(&m->in, &times);
	names.p = m->in.p;
	if (has_static)
		skip_names(&m->in);
	skip_names(&m->in);
	if (m->in.bad)
		return damaged(m, off, "header of an update is cut short", e);
	names.n = (size_t)(m->in.p - names.p);
	if ((s = shape_get(m, m->update.table, names, has_static, e)) == NULL)
		return -1;
	s->header.min_ts_us = times.min_ts_us;
	s->header.min_ldt_s = times.min_ldt_s;
	s->header.min_ttl_s = times.min_ttl_s;
	s->header.uint_ldt = m->uint_ldt;
	if (flags & SST_UPDATE_DELETION)
		m->update.part.del = get_partition_deletion(&m->in, &s->header);
	if (has_static && get_static(m, s, e) == -1)
		return -1;
	if (flags & SST_UPDATE_ESTIMATE)
		(void)sst_get_vint(&m->in);
	return get_rows(m, s, e);
}

static int
get_table(struct sst_mutation_in *m, struct sst_err *e)
{
	uint64_t off = m->in.off;
	struct sst_slice id = sst_get_bytes(&m->in, 16);

	if (m->in.bad)
		return damaged(m, off, "mutation cut short", e);
	m->update.table = m->by_id(m->arg, id.p);
	if (m->update.table == NULL) {
		uint64_t half[2];

		memcpy(half, id.p, sizeof(half));
		return sst_fail(e, SST_EINVAL, m->file, off,
		    "a write to a table that is not known, with id %016jx%016jx",
		    (uintmax_t)__builtin_bswap64(half[0]), (uintmax_t)__builtin_bswap64(half[1]));
	}
	return 0;
}

/* SST_ONE, or 0 for one that is not wanted. */
static int
get_update(struct sst_mutation_in *m, struct sst_err *e)
{
	bool wanted;

	uint64_t off = m->in.off;
	uint8_t flags;

	m->update = (struct sst_update){ .part.del = SST_LIVE };
	sst_arena_reset(&m->arena);
	sst_buf_reset(&m->rows);
	sst_buf_reset(&m->ranges);
	if (get_table(m, e) == -1)
		return -1;
	m->update.part.key = sst_get_bytesv(&m->in);
	flags = sst_get_u8(&m->in);
	if (m->in.bad || m->update.part.key.n > SST_PARTITION_KEY_MAX)
		return damaged(m, off, "partition key cut short, or longer than 65535 bytes", e);
	if (flags & (uint8_t)~FLAGS_KNOWN)
		return damaged(m, m->in.off - 1, "flags of an update that are not known", e);
	m->update.part.token = sst_token(m->update.part.key);
	wanted = m->wanted == NULL || m->wanted(m->wanted_arg, m->update.table, &m->update.part);
	if (!wanted && m->left == 0) { /* nothing else follows, so nothing need be decoded */
		sst_get_bytes(&m->in, sst_in_left(&m->in));
		return 0;
	}
	if (!(flags & SST_UPDATE_EMPTY) && get_content(m, flags, e) == -1)
		return -1;
	return wanted ? SST_ONE : 0;
}

/* Names of columns; NULL without memory, or when there are not so many. */
static const struct sst_slice *
stub_names(struct sst_mutation_in *m, struct sst_in *in, size_t *n)
{
	uint64_t i, count = sst_get_vint(in);
	struct sst_slice *names = NULL;

	if (count <= sst_in_left(in) && count <= SST_COLUMNS_MAX)
		names = sst_arena_array(&m->arena, (size_t)count + 1, sizeof(*names));
	for (i = 0; names != NULL && i < count; i++)
		names[i] = sst_get_bytesv(in);
	*n = (size_t)count;
	return names;
}

/* Reads an update again, as far as that goes without its table. */
static bool
make_stub(struct sst_mutation_in *m, struct sst_in in)
{
	struct sst_mutation_stub *s = &m->stub;
	struct sst_header times = { .uint_ldt = m->uint_ldt };
	struct sst_slice id;
	uint8_t flags;

	*s = (struct sst_mutation_stub){ .del = SST_LIVE, .off = in.off };
	id = sst_get_bytes(&in, 16);
	s->key = sst_get_bytesv(&in);
	flags = sst_get_u8(&in);
	if (in.bad || (flags & (uint8_t)~FLAGS_KNOWN))
		return false;
	memcpy(s->id, id.p, 16);
	if (!(flags & SST_UPDATE_EMPTY)) {
		get_times(&in, &times);
		if (flags & SST_UPDATE_STATIC)
			s->statics = stub_names(m, &in, &s->nstatic);
		s->regulars = stub_names(m, &in, &s->nregular);
		if (s->regulars == NULL || (s->statics == NULL && s->nstatic > 0))
			return false;
		if (flags & SST_UPDATE_DELETION)
			s->del = get_partition_deletion(&in, &times);
	}
	s->rest = sst_get_bytes(&in, sst_in_left(&in));
	return !in.bad;
}

const struct sst_mutation_stub *
sst_mutation_stub(const struct sst_mutation_in *m)
{
	return m->stubbed ? &m->stub : NULL;
}

int
sst_mutation_next(struct sst_mutation_in *m, const struct sst_update **out, struct sst_err *e)
{
	uint64_t off = m->in.off;
	struct sst_in from;
	int got;

	*out = NULL;
	m->stubbed = false;
	if (!m->begun) {
		m->begun = true;
		m->left = sst_get_vint(&m->in);
		if (m->left == 0 || m->left > sst_in_left(&m->in))
			return damaged(m, off, "a mutation without updates, or cut short", e);
	}
	while (m->left > 0) {
		m->left--;
		from = m->in;
		if ((got = get_update(m, e)) == -1) {
			m->stubbed = e->code == SST_EINVAL && make_stub(m, from);
			return -1;
		}
		if (got == SST_ONE) {
			*out = &m->update;
			return SST_ONE;
		}
	}
	if (sst_in_left(&m->in) == 0)
		return 0;
	return damaged(m, m->in.off, "bytes after the end of a mutation", e);
}
