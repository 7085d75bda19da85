/* tests/faults/whole.c: files of SSTables that are live, and of the log, after a power cut. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "live/live.h"
#include "sweep.h"

#define TABLE FAULTS_DIR "/data/chat/messages-7e9ac000e53e11f1a0156f737472616b"
#define LOG FAULTS_DIR "/commitlog"

struct whole {
	struct memfs *was, *is;
	const struct sst_live *live;
	const char *bad;
};

static bool
read_file(struct memfs *fs, const char *name, struct sst_buf *b)
{
	char path[512];
	struct sst_err e;

	snprintf(path, sizeof(path), TABLE "/%s", name);
	return sst_io_read_file(memfs_io(fs), path, 64 << 20, b, &e) == 0;
}

static bool
is_live(const struct sst_live *live, const char *name)
{
	size_t i;

	for (i = 0; i < live->nsets; i++)
		if (strncmp(name, live->sets[i].base, strlen(live->sets[i].base)) == 0)
			return true;
	return false;
}

/* A file of a live set: as it was written, to the last byte. */
static int
check_file(void *arg, const char *name)
{
	struct sst_buf was = { 0 }, is = { 0 };
	struct whole *w = arg;

	if (is_live(w->live, name) && read_file(w->was, name, &was) &&
	    (!read_file(w->is, name, &is) ||
		!sst_slice_eq(sst_buf_slice(&was), sst_buf_slice(&is))))
		w->bad = "a file of a live SSTable is not whole";
	sst_buf_free(&was);
	sst_buf_free(&is);
	return w->bad != NULL;
}

const char *
faults_check_live(struct memfs *was, struct memfs *is)
{
	struct sst_live_folder folder = { memfs_io(is), TABLE, false };
	struct sst_arena arena = { 0 };
	struct sst_live live;
	struct whole w = { was, is, &live, NULL };
	struct sst_err e;

	if (sst_live_list(&live, &arena, &folder, &e) == 0 &&
	    sst_io_list(memfs_io(was), TABLE, check_file, &w, &e) == -1)
		w.bad = NULL; /* there is no table yet */
	sst_arena_free(&arena);
	return w.bad;
}

static int
is_segment(void *arg, const char *name)
{
	*(bool *)arg |= strncmp(name, "CommitLog-", 10) == 0;
	return 0;
}

bool
faults_has_log(struct memfs *fs)
{
	struct sst_err e;
	bool has = false;

	return sst_io_list(memfs_io(fs), LOG, is_segment, &has, &e) == 0 && has;
}
