/*
 * codec/jsonout.c: chat is mostly plain ASCII, so runs of it are looked for eight bytes at a time
 * and copied whole; only what stops a run is looked at by itself.
 */
#include "codec/jsonout.h"

#include "codec/utf8.h"

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* Top bits where a byte of v is below 0x20, a quote, a backslash, or not ASCII.  The lowest is
 * right; those above it may be wrong, as the subtractions borrow. */
static inline uint64_t
stops(uint64_t v)
{
	uint64_t quote = v ^ ONES * '"', back = v ^ ONES * '\\';

	return ((v - ONES * 0x20) | (quote - ONES) | (back - ONES) | v) & TOPS;
}

static inline bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Bytes from p on that need no escape. */
static size_t
plain(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;
	uint64_t v, m;

	for (; end - q >= 8; q += 8) {
		memcpy(&v, q, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		if ((m = stops(v)) != 0)
			return (size_t)(q - p) + (size_t)__builtin_ctzll(m) / 8;
	}
	while (q < end && is_plain(*q))
		q++;
	return (size_t)(q - p);
}

static void
escape(struct sst_buf *b, uint8_t c)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char letters[] = "btn.fr"; /* 0x08 to 0x0d */

	if (c == '"' || c == '\\' || (c >= 0x08 && c <= 0x0d && c != 0x0b)) {
		char two[2] = { '\\', c >= 0x20 ? (char)c : letters[c - 0x08] };

		sst_buf_add(b, two, 2);
	} else {
		char six[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

		sst_buf_add(b, six, 6);
	}
}

void
sst_json_put_chars(struct sst_buf *b, struct sst_slice s)
{
	const uint8_t *p = s.p, *end;
	size_t n;
	bool good;

	if (s.n == 0)
		return;
	end = p + s.n;
	while (p < end) {
		n = plain(p, end);
		sst_buf_add(b, p, n);
		if ((p += n) == end)
			break;
		if (*p < 0x80) {
			escape(b, *p++);
			continue;
		}
		n = sst_utf8_char(p, end, &good);
		sst_buf_add(b, good ? (const char *)p : "\xef\xbf\xbd", good ? n : 3);
		p += n;
	}
}

void
sst_json_put_string(struct sst_buf *b, struct sst_slice s)
{
	sst_buf_addc(b, '"');
	sst_json_put_chars(b, s);
	sst_buf_addc(b, '"');
}
