/*
 * query/select.c: a SELECT that runs.  It makes one read after the other: of each partition that is
 * named, or of a range of tokens; going on from a page, first of what is left of its last partition.
 */
#include "query/select.h"

#include <stdlib.h>

#include "query/outrow.h"
#include "query/paging.h"
#include "query/refuse.h"

enum phase {
	KEYS,   /* partitions that are named, one after the other */
	RESUME, /* what is left of the partition in which the last page ended */
	RANGE,  /* all partitions of a range of tokens */
	DONE
};

struct sst_select {
	struct sst_db *db;
	const struct sst_plan *plan;
	struct sst_select_opts opts;
	struct sst_bind bind;       /* its arena lives as long as the row */
	struct sst_arena arena;     /* … as the run */
	struct sst_arena partition; /* … as the partition */
	struct sst_arena row;

	enum phase phase;
	struct sst_slice *keys;
	size_t nkeys, nextkey;
	struct sst_range *slices, *cut; /* cut: of the partition in which the last page ended */
	size_t nslices, ncut;
	int64_t left, right;
	struct sst_paging from; /* from.key.n == 0: from the start */

	struct sst_stream *stream;
	const struct sst_item *held; /* seen, but not yet dealt with */
	bool skip;                   /* the rest of the partition */
	struct sst_outrow out;
	struct sst_row statik;
	bool in_partition, rows_seen, partition_done;
	uint64_t rows_left, partition_left, page_left;
	uint64_t per_partition; /* PER PARTITION LIMIT */
	uint64_t *counts;       /* of count(): plan->noutputs */
	bool counted;
	struct sst_slice *values;
};

/* ---- opening ---- */

static int
get_limit(uint64_t *to, const struct sst_operand *o, const struct sst_bind *bind,
    const char *refusal, struct sst_err *e)
{
	struct sst_slice v;
	bool unset;
	int32_t n;

	*to = UINT64_MAX;
	if (o == NULL)
		return 0;
	if (sst_operand_value(o, bind, &v, &unset, e) == -1)
		return -1;
	if (unset)
		return 0;
	if (v.n != 4)
		return sst_refuse(e, "Invalid null value of limit");
	n = (int32_t)((uint32_t)v.p[0] << 24 | (uint32_t)v.p[1] << 16 | (uint32_t)v.p[2] << 8 |
	    v.p[3]);
	if (n <= 0)
		return sst_refuse(e, refusal);
	*to = (uint64_t)n;
	return 0;
}

