/* cmd/msgd/reading.c: rows of a SELECT into the bytes of an answer. */
#include "msgd/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/out.h"
#include "msgd/coalesce.h"
#include "msgd/fetch.h"
#include "msgd/reach.h"
#include "msgd/selfdb.h"
#include "msgd/task.h"
#include "msgd/work.h"
#include "query/select.h"

#define STEP_ROWS 1024               /* then others have their turn */
#define ROWS_MAX ((size_t)128 << 20) /* bytes of an answer */
#define TOMBSTONES_FAIL 100000       /* as in Cassandra */
#define TOMBSTONES_WARN 1000
#define KEEP ((size_t)64 << 10)

struct msgd_reading {
	struct msgd_fetch fetch; /* first */
	struct msgd_shard *here;
	struct msgd_leg *leg;
	struct msgd_reading *next; /* of those that gave way, or of those that are spare */
	struct msgd_statement *statement;
	struct sst_select *select;
	struct msgd_shared *shared; /* NULL: nobody shares it */
	int64_t now_s;
	uint64_t generation; /* of the schema when it began */
	struct sst_read_stats stats;
	struct sst_buf rows;
	uint32_t nrows;
};

static void
end(struct msgd_reading *r)
{
	struct msgd_shard *s = r->here;
	struct msgd_leg *l = r->leg;

	sst_select_close(r->select);
	if (r->statement != NULL && r->statement->system)
		msgd_selfdb_let_go(s->self);
	msgd_statement_drop(r->statement);
	if (r->rows.cap > KEEP)
		sst_buf_free(&r->rows);
	s->nstreams--;
	s->old_streams -= r->generation != s->generation;
	msgd_coalesce_end(s, r->shared, l);
	r->next = s->spare_readings;
	s->spare_readings = r;
	msgd_leg_done(s, l);
}

static void
refuse(struct msgd_reading *r, const struct sst_err *e)
{
	struct msgd_refusal why = { SST_WIRE_SERVER_ERROR, *e };
	char text[600];

	switch (e->code) {
	case SST_ELIMIT:
		r->leg->opcode = SST_OP_ERROR;
		sst_buf_reset(&r->leg->answer);
		sst_response_read_failure(&r->leg->answer, r->leg->task->version,
		    r->leg->task->request.params.consistency,
		    sst_slice_str(sst_err_text(e, text, sizeof(text))));
		end(r);
		return;
	case SST_EINVAL:
	case SST_EUNSUPPORTED:
		why.code = SST_WIRE_INVALID;
		break;
	case SST_EVERSION: /* a paging state of nobody's */
		why.code = SST_WIRE_PROTOCOL_ERROR;
		break;
	default:
		if (e->code != SST_ENOMEM && e->code != SST_EBUSY)
			msgd_node_log_error(e);
	}
	msgd_leg_refuse(r->leg, &why);
	end(r);
}

/* Metadata that the client holds under this id need not be sent again. */
static void
put_header(struct msgd_reading *r, struct sst_slice state, struct sst_rows_header *h)
{
	const struct msgd_task *t = r->leg->task;
	const struct sst_slice id = { r->statement->result_id, MSGD_ID_LEN };

	*h = (struct sst_rows_header){ .metadata = &r->statement->result,
		.skip_metadata = (t->request.params.flags & SST_QUERY_SKIP_METADATA) != 0,
		.paging_state = state };
	if (t->version >= 5 && t->request.opcode == SST_OP_EXECUTE &&
	    !sst_slice_eq(id, t->request.result_id)) {
		h->skip_metadata = false;
		h->new_id = id;
	}
}

/* Tombstones that a client should know of, in Cassandra's words; they stand before the body. */
static void
warn(struct msgd_reading *r)
{
	uint64_t max = r->here->node->config->tombstone_warn;
	const struct msgd_statement *s = r->statement;
	char text[512];

	if (r->stats.tombstones <= (max != 0 ? max : TOMBSTONES_WARN) || r->leg->task->version < 4)
		return;
	snprintf(text, sizeof(text),
	    "Read %u live rows and %ju tombstone cells for query %.*s; token %lld (see "
	    "tombstone_warn_threshold)",
	    r->nrows, (uintmax_t)r->stats.tombstones, (int)(s->text.n > 200 ? 200 : s->text.n),
	    (const char *)s->text.p, (long long)r->leg->task->token);
	msgd_count(&r->here->counts.warnings);
	r->leg->flags |= SST_ENVELOPE_WARNING;
	sst_put_u16(&r->leg->answer, 1);
	sst_put_bytes16(&r->leg->answer, sst_slice_str(text));
}

