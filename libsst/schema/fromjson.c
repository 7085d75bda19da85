/*
 * libsst/schema/fromjson.c: values from JSON, as Cassandra's INSERT JSON reads them and as to_json
 * and to_ndjson print them: numbers may be strings; a collection may be JSON in a string, as a key
 * of a map must.
 */
#include "schema/elements.h"
#include "schema/int.h"

static int
refuse(const struct sst_type *t, const struct sst_json_node *v, struct sst_err *e)
{
	return sst_fail_text(t, v->text, e);
}

/* A value with its length in 4 bytes before it; of null the length is -1. */
static int
read_field(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	size_t at = b->n;

	if (v == NULL || v->type == SST_JSON_NULL) {
		sst_put_u32(b, UINT32_MAX);
		return 0;
	}
	sst_put_u32(b, 0);
	if (sst_type_from_json_node(t, v, b, e) == -1)
		return -1;
	return sst_set_length(b, at, e);
}

static int
read_elements(struct sst_elements *s, const struct sst_json_node *v, struct sst_err *e)
{
	const struct sst_type *t = s->type;
	const struct sst_json_node *i;
	unsigned j = 0;

	for (i = sst_json_first(v); i < sst_json_end(v); i = sst_json_next(i)) {
		if (sst_type_from_json_node(t->args[j], i, &s->bytes, e) == -1)
			return -1;
		sst_elements_end(s);
		j ^= t->kind == SST_MAP; /* a map's members are keys and values by turns */
	}
	return 0;
}

static int
read_collection(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	struct sst_elements s = { .type = t };
	int r;

	if (v->type != (t->kind == SST_MAP ? SST_JSON_OBJECT : SST_JSON_ARRAY))
		return refuse(t, v, e);
	r = read_elements(&s, v, e);
	if (r == 0)
		r = sst_elements_finish(&s, b, e);
	sst_elements_free(&s);
	return r;
}

static int
read_vector(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_json_node *i;
	struct sst_buf one = { 0 };
	int r = 0;

	if (v->type != SST_JSON_ARRAY || v->count != t->dim)
		return refuse(t, v, e);
	for (i = sst_json_first(v); i < sst_json_end(v) && r == 0; i = sst_json_next(i)) {
		sst_buf_reset(&one);
		r = sst_type_from_json_node(t->args[0], i, &one, e);
		if (r == 0)
			r = sst_vector_add(t, sst_buf_slice(&one), b, e);
	}
	sst_buf_free(&one);
	return r;
}

static int
read_tuple(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_json_node *i;
	size_t n = 0;

	if (v->type != SST_JSON_ARRAY || v->count != t->nargs)
		return refuse(t, v, e);
	for (i = sst_json_first(v); i < sst_json_end(v); i = sst_json_next(i))
		if (read_field(t->args[n++], i, b, e) == -1)
			return -1;
	return 0;
}

/* A key names a field as it is, or in any case, or between quotes within it. */
static bool
is_field(struct sst_slice key, struct sst_slice field)
{
	size_t i;

	if (sst_slice_eq(key, field))
		return true;
	if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
		return sst_slice_eq((struct sst_slice){ key.p + 1, key.n - 2 }, field);
	for (i = 0; i < key.n && i < field.n; i++)
		if ((key.p[i] >= 'A' && key.p[i] <= 'Z' ? key.p[i] | 0x20 : key.p[i]) != field.p[i])
			return false;
	return key.n == field.n;
}

