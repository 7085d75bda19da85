/* cmd/msgd/work.c: changes are applied and answered when the log says so; statements prepared. */
#include "msgd/work.h"

#include <errno.h>
#include <string.h>

#include "msgd/adopt.h"
#include "msgd/coalesce.h"
#include "msgd/command.h"
#include "msgd/define.h"
#include "msgd/reading.h"
#include "msgd/settle.h"
#include "query/cas.h"
#include "query/lists.h"
#include "row/join.h"
#include "store/store.h"

struct msgd_statement *
msgd_work_statement(struct msgd_shard *here, const struct msgd_part *part, struct msgd_refusal *why)
{
	struct msgd_statement *theirs = part->statement, *s;

	if (theirs->shard == here && theirs->generation == here->generation)
		return msgd_statement_hold(theirs);
	s = msgd_prepared_find(here, (struct sst_slice){ theirs->id, MSGD_ID_LEN });
	if (s != NULL && sst_slice_eq(s->text, theirs->text) &&
	    sst_slice_eq(s->keyspace, theirs->keyspace))
		return msgd_statement_hold(s);
	msgd_statement_make(&s, here, theirs->text, theirs->keyspace, why);
	return s;
}

/* ---- changes ---- */

static bool
is_ours(const struct msgd_shard *here, int64_t token)
{
	return here->left == here->right || (here->left < token && token <= here->right);
}

static int
apply(struct msgd_shard *here, struct msgd_leg *l, const struct sst_update *u, size_t n,
    struct sst_err *e)
{
	struct sst_logpos pos;

	for (size_t i = 0; i < n; i++) {
		/* Before it, as one that fails may have been taken in by half. */
		msgd_coalesce_written(here->coalescer, u[i].part.token);
		if (here->db->ops->apply(here->db, &u[i], &pos, e) == -1)
			return -1;
		msgd_count(&here->counts.writes);
		l->pos = here->applied = pos;
	}
	return 0;
}

/* Until somebody makes room; unless what is on the disk is not known any more. */
static bool
is_full(const struct sst_err *e)
{
	return !e->doubt && (e->sys == ENOSPC || e->sys == EDQUOT);
}

/* The code that a failure of the store has for clients; it took nothing in. */
static enum sst_wire_error
write_error(const struct sst_err *e)
{
	switch (e->code) {
	case SST_EINVAL:
	case SST_ELIMIT:
	case SST_EUNSUPPORTED:
		return SST_WIRE_INVALID;
	case SST_ENOMEM:
	case SST_EBUSY: /* the log waits for the disk, and is full meanwhile */
		return SST_WIRE_OVERLOADED;
	case SST_ESYS:
		return is_full(e) ? SST_WIRE_OVERLOADED : SST_WIRE_SERVER_ERROR;
	default:
		return SST_WIRE_SERVER_ERROR;
	}
}

static bool
is_applied(const struct msgd_leg *l)
{
	return l->pos.segment + l->pos.offset > 0;
}

/* Overloaded is for what was not taken in at all. */
static enum sst_wire_error
change_error(const struct msgd_leg *l, const struct sst_err *e)
{
	enum sst_wire_error code = write_error(e);

	return is_applied(l) && code == SST_WIRE_OVERLOADED ? SST_WIRE_SERVER_ERROR : code;
}

struct made { /* what the statements of a request come to at this shard; lives in its scratch */
	struct msgd_statement **held; /* whose plans the updates borrow from */
	size_t nheld;
	struct sst_update *u;
	size_t n, cap;
};

static int
add_ours(struct msgd_shard *here, struct made *m, const struct sst_update *u, size_t n,
    struct sst_err *e)
{
	struct sst_update *more;
	size_t cap = (m->n + n) * 2;

	if (m->n + n > m->cap) {
		if ((more = sst_arena_array(&here->scratch, cap, sizeof(*more))) == NULL)
			return sst_fail_nomem(e);
		if (m->n > 0)
			memcpy(more, m->u, m->n * sizeof(*more));
		m->u = more;
		m->cap = cap;
	}
	for (size_t i = 0; i < n; i++)
		if (is_ours(here, u[i].part.token))
			m->u[m->n++] = u[i];
	return 0;
}

/* The lists that a plan looks at, before any statement of the request is applied.  Waits for the disk here:
 * nothing may be written to the partition between it and the change. */
