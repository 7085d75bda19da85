/*
 * libsst/base/io.h: the only door to the file system.  All disk access of libsst goes through a
 * table of functions, so that a test can fail the n-th call, tear a write, or drop what was not
 * synced.  The functions below the table loop over EINTR and short counts and fill in the error;
 * nobody else calls the table.
 */
#ifndef SST_BASE_IO_H
#define SST_BASE_IO_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct sst_stat {
	uint64_t size;
	int64_t mtime_ms;
	uint64_t dev, ino; /* together name the file, whatever its path */
	bool is_dir;
};

/* Each returns >= 0, or -errno.  ctx is the table's own. */
struct sst_io {
	void *ctx;
	int (*open)(void *ctx, const char *path, int flags, mode_t mode);
	int (*close)(void *ctx, int fd);
	ssize_t (*pread)(void *ctx, int fd, void *buf, size_t n, uint64_t off);
	ssize_t (*write)(void *ctx, int fd, const void *buf, size_t n);
	int (*fsync)(void *ctx, int fd);
	int (*fdatasync)(void *ctx, int fd);
	int (*truncate)(void *ctx, int fd, uint64_t size);
	int (*stat)(void *ctx, const char *path, struct sst_stat *);
	int (*fstat)(void *ctx, int fd, struct sst_stat *);
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*link)(void *ctx, const char *from, const char *to);
	int (*unlink)(void *ctx, const char *path);
	int (*mkdir)(void *ctx, const char *path, mode_t mode);
	int (*rmdir)(void *ctx, const char *path);
	int (*set_mtime)(void *ctx, int fd, int64_t mtime_ms);
	/* Calls each() with every name but . and .., in no order, until it returns non-zero. */
	int (*list)(
	    void *ctx, const char *dir, int (*each)(void *arg, const char *name), void *arg);
	/* The absolute path without links, n bytes at most with the NUL; -ERANGE when longer. */
	int (*realpath)(void *ctx, const char *path, char *buf, size_t n);
	/* fcntl open-file-description lock on the whole file; -EAGAIN when another one holds it. */
	int (*lock)(void *ctx, int fd, bool exclusive, bool wait);
};

/* The real file system.  A constant: shared by all threads. */
extern const struct sst_io sst_io_posix;

/* Each returns 0 (sst_io_open: the descriptor) or -1 with *e naming path. */
int sst_io_open(const struct sst_io *, const char *path, int flags, struct sst_err *);
int sst_io_close(const struct sst_io *, int fd, const char *path, struct sst_err *);
/* Exactly n bytes at off, or SST_ESHORT. */
int sst_io_read(const struct sst_io *, int fd, const char *path, void *buf, size_t n, uint64_t off,
    struct sst_err *);
int sst_io_write(
    const struct sst_io *, int fd, const char *path, const void *buf, size_t n, struct sst_err *);
int sst_io_fsync(const struct sst_io *, int fd, const char *path, struct sst_err *);
int sst_io_fdatasync(const struct sst_io *, int fd, const char *path, struct sst_err *);
int sst_io_truncate(
    const struct sst_io *, int fd, const char *path, uint64_t size, struct sst_err *);
/* Makes names in a directory durable. */
int sst_io_sync_dir(const struct sst_io *, const char *dir, struct sst_err *);
int sst_io_stat(const struct sst_io *, const char *path, struct sst_stat *, struct sst_err *);
int sst_io_fstat(
    const struct sst_io *, int fd, const char *path, struct sst_stat *, struct sst_err *);
int sst_io_rename(const struct sst_io *, const char *from, const char *to, struct sst_err *);
int sst_io_link(const struct sst_io *, const char *from, const char *to, struct sst_err *);
int sst_io_unlink(const struct sst_io *, const char *path, struct sst_err *);
/* One that is there already is fine. */
int sst_io_mkdir(const struct sst_io *, const char *path, struct sst_err *);
int sst_io_rmdir(const struct sst_io *, const char *path, struct sst_err *);
int sst_io_list(const struct sst_io *, const char *dir, int (*each)(void *arg, const char *name),
    void *arg, struct sst_err *);
int sst_io_realpath(const struct sst_io *, const char *path, char *buf, size_t n, struct sst_err *);
/* 0 locked, 1 somebody else holds it (only without wait), -1. */
int sst_io_lock(
    const struct sst_io *, int fd, const char *path, bool exclusive, bool wait, struct sst_err *);
/* Appends the whole file to *out; SST_ELIMIT when it is longer than max. */
int sst_io_read_file(
    const struct sst_io *, const char *path, size_t max, struct sst_buf *out, struct sst_err *);

#endif
