/* cmd/msgscan/main.c: prints a channel's history, a token range, or everything. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "msg/snowflake.h"
#include "msgscan/msgscan.h"
#include "store/store.h"
#include "wire/client.h"

enum {
	OPT_BEFORE = TOOL_LONG,
	OPT_AFTER,
	OPT_AROUND,
	OPT_REVERSE,
	OPT_ALL,
	OPT_TOKEN_RANGE,
	OPT_STATS,
	OPT_NOW
};

#define PAGE_MESSAGES 50

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory or table folder (else $OSTRAKA_DIR)" },
	{ "format", 'f', "FORMAT", "ndjson (default), tsv, or dce: as DiscordChatExporter" },
	{ "count", 'n', "N", "messages at most (50; with --all of each channel, all)" },
	{ "output", 'o', "FIELD,...", "print these fields, as TSV" },
	{ "quiet", 'q', NULL, "no word about files that are not as they should be" },
	{ "before", OPT_BEFORE, "X", "messages before an id or a time, the nearest ones" },
	{ "after", OPT_AFTER, "X", "messages after an id or a time, the nearest ones" },
	{ "around", OPT_AROUND, "X", "messages about an id or a time" },
	{ "reverse", OPT_REVERSE, NULL, "oldest first" },
	{ "all", OPT_ALL, NULL, "all channels, by token" },
	{ "token-range", OPT_TOKEN_RANGE, "LEFT..RIGHT", "all with LEFT < token <= RIGHT" },
	{ "stats", OPT_STATS, NULL, "say on standard error what was read" },
	{ "now", OPT_NOW, "TIME", "decide expiry, and times such as -2h, as of TIME" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "print the history of a channel", "[CHANNEL]", options,
	"X is an id, or a time: ISO 8601, @UNIX, now, or relative as in -2h.\n" };

struct run {
	struct scan scan;
	const char *dir, *anchor, *anchor_option;
	int64_t channel; /* when one is scanned */
	bool all, counted, formed, quiet, stats;
	int64_t now_us;
	struct sst_client *client; /* one of the two */
	struct sst_store *store;
};

static void
note(void *arg, const char *text)
{
	(void)arg;
	tool_problem(SOUND, "%s", text);
}

static void
set_anchor(struct run *r, enum sst_page_kind kind, const char *option)
{
	if (r->anchor != NULL)
		tool_misuse(&tool, "--before, --after and --around exclude each other");
	r->anchor = optarg;
	r->anchor_option = option;
	r->scan.page.kind = kind;
}

static void
set_range(struct run *r, const char *text)
{
	tool_token_range("--token-range", text, &r->scan.page.left, &r->scan.page.right);
	r->all = true;
}

static void
set_form(struct run *r, const char *name)
{
	static const char *const names[] = {
		[FORM_NDJSON] = "ndjson", [FORM_TSV] = "tsv", [FORM_DCE] = "dce"
	};
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(names) && strcmp(names[i], name) != 0; i++)
		;
	if (i == SST_ARRAY_LEN(names))
		exit(tool_problem(TROUBLE, "-f %s: want ndjson, tsv or dce", name));
	if (r->scan.fields.n > 0 && i != FORM_TSV)
		tool_misuse(&tool, "-o prints TSV");
	r->scan.form = (enum form)i;
	r->formed = true;
}

static void
set_option(struct run *r, int opt)
{
	struct sst_err e;

	switch (opt) {
	case 'd':
		r->dir = optarg;
		break;
	case 'f':
		set_form(r, optarg);
		break;
	case 'n':
		r->scan.page.limit = tool_count("-n", optarg);
		r->counted = true;
		break;
	case 'o':
		if (r->formed && r->scan.form != FORM_TSV)
			tool_misuse(&tool, "-o prints TSV");
		r->scan.form = FORM_TSV;
		if (sst_msgwrite_select(&r->scan.fields, sst_slice_str(optarg), &e) == -1)
			exit(tool_problem(TROUBLE, "-o: %s", e.what));
		break;
	case 'q':
		r->quiet = true;
		break;
	case OPT_BEFORE:
		set_anchor(r, SST_PAGE_BEFORE, "--before");
		break;
	case OPT_AFTER:
		set_anchor(r, SST_PAGE_AFTER, "--after");
		break;
	case OPT_AROUND:
		set_anchor(r, SST_PAGE_AROUND, "--around");
		break;
	case OPT_REVERSE:
		r->scan.page.reversed = true;
		break;
	case OPT_ALL:
		r->all = true;
		break;
	case OPT_TOKEN_RANGE:
		set_range(r, optarg);
		break;
	case OPT_STATS:
		r->stats = true;
		break;
	case OPT_NOW:
		if (sst_time_parse(&r->now_us, sst_slice_str(optarg), r->now_us, &e) == -1)
			exit(tool_problem(TROUBLE, "--now: %s", e.what));
		break;
	}
}

