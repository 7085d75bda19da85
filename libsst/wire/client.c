/* wire/client.c: opening, prepared statements, and how far writes are acknowledged. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sock.h"
#include "codec/out.h"
#include "wire/clientint.h"
#include "wire/request.h"

/* ---- prepared statements ---- */

static int
ask_prepare(struct sst_client *c, struct sst_prepared *p, struct sst_err *e)
{
	struct sst_answer a;
	struct sst_buf *b;
	unsigned slot;
	int r = -1;

	if (sst_link_begin(c->link, SST_OP_PREPARE, &slot, &b, e) == -1)
		return -1;
	sst_put_bytes32(b, p->text);
	sst_put_u32(b, 0);
	if (sst_link_send(c->link, slot, NULL, NULL, e) == -1 ||
	    sst_link_wait(c->link, slot, &a, e) == -1)
		return -1;
	if (a.opcode == SST_OP_ERROR) {
		sst_link_refused(c->link, &a, e);
	} else if (a.opcode != SST_OP_RESULT || a.kind != SST_RESULT_PREPARED) {
		sst_link_nonsense(c->link, "no prepared statement", e);
	} else if (p->stale && !sst_slice_eq(a.id, p->id)) {
		sst_link_nonsense(c->link, "another id for the same statement", e);
	} else {
		p->stale = false;
		p->id = sst_arena_slice(&c->arena, a.id);
		p->result_id = sst_arena_slice(&c->arena, a.result_id);
		r = p->id.p == NULL || (a.result_id.p != NULL && p->result_id.p == NULL)
		    ? sst_fail_nomem(e)
		    : 0;
	}
	sst_link_free(c->link, slot);
	return r;
}

int
sst_client_prepare(
    struct sst_client *c, struct sst_prepared **out, struct sst_slice text, struct sst_err *e)
{
	struct sst_prepared *p;

	*out = NULL;
	for (p = c->prepared; p != NULL && !sst_slice_eq(p->text, text); p = p->next)
		;
	if (p == NULL) {
		if ((p = sst_arena_alloc(&c->arena, sizeof(*p))) == NULL)
			return sst_fail_nomem(e);
		*p = (struct sst_prepared){ .text = sst_arena_slice(&c->arena, text) };
		if (p->text.p == NULL)
			return sst_fail_nomem(e);
		if (ask_prepare(c, p, e) == -1)
			return -1;
		p->next = c->prepared;
		c->prepared = p;
	}
	*out = p;
	return 0;
}

int
sst_client_revive(struct sst_client *c, struct sst_err *e)
{
	struct sst_prepared *p;
	unsigned i;

	for (p = c->prepared; p != NULL; p = p->next)
		if (p->stale && ask_prepare(c, p, e) == -1)
			return -1;
	for (i = 0; i < SST_LINK_SLOTS && c->nheld > 0; i++)
		if (c->held[i]) {
			c->held[i] = false;
			c->nheld--;
			sst_link_resend(c->link, i);
		}
	return 0;
}

void
sst_client_put_execute(
    struct sst_buf *b, const struct sst_prepared *p, uint32_t flags, unsigned nvalues)
{
	sst_put_bytes16(b, p->id);
	sst_put_bytes16(b, p->result_id);
	sst_put_u16(b, SST_CONSISTENCY_LOCAL_QUORUM);
	sst_put_u32(b, flags | (nvalues > 0 ? SST_QUERY_VALUES : 0));
	if (nvalues > 0)
		sst_put_u16(b, (uint16_t)nvalues);
}

/* ---- statements without values ---- */

int
sst_client_command(struct sst_client *c, struct sst_slice text, struct sst_err *e)
{
	struct sst_answer a;
	struct sst_buf *b;
	unsigned slot;
	int r = 0;

	sst_link_be_patient(c->link);
	if (sst_link_begin(c->link, SST_OP_QUERY, &slot, &b, e) == -1)
		return -1;
	sst_put_bytes32(b, text);
	sst_put_u16(b, SST_CONSISTENCY_LOCAL_QUORUM);
	sst_put_u32(b, 0);
	if (sst_link_send(c->link, slot, NULL, NULL, e) == -1 ||
	    sst_link_wait(c->link, slot, &a, e) == -1)
		return -1;
	if (a.opcode == SST_OP_ERROR)
		r = sst_link_refused(c->link, &a, e);
	else if (a.opcode != SST_OP_RESULT)
		r = sst_link_nonsense(c->link, "no result", e);
	sst_link_free(c->link, slot);
	return r;
}

/* ---- db.h ---- */

/* The number up to which all is acknowledged. */
static uint64_t
acknowledged(const struct sst_client *c)
{
	uint64_t up_to = c->sent;
	unsigned i;

	if (sst_link_pending(c->link) == 0)
		return up_to;
	for (i = 0; i < SST_LINK_SLOTS; i++)
		if (c->writing[i] && c->number[i] <= up_to)
			up_to = c->number[i] - 1;
	return up_to;
}

static int
step(struct sst_client *c, bool wait, struct sst_err *e)
{
	if ((c->nheld > 0 && sst_client_revive(c, e) == -1) ||
	    sst_link_step(c->link, wait, e) == -1)
		return -1;
	if (!c->failed)
		return 0;
	*e = c->why;
	return -1;
}

