/*
 * codec/murmur3.c: blocks of 16 bytes are mixed as two little-endian words; the up to 15 bytes that
 * remain are mixed as two words that each byte is XORed into *sign-extended*, so that a byte from
 * 0x80 on turns all the bits above it.
 */
#include "codec/murmur3.h"

#define C1 UINT64_C(0x87c37b91114253d5)
#define C2 UINT64_C(0x4cf5ad432745937f)

static inline uint64_t
rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static inline uint64_t
word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline uint64_t
mix1(uint64_t k)
{
	return rotl(k * C1, 31) * C2;
}

static inline uint64_t
mix2(uint64_t k)
{
	return rotl(k * C2, 33) * C1;
}

static inline uint64_t
finish(uint64_t k)
{
	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

/* Up to 8 bytes of the tail, the last one highest. */
static inline uint64_t
tail(const uint8_t *p, size_t n)
{
	uint64_t k = 0;

	while (n-- > 0)
		k ^= (uint64_t)(int64_t)(int8_t)p[n] << 8 * n;
	return k;
}

void
sst_murmur3_128(struct sst_slice s, uint64_t out[2])
{
	const uint8_t *p = s.p;
	size_t left = s.n;
	uint64_t h1 = 0, h2 = 0;

	for (; left >= 16; p += 16, left -= 16) {
		h1 = (rotl(h1 ^ mix1(word(p)), 27) + h2) * 5 + 0x52dce729;
		h2 = (rotl(h2 ^ mix2(word(p + 8)), 31) + h1) * 5 + 0x38495ab5;
	}
	if (left > 8) {
		h2 ^= mix2(tail(p + 8, left - 8));
		left = 8;
	}
	if (left > 0)
		h1 ^= mix1(tail(p, left));
	h1 ^= s.n;
	h2 ^= s.n;
	h1 += h2;
	h2 += h1;
	h1 = finish(h1);
	h2 = finish(h2);
	h1 += h2;
	out[0] = h1;
	out[1] = h2 + h1;
}
