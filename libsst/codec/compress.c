/*
 * codec/compress.c: a table with one row for each compressor.  All of them get whole chunks, so each
 * is called once a chunk; what they keep between chunks is their working memory.
 */
#include "codec/compress.h"

#include <libdeflate.h>
#include <lz4.h>
#include <lz4hc.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/num.h"

#define DEFLATE_LEVEL 6 /* java.util.zip.Deflater's default */
#define LZ4_HC_LEVEL 9  /* Cassandra's default for lz4_compressor_type 'high' */

struct method {
	const char *name;
	int level_min, level_max;
	bool dictionary; /* may have one */
	bool fast;       /* at level 0 */
	size_t (*bound)(size_t n);
	/* The number of bytes written, 0 on failure. */
	size_t (*compress)(struct sst_codec *, struct sst_slice, uint8_t *out, size_t cap);
	/* True when in gives exactly n bytes. */
	bool (*decompress)(struct sst_codec *, struct sst_slice, uint8_t *out, size_t n);
};

struct sst_codec {
	const struct method *method;
	int level;
	ZSTD_CCtx *zc; /* each made when first needed: a reader never compresses */
	ZSTD_DCtx *zd;
	struct libdeflate_compressor *dc;
	struct libdeflate_decompressor *dd;
	void *lz4; /* state of either mode */
	ZSTD_DDict *zdict;
	char *dict; /* lz4's dictionary */
	size_t dict_len;
};

static size_t
copy_bound(size_t n)
{
	return n;
}

static size_t
copy_out(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t cap)
{
	(void)c;
	if (in.n > cap)
		return 0;
	if (in.n > 0)
		memcpy(out, in.p, in.n);
	return in.n;
}

static bool
copy_in(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n)
{
	return in.n == n && copy_out(c, in, out, n) == n;
}

/* The raw length, little-endian, then an lz4 block. */
static size_t
lz4_bound(size_t n)
{
	return n > LZ4_MAX_INPUT_SIZE ? 0 : 4 + (size_t)LZ4_compressBound((int)n);
}

static size_t
lz4_out(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t cap)
{
	const char *src = (const char *)in.p;
	char *dst = (char *)out + 4;
	int max = cap - 4 > INT32_MAX ? INT32_MAX : (int)(cap - 4), n;
	size_t state = (size_t)(c->level > 0 ? LZ4_sizeofStateHC() : LZ4_sizeofState());

	if (c->lz4 == NULL && (c->lz4 = malloc(state)) == NULL)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(in.n >> 8 * i);
	n = c->level > 0 ? LZ4_compress_HC_extStateHC(c->lz4, src, dst, (int)in.n, max, c->level)
			 : LZ4_compress_fast_extState(c->lz4, src, dst, (int)in.n, max, 1);
	return n > 0 ? (size_t)n + 4 : 0;
}

static bool
lz4_in(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n)
{
	uint32_t raw = 0;

	if (in.n < 4 || in.n - 4 > INT32_MAX || n > INT32_MAX)
		return false;
	for (unsigned i = 0; i < 4; i++)
		raw |= (uint32_t)in.p[i] << 8 * i;
	return raw == n &&
	    LZ4_decompress_safe_usingDict((const char *)in.p + 4, (char *)out, (int)(in.n - 4),
		(int)n, c->dict, (int)c->dict_len) == (int)n;
}

static size_t
zstd_out(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t cap)
{
	size_t n;

	if (c->zc == NULL) {
		if ((c->zc = ZSTD_createCCtx()) == NULL)
			return 0;
		ZSTD_CCtx_setParameter(c->zc, ZSTD_c_compressionLevel, c->level);
	}
	n = ZSTD_compress2(c->zc, out, cap, in.p, in.n);
	return ZSTD_isError(n) ? 0 : n;
}

/*
 * The window that a zstd frame (RFC 8878, 3.1.1.1) wants.  Decompressing in one call needs none,
 * but no writer of chunks asks for a large one: where it does, the bytes are not a chunk.
 */
static uint64_t
zstd_window(struct sst_slice in)
{
	unsigned log;

	if (in.n < 6 || (in.p[4] & 0x20) != 0) /* single segment: the window is the content */
		return 0;
	log = 10 + (in.p[5] >> 3);
	return ((uint64_t)1 << log) + (((uint64_t)1 << log) >> 3) * (in.p[5] & 7);
}

