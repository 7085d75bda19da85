/*
 * wire/clientread.c: a read as SELECTs, page after page, slice after slice, given as a row stream.  The
 * first page is small, as many readers stop soon; the following ones grow, and each is asked for while
 * the one before is looked at.
 */
#include <stdlib.h>

#include "codec/out.h"
#include "schema/ident.h"
#include "wire/clientint.h"
#include "wire/request.h"

#define PAGE_FIRST 64
#define PAGE_LAST 2048

enum stage { /* what the row that was decoded last still has to give */
	NOTHING,
	PARTITION,
	STATIC,
	ROW
};

struct stream {
	struct sst_stream stream; /* first */
	struct sst_client *c;
	const struct sst_table *t;
	struct sst_read_stats *stats;
	struct sst_arena arena; /* the question */
	struct sst_read read;
	size_t slice; /* the one that is read; of a range of tokens there is one */
	bool keyed;   /* one partition: its key is not selected */
	bool done, skipping, begun;
	struct sst_prepared *prepared;
	struct sst_buf values; /* of the statement's markers */
	unsigned nvalues;
	struct sst_buf state; /* of paging */
	int32_t page_rows;
	/* A page in hand, and one that is asked for. */
	bool has_page, has_next, more;
	unsigned slot, next_slot;
	struct sst_answer page;
	uint32_t left;
	/* The row that was decoded last. */
	enum stage stage;
	struct sst_slice *v; /* key when not keyed, clustering, statics, regulars */
	size_t nv;
	struct sst_buf key, scratch; /* of the partition */
	struct sst_cell *cells;
	struct sst_item item;
};

/* ---- the statement ---- */

static void
put_names(struct sst_buf *b, const struct sst_column *c, size_t n, bool *first)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sst_buf_adds(b, *first ? "" : ", ");
		sst_ident_put(b, c[i].name);
		*first = false;
	}
}

static void
put_select(struct stream *s, struct sst_buf *b)
{
	bool first = true;

	sst_buf_adds(b, "SELECT ");
	if (!s->keyed)
		put_names(b, s->t->key, s->t->nkey, &first);
	put_names(b, s->t->ck, s->t->nck, &first);
	put_names(b, s->t->statics, s->t->nstatic, &first);
	put_names(b, s->t->regulars, s->t->nregular, &first);
	if (first) /* a key alone */
		put_names(b, s->t->key, s->t->nkey, &first);
	sst_buf_adds(b, " FROM ");
	sst_client_put_name(b, s->t);
}

static void
put_token(struct stream *s, struct sst_buf *b, const char *before, const char *op, int64_t token)
{
	bool first = true;

	sst_buf_adds(b, before);
	sst_buf_adds(b, "token(");
	put_names(b, s->t->key, s->t->nkey, &first);
	sst_buf_adds(b, op);
	sst_put_u32(&s->values, 8);
	sst_put_u64(&s->values, (uint64_t)token);
	s->nvalues++;
}

static int
put_where(struct stream *s, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_read *r = &s->read;

	if (!s->keyed) {
		if (r->left == r->right)
			return 0;
		put_token(s, b, " WHERE ", ") > ?", r->left);
		put_token(s, b, " AND ", ") <= ?", r->right);
		return 0;
	}
	sst_buf_adds(b, " WHERE ");
	if (sst_client_put_key(s->t, r->key, b, &s->values, &s->nvalues, e) == -1)
		return -1;
	if (r->nslices > 0 &&
	    sst_client_put_range(s->t, &r->slices[s->slice], b, &s->values, &s->nvalues, e) == -1)
		return -1;
	if (r->reversed && s->t->nck > 0) {
		sst_buf_adds(b, " ORDER BY ");
		sst_ident_put(b, s->t->ck[0].name);
		sst_buf_adds(b, s->t->ck[0].type->reversed ? " ASC" : " DESC");
	}
	return 0;
}

