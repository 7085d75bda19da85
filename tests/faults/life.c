/* tests/faults/life.c: main() of the program, called once, with everything it touches in our hands. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../support/nomem.h"
#include "faults.h"
#include "store/store.h"

enum {
	CPU_SECONDS = 60, /* a run that takes longer has lost its way */
	WORDS_MAX = 32,
	OUT_FD = 10,
	ERR_FD = 11
};

/* The program knows the first three by their plain names: see the Makefile. */
extern struct sst_io __wrap_sst_io_posix;
int __real_main(int argc, char **argv);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);
ssize_t __real_read(int fd, void *buf, size_t n);
ssize_t __wrap_read(int fd, void *buf, size_t n);
ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n);
int __wrap_poll(struct pollfd *fds, nfds_t n, int ms);
int __wrap_statvfs64(const char *path, struct statvfs *);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_sst_store_open(struct sst_store **, const struct sst_io *, const char *dir,
    const struct sst_store_opts *, struct sst_err *);
int __wrap_sst_store_open(struct sst_store **, const struct sst_io *, const char *dir,
    const struct sst_store_opts *, struct sst_err *);

struct sst_io __wrap_sst_io_posix;

static struct faultio *running; /* the faults of the program, while it runs */
static const struct faultio_plan *running_plan;
static const struct faults_case *running_case;
static int depth; /* of the stack where the program is called */
static bool short_pending, short_failed;
static jmp_buf way_back;

void
__wrap_exit(int status)
{
	if (running == NULL)
		__real_exit(status);
	longjmp(way_back, 1 + status);
}

ssize_t
__wrap_read(int fd, void *buf, size_t n)
{
	int r = running != NULL ? faultio_enter(running, "read", "input") : 0;

	if (r == 0 && running != NULL && running_case->piece > 0 && n > running_case->piece)
		n = running_case->piece;
	if (r == 0)
		return __real_read(fd, buf, n);
	errno = -r;
	return -1;
}

ssize_t
__wrap_write(int fd, const void *buf, size_t n)
{
	int r = running != NULL ? faultio_enter(running, "write", "output") : 0;

	if (running != NULL && short_pending) {
		short_pending = false;
		short_failed = true;
		r = -running_plan->sys;
	}
	if (r < 0) {
		errno = -r;
		return -1;
	}
	if (running != NULL && running_plan->how == FAULTIO_SHORT &&
	    faultio_calls(running) == running_plan->at && n > 1) {
		short_pending = true;
		n /= 2;
	}
	return __real_write(fd, buf, n);
}

/* Nothing has come yet; ppoll, asked next, says that it has. */
int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	(void)fds;
	(void)n;
	(void)ms;
	return 0;
}

/* The disk in memory has room, as its faults tell otherwise by themselves. */
int
__wrap_statvfs64(const char *path, struct statvfs *st)
{
	int r = running != NULL ? faultio_enter(running, "statvfs", path) : 0;

	memset(st, 0, sizeof(*st));
	st->f_frsize = st->f_bsize = 4096;
	st->f_bavail = st->f_bfree = st->f_blocks = 1 << 20;
	if (r == 0)
		return 0;
	errno = -r;
	return -1;
}

int
__wrap_sst_store_open(struct sst_store **s, const struct sst_io *io, const char *dir,
    const struct sst_store_opts *opts, struct sst_err *e)
{
	struct sst_store_opts o = *opts;

	if (running != NULL && running_case->memory > 0)
		o.memory = running_case->memory;
	if (running != NULL && running_case->segment_size > 0)
		o.segment_size = running_case->segment_size;
	return __real_sst_store_open(s, io, dir, &o, e);
}

int
__wrap_open(const char *path, int flags, ...)
{
	int r = running != NULL ? faultio_enter(running, "open", path) : 0;
	mode_t mode = 0;
	va_list ap;

	if (r < 0) {
		errno = -r;
		return -1;
	}
	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
	}
	return __real_open(path, flags, mode);
}

/* What cannot fail, and would make nonsense of the test if it did. */
static void
must(bool done)
{
	if (!done)
		abort();
}

