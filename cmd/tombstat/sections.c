/* cmd/tombstat/sections.c: one table's findings, section by section. */
#include <inttypes.h>

#include "base/clock.h"
#include "tombstat/show.h"

static uint64_t
droppable(const struct findings *f)
{
	return f->purge || f->ngroups > 1
	    ? show_less(sst_tally_gone(&f->survey.sum.in), sst_tally_gone(&f->left))
	    : 0;
}

/* ---- the whole ---- */

enum whole {
	W_RECORD,
	W_TABLE,
	W_SSTABLES,
	W_BYTES,
	W_NOW,
	W_GRACE,
	W_PARTITIONS,
	W_ROWS,
	W_LIVE_ROWS,
	W_DEAD_ROWS,
	W_LIVE_BYTES,
	W_DEAD_BYTES,
	W_TOMBSTONES,
	W_MERGED,
	W_DROPPABLE,
	W_RETURNED,
	W_EXACT,
	W_GHOSTS,
	W_PAGE_MAX,
	W_WARNING,
	W_FAILURE,
	W_EXPIRED,
	W_BLOCKED,
	W_WHY_NOT
};

static const struct tool_field whole_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "sstables", TOOL_RIGHT }, { "bytes", TOOL_RIGHT }, { "now", TOOL_RIGHT },
	{ "gc_grace_seconds", TOOL_RIGHT }, { "partitions", TOOL_RIGHT }, { "rows", TOOL_RIGHT },
	{ "live_rows", TOOL_RIGHT }, { "dead_rows", TOOL_RIGHT }, { "live_bytes", TOOL_RIGHT },
	{ "dead_bytes", TOOL_RIGHT }, { "tombstones", TOOL_RIGHT }, { "merged", TOOL_RIGHT },
	{ "droppable", TOOL_RIGHT }, { "returned_bytes", TOOL_RIGHT }, { "exact", TOOL_LEFT },
	{ "ghosts", TOOL_RIGHT }, { "page_max", TOOL_RIGHT }, { "past_warning", TOOL_RIGHT },
	{ "past_failure", TOOL_RIGHT }, { "expired_sstables", TOOL_RIGHT },
	{ "blocked_sstables", TOOL_RIGHT }, { "nothing_droppable", TOOL_LEFT } };

/* What compact would give back; never less than nothing. */
static uint64_t
returned(const struct findings *f)
{
	return show_less(f->bytes, f->bytes_left);
}

static void
set_sums(struct tool_report *r, const struct findings *f)
{
	const struct sst_survey_sum *s = &f->survey.sum;

	tool_set_u64(r, W_PARTITIONS, s->merged.partitions);
	tool_set_u64(r, W_ROWS, s->in.rows);
	tool_set_u64(r, W_LIVE_ROWS, s->size.live_rows);
	tool_set_u64(r, W_DEAD_ROWS, s->size.dead_rows);
	tool_set_u64(r, W_LIVE_BYTES, s->size.live_bytes);
	tool_set_u64(r, W_DEAD_BYTES, s->size.dead_bytes);
	tool_set_u64(r, W_TOMBSTONES, sst_tally_gone(&s->in));
	tool_set_u64(r, W_MERGED, sst_tally_gone(&s->merged));
	tool_set_u64(r, W_DROPPABLE, droppable(f));
	tool_set_u64(r, W_RETURNED, returned(f));
	tool_set_bool(r, W_EXACT, f->weighed);
	tool_set_u64(r, W_GHOSTS, s->ghosts);
	tool_set_u64(r, W_PAGE_MAX, f->page_max);
	tool_set_u64(r, W_WARNING, f->past_warn);
	tool_set_u64(r, W_FAILURE, f->past_fail);
}

static void
set_claims(struct tool_report *r, const struct findings *f)
{
	uint64_t all = 0, old = 0, partitions = 0, rows = 0;
	struct claims c;
	size_t i;

	for (i = 0; i < f->n; i++) {
		c = look_claims(f, f->in[i]);
		all += c.all;
		old += c.old;
		partitions += sst_set_partitions(f->in[i]);
		rows += f->in[i]->stats->nrows;
	}
	tool_set_u64(r, W_PARTITIONS, partitions);
	tool_set_u64(r, W_ROWS, rows);
	tool_set_u64(r, W_TOMBSTONES, all);
	tool_set_u64(r, W_DROPPABLE, old);
	tool_set_bool(r, W_EXACT, false);
}

