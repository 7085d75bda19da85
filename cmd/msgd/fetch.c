/* cmd/msgd/fetch.c: preadv2 that does not wait, then pread that does. */
#define _GNU_SOURCE /* preadv2 */
#include "msgd/fetch.h"

#include <sys/uio.h>

#include "msgd/shard.h"
#include "sstable/file.h"

#define KEEP ((size_t)256 << 10)

/* Whether all of it is in memory, and then read. */
static bool
read_now(struct msgd_fetch *f)
{
	struct iovec v = { f->bytes.p, f->want.len };

	return preadv2(sst_file_fd(f->want.file), &v, 1, (off_t)f->want.off, RWF_NOWAIT) ==
	    (ssize_t)f->want.len;
}

static int
fill(struct msgd_fetch *f, struct sst_err *e)
{
	return sst_want_fill(&f->want, (struct sst_slice){ f->bytes.p, f->want.len }, e);
}

static void
read_later(struct msgd_job *job)
{
	struct msgd_fetch *f = (struct msgd_fetch *)job;

	f->result = sst_file_pread(f->want.file, f->bytes.p, f->want.len, f->want.off, &f->e);
}

static void
arrive(struct msgd_shard *s, struct msgd_job *job)
{
	struct msgd_fetch *f = (struct msgd_fetch *)job;

	(void)s;
	if (f->result == 0)
		f->result = fill(f, &f->e);
	f->go_on(f, f->result);
}

int
msgd_fetch_begin(struct msgd_shard *s, struct msgd_fetch *f, struct sst_err *e)
{
	if (f->bytes.cap > KEEP)
		sst_buf_free(&f->bytes);
	sst_buf_reset(&f->bytes);
	if (!sst_buf_room(&f->bytes, f->want.len))
		return sst_fail_nomem(e);
	if (read_now(f)) {
		msgd_count(&s->counts.fetched);
		return fill(f, e);
	}
	msgd_count(&s->counts.waited);
	f->job.work = read_later;
	f->job.done = arrive;
	msgd_crew_give(&s->node->readers, s, &f->job);
	return SST_WAIT;
}

void
msgd_fetch_clear(struct msgd_fetch *f)
{
	sst_buf_free(&f->bytes);
}
