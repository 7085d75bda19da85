/* libsst/codec/utf8.h: what is UTF-8 and what is not (RFC 3629: no overlong forms, no surrogates). */
#ifndef SST_CODEC_UTF8_H
#define SST_CODEC_UTF8_H

#include "base/slice.h"

/*
 * The length of the character at p < end, 1 to 4, with *good set; or, with *good cleared, of the
 * longest start of one (1 to 3): the part that one U+FFFD stands for when it is replaced.
 */
size_t sst_utf8_char(const uint8_t *p, const uint8_t *end, bool *good);

/* The offset of the first byte that is not part of a character; s.n when all is well. */
size_t sst_utf8_valid(struct sst_slice s);

/* Writes a code point up to 0x10ffff, 1 to 4 bytes; returns where it ends. */
uint8_t *sst_utf8_put(uint8_t *p, uint32_t c);

#endif
