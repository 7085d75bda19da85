/* cmd/sstdump/dump.c: one SSTable, from its first partition to its last, or what is wanted of it. */
#include <errno.h>

#include "sstdump/hex.h"
#include "sstdump/job.h"
#include "sstdump/print.h"
#include "tool/find.h"

/* Opens it with its Data.db, so that it may be unlinked from here on. */
static int
open_all(struct sst_sstable **sst, const char *path, struct sst_err *e)
{
	struct sst_sstable_opts opts = { .cut = true };

	if (sst_sstable_open(sst, &sst_io_posix, path, &opts, e) == -1)
		return -1;
	return sst_sstable_data(*sst, e) != NULL ? 0 : -1;
}

int
dump_sstable(void *arg, const char *path, bool last)
{
	struct job *job = arg;
	struct sst_sstable *sst = NULL;
	struct sst_stream *s;
	struct sst_table table;
	struct print_what what = { &table, path, 0, true };
	struct sst_err e;
	int rc;

	if (open_all(&sst, path, &e) == -1) {
		sst_sstable_close(sst);
		return e.code == SST_ESYS && e.sys == ENOENT && !last ? GONE : complain(&e);
	}
	table = *sst_sstable_table(sst);
	rc = names_find(job->names, path, &table);
	what.len = sst_file_len(sst_sstable_data(sst, &e));
	if (select_for(&job->sel, &table, &e) == -1 || select_open(&job->sel, sst, &s, &e) == -1)
		rc = tool_worse(rc, select_complain(&job->sel, &e));
	else if (job->form != FORM_HEX)
		rc = tool_worse(rc, print_stream(job, s, &what));
	else if (select_sift(&job->sel, s, &s, &e) == -1)
		rc = tool_worse(rc, complain(&e));
	else
		rc = tool_worse(rc, hex_rows(job, sst, s, &table, !select_some(&job->sel)));
	sst_sstable_close(sst);
	return rc;
}
