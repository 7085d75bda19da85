/* query/ddl.c: which definition it is, and the schema that comes of it. */
#include "query/ddl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "cql/dml.h"
#include "query/defining.h"

/* ---- what the kinds share ---- */

int
sst_defining_refuse(struct sst_defining *d, enum sst_refusal why, const char *fmt, ...)
{
	char what[sizeof(d->e->what)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->out->refusal = why;
	return sst_fail(d->e, SST_EINVAL, NULL, SST_NOWHERE, "%s", what);
}

int
sst_defining_exists(
    struct sst_defining *d, struct sst_slice keyspace, struct sst_slice name, const char *words)
{
	d->out->keyspace = sst_arena_slice(d->arena, keyspace);
	d->out->name = sst_arena_slice(d->arena, name);
	return sst_defining_refuse(d, SST_REFUSED_EXISTS, "%s", words);
}

const struct sst_keyspace *
sst_defining_keyspace(const struct sst_defining *d, struct sst_slice name)
{
	for (size_t i = 0; i < d->was->nkeyspaces; i++)
		if (sst_slice_eq(d->was->keyspaces[i].name, name))
			return &d->was->keyspaces[i];
	return NULL;
}

void
sst_defining_tell(struct sst_defining *d, const char *change, const char *target,
    struct sst_slice keyspace, struct sst_slice name)
{
	d->out->change = change;
	d->out->target = target;
	d->out->keyspace = sst_arena_slice(d->arena, keyspace);
	d->out->name = sst_arena_slice(d->arena, name);
}

int
sst_defining_touch(struct sst_defining *d, const struct sst_table *t)
{
	if (d->out->tables == NULL) {
		d->out->tables =
		    sst_arena_zeroed(d->arena, d->was->ntables + 1, sizeof(*d->out->tables));
		if (d->out->tables == NULL)
			return sst_fail_nomem(d->e);
	}
	d->out->tables[d->out->ntables++] = t;
	return 0;
}

bool
sst_defining_uses(const struct sst_type *t, struct sst_slice keyspace, struct sst_slice name)
{
	if (t->kind == SST_UDT && sst_slice_eq(t->name, name) &&
	    sst_slice_eq(t->keyspace, keyspace))
		return true;
	for (size_t i = 0; i < t->nargs; i++)
		if (sst_defining_uses(t->args[i], keyspace, name))
			return true;
	return false;
}

bool
sst_ddl_is_system(struct sst_slice keyspace)
{
	static const char *const names[] = { "system", "system_schema", "system_auth",
		"system_distributed", "system_traces", "system_views", "system_virtual_schema" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sst_slice_eq(keyspace, sst_slice_str(names[i])))
			return true;
	return false;
}

int
sst_defining_check_keyspace(struct sst_defining *d, struct sst_slice keyspace, bool must_exist)
{
	if (keyspace.n == 0)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "No keyspace has been specified. USE a keyspace, or explicitly specify "
		    "keyspace.tablename");
	if (sst_ddl_is_system(keyspace))
		return sst_defining_refuse(d, SST_REFUSED_UNAUTHORIZED,
		    "%.*s keyspace is not user-modifiable.", SST_S(keyspace));
	if (must_exist && sst_defining_keyspace(d, keyspace) == NULL)
		return sst_defining_refuse(
		    d, SST_REFUSED_INVALID, "Keyspace '%.*s' doesn't exist", SST_S(keyspace));
	return 0;
}

struct look_up {
	const struct sst_schema *schema;
	struct sst_slice keyspace, missing;
};

static const struct sst_type *
look_up(void *arg, struct sst_slice name)
{
	struct look_up *l = arg;
	const struct sst_type *t = sst_schema_type(l->schema, l->keyspace, name);

	if (t == NULL)
		l->missing = name;
	return t;
}

static bool
holds(const struct sst_type *t, enum sst_kind kind)
{
	if (t->kind == kind)
		return true;
	for (size_t i = 0; i < t->nargs; i++)
		if (holds(t->args[i], kind))
			return true;
	return false;
}

/* What Cassandra does not allow inside collections. */
static int
check_inside(struct sst_defining *d, const struct sst_column_def *c, const struct sst_type *t)
{
	bool collection = t->kind == SST_LIST || t->kind == SST_SET || t->kind == SST_MAP;

	for (size_t i = 0; i < t->nargs; i++)
		if (check_inside(d, c, t->args[i]) == -1)
			return -1;
	for (size_t i = 0; i < t->nargs && collection; i++)
		if (holds(t->args[i], SST_COUNTER))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Counters are not allowed inside collections: %.*s", SST_S(c->type));
	if (t->kind == SST_MAP && holds(t->args[0], SST_DURATION))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Durations are not allowed as map keys: %.*s", SST_S(c->type));
	if (t->kind == SST_SET && holds(t->args[0], SST_DURATION))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Durations are not allowed inside sets: %.*s", SST_S(c->type));
	return 0;
}

