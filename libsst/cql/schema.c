/*
 * cql/schema.c: statements, one after the other, become keyspaces, types and tables.  A table stays
 * a draft until the end of the text, as ALTER TABLE may follow; its columns lie in four arrays that
 * grow by doubling, in the arena.
 */
#include "cql/schema.h"

#include <stdio.h>

#include "base/num.h"
#include "cql/options.h"

#define UDT_NODES_MAX 4096 /* types within a user type, all the way down */
#define MEMORY_MIN ((size_t)16 << 20)
#define MEMORY_PER_BYTE 256 /* of text, at most */

struct columns {
	struct sst_column *p;
	size_t n, cap;
};

struct draft {
	struct sst_table t; /* its options and column arrays are set at the end */
	struct columns key, ck, statics, regulars, dropped;
	struct sst_property *properties;
	uint32_t line;
	struct draft *next;
};

struct list { /* of pointers */
	const void **p;
	size_t n, cap;
};

struct builder {
	struct sst_parser p;
	struct list tables, types; /* struct draft, struct sst_type */
	struct sst_keyspace *keyspaces;
	struct sst_schema_other *others;
	size_t nkeyspaces, keyspaces_cap, nothers, others_cap;
	struct sst_slice keyspace; /* in which user types are looked up */
	size_t memory_start, memory_max;
	bool too_much;
};

/* Room for one more of `size` bytes in an array in the arena. */
static int
grow(struct sst_parser *p, void *array, size_t n, size_t *cap, size_t size)
{
	void **old = array, *bigger;
	size_t want = *cap == 0 ? 4 : *cap * 2;

	if (n < *cap)
		return 0;
	if ((bigger = sst_arena_array(p->arena, want, size)) == NULL)
		return sst_fail_nomem(p->e);
	if (n > 0)
		memcpy(bigger, *old, n * size);
	*old = bigger;
	*cap = want;
	return 0;
}

static int
add_column(struct sst_parser *p, struct columns *cs, const struct sst_column *c)
{
	void *array = cs->p;

	if (grow(p, &array, cs->n, &cs->cap, sizeof(*cs->p)) == -1)
		return -1;
	cs->p = array;
	cs->p[cs->n++] = *c;
	return 0;
}

static int
add_pointer(struct sst_parser *p, struct list *l, const void *v)
{
	void *array = l->p;

	if (l->n == SST_SCHEMA_MAX)
		return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE, "more than %d definitions",
		    SST_SCHEMA_MAX);
	if (grow(p, &array, l->n, &l->cap, sizeof(*l->p)) == -1)
		return -1;
	l->p = array;
	l->p[l->n++] = v;
	return 0;
}

/* ---- types ---- */

static const struct sst_type *
find_type(const struct list *types, struct sst_slice keyspace, struct sst_slice name)
{
	for (size_t i = 0; i < types->n; i++) {
		const struct sst_type *t = types->p[i];

		if (sst_slice_eq(t->name, name) && sst_slice_eq(t->keyspace, keyspace))
			return t;
	}
	return NULL;
}

/* Every mention of a user type is copied when it is frozen: the memory for that is limited, too. */
static const struct sst_type *
look_up(void *arg, struct sst_slice name)
{
	struct builder *b = arg;

	if (b->p.arena->bytes - b->memory_start > b->memory_max) {
		b->too_much = true;
		return NULL;
	}
	return find_type(&b->types, b->keyspace, name);
}

static int
resolve(struct builder *b, const struct sst_column_def *c, const struct sst_type **t)
{
	struct sst_err e;

	if (sst_type_parse_cql(t, b->p.arena, c->type, look_up, b, &e) == 0)
		return 0;
	if (b->too_much)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: types within types take more than %zu bytes", c->line, b->memory_max);
	if (e.code == SST_ENOMEM)
		return sst_fail_nomem(b->p.e);
	return sst_parser_fail(
	    &b->p, c->line, "%.*s: %s", (int)c->name.n, (const char *)c->name.p, e.what);
}

/* Types within t, itself included; stops counting beyond max. */
static size_t
count_nodes(const struct sst_type *t, size_t max)
{
	size_t n = 1;

	for (size_t i = 0; i < t->nargs && n <= max; i++)
		n += count_nodes(t->args[i], max - n);
	return n;
}

