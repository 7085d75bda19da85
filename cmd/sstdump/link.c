/*
 * cmd/sstdump/link.c: Cassandra's sstabledump, for scripts that call it: its options, its output to the
 * byte.  As there, the file comes before -k and -x, which take all words up to the next option.
 */
#include "sstdump/link.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/jsonout.h"
#include "sstdump/job.h"
#include "text/rowline.h"
#include "text/sstabledump.h"
#include "tool/names.h"

struct args {
	const char *file;
	size_t nfiles;
	bool keys_only, raw_times, lines, debug;
	const char **excluded;
	size_t nexcluded;
	struct selection sel;
};

static const char usage_text[] =
    "usage: sstabledump <sstable file path> <options>\n"
    "Dump contents of given SSTable to standard output in JSON format.\n"
    " -d         CQL row per line internal representation\n"
    " -e         enumerate partition keys only\n"
    " -k <arg>   List of included partition keys\n"
    " -l         Output json lines, by partition\n"
    " -t         Print raw timestamps instead of iso8601 date strings\n"
    " -x <arg>   List of excluded partition keys\n";

_Noreturn static void
usage(const char *what, const char *arg)
{
	fprintf(stderr, "%s%s\n%s", what, arg, usage_text);
	exit(1);
}

bool
link_is(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash != NULL ? slash + 1 : argv0, "sstabledump") == 0;
}

static void
set_flag(struct args *a, char c, const char *word)
{
	switch (c) {
	case 'd':
		a->debug = true;
		break;
	case 'e':
		a->keys_only = true;
		break;
	case 'l':
		a->lines = true;
		break;
	case 't':
		a->raw_times = true;
		break;
	default:
		usage("Unrecognized option: ", word);
	}
}

static void
parse(struct args *a, int argc, char **argv)
{
	char list = 0; /* 'k' or 'x': words are keys */
	int i;

	a->excluded = calloc((size_t)argc + 1, sizeof(*a->excluded));
	if (a->excluded == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	for (i = 1; i < argc; i++) {
		const char *word = argv[i], *p;

		if (strcmp(word, "-k") == 0 || strcmp(word, "-x") == 0)
			list = word[1];
		else if (word[0] == '-' && word[1] != '\0') {
			list = 0;
			for (p = word + 1; *p != '\0'; p++)
				set_flag(a, *p, word);
		} else if (list == 'k')
			select_key(&a->sel, word);
		else if (list == 'x')
			a->excluded[a->nexcluded++] = word;
		else {
			a->file = word;
			a->nfiles++;
		}
	}
	if (a->nfiles != 1)
		usage("You must supply exactly one sstable",
		    a->nfiles == 0 && (a->sel.nkeys > 0 || a->nexcluded > 0)
			? ", which should be before the -k/-x options so it's not interpreted as "
			  "a partition key."
			: "");
}

static bool
is_excluded(const struct args *a, struct sst_slice key)
{
	size_t i;

	for (i = 0; i < a->nexcluded; i++)
		if (sst_slice_eq(key, sst_slice_str(a->excluded[i])))
			return true;
	return false;
}

struct printing {
	struct args *a;
	struct sst_table table;
	struct tool_output out;
	struct sst_buf key; /* of the partition, as text */
	struct sst_slice *values;
	bool any;
};

/* [ [ "a", "1" ], [ "b", "2" ]
 * ] */
static int
print_key(struct printing *p, struct sst_slice key, struct sst_err *e)
{
	struct sst_buf *b = &p->out.buf;
	size_t i;

	if (sst_key_split(&p->table, key, p->values, e) == -1)
		return -1;
	sst_buf_adds(b, p->any ? ", [ " : "[ [ ");
	p->any = true;
	for (i = 0; i < p->table.nkey; i++) {
		if (i > 0)
			sst_buf_adds(b, ", ");
		sst_buf_reset(&p->key);
		if (sst_type_to_string(p->table.key[i].type, p->values[i], &p->key, e) == -1)
			return -1;
		sst_json_put_string(b, sst_buf_slice(&p->key));
	}
	sst_buf_adds(b, " ]");
	return 0;
}

/* SST_ONE: the item is to be printed; 0: its partition was passed over; -1. */
static int
let_through(
    struct printing *p, struct sst_stream *s, const struct sst_item *item, struct sst_err *e)
{
	if (item->kind != SST_PARTITION)
		return SST_ONE;
	sst_buf_reset(&p->key);
	if (sst_type_to_string(p->table.key_type, item->part.key, &p->key, e) == -1)
		return -1;
	if (!is_excluded(p->a, sst_buf_slice(&p->key)))
		return SST_ONE;
	return sst_stream_skip(s, e);
}

static int
print_lines(struct printing *p, struct sst_stream *s, struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_rowline line;
	int r;

	sst_rowline_init(&line, &p->table);
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if ((r = let_through(p, s, item, e)) == SST_ONE)
			r = sst_rowline_item(&line, item, &p->out.buf, e);
		if (r == -1)
			break;
		tool_output_step(&p->out);
	}
	if (r == 0)
		r = sst_rowline_end(&line, &p->out.buf, e);
	sst_rowline_free(&line);
	return r;
}

