/*
 * libsst/sstable/data.c: partitions and rows out of a window.  The window may have to be moved in the
 * middle of a row, or the stream may have to wait there: then the row is begun again, and nothing
 * has changed until it is whole.
 */
#include "sstable/data.h"

#include <stdio.h>

int
sst_data_init(struct sst_data *x, struct sst_file *file, enum sst_window_mode mode,
    const struct sst_header *h, const struct sst_table *table, struct sst_err *e)
{
	memset(x, 0, sizeof(*x));
	if (sst_decoder_init(&x->d, h, e) == -1)
		return -1;
	x->prev = x->d.ck_spare;
	sst_window_init(&x->w, file, mode);
	x->table = table;
	x->murmur3 = table->partitioner.n == 0 ||
	    (table->partitioner.n >= 18 &&
		memcmp(table->partitioner.p + table->partitioner.n - 18, "Murmur3Partitioner",
		    18) == 0);
	sst_data_seek(x, 0, SST_LIVE);
	return 0;
}

void
sst_data_close(struct sst_data *x)
{
	if (x->w.file != NULL)
		sst_window_close(&x->w);
	sst_decoder_free(&x->d);
	sst_buf_free(&x->key);
	sst_buf_free(&x->prev_bytes);
	memset(x, 0, sizeof(*x));
}

void
sst_data_seek(struct sst_data *x, uint64_t pos, struct sst_deletion open)
{
	x->pos = pos;
	x->open = open;
	x->open_known = true;
	x->has_prev = x->given = false;
}

/* Says where, in the terms of formats/data.md: offsets count uncompressed bytes. */
static int
locate(const struct sst_data *x, struct sst_err *e, uint64_t off)
{
	size_t n = strlen(e->what);

	if (sst_file_chunks(x->w.file) != NULL && n < sizeof(e->what) - 1)
		(void)snprintf(
		    e->what + n, sizeof(e->what) - n, " (offset in the uncompressed data)");
	return sst_err_locate(e, sst_file_path(x->w.file), off);
}

int
sst_data_fail(const struct sst_data *x, uint64_t off, const char *what, struct sst_err *e)
{
	sst_fail(e, SST_EDAMAGED, NULL, 0, "%s", what);
	return locate(x, e, off);
}

/* The clustering before this one is about to lose the bytes that it points to. */
static int
save_prev(struct sst_data *x, struct sst_err *e)
{
	struct sst_slice *v = x->prev;
	size_t i, n = 0;

	if (!x->has_prev || x->prev_saved)
		return 0;
	for (i = 0; i < x->nprev; i++)
		n += v[i].n;
	sst_buf_reset(&x->prev_bytes);
	if (!sst_buf_room(&x->prev_bytes, n + 1))
		return sst_fail_nomem(e);
	for (i = 0; i < x->nprev; i++) {
		if (v[i].p == NULL)
			continue;
		n = x->prev_bytes.n;
		sst_buf_add_slice(&x->prev_bytes, v[i]);
		v[i].p = x->prev_bytes.p + n;
	}
	x->prev_saved = true;
	return 0;
}

/*
 * Makes more than `have` bytes, and at least `need`, contiguous from pos on.  0; SST_WAIT; -1, also
 * when there are none.
 */
static int
fetch(struct sst_data *x, size_t have, size_t need, const char *what, struct sst_err *e)
{
	uint64_t len = sst_file_len(x->w.file), left = x->pos < len ? len - x->pos : 0;

	if (need <= have)
		need = have + 1;
	if (need > left) {
		sst_fail(e, SST_ESHORT, NULL, 0, "the data ends inside a %s", what);
		return locate(x, e, x->pos + left);
	}
	return save_prev(x, e) == -1 ? -1 : sst_window_fetch(&x->w, x->pos, need, e);
}

/* Keys ascend by token, then by their bytes. */
static int
check_key(struct sst_data *x, struct sst_slice key, int64_t token, struct sst_err *e)
{
	if (x->has_key && x->murmur3 &&
	    sst_key_compare(x->token, sst_buf_slice(&x->key), token, key) >= 0)
		return sst_data_fail(x, x->pos, "partition is not after the one before it", e);
	return 0;
}

