/*
 * libsst/schema/cqltype.c: names of types in CQL: bigint, frozen<map<text, int>>, vector<float, 3>,
 * a user type's name, or a Java class in quotes.
 */
#include "schema/int.h"

#define ARGS_MAX 4096 /* of a tuple */

struct parser {
	struct sst_arena *arena;
	const uint8_t *start;
	struct sst_head head;
	sst_udt_lookup lookup;
	void *arg;
	unsigned depth;
	struct sst_err *e;
};

static const struct sst_type *parse(struct parser *, bool frozen, bool top);

static const struct sst_type *
fail(struct parser *p, const char *what)
{
	sst_fail(p->e, SST_EINVAL, NULL, (uint64_t)(p->head.p - p->start), "type in CQL: %s", what);
	return NULL;
}

static bool
take(struct parser *p, char c)
{
	sst_head_blanks(&p->head);
	return sst_head_take(&p->head, c);
}

/* A name as it counts: lower case, or what stands between quotes.  p == NULL: none, or no memory. */
static struct sst_slice
name(struct parser *p, char quote)
{
	const uint8_t *from;
	uint8_t *out;
	size_t n = 0;
	bool quoted = take(p, quote);

	for (from = p->head.p; p->head.p < p->head.end; p->head.p++) {
		uint8_t c = *p->head.p;

		if (quoted && c == (uint8_t)quote &&
		    (p->head.end - p->head.p < 2 || p->head.p[1] != c))
			break;
		if (quoted)
			p->head.p += c == (uint8_t)quote;
		else if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_')
			break;
	}
	if ((out = sst_arena_alloc(p->arena, (size_t)(p->head.p - from) + 1)) == NULL)
		return (struct sst_slice){ NULL, 0 };
	for (; from < p->head.p; from++) {
		out[n++] = *from >= 'A' && *from <= 'Z' && !quoted ? *from | 0x20 : *from;
		from += quoted && *from == (uint8_t)quote;
	}
	if (quoted && !take(p, quote))
		n = 0;
	return (struct sst_slice){ n > 0 ? out : NULL, n };
}

static const struct sst_type *
parse_args(struct parser *p, enum sst_kind kind, bool frozen)
{
	const struct sst_type *args[3], **list = args;
	struct sst_type *t;
	size_t n = 0, want = kind == SST_MAP ? 2 : kind == SST_TUPLE ? ARGS_MAX : 1;

	if (!take(p, '<'))
		return fail(p, "want <");
	if (kind == SST_TUPLE && (list = sst_arena_array(p->arena, want, sizeof(*list))) == NULL) {
		sst_fail_nomem(p->e);
		return NULL;
	}
	do {
		if (n == want)
			return fail(p, "too many types between < and >");
		if ((list[n++] = parse(p, frozen || kind == SST_TUPLE, false)) == NULL)
			return NULL;
	} while (take(p, ','));
	if (!take(p, '>') || (kind != SST_TUPLE && n != want))
		return fail(p, "want , or >");
	if ((t = sst_type_new(p->arena, kind, n, p->e)) == NULL)
		return NULL;
	memcpy(t->args, list, n * sizeof(*list));
	t->multicell = !frozen && kind != SST_TUPLE;
	return t;
}

static const struct sst_type *
parse_vector(struct parser *p)
{
	const struct sst_type *in;
	struct sst_type *t;
	uint64_t dim = 0;
	const uint8_t *from;

	if (!take(p, '<'))
		return fail(p, "want <");
	if ((in = parse(p, true, false)) == NULL)
		return NULL;
	if (!take(p, ','))
		return fail(p, "want , and a number of elements");
	sst_head_blanks(&p->head);
	for (from = p->head.p;
	     p->head.p < p->head.end && *p->head.p >= '0' && *p->head.p <= '9' && dim <= UINT32_MAX;
	     p->head.p++)
		dim = dim * 10 + (*p->head.p - '0');
	if (p->head.p == from || !take(p, '>'))
		return fail(p, "want a number of elements and >");
	if ((t = sst_type_new(p->arena, SST_VECTOR, 1, p->e)) == NULL)
		return NULL;
	t->args[0] = in;
	return sst_type_set_dim(t, dim, p->e) == -1 ? NULL : t;
}

static const struct sst_type *
parse_frozen(struct parser *p)
{
	const struct sst_type *t;

	if (!take(p, '<'))
		return fail(p, "want <");
	if ((t = parse(p, true, true)) == NULL)
		return NULL;
	return take(p, '>') ? t : fail(p, "want >");
}

