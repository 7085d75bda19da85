/*
 * tests/fuzz/csv.c: CSV on any bytes, which come a few at a time: the first byte says how many, and whether
 * records are edits.  However they come, the messages are the same.
 * covers: libsst/msg/records.c libsst/msg/csvin.c libsst/msg/import.c libsst/msg/leftout.c
 */
#include <assert.h>

#include "bytes.h"
#include "msg/csvin.h"
#include "msg/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over all that comes out, good or bad. */
static uint64_t
mix(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *at = p;

	for (; n > 0; n--)
		sum = (sum ^ *at++) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t
all(struct sst_import *i, enum sst_import_form form, struct sst_slice text, size_t step)
{
	struct bytes bytes = { text, step };
	struct sst_message m;
	struct sst_err e;
	const char *noun;
	uint64_t sum = 7;
	size_t c;
	int r;

	assert(sst_import_stream(i, &form, "input", read_bytes, &bytes, &e) == 0);
	while ((r = sst_import_next(i, &m, &e)) != 0) {
		sum = mix(sum, &r, sizeof(r));
		if (r == -1) {
			assert(e.code != SST_ENOMEM && e.code != SST_ESYS);
			sum = mix(sum, e.what, strlen(e.what));
			continue;
		}
		sum = mix(sum, &m.id, m.has_id ? sizeof(m.id) : 0);
		sum = mix(sum, &m.channel, m.has_channel ? sizeof(m.channel) : 0);
		sum = mix(sum, &m.cleared, sizeof(m.cleared));
		for (c = 0; c < SST_MSG_COLUMNS; c++)
			sum = mix(sum, m.value[c].p, m.value[c].n);
	}
	sum += sst_import_place(i, &noun);
	return sum;
}

/* Nobody says what it is; and a name that somebody says is known or not. */
static void
guess(struct sst_import *i, struct sst_slice text, size_t step)
{
	struct bytes bytes = { text, step };
	enum sst_import_form form = SST_IMPORT_GUESS, named;
	uint64_t before = sst_import_bytes(i);
	struct sst_message m;
	struct sst_err e;
	char name[8] = "";

	if (sst_import_stream(i, &form, "input", read_bytes, &bytes, &e) == -1) {
		assert(e.code == SST_EUNSUPPORTED && form == SST_IMPORT_GUESS);
		return;
	}
	assert(form != SST_IMPORT_GUESS);
	while (form != SST_IMPORT_PACKAGE && sst_import_next(i, &m, &e) != 0)
		continue;
	assert(sst_import_bytes(i) >= before);
	memcpy(name, text.p, text.n < sizeof(name) ? text.n : sizeof(name) - 1);
	assert(sst_import_form(&named, name) == -1 || named != SST_IMPORT_GUESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_import_opts opts = { .channel = 5, .author_id = 7 };
	struct sst_leftout leftout = { 0 };
	enum sst_import_form form;
	struct sst_import *i;
	struct sst_buf b = { 0 };
	struct sst_slice text;
	struct sst_err e;

	if (size == 0)
		return 0;
	text = (struct sst_slice){ data + 1, size - 1 };
	opts.clears = data[0] & 0x80;
	opts.strict = data[0] & 0x40;
	assert(sst_import_new(&i, &opts, &leftout, &e) == 0);
	for (form = SST_IMPORT_NDJSON; form <= SST_IMPORT_CSV; form++)
		assert(all(i, form, text, 1 + data[0] % 64) == all(i, form, text, 4096));
	form = sst_import_guess(text);
	assert(form > SST_IMPORT_GUESS && form < SST_IMPORT_FORMS);
	guess(i, text, 1 + data[0] % 64);
	assert(leftout.n <= SST_LEFTOUT_NAMES);
	sst_leftout_list(&leftout, &b);
	assert((b.n == 0) == (leftout.n == 0));
	sst_buf_free(&b);
	sst_import_free(i);
	return 0;
}