static int
read_udt(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_json_node *k, *value;
	size_t i;

	if (v->type != SST_JSON_OBJECT)
		return refuse(t, v, e);
	for (k = sst_json_first(v); k < sst_json_end(v); k = sst_json_next(k + 1)) {
		for (i = 0; i < t->nargs && !is_field(k->text, t->fields[i]);)
			i++;
		if (i == t->nargs)
			return refuse(t, k, e);
	}
	for (i = 0; i < t->nargs; i++) {
		value = NULL;
		for (k = sst_json_first(v); k < sst_json_end(v); k = sst_json_next(k + 1))
			if (is_field(k->text, t->fields[i]))
				value = k + 1;
		if (read_field(t->args[i], value, b, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_nested(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	if (v->type == SST_JSON_STRING && v->text.n > 0)
		return sst_type_from_json(t, v->text, b, e);
	switch (t->kind) {
	case SST_TUPLE:
		return read_tuple(t, v, b, e);
	case SST_UDT:
		return read_udt(t, v, b, e);
	case SST_VECTOR:
		return v->type == SST_JSON_STRING ? 0 : read_vector(t, v, b, e);
	default:
		return read_collection(t, v, b, e);
	}
}

/* Java reads a JSON number as a double, whatever it is for. */
static int
read_float(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_buf wide = { 0 };
	uint64_t bits;
	uint32_t narrow;
	double d;
	float f;
	int r = sst_read_double(text, &wide);

	if (r == 0) {
		bits = sst_load_be64(wide.p);
		memcpy(&d, &bits, 8);
		f = (float)d;
		memcpy(&narrow, &f, 4);
		sst_put_u32(b, narrow);
	}
	sst_buf_free(&wide);
	return r == 0 ? 0 : sst_fail_text(t, text, e);
}

static int
read_scalar(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_kind_ops *k = sst_ops(t);
	struct sst_slice text = v->text;
	int64_t n;

	if (v->type == SST_JSON_NUMBER &&
	    (!(k->literals & (SST_LIT_INTEGER | SST_LIT_FLOAT)) || t->kind == SST_DATE ||
		t->kind == SST_TIME))
		return refuse(t, v, e);
	if (t->kind == SST_FLOAT && v->type == SST_JSON_NUMBER)
		return read_float(t, text, b, e);
	if (t->kind == SST_COUNTER) {
		if (!sst_read_i64(text, &n))
			return refuse(t, v, e);
		sst_put_u64(b, (uint64_t)n);
		return 0;
	}
	if (k->literals == SST_LIT_HEX && t->kind != SST_COMPOSITE &&
	    t->kind != SST_DYNAMIC_COMPOSITE) {
		if (text.n < 2 || text.p[0] != '0' || text.p[1] != 'x')
			return refuse(t, v, e);
		text = (struct sst_slice){ text.p + 2, text.n - 2 };
	}
	return sst_type_from_string(t, text, b, e);
}

int
sst_type_from_json_node(
    const struct sst_type *t, const struct sst_json_node *v, struct sst_buf *b, struct sst_err *e)
{
	if (v->type == SST_JSON_NULL)
		return refuse(t, v, e);
	if (t->kind == SST_PARTITIONER_ORDER && t->nargs > 0)
		return sst_type_from_json_node(t->args[0], v, b, e);
	if (sst_ops(t)->flags & SST_NESTED)
		return read_nested(t, v, b, e);
	switch (v->type) {
	case SST_JSON_TRUE:
	case SST_JSON_FALSE:
		if (t->kind != SST_BOOLEAN)
			return refuse(t, v, e);
		sst_put_u8(b, v->type == SST_JSON_TRUE);
		return 0;
	case SST_JSON_STRING:
		/* ours: Java makes a boolean of "", but we print an empty one so */
		return t->kind == SST_BOOLEAN && v->text.n == 0 ? 0 : read_scalar(t, v, b, e);
	case SST_JSON_NUMBER:
		return read_scalar(t, v, b, e);
	default:
		return refuse(t, v, e);
	}
}

int
sst_type_from_json(
    const struct sst_type *t, struct sst_slice json, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_json_node *root;
	struct sst_json *parser;
	int r;

	if (sst_json_new(&parser, e) == -1)
		return -1;
	r = sst_json_parse(parser, json, &root, e);
	if (r == 0)
		r = sst_type_from_json_node(t, root, b, e);
	if (r == 0 && b->bad)
		r = sst_fail_nomem(e);
	sst_json_free(parser);
	return r;
}
