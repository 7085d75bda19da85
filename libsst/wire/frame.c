/* wire/frame.c: frames of protocol 5.  Numbers are little-endian here, unlike everywhere else. */
#include "wire/frame.h"

#include <lz4.h>

#include "codec/crc.h"

#define PLAIN_HEADER 3
#define LZ4_HEADER 5
#define CRC24_LEN 3
#define CRC32_LEN 4
#define SELF_CONTAINED_PLAIN ((uint64_t)1 << 17)
#define SELF_CONTAINED_LZ4 ((uint64_t)1 << 34)
#define LEN_BITS 17
#define LEN_MASK (((uint64_t)1 << LEN_BITS) - 1)

/* The CRC of the header: polynomial 0x1974f0b, from 0x875060, bytes from the lowest on. */
static uint32_t
crc24(uint64_t header, size_t n)
{
	uint32_t crc = 0x875060;

	for (; n > 0; n--, header >>= 8) {
		crc ^= (uint32_t)(header & 0xff) << 16;
		for (int i = 0; i < 8; i++) {
			crc <<= 1;
			if (crc & 0x1000000)
				crc ^= 0x1974f0b;
		}
	}
	return crc;
}

/* The CRC of the payload begins with four bytes, so that zeros do not check. */
static uint32_t
crc32_payload(struct sst_slice s)
{
	static const uint8_t seed[] = { 0xfa, 0x2d, 0x55, 0xca };

	return sst_crc32(sst_crc32(0, seed, sizeof(seed)), s.p, s.n);
}

static uint64_t
get_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
put_le(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static int
decompress(struct sst_slice *payload, size_t raw, struct sst_buf *scratch, struct sst_err *e)
{
	int n;

	sst_buf_reset(scratch);
	if (!sst_buf_room(scratch, raw))
		return sst_fail_nomem(e);
	n = LZ4_decompress_safe(
	    (const char *)payload->p, (char *)scratch->p, (int)payload->n, (int)raw);
	if (n < 0 || (size_t)n != raw)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "a frame that does not decompress to %zu bytes", raw);
	scratch->n = raw;
	*payload = sst_buf_slice(scratch);
	return 0;
}

int
sst_frame_take(
    struct sst_frame *f, struct sst_slice *in, bool lz4, struct sst_buf *scratch, struct sst_err *e)
{
	size_t header = lz4 ? LZ4_HEADER : PLAIN_HEADER, len, raw = 0;
	const uint8_t *p = in->p;
	uint64_t bits;

	*f = (struct sst_frame){ 0 };
	if (in->n < header + CRC24_LEN)
		return 0;
	bits = get_le(p, header);
	if (get_le(p + header, CRC24_LEN) != crc24(bits, header))
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "a frame's header does not match its CRC24");
	len = bits & LEN_MASK;
	if (lz4)
		raw = bits >> LEN_BITS & LEN_MASK;
	header += CRC24_LEN;
	if (in->n - header < len + CRC32_LEN)
		return 0;
	f->self_contained = (bits & (lz4 ? SELF_CONTAINED_LZ4 : SELF_CONTAINED_PLAIN)) != 0;
	f->payload = (struct sst_slice){ p + header, len };
	if (get_le(p + header + len, CRC32_LEN) != crc32_payload(f->payload))
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "a frame's payload does not match its CRC32");
	*in = (struct sst_slice){ p + header + len + CRC32_LEN, in->n - header - len - CRC32_LEN };
	if (raw > 0 && decompress(&f->payload, raw, scratch, e) == -1)
		return -1;
	return SST_ONE;
}

/* One frame; an LZ4 payload that would not get smaller stays as it is, with a raw length of 0. */
static void
put_one(struct sst_buf *b, struct sst_slice s, bool self_contained, bool lz4)
{
	size_t header = lz4 ? LZ4_HEADER : PLAIN_HEADER, at = header + CRC24_LEN, len = s.n,
	       raw = 0;
	uint64_t bits;
	uint8_t *p;
	int n = 0;

	if (!sst_buf_room(b, at + s.n + CRC32_LEN))
		return;
	p = b->p + b->n;
	if (lz4 && s.n > 1) {
		n = LZ4_compress_default((const char *)s.p, (char *)p + at, (int)s.n, (int)s.n - 1);
		if (n > 0) {
			raw = s.n;
			len = (size_t)n;
		}
	}
	if (raw == 0)
		memcpy(p + at, s.p, s.n);
	bits = len | (lz4 ? (uint64_t)raw << LEN_BITS : 0);
	if (self_contained)
		bits |= lz4 ? SELF_CONTAINED_LZ4 : SELF_CONTAINED_PLAIN;
	put_le(p, bits, header);
	put_le(p + header, crc24(bits, header), CRC24_LEN);
	put_le(p + at + len, crc32_payload((struct sst_slice){ p + at, len }), CRC32_LEN);
	b->n += at + len + CRC32_LEN;
}

void
sst_frame_put(struct sst_buf *b, struct sst_slice s, bool lz4)
{
	bool self_contained = s.n <= SST_FRAME_PAYLOAD_MAX;

	while (s.n > 0) {
		size_t n = s.n < SST_FRAME_PAYLOAD_MAX ? s.n : SST_FRAME_PAYLOAD_MAX;

		put_one(b, (struct sst_slice){ s.p, n }, self_contained, lz4);
		s.p += n;
		s.n -= n;
	}
}