static size_t
depth_of(const struct sst_type *t)
{
	size_t depth = 0, d;

	for (size_t i = 0; i < t->nargs; i++) {
		d = depth_of(t->args[i]);
		depth = d > depth ? d : depth;
	}
	return depth + 1;
}

/* A type as deep or as large as that is no user's, but an attempt to make us copy it for ever. */
static int
check_type(struct builder *b, const struct sst_type *t, uint32_t line)
{
	if (count_nodes(t, UDT_NODES_MAX) > UDT_NODES_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: type %.*s holds more than %d types", line, (int)t->name.n,
		    (const char *)t->name.p, UDT_NODES_MAX);
	if (depth_of(t) > SST_TYPE_DEPTH_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: type %.*s is nested deeper than %d", line, (int)t->name.n,
		    (const char *)t->name.p, SST_TYPE_DEPTH_MAX);
	for (size_t i = 1; i < t->nargs; i++) {
		for (size_t k = 0; k < i; k++) {
			if (sst_slice_eq(t->fields[i], t->fields[k]))
				return sst_parser_fail(&b->p, line,
				    "type %.*s: two fields named %.*s", (int)t->name.n,
				    (const char *)t->name.p, (int)t->fields[i].n,
				    (const char *)t->fields[i].p);
		}
	}
	return 0;
}

static int
exists(struct builder *b, const struct sst_statement *s, const char *what)
{
	if (s->if_not_exists)
		return 0;
	return sst_parser_fail(&b->p, s->line, "%s %.*s is there twice", what, (int)s->name.name.n,
	    (const char *)s->name.name.p);
}

static int
create_type(struct builder *b, const struct sst_statement *s)
{
	const struct sst_column_def *c;
	const struct sst_type **args;
	struct sst_slice *fields;
	struct sst_type *t;
	size_t n = 0;

	if (find_type(&b->types, s->name.keyspace, s->name.name) != NULL)
		return exists(b, s, "type");
	for (c = s->columns; c != NULL; c = c->next)
		n++;
	if ((t = sst_parser_alloc(&b->p, sizeof(*t))) == NULL ||
	    (args = sst_parser_alloc(&b->p, n * sizeof(const struct sst_type *))) == NULL ||
	    (fields = sst_parser_alloc(&b->p, n * sizeof(*fields))) == NULL)
		return -1;
	*t = (struct sst_type){ .kind = SST_UDT,
		.multicell = true,
		.fixed_len = -1,
		.args = args,
		.keyspace = s->name.keyspace,
		.name = s->name.name,
		.fields = fields };
	b->keyspace = s->name.keyspace;
	for (c = s->columns; c != NULL; c = c->next, t->nargs++) {
		fields[t->nargs] = c->name;
		if (resolve(b, c, &args[t->nargs]) == -1)
			return -1;
	}
	if (check_type(b, t, s->line) == -1)
		return -1;
	return add_pointer(&b->p, &b->types, t);
}

/* ---- tables ---- */

static struct draft *
find_draft(const struct builder *b, const struct sst_cql_name *name)
{
	for (size_t i = 0; i < b->tables.n; i++) {
		struct draft *d = (struct draft *)(uintptr_t)b->tables.p[i];

		if (sst_slice_eq(d->t.name, name->name) &&
		    sst_slice_eq(d->t.keyspace, name->keyspace))
			return d;
	}
	return NULL;
}

static int
fail_column(const struct builder *b, uint32_t line, struct sst_slice name, const char *what)
{
	return sst_parser_fail(
	    &b->p, line, "column %.*s %s", (int)name.n, (const char *)name.p, what);
}

