/* libsst/sstable/file.c: blocks of an open component: found, read, checked, decompressed. */
#include "sstable/file.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/compress.h"
#include "codec/crc.h"

#define INFO_MORE ((size_t)4 << 20)  /* of CompressionInfo.db: options, a dictionary */
#define INFO_CUT ((size_t)256 << 20) /* of a file that was cut: more than 500 GB in 16 KiB chunks */

struct sst_file {
	const struct sst_io *io;
	struct sst_cache *cache;
	char *path;
	int fd;
	uint64_t id; /* in the cache */
	uint64_t stored, len, nblocks;
	uint32_t block_len;
	struct sst_buf side; /* bytes of CRC.db or CompressionInfo.db */
	bool checked;        /* CRC.db is in side */
	bool compressed;
	bool cut;                 /* it may be shorter than is said */
	bool trust_last;          /* a checksum of the last block that does not match is none */
	struct sst_chunks chunks; /* points into side */
	struct sst_codec *codec;  /* the cache's, or with a dictionary own_codec */
	struct sst_codec *own_codec;
	struct sst_buf scratch; /* stored bytes of one block */
};

static void
set_blocks(struct sst_file *f, uint64_t len, uint32_t block_len)
{
	f->len = len;
	f->block_len = block_len;
	f->nblocks = len / block_len + (len % block_len != 0);
}

int
sst_file_open(struct sst_file **out, const struct sst_io *io, const char *path,
    struct sst_cache *cache, struct sst_err *e)
{
	struct sst_file *f = calloc(1, sizeof(*f));
	struct sst_stat st;

	*out = NULL;
	if (f == NULL)
		return sst_fail_nomem(e);
	f->io = io;
	f->cache = cache;
	f->fd = -1;
	f->path = strdup(path);
	if (f->path == NULL) {
		sst_file_close(f);
		return sst_fail_nomem(e);
	}
	f->fd = sst_io_open(io, path, O_RDONLY | O_CLOEXEC, e);
	if (f->fd == -1 || sst_io_fstat(io, f->fd, path, &st, e) == -1) {
		sst_file_close(f);
		return -1;
	}
	f->id = sst_cache_file(cache);
	f->stored = st.size;
	set_blocks(f, st.size, SST_PLAIN_BLOCK);
	*out = f;
	return 0;
}

void
sst_file_close(struct sst_file *f)
{
	struct sst_err ignored;

	if (f == NULL)
		return;
	if (f->id != 0)
		sst_cache_forget(f->cache, f->id);
	if (f->fd != -1)
		sst_io_close(f->io, f->fd, f->path, &ignored); /* only read: nothing to lose */
	sst_buf_free(&f->side);
	sst_buf_free(&f->scratch);
	sst_codec_free(f->own_codec);
	free(f->path);
	free(f);
}

void
sst_file_allow_cut(struct sst_file *f)
{
	f->cut = true;
}

void
sst_file_trust_last(struct sst_file *f, bool trust)
{
	f->trust_last = trust;
}

int
sst_file_check_by(struct sst_file *f, const char *crc_path, struct sst_err *e)
{
	size_t max = f->cut ? INFO_CUT : (size_t)(f->stored / 128) + 64;
	struct sst_in in;
	uint32_t len;

	/* Four bytes for each block of at least 512, and the length. */
	if (sst_io_read_file(f->io, crc_path, max, &f->side, e) == -1)
		return -1;
	in = sst_in_new(sst_buf_slice(&f->side), 0);
	len = sst_get_u32(&in);
	if (in.bad || len < 512 || len > SST_CHUNK_LEN_MAX)
		return sst_fail(e, SST_EDAMAGED, crc_path, 0, "block length %u", len);
	set_blocks(f, f->stored, len);
	/* Cassandra's compaction adds the checksum of an empty block (formats/errata.md). */
	if (sst_in_left(&in) != 4 * f->nblocks && sst_in_left(&in) != 4 * (f->nblocks + 1) &&
	    (!f->cut || sst_in_left(&in) < 4 * f->nblocks))
		return sst_fail(e, SST_EDAMAGED, crc_path, 4,
		    "%zu bytes of checksums for %ju blocks of Data.db", sst_in_left(&in),
		    (uintmax_t)f->nblocks);
	f->checked = true;
	return 0;
}

/* With a dictionary a file needs a decompressor of its own. */
static int
use_dictionary(struct sst_file *f, const char *info_path, struct sst_err *e)
{
	struct sst_buf dictionary = { 0 };
	int r = sst_chunks_dictionary(&f->chunks, &dictionary, info_path, e);

	if (r == 0 && dictionary.n > 0) {
		r = sst_codec_new(&f->own_codec, f->chunks.class_name, 0, e);
		if (r == 0)
			r = sst_codec_dictionary(f->own_codec, sst_buf_slice(&dictionary), e);
		if (r == -1 && e->code == SST_EINVAL) {
			e->code = SST_EDAMAGED;
			sst_err_locate(e, info_path, SST_NOWHERE);
		}
		f->codec = f->own_codec;
	}
	sst_buf_free(&dictionary);
	return r;
}

