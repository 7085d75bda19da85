/*
 * cmd/sstdump/log.c: mutations of commit-log segments as NDJSON, in the order in which they were
 * written: what each changes, as items of a stream that ends with every update and goes on with the
 * next one.
 */
#include "sstdump/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hex.h"
#include "codec/jsonout.h"
#include "commitlog/mutation.h"
#include "commitlog/segread.h"
#include "sstdump/tables.h"
#include "text/ndjson.h"

enum {
	FOLLOW_US = 100000, /* between two looks at a segment that is being written */
	SEGMENTS_MAX = 1 << 20
};

struct source {              /* of the items of one update */
	struct sst_stream s; /* first */
	const struct sst_update *u;
	const char *file;
	uint64_t off;
	enum step {
		HEAD,
		STATIC,
		ROWS,
		OPEN, /* of a range deletion */
		CLOSE,
		END
	} step;
	size_t i;
	struct sst_item item;
};

struct target { /* a table that mutations speak of */
	const struct sst_table *table;
	struct source *source;    /* also in `items` */
	struct sst_stream *items; /* sifted */
	struct sst_ndjson *text;
	struct selection sel;
	bool unfit; /* the options mean nothing for it */
};

struct logging {
	struct job *job;
	struct tables tables;
	struct target **targets;
	size_t ntargets;
	struct sst_mutation_in *in;
	uint64_t nunknown;   /* updates of tables that are not known */
	uint8_t unknown[16]; /* the first of these tables */
	int rc;
};

/* ---- items of an update ---- */

static struct sst_item *
item_of(struct source *c, enum sst_item_kind kind)
{
	c->item = (struct sst_item){ .kind = kind, .file = c->file, .off = c->off };
	return &c->item;
}

static bool
make_item(struct source *c)
{
	const struct sst_range_deletion *r = c->i < c->u->nranges ? &c->u->ranges[c->i] : NULL;

	switch (c->step) {
	case HEAD:
		item_of(c, SST_PARTITION)->part = c->u->part;
		c->step = STATIC;
		return true;
	case STATIC:
		c->step = OPEN;
		c->i = 0;
		if (c->u->statik == NULL)
			return false;
		item_of(c, SST_STATIC)->row = *c->u->statik;
		return true;
	case OPEN:
		if (r == NULL) {
			c->step = ROWS;
			c->i = 0;
			return false;
		}
		item_of(c, SST_MARKER)->marker = (struct sst_marker){ r->from, SST_LIVE, r->del };
		c->step = CLOSE;
		return true;
	case CLOSE:
		item_of(c, SST_MARKER)->marker = (struct sst_marker){ r->to, r->del, SST_LIVE };
		c->step = OPEN;
		c->i++;
		return true;
	case ROWS:
		if (c->i == c->u->nrows) {
			c->step = END;
			return false;
		}
		item_of(c, SST_ROW)->row = c->u->rows[c->i++];
		return true;
	case END:
		break;
	}
	return false;
}

static int
source_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct source *c = (struct source *)s;

	(void)e;
	*item = NULL;
	while (c->step != END)
		if (make_item(c)) {
			*item = &c->item;
			return SST_ONE;
		}
	return 0;
}

static int
source_skip(struct sst_stream *s, struct sst_err *e)
{
	(void)e;
	((struct source *)s)->step = END;
	return 0;
}

static void
source_want(struct sst_stream *s, struct sst_want *want)
{
	(void)s;
	*want = (struct sst_want){ NULL, 0, 0 };
}

static void
source_close(struct sst_stream *s)
{
	free(s);
}

static const struct sst_stream_ops source_ops = { source_next, source_skip, source_want,
	source_close };

/* ---- tables ---- */