static void
show_record(struct findings *f)
{
	size_t blocked, expired = look_expired(f, &blocked);
	struct section s;

	section_start(&s, f, "table", NULL, whole_fields, SST_ARRAY_LEN(whole_fields), "table");
	tool_set_u64(&s.report, W_SSTABLES, f->n);
	tool_set_size(&s.report, W_BYTES, f->bytes);
	tool_set_i64(&s.report, W_NOW, f->now_s);
	tool_set_i64(&s.report, W_GRACE, f->gc_grace_s);
	if (f->w->fast)
		set_claims(&s.report, f);
	else
		set_sums(&s.report, f);
	tool_set_u64(&s.report, W_EXPIRED, expired);
	tool_set_u64(&s.report, W_BLOCKED, blocked);
	if (f->why_not != NULL)
		tool_set_str(&s.report, W_WHY_NOT, f->why_not);
	section_row(&s);
	section_end(&s);
}

/* ---- the same for people ---- */

static void
add_age(struct sst_buf *b, int64_t s)
{
	static const struct {
		int64_t s;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };
	size_t i;

	for (i = 0; i < 3 && (s == 0 || s % units[i].s != 0); i++)
		;
	sst_buf_addf(b, "%" PRId64 "%s", s / units[i].s, units[i].unit);
}

static void
print_title(struct findings *f)
{
	struct sst_buf *b = &f->w->out.buf;
	char now[SST_TIME_LEN];

	sst_time_format(now, f->now_s * SST_S_US, 0);
	sst_buf_addf(b, "%s%s: %zu SSTable%s, ", f->w->ntables++ > 0 ? "\n" : "", f->name, f->n,
	    f->n == 1 ? "" : "s");
	tool_add_size(b, f->bytes);
	sst_buf_adds(b, f->w->fast ? " (by Statistics.db alone), gc_grace " : ", gc_grace ");
	add_age(b, f->gc_grace_s);
	sst_buf_addf(b, "%s, as of %s\n",
	    f->w->gc_grace_s >= 0 || f->at->schema ? "" : " (no schema: Cassandra's default)", now);
}

static void
print_droppable(struct findings *f)
{
	const struct sst_survey_sum *s = &f->survey.sum;
	struct sst_buf *b = &f->w->out.buf;

	if (f->why_not != NULL) {
		sst_buf_addf(b, "\nnothing is droppable: %s\n", f->why_not);
		return;
	}
	if (sst_tally_gone(&s->in) > 0)
		sst_buf_addf(b, "\ndroppable now: %" PRIu64 " of %" PRIu64 " tombstones; ",
		    droppable(f), sst_tally_gone(&s->in));
	else
		sst_buf_adds(b, "\nno tombstones; ");
	sst_buf_adds(b, "compact would return ");
	if (f->weighed)
		sst_buf_addf(b, "exactly %" PRIu64 " bytes (", returned(f));
	else
		sst_buf_adds(b, "about ");
	tool_add_size(b, returned(f));
	sst_buf_adds(b, f->weighed ? ")\n" : "\n");
}

static void
print_pages(struct findings *f)
{
	struct sst_buf *b = &f->w->out.buf;

	if (f->survey.sum.ghosts > 0)
		sst_buf_addf(b,
		    "ghosts: %" PRIu64 " (rows without an author: compact --drop-ghosts)\n",
		    f->survey.sum.ghosts);
	if (f->w->page > 0)
		sst_buf_addf(b, "pages of %" PRIu64 " rows: ", f->w->page);
	else
		sst_buf_adds(b, "whole partitions: ");
	sst_buf_addf(b, "%" PRIu64 " tombstones met at most\n", f->page_max);
	sst_buf_addf(b,
	    "partitions with a page past %" PRIu64 ": %" PRIu64 ", past %" PRIu64 ": %" PRIu64 "\n",
	    f->w->warn, f->past_warn, f->w->fail, f->past_fail);
}

/* ---- live and dead ---- */

enum part {
	P_RECORD,
	P_TABLE,
	P_WHAT,
	P_LIVE,
	P_DEAD,
	P_SHARE,
	P_BAR
};

static const struct tool_field part_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "what", TOOL_LEFT }, { "live", TOOL_RIGHT }, { "dead", TOOL_RIGHT },
	{ "dead_share", TOOL_RIGHT }, { "dead ", TOOL_LEFT } };

static void
part_row(struct section *s, const char *what, uint64_t live, uint64_t dead, bool bytes)
{
	tool_set_str(&s->report, P_WHAT, what);
	if (bytes) {
		tool_set_size(&s->report, P_LIVE, live);
		tool_set_size(&s->report, P_DEAD, dead);
	} else {
		tool_set_u64(&s->report, P_LIVE, live);
		tool_set_u64(&s->report, P_DEAD, dead);
	}
	if (live + dead > 0)
		tool_set_real(&s->report, P_SHARE, (double)dead / ((double)live + (double)dead), 3);
	section_bar(s, P_BAR, dead, live + dead);
	section_row(s);
}