static void
finish(struct msgd_reading *r)
{
	struct sst_buf state = { 0 };
	struct sst_rows_header h;
	struct sst_err e;
	bool more;
	size_t at;

	if (sst_select_state(r->select, &more, &state, &e) == -1) {
		sst_buf_free(&state);
		refuse(r, &e);
		return;
	}
	put_header(r, more ? sst_buf_slice(&state) : (struct sst_slice){ NULL, 0 }, &h);
	r->leg->opcode = SST_OP_RESULT;
	warn(r);
	at = sst_response_rows_begin(&r->leg->answer, r->leg->task->version, &h);
	sst_buf_add_slice(&r->leg->answer, sst_buf_slice(&r->rows));
	sst_response_rows_end(&r->leg->answer, at, r->nrows);
	sst_buf_free(&state);
	end(r);
}

static void
fetched(struct msgd_fetch *f, int result)
{
	struct msgd_reading *r = (struct msgd_reading *)f;

	if (result == -1)
		refuse(r, &f->e);
	else
		msgd_reading_go_on(r);
}

/* 0: what it waited for is there; SST_WAIT: it will be, and who has it calls; -1. */
static int
wait_for(struct msgd_reading *r, struct sst_err *e)
{
	sst_select_want(r->select, &r->fetch.want);
	if (r->fetch.want.file == NULL)
		return SST_WAIT; /* a letter */
	r->fetch.go_on = fetched;
	return msgd_fetch_begin(r->here, &r->fetch, e);
}

static void
give_way(struct msgd_reading *r)
{
	r->next = NULL;
	*r->here->ready_end = r;
	r->here->ready_end = &r->next;
}

void
msgd_reading_go_on(struct msgd_reading *r)
{
	size_t n = r->statement->result.ncolumns;
	const struct sst_slice *v;
	struct sst_err e;
	int rc = SST_ONE;

	/* A scan for somebody who is gone; what others share goes on, until all are. */
	if (r->here->disconnected ||
	    (r->shared == NULL && r->leg->task->home == r->here && r->leg->task->conn->closed)) {
		sst_fail(&e, SST_EINVAL, NULL, SST_NOWHERE, "the client is gone");
		refuse(r, &e);
		return;
	}
	r->here->reading = r;
	for (unsigned i = 0; i < STEP_ROWS && rc == SST_ONE; i++) {
		rc = sst_select_next(r->select, &v, &e);
		if (rc == SST_WAIT && (rc = wait_for(r, &e)) == 0) {
			rc = SST_ONE;
			continue;
		}
		if (rc != SST_ONE)
			break;
		for (size_t k = 0; k < n; k++)
			sst_response_value(&r->rows, v[k]);
		r->nrows++;
		if (r->rows.bad)
			rc = sst_fail_nomem(&e);
		else if (r->rows.n > ROWS_MAX)
			rc = sst_fail(&e, SST_EINVAL, NULL, SST_NOWHERE,
			    "an answer of more than %zu bytes: read it page by page", ROWS_MAX);
	}
	if (rc == SST_ONE)
		give_way(r);
	else if (rc == 0)
		finish(r);
	else if (rc == -1)
		refuse(r, &e);
	/* SST_WAIT: whoever it waits for calls again */
}

void
msgd_reading_turn(struct msgd_shard *s)
{
	struct msgd_reading *r = s->ready, *next;

	s->ready = NULL;
	s->ready_end = &s->ready;
	for (; r != NULL; r = next) {
		next = r->next;
		msgd_reading_go_on(r);
	}
}

/* ---- what it reads from ---- */

uint64_t
msgd_reading_generation(const struct msgd_reading *r)
{
	return r->statement->generation;
}

