/* libsst/row/binding.c: encoding headers: their order, and how they fit a table. */
#include <stdlib.h>

#include "row/serial.h"

static int
column_order(const void *va, const void *vb)
{
	const struct sst_header_column *a = va, *b = vb;

	if (a->type->multicell != b->type->multicell)
		return a->type->multicell ? 1 : -1;
	return sst_slice_cmp(a->name, b->name);
}

static int
sort_columns(struct sst_header_column *c, size_t n, struct sst_err *e)
{
	size_t i;

	if (n == 0)
		return 0;
	qsort(c, n, sizeof(*c), column_order);
	for (i = 1; i < n; i++)
		if (column_order(&c[i - 1], &c[i]) == 0)
			return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
			    "column \"%.*s\" comes twice",
			    (int)(c[i].name.n > 64 ? 64 : c[i].name.n), (const char *)c[i].name.p);
	return 0;
}

int
sst_header_sort(struct sst_header *h, struct sst_err *e)
{
	if (sort_columns(h->statics, h->nstatic, e) == -1)
		return -1;
	return sort_columns(h->regulars, h->nregular, e);
}

/*
 * True when values of type `file` are values of type `want` too, in the same order when it matters:
 * the same type, or one that Cassandra let somebody alter it to.
 */
static bool
type_fits(const struct sst_type *want, const struct sst_type *file, bool ordered)
{
	size_t i;

	if (want->multicell != file->multicell || (ordered && want->reversed != file->reversed))
		return false;
	if (want->kind != file->kind) {
		bool text = want->kind == SST_TEXT || want->kind == SST_VARCHAR;

		if (text && (file->kind == SST_TEXT || file->kind == SST_VARCHAR))
			return true;
		return (text && file->kind == SST_ASCII) || (want->kind == SST_BLOB && !ordered) ||
		    (want->kind == SST_UUID && file->kind == SST_TIMEUUID && !ordered) ||
		    (want->kind == SST_VARINT && !ordered &&
			(file->kind == SST_INT || file->kind == SST_BIGINT));
	}
	/* Fields are added at the end of a user-defined type, and may be missing in old values. */
	if (want->kind == SST_UDT ? want->nargs < file->nargs : want->nargs != file->nargs)
		return false;
	if (want->dim != file->dim ||
	    (want->kind == SST_CUSTOM && !sst_slice_eq(want->name, file->name)))
		return false;
	for (i = 0; i < file->nargs; i++)
		if (!type_fits(want->args[i], file->args[i], ordered))
			return false;
	return true;
}

static int
fail_column(struct sst_err *e, struct sst_slice name, const char *what)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "column \"%.*s\" %s",
	    (int)(name.n > 64 ? 64 : name.n), (const char *)name.p, what);
}

static bool
was_dropped(const struct sst_table *t, struct sst_slice name, bool is_static)
{
	size_t i;

	for (i = 0; i < t->ndropped; i++)
		if (t->dropped[i].is_static == is_static && sst_slice_eq(t->dropped[i].name, name))
			return true;
	return false;
}

static int
bind_columns(struct sst_header *h, bool is_static, const struct sst_table *t,
    enum sst_unknown_column unknown, struct sst_err *e)
{
	struct sst_header_column *c = is_static ? h->statics : h->regulars;
	const struct sst_column *to = is_static ? t->statics : t->regulars;
	size_t i, n = is_static ? h->nstatic : h->nregular;
	size_t nto = is_static ? t->nstatic : t->nregular;
	uint32_t prev = 0;
	int col;

	for (i = 0; i < n; i++) {
		c[i].col = SST_NO_COLUMN;
		c[i].dropped_us = INT64_MIN;
		col = sst_column_find(to, nto, c[i].name);
		if (col == -1) {
			if (unknown == SST_UNKNOWN_REFUSE && !was_dropped(t, c[i].name, is_static))
				return fail_column(e, c[i].name, "is not in the table");
			continue;
		}
		if (!type_fits(to[col].type, c[i].type, false))
			return fail_column(e, c[i].name, "has another type in the table");
		c[i].col = (uint32_t)col;
		c[i].dropped_us = to[col].dropped_us;
		if (c[i].col < prev)
			return fail_column(e, c[i].name, "is out of order in the table");
		prev = c[i].col;
	}
	return 0;
}

int
sst_header_bind(struct sst_header *h, const struct sst_table *t, enum sst_unknown_column unknown,
    struct sst_err *e)
{
	size_t i;

	if (!type_fits(t->key_type, h->key_type, true))
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "the table has another partition key");
	if (h->nck != t->nck)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "%zu clustering columns, the table has %zu", h->nck, t->nck);
	for (i = 0; i < h->nck; i++)
		if (!type_fits(t->ck[i].type, h->ck[i], true))
			return fail_column(e, t->ck[i].name, "has another type in the table");
	if (bind_columns(h, true, t, unknown, e) == -1)
		return -1;
	return bind_columns(h, false, t, unknown, e);
}

static struct sst_header_column *
make_columns(const struct sst_column *c, size_t n, struct sst_arena *a)
{
	struct sst_header_column *to = sst_arena_array(a, n + 1, sizeof(*to));
	size_t i;

	for (i = 0; to != NULL && i < n; i++)
		to[i] = (struct sst_header_column){
			.name = c[i].name,
			.type = c[i].type,
			.col = (uint32_t)i,
			.dropped_us = INT64_MIN,
		};
	return to;
}

int
sst_header_make(
    struct sst_header *h, const struct sst_table *t, struct sst_arena *a, struct sst_err *e)
{
	size_t i;

	*h = (struct sst_header){
		.min_ts_us = SST_EPOCH_TS_US,
		.min_ldt_s = SST_EPOCH_LDT_S,
		.key_type = t->key_type,
		.nck = t->nck,
		.nstatic = t->nstatic,
		.nregular = t->nregular,
		.ck = sst_arena_array(a, t->nck + 1, sizeof(*h->ck)),
		.statics = make_columns(t->statics, t->nstatic, a),
		.regulars = make_columns(t->regulars, t->nregular, a),
		.sized = true,
	};
	if (h->ck == NULL || h->statics == NULL || h->regulars == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < t->nck; i++)
		h->ck[i] = t->ck[i].type;
	return 0;
}
