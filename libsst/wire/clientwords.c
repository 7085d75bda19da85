/* wire/clientwords.c: the statements of the client: writes, and keys and slices as relations of a WHERE. */
#include "base/num.h"
#include "codec/out.h"
#include "schema/ident.h"
#include "wire/clientint.h"

#define KEY_COLUMNS_MAX 64

void
sst_client_put_name(struct sst_buf *b, const struct sst_table *t)
{
	sst_ident_put(b, t->keyspace);
	sst_buf_addc(b, '.');
	sst_ident_put(b, t->name);
}

static void
put_columns(struct sst_buf *b, const struct sst_column *c, size_t n, const char *between,
    const char *behind)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sst_buf_adds(b, i > 0 ? between : "");
		sst_ident_put(b, c[i].name);
		sst_buf_adds(b, behind);
	}
}

void
sst_client_put_where(struct sst_buf *b, const struct sst_table *t, bool row)
{
	sst_buf_adds(b, " WHERE ");
	put_columns(b, t->key, t->nkey, " AND ", " = ?");
	if (row && t->nck > 0) {
		sst_buf_adds(b, " AND ");
		put_columns(b, t->ck, t->nck, " AND ", " = ?");
	}
}

void
sst_client_put_insert(struct sst_buf *b, const struct sst_table *t)
{
	size_t i, n = t->nkey + t->nck + t->nregular;

	sst_buf_adds(b, "INSERT INTO ");
	sst_client_put_name(b, t);
	sst_buf_adds(b, " (");
	put_columns(b, t->key, t->nkey, ", ", "");
	if (t->nck > 0)
		sst_buf_adds(b, ", ");
	put_columns(b, t->ck, t->nck, ", ", "");
	if (t->nregular > 0)
		sst_buf_adds(b, ", ");
	put_columns(b, t->regulars, t->nregular, ", ", "");
	sst_buf_adds(b, ") VALUES (");
	for (i = 0; i < n; i++)
		sst_buf_adds(b, i > 0 ? ", ?" : "?");
	sst_buf_adds(b, ") USING TIMESTAMP ? AND TTL ?");
}

void
sst_client_put_update(struct sst_buf *b, const struct sst_table *t, bool row)
{
	sst_buf_adds(b, "UPDATE ");
	sst_client_put_name(b, t);
	sst_buf_adds(b, " USING TIMESTAMP ? AND TTL ? SET ");
	if (row)
		put_columns(b, t->regulars, t->nregular, ", ", " = ?");
	else
		put_columns(b, t->statics, t->nstatic, ", ", " = ?");
	sst_client_put_where(b, t, row);
}

void
sst_client_put_delete(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_adds(b, "DELETE FROM ");
	sst_client_put_name(b, t);
	sst_buf_adds(b, " USING TIMESTAMP ?");
}

static void
put_value(struct sst_buf *b, struct sst_slice s, unsigned *n)
{
	sst_put_u32(b, s.p == NULL ? UINT32_MAX : (uint32_t)s.n);
	sst_buf_add_slice(b, s);
	++*n;
}

static void
put_relation(struct sst_buf *text, const struct sst_column *c, const char *op)
{
	sst_buf_adds(text, " AND ");
	sst_ident_put(text, c->name);
	sst_buf_adds(text, op);
}

int
sst_client_put_key(const struct sst_table *t, struct sst_slice key, struct sst_buf *text,
    struct sst_buf *values, unsigned *n, struct sst_err *e)
{
	struct sst_slice v[KEY_COLUMNS_MAX];
	size_t i;

	if (t->nkey > SST_ARRAY_LEN(v))
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "a partition key of %zu columns", t->nkey);
	if (sst_key_split(t, key, v, e) == -1)
		return -1;
	for (i = 0; i < t->nkey; i++) {
		if (text != NULL) {
			sst_buf_adds(text, i > 0 ? " AND " : "");
			sst_ident_put(text, t->key[i].name);
			sst_buf_adds(text, " = ?");
		}
		put_value(values, v[i], n);
	}
	return 0;
}

/* How many columns both bounds have, with the same values. */
static size_t
shared(const struct sst_bound *a, const struct sst_bound *b)
{
	size_t i, n = a->n < b->n ? a->n : b->n;

	for (i = 0;
	     i < n && a->ck[i].p != NULL && b->ck[i].p != NULL && sst_slice_eq(a->ck[i], b->ck[i]);
	     i++)
		;
	return i;
}

/* The bound's last column, when it is behind the shared ones. */
static void
put_end(const struct sst_table *t, const struct sst_bound *at, bool from, struct sst_buf *text,
    struct sst_buf *values, unsigned *n)
{
	const struct sst_column *c = &t->ck[at->n - 1];
	bool inclusive = (at->side < 0) == from, above = from != c->type->reversed;

	put_relation(text, c,
	    above           ? (inclusive ? " >= ?" : " > ?")
		: inclusive ? " <= ?"
			    : " < ?");
	put_value(values, at->ck[at->n - 1], n);
}

int
sst_client_put_range(const struct sst_table *t, const struct sst_range *r, struct sst_buf *text,
    struct sst_buf *values, unsigned *n, struct sst_err *e)
{
	const struct sst_bound *from = &r->from, *to = &r->to;
	size_t i, same = shared(from, to);
	/* a bound that ends with the shared columns takes in all that begins with them, or nothing */
	bool whole_from = from->n == same && from->side < 0,
	     whole_to = to->n == same && to->side > 0;

	if ((!whole_from && from->n != same + 1) || (!whole_to && to->n != same + 1))
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "a range whose ends differ in more than one clustering column");
	for (i = 0; i < same; i++) {
		put_relation(text, &t->ck[i], " = ?");
		put_value(values, from->ck[i], n);
	}
	if (!whole_from)
		put_end(t, from, true, text, values, n);
	if (!whole_to)
		put_end(t, to, false, text, values, n);
	return 0;
}
