/* cmd/msgd/command.c: flushes, snapshots, extents. */
#include "msgd/command.h"

#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "codec/in.h"
#include "live/snapshot.h"
#include "msgd/crew.h"
#include "msgd/flusher.h"
#include "schema/ident.h"
#include "store/store.h"

struct snapshot {            /* in the task's arena */
	struct msgd_job job; /* first */
	struct msgd_task *task;
	const char *name;
	size_t nfolders;
	const char **folders;
	int result;
	struct sst_err e;
};

/* ---- words ---- */

/* The operand of a command of that name; p == NULL: it is another one. */
static struct sst_slice
operand(struct sst_slice text, const char *name)
{
	size_t n = strlen(name);

	while (text.n > 0 && strchr(" \t\n;", text.p[text.n - 1]) != NULL)
		text.n--;
	if (text.n < n || strncasecmp((const char *)text.p, name, n) != 0 ||
	    (text.n > n && text.p[n] != ' '))
		return (struct sst_slice){ NULL, 0 };
	for (text.p += n, text.n -= n; text.n > 0 && *text.p == ' '; text.p++)
		text.n--;
	return text;
}

bool
msgd_command_start(struct msgd_task *t)
{
	static const struct {
		const char *name;
		enum msgd_command command;
		bool operand;
	} all[] = { { "FLUSH", MSGD_FLUSH, false }, { "SNAPSHOT", MSGD_SNAPSHOT, true },
		{ "EXTENT", MSGD_EXTENT, true } };
	unsigned to[MSGD_SHARDS_MAX], i;

	if (!t->conn->local || t->request.opcode != SST_OP_QUERY)
		return false;
	for (i = 0; i < 3; i++) {
		t->operand = operand(t->request.text, all[i].name);
		if (t->operand.p != NULL && (t->operand.n > 0) == all[i].operand)
			break;
	}
	if (i == 3)
		return false;
	t->command = all[i].command;
	for (i = 0; i < t->home->node->nshards; i++)
		to[i] = i;
	msgd_task_scatter(t, to, t->home->node->nshards);
	return true;
}

static void
refuse(struct msgd_leg *l, const struct sst_err *e)
{
	struct msgd_refusal why = { .code = SST_WIRE_SERVER_ERROR };

	if (e->code == SST_EINVAL)
		why.code = SST_WIRE_INVALID;
	why.e = *e;
	msgd_leg_refuse(l, &why);
}

/* ---- EXTENT ---- */

/* Whether "keyspace.table" is this one. */
static bool
is_named(const struct sst_table *t, struct sst_slice name)
{
	struct sst_buf b = { 0 };
	bool same;

	sst_ident_put(&b, t->keyspace);
	sst_buf_addc(&b, '.');
	sst_ident_put(&b, t->name);
	same = !b.bad && sst_slice_eq(sst_buf_slice(&b), name);
	sst_buf_free(&b);
	return same;
}

static const struct sst_table *
find_table(const struct msgd_shard *s, struct sst_slice name)
{
	size_t i, n = sst_store_ntables(s->store);

	for (i = 0; i < n; i++)
		if (is_named(sst_store_table(s->store, i), name))
			return sst_store_table(s->store, i);
	return NULL;
}

/* Of this shard's rows; no bytes when it has none. */
static void
run_extent(struct msgd_shard *here, struct msgd_leg *l)
{
	const struct sst_table *table = find_table(here, l->task->operand);
	struct sst_slice first, last;
	struct msgd_refusal why;
	struct sst_err e;
	int r;

	if (table == NULL || table->nck == 0) {
		msgd_refuse(&why, SST_WIRE_INVALID, "no table with clustering columns: %.*s",
		    (int)l->task->operand.n, (const char *)l->task->operand.p);
		msgd_leg_refuse(l, &why);
		return;
	}
	r = here->db->ops->extent(here->db, table, &first, &last, &e);
	if (r == -1) {
		refuse(l, &e);
	} else if (r == SST_ONE) {
		sst_response_value(&l->answer, first);
		sst_response_value(&l->answer, last);
	}
}

static struct sst_slice
get_value(struct sst_in *in)
{
	uint32_t n = sst_get_u32(in);

	return n > INT32_MAX ? (struct sst_slice){ NULL, 0 } : sst_get_bytes(in, n);
}

