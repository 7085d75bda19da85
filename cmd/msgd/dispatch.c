/* cmd/msgd/dispatch.c: statements found, arguments bound, owners told. */
#include "msgd/dispatch.h"

#include "msgd/command.h"
#include "msgd/work.h"
#include "query/modify.h"

#define LOOKS_MAX 128 /* statements of a BATCH that look at lists */

/* ---- arguments ---- */

/* By position, or by name where the request gives names; a marker whose name is not given is not set. */
static int
bind(struct msgd_task *t, struct msgd_part *part, const struct sst_wire_value *v, size_t n,
    bool named, struct msgd_refusal *why)
{
	const struct msgd_statement *s = part->statement;
	struct sst_argument *args = sst_arena_array(&t->arena, s->nmarks + 1, sizeof(*args));

	if (args == NULL)
		return msgd_refuse(why, SST_WIRE_OVERLOADED, "out of memory");
	if (!named && n != s->nmarks)
		return msgd_refuse(why, SST_WIRE_INVALID,
		    "Invalid amount of bind variables: %zu given, %zu expected", n, s->nmarks);
	for (size_t i = 0; i < s->nmarks; i++) {
		size_t k = i;

		for (k = named ? 0 : i; named && k < n; k++)
			if (sst_slice_eq(v[k].name, s->bound.columns[i].name))
				break;
		args[i] = k < n ? (struct sst_argument){ v[k].value, v[k].unset }
				: (struct sst_argument){ { NULL, 0 }, true };
	}
	part->args = args;
	return 0;
}

static struct sst_slice
keyspace_of(const struct msgd_task *t)
{
	struct sst_slice given = t->request.params.keyspace;

	return given.n > 0 ? given : sst_buf_slice(&t->conn->keyspace);
}

/* The statement of a text, or the prepared one of an id. */
static int
find_statement(struct msgd_task *t, struct msgd_part *part, struct sst_slice text,
    struct sst_slice id, struct msgd_refusal *why)
{
	struct msgd_statement *s;

	if (text.p != NULL)
		return msgd_statement_make(&part->statement, t->home, text, keyspace_of(t), why);
	if ((s = msgd_prepared_find(t->home, id)) == NULL)
		return msgd_refuse(why, SST_WIRE_UNPREPARED,
		    "Prepared query with that ID not found (either the query was not prepared on "
		    "this host, or it has been forgotten)");
	part->statement = msgd_statement_hold(s);
	return 0;
}

static int
add_part(
    struct msgd_task *t, const struct sst_batch_part *from, bool named, struct msgd_refusal *why)
{
	struct msgd_part *part = &t->parts[t->nparts];

	if (find_statement(t, part, from->text, from->id, why) == -1)
		return -1;
	t->nparts++;
	return bind(t, part, from->values, from->nvalues, named, why);
}

static int
add_batch(struct msgd_task *t, struct msgd_refusal *why)
{
	const struct sst_request *r = &t->request;

	if (r->batch == SST_BATCH_COUNTER)
		return msgd_refuse(why, SST_WIRE_INVALID, "batches of counters are not supported");
	for (size_t i = 0; i < r->nparts; i++) {
		if (add_part(t, &r->parts[i], false, why) == -1)
			return -1;
		if (t->parts[i].statement->kind != MSGD_CHANGE)
			return msgd_refuse(why, SST_WIRE_INVALID,
			    "Invalid statement in batch: only UPDATE, INSERT and DELETE "
			    "statements are allowed.");
		if (t->parts[i].statement->if_new)
			return msgd_refuse(
			    why, SST_WIRE_INVALID, "IF NOT EXISTS in a BATCH is not supported");
	}
	return 0;
}

/* ---- where to ---- */

struct owners { /* shards that take part */
	bool hit[MSGD_SHARDS_MAX];
	unsigned list[MSGD_SHARDS_MAX];
	size_t n, nkeys;
	int64_t token; /* of the last key */
	bool several;  /* partitions */
};

static void
add_owner(struct owners *o, const struct msgd_task *t, struct sst_slice key)
{
	int64_t token = sst_token(key);
	unsigned no;

	o->several |= o->nkeys > 0 && token != o->token;
	o->token = token;
	o->nkeys++;
	no = sst_shard(o->token, t->home->node->nshards);
	if (!o->hit[no]) {
		o->hit[no] = true;
		o->list[o->n++] = no;
	}
}

static int
add_owners(struct owners *o, struct msgd_task *t, const struct sst_plan *plan, size_t part,
    struct msgd_refusal *why)
{
	struct sst_bind bind = { t->parts[part].args, plan->marks.n, &t->home->scratch,
		msgd_task_instant(t, part) };
	struct sst_slice *keys;
	size_t n;

