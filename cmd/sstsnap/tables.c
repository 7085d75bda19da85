/* cmd/sstsnap/tables.c: which tables the operands name, and the reports about them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sstsnap/sstsnap.h"

static void
note(void *arg, const char *text)
{
	const struct run *r = arg;

	if (!r->quiet)
		tool_problem(SOUND, "%s", text);
}

/* KEYSPACE.TABLE, or KEYSPACE for all of it. */
static bool
names(const char *operand, const struct sst_datadir_table *t)
{
	struct sst_slice o = sst_slice_str(operand), keyspace = t->keyspace;

	if (o.n < keyspace.n || memcmp(o.p, keyspace.p, keyspace.n) != 0)
		return false;
	if (o.n == keyspace.n)
		return true;
	o.p += keyspace.n + 1;
	o.n -= keyspace.n + 1;
	return operand[keyspace.n] == '.' && sst_slice_eq(o, t->name);
}

/* Marks what this operand names; false when that is nothing. */
static bool
mark(bool *marked, const struct sst_datadir *d, const char *operand)
{
	bool any = false;
	size_t i;

	for (i = 0; i < d->ntables; i++)
		if (names(operand, &d->tables[i]))
			any = marked[i] = true;
	return any;
}

int
choose(struct run *r, const char *dir, struct chosen *c)
{
	struct sst_err e;
	bool *marked;
	size_t k;
	int i, rc = SOUND;

	*c = (struct chosen){ 0 };
	if (sst_datadir_scan(&c->dir, &r->arena, &sst_io_posix, dir, &e) == -1)
		return complain(&e);
	if (c->dir.kind == SST_DATADIR_NONE)
		return tool_problem(
		    TROUBLE, "%s: no data directory and no folder of SSTables", dir);
	marked = sst_arena_array(&r->arena, c->dir.ntables + 1, sizeof(*marked));
	c->v = sst_arena_array(&r->arena, c->dir.ntables + 1, sizeof(struct sst_datadir_table *));
	if (marked == NULL || c->v == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (k = 0; k < c->dir.ntables; k++)
		marked[k] = r->ntables == 0;
	for (i = 0; i < r->ntables; i++)
		if (!mark(marked, &c->dir, r->tables[i]))
			rc = tool_problem(TROUBLE, "%s: no table %s", dir, r->tables[i]);
	for (k = 0; k < c->dir.ntables; k++)
		if (marked[k])
			c->v[c->n++] = &c->dir.tables[k];
	return rc;
}

int
choose_ours(struct run *r, struct chosen *c)
{
	int rc = choose(r, r->dir, c);

	if (rc != SOUND)
		return rc;
	if (c->dir.foreign)
		return tool_problem(TROUBLE,
		    "%s: of another system, which keeps its snapshots itself (nodetool snapshot)",
		    r->dir);
	if (c->dir.kind != SST_DATADIR_OURS)
		return tool_problem(
		    TROUBLE, "%s: a table's folder; want the data directory above it", r->dir);
	return SOUND;
}

int
open_writer(struct run *r, const struct sst_store_opts *opts, struct sst_store **store, bool *busy,
    struct sst_err *e)
{
	struct sst_store_opts o = *opts;

	o.no_wait = true;
	o.note = note;
	o.note_arg = r;
	*busy = false;
	if (sst_store_open(store, &sst_io_posix, r->dir, &o, e) == 0)
		return SOUND;
	*busy = e->code == SST_EBUSY && r->patience == NO_WAIT;
	if (e->code != SST_EBUSY || *busy)
		return *busy ? TROUBLE : complain(e);
	if (!r->quiet) {
		complain(e);
		tool_problem(SOUND, "waiting");
	}
	o.no_wait = false;
	return sst_store_open(store, &sst_io_posix, r->dir, &o, e) == 0 ? SOUND : complain(e);
}

int
start_report(struct run *r, const struct tool_field *fields, size_t nfields, size_t nusual)
{
	const char *bad;
	size_t len;

	tool_report_start(&r->report, r->form, fields, nfields, &r->out);
	if (r->form == TOOL_TABLE)
		r->report.norder = nusual;
	if (r->fields == NULL || tool_report_select(&r->report, r->fields, &bad, &len) == 0)
		return SOUND;
	return tool_problem(TROUBLE, "-o: no field %.*s", (int)len, bad);
}

void
set_table(struct run *r, size_t field, const struct sst_datadir_table *t)
{
	struct sst_buf b = { 0 };

	sst_buf_add_slice(&b, t->keyspace);
	sst_buf_addc(&b, '.');
	sst_buf_add_slice(&b, t->name);
	if (b.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	tool_set_text(&r->report, field, sst_buf_slice(&b));
	sst_buf_free(&b);
}