static int
print_all(struct printing *p, struct sst_stream *s, struct sst_sstabledump *d, struct sst_err *e)
{
	const struct sst_item *item;
	int r;

	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if ((r = let_through(p, s, item, e)) == -1)
			return -1;
		if (r == 0)
			continue;
		if (sst_sstabledump_item(d, item, &p->out.buf, e) == -1)
			return -1;
		tool_output_step(&p->out);
	}
	return r;
}

/* Keys come whatever -k and -x say: sic. */
static int
print_keys(struct printing *p, struct sst_stream *s, struct sst_err *e)
{
	const struct sst_item *item;
	int r;

	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if (print_key(p, item->part.key, e) == -1 || sst_stream_skip(s, e) == -1)
			return -1;
		tool_output_step(&p->out);
	}
	sst_buf_adds(&p->out.buf, p->any ? "\n]" : "[ ]");
	return r;
}

static int
print(struct printing *p, struct sst_sstable *sst, struct sst_err *e)
{
	struct sst_sstabledump *d = NULL;
	struct sst_stream *s = NULL;
	int r;

	if (p->a->keys_only)
		r = sst_sstable_scan(sst, &s, e);
	else if ((r = select_for(&p->a->sel, &p->table, e)) == 0)
		r = select_open(&p->a->sel, sst, &s, e);
	if (r == 0 && p->a->keys_only)
		r = print_keys(p, s, e);
	else if (r == 0 && p->a->debug)
		r = print_lines(p, s, e);
	else if (r == 0) {
		r = sst_sstabledump_new(&d, &p->table, sst_now_us() / SST_S_US, e);
		if (r == 0) {
			sst_sstabledump_set(d, p->a->raw_times, p->a->lines);
			r = print_all(p, s, d, e);
			sst_sstabledump_end(d, &p->out.buf);
		}
	}
	sst_sstabledump_free(d);
	sst_stream_close(s);
	return r;
}

int
link_main(int argc, char **argv)
{
	struct sst_sstable_opts opts = { 0 };
	struct args a = { .sel = { .plain = true } };
	struct printing p = { .a = &a };
	struct sst_sstable *sst = NULL;
	struct sst_stat st;
	struct sst_err e;
	int rc = 0;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write */
	parse(&a, argc, argv);
	tool_confine();
	if (sst_io_stat(&sst_io_posix, a.file, &st, &e) == -1) {
		fprintf(stderr, "Cannot find file %s\n", a.file);
		rc = 1;
	} else if (sst_sstable_open(&sst, &sst_io_posix, a.file, &opts, &e) == -1)
		rc = complain(&e);
	else {
		p.table = *sst_sstable_table(sst);
		p.values = calloc(p.table.nkey + 1, sizeof(*p.values));
		if (p.values == NULL)
			rc = tool_problem(TROUBLE, "out of memory");
		else if (print(&p, sst, &e) == -1)
			rc = complain(&e);
	}
	tool_output_end(&p.out);
	sst_sstable_close(sst);
	select_free(&a.sel);
	sst_buf_free(&p.key);
	free(p.values);
	free(a.excluded);
	return rc != 0;
}
