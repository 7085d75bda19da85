/*
 * tests/fuzz/answer.c: what a server may answer, on any bytes: the first is the version, the second the
 * flags, the third the opcode, and the rest the body.
 * covers: libsst/wire/answer.c
 */
#include <assert.h>

#include "wire/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_envelope env = { .response = true };
	struct sst_answer a;
	struct sst_slice v;
	struct sst_err e;
	uint64_t i, sum = 0;

	if (size < 3)
		return 0;
	env.version = data[0];
	env.flags = data[1];
	env.opcode = data[2];
	env.body = (struct sst_slice){ data + 3, size - 3 };
	if (sst_answer_parse(&a, &env, &e) == -1) {
		assert(e.code == SST_ESHORT || e.code == SST_EDAMAGED);
		return 0;
	}
	assert(a.message.n <= size && a.id.n <= size && a.paging_state.n <= size);
	if (a.opcode != SST_OP_RESULT || a.kind != SST_RESULT_ROWS)
		return 0;
	/* rows that were promised cannot be more than there are bytes for */
	assert((uint64_t)a.nrows * a.ncolumns <= size / 4);
	for (i = 0; i < (uint64_t)a.nrows * a.ncolumns; i++) {
		if (sst_answer_value(&a, &v, &e) == -1) {
			assert(e.code == SST_ESHORT);
			break;
		}
		for (; v.n > 0; v.n--)
			sum += v.p[v.n - 1];
	}
	return sum == UINT64_MAX;
}
