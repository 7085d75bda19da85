/* query/definetype.c: user types. */
#include "query/defining.h"

/* The type of a field. */
static int
field_type(struct sst_defining *d, const struct sst_column_def *c, const struct sst_type **t)
{
	bool udt;

	if (sst_slice_eq(c->type, SST_SLICE_LIT("counter")))
		return sst_defining_refuse(
		    d, SST_REFUSED_INVALID, "A user type cannot contain counters");
	if (sst_defining_type(d, c, t) == -1)
		return -1;
	udt = (*t)->kind == SST_UDT && (*t)->multicell;
	return udt ? sst_defining_refuse(
			 d, SST_REFUSED_INVALID, "A user type cannot contain non-frozen UDTs")
		   : 0;
}

int
sst_define_create_type(struct sst_defining *d)
{
	struct sst_slice keyspace = d->s.name.keyspace, name = d->s.name.name;
	const struct sst_type *t;

	if (sst_defining_check_keyspace(d, keyspace, true) == -1)
		return -1;
	if (sst_schema_type(d->was, keyspace, name) != NULL) {
		if (d->s.if_not_exists)
			return 0;
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "A user type with name '%.*s' already exists", SST_S(name));
	}
	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next) {
		for (const struct sst_column_def *o = d->s.columns; o != c; o = o->next)
			if (sst_slice_eq(o->name, c->name))
				return sst_defining_refuse(d, SST_REFUSED_INVALID,
				    "Duplicate field name '%.*s' in type '%.*s'", SST_S(c->name),
				    SST_S(name));
		if (field_type(d, c, &t) == -1)
			return -1;
	}
	sst_buf_add_slice(&d->text, d->s.text);
	sst_defining_tell(d, "CREATED", "TYPE", keyspace, name);
	return 0;
}

/* ---- ALTER ---- */

/* In whose keys a type stands that gets another field. */
static int
check_keys(struct sst_defining *d, const struct sst_type *u, const struct sst_column_def *c)
{
	for (size_t i = 0; i < d->was->ntables; i++) {
		const struct sst_table *t = d->was->tables[i];

		for (size_t k = 0; k < t->nkey; k++)
			if (sst_defining_uses(t->key[k].type, u->keyspace, u->name))
				return sst_defining_refuse(d, SST_REFUSED_INVALID,
				    "Cannot add new field %.*s of type %.*s to user type "
				    "%.*s.%.*s as the type is being used in partition key by the "
				    "following tables: %.*s.%.*s",
				    SST_S(c->name), SST_S(c->type), SST_S(u->keyspace),
				    SST_S(u->name), SST_S(t->keyspace), SST_S(t->name));
	}
	return 0;
}

static int
field_of(const struct sst_type *u, struct sst_slice name)
{
	for (size_t i = 0; i < u->nargs; i++)
		if (sst_slice_eq(u->fields[i], name))
			return (int)i;
	return -1;
}

/* SST_ONE: added; 0: it was there. */
static int
add_field(struct sst_defining *d, struct sst_type *u)
{
	const struct sst_column_def *c = d->s.columns;
	const struct sst_type *t;

	if (field_of(u, c->name) >= 0)
		return d->s.if_not_exists
		    ? 0
		    : sst_defining_refuse(d, SST_REFUSED_INVALID,
			  "Cannot add field %.*s to type %.*s.%.*s: a field with name %.*s already "
			  "exists",
			  SST_S(c->name), SST_S(u->keyspace), SST_S(u->name), SST_S(c->name));
	if (field_type(d, c, &t) == -1)
		return -1;
	if (sst_defining_uses(t, u->keyspace, u->name))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot add new field %.*s of type %.*s to user type %.*s.%.*s as it would "
		    "create "
		    "a circular reference",
		    SST_S(c->name), SST_S(c->type), SST_S(u->keyspace), SST_S(u->name));
	if (check_keys(d, u, c) == -1)
		return -1;
	u->fields[u->nargs] = c->name;
	u->args[u->nargs++] = t;
	return SST_ONE;
}

static int
rename_fields(struct sst_defining *d, struct sst_type *u)
{
	int r = 0, i;

	for (const struct sst_rename *n = d->s.renames; n != NULL; n = n->next) {
		if ((i = field_of(u, n->from)) < 0) {
			if (d->s.part_if_exists)
				continue;
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Unkown field %.*s in user type %.*s.%.*s", SST_S(n->from),
			    SST_S(u->keyspace), SST_S(u->name)); /* their spelling */
		}
		if (field_of(u, n->to) >= 0)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Duplicate field name %.*s in type %.*s", SST_S(n->to),
			    SST_S(u->keyspace)); /* theirs, too: the keyspace */
		u->fields[i] = n->to;
		r = SST_ONE;
	}
	return r;
}

