/*
 * live/scan.c: reads a table's folder.  Files are listed before logs, as a log is the first to come
 * and the last to go: whoever sees a set of an unfinished transaction sees its log too, or the set
 * is gone by the time it is opened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/murmur3.h"
#include "live/int.h"
#include "sstable/name.h"

struct file { /* a name, taken apart once */
	const char *name;
	size_t base_len; /* 0: a log's */
	uint64_t generation;
};

struct names { /* collected by one listing */
	struct sst_arena *arena;
	struct file *v;
	size_t n, cap;
	bool logs; /* collect logs, or everything else */
	bool nomem;
	struct sst_live_glance *glance; /* or NULL */
};

int
sst_live_path(
    char buf[SST_LIVE_PATH], const char *dir, const char *a, const char *b, struct sst_err *e)
{
	int n = snprintf(buf, SST_LIVE_PATH, "%s/%s%s", dir, a, b);

	if (n < 0 || n >= SST_LIVE_PATH)
		return sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path longer than %d bytes",
		    SST_LIVE_PATH - 1);
	return 0;
}

/* Length of "me-3-big-" in "me-3-big-Data.db"; 0 when it is no SSTable's file. */
static size_t
base_len(const char *name, uint64_t *generation)
{
	struct sst_name parts;

	*generation = 0;
	if (!sst_name_parse(&parts, name) || name[parts.base_len] == '\0')
		return 0;
	if (parts.number <=
	    SST_LIVE_GENERATION_MAX) /* else no number that a writer can go on from */
		*generation = parts.number;
	return parts.base_len;
}

static void
look(struct sst_live_glance *g, const char *name)
{
	uint64_t hash[2];

	if (sst_txnlog_is_name(name)) {
		g->logs = true;
		return;
	}
	sst_murmur3_128(sst_slice_str(name), hash);
	g->sum[0] += hash[0];
	g->sum[1] += hash[1];
	g->n++;
}

static int
look_at_name(void *arg, const char *name)
{
	look(arg, name);
	return 0;
}

int
sst_live_glance(
    struct sst_live_glance *g, const struct sst_io *io, const char *dir, struct sst_err *e)
{
	*g = (struct sst_live_glance){ 0 };
	return sst_io_list(io, dir, look_at_name, g, e);
}

static int
collect(void *arg, const char *name)
{
	struct names *c = arg;
	struct file *grown, f = { NULL, 0, 0 };

	if (c->glance != NULL)
		look(c->glance, name);
	if (sst_txnlog_is_name(name) != c->logs ||
	    (!c->logs && (f.base_len = base_len(name, &f.generation)) == 0))
		return 0;
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 64 : 2 * c->cap;
		if ((grown = sst_arena_array(c->arena, c->cap, sizeof(*grown))) == NULL)
			goto nomem;
		if (c->n > 0)
			memcpy(grown, c->v, c->n * sizeof(*grown));
		c->v = grown;
	}
	if ((f.name = sst_arena_str(c->arena, name, strlen(name))) != NULL) {
		c->v[c->n++] = f;
		return 0;
	}
nomem:
	c->nomem = true;
	return 1;
}

static int
list(struct sst_live_scan *s, bool logs, struct sst_live_glance *g, struct names *c,
    struct sst_err *e)
{
	*c = (struct names){ .arena = s->arena, .logs = logs, .glance = g };
	if (sst_io_list(s->io, s->dir, collect, c, e) == -1)
		return -1;
	return c->nomem ? sst_fail_nomem(e) : 0;
}

/* Order of bases: number, then text. */
static int
compare_base(uint64_t ga, struct sst_slice a, uint64_t gb, struct sst_slice b)
{
	return ga != gb ? (ga > gb) - (ga < gb) : sst_slice_cmp(a, b);
}

static struct sst_slice
base_of(const struct file *f)
{
	return (struct sst_slice){ (const uint8_t *)f->name, f->base_len };
}

static int
by_base(const void *pa, const void *pb)
{
	const struct file *a = pa, *b = pb;
	int c = compare_base(a->generation, base_of(a), b->generation, base_of(b));

	return c != 0 ? c : strcmp(a->name, b->name);
}

static void
note_component(struct sst_live_group *g, const char *component)
{
	g->toc |= strcmp(component, "TOC.txt") == 0;
	g->toc_tmp |= strcmp(component, "TOC.txt.tmp") == 0;
	g->data |= strcmp(component, "Data.db") == 0;
}

