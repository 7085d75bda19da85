/*
 * libsst/schema/fromcql.c: values from constants of CQL: 7, 'it''s', $$it's$$, 0xcafe, a uuid as it
 * is, true, 1h30m, [1, 2], {'a', 'b'}, {'a': 1}, {field: 1}, (1, null); and blobAsInt(0x), which is
 * how an empty value can be written.
 */
#include "schema/elements.h"
#include "schema/int.h"

struct parser {
	const uint8_t *start;
	struct sst_head head;
	struct sst_buf *b;
	struct sst_err *e;
};

struct token { /* a constant */
	enum sst_literal kind;
	struct sst_slice text; /* of a string without its quotes, borrowed or in `own` */
	struct sst_buf own;
};

static int parse(struct parser *, const struct sst_type *);

static int
fail(struct parser *p, const char *what)
{
	return sst_fail(p->e, SST_EINVAL, NULL, (uint64_t)(p->head.p - p->start), "%s", what);
}

static bool
take(struct parser *p, char c)
{
	sst_head_blanks(&p->head);
	return sst_head_take(&p->head, c);
}

/* Passes over a word, whatever the case of its letters. */
static bool
take_word(struct parser *p, const char *lower)
{
	size_t i, n = strlen(lower);

	sst_head_blanks(&p->head);
	for (i = 0; i < n && i < (size_t)(p->head.end - p->head.p); i++)
		if ((p->head.p[i] >= 'A' && p->head.p[i] <= 'Z'
			    ? p->head.p[i] | 0x20
			    : p->head.p[i]) != (uint8_t)lower[i])
			return false;
	if (i < n)
		return false;
	p->head.p += n;
	return true;
}

/* What stands between quotes, each doubled one single; after the first quote. */
static int
quoted(struct parser *p, char quote, struct sst_buf *out)
{
	const uint8_t *q;

	for (;; p->head.p = q + 2) {
		q = p->head.p < p->head.end
		    ? memchr(p->head.p, quote, (size_t)(p->head.end - p->head.p))
		    : NULL;
		if (q == NULL)
			return fail(p, "a quote that is not closed");
		sst_buf_add(out, p->head.p, (size_t)(q - p->head.p));
		if (p->head.end - q < 2 || q[1] != (uint8_t)quote)
			break;
		sst_buf_addc(out, quote);
	}
	p->head.p = q + 1;
	return 0;
}

static int
dollars(struct parser *p, struct sst_buf *out)
{
	const uint8_t *q;

	for (q = p->head.p += 2; p->head.end - q >= 2; q++)
		if (q[0] == '$' && q[1] == '$') {
			sst_buf_add(out, p->head.p, (size_t)(q - p->head.p));
			p->head.p = q + 2;
			return 0;
		}
	return fail(p, "$$ that is not closed");
}

static bool
is_dashed(struct sst_slice s) /* looks like a uuid */
{
	return s.n == 36 && s.p[8] == '-' && s.p[13] == '-' && s.p[18] == '-' && s.p[23] == '-';
}

