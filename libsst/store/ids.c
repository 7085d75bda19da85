/*
 * store/ids.c: DIR/ids holds a time that no id has reached:
 *
 *	ostraka ids 1
 *	time_ms 1790000003000
 *	crc32 43674aab			of all before this line
 *
 * It is written ahead, a slice at a time, and back to what was used at a clean end.
 */
#include "store/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "codec/crc.h"

#define PATH 4096
#define TEXT 256

struct sst_ids {
	const struct sst_io *io;
	struct sst_ids_clock clock;
	char dir[PATH], file[PATH], aside[PATH];
	int64_t last_ms;     /* given out, or so we must think */
	int64_t reserved_ms; /* on disk */
	uint32_t sequence;   /* of last_ms */
	bool used;
	bool doubtful; /* a sync failed: what is on disk is not known any more */
};

static void
system_sleep(void *arg, unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)arg;
	nanosleep(&t, NULL);
}

static int
parse(struct sst_ids *ids, const struct sst_buf *b, struct sst_err *e)
{
	char text[TEXT], again[TEXT];
	int64_t ms;
	uint32_t crc;
	int n;

	if (b->n >= sizeof(text))
		return sst_fail(e, SST_EDAMAGED, ids->file, SST_NOWHERE, "%zu bytes long", b->n);
	memcpy(text, b->p, b->n);
	text[b->n] = '\0';
	if (sscanf(text, "ostraka ids 1\ntime_ms %" SCNd64 "\ncrc32 %" SCNx32, &ms, &crc) != 2)
		return sst_fail(e, SST_EDAMAGED, ids->file, SST_NOWHERE, "is no file of ids");
	/* one number has one spelling, so the file must be what we would write */
	n = snprintf(again, sizeof(again), "ostraka ids 1\ntime_ms %" PRId64 "\n", ms);
	snprintf(again + n, sizeof(again) - (size_t)n, "crc32 %08x\n",
	    (unsigned)sst_crc32(0, again, (size_t)n));
	if (strcmp(text, again) != 0 || ms < 0)
		return sst_fail(e, SST_EDAMAGED, ids->file, SST_NOWHERE, "checksum is wrong");
	ids->reserved_ms = ms;
	return 0;
}

int
sst_ids_open(struct sst_ids **out, const struct sst_io *io, const char *dir,
    const struct sst_ids_clock *clock, struct sst_err *e)
{
	static const struct sst_ids_clock system_clock = { NULL, sst_now_ms_of, system_sleep };
	struct sst_ids *ids = calloc(1, sizeof(*ids));
	struct sst_buf b = { 0 };
	int r = -1;

	*out = NULL;
	if (ids == NULL)
		return sst_fail_nomem(e);
	ids->io = io;
	ids->clock = clock != NULL ? *clock : system_clock;
	ids->sequence = SST_IDS_SEQUENCE - 1;
	if ((size_t)snprintf(ids->dir, PATH, "%s", dir) >= PATH - sizeof("/" SST_IDS_FILE ".tmp")) {
		sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
		goto out;
	}
	snprintf(ids->file, PATH, "%.4000s/" SST_IDS_FILE, dir);
	snprintf(ids->aside, PATH, "%.4000s/" SST_IDS_FILE ".tmp", dir);
	if (sst_io_read_file(io, ids->file, TEXT, &b, e) == -1) {
		if (e->code != SST_ESYS || e->sys != ENOENT)
			goto out;
	} else if (parse(ids, &b, e) == -1)
		goto out;
	ids->last_ms = ids->reserved_ms;
	*out = ids;
	r = 0;
out:
	sst_buf_free(&b);
	if (r == -1)
		free(ids);
	return r;
}

static int
put_aside(struct sst_ids *ids, const char *text, size_t n, struct sst_err *e)
{
	struct sst_err ignored;
	int fd = sst_io_open(ids->io, ids->aside, O_WRONLY | O_CREAT | O_TRUNC, e);
	int r = -1;

	if (fd == -1)
		return -1;
	if (sst_io_write(ids->io, fd, ids->aside, text, n, e) == 0) {
		r = sst_io_fsync(ids->io, fd, ids->aside, e);
		ids->doubtful = r == -1;
	}
	if (sst_io_close(ids->io, fd, ids->aside, r == 0 ? e : &ignored) == -1)
		r = -1;
	return r;
}

static int
reserve(struct sst_ids *ids, int64_t ms, struct sst_err *e)
{
	char text[TEXT];
	int n;

	if (ids->doubtful)
		return sst_fail(e, SST_EINVAL, ids->file, SST_NOWHERE,
		    "a sync failed before: no more ids until a restart");
	n = snprintf(text, sizeof(text), "ostraka ids 1\ntime_ms %" PRId64 "\n", ms);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "crc32 %08x\n",
	    (unsigned)sst_crc32(0, text, (size_t)n));
	if (put_aside(ids, text, (size_t)n, e) == -1 ||
	    sst_io_rename(ids->io, ids->aside, ids->file, e) == -1)
		return -1;
	if (sst_io_sync_dir(ids->io, ids->dir, e) == -1) {
		ids->doubtful = true;
		return -1;
	}
	ids->reserved_ms = ms;
	return 0;
}

int
sst_ids_next(struct sst_ids *ids, int64_t *ms, uint32_t *sequence, struct sst_err *e)
{
	int64_t now = ids->clock.now_ms(ids->clock.arg), back = ids->last_ms - now;
	uint32_t seq = 0;

	*ms = 0;
	*sequence = 0;
	if (back > 0 && back <= SST_IDS_PATIENCE_MS) {
		ids->clock.sleep_ms(ids->clock.arg, (unsigned)back);
		now = ids->clock.now_ms(ids->clock.arg);
	}
	if (now <= ids->last_ms) {
		now = ids->last_ms;
		if ((seq = ids->sequence + 1) == SST_IDS_SEQUENCE) {
			seq = 0;
			now++;
		}
	}
	if (now > ids->reserved_ms && reserve(ids, now + SST_IDS_SLICE_MS, e) == -1)
		return -1;
	*ms = ids->last_ms = now;
	*sequence = ids->sequence = seq;
	ids->used = true;
	return 0;
}

int
sst_ids_close(struct sst_ids *ids, struct sst_err *e)
{
	int r = 0;

	if (ids == NULL)
		return 0;
	if (ids->used && !ids->doubtful && ids->last_ms < ids->reserved_ms)
		r = reserve(ids, ids->last_ms, e);
	free(ids);
	return r;
}
