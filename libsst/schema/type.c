/*
 * libsst/schema/type.c: what is the same for every kind of type: the table of kinds, freezing, cell
 * types, and the calls that go on to the kind's own functions.
 */
#include <stdlib.h>

#include "schema/int.h"

static const struct sst_kind_ops *const kinds[] = {
	[SST_ASCII] = &sst_ops_ascii,
	[SST_BIGINT] = &sst_ops_bigint,
	[SST_BLOB] = &sst_ops_blob,
	[SST_BOOLEAN] = &sst_ops_boolean,
	[SST_COUNTER] = &sst_ops_counter,
	[SST_DATE] = &sst_ops_date,
	[SST_DECIMAL] = &sst_ops_decimal,
	[SST_DOUBLE] = &sst_ops_double,
	[SST_DURATION] = &sst_ops_duration,
	[SST_FLOAT] = &sst_ops_float,
	[SST_INET] = &sst_ops_inet,
	[SST_INT] = &sst_ops_int,
	[SST_SMALLINT] = &sst_ops_smallint,
	[SST_TEXT] = &sst_ops_text,
	[SST_TIME] = &sst_ops_time,
	[SST_TIMESTAMP] = &sst_ops_timestamp,
	[SST_TIMEUUID] = &sst_ops_timeuuid,
	[SST_TINYINT] = &sst_ops_tinyint,
	[SST_UUID] = &sst_ops_uuid,
	[SST_VARCHAR] = &sst_ops_varchar,
	[SST_VARINT] = &sst_ops_varint,
	[SST_LIST] = &sst_ops_list,
	[SST_SET] = &sst_ops_set,
	[SST_MAP] = &sst_ops_map,
	[SST_TUPLE] = &sst_ops_tuple,
	[SST_UDT] = &sst_ops_udt,
	[SST_VECTOR] = &sst_ops_vector,
	[SST_EMPTY] = &sst_ops_empty,
	[SST_LEGACY_TIMESTAMP] = &sst_ops_legacy_timestamp,
	[SST_LEXICAL_UUID] = &sst_ops_lexical_uuid,
	[SST_COMPOSITE] = &sst_ops_composite,
	[SST_DYNAMIC_COMPOSITE] = &sst_ops_dynamic_composite,
	[SST_PARTITIONER_ORDER] = &sst_ops_partitioner_order,
	[SST_CUSTOM] = &sst_ops_custom,
};

const struct sst_kind_ops *
sst_ops(const struct sst_type *t)
{
	return kinds[t->kind];
}

struct sst_type *
sst_type_new(struct sst_arena *a, enum sst_kind kind, size_t nargs, struct sst_err *e)
{
	struct sst_type *t = sst_arena_alloc(a, sizeof(*t));

	if (t == NULL) {
		sst_fail_nomem(e);
		return NULL;
	}
	*t = (struct sst_type){ .kind = kind, .fixed_len = kinds[kind]->fixed_len, .nargs = nargs };
	if (nargs > 0 && (t->args = sst_arena_array(a, nargs, sizeof(*t->args))) == NULL) {
		sst_fail_nomem(e);
		return NULL;
	}
	return t;
}

static int
compare_names(const void *a, const void *b)
{
	const struct sst_slice *x = a, *y = b;

	return sst_slice_cmp(*x, *y);
}

const struct sst_slice *
sst_find_twice(struct sst_slice *names, size_t n)
{
	size_t i;

	qsort(names, n, sizeof(*names), compare_names);
	for (i = 1; i < n; i++)
		if (sst_slice_eq(names[i - 1], names[i]))
			return &names[i];
	return NULL;
}

int
sst_type_set_dim(struct sst_type *t, uint64_t dim, struct sst_err *e)
{
	int each = t->args[0]->fixed_len;
	uint64_t all;

	if (dim == 0 || each == 0) /* elements of no bytes: a file could hold any number */
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "a vector of no bytes");
	if (dim > INT32_MAX)
		return sst_fail(
		    e, SST_ELIMIT, NULL, SST_NOWHERE, "a vector of %ju elements", (uintmax_t)dim);
	all = each < 0 ? 0 : dim * (uint64_t)each;
	if (all > INT32_MAX)
		return sst_fail(
		    e, SST_ELIMIT, NULL, SST_NOWHERE, "a vector of %ju bytes", (uintmax_t)all);
	t->dim = (uint32_t)dim;
	t->fixed_len = each < 0 ? -1 : (int)all;
	return 0;
}

