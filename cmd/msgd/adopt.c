/* cmd/msgd/adopt.c: the gate, and a schema taken over. */
#include "msgd/adopt.h"

#include "msgd/coalesce.h"
#include "msgd/selfdb.h"
#include "msgd/watch.h"
#include "msgd/work.h"
#include "store/define.h"

/* ---- the gate ---- */

static bool
is_behind(const struct msgd_gate *g, const struct sst_table *t)
{
	for (size_t i = 0; i < g->n; i++)
		if (memcmp(g->tables[i]->id, t->id, sizeof(t->id)) == 0)
			return true;
	return false;
}

bool
msgd_gate_holds(struct msgd_shard *s, struct msgd_leg *l)
{
	const struct msgd_task *t = l->task;
	bool held = false;

	if (s->gate == NULL)
		return false;
	for (size_t i = 0; i < t->nparts; i++)
		for (size_t k = 0; k < t->parts[i].statement->nplans; k++)
			held |= is_behind(s->gate, t->parts[i].statement->plans[k]->table);
	if (held) {
		l->next = NULL;
		*s->held_end = l;
		s->held_end = &l->next;
	}
	return held;
}

static int
flush(struct msgd_shard *s, const struct msgd_gate *g, struct sst_err *e)
{
	for (size_t i = 0; i < sst_store_ntables(s->store); i++) {
		const struct sst_table *t = sst_store_table(s->store, i);

		if (is_behind(g, t) && sst_store_flush_table(s->store, t, e) == -1)
			return -1;
	}
	return 0;
}

int
msgd_gate_close(struct msgd_shard *s, const struct msgd_gate *g, struct sst_err *e)
{
	if (g->n == 0)
		return 0;
	s->gate = g;
	return flush(s, g, e);
}

void
msgd_gate_open(struct msgd_shard *s)
{
	struct msgd_leg *l = s->held, *next;

	s->gate = NULL;
	s->held = NULL;
	s->held_end = &s->held;
	for (; l != NULL; l = next) {
		next = l->next;
		msgd_work_run(s, l);
	}
}

/* ---- the schema ---- */

int
msgd_adopt(struct msgd_shard *s, const struct sst_schema *schema, struct sst_err *e)
{
	if (sst_store_adopt(s->store, schema, e) == -1)
		return -1;
	s->generation++;
	s->old_statements += s->new_statements;
	s->new_statements = 0;
	s->old_streams = s->nstreams;
	s->retires = true;
	msgd_prepared_unplan(s);
	msgd_coalesce_forget(s->coalescer);
	if (s->sentry != NULL)
		msgd_sentry_look(s->sentry);
	return msgd_selfdb_fill(s->self, schema, &s->node->self, e);
}

int
msgd_adopt_truncated(
    struct msgd_shard *s, const struct msgd_gate *g, uint64_t upto, struct sst_err *e)
{
	for (size_t i = 0; i < sst_store_ntables(s->store); i++) {
		const struct sst_table *t = sst_store_table(s->store, i);

		if (is_behind(g, t) && sst_store_truncated(s->store, t, upto, e) == -1)
			return -1;
	}
	msgd_coalesce_forget(s->coalescer);
	msgd_gate_open(s);
	return 0;
}

void
msgd_adopt_tell(struct msgd_shard *s, const struct sst_schema_change *c)
{
	struct sst_buf event = { 0 };

	sst_response_schema_event(&event, c);
	for (struct msgd_conn *conn = s->conns; conn != NULL && !event.bad; conn = conn->next) {
		struct msgd_answer a = { conn->version, 0, SST_OP_EVENT, -1,
			sst_buf_slice(&event) };

		if (conn->wants_schema)
			msgd_conn_answer(conn, &a);
	}
	sst_buf_free(&event);
}

void
msgd_adopt_turn(struct msgd_shard *s)
{
	if (!s->retires || s->old_statements > 0 || s->old_streams > 0)
		return;
	s->retires = false;
	sst_store_retire(s->store);
}
