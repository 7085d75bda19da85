/* cql/usertype.c: CREATE TYPE, and types that columns and fields name. */
#include "cql/builder.h"

#define UDT_NODES_MAX 4096 /* types within a user type, all the way down */

const struct sst_type *
sst_builder_find_type(
    const struct sst_pointers *types, struct sst_slice keyspace, struct sst_slice name)
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
	struct sst_builder *b = arg;

	if (b->p.arena->bytes - b->memory_start > b->memory_max) {
		b->too_much = true;
		return NULL;
	}
	return sst_builder_find_type(&b->types, b->keyspace, name);
}

int
sst_builder_resolve(
    struct sst_builder *b, const struct sst_column_def *c, const struct sst_type **t)
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
check_type(struct sst_builder *b, const struct sst_type *t, uint32_t line)
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

int
sst_builder_create_type(struct sst_builder *b, const struct sst_statement *s)
{
	const struct sst_column_def *c;
	const struct sst_type **args;
	struct sst_slice *fields;
	struct sst_type *t;
	size_t n = 0;

	if (sst_builder_find_type(&b->types, s->name.keyspace, s->name.name) != NULL)
		return sst_builder_exists(b, s, "type");
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
		if (sst_builder_resolve(b, c, &args[t->nargs]) == -1)
			return -1;
	}
	if (check_type(b, t, s->line) == -1)
		return -1;
	return sst_builder_add(b, &b->types, t);
}