int
sst_data_partition(struct sst_data *x, struct sst_err *e)
{
	struct sst_item *item = &x->item;
	struct sst_deletion del;
	struct sst_slice key;
	struct sst_in in;
	int64_t token;
	int r;

	if (x->pos >= sst_file_len(x->w.file))
		return 0;
	x->has_prev = x->given = false;
	for (;;) {
		in = sst_window_in(&x->w, x->pos);
		key = sst_get_bytes16(&in);
		del = sst_get_deletion(&in, x->d.header->uint_ldt);
		if (!in.bad)
			break;
		/* Bytes that are no deletion poison it too: more will not help then. */
		if (sst_window_left(&x->w, x->pos) > SST_KEY_MAX + 16)
			return sst_data_fail(x, x->pos, "no partition here", e);
		r = fetch(x, sst_window_left(&x->w, x->pos), 1, "partition's key", e);
		if (r != 0)
			return r;
	}
	token = x->murmur3 ? sst_token(key) : 0;
	if (check_key(x, key, token, e) == -1)
		return -1;
	sst_buf_reset(&x->key);
	sst_buf_add_slice(&x->key, key);
	if (x->key.bad)
		return sst_fail_nomem(e);
	x->has_key = true;
	x->token = token;
	*item = (struct sst_item){ .kind = SST_PARTITION,
		.file = sst_file_path(x->w.file),
		.off = x->pos,
		.len = in.off - x->pos };
	item->part = (struct sst_partition){ sst_buf_slice(&x->key), token, del };
	x->pos = in.off;
	x->open = SST_LIVE;
	x->open_known = true;
	return SST_ONE;
}

/* Where a row's clustering ended is where the one before was: the two arrays change places. */
static void
keep_prev(struct sst_data *x)
{
	struct sst_slice *v = x->d.ck;

	x->given = false;
	x->has_prev = true;
	x->prev_saved = false;
	if (x->item.kind == SST_STATIC) { /* nothing but the start is before it */
		x->nprev = 0;
		x->prev_side = -1;
		return;
	}
	x->d.ck = x->prev;
	x->prev = v;
	x->nprev = x->item.kind == SST_MARKER ? x->item.marker.at.n : x->d.header->nck;
	x->prev_side = x->item.kind == SST_MARKER ? x->item.marker.at.side : 0;
}

/*
 * The head of what comes next, and a read head over what follows it, with at least the body's bytes
 * when they are wanted.
 */
static int
get_head(
    struct sst_data *x, bool body, struct sst_row_head *h, struct sst_in *in, struct sst_err *e)
{
	size_t have, need;
	int r;

	for (;;) {
		*in = sst_window_in(&x->w, x->pos);
		have = sst_in_left(in);
		r = sst_decode_head(&x->d, in, h, e);
		if (in->bad) {
			need = have + 1;
			if (have > SST_ROW_HEAD_MAX) {
				sst_fail(e, SST_EDAMAGED, NULL, 0,
				    "a row's clustering takes more than %zu bytes",
				    SST_ROW_HEAD_MAX);
				return locate(x, e, x->pos);
			}
		} else if (r != SST_ONE)
			return r == -1 ? locate(x, e, e->off) : 0;
		else if (!body || h->body <= sst_in_left(in))
			return SST_ONE;
		else if (h->body > sst_file_len(x->w.file) - in->off) {
			sst_fail(e, SST_ESHORT, NULL, 0, "row of %ju bytes, the data has %ju more",
			    (uintmax_t)h->body, (uintmax_t)(sst_file_len(x->w.file) - in->off));
			return locate(x, e, x->pos);
		} else
			need = (size_t)(in->off - x->pos + h->body);
		r = fetch(x, have, need, "row", e);
		if (r != 0)
			return r;
	}
}

static int
check_order(struct sst_data *x, const struct sst_bound *at, struct sst_err *e)
{
	struct sst_bound prev = { x->prev, x->nprev, x->prev_side };
	int c;

	if (!x->has_prev)
		return 0;
	c = sst_bound_compare(x->table, &prev, at);
	if (c < 0 || (c == 0 && prev.side != 0))
		return 0;
	return sst_data_fail(x, x->pos, "row is not after the one before it", e);
}

/* A marker closes what is open, and opens only then. */
static int
check_marker(struct sst_data *x, const struct sst_marker *m, struct sst_err *e)
{
	if (x->open_known && m->before.ts_us != x->open.ts_us) {
		sst_fail(e, SST_EDAMAGED, NULL, 0,
		    x->open.ts_us == SST_NO_TS
			? "range tombstone closes that was not open"
			: "range tombstone is not closed by the next marker");
		return locate(x, e, x->pos);
	}
	x->open = m->after;
	return 0;
}

