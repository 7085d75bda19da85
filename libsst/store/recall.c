/*
 * store/recall.c: what the commit log holds comes back.  A writer does this once, before it writes: all
 * goes through memory into SSTables, and then the segments go.  A reader keeps it in memory, where what
 * was flushed meanwhile may come twice, which does no harm.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "commitlog/replay.h"
#include "commitlog/segment.h"
#include "store/int.h"

#define READER_TRIES 4 /* a writer that takes back half a write may look like damage */

struct recall {
	struct sst_store *s;
	struct sst_mutation_in *in;
	struct sst_replay *log;
	struct sst_relic *relic; /* of the segment being read */
	uint64_t changes;
	bool no_table, dropped;
};

static const struct sst_table *
table_by_id(void *arg, const uint8_t id[16])
{
	struct recall *r = arg;
	size_t i;

	for (i = 0; i < r->s->nshelves; i++)
		if (memcmp(r->s->shelves[i]->table->id, id, 16) == 0)
			return r->s->shelves[i]->table;
	r->no_table = true;
	for (i = 0; i < r->s->datadir.ntables && !r->dropped; i++)
		r->dropped = r->s->datadir.tables[i].dropped &&
		    memcmp(r->s->datadir.tables[i].id, id, 16) == 0;
	return NULL;
}

static bool
is_wanted(void *arg, const struct sst_table *t, const struct sst_partition *p)
{
	const struct sst_store *s = ((struct recall *)arg)->s;

	if (s->ranged && (p->token <= s->opts.left || p->token > s->opts.right))
		return false;
	return !s->opts.read_only || s->opts.wanted == NULL ||
	    s->opts.wanted(s->opts.wanted_arg, t, p);
}

/* A reader need not know all tables: those that it has not, it cannot be asked for. */
static int
unknown(struct recall *r, const struct sst_err *why, struct sst_err *e)
{
	if (r->dropped || (r->s->opts.read_only && r->no_table))
		return 0;
	if (r->s->opts.read_only) {
		*e = *why;
		return -1;
	}
	if (r->relic->unknown++ == 0)
		r->relic->why = *why;
	return 0;
}

static int
take_update(struct recall *r, const struct sst_log_entry *entry, const struct sst_update *u,
    struct sst_err *e)
{
	struct sst_shelf *shelf = sst_store_shelf(r->s, u->table);

	if (entry->end.segment <= shelf->truncated)
		return 0;
	if (!r->s->opts.read_only && sst_store_make_room(r->s, e) == -1)
		return -1;
	r->changes++;
	if (sst_store_take(r->s, shelf, u, entry->end, e) == 0)
		return 0;
	if (e->code == SST_EINVAL) { /* the bytes contradict the table */
		e->code = SST_EDAMAGED;
		sst_err_locate(e, entry->file, entry->off);
	}
	return -1;
}

static int
take_entry(struct recall *r, const struct sst_log_entry *entry, struct sst_err *e)
{
	const struct sst_update *u;
	struct sst_err why;
	int got;

	r->no_table = r->dropped = false;
	sst_mutation_begin_entry(r->in, entry);
	while ((got = sst_mutation_next(r->in, &u, &why)) == SST_ONE)
		if (take_update(r, entry, u, e) == -1)
			return -1;
	if (got == 0)
		return 0;
	if (why.code == SST_EINVAL)
		return unknown(r, &why, e);
	*e = why;
	return -1;
}

/* The segment that an entry is of; entries come segment by segment. */
static void
find_relic(struct recall *r, const char *path)
{
	struct sst_store *s = r->s;
	const char *name = strrchr(path, '/') + 1;

	if (r->relic == NULL)
		r->relic = s->relics;
	while (r->relic < s->relics + s->nrelics - 1 && strcmp(r->relic->name, name) != 0)
		r->relic++;
}