static struct target *
make_target(struct logging *l, const struct sst_table *t)
{
	struct target *x = calloc(1, sizeof(*x)), **grown;
	struct sst_err e;

	grown = realloc(l->targets, (l->ntargets + 1) * sizeof(*grown));
	if (x == NULL || grown == NULL || (x->source = calloc(1, sizeof(*x->source))) == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	l->targets = grown;
	grown[l->ntargets++] = x;
	x->table = t;
	x->source->s = (struct sst_stream){ &source_ops, t, false };
	x->sel = l->job->sel;
	x->sel.arena = (struct sst_arena){ 0 };
	if (sst_ndjson_new(&x->text, t, &e) == -1 ||
	    select_sift(&x->sel, &x->source->s, &x->items, &e) == -1)
		exit(complain(&e));
	if (select_for(&x->sel, t, &e) == -1) {
		l->rc = tool_worse(l->rc, select_complain(&l->job->sel, &e));
		x->unfit = true;
	}
	return x;
}

static struct target *
target_of(struct logging *l, const struct sst_table *t)
{
	size_t i;

	for (i = 0; i < l->ntargets; i++)
		if (l->targets[i]->table == t)
			return l->targets[i];
	return make_target(l, t);
}

static void
free_targets(struct logging *l)
{
	size_t i;

	for (i = 0; i < l->ntargets; i++) {
		sst_stream_close(l->targets[i]->items);
		sst_ndjson_free(l->targets[i]->text);
		sst_arena_free(&l->targets[i]->sel.arena);
		free(l->targets[i]);
	}
	free(l->targets);
}

/* Partitions that are wanted: asked before their rows are read. */
static bool
is_wanted(void *arg, const struct sst_table *t, const struct sst_partition *p)
{
	const struct target *x = target_of(arg, t);

	return !x->unfit && select_has(&x->sel, p);
}

/* ---- printing ---- */

static void
print_update(struct logging *l, const struct sst_update *u, const struct sst_log_entry *entry)
{
	struct target *x = target_of(l, u->table);
	const struct sst_item *item;
	struct sst_err e;
	int r;

	x->source->u = u;
	x->source->file = entry->file;
	x->source->off = entry->off;
	x->source->step = HEAD;
	while ((r = sst_stream_next(x->items, &item, &e)) == SST_ONE) {
		if (item->kind == SST_ROW && !select_has_row(&x->sel, x->table, &item->row))
			continue;
		if (sst_ndjson_item(x->text, item, &l->job->out.buf, &e) == -1)
			l->rc = tool_worse(l->rc, complain(&e));
		tool_output_step(&l->job->out);
	}
	if (r == -1)
		l->rc = tool_worse(l->rc, complain(&e));
}

/* What can be told of an update without its table. */
static void
print_stub(struct logging *l, const struct sst_mutation_stub *stub, const char *file)
{
	struct sst_buf *b = &l->job->out.buf;
	size_t i;

	sst_buf_adds(b, "{\"type\":\"unknown\",\"table_id\":\"");
	sst_hex_put(b, (struct sst_slice){ stub->id, 16 });
	sst_buf_adds(b, "\",\"file\":");
	sst_json_put_string(b, sst_slice_str(file));
	sst_buf_addf(b, ",\"position\":%ju,\"key\":\"0x", (uintmax_t)stub->off);
	sst_hex_put(b, stub->key);
	sst_buf_adds(b, "\",\"columns\":[");
	for (i = 0; i < stub->nstatic + stub->nregular; i++) {
		if (i > 0)
			sst_buf_addc(b, ',');
		sst_json_put_string(
		    b, i < stub->nstatic ? stub->statics[i] : stub->regulars[i - stub->nstatic]);
	}
	sst_buf_adds(b, "]}\n");
	tool_output_step(&l->job->out);
}

static void
print_unknown(struct logging *l, const struct sst_log_entry *entry, const struct sst_err *e)
{
	const struct sst_mutation_stub *stub = sst_mutation_stub(l->in);

	if (stub == NULL || tables_by_id(&l->tables, stub->id) != NULL)
		l->rc = tool_worse(l->rc, complain(e)); /* a column that it has not */
	else if (l->nunknown++ == 0)
		memcpy(l->unknown, stub->id, 16);
	if (stub == NULL)
		return;
	if (!select_some(&l->job->sel)) /* nobody knows whether it would be chosen */
		print_stub(l, stub, entry->file);
}

static void
print_entry(struct logging *l, const struct sst_log_entry *entry)
{
	const struct sst_update *u;
	struct sst_err e;
	int r;

	sst_mutation_begin_entry(l->in, entry);
	while ((r = sst_mutation_next(l->in, &u, &e)) == SST_ONE)
		print_update(l, u, entry);
	if (r == -1 && e.code == SST_EINVAL)
		print_unknown(l, entry, &e);
	else if (r == -1)
		l->rc = tool_worse(l->rc, complain(&e));
}

/* ---- segments ---- */

struct found {
	uint64_t id;
	char *path;
};

struct listing {
	const char *dir;
	struct found *at;
	size_t n;
	uint64_t after; /* only larger ids */
};

static int
see_name(void *arg, const char *name)
{
	struct listing *l = arg;
	struct found *grown;
	struct sst_buf path = { 0 };
	const char *rest;
	uint32_t version;
	uint64_t id;

	if (!sst_segment_parse_name(name, &version, &id, &rest) || *rest != '\0' || id <= l->after)
		return 0;
	if (l->n == SEGMENTS_MAX)
		return -E2BIG;
	sst_buf_addf(&path, "%s/%s", l->dir, name);
	sst_buf_addc(&path, '\0');
	grown = realloc(l->at, (l->n + 1) * sizeof(*grown));
	if (grown == NULL || path.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	l->at = grown;
	grown[l->n++] = (struct found){ id, (char *)path.p };
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int
list(struct listing *l, const char *dir, uint64_t after)
{
	struct sst_err e;

	*l = (struct listing){ .dir = dir, .after = after };
	if (sst_io_list(&sst_io_posix, dir, see_name, l, &e) == -1)
		return complain(&e);
	if (l->n > 0)
		qsort(l->at, l->n, sizeof(*l->at), by_id);
	return SOUND;
}

static void
forget(struct listing *l)
{
	while (l->n > 0)
		free(l->at[--l->n].path);
	free(l->at);
	l->at = NULL;
}

/* All that the segment has.  SOUND, or what was wrong. */
static int
print_rest(struct logging *l, struct sst_segread *s)
{
	struct sst_log_entry entry;
	struct sst_err e;
	int r;

	while ((r = sst_segread_next(s, &entry, &e)) == SST_ONE)
		print_entry(l, &entry);
	return r == -1 ? complain(&e) : SOUND;
}

static int
print_segment(struct logging *l, const char *path, bool successor)
{
	const struct sst_segread_info *info;
	struct sst_segread *s;
	struct sst_err e;
	int rc;

	if (sst_segread_open(&s, &sst_io_posix, path, &e) == -1)
		return complain(&e);
	sst_segread_set(s, successor, true);
	rc = print_rest(l, s);
	info = sst_segread_info(s);
	if (info->lost > 0)
		rc = tool_worse(rc,
		    tool_problem(DAMAGED, "%s: %s; %ju bytes are passed over: at byte %ju", path,
			info->lost_why.what, (uintmax_t)info->lost, (uintmax_t)info->lost_why.off));
	if (info->left > 0 && !l->job->quiet)
		tool_problem(SOUND, "%s: %ju bytes of a write that was cut short: at byte %ju",
		    path, (uintmax_t)info->left, (uintmax_t)info->left_off);
	sst_segread_close(s);
	return rc;
}

/* Whether a segment comes after this one in its folder. */
static bool
is_over(const char *path, uint64_t id, struct listing *next)
{
	const char *slash = strrchr(path, '/');
	struct sst_buf dir = { 0 };
	bool over;

	if (slash != NULL)
		sst_buf_add(&dir, path, (size_t)(slash - path));
	else
		sst_buf_addc(&dir, '.');
	sst_buf_addc(&dir, '\0');
	if (dir.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	over = list(next, (const char *)dir.p, id) == SOUND && next->n > 0;
	next->dir = NULL;
	sst_buf_free(&dir);
	return over;
}

/* The segment as it grows, then the one after it, for ever. */
static int
follow(struct logging *l, const char *first)
{
	struct listing next = { 0 };
	struct sst_segread *s;
	struct sst_err e;
	char *path = strdup(first);
	bool over;
	int rc = SOUND;

	while (path != NULL && rc == SOUND) {
		if (sst_segread_open(&s, &sst_io_posix, path, &e) == -1)
			return complain(&e);
		for (over = false; rc == SOUND;) {
			rc = print_rest(l, s);
			tool_output_flush(&l->job->out);
			if (over || rc != SOUND)
				break;
			/* Once more when another one has begun: nothing comes after that. */
			over = is_over(path, sst_segread_info(s)->id, &next);
			if (!over)
				usleep(FOLLOW_US);
			if (sst_segread_follow(s, &e) == -1)
				rc = complain(&e);
		}
		sst_segread_close(s);
		free(path);
		path = over ? strdup(next.at[0].path) : NULL;
		forget(&next);
	}
	free(path);
	return rc;
}

/* ---- operands ---- */

static bool
is_segment(const char *path)
{
	const char *slash = strrchr(path, '/'), *rest;
	uint32_t version;
	uint64_t id;

	return sst_segment_parse_name(slash != NULL ? slash + 1 : path, &version, &id, &rest) &&
	    *rest == '\0';
}

int
log_is(const char *path, struct sst_err *e)
{
	struct listing l = { .dir = path };
	struct sst_stat st;
	int r;

	if (is_segment(path))
		return 1;
	if (sst_io_stat(&sst_io_posix, path, &st, e) == -1) /* others say that it is not there */
		return e->code == SST_ESYS && (e->sys == ENOENT || e->sys == ENOTDIR) ? 0 : -1;
	if (!st.is_dir)
		return 0;
	r = sst_io_list(&sst_io_posix, path, see_name, &l, e);
	if (r == 0)
		r = l.n > 0;
	forget(&l);
	return r;
}

/* The tables of the data directory that the segment lies in: DIR/commitlog/FILE. */
static void
find_tables(struct logging *l, const char *path, bool folder, const char *dir)
{
	const struct sst_schema *given = names_given(l->job->names);
	const char *slash = strrchr(path, '/');
	struct sst_buf above = { 0 };

	if (given != NULL)
		tables_add_schema(&l->tables, given);
	if (dir != NULL)
		l->rc = tool_worse(l->rc, tables_add_dir(&l->tables, dir, given));
	if (folder)
		sst_buf_addf(&above, "%s/..", path);
	else if (slash == NULL)
		sst_buf_adds(&above, "..");
	else
		sst_buf_addf(&above, "%.*s/..", (int)(slash - path), path);
	sst_buf_addc(&above, '\0');
	if (above.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	l->rc = tool_worse(l->rc, tables_add_dir(&l->tables, (const char *)above.p, given));
	sst_buf_free(&above);
}

/* A Cassandra's own tables are always among them. */
static int
complain_unknown(const struct logging *l, const char *path)
{
	char id[33];
	size_t i;

	for (i = 0; i < 16; i++)
		snprintf(id + 2 * i, 3, "%02x", l->unknown[i]);
	return tool_problem(DAMAGED,
	    "%s: %ju writes to tables that are not known, such as %s: their rows are not shown "
	    "(see --schema)",
	    path, (uintmax_t)l->nunknown, id);
}

int
log_print(struct job *job, const char *path, const char *dir)
{
	struct logging l = { .job = job, .rc = SOUND };
	struct listing all = { 0 };
	bool folder = !is_segment(path);
	struct sst_err e;
	size_t i;

	find_tables(&l, path, folder, dir);
	if (sst_mutation_in_new(&l.in, tables_by_id, &l.tables, &e) == -1)
		return complain(&e);
	sst_mutation_in_want(l.in, is_wanted, &l);
	if (folder)
		l.rc = tool_worse(l.rc, list(&all, path, 0));
	if (!folder && job->follow)
		l.rc = tool_worse(l.rc, follow(&l, path));
	else if (!folder)
		l.rc = tool_worse(l.rc, print_segment(&l, path, false));
	for (i = 0; i < all.n; i++)
		if (job->follow && i + 1 == all.n)
			l.rc = tool_worse(l.rc, follow(&l, all.at[i].path));
		else
			l.rc = tool_worse(l.rc, print_segment(&l, all.at[i].path, i + 1 < all.n));
	if (l.nunknown > 0)
		l.rc = tool_worse(l.rc, complain_unknown(&l, path));
	forget(&all);
	sst_mutation_in_free(l.in);
	free_targets(&l);
	tables_free(&l.tables);
	return l.rc;
}
