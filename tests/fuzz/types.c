/*
 * tests/fuzz/types.c: types and values.  Input: a type (the index of one below, or ff and a class
 * name up to a newline), one byte that chooses, and what it works on: bytes of a value, text, or the
 * name of a type in CQL.  Checked beside memory safety: names print as they parse; order is the same
 * both ways; what was read is valid; what was printed reads back equal.
 */
#include <stdlib.h>

#include "base/num.h"
#include "schema/comparable.h"
#include "schema/int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const classes[] = {
	"AsciiType", "LongType", "BytesType", "BooleanType", "CounterColumnType", "SimpleDateType",
	"DecimalType", "DoubleType", "DurationType", "FloatType", "InetAddressType", "Int32Type",
	"ShortType", "UTF8Type", "TimeType", "TimestampType", "TimeUUIDType", "ByteType",
	"UUIDType", "IntegerType", "FrozenType(ListType(Int32Type))",
	"FrozenType(SetType(UTF8Type))", "FrozenType(MapType(IntegerType,DoubleType))",
	"TupleType(LongType,UTF8Type,TupleType(DecimalType))",
	"FrozenType(UserType(ks,61,62:LongType,43:FrozenType(ListType(DurationType))))",
	"VectorType(FloatType , 2)", "VectorType(UTF8Type , 2)", "EmptyType", "DateType",
	"LexicalUUIDType", "CompositeType(LongType,UTF8Type)",
	"DynamicCompositeType(a=>LongType,b=>UTF8Type)", "PartitionerDefinedOrder(x)",
	"ReversedType(InetAddressType)", "com.example.Custom",
	"FrozenType(MapType(FrozenType(ListType(TimeUUIDType)),FrozenType(SetType(BooleanType))))"
};

#define CHECK(x) \
	do \
		if (!(x)) \
			abort(); \
	while (0)

static void
name_again(const struct sst_type *t, struct sst_arena *a)
{
	const struct sst_type *u;
	struct sst_buf x = { 0 }, y = { 0 };
	struct sst_err e;

	sst_type_class(t, &x);
	CHECK(sst_type_parse_class(&u, a, sst_buf_slice(&x), &e) == 0);
	sst_type_class(u, &y);
	CHECK(sst_slice_eq(sst_buf_slice(&x), sst_buf_slice(&y)));
	CHECK(t->fixed_len == u->fixed_len && t->multicell == u->multicell);
	sst_type_cql(t, &y);
	sst_buf_free(&x);
	sst_buf_free(&y);
}

static const struct sst_type *
pick(struct sst_slice *in, struct sst_arena *a)
{
	const struct sst_type *t = NULL;
	struct sst_slice name;
	const uint8_t *end;
	struct sst_err e;

	if (in->n == 0)
		return NULL;
	if (in->p[0] != 0xff) {
		name = sst_slice_str(classes[in->p[0] % SST_ARRAY_LEN(classes)]);
		in->p++, in->n--;
		CHECK(sst_type_parse_class(&t, a, name, &e) == 0);
		return t;
	}
	in->p++, in->n--;
	if ((end = memchr(in->p, '\n', in->n)) == NULL)
		return NULL;
	name = (struct sst_slice){ in->p, (size_t)(end - in->p) };
	*in = (struct sst_slice){ end + 1, in->n - name.n - 1 };
	if (sst_type_parse_class(&t, a, name, &e) == 0)
		name_again(t, a);
	return t;
}

/*
 * Sets and maps are sorted when they are read; a duration's vints may be longer than need be, and
 * it compares by its bytes; a counter's text is only its sum.
 */
static bool
has_several_encodings(const struct sst_type *t)
{
	size_t i;

	for (i = 0; i < t->nargs; i++)
		if (has_several_encodings(t->args[i]))
			return true;
	return t->kind == SST_SET || t->kind == SST_MAP || t->kind == SST_DURATION ||
	    t->kind == SST_COUNTER;
}

static void
print_and_read(const struct sst_type *t, struct sst_slice v)
{
	struct sst_buf text = { 0 }, back = { 0 };
	struct sst_err e;
	bool valid = sst_type_validate(t, v, &e) == 0;

	if (sst_type_to_cql(t, v, &text, &e) == 0 && valid &&
	    sst_type_from_cql(t, sst_buf_slice(&text), &back, &e) == 0) {
		CHECK(sst_type_validate(t, sst_buf_slice(&back), &e) == 0);
		CHECK(
		    has_several_encodings(t) || sst_type_compare(t, sst_buf_slice(&back), v) == 0);
	}
	sst_buf_reset(&text);
	sst_buf_reset(&back);
	if (sst_type_to_ndjson(t, v, &text, &e) == 0 && valid)
		if (sst_type_from_json(t, sst_buf_slice(&text), &back, &e) == 0)
			CHECK(sst_type_validate(t, sst_buf_slice(&back), &e) == 0);
	sst_buf_reset(&text);
	sst_type_to_string(t, v, &text, &e);
	sst_type_to_json(t, v, &text, &e);
	sst_buf_free(&text);
	sst_buf_free(&back);
}

