/* cmd/msgd/define.c: the steps of a definition. */
#include "msgd/define.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "msgd/adopt.h"
#include "msgd/child.h"
#include "msgd/round.h"
#include "query/ddl.h"
#include "store/datadir.h"
#include "store/define.h"

struct version { /* of the schema */
	struct sst_arena arena;
	struct sst_schema schema;
};

struct msgd_definer {
	struct msgd_node *node;
	struct version *now;

	struct msgd_leg *first, **last; /* that wait; the first one is being worked on */
	bool busy, beginning, truncates;
	struct sst_slice text;
	struct version *next; /* DDL */
	struct sst_ddl ddl;
	const struct sst_table *table; /* TRUNCATE: shard 0's */
	struct msgd_gate gate;
	struct msgd_round round;
	struct msgd_job job;
	uint64_t upto;
	int result;
	struct sst_err e;
};

static void
free_version(struct version *v)
{
	if (v == NULL)
		return;
	sst_arena_free(&v->arena);
	free(v);
}

int
msgd_definer_new(struct msgd_definer **out, struct msgd_node *n, struct sst_err *e)
{
	struct msgd_definer *d = *out = calloc(1, sizeof(*d));

	if (d == NULL || (d->now = calloc(1, sizeof(*d->now))) == NULL)
		return sst_fail_nomem(e);
	d->node = n;
	d->last = &d->first;
	return sst_store_schema(&d->now->schema, &d->now->arena, &sst_io_posix, n->config->dir, e);
}

void
msgd_definer_free(struct msgd_definer *d)
{
	if (d == NULL)
		return;
	free_version(d->now);
	free_version(d->next);
	free(d);
}

const struct sst_schema *
msgd_definer_schema(const struct msgd_definer *d)
{
	return &d->now->schema;
}

/* ---- the end ---- */

static void begin_next(struct msgd_definer *);

/* The first leg is answered; the next one begins. */
static void
end(struct msgd_definer *d)
{
	struct msgd_leg *l = d->first;

	if ((d->first = l->next) == NULL)
		d->last = &d->first;
	free_version(d->next);
	d->next = NULL;
	d->busy = false;
	msgd_leg_done(&d->node->shards[0], l);
	begin_next(d);
}

static void
refuse(struct msgd_definer *d, enum sst_wire_error code, const struct sst_err *e)
{
	struct msgd_refusal why = { code, *e };

	if (code == SST_WIRE_ALREADY_EXISTS) {
		d->first->opcode = SST_OP_ERROR;
		sst_response_already_exists(
		    &d->first->answer, d->ddl.keyspace, d->ddl.name, sst_slice_str(e->what));
	} else
		msgd_leg_refuse(d->first, &why);
	end(d);
}

static void
answer(struct msgd_definer *d)
{
	struct sst_schema_change c = { d->ddl.change, d->ddl.target, d->ddl.keyspace, d->ddl.name };

	d->first->opcode = SST_OP_RESULT;
	if (d->truncates || c.change == NULL)
		sst_response_void(&d->first->answer);
	else
		sst_response_schema_change(&d->first->answer, &c);
}

/* ---- adopt ---- */

static int
adopt_at(struct msgd_shard *s, struct msgd_round *r, struct sst_err *e)
{
	struct msgd_definer *d = r->arg;
	struct sst_schema_change c = { d->ddl.change, d->ddl.target, d->ddl.keyspace, d->ddl.name };

	if (d->truncates)
		return msgd_adopt_truncated(s, &d->gate, d->upto, e);
	if (msgd_adopt(s, &d->next->schema, e) == -1)
		return -1;
	msgd_adopt_tell(s, &c);
	msgd_gate_open(s);
	return 0;
}

static void
adopted(struct msgd_round *r, int result)
{
	struct msgd_definer *d = r->arg;
	struct version *was = d->now;

	if (result == -1) { /* the disk has what a shard has not */
		msgd_node_log_error(&r->e);
		msgd_node_log("the schema on disk is not that in memory: it ends");
		atomic_fetch_add(&d->node->failed, 1);
		refuse(d, SST_WIRE_SERVER_ERROR, &r->e);
		return;
	}
	answer(d);
	if (!d->truncates) {
		d->now = d->next;
		d->next = was;
	}
	end(d);
}

/* ---- the disk ---- */

static bool
empties(const struct msgd_definer *d)
{
	return d->truncates || d->next->schema.ntables < d->now->schema.ntables;
}

static void
change_disk(struct msgd_job *job)
{
	struct msgd_definer *d =
	    (struct msgd_definer *)((uint8_t *)job - offsetof(struct msgd_definer, job));
	struct sst_define_opts o = { .now_us = sst_now_us() };
	const char *dir = d->node->config->dir;

	/* All writes wait for this, and it for a compaction of that table: for hours, if it is left to end. */
	if (empties(d)) {
		atomic_store(&d->node->emptying, true);
		kill(getpid(), MSGD_CHILD_LOOK);
	}
	if (d->truncates)
		d->result = sst_store_truncate(&sst_io_posix, dir, d->table, &o, &d->upto, &d->e);
	else
		d->result = sst_store_define(
		    &sst_io_posix, dir, &d->now->schema, &d->next->schema, &o, &d->e);
	atomic_store(&d->node->emptying, false);
}