static int
add_group(struct sst_live_scan *s, const struct file *f, const char **names, struct sst_err *e)
{
	struct sst_live_group *g = &s->groups[s->ngroups++];

	*g = (struct sst_live_group){ .generation = f->generation, .names = names };
	g->base = sst_arena_str(s->arena, f->name, f->base_len);
	if (g->base == NULL)
		return sst_fail_nomem(e);
	if (f->generation > s->generation_max)
		s->generation_max = f->generation;
	return 0;
}

/* Names, sorted, become groups of those with the same base. */
static int
group(struct sst_live_scan *s, struct names *c, struct sst_err *e)
{
	struct sst_live_group *g;
	const char **names;
	size_t i;

	if (c->n == 0)
		return 0;
	qsort(c->v, c->n, sizeof(*c->v), by_base);
	s->groups = sst_arena_array(s->arena, c->n, sizeof(*s->groups));
	names = sst_arena_array(s->arena, c->n, sizeof(*names));
	if (s->groups == NULL || names == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < c->n; i++) {
		names[i] = c->v[i].name;
		if ((i == 0 || !sst_slice_eq(base_of(&c->v[i]), base_of(&c->v[i - 1]))) &&
		    add_group(s, &c->v[i], &names[i], e) == -1)
			return -1;
		g = &s->groups[s->ngroups - 1];
		g->nnames++;
		note_component(g, names[i] + c->v[i].base_len);
	}
	return 0;
}