int
sst_file_chunks_by(
    struct sst_file *f, const char *info_path, const struct sst_version *v, struct sst_err *e)
{
	size_t max = f->cut ? INFO_CUT : (size_t)(f->stored / 5 * 8) + INFO_MORE;

	/* Eight bytes for each chunk of at least five, and what goes before them. */
	if (sst_io_read_file(f->io, info_path, max, &f->side, e) == -1)
		return -1;
	if (sst_chunks_parse(&f->chunks, v, sst_buf_slice(&f->side), f->cut ? INT64_MAX : f->stored,
		info_path, e) == -1)
		return -1;
	if (sst_cache_codec(f->cache, f->chunks.class_name, &f->codec, e) == -1 &&
	    e->code != SST_ENOMEM)
		return sst_fail(e, e->code, info_path, 2, "compressor \"%.*s\" is not known",
		    (int)(f->chunks.class_name.n > 64 ? 64 : f->chunks.class_name.n),
		    (const char *)f->chunks.class_name.p);
	if (f->codec == NULL || use_dictionary(f, info_path, e) == -1)
		return -1;
	f->compressed = true;
	set_blocks(f, f->chunks.data_len, f->chunks.chunk_len);
	return 0;
}

const char *
sst_file_path(const struct sst_file *f)
{
	return f->path;
}

uint64_t
sst_file_len(const struct sst_file *f)
{
	return f->len;
}

uint64_t
sst_file_stored(const struct sst_file *f)
{
	return f->stored;
}

uint32_t
sst_file_block_len(const struct sst_file *f)
{
	return f->block_len;
}

uint64_t
sst_file_nblocks(const struct sst_file *f)
{
	return f->nblocks;
}

const struct sst_chunks *
sst_file_chunks(const struct sst_file *f)
{
	return f->compressed ? &f->chunks : NULL;
}

struct sst_cache *
sst_file_cache(const struct sst_file *f)
{
	return f->cache;
}

size_t
sst_file_block_size(const struct sst_file *f, uint64_t i)
{
	uint64_t left = f->len - i * f->block_len;

	return left < f->block_len ? (size_t)left : f->block_len;
}

void
sst_file_block_at(const struct sst_file *f, uint64_t i, uint64_t *off, size_t *len)
{
	uint64_t end;

	if (!f->compressed) {
		*off = i * f->block_len;
		*len = sst_file_block_size(f, i);
		return;
	}
	*off = sst_chunks_off(&f->chunks, i);
	end = i + 1 < f->chunks.nchunks ? sst_chunks_off(&f->chunks, i + 1) : f->stored;
	if (end > f->stored) /* only where cut files are allowed */
		end = f->stored;
	*len = end > *off ? (size_t)(end - *off) : 0;
}

static uint32_t
get_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

bool
sst_file_is_checked(const struct sst_file *f)
{
	return f->checked;
}

bool
sst_file_block_crc(const struct sst_file *f, uint64_t i, uint32_t *crc)
{
	if (f->checked)
		*crc = get_u32(f->side.p + 4 + 4 * i);
	return f->checked;
}

static int
decode_chunk(
    struct sst_file *f, uint64_t i, struct sst_slice stored, uint8_t *out, struct sst_err *e)
{
	uint64_t off = sst_chunks_off(&f->chunks, i);
	size_t n, raw = sst_file_block_size(f, i);
	uint32_t found, want;

	if (stored.n < SST_CHUNK_CRC ||
	    (i + 1 < f->chunks.nchunks && sst_chunks_off(&f->chunks, i + 1) > f->stored))
		return sst_fail(
		    e, SST_ESHORT, f->path, off, "cut short in chunk %ju", (uintmax_t)i);
	n = stored.n - SST_CHUNK_CRC;
	found = sst_crc32(0, stored.p, n);
	want = get_u32(stored.p + n);
	if (found != want)
		return sst_fail(e, SST_EDAMAGED, f->path, off,
		    "checksum of chunk %ju is %08x, the file says %08x", (uintmax_t)i, found, want);
	stored.n = n;
	if (n >= f->chunks.max_compressed) { /* as it is, padded up to max_compressed */
		if (n < raw)
			return sst_fail(e, SST_EDAMAGED, f->path, off,
			    "chunk %ju holds %zu bytes, want %zu", (uintmax_t)i, n, raw);
		memcpy(out, stored.p, raw);
		return 0;
	}
	if (sst_codec_decompress(f->codec, stored, out, raw, e) == -1)
		return sst_err_locate(e, f->path, off);
	return 0;
}