static int
look(struct msgd_shard *here, const struct sst_plan *plan, struct sst_modify_opts *o,
    struct sst_err *e)
{
	uint64_t fail = here->node->config->tombstone_fail;
	struct sst_lists_opts look = {
		.args = o->args, .now_s = o->now_s, .at = o->at, .tombstones_max = fail
	};
	struct sst_lists *lists = NULL;

	if (plan->looks && sst_lists_read(&lists, here->db, plan, &look, &here->scratch, e) == -1)
		return -1;
	o->lists = lists;
	return 0;
}

static int
make_part(struct msgd_shard *here, const struct msgd_task *t, size_t i_part,
    struct sst_modify_opts *o, struct made *m, struct msgd_refusal *why)
{
	const struct msgd_part *part = &t->parts[i_part];
	struct msgd_statement *s = msgd_work_statement(here, part, why);
	struct sst_update *u;
	size_t n;

	if (s == NULL)
		return -1;
	m->held[m->nheld++] = s;
	o->args = part->args;
	o->at = msgd_task_instant(t, i_part);
	for (size_t i = 0; i < s->nplans; i++) {
		if (look(here, s->plans[i], o, &why->e) == -1 ||
		    sst_modify_make(&u, &n, s->plans[i], o, &here->scratch, &why->e) == -1 ||
		    add_ours(here, m, u, n, &why->e) == -1) {
			why->code = write_error(&why->e);
			return -1;
		}
		o->element_time += msgd_part_elements(t, part);
	}
	return 0;
}

static int
make_parts(struct msgd_shard *here, const struct msgd_task *t, struct sst_modify_opts *o,
    struct made *m, struct msgd_refusal *why)
{
	sst_arena_reset(&here->scratch);
	if ((m->held = sst_arena_array(&here->scratch, t->nparts + 1, sizeof(*m->held))) == NULL) {
		sst_fail_nomem(&why->e);
		why->code = SST_WIRE_OVERLOADED;
		return -1;
	}
	for (size_t i = 0; i < t->nparts; i++)
		if (make_part(here, t, i, o, m, why) == -1)
			return -1;
	return 0;
}

/* All are made before any is applied: of a request that is refused nothing is there, and of what it
 * changes in a partition a crash leaves all or nothing. */
static int
change_parts(struct msgd_shard *here, struct msgd_leg *l, struct sst_modify_opts *o,
    struct msgd_refusal *why)
{
	struct made m = { 0 };
	int r = make_parts(here, l->task, o, &m, why);

	if (r == 0 &&
	    ((r = sst_update_join(m.u, &m.n, &here->scratch, &why->e)) == -1 ||
		(r = apply(here, l, m.u, m.n, &why->e)) == -1))
		why->code = change_error(l, &why->e);
	while (m.nheld > 0)
		msgd_statement_drop(m.held[--m.nheld]);
	return r;
}

/* ---- INSERT … IF NOT EXISTS ---- */

/* Its answer: one row. */
static int
put_applied(struct msgd_shard *here, struct msgd_leg *l, const struct sst_plan *plan,
    const struct sst_slice *values, size_t n, struct sst_err *e)
{
	struct sst_result_column *c = sst_arena_array(&here->scratch, n, sizeof(*c));
	struct sst_result_metadata m = { plan->table->keyspace, plan->table->name, n, c };
	struct sst_rows_header h = { .metadata = &m };
	size_t at;

	if (c == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < n; i++)
		c[i] = (struct sst_result_column){ plan->applied[i].name, plan->applied[i].type };
	at = sst_response_rows_begin(&l->answer, l->task->version, &h);
	for (size_t i = 0; i < n; i++)
		sst_response_value(&l->answer, values[i]);
	sst_response_rows_end(&l->answer, at, 1);
	return 0;
}

/* The read waits for the disk here: nothing may be written to the partition between it and the change. */
static int
insert_if_new(struct msgd_shard *here, struct msgd_leg *l, const struct sst_plan *plan,
    struct sst_modify_opts *o, struct sst_err *e)
{
	struct sst_select_opts look = { .args = o->args, .now_s = o->now_s, .at = o->at };
	const struct sst_slice *values;
	struct sst_cas *c;
	struct sst_update *u;
	size_t n, nu;
	int r;

