/*
 * cql/schema.c: statements, one after the other, become keyspaces, types and tables.  A table stays
 * a draft until the end of the text, as ALTER TABLE may follow.
 */
#include "cql/schema.h"

#include <stdio.h>

#include "cql/builder.h"

#define MEMORY_MIN ((size_t)16 << 20)
#define MEMORY_PER_BYTE 256 /* of text, at most */

/* Room for one more of `size` bytes in an array in the arena. */
int
sst_builder_grow(struct sst_builder *b, void *array, size_t n, size_t *cap, size_t size)
{
	void **old = array, *bigger;
	size_t want = *cap == 0 ? 4 : *cap * 2;

	if (n < *cap)
		return 0;
	if ((bigger = sst_arena_array(b->p.arena, want, size)) == NULL)
		return sst_fail_nomem(b->p.e);
	if (n > 0)
		memcpy(bigger, *old, n * size);
	*old = bigger;
	*cap = want;
	return 0;
}

int
sst_builder_add_column(struct sst_builder *b, struct sst_columns *cs, const struct sst_column *c)
{
	void *array = cs->p;

	if (sst_builder_grow(b, &array, cs->n, &cs->cap, sizeof(*cs->p)) == -1)
		return -1;
	cs->p = array;
	cs->p[cs->n++] = *c;
	return 0;
}

int
sst_builder_add(struct sst_builder *b, struct sst_pointers *l, const void *v)
{
	void *array = l->p;

	if (l->n == SST_SCHEMA_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "more than %d definitions", SST_SCHEMA_MAX);
	if (sst_builder_grow(b, &array, l->n, &l->cap, sizeof(*l->p)) == -1)
		return -1;
	l->p = array;
	l->p[l->n++] = v;
	return 0;
}

int
sst_builder_exists(struct sst_builder *b, const struct sst_statement *s, const char *what)
{
	if (s->if_not_exists)
		return 0;
	return sst_parser_fail(&b->p, s->line, "%s %.*s is there twice", what, (int)s->name.name.n,
	    (const char *)s->name.name.p);
}

/* ---- keyspaces and the rest ---- */

static int
create_keyspace(struct sst_builder *b, const struct sst_statement *s)
{
	struct sst_keyspace k = { .name = s->name.name };
	void *array = b->keyspaces;

	for (size_t i = 0; i < b->nkeyspaces; i++) {
		if (sst_slice_eq(b->keyspaces[i].name, s->name.name))
			return sst_builder_exists(b, s, "keyspace");
	}
	if (b->nkeyspaces == SST_SCHEMA_MAX)
		return sst_fail(b->p.e, SST_ELIMIT, b->p.file, SST_NOWHERE,
		    "more than %d keyspaces", SST_SCHEMA_MAX);
	if (sst_options_keep(&b->p, s->properties, &k.options, &k.noptions) == -1 ||
	    sst_builder_grow(b, &array, b->nkeyspaces, &b->keyspaces_cap, sizeof(k)) == -1)
		return -1;
	b->keyspaces = array;
	b->keyspaces[b->nkeyspaces++] = k;
	return 0;
}

static int
keep_other(struct sst_builder *b, const struct sst_statement *s)
{
	void *array = b->others;

	if (sst_builder_grow(b, &array, b->nothers, &b->others_cap, sizeof(*b->others)) == -1)
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
statement(struct sst_builder *b, struct sst_statement *s)
{
	switch (s->kind) {
	case SST_USE:
		b->p.keyspace = s->name.name;
		return 0;
	case SST_CREATE_KEYSPACE:
		return create_keyspace(b, s);
	case SST_CREATE_TYPE:
		return sst_builder_create_type(b, s);
	case SST_CREATE_TABLE:
		return sst_builder_create_table(b, s);
	case SST_ALTER_ADD:
	case SST_ALTER_DROP:
	case SST_ALTER_WITH:
		return sst_builder_alter_table(b, s);
	case SST_ALTER_KEYSPACE:
	case SST_ALTER_TYPE:
	case SST_ALTER_RENAME:
	case SST_ALTER_COLUMN:
		return sst_parser_fail(&b->p, s->line,
		    "a schema says what is: of ALTER only ADD, DROP and WITH of a table");
	case SST_OTHER:
		break;
	}
	return keep_other(b, s);
}

/* ---- the end of the text ---- */

static int
finish(struct sst_builder *b, struct sst_schema *out)
{
	size_t i;

	out->tables = sst_parser_alloc(&b->p, (b->tables.n + 1) * sizeof(*out->tables));
	if (out->tables == NULL)
		return -1;
	for (i = 0; i < b->tables.n; i++) {
		if (sst_builder_finish_table(
			b, (struct sst_draft *)(uintptr_t)b->tables.p[i], &out->tables[i]) == -1)
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
	struct sst_builder b = { .p = sst_parser_new(text, arena, file, keyspace, e),
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
