/*
 * libsst/schema/class.c: Java class names of types, as serialization headers hold them
 * (formats/types.md).  The grammar, where blanks may stand between all parts:
 *
 *	type   = name [ "(" args ")" ]
 *	args   = type { "," type }                             most classes
 *	       | keyspace "," hex { "," hex ":" type }         UserType: name and fields in hex
 *	       | type "," number                               VectorType
 *	       | [ char "=>" type { "," char "=>" type } ]     DynamicCompositeType
 *	       | class [ ":" type ]                            PartitionerDefinedOrder
 *
 * A class that is not known is kept as it is written, with all that its parentheses hold.
 */
#include "schema/int.h"

#define ARGS_MAX 65535

struct parser {
	struct sst_arena *arena;
	const uint8_t *start, *p, *end;
	unsigned depth;
	struct sst_err *e;
};

struct args { /* in the order they were read */
	struct arg {
		struct arg *next;
		const struct sst_type *type;
		struct sst_slice name;
	} * first, **last;
	size_t n;
};

static const struct {
	const char *name;
	enum sst_kind kind;
} classes[] = {
	{ "AsciiType", SST_ASCII },
	{ "LongType", SST_BIGINT },
	{ "BytesType", SST_BLOB },
	{ "BooleanType", SST_BOOLEAN },
	{ "CounterColumnType", SST_COUNTER },
	{ "SimpleDateType", SST_DATE },
	{ "DecimalType", SST_DECIMAL },
	{ "DoubleType", SST_DOUBLE },
	{ "DurationType", SST_DURATION },
	{ "FloatType", SST_FLOAT },
	{ "InetAddressType", SST_INET },
	{ "Int32Type", SST_INT },
	{ "ShortType", SST_SMALLINT },
	{ "UTF8Type", SST_TEXT },
	{ "TimeType", SST_TIME },
	{ "TimestampType", SST_TIMESTAMP },
	{ "TimeUUIDType", SST_TIMEUUID },
	{ "LegacyTimeUUIDType", SST_TIMEUUID },
	{ "ByteType", SST_TINYINT },
	{ "UUIDType", SST_UUID },
	{ "IntegerType", SST_VARINT },
	{ "ListType", SST_LIST },
	{ "SetType", SST_SET },
	{ "MapType", SST_MAP },
	{ "TupleType", SST_TUPLE },
	{ "UserType", SST_UDT },
	{ "VectorType", SST_VECTOR },
	{ "EmptyType", SST_EMPTY },
	{ "DateType", SST_LEGACY_TIMESTAMP },
	{ "LexicalUUIDType", SST_LEXICAL_UUID },
	{ "CompositeType", SST_COMPOSITE },
	{ "DynamicCompositeType", SST_DYNAMIC_COMPOSITE },
	{ "PartitionerDefinedOrder", SST_PARTITIONER_ORDER },
};

static const struct sst_type *parse(struct parser *, bool frozen);

static int
fail(struct parser *p, const char *what)
{
	return sst_fail(
	    p->e, SST_EINVAL, NULL, (uint64_t)(p->p - p->start), "class name of a type: %s", what);
}

static void
blanks(struct parser *p)
{
	while (p->p < p->end && (*p->p == ' ' || *p->p == '\t' || *p->p == '\n'))
		p->p++;
}

static bool
take(struct parser *p, char c)
{
	blanks(p);
	if (p->p == p->end || *p->p != (uint8_t)c)
		return false;
	p->p++;
	return true;
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && memchr("-+._&", c, 5) != NULL);
}

static struct sst_slice
word(struct parser *p)
{
	const uint8_t *from;

	blanks(p);
	for (from = p->p; p->p < p->end && is_word(*p->p);)
		p->p++;
	return (struct sst_slice){ from, (size_t)(p->p - from) };
}

static int
hex_word(struct parser *p, struct sst_slice *out)
{
	struct sst_slice hex = word(p);
	uint8_t *b = sst_arena_alloc(p->arena, hex.n / 2 + 1);

	if (b == NULL)
		return sst_fail_nomem(p->e);
	if (!sst_hex_read(hex, b))
		return fail(p, "a name that is not hexadecimal");
	*out = (struct sst_slice){ b, hex.n / 2 };
	return 0;
}

static int
add_arg(struct parser *p, struct args *args, struct sst_slice name, bool frozen)
{
	struct arg *a = sst_arena_alloc(p->arena, sizeof(*a));

	if (a == NULL)
		return sst_fail_nomem(p->e);
	if (args->n == ARGS_MAX)
		return sst_fail(p->e, SST_ELIMIT, NULL, (uint64_t)(p->p - p->start),
		    "a type of more than %d parts", ARGS_MAX);
	*a = (struct arg){ NULL, parse(p, frozen), name };
	if (a->type == NULL)
		return -1;
	*args->last = a;
	args->last = &a->next;
	args->n++;
	return 0;
}

