/* row/prefix.c */
#include "row/prefix.h"

#define MIDDLE (UINT64_C(1) << 63) /* of types whose order is not that of their bytes */

/* Up to eight bytes as the high end of a number. */
static uint64_t
first_bytes(struct sst_slice v)
{
	uint64_t x = 0;

	if (v.n >= 8) {
		memcpy(&x, v.p, 8);
		return __builtin_bswap64(x);
	}
	if (v.n > 0)
		memcpy(&x, v.p, v.n);
	return __builtin_bswap64(x);
}

static uint64_t
value_prefix(enum sst_kind kind, struct sst_slice v)
{
	switch (kind) {
	case SST_BIGINT:
	case SST_TIMESTAMP:
	case SST_INT:
	case SST_SMALLINT:
	case SST_TINYINT: /* two's complement; empty before all */
		return v.n == 0 ? 0 : first_bytes(v) ^ MIDDLE;
	case SST_TEXT:
	case SST_VARCHAR:
	case SST_ASCII:
	case SST_BLOB:
	case SST_DATE:
		return first_bytes(v);
	default:
		return MIDDLE;
	}
}

uint64_t
sst_ck_prefix(const struct sst_table *t, const struct sst_slice *ck, size_t n, int side)
{
	const struct sst_type *type;
	uint64_t x;

	if (n == 0)
		return side < 0 ? 0 : side > 0 ? UINT64_MAX : MIDDLE;
	if (ck[0].p == NULL) /* before everything, reversed or not */
		return 0;
	type = t->ck[0].type;
	x = value_prefix(type->kind, ck[0]);
	return type->reversed ? ~x : x;
}
