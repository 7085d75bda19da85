/*
 * cmd/sstdiff/main.c: what differs between two sets of SSTables.  Each side is all that its operand
 * stands for, merged; tables are paired by name, and their rows compared (diff.c).
 */
#include <getopt.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "merge/merge.h"
#include "schema/join.h"
#include "sstable/statistics.h"
#include "sstdiff/diff.h"
#include "tool/find.h"
#include "tool/gather.h"

enum {
	OPT_LIVE = TOOL_LONG,
	OPT_NOW,
	OPT_SCHEMA,
	OPT_STAT,
	OPT_VALUES
};

static const struct tool_option options[] = {
	{ "json", 'j', NULL, "print NDJSON, with a member \"side\"" },
	{ "count", 'n', "N", "stop after N differences" },
	{ "output", 'o', "FIELD,...", "with --stat, print these fields as TSV" },
	{ "quiet", 'q', NULL, "print nothing, stop at the first difference" },
	{ "live", OPT_LIVE, NULL, "compare what a reader sees, without tombstones" },
	{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
	{ "schema", OPT_SCHEMA, "FILE", "take names of key columns from FILE" },
	{ "stat", OPT_STAT, NULL, "print numbers instead of rows" },
	{ "values", OPT_VALUES, NULL, "as --live, and write times and TTLs may differ" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "what differs between two sets of SSTables", "A B", options,
	"A and B are each a -Data.db file, a table's folder, a snapshot or any folder\n"
	"above them.  Lines with - are of A, with + of B.\n"
	"Exit status: 1 when they differ, 2 when that cannot be told.\n" };

enum field {
	TABLE,
	WHAT,
	SAME,
	CHANGED,
	ONLY_A,
	ONLY_B
};

static const struct tool_field fields[] = { { "table", TOOL_LEFT }, { "what", TOOL_LEFT },
	{ "same", TOOL_RIGHT }, { "changed", TOOL_RIGHT }, { "only_a", TOOL_RIGHT },
	{ "only_b", TOOL_RIGHT } };

struct run {
	struct diff diff;
	bool live, json;
	int64_t now_s;
	const char *schema, *fields;
	struct names names;
	struct gather side[2];
	struct tool_output out;
	struct tool_report report;
};

/* ---- one table on both sides ---- */

struct pair {
	struct group *side[2]; /* NULL: not there */
	struct sst_arena arena;
	struct sst_table *table; /* with the columns of both */
};

/* Partitions come in the order of tokens, or of their keys: others' order is not known here. */
static int
check_order(const struct group *g, struct sst_err *e)
{
	const struct sst_slice bytes = SST_SLICE_LIT("ByteOrderedPartitioner");
	struct sst_slice p;
	size_t i;

	for (i = 0; i < g->n; i++) {
		p = sst_sstable_statistics(g->at[i].sst)->partitioner;
		if (sst_sstable_is_murmur3(g->at[i].sst) ||
		    (p.n >= bytes.n && memcmp(p.p + (p.n - bytes.n), bytes.p, bytes.n) == 0))
			continue;
		return sst_fail(e, SST_EUNSUPPORTED, g->at[i].path, SST_NOWHERE,
		    "partitions in the order of %.*s cannot be compared", (int)p.n,
		    (const char *)p.p);
	}
	return 0;
}

/* The table of all SSTables of both sides, with names of key columns if any of them has them. */
static int
join(struct pair *p, struct sst_err *e)
{
	const struct sst_table **all, *first;
	size_t i, k, n = 0, max = 0;
	int r;

	for (k = 0; k < 2; k++)
		max += p->side[k] != NULL ? p->side[k]->n : 0;
	if ((all = sst_arena_array(&p->arena, max, sizeof(struct sst_table *))) == NULL)
		return sst_fail_nomem(e);
	for (k = 0; k < 2; k++)
		for (i = 0; p->side[k] != NULL && i < p->side[k]->n; i++) {
			all[n] = &p->side[k]->at[i].table;
			if (all[n]->named && !all[0]->named) {
				first = all[0];
				all[0] = all[n];
				all[n] = first;
			}
			n++;
		}
	r = sst_table_join(&p->table, &p->arena, all, n, e);
	for (k = 0; k < 2; k++)
		for (i = 0; r == 0 && p->side[k] != NULL && i < p->side[k]->n; i++)
			r = sst_sstable_rebind(
			    p->side[k]->at[i].sst, p->table, SST_UNKNOWN_REFUSE, e);
	return r;
}

/* All of one side; nothing, when the table is not there. */
static int
open_side(struct run *r, struct pair *p, int which, struct sst_stream **out, struct sst_err *e)
{
	struct sst_merge_opts opts = {
		.raw = !r->live, .now_s = r->now_s, .gc_before_s = INT64_MIN
	};
	struct group *g = p->side[which];
	struct sst_stream **in;
	size_t n = 0, max = g != NULL ? g->n : 0;
	int rc = 0;

	*out = NULL;
	if (g != NULL && check_order(g, e) == -1)
		return -1;
	if ((in = calloc(max + 1, sizeof(*in))) == NULL)
		return sst_fail_nomem(e);
	while (rc == 0 && n < max) {
		rc = sst_sstable_scan(g->at[n].sst, &in[n], e);
		n += rc == 0;
	}
	if (rc == 0)
		rc = sst_merge_open(out, p->table, in, n, &opts, e);
	else
		while (n > 0)
			sst_stream_close(in[--n]);
	free(in);
	return rc;
}

static void
report(struct run *r, const struct sst_table *t)
{
	static const char *const what[] = { "partitions", "rows", "range bounds" };
	const struct tally *n = &r->diff.tally;
	struct sst_buf name = { 0 };
	size_t i;

	sst_buf_add_slice(&name, t->keyspace);
	sst_buf_addc(&name, '.');
	sst_buf_add_slice(&name, t->name);
	if (name.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	for (i = 0; i < SST_ARRAY_LEN(what); i++) {
		tool_set_text(&r->report, TABLE, sst_buf_slice(&name));
		tool_set_str(&r->report, WHAT, what[i]);
		tool_set_u64(&r->report, SAME, n->same[i]);
		tool_set_u64(&r->report, CHANGED, n->changed[i]);
		tool_set_u64(&r->report, ONLY_A, n->only[i][0]);
		tool_set_u64(&r->report, ONLY_B, n->only[i][1]);
		tool_report_row(&r->report);
	}
	sst_buf_free(&name);
}

static int
compare(struct run *r, struct group *a, struct group *b)
{
	struct pair p = { .side = { a, b } };
	struct sst_stream *x = NULL, *y = NULL;
	struct sst_err e;
	int rc = SOUND;

	r->diff.tally = (struct tally){ 0 };
	if (join(&p, &e) == -1 || open_side(r, &p, 0, &x, &e) == -1 ||
	    open_side(r, &p, 1, &y, &e) == -1) {
		sst_stream_close(x);
		rc = tool_worse(complain(&e), TROUBLE);
	} else if (diff_streams(&r->diff, p.table, x, y, &e) == -1) {
		rc = tool_worse(complain(&e), TROUBLE);
	} else if (r->diff.show == SHOW_STAT) {
		report(r, p.table);
	}
	sst_arena_free(&p.arena);
	return rc;
}

/* ---- all tables ---- */

static struct group *
find(struct gather *g, const struct group *like)
{
	const struct sst_table *t = &like->at[0].table;
	size_t i;

	for (i = 0; i < g->n; i++)
		if (sst_slice_eq(g->groups[i].at[0].table.keyspace, t->keyspace) &&
		    sst_slice_eq(g->groups[i].at[0].table.name, t->name))
			return &g->groups[i];
	return NULL;
}

static int
compare_all(struct run *r)
{
	struct gather *a = &r->side[0], *b = &r->side[1];
	int rc = SOUND;
	size_t i;

	if (a->n == 1 && b->n == 1) /* whatever they are called */
		return compare(r, &a->groups[0], &b->groups[0]);
	for (i = 0; i < a->n && !diff_enough(&r->diff); i++)
		rc = tool_worse(rc, compare(r, &a->groups[i], find(b, &a->groups[i])));
	for (i = 0; i < b->n && !diff_enough(&r->diff); i++)
		if (find(a, &b->groups[i]) == NULL)
			rc = tool_worse(rc, compare(r, NULL, &b->groups[i]));
	return rc;
}

/* Opens everything before anything is read.  What is amiss already makes the answer worth nothing. */
static int
gather_sides(struct run *r, char **operands)
{
	int k, rc = SOUND;

	if (r->schema != NULL)
		rc = names_use(&r->names, r->schema);
	for (k = 0; k < 2; k++) {
		r->side[k].names = &r->names;
		rc = tool_worse(rc, find_sstables(operands[k], gather_add, &r->side[k]));
	}
	return rc == SOUND ? SOUND : TROUBLE;
}

static int
start_report(struct run *r)
{
	const char *bad;
	size_t len;

	if (r->fields != NULL && r->diff.show != SHOW_STAT)
		tool_misuse(&tool, "-o is for --stat");
	if (r->diff.show != SHOW_STAT)
		return SOUND;
	tool_report_start(&r->report,
	    r->json                 ? TOOL_NDJSON
		: r->fields != NULL ? TOOL_TSV
				    : TOOL_TABLE,
	    fields, SST_ARRAY_LEN(fields), &r->out);
	if (r->fields == NULL || tool_report_select(&r->report, r->fields, &bad, &len) == 0)
		return SOUND;
	return tool_problem(TROUBLE, "-o: no field %.*s", (int)len, bad);
}

static void
set_option(struct run *r, int opt)
{
	switch (opt) {
	case 'j':
		r->json = true;
		break;
	case 'n':
		r->diff.max = tool_count("-n", optarg);
		if (r->diff.max == 0)
			exit(tool_problem(TROUBLE, "-n 0: want 1 or more"));
		break;
	case 'o':
		r->fields = optarg;
		break;
	case 'q':
		r->diff.quiet = true;
		break;
	case OPT_LIVE:
		r->live = true;
		break;
	case OPT_NOW:
		r->now_s = tool_time("--now", optarg) / SST_S_US;
		break;
	case OPT_SCHEMA:
		r->schema = optarg;
		break;
	case OPT_STAT:
		r->diff.show = SHOW_STAT;
		break;
	case OPT_VALUES:
		r->live = true;
		r->diff.exactness = VALUES;
		break;
	}
}

int
main(int argc, char **argv)
{
	struct run r = { .now_s = sst_now_us() / SST_S_US };
	int c, rc;

	r.diff.out = &r.out;
	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, c);
	if (argc - optind != 2)
		tool_misuse(&tool, "want two sets of SSTables");
	if (r.diff.show != SHOW_STAT)
		r.diff.show = r.diff.quiet ? SHOW_NOTHING : r.json ? SHOW_NDJSON : SHOW_LINES;
	tool_confine();
	rc = start_report(&r);
	if (rc == SOUND)
		rc = gather_sides(&r, argv + optind);
	if (rc == SOUND)
		rc = compare_all(&r);
	rc = tool_worse(rc, r.diff.rc);
	rc = tool_worse(rc, r.diff.ndiffs > 0 ? DAMAGED : SOUND);
	r.out.gone = rc;
	if (r.diff.show == SHOW_STAT)
		tool_report_end(&r.report);
	tool_output_end(&r.out);
	gather_free(&r.side[0]);
	gather_free(&r.side[1]);
	names_free(&r.names);
	return rc;
}
