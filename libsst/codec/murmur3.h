/* libsst/codec/murmur3.h: Cassandra's Murmur3, which tokens and bloom filters are made of. */
#ifndef SST_CODEC_MURMUR3_H
#define SST_CODEC_MURMUR3_H

#include "base/slice.h"

/*
 * Both halves of the x64 128-bit hash with seed 0.  It differs from the published Murmur3 for
 * lengths that are no multiple of 16: Cassandra sign-extends the bytes of the tail.  out[0], signed,
 * is a key's token but for the one value that tokens leave out (schema/table.h); a bloom filter
 * takes both.
 */
void sst_murmur3_128(struct sst_slice, uint64_t out[2]);

#endif