	sst_arena_reset(&t->home->scratch);
	if (sst_where_keys(&plan->where, &bind, &keys, &n, &why->e) == -1) {
		why->code = SST_WIRE_INVALID;
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		add_owner(o, t, keys[i]);
	return 0;
}

/* Changes of several shards have the same times; else the owner gives them, so that its writes are in
 * order. */
static void
give_times(struct msgd_task *t)
{
	const struct sst_query_params *p = &t->request.params;

	t->ts_us = p->flags & SST_QUERY_TIMESTAMP ? p->ts_us : msgd_shard_write_time(t->home);
	t->now_s = p->flags & SST_QUERY_NOW ? p->now_s : t->home->now_us / 1000000;
	t->element_time = msgd_shard_element_time(t->home, msgd_task_elements(t));
}

/* Who looks at lists before all is changed must be the one who changes it, and not be long about it. */
static int
check_looks(const struct owners *o, size_t looks, struct msgd_refusal *why)
{
	if (looks > 0 && o->several)
		return msgd_refuse(why, SST_WIRE_INVALID,
		    "looking at lists in several partitions at once is not supported");
	return looks <= LOOKS_MAX
	    ? 0
	    : msgd_refuse(why, SST_WIRE_INVALID,
		  "more than %d statements of a BATCH that look at lists", LOOKS_MAX);
}

static int
find_owners(struct msgd_task *t, struct owners *o, struct msgd_refusal *why)
{
	size_t looks = 0;

	for (size_t i = 0; i < t->nparts; i++)
		looks += t->parts[i].statement->looks;
	for (size_t i = 0; i < t->nparts && (looks > 0 || t->home->node->nshards > 1); i++) {
		const struct msgd_statement *s = t->parts[i].statement;

		for (size_t k = 0; k < s->nplans; k++)
			if (add_owners(o, t, s->plans[k], i, why) == -1)
				return -1;
	}
	return check_looks(o, looks, why);
}

static void
send_change(struct msgd_task *t)
{
	struct owners o = { .n = 0 };
	struct msgd_refusal why;

	if (find_owners(t, &o, &why) == -1) {
		msgd_task_refuse(t, &why);
		return;
	}
	if (o.n <= 1) {
		msgd_task_send(t, o.n == 1 ? o.list[0] : t->home->no);
		return;
	}
	give_times(t);
	msgd_task_scatter(t, o.list, o.n);
}

/* One partition is read by its owner; of several their rows come here (reach.h). */
static void
send_select(struct msgd_task *t)
{
	const struct msgd_statement *s = t->parts[0].statement;
	struct owners o = { .n = 0 };
	struct msgd_refusal why;

	if (s->plans[0]->where.by_key && !s->system &&
	    add_owners(&o, t, s->plans[0], 0, &why) == -1) {
		msgd_task_refuse(t, &why);
		return;
	}
	t->single = o.nkeys == 1;
	t->token = o.token;
	t->alone = s->plans[0]->where.by_key && o.n <= 1;
	msgd_task_send(t, o.n == 1 ? o.list[0] : t->home->no);
}

static void
use(struct msgd_task *t)
{
	struct sst_buf *k = &t->conn->keyspace;

	sst_buf_reset(k);
	sst_buf_add_slice(k, t->parts[0].statement->use);
	sst_response_set_keyspace(&t->leg.answer, t->parts[0].statement->use);
	msgd_task_answer(t, SST_OP_RESULT);
}

/* Functions give the same wherever they are called: to find the owner, and there. */
static void
give_instant(struct msgd_task *t)
{
	bool calls = false;

	for (size_t i = 0; i < t->nparts; i++)
		calls |= t->parts[i].statement->calls;
	t->at = (struct sst_instant){ 0, t->home->element_node };
	if (calls)
		t->at.time = msgd_shard_element_time(t->home, t->nparts * SST_CALLS_MAX);
}

static void
send_on(struct msgd_task *t)
{
	enum msgd_statement_kind kind = t->nparts > 0 ? t->parts[0].statement->kind : MSGD_CHANGE;

	give_instant(t);
	if (kind == MSGD_SELECT)
		send_select(t);
	else if (kind == MSGD_CHANGE)
		send_change(t);
	else if (kind == MSGD_USE)
		use(t);
	else
		msgd_task_send(t, 0);
}

/* Every shard prepares it; ours comes first, and its answer is the one that is given. */
static void
prepare(struct msgd_task *t)
{
	unsigned n = t->home->node->nshards, to[MSGD_SHARDS_MAX];
	size_t k = 0;

	to[k++] = t->home->no;
	for (unsigned i = 0; i < n; i++)
		if (i != t->home->no)
			to[k++] = i;
	t->keyspace = sst_arena_slice(&t->arena, keyspace_of(t));
	msgd_task_scatter(t, to, n);
}

void
msgd_dispatch(struct msgd_task *t)
{
	const struct sst_request *r = &t->request;
	struct sst_batch_part one = { r->text, r->id, r->params.nvalues, r->params.values };
	size_t n = r->opcode == SST_OP_BATCH ? r->nparts : 1;
	struct msgd_refusal why;
	int rc;

	if (msgd_command_start(t))
		return;
	if (r->opcode == SST_OP_PREPARE) {
		prepare(t);
		return;
	}
	if ((t->parts = sst_arena_array(&t->arena, n + 1, sizeof(*t->parts))) == NULL)
		rc = msgd_refuse(&why, SST_WIRE_OVERLOADED, "out of memory");
	else if (r->opcode == SST_OP_BATCH)
		rc = add_batch(t, &why);
	else
		rc = add_part(t, &one, (r->params.flags & SST_QUERY_NAMES) != 0, &why);
	if (rc == 0)
		send_on(t);
	else if (why.code == SST_WIRE_UNPREPARED) {
		struct sst_slice id = r->opcode == SST_OP_BATCH ? r->parts[t->nparts].id : r->id;

		sst_response_unprepared(&t->leg.answer, id, sst_slice_str(why.e.what));
		msgd_task_answer(t, SST_OP_ERROR);
	} else
		msgd_task_refuse(t, &why);
}