/* The kind of a constant without quotes. */
static enum sst_literal
classify(struct sst_slice s)
{
	bool minus = s.n > 0 && s.p[0] == '-', dot = false, exp = false;
	size_t i = minus;

	if (s.n >= 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x')
		return SST_LIT_HEX;
	if (is_dashed(s))
		return SST_LIT_UUID;
	if (s.n > i && s.p[i] >= '0' && s.p[i] <= '9') {
		for (; i < s.n &&
		     (!exp || s.p[i - 1] == 'e' || s.p[i - 1] == 'E' ||
			 (s.p[i] >= '0' && s.p[i] <= '9'));
		     i++) {
			bool sign = exp && (s.p[i] == '+' || s.p[i] == '-');

			if (s.p[i] == '.' && !dot && !exp)
				dot = true;
			else if ((s.p[i] | 0x20) == 'e' && !exp)
				exp = true;
			else if (!sign && (s.p[i] < '0' || s.p[i] > '9'))
				break;
		}
		return i < s.n ? SST_LIT_DURATION : dot || exp ? SST_LIT_FLOAT : SST_LIT_INTEGER;
	}
	if (s.n > i && s.p[i] == 'P')
		return SST_LIT_DURATION;
	if ((s.n == 4 && (s.p[0] | 0x20) == 't') || (s.n == 5 && (s.p[0] | 0x20) == 'f'))
		return SST_LIT_BOOLEAN;
	return SST_LIT_FLOAT; /* NaN, Infinity, or nothing that a type reads */
}

static bool
ends_constant(uint8_t c, bool colon)
{
	return c <= ' ' || c == ',' || c == ']' || c == '}' || c == ')' || c == '(' ||
	    (c == ':' && !colon);
}

/* colon: ':' belongs to the constant, as in P0001-02-03T04:05:06 */
static int
next(struct parser *p, struct token *t)
{
	const uint8_t *from;
	bool colon;
	int r = 0;

	sst_head_blanks(&p->head);
	from = p->head.p;
	t->kind = SST_LIT_STRING;
	if (p->head.p < p->head.end && *p->head.p == '\'') {
		p->head.p++;
		r = quoted(p, '\'', &t->own);
	} else if (p->head.end - p->head.p >= 2 && p->head.p[0] == '$' && p->head.p[1] == '$') {
		r = dollars(p, &t->own);
	} else {
		colon = p->head.end - from > 1 &&
		    (from[0] == 'P' || (from[0] == '-' && from[1] == 'P'));
		while (p->head.p < p->head.end && !ends_constant(*p->head.p, colon))
			p->head.p++;
		t->text = (struct sst_slice){ from, (size_t)(p->head.p - from) };
		if (t->text.n == 0)
			return fail(p, "want a constant");
		t->kind = classify(t->text);
		return 0;
	}
	t->text = sst_buf_slice(&t->own);
	return r == 0 && t->own.bad ? sst_fail_nomem(p->e) : r;
}

/* Checks what was appended from `at` on. */
static int
validate(struct parser *p, const struct sst_type *t, size_t at)
{
	if (p->b->bad)
		return sst_fail_nomem(p->e);
	return sst_type_validate(
	    t, (struct sst_slice){ sst_buf_slice(p->b).p + at, p->b->n - at }, p->e);
}

static int
store(struct parser *p, const struct sst_type *t, const struct token *k)
{
	struct sst_slice s = k->text;
	size_t at = p->b->n;
	int64_t v;

	if ((sst_ops(t)->literals & k->kind) == 0)
		return sst_fail_text(t, s, p->e);
	if (k->kind == SST_LIT_HEX) {
		s = (struct sst_slice){ s.p + 2, s.n - 2 };
		if (!sst_hex_get(s, p->b))
			return sst_fail_text(t, k->text, p->e);
		return validate(p, t, at);
	}
	if (t->kind == SST_COUNTER) {
		if (!sst_read_i64(s, &v))
			return sst_fail_text(t, s, p->e);
		sst_put_u64(p->b, (uint64_t)v);
		return 0;
	}
	return sst_type_from_string(t, s, p->b, p->e);
}

/* blobAsInt(0x…) or blob_as_int(0x…): the bytes as they are, if they are a value. */
static int
parse_bytes(struct parser *p, const struct sst_type *t)
{
	size_t at = p->b->n;
	const uint8_t *from;

	if (!take_word(p, sst_ops(t)->cql))
		return fail(p, "a function of another type");
	if (!take(p, '(') || !take_word(p, "0x"))
		return fail(p, "want (0x");
	for (from = p->head.p; p->head.p < p->head.end && sst_hex_digit(*p->head.p) >= 0;)
		p->head.p++;
	if (!sst_hex_get((struct sst_slice){ from, (size_t)(p->head.p - from) }, p->b) ||
	    !take(p, ')'))
		return fail(p, "want whole bytes and )");
	return validate(p, t, at);
}

static int
parse_constant(struct parser *p, const struct sst_type *t)
{
	struct token k = { .own = { 0 } };
	int r;

	if (sst_ops(t)->cql != NULL && (take_word(p, "blobas") || take_word(p, "blob_as_")))
		return parse_bytes(p, t);
	r = next(p, &k);
	if (r == 0)
		r = store(p, t, &k);
	sst_buf_free(&k.own);
	return r;
}

static int
parse_elements(struct parser *p, struct sst_elements *s, char close)
{
	const struct sst_type *t = s->type;
	struct parser in = *p;
	int r = 0;

	in.b = &s->bytes;
	if (take(&in, close)) {
		p->head = in.head;
		return 0;
	}
	do {
		if ((r = parse(&in, t->args[0])) == -1)
			break;
		sst_elements_end(s);
		if (t->kind != SST_MAP)
			continue;
		if (!take(&in, ':'))
			r = fail(&in, "want :");
		else if ((r = parse(&in, t->args[1])) == 0)
			sst_elements_end(s);
	} while (r == 0 && take(&in, ','));
	if (r == 0 && !take(&in, close))
		r = fail(&in, "want , or the closing bracket");
	p->head = in.head;
	return r;
}

static int
parse_collection(struct parser *p, const struct sst_type *t)
{
	struct sst_elements s = { .type = t };
	bool list = t->kind == SST_LIST;
	int r;

	if (!take(p, list ? '[' : '{'))
		return fail(p, list ? "want [" : "want {");
	r = parse_elements(p, &s, list ? ']' : '}');
	if (r == 0)
		r = sst_elements_finish(&s, p->b, p->e);
	sst_elements_free(&s);
	return r;
}

/* A value or null, with its length in 4 bytes before it. */
static int
parse_field(struct parser *p, const struct sst_type *t)
{
	size_t at = p->b->n;

	if (take_word(p, "null")) {
		sst_put_u32(p->b, UINT32_MAX);
		return 0;
	}
	sst_put_u32(p->b, 0);
	return parse(p, t) == -1 ? -1 : sst_set_length(p->b, at, p->e);
}

/* (a, b): fields that are missing at the end are left out, as Cassandra stores it. */
static int
parse_tuple(struct parser *p, const struct sst_type *t)
{
	size_t i = 0;

	if (!take(p, '('))
		return fail(p, "want (");
	if (take(p, ')')) /* ours: the empty value has no literal in Cassandra */
		return 0;
	do {
		if (i == t->nargs)
			return fail(p, "too many values in a tuple");
		if (parse_field(p, t->args[i++]) == -1)
			return -1;
	} while (take(p, ','));
	return take(p, ')') ? 0 : fail(p, "want , or )");
}

/* The name of a field; its index, or nargs when the type has none of that name. */
static int
parse_name(struct parser *p, const struct sst_type *t, size_t *index)
{
	struct sst_buf name = { 0 };
	int r = 0;

	*index = t->nargs;
	if (take(p, '"')) {
		r = quoted(p, '"', &name);
	} else {
		for (; p->head.p < p->head.end && !ends_constant(*p->head.p, false); p->head.p++)
			sst_buf_addc(&name,
			    (char)(*p->head.p >= 'A' && *p->head.p <= 'Z' ? *p->head.p | 0x20
									  : *p->head.p));
	}
	if (r == 0 && name.bad)
		r = sst_fail_nomem(p->e);
	for (size_t i = 0; r == 0 && i < t->nargs; i++)
		if (sst_slice_eq(sst_buf_slice(&name), t->fields[i]))
			*index = i;
	sst_buf_free(&name);
	if (r == 0 && *index == t->nargs)
		return fail(p, "no such field in the type");
	return r == 0 && !take(p, ':') ? fail(p, "want :") : r;
}

/* {a: 1, c: 2}: `at` is where each field's value begins and ends in `values`. */
static int
parse_fields(struct parser *p, const struct sst_type *t, size_t (*at)[2])
{
	size_t i;

	if (take(p, '}'))
		return 0;
	do {
		if (parse_name(p, t, &i) == -1)
			return -1;
		at[i][0] = p->b->n;
		if (parse_field(p, t->args[i]) == -1)
			return -1;
		at[i][1] = p->b->n;
	} while (take(p, ','));
	return take(p, '}') ? 0 : fail(p, "want , or }");
}

static int
parse_udt(struct parser *p, const struct sst_type *t)
{
	struct sst_buf values = { 0 };
	struct parser in = *p;
	struct sst_arena a = { 0 };
	size_t(*at)[2] = sst_arena_array(&a, t->nargs + 1, sizeof(*at)), i;
	int r;

	in.b = &values;
	if (at == NULL)
		r = sst_fail_nomem(p->e);
	else if (!take(&in, '{'))
		r = fail(&in, "want {");
	else {
		memset(at, 0, (t->nargs + 1) * sizeof(*at));
		r = parse_fields(&in, t, at);
	}
	for (i = 0; r == 0 && values.n > 0 && i < t->nargs; i++) { /* {} is the empty value */
		if (at[i][1] == 0)
			sst_put_u32(p->b, UINT32_MAX);
		else
			sst_buf_add(p->b, values.p + at[i][0], at[i][1] - at[i][0]);
	}
	p->head = in.head;
	sst_buf_free(&values);
	sst_arena_free(&a);
	return r;
}

static int
parse_vector(struct parser *p, const struct sst_type *t)
{
	struct sst_buf one = { 0 };
	struct parser in = *p;
	uint32_t n = 0;
	int r = 0;

	in.b = &one;
	if (!take(&in, '['))
		return fail(&in, "want [");
	do {
		sst_buf_reset(&one);
		if ((r = parse(&in, t->args[0])) == 0)
			r = sst_vector_add(t, sst_buf_slice(&one), p->b, p->e);
	} while (r == 0 && ++n < t->dim && take(&in, ','));
	if (r == 0 && (n < t->dim || !take(&in, ']')))
		r = fail(&in, "a vector of another length");
	p->head = in.head;
	sst_buf_free(&one);
	return r;
}

static int
parse(struct parser *p, const struct sst_type *t)
{
	switch (t->kind) {
	case SST_LIST:
	case SST_SET:
	case SST_MAP:
		return parse_collection(p, t);
	case SST_TUPLE:
		return parse_tuple(p, t);
	case SST_UDT:
		return parse_udt(p, t);
	case SST_VECTOR:
		if (take_word(p, "blobas") || take_word(p, "blob_as_"))
			return parse_bytes(p, t);
		return parse_vector(p, t);
	default:
		return parse_constant(p, t);
	}
}

int
sst_type_from_cql(
    const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	const uint8_t *start = text.n > 0 ? text.p : (const uint8_t *)"";
	struct parser p = { start, { start, start + text.n }, b, e };

	if (parse(&p, t) == -1)
		return -1;
	sst_head_blanks(&p.head);
	if (p.head.p < p.head.end)
		return fail(&p, "more text after the value");
	return b->bad ? sst_fail_nomem(e) : 0;
}