/* Takes a column of the primary key out of the regular ones. */
static int
take_key(struct builder *b, struct draft *d, const struct sst_name_list *k, struct columns *to)
{
	int i = sst_column_find(d->regulars.p, d->regulars.n, k->name);
	struct sst_column c;

	if (to->n == SST_KEY_COLUMNS_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: more than %d columns in a key", k->line, SST_KEY_COLUMNS_MAX);
	if (i < 0 && sst_column_find(d->statics.p, d->statics.n, k->name) >= 0)
		return fail_column(b, k->line, k->name, "is static and in the primary key");
	if (i < 0)
		return fail_column(b, k->line, k->name, "of the primary key is not defined");
	c = d->regulars.p[i];
	if (c.type->multicell || c.type->kind == SST_COUNTER)
		return fail_column(b, k->line, k->name, "has a type that no key can have");
	memmove(
	    d->regulars.p + i, d->regulars.p + i + 1, (--d->regulars.n - (size_t)i) * sizeof(c));
	return add_column(&b->p, to, &c);
}

static int
set_order(struct builder *b, struct draft *d, const struct sst_name_list *o)
{
	for (size_t i = 0; o != NULL; o = o->next, i++) {
		struct sst_type *t;

		if (i >= d->ck.n || !sst_slice_eq(d->ck.p[i].name, o->name))
			return fail_column(
			    b, o->line, o->name, "stands where the primary key has another one");
		if (!o->desc)
			continue;
		if ((t = sst_parser_alloc(&b->p, sizeof(*t))) == NULL)
			return -1;
		*t = *d->ck.p[i].type;
		t->reversed = true;
		d->ck.p[i].type = t;
	}
	return 0;
}

static int
define_column(struct builder *b, struct draft *d, const struct sst_column_def *c)
{
	struct sst_column col = { .name = c->name, .dropped_us = INT64_MIN };

	if (d->regulars.n + d->statics.n + d->dropped.n >= SST_COLUMNS_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: more than %d columns", c->line, SST_COLUMNS_MAX);
	b->keyspace = d->t.keyspace;
	if (resolve(b, c, &col.type) == -1)
		return -1;
	return add_column(&b->p, c->is_static ? &d->statics : &d->regulars, &col);
}

static int
define_columns(struct builder *b, struct draft *d, const struct sst_statement *s)
{
	const struct sst_name_list *k, *key = s->key;
	const struct sst_column_def *c;
	struct sst_name_list single = { 0 };

	for (c = s->columns; c != NULL; c = c->next) {
		if (define_column(b, d, c) == -1)
			return -1;
		if (!c->is_key)
			continue;
		if (key != NULL)
			return sst_parser_fail(&b->p, c->line, "a second PRIMARY KEY");
		single = (struct sst_name_list){ .name = c->name, .line = c->line };
		key = &single;
	}
	if (key == NULL)
		return sst_parser_fail(&b->p, s->line, "table %.*s has no PRIMARY KEY",
		    (int)d->t.name.n, (const char *)d->t.name.p);
	for (k = key; k != NULL; k = k->next) {
		if (take_key(b, d, k, &d->key) == -1)
			return -1;
	}
	for (k = s->clustering; k != NULL; k = k->next) {
		if (take_key(b, d, k, &d->ck) == -1)
			return -1;
	}
	return set_order(b, d, s->order);
}

static int
create_table(struct builder *b, const struct sst_statement *s)
{
	struct draft *d;

	if (find_draft(b, &s->name) != NULL)
		return exists(b, s, "table");
	if ((d = sst_parser_alloc(&b->p, sizeof(*d))) == NULL)
		return -1;
	d->line = s->line;
	d->t.keyspace = s->name.keyspace;
	d->t.name = s->name.name;
	d->t.compact = s->compact;
	d->properties = s->properties;
	if (define_columns(b, d, s) == -1)
		return -1;
	return add_pointer(&b->p, &b->tables, d);
}

/* ---- ALTER TABLE ---- */

/* The time behind USING TIMESTAMP; INT64_MAX where there is none: then the drop hides everything. */
static int
drop_time(const struct builder *b, const struct sst_term *t, int64_t *us)
{
	int64_t v = 0;
	size_t i;

	*us = INT64_MAX;
	if (t == NULL)
		return 0;
	i = t->value.n > 0 && t->value.p[0] == '-';
	for (; t->kind == SST_TERM_INTEGER && i < t->value.n; i++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, t->value.p[i] - '0', &v))
			break;
	}
	if (i != t->value.n || t->kind != SST_TERM_INTEGER)
		return sst_parser_fail(&b->p, t->line, "a timestamp is a number of microseconds");
	*us = t->value.p[0] == '-' ? -v : v;
	return 0;
}

static int
drop_column(struct builder *b, struct draft *d, const struct sst_name_list *n, int64_t us)
{
	struct columns *from = &d->regulars;
	int i = sst_column_find(from->p, from->n, n->name), old;
	struct sst_column c;

	if (i < 0) {
		from = &d->statics;
		i = sst_column_find(from->p, from->n, n->name);
	}
	if (i < 0)
		return fail_column(b, n->line, n->name, "cannot be dropped");
	c = from->p[i];
	c.dropped_us = us;
	c.is_static = from == &d->statics;
	memmove(from->p + i, from->p + i + 1, (--from->n - (size_t)i) * sizeof(c));
	old = sst_column_find(d->dropped.p, d->dropped.n, n->name);
	if (old < 0)
		return add_column(&b->p, &d->dropped, &c);
	d->dropped.p[old] = c;
	return 0;
}

