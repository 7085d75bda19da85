/* query/definetable.c: tables, in the order of Cassandra's own checks. */
#include "query/defining.h"

#include <stdio.h>

#define NAME_MAX_CHARS 222 /* with the id behind it a folder's name still fits */

static bool
is_collection(const struct sst_type *t)
{
	return t->kind == SST_LIST || t->kind == SST_SET || t->kind == SST_MAP;
}

static const struct sst_column_def *
find_def(const struct sst_defining *d, struct sst_slice name)
{
	const struct sst_column_def *c = d->s.columns;

	while (c != NULL && !sst_slice_eq(c->name, name))
		c = c->next;
	return c;
}

static bool
in_list(const struct sst_name_list *l, struct sst_slice name)
{
	while (l != NULL && !sst_slice_eq(l->name, name))
		l = l->next;
	return l != NULL;
}

/* ---- CREATE ---- */

/* What is wrong whatever the schema is. */
static int
check_columns(struct sst_defining *d)
{
	const struct sst_cql_name *n = &d->s.name;
	size_t keys = d->s.key != NULL;

	if (d->s.columns == NULL)
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX, "a column is expected");

	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next) {
		if (find_def(d, c->name) != c)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Duplicate column '%.*s' declaration for table '%.*s.%.*s'",
			    SST_S(c->name), SST_S(n->keyspace), SST_S(n->name));
		keys += c->is_key;
	}
	if (keys != 1)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    keys == 0
			? "No PRIMARY KEY specifed for table '%.*s.%.*s' (exactly one required)"
			: "Multiple PRIMARY KEY specified for table '%.*s.%.*s' (exactly one "
			  "required)",
		    SST_S(n->keyspace), SST_S(n->name));
	for (const struct sst_name_list *o = d->s.order; o != NULL; o = o->next)
		if (in_list(o->next, o->name))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Duplicate column '%.*s' in CLUSTERING ORDER BY clause for table "
			    "'%.*s.%.*s'",
			    SST_S(o->name), SST_S(n->keyspace), SST_S(n->name));
	return 0;
}

static int
check_key_column(struct sst_defining *d, struct sst_slice name)
{
	const struct sst_column_def *c = find_def(d, name);
	const struct sst_type *t;

	if (c == NULL)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Unknown column '%.*s' referenced in PRIMARY KEY for table '%.*s'", SST_S(name),
		    SST_S(d->s.name.name));
	if (sst_defining_type(d, c, &t) == -1)
		return -1;
	if (t->multicell && is_collection(t))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Invalid non-frozen collection type %.*s for PRIMARY KEY column '%.*s'",
		    SST_S(c->type), SST_S(name));
	if (t->multicell)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Invalid non-frozen user-defined type \"%.*s.%.*s\" for PRIMARY KEY column "
		    "'%.*s'",
		    SST_S(t->keyspace), SST_S(t->name), SST_S(name));
	if (t->kind == SST_COUNTER || t->kind == SST_DURATION)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "%s type is not supported for PRIMARY KEY column '%.*s'",
		    t->kind == SST_COUNTER ? "counter" : "duration", SST_S(name));
	if (c->is_static)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Static column '%.*s' cannot be part of the PRIMARY KEY", SST_S(name));
	return 0;
}

static int
check_key(struct sst_defining *d)
{
	const struct sst_name_list *lists[] = { d->s.key, d->s.clustering };

	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next)
		if (c->is_key && check_key_column(d, c->name) == -1)
			return -1;
	for (int k = 0; k < 2; k++) {
		for (const struct sst_name_list *n = lists[k]; n != NULL; n = n->next) {
			if (check_key_column(d, n->name) == -1)
				return -1;
			if (in_list(n->next, n->name) ||
			    (k == 0 && in_list(d->s.clustering, n->name)))
				return sst_defining_refuse(d, SST_REFUSED_INVALID,
				    "Duplicate column '%.*s' in PRIMARY KEY clause for table "
				    "'%.*s'",
				    SST_S(n->name), SST_S(d->s.name.name));
		}
	}
	return 0;
}

static int
check_order(struct sst_defining *d)
{
	const struct sst_name_list *c = d->s.clustering;

	for (const struct sst_name_list *o = d->s.order; o != NULL; o = o->next)
		if (!in_list(d->s.clustering, o->name))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Only clustering key columns can be defined in CLUSTERING ORDER "
			    "directive: [%.*s] are not clustering columns",
			    SST_S(o->name));
	for (const struct sst_name_list *o = d->s.order; o != NULL; o = o->next, c = c->next) {
		if (sst_slice_eq(o->name, c->name))
			continue;
		if (in_list(d->s.order, c->name))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "The order of columns in the CLUSTERING ORDER directive must match "
			    "that "
			    "of the clustering columns (%.*s must appear before %.*s)",
			    SST_S(c->name), SST_S(o->name));
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Missing CLUSTERING ORDER for column %.*s", SST_S(c->name));
	}
	return 0;
}

