/* cmd/tombstat/advice.c: who keeps tombstones alive, and the command that ends it. */
#include <inttypes.h>
#include <stdlib.h>

#include "compaction/blockers.h"
#include "tombstat/show.h"

#define ADVISED 10 /* of the worst partitions */

/* ---- SSTables of which all has expired ---- */

enum blocker {
	B_RECORD,
	B_TABLE,
	B_EXPIRED,
	B_BYTES,
	B_BLOCKER,
	B_OVERLAP
};

#define NAMED 3 /* blockers, for people */

static const struct tool_field blocker_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "expired", TOOL_LEFT }, { "bytes", TOOL_RIGHT }, { "blocked_by", TOOL_LEFT },
	{ "tokens_overlap", TOOL_LEFT } };

static void
begin_row(struct section *s, const struct sst_set *expired)
{
	tool_set_text(&s->report, B_EXPIRED, look_base(expired));
	tool_set_size(&s->report, B_BYTES, expired->bytes);
}

/* For programs: a line for each pair, and one for what nothing blocks. */
static void
pair_rows(struct section *s, struct findings *f, const struct sst_set *expired, int64_t before)
{
	size_t k, n = 0;

	for (k = 0; k < f->n; k++) {
		if (!sst_set_blocks(f->in[k], expired, before))
			continue;
		begin_row(s, expired);
		tool_set_text(&s->report, B_BLOCKER, look_base(f->in[k]));
		if (!f->w->fast) /* asks the index */
			tool_set_bool(&s->report, B_OVERLAP, sst_sets_overlap(expired, f->in[k]));
		section_row(s);
		n++;
	}
	if (n > 0)
		return;
	begin_row(s, expired);
	section_row(s);
}

/* For people: one line, with those that may truly hold the same partitions. */
static void
one_row(struct section *s, struct findings *f, const struct sst_set *expired, int64_t before)
{
	struct sst_buf names = { 0 };
	size_t k, n = 0;

	for (k = 0; k < f->n; k++)
		if (sst_set_blocks(f->in[k], expired, before) &&
		    (f->w->fast || sst_sets_overlap(expired, f->in[k])) && n++ < NAMED) {
			sst_buf_adds(&names, names.n > 0 ? " " : "");
			sst_buf_add_slice(&names, look_base(f->in[k]));
		}
	if (n > NAMED)
		sst_buf_addf(&names, " and %zu more", n - NAMED);
	begin_row(s, expired);
	if (n > 0)
		tool_set_text(&s->report, B_BLOCKER, sst_buf_slice(&names));
	section_row(s);
	sst_buf_free(&names);
}

void
show_blockers(struct findings *f)
{
	int64_t before = f->now_s - f->gc_grace_s;
	uint64_t n = 0, shown = 0;
	struct section s;
	size_t i;

	section_start(&s, f, "expired", "SSTables of which all has expired, and what keeps them",
	    blocker_fields, SST_ARRAY_LEN(blocker_fields), "expired,bytes,blocked_by");
	for (i = 0; i < f->n; i++) {
		if (!sst_set_is_expired(f->in[i], before))
			continue;
		if (f->w->form != TOOL_TABLE)
			pair_rows(&s, f, f->in[i], before);
		else if (n++ < f->w->count) {
			one_row(&s, f, f->in[i], before);
			shown++;
		}
	}
	section_end(&s);
	section_more(f, shown, n);
}

/* ---- what to compact for the worst partitions ---- */

struct advice {                    /* for partitions that need the same SSTables */
	size_t first, npartitions; /* the worst of them */
	uint64_t old;
	uint8_t *role; /* by sets.v */
	bool log;      /* the commit log holds older data */
	bool mixed;    /* of several groups: never merged */
	bool kept;     /* by only_purge_repaired_tombstones */
};

enum advised {
	V_RECORD,
	V_TABLE,
	V_KEY,
	V_PARTITIONS,
	V_OLD,
	V_BYTES,
	V_HOLD,
	V_BLOCK,
	V_COMMAND,
	V_WHY
};