static const struct sst_type *
parse_udt(struct parser *p, struct sst_slice udt, bool frozen)
{
	const struct sst_type *t;

	if (take(p, '.')) /* the keyspace is the table's own: types of others are not allowed */
		udt = name(p, '"');
	if (udt.p == NULL)
		return fail(p, "want a name");
	if ((t = p->lookup == NULL ? NULL : p->lookup(p->arg, udt)) == NULL) {
		sst_fail(p->e, SST_EINVAL, NULL, (uint64_t)(p->head.p - p->start), "no type %.*s",
		    (int)(udt.n < 60 ? udt.n : 60), (const char *)udt.p);
		return NULL;
	}
	if (frozen && (t = sst_type_freeze(t, p->arena)) == NULL)
		sst_fail_nomem(p->e);
	return t;
}

/* 'org.apache...': the name of a class */
static const struct sst_type *
parse_quoted_class(struct parser *p, bool frozen)
{
	struct sst_slice text = name(p, '\'');
	const struct sst_type *t;

	if (text.p == NULL)
		return fail(p, "want the name of a class");
	if (sst_type_parse_class(&t, p->arena, text, p->e) == -1)
		return NULL;
	if (frozen && (t = sst_type_freeze(t, p->arena)) == NULL)
		sst_fail_nomem(p->e);
	return t;
}

static const struct sst_type *
parse_named(struct parser *p, struct sst_slice word, bool frozen)
{
	static const enum sst_kind last = SST_VECTOR;
	struct sst_type t = { .kind = SST_ASCII };

	if (sst_slice_eq(word, SST_SLICE_LIT("frozen")))
		return parse_frozen(p);
	for (; t.kind <= last; t.kind++) {
		const char *cql = sst_ops(&t)->cql;

		if (cql == NULL || !sst_slice_eq(word, sst_slice_str(cql)))
			continue;
		if (t.kind == SST_VECTOR)
			return parse_vector(p);
		if (t.kind >= SST_LIST)
			return parse_args(p, t.kind, frozen);
		if (t.kind == SST_VARCHAR) /* a schema says text, whatever it was told */
			t.kind = SST_TEXT;
		return sst_type_new(p->arena, t.kind, 0, p->e);
	}
	return parse_udt(p, word, frozen);
}

static const struct sst_type *
parse(struct parser *p, bool frozen, bool top)
{
	const struct sst_type *t;
	struct sst_slice word;
	bool quoted;

	if (p->depth == SST_TYPE_DEPTH_MAX) {
		sst_fail(p->e, SST_ELIMIT, NULL, (uint64_t)(p->head.p - p->start),
		    "types nested deeper than %d", SST_TYPE_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	sst_head_blanks(&p->head);
	quoted = p->head.p < p->head.end && *p->head.p == '"';
	if (p->head.p < p->head.end && *p->head.p == '\'') {
		t = parse_quoted_class(p, frozen);
	} else {
		word = name(p, '"');
		t = word.p == NULL ? fail(p, "want a name")
		    : quoted       ? parse_udt(p, word, frozen)
				   : parse_named(p, word, frozen);
	}
	p->depth--;
	if (t != NULL && t->multicell && !top)
		return fail(p, "a collection or user type in another type must be frozen");
	return t;
}

int
sst_type_parse_cql(const struct sst_type **out, struct sst_arena *a, struct sst_slice text,
    sst_udt_lookup lookup, void *arg, struct sst_err *e)
{
	const uint8_t *start = text.n > 0 ? text.p : (const uint8_t *)"";
	struct parser p = { a, start, { start, start + text.n }, lookup, arg, 0, e };

	if ((*out = parse(&p, false, true)) == NULL)
		return -1;
	sst_head_blanks(&p.head);
	if (p.head.p < p.head.end) {
		*out = NULL;
		fail(&p, "more text after the type");
		return -1;
	}
	return 0;
}

static void
put_args(const struct sst_type *t, struct sst_buf *b)
{
	size_t i;

	sst_buf_adds(b, sst_ops(t)->cql);
	sst_buf_addc(b, '<');
	for (i = 0; i < t->nargs; i++) {
		if (i > 0)
			sst_buf_adds(b, ", ");
		sst_type_cql(t->args[i], b);
	}
	if (t->kind == SST_VECTOR)
		sst_buf_addf(b, ", %u", t->dim);
	sst_buf_addc(b, '>');
}

void
sst_type_cql(const struct sst_type *t, struct sst_buf *b)
{
	bool frozen = !t->multicell &&
	    (t->kind == SST_LIST || t->kind == SST_SET || t->kind == SST_MAP ||
		t->kind == SST_TUPLE || t->kind == SST_UDT);

	if (frozen)
		sst_buf_adds(b, "frozen<");
	if (t->kind == SST_UDT) {
		sst_put_identifier(b, t->name);
	} else if (t->nargs > 0 && sst_ops(t)->cql != NULL) {
		put_args(t, b);
	} else if (sst_ops(t)->cql != NULL) {
		sst_buf_adds(b, sst_ops(t)->cql);
	} else {
		sst_buf_addc(b, '\'');
		sst_type_class(t, b);
		sst_buf_addc(b, '\'');
	}
	if (frozen)
		sst_buf_addc(b, '>');
}
