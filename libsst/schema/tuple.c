/*
 * libsst/schema/tuple.c: tuples and frozen user types: fields one after the other, each with its
 * length in 4 bytes, negative for null.  A value may end before its last fields: those are null.
 */
#include "schema/int.h"

static bool
rest_is_null(struct sst_in in)
{
	struct sst_slice v;

	while (sst_in_left(&in) > 0)
		if (!sst_get_element(&in, &v) || v.p != NULL)
			return false;
	return true;
}

static int
compare_tuple(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	struct sst_in x = sst_in_new(a, 0), y = sst_in_new(b, 0);
	struct sst_slice va, vb;
	bool null_a, null_b;
	size_t i;
	int c = sst_compare_empty(a, b);

	if (c != 2)
		return c;
	for (i = 0; i < t->nargs && sst_in_left(&x) > 0 && sst_in_left(&y) > 0; i++) {
		bool ga = sst_get_element(&x, &va), gb = sst_get_element(&y, &vb);

		if (!ga || !gb) /* only in damaged values */
			return ga - gb;
		if ((c = sst_compare_null(t->args[i], va, vb)) != 0)
			return c;
	}
	null_a = rest_is_null(x);
	null_b = rest_is_null(y);
	return null_b - null_a;
}

static int
validate_tuple(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_slice v;
	size_t i;

	for (i = 0; i < t->nargs && sst_in_left(&in) > 0; i++) {
		if (!sst_get_element(&in, &v))
			return sst_fail_value(t, s, e);
		if (v.p != NULL && sst_type_validate(t->args[i], v, e) == -1)
			return -1;
	}
	return sst_in_left(&in) == 0 && !in.bad ? 0 : sst_fail_value(t, s, e);
}

/* Adds what print_string() must escape: ':' parts fields and '@' is null. */
static void
add_escaped(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == ':' || s.p[i] == '@')
			sst_buf_addc(b, '\\');
		sst_buf_addc(b, (char)s.p[i]);
	}
}

/* getString: "a:b:@", and no more than there is. */
static int
print_string(const struct sst_type *t, struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_buf field = { 0 };
	struct sst_slice v;
	size_t i;
	int r = 0;

	for (i = 0; i < t->nargs && sst_in_left(&in) > 0 && r == 0; i++) {
		if (i > 0)
			sst_buf_addc(b, ':');
		if (!sst_get_element(&in, &v)) {
			r = sst_fail_value(t, s, e);
		} else if (v.p == NULL) {
			sst_buf_addc(b, '@');
		} else {
			sst_buf_reset(&field);
			r = sst_print(t->args[i], v, SST_FORM_STRING, &field, e);
			add_escaped(b, sst_buf_slice(&field));
			if (r == 0 && field.bad)
				r = sst_fail_nomem(e);
		}
		if (r == 0 && b->n > SST_VALUE_TEXT_MAX)
			r = sst_fail_long(e);
	}
	sst_buf_free(&field);
	if (r == 0 && (sst_in_left(&in) > 0 || in.bad))
		r = sst_fail_value(t, s, e);
	return r;
}

static bool
has_upper(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

/* The name of a field and what parts it from its value. */
static void
put_field_name(struct sst_buf *b, struct sst_slice name, enum sst_form form)
{
	if (form == SST_FORM_CQL) {
		sst_put_identifier(b, name);
	} else if (form == SST_FORM_JSON && has_upper(name)) { /* Cassandra quotes these twice */
		sst_buf_adds(b, "\"\\\"");
		sst_json_put_chars(b, name);
		sst_buf_adds(b, "\\\"\"");
	} else {
		sst_json_put_string(b, name);
	}
	sst_buf_adds(b, form == SST_FORM_NDJSON ? ":" : ": ");
}

static int
print_tuple(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	static const char *const brackets[2][2] = { { "[]", "()" }, { "{}", "{}" } };
	struct sst_in in = sst_in_new(s, 0);
	const char *bracket = brackets[t->kind == SST_UDT][form == SST_FORM_CQL];
	struct sst_slice v;
	size_t i;

	if (form == SST_FORM_STRING)
		return print_string(t, s, b, e);
	sst_buf_addc(b, bracket[0]);
	for (i = 0; i < t->nargs; i++) {
		v = (struct sst_slice){ NULL, 0 };
		if (sst_in_left(&in) == 0 && form == SST_FORM_CQL &&
		    (t->kind == SST_TUPLE || i == 0))
			break; /* so that it reads back as short as it is */
		if (sst_in_left(&in) > 0 && !sst_get_element(&in, &v))
			return sst_fail_value(t, s, e);
		if (i > 0)
			sst_buf_adds(b, form == SST_FORM_NDJSON ? "," : ", ");
		if (t->kind == SST_UDT)
			put_field_name(b, t->fields[i], form);
		if (sst_print(t->args[i], v, form, b, e) == -1)
			return -1;
		if (b->n > SST_VALUE_TEXT_MAX)
			return sst_fail_long(e);
	}
	sst_buf_addc(b, bracket[1]);
	return sst_in_left(&in) == 0 && !in.bad ? 0 : sst_fail_value(t, s, e);
}

/* Appends one field read from text up to an unescaped ':'. */
static int
read_field(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_buf plain = { 0 };
	size_t i, at = b->n;
	int r;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n &&
		    (text.p[i + 1] == ':' || text.p[i + 1] == '@'))
			i++;
		sst_buf_addc(&plain, (char)text.p[i]);
	}
	sst_put_u32(b, 0);
	r = sst_type_from_string(t, sst_buf_slice(&plain), b, e);
	if (r == 0)
		r = plain.bad ? sst_fail_nomem(e) : sst_set_length(b, at, e);
	sst_buf_free(&plain);
	return r;
}

static int
read_tuple(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	size_t from = 0, to, i;

	for (i = 0; from <= text.n && text.n > 0; i++, from = to + 1) {
		for (to = from;
		     to < text.n && (text.p[to] != ':' || (to > 0 && text.p[to - 1] == '\\'));)
			to++;
		if (i == t->nargs)
			return sst_fail_text(t, text, e);
		if (to - from == 1 && text.p[from] == '@')
			sst_put_u32(b, UINT32_MAX);
		else if (read_field(t->args[i], (struct sst_slice){ text.p + from, to - from }, b,
			     e) == -1)
			return -1;
	}
	return 0;
}

const struct sst_kind_ops sst_ops_tuple = { "tuple", "TupleType", 0, -1, SST_NESTED, 0,
	compare_tuple, validate_tuple, print_tuple, read_tuple };
const struct sst_kind_ops sst_ops_udt = { NULL, "UserType", 0, -1, SST_NESTED, 0, compare_tuple,
	validate_tuple, print_tuple, read_tuple };