static const struct tool_field advice_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "key", TOOL_LEFT }, { "partitions", TOOL_RIGHT }, { "tombstones", TOOL_RIGHT },
	{ "bytes", TOOL_RIGHT }, { "held_by", TOOL_LEFT }, { "blocked_by", TOOL_LEFT },
	{ "command", TOOL_LEFT }, { "not_possible", TOOL_LEFT } };

/* The largest write time of the partition's old tombstones in each set. */
static int64_t
old_times(const struct findings *f, const struct worst *x, int64_t *old, uint64_t *n)
{
	int64_t last = SST_NO_TS;
	size_t i;

	for (i = 0; i < f->sets.n; i++)
		old[i] = SST_NO_TS;
	*n = 0;
	for (i = 0; i < x->nshares; i++) {
		const struct sst_survey_share *s = &x->shares[i];

		old[f->in[s->input] - f->sets.v] = s->old_ts_us;
		*n += s->old;
		if (s->old_ts_us > last)
			last = s->old_ts_us;
	}
	return last;
}

static int
find_roles(struct findings *f, const struct worst *x, struct advice *a, struct sst_err *e)
{
	struct sst_partition p = { sst_buf_slice(&x->key), x->token, SST_LIVE };
	struct sst_set **all = sst_arena_array(&f->arena, f->sets.n + 1, sizeof(*all));
	int64_t *old = sst_arena_array(&f->arena, f->sets.n + 1, sizeof(*old)), last;
	size_t i, group = SIZE_MAX;

	a->role = sst_arena_array(&f->arena, f->sets.n + 1, 1);
	if (all == NULL || old == NULL || a->role == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < f->sets.n; i++)
		all[i] = &f->sets.v[i];
	last = old_times(f, x, old, &a->old);
	if (sst_blockers_find(all, f->sets.n, &p, old, a->role, e) == -1)
		return -1;
	a->log = f->unflushed != NULL && sst_unflushed_min_ts_us(f->unflushed, &p) <= last;
	for (i = 0; i < f->sets.n; i++) {
		if (a->role[i] == SST_NOT_CONCERNED)
			continue;
		a->mixed |= group != SIZE_MAX && group != all[i]->group;
		group = all[i]->group;
		a->kept |= f->only_repaired && all[i]->stats->repaired_at_ms == 0;
	}
	return 0;
}

/* Partitions with the same files share a line. */
static bool
join(struct advice *all, size_t n, const struct advice *a, size_t nsets)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (all[i].log == a->log && memcmp(all[i].role, a->role, nsets) == 0) {
			all[i].npartitions++;
			all[i].old += a->old;
			return true;
		}
	return false;
}