static int
alter_add(struct builder *b, struct draft *d, const struct sst_column_def *c)
{
	struct columns *to = c->is_static ? &d->statics : &d->regulars;
	int old = sst_column_find(d->dropped.p, d->dropped.n, c->name);

	if (old >= 0 && d->dropped.p[old].dropped_us == INT64_MAX)
		return fail_column(
		    b, c->line, c->name, "is added again: its DROP needs USING TIMESTAMP");
	if (define_column(b, d, c) == -1)
		return -1;
	if (old >= 0)
		to->p[to->n - 1].dropped_us = d->dropped.p[old].dropped_us;
	return 0;
}

/* Later options take the place of earlier ones. */
static void
alter_with(struct draft *d, struct sst_property *list)
{
	struct sst_property *q, *next, **at;

	for (q = list; q != NULL; q = next) {
		next = q->next;
		at = &d->properties;
		while (*at != NULL && !sst_slice_eq((*at)->name, q->name))
			at = &(*at)->next;
		q->next = *at != NULL ? (*at)->next : NULL;
		*at = q;
	}
}

static int
alter(struct builder *b, const struct sst_statement *s)
{
	struct draft *d = find_draft(b, &s->name);
	const struct sst_column_def *c;
	const struct sst_name_list *n;
	int64_t us;

	if (d == NULL)
		return sst_parser_fail(&b->p, s->line, "table %.*s is not defined",
		    (int)s->name.name.n, (const char *)s->name.name.p);
	if (drop_time(b, s->timestamp, &us) == -1)
		return -1;
	for (n = s->drop; n != NULL; n = n->next) {
		if (drop_column(b, d, n, us) == -1)
			return -1;
	}
	for (c = s->columns; c != NULL; c = c->next) {
		if (alter_add(b, d, c) == -1)
			return -1;
	}
	alter_with(d, s->properties);
	return 0;
}

/* ---- keyspaces and the rest ---- */

static int
create_keyspace(struct builder *b, const struct sst_statement *s)
{
	struct sst_keyspace k = { .name = s->name.name };
	void *array = b->keyspaces;

	for (size_t i = 0; i < b->nkeyspaces; i++) {
		if (sst_slice_eq(b->keyspaces[i].name, s->name.name))
			return exists(b, s, "keyspace");
	}
	if (b->nkeyspaces == SST_SCHEMA_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "more than %d keyspaces", SST_SCHEMA_MAX);
	if (sst_options_keep(&b->p, s->properties, &k.options, &k.noptions) == -1 ||
	    grow(&b->p, &array, b->nkeyspaces, &b->keyspaces_cap, sizeof(k)) == -1)
		return -1;
	b->keyspaces = array;
	b->keyspaces[b->nkeyspaces++] = k;
	return 0;
}

static int
keep_other(struct builder *b, const struct sst_statement *s)
{
	void *array = b->others;

	if (grow(&b->p, &array, b->nothers, &b->others_cap, sizeof(*b->others)) == -1)
		return -1;
	b->others = array;
	b->others[b->nothers++] = (struct sst_schema_other){ .what = s->what,
		.keyspace = s->name.keyspace,
		.name = s->name.name,
		.text = s->text,
		.line = s->line };
	return 0;
}

static int
statement(struct builder *b, struct sst_statement *s)
{
	switch (s->kind) {
	case SST_USE:
		b->p.keyspace = s->name.name;
		return 0;
	case SST_CREATE_KEYSPACE:
		return create_keyspace(b, s);
	case SST_CREATE_TYPE:
		return create_type(b, s);
	case SST_CREATE_TABLE:
		return create_table(b, s);
	case SST_ALTER_ADD:
	case SST_ALTER_DROP:
	case SST_ALTER_WITH:
		return alter(b, s);
	case SST_OTHER:
		break;
	}
	return keep_other(b, s);
}

/* ---- the end of the text ---- */

static bool
has_counter(const struct columns *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		const struct sst_type *t = cs->p[i].type;

		if (t->kind == SST_COUNTER)
			return true;
	}
	return false;
}

