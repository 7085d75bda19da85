/* libsst/base/hex.h: bytes as hexadecimal digits, and back. */
#ifndef SST_BASE_HEX_H
#define SST_BASE_HEX_H

#include "base/buf.h"

/* Appends two lower-case digits for each byte. */
void sst_hex_put(struct sst_buf *, struct sst_slice);
/* 0 to 15, or -1: no digit, of either case. */
int sst_hex_digit(uint8_t c);
/* The bytes of digits of either case, into out[s.n / 2]; false when s is not whole bytes of them. */
bool sst_hex_read(struct sst_slice s, uint8_t *out);
/* The same, appended; true without memory, as the buffer tells. */
bool sst_hex_get(struct sst_slice s, struct sst_buf *);

#endif
