/*
 * libsst/sstable/cardinality.c: HyperLogLog++.  Few keys are kept as a sorted list of encoded hashes,
 * many in registers that hold the longest run of leading zeros seen.
 *
 * An encoded hash, 32 bits:	index:25 0		when the 12 bits below the first 13 are not all 0
 *				index:25 63-run:6 1	when they are, so that the run must be said
 */
#include "sstable/cardinality.h"

#include <stdlib.h>

#include "codec/out.h"

#define P 13  /* bits of a register's number */
#define SP 25 /* bits of an index in the list */
#define PER_WORD 6
#define REGISTER_BITS 5

uint64_t
sst_murmur2_64(struct sst_slice s)
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t h = m * s.n, k;
	size_t i, rest = s.n & 7;
	const uint8_t *p = s.p;

	for (i = 0; i + 8 <= s.n; i += 8) {
		k = 0;
		for (size_t j = 8; j-- > 0;)
			k = k << 8 | p[i + j];
		k *= m;
		k ^= k >> 47;
		h = (h ^ k * m) * m;
	}
	/* Cassandra's bytes are signed: each reaches up into all bits above it. */
	for (size_t j = rest; j-- > 0;)
		h ^= (uint64_t)(int64_t)(int8_t)p[i + j] << 8 * j;
	if (rest > 0)
		h *= m;
	h ^= h >> 47;
	h *= m;
	return h ^ h >> 47;
}

/* Zeros after the first P bits, and one more. */
static uint32_t
run_length(uint64_t hash)
{
	return (uint32_t)__builtin_clzll(hash << P | (uint64_t)1 << (P - 1)) + 1;
}

static uint32_t
encode(uint64_t hash)
{
	uint32_t index = (uint32_t)(hash >> (64 - SP));

	if ((index << (32 - SP + P)) != 0)
		return index << 1;
	return (index << 6 | (run_length(hash) ^ 63)) << 1 | 1;
}

static uint32_t
index_of(uint32_t k)
{
	return (k & 1) != 0 ? k >> 7 : k >> 1;
}

static uint32_t
run_of(uint32_t k)
{
	uint32_t below;

	if ((k & 1) != 0)
		return (k >> 1 & 63) ^ 63;
	below = k << (P + 31 - SP); /* not 0, or the flag would be set */
	return below == 0 ? 33 : (uint32_t)__builtin_clz(below) + 1;
}

static void
set_register(uint32_t *words, uint32_t i, uint32_t run)
{
	uint32_t shift = REGISTER_BITS * (i % PER_WORD), *w = &words[i / PER_WORD];

	run = run < 31 ? run : 31; /* all that fits; one hash in 2^31 has more */
	if ((*w >> shift & 31) < run)
		*w = (*w & ~((uint32_t)31 << shift)) | run << shift;
}

/* By index; of the same index the longest run, whose code is smallest, first. */
static int
compare(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint32_t ia = index_of(a), ib = index_of(b);

	return ia != ib ? (ia > ib) - (ia < ib) : (a > b) - (a < b);
}

static int
make_dense(struct sst_cardinality *c, struct sst_err *e)
{
	size_t i;

	c->registers = calloc(SST_CARDINALITY_WORDS, sizeof(*c->registers));
	if (c->registers == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < c->nsparse; i++)
		set_register(
		    c->registers, index_of(c->sparse[i]) >> (SP - P), run_of(c->sparse[i]));
	c->dense = true;
	return 0;
}

/* Sorts in what is fresh, which lies behind the list. */
static int
sort_in(struct sst_cardinality *c, struct sst_err *e)
{
	size_t i, n = 0, all = c->nsparse + c->nfresh;

	if (c->nfresh == 0)
		return 0;
	qsort(c->sparse, all, sizeof(*c->sparse), compare);
	for (i = 0; i < all; i++)
		if (n == 0 || index_of(c->sparse[n - 1]) != index_of(c->sparse[i]))
			c->sparse[n++] = c->sparse[i];
	c->nsparse = n;
	c->nfresh = 0;
	return n > SST_CARDINALITY_SPARSE ? make_dense(c, e) : 0;
}

int
sst_cardinality_add(struct sst_cardinality *c, struct sst_slice key, struct sst_err *e)
{
	uint64_t hash = sst_murmur2_64(key);

	if (c->dense) {
		set_register(c->registers, (uint32_t)(hash >> (64 - P)), run_length(hash));
		return 0;
	}
	if (c->sparse == NULL) {
		c->sparse =
		    malloc((SST_CARDINALITY_SPARSE + SST_CARDINALITY_FRESH) * sizeof(*c->sparse));
		if (c->sparse == NULL)
			return sst_fail_nomem(e);
	}
	c->sparse[c->nsparse + c->nfresh++] = encode(hash);
	return c->nfresh < SST_CARDINALITY_FRESH ? 0 : sort_in(c, e);
}

/* A varint as in protocol buffers: low bits first, 7 a byte. */
static void
put_varint(struct sst_buf *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		sst_put_u8(b, (uint8_t)(v | 0x80));
	sst_put_u8(b, (uint8_t)v);
}

int
sst_cardinality_put(struct sst_cardinality *c, struct sst_buf *b, struct sst_err *e)
{
	uint32_t prev = 0;
	size_t i;

	if (!c->dense && sort_in(c, e) == -1)
		return -1;
	sst_put_u32(b, (uint32_t)-2); /* version 2 of the encoding; versions are negative */
	put_varint(b, P);
	put_varint(b, SP);
	put_varint(b, c->dense ? 0 : 1);
	if (c->dense) {
		put_varint(b, SST_CARDINALITY_WORDS * 4);
		for (i = 0; i < SST_CARDINALITY_WORDS; i++)
			sst_put_u32(b, c->registers[i]);
	} else {
		put_varint(b, (uint32_t)c->nsparse);
		for (i = 0; i < c->nsparse; prev = c->sparse[i++])
			put_varint(b, c->sparse[i] - prev);
	}
	return b->bad ? sst_fail_nomem(e) : 0;
}

void
sst_cardinality_free(struct sst_cardinality *c)
{
	free(c->sparse);
	free(c->registers);
	memset(c, 0, sizeof(*c));
}
