/*
 * query/operand.c: values of statements.  A literal without markers becomes bytes once, when the
 * statement is prepared.  One with markers in it is rare: it is printed again with the values that
 * came, and read like any other literal.
 */
#include "query/operand.h"

#include "query/refuse.h"

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

/* In Cassandra's words where it is of another kind; what is wrong with it, otherwise. */
static int
refuse_literal(const struct sst_operand *o, const struct sst_term *t, const struct sst_err *why,
    struct sst_err *e)
{
	static const char *const constants[] = { [SST_TERM_STRING] = "STRING",
		[SST_TERM_INTEGER] = "INTEGER",
		[SST_TERM_FLOAT] = "FLOAT",
		[SST_TERM_BOOLEAN] = "BOOLEAN",
		[SST_TERM_UUID] = "UUID",
		[SST_TERM_HEX] = "HEX",
		[SST_TERM_DURATION] = "DURATION" };
	static const char *const literals[] = { [SST_TERM_LIST] = "list",
		[SST_TERM_SET] = "set",
		[SST_TERM_MAP] = "map",
		[SST_TERM_UDT] = "user type",
		[SST_TERM_TUPLE] = "tuple" };
	bool constant = t->kind <= SST_TERM_DURATION;
	struct sst_buf type = { 0 };

	sst_type_cql(o->type, &type);
	if (type.bad)
		sst_fail_nomem(e);
	else if (constant && t->kind != SST_TERM_NULL)
		sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Invalid %s constant (%.*s) for \"%.*s\" of type %.*s", constants[t->kind],
		    SST_NAME_ARGS(t->value), SST_NAME_ARGS(o->name),
		    SST_NAME_ARGS(sst_buf_slice(&type)));
	else if (!constant && t->kind <= SST_TERM_TUPLE)
		sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Invalid %s literal for %.*s of type %.*s: %.60s", literals[t->kind],
		    SST_NAME_ARGS(o->name), SST_NAME_ARGS(sst_buf_slice(&type)), why->what);
	else
		sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%.*s: %.90s", SST_NAME_ARGS(o->name),
		    why->what);
	sst_buf_free(&type);
	return -1;
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
		why.code == SST_ENOMEM ? sst_fail_nomem(e) : refuse_literal(o, t, &why, e);
	else if (b.bad || (o->bytes = sst_arena_slice(arena, sst_buf_slice(&b))).p == NULL)
		sst_fail_nomem(e);
	else
		r = 0;
	sst_buf_free(&b);
	return r;
}

/* ---- functions ---- */

/* What a literal can be, where a function takes several types. */
static enum sst_kind
hint_of(const struct sst_term *t, struct sst_slice function)
{
	bool to_date = sst_slice_eq(function, SST_SLICE_LIT("todate")) ||
	    sst_slice_eq(function, SST_SLICE_LIT("to_date"));

	if (t->kind == SST_TERM_UUID)
		return SST_TIMEUUID;
	if (t->kind == SST_TERM_STRING)
		return to_date ? SST_TIMESTAMP : SST_DATE;
	return SST_CUSTOM;
}

/* Values of one type that are values of another as well. */
static bool
fits(const struct sst_type *to, const struct sst_type *from)
{
	bool text = from->kind == SST_TEXT || from->kind == SST_VARCHAR || from->kind == SST_ASCII;

	return to->kind == from->kind || to->kind == SST_BLOB ||
	    (to->kind == SST_UUID && from->kind == SST_TIMEUUID) ||
	    (text && (to->kind == SST_TEXT || to->kind == SST_VARCHAR));
}

static int make_call(struct sst_operand *, struct sst_arena *, const struct sst_term *,
    const struct sst_spec *, struct sst_marks *, struct sst_err *);

/* The argument of a call; its type first where it says one: (timestamp) '2020-01-01', now(). */
static int
make_argument(struct sst_operand *o, struct sst_operand *arg, struct sst_arena *arena,
    const struct sst_term *t, struct sst_marks *marks, struct sst_err *e)
{
	const struct sst_term *a = t->first;
	const struct sst_type *type = NULL;
	struct sst_spec spec;

	if (a->kind == SST_TERM_CALL) {
		spec = (struct sst_spec){ t->name, NULL };
		if (make_call(arg, arena, a, &spec, marks, e) == -1)
			return -1;
		type = arg->type;
	} else if (a->kind == SST_TERM_CAST &&
	    sst_type_parse_cql(&type, arena, a->name, NULL, NULL, e) == -1) {
		e->code = e->code == SST_ENOMEM ? SST_ENOMEM : SST_EINVAL;
		return -1;
	}
	if (sst_function_find(
		&o->function, arena, t->name, t->ncount, type, hint_of(a, t->name), e) == -1)
		return -1;
	if (type != NULL && !fits(o->function->arg, type))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Type error: %.*s cannot be passed as argument 0 of function system.%.*s",
		    SST_NAME_ARGS(a->text), SST_NAME_ARGS(t->name));
	spec = (struct sst_spec){ SST_SLICE_LIT("arg0(system.function)"), o->function->arg };
	return a->kind == SST_TERM_CALL ? 0 : sst_operand_make(arg, arena, a, &spec, marks, e);
}

