/* codec/utf8.c: one character at a time; ASCII goes by eight bytes at a time. */
#include "codec/utf8.h"

size_t
sst_utf8_char(const uint8_t *p, const uint8_t *end, bool *good)
{
	uint8_t low = 0x80, high = 0xbf; /* of the second byte: no overlong form, no surrogate */
	size_t n, i;

	*good = *p < 0x80;
	if (*p < 0xc2 || *p > 0xf4)
		return 1;
	n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (*p == 0xe0)
		low = 0xa0;
	else if (*p == 0xed)
		high = 0x9f;
	else if (*p == 0xf0)
		low = 0x90;
	else if (*p == 0xf4)
		high = 0x8f;
	for (i = 1; i < n; i++, low = 0x80, high = 0xbf) {
		if (p + i == end || p[i] < low || p[i] > high)
			return i;
	}
	*good = true;
	return n;
}

size_t
sst_utf8_valid(struct sst_slice s)
{
	bool good = true;
	size_t i = 0;
	uint64_t v;

	while (i < s.n) {
		if (s.n - i >= 8) {
			memcpy(&v, s.p + i, 8);
			if ((v & UINT64_C(0x8080808080808080)) == 0) {
				i += 8;
				continue;
			}
		}
		size_t n = sst_utf8_char(s.p + i, s.p + s.n, &good);

		if (!good)
			return i;
		i += n;
	}
	return s.n;
}

uint8_t *
sst_utf8_put(uint8_t *p, uint32_t c)
{
	if (c < 0x80) {
		*p++ = (uint8_t)c;
		return p;
	}
	if (c < 0x800)
		*p++ = (uint8_t)(0xc0 | c >> 6);
	else {
		if (c < 0x10000)
			*p++ = (uint8_t)(0xe0 | c >> 12);
		else {
			*p++ = (uint8_t)(0xf0 | c >> 18);
			*p++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		}
		*p++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	}
	*p++ = (uint8_t)(0x80 | (c & 0x3f));
	return p;
}
