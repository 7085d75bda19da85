/* libsst/schema/inet.c: IP addresses, 4 or 16 bytes, printed as Java's getHostAddress does it. */
#include "schema/int.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff }; /* ::ffff:1.2.3.4 */

static int
validate_inet(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return s.n == 4 || s.n == 16 ? 0 : sst_fail_value(t, s, e);
}

/* Java knows no "::": eight groups without leading zeros.  An IPv4-mapped address prints as IPv4. */
static int
print_inet(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	const char *quote = form == SST_FORM_CQL ? "'" : "";
	bool mapped = s.n == 16 && memcmp(s.p, mapped_prefix, 12) == 0;
	size_t i;

	if (s.n != 4 && s.n != 16)
		return sst_fail_value(t, s, e);
	if (mapped && form == SST_FORM_CQL) { /* as an address it would read back as 4 bytes */
		sst_buf_adds(b, "blobAsInet(0x");
		sst_hex_put(b, s);
		sst_buf_addc(b, ')');
		return 0;
	}
	if (mapped)
		s = (struct sst_slice){ s.p + 12, 4 };
	sst_buf_adds(b, quote);
	if (s.n == 4)
		sst_buf_addf(b, "%u.%u.%u.%u", s.p[0], s.p[1], s.p[2], s.p[3]);
	for (i = 0; i < s.n && s.n == 16; i += 2)
		sst_buf_addf(b, "%s%x", i > 0 ? ":" : "", s.p[i] << 8 | s.p[i + 1]);
	sst_buf_adds(b, quote);
	return 0;
}

static bool
number(struct sst_head *t, unsigned base, unsigned max, unsigned *out)
{
	const uint8_t *from = t->p;
	int d;

	for (*out = 0; t->p < t->end && (d = sst_hex_digit(*t->p)) >= 0 && (unsigned)d < base;
	     t->p++) {
		*out = *out * base + (unsigned)d;
		if (*out > max)
			return false;
	}
	return t->p > from;
}

/* One to four numbers between dots; the last one fills what is left, as inet_aton(3) and Java. */
static bool
read_v4(struct sst_head t, uint8_t out[4])
{
	unsigned v, part;
	size_t i;

	for (part = 0; part < 4; part++) {
		const uint8_t *from = t.p;

		if (!number(&t, 10, 255, &v)) {
			t.p = from;
			break;
		}
		if (t.p == t.end)
			break;
		if (*t.p++ != '.' || part == 3)
			return false;
		out[part] = (uint8_t)v;
	}
	if (t.p < t.end) { /* the last number may be larger than a byte */
		if (part == 3 || !number(&t, 10, UINT32_MAX >> 8 * part, &v) || t.p < t.end)
			return false;
	} else if (t.p[-1] == '.')
		return false;
	for (i = 3; i > part; i--, v >>= 8)
		out[i] = (uint8_t)v;
	out[part] = (uint8_t)v;
	return true;
}

/* Up to eight groups; "::" once stands for the zeros that are missing; an IPv4 address may end it. */
static bool
read_v6(struct sst_head t, uint8_t out[16])
{
	size_t n = 0, gap = SIZE_MAX;
	unsigned v;

	if (t.end - t.p >= 2 && t.p[0] == ':' && t.p[1] == ':') {
		gap = 0;
		t.p += 2;
	}
	while (t.p < t.end) {
		const uint8_t *from = t.p;

		if (n == 16 || !number(&t, 16, 0xffff, &v) || t.p - from > 4)
			return false;
		if (t.p < t.end && *t.p == '.') {
			if (n > 12 || memchr(t.p, ':', (size_t)(t.end - t.p)) != NULL ||
			    !read_v4((struct sst_head){ from, t.end }, out + n))
				return false;
			n += 4;
			break;
		}
		out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)v;
		if (t.p == t.end)
			break;
		if (*t.p++ != ':' || t.p == t.end)
			return false;
		if (*t.p == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
			t.p++;
		}
	}
	if (gap == SIZE_MAX)
		return n == 16;
	if (n == 16)
		return false;
	memmove(out + 16 - (n - gap), out + gap, n - gap);
	memset(out + gap, 0, 16 - n);
	return true;
}

/* Only addresses: names are not looked up, unlike in Cassandra. */
static int
read_inet(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_head in = sst_head_of(text);
	uint8_t out[16];
	bool v6 = memchr(text.p, ':', text.n) != NULL;

	if (v6 ? !read_v6(in, out) : !read_v4(in, out))
		return sst_fail_text(t, text, e);
	if (v6 && memcmp(out, mapped_prefix, 12) == 0) /* Java makes these IPv4 */
		sst_buf_add(b, out + 12, 4);
	else
		sst_buf_add(b, out, v6 ? 16 : 4);
	return 0;
}

const struct sst_kind_ops sst_ops_inet = { "inet", "InetAddressType", 0, -1,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_STRING, sst_compare_bytes, validate_inet,
	print_inet, read_inet };