static int
make_statement(struct stream *s, struct sst_err *e)
{
	struct sst_buf *b = &s->c->text;

	sst_buf_reset(b);
	sst_buf_reset(&s->values);
	s->nvalues = 0;
	put_select(s, b);
	if (put_where(s, b, e) == -1)
		return -1;
	if (s->read.heads)
		sst_buf_adds(b, " PER PARTITION LIMIT 1");
	if (b->bad || s->values.bad)
		return sst_fail_nomem(e);
	return sst_client_prepare(s->c, &s->prepared, sst_buf_slice(b), e);
}

/* ---- pages ---- */

/* Asks for the page that begins at the paging state, or for the first. */
static int
ask(struct stream *s, bool from_state, unsigned *slot, struct sst_err *e)
{
	bool now = s->read.now_s >= 0 && s->read.now_s <= INT32_MAX;
	uint32_t flags = SST_QUERY_SKIP_METADATA | SST_QUERY_PAGE_SIZE |
	    (from_state ? SST_QUERY_PAGING_STATE : 0) | (now ? SST_QUERY_NOW : 0);
	struct sst_buf *b;

	if (sst_link_begin(s->c->link, SST_OP_EXECUTE, slot, &b, e) == -1)
		return -1;
	sst_client_put_execute(b, s->prepared, flags, s->nvalues);
	sst_buf_add_slice(b, sst_buf_slice(&s->values));
	sst_put_u32(b, (uint32_t)s->page_rows);
	if (from_state)
		sst_put_bytes32(b, sst_buf_slice(&s->state));
	if (now)
		sst_put_u32(b, (uint32_t)s->read.now_s);
	return sst_link_send(s->c->link, *slot, NULL, NULL, e);
}

static int
ask_more(struct stream *s, struct sst_err *e)
{
	s->more = false;
	if (ask(s, true, &s->next_slot, e) == -1)
		return -1;
	s->has_next = true;
	return 0;
}

static void
free_page(struct stream *s)
{
	if (s->has_page)
		sst_link_free(s->c->link, s->slot);
	s->has_page = false;
	s->left = 0;
}

static int
check_page(struct stream *s, struct sst_err *e)
{
	const struct sst_answer *a = &s->page;

	if (a->opcode == SST_OP_ERROR)
		return sst_link_refused(s->c->link, a, e);
	if (a->opcode != SST_OP_RESULT || a->kind != SST_RESULT_ROWS)
		return sst_link_nonsense(s->c->link, "no rows", e);
	if (a->changed || (a->nrows > 0 && a->ncolumns != s->nv))
		return sst_fail(e, SST_EINVAL, sst_link_name(s->c->link), SST_NOWHERE,
		    "the columns of the table were changed meanwhile");
	return 0;
}

/* Waits for the page that was asked for, and asks for the one behind it. */
static int
take_page(struct stream *s, struct sst_err *e)
{
	bool again = true;

	for (;;) {
		s->slot = s->next_slot;
		s->has_page = true;
		s->has_next = false;
		if (sst_link_wait(s->c->link, s->slot, &s->page, e) == -1)
			return -1;
		if (s->page.opcode != SST_OP_ERROR || s->page.error != SST_WIRE_UNPREPARED ||
		    !again)
			break;
		again = false;
		free_page(s);
		s->prepared->stale = true;
		if (sst_client_revive(s->c, e) == -1 ||
		    ask(s, s->state.n > 0, &s->next_slot, e) == -1)
			return -1;
		s->has_next = true;
	}
	if (check_page(s, e) == -1)
		return -1;
	s->left = s->page.nrows;
	sst_buf_reset(&s->state);
	if (s->page.paging_state.p == NULL)
		return 0;
	sst_buf_add_slice(&s->state, s->page.paging_state);
	if (s->state.bad)
		return sst_fail_nomem(e);
	s->page_rows = s->page_rows < PAGE_LAST / 2 ? 2 * s->page_rows : PAGE_LAST;
	if (s->page.nrows == 0 && s->page.paging_state.n == 0)
		return sst_link_nonsense(s->c->link, "an endless row of pages", e);
	s->more = true; /* of the first page nobody knows yet whether it is enough */
	return s->page_rows > 2 * PAGE_FIRST ? ask_more(s, e) : 0;
}

