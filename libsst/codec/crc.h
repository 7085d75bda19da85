/* libsst/codec/crc.h: CRC32 as zlib and Java count it, see formats/primitives.md. */
#ifndef SST_CODEC_CRC_H
#define SST_CODEC_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of everything so far and n more bytes; crc is 0 at the start. */
uint32_t sst_crc32(uint32_t crc, const void *p, size_t n);
/* The same with Castagnoli's polynomial, which dictionaries have; a bit at a time, for short bytes. */
uint32_t sst_crc32c(uint32_t crc, const void *p, size_t n);

#endif
