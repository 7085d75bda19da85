/*
 * libsst/sstable/filter.c: bloom filters in Cassandra's size, with Cassandra's hashes, so that the
 * same keys give the same file.
 */
#include "sstable/filter.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/in.h"
#include "codec/murmur3.h"
#include "codec/out.h"

#define BITS_PER_KEY_MAX 20
#define EXCESS_BITS 20 /* Cassandra adds them to the size, whatever the number of keys */
#define WORDS_MAX ((uint64_t)INT32_MAX)

int
sst_filter_parse(struct sst_filter *f, const struct sst_version *v, struct sst_slice bytes,
    const char *file, struct sst_err *e)
{
	struct sst_in in = sst_in_new(bytes, 0);
	uint32_t words;

	f->nhashes = sst_get_u32(&in);
	words = sst_get_u32(&in);
	if (in.bad)
		return sst_fail(e, SST_ESHORT, file, bytes.n, "filter cut short");
	if (f->nhashes == 0 || f->nhashes > SST_FILTER_HASHES_MAX)
		return sst_fail(e, SST_EDAMAGED, file, 0, "%u hashes a key, want 1 to %d",
		    f->nhashes, SST_FILTER_HASHES_MAX);
	if (sst_in_left(&in) != (uint64_t)words * 8)
		return sst_fail(e,
		    sst_in_left(&in) < (uint64_t)words * 8 ? SST_ESHORT : SST_EDAMAGED, file, 4,
		    "%u words of bits, but %zu bytes", words, sst_in_left(&in));
	f->nbits = (uint64_t)words * 64;
	f->bits = in.p;
	f->flip = v->old_filter ? 7 : 0;
	return 0;
}

/* The bit of each of a key's hashes: |base + i * inc| mod nbits, in signed arithmetic that wraps. */
static inline uint64_t
bit_of(uint64_t base, uint64_t nbits)
{
	int64_t r = (int64_t)base % (int64_t)nbits;

	return (uint64_t)(r < 0 ? -r : r);
}

bool
sst_filter_may_have_hash(const struct sst_filter *f, const uint64_t hash[2])
{
	uint64_t base = hash[1], bit;
	uint32_t i;

	if (f->nbits == 0)
		return true;
	for (i = 0; i < f->nhashes; i++, base += hash[0]) {
		bit = bit_of(base, f->nbits);
		if ((f->bits[(bit >> 3) ^ f->flip] >> (bit & 7) & 1) == 0)
			return false;
	}
	return true;
}

bool
sst_filter_may_have(const struct sst_filter *f, struct sst_slice key)
{
	uint64_t hash[2];

	sst_murmur3_128(key, hash);
	return sst_filter_may_have_hash(f, hash);
}

/*
 * The chance of a false positive with so many bits a key and hashes, to three digits: Cassandra has
 * these numbers in a table, in which one differs (5 bits, 3 hashes).
 */
static double
chance(int bits, int hashes)
{
	double p = pow(1 - exp(-(double)hashes / bits), hashes), unit;

	if (bits == 5 && hashes == 3)
		return 0.092;
	unit = pow(10, floor(log10(p)) - 2);
	return round(p / unit) * unit;
}

/* The fewest bits a key that keep the promise, then the fewest hashes that still do. */
static void
choose(double fp, int *bits, int *hashes)
{
	/* Hashes that make most of so many bits. */
	static const int best[BITS_PER_KEY_MAX + 1] = { 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 8, 9,
		10, 10, 11, 12, 12, 13, 14 };
	/* 1e-9 of slack: a chance given as 0.0133 is the one in the table. */
	double most = fp * (1 + 1e-9);

	*bits = 1; /* so Cassandra has it: two hashes on one bit a key */
	*hashes = 2;
	if (fp >= chance(2, 1))
		return;
	*bits = 2;
	while (*bits < BITS_PER_KEY_MAX && chance(*bits, best[*bits]) > most)
		++*bits;
	*hashes = best[*bits];
	while (*hashes > 1 && chance(*bits, *hashes - 1) <= most)
		--*hashes;
}

static int
make_bits(struct sst_filter_builder *b, uint64_t nkeys, struct sst_err *e)
{
	uint64_t bits, words;
	int per_key, hashes;

	choose(b->fp, &per_key, &hashes);
	if (!sst_mul_u64(&bits, nkeys, (uint64_t)per_key) ||
	    !sst_add_u64(&bits, bits, EXCESS_BITS) || (words = (bits - 1) / 64 + 1) > WORDS_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "a bloom filter of %ju keys is too large", (uintmax_t)nkeys);
	b->nhashes = (uint32_t)hashes;
	b->nbits = words * 64;
	b->bits = calloc((size_t)words, 8);
	return b->bits == NULL ? sst_fail_nomem(e) : 0;
}

static void
set_bits(struct sst_filter_builder *b, const uint64_t hash[2])
{
	uint64_t base = hash[1], bit;
	uint32_t i;

	for (i = 0; i < b->nhashes; i++, base += hash[0]) {
		bit = bit_of(base, b->nbits);
		b->bits[bit >> 3] = (uint8_t)(b->bits[bit >> 3] | 1u << (bit & 7));
	}
}

int
sst_filter_begin(struct sst_filter_builder *b, uint64_t expected, double fp, struct sst_err *e)
{
	memset(b, 0, sizeof(*b));
	if (!(fp >= 6.71e-5 && fp < 1))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "bloom_filter_fp_chance %g, want 6.71e-05 to 1", fp);
	b->expected = expected;
	b->fp = fp;
	return expected > 0 ? make_bits(b, expected, e) : 0;
}

int
sst_filter_add(struct sst_filter_builder *b, const uint64_t hash[2], struct sst_err *e)
{
	b->nkeys++;
	if (b->bits != NULL) {
		set_bits(b, hash);
		return 0;
	}
	sst_buf_add(&b->hashes, hash, 16);
	return b->hashes.bad ? sst_fail_nomem(e) : 0;
}

/* Turns each word round, as files before `na` have it. */
static void
reverse_words(uint8_t *p, size_t n)
{
	uint64_t w;
	size_t i;

	for (i = 0; i < n; i += 8) {
		memcpy(&w, p + i, 8);
		w = __builtin_bswap64(w);
		memcpy(p + i, &w, 8);
	}
}

int
sst_filter_finish(struct sst_filter_builder *b, const struct sst_version *v, struct sst_buf *out,
    struct sst_err *e)
{
	size_t i, at;
	uint64_t hash[2];

	if (b->bits == NULL) {
		if (make_bits(b, b->nkeys, e) == -1)
			return -1;
		for (i = 0; i < b->hashes.n; i += 16) {
			memcpy(hash, b->hashes.p + i, 16);
			set_bits(b, hash);
		}
	}
	sst_put_u32(out, b->nhashes);
	sst_put_u32(out, (uint32_t)(b->nbits / 64));
	at = out->n;
	sst_buf_add(out, b->bits, (size_t)(b->nbits / 8));
	if (out->bad)
		return sst_fail_nomem(e);
	if (v->old_filter)
		reverse_words(out->p + at, out->n - at);
	return 0;
}

void
sst_filter_free(struct sst_filter_builder *b)
{
	free(b->bits);
	sst_buf_free(&b->hashes);
	memset(b, 0, sizeof(*b));
}
