/*
 * tests/served/planted-faulty.c: system calls that fail when a test says so: tests/prog/msgdfaults.c
 * and msgdclients.c.
 */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "faulty.h"

int __real_open64(const char *, int, ...);
int __wrap_open64(const char *, int, ...);
ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
int __real_fdatasync(int);
int __wrap_fdatasync(int);
int __real_accept4(int, struct sockaddr *, socklen_t *, int);
int __wrap_accept4(int, struct sockaddr *, socklen_t *, int);
int __real_epoll_wait(int, struct epoll_event *, int, int);
int __wrap_epoll_wait(int, struct epoll_event *, int, int);
int64_t __real_sst_now_us(void);
int64_t __wrap_sst_now_us(void);
int64_t __real_sst_steady_us(void);
int64_t __wrap_sst_steady_us(void);

static struct faulty none, *faulty = &none;

__attribute__((constructor)) static void
share(void)
{
	const char *path = getenv(FAULTY);
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd == -1)
		return;
	p = mmap(NULL, sizeof(*faulty), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		faulty = p;
}

static bool
is_in(int fd, const char *part)
{
	char name[64], path[4096];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, part) != NULL;
}

int
__wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (faulty->open_data != 0 && strstr(path, "-Data.db") != NULL) {
		errno = faulty->open_data;
		return -1;
	}
	return __real_open64(path, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	static _Thread_local bool torn;
	int bad = 0;

	if (faulty->write_log != 0 && is_in(fd, "/commitlog/"))
		bad = faulty->write_log;
	if (faulty->write_data != 0 && is_in(fd, "/data/"))
		bad = faulty->write_data;
	if (bad == 0)
		return __real_write(fd, p, n);
	torn = !torn && n > 100;
	if (torn) /* a disk that fills up takes the first bytes */
		return __real_write(fd, p, 100);
	errno = bad;
	return -1;
}

int
__wrap_fdatasync(int fd)
{
	struct timespec ms = { 0, 1000000 };

	while (faulty->hold_sync != 0)
		nanosleep(&ms, NULL);
	if (faulty->sync_log == 0 || !is_in(fd, "/commitlog/"))
		return __real_fdatasync(fd);
	errno = faulty->sync_log;
	return -1;
}

int
__wrap_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	atomic_fetch_add(&faulty->accepts, 1);
	if (faulty->accept == 0)
		return __real_accept4(fd, a, n, flags);
	errno = faulty->accept;
	return -1;
}

int
__wrap_epoll_wait(int fd, struct epoll_event *ev, int n, int ms)
{
	atomic_fetch_add(&faulty->waits, 1);
	return __real_epoll_wait(fd, ev, n, ms);
}

int64_t
__wrap_sst_now_us(void)
{
	return __real_sst_now_us() + faulty->wall_us;
}

int64_t
__wrap_sst_steady_us(void)
{
	int64_t us = faulty->steady_us;

	return us != 0 ? us : __real_sst_steady_us();
}
