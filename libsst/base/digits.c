/* libsst/base/digits.c: two digits a step, from a table. */
#include "base/digits.h"

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

enum {
	DIGITS_MAX = 20
};

/* Writes v so that it ends at `end`; returns its first digit. */
static uint8_t *
backward(uint8_t *end, uint64_t v)
{
	while (v >= 100) {
		end -= 2;
		memcpy(end, pairs + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, pairs + 2 * v, 2);
	} else
		*--end = (uint8_t)('0' + v);
	return end;
}

void
sst_digits_u64(struct sst_buf *b, uint64_t v)
{
	uint8_t tmp[DIGITS_MAX], *p = backward(tmp + DIGITS_MAX, v);

	sst_buf_add(b, p, (size_t)(tmp + DIGITS_MAX - p));
}

void
sst_digits_i64(struct sst_buf *b, int64_t v)
{
	if (v < 0)
		sst_buf_addc(b, '-');
	sst_digits_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}
