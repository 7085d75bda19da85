/* libsst/sstable/chunks.c: CompressionInfo.db, read and written. */
#include "sstable/chunks.h"

#include "base/num.h"
#include "codec/crc.h"
#include "codec/out.h"

#define DICTIONARY_ZSTD 0

/* Offsets ascend, leaving at least a byte and the CRC to each chunk, and end inside Data.db. */
static int
check_offsets(const struct sst_chunks *c, uint64_t at, uint64_t stored_len, const char *file,
    struct sst_err *e)
{
	uint64_t i, off, prev = 0;

	for (i = 0; i < c->nchunks; i++, prev = off) {
		off = sst_chunks_off(c, i);
		if (i == 0 ? off != 0 : off < prev || off - prev < SST_CHUNK_CRC + 1)
			return sst_fail(e, SST_EDAMAGED, file, at + 8 * i,
			    "offset of chunk %ju is %ju, after %ju", (uintmax_t)i, (uintmax_t)off,
			    (uintmax_t)prev);
		if (off > stored_len || stored_len - off < SST_CHUNK_CRC + 1)
			return sst_fail(e, SST_EDAMAGED, file, at + 8 * i,
			    "chunk %ju begins at %ju, but Data.db has %ju bytes", (uintmax_t)i,
			    (uintmax_t)off, (uintmax_t)stored_len);
	}
	return 0;
}

/* The fields before the chunk length.  Too few bytes poison `in`. */
static int
get_params(struct sst_chunks *c, struct sst_in *in, const char *file, struct sst_err *e)
{
	uint32_t i, n;

	c->class_name = sst_get_bytes16(in);
	n = sst_get_u32(in);
	if (n > SST_CHUNK_OPTIONS_MAX)
		return sst_fail(e, SST_ELIMIT, file, in->off - 4,
		    "%u compression options, at most %d", n, SST_CHUNK_OPTIONS_MAX);
	c->noptions = n;
	for (i = 0; i < n; i++) {
		c->options[i].name = sst_get_bytes16(in);
		c->options[i].value = sst_get_bytes16(in);
	}
	return 0;
}

/* The section that Cassandra 6 writes behind the offsets; the CRC32C takes the id's bytes backwards. */
static int
get_dictionary(struct sst_chunks *c, struct sst_in *in, const char *file, struct sst_err *e)
{
	uint64_t at = in->off, id;
	uint8_t kind = sst_get_u8(in), head[9];
	uint32_t crc, want;

	id = sst_get_u64(in);
	c->dictionary = sst_get_bytes32(in);
	crc = sst_get_u32(in);
	if (in->bad || sst_in_left(in) > 0)
		return sst_fail(e, in->bad ? SST_ESHORT : SST_EDAMAGED, file, in->off,
		    in->bad ? "dictionary cut short" : "bytes left over behind the dictionary");
	if (kind != DICTIONARY_ZSTD)
		return sst_fail(
		    e, SST_EUNSUPPORTED, file, at, "dictionary of kind %u is not known", kind);
	head[0] = kind;
	memcpy(head + 1, &id, 8); /* little-endian, as this machine is */
	want = sst_crc32c(sst_crc32c(0, head, 9), c->dictionary.p, c->dictionary.n);
	if (crc != want)
		return sst_fail(e, SST_EDAMAGED, file, in->off - 4,
		    "checksum of the dictionary is %08x, want %08x", crc, want);
	return 0;
}

/* The part of a dictionary that an option holds: its number, -1 when it is none. */
static int
part_of(const struct sst_option *o)
{
	struct sst_slice prefix = SST_SLICE_LIT(".dictionary.");
	size_t i;
	int n = 0;

	if (o->name.n <= prefix.n || o->name.n > prefix.n + 8 ||
	    memcmp(o->name.p, prefix.p, prefix.n) != 0)
		return -1;
	for (i = prefix.n; i < o->name.n; i++) {
		if (o->name.p[i] < '0' || o->name.p[i] > '9')
			return -1;
		n = 10 * n + (o->name.p[i] - '0');
	}
	return n;
}

