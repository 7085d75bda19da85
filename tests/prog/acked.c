/*
 * tests/prog/acked.c: how many messages a second are acknowledged when each batch waits for a sync, for
 * make bench: messages are parsed first, then go through the store and its log.  Prints a line of
 * key=value pairs.
 *
 *	acked DIR BATCH <NDJSON		DIR is made, or holds chat.messages already
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "commitlog/log.h"
#include "msg/message.h"
#include "msg/msgread.h"
#include "store/store.h"

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

static void
put_all(struct acked *a, size_t batch)
{
	struct sst_message_update u = { 0 };
	struct sst_logpos pos = { 0 }, acked;
	struct sst_err e;
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (sst_message_make(&u, &a->messages, &a->v[i], SST_MESSAGE_STORE, 0, &e) == -1 ||
		    a->messages.db->ops->apply(a->messages.db, &u.update, &pos, &e) == -1)
			fail(&e);
		if ((i + 1) % batch != 0 && i + 1 < a->n)
			continue;
		if (sst_store_settle(a->store, &acked, &e) == -1)
			fail(&e);
		if (sst_logpos_cmp(pos, acked) > 0) {
			fputs("acked: a batch is not acknowledged after its sync\n", stderr);
			exit(1);
		}
	}
}

int
main(int argc, char **argv)
{
	struct sst_store_opts o = { .sync = SST_SYNC_BATCH,
		.schema = sst_slice_str(sst_messages_cql) };
	size_t batch = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct acked a = { 0 };
	double cpu, wall;
	struct sst_err e;

	if (batch == 0)
		return fputs("usage: acked DIR BATCH <NDJSON\n", stderr), 2;
	read_messages(&a);
	if (sst_store_open(&a.store, &sst_io_posix, argv[1], &o, &e) == -1 ||
	    sst_messages_bind(&a.messages, sst_store_db(a.store), &e) == -1)
		fail(&e);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	put_all(&a, batch);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("phase=acked rows=%zu batch=%zu wall=%.3f cpu=%.3f ack_rows_s=%.0f\n", a.n, batch,
	    wall, cpu, (double)a.n / wall);
	if (sst_store_close(a.store, &e) == -1)
		fail(&e);
	sst_arena_free(&a.arena);
	free(a.v);
	return 0;
}
