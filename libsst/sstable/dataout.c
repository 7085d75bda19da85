/* libsst/sstable/dataout.c: chunks on their way into Data.db. */
#include "sstable/dataout.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/crc.h"
#include "codec/out.h"
#include "sstable/chunks.h"

static bool
is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

int
sst_dataout_open(struct sst_dataout *d, const struct sst_io *io, const char *path,
    const struct sst_compression *c, struct sst_err *e)
{
	memset(d, 0, sizeof(*d));
	d->file.fd = -1;
	d->compression = *c;
	d->chunk_len = c->class_name.n > 0 ? c->chunk_len : SST_CRC_CHUNK;
	if (!is_power_of_two(d->chunk_len) || d->chunk_len > SST_CHUNK_LEN_MAX)
		return sst_fail(e, SST_EINVAL, path, SST_NOWHERE,
		    "chunk length %u, want a power of two up to %u", d->chunk_len,
		    SST_CHUNK_LEN_MAX);
	if (c->class_name.n > 0 && sst_codec_new(&d->codec, c->class_name, c->level, e) == -1)
		return -1;
	d->chunk = malloc(d->chunk_len);
	if (d->chunk == NULL)
		return sst_fail_nomem(e);
	return sst_fileout_open(&d->file, io, path, false, e);
}

static int
put_compressed(struct sst_dataout *d, struct sst_err *e)
{
	struct sst_slice in = { d->chunk, d->fill };
	size_t n, most = sst_codec_bound(d->codec, in.n) + SST_CHUNK_CRC;
	uint64_t at = sst_fileout_len(&d->file);
	uint8_t *p = sst_fileout_room(&d->file, most, e);
	uint32_t crc;

	if (p == NULL || sst_codec_compress(d->codec, in, p, &n, e) == -1)
		return -1;
	crc = __builtin_bswap32(sst_crc32(0, p, n));
	memcpy(p + n, &crc, SST_CHUNK_CRC);
	d->crc = sst_crc32(d->crc, p, n + SST_CHUNK_CRC);
	d->file.n += n + SST_CHUNK_CRC;
	d->stored += n;
	sst_put_u64(&d->offsets, at);
	return 0;
}

static int
put_plain(struct sst_dataout *d, struct sst_err *e)
{
	sst_put_u32(&d->offsets, sst_crc32(0, d->chunk, d->fill));
	d->crc = sst_crc32(d->crc, d->chunk, d->fill);
	d->stored += d->fill;
	return sst_fileout_add(&d->file, (struct sst_slice){ d->chunk, d->fill }, e);
}

static int
flush_chunk(struct sst_dataout *d, struct sst_err *e)
{
	if ((d->codec != NULL ? put_compressed(d, e) : put_plain(d, e)) == -1)
		return -1;
	d->flushed += d->fill;
	d->fill = 0;
	return d->offsets.bad ? sst_fail_nomem(e) : 0;
}

int
sst_dataout_add(struct sst_dataout *d, struct sst_slice s, struct sst_err *e)
{
	size_t n;

	while (s.n > 0) {
		n = d->chunk_len - d->fill;
		n = n < s.n ? n : s.n;
		memcpy(d->chunk + d->fill, s.p, n);
		d->fill += (uint32_t)n;
		s.p += n;
		s.n -= n;
		if (d->fill == d->chunk_len && flush_chunk(d, e) == -1)
			return -1;
	}
	return 0;
}

int
sst_dataout_finish(struct sst_dataout *d, struct sst_err *e)
{
	if (d->fill > 0 && flush_chunk(d, e) == -1)
		return -1;
	return sst_fileout_finish(&d->file, e);
}

double
sst_dataout_ratio(const struct sst_dataout *d)
{
	return d->codec == NULL || d->flushed == 0 ? -1 : (double)d->stored / (double)d->flushed;
}

/* The options that say what the level was, under the names that Cassandra gives them. */
static size_t
options(const struct sst_compression *c, struct sst_option *out, char level[16])
{
	struct sst_slice name = c->class_name;
	size_t i;

	if (c->level == 0)
		return 0;
	for (i = name.n; i > 0 && name.p[i - 1] != '.'; i--)
		;
	name = (struct sst_slice){ name.p + i, name.n - i };
	snprintf(level, 16, "%d", c->level);
	if (sst_slice_eq(name, SST_SLICE_LIT("ZstdCompressor"))) {
		out[0] =
		    (struct sst_option){ SST_SLICE_LIT("compression_level"), sst_slice_str(level) };
		return 1;
	}
	if (!sst_slice_eq(name, SST_SLICE_LIT("LZ4Compressor")))
		return 0;
	out[0] = (struct sst_option){ SST_SLICE_LIT("lz4_compressor_type"), SST_SLICE_LIT("high") };
	out[1] =
	    (struct sst_option){ SST_SLICE_LIT("lz4_high_compressor_level"), sst_slice_str(level) };
	return 2;
}

int
sst_dataout_put_chunks(const struct sst_dataout *d, const struct sst_version *v,
    struct sst_buf *out, struct sst_err *e)
{
	struct sst_chunks c = { .class_name = d->compression.class_name,
		.chunk_len = d->chunk_len,
		.max_compressed = INT32_MAX,
		.data_len = d->flushed,
		.offsets = sst_buf_slice(&d->offsets) };
	char level[16];

	if (d->codec == NULL) {
		sst_put_u32(out, d->chunk_len);
		sst_buf_add_slice(out, c.offsets);
	} else {
		c.noptions = options(&d->compression, c.options, level);
		sst_chunks_put(out, v, &c);
	}
	return out->bad ? sst_fail_nomem(e) : 0;
}

void
sst_dataout_free(struct sst_dataout *d)
{
	sst_fileout_free(&d->file);
	sst_codec_free(d->codec);
	free(d->chunk);
	sst_buf_free(&d->offsets);
	memset(d, 0, sizeof(*d));
	d->file.fd = -1;
}
