/*
 * tests/fuzz/dml.c: statements that read and change rows, from any text: what parses lies within the
 * text, and takes memory in proportion to it.
 * covers: libsst/cql/dml.c libsst/cql/relation.c libsst/cql/select.c
 */
#include <assert.h>

#include "cql/dml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice text = { data, size };
	struct sst_arena arena = { 0 };
	struct sst_dml s;
	struct sst_parser p;
	struct sst_err e;

	p = sst_parser_new(text, &arena, NULL, SST_SLICE_LIT("k"), &e);
	if (sst_dml_parse(&p, &s) == 0) {
		assert(s.text.p >= data && s.text.p + s.text.n <= data + size);
		assert(s.nmarks <= size);
	} else
		assert(e.code == SST_EINVAL || e.code == SST_ELIMIT);
	assert(arena.bytes <= 65536 + 1024 * size);
	sst_arena_free(&arena);
	return 0;
}