static int
list_relics(struct recall *r, struct sst_err *e)
{
	struct sst_store *s = r->s;
	const char *path;
	size_t n = 0, i;

	while (sst_replay_segment(r->log, n, NULL) != NULL)
		n++;
	free(s->relics);
	s->nrelics = 0;
	if ((s->relics = calloc(n + 1, sizeof(*s->relics))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		sst_replay_segment(r->log, i, &path);
		path = strrchr(path, '/') + 1;
		s->relics[i].name = sst_arena_str(&s->arena, path, strlen(path));
		if (s->relics[i].name == NULL)
			return sst_fail_nomem(e);
	}
	s->nrelics = n;
	return 0;
}

static int
replay(struct recall *r, struct sst_err *e)
{
	const struct sst_segread_info *info;
	struct sst_log_entry entry;
	size_t i;
	int got;

	while ((got = sst_replay_next(r->log, &entry, e)) == SST_ONE) {
		find_relic(r, entry.file);
		if (take_entry(r, &entry, e) == -1)
			return -1;
	}
	for (i = 0; i < r->s->nrelics; i++) {
		info = sst_replay_segment(r->log, i, NULL);
		r->s->relics[i].left = info->left;
		r->s->relics[i].lost = info->lost;
		r->s->relics[i].id = info->id;
		r->s->relics[i].size = info->size;
		r->s->relics[i].sealable =
		    info->ours && info->whole && info->lost == 0 && info->compression[0] == '\0';
		r->s->relics[i].whole = info->left == 0 && info->lost == 0 &&
		    (!info->ours || info->marked == info->size);
	}
	return got;
}

static int
recall(struct recall *r, struct sst_err *e)
{
	struct sst_store *s = r->s;
	int got = -1;

	if (sst_replay_open(&r->log, s->io, s->log_dir, s->opts.skip_damage, e) == -1)
		return -1;
	if (sst_replay_segment(r->log, 0, NULL) == NULL)
		got = 0;
	else if (list_relics(r, e) == 0 && sst_mutation_in_new(&r->in, table_by_id, r, e) == 0) {
		sst_mutation_in_want(r->in, is_wanted, r);
		got = replay(r, e);
	}
	sst_mutation_in_free(r->in);
	sst_replay_close(r->log);
	return got;
}

/* What a reader has of the log is all that it has in memory. */
static void
forget(struct sst_store *s)
{
	size_t i;

	for (i = 0; i < s->nshelves; i++)
		sst_memory_drop(&s->shelves[i]->active);
	s->bytes = 0;
}

int
sst_store_recall(struct sst_store *s, struct sst_err *e)
{
	struct recall r;
	int tries, got;

	for (tries = 1;; tries++) {
		r = (struct recall){ .s = s };
		if (s->opts.read_only)
			forget(s);
		got = recall(&r, e);
		if (got == 0 || !s->opts.read_only || tries == READER_TRIES ||
		    (e->code != SST_EDAMAGED && e->code != SST_ESHORT))
			break;
	}
	s->recalled = r.changes;
	return got;
}

/* ---- how long it is ---- */

struct measure {
	const struct sst_io *io;
	const char *dir;
	uint64_t bytes;
};

static int
add_size(void *arg, const char *name)
{
	struct measure *m = arg;
	char path[4096];
	struct sst_err e;
	struct sst_stat st;
	uint32_t version;
	const char *rest;
	uint64_t id;

	if (sst_segment_parse_name(name, &version, &id, &rest) && *rest == '\0' &&
	    (size_t)snprintf(path, sizeof(path), "%s/%s", m->dir, name) < sizeof(path) &&
	    sst_io_stat(m->io, path, &st, &e) == 0)
		m->bytes += st.size;
	return 0;
}

int
sst_store_log_bytes(const struct sst_io *io, const char *dir, uint64_t *bytes, struct sst_err *e)
{
	char path[4096];
	struct measure m = { io, path, 0 };

	*bytes = 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/" SST_STORE_LOG, dir) >= sizeof(path))
		return sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	if (sst_io_list(io, path, add_size, &m, e) == -1)
		return e->code == SST_ESYS && (e->sys == ENOENT || e->sys == ENOTDIR) ? 0 : -1;
	*bytes = m.bytes;
	return 0;
}

/* ---- the end of what a crash left ---- */

static int
end_relic(struct sst_store *s, const struct sst_relic *x, struct sst_err *e)
{
	struct sst_log *log = sst_journal_log(s->journal);
	char text[512];

	if (x->left > 0)
		sst_store_note(s, "%s/%s: %ju bytes of an unfinished write at its end are left out",
		    s->log_dir, x->name, (uintmax_t)x->left);
	if (x->lost > 0) {
		sst_store_note(s, "%s/%s: %ju damaged bytes passed over, kept as %s%s", s->log_dir,
		    x->name, (uintmax_t)x->lost, x->name, SST_LOG_DAMAGED);
		return sst_log_set_aside(log, x->name, SST_LOG_DAMAGED, e);
	}
	if (x->unknown > 0) {
		sst_store_note(s, "%ju changes kept in %s%s, of which the first is %s",
		    (uintmax_t)x->unknown, x->name, SST_LOG_UNKNOWN,
		    sst_err_text(&x->why, text, sizeof(text)));
		return sst_log_set_aside(log, x->name, SST_LOG_UNKNOWN, e);
	}
	if (s->opts.keep_log && x->whole)
		return sst_log_keep(log, x->name, e);
	return sst_log_discard(log, x->name, e);
}

bool
sst_store_may_keep_relics(const struct sst_store *s)
{
	size_t i;

	if (!s->opts.shared || s->opts.give == NULL || s->opts.keep_log ||
	    s->opts.sync == SST_SYNC_NONE)
		return false;
	for (i = 0; i < s->nrelics; i++)
		if (!s->relics[i].sealable || s->relics[i].unknown > 0)
			return false;
	return true;
}

/* What the other shards found in the same segment: a column may be unknown in their part only. */
static void
join_relic(struct sst_relic *x, const struct sst_store *other)
{
	const struct sst_relic *y;
	size_t i;

	for (i = 0; i < other->nrelics; i++) {
		y = &other->relics[i];
		if (strcmp(x->name, y->name) != 0 || y->unknown <= x->unknown)
			continue;
		x->unknown = y->unknown;
		x->why = y->why;
	}
}

static void
tell_changes(struct sst_store *const *s, size_t n)
{
	uint64_t changes = 0;
	size_t i;

	for (i = 0; i < n; i++)
		changes += s[i]->recalled;
	if (changes > 0)
		sst_store_note(s[0], "%s: replayed %ju change%s from %zu segment%s", s[0]->log_dir,
		    (uintmax_t)changes, changes == 1 ? "" : "s", s[0]->nrelics,
		    s[0]->nrelics == 1 ? "" : "s");
}

static int
end_replay(struct sst_store *const *s, size_t n, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		s[i]->replaying = false;
		s[i]->nrelics = 0;
		if (s[i]->opts.sync != SST_SYNC_NONE)
			continue;
		if (sst_journal_close(s[i]->journal, e) == -1)
			return -1;
		s[i]->journal = NULL;
	}
	return 0;
}

