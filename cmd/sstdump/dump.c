/* cmd/sstdump/dump.c: one SSTable, from its first partition to its last, in either form. */
#include "sstdump/dump.h"

#include <errno.h>

#include "sstable/reader.h"
#include "sstdump/find.h"
#include "text/ndjson.h"
#include "text/sstabledump.h"

enum {
	COMPLAINTS_MAX = 20, /* bad values of one file that are named */
	STEP_ITEMS = 4096    /* between two looks at the clock */
};

struct printing { /* of one SSTable */
	struct dump *dump;
	struct sst_table table; /* the SSTable's, with the names that are known */
	struct sst_ndjson *ndjson;
	struct sst_sstabledump *sstabledump;
	uint64_t nitems, nbad;
	int rc;
};

static int
start(struct printing *p, struct sst_err *e)
{
	if (p->dump->form == FORM_NDJSON)
		return sst_ndjson_new(&p->ndjson, &p->table, e);
	if (p->dump->nfiles > 0)
		sst_buf_addc(&p->dump->out.buf, '\n');
	return sst_sstabledump_new(&p->sstabledump, &p->table, p->dump->now_s, e);
}

static void
finish(struct printing *p)
{
	if (p->sstabledump != NULL)
		sst_sstabledump_end(p->sstabledump, &p->dump->out.buf);
	sst_ndjson_free(p->ndjson);
	sst_sstabledump_free(p->sstabledump);
	tool_output_step(&p->dump->out);
}

/* A value that is none of its type is left out and named; the rest of the file goes on. */
static void
print_item(struct printing *p, const struct sst_item *item)
{
	struct sst_buf *b = &p->dump->out.buf;
	struct sst_err e;
	int r;

	if (p->ndjson != NULL)
		r = sst_ndjson_item(p->ndjson, item, b, &e);
	else
		r = sst_sstabledump_item(p->sstabledump, item, b, &e);
	p->nitems++;
	if (r == 0)
		return;
	if (p->nbad++ < COMPLAINTS_MAX)
		p->rc = tool_worse(p->rc, complain(&e));
}

static int
print_stream(struct printing *p, struct sst_stream *s, uint64_t len, struct sst_err *e)
{
	const struct sst_item *item;
	struct tool_progress progress;
	int r;

	tool_progress_start(&progress, "rows", len, p->dump->quiet);
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		print_item(p, item);
		if (p->nitems % STEP_ITEMS == 0)
			tool_progress_step(&progress, p->nitems, item->off);
		tool_output_step(&p->dump->out);
	}
	tool_progress_end(&progress);
	return r;
}

static int
print(struct printing *p, struct sst_sstable *sst, struct sst_err *e)
{
	struct sst_stream *s = NULL;
	int r;

	if (sst_sstable_scan(sst, &s, e) == -1)
		return -1;
	r = start(p, e);
	if (r == 0)
		r = print_stream(p, s, sst_file_len(sst_sstable_data(sst, e)), e);
	finish(p);
	sst_stream_close(s);
	return r;
}

/* Opens it with its Data.db, so that it may be unlinked from here on. */
static int
open_all(struct sst_sstable **sst, const char *path, struct sst_err *e)
{
	struct sst_sstable_opts opts = { 0 };

	if (sst_sstable_open(sst, &sst_io_posix, path, &opts, e) == -1)
		return -1;
	return sst_sstable_data(*sst, e) != NULL ? 0 : -1;
}

int
dump_sstable(void *arg, const char *path, bool last)
{
	struct printing p = { .dump = arg };
	struct sst_sstable *sst = NULL;
	struct sst_err e;

	if (open_all(&sst, path, &e) == -1) {
		sst_sstable_close(sst);
		return e.code == SST_ESYS && e.sys == ENOENT && !last ? GONE : complain(&e);
	}
	p.table = *sst_sstable_table(sst);
	p.rc = names_find(p.dump->names, path, &p.table);
	if (print(&p, sst, &e) == -1)
		p.rc = tool_worse(p.rc, complain(&e));
	if (p.nbad > COMPLAINTS_MAX)
		tool_problem(p.rc, "%s: %ju more rows with bad values", path,
		    (uintmax_t)(p.nbad - COMPLAINTS_MAX));
	p.dump->nfiles++;
	sst_sstable_close(sst);
	return p.rc;
}
