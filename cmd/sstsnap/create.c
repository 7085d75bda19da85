/*
 * cmd/sstsnap/create.c: a snapshot of each table, of all or of none.  What is in memory or in the
 * commit log goes into SSTables first, unless another process keeps it.
 */
#include "sstsnap/sstsnap.h"

/* Gives what is written and not in SSTables yet its SSTables; *store then keeps writers out. */
static int
flush(struct run *r, struct sst_store **store)
{
	const struct sst_store_opts opts = { 0 };
	struct sst_err e;
	bool busy;
	int rc = open_writer(r, &opts, store, &busy, &e);

	if (busy && !r->quiet)
		tool_problem(SOUND,
		    "%s: %s: what it has not put into SSTables yet is not in the snapshot", e.file,
		    e.what);
	if (busy || rc != SOUND)
		return busy ? SOUND : rc;
	return sst_store_flush(*store, &e) == 0 ? SOUND : complain(&e);
}

static int
check_name(struct run *r, const struct chosen *c)
{
	struct sst_err e;
	size_t i;
	int x, rc = SOUND;

	for (i = 0; i < c->n; i++) {
		x = sst_snapshot_exists(&sst_io_posix, c->v[i]->folder, r->name, &e);
		if (x == -1)
			return complain(&e);
		if (x == 1)
			rc = tool_problem(TROUBLE, "%.*s.%.*s has a snapshot %s already",
			    (int)c->v[i]->keyspace.n, (const char *)c->v[i]->keyspace.p,
			    (int)c->v[i]->name.n, (const char *)c->v[i]->name.p, r->name);
	}
	return rc;
}

static int
take_all(struct run *r, const struct chosen *c)
{
	struct sst_err e, ignored;
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (sst_snapshot_create(&sst_io_posix, c->v[i]->folder, r->name, r->now_us, &e) ==
		    0)
			continue;
		while (i-- > 0)
			sst_snapshot_remove(&sst_io_posix, c->v[i]->folder, r->name, &ignored);
		return complain(&e);
	}
	return SOUND;
}

static int
report(struct run *r, const struct chosen *c)
{
	struct sst_snapshots all;
	struct sst_err e;
	size_t i, k;
	int rc = start_snapshots(r);

	for (i = 0; rc == SOUND && i < c->n; i++) {
		if (sst_snapshot_list(&all, &r->arena, &sst_io_posix, c->v[i]->folder, &e) == -1)
			return complain(&e);
		for (k = 0; k < all.n; k++)
			if (strcmp(all.v[k].name, r->name) == 0)
				add_snapshot(r, c->v[i], &all.v[k]);
	}
	return rc;
}

int
create(struct run *r)
{
	struct sst_store *store = NULL;
	struct chosen c;
	struct sst_err e;
	int rc = choose_ours(r, &c);

	if (rc == SOUND && c.n == 0)
		rc = tool_problem(TROUBLE, "%s: no tables", r->dir);
	if (rc == SOUND)
		rc = check_name(r, &c);
	if (rc == SOUND)
		rc = flush(r, &store);
	if (rc == SOUND)
		rc = take_all(r, &c);
	if (rc == SOUND && !r->quiet)
		rc = report(r, &c);
	if (sst_store_close(store, &e) == -1)
		rc = tool_worse(rc, complain(&e));
	return rc;
}