const struct sst_type *
sst_type_freeze(const struct sst_type *t, struct sst_arena *a)
{
	struct sst_err e;
	struct sst_type *f = sst_type_new(a, t->kind, t->nargs, &e);
	const struct sst_type **args;
	size_t i;

	if (f == NULL)
		return NULL;
	args = f->args;
	*f = *t;
	f->args = args;
	f->multicell = false;
	for (i = 0; i < t->nargs; i++)
		if ((args[i] = sst_type_freeze(t->args[i], a)) == NULL)
			return NULL;
	return f;
}

static const struct sst_type timeuuid = { .kind = SST_TIMEUUID, .fixed_len = 16 };
static const struct sst_type smallint = { .kind = SST_SMALLINT, .fixed_len = -1 };
static const struct sst_type empty = { .kind = SST_EMPTY, .fixed_len = 0 };

const struct sst_type *
sst_type_path(const struct sst_type *t)
{
	if (!t->multicell)
		return NULL;
	switch (t->kind) {
	case SST_LIST:
		return &timeuuid;
	case SST_SET:
	case SST_MAP:
		return t->args[0];
	case SST_UDT: /* the field's index */
		return &smallint;
	default:
		return NULL;
	}
}

const struct sst_type *
sst_type_cell(const struct sst_type *t, struct sst_slice path)
{
	size_t i;

	if (!t->multicell)
		return t;
	switch (t->kind) {
	case SST_LIST:
		return t->args[0];
	case SST_MAP:
		return t->args[1];
	case SST_SET:
		return &empty;
	case SST_UDT:
		i = path.n == 2 ? (size_t)(path.p[0] << 8 | path.p[1]) : SIZE_MAX;
		return i < t->nargs ? t->args[i] : NULL;
	default:
		return t;
	}
}

int
sst_type_compare(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int64_t x, y;

	if (t->fixed_len == 8 && t->kind != SST_DOUBLE && t->kind != SST_LEGACY_TIMESTAMP &&
	    t->nargs == 0 && a.n == 8 && b.n == 8) {
		x = (int64_t)sst_load_be64(a.p); /* bigint, timestamp: most keys there are */
		y = (int64_t)sst_load_be64(b.p);
		return t->reversed ? SST_CMP(y, x) : SST_CMP(x, y);
	}
	return t->reversed ? kinds[t->kind]->compare(t, b, a) : kinds[t->kind]->compare(t, a, b);
}

int
sst_type_validate(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	const struct sst_kind_ops *k = kinds[t->kind];

	if (s.n == 0 && (k->flags & SST_EMPTY_OK))
		return 0;
	return k->validate(t, s, e);
}

int
sst_compare_bytes(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	(void)t;
	return sst_slice_cmp(a, b);
}

int
sst_compare_signed(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int c = sst_compare_empty(a, b);

	(void)t;
	if (c != 2)
		return c;
	c = SST_CMP((int8_t)a.p[0], (int8_t)b.p[0]);
	return c != 0 ? c : sst_slice_cmp(a, b);
}

int
sst_fail_text(const struct sst_type *t, struct sst_slice text, struct sst_err *e)
{
	struct sst_buf b = { 0 };

	sst_type_cql(t, &b);
	sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not a value of type %.*s: %.*s",
	    (int)(b.n < 40 ? b.n : 40), (const char *)sst_buf_slice(&b).p,
	    (int)(text.n < 60 ? text.n : 60), text.n > 0 ? (const char *)text.p : "");
	sst_buf_free(&b);
	return -1;
}

int
sst_fail_value(const struct sst_type *t, struct sst_slice value, struct sst_err *e)
{
	struct sst_buf b = { 0 };

	sst_type_cql(t, &b);
	sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "these %zu bytes are no value of type %.*s",
	    value.n, (int)(b.n < 60 ? b.n : 60), (const char *)sst_buf_slice(&b).p);
	sst_buf_free(&b);
	return -1;
}
