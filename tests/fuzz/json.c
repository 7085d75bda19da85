/*
 * tests/fuzz/json.c: JSON on any bytes.  What parses is printed and parsed again, to the same text.
 * covers: libsst/codec/json.c libsst/codec/jsonout.c libsst/codec/utf8.c
 */
#include <assert.h>

#include "codec/json.h"
#include "codec/jsonout.h"
#include "codec/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
show(struct sst_buf *b, const struct sst_json_node *v)
{
	bool object = v->type == SST_JSON_OBJECT;
	const struct sst_json_node *c;

	if (v->type == SST_JSON_STRING) {
		assert(sst_utf8_valid(v->text) == v->text.n);
		sst_json_put_string(b, v->text);
	} else if (v->type < SST_JSON_STRING)
		sst_buf_add_slice(b, v->text);
	else {
		sst_buf_addc(b, object ? '{' : '[');
		for (c = sst_json_first(v); c < sst_json_end(v); c = sst_json_next(c)) {
			if (c != sst_json_first(v))
				sst_buf_addc(b, ',');
			if (object) {
				assert(sst_json_get(v, c->text) != NULL);
				show(b, c++);
				sst_buf_addc(b, ':');
			}
			show(b, c);
		}
		sst_buf_addc(b, object ? '}' : ']');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_buf once = { 0 }, twice = { 0 };
	const struct sst_json_node *v;
	struct sst_json *j;
	struct sst_err e;

	if (size > 2000) /* sst_json_get above is quadratic */
		size = 2000;
	assert(sst_json_new(&j, &e) == 0);
	if (sst_json_parse(j, (struct sst_slice){ data, size }, &v, &e) == 0) {
		show(&once, v);
		assert(sst_json_parse(j, sst_buf_slice(&once), &v, &e) == 0);
		show(&twice, v);
		assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
	} else
		assert(v == NULL && e.off <= size);
	sst_json_put_string(&once, (struct sst_slice){ data, size }); /* broken UTF-8, too */
	sst_json_free(j);
	sst_buf_free(&once);
	sst_buf_free(&twice);
	return 0;
}
