/* cmd/msgd/task.c: the way of a request. */
#include "msgd/task.h"

#include <stdlib.h>

#include "msgd/command.h"
#include "msgd/work.h"

#define SPARE_MAX 1024
#define ARENA_KEEP ((size_t)32 << 10) /* memory that a spare task may hold */
#define ANSWER_KEEP ((size_t)16 << 10)

struct msgd_task *
msgd_task_new(struct msgd_conn *c)
{
	struct msgd_shard *s = c->shard;
	struct msgd_task *t = s->spare;

	if (t != NULL) {
		s->spare = t->next;
		s->nspare--;
	} else if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->home = s;
	t->conn = c;
	t->ts_us = SST_NO_TS;
	t->alone = t->single = false;
	t->command = MSGD_NO_COMMAND;
	t->legs = &t->leg;
	t->nlegs = 1;
	t->leg.task = t;
	t->leg.flags = 0;
	sst_buf_reset(&t->leg.answer);
	c->ntasks++;
	msgd_begun(&s->ntasks);
	return t;
}

static void
free_task(struct msgd_task *t)
{
	sst_buf_free(&t->leg.answer);
	sst_arena_free(&t->arena);
	free(t);
}

void
msgd_task_free_spare(struct msgd_shard *s)
{
	struct msgd_task *t;

	while ((t = s->spare) != NULL) {
		s->spare = t->next;
		free_task(t);
	}
	s->nspare = 0;
}

static void
end(struct msgd_task *t)
{
	struct msgd_shard *s = t->home;

	for (size_t i = 0; i < t->nparts; i++)
		msgd_statement_drop(t->parts[i].statement);
	t->nparts = 0;
	for (size_t i = 0; t->legs != &t->leg && i < t->nlegs; i++)
		sst_buf_free(&t->legs[i].answer);
	msgd_conn_task_ended(t->conn);
	s->inflight -= t->len;
	sst_arena_reset(&t->arena);
	if (t->arena.bytes > ARENA_KEEP)
		sst_arena_free(&t->arena);
	if (t->leg.answer.cap > ANSWER_KEEP)
		sst_buf_free(&t->leg.answer);
	if (s->nspare == SPARE_MAX)
		free_task(t);
	else {
		t->next = s->spare;
		s->spare = t;
		s->nspare++;
	}
	msgd_over(&s->ntasks);
}

/* An element has a byte at least in the text, or in the request. */
size_t
msgd_part_elements(const struct msgd_task *t, const struct msgd_part *p)
{
	return p->statement->lists ? p->statement->text.n + t->len : 0;
}

size_t
msgd_task_elements(const struct msgd_task *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nparts; i++)
		n += msgd_part_elements(t, &t->parts[i]) * t->parts[i].statement->nplans;
	return n;
}

/* ---- answers ---- */

static void
answer(struct msgd_task *t, const struct msgd_leg *l)
{
	struct msgd_answer a = { t->version, l->flags, l->opcode, t->stream,
		sst_buf_slice(&l->answer) };
	struct sst_buf *b = &t->home->body;

	if (l->answer.bad) {
		sst_buf_reset(b);
		sst_response_error(b, SST_WIRE_OVERLOADED, SST_SLICE_LIT("out of memory"));
		a = (struct msgd_answer){ t->version, 0, SST_OP_ERROR, t->stream,
			sst_buf_slice(b) };
	}
	msgd_conn_answer(t->conn, &a);
	end(t);
}

void
msgd_task_answer(struct msgd_task *t, uint8_t opcode)
{
	t->leg.opcode = opcode;
	answer(t, &t->leg);
}

void
msgd_leg_refuse(struct msgd_leg *l, const struct msgd_refusal *why)
{
	l->opcode = SST_OP_ERROR;
	l->flags = 0;
	sst_buf_reset(&l->answer);
	msgd_refusal_put(&l->answer, why);
}

void
msgd_task_refuse(struct msgd_task *t, const struct msgd_refusal *why)
{
	msgd_leg_refuse(&t->leg, why);
	answer(t, &t->leg);
}

/* ---- legs ---- */

/* The answer of all: that of the first that failed, else of the first. */
void
msgd_task_back(struct msgd_task *t)
{
	size_t i;

	for (i = 0; i < t->nlegs && t->legs[i].opcode != SST_OP_ERROR; i++)
		;
	if (i == t->nlegs && t->command != MSGD_NO_COMMAND && msgd_command_end(t))
		return;
	/* the first that failed, which a command may have done just now */
	for (i = 0; i < t->nlegs && t->legs[i].opcode != SST_OP_ERROR; i++)
		;
	answer(t, &t->legs[i < t->nlegs ? i : 0]);
}

static void
back_home(struct msgd_shard *s, struct msgd_letter *letter)
{
	struct msgd_leg *l = (struct msgd_leg *)letter;

	(void)s;
	if (--l->task->out == 0)
		msgd_task_back(l->task);
}

void
msgd_leg_done(struct msgd_shard *here, struct msgd_leg *l)
{
	l->letter.open = back_home;
	if (l->task->home == here)
		back_home(here, &l->letter);
	else
		msgd_shard_send(here, l->task->home->no, &l->letter);
}

void
msgd_leg_done_with(struct msgd_shard *here, struct msgd_leg *l, struct sst_slice body)
{
	struct msgd_task *t = l->task;

	if (t->home == here && t->nlegs == 1 && body.p != l->answer.p) {
		struct msgd_answer a = { t->version, l->flags, l->opcode, t->stream, body };

		msgd_conn_answer(t->conn, &a);
		end(t);
		return;
	}
	sst_buf_reset(&l->answer);
	sst_buf_add_slice(&l->answer, body);
	msgd_leg_done(here, l);
}

static void
arrive(struct msgd_shard *here, struct msgd_letter *letter)
{
	msgd_work_run(here, (struct msgd_leg *)letter);
}

static void
send_leg(struct msgd_leg *l, unsigned to)
{
	struct msgd_shard *home = l->task->home;

	if (to == home->no) {
		msgd_work_run(home, l);
		return;
	}
	l->letter.open = arrive;
	msgd_shard_send(home, to, &l->letter);
}

void
msgd_task_send(struct msgd_task *t, unsigned to)
{
	t->out = 1;
	send_leg(&t->leg, to);
}

void
msgd_task_scatter(struct msgd_task *t, const unsigned *to, size_t n)
{
	struct msgd_leg *legs = sst_arena_array(&t->arena, n, sizeof(*legs));
	struct msgd_refusal why;

	if (legs == NULL) {
		msgd_refuse(&why, SST_WIRE_OVERLOADED, "out of memory");
		msgd_task_refuse(t, &why);
		return;
	}
	memset(legs, 0, n * sizeof(*legs));
	t->legs = legs;
	t->nlegs = n;
	t->out = (unsigned)n + 1; /* so that it does not end below */
	for (size_t i = 0; i < n; i++) {
		legs[i].task = t;
		send_leg(&legs[i], to[i]);
	}
	t->out--;
	if (t->out == 0) {
		t->out = 1;
		back_home(t->home, &legs[0].letter);
	}
}