static bool
has_floats(const struct sst_type *t)
{
	size_t i;

	for (i = 0; i < t->nargs; i++)
		if (has_floats(t->args[i]))
			return true;
	return t->kind == SST_FLOAT || t->kind == SST_DOUBLE;
}

/* All NaN are one value to the type; as bytes, in Cassandra too, each has a place of its own. */
static bool
may_be_nan(const struct sst_type *t, struct sst_slice v)
{
	if (t->kind == SST_DOUBLE && v.n == 8)
		return (v.p[0] & 0x7f) == 0x7f && (v.p[1] & 0xf0) == 0xf0;
	if (t->kind == SST_FLOAT && v.n == 4)
		return (v.p[0] & 0x7f) == 0x7f && (v.p[1] & 0x80) == 0x80;
	return has_floats(t) && v.n > 0;
}

static bool
has_tuple(const struct sst_type *t)
{
	size_t i;

	for (i = 0; i < t->nargs; i++)
		if (has_tuple(t->args[i]))
			return true;
	return t->kind == SST_TUPLE || t->kind == SST_UDT;
}

/*
 * A null in a tuple comes before an empty number, and they are different; as bytes, in Cassandra too,
 * both are a part of which nothing is said, and what follows decides.
 */
static bool
may_say_nothing(const struct sst_type *t, struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);
	struct sst_slice part;
	size_t i;

	if (t->kind != SST_TUPLE && t->kind != SST_UDT)
		return has_tuple(t);
	for (i = 0; i < t->nargs && sst_in_left(&in) > 0; i++)
		if (!sst_get_element(&in, &part) || part.n == 0 ||
		    may_say_nothing(t->args[i], part))
			return true;
	return false;
}

/* Bytes that compare without the type give its order. */
static void
comparable(const struct sst_type *t, struct sst_slice a, struct sst_slice b, int want)
{
	struct sst_buf x = { 0 }, y = { 0 };
	int c;

	if (may_be_nan(t, a) || may_be_nan(t, b) || may_say_nothing(t, a) || may_say_nothing(t, b))
		return;
	if (sst_comparable_clustering(&x, &t, &a, 1, 0) &&
	    sst_comparable_clustering(&y, &t, &b, 1, 0)) {
		c = sst_slice_cmp(sst_buf_slice(&x), sst_buf_slice(&y));
		CHECK((c > 0) == (want > 0) && (c < 0) == (want < 0));
	}
	sst_buf_free(&x);
	sst_buf_free(&y);
}

static void
order(const struct sst_type *t, struct sst_slice in)
{
	struct sst_slice a = { in.p, in.n / 2 }, b = { in.p + in.n / 2, in.n - in.n / 2 };
	struct sst_err e;
	int x = sst_type_compare(t, a, b), y = sst_type_compare(t, b, a);

	if (sst_type_validate(t, a, &e) == 0 && sst_type_validate(t, b, &e) == 0) {
		CHECK((x > 0) == (y < 0) && (x < 0) == (y > 0));
		comparable(t, a, b, x);
	}
}

static void
read_text(const struct sst_type *t, struct sst_slice text, uint8_t how)
{
	struct sst_buf b = { 0 };
	struct sst_err e;

	if (how == 2 && sst_type_from_cql(t, text, &b, &e) == 0)
		CHECK(sst_type_validate(t, sst_buf_slice(&b), &e) == 0);
	if (how == 3 && sst_type_from_json(t, text, &b, &e) == 0)
		CHECK(sst_type_validate(t, sst_buf_slice(&b), &e) == 0);
	if (how == 4)
		sst_type_from_string(t, text, &b, &e);
	sst_buf_free(&b);
}

static const struct sst_type *
lookup(void *arg, struct sst_slice name)
{
	return name.n == 1 ? arg : NULL;
}

static void
cql_name(const struct sst_type *t, struct sst_slice text, struct sst_arena *a)
{
	const struct sst_type *u;
	void *udt = NULL;
	struct sst_err e;

	memcpy(&udt, &t, sizeof(t));
	if (sst_type_parse_cql(&u, a, text, lookup, udt, &e) == 0)
		name_again(u, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice in = { data, size };
	struct sst_arena a = { 0 };
	const struct sst_type *t = pick(&in, &a);
	uint8_t how;

	if (t != NULL && in.n > 0) {
		how = in.p[0] % 6;
		in.p++, in.n--;
		if (how == 0)
			print_and_read(t, in);
		else if (how == 1)
			order(t, in);
		else if (how == 5)
			cql_name(t, in, &a);
		else
			read_text(t, in, how);
	}
	sst_arena_free(&a);
	return 0;
}