/* The first page of the next slice; 0: there is no more. */
static int
next_slice(struct stream *s, struct sst_err *e)
{
	size_t n = s->read.nslices > 0 && s->keyed ? s->read.nslices : 1, done;

	if (s->begun)
		s->slice = s->read.reversed ? s->slice - 1 : s->slice + 1;
	else
		s->slice = s->read.reversed ? n - 1 : 0;
	done = s->begun ? 1 : 0;
	s->begun = true;
	if (done && s->slice >= n) /* below the first one, too: it wraps */
		return 0;
	s->page_rows = PAGE_FIRST;
	sst_buf_reset(&s->state);
	if (make_statement(s, e) == -1 || ask(s, false, &s->next_slot, e) == -1)
		return -1;
	s->has_next = true;
	return SST_ONE;
}

/* ---- rows ---- */

static bool
any_set(const struct sst_slice *v, size_t n)
{
	while (n-- > 0)
		if (v[n].p != NULL)
			return true;
	return false;
}

/* Whether the row begins a partition; then its key is in s->key. */
static int
begins_partition(struct stream *s, struct sst_err *e)
{
	bool first = s->key.n == 0 && s->key.p == NULL;

	if (s->keyed) {
		if (first)
			sst_buf_add_slice(&s->key, s->read.key);
		return s->key.bad ? sst_fail_nomem(e) : first;
	}
	sst_buf_reset(&s->scratch);
	if (sst_key_join(s->t, s->v, &s->scratch, e) == -1)
		return sst_err_locate(e, sst_link_name(s->c->link), SST_NOWHERE);
	if (!first && sst_slice_eq(sst_buf_slice(&s->key), sst_buf_slice(&s->scratch)))
		return 0;
	sst_buf_reset(&s->key);
	sst_buf_add_slice(&s->key, sst_buf_slice(&s->scratch));
	return s->key.bad || s->scratch.bad ? sst_fail_nomem(e) : 1;
}

static int
decode(struct stream *s, struct sst_err *e)
{
	size_t i;
	int r;

	for (i = 0; i < s->nv; i++)
		if (sst_answer_value(&s->page, &s->v[i], e) == -1)
			return sst_err_locate(e, sst_link_name(s->c->link), SST_NOWHERE);
	s->left--;
	if ((r = begins_partition(s, e)) == -1)
		return -1;
	if (r == 1)
		s->skipping = false;
	s->stage = s->skipping ? NOTHING : r == 1 ? PARTITION : ROW;
	return 0;
}

/* SST_ONE: a row was decoded; 0: there is none. */
static int
next_row(struct stream *s, struct sst_err *e)
{
	int r;

	for (;;) {
		if (s->has_page && s->left > 0)
			return decode(s, e) == -1 ? -1 : SST_ONE;
		free_page(s);
		if (s->more && ask_more(s, e) == -1)
			return -1;
		if (!s->has_next && (r = next_slice(s, e)) != SST_ONE)
			return r;
		if (take_page(s, e) == -1)
			return -1;
	}
}

static size_t
fill_cells(struct stream *s, const struct sst_slice *v, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (v[i].p != NULL)
			s->cells[k++] = (struct sst_cell){
				.col = (uint32_t)i, .ldt_s = SST_NO_LDT, .value = v[i]
			};
	return k;
}

/* Write times are not asked for: what is live is as if it had been written at 0. */
static void
fill_row(struct stream *s, enum sst_item_kind kind, const struct sst_slice *v, size_t n)
{
	struct sst_row *row = &s->item.row;

	s->item.kind = kind;
	*row = (struct sst_row){ .live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.cells = s->cells,
		.ncells = fill_cells(s, v, n) };
	if (kind == SST_ROW) {
		row->ck = s->v + (s->keyed ? 0 : s->t->nkey);
		row->live.ts_us = 0;
	}
}