int
sst_store_recovered(struct sst_store *const *s, size_t n, struct sst_err *e)
{
	size_t i, k;

	tell_changes(s, n);
	for (i = 0; i < n; i++) {
		if (s[i]->opts.give != NULL && sst_store_flush(s[i], e) == -1)
			return -1;
		for (k = 0; k < s[0]->nrelics && i > 0; k++)
			join_relic(&s[0]->relics[k], s[i]);
	}
	for (i = 0; i < s[0]->nrelics; i++)
		if (end_relic(s[0], &s[0]->relics[i], e) == -1)
			return -1;
	return end_replay(s, n, e);
}

/* ---- segments that stay for a while ---- */

struct sst_relics {
	const struct sst_io *io;
	struct sst_arena arena;
	const char *dir;
	size_t n;
	const char **names; /* the oldest first */
};

void
sst_relics_free(struct sst_relics *r)
{
	if (r == NULL)
		return;
	sst_arena_free(&r->arena);
	free(r);
}

static struct sst_relics *
list_names(const struct sst_store *s)
{
	struct sst_relics *r = calloc(1, sizeof(*r));
	size_t i;

	if (r == NULL)
		return NULL;
	r->io = s->io;
	r->n = s->nrelics;
	r->dir = sst_arena_str(&r->arena, s->log_dir, strlen(s->log_dir));
	r->names = sst_arena_array(&r->arena, r->n + 1, sizeof(*r->names));
	for (i = 0; r->names != NULL && i < r->n; i++)
		if ((r->names[i] = sst_arena_str(
			 &r->arena, s->relics[i].name, strlen(s->relics[i].name))) == NULL)
			break;
	if (r->dir != NULL && r->names != NULL && i == r->n)
		return r;
	sst_relics_free(r);
	return NULL;
}

static bool
may_stay(struct sst_store *const *s, size_t n)
{
	bool memory = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!sst_store_may_keep_relics(s[i]) || s[i]->nrelics != s[0]->nrelics)
			return false;
		memory |= !sst_store_is_flushed(s[i], UINT64_MAX);
	}
	return memory;
}

int
sst_store_recovered_beside(
    struct sst_store *const *s, size_t n, struct sst_relics **left, struct sst_err *e)
{
	struct sst_log *log = sst_journal_log(s[0]->journal);
	const struct sst_relic *x;
	struct sst_relics *r;
	struct sst_log_end end;
	size_t i;

	*left = NULL;
	if (!may_stay(s, n))
		return sst_store_recovered(s, n, e);
	if ((r = list_names(s[0])) == NULL)
		return sst_fail_nomem(e);
	tell_changes(s, n);
	for (i = 0; i < r->n; i++) {
		x = &s[0]->relics[i];
		end = (struct sst_log_end){ x->id, x->size, x->whole };
		if (sst_log_seal(log, x->name, &end, e) == -1) {
			sst_relics_free(r);
			return -1;
		}
	}
	*left = r;
	return end_replay(s, n, e);
}

int
sst_relics_discard(struct sst_relics *r, struct sst_err *e)
{
	char path[4096];
	size_t i;

	for (i = 0; i < r->n; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", r->dir, r->names[i]) >=
		    sizeof(path))
			return sst_fail(e, SST_ELIMIT, r->dir, SST_NOWHERE, "path too long");
		if (sst_io_unlink(r->io, path, e) == -1 &&
		    (e->code != SST_ESYS || e->sys != ENOENT))
			return -1;
	}
	return sst_io_sync_dir(r->io, r->dir, e);
}