static bool
is_key(const struct sst_defining *d, const struct sst_column_def *c)
{
	return c->is_key || in_list(d->s.key, c->name) || in_list(d->s.clustering, c->name);
}

static int
check_rest(struct sst_defining *d)
{
	bool counters = false, others = false;

	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next) {
		if (c->is_static && d->s.clustering == NULL)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Static columns are only useful (and thus allowed) if the table has at "
			    "least one clustering column");
		if (is_key(d, c))
			continue;
		if (sst_slice_eq(c->type, SST_SLICE_LIT("counter")))
			counters = true;
		else
			others = true;
	}
	if (counters && others)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot mix counter and non counter columns in the same table");
	for (const struct sst_property *q = d->s.properties; q != NULL && counters; q = q->next)
		if (sst_slice_eq(q->name, SST_SLICE_LIT("default_time_to_live")) &&
		    !sst_slice_eq(q->value->value, SST_SLICE_LIT("0")))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot set default_time_to_live on a table with counters");
	return 0;
}

static int
check_types(struct sst_defining *d)
{
	const struct sst_type *t;

	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next) {
		if (sst_defining_type(d, c, &t) == -1)
			return -1;
		for (size_t i = 0; t->kind == SST_UDT && t->multicell && i < t->nargs; i++)
			if (t->args[i]->multicell)
				return sst_defining_refuse(d, SST_REFUSED_INVALID,
				    "Non-frozen UDTs with nested non-frozen collections are not "
				    "supported");
	}
	return 0;
}

static int
check_name(struct sst_defining *d, const struct sst_cql_name *n)
{
	size_t i;

	for (i = 0; i < n->name.n; i++) {
		uint8_t c = n->name.p[i];

		if (c != '_' && !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			break;
	}
	if (i < n->name.n)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "%.*s.%.*s: Table name must not be empty or not contain "
		    "non-alphanumeric-underscore characters (got \"%.*s\")",
		    SST_S(n->keyspace), SST_S(n->name), SST_S(n->name));
	if (n->name.n > NAME_MAX_CHARS)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "Table name is too long: %zu characters, at most %d", n->name.n,
		    NAME_MAX_CHARS);
	return 0;
}

int
sst_define_create_table(struct sst_defining *d)
{
	const struct sst_cql_name *n = &d->s.name;
	char words[160];

	if (sst_defining_check_keyspace(d, n->keyspace, false) == -1 || check_columns(d) == -1 ||
	    sst_define_check_options(d) == -1 ||
	    sst_defining_check_keyspace(d, n->keyspace, true) == -1)
		return -1;
	if (sst_schema_table(d->was, n->keyspace, n->name) != NULL) {
		if (d->s.if_not_exists)
			return 0;
		snprintf(words, sizeof(words),
		    "Cannot add already existing table \"%.*s\" to keyspace \"%.*s\"",
		    SST_S(n->name), SST_S(n->keyspace));
		return sst_defining_exists(d, n->keyspace, n->name, words);
	}
	if (check_types(d) == -1 || check_key(d) == -1 || check_order(d) == -1 ||
	    check_rest(d) == -1 || check_name(d, n) == -1)
		return -1;
	if (d->s.compact) {
		d->out->refusal = SST_REFUSED_INVALID;
		return sst_fail(
		    d->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "COMPACT STORAGE is not supported");
	}
	sst_buf_add_slice(&d->text, d->s.text);
	sst_defining_tell(d, "CREATED", "TABLE", n->keyspace, n->name);
	return 0;
}

/* ---- ALTER ---- */

static bool
has_column(const struct sst_table *t, struct sst_slice name)
{
	return sst_column_find(t->key, t->nkey, name) >= 0 ||
	    sst_column_find(t->ck, t->nck, name) >= 0 ||
	    sst_column_find(t->statics, t->nstatic, name) >= 0 ||
	    sst_column_find(t->regulars, t->nregular, name) >= 0;
}

