/* cmd/tool/find.c: the SSTables that an operand stands for. */
#include "tool/find.h"

#include <stdlib.h>

#include "base/io.h"
#include "live/live.h"
#include "store/datadir.h"
#include "tool/complain.h"

enum {
	DEPTH_MAX = 32 /* DIR/data/keyspace/table-id/snapshots/name is 5 below DIR */
};

struct walk {
	find_each *each;
	void *arg;
	bool everything;
	bool known;                       /* something was there that says what folder this is */
	struct sst_buf path;              /* where we are, and room for a file's name */
	struct sst_stat above[DEPTH_MAX]; /* the folders on the way here */
};

struct names { /* of a folder */
	struct sst_arena arena;
	char **name;
	size_t n, cap;
	bool sstables; /* some of them belong to SSTables */
	bool table;    /* one says that a table could be here, if it is empty */
	bool nomem;    /* not all are here */
};

static int folder(struct walk *, int depth);

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Copies of other SSTables, or what a node has not taken in yet. */
static bool
passed_over(const struct walk *w, const char *name)
{
	static const char *const names[] = { "snapshots", "backups", "staging", "upload",
		"quarantine" };
	size_t i;

	if (w->everything)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return name[0] == '.';
}

static int
add_name(void *arg, const char *name)
{
	struct names *to = arg;
	uint8_t id[16];
	char **grown;

	if (ends_with(name, "-Data.db") || ends_with(name, "-TOC.txt"))
		to->sstables = true;
	if (strcmp(name, "schema.cql") == 0 || sst_datadir_split(name, id) > 0)
		to->table = true;
	if (to->n == to->cap) {
		to->cap = to->cap * 2 + 16;
		grown = realloc(to->name, to->cap * sizeof(*grown));
		if (grown == NULL)
			goto nomem;
		to->name = grown;
	}
	if ((to->name[to->n] = sst_arena_str(&to->arena, name, strlen(name))) == NULL)
		goto nomem;
	to->n++;
	return 0;
nomem:
	to->nomem = true;
	return 1;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends to the path, NUL-terminated; returns its former length. */
static size_t
push(struct walk *w, const char *a, const char *b)
{
	size_t n = w->path.n;

	sst_buf_adds(&w->path, a);
	sst_buf_adds(&w->path, b);
	sst_buf_addc(&w->path, '\0');
	if (w->path.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	w->path.n--;
	return n;
}

static void
pop(struct walk *w, size_t n)
{
	w->path.n = n;
	w->path.p[n] = '\0';
}

static const char *
here(const struct walk *w)
{
	return (const char *)w->path.p;
}

static const char *
slash(const struct walk *w)
{
	return w->path.p[w->path.n - 1] == '/' ? "" : "/";
}

/* What lies about but is not live: silence would hide a loss, except of what is being written. */
static int
report_left(const struct walk *w, const struct sst_leftover *left)
{
	if (left->why == SST_LEFT_UNFINISHED || left->why == SST_LEFT_REMOVED ||
	    (left->why == SST_LEFT_NO_TOC && w->everything))
		return SOUND;
	return tool_problem(DAMAGED, "%s%s%s: %s", here(w), slash(w), left->name,
	    left->what != NULL ? left->what : sst_left_text(left->why));
}

struct seen { /* a set of files that was tried */
	const char *base;
	uint64_t ino;
	bool gone; /* a file of it was missing */
};

struct tried { /* in a folder */
	struct sst_arena arena;
	struct seen *seen;
	size_t n, cap;
};

static struct seen *
find_seen(const struct tried *t, const struct sst_live_set *set)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->seen[i].ino == set->ino && strcmp(t->seen[i].base, set->base) == 0)
			return &t->seen[i];
	return NULL;
}

static struct seen *
add_seen(struct tried *t, const struct sst_live_set *set)
{
	struct seen *grown = t->seen;

	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 16;
		grown = realloc(t->seen, t->cap * sizeof(*grown));
	}
	if (grown != NULL) {
		t->seen = grown;
		grown[t->n].base = sst_arena_str(&t->arena, set->base, strlen(set->base));
		grown[t->n].ino = set->ino;
		grown[t->n].gone = false;
	}
	if (grown == NULL || grown[t->n].base == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return &grown[t->n++];
}

