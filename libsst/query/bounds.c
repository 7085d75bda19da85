/* query/bounds.c: restrictions with values: keys of partitions, slices of them, ranges of tokens. */
#include <stdlib.h>

#include "codec/in.h"
#include "query/where.h"

struct values { /* of a column, or of several together: sorted, each once */
	const struct sst_column *columns;
	size_t ncolumns;
	struct sst_slice *v; /* n times ncolumns */
	size_t n;
};

static int
too_many(struct sst_err *e)
{
	return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "IN: more than %d combinations of values",
	    SST_IN_MAX);
}

static int
refuse_null(const struct sst_operand *o, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "Invalid null value in condition for column "
	    "%.*s",
	    SST_NAME_ARGS(o->name));
}

/* ---- values that came as a whole; they are valid, so their lengths are right ---- */

/* The fields of a tuple, none of which may be null. */
static int
split_tuple(struct sst_slice *to, size_t n, const struct sst_operand *o, struct sst_slice tuple,
    struct sst_err *e)
{
	struct sst_in in = sst_in_new(tuple, 0);

	for (size_t i = 0; i < n; i++) {
		int32_t len = (int32_t)sst_get_u32(&in);

		if (tuple.p == NULL || in.bad || len < 0)
			return refuse_null(o, e);
		to[i] = sst_get_bytes(&in, (size_t)len);
	}
	return 0;
}

/* Elements of a list that came for IN ?: each a value, or a tuple of them. */
static int
split_list(struct values *to, const struct sst_operand *o, struct sst_slice list, bool tuples,
    struct sst_arena *arena, struct sst_err *e)
{
	struct sst_in in = sst_in_new(list, 0);
	uint32_t n = sst_get_u32(&in);