static int
client_sync(struct sst_db *db, const struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_client *c = (struct sst_client *)db;

	if (c->failed) {
		*e = c->why;
		return -1;
	}
	while (acknowledged(c) < pos->offset)
		if (step(c, true, e) == -1)
			return -1;
	return 0;
}

static int
client_synced(struct sst_db *db, struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_client *c = (struct sst_client *)db;

	if (step(c, false, e) == -1)
		return -1;
	*pos = (struct sst_logpos){ 1, acknowledged(c) };
	return 0;
}

static const struct sst_table *
client_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	const struct sst_table *table;
	struct sst_err e;

	return sst_client_table((struct sst_client *)db, keyspace, name, &table, &e) == 0 ? table
											  : NULL;
}

/* msgd knows where its rows lie and tells it on its own socket; of another server it is not known. */
static int
client_extent(struct sst_db *db, const struct sst_table *t, struct sst_slice *first,
    struct sst_slice *last, struct sst_err *e)
{
	struct sst_client *c = (struct sst_client *)db;
	struct sst_slice value[2] = { { NULL, 0 }, { NULL, 0 } };
	struct sst_answer a;
	struct sst_buf *b;
	unsigned slot;
	int r = SST_ONE;

	sst_buf_reset(&c->text);
	sst_buf_adds(&c->text, "EXTENT ");
	sst_client_put_name(&c->text, t);
	if (c->text.bad)
		return sst_fail_nomem(e);
	if (sst_link_begin(c->link, SST_OP_QUERY, &slot, &b, e) == -1)
		return -1;
	sst_put_bytes32(b, sst_buf_slice(&c->text));
	sst_put_u16(b, SST_CONSISTENCY_LOCAL_QUORUM);
	sst_put_u32(b, 0);
	if (sst_link_send(c->link, slot, NULL, NULL, e) == -1 ||
	    sst_link_wait(c->link, slot, &a, e) == -1)
		return -1;
	if (a.opcode == SST_OP_RESULT && a.kind == SST_RESULT_ROWS && a.ncolumns == 2) {
		r = a.nrows == 0 ? 0 : SST_ONE;
		if (r == SST_ONE &&
		    (sst_answer_value(&a, &value[0], e) == -1 ||
			sst_answer_value(&a, &value[1], e) == -1))
			r = sst_err_locate(e, sst_link_name(c->link), SST_NOWHERE);
	} else if (a.opcode != SST_OP_ERROR) {
		r = sst_link_nonsense(c->link, "no extent", e);
	}
	sst_buf_reset(&c->first);
	sst_buf_reset(&c->last);
	sst_buf_add_slice(&c->first, value[0]);
	sst_buf_add_slice(&c->last, value[1]);
	if (c->first.bad || c->last.bad)
		r = sst_fail_nomem(e);
	*first = value[0].p != NULL ? sst_buf_slice(&c->first) : value[0];
	*last = value[1].p != NULL ? sst_buf_slice(&c->last) : value[1];
	sst_link_free(c->link, slot);
	return r;
}

static const struct sst_db_ops client_ops = {
	.table = client_table,
	.apply = sst_client_apply,
	.sync = client_sync,
	.synced = client_synced,
	.read = sst_client_read,
	.extent = client_extent,
};

struct sst_db *
sst_client_db(struct sst_client *c)
{
	return &c->db;
}

/* ---- opening ---- */

int
sst_client_open_fd(struct sst_client **out, int fd, const char *name, struct sst_err *e)
{
	struct sst_client *c = NULL;
	struct sst_link *link;

	*out = NULL;
	if (sst_link_open(&link, fd, name, e) == -1)
		return -1;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		sst_link_close(link);
		return sst_fail_nomem(e);
	}
	c->db.ops = &client_ops;
	c->link = link;
	*out = c;
	return 0;
}

int
sst_client_open_dir(struct sst_client **out, const char *dir, struct sst_err *e)
{
	char name[sizeof(e->file)];
	int fd = sst_sock_unix(dir, SST_SOCKET, e);

	*out = NULL;
	/* a table's folder, a file, nothing at all, and what somebody else serves to himself */
	if (fd == -1)
		return e->code == SST_ESYS &&
			(e->sys == ENOENT || e->sys == ECONNREFUSED || e->sys == ENOTDIR ||
			    e->sys == EACCES)
		    ? 0
		    : -1;
	snprintf(name, sizeof(name), "%s/%s", dir, SST_SOCKET);
	return sst_client_open_fd(out, fd, name, e) == -1 ? -1 : SST_ONE;
}

int
sst_client_open_tcp(struct sst_client **out, const char *host, uint16_t port, struct sst_err *e)
{
	char name[sizeof(e->file)];
	int fd = sst_sock_tcp(host, port, e);

	*out = NULL;
	if (fd == -1)
		return -1;
	snprintf(name, sizeof(name), "%s:%u", host, port);
	return sst_client_open_fd(out, fd, name, e);
}

void
sst_client_close(struct sst_client *c)
{
	if (c == NULL)
		return;
	sst_link_close(c->link);
	sst_buf_free(&c->text);
	sst_buf_free(&c->values);
	sst_buf_free(&c->parts);
	sst_buf_free(&c->taken);
	sst_buf_free(&c->first);
	sst_buf_free(&c->last);
	sst_arena_free(&c->arena);
	free(c);
}