/* A column that was dropped comes back as it was, since files still hold it. */
static int
check_again(struct sst_defining *d, const struct sst_table *t, const struct sst_column_def *c,
    const struct sst_type *type)
{
	int i = sst_column_find(t->dropped, t->ndropped, c->name);
	struct sst_buf was = { 0 }, now = { 0 };
	int r = 0;

	if (i < 0)
		return 0;
	if (t->dropped[i].is_static != c->is_static)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot re-add previously dropped column '%.*s' of kind %s, incompatible with "
		    "previous kind %s",
		    SST_S(c->name), c->is_static ? "STATIC" : "REGULAR",
		    c->is_static ? "REGULAR" : "STATIC");
	if (type->kind == SST_COUNTER)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot re-add previously dropped counter column %.*s", SST_S(c->name));
	sst_type_cql(t->dropped[i].type, &was);
	sst_type_cql(type, &now);
	if (was.bad || now.bad)
		r = sst_fail_nomem(d->e);
	else if (!sst_slice_eq(sst_buf_slice(&was), sst_buf_slice(&now)))
		r = sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Cannot add a column '%.*s' of type %.*s, incompatible with previously dropped "
		    "column '%.*s' of type %.*s",
		    SST_S(c->name), SST_S(sst_buf_slice(&now)), SST_S(c->name),
		    SST_S(sst_buf_slice(&was)));
	sst_buf_free(&was);
	sst_buf_free(&now);
	return r;
}

static int
check_add(struct sst_defining *d, const struct sst_table *t, const struct sst_column_def *c)
{
	const struct sst_type *type;
	bool counter;

	if (has_column(t, c->name))
		return d->s.if_not_exists
		    ? 0
		    : sst_defining_refuse(d, SST_REFUSED_INVALID,
			  "Column with name '%.*s' already exists", SST_S(c->name));
	if (c->is_static && t->nck == 0)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Static columns are only useful (and thus allowed) if the table has at least "
		    "one "
		    "clustering column");
	if (sst_defining_type(d, c, &type) == -1)
		return -1;
	counter = type->kind == SST_COUNTER;
	if (counter != t->counter)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    counter ? "%.*s.%.*s: Cannot have a counter column (\"%.*s\") in a non counter "
			      "table"
			    : "%.*s.%.*s: Cannot have a non counter column (\"%.*s\") in a counter "
			      "table",
		    SST_S(t->keyspace), SST_S(t->name), SST_S(c->name));
	if (check_again(d, t, c, type) == -1)
		return -1;
	return SST_ONE;
}

static int
alter_add(struct sst_defining *d, const struct sst_table *t, bool *any)
{
	int r;

	for (const struct sst_column_def *c = d->s.columns; c != NULL; c = c->next) {
		if ((r = check_add(d, t, c)) == -1)
			return -1;
		*any |= r == SST_ONE;
	}
	sst_buf_add_slice(&d->text, d->s.text);
	return 0;
}

static const struct sst_column *
droppable(const struct sst_table *t, struct sst_slice name)
{
	int i = sst_column_find(t->regulars, t->nregular, name);

	if (i >= 0)
		return &t->regulars[i];
	i = sst_column_find(t->statics, t->nstatic, name);
	return i >= 0 ? &t->statics[i] : NULL;
}

static int
alter_drop(struct sst_defining *d, const struct sst_table *t, bool *any)
{
	for (const struct sst_name_list *n = d->s.drop; n != NULL; n = n->next) {
		const struct sst_column *c = droppable(t, n->name);

		if (!has_column(t, n->name)) {
			if (d->s.part_if_exists)
				continue;
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Column %.*s was not found in table '%.*s.%.*s'", SST_S(n->name),
			    SST_S(t->keyspace), SST_S(t->name));
		}
		if (c == NULL)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot drop PRIMARY KEY column %.*s", SST_S(n->name));
		if (c->type->kind == SST_UDT && c->type->multicell)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot drop non-frozen column %.*s of user type %.*s", SST_S(n->name),
			    SST_S(c->type->name));
		*any = true;
	}
	sst_buf_add_slice(&d->text, d->s.text);
	if (d->s.timestamp == NULL)
		sst_buf_addf(&d->text, " USING TIMESTAMP %lld", (long long)d->opts->now_us);
	return 0;
}

/* A copy of the table in the new schema, with key columns of its own. */
static struct sst_table *
copy_table(struct sst_defining *d, const struct sst_table *t)
{
	const struct sst_schema *was = d->was;
	const struct sst_table **list = sst_arena_zeroed(d->arena, was->ntables, sizeof(*list));
	struct sst_table *copy = sst_arena_zeroed(d->arena, 1, sizeof(*copy));
	struct sst_column *key = sst_arena_zeroed(d->arena, t->nkey, sizeof(*key));
	struct sst_column *ck = sst_arena_zeroed(d->arena, t->nck + 1, sizeof(*ck));

	if (list == NULL || copy == NULL || key == NULL || ck == NULL) {
		sst_fail_nomem(d->e);
		return NULL;
	}
	memcpy(key, t->key, t->nkey * sizeof(*key));
	if (t->nck > 0)
		memcpy(ck, t->ck, t->nck * sizeof(*ck));
	*copy = *t;
	copy->key = key;
	copy->ck = ck;
	for (size_t i = 0; i < was->ntables; i++)
		list[i] = was->tables[i] == t ? copy : was->tables[i];
	d->next.tables = list;
	return copy;
}