/* What is left of the slices of a partition behind the row that was given last. */
static int
cut_slices(struct sst_select *s, struct sst_err *e)
{
	const struct sst_table *t = s->plan->table;
	struct sst_bound last = { s->from.ck, t->nck, s->plan->reversed ? -1 : 1 };
	size_t n = s->nslices == 0 ? 1 : s->nslices;

	if ((s->cut = sst_arena_array(&s->arena, n, sizeof(*s->cut))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < n; i++) {
		struct sst_range r = { { NULL, 0, -1 }, { NULL, 0, 1 } };

		if (s->nslices > 0)
			r = s->slices[i];
		if (s->plan->reversed && sst_bound_compare(t, &r.to, &last) > 0)
			r.to = last;
		if (!s->plan->reversed && sst_bound_compare(t, &r.from, &last) < 0)
			r.from = last;
		if (sst_bound_compare(t, &r.from, &r.to) < 0)
			s->cut[s->ncut++] = r;
	}
	return 0;
}

static int
resume(struct sst_select *s, struct sst_err *e)
{
	const struct sst_table *t = s->plan->table;

	if (sst_paging_get(&s->from, t, s->opts.paging_state, &s->arena, e) == -1)
		return -1;
	s->rows_left = s->from.left;
	if (s->from.ck != NULL && cut_slices(s, e) == -1)
		return -1;
	if (s->phase == KEYS) {
		while (s->nextkey < s->nkeys && !sst_slice_eq(s->keys[s->nextkey], s->from.key))
			s->nextkey++;
		if (s->nextkey == s->nkeys)
			return sst_paging_refuse(e);
		s->nextkey++;
	} else if (s->phase == RANGE) {
		int64_t token = sst_token(s->from.key);

		if (token >
		    s->left) /* others may have the same token: those before are left out later */
			s->left = token - 1;
	}
	if (s->from.ck != NULL && s->ncut > 0 && s->phase != DONE)
		s->phase = RESUME;
	return 0;
}

static int
find_place(struct sst_select *s, struct sst_err *e)
{
	const struct sst_where *w = &s->plan->where;
	struct sst_bind bind = s->bind;
	bool all, none = false;

	bind.arena = &s->arena;
	if (sst_where_slices(w, &bind, &s->slices, &s->nslices, &all, e) == -1)
		return -1;
	if (w->by_key) {
		s->phase = KEYS;
		if (sst_where_keys(w, &bind, &s->keys, &s->nkeys, e) == -1)
			return -1;
	} else {
		s->phase = RANGE;
		if (sst_where_tokens(w, &bind, &s->left, &s->right, &none, e) == -1)
			return -1;
	}
	if (none || (!all && s->nslices == 0))
		s->phase = DONE;
	if (get_limit(&s->rows_left, s->plan->limit, &bind, "LIMIT must be strictly positive", e) ==
		-1 ||
	    get_limit(&s->per_partition, s->plan->per_partition_limit, &bind,
		"LIMIT must be strictly positive", e) == -1)
		return -1;
	return 0;
}

static int
start(struct sst_select *s, struct sst_err *e)
{
	const struct sst_plan *plan = s->plan;
	size_t n = plan->noutputs + 1;

	s->bind = (struct sst_bind){ s->opts.args, plan->marks.n, &s->row, s->opts.at };
	s->out =
	    (struct sst_outrow){ .table = plan->table, .now_s = s->opts.now_s, .arena = &s->row };
	s->values = sst_arena_array(&s->arena, n, sizeof(*s->values));
	s->counts = sst_arena_array(&s->arena, n, sizeof(*s->counts));
	if (s->values == NULL || s->counts == NULL)
		return sst_fail_nomem(e);
	memset(s->counts, 0, n * sizeof(*s->counts));
	if (find_place(s, e) == -1)
		return -1;
	s->page_left = s->opts.page_size == 0 || plan->count ? UINT64_MAX : s->opts.page_size;
	return s->opts.paging_state.n > 0 && !plan->count ? resume(s, e) : 0;
}

int
sst_select_open(struct sst_select **out, struct sst_db *db, const struct sst_plan *plan,
    const struct sst_select_opts *opts, struct sst_err *e)
{
	struct sst_select *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return sst_fail_nomem(e);
	s->db = db;
	s->plan = plan;
	s->opts = *opts;
	if (start(s, e) == 0) {
		*out = s;
		return 0;
	}
	sst_select_close(s);
	return -1;
}

void
sst_select_close(struct sst_select *s)
{
	if (s == NULL)
		return;
	sst_stream_close(s->stream);
	sst_arena_free(&s->row);
	sst_arena_free(&s->partition);
	sst_arena_free(&s->arena);
	free(s);
}

void
sst_select_want(struct sst_select *s, struct sst_want *want)
{
	sst_stream_want(s->stream, want);
}

/* ---- reads ---- */

/* Is the first row of each partition enough? */
static bool
heads_alone(const struct sst_select *s)
{
	return s->plan->distinct || (s->per_partition == 1 && s->plan->where.nfilters == 0);
}

/* The next read.  SST_ONE, 0: there is none, -1. */
static int
open_next(struct sst_select *s, struct sst_err *e)
{
	struct sst_read r = { .table = s->plan->table,
		.slices = s->slices,
		.nslices = s->nslices,
		.left = s->left,
		.right = s->right,
		.reversed = s->plan->reversed,
		.heads = heads_alone(s),
		.nonblocking = s->opts.nonblocking,
		.now_s = s->opts.now_s,
		.tombstones_max = s->opts.tombstones_max };
	bool by_key = s->plan->where.by_key;

	if (s->phase == DONE || (s->phase == KEYS && s->nextkey == s->nkeys)) {
		s->phase = DONE;
		return 0;
	}
	if (s->phase == RESUME) {
		r.key = s->from.key;
		r.slices = s->cut;
		r.nslices = s->ncut;
	} else if (by_key)
		r.key = s->keys[s->nextkey];
	if (s->db->ops->read(s->db, &r, &s->stream, NULL, e) == -1)
		return -1;
	if (s->phase == KEYS)
		s->nextkey++;
	else
		s->phase = s->phase == RESUME ? by_key ? KEYS : RANGE : DONE;
	return SST_ONE;
}

/* Of a range that goes on: was this partition given already? */
static bool
before_resume(const struct sst_select *s, const struct sst_partition *p)
{
	return s->from.key.n > 0 && !s->plan->where.by_key && s->phase == DONE &&
	    sst_key_compare(p->token, p->key, sst_token(s->from.key), s->from.key) <= 0;
}

static int
begin_partition(struct sst_select *s, const struct sst_partition *p, struct sst_err *e)
{
	const struct sst_table *t = s->plan->table;
	bool resumed = s->from.ck != NULL && sst_slice_eq(p->key, s->from.key);
	struct sst_slice *values;

	sst_arena_reset(&s->partition);
	s->in_partition = s->rows_seen = s->partition_done = false;
	s->out.statik = NULL;
	if (before_resume(s, p)) {
		s->skip = true;
		return 0;
	}
	s->out.key = sst_arena_slice(&s->partition, p->key);
	values = sst_arena_array(&s->partition, t->nkey, sizeof(*values));
	if (s->out.key.p == NULL || values == NULL)
		return sst_fail_nomem(e);
	if (sst_key_split(t, s->out.key, values, e) == -1)
		return -1;
	s->out.key_values = values;
	s->out.token = p->token;
	s->in_partition = true;
	s->rows_seen = resumed; /* a row that stands for the statics is not given now */
	s->partition_left = resumed ? s->from.partition_left : s->per_partition;
	s->skip = s->partition_left == 0;
	return 0;
}

static int
keep_static(struct sst_select *s, const struct sst_item *item, struct sst_err *e)
{
	struct sst_item copy;

	if (sst_item_copy(&copy, item, s->plan->table, &s->partition, e) == -1)
		return -1;
	s->statik = copy.row;
	s->out.statik = &s->statik;
	return 0;
}

/* ---- rows ---- */

/* Counts a row, or fills its values.  SST_ONE: it is to be given; 0: it was counted. */
static int
give(struct sst_select *s, const struct sst_row *row, struct sst_err *e)
{
	const struct sst_plan *plan = s->plan;

	s->out.row = row;
	for (size_t i = 0; i < plan->noutputs; i++) {
		const struct sst_output *o = &plan->outputs[i];

		if (plan->count) {
			if (!o->any && sst_outrow_column(&s->out, &o->of, &s->values[i], e) == -1)
				return -1;
			s->counts[i] += o->any || s->values[i].p != NULL;
		} else if (sst_outrow_value(&s->out, o, &s->bind, &s->values[i], e) == -1)
			return -1;
	}
	if (plan->count)
		return 0;
	s->rows_left--;
	s->page_left--;
	s->partition_left--;
	s->skip = s->partition_left == 0 || plan->distinct;
	return SST_ONE;
}

/* A row that the filters let through is given. */
static int
take_row(struct sst_select *s, const struct sst_row *row, struct sst_err *e)
{
	int r;

	sst_arena_reset(&s->row);
	s->out.row = row;
	r = sst_outrow_passes(&s->out, &s->plan->where, &s->bind, e);
	return r == SST_ONE ? give(s, row, e) : r;
}

/* A partition that has statics and no rows gives one row, if whole partitions were asked for. */
static bool
statics_alone(const struct sst_select *s)
{
	return s->in_partition && !s->rows_seen && s->out.statik != NULL &&
	    !s->plan->where.ck_restricted;
}

static int
end_partition(struct sst_select *s, struct sst_err *e)
{
	bool alone = statics_alone(s);

	s->partition_done = true;
	s->in_partition = false;
	return alone ? take_row(s, NULL, e) : 0;
}

/* Deals with an item.  SST_ONE: a row is to be given; 0; -1. */
static int
take(struct sst_select *s, const struct sst_item *item, struct sst_err *e)
{
	bool first = !s->rows_seen;

	switch (item->kind) {
	case SST_PARTITION:
		if (s->in_partition) { /* that before may still have to give a row */
			s->held = item;
			return end_partition(s, e);
		}
		return begin_partition(s, &item->part, e);
	case SST_STATIC:
		return keep_static(s, item, e);
	case SST_ROW:
		s->rows_seen = true;
		if (s->plan->distinct)
			return first ? take_row(s, NULL, e) : 0;
		return take_row(s, &item->row, e);
	default:
		return 0;
	}
}

/* The next item: SST_ONE; 0 when the stream is at its end; SST_WAIT; -1. */
static int
next_item(struct sst_select *s, const struct sst_item **item, struct sst_err *e)
{
	int r;

	if (s->held != NULL) {
		*item = s->held;
		s->held = NULL;
		return SST_ONE;
	}
	if (s->skip) {
		if ((r = sst_stream_skip(s->stream, e)) != 0)
			return r;
		s->skip = false;
	}
	return sst_stream_next(s->stream, item, e);
}

/* SST_ONE: a row is to be given; 0: there is nothing more; 3: go on. */
#define GO_ON 3

static int
step(struct sst_select *s, struct sst_err *e)
{
	const struct sst_item *item;
	int r;

	if (s->stream == NULL) {
		r = open_next(s, e);
		return r == SST_ONE ? GO_ON : r;
	}
	if ((r = next_item(s, &item, e)) == SST_ONE)
		r = take(s, item, e);
	else if (r == 0) {
		r = end_partition(s, e);
		sst_stream_close(s->stream);
		s->stream = NULL;
	}
	return r == 0 ? GO_ON : r;
}

static int
give_counts(struct sst_select *s, struct sst_err *e)
{
	uint8_t *p = sst_arena_array(&s->arena, s->plan->noutputs, 8);

	if (s->counted)
		return 0;
	if (p == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < s->plan->noutputs; i++, p += 8) {
		uint64_t v = __builtin_bswap64(s->counts[i]);

		memcpy(p, &v, 8);
		s->values[i] = (struct sst_slice){ p, 8 };
	}
	s->counted = true;
	return SST_ONE;
}

int
sst_select_next(struct sst_select *s, const struct sst_slice **values, struct sst_err *e)
{
	int r = GO_ON;

	*values = s->values;
	if (s->rows_left == 0 || s->page_left == 0)
		return 0;
	while (r == GO_ON)
		r = step(s, e);
	if (r == 0 && s->plan->count)
		return give_counts(s, e);
	return r;
}

int
sst_select_state(const struct sst_select *s, bool *more, struct sst_buf *b, struct sst_err *e)
{
	struct sst_paging p = {
		.key = s->out.key, .left = s->rows_left, .partition_left = s->partition_left
	};

	*more = !s->plan->count && s->page_left == 0 && s->rows_left > 0;
	if (!*more)
		return 0;
	if (s->out.row != NULL && !s->partition_done && !s->skip)
		p.ck = s->out.row->ck;
	sst_paging_put(b, s->plan->table, &p);
	return b->bad ? sst_fail_nomem(e) : 0;
}
