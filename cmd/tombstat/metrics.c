/* cmd/tombstat/metrics.c: all tables as metrics, for the textfile collector of Prometheus' node_exporter. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tombstat/show.h"

enum metric {
	SSTABLES,
	SSTABLE_BYTES,
	PARTITIONS,
	ROWS,
	ROW_BYTES,
	TOMBSTONES,
	DROPPABLE,
	RETURNED,
	AGES,
	PAGE_MAX,
	PAST,
	GHOSTS,
	EXPIRED,
	NMETRICS
};

static const struct {
	const char *name, *help;
} metric[NMETRICS] = {
	[SSTABLES] = { "sstables", "SSTables of the table" },
	[SSTABLE_BYTES] = { "sstable_bytes", "Bytes of all their components" },
	[PARTITIONS] = { "partitions", "Partitions; in fast mode those of each SSTable" },
	[ROWS] = { "rows", "Rows that readers see (live) and pass over (dead)" },
	[ROW_BYTES] = { "row_bytes", "Bytes of rows before compression, live and dead" },
	[TOMBSTONES] = { "tombstones",
	    "Tombstones in the files by kind; in fast mode of any kind" },
	[DROPPABLE] = { "droppable_tombstones", "Tombstones that a compaction would drop now" },
	[RETURNED] = { "returned_bytes", "Bytes that a compaction would return" },
	[AGES] = { "tombstones_past_grace_within",
	    "Tombstones for which gc_grace is over by then" },
	[PAGE_MAX] = { "page_tombstones_max", "Tombstones that the worst page meets" },
	[PAST] = { "partitions_past_threshold", "Partitions with a page past the threshold" },
	[GHOSTS] = { "ghosts", "Rows that live without an author" },
	[EXPIRED] = { "expired_sstables",
	    "SSTables of which all has expired, by whether one blocks" },
};

struct metrics {
	struct sst_buf lines[NMETRICS];
	struct sst_buf names; /* of tables, each with its NUL */
};

struct metrics *
metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return m;
}

static void
add_label(struct sst_buf *b, struct sst_slice value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (value.p[i] == '\n')
			sst_buf_adds(b, "\\n");
		else if (value.p[i] == '"' || value.p[i] == '\\')
			sst_buf_addf(b, "\\%c", value.p[i]);
		else
			sst_buf_addc(b, (char)value.p[i]);
}

/* A line; what: NULL, or one more label and its value. */
static void
add(struct metrics *m, enum metric k, const struct findings *f, const char *what, const char *value,
    uint64_t n)
{
	struct sst_buf *b = &m->lines[k];

	sst_buf_addf(b, "ostraka_%s{keyspace=\"", metric[k].name);
	add_label(b, f->at->table->keyspace);
	sst_buf_adds(b, "\",table=\"");
	add_label(b, f->at->table->name);
	if (what != NULL)
		sst_buf_addf(b, "\",%s=\"%s", what, value);
	sst_buf_addf(b, "\"} %" PRIu64 "\n", n);
}

static void
add_ages(struct metrics *m, const struct findings *f, const struct sst_ages *ages)
{
	uint64_t n = 0;
	char bound[32];
	size_t i;

	for (i = 0; i < SST_AGES; i++) {
		n += ages->n[i];
		snprintf(
		    bound, sizeof(bound), "%" PRId64, i + 1 < SST_AGES ? sst_age_bounds_s[i] : 0);
		add(m, AGES, f, "seconds", i + 1 < SST_AGES ? bound : "+Inf", n);
	}
}

static void
add_full(struct metrics *m, const struct findings *f)
{
	const struct sst_survey_sum *s = &f->survey.sum;
	uint64_t in = sst_tally_gone(&s->in), left = sst_tally_gone(&f->left);
	size_t k;

	add(m, PARTITIONS, f, NULL, NULL, s->merged.partitions);
	add(m, ROWS, f, "state", "live", s->size.live_rows);
	add(m, ROWS, f, "state", "dead", s->size.dead_rows);
	add(m, ROW_BYTES, f, "state", "live", s->size.live_bytes);
	add(m, ROW_BYTES, f, "state", "dead", s->size.dead_bytes);
	for (k = 0; k < SST_TALLY_KINDS; k++)
		add(m, TOMBSTONES, f, "kind", sst_tally_name((enum sst_tally_kind)k),
		    s->in.gone[k]);
	add(m, DROPPABLE, f, NULL, NULL, f->purge && in > left ? in - left : 0);
	add(m, RETURNED, f, NULL, NULL, f->bytes > f->bytes_left ? f->bytes - f->bytes_left : 0);
	add_ages(m, f, &s->ages);
	add(m, PAGE_MAX, f, NULL, NULL, f->page_max);
	add(m, PAST, f, "threshold", "warning", f->past_warn);
	add(m, PAST, f, "threshold", "failure", f->past_fail);
	add(m, GHOSTS, f, NULL, NULL, s->ghosts);
}

static void
add_fast(struct metrics *m, const struct findings *f)
{
	struct claims sum = { 0 }, c;
	uint64_t partitions = 0;
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		c = look_claims(f, f->in[i]);
		sum.all += c.all;
		sum.old += c.old;
		partitions += sst_set_partitions(f->in[i]);
		for (k = 0; k < SST_AGES; k++)
			sum.ages.n[k] += c.ages.n[k];
	}
	add(m, PARTITIONS, f, NULL, NULL, partitions);
	add(m, TOMBSTONES, f, "kind", "any", sum.all);
	add(m, DROPPABLE, f, NULL, NULL, sum.old);
	add_ages(m, f, &sum.ages);
}

/* Two series of one name would not be taken in. */
static bool
is_there(const struct metrics *m, const char *name)
{
	const char *p = (const char *)m->names.p, *end = p + m->names.n;

	for (; p < end; p += strlen(p) + 1)
		if (strcmp(p, name) == 0)
			return true;
	return false;
}

int
metrics_add(struct metrics *m, const struct findings *f)
{
	size_t blocked, expired = look_expired(f, &blocked);

	if (is_there(m, f->name))
		return tool_problem(
		    TROUBLE, "%s: %s: its metrics are another folder's", f->at->folder, f->name);
	sst_buf_add(&m->names, f->name, strlen(f->name) + 1);
	add(m, SSTABLES, f, NULL, NULL, f->n);
	add(m, SSTABLE_BYTES, f, NULL, NULL, f->bytes);
	if (f->w->fast)
		add_fast(m, f);
	else
		add_full(m, f);
	add(m, EXPIRED, f, "blocked", "yes", blocked);
	add(m, EXPIRED, f, "blocked", "no", expired - blocked);
	return SOUND;
}

void
metrics_print(const struct metrics *m, struct sst_buf *out)
{
	size_t k;

	for (k = 0; k < NMETRICS; k++) {
		if (m->lines[k].bad)
			exit(tool_problem(TROUBLE, "out of memory"));
		if (m->lines[k].n == 0)
			continue;
		sst_buf_addf(out, "# HELP ostraka_%s %s\n# TYPE ostraka_%s gauge\n", metric[k].name,
		    metric[k].help, metric[k].name);
		sst_buf_add_slice(out, sst_buf_slice(&m->lines[k]));
	}
}

void
metrics_free(struct metrics *m)
{
	size_t k;

	for (k = 0; m != NULL && k < NMETRICS; k++)
		sst_buf_free(&m->lines[k]);
	if (m != NULL)
		sst_buf_free(&m->names);
	free(m);
}