	if (sst_cas_open(&c, here->db, plan, &look, e) == -1)
		return -1;
	r = sst_cas_next(c, &values, &n, e);
	sst_arena_reset(&here->scratch);
	if (r == 0) { /* with a time of ours, later than that of what may have been deleted */
		o->ts_us = msgd_shard_write_time(here);
		r = sst_modify_make(&u, &nu, plan, o, &here->scratch, e);
		if (r == 0)
			r = apply(here, l, u, nu, e);
	}
	if (r != -1)
		r = put_applied(here, l, plan, values, n, e);
	sst_cas_close(c);
	return r;
}

static void
change_if_new(struct msgd_shard *here, struct msgd_leg *l, struct sst_modify_opts *o)
{
	struct msgd_refusal why;
	struct msgd_statement *s = msgd_work_statement(here, &l->task->parts[0], &why);
	int r = -1;

	l->opcode = SST_OP_RESULT;
	o->args = l->task->parts[0].args;
	o->at = msgd_task_instant(l->task, 0);
	if (s != NULL && (r = insert_if_new(here, l, s->plans[0], o, &why.e)) == -1)
		why.code = change_error(l, &why.e);
	msgd_statement_drop(s);
	if (r == -1)
		msgd_leg_refuse(l, &why);
	/* Nobody is told of a row that a crash could still take back: the answer waits for what it saw. */
	if (r != -1 && !is_applied(l) && here->unsynced != NULL)
		l->pos = here->applied;
	if (r == -1 || !is_applied(l))
		msgd_leg_done(here, l);
	else
		msgd_settle_wait(here, l);
}

static void
change(struct msgd_shard *here, struct msgd_leg *l)
{
	struct msgd_task *t = l->task;
	const struct sst_query_params *p = &t->request.params;
	struct sst_modify_opts o = { .ts_us = t->ts_us,
		.now_s = t->now_s,
		.element_time = t->element_time,
		.node = here->element_node };
	struct msgd_refusal why;

	if (t->ts_us == SST_NO_TS) { /* it is for this shard alone */
		o.ts_us = p->flags & SST_QUERY_TIMESTAMP ? p->ts_us : msgd_shard_write_time(here);
		o.now_s = p->flags & SST_QUERY_NOW ? p->now_s : here->now_us / 1000000;
		o.element_time = msgd_shard_element_time(here, msgd_task_elements(t));
	}
	l->pos = (struct sst_logpos){ 0, 0 };
	if (t->nparts == 1 && t->parts[0].statement->if_new) {
		change_if_new(here, l, &o);
		return;
	}
	if (change_parts(here, l, &o, &why) == -1) {
		msgd_leg_refuse(l, &why);
		msgd_leg_done(here, l);
		return;
	}
	l->opcode = SST_OP_RESULT;
	sst_response_void(&l->answer);
	msgd_settle_wait(here, l);
}

/* ---- prepared statements ---- */

static void
prepare(struct msgd_shard *here, struct msgd_leg *l)
{
	struct msgd_task *t = l->task;
	struct msgd_refusal why;
	struct msgd_statement *s = msgd_prepared_get(here, t->request.text, t->keyspace, &why);
	struct sst_prepared_reply reply;

	l->opcode = SST_OP_RESULT;
	if (s == NULL)
		msgd_leg_refuse(l, &why);
	else if (t->home == here) {
		reply = (struct sst_prepared_reply){ .id = { s->id, MSGD_ID_LEN },
			.result_id = { s->result_id, MSGD_ID_LEN },
			.bound = &s->bound,
			.result = &s->result };
		if (s->nplans == 1) {
			reply.npk = s->plans[0]->npk;
			reply.pk = s->plans[0]->pk;
		}
		sst_response_prepared(&l->answer, t->version, &reply);
	}
	msgd_leg_done(here, l);
}

void
msgd_work_run(struct msgd_shard *here, struct msgd_leg *l)
{
	const struct msgd_task *t = l->task;

	if (t->command != MSGD_NO_COMMAND)
		msgd_command_run(here, l);
	else if (t->request.opcode == SST_OP_PREPARE)
		prepare(here, l);
	else if (t->nparts == 1 && t->parts[0].statement->kind == MSGD_SELECT)
		msgd_reading_start(here, l);
	else if (t->nparts == 1 && t->parts[0].statement->kind >= MSGD_DEFINE)
		msgd_define(here, l);
	else if (msgd_gate_holds(here, l))
		return;
	else
		change(here, l);
}