static bool
zstd_in(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n)
{
	if (c->zd == NULL && (c->zd = ZSTD_createDCtx()) == NULL)
		return false;
	return zstd_window(in) <= SST_ZSTD_WINDOW_MAX &&
	    ZSTD_decompress_usingDDict(c->zd, out, n, in.p, in.n, c->zdict) == n;
}

static size_t
deflate_bound(size_t n)
{
	return libdeflate_zlib_compress_bound(NULL, n);
}

static size_t
deflate_out(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t cap)
{
	if (c->dc == NULL && (c->dc = libdeflate_alloc_compressor(c->level)) == NULL)
		return 0;
	return libdeflate_zlib_compress(c->dc, in.p, in.n, out, cap);
}

static bool
deflate_in(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n)
{
	size_t used = 0;

	if (c->dd == NULL && (c->dd = libdeflate_alloc_decompressor()) == NULL)
		return false;
	return libdeflate_zlib_decompress_ex(c->dd, in.p, in.n, out, n, &used, NULL) ==
	    LIBDEFLATE_SUCCESS &&
	    used == in.n;
}

static size_t
snappy_out(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t cap)
{
	size_t n = cap;

	(void)c;
	return snappy_compress((const char *)in.p, in.n, (char *)out, &n) == SNAPPY_OK ? n : 0;
}

static bool
snappy_in(struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n)
{
	const char *p = (const char *)in.p;
	size_t raw = 0;

	(void)c;
	return snappy_uncompressed_length(p, in.n, &raw) == SNAPPY_OK && raw == n &&
	    snappy_uncompress(p, in.n, (char *)out, &raw) == SNAPPY_OK && raw == n;
}

static const struct method methods[] = {
	{ "", 0, 0, false, true, copy_bound, copy_out, copy_in },
	{ "NoopCompressor", 0, 0, false, true, copy_bound, copy_out, copy_in },
	{ "ZstdCompressor", -131072, 22, false, false, ZSTD_compressBound, zstd_out, zstd_in },
	{ "LZ4Compressor", 0, 17, false, true, lz4_bound, lz4_out, lz4_in },
	{ "DeflateCompressor", 0, 9, false, false, deflate_bound, deflate_out, deflate_in },
	{ "SnappyCompressor", 0, 0, false, true, snappy_max_compressed_length, snappy_out,
	    snappy_in },
	{ "ZstdWithDictsCompressor", -131072, 22, true, false, ZSTD_compressBound, zstd_out,
	    zstd_in },
	{ "ZstdDictionaryCompressor", -131072, 22, true, false, ZSTD_compressBound, zstd_out,
	    zstd_in },
	{ "LZ4WithDictsCompressor", 0, 17, true, true, lz4_bound, lz4_out, lz4_in },
};

static const struct method *
find(struct sst_slice class_name)
{
	size_t i, n;

	if (class_name.n == 0)
		return &methods[0];
	/* org.apache.cassandra.io.compress.ZstdCompressor and ZstdCompressor are one */
	for (n = 0; n < class_name.n && class_name.p[class_name.n - n - 1] != '.';)
		n++;
	if (n == 0)
		return NULL;
	class_name = (struct sst_slice){ class_name.p + (class_name.n - n), n };
	for (i = 0; i < SST_ARRAY_LEN(methods); i++) {
		if (sst_slice_eq(class_name, sst_slice_str(methods[i].name)))
			return &methods[i];
	}
	return NULL;
}

int
sst_codec_new(struct sst_codec **out, struct sst_slice class_name, int level, struct sst_err *e)
{
	const struct method *m = find(class_name);
	int show = class_name.n > 100 ? 100 : (int)class_name.n;
	struct sst_codec *c;

	*out = NULL;
	if (m == NULL)
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "compressor %.*s is not known", show, (const char *)class_name.p);
	if (level < m->level_min || level > m->level_max)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "%s has no level %d, only %d to %d", m->name, level, m->level_min,
		    m->level_max);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return sst_fail_nomem(e);
	c->method = m;
	c->level = level == 0 && m->compress == deflate_out ? DEFLATE_LEVEL : level;
	*out = c;
	return 0;
}

bool
sst_codec_is(const struct sst_codec *c, struct sst_slice class_name)
{
	return c->method == find(class_name);
}

bool
sst_codec_is_fast(struct sst_slice class_name, int level)
{
	const struct method *m = find(class_name);

	return m == NULL || (m->fast && level == 0);
}

void
sst_codec_free(struct sst_codec *c)
{
	if (c == NULL)
		return;
	ZSTD_freeCCtx(c->zc);
	ZSTD_freeDCtx(c->zd);
	libdeflate_free_compressor(c->dc);
	libdeflate_free_decompressor(c->dd);
	ZSTD_freeDDict(c->zdict);
	free(c->dict);
	free(c->lz4);
	free(c);
}

