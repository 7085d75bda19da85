/* libsst/sstable/window.c: read-ahead, and joins across cached blocks. */
#include "sstable/window.h"

#include "codec/crc.h"

#define AHEAD ((size_t)256 << 10)  /* stored bytes of one read of a sequential window */
#define DECODE ((size_t)128 << 10) /* bytes decoded at a time: they stay in the processor's cache */
#define JOIN ((size_t)512)         /* joined beyond what is asked for: the rest of a small row */

void
sst_window_init(struct sst_window *w, struct sst_file *file, enum sst_window_mode mode)
{
	memset(w, 0, sizeof(*w));
	w->file = file;
	w->mode = mode;
}

void
sst_window_close(struct sst_window *w)
{
	if (w->block != NULL)
		sst_cache_drop(sst_file_cache(w->file), w->block);
	sst_buf_free(&w->buf);
	sst_buf_free(&w->stored);
	memset(w, 0, sizeof(*w));
}

void
sst_window_want(const struct sst_window *w, uint64_t ahead, struct sst_want *want)
{
	sst_file_want(w->file, w->want, ahead, want);
}

/* Takes bytes that were read from off on into the checksum of the file, once each. */
static void
hash_stored(struct sst_window *w, uint64_t off)
{
	size_t known;

	if (!w->hashing || off > w->hashed || off + w->stored.n <= w->hashed)
		return;
	known = (size_t)(w->hashed - off);
	w->hash = sst_crc32(w->hash, w->stored.p + known, w->stored.n - known);
	w->hashed = off + w->stored.n;
}

/* The stored bytes of block i, reading on from it when they are not at hand. */
static int
stored_block(struct sst_window *w, uint64_t i, struct sst_slice *s, struct sst_err *e)
{
	uint64_t off, total = sst_file_stored(w->file);
	size_t len, n;

	sst_file_block_at(w->file, i, &off, &len);
	if (off < w->stored_off || off - w->stored_off + len > w->stored.n) {
		if (off >= total)
			return sst_fail(e, SST_ESHORT, sst_file_path(w->file), total, "cut short");
		n = len > AHEAD ? len : AHEAD;
		if (n > total - off)
			n = (size_t)(total - off);
		sst_buf_reset(&w->stored);
		if (!sst_buf_room(&w->stored, n))
			return sst_fail_nomem(e);
		if (sst_file_pread(w->file, w->stored.p, n, off, e) == -1)
			return -1;
		w->stored.n = n;
		w->stored_off = off;
		hash_stored(w, off);
	}
	*s = (struct sst_slice){ w->stored.p + (off - w->stored_off), len };
	return 0;
}

/* Decodes the block after what buf holds. */
static int
decode_next(struct sst_window *w, struct sst_err *e)
{
	uint64_t i = (w->buf_off + w->buf.n) / sst_file_block_len(w->file);
	size_t size = sst_file_block_size(w->file, i);
	struct sst_slice stored;

	if (stored_block(w, i, &stored, e) == -1)
		return -1;
	if (!sst_buf_room(&w->buf, size))
		return sst_fail_nomem(e);
	if (sst_file_decode(w->file, i, stored, w->buf.p + w->buf.n, e) == -1)
		return -1;
	w->buf.n += size;
	return 0;
}

static int
fetch_sequential(struct sst_window *w, uint64_t pos, size_t n, struct sst_err *e)
{
	uint64_t end = sst_file_len(w->file), block_len = sst_file_block_len(w->file);
	size_t keep = 0, ahead;

	w->n = 0; /* until it is at hand again */
	if (pos >= w->buf_off && pos - w->buf_off < w->buf.n) {
		keep = w->buf.n - (size_t)(pos - w->buf_off);
		memmove(w->buf.p, w->buf.p + (pos - w->buf_off), keep);
		w->buf_off = pos;
	} else
		w->buf_off = pos / block_len * block_len;
	w->buf.n = keep;
	n += (size_t)(pos - w->buf_off);
	ahead = n > DECODE ? n : DECODE;
	while (w->buf_off + w->buf.n < end && (w->buf.n < n || ahead - w->buf.n >= block_len))
		if (decode_next(w, e) == -1) {
			if (w->buf.n < n || (e->code != SST_EDAMAGED && e->code != SST_ESHORT))
				return -1;
			break; /* what is before the damage can be read */
		}
	w->p = w->buf.p;
	w->off = w->buf_off;
	w->n = w->buf.n;
	return 0;
}

/* Adds what the block at pos has, max bytes of it at most, to the joined bytes. */
static int
join_block(struct sst_window *w, uint64_t pos, size_t max, struct sst_err *e)
{
	uint64_t i = pos / sst_file_block_len(w->file);
	size_t skip = (size_t)(pos % sst_file_block_len(w->file));
	struct sst_block *b = NULL;
	int r;

	r = sst_file_block(w->file, i, w->mode == SST_WINDOW_NONBLOCKING, &b, e);
	if (r != 0) {
		w->want = i;
		return r;
	}
	sst_buf_add(&w->buf, b->p + skip, b->n - skip < max ? b->n - skip : max);
	sst_cache_drop(sst_file_cache(w->file), b);
	return w->buf.bad ? sst_fail_nomem(e) : 0;
}

/* What is joined already is kept over a wait, so that it need not stay in the cache meanwhile.  Little
 * is joined: what follows is read in its own block. */
static int
fetch_joined(struct sst_window *w, uint64_t pos, size_t n, struct sst_err *e)
{
	uint64_t end = sst_file_len(w->file);
	int r;

	w->n = 0;
	if (w->buf_off != pos)
		sst_buf_reset(&w->buf);
	w->buf_off = pos;
	while (w->buf.n < n && pos + w->buf.n < end)
		if ((r = join_block(w, pos + w->buf.n, n - w->buf.n + JOIN, e)) != 0)
			return r;
	if (w->block != NULL)
		sst_cache_drop(sst_file_cache(w->file), w->block);
	w->block = NULL;
	w->p = w->buf.p;
	w->off = pos;
	w->n = w->buf.n;
	return 0;
}

static int
fetch_cached(struct sst_window *w, uint64_t pos, size_t n, struct sst_err *e)
{
	uint64_t block_len = sst_file_block_len(w->file), i = pos / block_len;
	struct sst_block *b;
	int r;

	if (pos % block_len + n > block_len && i + 1 < sst_file_nblocks(w->file))
		return fetch_joined(w, pos, n, e);
	r = sst_file_block(w->file, i, w->mode == SST_WINDOW_NONBLOCKING, &b, e);
	if (r != 0) {
		w->want = i;
		return r;
	}
	sst_cache_drop(sst_file_cache(w->file), w->block);
	w->block = b;
	w->p = b->p;
	w->off = i * block_len;
	w->n = b->n;
	return 0;
}

int
sst_window_fetch(struct sst_window *w, uint64_t pos, size_t n, struct sst_err *e)
{
	uint64_t left = sst_file_len(w->file) - pos;

	if (n > left)
		n = (size_t)left;
	if (sst_window_left(w, pos) >= n)
		return 0;
	if (w->mode == SST_WINDOW_SEQUENTIAL)
		return fetch_sequential(w, pos, n, e);
	return fetch_cached(w, pos, n, e);
}
