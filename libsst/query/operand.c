/*
 * query/operand.c: values of statements.  A literal without markers becomes bytes once, when the
 * statement is prepared.  One with markers in it is rare: it is printed again with the values that
 * came, and read like any other literal.
 */
#include "query/operand.h"

static bool
has_marks(const struct sst_term *t)
{
	if (t->kind == SST_TERM_MARK)
		return true;
	for (const struct sst_term *c = t->first; c != NULL; c = c->next)
		if (has_marks(c)) /* as deep as the parser lets terms nest */
			return true;
	return false;
}

static const struct sst_term *
first_call(const struct sst_term *t)
{
	const struct sst_term *call = t->kind == SST_TERM_CALL ? t : NULL;

	for (const struct sst_term *c = t->first; call == NULL && c != NULL; c = c->next)
		call = first_call(c);
	return call;
}

/* The type of the i-th thing inside a value, named `field` in a user type; NULL: there is none. */
static const struct sst_type *
inner_type(const struct sst_type *t, const struct sst_term *of, size_t i, struct sst_slice field)
{
	switch (t->kind) {
	case SST_LIST:
	case SST_SET:
	case SST_VECTOR:
		return t->args[0];
	case SST_MAP:
		return t->args[of->kind == SST_TERM_MAP ? i % 2 : 1];
	case SST_TUPLE:
		return i < t->nargs ? t->args[i] : NULL;
	case SST_UDT:
		for (size_t k = 0; k < t->nargs; k++)
			if (sst_slice_eq(t->fields[k], field))
				return t->args[k];
		return NULL;
	default:
		return NULL;
	}
}

static int
announce(const struct sst_term *t, const struct sst_spec *spec, struct sst_marks *marks,
    struct sst_err *e)
{
	const struct sst_type *inner;
	size_t i = 0;

	if (t->kind == SST_TERM_MARK) {
		if (t->ncount >= marks->n)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "a marker too many");
		marks->specs[t->ncount] =
		    (struct sst_spec){ t->name.n > 0 ? t->name : spec->name, spec->type };
		return 0;
	}
	for (const struct sst_term *c = t->first; c != NULL; c = c->next, i++) {
		struct sst_spec in = { spec->name, NULL };

		if (!has_marks(c))
			continue;
		if ((inner = inner_type(spec->type, t, i, c->name)) == NULL)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "line %u: no value for %.*s", c->line, SST_NAME_ARGS(spec->name));
		in.type = inner;
		if (announce(c, &in, marks, e) == -1)
			return -1;
	}
	return 0;
}

static int
constant(
    struct sst_operand *o, struct sst_arena *arena, const struct sst_term *t, struct sst_err *e)
{
	struct sst_buf b = { 0 };
	struct sst_err why;
	int r = -1;

	if (t->kind == SST_TERM_CAST)
		t = t->first;
	if (sst_type_from_cql(o->type, t->text, &b, &why) == -1)
		sst_fail(e, why.code == SST_ENOMEM ? SST_ENOMEM : SST_EINVAL, NULL, SST_NOWHERE,
		    "line %u: %.*s: %.90s", t->line, SST_NAME_ARGS(o->name), why.what);
	else if (b.bad || (o->bytes = sst_arena_slice(arena, sst_buf_slice(&b))).p == NULL)
		sst_fail_nomem(e);
	else
		r = 0;
	sst_buf_free(&b);
	return r;
}

int
sst_operand_make(struct sst_operand *o, struct sst_arena *arena, const struct sst_term *t,
    const struct sst_spec *spec, struct sst_marks *marks, struct sst_err *e)
{
	const struct sst_term *call = first_call(t);

	*o = (struct sst_operand){ .type = spec->type, .name = spec->name, .term = t };
	if (call != NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "line %u: Unknown function %.*s",
		    call->line, SST_NAME_ARGS(call->name));
	if (t->kind == SST_TERM_NULL)
		return 0;
	if (!has_marks(t)) {
		o->kind = SST_OPERAND_CONST;
		return constant(o, arena, t, e);
	}
	if (t->kind == SST_TERM_CAST && t->first->kind == SST_TERM_MARK)
		o->term = t = t->first;
	o->kind = t->kind == SST_TERM_MARK ? SST_OPERAND_ARG : SST_OPERAND_BUILT;
	o->mark = t->ncount;
	return announce(t, spec, marks, e);
}