/* After the end of a partition. */
static int
end_partition(struct sst_data *x, struct sst_err *e)
{
	if (x->open.ts_us != SST_NO_TS) {
		sst_fail(
		    e, SST_EDAMAGED, NULL, 0, "range tombstone open at the end of its partition");
		return locate(x, e, x->pos);
	}
	x->pos++;
	return 0;
}

static int
check_item(struct sst_data *x, struct sst_err *e)
{
	struct sst_item *item = &x->item;
	struct sst_bound at = { x->d.ck, x->d.header->nck, 0 };

	if (item->kind == SST_STATIC) {
		if (x->has_prev)
			return sst_data_fail(x, x->pos, "static row after other rows", e);
		return 0;
	}
	if (item->kind == SST_MARKER)
		at = item->marker.at;
	if (check_order(x, &at, e) == -1)
		return -1;
	return item->kind == SST_MARKER ? check_marker(x, &item->marker, e) : 0;
}

/* The row at pos, even one that says nothing. */
static int
one_row(struct sst_data *x, struct sst_err *e)
{
	struct sst_item *item = &x->item;
	struct sst_row_head h;
	struct sst_in in;
	int r;

	if (x->given)
		keep_prev(x);
	r = get_head(x, true, &h, &in, e);
	if (r != SST_ONE)
		return r == 0 ? end_partition(x, e) : r;
	in.end = in.p + h.body;
	item->file = sst_file_path(x->w.file);
	item->off = x->pos;
	item->len = in.off + h.body - x->pos;
	if (sst_decode_body(&x->d, &in, &h, item, e) == -1)
		return locate(x, e, e->off);
	if (check_item(x, e) == -1)
		return -1;
	x->pos += item->len;
	x->given = true;
	return SST_ONE;
}

int
sst_data_row(struct sst_data *x, struct sst_err *e)
{
	int r;

	do
		r = one_row(x, e);
	while (r == SST_ONE && x->item.kind != SST_MARKER && sst_row_is_empty(&x->item.row));
	return r;
}

int
sst_data_row_here(struct sst_data *x, uint64_t pos, struct sst_err *e)
{
	int r;

	sst_data_seek(x, pos, SST_LIVE);
	x->open_known = false;
	r = one_row(x, e);
	if (r != 0)
		return r;
	return sst_data_fail(x, pos, "no row here", e);
}

/* Past the body of a row whose head was read up to `in`. */
static int
pass_body(
    struct sst_data *x, const struct sst_row_head *h, const struct sst_in *in, struct sst_err *e)
{
	if (h->body > sst_file_len(x->w.file) - in->off) {
		sst_fail(e, SST_ESHORT, NULL, 0, "row of %ju bytes, the data has %ju more",
		    (uintmax_t)h->body, (uintmax_t)(sst_file_len(x->w.file) - in->off));
		return locate(x, e, x->pos);
	}
	x->pos = in->off + h->body;
	return 0;
}

int
sst_data_row_at(struct sst_data *x, struct sst_bound *at, struct sst_err *e)
{
	struct sst_row_head h;
	struct sst_in in;
	int r;

	if (x->given)
		keep_prev(x);
	r = get_head(x, false, &h, &in, e);
	if (r != SST_ONE)
		return r;
	x->item.file = sst_file_path(x->w.file);
	x->item.kind = h.flags & SST_ROW_MARKER ? SST_MARKER
	    : h.ext & SST_EXT_STATIC            ? SST_STATIC
						: SST_ROW;
	*at = (struct sst_bound){ x->d.ck, h.nck, 0 };
	if (x->item.kind == SST_MARKER)
		at->side = h.kind < SST_CLUSTERING ? -1 : 1;
	x->item.off = x->pos;
	if (pass_body(x, &h, &in, e) == -1)
		return -1;
	x->item.len = x->pos - x->item.off;
	return SST_ONE;
}

int
sst_data_skip(struct sst_data *x, struct sst_err *e)
{
	struct sst_row_head h;
	struct sst_in in;
	int r;

	x->has_prev = x->given = false;
	while ((r = get_head(x, false, &h, &in, e)) == SST_ONE)
		if (pass_body(x, &h, &in, e) == -1)
			return -1;
	if (r == 0)
		x->pos++;
	return r;
}