/* A time stands for the ids of its millisecond: before them all, after them all. */
static void
anchor_at_time(struct run *r, int64_t us)
{
	struct sst_page *p = &r->scan.page;
	struct sst_err e;
	bool none = sst_snowflake_at(&p->id, us, SST_SNOWFLAKE_EPOCH_MS, &e) == -1;

	if (none && p->id == 0) { /* before all ids */
		p->id = -1;
	} else if (none) { /* past all ids */
		if (p->kind == SST_PAGE_BEFORE)
			p->kind = SST_PAGE_NEWEST;
	} else if (p->kind == SST_PAGE_AFTER)
		p->id |= (1 << SST_SNOWFLAKE_SHIFT) - 1;
}

static void
parse_anchor(struct run *r)
{
	struct sst_slice text;
	struct sst_err e;
	int64_t us;

	if (r->anchor == NULL)
		return;
	text = sst_slice_str(r->anchor);
	if (text.n > 0 && strspn(r->anchor, "0123456789") == text.n) {
		if (sst_snowflake_parse(&r->scan.page.id, text, &e) == 0)
			return;
	} else if (sst_time_parse(&us, text, r->now_us, &e) == 0) {
		anchor_at_time(r, us);
		return;
	}
	exit(tool_problem(TROUBLE, "%s: %s", r->anchor_option, e.what));
}

/* Lines of "name value": for people to read, and for awk.  Of files msgd says nothing. */
static void
tell_stats(const struct run *r)
{
	const struct scan *s = &r->scan;
	const struct sst_history_stats *h = &s->stats;

	fprintf(stderr,
	    "messages %" PRIu64 "\nbuckets_visited %" PRIu64 "\nbuckets_skipped %" PRIu64 "\n",
	    s->printed, h->buckets_visited, h->buckets_skipped);
	if (r->client == NULL)
		fprintf(stderr,
		    "sstables_read %" PRIu64 "\nsstables_skipped %" PRIu64 "\nchunks_read %" PRIu64
		    "\nchunks_cached %" PRIu64 "\ntombstones %" PRIu64 "\n",
		    h->reads.sstables_read, h->reads.sstables_skipped, h->reads.chunks_read,
		    h->reads.chunks_cached, h->reads.tombstones);
	fprintf(stderr, "ghosts %" PRIu64 "\n", h->ghosts);
}

/* The form has no place for them. */
static void
tell_leftout(const struct sst_leftout *l)
{
	struct sst_buf b = { 0 };

	sst_leftout_list(l, &b);
	if (b.n > 0 && !b.bad)
		tool_problem(
		    SOUND, "fields that dce has no place for: %.*s", (int)b.n, (char *)b.p);
	sst_buf_free(&b);
}

/* What was left out is told: nothing is missing silently. */
static int
tell_left_out(const struct scan *s)
{
	int rc = SOUND;

	if (s->stats.misfiled > 0)
		rc = tool_problem(DAMAGED,
		    "%" PRIu64 " rows lie in a bucket that their ids do not belong to: see --all",
		    s->stats.misfiled);
	if (s->foreign > 0)
		rc = tool_problem(DAMAGED,
		    "%" PRIu64 " partitions have a key that is none of chat.messages", s->foreign);
	return rc;
}

/* Of a long log that a writer died over, memory need hold no more than what is asked for. */
static bool
is_of_channel(void *arg, const struct sst_table *t, const struct sst_partition *part)
{
	int64_t channel;
	int32_t bucket;

	(void)t;
	return !sst_messages_key_split(part->key, &channel, &bucket) || channel == *(int64_t *)arg;
}

