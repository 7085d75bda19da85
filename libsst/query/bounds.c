/* query/bounds.c: restrictions with values: keys of partitions, slices of them, ranges of tokens. */
#include <stdlib.h>

#include "codec/in.h"
#include "query/where.h"

struct values { /* of one column: sorted, each once */
	const struct sst_type *type;
	struct sst_slice *v;
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

/* Elements of a list that came for IN ?; it is valid, so its lengths are right. */
static int
values_of_list(struct values *to, const struct sst_operand *o, struct sst_slice list,
    struct sst_arena *arena, struct sst_err *e)
{
	struct sst_in in = sst_in_new(list, 0);
	uint32_t n = sst_get_u32(&in);

	if (n > SST_IN_MAX)
		return too_many(e);
	if (in.bad || n > sst_in_left(&in) / 4)
		n = 0;
	if ((to->v = sst_arena_array(arena, n, sizeof(*to->v))) == NULL && n > 0)
		return sst_fail_nomem(e);
	for (uint32_t i = 0; i < n; i++) {
		int32_t len = (int32_t)sst_get_u32(&in);

		if (len < 0)
			return refuse_null(o, e);
		to->v[to->n++] = sst_get_bytes(&in, (size_t)len);
	}
	return 0;
}

/* Few values, nearly always one: insertion keeps them in order, and drops what is there already. */
static void
sort_values(struct values *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct sst_slice v = s->v[i];
		size_t lo = 0, hi = n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (sst_type_compare(s->type, s->v[mid], v) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo < n && sst_type_compare(s->type, s->v[lo], v) == 0)
			continue;
		memmove(s->v + lo + 1, s->v + lo, (n - lo) * sizeof(*s->v));
		s->v[lo] = v;
		n++;
	}
	s->n = n;
}

static int
get_values(struct values *to, const struct sst_restriction *r, const struct sst_type *type,
    const struct sst_bind *bind, struct sst_err *e)
{
	struct sst_slice list;

	*to = (struct values){ .type = type };
	if (r->in_arg) {
		if (sst_operand_value(&r->values[0], bind, &list, NULL, e) == -1)
			return -1;
		if (list.p == NULL)
			return refuse_null(&r->values[0], e);
		if (values_of_list(to, &r->values[0], list, bind->arena, e) == -1)
			return -1;
	} else {
		to->v = sst_arena_array(bind->arena, r->nvalues + 1, sizeof(*to->v));
		if (to->v == NULL)
			return sst_fail_nomem(e);
		for (; to->n < r->nvalues; to->n++) {
			if (sst_operand_value(&r->values[to->n], bind, &to->v[to->n], NULL, e) ==
			    -1)
				return -1;
			if (to->v[to->n].p == NULL)
				return refuse_null(&r->values[to->n], e);
		}
	}
	sort_values(to);
	return 0;
}

/* Values of the first n columns, and how many combinations they make. */
static int
get_all(struct values **all, size_t n, size_t *product, const struct sst_restriction *r,
    const struct sst_column *columns, const struct sst_bind *bind, struct sst_err *e)
{
	*product = 1;
	if ((*all = sst_arena_array(bind->arena, n + 1, sizeof(**all))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < n; i++) {
		if (get_values(&(*all)[i], &r[i], columns[i].type, bind, e) == -1)
			return -1;
		if (__builtin_mul_overflow(*product, (*all)[i].n, product) || *product > SST_IN_MAX)
			return too_many(e);
	}
	return 0;
}

/* The i-th combination, the last column the quickest. */
static void
pick(const struct values *all, size_t n, size_t i, struct sst_slice *out)
{
	while (n-- > 0) {
		out[n] = all[n].v[i % all[n].n];
		i /= all[n].n;
	}
}

int
sst_where_keys(const struct sst_where *w, const struct sst_bind *bind, struct sst_slice **keys,
    size_t *n, struct sst_err *e)
{
	const struct sst_table *t = w->table;
	struct sst_buf b = { 0 };
	struct sst_slice *part;
	struct values *all;
	int r = 0;

	*n = 0;
	if (get_all(&all, t->nkey, n, w->key, t->key, bind, e) == -1)
		return -1;
	part = sst_arena_array(bind->arena, t->nkey, sizeof(*part));
	if ((*keys = sst_arena_array(bind->arena, *n + 1, sizeof(**keys))) == NULL || part == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; r == 0 && i < *n; i++) {
		pick(all, t->nkey, i, part);
		sst_buf_reset(&b);
		if ((r = sst_key_join(t, part, &b, e)) == -1)
			break;
		if (b.n == 0)
			r = sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "Key may not be empty");
		else if (b.n > UINT16_MAX)
			r = sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "Key length of %zu is longer than maximum of %d", b.n, UINT16_MAX);
		else if (b.bad ||
		    ((*keys)[i] = sst_arena_slice(bind->arena, sst_buf_slice(&b))).p == NULL)
			r = sst_fail_nomem(e);
	}
	sst_buf_free(&b);
	return r;
}

