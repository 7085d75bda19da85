/*
 * libsst/schema/vector.c: vectors: `dim` elements that are never null, of a fixed width one after the
 * other, else each with its length as a vint.
 */
#include "schema/int.h"

static bool
get_element(const struct sst_type *t, struct sst_in *in, struct sst_slice *out)
{
	int each = t->args[0]->fixed_len;

	*out = each >= 0 ? sst_get_bytes(in, (size_t)each) : sst_get_bytesv(in);
	return !in->bad;
}

static int
compare_vector(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	struct sst_in x = sst_in_new(a, 0), y = sst_in_new(b, 0);
	struct sst_slice va, vb;
	uint32_t i;
	int c = sst_compare_empty(a, b);

	if (c != 2)
		return c;
	for (i = 0; i < t->dim; i++) {
		bool ga = get_element(t, &x, &va), gb = get_element(t, &y, &vb);

		if (!ga || !gb) /* only in damaged values */
			return ga - gb;
		if ((c = sst_type_compare(t->args[0], va, vb)) != 0)
			return c;
	}
	return 0;
}

static int
validate_vector(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_slice v;
	uint32_t i;

	for (i = 0; i < t->dim; i++) {
		if (!get_element(t, &in, &v))
			return sst_fail_value(t, s, e);
		if (sst_type_validate(t->args[0], v, e) == -1)
			return -1;
	}
	return sst_in_left(&in) == 0 ? 0 : sst_fail_value(t, s, e);
}

static int
print_vector(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_slice v;
	uint32_t i;

	if (form == SST_FORM_STRING) {
		sst_hex_put(b, s);
		return 0;
	}
	sst_buf_addc(b, '[');
	for (i = 0; i < t->dim; i++) {
		if (i > 0)
			sst_buf_adds(b, form == SST_FORM_NDJSON ? "," : ", ");
		if (!get_element(t, &in, &v))
			return sst_fail_value(t, s, e);
		if (sst_print(t->args[0], v, form, b, e) == -1)
			return -1;
		if (b->n > SST_VALUE_TEXT_MAX)
			return sst_fail_long(e);
	}
	sst_buf_addc(b, ']');
	return sst_in_left(&in) == 0 ? 0 : sst_fail_value(t, s, e);
}

int
sst_vector_add(
    const struct sst_type *t, struct sst_slice element, struct sst_buf *b, struct sst_err *e)
{
	int each = t->args[0]->fixed_len;

	if (each >= 0 && element.n != (size_t)each)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "an empty element in a vector");
	if (each < 0)
		sst_put_vint(b, element.n);
	sst_buf_add_slice(b, element);
	return 0;
}

static int
read_vector(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	return sst_hex_get(text, b) ? 0 : sst_fail_text(t, text, e);
}

const struct sst_kind_ops sst_ops_vector = { "vector", "VectorType", 0, -1,
	SST_EMPTY_OK | SST_NESTED, 0, compare_vector, validate_vector, print_vector, read_vector };