/* A copy of the i-th type in the new schema, with room for a field more. */
static struct sst_type *
copy_type(struct sst_defining *d, size_t i)
{
	const struct sst_schema *was = d->was;
	const struct sst_type *old = was->types[i];
	const struct sst_type **list = sst_arena_zeroed(d->arena, was->ntypes, sizeof(*list));
	struct sst_type *u = sst_arena_zeroed(d->arena, 1, sizeof(*u));
	const struct sst_type **args = sst_arena_zeroed(d->arena, old->nargs + 1, sizeof(*args));
	struct sst_slice *fields = sst_arena_zeroed(d->arena, old->nargs + 1, sizeof(*fields));

	if (list == NULL || u == NULL || args == NULL || fields == NULL) {
		sst_fail_nomem(d->e);
		return NULL;
	}
	memcpy(list, was->types, was->ntypes * sizeof(*list));
	memcpy(args, old->args, old->nargs * sizeof(*args));
	memcpy(fields, old->fields, old->nargs * sizeof(*fields));
	*u = *old;
	u->args = args;
	u->fields = fields;
	list[i] = u;
	d->next.types = list;
	return u;
}

static bool
table_uses(const struct sst_table *t, const struct sst_type *u)
{
	const struct {
		const struct sst_column *p;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular }, { t->dropped, t->ndropped } };

	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
		for (size_t i = 0; i < all[k].n; i++)
			if (sst_defining_uses(all[k].p[i].type, u->keyspace, u->name))
				return true;
	return false;
}

int
sst_define_alter_type(struct sst_defining *d)
{
	struct sst_slice keyspace = d->s.name.keyspace, name = d->s.name.name;
	struct sst_type *u;
	size_t i = 0;
	int r;

	if (sst_defining_check_keyspace(d, keyspace, false) == -1)
		return -1;
	while (i < d->was->ntypes &&
	    !(sst_slice_eq(d->was->types[i]->name, name) &&
		sst_slice_eq(d->was->types[i]->keyspace, keyspace)))
		i++;
	if (i == d->was->ntypes) {
		if (d->s.if_exists)
			return 0;
		return sst_defining_refuse(d, SST_REFUSED_INVALID, "Type %.*s.%.*s doesn't exist",
		    SST_S(keyspace), SST_S(name));
	}
	if ((u = copy_type(d, i)) == NULL)
		return -1;
	r = d->s.columns != NULL ? add_field(d, u) : rename_fields(d, u);
	if (r != SST_ONE)
		return r;
	sst_defining_tell(d, "UPDATED", "TYPE", keyspace, name);
	for (size_t k = 0; k < d->was->ntables; k++)
		if (table_uses(d->was->tables[k], u) &&
		    sst_defining_touch(d, d->was->tables[k]) == -1)
			return -1;
	return 0;
}

/* ---- DROP ---- */

/* a, b, c of those who still use a type. */
static void
add_user(struct sst_buf *b, struct sst_slice name)
{
	if (b->n > 0)
		sst_buf_adds(b, ", ");
	sst_buf_add_slice(b, name);
}

static int
refuse_used(struct sst_defining *d, const struct sst_type *u, const char *by, struct sst_buf *names)
{
	int r = 0;

	if (names->bad)
		r = sst_fail_nomem(d->e);
	else if (names->n > 0)
		r = sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot drop user type '%.*s.%.*s' as it is still used by %s %.*s",
		    SST_S(u->keyspace), SST_S(u->name), by, (int)names->n, (const char *)names->p);
	sst_buf_free(names);
	*names = (struct sst_buf){ 0 };
	return r;
}

int
sst_define_drop_type(struct sst_defining *d, const struct sst_cql_name *name, bool if_exists)
{
	const struct sst_schema *was = d->was;
	const struct sst_type **list, *u;
	struct sst_buf users = { 0 };

	if (sst_defining_check_keyspace(d, name->keyspace, false) == -1)
		return -1;
	if ((u = sst_schema_type(was, name->keyspace, name->name)) == NULL)
		return if_exists
		    ? 0
		    : sst_defining_refuse(d, SST_REFUSED_INVALID, "Type '%.*s.%.*s' doesn't exist",
			  SST_S(name->keyspace), SST_S(name->name));
	if ((list = sst_arena_zeroed(d->arena, was->ntypes, sizeof(*list))) == NULL)
		return sst_fail_nomem(d->e);
	d->next.ntypes = 0;
	for (size_t i = 0; i < was->ntypes; i++) {
		if (was->types[i] == u)
			continue;
		list[d->next.ntypes++] = was->types[i];
		if (sst_defining_uses(was->types[i], u->keyspace, u->name))
			add_user(&users, was->types[i]->name);
	}
	d->next.types = list;
	if (refuse_used(d, u, "user types", &users) == -1)
		return -1;
	for (size_t i = 0; i < was->ntables; i++)
		if (table_uses(was->tables[i], u))
			add_user(&users, was->tables[i]->name);
	if (refuse_used(d, u, "tables", &users) == -1)
		return -1;
	sst_defining_tell(d, "DROPPED", "TYPE", u->keyspace, u->name);
	return 0;
}