/* ---- running ---- */

static int
argument(const struct sst_operand *o, const struct sst_bind *bind, struct sst_slice *out,
    bool *unset, struct sst_err *e)
{
	const struct sst_argument *a = &bind->args[o->mark];
	struct sst_err why;

	if (unset != NULL)
		*unset = a->unset;
	if (a->unset)
		return unset != NULL
		    ? 0
		    : sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			  "Invalid unset value for column %.*s", SST_NAME_ARGS(o->name));
	*out = a->value;
	if (a->value.p == NULL || sst_type_validate(o->type, a->value, &why) == 0)
		return 0;
	return sst_fail(
	    e, SST_EINVAL, NULL, SST_NOWHERE, "%.*s: %.100s", SST_NAME_ARGS(o->name), why.what);
}

static int put_inside(struct sst_buf *, const struct sst_term *, const struct sst_type *,
    const struct sst_bind *, struct sst_err *);

/* A term as text, its markers replaced by the literals of what came for them. */
static int
put_term(struct sst_buf *b, const struct sst_term *t, const struct sst_type *type,
    const struct sst_bind *bind, struct sst_err *e)
{
	const struct sst_argument *a;

	if (!has_marks(t)) {
		sst_buf_add_slice(b, t->text);
		return 0;
	}
	if (t->kind == SST_TERM_CAST)
		return put_term(b, t->first, type, bind, e);
	if (t->kind != SST_TERM_MARK)
		return put_inside(b, t, type, bind, e);
	a = &bind->args[t->ncount];
	if (a->unset || a->value.p == NULL) {
		if (a->unset || (type->kind != SST_TUPLE && type->kind != SST_UDT))
			sst_buf_adds(b, "null");
		return 0;
	}
	if (sst_type_validate(type, a->value, e) == -1) {
		e->code = SST_EINVAL;
		return -1;
	}
	return sst_type_to_cql(type, a->value, b, e);
}

static int
put_inside(struct sst_buf *b, const struct sst_term *t, const struct sst_type *type,
    const struct sst_bind *bind, struct sst_err *e)
{
	bool braces = t->kind == SST_TERM_SET || t->kind == SST_TERM_MAP || t->kind == SST_TERM_UDT;
	const char *marks = braces ? "{}" : t->kind == SST_TERM_TUPLE ? "()" : "[]";
	size_t i = 0;

	sst_buf_addc(b, marks[0]);
	for (const struct sst_term *c = t->first; c != NULL; c = c->next, i++) {
		if (i > 0)
			sst_buf_addc(b, t->kind == SST_TERM_MAP && i % 2 == 1 ? ':' : ',');
		if (t->kind == SST_TERM_UDT) {
			sst_buf_addc(b, '"');
			sst_buf_add_slice(b, c->name);
			sst_buf_adds(b, "\":");
		}
		if (put_term(b, c, inner_type(type, t, i, c->name), bind, e) == -1)
			return -1;
	}
	sst_buf_addc(b, marks[1]);
	return 0;
}

static int
build(const struct sst_operand *o, const struct sst_bind *bind, struct sst_slice *out,
    struct sst_err *e)
{
	struct sst_buf text = { 0 }, bytes = { 0 };
	int r = put_term(&text, o->term, o->type, bind, e);

	if (r == 0 && text.bad)
		r = sst_fail_nomem(e);
	if (r == 0 && (r = sst_type_from_cql(o->type, sst_buf_slice(&text), &bytes, e)) == 0) {
		*out = sst_arena_slice(bind->arena, sst_buf_slice(&bytes));
		if (bytes.bad || out->p == NULL)
			r = sst_fail_nomem(e);
	}
	sst_buf_free(&text);
	sst_buf_free(&bytes);
	return r;
}

int
sst_operand_value(const struct sst_operand *o, const struct sst_bind *bind, struct sst_slice *out,
    bool *unset, struct sst_err *e)
{
	*out = (struct sst_slice){ NULL, 0 };
	if (unset != NULL)
		*unset = false;
	switch (o->kind) {
	case SST_OPERAND_NULL:
		return 0;
	case SST_OPERAND_CONST:
		*out = o->bytes;
		return 0;
	case SST_OPERAND_ARG:
		return argument(o, bind, out, unset, e);
	default:
		return build(o, bind, out, e);
	}
}