int
sst_chunks_dictionary(
    const struct sst_chunks *c, struct sst_buf *out, const char *file, struct sst_err *e)
{
	size_t i, parts = 0, found;
	int n;

	sst_buf_add_slice(out, c->dictionary);
	for (i = 0; i < c->noptions; i++)
		parts += part_of(&c->options[i]) >= 0;
	for (n = 0; n < (int)parts; n++) {
		for (found = 0; found < c->noptions && part_of(&c->options[found]) != n;)
			found++;
		if (found == c->noptions)
			return sst_fail(e, SST_EDAMAGED, file, SST_NOWHERE,
			    "part %d of the dictionary is missing", n);
		sst_buf_add_slice(out, c->options[found].value);
	}
	return out->bad ? sst_fail_nomem(e) : 0;
}

int
sst_chunks_parse(struct sst_chunks *c, const struct sst_version *v, struct sst_slice bytes,
    uint64_t stored_len, const char *file, struct sst_err *e)
{
	struct sst_in in = sst_in_new(bytes, 0);
	uint64_t want;

	memset(c, 0, sizeof(*c));
	if (get_params(c, &in, file, e) == -1)
		return -1;
	c->chunk_len = sst_get_u32(&in);
	c->max_compressed = v->max_compressed_len ? sst_get_u32(&in) : INT32_MAX;
	c->data_len = sst_get_u64(&in);
	c->nchunks = sst_get_u32(&in);
	if (in.bad)
		return sst_fail(e, SST_ESHORT, file, bytes.n, "header cut short");
	if (c->chunk_len == 0 || (c->chunk_len & (c->chunk_len - 1)) != 0)
		return sst_fail(e, SST_EDAMAGED, file, SST_NOWHERE,
		    "chunk length %u is not a power of two", c->chunk_len);
	if (c->chunk_len > SST_CHUNK_LEN_MAX)
		return sst_fail(e, SST_ELIMIT, file, SST_NOWHERE, "chunk length %u, at most %u",
		    c->chunk_len, SST_CHUNK_LEN_MAX);
	/* A file taken for another version parses well enough to get here: two sources must agree.
	 * Cassandra's compaction ends a file with one more chunk, of no data (formats/errata.md). */
	want = c->data_len / c->chunk_len + (c->data_len % c->chunk_len != 0);
	if (want == 0 || (c->nchunks != want && c->nchunks != want + 1))
		return sst_fail(e, SST_EDAMAGED, file, in.off - 4, "%ju chunks, want %ju",
		    (uintmax_t)c->nchunks, (uintmax_t)want);
	if (sst_in_left(&in) != 8 * c->nchunks &&
	    (!v->dictionary || sst_in_left(&in) < 8 * c->nchunks))
		return sst_fail(e, sst_in_left(&in) < 8 * c->nchunks ? SST_ESHORT : SST_EDAMAGED,
		    file, in.off, "%zu bytes for the offsets of %ju chunks", sst_in_left(&in),
		    (uintmax_t)c->nchunks);
	want = in.off;
	c->offsets = sst_get_bytes(&in, (size_t)(8 * c->nchunks));
	if (sst_in_left(&in) > 0 && get_dictionary(c, &in, file, e) == -1)
		return -1;
	return check_offsets(c, want, stored_len, file, e);
}

void
sst_chunks_put(struct sst_buf *out, const struct sst_version *v, const struct sst_chunks *c)
{
	size_t i;

	sst_put_bytes16(out, c->class_name);
	sst_put_u32(out, (uint32_t)c->noptions);
	for (i = 0; i < c->noptions; i++) {
		sst_put_bytes16(out, c->options[i].name);
		sst_put_bytes16(out, c->options[i].value);
	}
	sst_put_u32(out, c->chunk_len);
	if (v->max_compressed_len)
		sst_put_u32(out, c->max_compressed);
	sst_put_u64(out, c->data_len);
	sst_put_u32(out, (uint32_t)(c->offsets.n / 8));
	sst_buf_add_slice(out, c->offsets);
}