/* Options, columns in their order, checks: *out is the table. */
static int
finish_table(struct builder *b, struct draft *d, const struct sst_table **out)
{
	struct sst_table *t = &d->t;
	struct sst_err e;

	sst_table_defaults(t);
	if (sst_options_apply(&b->p, t, d->properties) == -1)
		return -1;
	t->named = true;
	t->key = d->key.p;
	t->nkey = d->key.n;
	t->ck = d->ck.p;
	t->nck = d->ck.n;
	t->statics = d->statics.p;
	t->nstatic = d->statics.n;
	t->regulars = d->regulars.p;
	t->nregular = d->regulars.n;
	t->dropped = d->dropped.p;
	t->ndropped = d->dropped.n;
	t->counter = has_counter(&d->statics) || has_counter(&d->regulars);
	if (t->nstatic > 0 && t->nck == 0)
		return sst_parser_fail(&b->p, d->line,
		    "table %.*s has static but no clustering columns", (int)t->name.n,
		    (const char *)t->name.p);
	if (sst_table_finish(t, b->p.arena, &e) == -1)
		return e.code == SST_EINVAL ? sst_parser_fail(&b->p, d->line, "%s", e.what)
					    : (*b->p.e = e, -1);
	*out = t;
	return 0;
}

static int
finish(struct builder *b, struct sst_schema *out)
{
	size_t i;

	out->tables = sst_parser_alloc(&b->p, (b->tables.n + 1) * sizeof(*out->tables));
	if (out->tables == NULL)
		return -1;
	for (i = 0; i < b->tables.n; i++) {
		if (finish_table(b, (struct draft *)(uintptr_t)b->tables.p[i], &out->tables[i]) ==
		    -1)
			return -1;
	}
	out->ntables = b->tables.n;
	out->types = (const struct sst_type **)b->types.p;
	out->ntypes = b->types.n;
	out->keyspaces = b->keyspaces;
	out->nkeyspaces = b->nkeyspaces;
	out->others = b->others;
	out->nothers = b->nothers;
	return 0;
}

int
sst_schema_parse(struct sst_schema *out, struct sst_arena *arena, struct sst_slice text,
    const char *file, struct sst_slice keyspace, struct sst_err *e)
{
	struct builder b = { .p = sst_parser_new(text, arena, file, keyspace, e),
		.memory_start = arena->bytes,
		.memory_max = MEMORY_MIN + MEMORY_PER_BYTE * text.n };
	struct sst_statement s;
	int r;

	*out = (struct sst_schema){ 0 };
	if (text.n > SST_SCHEMA_TEXT_MAX)
		return sst_fail(e, SST_ELIMIT, file, SST_NOWHERE,
		    "a schema of %zu bytes, at most %zu", text.n, SST_SCHEMA_TEXT_MAX);
	while ((r = sst_statement_parse(&b.p, &s)) == SST_ONE) {
		if (statement(&b, &s) == -1)
			return -1;
	}
	return r == -1 ? -1 : finish(&b, out);
}

/* ---- look-up ---- */

const struct sst_table *
sst_schema_table(const struct sst_schema *s, struct sst_slice keyspace, struct sst_slice name)
{
	const struct sst_table *found = NULL;

	for (size_t i = 0; i < s->ntables; i++) {
		const struct sst_table *t = s->tables[i];

		if (!sst_slice_eq(t->name, name) ||
		    (keyspace.n > 0 && !sst_slice_eq(t->keyspace, keyspace)))
			continue;
		if (found != NULL)
			return NULL;
		found = t;
	}
	return found;
}

const struct sst_table *
sst_schema_table_by_id(const struct sst_schema *s, const uint8_t id[16])
{
	static const uint8_t unknown[16];

	for (size_t i = 0; i < s->ntables; i++) {
		if (memcmp(s->tables[i]->id, id, 16) == 0)
			return memcmp(id, unknown, 16) == 0 ? NULL : s->tables[i];
	}
	return NULL;
}

const struct sst_type *
sst_schema_type(const struct sst_schema *s, struct sst_slice keyspace, struct sst_slice name)
{
	for (size_t i = 0; i < s->ntypes; i++) {
		if (sst_slice_eq(s->types[i]->name, name) &&
		    sst_slice_eq(s->types[i]->keyspace, keyspace))
			return s->types[i];
	}
	return NULL;
}