/* Ours are content, or what zstd's trainer made: an id and tables, which may be damaged, and content. */
static int
zstd_dictionary(struct sst_codec *c, struct sst_slice s, struct sst_err *e)
{
	ZSTD_freeDDict(c->zdict);
	c->zdict = ZSTD_createDDict(s.p, s.n);
	if (c->zdict != NULL)
		return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "zstd's dictionary is damaged");
}

static int
lz4_dictionary(struct sst_codec *c, struct sst_slice s, struct sst_err *e)
{
	char *copy;

	if (s.n > INT32_MAX)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "dictionary of %zu bytes", s.n);
	if ((copy = malloc(s.n + 1)) == NULL)
		return sst_fail_nomem(e);
	memcpy(copy, s.p, s.n);
	free(c->dict);
	c->dict = copy;
	c->dict_len = s.n;
	return 0;
}

int
sst_codec_dictionary(struct sst_codec *c, struct sst_slice s, struct sst_err *e)
{
	if (!c->method->dictionary)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%s has no dictionaries",
		    c->method->name[0] != '\0' ? c->method->name : "none");
	return c->method->decompress == zstd_in ? zstd_dictionary(c, s, e)
						: lz4_dictionary(c, s, e);
}

/* A decimal number, perhaps negative; false when it is none or does not fit. */
static bool
number(int *out, struct sst_slice s)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t i = minus;
	int v = 0;

	if (s.n - i == 0 || s.n - i > 8)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = minus ? -v : v;
	return true;
}

/* Of lz4's two options either may come first: `high` keeps a level that is there already. */
static bool
lz4_option(int *level, struct sst_slice name, struct sst_slice value, int max)
{
	int v;

	if (sst_slice_eq(name, SST_SLICE_LIT("lz4_compressor_type"))) {
		if (sst_slice_eq(value, SST_SLICE_LIT("fast")))
			*level = 0;
		else if (!sst_slice_eq(value, SST_SLICE_LIT("high")))
			return false;
		else if (*level == 0)
			*level = LZ4_HC_LEVEL;
		return true;
	}
	if (!sst_slice_eq(name, SST_SLICE_LIT("lz4_high_compressor_level")))
		return true;
	if (!number(&v, value) || v < 1 || v > max)
		return false;
	*level = v;
	return true;
}

int
sst_codec_option(int *level, struct sst_slice class_name, struct sst_slice name,
    struct sst_slice value, struct sst_err *e)
{
	const struct method *m = find(class_name);
	bool good = true;
	int v;

	if (m != NULL && m->compress == lz4_out)
		good = lz4_option(level, name, value, m->level_max);
	else if (m != NULL && m->compress == zstd_out &&
	    sst_slice_eq(name, SST_SLICE_LIT("compression_level"))) {
		good = number(&v, value) && v >= m->level_min && v <= m->level_max;
		if (good)
			*level = v;
	}
	if (good)
		return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%s: '%.*s' is no value for %.*s",
	    m->name, value.n > 40 ? 40 : (int)value.n, (const char *)value.p,
	    name.n > 40 ? 40 : (int)name.n, (const char *)name.p);
}

size_t
sst_codec_bound(const struct sst_codec *c, size_t n)
{
	return c->method->bound(n);
}

int
sst_codec_compress(
    struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t *n, struct sst_err *e)
{
	size_t cap = c->method->bound(in.n);

	*n = 0;
	if (cap < in.n) /* longer than the compressor can take at all */
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "%s cannot take %zu bytes",
		    c->method->name, in.n);
	if (cap > 0)
		*n = c->method->compress(c, in, out, cap);
	if (*n == 0 && cap > 0) /* there is room for all, so only its memory can be short */
		return sst_fail_nomem(e);
	return 0;
}

int
sst_codec_decompress(
    struct sst_codec *c, struct sst_slice in, uint8_t *out, size_t n, struct sst_err *e)
{
	if (c->method->decompress(c, in, out, n))
		return 0;
	if ((c->method->decompress == zstd_in && c->zd == NULL) ||
	    (c->method->decompress == deflate_in && c->dd == NULL))
		return sst_fail_nomem(e); /* not the bytes' fault */
	return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
	    "%zu bytes are no %s data that gives %zu bytes", in.n,
	    c->method->name[0] != '\0' ? c->method->name : "uncompressed", n);
}
