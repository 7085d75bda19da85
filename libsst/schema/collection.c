/*
 * libsst/schema/collection.c: frozen lists, sets and maps: a count and that many elements, or twice
 * as many in a map, each with its length, all 4 bytes (formats/types.md).
 */
#include "schema/int.h"

/* How many values an element is. */
static unsigned
parts(const struct sst_type *t)
{
	return t->kind == SST_MAP ? 2 : 1;
}

/* Element by element, then the shorter one first. */
static int
compare_collection(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	struct sst_in x = sst_in_new(a, 0), y = sst_in_new(b, 0);
	struct sst_slice va, vb;
	int32_t na, nb, i;
	unsigned j;
	int c = sst_compare_empty(a, b);

	if (c != 2)
		return c;
	na = (int32_t)sst_get_u32(&x);
	nb = (int32_t)sst_get_u32(&y);
	for (i = 0; i < na && i < nb; i++)
		for (j = 0; j < parts(t); j++) {
			bool ga = sst_get_element(&x, &va), gb = sst_get_element(&y, &vb);

			if (!ga || !gb) /* only in damaged values */
				return ga - gb;
			if ((c = sst_compare_null(t->args[j], va, vb)) != 0)
				return c;
		}
	return SST_CMP(na, nb);
}

static int
validate_collection(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_slice v;
	int32_t n, i;
	unsigned j;

	if (s.n < 4)
		return sst_fail_value(t, s, e);
	if ((n = (int32_t)sst_get_u32(&in)) < 0)
		return sst_fail_value(t, s, e);
	for (i = 0; i < n; i++)
		for (j = 0; j < parts(t); j++) {
			if (!sst_get_element(&in, &v) || v.p == NULL)
				return sst_fail_value(t, s, e);
			if (sst_type_validate(t->args[j], v, e) == -1)
				return -1;
		}
	return sst_in_left(&in) == 0 ? 0 : sst_fail_value(t, s, e);
}

/* A map's key in JSON must be a string, whatever its type. */
static int
print_key(const struct sst_type *t, struct sst_slice v, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_buf key = { 0 };
	int r;

	if (form == SST_FORM_CQL || (sst_ops(t)->flags & SST_JSON_QUOTED))
		return sst_print(t, v, form, b, e);
	if ((r = sst_print(t, v, form, &key, e)) == 0) {
		if (key.n > 0 && key.p[0] == '"')
			sst_buf_add_slice(b, sst_buf_slice(&key));
		else
			sst_json_put_string(b, sst_buf_slice(&key));
	}
	if (key.bad)
		r = sst_fail_nomem(e);
	sst_buf_free(&key);
	return r;
}

static int
print_element(const struct sst_type *t, struct sst_in *in, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_slice v;

	if (!sst_get_element(in, &v))
		return 1;
	if (t->kind != SST_MAP)
		return sst_print(t->args[0], v, form, b, e);
	if (print_key(t->args[0], v, form, b, e) == -1)
		return -1;
	if (!sst_get_element(in, &v))
		return 1;
	sst_buf_adds(b, form == SST_FORM_NDJSON ? ":" : ": ");
	return sst_print(t->args[1], v, form, b, e);
}

static int
print_collection(const struct sst_type *t, struct sst_slice s, enum sst_form form,
    struct sst_buf *b, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	bool list = t->kind == SST_LIST || (t->kind == SST_SET && form != SST_FORM_CQL);
	const char *comma = form == SST_FORM_NDJSON ? "," : ", ";
	int32_t n, i;
	int r;

	if (form == SST_FORM_STRING) {
		sst_hex_put(b, s);
		return 0;
	}
	if ((n = (int32_t)sst_get_u32(&in)) < 0)
		return sst_fail_value(t, s, e);
	sst_buf_addc(b, list ? '[' : '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			sst_buf_adds(b, comma);
		if ((r = print_element(t, &in, form, b, e)) != 0)
			return r == 1 ? sst_fail_value(t, s, e) : -1;
		if (b->n > SST_VALUE_TEXT_MAX)
			return sst_fail_long(e);
	}
	sst_buf_addc(b, list ? ']' : '}');
	return sst_in_left(&in) == 0 && !in.bad ? 0 : sst_fail_value(t, s, e);
}

static int
read_collection(
    const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	return sst_hex_get(text, b) ? 0 : sst_fail_text(t, text, e);
}

const struct sst_kind_ops sst_ops_list = { "list", "ListType", 0, -1, SST_NESTED, 0,
	compare_collection, validate_collection, print_collection, read_collection };
const struct sst_kind_ops sst_ops_set = { "set", "SetType", 0, -1, SST_NESTED, 0,
	compare_collection, validate_collection, print_collection, read_collection };
const struct sst_kind_ops sst_ops_map = { "map", "MapType", 0, -1, SST_NESTED, 0,
	compare_collection, validate_collection, print_collection, read_collection };