/* What all shards' extents span; unknown (null) when one of them is. */
static bool
span(const struct msgd_task *t, const struct sst_type *type, struct sst_slice all[2])
{
	struct sst_slice one[2];
	bool some = false, unknown = false;
	size_t i;

	for (i = 0; i < t->nlegs; i++) {
		struct sst_in in = sst_in_new(sst_buf_slice(&t->legs[i].answer), 0);

		if (t->legs[i].answer.n == 0)
			continue;
		one[0] = get_value(&in);
		one[1] = get_value(&in);
		unknown |= one[0].p == NULL || one[1].p == NULL;
		if (unknown)
			continue;
		if (!some || sst_type_compare(type, one[0], all[0]) < 0)
			all[0] = one[0];
		if (!some || sst_type_compare(type, one[1], all[1]) > 0)
			all[1] = one[1];
		some = true;
	}
	if (unknown)
		all[0] = all[1] = (struct sst_slice){ NULL, 0 };
	return some || unknown;
}

static void
end_extent(struct msgd_task *t)
{
	static const struct sst_type blob = { .kind = SST_BLOB, .fixed_len = -1 };
	static const struct sst_result_column columns[] = { { SST_SLICE_LIT("first"), &blob },
		{ SST_SLICE_LIT("last"), &blob } };
	static const struct sst_result_metadata metadata = { SST_SLICE_LIT("msgd"),
		SST_SLICE_LIT("extent"), 2, columns };
	const struct sst_rows_header h = { .metadata = &metadata };
	const struct sst_table *table = find_table(t->home, t->operand);
	struct sst_slice all[2] = { { NULL, 0 }, { NULL, 0 } };
	struct sst_buf b = { 0 };
	struct sst_err e;
	bool any;
	size_t at;

	if (table == NULL) { /* dropped in between */
		sst_fail(&e, SST_EINVAL, NULL, SST_NOWHERE, "the table was dropped");
		refuse(&t->legs[0], &e);
		return;
	}
	any = span(t, table->ck[0].type, all);
	at = sst_response_rows_begin(&b, t->version, &h);
	if (any) {
		sst_response_value(&b, all[0]);
		sst_response_value(&b, all[1]);
	}
	sst_response_rows_end(&b, at, any);
	sst_buf_free(&t->legs[0].answer);
	t->legs[0].answer = b;
}

/* ---- SNAPSHOT ---- */

/* Of all tables, or of none: a name that is taken in one is refused. */
static void
take_snapshots(struct msgd_job *job)
{
	struct snapshot *s = (struct snapshot *)job;
	int64_t now_us = sst_now_us();
	struct sst_err ignored;
	size_t i;
	int x;

	s->result = -1;
	for (i = 0; i < s->nfolders; i++) {
		x = sst_snapshot_exists(&sst_io_posix, s->folders[i], s->name, &s->e);
		if (x == 1)
			sst_fail(&s->e, SST_EINVAL, s->folders[i], SST_NOWHERE,
			    "there is a snapshot %s already", s->name);
		if (x != 0)
			return;
	}
	for (i = 0; i < s->nfolders; i++) {
		if (sst_snapshot_create(&sst_io_posix, s->folders[i], s->name, now_us, &s->e) == 0)
			continue;
		while (i-- > 0)
			sst_snapshot_remove(&sst_io_posix, s->folders[i], s->name, &ignored);
		return;
	}
	s->result = 0;
}

static void
snapshots_taken(struct msgd_shard *here, struct msgd_job *job)
{
	struct snapshot *s = (struct snapshot *)job;
	struct msgd_task *t = s->task;

	(void)here;
	if (s->result == -1)
		refuse(&t->legs[0], &s->e);
	t->command = MSGD_NO_COMMAND; /* the end of it is behind us */
	msgd_task_back(t);
}

