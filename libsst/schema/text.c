/*
 * libsst/schema/text.c: ascii, text and varchar; blob and the kinds that are only bytes to us
 * (formats/types.md).
 */
#include "codec/utf8.h"
#include "schema/int.h"

static bool
is_ascii(struct sst_slice s)
{
	uint64_t w, all = 0;
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		memcpy(&w, s.p + i, 8);
		all |= w;
	}
	for (; i < s.n; i++)
		all |= (uint64_t)(s.p[i] & 0x80) << 56;
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static bool
is_valid(const struct sst_type *t, struct sst_slice s)
{
	return t->kind == SST_ASCII ? is_ascii(s) : sst_utf8_valid(s) == s.n;
}

static int
validate_text(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return is_valid(t, s) ? 0 : sst_fail_value(t, s, e);
}

static int
print_text(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	(void)form;
	if (!is_valid(t, s))
		return sst_fail_value(t, s, e);
	sst_buf_add_slice(b, s);
	return 0;
}

static int
read_text(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	if (!is_valid(t, text))
		return sst_fail_text(t, text, e);
	sst_buf_add_slice(b, text);
	return 0;
}

#define QUOTED (SST_EMPTY_OK | SST_JSON_QUOTED | SST_CQL_QUOTED)

const struct sst_kind_ops sst_ops_ascii = { "ascii", "AsciiType", 0, -1, QUOTED, SST_LIT_STRING,
	sst_compare_bytes, validate_text, print_text, read_text };
const struct sst_kind_ops sst_ops_text = { "text", "UTF8Type", 0, -1, QUOTED, SST_LIT_STRING,
	sst_compare_bytes, validate_text, print_text, read_text };
const struct sst_kind_ops sst_ops_varchar = { "varchar", "UTF8Type", 0, -1, QUOTED, SST_LIT_STRING,
	sst_compare_bytes, validate_text, print_text, read_text };

static int
validate_blob(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	(void)t, (void)s, (void)e;
	return 0;
}

static int
print_blob(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	(void)t, (void)e;
	if (form != SST_FORM_STRING)
		sst_buf_adds(b, "0x");
	sst_hex_put(b, s);
	return 0;
}

static int
read_blob(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	return sst_hex_get(text, b) ? 0 : sst_fail_text(t, text, e);
}

const struct sst_kind_ops sst_ops_blob = { "blob", "BytesType", 0, -1, SST_JSON_QUOTED, SST_LIT_HEX,
	sst_compare_bytes, validate_blob, print_blob, read_blob };
const struct sst_kind_ops sst_ops_custom = { NULL, NULL, 0, -1, SST_JSON_QUOTED, SST_LIT_HEX,
	sst_compare_bytes, validate_blob, print_blob, read_blob };

/* By token, then by bytes, as partitions lie. */
static int
compare_partitioner_order(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int c = sst_compare_empty(a, b);

	(void)t;
	return c != 2 ? c : sst_key_compare(sst_token(a), a, sst_token(b), b);
}

const struct sst_kind_ops sst_ops_partitioner_order = { NULL, "PartitionerDefinedOrder", 0, -1,
	SST_JSON_QUOTED, SST_LIT_HEX, compare_partitioner_order, validate_blob, print_blob,
	read_blob };

static int
compare_empty(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	(void)t, (void)a, (void)b;
	return 0;
}

static int
refuse_bytes(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return sst_fail_value(t, s, e);
}

static int
print_empty(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	(void)form, (void)b;
	return sst_fail_value(t, s, e);
}

static int
read_empty(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	(void)b;
	return sst_fail_text(t, text, e);
}

const struct sst_kind_ops sst_ops_empty = { "empty", "EmptyType", 0, 0, QUOTED, SST_LIT_STRING,
	compare_empty, refuse_bytes, print_empty, read_empty };
