/* cql/draft.c: CREATE TABLE and ALTER TABLE make a draft; at the end of the text it becomes a table. */
#include "cql/builder.h"

struct sst_draft *
sst_builder_find_table(const struct sst_builder *b, const struct sst_cql_name *name)
{
	for (size_t i = 0; i < b->tables.n; i++) {
		struct sst_draft *d = (struct sst_draft *)(uintptr_t)b->tables.p[i];

		if (sst_slice_eq(d->t.name, name->name) &&
		    sst_slice_eq(d->t.keyspace, name->keyspace))
			return d;
	}
	return NULL;
}

static int
fail_column(const struct sst_builder *b, uint32_t line, struct sst_slice name, const char *what)
{
	return sst_parser_fail(
	    &b->p, line, "column %.*s %s", (int)name.n, (const char *)name.p, what);
}

/* Takes a column of the primary key out of the regular ones. */
static int
take_key(struct sst_builder *b, struct sst_draft *d, const struct sst_name_list *k,
    struct sst_columns *to)
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
	return sst_builder_add_column(b, to, &c);
}

static int
set_order(struct sst_builder *b, struct sst_draft *d, const struct sst_name_list *o)
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
define_column(struct sst_builder *b, struct sst_draft *d, const struct sst_column_def *c)
{
	struct sst_column col = { .name = c->name, .dropped_us = INT64_MIN };

	if (d->regulars.n + d->statics.n + d->dropped.n >= SST_COLUMNS_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "line %u: more than %d columns", c->line, SST_COLUMNS_MAX);
	b->keyspace = d->t.keyspace;
	if (sst_builder_resolve(b, c, &col.type) == -1)
		return -1;
	return sst_builder_add_column(b, c->is_static ? &d->statics : &d->regulars, &col);
}

static int
define_columns(struct sst_builder *b, struct sst_draft *d, const struct sst_statement *s)
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

int
sst_builder_create_table(struct sst_builder *b, const struct sst_statement *s)
{
	struct sst_draft *d;

	if (sst_builder_find_table(b, &s->name) != NULL)
		return sst_builder_exists(b, s, "table");
	if ((d = sst_parser_alloc(&b->p, sizeof(*d))) == NULL)
		return -1;
	d->line = s->line;
	d->t.keyspace = s->name.keyspace;
	d->t.name = s->name.name;
	d->t.compact = s->compact;
	d->properties = s->properties;
	if (define_columns(b, d, s) == -1)
		return -1;
	return sst_builder_add(b, &b->tables, d);
}

/* ---- ALTER TABLE ---- */

/* The time behind USING TIMESTAMP; INT64_MAX where there is none: then the drop hides everything. */
static int
drop_time(const struct sst_builder *b, const struct sst_term *t, int64_t *us)
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
drop_column(struct sst_builder *b, struct sst_draft *d, const struct sst_name_list *n, int64_t us,
    bool missing_ok)
{
	struct sst_columns *from = &d->regulars;
	int i = sst_column_find(from->p, from->n, n->name), old;
	struct sst_column c;

	if (i < 0) {
		from = &d->statics;
		i = sst_column_find(from->p, from->n, n->name);
	}
	if (i < 0)
		return missing_ok ? 0 : fail_column(b, n->line, n->name, "cannot be dropped");
	c = from->p[i];
	c.dropped_us = us;
	c.is_static = from == &d->statics;
	memmove(from->p + i, from->p + i + 1, (--from->n - (size_t)i) * sizeof(c));
	old = sst_column_find(d->dropped.p, d->dropped.n, n->name);
	if (old < 0)
		return sst_builder_add_column(b, &d->dropped, &c);
	d->dropped.p[old] = c;
	return 0;
}

static int
alter_add(struct sst_builder *b, struct sst_draft *d, const struct sst_column_def *c)
{
	struct sst_columns *to = c->is_static ? &d->statics : &d->regulars;
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
alter_with(struct sst_draft *d, struct sst_property *list)
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

static bool
has_column(const struct sst_draft *d, struct sst_slice name)
{
	return sst_column_find(d->regulars.p, d->regulars.n, name) >= 0 ||
	    sst_column_find(d->statics.p, d->statics.n, name) >= 0 ||
	    sst_column_find(d->key.p, d->key.n, name) >= 0 ||
	    sst_column_find(d->ck.p, d->ck.n, name) >= 0;
}

int
sst_builder_alter_table(struct sst_builder *b, const struct sst_statement *s)
{
	struct sst_draft *d = sst_builder_find_table(b, &s->name);
	const struct sst_column_def *c;
	const struct sst_name_list *n;
	int64_t us;

	if (d == NULL && s->if_exists)
		return 0;
	if (d == NULL)
		return sst_parser_fail(&b->p, s->line, "table %.*s is not defined",
		    (int)s->name.name.n, (const char *)s->name.name.p);
	if (drop_time(b, s->timestamp, &us) == -1)
		return -1;
	for (n = s->drop; n != NULL; n = n->next) {
		if (drop_column(b, d, n, us, s->part_if_exists) == -1)
			return -1;
	}
	for (c = s->columns; c != NULL; c = c->next) {
		if (s->if_not_exists && has_column(d, c->name))
			continue;
		if (alter_add(b, d, c) == -1)
			return -1;
	}
	alter_with(d, s->properties);
	return 0;
}

/* ---- the end of the text ---- */

static bool
has_counter(const struct sst_columns *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		const struct sst_type *t = cs->p[i].type;

		if (t->kind == SST_COUNTER)
			return true;
	}
	return false;
}

/* Options, columns in their order, checks: *out is the table. */
int
sst_builder_finish_table(struct sst_builder *b, struct sst_draft *d, const struct sst_table **out)
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
