/*
 * libsst/schema/composite.c: CompositeType, which partition keys of several columns are, and
 * DynamicCompositeType of old tables, where each component names its type.
 *
 *	composite = [ ff ff ] { component }		ff ff: a static name (in old files)
 *	component = [ type ] len:u16 bytes eoc:i8	eoc: 0, or -1 or 1 in a bound's last one
 *	type      = 80 alias | len:u16 class name	only when dynamic
 */
#include "schema/int.h"

struct component {
	const struct sst_type *type;
	struct sst_slice label; /* what the bytes say of the type: an alias or a class name */
	struct sst_slice value;
	int eoc;
};

/* Passes over the mark of a static name. */
static bool
is_static(const struct sst_type *t, struct sst_in *in)
{
	if (t->kind != SST_COMPOSITE || sst_in_left(in) < 2 || in->p[0] != 0xff || in->p[1] != 0xff)
		return false;
	sst_get_u16(in);
	return true;
}

/* The type that a component of a dynamic composite names; NULL when there is none. */
static const struct sst_type *
dynamic_type(
    const struct sst_type *t, struct sst_in *in, struct sst_arena *a, struct sst_slice *label)
{
	uint16_t header = sst_get_u16(in);
	const struct sst_type *type = NULL;
	struct sst_err e;
	size_t i;

	if ((header & 0x8000) == 0) {
		*label = sst_get_bytes(in, header);
		if (!in->bad)
			sst_type_parse_class(&type, a, *label, &e);
		return type;
	}
	*label = (struct sst_slice){ in->p - 1, 1 };
	for (i = 0; i < t->nargs && !in->bad; i++)
		if (t->fields[i].n == 1 && t->fields[i].p[0] == (uint8_t)header)
			type = t->args[i];
	return type;
}

/* The i-th component; false when the bytes do not hold one or its type is not known. */
static bool
next(
    const struct sst_type *t, struct sst_in *in, size_t i, struct sst_arena *a, struct component *c)
{
	if (t->kind == SST_DYNAMIC_COMPOSITE)
		c->type = dynamic_type(t, in, a, &c->label);
	else
		c->type = i < t->nargs ? t->args[i] : NULL;
	if (c->type == NULL)
		return false;
	c->value = sst_get_bytes16(in);
	c->eoc = (int8_t)sst_get_u8(in);
	return !in->bad;
}

/* Components of different types order by the names of their classes. */
static int
compare_types(const struct sst_type *x, const struct sst_type *y)
{
	const struct sst_kind_ops *a = sst_ops(x), *b = sst_ops(y);

	if (x->reversed != y->reversed) /* one's class is ReversedType */
		return strcmp(x->reversed || a->class_name == NULL ? "ReversedType" : a->class_name,
		    y->reversed || b->class_name == NULL ? "ReversedType" : b->class_name);
	if (a->class_name == NULL || b->class_name == NULL)
		return sst_slice_cmp(x->name, y->name);
	return strcmp(a->class_name, b->class_name);
}

static int
compare_components(
    const struct sst_type *t, struct sst_in *x, struct sst_in *y, struct sst_arena *arena)
{
	struct component a, b;
	size_t i;
	int c;

	for (i = 0; sst_in_left(x) > 0 && sst_in_left(y) > 0; i++) {
		bool ga = next(t, x, i, arena, &a), gb = next(t, y, i, arena, &b);

		if (!ga || !gb) /* only in damaged values */
			return ga - gb;
		if (a.type != b.type && (c = compare_types(a.type, b.type)) != 0)
			return c;
		if ((c = sst_type_compare(a.type, a.value, b.value)) != 0)
			return c;
		if (a.eoc != b.eoc)
			return a.eoc - b.eoc;
	}
	return (sst_in_left(x) > 0) - (sst_in_left(y) > 0);
}

static int
compare_composite(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	struct sst_in x = sst_in_new(a, 0), y = sst_in_new(b, 0);
	struct sst_arena arena = { 0 };
	bool sa, sb;
	int c = sst_compare_empty(a, b);

	if (c != 2)
		return c;
	sa = is_static(t, &x);
	sb = is_static(t, &y);
	if (sa != sb)
		return sb - sa;
	c = compare_components(t, &x, &y, &arena);
	sst_arena_free(&arena);
	return c;
}

static int
validate_composite(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_arena arena = { 0 };
	struct component c;
	size_t i;
	int r = 0;

	is_static(t, &in);
	for (i = 0; sst_in_left(&in) > 0 && r == 0; i++) {
		if (!next(t, &in, i, &arena, &c) || (c.eoc != 0 && sst_in_left(&in) > 0))
			r = sst_fail_value(t, s, e);
		else
			r = sst_type_validate(c.type, c.value, e);
		sst_arena_reset(&arena);
	}
	sst_arena_free(&arena);
	return r;
}

/* ':' parts components; a '\' or '!' at the end gets a '!' after it. */
static void
put_escaped(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == ':')
			sst_buf_addc(b, '\\');
		sst_buf_addc(b, (char)s.p[i]);
	}
	if (s.n > 0 && (s.p[s.n - 1] == '\\' || s.p[s.n - 1] == '!'))
		sst_buf_addc(b, '!');
}

