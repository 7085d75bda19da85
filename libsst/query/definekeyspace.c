/* query/definekeyspace.c: keyspaces.  What they say of replication is kept: there is one copy here. */
#include "query/defining.h"

#include <stdio.h>
#include <stdlib.h>

#include "cql/word.h"

#define NAME_MAX_CHARS 48
#define PACKAGE "org.apache.cassandra.locator."

struct params {                                /* of a keyspace; p == NULL: not said */
	struct sst_slice durable, replication; /* as CQL text */
	struct sst_slice strategy;             /* without its package */
};

static int
check_name(struct sst_defining *d, struct sst_slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c != '_' && !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			break;
	}
	if (name.n == 0 || i < name.n)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Keyspace name must not be empty and must contain alphanumeric or underscore "
		    "characters only (got \"%.*s\")",
		    SST_S(name));
	if (name.n > NAME_MAX_CHARS)
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Keyspace name must not be more than %d characters long (got %zu characters "
		    "for \"%.*s\")",
		    NAME_MAX_CHARS, name.n, (int)(name.n > 100 ? 100 : name.n),
		    (const char *)name.p);
	return 0;
}

static int
get_durable(struct sst_defining *d, struct params *p, const struct sst_term *v)
{
	static const char *const yes[] = { "1", "true", "yes" },
				 *const no[] = { "0", "false", "no" };

	for (int i = 0; i < 3; i++) {
		if (sst_slice_eq(v->value, sst_slice_str(yes[i])))
			p->durable = SST_SLICE_LIT("true");
		if (sst_slice_eq(v->value, sst_slice_str(no[i])))
			p->durable = SST_SLICE_LIT("false");
	}
	if (p->durable.p != NULL)
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
	    "Invalid boolean value %.*s for 'durable_writes'. Positive values can be '1', 'true' "
	    "or "
	    "'yes'. Negative values can be '0', 'false' or 'no'.",
	    SST_S(v->value));
}

static int
check_factor(struct sst_defining *d, struct sst_slice v)
{
	bool minus = v.n > 1 && v.p[0] == '-';

	for (size_t i = minus; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return sst_defining_refuse(d, SST_REFUSED_CONFIG,
			    "Replication factor must be numeric; found %.*s", SST_S(v));
	if (v.n == 0 || minus)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "Replication factor must be non-negative, found %.*s", SST_S(v));
	return 0;
}

static int
check_strategy(struct sst_defining *d, struct params *p, const struct sst_term *map)
{
	bool simple = sst_slice_eq(p->strategy, SST_SLICE_LIT("SimpleStrategy"));

	if (p->strategy.p == NULL)
		return sst_defining_refuse(
		    d, SST_REFUSED_CONFIG, "Missing replication strategy class");
	if (sst_slice_eq(p->strategy, SST_SLICE_LIT("LocalStrategy")))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "Unable to use given strategy class: LocalStrategy is reserved for internal "
		    "use.");
	if (!simple && !sst_slice_eq(p->strategy, SST_SLICE_LIT("NetworkTopologyStrategy")) &&
	    !sst_slice_eq(p->strategy, SST_SLICE_LIT("EverywhereStrategy")))
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "Unable to find replication strategy class '" PACKAGE "%.*s'",
		    SST_S(p->strategy));
	for (const struct sst_term *k = map->first; k != NULL; k = k->next->next) {
		if (sst_slice_eq(k->value, SST_SLICE_LIT("class")))
			continue;
		if (simple && !sst_slice_eq(k->value, SST_SLICE_LIT("replication_factor")))
			return sst_defining_refuse(d, SST_REFUSED_CONFIG,
			    "Unrecognized strategy option {%.*s} passed to SimpleStrategy for "
			    "keyspace %.*s",
			    SST_S(k->value), SST_S(d->s.name.name));
		if (check_factor(d, k->next->value) == -1)
			return -1;
	}
	return 0;
}