static int
open_gate_at(struct msgd_shard *s, struct msgd_round *r, struct sst_err *e)
{
	(void)r;
	(void)e;
	msgd_gate_open(s);
	return 0;
}

static void
given_up(struct msgd_round *r, int result)
{
	struct msgd_definer *d = r->arg;

	(void)result;
	refuse(d, d->truncates ? SST_WIRE_TRUNCATE_ERROR : SST_WIRE_SERVER_ERROR, &d->e);
}

static void
next_round(struct msgd_definer *d,
    int (*visit)(struct msgd_shard *, struct msgd_round *, struct sst_err *),
    void (*back)(struct msgd_round *, int))
{
	d->round.visit = visit;
	d->round.back = back;
	d->round.arg = d;
	msgd_round_begin(&d->round, &d->node->shards[0]);
}

/* The disk is as it was: writes go on. */
static void
give_up(struct msgd_definer *d)
{
	msgd_node_log_error(&d->e);
	if (d->e.doubt) /* nobody knows what is on disk before a restart */
		atomic_fetch_add(&d->node->failed, 1);
	next_round(d, open_gate_at, given_up);
}

static void
disk_changed(struct msgd_shard *s, struct msgd_job *job)
{
	struct msgd_definer *d =
	    (struct msgd_definer *)((uint8_t *)job - offsetof(struct msgd_definer, job));

	(void)s;
	if (d->result == -1)
		give_up(d);
	else
		next_round(d, adopt_at, adopted);
}

/* ---- the gate ---- */

static int
gate_at(struct msgd_shard *s, struct msgd_round *r, struct sst_err *e)
{
	return msgd_gate_close(s, &((struct msgd_definer *)r->arg)->gate, e);
}

static void
gated(struct msgd_round *r, int result)
{
	struct msgd_definer *d = r->arg;

	if (result == -1) {
		d->e = r->e;
		give_up(d);
		return;
	}
	d->job.work = change_disk;
	d->job.done = disk_changed;
	msgd_crew_give(&d->node->definers, &d->node->shards[0], &d->job);
}

/* ---- the beginning ---- */

/* -1: it is answered. */
static int
plan_definition(struct msgd_definer *d, const struct msgd_statement *st)
{
	struct sst_ddl_opts o = { .keyspace = st->keyspace, .now_us = sst_now_us() };
	enum sst_wire_error code;

	if ((d->next = calloc(1, sizeof(*d->next))) == NULL) {
		sst_fail_nomem(&d->e);
		refuse(d, SST_WIRE_OVERLOADED, &d->e);
		return -1;
	}
	if (sst_datadir_uuid(o.table_id, &d->e) == -1 ||
	    sst_ddl_make(&d->ddl, &d->next->arena, &d->now->schema, st->text, &o, &d->e) == -1) {
		code = d->e.code == SST_EINVAL || d->e.code == SST_EUNSUPPORTED
		    ? (enum sst_wire_error)d->ddl.refusal
		    : SST_WIRE_SERVER_ERROR;
		refuse(d, code, &d->e);
		return -1;
	}
	if (d->ddl.change == NULL) {
		answer(d);
		end(d);
		return -1;
	}
	d->next->schema = d->ddl.schema;
	d->gate = (struct msgd_gate){ d->ddl.tables, d->ddl.ntables };
	return 0;
}

static int
plan_truncate(struct msgd_definer *d, const struct msgd_statement *st)
{
	struct sst_db *db = d->node->shards[0].db;

	d->table = db->ops->table(db, st->truncated.keyspace, st->truncated.name);
	d->gate = (struct msgd_gate){ &d->table, 1 };
	if (d->table != NULL)
		return 0;
	sst_fail(&d->e, SST_EINVAL, NULL, SST_NOWHERE, "table %.*s does not exist",
	    (int)st->truncated.name.n, (const char *)st->truncated.name.p);
	refuse(d, SST_WIRE_INVALID, &d->e);
	return -1;
}

static void
begin(struct msgd_definer *d)
{
	const struct msgd_statement *st = d->first->task->parts[0].statement;
	struct sst_err e;

	d->busy = true;
	d->truncates = st->kind == MSGD_TRUNCATE;
	d->ddl = (struct sst_ddl){ 0 };
	if (d->node->shards[0].disconnected) {
		sst_fail(&e, SST_EBUSY, NULL, SST_NOWHERE, "msgd ends");
		refuse(d, SST_WIRE_SERVER_ERROR, &e);
	} else if ((d->truncates ? plan_truncate(d, st) : plan_definition(d, st)) == 0)
		next_round(d, gate_at, gated);
}

/* As many as are answered at once, one after the other: not each by the one before, however many wait. */
static void
begin_next(struct msgd_definer *d)
{
	if (d->beginning)
		return;
	d->beginning = true;
	while (!d->busy && d->first != NULL)
		begin(d);
	d->beginning = false;
}

void
msgd_define(struct msgd_shard *s, struct msgd_leg *l)
{
	struct msgd_definer *d = s->node->definer;

	l->next = NULL;
	*d->last = l;
	d->last = &l->next;
	begin_next(d);
}