static int
print_component(const struct sst_type *t, const struct component *c, struct sst_buf *text,
    struct sst_buf *b, struct sst_err *e)
{
	if (t->kind == SST_DYNAMIC_COMPOSITE) {
		sst_buf_add_slice(b, c->label);
		sst_buf_addc(b, '@');
	}
	sst_buf_reset(text);
	if (sst_print(c->type, c->value, SST_FORM_STRING, text, e) == -1)
		return -1;
	put_escaped(b, sst_buf_slice(text));
	if (c->eoc != 0)
		sst_buf_adds(b, c->eoc < 0 ? ":_" : ":!");
	if (b->n > SST_VALUE_TEXT_MAX)
		return sst_fail_long(e);
	return text->bad ? sst_fail_nomem(e) : 0;
}

static int
print_composite(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_in in = sst_in_new(s, 0);
	struct sst_arena arena = { 0 };
	struct sst_buf text = { 0 };
	struct component c = { .eoc = 0 };
	size_t i;
	int r = 0;

	if (form == SST_FORM_CQL) {
		sst_buf_adds(b, "0x");
		sst_hex_put(b, s);
		return 0;
	}
	is_static(t, &in);
	for (i = 0; sst_in_left(&in) > 0 && r == 0 && c.eoc == 0; i++) {
		if (i > 0)
			sst_buf_addc(b, ':');
		if (!next(t, &in, i, &arena, &c))
			r = sst_fail_value(t, s, e);
		else
			r = print_component(t, &c, &text, b, e);
		sst_arena_reset(&arena);
	}
	sst_buf_free(&text);
	sst_arena_free(&arena);
	return r;
}

/* Splits off "CLASS@" or "a@" and writes it as a component's type. */
static const struct sst_type *
read_type(const struct sst_type *t, struct sst_slice *part, struct sst_arena *a, struct sst_buf *b)
{
	const uint8_t *at = memchr(part->p, '@', part->n);
	const struct sst_type *type = NULL;
	struct sst_slice label;
	struct sst_err e;
	size_t i;

	if (at == NULL)
		return NULL;
	label = (struct sst_slice){ part->p, (size_t)(at - part->p) };
	*part = (struct sst_slice){ at + 1, part->n - label.n - 1 };
	for (i = 0; i < t->nargs; i++)
		if (label.n == 1 && sst_slice_eq(label, t->fields[i])) {
			sst_put_u16(b, 0x8000 | label.p[0]);
			return t->args[i];
		}
	if (label.n > 0x7fff || sst_type_parse_class(&type, a, label, &e) == -1)
		return NULL;
	sst_put_bytes16(b, label);
	return type;
}

static int
read_component(const struct sst_type *t, struct sst_slice part, struct sst_buf *plain,
    struct sst_buf *b, struct sst_err *e)
{
	size_t at = b->n, i;

	sst_buf_reset(plain);
	for (i = 0; i < part.n; i++) {
		if (part.p[i] == '\\' && i + 1 < part.n && part.p[i + 1] == ':')
			i++;
		sst_buf_addc(plain, (char)part.p[i]);
	}
	if (plain->n > 0 && plain->p[plain->n - 1] == '!')
		plain->n--;
	sst_put_u16(b, 0);
	if (sst_type_from_string(t, sst_buf_slice(plain), b, e) == -1)
		return -1;
	if (plain->bad)
		return sst_fail_nomem(e);
	if (b->n - at - 2 > UINT16_MAX)
		return sst_fail(
		    e, SST_ELIMIT, NULL, SST_NOWHERE, "a component of %zu bytes", b->n - at - 2);
	b->p[at] = (uint8_t)((b->n - at - 2) >> 8);
	b->p[at + 1] = (uint8_t)(b->n - at - 2);
	sst_put_u8(b, 0);
	return 0;
}

/* The part of text that ends at the next ':' without a '\' before it. */
static struct sst_slice
part_at(struct sst_slice text, size_t from)
{
	size_t to = from;

	while (to < text.n && (text.p[to] != ':' || (to > 0 && text.p[to - 1] == '\\')))
		to++;
	return (struct sst_slice){ text.p + from, to - from };
}

static int
read_composite(
    const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_arena arena = { 0 };
	struct sst_buf plain = { 0 };
	const struct sst_type *type;
	struct sst_slice part;
	size_t from, i, start = b->n;
	int r = 0;

	for (from = 0, i = 0; from <= text.n && text.n > 0 && r == 0; i++) {
		part = part_at(text, from);
		from += part.n + 1;
		if (part.n == 1 && (part.p[0] == '!' || part.p[0] == '_')) {
			if (b->n > start)
				b->p[b->n - 1] = part.p[0] == '!' ? 1 : 0xff;
			break;
		}
		if (t->kind == SST_DYNAMIC_COMPOSITE)
			type = read_type(t, &part, &arena, b);
		else
			type = i < t->nargs ? t->args[i] : NULL;
		if (type == NULL && t->kind != SST_DYNAMIC_COMPOSITE)
			r = sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "more than %zu values with ':' between", t->nargs);
		else if (type == NULL)
			r = sst_fail_text(t, text, e);
		else
			r = read_component(type, part, &plain, b, e);
	}
	sst_buf_free(&plain);
	sst_arena_free(&arena);
	return r;
}

const struct sst_kind_ops sst_ops_composite = { NULL, "CompositeType", 0, -1,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_HEX, compare_composite, validate_composite,
	print_composite, read_composite };
const struct sst_kind_ops sst_ops_dynamic_composite = { NULL, "DynamicCompositeType", 0, -1,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_HEX, compare_composite, validate_composite,
	print_composite, read_composite };
