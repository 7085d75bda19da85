/* store/unflushed.c: a hash table from tokens to the oldest write for them. */
#include "store/unflushed.h"

#include <stdio.h>
#include <stdlib.h>

#include "commitlog/mutation.h"
#include "commitlog/replay.h"
#include "store/store.h"

#define PATH_MAX_LEN 4096
#define SLOTS_FIRST ((size_t)1 << 10)

struct slot {
	int64_t token;
	int64_t min_ts_us; /* INT64_MAX: free */
};

struct sst_unflushed {
	struct sst_unflushed_tables tables;
	size_t memory;
	bool unknown, coarse; /* coarse: one time for all partitions */
	bool dropped;         /* the table that was looked for last */
	int64_t min_ts_us;    /* of all */
	size_t n, cap;        /* cap a power of two */
	struct slot *slots;
};

static int64_t
min_of(int64_t a, int64_t b)
{
	return b != SST_NO_TS && b < a ? b : a;
}

static int64_t
row_min(const struct sst_row *r, int64_t min)
{
	size_t i;

	min = min_of(min_of(min, r->live.ts_us), r->del.ts_us);
	for (i = 0; i < r->ncomplex; i++)
		min = min_of(min, r->complex[i].del.ts_us);
	for (i = 0; i < r->ncells; i++)
		min = min_of(min, r->cells[i].ts_us);
	return min;
}

static int64_t
update_min(const struct sst_update *u)
{
	int64_t min = min_of(INT64_MAX, u->part.del.ts_us);
	size_t i;

	if (u->statik != NULL)
		min = row_min(u->statik, min);
	for (i = 0; i < u->nrows; i++)
		min = row_min(&u->rows[i], min);
	for (i = 0; i < u->nranges; i++)
		min = min_of(min, u->ranges[i].del.ts_us);
	return min;
}

/* Tokens are hashes already. */
static struct slot *
find(struct slot *slots, size_t cap, int64_t token)
{
	size_t i = (size_t)token & (cap - 1);

	while (slots[i].min_ts_us != INT64_MAX && slots[i].token != token)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static struct slot *
new_slots(size_t cap)
{
	struct slot *slots = calloc(cap, sizeof(*slots));
	size_t i;

	for (i = 0; slots != NULL && i < cap; i++)
		slots[i].min_ts_us = INT64_MAX;
	return slots;
}

/* Twice the room, or the coarse answer where that would be too much. */
static int
grow(struct sst_unflushed *u, struct sst_err *e)
{
	size_t cap = u->cap == 0 ? SLOTS_FIRST : 2 * u->cap, i;
	struct slot *slots;

	if (cap > u->memory / sizeof(*slots)) {
		u->coarse = true;
		return 0;
	}
	if ((slots = new_slots(cap)) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < u->cap; i++)
		if (u->slots[i].min_ts_us != INT64_MAX)
			*find(slots, cap, u->slots[i].token) = u->slots[i];
	free(u->slots);
	u->slots = slots;
	u->cap = cap;
	return 0;
}

static int
note(struct sst_unflushed *u, int64_t token, int64_t min_ts_us, struct sst_err *e)
{
	struct slot *s;

	if (min_ts_us == INT64_MAX) /* says nothing; of such a time there is nothing to keep */
		return 0;
	u->min_ts_us = min_of(u->min_ts_us, min_ts_us);
	if (!u->coarse && 4 * u->n >= 3 * u->cap && grow(u, e) == -1)
		return -1;
	if (u->coarse)
		return 0;
	s = find(u->slots, u->cap, token);
	u->n += s->min_ts_us == INT64_MAX;
	s->token = token;
	s->min_ts_us = min_of(s->min_ts_us, min_ts_us);
	return 0;
}

static const struct sst_table *
by_id(void *arg, const uint8_t id[16])
{
	struct sst_unflushed *u = arg;
	size_t i;

	for (i = 0; i < u->tables.n; i++)
		if (memcmp(u->tables.v[i]->id, id, 16) == 0)
			return u->tables.v[i];
	for (i = 0; i < u->tables.ndropped && !u->dropped; i++)
		u->dropped = memcmp(u->tables.dropped[i], id, 16) == 0;
	return NULL;
}

static int
note_entry(struct sst_unflushed *u, struct sst_mutation_in *in, const struct sst_log_entry *entry,
    struct sst_err *e)
{
	const struct sst_update *up;
	int r;

	u->dropped = false;
	sst_mutation_begin(in, entry->mutation, entry->file, entry->off);
	while ((r = sst_mutation_next(in, &up, e)) == SST_ONE)
		if (up->table == u->tables.wanted &&
		    note(u, up->part.token, update_min(up), e) == -1)
			return -1;
	return r == -1 && u->dropped ? 0 : r; /* as recovery passes over it, see recall.c */
}

static int
read_log(struct sst_unflushed *u, const struct sst_io *io, const char *dir, struct sst_err *e)
{
	struct sst_mutation_in *in = NULL;
	struct sst_replay *log = NULL;
	struct sst_log_entry entry;
	char path[PATH_MAX_LEN];
	int r = -1;

	if (snprintf(path, sizeof(path), "%s/" SST_STORE_LOG, dir) >= (int)sizeof(path))
		return sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	if (sst_mutation_in_new(&in, by_id, u, e) == -1 ||
	    sst_replay_open(&log, io, path, false, e) == -1)
		goto out;
	while ((r = sst_replay_next(log, &entry, e)) == SST_ONE)
		if ((r = note_entry(u, in, &entry, e)) == -1)
			break;
out:
	sst_replay_close(log);
	sst_mutation_in_free(in);
	return r;
}

int
sst_unflushed_read(struct sst_unflushed **out, const struct sst_io *io, const char *dir,
    const struct sst_unflushed_tables *tables, size_t memory, struct sst_err *why)
{
	struct sst_unflushed *u = calloc(1, sizeof(*u));

	*out = NULL;
	if (u == NULL)
		return sst_fail_nomem(why);
	u->tables = *tables;
	u->memory = memory;
	u->min_ts_us = INT64_MAX;
	if (read_log(u, io, dir, why) == -1) {
		if (why->code == SST_ENOMEM) {
			sst_unflushed_free(u);
			return -1;
		}
		u->unknown = true;
	}
	*out = u;
	return 0;
}

void
sst_unflushed_free(struct sst_unflushed *u)
{
	if (u == NULL)
		return;
	free(u->slots);
	free(u);
}

bool
sst_unflushed_known(const struct sst_unflushed *u)
{
	return !u->unknown;
}

int64_t
sst_unflushed_min_ts_us(void *arg, const struct sst_partition *p)
{
	const struct sst_unflushed *u = arg;

	if (u->unknown)
		return INT64_MIN;
	if (u->coarse)
		return u->min_ts_us;
	return u->n == 0 ? INT64_MAX : find(u->slots, u->cap, p->token)->min_ts_us;
}