static void
narrow(struct run *r, struct sst_store_opts *o, const char *channel)
{
	struct sst_err e;

	if (channel == NULL) {
		if (r->scan.page.left != r->scan.page.right) {
			o->left = r->scan.page.left;
			o->right = r->scan.page.right;
		}
		return;
	}
	if (sst_snowflake_parse(&r->channel, sst_slice_str(channel), &e) == -1)
		exit(tool_problem(TROUBLE, "%s: %s", channel, e.what));
	o->wanted = is_of_channel;
	o->wanted_arg = &r->channel;
}

/* The page as the exporter has it: oldest first, and unless -n says otherwise all of it. */
static int
export_channel(struct run *r)
{
	struct sst_page *p = &r->scan.page;
	struct sst_dcewrite *dce = &r->scan.dce;
	int64_t at = p->id >= 0 ? sst_snowflake_us(p->id, SST_SNOWFLAKE_EPOCH_MS) : INT64_MIN;
	int rc;

	dce->now_us = r->now_us;
	dce->after_us = p->kind == SST_PAGE_AFTER ? at : INT64_MIN;
	dce->before_us = p->kind == SST_PAGE_BEFORE ? at : INT64_MIN;
	p->reversed = true;
	if (!r->counted)
		p->limit = UINT64_MAX;
	rc = scan_export(&r->scan, r->channel);
	if (!r->quiet)
		tell_leftout(&dce->leftout);
	return rc;
}

static int
scan(struct run *r, const char *channel)
{
	struct sst_page *p = &r->scan.page;

	if (!r->counted)
		p->limit = r->all ? UINT64_MAX : PAGE_MESSAGES;
	p->now_s = r->now_us / SST_S_US;
	if (r->scan.form == FORM_DCE)
		return export_channel(r);
	if (channel != NULL)
		return scan_page(&r->scan, r->channel);
	return r->counted || r->anchor != NULL || p->reversed ? scan_channels(&r->scan)
							      : scan_stream(&r->scan);
}

/* By way of the msgd that serves the directory, which knows what is not in files yet; else its files. */
static int
open_db(struct run *r, const struct sst_store_opts *opts, struct sst_err *e)
{
	const struct sst_table *table;
	struct sst_db *db = NULL;
	int rc = sst_client_open_dir(&r->client, r->dir, e);

	if (rc == SST_ONE) {
		db = sst_client_db(r->client);
		rc = sst_client_table(r->client, SST_SLICE_LIT(SST_MESSAGES_KEYSPACE),
		    SST_SLICE_LIT(SST_MESSAGES_TABLE), &table, e);
	} else if (rc == 0 &&
	    (rc = sst_store_open(&r->store, &sst_io_posix, r->dir, opts, e)) == 0) {
		db = sst_store_db(r->store);
	}
	return rc == -1 ? -1 : sst_messages_bind(&r->scan.messages, db, e);
}

static void
close_db(struct run *r)
{
	sst_client_close(r->client);
	sst_store_drop(r->store);
}

int
main(int argc, char **argv)
{
	struct run r = { .now_us = sst_now_us(),
		.scan.page = { .left = INT64_MIN, .right = INT64_MIN } };
	struct sst_store_opts opts = { .read_only = true };
	struct sst_err e;
	int c, rc;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, c);
	r.dir = tool_dir(r.dir);
	if (argc - optind > 1 || (argc - optind == 1) == r.all)
		tool_misuse(&tool, "want one CHANNEL, or --all or --token-range without one");
	if (r.dir == NULL)
		tool_misuse(&tool, "where from? -d DIR, or OSTRAKA_DIR in the environment");
	if (r.all && r.scan.form == FORM_DCE)
		tool_misuse(&tool, "-f dce is a document of one CHANNEL");
	if (r.scan.form == FORM_TSV && r.scan.fields.n == 0)
		sst_msgwrite_select_all(&r.scan.fields);
	parse_anchor(&r);
	narrow(&r, &opts, argv[optind]);
	opts.note = r.quiet ? NULL : note;
	if (open_db(&r, &opts, &e) == -1) {
		complain(&e);
		close_db(&r);
		return TROUBLE;
	}
	tool_confine();
	rc = scan(&r, argv[optind]);
	tool_output_end(&r.scan.out);
	rc = tool_worse(rc, tell_left_out(&r.scan));
	if (r.stats)
		tell_stats(&r);
	close_db(&r);
	return rc;
}
