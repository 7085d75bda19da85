/*
 * tests/support/faultio.h: a struct sst_io over another one that counts calls and makes them fail:
 * the n-th alone, or it and all after it (a process that stops there), and that can leave chosen
 * syncs out or make them come late, to show that a test sees the difference.
 */
#ifndef FAULTIO_H
#define FAULTIO_H

#include "base/io.h"

enum faultio_how {
	/* Call n returns -sys.  When it is a sync, later ones of that file seem to work, and do
	 * nothing: the kernel takes the pages that it could not write for clean. */
	FAULTIO_FAIL,
	FAULTIO_SHORT, /* call n, if it is a write, writes half of it; the next write returns -sys */
	FAULTIO_FULL,  /* from call n on nothing is made or grows: the disk is full */
	FAULTIO_STOP,  /* call n is not done, nor any later one: all return -EIO */
	FAULTIO_STOP_AFTER /* the same, but call n itself is done */
};

enum faultio_sync {
	FAULTIO_SYNC_DONE,
	FAULTIO_SYNC_SKIPPED, /* reported as done */
	FAULTIO_SYNC_LATE     /* done after the next sync that is not late */
};

struct faultio;

struct faultio_plan {     /* all zero: nothing fails */
	unsigned long at; /* the call, from 1; 0: none */
	enum faultio_how how;
	int sys; /* EIO, ENOSPC, EMFILE, … */
	/* What to do with a sync of this path; NULL: always done. */
	enum faultio_sync (*sync)(void *arg, const char *path, bool is_dir);
	void *sync_arg;
	/* Called before each call, for instance to let somebody else act in between. */
	void (*before)(void *arg, const char *op, const char *path);
	void *before_arg;
};

/*
 * Sweeps over many thousand states take every one of them where that is cheap; a sanitizer, which looks for
 * other things, sees every third.  Odd, so that two ways that take turns both come.
 */
#ifdef __SANITIZE_ADDRESS__
#define FAULTIO_STRIDE 3
#else
#define FAULTIO_STRIDE 1
#endif

/* The ways in which one call fails that every sweep tries, for .how and .sys of a plan. */
#define FAULTIO_FAILURES 4
extern const struct faultio_failure {
	enum faultio_how how;
	int sys;
} faultio_failures[FAULTIO_FAILURES];

/* under must outlive it. */
struct faultio *faultio_new(const struct sst_io *under);
void faultio_free(struct faultio *);
const struct sst_io *faultio_io(struct faultio *);
/* Starts counting at 0 again. */
void faultio_plan(struct faultio *, const struct faultio_plan *);
/* Counts a call that goes by another way, as of standard input; 0, or -errno when it is to fail. */
int faultio_enter(struct faultio *, const char *op, const char *path);
/* Calls since then; closes are counted too. */
unsigned long faultio_calls(const struct faultio *);
/* Name of the call that failed, "" when none did; and the path that it was about. */
const char *faultio_failed(const struct faultio *);
const char *faultio_failed_path(const struct faultio *);

#endif