/* For people only: programs have it in the record of the table. */
static void
print_parts(struct findings *f)
{
	const struct sst_survey_size *z = &f->survey.sum.size;
	struct section s;

	section_start(&s, f, "part", "what readers see, and what they do not", part_fields,
	    SST_ARRAY_LEN(part_fields),
	    f->w->bars ? "what,live,dead,dead_share,dead " : "what,live,dead,dead_share");
	part_row(&s, "rows", z->live_rows, z->dead_rows, false);
	part_row(&s, "bytes of rows", z->live_bytes, z->dead_bytes, true);
	section_end(&s);
}

/* ---- kinds ---- */

enum kind {
	K_RECORD,
	K_TABLE,
	K_KIND,
	K_IN_FILES,
	K_MERGED,
	K_BAR
};

static const struct tool_field kind_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "kind", TOOL_LEFT }, { "in_files", TOOL_RIGHT }, { "merged", TOOL_RIGHT },
	{ "", TOOL_LEFT } };

static void
show_kinds(struct findings *f)
{
	const struct sst_survey_sum *sum = &f->survey.sum;
	struct section s;
	size_t k;

	section_start(&s, f, "kind", "tombstones by kind", kind_fields,
	    SST_ARRAY_LEN(kind_fields) - !f->w->bars,
	    f->w->bars ? "kind,in_files,merged," : "kind,in_files,merged");
	for (k = 0; k < SST_TALLY_KINDS; k++) {
		tool_set_str(&s.report, K_KIND, sst_tally_name((enum sst_tally_kind)k));
		tool_set_u64(&s.report, K_IN_FILES, sum->in.gone[k]);
		tool_set_u64(&s.report, K_MERGED, sum->merged.gone[k]);
		section_bar(&s, K_BAR, sum->in.gone[k], sst_tally_gone(&sum->in));
		section_row(&s);
	}
	section_end(&s);
}

/* ---- ages ---- */

enum age {
	A_RECORD,
	A_TABLE,
	A_WITHIN,
	A_SECONDS,
	A_TOMBSTONES,
	A_BAR
};

static const struct tool_field age_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "droppable_within", TOOL_LEFT }, { "seconds", TOOL_RIGHT }, { "tombstones", TOOL_RIGHT },
	{ "", TOOL_LEFT } };

static void
show_ages(struct findings *f)
{
	struct sst_ages ages = f->survey.sum.ages;
	uint64_t all = 0;
	struct sst_buf text = { 0 };
	struct section s;
	size_t i, k;

	for (i = 0; f->w->fast && i < f->n; i++) {
		struct claims c = look_claims(f, f->in[i]);

		for (k = 0; k < SST_AGES; k++)
			ages.n[k] += c.ages.n[k];
	}
	for (i = 0; i < SST_AGES; i++)
		all += ages.n[i];
	section_start(&s, f, "age", "when gc_grace is over for them", age_fields,
	    SST_ARRAY_LEN(age_fields) - !f->w->bars,
	    f->w->bars ? "droppable_within,tombstones," : "droppable_within,tombstones");
	for (i = 0; i < SST_AGES; i++) {
		sst_buf_reset(&text);
		if (i == 0)
			sst_buf_adds(&text, "now");
		else if (i == SST_AGES - 1)
			sst_buf_adds(&text, "later");
		else
			add_age(&text, sst_age_bounds_s[i]);
		tool_set_text(&s.report, A_WITHIN, sst_buf_slice(&text));
		if (i + 1 < SST_AGES)
			tool_set_i64(&s.report, A_SECONDS, sst_age_bounds_s[i]);
		tool_set_u64(&s.report, A_TOMBSTONES, ages.n[i]);
		section_bar(&s, A_BAR, ages.n[i], all);
		section_row(&s);
	}
	sst_buf_free(&text);
	section_end(&s);
}

/* ---- in order ---- */

static void
print_people(struct findings *f)
{
	print_title(f);
	if (f->w->fast || f->n == 0)
		return;
	print_droppable(f);
	print_pages(f);
	print_parts(f);
}

/* Nothing but zeros says nothing to people; programs want all lines, always. */
static bool
says_something(const struct findings *f)
{
	return f->w->form != TOOL_TABLE || (f->w->fast && f->n > 0) ||
	    sst_tally_gone(&f->survey.sum.in) > 0;
}

void
show_sections(struct findings *f)
{
	if (f->w->form == TOOL_TABLE)
		print_people(f);
	else
		show_record(f);
	if (says_something(f) && !f->w->fast)
		show_kinds(f);
	if (says_something(f))
		show_ages(f);
	show_files(f);
	if (f->w->fast)
		return;
	show_partitions(f);
	show_columns(f);
}