/* A word for a shell. */
static void
add_word(struct sst_buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+=:,@%";

	if (word[strspn(word, plain)] == '\0') {
		sst_buf_adds(b, word);
		return;
	}
	sst_buf_addc(b, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			sst_buf_adds(b, "'\\''");
		else
			sst_buf_addc(b, *word);
	sst_buf_addc(b, '\'');
}

static void
add_command(struct sst_buf *b, const struct findings *f, const struct advice *a)
{
	struct sst_buf path = { 0 };
	size_t i;

	sst_buf_adds(b, "compact");
	if (f->at->foreign)
		sst_buf_adds(b, " --offline");
	if (f->w->gc_grace_s >= 0)
		sst_buf_addf(b, " --gc-grace %" PRId64, f->gc_grace_s);
	if (f->w->now_given)
		sst_buf_addf(b, " --now @%" PRId64, f->now_s);
	for (i = 0; i < f->sets.n; i++) {
		if (a->role[i] == SST_NOT_CONCERNED)
			continue;
		sst_buf_reset(&path);
		sst_buf_addf(&path, "%s/%sData.db", f->at->folder, f->sets.v[i].base);
		sst_buf_addc(&path, '\0');
		sst_buf_addc(b, ' ');
		if (path.bad)
			exit(tool_problem(TROUBLE, "out of memory"));
		add_word(b, (const char *)path.p);
	}
	sst_buf_free(&path);
}

static void
add_names(struct sst_buf *b, const struct findings *f, const struct advice *a, uint8_t role)
{
	size_t i;

	for (i = 0; i < f->sets.n; i++)
		if (a->role[i] == role) {
			if (b->n > 0)
				sst_buf_addc(b, ' ');
			sst_buf_add_slice(b, look_base(&f->sets.v[i]));
		}
	if (role == SST_BLOCKS && a->log)
		sst_buf_adds(b, b->n > 0 ? " commitlog" : "commitlog");
}

static void
set_names(
    struct section *s, size_t field, const struct findings *f, const struct advice *a, uint8_t role)
{
	struct sst_buf b = { 0 };

	add_names(&b, f, a, role);
	if (b.n > 0)
		tool_set_text(&s->report, field, sst_buf_slice(&b));
	sst_buf_free(&b);
}

static const char *
why_not(const struct findings *f, const struct advice *a)
{
	return f->why_not != NULL ? f->why_not
	    : a->mixed ? "repaired and unrepaired SSTables are never merged with each other"
	    : a->kept  ? "only tombstones of repaired SSTables may go, by the schema"
	    : a->log   ? "older writes are in the commit log: flush first"
		       : NULL;
}

static uint64_t
bytes_of(const struct findings *f, const struct advice *a)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < f->sets.n; i++)
		n += a->role[i] != SST_NOT_CONCERNED ? f->sets.v[i].bytes : 0;
	return n;
}

static void
advice_row(struct section *s, struct findings *f, const struct advice *a)
{
	struct sst_buf command = { 0 };

	section_key(s, V_KEY, f, sst_buf_slice(&f->worst.v[a->first].key));
	tool_set_u64(&s->report, V_PARTITIONS, a->npartitions);
	tool_set_u64(&s->report, V_OLD, a->old);
	tool_set_size(&s->report, V_BYTES, bytes_of(f, a));
	set_names(s, V_HOLD, f, a, SST_HOLDS);
	set_names(s, V_BLOCK, f, a, SST_BLOCKS);
	if (why_not(f, a) == NULL) {
		add_command(&command, f, a);
		tool_set_text(&s->report, V_COMMAND, sst_buf_slice(&command));
	} else
		tool_set_str(&s->report, V_WHY, why_not(f, a));
	section_row(s);
	sst_buf_free(&command);
}

/* Command lines go below the table: no column is wide enough for them. */
static void
print_commands(struct findings *f, const struct advice *a, size_t n)
{
	struct sst_buf *b = &f->w->out.buf;
	size_t i;

	for (i = 0; i < n; i++) {
		sst_buf_adds(b, i == 0 ? "\n" : "");
		if (why_not(f, &a[i]) != NULL)
			sst_buf_addf(b, "# %s\n", why_not(f, &a[i]));
		else {
			add_command(b, f, &a[i]);
			sst_buf_addc(b, '\n');
		}
	}
}

void
show_advice(struct findings *f)
{
	struct advice all[ADVISED] = { { 0 } }, one;
	size_t i, n = 0, nsets = f->sets.n;
	struct section s;
	struct sst_err e;

	for (i = 0; i < f->worst.n && n < ADVISED && i < ADVISED; i++) {
		one = (struct advice){ .first = i, .npartitions = 1 };
		if (find_roles(f, &f->worst.v[i], &one, &e) == -1) {
			f->status = tool_worse(f->status, complain(&e));
			break;
		}
		if (one.old > 0 && !join(all, n, &one, nsets))
			all[n++] = one;
	}
	section_start(&s, f, "advice", "what to compact for the worst of them to go", advice_fields,
	    SST_ARRAY_LEN(advice_fields), "key,partitions,tombstones,bytes,held_by,blocked_by");
	for (i = 0; i < n; i++)
		advice_row(&s, f, &all[i]);
	section_end(&s);
	if (f->w->form == TOOL_TABLE)
		print_commands(f, all, n);
}
