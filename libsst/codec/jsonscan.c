/* libsst/codec/jsonscan.c: memchr through strings, a table for what is between them. */
#include "codec/jsonscan.h"

#include <string.h>

enum kind {
	PLAIN, /* white space, commas, colons, digits, letters */
	QUOTE,
	OPEN,
	CLOSE
};

static const uint8_t kinds[256] = {
	['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE
};

/*
 * Passes over the rest of a string; false when it goes on behind n.  A backslash at the very end is
 * left for the next call, which then begins before an escape and never in the middle of one.
 */
static bool
string(struct sst_jsonscan *s, const uint8_t *text, size_t n)
{
	const uint8_t *from = text + s->at, *end = text + n, *p = from, *q, *b;

	for (;;) {
		q = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
		if (q == NULL)
			q = end;
		for (b = q; b > from && b[-1] == '\\'; b--)
			;
		if (q == end) {
			s->at = n - (size_t)(q - b) % 2;
			return false;
		}
		p = q + 1;
		if ((q - b) % 2 == 0)
			break;
		from = p; /* the quote was escaped: what is before it is done with */
	}
	s->at = (size_t)(p - text);
	s->string = false;
	return true;
}

/* Pretty-printed JSON is full of these. */
static size_t
skip_blanks(const uint8_t *text, size_t at, size_t n)
{
	uint64_t eight;

	for (; n - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text + at, sizeof(eight));
		if (eight != UINT64_C(0x2020202020202020))
			break;
	}
	return at;
}

static bool
ends_word(uint8_t c)
{
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool
word(struct sst_jsonscan *s, const uint8_t *text, size_t n)
{
	while (s->at < n && !ends_word(text[s->at]))
		s->at++;
	return s->at < n;
}

/* To the next quote or bracket, and over it. */
static void
between(struct sst_jsonscan *s, const uint8_t *text, size_t n)
{
	size_t at = s->at;

	while (at < n && kinds[text[at]] == PLAIN)
		at = text[at] == ' ' ? skip_blanks(text, at + 1, n) : at + 1;
	if (at < n) {
		s->string = kinds[text[at]] == QUOTE;
		s->depth += kinds[text[at]] == OPEN;
		s->depth -= kinds[text[at]] == CLOSE;
		at++;
	}
	s->at = at;
}

bool
sst_jsonscan(struct sst_jsonscan *s, const uint8_t *text, size_t n)
{
	if (s->at == 0 && n > 0 && s->depth == 0 && !s->string && kinds[text[0]] == PLAIN)
		s->word = true;
	if (s->word)
		return word(s, text, n);
	while (s->at < n) {
		if (s->string) {
			if (!string(s, text, n))
				return false;
		} else
			between(s, text, n);
		if (s->depth == 0 && !s->string)
			return true;
	}
	return false;
}