	if (n > SST_IN_MAX)
		return too_many(e);
	if (in.bad || n > sst_in_left(&in) / 4)
		n = 0;
	to->v = sst_arena_array(arena, n * to->ncolumns + 1, sizeof(*to->v));
	if (to->v == NULL)
		return sst_fail_nomem(e);
	for (; to->n < n; to->n++) {
		struct sst_slice *at = &to->v[to->n * to->ncolumns];
		int32_t len = (int32_t)sst_get_u32(&in);

		if (len < 0)
			return refuse_null(o, e);
		*at = sst_get_bytes(&in, (size_t)len);
		if (tuples && split_tuple(at, to->ncolumns, o, *at, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- values of restrictions ---- */

static int
compare_values(const struct values *s, const struct sst_slice *a, const struct sst_slice *b)
{
	int c = 0;

	for (size_t i = 0; c == 0 && i < s->ncolumns; i++)
		c = sst_type_compare(s->columns[i].type, a[i], b[i]);
	return c;
}

struct place {
	const struct values *of;
	const struct sst_slice *at;
};

static int
compare_places(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	return compare_values(a->of, a->at, b->at);
}

/* In order, each once. */
static int
sort_values(struct values *s, struct sst_arena *arena, struct sst_err *e)
{
	struct sst_slice *sorted;
	struct place *all;
	size_t n = 0;

	if (s->n < 2)
		return 0;
	all = sst_arena_array(arena, s->n, sizeof(*all));
	sorted = sst_arena_array(arena, s->n * s->ncolumns, sizeof(*sorted));
	if (all == NULL || sorted == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < s->n; i++)
		all[i] = (struct place){ s, &s->v[i * s->ncolumns] };
	qsort(all, s->n, sizeof(*all), compare_places);
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0 && compare_places(&all[i - 1], &all[i]) == 0)
			continue;
		memcpy(&sorted[n++ * s->ncolumns], all[i].at, s->ncolumns * sizeof(*sorted));
	}
	s->v = sorted;
	s->n = n;
	return 0;
}

/* The i-th of the values that stand in the text. */
static int
get_value(struct values *to, const struct sst_restriction *r, size_t i, const struct sst_bind *bind,
    struct sst_err *e)
{
	size_t each = r->whole ? 1 : to->ncolumns;
	struct sst_slice *at = &to->v[i * to->ncolumns];

	for (size_t k = 0; k < each; k++) {
		const struct sst_operand *o = &r->values[i * each + k];

		if (sst_operand_value(o, bind, &at[k], NULL, e) == -1)
			return -1;
		if (at[k].p == NULL)
			return refuse_null(o, e);
	}
	return r->whole ? split_tuple(at, to->ncolumns, r->values + i, *at, e) : 0;
}

static int
get_values(struct values *to, const struct sst_restriction *r, const struct sst_column *columns,
    const struct sst_bind *bind, struct sst_err *e)
{
	bool tuples = r->kind == SST_TUPLES;
	struct sst_slice list;

	*to = (struct values){ .columns = columns, .ncolumns = tuples ? r->ncolumns : 1 };
	if (r->in_arg) {
		if (sst_operand_value(&r->values[0], bind, &list, NULL, e) == -1)
			return -1;
		if (list.p == NULL)
			return refuse_null(&r->values[0], e);
		if (split_list(to, &r->values[0], list, tuples, bind->arena, e) == -1)
			return -1;
	} else {
		to->v = sst_arena_array(bind->arena, r->nvalues * to->ncolumns + 1, sizeof(*to->v));
		if (to->v == NULL)
			return sst_fail_nomem(e);
		for (; to->n < r->nvalues; to->n++)
			if (get_value(to, r, to->n, bind, e) == -1)
				return -1;
	}
	return sort_values(to, bind->arena, e);
}

struct product { /* of the values of the columns of a key, or of the first of the clustering */
	struct values *of;
	size_t nof, ncolumns, n;
};

static int
get_all(struct product *p, size_t ncolumns, const struct sst_restriction *r,
    const struct sst_column *columns, const struct sst_bind *bind, struct sst_err *e)
{
	*p = (struct product){ .ncolumns = ncolumns, .n = 1 };
	if ((p->of = sst_arena_array(bind->arena, ncolumns + 1, sizeof(*p->of))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < ncolumns; i += p->of[p->nof++].ncolumns) {
		struct values *v = &p->of[p->nof];

		if (get_values(v, &r[i], &columns[i], bind, e) == -1)
			return -1;
		if (__builtin_mul_overflow(p->n, v->n, &p->n) || p->n > SST_IN_MAX)
			return too_many(e);
	}
	return 0;
}

/* The i-th combination, the last column the quickest. */
static void
pick(const struct product *p, size_t i, struct sst_slice *out)
{
	size_t end = p->ncolumns;

	for (size_t k = p->nof; k-- > 0; i /= p->of[k].n) {
		const struct values *v = &p->of[k];

		end -= v->ncolumns;
		memcpy(out + end, v->v + i % v->n * v->ncolumns, v->ncolumns * sizeof(*out));
	}
}

/* ---- keys ---- */

static int
check_key(struct sst_slice key, struct sst_err *e)
{
	if (key.n == 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "Key may not be empty");
	if (key.n > UINT16_MAX)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Key length of %zu is longer than maximum of %d", key.n, UINT16_MAX);
	return 0;
}

struct tokens { /* (left, right] */
	int64_t left, right;
	bool none;
};

static bool
has_token(const struct tokens *t, struct sst_slice key)
{
	int64_t token = sst_token(key);

	return !t->none && t->left < token && token <= t->right;
}

int
sst_where_keys(const struct sst_where *w, const struct sst_bind *bind, struct sst_slice **keys,
    size_t *n, struct sst_err *e)
{
	const struct sst_table *t = w->table;
	bool all = w->token_low == NULL && w->token_high == NULL;
	struct tokens within;
	struct sst_buf b = { 0 };
	struct sst_slice *part;
	struct product p;
	int r = 0;

	*n = 0;
	if (get_all(&p, t->nkey, w->key, t->key, bind, e) == -1 ||
	    sst_where_tokens(w, bind, &within.left, &within.right, &within.none, e) == -1)
		return -1;
	part = sst_arena_array(bind->arena, t->nkey, sizeof(*part));
	if ((*keys = sst_arena_array(bind->arena, p.n + 1, sizeof(**keys))) == NULL || part == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; r == 0 && i < p.n; i++) {
		pick(&p, i, part);
		sst_buf_reset(&b);
		if ((r = sst_key_join(t, part, &b, e)) == -1 ||
		    (r = check_key(sst_buf_slice(&b), e)) == -1)
			break;
		if (!all && !b.bad && !has_token(&within, sst_buf_slice(&b)))
			continue;
		(*keys)[*n] = sst_arena_slice(bind->arena, sst_buf_slice(&b));
		if (b.bad || (*keys)[(*n)++].p == NULL)
			r = sst_fail_nomem(e);
	}
	sst_buf_free(&b);
	return r;
}

/* ---- slices ---- */

struct edge { /* n == 0: open */
	size_t n;
	struct sst_slice *v;
	bool in;
};

struct edges { /* of a slice that begins at a column, as the natural order of values has them */
	size_t at;
	struct edge low, high;
};

static int
get_edge(
    struct edge *to, const struct sst_edge *from, const struct sst_bind *bind, struct sst_err *e)
{
	*to = (struct edge){ .n = from->n, .in = from->in };
	if (from->n == 0)
		return 0;
	if ((to->v = sst_arena_array(bind->arena, from->n, sizeof(*to->v))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < (from->whole ? 1 : from->n); i++) {
		if (sst_operand_value(&from->values[i], bind, &to->v[i], NULL, e) == -1)
			return -1;
		if (to->v[i].p == NULL)
			return refuse_null(&from->values[i], e);
	}
	return from->whole ? split_tuple(to->v, to->n, from->values, to->v[0], e) : 0;
}

static int
get_edges(struct edges *s, const struct sst_where *w, size_t at, const struct sst_bind *bind,
    struct sst_err *e)
{
	*s = (struct edges){ .at = at };
	if (at == w->table->nck || w->ck[at].kind != SST_SLICE)
		return 0;
	return get_edge(&s->low, &w->ck[at].low, bind, e) == -1
	    ? -1
	    : get_edge(&s->high, &w->ck[at].high, bind, e);
}

struct ranges { /* growing in the arena */
	const struct sst_table *t;
	struct sst_range *p;
	size_t n, cap;
	struct sst_arena *arena;
	struct sst_err *e;
};

static int
make_bound(struct ranges *to, struct sst_bound *b, const struct sst_slice *prefix, size_t nprefix,
    const struct sst_slice *more, size_t nmore)
{
	struct sst_slice *ck = sst_arena_array(to->arena, nprefix + nmore + 1, sizeof(*ck));

	if (ck == NULL)
		return sst_fail_nomem(to->e);
	if (nprefix > 0)
		memcpy(ck, prefix, nprefix * sizeof(*ck));
	if (nmore > 0)
		memcpy(ck + nprefix, more, nmore * sizeof(*ck));
	b->ck = ck;
	b->n = nprefix + nmore;
	return 0;
}

/*
 * What lies beyond an edge behind a prefix comes in pieces, each of which is a range in clustering order.
 * (c, d, e) > (1, 2, 3) is
 *
 *	c > 1  or  c = 1 and d > 2  or  c = 1 and d = 2 and e > 3
 *
 * where a column that is stored in reverse has its greatest value first, so that a piece of it ends, or
 * begins, where that of another begins.  This is the piece of n columns.
 */
static int
make_piece(struct ranges *to, struct sst_range *r, const struct sst_slice *prefix, size_t at,
    const struct edge *e, size_t n, bool above)
{
	bool in = n == e->n && e->in, first = above;
	struct sst_bound *near, *far;

	if (to->t->ck[at + n - 1].type->reversed)
		first = !first;
	near = first ? &r->from : &r->to; /* the edge's own side */
	far = first ? &r->to : &r->from;
	near->side = first == in ? -1 : 1;
	far->side = first ? 1 : -1;
	if (make_bound(to, near, prefix, at, e->v, n) == -1)
		return -1;
	return make_bound(to, far, prefix, at, e->v, n - 1);
}

static int
make_all(struct ranges *to, struct sst_range *r, const struct sst_slice *prefix, size_t at)
{
	r->from.side = -1;
	r->to.side = 1;
	if (make_bound(to, &r->from, prefix, at, NULL, 0) == -1)
		return -1;
	return make_bound(to, &r->to, prefix, at, NULL, 0);
}

/* Puts a range where it belongs among those from `start` on, unless it is empty. */
static int
add_range(struct ranges *to, size_t start, const struct sst_range *r)
{
	struct sst_range *more;
	size_t i;

	if (sst_bound_compare(to->t, &r->from, &r->to) >= 0)
		return 0;
	if (to->n == SST_IN_MAX)
		return too_many(to->e);
	if (to->n == to->cap) {
		size_t cap = to->cap * 2;

		if ((more = sst_arena_array(to->arena, cap, sizeof(*more))) == NULL)
			return sst_fail_nomem(to->e);
		memcpy(more, to->p, to->n * sizeof(*more));
		to->p = more;
		to->cap = cap;
	}
	for (i = to->n++; i > start && sst_bound_compare(to->t, &to->p[i - 1].from, &r->from) > 0;
	     i--)
		to->p[i] = to->p[i - 1];
	to->p[i] = *r;
	return 0;
}

static struct sst_range
intersection(const struct sst_table *t, const struct sst_range *a, const struct sst_range *b)
{
	return (struct sst_range){ sst_bound_compare(t, &a->from, &b->from) > 0 ? a->from : b->from,
		sst_bound_compare(t, &a->to, &b->to) < 0 ? a->to : b->to };
}

/* Do all columns of the edge run in one direction?  Then its pieces lie behind each other. */
static bool
is_straight(const struct sst_table *t, size_t at, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (t->ck[at + i].type->reversed != t->ck[at].type->reversed)
			return false;
	return true;
}

/* The pieces of one edge; nothing is beyond an open one. */
static int
make_pieces(struct ranges *to, struct sst_range **out, size_t *n, const struct sst_slice *prefix,
    size_t at, const struct edge *e, bool above)
{
	bool straight = is_straight(to->t, at, e->n);

	*n = e->n == 0 || straight ? 1 : e->n;
	if ((*out = sst_arena_array(to->arena, *n, sizeof(**out))) == NULL)
		return sst_fail_nomem(to->e);
	if (e->n == 0)
		return make_all(to, *out, prefix, at);
	if (straight) { /* up to the end of the prefix, not of the last value's */
		struct sst_range all = { { NULL, 0, 0 }, { NULL, 0, 0 } };

		if (make_piece(to, *out, prefix, at, e, e->n, above) == -1 ||
		    make_all(to, &all, prefix, at) == -1)
			return -1;
		if (above != to->t->ck[at].type->reversed)
			(*out)->to = all.to;
		else
			(*out)->from = all.from;
		return 0;
	}
	for (size_t i = 0; i < e->n; i++)
		if (make_piece(to, &(*out)[i], prefix, at, e, i + 1, above) == -1)
			return -1;
	return 0;
}

/* A slice behind a prefix: what is beyond both edges, in clustering order. */
static int
add_slice(struct ranges *to, const struct sst_slice *prefix, const struct edges *s)
{
	struct sst_range *above, *below, row;
	size_t nabove, nbelow, start = to->n;

	if (s->low.n == 0 && s->high.n == 0)
		return make_all(to, &row, prefix, s->at) == -1 ? -1 : add_range(to, start, &row);
	if (make_pieces(to, &above, &nabove, prefix, s->at, &s->low, true) == -1 ||
	    make_pieces(to, &below, &nbelow, prefix, s->at, &s->high, false) == -1)
		return -1;
	for (size_t i = 0; i < nabove; i++)
		for (size_t k = 0; k < nbelow; k++) {
			struct sst_range r = intersection(to->t, &above[i], &below[k]);

			if (add_range(to, start, &r) == -1)
				return -1;
		}
	return 0;
}

int
sst_where_slices(const struct sst_where *w, const struct sst_bind *bind, struct sst_range **out,
    size_t *n, bool *all, struct sst_err *e)
{
	struct ranges to = { .t = w->table, .arena = bind->arena, .e = e };
	size_t at = 0;
	struct sst_slice *prefix;
	struct product p;
	struct edges edges;

	*n = 0;
	*all = !w->ck_restricted;
	if (*all)
		return 0;
	while (at < to.t->nck && sst_restriction_is_given(&w->ck[at]))
		at++;
	if (get_all(&p, at, w->ck, to.t->ck, bind, e) == -1 ||
	    get_edges(&edges, w, at, bind, e) == -1)
		return -1;
	to.cap = p.n + 1;
	prefix = sst_arena_array(bind->arena, at + 1, sizeof(*prefix));
	if ((to.p = sst_arena_array(bind->arena, to.cap, sizeof(*to.p))) == NULL || prefix == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < p.n; i++) {
		pick(&p, i, prefix);
		if (add_slice(&to, prefix, &edges) == -1)
			return -1;
	}
	*out = to.p;
	*n = to.n;
	return 0;
}

/* ---- tokens ---- */

static int
token_value(int64_t *v, const struct sst_operand *o, const struct sst_bind *bind, struct sst_err *e)
{
	struct sst_slice s;
	struct sst_in in;

	if (sst_operand_value(o, bind, &s, NULL, e) == -1)
		return -1;
	if (s.p == NULL || s.n != 8)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "Invalid null token value");
	in = sst_in_new(s, 0);
	*v = (int64_t)sst_get_u64(&in);
	return 0;
}

int
sst_where_tokens(const struct sst_where *w, const struct sst_bind *bind, int64_t *left,
    int64_t *right, bool *none, struct sst_err *e)
{
	*left = INT64_MIN; /* no partition has this token */
	*right = INT64_MAX;
	*none = false;
	if (w->token_low != NULL) {
		if (token_value(left, w->token_low, bind, e) == -1)
			return -1;
		if (w->token_low_in && *left > INT64_MIN)
			(*left)--;
	}
	if (w->token_high != NULL) {
		if (token_value(right, w->token_high, bind, e) == -1)
			return -1;
		if (*right == INT64_MIN && w->token_high_in) /* the whole ring, by convention */
			*right = INT64_MAX;
		else if (!w->token_high_in && *right > INT64_MIN)
			(*right)--;
	}
	*none = *left >= *right;
	return 0;
}