int
sst_defining_type(
    struct sst_defining *d, const struct sst_column_def *c, const struct sst_type **out)
{
	struct look_up l = { d->was, d->s.name.keyspace, { NULL, 0 } };
	bool frozen = c->type.n > 7 && memcmp(c->type.p, "frozen<", 7) == 0;
	struct sst_err why;

	if (sst_type_parse_cql(out, d->arena, c->type, look_up, &l, &why) == 0) {
		if (frozen && (*out)->nargs == 0)
			return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
			    "frozen<> is only allowed on collections, tuples, and user-defined "
			    "types "
			    "(got %.*s)",
			    (int)(c->type.n - 8), (const char *)c->type.p + 7);
		return check_inside(d, c, *out);
	}
	if (why.code == SST_ENOMEM)
		return sst_fail_nomem(d->e);
	if (l.missing.p != NULL)
		return sst_defining_refuse(d, SST_REFUSED_INVALID, "Unknown type %.*s.%.*s",
		    SST_S(l.keyspace), SST_S(l.missing));
	if (strstr(why.what, "must be frozen") != NULL)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Non-frozen collections are not allowed inside collections: %.*s",
		    SST_S(c->type));
	return sst_defining_refuse(
	    d, SST_REFUSED_INVALID, "%.*s: %.120s", SST_S(c->type), why.what);
}

/* ---- the new schema ---- */

struct printing {
	const struct sst_schema *s;
	bool *done;
	struct sst_buf *b;
};

/* The types that a type is made of, and then itself: a field may have a type that came later. */
static void
print_type(struct printing *p, const struct sst_type *t, unsigned depth)
{
	for (size_t i = 0; i < t->nargs && depth < SST_TYPE_DEPTH_MAX; i++)
		print_type(p, t->args[i], depth + 1);
	if (t->kind != SST_UDT)
		return;
	for (size_t i = 0; i < p->s->ntypes; i++) {
		const struct sst_type *u = p->s->types[i];

		if (p->done[i] || !sst_slice_eq(u->name, t->name) ||
		    !sst_slice_eq(u->keyspace, t->keyspace))
			continue;
		p->done[i] = true;
		for (size_t k = 0; k < u->nargs && depth < SST_TYPE_DEPTH_MAX; k++)
			print_type(p, u->args[k], depth + 1);
		sst_schema_print_type(u, p->b);
	}
}

static int
print_schema(struct sst_defining *d, struct sst_buf *b)
{
	struct printing p = { &d->next, calloc(d->next.ntypes + 1, sizeof(bool)), b };

	if (p.done == NULL)
		return sst_fail_nomem(d->e);
	for (size_t i = 0; i < d->next.nkeyspaces; i++)
		sst_schema_print_keyspace(&d->next.keyspaces[i], b);
	for (size_t i = 0; i < d->next.ntypes; i++)
		print_type(&p, d->next.types[i], 0);
	free(p.done);
	for (size_t i = 0; i < d->next.ntables; i++)
		sst_schema_print_table(d->next.tables[i], b);
	sst_buf_add_slice(b, sst_buf_slice(&d->text));
	return b->bad || d->text.bad ? sst_fail_nomem(d->e) : 0;
}

/* "line 7: " is of a text that the client has not written. */
static void
strip_line(struct sst_err *e)
{
	const char *colon = strncmp(e->what, "line ", 5) == 0 ? strstr(e->what, ": ") : NULL;

	if (colon != NULL)
		memmove(e->what, colon + 2, strlen(colon + 2) + 1);
}

static int
finish(struct sst_defining *d)
{
	static const uint8_t none[16];
	struct sst_schema *out = &d->out->schema;
	struct sst_buf b = { 0 };
	struct sst_slice text = { NULL, 0 }, ks = d->opts->keyspace;
	int r = print_schema(d, &b);

	if (r == 0) { /* the schema borrows from both, and outlives the statement */
		text = sst_arena_slice(d->arena, sst_buf_slice(&b));
		ks = sst_arena_slice(d->arena, ks);
		r = (b.n > 0 && text.p == NULL) || (d->opts->keyspace.n > 0 && ks.p == NULL)
		    ? sst_fail_nomem(d->e)
		    : 0;
	}
	sst_buf_free(&b);
	if (r == 0 && (r = sst_schema_parse(out, d->arena, text, NULL, ks, d->e)) == -1) {
		d->out->refusal = SST_REFUSED_CONFIG;
		strip_line(d->e);
	}
	for (size_t i = 0; r == 0 && i < out->ntables; i++) {
		struct sst_table *t = (struct sst_table *)(uintptr_t)out->tables[i];

		if (d->s.kind == SST_CREATE_TABLE && memcmp(t->id, none, 16) == 0 &&
		    sst_slice_eq(t->name, d->out->name) &&
		    sst_slice_eq(t->keyspace, d->out->keyspace))
			memcpy(t->id, d->opts->table_id, 16); /* nobody has seen it yet */
	}
	return r;
}

/* ---- which it is ---- */