void
msgd_reading_add(struct msgd_reading *r, const struct sst_read_stats *s)
{
	r->stats.tombstones += s->tombstones;
	r->stats.sstables_read += s->sstables_read;
}

static const struct sst_table *
find_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	struct sst_db *own = ((struct msgd_localdb *)db)->shard->db;

	return own->ops->table(own, keyspace, name);
}

static int
read_rows(struct sst_db *db, const struct sst_read *read, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct msgd_shard *s = ((struct msgd_localdb *)db)->shard;

	return s->db->ops->read(s->db, read, out, stats != NULL ? stats : &s->reading->stats, e);
}

static const struct sst_db_ops local_ops = { .table = find_table, .read = read_rows };

void
msgd_localdb_init(struct msgd_localdb *l, struct msgd_shard *s)
{
	l->db.ops = &local_ops;
	l->shard = s;
}

/* ---- the start ---- */

/* Its db: the system tables, this shard's part, or all shards' together. */
static struct sst_db *
db_of(struct msgd_shard *s, const struct msgd_statement *st, const struct msgd_task *t)
{
	if (st->system)
		return msgd_selfdb(s->self);
	if (s->node->nshards == 1 || t->alone)
		return &s->local->db;
	return msgd_reach_db(s->far);
}

static int
open_select(struct msgd_reading *r, struct sst_err *e)
{
	const struct msgd_task *t = r->leg->task;
	const struct sst_query_params *p = &t->request.params;
	uint64_t fail = r->here->node->config->tombstone_fail;
	struct sst_select_opts o = { .args = t->parts[0].args,
		.page_size =
		    p->flags & SST_QUERY_PAGE_SIZE && p->page_size > 0 ? (uint64_t)p->page_size : 0,
		.paging_state = p->paging_state,
		.now_s = r->now_s,
		.at = t->at,
		.nonblocking = true,
		.tombstones_max = fail != 0 ? fail : TOMBSTONES_FAIL };

	r->here->reading = r;
	return sst_select_open(
	    &r->select, db_of(r->here, r->statement, t), r->statement->plans[0], &o, e);
}

static struct msgd_reading *
new_reading(struct msgd_shard *s)
{
	struct msgd_reading *r = s->spare_readings;

	if (r != NULL)
		s->spare_readings = r->next;
	else if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	sst_buf_reset(&r->rows);
	r->nrows = 0;
	r->stats = (struct sst_read_stats){ 0 };
	r->select = NULL;
	r->statement = NULL;
	r->here = s;
	s->nstreams++;
	r->generation = s->generation;
	return r;
}

void
msgd_reading_start(struct msgd_shard *s, struct msgd_leg *l)
{
	const struct sst_query_params *p = &l->task->request.params;
	int64_t now_s = p->flags & SST_QUERY_NOW ? p->now_s : s->now_us / 1000000;
	struct msgd_shared *shared = NULL;
	struct msgd_reading *r;
	struct msgd_refusal why = { SST_WIRE_OVERLOADED, { .code = SST_ENOMEM } };
	struct sst_err e;

	msgd_count(&s->counts.reads);
	if (l->task->single && !l->task->parts[0].statement->calls &&
	    msgd_coalesce_begin(s, l, now_s, &shared) != MSGD_RUN)
		return;
	msgd_count(&s->counts.executed);
	if ((r = new_reading(s)) == NULL) {
		msgd_leg_refuse(l, &why);
		msgd_coalesce_end(s, shared, l);
		msgd_leg_done(s, l);
		return;
	}
	r->leg = l;
	r->shared = shared;
	r->now_s = now_s;
	if ((r->statement = msgd_work_statement(s, &l->task->parts[0], &why)) == NULL) {
		msgd_leg_refuse(l, &why);
		end(r);
		return;
	}
	if (r->statement->system)
		msgd_selfdb_hold(s->self);
	if (open_select(r, &e) == -1)
		refuse(r, &e);
	else
		msgd_reading_go_on(r);
}

void
msgd_reading_free_spare(struct msgd_shard *s)
{
	struct msgd_reading *r;

	while ((r = s->spare_readings) != NULL) {
		s->spare_readings = r->next;
		sst_buf_free(&r->rows);
		msgd_fetch_clear(&r->fetch);
		free(r);
	}
}
