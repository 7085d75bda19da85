/* cmd/msgd/reading.c: rows of a SELECT into the bytes of an answer. */
#include "msgd/reading.h"

#include <stdlib.h>

#include "msgd/reach.h"
#include "msgd/selfdb.h"
#include "msgd/work.h"
#include "query/select.h"

#define STEP_ROWS 1024               /* then others have their turn */
#define ROWS_MAX ((size_t)128 << 20) /* bytes of an answer */
#define TOMBSTONES_FAIL 100000
#define KEEP ((size_t)64 << 10)

struct msgd_reading {
	struct msgd_shard *here;
	struct msgd_leg *leg;
	struct msgd_reading *next; /* of those that gave way, or of those that are spare */
	struct msgd_statement *statement;
	struct sst_select *select;
	struct sst_buf rows;
	uint32_t nrows;
};

static void
end(struct msgd_reading *r)
{
	struct msgd_shard *s = r->here;
	struct msgd_leg *l = r->leg;

	sst_select_close(r->select);
	msgd_statement_drop(r->statement);
	if (r->rows.cap > KEEP)
		sst_buf_free(&r->rows);
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
	default:
		if (e->code != SST_ENOMEM)
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
	at = sst_response_rows_begin(&r->leg->answer, r->leg->task->version, &h);
	sst_buf_add_slice(&r->leg->answer, sst_buf_slice(&r->rows));
	sst_response_rows_end(&r->leg->answer, at, r->nrows);
	sst_buf_free(&state);
	end(r);
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

	r->here->reading = r;
	for (unsigned i = 0; i < STEP_ROWS && rc == SST_ONE; i++) {
		if ((rc = sst_select_next(r->select, &v, &e)) != SST_ONE)
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

/* ---- the start ---- */

/* Its db: the system tables, this shard's part, or all shards' together. */
static struct sst_db *
db_of(struct msgd_shard *s, const struct msgd_statement *st, const struct msgd_task *t)
{
	if (st->system)
		return msgd_selfdb(s->self);
	if (s->node->nshards == 1 || t->alone)
		return s->db;
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
		.now_s = p->flags & SST_QUERY_NOW ? p->now_s : r->here->now_us / 1000000,
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
	r->select = NULL;
	r->statement = NULL;
	r->here = s;
	return r;
}

void
msgd_reading_start(struct msgd_shard *s, struct msgd_leg *l)
{
	struct msgd_reading *r = new_reading(s);
	struct msgd_refusal why = { SST_WIRE_OVERLOADED, { .code = SST_ENOMEM } };
	struct sst_err e;

	if (r == NULL) {
		msgd_leg_refuse(l, &why);
		msgd_leg_done(s, l);
		return;
	}
	r->leg = l;
	if ((r->statement = msgd_work_statement(s, &l->task->parts[0], &why)) == NULL) {
		msgd_leg_refuse(l, &why);
		end(r);
	} else if (open_select(r, &e) == -1)
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
		free(r);
	}
}