/* "(" type { "," type } ")" */
static int
plain_args(struct parser *p, struct args *args, bool frozen)
{
	if (!take(p, '('))
		return fail(p, "want (");
	while (!take(p, ')')) {
		if (args->n > 0 && !take(p, ','))
			return fail(p, "want , or )");
		if (add_arg(p, args, (struct sst_slice){ NULL, 0 }, frozen) == -1)
			return -1;
	}
	return 0;
}

/* "(" { char "=>" type } ")" */
static int
alias_args(struct parser *p, struct args *args)
{
	struct sst_slice name;

	if (!take(p, '(')) /* DynamicCompositeType without aliases */
		return 0;
	while (!take(p, ')')) {
		if (args->n > 0 && !take(p, ','))
			return fail(p, "want , or )");
		name = word(p);
		if (name.n != 1 || !take(p, '=') || !take(p, '>'))
			return fail(p, "want an alias of one character and =>");
		if (add_arg(p, args, sst_arena_slice(p->arena, name), false) == -1)
			return -1;
	}
	return 0;
}

/* Moves the arguments into a new type; names become its fields when it wants them. */
static struct sst_type *
make(struct parser *p, enum sst_kind kind, const struct args *args, bool names)
{
	struct sst_type *t = sst_type_new(p->arena, kind, args->n, p->e);
	const struct arg *a;
	size_t i = 0;

	if (t == NULL)
		return NULL;
	if (names && args->n > 0 &&
	    (t->fields = sst_arena_array(p->arena, args->n, sizeof(*t->fields))) == NULL) {
		sst_fail_nomem(p->e);
		return NULL;
	}
	for (a = args->first; a != NULL; a = a->next, i++) {
		t->args[i] = a->type;
		if (names)
			t->fields[i] = a->name;
	}
	return t;
}

/* Fields that have one name could not be told apart in any text. */
static int
check_fields(struct parser *p, const struct sst_type *t)
{
	struct sst_slice *names = sst_arena_array(p->arena, t->nargs + 1, sizeof(*names));

	if (names == NULL)
		return sst_fail_nomem(p->e);
	if (t->nargs > 0)
		memcpy(names, t->fields, t->nargs * sizeof(*names));
	return sst_find_twice(names, t->nargs) == NULL ? 0 : fail(p, "two fields of one name");
}

static struct sst_type *
parse_udt(struct parser *p, bool frozen)
{
	struct args args = { .last = &args.first };
	struct sst_slice keyspace, name, field;
	struct sst_type *t;

	if (!take(p, '(')) {
		fail(p, "want (");
		return NULL;
	}
	keyspace = sst_arena_slice(p->arena, word(p));
	if (!take(p, ',') || keyspace.p == NULL) {
		fail(p, "want a keyspace and ,");
		return NULL;
	}
	if (hex_word(p, &name) == -1)
		return NULL;
	while (!take(p, ')')) {
		if (!take(p, ',')) {
			fail(p, "want , or )");
			return NULL;
		}
		if (hex_word(p, &field) == -1)
			return NULL;
		if (!take(p, ':')) {
			fail(p, "want : after a field's name");
			return NULL;
		}
		if (add_arg(p, &args, field, frozen) == -1)
			return NULL;
	}
	if ((t = make(p, SST_UDT, &args, true)) == NULL || check_fields(p, t) == -1)
		return NULL;
	t->keyspace = keyspace;
	t->name = name;
	t->multicell = !frozen;
	return t;
}

static struct sst_type *
parse_vector(struct parser *p)
{
	struct args args = { .last = &args.first };
	struct sst_type *t;
	struct sst_slice w;
	uint64_t dim = 0;
	size_t i;

	if (!take(p, '(')) {
		fail(p, "want (");
		return NULL;
	}
	if (add_arg(p, &args, (struct sst_slice){ NULL, 0 }, true) == -1)
		return NULL;
	if (take(p, ','))
		w = word(p);
	else
		w = (struct sst_slice){ NULL, 0 };
	for (i = 0; i < w.n && w.p[i] >= '0' && w.p[i] <= '9' && dim <= UINT32_MAX; i++)
		dim = dim * 10 + (w.p[i] - '0');
	if (w.n == 0 || i < w.n || !take(p, ')')) {
		fail(p, "want a number of elements and )");
		return NULL;
	}
	if ((t = make(p, SST_VECTOR, &args, false)) == NULL || sst_type_set_dim(t, dim, p->e) == -1)
		return NULL;
	return t;
}