/* {'class': 'SimpleStrategy', 'replication_factor': '1'}: the class first, all values as strings. */
static int
put_map(struct sst_defining *d, struct params *p, const struct sst_term *map)
{
	struct sst_buf b = { 0 };

	sst_buf_adds(&b, "{'class': ");
	sst_cql_put_string(&b, p->strategy);
	for (const struct sst_term *k = map->first; k != NULL; k = k->next->next) {
		if (sst_slice_eq(k->value, SST_SLICE_LIT("class")))
			continue;
		sst_buf_adds(&b, ", ");
		sst_cql_put_string(&b, k->value);
		sst_buf_adds(&b, ": ");
		sst_cql_put_string(&b, k->next->value);
	}
	if (sst_slice_eq(p->strategy, SST_SLICE_LIT("SimpleStrategy")) && map->ncount == 2)
		sst_buf_adds(&b, ", 'replication_factor': '1'");
	sst_buf_addc(&b, '}');
	if (!b.bad)
		p->replication = sst_arena_slice(d->arena, sst_buf_slice(&b));
	sst_buf_free(&b);
	return p->replication.p == NULL ? sst_fail_nomem(d->e) : 0;
}

static int
get_replication(struct sst_defining *d, struct params *p, const struct sst_term *v)
{
	size_t n = sizeof(PACKAGE) - 1;

	for (const struct sst_term *k = v->first; k != NULL; k = k->next->next) {
		if (v->kind != SST_TERM_MAP || k->first != NULL || k->next->first != NULL)
			return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
			    "Invalid value for property 'replication'. It should be a map.");
		if (sst_slice_eq(k->value, SST_SLICE_LIT("class")))
			p->strategy = k->next->value;
	}
	if (v->kind != SST_TERM_MAP)
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
		    "Invalid value for property 'replication'. It should be a map.");
	if (p->strategy.n > n && memcmp(p->strategy.p, PACKAGE, n) == 0)
		p->strategy = (struct sst_slice){ p->strategy.p + n, p->strategy.n - n };
	return 0;
}

/* *map is the replication's, NULL when it is not said. */
static int
get_params(struct sst_defining *d, struct params *p, const struct sst_term **map)
{
	*p = (struct params){ 0 };
	*map = NULL;
	for (const struct sst_property *q = d->s.properties; q != NULL; q = q->next) {
		if (sst_slice_eq(q->name, SST_SLICE_LIT("durable_writes"))) {
			if (get_durable(d, p, q->value) == -1)
				return -1;
		} else if (sst_slice_eq(q->name, SST_SLICE_LIT("replication"))) {
			*map = q->value;
			if (get_replication(d, p, q->value) == -1)
				return -1;
		} else
			return sst_defining_refuse(
			    d, SST_REFUSED_SYNTAX, "Unknown property '%.*s'", SST_S(q->name));
	}
	return 0;
}

/* The list of keyspaces, with room for one more. */
static struct sst_keyspace *
copy_list(struct sst_defining *d)
{
	struct sst_keyspace *list =
	    sst_arena_zeroed(d->arena, d->was->nkeyspaces + 1, sizeof(*list));

	if (list == NULL)
		sst_fail_nomem(d->e);
	else if (d->was->nkeyspaces > 0)
		memcpy(list, d->was->keyspaces, d->was->nkeyspaces * sizeof(*list));
	return list;
}

static int
set_options(struct sst_defining *d, struct sst_keyspace *k, const struct params *p)
{
	struct sst_option *o = sst_arena_zeroed(d->arena, 2, sizeof(*o));

	if (o == NULL)
		return sst_fail_nomem(d->e);
	o[0] = (struct sst_option){ SST_SLICE_LIT("durable_writes"), p->durable };
	o[1] = (struct sst_option){ SST_SLICE_LIT("replication"), p->replication };
	for (size_t i = 0; i < k->noptions; i++) /* what ALTER does not say stays */
		for (int w = 0; w < 2; w++)
			if (o[w].value.p == NULL && sst_slice_eq(k->options[i].name, o[w].name))
				o[w].value = k->options[i].value;
	if (o[0].value.p == NULL)
		o[0].value = SST_SLICE_LIT("true");
	if (o[1].value.p == NULL)
		o[1].value =
		    SST_SLICE_LIT("{'class': 'SimpleStrategy', 'replication_factor': '1'}");
	k->options = o;
	k->noptions = 2;
	return 0;
}

