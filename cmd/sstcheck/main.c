/*
 * cmd/sstcheck/main.c: checks SSTables, a line of verdict a file.  The check itself is
 * libsst/sstable/check.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/num.h"
#include "sstable/check.h"
#include "sstable/rebuild.h"
#include "sstable/salvage.h"
#include "store/datadir.h"
#include "tool/find.h"
#include "tool/names.h"
#include "tool/tool.h"

enum {
	OPT_REBUILD = TOOL_LONG,
	OPT_SALVAGE,
	OPT_SCHEMA
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "the data directory, when there is no operand" },
	{ "json", 'j', NULL, "verdicts as NDJSON" },
	{ "output", 'o', "FIELD,...", "print these fields of the verdicts as TSV" },
	{ "quiet", 'q', NULL, "no verdict of what is sound, no progress" },
	{ "rebuild", OPT_REBUILD, NULL, "make what lies beside Data.db again, from it" },
	{ "salvage", OPT_SALVAGE, "DIR", "write what can be read of damaged ones to DIR" },
	{ "schema", OPT_SCHEMA, "FILE", "hold columns against the tables in FILE" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "check SSTables", "[FILE|DIR]...", options,
	"FILE is any component of an SSTable, DIR a folder; all below it is checked,\n"
	"snapshots and backups too.  Without operands, -d or $OSTRAKA_DIR.\n"
	"Exit status: 1 when a file is damaged, 2 when one could not be checked.\n" };

enum field {
	VERDICT,
	PARTITIONS,
	ROWS,
	BYTES,
	STORED,
	PROBLEMS,
	FILE_NAME
};

static const struct tool_field fields[] = {
	[VERDICT] = { "verdict", TOOL_LEFT },
	[PARTITIONS] = { "partitions", TOOL_RIGHT },
	[ROWS] = { "rows", TOOL_RIGHT },
	[BYTES] = { "bytes", TOOL_RIGHT },
	[STORED] = { "stored", TOOL_RIGHT },
	[PROBLEMS] = { "problems", TOOL_RIGHT },
	[FILE_NAME] = { "file", TOOL_LEFT },
};

struct run {
	struct tool_report report;
	struct tool_output out;
	bool quiet, rebuild;
	bool data_bad;       /* something was found in the Data.db that is looked at */
	const char *salvage; /* folder */
	struct names names;
};

static void
found(void *arg, enum sst_component component, const struct sst_err *e)
{
	struct run *run = arg;

	run->data_bad |= component == SST_DATA;
	tool_output_flush(&run->out); /* in the order of the files */
	(void)complain(e);
}

static void
give_verdict(struct run *run, const char *path, const struct sst_checked *c)
{
	struct tool_report *r = &run->report;

	tool_set_str(r, VERDICT,
	    c->findings > 0    ? "damaged"
		: c->unchecked ? "unchecked"
			       : "sound");
	tool_set_u64(r, PARTITIONS, c->npartitions);
	tool_set_u64(r, ROWS, c->nrows);
	tool_set_size(r, BYTES, c->data_bytes);
	tool_set_size(r, STORED, c->stored_bytes);
	tool_set_u64(r, PROBLEMS, c->findings);
	tool_set_str(r, FILE_NAME, path);
	tool_report_row(r);
	tool_output_step(&run->out);
}

/* ---- salvage ---- */

static void
put_key(struct sst_buf *b, const struct sst_loss *l, struct sst_slice key, int64_t token)
{
	struct sst_err e;

	if (key.p == NULL) {
		sst_buf_adds(b, "null");
		return;
	}
	sst_buf_addf(b, "{\"token\":\"%lld\",\"key\":\"", (long long)token);
	(void)sst_type_to_string(l->table->key_type, key, b, &e);
	sst_buf_adds(b, "\"}");
}

/* The values of a row's clustering, or null. */
static void
put_bound(struct sst_buf *b, const struct sst_loss *l, const struct sst_bound *at)
{
	struct sst_err e;
	size_t i, from;

	if (at->n == 0)
		sst_buf_adds(b, "null");
	for (i = 0; i < at->n; i++) {
		sst_buf_addc(b, i == 0 ? '[' : ',');
		from = b->n;
		if (sst_type_to_ndjson(l->table->ck[i].type, at->ck[i], b, &e) == -1) {
			b->n = from;
			sst_buf_adds(b, "null");
		}
	}
	if (at->n > 0)
		sst_buf_addc(b, ']');
}

/* A line of JSON in a report, whatever form the verdicts have: it is what a repair is started from. */
static void
lost(void *arg, const struct sst_loss *l)
{
	struct run *run = arg;
	struct sst_buf *b = &run->out.buf;

	sst_buf_addf(b, "{\"lost\":\"%s\"", l->key.p != NULL ? "rows" : "partitions");
	if (l->key.p != NULL) {
		sst_buf_adds(b, ",\"of\":");
		put_key(b, l, l->key, l->after_token);
		sst_buf_adds(b, ",\"after\":");
		put_bound(b, l, &l->from);
		sst_buf_adds(b, ",\"before\":");
		put_bound(b, l, &l->to);
	} else {
		sst_buf_adds(b, ",\"after\":");
		put_key(b, l, l->after, l->after_token);
		sst_buf_adds(b, ",\"before\":");
		put_key(b, l, l->before, l->before_token);
	}
	sst_buf_adds(b, "}\n");
	tool_output_step(&run->out);
}

