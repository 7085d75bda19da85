/* libsst/schema/table.c: tables: putting columns in order, keys apart and together, clusterings. */
#include "schema/table.h"

#include <stdlib.h>

#include "schema/int.h"

int
sst_column_find(const struct sst_column *cols, size_t n, struct sst_slice name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sst_slice_eq(cols[i].name, name))
			return (int)i;
	return -1;
}

void
sst_table_defaults(struct sst_table *t)
{
	t->gc_grace_s = 864000;
	t->bloom_fp = 0.01;
	t->min_index_interval = 128;
	t->max_index_interval = 2048;
	t->compression = (struct sst_compression){ SST_SLICE_LIT("LZ4Compressor"), 16384, 0 };
	t->compaction_class = SST_SLICE_LIT("SizeTieredCompactionStrategy");
}

static int
compare_columns(const void *a, const void *b)
{
	const struct sst_column *x = a, *y = b;

	if (x->type->multicell != y->type->multicell)
		return x->type->multicell ? 1 : -1;
	return sst_slice_cmp(x->name, y->name);
}

static int
check_names(const struct sst_table *t, struct sst_arena *a, struct sst_err *e)
{
	const struct {
		const struct sst_column *cols;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular } };
	size_t n = t->nkey + t->nck + t->nstatic + t->nregular, i, j, k = 0;
	struct sst_slice *names = sst_arena_array(a, n, sizeof(*names));
	const struct sst_slice *twice;

	if (names == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < SST_ARRAY_LEN(all); i++)
		for (j = 0; j < all[i].n; j++)
			names[k++] = all[i].cols[j].name;
	if ((twice = sst_find_twice(names, n)) != NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "table %.*s: two columns named %.*s", (int)t->name.n, (const char *)t->name.p,
		    (int)twice->n, (const char *)twice->p);
	return 0;
}

static int
make_key_type(struct sst_table *t, struct sst_arena *a, struct sst_err *e)
{
	struct sst_type *k;
	size_t i;

	if (t->nkey == 1) {
		t->key_type = t->key[0].type;
		return 0;
	}
	if ((k = sst_type_new(a, SST_COMPOSITE, t->nkey, e)) == NULL)
		return -1;
	for (i = 0; i < t->nkey; i++)
		k->args[i] = t->key[i].type;
	t->key_type = k;
	return 0;
}

int
sst_table_finish(struct sst_table *t, struct sst_arena *a, struct sst_err *e)
{
	size_t n;

	if (!sst_add_size(&n, t->nkey, t->nck) || !sst_add_size(&n, n, t->nstatic) ||
	    !sst_add_size(&n, n, t->nregular) || n > SST_COLUMNS_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "a table of more than %d columns",
		    SST_COLUMNS_MAX);
	if (t->nkey == 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "a table without partition key");
	if (t->nstatic > 1)
		qsort(t->statics, t->nstatic, sizeof(*t->statics), compare_columns);
	if (t->nregular > 1)
		qsort(t->regulars, t->nregular, sizeof(*t->regulars), compare_columns);
	return check_names(t, a, e) == -1 ? -1 : make_key_type(t, a, e);
}

int
sst_clustering_compare(const struct sst_table *t, const struct sst_slice *a, size_t na,
    const struct sst_slice *b, size_t nb)
{
	size_t i, n = na < nb ? na : nb;
	int c;

	for (i = 0; i < n; i++)
		if ((c = sst_compare_null(t->ck[i].type, a[i], b[i])) != 0)
			return c;
	return 0;
}

int
sst_key_join(const struct sst_table *t, const struct sst_slice *values, struct sst_buf *out,
    struct sst_err *e)
{
	size_t i, from = out->n;

	if (t->nkey == 1)
		sst_buf_add_slice(out, values[0]);
	for (i = 0; i < t->nkey && t->nkey > 1; i++) {
		if (values[i].n > UINT16_MAX)
			return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
			    "a partition key value of %zu bytes", values[i].n);
		sst_put_bytes16(out, values[i]);
		sst_put_u8(out, 0);
	}
	if (out->bad)
		return sst_fail_nomem(e);
	if (out->n - from > UINT16_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "a partition key of %zu bytes",
		    out->n - from);
	return 0;
}

int
sst_key_split(
    const struct sst_table *t, struct sst_slice key, struct sst_slice *values, struct sst_err *e)
{
	struct sst_in in = sst_in_new(key, 0);
	size_t i;

	if (t->nkey == 1) {
		values[0] = key;
		return 0;
	}
	for (i = 0; i < t->nkey; i++) {
		values[i] = sst_get_bytes16(&in);
		sst_get_u8(&in); /* end of component */
	}
	if (in.bad || sst_in_left(&in) > 0)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "a partition key of %zu bytes does not hold %zu values", key.n, t->nkey);
	return 0;
}

/* How many values a key's bytes hold, which are as sst_type_from_string() leaves them. */
static size_t
count_values(struct sst_slice key)
{
	struct sst_in in = sst_in_new(key, 0);
	size_t n = 0;

	while (sst_in_left(&in) > 0 && !in.bad) {
		sst_get_bytes16(&in);
		sst_get_u8(&in);
		n++;
	}
	return n;
}

int
sst_key_from_string(
    const struct sst_table *t, struct sst_slice text, struct sst_buf *out, struct sst_err *e)
{
	size_t from = out->n, n;

	if (sst_type_from_string(t->key_type, text, out, e) == -1)
		return -1;
	if (out->bad)
		return sst_fail_nomem(e);
	if (t->nkey == 1)
		return 0;
	n = count_values((struct sst_slice){ out->p + from, out->n - from });
	if (n != t->nkey)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a key has %zu values with ':' between, found %zu", t->nkey, n);
	return 0;
}
