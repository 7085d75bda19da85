/* cmd/sstsnap/list.c: what snapshots there are, and removing them. */
#include <stdio.h>

#include "base/clock.h"
#include "sstsnap/sstsnap.h"

enum {
	NAME,
	TABLE,
	SSTABLES,
	SIZE,
	TRUE_SIZE,
	AGE,
	FILES,
	CREATED,
	EXPIRES
};

static const struct tool_field fields[] = { { "name", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "sstables", TOOL_RIGHT }, { "size", TOOL_RIGHT }, { "true_size", TOOL_RIGHT },
	{ "age", TOOL_RIGHT }, { "files", TOOL_RIGHT }, { "created_at", TOOL_LEFT },
	{ "expires_at", TOOL_LEFT } };

int
start_snapshots(struct run *r)
{
	return start_report(r, fields, SST_ARRAY_LEN(fields), AGE + 1);
}

static void
set_time(struct run *r, size_t field, int64_t us)
{
	char text[SST_TIME_LEN];

	if (us == SST_NO_TIME)
		return;
	sst_time_format(text, us, 3);
	tool_set_str(&r->report, field, text);
}

/* For people the two largest units, as -7d would be written; else seconds. */
static void
set_age(struct run *r, int64_t us)
{
	int64_t s = (r->now_us - us) / SST_S_US;
	char text[32];

	if (us == SST_NO_TIME)
		return;
	if (r->form != TOOL_TABLE) {
		tool_set_i64(&r->report, AGE, s);
		return;
	}
	if (s < 60)
		snprintf(text, sizeof(text), "%llds", (long long)s);
	else if (s < 3600)
		snprintf(text, sizeof(text), "%lldm", (long long)(s / 60));
	else if (s < SST_DAY_S)
		snprintf(text, sizeof(text), "%lldh%lldm", (long long)(s / 3600),
		    (long long)(s / 60 % 60));
	else
		snprintf(text, sizeof(text), "%lldd%lldh", (long long)(s / SST_DAY_S),
		    (long long)(s / 3600 % 24));
	tool_set_str(&r->report, AGE, text);
}

void
add_snapshot(struct run *r, const struct sst_datadir_table *t, const struct sst_snapshot *s)
{
	tool_set_str(&r->report, NAME, s->name);
	set_table(r, TABLE, t);
	tool_set_u64(&r->report, SSTABLES, s->nsets);
	tool_set_size(&r->report, SIZE, s->bytes);
	tool_set_size(&r->report, TRUE_SIZE, s->own_bytes);
	set_age(r, s->created_us);
	tool_set_u64(&r->report, FILES, s->nfiles);
	set_time(r, CREATED, s->created_us);
	set_time(r, EXPIRES, s->expires_us);
	tool_report_row(&r->report);
}

int
list(struct run *r)
{
	struct sst_snapshots all;
	struct chosen c;
	struct sst_err e;
	size_t i, k;
	int rc;

	tool_confine();
	rc = choose(r, r->dir, &c);
	if (rc != SOUND || (rc = start_snapshots(r)) != SOUND)
		return rc;
	for (i = 0; i < c.n; i++) {
		if (sst_snapshot_list(&all, &r->arena, &sst_io_posix, c.v[i]->folder, &e) == -1) {
			rc = tool_worse(rc, complain(&e));
			continue;
		}
		for (k = 0; k < all.n; k++)
			add_snapshot(r, c.v[i], &all.v[k]);
	}
	return rc;
}

/* ---- clear ---- */

static bool
is_meant(const struct run *r, const struct sst_snapshot *s)
{
	if (r->name != NULL && strcmp(r->name, s->name) != 0)
		return false;
	return !r->aged || (s->created_us != SST_NO_TIME && s->created_us < r->older_than_us);
}

/* Those of one table; *seen: some had the name, if they were not old enough too. */
static int
clear_table(struct run *r, const struct sst_datadir_table *t, bool *seen)
{
	struct sst_snapshots all;
	struct sst_err e;
	size_t k;
	int rc = SOUND;

	if (sst_snapshot_list(&all, &r->arena, &sst_io_posix, t->folder, &e) == -1)
		return complain(&e);
	for (k = 0; k < all.n; k++) {
		*seen |= r->name == NULL || strcmp(r->name, all.v[k].name) == 0;
		if (!is_meant(r, &all.v[k]))
			continue;
		if (sst_snapshot_remove(&sst_io_posix, t->folder, all.v[k].name, &e) == -1)
			rc = tool_worse(rc, complain(&e));
		else if (!r->quiet)
			add_snapshot(r, t, &all.v[k]);
	}
	return rc;
}

int
clear(struct run *r)
{
	bool seen = false;
	struct chosen c;
	size_t i;
	int rc = choose_ours(r, &c);

	if (rc != SOUND || (!r->quiet && (rc = start_snapshots(r)) != SOUND))
		return rc;
	for (i = 0; i < c.n; i++)
		rc = tool_worse(rc, clear_table(r, c.v[i], &seen));
	if (r->name != NULL && !seen)
		rc = tool_problem(TROUBLE, "%s: no snapshot %s", r->dir, r->name);
	return rc;
}
