/*
 * cmd/msgput/recover.c: each thread has a store of its own, of a part of the token ring, as the shards
 * of a daemon do: it reads the whole log and keeps its part.
 */
#include "msgput/recover.h"

#include <pthread.h>
#include <unistd.h>

#define LONG_LOG ((uint64_t)16 << 20) /* bytes; what is shorter is replayed before threads pay */
#define THREADS_MAX 4
#define MEMORY_MIN ((size_t)1 << 20)

struct part {
	pthread_t thread;
	const char *dir;
	struct sst_store_opts opts;
	struct sst_store *store;
	struct sst_err e;
};

static void *
replay_part(void *arg)
{
	struct part *p = arg;

	if (sst_store_open(&p->store, &sst_io_posix, p->dir, &p->opts, &p->e) == -1)
		p->store = NULL;
	return NULL;
}

static size_t
count_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (size_t)n;
}

/* left < token <= right, for part i of n. */
static int64_t
boundary(size_t i, size_t n)
{
	return i == n ? INT64_MAX : (int64_t)(UINT64_MAX / n * i - (UINT64_C(1) << 63));
}

static void
start_part(struct part *p, const char *dir, const struct sst_store_opts *o, size_t i, size_t n)
{
	*p = (struct part){ .dir = dir, .opts = *o };
	p->opts.shared = p->opts.replay = true;
	p->opts.memory = (o->memory != 0 ? o->memory : SST_STORE_MEMORY) / n;
	if (p->opts.memory < MEMORY_MIN)
		p->opts.memory = MEMORY_MIN;
	if (n > 1) {
		p->opts.left = boundary(i, n);
		p->opts.right = boundary(i + 1, n);
	}
	if (pthread_create(&p->thread, NULL, replay_part, p) != 0) {
		replay_part(p); /* no thread to be had: one after the other */
		p->thread = pthread_self();
	}
}

static int
replay_all(const char *dir, const struct sst_store_opts *o, struct sst_err *e)
{
	struct part parts[THREADS_MAX];
	struct sst_store *stores[THREADS_MAX];
	size_t i, n = count_threads();
	int r = 0;

	for (i = 0; i < n; i++)
		start_part(&parts[i], dir, o, i, n);
	for (i = 0; i < n; i++) {
		if (!pthread_equal(parts[i].thread, pthread_self()))
			pthread_join(parts[i].thread, NULL);
		stores[i] = parts[i].store;
		if (stores[i] == NULL && r == 0) {
			*e = parts[i].e;
			r = -1;
		}
	}
	if (r == 0)
		r = sst_store_recovered(stores, n, e);
	for (i = 0; i < n; i++)
		sst_store_drop(stores[i]);
	return r;
}

int
recover_log(const char *dir, const struct sst_store_opts *o, struct sst_err *e)
{
	struct sst_lock lock;
	uint64_t bytes;
	int r;

	if (sst_store_log_bytes(&sst_io_posix, dir, &bytes, e) == -1)
		return -1;
	if (bytes < LONG_LOG)
		return 0;
	if (sst_store_lock(&lock, &sst_io_posix, dir, false, e) == -1)
		return e->code == SST_EBUSY ? 0 : -1;
	r = replay_all(dir, o, e);
	sst_lock_drop(&lock);
	return r;
}
