/* libsst/base/hex.c: see hex.h */
#include "base/hex.h"

void
sst_hex_put(struct sst_buf *b, struct sst_slice s)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *p;
	size_t i;

	if (s.n == 0 || s.n > SIZE_MAX / 2 || !sst_buf_room(b, 2 * s.n))
		return;
	p = b->p + b->n;
	for (i = 0; i < s.n; i++) {
		*p++ = (uint8_t)digits[s.p[i] >> 4];
		*p++ = (uint8_t)digits[s.p[i] & 15];
	}
	b->n += 2 * s.n;
}

int
sst_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
sst_hex_read(struct sst_slice s, uint8_t *out)
{
	size_t i;

	if (s.n % 2 != 0)
		return false;
	for (i = 0; i < s.n; i += 2) {
		int hi = sst_hex_digit(s.p[i]), lo = sst_hex_digit(s.p[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		*out++ = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

bool
sst_hex_get(struct sst_slice s, struct sst_buf *b)
{
	if (s.n == 0)
		return true;
	if (!sst_buf_room(b, s.n / 2 + 1))
		return true;
	if (!sst_hex_read(s, b->p + b->n))
		return false;
	b->n += s.n / 2;
	return true;
}
