/* libsst/codec/out.h: the write side of codec/in.h: appends to a struct sst_buf. */
#ifndef SST_CODEC_OUT_H
#define SST_CODEC_OUT_H

#include "base/buf.h"

static inline void
sst_put_u8(struct sst_buf *b, uint8_t v)
{
	if (sst_buf_room(b, 1))
		b->p[b->n++] = v;
}

static inline void
sst_put_u16(struct sst_buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	sst_buf_add(b, &v, 2);
}

static inline void
sst_put_u32(struct sst_buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	sst_buf_add(b, &v, 4);
}

static inline void
sst_put_u64(struct sst_buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	sst_buf_add(b, &v, 8);
}

/* Bytes that sst_put_vint takes: 1 to 9. */
static inline size_t
sst_vint_len(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

	return bits > 56 ? 9 : (bits + 6) / 7;
}

static inline void
sst_put_vint(struct sst_buf *b, uint64_t v)
{
	size_t len = sst_vint_len(v);
	uint8_t *p;

	if (!sst_buf_room(b, 9))
		return;
	p = b->p + b->n;
	b->n += len;
	if (len == 9)
		*p++ = 0xff;
	else /* to the top, under the 1 bits; what is stored too much lies within the room */
		v = v << 8 * (8 - len) | (uint64_t)(0xff00 >> (len - 1) & 0xff) << 56;
	v = __builtin_bswap64(v);
	memcpy(p, &v, 8);
}

static inline uint64_t
sst_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline void
sst_put_svint(struct sst_buf *b, int64_t v)
{
	sst_put_vint(b, sst_zigzag(v));
}

static inline void
sst_put_bytes16(struct sst_buf *b, struct sst_slice s)
{
	sst_put_u16(b, (uint16_t)s.n);
	sst_buf_add_slice(b, s);
}

static inline void
sst_put_bytes32(struct sst_buf *b, struct sst_slice s)
{
	sst_put_u32(b, (uint32_t)s.n);
	sst_buf_add_slice(b, s);
}

static inline void
sst_put_bytesv(struct sst_buf *b, struct sst_slice s)
{
	sst_put_vint(b, s.n);
	sst_buf_add_slice(b, s);
}

#endif