int
sst_define_create_keyspace(struct sst_defining *d)
{
	struct sst_slice name = d->s.name.name;
	const struct sst_term *map;
	struct sst_keyspace *list;
	struct params p;
	char words[96];

	if (sst_ddl_is_system(name))
		return sst_defining_refuse(d, SST_REFUSED_INVALID,
		    "System keyspace '%.*s' is not user-modifiable", SST_S(name));
	if (d->s.properties == NULL)
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX, "WITH is expected");
	if (check_name(d, name) == -1 || get_params(d, &p, &map) == -1)
		return -1;
	if (map == NULL)
		return sst_defining_refuse(
		    d, SST_REFUSED_INVALID, "Missing mandatory option 'replication'");
	if (sst_defining_keyspace(d, name) != NULL) {
		if (d->s.if_not_exists)
			return 0;
		snprintf(
		    words, sizeof(words), "Cannot add existing keyspace \"%.*s\"", SST_S(name));
		return sst_defining_exists(d, name, (struct sst_slice){ NULL, 0 }, words);
	}
	if (check_strategy(d, &p, map) == -1 || put_map(d, &p, map) == -1 ||
	    (list = copy_list(d)) == NULL)
		return -1;
	d->next.keyspaces = list;
	list[d->next.nkeyspaces++].name = name;
	sst_defining_tell(d, "CREATED", "KEYSPACE", name, (struct sst_slice){ NULL, 0 });
	return set_options(d, &list[d->next.nkeyspaces - 1], &p);
}

int
sst_define_alter_keyspace(struct sst_defining *d)
{
	struct sst_slice name = d->s.name.name;
	const struct sst_keyspace *old = sst_defining_keyspace(d, name);
	const struct sst_term *map;
	struct sst_keyspace *list;
	struct params p;

	if (sst_defining_check_keyspace(d, name, false) == -1 || get_params(d, &p, &map) == -1)
		return -1;
	if (old == NULL && d->s.if_exists)
		return 0;
	if (sst_defining_check_keyspace(d, name, true) == -1 ||
	    (map != NULL && (check_strategy(d, &p, map) == -1 || put_map(d, &p, map) == -1)) ||
	    (list = copy_list(d)) == NULL)
		return -1;
	d->next.keyspaces = list;
	sst_defining_tell(d, "UPDATED", "KEYSPACE", name, (struct sst_slice){ NULL, 0 });
	return set_options(d, &list[old - d->was->keyspaces], &p);
}

int
sst_define_drop_keyspace(struct sst_defining *d, struct sst_slice name, bool if_exists)
{
	const struct sst_schema *was = d->was;
	struct sst_schema *next = &d->next;

	if (sst_defining_check_keyspace(d, name, !if_exists) == -1)
		return -1;
	if (sst_defining_keyspace(d, name) == NULL)
		return 0;
	next->keyspaces = sst_arena_zeroed(d->arena, was->nkeyspaces, sizeof(*next->keyspaces));
	next->types = sst_arena_zeroed(d->arena, was->ntypes, sizeof(*next->types));
	next->tables = sst_arena_zeroed(d->arena, was->ntables, sizeof(*next->tables));
	if (next->keyspaces == NULL || next->types == NULL || next->tables == NULL)
		return sst_fail_nomem(d->e);
	next->nkeyspaces = next->ntypes = next->ntables = 0;
	for (size_t i = 0; i < was->nkeyspaces; i++)
		if (!sst_slice_eq(was->keyspaces[i].name, name))
			next->keyspaces[next->nkeyspaces++] = was->keyspaces[i];
	for (size_t i = 0; i < was->ntypes; i++)
		if (!sst_slice_eq(was->types[i]->keyspace, name))
			next->types[next->ntypes++] = was->types[i];
	for (size_t i = 0; i < was->ntables; i++) {
		if (!sst_slice_eq(was->tables[i]->keyspace, name))
			next->tables[next->ntables++] = was->tables[i];
		else if (sst_defining_touch(d, was->tables[i]) == -1)
			return -1;
	}
	sst_defining_tell(d, "DROPPED", "KEYSPACE", name, (struct sst_slice){ NULL, 0 });
	return 0;
}