static int
alter_rename(struct sst_defining *d, const struct sst_table *t, bool *any)
{
	struct sst_table *copy = copy_table(d, t);

	for (const struct sst_rename *n = d->s.renames; n != NULL && copy != NULL; n = n->next) {
		int k = sst_column_find(copy->key, copy->nkey, n->from);
		int c = sst_column_find(copy->ck, copy->nck, n->from);

		if (!has_column(copy, n->from))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Undefined column name %.*s in table %.*s.%.*s", SST_S(n->from),
			    SST_S(t->keyspace), SST_S(t->name));
		if (k < 0 && c < 0)
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot rename non PRIMARY KEY column %.*s", SST_S(n->from));
		if (has_column(copy, n->to))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot rename column %.*s to %.*s in table '%.*s.%.*s'; another "
			    "column "
			    "with that name already exists",
			    SST_S(n->from), SST_S(n->to), SST_S(t->keyspace), SST_S(t->name));
		(k >= 0 ? &copy->key[k] : &copy->ck[c])->name = n->to;
		*any = true;
	}
	return copy == NULL ? -1 : 0;
}

static int
alter_with(struct sst_defining *d, const struct sst_table *t, bool *any)
{
	if (d->s.order != NULL || d->s.compact)
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
		    "ALTER TABLE cannot change CLUSTERING ORDER or COMPACT STORAGE");
	if (sst_define_check_options(d) == -1)
		return -1;
	for (const struct sst_property *q = d->s.properties; q != NULL; q = q->next) {
		if (sst_slice_eq(q->name, SST_SLICE_LIT("id")))
			return sst_defining_refuse(d, SST_REFUSED_CONFIG, "Cannot alter table id.");
		if (t->counter && sst_slice_eq(q->name, SST_SLICE_LIT("default_time_to_live")) &&
		    !sst_slice_eq(q->value->value, SST_SLICE_LIT("0")))
			return sst_defining_refuse(d, SST_REFUSED_INVALID,
			    "Cannot set default_time_to_live on a table with counters");
	}
	*any = true;
	sst_buf_add_slice(&d->text, d->s.text);
	return 0;
}

int
sst_define_alter_table(struct sst_defining *d)
{
	const struct sst_cql_name *n = &d->s.name;
	const struct sst_table *t;
	bool any = false;
	int r;

	if (sst_defining_check_keyspace(d, n->keyspace, false) == -1)
		return -1;
	if ((t = sst_schema_table(d->was, n->keyspace, n->name)) == NULL)
		return d->s.if_exists
		    ? 0
		    : sst_defining_refuse(d, SST_REFUSED_INVALID, "Table '%.*s.%.*s' doesn't exist",
			  SST_S(n->keyspace), SST_S(n->name));
	switch (d->s.kind) {
	case SST_ALTER_ADD:
		r = alter_add(d, t, &any);
		break;
	case SST_ALTER_DROP:
		r = alter_drop(d, t, &any);
		break;
	case SST_ALTER_RENAME:
		r = alter_rename(d, t, &any);
		break;
	default:
		r = alter_with(d, t, &any);
	}
	if (r == -1 || !any)
		return r;
	sst_defining_tell(d, "UPDATED", "TABLE", n->keyspace, n->name);
	return sst_defining_touch(d, t);
}

/* ---- DROP ---- */

int
sst_define_drop_table(struct sst_defining *d, const struct sst_cql_name *name, bool if_exists)
{
	const struct sst_schema *was = d->was;
	const struct sst_table **list, *t;

	if (sst_defining_check_keyspace(d, name->keyspace, false) == -1)
		return -1;
	if ((t = sst_schema_table(was, name->keyspace, name->name)) == NULL)
		return if_exists
		    ? 0
		    : sst_defining_refuse(d, SST_REFUSED_INVALID, "Table '%.*s.%.*s' doesn't exist",
			  SST_S(name->keyspace), SST_S(name->name));
	if ((list = sst_arena_zeroed(d->arena, was->ntables, sizeof(*list))) == NULL)
		return sst_fail_nomem(d->e);
	d->next.ntables = 0;
	for (size_t i = 0; i < was->ntables; i++)
		if (was->tables[i] != t)
			list[d->next.ntables++] = was->tables[i];
	d->next.tables = list;
	sst_defining_tell(d, "DROPPED", "TABLE", t->keyspace, t->name);
	return sst_defining_touch(d, t);
}