int
faults_file(const void *p, size_t n)
{
	int fd = memfd_create("faults", MFD_CLOEXEC);

	must(fd >= 0 && __real_write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

void
faults_gather(struct sst_buf *b, int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);

	must(n >= 0 && sst_buf_room(b, (size_t)n + 1) && pread(fd, b->p + b->n, (size_t)n, 0) == n);
	b->n += (size_t)n;
}

static void
move(int from, int to)
{
	if (from == to)
		return;
	must(dup2(from, to) == to);
	close(from);
}

static void
set_stdin(const struct faults_case *c, enum faults_stdin how)
{
	struct sst_buf b = { 0 };

	faults_input(&b, c);
	move(faults_file(b.p, b.n), FAULTS_INPUT_FD);
	sst_buf_free(&b);
	switch (how) {
	case FAULTS_INPUT_GIVEN:
		move(__real_open(FAULTS_INPUT, O_RDONLY), STDIN_FILENO);
		break;
	case FAULTS_DIRECTORY:
		move(__real_open("/", O_RDONLY), STDIN_FILENO);
		break;
	case FAULTS_IO_ERROR: /* nothing is mapped at address 0 */
		move(__real_open("/proc/self/mem", O_RDONLY), STDIN_FILENO);
		break;
	case FAULTS_NO_STDIN:
		close(STDIN_FILENO);
		break;
	}
}

static void
set_stdout(enum faults_stdout how)
{
	int pipes[2];

	switch (how) {
	case FAULTS_GATHERED:
		must(dup2(OUT_FD, STDOUT_FILENO) == STDOUT_FILENO);
		break;
	case FAULTS_DISK_FULL:
		move(__real_open("/dev/full", O_WRONLY), STDOUT_FILENO);
		break;
	case FAULTS_CLOSED_PIPE:
		must(pipe(pipes) == 0);
		close(pipes[0]);
		move(pipes[1], STDOUT_FILENO);
		break;
	case FAULTS_NO_STDOUT:
		close(STDOUT_FILENO);
		break;
	}
}

/* The standard descriptors are put aside first: where they were, faults of the harness are told. */
static int
redirect(const struct faults_case *c, const struct faults_how *how)
{
	int told = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 20);

	move(faults_file(NULL, 0), OUT_FD);
	move(faults_file(NULL, 0), ERR_FD);
	set_stdin(c, how->in);
	set_stdout(how->out);
	fflush(stderr);
	must(dup2(ERR_FD, STDERR_FILENO) == STDERR_FILENO);
	return told;
}

/* getopt moves them about: copies.  They stay, as the program may keep them. */
static int
copy_words(char *argv[WORDS_MAX], const char *const *words)
{
	int n;

	for (n = 0; words[n] != NULL; n++)
		must(n + 1 < WORDS_MAX && (argv[n] = strdup(words[n])) != NULL);
	argv[n] = NULL;
	return n;
}

static int
call_main(int argc, char **argv, bool *exited)
{
	int rc;

	program_invocation_short_name = argv[0];
	optind = 0; /* start over */
	*exited = false;
	if ((rc = setjmp(way_back)) == 0)
		return __real_main(argc, argv);
	*exited = true;
	return rc - 1;
}

int
faults_depth(void)
{
	return depth;
}

void
faults_live(struct faults_life *l, const struct faults_case *c, struct memfs *fs,
    const struct faults_how *how)
{
	struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS };
	struct faultio *f = faultio_new(memfs_io(fs));
	void *frame[FAULTS_DEPTH_MAX];
	char *argv[WORDS_MAX];
	int told, argc;

	setrlimit(RLIMIT_CPU, &cpu);
	argc = copy_words(argv, c->argv);
	told = redirect(c, how);
	faultio_plan(f, &how->plan);
	__wrap_sst_io_posix = *faultio_io(f);
	running_plan = &how->plan;
	running_case = c;
	short_pending = short_failed = false;
	depth = backtrace(frame, FAULTS_DEPTH_MAX);
	running = f;
	if (how->nomem > 0)
		nomem_arm(how->nomem);
	l->rc = call_main(argc, argv, &l->exited);
	if (how->nomem > 0 && nomem_disarm())
		snprintf(l->failed, sizeof(l->failed), "malloc");
	if (short_failed)
		snprintf(l->failed, sizeof(l->failed), "write");
	running = NULL;
	if (fflush(stdout) == EOF) /* as exit() does, which tells nobody */
		clearerr(stdout);
	fflush(stderr);
	dup2(told, STDERR_FILENO);
	close(told);
	l->calls = faultio_calls(f);
	if (faultio_failed(f)[0] != '\0')
		snprintf(l->failed, sizeof(l->failed), "%s %s", faultio_failed(f),
		    faultio_failed_path(f));
	faults_gather(&l->out, OUT_FD);
	faults_gather(&l->err, ERR_FD);
	faultio_free(f);
}

void
faults_life_free(struct faults_life *l)
{
	sst_buf_free(&l->out);
	sst_buf_free(&l->err);
}