static int
begin_snapshots(struct msgd_task *t, struct sst_err *e)
{
	struct sst_store *store = t->home->store;
	struct snapshot *s = sst_arena_alloc(&t->arena, sizeof(*s));
	size_t i, n = sst_store_ntables(store);
	const char *folder;

	if (s == NULL)
		return sst_fail_nomem(e);
	*s = (struct snapshot){ .job = { .work = take_snapshots, .done = snapshots_taken },
		.task = t,
		.nfolders = n,
		.name = sst_arena_str(&t->arena, (const char *)t->operand.p, t->operand.n),
		.folders = sst_arena_array(&t->arena, n + 1, sizeof(*s->folders)) };
	for (i = 0; s->folders != NULL && i < n; i++) {
		folder = sst_store_folder(store, sst_store_table(store, i));
		s->folders[i] = sst_arena_str(&t->arena, folder, strlen(folder));
		if (s->folders[i] == NULL)
			return sst_fail_nomem(e);
	}
	if (s->name == NULL || s->folders == NULL)
		return sst_fail_nomem(e);
	msgd_crew_give(&t->home->node->readers, t->home, &s->job);
	return 0;
}

/* ---- all ---- */

struct leg_flush {
	struct msgd_flush_wait wait; /* first */
	struct msgd_leg *leg;
};

static void
end_leg(struct msgd_shard *here, struct msgd_leg *l, const struct sst_err *e)
{
	if (e != NULL)
		refuse(l, e);
	else
		sst_response_void(&l->answer);
	msgd_leg_done(here, l);
}

static void
leg_flushed(struct msgd_shard *here, struct msgd_flush_wait *w, const struct sst_err *e)
{
	struct msgd_leg *l = ((struct leg_flush *)w)->leg;

	free(w);
	end_leg(here, l, e);
}

static void
flush_leg(struct msgd_shard *here, struct msgd_leg *l)
{
	struct leg_flush *f = malloc(sizeof(*f));
	struct sst_err e;

	if (f == NULL) {
		sst_fail_nomem(&e);
		end_leg(here, l, &e);
		return;
	}
	*f = (struct leg_flush){ { .done = leg_flushed }, l };
	msgd_flusher_ask(here, &f->wait);
}

void
msgd_command_run(struct msgd_shard *here, struct msgd_leg *l)
{
	l->opcode = SST_OP_RESULT;
	if (l->task->command != MSGD_EXTENT) {
		flush_leg(here, l);
		return;
	}
	run_extent(here, l);
	msgd_leg_done(here, l);
}

bool
msgd_command_end(struct msgd_task *t)
{
	struct sst_err e;

	if (t->command == MSGD_EXTENT) {
		end_extent(t);
	} else if (t->command == MSGD_SNAPSHOT) {
		if (begin_snapshots(t, &e) == 0)
			return true;
		refuse(&t->legs[0], &e);
	}
	return false;
}

/* ---- signals ---- */

struct order {
	struct msgd_letter letter; /* first */
	struct msgd_flush_wait wait;
	_Atomic unsigned *left;
};

static void
obeyed(struct msgd_shard *here, struct msgd_flush_wait *w, const struct sst_err *e)
{
	struct order *o = (struct order *)((uint8_t *)w - offsetof(struct order, wait));

	(void)here;
	(void)e; /* is told already */
	if (atomic_fetch_sub(o->left, 1) == 1)
		msgd_node_log("flushed");
	free(o);
}

static void
obey(struct msgd_shard *here, struct msgd_letter *letter)
{
	msgd_flusher_ask(here, &((struct order *)letter)->wait);
}

void
msgd_command_flush(struct msgd_node *n)
{
	static _Atomic unsigned left;
	struct order *o;
	unsigned i;

	if (atomic_load(&left) > 0) /* one is under way, and a signal says no more */
		return;
	atomic_store(&left, n->nshards);
	for (i = 0; i < n->nshards; i++) {
		if ((o = malloc(sizeof(*o))) == NULL) {
			msgd_node_log("out of memory: not all shards flush");
			atomic_fetch_sub(&left, 1);
			continue;
		}
		*o = (struct order){ { .open = obey, .from = n->nshards }, { .done = obeyed },
			&left };
		if (!msgd_mailbox_put(msgd_node_mailbox(n, n->nshards, i), &o->letter)) {
			atomic_fetch_sub(&left, 1);
			free(o);
			continue;
		}
		msgd_loop_ring(&n->shards[i].loop);
	}
}