/* Passes over "(" … ")" whatever it holds. */
static int
pass_parentheses(struct parser *p)
{
	unsigned open = 0;

	blanks(p);
	if (p->p == p->end || *p->p != '(')
		return 0;
	for (; p->p < p->end; p->p++) {
		open += *p->p == '(';
		if (*p->p == ')' && --open == 0) {
			p->p++;
			return 0;
		}
	}
	return fail(p, "a ( that is not closed");
}

static struct sst_type *
parse_custom(struct parser *p, enum sst_kind kind, struct sst_slice name)
{
	struct sst_type *t;

	if (pass_parentheses(p) == -1 || (t = sst_type_new(p->arena, kind, 0, p->e)) == NULL)
		return NULL;
	if (p->p[-1] == ')')
		name.n = (size_t)(p->p - name.p);
	t->name = sst_arena_slice(p->arena, name);
	if (t->name.p == NULL) {
		sst_fail_nomem(p->e);
		return NULL;
	}
	return t;
}

/*
 * "(" partitioner [ ":" type ] ")": what index tables are clustered by.  The type, that of the indexed
 * table's key, is there since Cassandra 5.0; the whole text stays the type's name.
 */
static struct sst_type *
parse_partitioner_order(struct parser *p, struct sst_slice name)
{
	struct args args = { .last = &args.first };
	struct sst_type *t;

	if (take(p, '(')) {
		(void)word(p);
		if (take(p, ':') && add_arg(p, &args, (struct sst_slice){ NULL, 0 }, true) == -1)
			return NULL;
		if (!take(p, ')')) {
			fail(p, "want : and a type, or )");
			return NULL;
		}
		name.n = (size_t)(p->p - name.p);
	}
	if ((t = make(p, SST_PARTITIONER_ORDER, &args, false)) == NULL)
		return NULL;
	t->name = sst_arena_slice(p->arena, name);
	if (t->name.p == NULL) {
		sst_fail_nomem(p->e);
		return NULL;
	}
	return t;
}

/* A collection, tuple, composite: types in parentheses, as many as the kind wants. */
static struct sst_type *
parse_generic(struct parser *p, enum sst_kind kind, bool frozen)
{
	bool collection = kind == SST_LIST || kind == SST_SET || kind == SST_MAP;
	struct args args = { .last = &args.first };
	struct sst_type *t;

	if ((kind == SST_DYNAMIC_COMPOSITE
		    ? alias_args(p, &args)
		    : plain_args(p, &args, frozen || kind != SST_COMPOSITE)) == -1)
		return NULL;
	if ((collection && args.n != (kind == SST_MAP ? 2 : 1)) ||
	    (args.n == 0 && kind != SST_DYNAMIC_COMPOSITE)) {
		fail(p, "wrong number of types in parentheses");
		return NULL;
	}
	if ((t = make(p, kind, &args, kind == SST_DYNAMIC_COMPOSITE)) != NULL)
		t->multicell = collection && !frozen;
	return t;
}

/* FrozenType(x) and ReversedType(x) are x with a mark. */
static const struct sst_type *
parse_wrapper(struct parser *p, bool reversed, bool frozen)
{
	const struct sst_type *in;
	struct sst_type *t;

	if (!take(p, '(')) {
		fail(p, "want (");
		return NULL;
	}
	if ((in = parse(p, frozen || !reversed)) == NULL)
		return NULL;
	if (!take(p, ')')) {
		fail(p, "want )");
		return NULL;
	}
	if (!reversed)
		return in;
	if (in->reversed) {
		fail(p, "a reversed type in a reversed type");
		return NULL;
	}
	if ((t = sst_arena_alloc(p->arena, sizeof(*t))) == NULL) {
		sst_fail_nomem(p->e);
		return NULL;
	}
	*t = *in;
	t->reversed = true;
	return t;
}

/* A class without parameters.  Of two classes for one kind the rarer one keeps its name. */
static const struct sst_type *
parse_simple(struct parser *p, enum sst_kind kind, struct sst_slice name)
{
	struct sst_type *t = sst_type_new(p->arena, kind, 0, p->e);

	if (t != NULL && sst_slice_eq(name, SST_SLICE_LIT("LegacyTimeUUIDType")))
		t->name = SST_SLICE_LIT(SST_MARSHAL "LegacyTimeUUIDType");
	return t;
}