int
sst_file_decode(
    struct sst_file *f, uint64_t i, struct sst_slice stored, uint8_t *out, struct sst_err *e)
{
	uint32_t found, want;

	if (f->compressed)
		return decode_chunk(f, i, stored, out, e);
	if (f->checked) {
		found = sst_crc32(0, stored.p, stored.n);
		want = get_u32(f->side.p + 4 + 4 * i);
		if (found != want && (!f->trust_last || i + 1 < f->nblocks))
			return sst_fail(e, SST_EDAMAGED, f->path, i * f->block_len,
			    "checksum of block %ju is %08x, CRC.db says %08x", (uintmax_t)i, found,
			    want);
	}
	memcpy(out, stored.p, stored.n);
	return 0;
}

int
sst_file_fd(const struct sst_file *f)
{
	return f->fd;
}

int
sst_file_pread(struct sst_file *f, void *buf, size_t n, uint64_t off, struct sst_err *e)
{
	return sst_io_read(f->io, f->fd, f->path, buf, n, off, e);
}

/* Reads block i and puts it into the cache, pinned. */
static int
load(struct sst_file *f, uint64_t i, struct sst_block **out, struct sst_err *e)
{
	struct sst_slice stored;
	struct sst_block *b;
	uint64_t off;
	uint8_t *room;

	sst_file_block_at(f, i, &off, &stored.n);
	sst_buf_reset(&f->scratch);
	if (!sst_buf_room(&f->scratch, stored.n))
		return sst_fail_nomem(e);
	if (sst_file_pread(f, f->scratch.p, stored.n, off, e) == -1)
		return -1;
	b = sst_cache_make(f->cache, f->id, i, sst_file_block_size(f, i), &room);
	if (b == NULL)
		return sst_fail_nomem(e);
	stored.p = f->scratch.p;
	if (sst_file_decode(f, i, stored, room, e) == -1) {
		sst_cache_drop(f->cache, b);
		return -1;
	}
	sst_cache_add(f->cache, b, true);
	*out = b;
	return 0;
}

int
sst_file_block(
    struct sst_file *f, uint64_t i, bool nonblocking, struct sst_block **b, struct sst_err *e)
{
	*b = sst_cache_get(f->cache, f->id, i);
	if (*b != NULL)
		return 0;
	return nonblocking ? SST_WAIT : load(f, i, b, e);
}

void
sst_file_want(struct sst_file *f, uint64_t i, uint64_t n, struct sst_want *w)
{
	uint64_t last = i + n <= f->nblocks ? i + n - 1 : f->nblocks - 1, off;
	size_t len;

	w->file = f;
	sst_file_block_at(f, i, &w->off, &w->len);
	if (last > i) {
		sst_file_block_at(f, last, &off, &len);
		w->len = (size_t)(off + len - w->off);
	}
}

uint64_t
sst_file_id(const struct sst_file *f)
{
	return f->id;
}

/* The block that begins at an offset in the file. */
static uint64_t
block_of(const struct sst_file *f, uint64_t off)
{
	uint64_t lo = 0, hi = f->nblocks, mid;

	if (!f->compressed)
		return off / f->block_len;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (sst_chunks_off(&f->chunks, mid) <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

int
sst_want_fill(const struct sst_want *w, struct sst_slice bytes, struct sst_err *e)
{
	struct sst_file *f = w->file;
	struct sst_block *b;
	uint64_t i, off;
	uint8_t *room;
	size_t len;

	if (bytes.n != w->len)
		return sst_fail(e, SST_ESHORT, f->path, w->off + bytes.n, "cut short");
	for (i = block_of(f, w->off); i < f->nblocks; i++) {
		sst_file_block_at(f, i, &off, &len);
		if (off - w->off + len > bytes.n)
			break;
		if (sst_cache_has(f->cache, f->id, i))
			continue;
		b = sst_cache_make(f->cache, f->id, i, sst_file_block_size(f, i), &room);
		if (b == NULL)
			return sst_fail_nomem(e);
		if (sst_file_decode(
			f, i, (struct sst_slice){ bytes.p + (off - w->off), len }, room, e) == -1) {
			sst_cache_drop(f->cache, b);
			return -1;
		}
		sst_cache_add(f->cache, b, false);
		sst_cache_drop(f->cache, b);
	}
	return 0;
}

int
sst_want_read(const struct sst_want *w, struct sst_err *e)
{
	struct sst_slice bytes = { NULL, w->len };
	uint8_t *buf = malloc(w->len);
	int r = -1;

	if (buf == NULL)
		return sst_fail_nomem(e);
	bytes.p = buf;
	if (sst_file_pread(w->file, buf, w->len, w->off, e) == 0)
		r = sst_want_fill(w, bytes, e);
	free(buf);
	return r;
}