static int
salvage(struct run *run, const char *path)
{
	struct sst_salvage_opts opts = { run->salvage, lost, run };
	struct sst_written w;
	struct sst_err e;

	if (sst_datadir_make_dir(&sst_io_posix, run->salvage, &e) == -1 ||
	    sst_salvage(&w, &sst_io_posix, path, &opts, &e) == -1)
		return complain(&e);
	tool_problem(DAMAGED, "%s: %ju partitions and %ju rows salvaged to %s", path,
	    (uintmax_t)w.npartitions, (uintmax_t)w.nrows, run->salvage);
	return DAMAGED;
}

/* ---- a file ---- */

static int
look(struct run *run, const char *path, struct sst_checked *c)
{
	struct sst_check_opts opts = { .found = found, .arg = run };
	struct sst_err e;

	opts.table = names_table(&run->names, path);
	if (sst_check(c, &sst_io_posix, path, &opts, &e) == -1)
		return complain(&e);
	if (c->findings > 0)
		run->out.gone = DAMAGED;
	if (c->findings > 0 || !run->quiet)
		give_verdict(run, path, c);
	return c->findings > 0 ? DAMAGED : SOUND;
}

/* What lies beside Data.db is made again where something is wrong, and all is looked at again. */
static int
rebuild(struct run *run, const char *path)
{
	struct sst_checked c;
	struct sst_err e;

	if (sst_rebuild(&sst_io_posix, path, &e) == -1) {
		if (!run->data_bad || (e.code != SST_EDAMAGED && e.code != SST_ESHORT))
			return complain(&e);
		return tool_problem(DAMAGED, "%s: not rebuilt, as Data.db is damaged", path);
	}
	tool_problem(SOUND, "%s: rebuilt", path);
	return look(run, path, &c);
}

static int
check(void *arg, const char *path, bool last)
{
	struct run *run = arg;
	struct sst_checked c;
	struct sst_name name;
	struct sst_stat st;
	struct sst_err e;
	int rc;

	if (!sst_name_parse(&name, path))
		return tool_problem(TROUBLE, "%s: not the name of an SSTable's file", path);
	if (!last && sst_io_stat(&sst_io_posix, path, &st, &e) == -1 && e.code == SST_ESYS &&
	    e.sys == ENOENT)
		return GONE;
	run->data_bad = false;
	rc = look(run, path, &c);
	if (rc == DAMAGED && run->rebuild)
		rc = rebuild(run, path);
	if (rc == DAMAGED && run->salvage != NULL)
		rc = salvage(run, path);
	return rc;
}

/* Whether both name components of one SSTable, as the names that a shell makes of "*" do. */
static bool
same_sstable(const char *a, const char *b)
{
	struct sst_name x, y;

	return sst_name_parse(&x, a) && sst_name_parse(&y, b) && x.base_len == y.base_len &&
	    strncmp(a, b, x.base_len) == 0;
}

static int
check_all(struct run *run, int argc, char **argv)
{
	int i, rc = SOUND;

	for (i = 0; i < argc; i++)
		if (i == 0 || !same_sstable(argv[i - 1], argv[i]))
			rc = tool_worse(rc, find_everything(argv[i], check, run));
	return rc;
}

static void
select_fields(struct run *run, const char *names)
{
	const char *bad;
	size_t len;

	if (names != NULL && tool_report_select(&run->report, names, &bad, &len) == -1)
		tool_misuse(&tool, "-o: no field %.*s", (int)len, bad);
}

int
main(int argc, char **argv)
{
	struct run run = { .quiet = false };
	const char *dir = NULL, *names = NULL, *schema = NULL;
	enum tool_form form = TOOL_TABLE;
	int c, rc = SOUND;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		switch (c) {
		case 'd':
			dir = optarg;
			break;
		case 'j':
			form = TOOL_NDJSON;
			break;
		case 'o':
			form = TOOL_TSV;
			names = optarg;
			break;
		case 'q':
			run.quiet = true;
			break;
		case OPT_REBUILD:
			run.rebuild = true;
			break;
		case OPT_SALVAGE:
			run.salvage = optarg;
			break;
		case OPT_SCHEMA:
			schema = optarg;
			break;
		}
	argc -= optind;
	argv += optind;
	dir = tool_dir(dir);
	if (argc == 0 && dir == NULL)
		tool_misuse(&tool, "no SSTable or folder named");
	tool_report_start(&run.report, form, fields, SST_ARRAY_LEN(fields), &run.out);
	select_fields(&run, names);
	if (!run.rebuild && run.salvage == NULL)
		tool_confine();
	if (schema != NULL && names_use(&run.names, schema) != SOUND)
		rc = TROUBLE;
	else if (argc == 0)
		rc = find_everything(dir, check, &run);
	else
		rc = check_all(&run, argc, argv);
	tool_report_end(&run.report);
	tool_output_end(&run.out);
	names_free(&run.names);
	return rc;
}