/* Prints the sets that were not printed yet; true when one of them has gone since the listing. */
static bool
print_sets(struct walk *w, const struct sst_live *live, struct tried *tried, int *rc)
{
	struct seen *s;
	bool gone = false;
	size_t i, n;
	int r;

	for (i = 0; i < live->nsets; i++) {
		s = find_seen(tried, &live->sets[i]);
		if (s != NULL && !s->gone)
			continue;
		n = push(w, slash(w), live->sets[i].base);
		push(w, "Data.db", "");
		/* A set that is listed again was not removed: it lacks a file. */
		r = w->each(w->arg, here(w), s != NULL);
		if (s == NULL)
			s = add_seen(tried, &live->sets[i]);
		s->gone = r == GONE;
		gone |= s->gone;
		if (r != GONE)
			*rc = tool_worse(*rc, r);
		pop(w, n);
	}
	return gone;
}

static int
table_folder(struct walk *w)
{
	struct sst_live_folder folder = { &sst_io_posix, here(w), true };
	struct sst_arena arena = { 0 };
	struct tried tried = { 0 };
	struct sst_live live;
	struct sst_err e;
	int rc = SOUND, try;
	size_t i;

	for (try = 0; try < SST_LIVE_TRIES; try++) {
		sst_arena_reset(&arena);
		folder.dir = here(w); /* the path moves as it grows */
		if (sst_live_list(&live, &arena, &folder, &e) == -1) {
			rc = tool_worse(rc, complain(&e));
			break;
		}
		for (i = 0; try == 0 && i < live.nleft; i++)
			rc = tool_worse(rc, report_left(w, &live.left[i]));
		if (!print_sets(w, &live, &tried, &rc))
			break;
	}
	if (try == SST_LIVE_TRIES)
		rc = tool_problem(TROUBLE, "%s: changes faster than it can be read", here(w));
	sst_arena_free(&arena);
	sst_arena_free(&tried.arena);
	free(tried.seen);
	return rc;
}

/* A link may lead back up. */
static bool
is_above(const struct walk *w, const struct sst_stat *st, int depth)
{
	int i;

	for (i = 0; i <= depth; i++)
		if (w->above[i].dev == st->dev && w->above[i].ino == st->ino)
			return true;
	return false;
}

static int
subfolder(struct walk *w, const struct sst_stat *st, int depth)
{
	if (is_above(w, st, depth))
		return SOUND;
	if (depth + 1 == DEPTH_MAX)
		return tool_problem(
		    TROUBLE, "%s: more than %d folders deep", here(w), DEPTH_MAX - 1);
	w->above[depth + 1] = *st;
	return folder(w, depth + 1);
}

static int
subfolders(struct walk *w, struct names *names, int depth)
{
	struct sst_stat st;
	struct sst_err e;
	int rc = SOUND;
	size_t i, n;

	qsort(names->name, names->n, sizeof(*names->name), by_name);
	for (i = 0; i < names->n; i++) {
		if (passed_over(w, names->name[i]))
			continue;
		n = push(w, slash(w), names->name[i]);
		if (sst_io_stat(&sst_io_posix, here(w), &st, &e) == -1)
			rc = tool_worse(rc, complain(&e));
		else if (st.is_dir)
			rc = tool_worse(rc, subfolder(w, &st, depth));
		pop(w, n);
	}
	return rc;
}

/* The live SSTables of this folder, then those of the folders in it. */
static int
folder(struct walk *w, int depth)
{
	struct names names = { 0 };
	struct sst_err e;
	int rc = SOUND;

	if (sst_io_list(&sst_io_posix, here(w), add_name, &names, &e) == -1)
		rc = complain(&e);
	else if (names.nomem)
		rc = tool_problem(TROUBLE, "%s: out of memory", here(w));
	else {
		w->known |= names.sstables || names.table;
		if (names.sstables)
			rc = table_folder(w);
		if (names.n > 0)
			rc = tool_worse(rc, subfolders(w, &names, depth));
	}
	free(names.name);
	sst_arena_free(&names.arena);
	return rc;
}

static int
find(const char *path, struct walk *w)
{
	struct sst_stat st;
	struct sst_err e;
	int rc;

	if (sst_io_stat(&sst_io_posix, path, &st, &e) == -1)
		return complain(&e);
	push(w, path, "");
	w->above[0] = st;
	rc = st.is_dir ? folder(w, 0) : w->each(w->arg, here(w), true);
	/* For who wants to know that all is well, a wrong name is no table without data. */
	if (st.is_dir && rc == SOUND && w->everything && !w->known)
		rc = tool_problem(TROUBLE, "%s: no SSTables in this folder, or below", path);
	sst_buf_free(&w->path);
	return rc;
}

int
find_sstables(const char *path, find_each *each, void *arg)
{
	return find(path, &(struct walk){ .each = each, .arg = arg });
}

int
find_everything(const char *path, find_each *each, void *arg)
{
	return find(path, &(struct walk){ .each = each, .arg = arg, .everything = true });
}