static bool
at_word(const struct sst_parser *p, const char *word)
{
	return p->tok.kind == SST_TOK_WORD && p->tok.text.n == strlen(word) &&
	    strncasecmp((const char *)p->tok.text.p, word, p->tok.text.n) == 0;
}

bool
sst_ddl_at(const struct sst_parser *p)
{
	return sst_parser_at(p, SST_W_CREATE) || sst_parser_at(p, SST_W_ALTER) ||
	    sst_parser_at(p, SST_W_DROP) || sst_parser_at(p, SST_W_GRANT) ||
	    sst_parser_at(p, SST_W_REVOKE) || at_word(p, "list");
}

/* "CREATE INDEX is not supported", as it was written. */
static int
unsupported(struct sst_defining *d, struct sst_slice what)
{
	char words[64];
	size_t n = 0;

	for (size_t i = 0; i < what.n && n + 1 < sizeof(words); i++)
		words[n++] =
		    (char)(what.p[i] >= 'a' && what.p[i] <= 'z' ? what.p[i] - 0x20 : what.p[i]);
	words[n] = '\0';
	d->out->refusal = SST_REFUSED_INVALID;
	return sst_fail(d->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "%s is not supported", words);
}

static int
create_or_alter(struct sst_defining *d)
{
	switch (d->s.kind) {
	case SST_CREATE_KEYSPACE:
		return sst_define_create_keyspace(d);
	case SST_ALTER_KEYSPACE:
		return sst_define_alter_keyspace(d);
	case SST_CREATE_TYPE:
		return sst_define_create_type(d);
	case SST_ALTER_TYPE:
		return sst_define_alter_type(d);
	case SST_CREATE_TABLE:
		return sst_define_create_table(d);
	case SST_ALTER_COLUMN:
		return sst_defining_refuse(
		    d, SST_REFUSED_INVALID, "Altering column types is no longer supported");
	case SST_OTHER:
		return unsupported(d, d->s.what);
	default:
		return sst_define_alter_table(d);
	}
}

/* DROP and the words behind it, up to what is dropped. */
static struct sst_slice
drop_words(const struct sst_parser *from)
{
	struct sst_parser p = *from;
	size_t start = p.tok.off;

	sst_parser_next(&p);
	if (sst_parser_take(&p, SST_W_MATERIALIZED) || at_word(&p, "service"))
		sst_parser_next(&p);
	else
		sst_parser_next(&p);
	return (struct sst_slice){ p.lex.source.p + start, p.end - start };
}

static int
drop(struct sst_defining *d, struct sst_parser *p)
{
	static const enum sst_word known[] = { SST_W_KEYSPACE, SST_W_SCHEMA, SST_W_TABLE,
		SST_W_COLUMNFAMILY, SST_W_TYPE };
	struct sst_parser ahead = *p;
	struct sst_dml dml;
	bool ours = false;

	sst_parser_next(&ahead);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ours |= sst_parser_at(&ahead, known[i]);
	if (!ours && ahead.tok.kind == SST_TOK_WORD)
		return unsupported(d, drop_words(p));
	d->out->refusal = SST_REFUSED_SYNTAX;
	if (sst_dml_parse(p, &dml) == -1)
		return -1;
	d->s.name = dml.name;
	if (dml.kind == SST_DROP_KEYSPACE)
		return sst_define_drop_keyspace(d, dml.name.name, dml.if_exists);
	if (dml.kind == SST_DROP_TYPE)
		return sst_define_drop_type(d, &dml.name, dml.if_exists);
	return sst_define_drop_table(d, &dml.name, dml.if_exists);
}

static int
make(struct sst_defining *d, struct sst_slice text)
{
	struct sst_parser p = sst_parser_new(text, d->arena, NULL, d->opts->keyspace, d->e);
	int r;

	if (!sst_parser_at(&p, SST_W_CREATE) && !sst_parser_at(&p, SST_W_ALTER) &&
	    !sst_parser_at(&p, SST_W_DROP))
		return unsupported(d, p.tok.text);
	if (sst_parser_at(&p, SST_W_DROP))
		return drop(d, &p);
	d->out->refusal = SST_REFUSED_SYNTAX;
	if ((r = sst_statement_parse(&p, &d->s)) != SST_ONE)
		return r == -1 ? -1 : sst_parser_expected(&p, "a statement");
	if (p.tok.kind != SST_TOK_END)
		return sst_parser_expected(&p, "the end");
	return create_or_alter(d);
}

int
sst_ddl_make(struct sst_ddl *out, struct sst_arena *arena, const struct sst_schema *was,
    struct sst_slice text, const struct sst_ddl_opts *opts, struct sst_err *e)
{
	struct sst_defining d = {
		.out = out, .arena = arena, .was = was, .opts = opts, .next = *was, .e = e
	};
	int r;

	*out = (struct sst_ddl){ 0 };
	r = make(&d, text);
	if (r == 0 && out->change != NULL)
		r = finish(&d);
	sst_buf_free(&d.text);
	return r;
}