/* spec->type NULL: any will do. */
static int
make_call(struct sst_operand *o, struct sst_arena *arena, const struct sst_term *t,
    const struct sst_spec *spec, struct sst_marks *marks, struct sst_err *e)
{
	struct sst_buf is = { 0 }, want = { 0 };
	struct sst_operand *arg = NULL;
	int r;

	*o = (struct sst_operand){ .kind = SST_OPERAND_CALL, .name = spec->name, .nth = t->nth };
	if (t->nth >= SST_CALLS_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "more than %d calls of functions in a statement", SST_CALLS_MAX);
	if (t->ncount == 1) {
		if ((arg = sst_arena_zeroed(arena, 1, sizeof(*arg))) == NULL)
			return sst_fail_nomem(e);
		r = make_argument(o, arg, arena, t, marks, e);
		o->arg = arg;
	} else
		r = sst_function_find(&o->function, arena, t->name, t->ncount, NULL, SST_CUSTOM, e);
	if (r == -1)
		return -1;
	o->type = o->function->result;
	if (spec->type == NULL || fits(spec->type, o->type))
		return 0;
	sst_type_cql(o->type, &is);
	sst_type_cql(spec->type, &want);
	r = is.bad || want.bad
	    ? sst_fail_nomem(e)
	    : sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		  "Type error: cannot assign result of function system.%.*s (type %.*s) to %.*s "
		  "(type %.*s)",
		  SST_NAME_ARGS(t->name), SST_NAME_ARGS(sst_buf_slice(&is)),
		  SST_NAME_ARGS(spec->name), SST_NAME_ARGS(sst_buf_slice(&want)));
	sst_buf_free(&is);
	sst_buf_free(&want);
	return r;
}

int
sst_operand_make(struct sst_operand *o, struct sst_arena *arena, const struct sst_term *t,
    const struct sst_spec *spec, struct sst_marks *marks, struct sst_err *e)
{
	const struct sst_term *call = first_call(t);

	*o = (struct sst_operand){ .type = spec->type, .name = spec->name, .term = t };
	if (call == t)
		return make_call(o, arena, t, spec, marks, e);
	if (call != NULL)
		return sst_refuse_unsupported(e, "a call of a function within a literal is");
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

static int
call(const struct sst_operand *o, const struct sst_bind *bind, struct sst_slice *out,
    struct sst_err *e)
{
	struct sst_slice arg = { NULL, 0 };
	struct sst_err why;

	if (o->arg != NULL && sst_operand_value(o->arg, bind, &arg, NULL, e) == -1)
		return -1;
	if (sst_function_value(o->function, arg, &bind->at, o->nth, bind->arena, out, e) == -1)
		return -1;
	/* of blobAsInt the bytes are the client's */
	if (out->p == NULL || o->function->call != NULL ||
	    sst_type_validate(o->type, *out, &why) == 0)
		return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "In call to function system.%.*s, value 0x... is not a valid binary representation: "
	    "%.80s",
	    SST_NAME_ARGS(o->function->name), why.what);
}

static int
token_of(const struct sst_operand *o, const struct sst_bind *bind, struct sst_slice *out,
    struct sst_err *e)
{
	size_t n = o->table->nkey;
	struct sst_slice *values = sst_arena_array(bind->arena, n, sizeof(*values));
	uint8_t *p = sst_arena_alloc(bind->arena, 8);
	struct sst_buf key = { 0 };
	uint64_t v;
	int r = 0;

	if (values == NULL || p == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < n; i++) {
		if (sst_operand_value(&o->arg[i], bind, &values[i], NULL, e) == -1)
			return -1;
		if (values[i].p == NULL)
			return sst_refuse_name(
			    e, "Invalid null value for %.*s in token()", o->arg[i].name);
	}
	if ((r = sst_key_join(o->table, values, &key, e)) == 0) {
		v = __builtin_bswap64((uint64_t)sst_token(sst_buf_slice(&key)));
		memcpy(p, &v, 8);
		*out = (struct sst_slice){ p, 8 };
	}
	sst_buf_free(&key);
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
	case SST_OPERAND_CALL:
		return call(o, bind, out, e);
	case SST_OPERAND_TOKEN:
		return token_of(o, bind, out, e);
	default:
		return build(o, bind, out, e);
	}
}
