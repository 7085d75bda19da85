/* libsst/sstable/header.c: the header in Statistics.db from a row header, and a table out of it. */
#include <stdio.h>

#include "sstable/statistics.h"

static int
class_of(
    struct sst_slice *out, struct sst_arena *arena, const struct sst_type *type, struct sst_err *e)
{
	struct sst_buf text = { 0 };

	sst_type_class(type, &text);
	*out =
	    text.bad ? (struct sst_slice){ NULL, 0 } : sst_arena_slice(arena, sst_buf_slice(&text));
	sst_buf_free(&text);
	return out->p == NULL ? sst_fail_nomem(e) : 0;
}

static int
name_classes(const struct sst_named_class **out, struct sst_arena *arena,
    const struct sst_header_column *cols, size_t n, struct sst_err *e)
{
	struct sst_named_class *named = sst_arena_array(arena, n + 1, sizeof(*named));
	size_t i;

	if (named == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		named[i].name = cols[i].name;
		if (class_of(&named[i].class_name, arena, cols[i].type, e) == -1)
			return -1;
	}
	*out = named;
	return 0;
}

int
sst_statistics_set_header(struct sst_statistics *st, struct sst_arena *arena,
    const struct sst_header *h, struct sst_err *e)
{
	struct sst_slice *ck = sst_arena_array(arena, h->nck + 1, sizeof(*ck));
	size_t i;

	if (ck == NULL)
		return sst_fail_nomem(e);
	st->header = *h;
	st->header_min_ttl = h->min_ttl_s;
	st->ck_classes = st->cover_classes = ck;
	st->ncover = h->nck;
	for (i = 0; i < h->nck; i++)
		if (class_of(&ck[i], arena, h->ck[i], e) == -1)
			return -1;
	return class_of(&st->key_class, arena, h->key_type, e) == -1 ||
		name_classes(&st->statics, arena, h->statics, h->nstatic, e) == -1
	    ? -1
	    : name_classes(&st->regulars, arena, h->regulars, h->nregular, e);
}

static bool
has_name(const struct sst_statistics *st, const char *name)
{
	struct sst_slice s = sst_slice_str(name);
	size_t i;

	for (i = 0; i < st->header.nstatic; i++)
		if (sst_slice_eq(st->statics[i].name, s))
			return true;
	for (i = 0; i < st->header.nregular; i++)
		if (sst_slice_eq(st->regulars[i].name, s))
			return true;
	return false;
}

/* "clustering", "clustering1", ...; one more _ for each time that a column has that name. */
static int
key_column(struct sst_column *c, struct sst_arena *arena, const struct sst_statistics *st,
    const char *stem, size_t i, const struct sst_type *type, struct sst_err *e)
{
	char name[64];
	int n;

	n = i == 0 ? snprintf(name, sizeof(name), "%s", stem)
		   : snprintf(name, sizeof(name), "%s%zu", stem, i);
	while (n < (int)sizeof(name) - 1 && has_name(st, name)) {
		name[n++] = '_';
		name[n] = '\0';
	}
	*c = (struct sst_column){ .name = sst_arena_slice(arena, sst_slice_str(name)),
		.type = type,
		.dropped_us = INT64_MIN };
	return c->name.p == NULL ? sst_fail_nomem(e) : 0;
}

static int
key_columns(struct sst_table *t, struct sst_arena *arena, const struct sst_statistics *st,
    struct sst_err *e)
{
	const struct sst_header *h = &st->header;
	bool composite = h->key_type->kind == SST_COMPOSITE && h->key_type->nargs > 0;
	size_t i;

	t->nkey = composite ? h->key_type->nargs : 1;
	t->nck = h->nck;
	t->key = sst_arena_array(arena, t->nkey, sizeof(*t->key));
	t->ck = sst_arena_array(arena, t->nck + 1, sizeof(*t->ck));
	if (t->key == NULL || t->ck == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < t->nkey; i++)
		if (key_column(&t->key[i], arena, st, "PartitionKey", i,
			composite ? h->key_type->args[i] : h->key_type, e) == -1)
			return -1;
	for (i = 0; i < t->nck; i++)
		if (key_column(&t->ck[i], arena, st, "clustering", i, h->ck[i], e) == -1)
			return -1;
	return 0;
}

static int
columns(struct sst_table *t, struct sst_column **out, struct sst_arena *arena,
    const struct sst_header_column *cols, size_t n, struct sst_err *e)
{
	struct sst_column *c = sst_arena_array(arena, n + 1, sizeof(*c));
	size_t i;

	if (c == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		c[i] = (struct sst_column){
			.name = cols[i].name, .type = cols[i].type, .dropped_us = INT64_MIN
		};
		if (cols[i].type->kind == SST_COUNTER)
			t->counter = true;
	}
	*out = c;
	return 0;
}

/* The last name of a class; empty for Murmur3Partitioner, as tables have it. */
static struct sst_slice
partitioner_name(struct sst_slice full)
{
	size_t i = full.n;

	while (i > 0 && full.p[i - 1] != '.')
		i--;
	full.p += i;
	full.n -= i;
	return sst_slice_eq(full, SST_SLICE_LIT("Murmur3Partitioner")) ? SST_SLICE_LIT("") : full;
}

int
sst_statistics_table(struct sst_table **out, struct sst_arena *arena,
    const struct sst_statistics *st, struct sst_slice keyspace, struct sst_slice name,
    struct sst_err *e)
{
	struct sst_table *t = sst_arena_alloc(arena, sizeof(*t));

	*out = NULL;
	if (t == NULL)
		return sst_fail_nomem(e);
	memset(t, 0, sizeof(*t));
	sst_table_defaults(t);
	t->keyspace = keyspace;
	t->name = name;
	t->partitioner = partitioner_name(st->partitioner);
	t->nstatic = st->header.nstatic;
	t->nregular = st->header.nregular;
	if (key_columns(t, arena, st, e) == -1 ||
	    columns(t, &t->statics, arena, st->header.statics, t->nstatic, e) == -1 ||
	    columns(t, &t->regulars, arena, st->header.regulars, t->nregular, e) == -1 ||
	    sst_table_finish(t, arena, e) == -1)
		return -1;
	*out = t;
	return 0;
}