/* ---- slices ---- */

struct edges {              /* of a slice, as the natural order of values has them */
	size_t nlow, nhigh; /* values; 0: open */
	struct sst_slice *low, *high;
	bool low_in, high_in, reversed;
};

static int
edge_values(struct sst_slice **to, const struct sst_operand *o, size_t n,
    const struct sst_bind *bind, struct sst_err *e)
{
	if ((*to = sst_arena_array(bind->arena, n, sizeof(**to))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < n; i++) {
		if (sst_operand_value(&o[i], bind, &(*to)[i], NULL, e) == -1)
			return -1;
		if ((*to)[i].p == NULL)
			return refuse_null(&o[i], e);
	}
	return 0;
}

static int
get_edges(struct edges *s, const struct sst_where *w, size_t at, const struct sst_bind *bind,
    struct sst_err *e)
{
	const struct sst_restriction *r = at < w->table->nck ? &w->ck[at] : NULL;

	*s = (struct edges){ .reversed = r != NULL && w->table->ck[at].type->reversed };
	if (r != NULL && r->kind == SST_SLICE) {
		s->nlow = r->low != NULL;
		s->nhigh = r->high != NULL;
		s->low_in = r->low_in;
		s->high_in = r->high_in;
		if (r->low != NULL && edge_values(&s->low, r->low, 1, bind, e) == -1)
			return -1;
		return r->high != NULL ? edge_values(&s->high, r->high, 1, bind, e) : 0;
	}
	s->nlow = w->ntuple_low;
	s->nhigh = w->ntuple_high;
	s->low_in = w->tuple_low_in;
	s->high_in = w->tuple_high_in;
	if (s->nlow > 0 && edge_values(&s->low, w->tuple_low, s->nlow, bind, e) == -1)
		return -1;
	return s->nhigh > 0 ? edge_values(&s->high, w->tuple_high, s->nhigh, bind, e) : 0;
}

static int
make_bound(struct sst_bound *b, const struct sst_slice *prefix, size_t nprefix,
    const struct sst_slice *more, size_t nmore, struct sst_arena *arena, struct sst_err *e)
{
	struct sst_slice *ck = sst_arena_array(arena, nprefix + nmore + 1, sizeof(*ck));

	if (ck == NULL)
		return sst_fail_nomem(e);
	memcpy(ck, prefix, nprefix * sizeof(*ck));
	if (nmore > 0)
		memcpy(ck + nprefix, more, nmore * sizeof(*ck));
	b->ck = ck;
	b->n = nprefix + nmore;
	return 0;
}

/*
 * A slice behind a prefix, in clustering order.  A column that is stored in reverse has its greatest
 * value first, so there the upper edge is where the slice begins.
 */
static int
make_range(struct sst_range *r, const struct edges *s, const struct sst_slice *prefix,
    size_t nprefix, const struct sst_bind *bind, struct sst_err *e)
{
	bool first_in = s->reversed ? s->high_in : s->low_in;
	bool last_in = s->reversed ? s->low_in : s->high_in;
	size_t nfirst = s->reversed ? s->nhigh : s->nlow, nlast = s->reversed ? s->nlow : s->nhigh;

	r->from.side = nfirst > 0 && !first_in ? 1 : -1;
	r->to.side = nlast > 0 && !last_in ? -1 : 1;
	if (make_bound(&r->from, prefix, nprefix, s->reversed ? s->high : s->low, nfirst,
		bind->arena, e) == -1)
		return -1;
	return make_bound(
	    &r->to, prefix, nprefix, s->reversed ? s->low : s->high, nlast, bind->arena, e);
}

int
sst_where_slices(const struct sst_where *w, const struct sst_bind *bind, struct sst_range **out,
    size_t *n, bool *all, struct sst_err *e)
{
	const struct sst_table *t = w->table;
	size_t at = 0, product, kept = 0;
	struct sst_slice *prefix;
	struct values *values;
	struct edges edges;

	*n = 0;
	*all = !w->ck_restricted;
	if (*all)
		return 0;
	while (at < t->nck && (w->ck[at].kind == SST_EQ || w->ck[at].kind == SST_IN))
		at++;
	if (get_all(&values, at, &product, w->ck, t->ck, bind, e) == -1 ||
	    get_edges(&edges, w, at, bind, e) == -1)
		return -1;
	prefix = sst_arena_array(bind->arena, at + 1, sizeof(*prefix));
	if ((*out = sst_arena_array(bind->arena, product + 1, sizeof(**out))) == NULL ||
	    prefix == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < product; i++) {
		pick(values, at, i, prefix);
		if (make_range(&(*out)[kept], &edges, prefix, at, bind, e) == -1)
			return -1;
		if (sst_bound_compare(t, &(*out)[kept].from, &(*out)[kept].to) < 0)
			kept++;
	}
	*n = kept;
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
		return refuse_null(o, e);
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
