/*
 * tests/prog/acked.c: how many messages a second are acknowledged when each batch has a sync of its own,
 * for make bench: messages are parsed first, then go through the store and its log.  Prints a line of
 * key=value pairs.
 *
 *	acked DIR BATCH <NDJSON		DIR is made, or holds chat.messages already; nothing is done
 *					while the disk syncs
 *	acked DIR BATCH ahead <NDJSON	a thread syncs, and the next batch is taken in meanwhile, as a
 *					daemon does that must not wait
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "commitlog/log.h"
#include "msg/message.h"
#include "msg/msgread.h"
#include "store/store.h"

struct disk { /* a thread that syncs a descriptor when it is given one */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	int fd;     /* to be synced, or -1 */
	int result; /* of the last one */
	bool end;
	bool under_way;         /* a sync is, which was given */
	struct sst_logpos upto; /* of its batch */
};

struct acked {
	struct sst_store *store;
	struct sst_messages messages;
	struct sst_arena arena;
	struct sst_message *v;
	size_t n, cap;
};

static _Noreturn void
fail(const struct sst_err *e)
{
	char text[512];

	fprintf(stderr, "acked: %s\n", sst_err_text(e, text, sizeof(text)));
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a message borrows is kept. */
static void
keep(struct acked *a, const struct sst_message *m)
{
	struct sst_err e;
	size_t i;

	if (a->n == a->cap) {
		a->cap = a->cap > 0 ? 2 * a->cap : 4096;
		a->v = realloc(a->v, a->cap * sizeof(*a->v));
		if (a->v == NULL)
			sst_fail_nomem(&e), fail(&e);
	}
	a->v[a->n] = *m;
	for (i = 0; i < SST_MSG_COLUMNS; i++) {
		a->v[a->n].value[i] = sst_arena_slice(&a->arena, m->value[i]);
		if (m->value[i].p != NULL && a->v[a->n].value[i].p == NULL)
			sst_fail_nomem(&e), fail(&e);
	}
	a->n++;
}

static void
read_messages(struct acked *a)
{
	struct sst_msgread_opts opts = { 0 };
	struct sst_message m;
	struct sst_leftout leftout = { 0 };
	struct sst_msgread *r;
	struct sst_err e;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (sst_msgread_new(&r, &opts, &leftout, &e) == -1)
		fail(&e);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (sst_msgread_line(r, (struct sst_slice){ (uint8_t *)line, (size_t)n }, &m, &e) ==
		    -1)
			fail(&e);
		keep(a, &m);
	}
	free(line);
	sst_msgread_free(r);
}

/* ---- the thread that syncs ---- */

static void *
sync_them(void *arg)
{
	struct disk *d = arg;
	int fd, result;

	pthread_mutex_lock(&d->lock);
	while (!d->end) {
		if (d->fd == -1) {
			pthread_cond_wait(&d->turn, &d->lock);
			continue;
		}
		fd = d->fd;
		pthread_mutex_unlock(&d->lock);
		result = fdatasync(fd) == 0 ? 0 : -errno;
		pthread_mutex_lock(&d->lock);
		d->result = result;
		d->fd = -1;
		pthread_cond_signal(&d->turn);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void
give(struct disk *d, int fd, bool end)
{
	pthread_mutex_lock(&d->lock);
	d->fd = fd;
	d->end = end;
	pthread_cond_signal(&d->turn);
	pthread_mutex_unlock(&d->lock);
}

static int
wait_for(struct disk *d)
{
	int result;

	pthread_mutex_lock(&d->lock);
	while (d->fd != -1)
		pthread_cond_wait(&d->turn, &d->lock);
	result = d->result;
	pthread_mutex_unlock(&d->lock);
	return result;
}

/* ---- batches ---- */

static void
must_be_acked(struct sst_logpos pos, struct sst_logpos acked)
{
	if (sst_logpos_cmp(pos, acked) <= 0)
		return;
	fputs("acked: a batch is not acknowledged after its sync\n", stderr);
	exit(1);
}

/* The batch that ends at pos is all there: waits for the one before it, whose sync goes on, then has
 * this one synced, waiting only when it is the last. */
static void
sync_ahead(struct acked *a, struct disk *d, struct sst_logpos pos, bool last)
{
	struct sst_logpos acked;
	struct sst_err e;
	int fd, r;

	do {
		if (d->under_way) {
			if (sst_store_sync_end(a->store, wait_for(d), &e) == -1 ||
			    a->messages.db->ops->synced(a->messages.db, &acked, &e) == -1)
				fail(&e);
			must_be_acked(d->upto, acked);
		}
		if ((r = sst_store_sync_begin(a->store, &fd, &e)) == -1)
			fail(&e);
		d->under_way = r == SST_ONE;
		d->upto = pos;
		if (d->under_way)
			give(d, fd, false);
	} while (last && d->under_way);
}

static void
sync_now(struct acked *a, struct sst_logpos pos)
{
	struct sst_logpos acked;
	struct sst_err e;

	if (sst_store_settle(a->store, &acked, &e) == -1)
		fail(&e);
	must_be_acked(pos, acked);
}

static void
put_all(struct acked *a, size_t batch, struct disk *ahead)
{
	struct sst_message_update u = { 0 };
	struct sst_logpos pos = { 0 };
	struct sst_err e;
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (sst_message_make(&u, &a->messages, &a->v[i], SST_MESSAGE_STORE, 0, &e) == -1 ||
		    a->messages.db->ops->apply(a->messages.db, &u.update, &pos, &e) == -1)
			fail(&e);
		if ((i + 1) % batch != 0 && i + 1 < a->n)
			continue;
		if (ahead != NULL)
			sync_ahead(a, ahead, pos, i + 1 == a->n);
		else
			sync_now(a, pos);
	}
}

int
main(int argc, char **argv)
{
	struct sst_store_opts o = { .sync = SST_SYNC_BATCH,
		.schema = sst_slice_str(sst_messages_cql) };
	bool ahead = argc == 4 && strcmp(argv[3], "ahead") == 0;
	size_t batch = argc == 3 || ahead ? strtoul(argv[2], NULL, 10) : 0;
	struct disk disk = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER, .fd = -1
	};
	struct acked a = { 0 };
	double cpu, wall;
	struct sst_err e;

	if (batch == 0)
		return fputs("usage: acked DIR BATCH [ahead] <NDJSON\n", stderr), 2;
	read_messages(&a);
	if (sst_store_open(&a.store, &sst_io_posix, argv[1], &o, &e) == -1 ||
	    sst_messages_bind(&a.messages, sst_store_db(a.store), &e) == -1)
		fail(&e);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	if (ahead && pthread_create(&disk.thread, NULL, sync_them, &disk) != 0)
		return fputs("acked: no thread\n", stderr), 1;
	put_all(&a, batch, ahead ? &disk : NULL);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("phase=acked rows=%zu batch=%zu wall=%.3f cpu=%.3f ack_rows_s=%.0f\n", a.n, batch,
	    wall, cpu, (double)a.n / wall);
	if (ahead) {
		give(&disk, -1, true);
		pthread_join(disk.thread, NULL);
	}
	if (sst_store_close(a.store, &e) == -1)
		fail(&e);
	sst_arena_free(&a.arena);
	free(a.v);
	return 0;
}
