/*
 * tests/fuzz/rows.c: rows and markers from any bytes, without a file around them.  Byte 0 chooses
 * the table: few columns or many, sizes before bodies or not, unsigned deletion times or not.
 * covers: libsst/row/decode.c
 */
#include <assert.h>

#include "row/serial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NMANY 70

static const struct sst_type *
type(struct sst_arena *a, const char *cql)
{
	const struct sst_type *t;
	struct sst_err e;

	assert(sst_type_parse_cql(&t, a, sst_slice_str(cql), NULL, NULL, &e) == 0);
	return t;
}

/* c int, d text; s text static; x int, y text, m map<int, text>, and many more of int. */
static void
make_header(struct sst_header *h, struct sst_arena *a, uint8_t choice)
{
	static const char digits[] = "0123456789";
	struct sst_header_column *c = sst_arena_array(a, 4 + NMANY, sizeof(*c));
	uint8_t *name;
	size_t i;
	struct sst_err e;

	memset(h, 0, sizeof(*h));
	h->min_ts_us = 1000;
	h->min_ldt_s = 2000;
	h->min_ttl_s = 10;
	h->sized = (choice & 2) == 0;
	h->uint_ldt = choice & 4;
	h->nck = 2;
	h->ck = sst_arena_array(a, 2, sizeof(*h->ck));
	h->ck[0] = type(a, "int");
	h->ck[1] = type(a, "text");
	for (i = 0; i < 4 + NMANY; i++) {
		name = sst_arena_alloc(a, 2);
		name[0] = (uint8_t)digits[i / 10];
		name[1] = (uint8_t)digits[i % 10];
		c[i] = (struct sst_header_column){ { name, 2 }, h->ck[0], (uint32_t)i, INT64_MIN };
	}
	c[0].type = c[2].type = h->ck[1];
	c[3].type = type(a, "map<int, text>");
	c[4].dropped_us = 1002;
	c[5].col = SST_NO_COLUMN;
	h->statics = c;
	h->nstatic = 1;
	h->regulars = c + 1;
	h->nregular = choice & 1 ? 3 + NMANY : 5;
	assert(sst_header_sort(h, &e) == 0);
}

/* Everything that an item points to is there. */
static uint64_t
touch(const struct sst_item *item)
{
	const struct sst_row *r = &item->row;
	uint64_t sum = 0;
	size_t i;

	if (item->kind == SST_MARKER)
		return (uint64_t)sst_marker_kind(&item->marker);
	for (i = 0; i < r->ncells; i++) {
		assert(r->cells[i].col != SST_NO_COLUMN);
		sum += r->cells[i].value.n > 0 ? r->cells[i].value.p[r->cells[i].value.n - 1] : 0;
		sum += r->cells[i].path.n > 0 ? r->cells[i].path.p[r->cells[i].path.n - 1] : 0;
	}
	for (i = 0; i < r->ncomplex; i++)
		sum += (uint64_t)r->complex[i].del.ts_us;
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_arena a = { 0 };
	struct sst_header h;
	struct sst_decoder d;
	struct sst_row_head head;
	struct sst_item item;
	struct sst_err e;
	struct sst_in in, body;
	uint64_t sum = 0;

	if (size == 0)
		return 0;
	make_header(&h, &a, data[0]);
	assert(sst_decoder_init(&d, &h, &e) == 0);
	in = sst_in_new((struct sst_slice){ data + 1, size - 1 }, 0);
	if (data[0] & 8)
		sum += (uint64_t)sst_get_deletion(&in, h.uint_ldt).ts_us;
	while (!in.bad && sst_decode_head(&d, &in, &head, &e) == SST_ONE && !in.bad) {
		body = in;
		if (h.sized) {
			if (head.body > sst_in_left(&in))
				break;
			body.end = body.p + head.body;
		}
		if (sst_decode_body(&d, &body, &head, &item, &e) == -1)
			break;
		sum += touch(&item);
		in.p = body.p;
	}
	sst_decoder_free(&d);
	sst_arena_free(&a);
	return sum == UINT64_MAX; /* keeps the reads */
}
