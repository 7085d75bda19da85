/*
 * codec/jsonmarks.cc: simdjson's first stage behind a C interface.  Nothing here throws: simdjson
 * reports by error codes and allocates with nothrow.  Once in a process it looks at the CPU, and ends
 * the process where it does not get some bytes for that: it cannot be asked not to.
 */
#include "codec/jsonmarks.h"

#include <cstring>
#include <memory>
#include <new>

#include <simdjson.h>

struct sst_marks {
	std::unique_ptr<simdjson::internal::dom_parser_implementation> impl;
	/* Only the code for a CPU without SIMD reads on behind the text: it gets a copy. */
	bool pads;
	std::unique_ptr<uint8_t[]> padded;
};

/* Lines are short: small to begin with, doubled when a longer one comes. */
static const size_t capacity_min = 4096;

struct sst_marks *
sst_marks_new(void)
{
	auto *m = new (std::nothrow) sst_marks;

	if (m == nullptr)
		return nullptr;
	m->pads = simdjson::get_active_implementation()->name() == "fallback";
	/* The depth is for simdjson's second stage, which is not used. */
	if (simdjson::get_active_implementation()->create_dom_parser_implementation(
		capacity_min, 1, m->impl) != simdjson::SUCCESS) {
		delete m;
		return nullptr;
	}
	return m;
}

void
sst_marks_free(struct sst_marks *m)
{
	delete m;
}

/* Memory for n bytes and one more; false: there is none. */
static bool
make_room(struct sst_marks *m, size_t n)
{
	size_t cap = m->impl->capacity();

	while (cap <= n)
		cap *= 2;
	if (cap != m->impl->capacity()) {
		m->padded.reset();
		if (m->impl->set_capacity(cap) != simdjson::SUCCESS)
			return false;
	}
	if (m->pads && !m->padded)
		m->padded.reset(new (std::nothrow) uint8_t[cap + simdjson::SIMDJSON_PADDING]);
	return !m->pads || m->padded;
}

enum sst_marks_result
sst_marks_find(
    struct sst_marks *m, const uint8_t *text, size_t n, const uint32_t **at, size_t *count)
{
	*at = nullptr;
	*count = 0;
	if (!make_room(m, n))
		return SST_MARKS_NOMEM;
	if (m->pads) {
		if (n > 0)
			memcpy(m->padded.get(), text, n);
		memset(m->padded.get() + n, 0, simdjson::SIMDJSON_PADDING);
		text = m->padded.get();
	}
	switch (m->impl->stage1(text, n, simdjson::stage1_mode::regular)) {
	case simdjson::SUCCESS:
		*at = m->impl->structural_indexes.get();
		*count = m->impl->n_structural_indexes;
		return SST_MARKS_OK;
	case simdjson::EMPTY:
		return SST_MARKS_EMPTY;
	case simdjson::UTF8_ERROR:
		return SST_MARKS_UTF8;
	case simdjson::UNCLOSED_STRING:
		return SST_MARKS_UNCLOSED;
	case simdjson::UNESCAPED_CHARS:
		return SST_MARKS_CONTROL;
	default:
		return SST_MARKS_OTHER;
	}
}
