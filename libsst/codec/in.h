/*
 * libsst/codec/in.h: a read head over borrowed bytes.  A read past the end poisons the head: it and
 * all later reads give 0, and `bad` stays set.  Read a record flat, then test `bad` once, before
 * any use.  The encodings are in formats/primitives.md.
 */
#ifndef SST_CODEC_IN_H
#define SST_CODEC_IN_H

#include "base/slice.h"

struct sst_in {
	const uint8_t *p, *end;
	uint64_t off; /* file offset of p */
	bool bad;
};

static inline struct sst_in
sst_in_new(struct sst_slice s, uint64_t off)
{
	return (struct sst_in){ s.p, s.p + s.n, off, false };
}

static inline size_t
sst_in_left(const struct sst_in *in)
{
	return in->bad ? 0 : (size_t)(in->end - in->p);
}

static inline struct sst_slice
sst_get_bytes(struct sst_in *in, size_t n)
{
	struct sst_slice s = { in->p, n };

	if (in->bad || n > (size_t)(in->end - in->p)) {
		in->bad = true;
		return (struct sst_slice){ NULL, 0 };
	}
	in->p += n;
	in->off += n;
	return s;
}

static inline uint64_t
sst_get_be(struct sst_in *in, size_t width)
{
	struct sst_slice s = sst_get_bytes(in, width);
	uint64_t v = 0;

	while (s.n-- > 0)
		v = v << 8 | *s.p++;
	return v;
}

static inline uint8_t
sst_get_u8(struct sst_in *in)
{
	if (in->bad || in->p == in->end) {
		in->bad = true;
		return 0;
	}
	in->off++;
	return *in->p++;
}

static inline uint16_t
sst_get_u16(struct sst_in *in)
{
	struct sst_slice s = sst_get_bytes(in, 2);
	uint16_t v = 0;

	if (s.p != NULL)
		memcpy(&v, s.p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t
sst_get_u32(struct sst_in *in)
{
	struct sst_slice s = sst_get_bytes(in, 4);
	uint32_t v = 0;

	if (s.p != NULL)
		memcpy(&v, s.p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint64_t
sst_get_u64(struct sst_in *in)
{
	struct sst_slice s = sst_get_bytes(in, 8);
	uint64_t v = 0;

	if (s.p != NULL)
		memcpy(&v, s.p, sizeof(v));
	return __builtin_bswap64(v);
}

/* One of two bytes and more. */
static inline uint64_t
sst_get_long_vint(struct sst_in *in)
{
	uint64_t v, w;
	unsigned extra;

	v = sst_get_u8(in);
	if (in->bad)
		return 0;
	extra = v == 0xff ? 8 : (unsigned)__builtin_clz(~((uint32_t)v << 24));
	if ((size_t)(in->end - in->p) >= 8) { /* one load instead of a loop */
		memcpy(&w, in->p, 8);
		w = __builtin_bswap64(w) >> (64 - 8 * extra);
		in->p += extra;
		in->off += extra;
	} else
		w = sst_get_be(in, extra);
	v &= 0xffu >> extra; /* with 8 to follow, byte 0 holds no value bits: v is 0 */
	return in->bad ? 0 : extra == 8 ? w : v << 8 * extra | w;
}

/* Byte 0 has a leading 1 bit for each byte that follows: mostly none does, and that is decoded where
 * it is asked for. */
__attribute__((always_inline)) static inline uint64_t
sst_get_vint(struct sst_in *in)
{
	if (!in->bad && in->p < in->end && *in->p < 0x80) {
		in->off++;
		return *in->p++;
	}
	return sst_get_long_vint(in);
}

/* A signed vint: zigzag, 0 -1 1 -2 ... are 0 1 2 3 ... */
static inline int64_t
sst_get_svint(struct sst_in *in)
{
	uint64_t v = sst_get_vint(in);

	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

/* n bytes, after their length as u16, u32 or vint. */
static inline struct sst_slice
sst_get_bytes16(struct sst_in *in)
{
	return sst_get_bytes(in, sst_get_u16(in));
}

static inline struct sst_slice
sst_get_bytes32(struct sst_in *in)
{
	return sst_get_bytes(in, sst_get_u32(in));
}

static inline struct sst_slice
sst_get_bytesv(struct sst_in *in)
{
	uint64_t n = sst_get_vint(in);

	if (n > sst_in_left(in)) {
		in->bad = true;
		return (struct sst_slice){ NULL, 0 };
	}
	return sst_get_bytes(in, (size_t)n);
}

/* A whole value that is a number of 8 or of 4 bytes; false when it has another length. */
static inline bool
sst_value_i64(struct sst_slice v, int64_t *n)
{
	uint64_t be;

	if (v.n != sizeof(be))
		return false;
	memcpy(&be, v.p, sizeof(be));
	*n = (int64_t)__builtin_bswap64(be);
	return true;
}

static inline bool
sst_value_i32(struct sst_slice v, int32_t *n)
{
	uint32_t be;

	if (v.n != sizeof(be))
		return false;
	memcpy(&be, v.p, sizeof(be));
	*n = (int32_t)__builtin_bswap32(be);
	return true;
}

#endif