static const struct sst_type *
parse_named(struct parser *p, struct sst_slice name, bool frozen)
{
	static const struct sst_slice package = { (const uint8_t *)SST_MARSHAL,
		sizeof(SST_MARSHAL) - 1 };
	struct sst_slice s = name;
	enum sst_kind kind = SST_CUSTOM;
	size_t i;

	if (s.n > package.n && memcmp(s.p, package.p, package.n) == 0)
		s = (struct sst_slice){ s.p + package.n, s.n - package.n };
	if (sst_slice_eq(s, SST_SLICE_LIT("FrozenType")))
		return parse_wrapper(p, false, frozen);
	if (sst_slice_eq(s, SST_SLICE_LIT("ReversedType")))
		return parse_wrapper(p, true, frozen);
	for (i = 0; i < SST_ARRAY_LEN(classes); i++)
		if (sst_slice_eq(s, sst_slice_str(classes[i].name)))
			kind = classes[i].kind;
	switch (kind) {
	case SST_UDT:
		return parse_udt(p, frozen);
	case SST_VECTOR:
		return parse_vector(p);
	case SST_CUSTOM:
		return parse_custom(p, kind, name);
	case SST_PARTITIONER_ORDER:
		return parse_partitioner_order(p, name);
	case SST_LIST:
	case SST_SET:
	case SST_MAP:
	case SST_TUPLE:
	case SST_COMPOSITE:
	case SST_DYNAMIC_COMPOSITE:
		return parse_generic(p, kind, frozen);
	default:
		return parse_simple(p, kind, s);
	}
}

static const struct sst_type *
parse(struct parser *p, bool frozen)
{
	struct sst_slice name = word(p);
	const struct sst_type *t;

	if (name.n == 0) {
		fail(p, "want a name");
		return NULL;
	}
	if (p->depth == SST_TYPE_DEPTH_MAX) {
		sst_fail(p->e, SST_ELIMIT, NULL, (uint64_t)(p->p - p->start),
		    "types nested deeper than %d", SST_TYPE_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	t = parse_named(p, name, frozen);
	p->depth--;
	return t;
}

int
sst_type_parse_class(
    const struct sst_type **out, struct sst_arena *a, struct sst_slice text, struct sst_err *e)
{
	const uint8_t *start = text.n > 0 ? text.p : (const uint8_t *)"";
	struct parser p = { a, start, start, start + text.n, 0, e };

	blanks(&p);
	*out = p.p == p.end ? sst_type_new(a, SST_BLOB, 0, e) : parse(&p, false);
	if (*out == NULL)
		return -1;
	blanks(&p);
	if (p.p < p.end) {
		*out = NULL;
		return fail(&p, "more text after the type");
	}
	return 0;
}

static void put_class(const struct sst_type *, bool bare, struct sst_buf *);

static void
put_args(const struct sst_type *t, bool bare, struct sst_buf *b)
{
	size_t i;

	sst_buf_addc(b, '(');
	if (t->kind == SST_UDT) {
		sst_buf_add_slice(b, t->keyspace);
		sst_buf_addc(b, ',');
		sst_hex_put(b, t->name);
	}
	for (i = 0; i < t->nargs; i++) {
		if (i > 0 || t->kind == SST_UDT)
			sst_buf_addc(b, ',');
		if (t->kind == SST_UDT) {
			sst_hex_put(b, t->fields[i]);
			sst_buf_addc(b, ':');
		}
		if (t->kind == SST_DYNAMIC_COMPOSITE) {
			sst_buf_add_slice(b, t->fields[i]);
			sst_buf_adds(b, "=>");
		}
		put_class(t->args[i], bare, b);
	}
	if (t->kind == SST_VECTOR)
		sst_buf_addf(b, " , %u", t->dim);
	sst_buf_addc(b, ')');
}

/* bare: something around it is frozen, so that it need not say so again. */
static void
put_class(const struct sst_type *t, bool bare, struct sst_buf *b)
{
	bool freezable =
	    t->kind == SST_LIST || t->kind == SST_SET || t->kind == SST_MAP || t->kind == SST_UDT;
	bool frozen = freezable && !t->multicell;

	if (t->reversed)
		sst_buf_adds(b, SST_MARSHAL "ReversedType(");
	if (frozen && !bare)
		sst_buf_adds(b, SST_MARSHAL "FrozenType(");
	if (t->name.n > 0 && t->kind != SST_UDT) {
		sst_buf_add_slice(b, t->name);
	} else {
		sst_buf_adds(b, SST_MARSHAL);
		sst_buf_adds(b, sst_ops(t)->class_name);
	}
	if (t->kind == SST_PARTITIONER_ORDER)
		; /* all is in its name */
	else if (t->nargs > 0 || t->kind == SST_UDT || t->kind == SST_DYNAMIC_COMPOSITE)
		put_args(t,
		    t->kind == SST_TUPLE || (t->kind == SST_VECTOR && bare) ||
			(freezable && (bare || frozen)),
		    b);
	if (frozen && !bare)
		sst_buf_addc(b, ')');
	if (t->reversed)
		sst_buf_addc(b, ')');
}

void
sst_type_class(const struct sst_type *t, struct sst_buf *b)
{
	put_class(t, false, b);
}
