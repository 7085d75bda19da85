/* text/ndjsonin.c: rows from NDJSON.  formats/ndjson.md names the members. */
#include "text/ndjsonin.h"

#include <stdlib.h>

#include "text/cellsin.h"
#include "text/int.h"

enum member { /* of a line */
	TYPE,
	KEYSPACE,
	TABLE,
	FILE_NAME,
	POSITION,
	KEY,
	CLUSTERING,
	TS,
	TTL,
	EXPIRES,
	DELETION,
	SHADOWABLE,
	UNDER,
	CELLS,
	BOUND,
	CLOSE,
	OPEN,
	NMEMBERS
};

static const char *const members[NMEMBERS] = { "type", "keyspace", "table", "file", "position",
	"key", "clustering", "ts", "ttl", "expires", "deletion", "shadowable", "under", "cells",
	"bound", "close", "open" };

static const char *const bound_members[] = { "clustering", "side" };

struct sst_ndjsonin {
	const struct sst_table *table;
	struct sst_json *json;
	struct sst_linein in;
	struct sst_buf key;
	struct sst_item item;
};

int
sst_ndjsonin_new(struct sst_ndjsonin **out, const struct sst_table *t, struct sst_err *e)
{
	struct sst_ndjsonin *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	r->table = t;
	if (sst_json_new(&r->json, e) == -1) {
		free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
sst_ndjsonin_free(struct sst_ndjsonin *r)
{
	if (r == NULL)
		return;
	sst_json_free(r->json);
	sst_arena_free(&r->in.arena);
	sst_buf_free(&r->in.value);
	sst_buf_free(&r->key);
	free(r);
}

struct prefix { /* of key columns */
	const struct sst_column *cols;
	const char *kind;         /* of columns without a name: they go by their place; else NULL */
	size_t n, need;           /* how many there are, and how many there must be */
	struct sst_slice *values; /* set, as is count */
	size_t count;
};

/* The key column of that name, which must be the next one. */
static int
key_column(const struct prefix *x, struct sst_slice name)
{
	char place[SST_PLACE_LEN];

	if (x->kind == NULL)
		return sst_column_find(x->cols, x->n, name);
	sst_text_place(place, x->kind, x->count);
	return x->count < x->n && sst_slice_eq(name, sst_slice_str(place)) ? (int)x->count : -1;
}

/* The values of key columns from an object, in order. */
static int
read_columns(struct sst_ndjsonin *r, node *obj, struct prefix *x, struct sst_err *e)
{
	node *k;
	int col;

	x->count = 0;
	x->values = sst_arena_array(&r->in.arena, x->n + 1, sizeof(*x->values));
	if (x->values == NULL)
		return sst_fail_nomem(e);
	if (obj->type != SST_JSON_OBJECT)
		return sst_member_bad(obj, "not an object", e);
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		if ((col = key_column(x, k->text)) == -1)
			return sst_member_bad(k, "no such key column", e);
		if ((size_t)col != x->count)
			return sst_member_bad(k, "key column out of order", e);
		if (k[1].type == SST_JSON_NULL)
			x->values[col] = (struct sst_slice){ NULL, 0 };
		else if (sst_member_value(&r->in, x->cols[col].type, k + 1, &x->values[col], e) ==
		    -1)
			return -1;
		x->count++;
	}
	return x->count < x->need ? sst_member_bad(obj, "key columns missing", e) : 0;
}

static int
read_liveness(node *at, node **m, struct sst_liveness *live, struct sst_err *e)
{
	*live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	if (m[TS] != NULL && sst_member_integer(m[TS], &live->ts_us, e) == -1)
		return -1;
	if (m[TTL] == NULL && m[EXPIRES] == NULL)
		return 0;
	if (m[TTL] == NULL || m[EXPIRES] == NULL || m[TS] == NULL)
		return sst_member_bad(at, "\"ttl\" and \"expires\" go together, with \"ts\"", e);
	return sst_member_u32(m[TTL], &live->ttl_s, e) == -1 ||
		sst_member_integer(m[EXPIRES], &live->expiry_s, e) == -1
	    ? -1
	    : 0;
}

static int
read_row(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	bool is_static = r->item.kind == SST_STATIC;
	struct sst_row *row = &r->item.row;
	struct prefix ck = { t->ck, t->named ? NULL : "ck", t->nck, t->nck, NULL, 0 };

	*row = (struct sst_row){ .del = SST_LIVE, .under = SST_LIVE };
	if (read_liveness(at, m, &row->live, e) == -1)
		return -1;
	if (m[DELETION] != NULL && sst_member_deletion(m[DELETION], &row->del, e) == -1)
		return -1;
	row->shadowable = m[SHADOWABLE] != NULL && m[SHADOWABLE]->type == SST_JSON_TRUE;
	if (m[UNDER] != NULL && !row->shadowable)
		return sst_member_bad(at, "\"under\" without \"shadowable\"", e);
	if (m[UNDER] != NULL && sst_member_deletion(m[UNDER], &row->under, e) == -1)
		return -1;
	if (!is_static && t->nck > 0) {
		if (m[CLUSTERING] == NULL)
			return sst_member_bad(at, "a row needs \"clustering\"", e);
		if (read_columns(r, m[CLUSTERING], &ck, e) == -1)
			return -1;
		row->ck = ck.values;
	}
	if (m[CELLS] == NULL)
		return 0;
	if (is_static)
		return sst_cells_read(&r->in, m[CELLS], t->statics, t->nstatic, row, e);
	return sst_cells_read(&r->in, m[CELLS], t->regulars, t->nregular, row, e);
}

static int
read_marker(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	struct sst_marker *k = &r->item.marker;
	const struct sst_table *t = r->table;
	struct prefix ck = { t->ck, t->named ? NULL : "ck", t->nck, 0, NULL, 0 };
	node *b[2];

	*k = (struct sst_marker){ .before = SST_LIVE, .after = SST_LIVE };
	if (m[BOUND] == NULL || (m[OPEN] == NULL && m[CLOSE] == NULL))
		return sst_member_bad(
		    at, "a range tombstone needs \"bound\", and \"open\" or \"close\"", e);
	if (sst_members_of(m[BOUND], bound_members, 2, b, e) == -1)
		return -1;
	if (b[0] == NULL || b[1] == NULL)
		return sst_member_bad(m[BOUND], "a bound needs \"clustering\" and \"side\"", e);
	if (read_columns(r, b[0], &ck, e) == -1)
		return -1;
	k->at.ck = ck.values;
	k->at.n = ck.count;
	if (sst_slice_eq(b[1]->text, SST_SLICE_LIT("before")))
		k->at.side = -1;
	else if (sst_slice_eq(b[1]->text, SST_SLICE_LIT("after")))
		k->at.side = 1;
	else
		return sst_member_bad(b[1], "a side is \"before\" or \"after\"", e);
	if (m[CLOSE] != NULL && sst_member_deletion(m[CLOSE], &k->before, e) == -1)
		return -1;
	return m[OPEN] != NULL ? sst_member_deletion(m[OPEN], &k->after, e) : 0;
}

static int
read_partition(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	struct sst_partition *p = &r->item.part;

	*p = (struct sst_partition){ .key = sst_buf_slice(&r->key), .del = SST_LIVE };
	p->token = sst_token(p->key);
	if (m[DELETION] == NULL)
		return sst_member_bad(at, "a partition needs \"deletion\"", e);
	return sst_member_deletion(m[DELETION], &p->del, e);
}

static int
read_key(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	struct prefix k = { t->key, t->named ? NULL : "key", t->nkey, t->nkey, NULL, 0 };
	size_t i;

	if (m[KEY] == NULL)
		return sst_member_bad(at, "no \"key\"", e);
	if (read_columns(r, m[KEY], &k, e) == -1)
		return -1;
	for (i = 0; i < k.count; i++)
		if (k.values[i].p == NULL)
			return sst_member_bad(m[KEY], "null in a partition key", e);
	sst_buf_reset(&r->key);
	if (sst_key_join(t, k.values, &r->key, e) == -1)
		return -1;
	return r->key.bad ? sst_fail_nomem(e) : 0;
}

/* What kinds there are, and which members beside the common ones each may have. */
static const struct {
	const char *name;
	enum sst_item_kind kind;
	unsigned may;
} kinds[] = {
	{ "partition", SST_PARTITION, 1u << DELETION },
	{ "static", SST_STATIC,
	    1u << TS | 1u << TTL | 1u << EXPIRES | 1u << DELETION | 1u << SHADOWABLE | 1u << UNDER |
		1u << CELLS },
	{ "row", SST_ROW,
	    1u << TS | 1u << TTL | 1u << EXPIRES | 1u << DELETION | 1u << SHADOWABLE | 1u << UNDER |
		1u << CELLS | 1u << CLUSTERING },
	{ "range_tombstone", SST_MARKER, 1u << BOUND | 1u << CLOSE | 1u << OPEN },
};

static int
read_kind(node *at, node **m, enum sst_item_kind *out, struct sst_err *e)
{
	unsigned i, k;

	if (m[TYPE] == NULL || m[TYPE]->type != SST_JSON_STRING)
		return sst_member_bad(at, "no \"type\"", e);
	for (k = 0; k < 4 && !sst_slice_eq(m[TYPE]->text, sst_slice_str(kinds[k].name)); k++)
		;
	if (k == 4)
		return sst_member_bad(m[TYPE], "unknown type", e);
	for (i = KEY + 1; i < NMEMBERS; i++)
		if (m[i] != NULL && (kinds[k].may & 1u << i) == 0)
			return sst_fail(e, SST_EINVAL, NULL, m[i]->off, "\"%s\" in a %s",
			    members[i], kinds[k].name);
	*out = kinds[k].kind;
	return 0;
}

static int
read_line(struct sst_ndjsonin *r, struct sst_slice line, struct sst_err *e)
{
	node *root, *m[NMEMBERS];
	int64_t off;

	if (sst_json_parse(r->json, line, &root, e) == -1 ||
	    sst_members_of(root, members, NMEMBERS, m, e) == -1 ||
	    read_kind(root, m, &r->item.kind, e) == -1 || read_key(r, root, m, e) == -1)
		return -1;
	if (m[POSITION] != NULL) {
		if (sst_member_integer(m[POSITION], &off, e) == -1)
			return -1;
		if (off < 0)
			return sst_member_bad(m[POSITION], "position below 0", e);
		r->item.off = (uint64_t)off;
	}
	if (r->item.kind == SST_PARTITION)
		return read_partition(r, root, m, e);
	if (r->item.kind == SST_MARKER)
		return read_marker(r, root, m, e);
	return read_row(r, root, m, e);
}

int
sst_ndjsonin_line(struct sst_ndjsonin *r, struct sst_slice line, struct sst_slice *key_out,
    const struct sst_item **item, struct sst_err *e)
{
	*key_out = (struct sst_slice){ NULL, 0 };
	*item = NULL;
	r->item = (struct sst_item){ 0 };
	sst_arena_reset(&r->in.arena);
	if (read_line(r, line, e) == -1)
		return -1;
	*key_out = sst_buf_slice(&r->key);
	*item = &r->item;
	return 0;
}
