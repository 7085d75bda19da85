/* store/shelf.c: sources come and go; who reads them keeps them. */
#include "store/shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH 4096

struct sst_source *
sst_source_hold(struct sst_source *s)
{
	s->refs++;
	return s;
}

void
sst_source_drop(struct sst_source *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	sst_memtable_free(s->mem);
	sst_sstable_close(s->sstable);
	free(s->base);
	free(s);
}

static void
drop_sets(struct sst_source **sets, size_t n)
{
	while (n > 0)
		sst_source_drop(sets[--n]);
	free(sets);
}

void
sst_shelf_clear(struct sst_shelf *s)
{
	sst_memory_drop(&s->active);
	sst_memory_drop(&s->frozen);
	drop_sets(s->sets, s->nsets);
	*s = (struct sst_shelf){ 0 };
}

/* ---- listing ---- */

struct opening { /* of one refresh */
	struct sst_shelf *shelf;
	struct sst_source **opened; /* by this refresh, over all tries */
	size_t n, cap;
};

static bool
is_set(const struct sst_source *s, const struct sst_live_set *set)
{
	return s->ino == set->ino && s->mtime_ms == set->mtime_ms &&
	    strcmp(s->base, set->base) == 0;
}

static struct sst_source *
find(struct sst_source *const *v, size_t n, const struct sst_live_set *set)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_set(v[i], set))
			return v[i];
	return NULL;
}

/* Shelves are in the order of listings, so a set is mostly where it was. */
static struct sst_source *
find_near(const struct sst_shelf *s, const struct sst_live_set *set, size_t *near)
{
	struct sst_source *found;

	while (*near < s->nsets && !is_set(s->sets[*near], set) &&
	    find(s->sets + *near + 1, s->nsets - *near - 1, set) != NULL)
		++*near;
	if (*near < s->nsets && is_set(s->sets[*near], set))
		return s->sets[(*near)++];
	found = find(s->sets, s->nsets, set);
	return found;
}

static struct sst_source *
open_source(struct sst_shelf *s, const struct sst_live_set *set, struct sst_err *e)
{
	struct sst_sstable_opts opts = {
		.table = s->table, .unknown = SST_UNKNOWN_REFUSE, .cache = s->cache, .brief = true
	};
	struct sst_source *src = calloc(1, sizeof(*src));
	char path[PATH];

	if (src == NULL || (src->base = strdup(set->base)) == NULL) {
		free(src);
		sst_fail_nomem(e);
		return NULL;
	}
	src->refs = 1;
	src->ino = set->ino;
	src->mtime_ms = set->mtime_ms;
	src->no_toc = set->no_toc;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", s->folder, set->base) >= sizeof(path))
		sst_fail(e, SST_ELIMIT, s->folder, SST_NOWHERE, "path too long");
	else if (sst_sstable_open(&src->sstable, s->io, path, &opts, e) == 0)
		return src;
	sst_source_drop(src);
	return NULL;
}

static int
open_set(void *arg, const struct sst_live_set *set, struct sst_err *e)
{
	struct opening *o = arg;
	struct sst_source **grown;

	if (find(o->shelf->sets, o->shelf->nsets, set) != NULL ||
	    find(o->opened, o->n, set) != NULL)
		return 0;
	if (o->n == o->cap) {
		grown = realloc(o->opened, (2 * o->cap + 8) * sizeof(*grown));
		if (grown == NULL)
			return sst_fail_nomem(e);
		o->opened = grown;
		o->cap = 2 * o->cap + 8;
	}
	if ((o->opened[o->n] = open_source(o->shelf, set, e)) == NULL)
		return -1;
	o->n++;
	return 0;
}

/* The listing's sets, from the shelf or newly opened, are the shelf now. */
static int
take_over(
    struct sst_shelf *s, const struct sst_live *live, const struct opening *o, struct sst_err *e)
{
	struct sst_source **sets = calloc(live->nsets + 1, sizeof(*sets)), *src;
	size_t i, near = 0;

	if (sets == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < live->nsets; i++) {
		if ((src = find_near(s, &live->sets[i], &near)) == NULL)
			src = find(o->opened, o->n, &live->sets[i]);
		sets[i] = sst_source_hold(src);
	}
	drop_sets(s->sets, s->nsets);
	s->sets = sets;
	s->nsets = live->nsets;
	return 0;
}

static void
note_leftovers(struct sst_shelf *s, const struct sst_live *live)
{
	const struct sst_leftover *l;
	char text[1024];
	size_t i;

	for (i = 0; i < live->nleft && s->note != NULL && !s->noted; i++) {
		l = &live->left[i];
		if (l->why == SST_LEFT_UNFINISHED || l->why == SST_LEFT_REMOVED)
			continue; /* somebody is at work, or recovery will be */
		if (l->why == SST_LEFT_NO_TOC && !s->foreign)
			continue; /* ours are whole when they have one */
		snprintf(text, sizeof(text), "%s/%s: %s%s%s", s->folder, l->name,
		    sst_left_text(l->why), l->what != NULL ? ": " : "",
		    l->what != NULL ? l->what : "");
		s->note(s->note_arg, text);
	}
	s->noted = true;
}

