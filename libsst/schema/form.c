/*
 * libsst/schema/form.c: values as text, in the four forms that type.h names: the quotes and escapes
 * that are the same for every kind.
 */
#include "schema/int.h"

int
sst_fail_long(struct sst_err *e)
{
	return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "a value's text is longer than %zu bytes",
	    SST_VALUE_TEXT_MAX);
}

int
sst_set_length(struct sst_buf *b, size_t at, struct sst_err *e)
{
	size_t n = b->n - at - 4;
	uint32_t be;

	if (b->bad)
		return sst_fail_nomem(e);
	if (n > INT32_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "a value of %zu bytes", n);
	be = __builtin_bswap32((uint32_t)n);
	memcpy(b->p + at, &be, 4);
	return 0;
}

static void
put_quoted(struct sst_buf *b, struct sst_slice s, char quote)
{
	size_t i;

	sst_buf_addc(b, quote);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == (uint8_t)quote)
			sst_buf_addc(b, quote);
		sst_buf_addc(b, (char)s.p[i]);
	}
	sst_buf_addc(b, quote);
}

void
sst_put_identifier(struct sst_buf *b, struct sst_slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && (i == 0 || (!(c >= '0' && c <= '9') && c != '_')))
			break;
	}
	if (i == name.n && i > 0)
		sst_buf_add_slice(b, name);
	else
		put_quoted(b, name, '"');
}

static bool
is_quoted(const struct sst_kind_ops *k, enum sst_form form)
{
	switch (form) {
	case SST_FORM_JSON:
		return k->flags & SST_JSON_QUOTED;
	case SST_FORM_NDJSON:
		return k->flags & (SST_JSON_QUOTED | SST_NDJSON_QUOTED);
	case SST_FORM_CQL:
		return k->flags & SST_CQL_QUOTED;
	default:
		return false;
	}
}

/* An empty value: in JSON "", in CQL '' where that is a constant, else a function of a blob. */
static void
print_empty(const struct sst_kind_ops *k, enum sst_form form, struct sst_buf *b)
{
	if (form == SST_FORM_JSON || form == SST_FORM_NDJSON)
		sst_buf_adds(b, "\"\"");
	else if (form == SST_FORM_CQL && (k->flags & SST_CQL_QUOTED || k->cql == NULL))
		sst_buf_adds(b, k->cql == NULL ? "0x" : "''");
	else if (form == SST_FORM_CQL) {
		sst_buf_adds(b, "blobAs");
		sst_buf_addc(b, (char)(k->cql[0] & ~0x20));
		sst_buf_adds(b, k->cql + 1);
		sst_buf_adds(b, "(0x)");
	}
}

int
sst_print(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	const struct sst_kind_ops *k = sst_ops(t);
	bool quoted = is_quoted(k, form), text;
	bool json = form == SST_FORM_JSON || form == SST_FORM_NDJSON;
	size_t from = b->n;
	struct sst_buf tmp;

	if (s.p == NULL) {
		sst_buf_adds(b, "null");
		return 0;
	}
	if (json && t->kind == SST_PARTITIONER_ORDER && t->nargs > 0)
		return sst_print(t->args[0], s, form, b, e);
	if (s.n == 0 && (k->flags & SST_EMPTY_OK)) {
		print_empty(k, form, b);
		return 0;
	}
	text = t->kind == SST_TEXT || t->kind == SST_VARCHAR || t->kind == SST_ASCII;
	if (text && quoted) { /* all others hold nothing to escape but composites */
		if (k->validate(t, s, e) == -1)
			return -1;
		if (form == SST_FORM_CQL)
			put_quoted(b, s, '\'');
		else
			sst_json_put_string(b, s);
		return 0;
	}
	if (t->kind == SST_COMPOSITE || t->kind == SST_DYNAMIC_COMPOSITE) {
		if (!quoted)
			return k->print(t, s, form, b, e);
		tmp = (struct sst_buf){ 0 };
		if (k->print(t, s, form, &tmp, e) == -1) {
			sst_buf_free(&tmp);
			return -1;
		}
		sst_json_put_string(b, sst_buf_slice(&tmp));
		b->bad |= tmp.bad;
		sst_buf_free(&tmp);
		return 0;
	}
	if (quoted)
		sst_buf_addc(b, form == SST_FORM_CQL ? '\'' : '"');
	if (k->print(t, s, form, b, e) == -1) {
		b->n = from < b->n ? from : b->n;
		return -1;
	}
	if (quoted)
		sst_buf_addc(b, form == SST_FORM_CQL ? '\'' : '"');
	return 0;
}

static int
print_all(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	if (sst_print(t, s, form, b, e) == -1)
		return -1;
	return b->bad ? sst_fail_nomem(e) : 0;
}

int
sst_type_to_string(
    const struct sst_type *t, struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	return print_all(t, s, SST_FORM_STRING, b, e);
}

int
sst_type_to_json(const struct sst_type *t, struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	return print_all(t, s, SST_FORM_JSON, b, e);
}

int
sst_type_to_cql(const struct sst_type *t, struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	return print_all(t, s, SST_FORM_CQL, b, e);
}

int
sst_type_to_ndjson(
    const struct sst_type *t, struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	return print_all(t, s, SST_FORM_NDJSON, b, e);
}

int
sst_type_from_string(
    const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_kind_ops *k = sst_ops(t);

	if (text.n == 0 && (k->flags & SST_EMPTY_OK) && t->kind != SST_BOOLEAN)
		return 0; /* Java reads a boolean's "" as false */
	if (k->read(t, text, b, e) == -1)
		return -1;
	return b->bad ? sst_fail_nomem(e) : 0;
}