struct sst_live_group *
sst_live_group(const struct sst_live_scan *s, struct sst_slice base)
{
	size_t lo = 0, hi = s->ngroups, mid;
	uint64_t generation;
	char name[256];
	int c;

	if (base.n == 0 || base.n >= sizeof(name) - 1)
		return NULL;
	memcpy(name, base.p, base.n);
	memcpy(name + base.n, "x", 2); /* any component */
	if (base_len(name, &generation) != base.n)
		return NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = compare_base(generation, base, s->groups[mid].generation,
		    sst_slice_str(s->groups[mid].base));
		if (c == 0)
			return &s->groups[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

int
sst_live_newest(const struct sst_live_scan *s, const struct sst_live_group *g, int64_t *ms,
    size_t *n, struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_stat st;
	size_t i;

	*ms = 0;
	*n = 0;
	for (i = 0; g != NULL && i < g->nnames; i++) {
		if (sst_live_path(path, s->dir, g->names[i], "", e) == -1)
			return -1;
		if (sst_io_stat(s->io, path, &st, e) == -1) {
			if (e->code != SST_ESYS || e->sys != ENOENT)
				return -1;
			continue; /* deleted since it was listed */
		}
		if (st.mtime_ms > *ms)
			*ms = st.mtime_ms;
		++*n;
	}
	return 0;
}

static void
doubt(struct sst_live_log *log, const char *why)
{
	log->text.state = SST_TXN_DOUBTFUL;
	log->text.doubt = why;
	log->text.doubt_off = 0;
}

/*
 * Cassandra's checks on files to be removed: the newest must be as old as the log says (in seconds,
 * since Java versions differ below), else somebody put other files there; and all must be there
 * while nothing is committed.
 */
static int
check_removes(const struct sst_live_scan *s, struct sst_live_log *log, struct sst_err *e)
{
	size_t i, n;
	int64_t ms;

	for (i = 0; i < log->text.nrecords && log->text.state != SST_TXN_DOUBTFUL; i++) {
		const struct sst_txn_record *r = &log->text.records[i];

		if (r->kind != SST_TXN_REMOVE)
			continue;
		if (sst_live_newest(s, sst_live_group(s, sst_txn_record_base(r)), &ms, &n, e) == -1)
			return -1;
		if (n > 0 && ms / 1000 != r->mtime_ms / 1000)
			doubt(log, "files that it removes have changed since");
		else if (log->text.state != SST_TXN_COMMITTED && n < (size_t)r->nfiles)
			doubt(log, "files that it removes are gone, and it is not committed");
	}
	return 0;
}

/* Adds what one log says to the groups that it names. */
static void
obey(struct sst_live_scan *s, const struct sst_live_log *log)
{
	enum sst_txn_kind gone =
	    log->text.state == SST_TXN_COMMITTED ? SST_TXN_REMOVE : SST_TXN_ADD;
	struct sst_live_group *g;
	size_t i;

	for (i = 0; i < log->text.nrecords; i++) {
		const struct sst_txn_record *r = &log->text.records[i];

		if ((g = sst_live_group(s, sst_txn_record_base(r))) == NULL)
			continue;
		if (log->text.state == SST_TXN_DOUBTFUL) {
			g->kept = true;
		} else if (r->kind == gone) {
			g->log = log->name;
			g->why = gone == SST_TXN_ADD ? SST_LEFT_UNFINISHED : SST_LEFT_REMOVED;
		}
	}
}

static int
read_log(struct sst_live_scan *s, const char *name, struct sst_err *e)
{
	struct sst_live_log *log = &s->logs[s->nlogs];
	struct sst_buf b = { 0 };
	char path[SST_LIVE_PATH];
	struct sst_slice text;
	int r = -1;

	*log = (struct sst_live_log){ .name = name };
	if (sst_live_path(path, s->dir, name, "", e) == -1)
		goto out;
	if (sst_io_read_file(s->io, path, SST_TXNLOG_MAX, &b, e) == -1) {
		r = e->code == SST_ESYS && e->sys == ENOENT ? 0 : -1; /* finished meanwhile */
		goto out;
	}
	text = sst_arena_slice(s->arena, sst_buf_slice(&b));
	if (text.p == NULL) {
		sst_fail_nomem(e);
		goto out;
	}
	if (sst_txnlog_parse(&log->text, s->arena, text, e) == -1 || check_removes(s, log, e) == -1)
		goto out;
	s->nlogs++;
	r = 0;
out:
	sst_buf_free(&b);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int
scan(struct sst_live_scan *s, struct sst_live_glance *glance, struct sst_err *e)
{
	struct sst_arena *a = s->arena;
	struct names c;
	size_t i;

	if (list(s, false, glance, &c, e) == -1 || group(s, &c, e) == -1)
		return -1;
	if (glance != NULL && !glance->logs)
		return 0;
	if (list(s, true, NULL, &c, e) == -1)
		return -1;
	if (c.n == 0)
		return 0;
	qsort(c.v, c.n, sizeof(*c.v), by_name);
	if ((s->logs = sst_arena_array(a, c.n, sizeof(*s->logs))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < c.n; i++)
		if (read_log(s, c.v[i].name, e) == -1)
			return -1;
	for (i = 0; i < s->nlogs; i++)
		obey(s, &s->logs[i]);
	return 0;
}

int
sst_live_scan(struct sst_live_scan *s, struct sst_arena *a, const struct sst_io *io,
    const char *dir, struct sst_err *e)
{
	*s = (struct sst_live_scan){ .io = io, .dir = dir, .arena = a };
	return scan(s, NULL, e);
}

int
sst_live_scan_once(struct sst_live_scan *s, struct sst_live_glance *g, struct sst_arena *a,
    const struct sst_io *io, const char *dir, struct sst_err *e)
{
	*s = (struct sst_live_scan){ .io = io, .dir = dir, .arena = a };
	*g = (struct sst_live_glance){ 0 };
	return scan(s, g, e);
}

struct aged {
	const char *name;
	int64_t mtime_ms;
	bool toc;
};

static int
by_age(const void *pa, const void *pb)
{
	const struct aged *a = pa, *b = pb;

	if (a->mtime_ms != b->mtime_ms)
		return (a->mtime_ms > b->mtime_ms) - (a->mtime_ms < b->mtime_ms);
	return a->toc - b->toc;
}

int
sst_live_delete(
    const struct sst_live_scan *s, const struct sst_live_group *g, size_t *n, struct sst_err *e)
{
	struct aged *files = sst_arena_array(s->arena, g->nnames, sizeof(*files));
	char path[SST_LIVE_PATH];
	struct sst_stat st;
	size_t i, k = 0;

	if (files == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < g->nnames; i++) {
		if (sst_live_path(path, s->dir, g->names[i], "", e) == -1)
			return -1;
		if (sst_io_stat(s->io, path, &st, e) == 0)
			files[k++] = (struct aged){ g->names[i], st.mtime_ms,
				strcmp(g->names[i] + strlen(g->base), "TOC.txt") == 0 };
		else if (e->code != SST_ESYS || e->sys != ENOENT)
			return -1;
	}
	if (k > 0)
		qsort(files, k, sizeof(*files), by_age);
	for (i = 0; i < k; i++) {
		if (sst_live_path(path, s->dir, files[i].name, "", e) == -1 ||
		    sst_io_unlink(s->io, path, e) == -1)
			return -1;
		++*n;
	}
	return 0;
}