int
sst_shelf_refresh(struct sst_shelf *s, struct sst_err *e)
{
	struct sst_live_folder folder = { s->io, s->folder, s->foreign };
	struct opening o = { .shelf = s };
	struct sst_live_opener opener = { open_set, &o };
	struct sst_arena arena = { 0 };
	struct sst_live live;
	int r = sst_live_open(&live, &arena, &folder, &opener, e);

	if (r == 0 && (r = take_over(s, &live, &o, e)) == 0) {
		s->listed = true;
		note_leftovers(s, &live);
	}
	drop_sets(o.opened, o.n);
	sst_arena_free(&arena);
	return r;
}

int
sst_shelf_list(struct sst_shelf *s, struct sst_err *e)
{
	return s->listed ? 0 : sst_shelf_refresh(s, e);
}

int
sst_shelf_check(const struct sst_shelf *s, const struct sst_source *src, struct sst_err *e)
{
	struct sst_stat st;
	char path[PATH];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s%s", s->folder, src->base,
		src->no_toc ? "Data.db" : "TOC.txt") >= sizeof(path))
		return sst_fail(e, SST_ELIMIT, s->folder, SST_NOWHERE, "path too long");
	if (sst_io_stat(s->io, path, &st, e) == -1)
		return -1;
	if (st.ino == src->ino && st.mtime_ms == src->mtime_ms)
		return 0;
	sst_fail(e, SST_ESYS, path, SST_NOWHERE, "replaced while being read");
	e->sys = ENOENT;
	return -1;
}

/* ---- memory ---- */

void
sst_memory_drop(struct sst_memory *m)
{
	sst_source_drop(m->rows);
	free(m->statics_used);
	free(m->regulars_used);
	sst_buf_free(&m->extent[0]);
	sst_buf_free(&m->extent[1]);
	*m = (struct sst_memory){ 0 };
}

size_t
sst_memory_bytes(const struct sst_memory *m)
{
	return m->rows == NULL ? 0 : sst_memtable_bytes(m->rows->mem);
}

size_t
sst_shelf_bytes(const struct sst_shelf *s)
{
	return sst_memory_bytes(&s->active) + sst_memory_bytes(&s->frozen);
}

static void
note_columns(uint8_t *used, size_t n, const struct sst_row *row)
{
	size_t i;

	for (i = 0; i < row->ncells; i++)
		if (row->cells[i].col < n)
			used[row->cells[i].col / 8] |= (uint8_t)(1 << row->cells[i].col % 8);
	for (i = 0; i < row->ncomplex; i++)
		if (row->complex[i].col < n)
			used[row->complex[i].col / 8] |= (uint8_t)(1 << row->complex[i].col % 8);
}

static void
set_extent(struct sst_buf *b, struct sst_slice v)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, v);
}

/* Rows of an update ascend, so its first and last are enough. */
static int
note_extent(
    struct sst_memory *m, const struct sst_table *t, const struct sst_update *u, struct sst_err *e)
{
	const struct sst_type *type;
	struct sst_slice first, last;

	if (t->nck == 0 || u->nrows == 0)
		return 0;
	type = t->ck[0].type;
	first = u->rows[0].ck[0];
	last = u->rows[u->nrows - 1].ck[0];
	if (first.p == NULL || last.p == NULL) {
		m->extent_null = true;
		return 0;
	}
	if (!m->extent_known || sst_type_compare(type, first, sst_buf_slice(&m->extent[0])) < 0)
		set_extent(&m->extent[0], first);
	if (!m->extent_known || sst_type_compare(type, last, sst_buf_slice(&m->extent[1])) > 0)
		set_extent(&m->extent[1], last);
	m->extent_known = true;
	return m->extent[0].bad || m->extent[1].bad ? sst_fail_nomem(e) : 0;
}

static int
make_memory(
    struct sst_memory *m, const struct sst_table *t, struct sst_logpos pos, struct sst_err *e)
{
	m->statics_used = calloc(t->nstatic / 8 + 1, 1);
	m->regulars_used = calloc(t->nregular / 8 + 1, 1);
	if ((m->rows = calloc(1, sizeof(*m->rows))) != NULL)
		m->rows->refs = 1;
	if (m->statics_used == NULL || m->regulars_used == NULL || m->rows == NULL)
		sst_fail_nomem(e);
	else if (sst_memtable_new(&m->rows->mem, t, e) == 0) {
		m->first = pos;
		return 0;
	}
	sst_memory_drop(m);
	return -1;
}

int
sst_shelf_apply(
    struct sst_shelf *s, const struct sst_update *u, struct sst_logpos pos, struct sst_err *e)
{
	struct sst_memory *m = &s->active;
	size_t i;

	if (m->rows == NULL && make_memory(m, s->table, pos, e) == -1)
		return -1;
	for (i = 0; i < u->nrows; i++)
		note_columns(m->regulars_used, s->table->nregular, &u->rows[i]);
	if (u->statik != NULL)
		note_columns(m->statics_used, s->table->nstatic, u->statik);
	if (note_extent(m, s->table, u, e) == -1)
		return -1;
	return sst_memtable_apply(m->rows->mem, u, e);
}