static int
give(struct stream *s, const struct sst_item **item)
{
	const struct sst_slice *ck = s->v + (s->keyed ? 0 : s->t->nkey), *statics = ck + s->t->nck;
	struct sst_slice key = sst_buf_slice(&s->key);

	s->item = (struct sst_item){ .file = sst_link_name(s->c->link) };
	*item = &s->item;
	switch (s->stage) {
	case PARTITION:
		s->item.kind = SST_PARTITION;
		s->item.part = (struct sst_partition){ key, sst_token(key), SST_LIVE };
		s->stage = STATIC;
		return SST_ONE;
	case STATIC:
		s->stage = ROW;
		if (!any_set(statics, s->t->nstatic))
			return 0;
		fill_row(s, SST_STATIC, statics, s->t->nstatic);
		return SST_ONE;
	case ROW:
		s->stage = NOTHING;
		/* a partition of statics alone comes as a row without clustering */
		if (s->t->nck > 0 && s->t->nstatic > 0 && !any_set(ck, s->t->nck))
			return 0;
		fill_row(s, SST_ROW, statics + s->t->nstatic, s->t->nregular);
		if (s->stats != NULL)
			s->stats->rows++;
		return SST_ONE;
	default:
		return 0;
	}
}

static int
stream_next(struct sst_stream *st, const struct sst_item **item, struct sst_err *e)
{
	struct stream *s = (struct stream *)st;
	int r;

	while (!s->done) {
		if (s->stage != NOTHING) {
			if (give(s, item) == SST_ONE)
				return SST_ONE;
			continue;
		}
		if ((r = next_row(s, e)) == -1)
			return -1;
		s->done = r == 0;
	}
	return 0;
}

static int
stream_skip(struct sst_stream *st, struct sst_err *e)
{
	struct stream *s = (struct stream *)st;

	(void)e;
	if (s->stage == PARTITION || (s->key.p == NULL && s->stage == NOTHING))
		return 0;
	s->stage = NOTHING;
	s->skipping = true;
	s->done |= s->keyed;
	return 0;
}

static void
stream_want(struct sst_stream *st, struct sst_want *want)
{
	(void)st;
	*want = (struct sst_want){ 0 }; /* never waits in that sense */
}

static void
stream_close(struct sst_stream *st)
{
	struct stream *s = (struct stream *)st;

	free_page(s);
	if (s->has_next)
		sst_link_free(s->c->link, s->next_slot);
	sst_buf_free(&s->values);
	sst_buf_free(&s->state);
	sst_buf_free(&s->key);
	sst_buf_free(&s->scratch);
	sst_arena_free(&s->arena);
	free(s);
}

static const struct sst_stream_ops stream_ops = {
	.next = stream_next,
	.skip = stream_skip,
	.want = stream_want,
	.close = stream_close,
};

/* ---- opening ---- */

static int
check_read(const struct sst_read *r, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	size_t i;

	if (r->raw)
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "tombstones cannot be read through a server");
	if (r->nonblocking)
		return sst_fail(
		    e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "reads through a server wait");
	if (r->key.p == NULL && (r->left > r->right || r->reversed || r->nslices > 0))
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "a range of tokens is read forward, whole partitions, and not round the ring");
	for (i = 0; i < t->nstatic + t->nregular; i++)
		if ((i < t->nstatic ? t->statics[i] : t->regulars[i - t->nstatic]).type->multicell)
			return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
			    "a collection that is not frozen cannot be read through a server");
	return 0;
}

int
sst_client_read(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	size_t ncells = t->nstatic > t->nregular ? t->nstatic : t->nregular;
	struct stream *s;

	*out = NULL;
	if (check_read(r, e) == -1)
		return -1;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return sst_fail_nomem(e);
	s->stream = (struct sst_stream){ &stream_ops, t, r->reversed };
	s->c = (struct sst_client *)db;
	s->t = t;
	s->stats = stats;
	s->keyed = r->key.p != NULL;
	s->nv = (s->keyed ? 0 : t->nkey) + t->nck + t->nstatic + t->nregular;
	if (s->nv == 0)
		s->nv = t->nkey; /* what put_select then asks for */
	s->v = sst_arena_array(&s->arena, s->nv + t->nkey + 1, sizeof(*s->v));
	s->cells = sst_arena_array(&s->arena, ncells + 1, sizeof(*s->cells));
	if (s->v == NULL || s->cells == NULL || sst_read_copy(&s->read, r, &s->arena, e) == -1) {
		stream_close(&s->stream);
		return sst_fail_nomem(e);
	}
	*out = &s->stream;
	return 0;
}
