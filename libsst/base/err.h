/* libsst/base/err.h: how libsst says what went wrong, and where. */
#ifndef SST_BASE_ERR_H
#define SST_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

enum sst_code {
	SST_OK,
	SST_ESYS, /* the operating system said no; errno is in sys */
	SST_ENOMEM,
	SST_ESHORT,      /* the bytes end before the structure does */
	SST_EDAMAGED,    /* the bytes contradict themselves or a checksum */
	SST_EVERSION,    /* a format version that is not known here */
	SST_ELIMIT,      /* a named limit would be passed */
	SST_EBUSY,       /* somebody else holds the lock */
	SST_EINVAL,      /* the caller, or the user's input, asks for what cannot be */
	SST_EUNSUPPORTED /* valid, but not implemented */
};

#define SST_NOWHERE UINT64_MAX

/* Results of cursors, beside 0 (end) and -1 (error, *e is filled in). */
#define SST_ONE 1  /* an element was given */
#define SST_WAIT 2 /* non-blocking only: read what is wanted, call again */

struct sst_err { /* lives on the caller's stack and owns nothing */
	enum sst_code code;
	int sys;        /* errno, when code is SST_ESYS */
	bool doubt;     /* a sync or close failed: what was written is durable, or lost for good */
	uint64_t off;   /* byte offset in file, or SST_NOWHERE */
	char file[256]; /* a copy: the handle may be closed before this is printed */
	char what[224];
};

/*
 * Fills *e (never NULL) and returns -1, so that callers can "return sst_fail(...)".  file may be
 * NULL.  With SST_ESYS, errno is kept and strerror is appended by whoever prints.
 */
int sst_fail(struct sst_err *e, enum sst_code code, const char *file, uint64_t off, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));

/* Says where, when whoever failed knew the bytes but not their file; returns -1. */
int sst_err_locate(struct sst_err *e, const char *file, uint64_t off);

/* "out of memory", as an error like any other. */
int sst_fail_nomem(struct sst_err *e);

/*
 * Writes "FILE: what: strerror: at byte N" to buf, leaving out the parts that are not known.
 * Always ends in a NUL; returns buf.
 */
char *sst_err_text(const struct sst_err *e, char *buf, unsigned long len);

#endif
