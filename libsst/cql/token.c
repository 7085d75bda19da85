/* cql/token.c: the lexer: where each token ends is decided by its first byte. */
#include "cql/token.h"

struct sst_lexer
sst_lexer_new(struct sst_slice source)
{
	return (struct sst_lexer){ .source = source, .line = 1 };
}

/* The byte `ahead` of the current one, 0 behind the end. */
static inline uint8_t
peek(const struct sst_lexer *l, size_t ahead)
{
	return ahead < l->source.n - l->at ? l->source.p[l->at + ahead] : 0;
}

static inline bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_letter(uint8_t c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static inline bool
is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static inline bool
is_word(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

/* Moves on by n bytes, counting lines. */
static void
skip(struct sst_lexer *l, size_t n)
{
	for (; n > 0 && l->at < l->source.n; n--) {
		if (l->source.p[l->at++] == '\n') {
			l->line++;
			l->line_start = l->at;
		}
	}
}

/* How far the first place of `what` is from here, not below `from` nor ending beyond `limit`; or
 * SIZE_MAX. */
static size_t
find(const struct sst_lexer *l, const char *what, size_t from, size_t limit)
{
	size_t n = strlen(what), left = l->source.n - l->at;

	for (left = left < limit ? left : limit; from <= left && left - from >= n; from++) {
		if (memcmp(l->source.p + l->at + from, what, n) == 0)
			return from;
	}
	return SIZE_MAX;
}

/* A comment of Cassandra's that holds a table: goes to where the table begins.  */
static bool
open_legacy(struct sst_lexer *l, size_t end)
{
	size_t mark = find(l, "Approximate structure, for reference:", 2, end), table;

	if (mark == SIZE_MAX || (table = find(l, "CREATE TABLE", mark, end)) == SIZE_MAX)
		return false;
	skip(l, table);
	l->legacy = true;
	return true;
}

/* Over white space and comments.  False: a comment does not end. */
static bool
skip_space(struct sst_lexer *l)
{
	for (;;) {
		uint8_t c = peek(l, 0), d = peek(l, 1);

		if (l->at == l->source.n)
			return true;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			skip(l, 1);
		else if ((c == '-' && d == '-') || (c == '/' && d == '/')) {
			size_t n = find(l, "\n", 0, SIZE_MAX);

			skip(l, n == SIZE_MAX ? l->source.n - l->at : n);
		} else if (c == '*' && d == '/' && l->legacy) {
			skip(l, 2);
			l->legacy = false;
		} else if (c == '/' && d == '*') {
			size_t n = find(l, "*/", 2, SIZE_MAX);

			if (n == SIZE_MAX)
				return false;
			if (!open_legacy(l, n))
				skip(l, n + 2);
		} else
			return true;
	}
}

/* Between quotes, each quote within it twice.  0: it does not end. */
static size_t
quoted(const struct sst_lexer *l, uint8_t quote)
{
	size_t n = 1, left = l->source.n - l->at;

	for (; n < left; n++) {
		if (peek(l, n) != quote)
			continue;
		if (peek(l, n + 1) != quote)
			return n + 1;
		n++;
	}
	return 0;
}

static size_t
digits(const struct sst_lexer *l, size_t from)
{
	while (is_digit(peek(l, from)))
		from++;
	return from;
}

/* 8-4-4-4-12 hexadecimal digits, or 0. */
static size_t
uuid(const struct sst_lexer *l)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? peek(l, i) != '-' : !is_hex(peek(l, i)))
			return 0;
	}
	return 36;
}

/* The unit of a duration at `at`: how many bytes it has, or 0. */
static size_t
unit(const struct sst_lexer *l, size_t at)
{
	uint8_t c = peek(l, at) | 0x20, d = peek(l, at + 1) | 0x20;

	if (peek(l, at) == 0xc2 && peek(l, at + 1) == 0xb5) /* µs */
		return (peek(l, at + 2) | 0x20) == 's' ? 3 : 0;
	if (c == 'm')
		return d == 'o' || d == 's' ? 2 : 1;
	if (c == 'u' || c == 'n')
		return d == 's' ? 2 : 0;
	return memchr("ywdhs", c, 5) != NULL ? 1 : 0;
}

/* 1y2mo3d…: the end, or 0 when what begins at `from` is no such thing. */
static size_t
duration(const struct sst_lexer *l, size_t from)
{
	size_t n, end = 0;

	for (;;) {
		size_t d = digits(l, from);

		if (d == from || (n = unit(l, d)) == 0)
			break;
		end = from = d + n;
	}
	return end != 0 && !is_word(peek(l, end)) ? end : 0;
}

/* An integer, a float, a duration or 0x…; `at` is where its digits begin. */
static size_t
number(const struct sst_lexer *l, size_t at, enum sst_token_kind *kind)
{
	size_t n, d;

	if (at == 0 && peek(l, 0) == '0' && (peek(l, 1) | 0x20) == 'x') {
		*kind = SST_TOK_HEX;
		for (n = 2; is_hex(peek(l, n));)
			n++;
		return n;
	}
	if ((d = duration(l, at)) != 0) {
		*kind = SST_TOK_DURATION;
		return d;
	}
	*kind = SST_TOK_INTEGER;
	n = digits(l, at);
	if (peek(l, n) == '.' && peek(l, n + 1) != '.') {
		*kind = SST_TOK_FLOAT;
		n = digits(l, n + 1);
	}
	if ((peek(l, n) | 0x20) == 'e') {
		size_t sign = peek(l, n + 1) == '+' || peek(l, n + 1) == '-';

		d = digits(l, n + 1 + sign);
		if (d > n + 1 + sign) {
			*kind = SST_TOK_FLOAT;
			n = d;
		}
	}
	return n;
}

/* Numbers each with a letter of `letters`: the end, or `at` when there is none. */
static size_t
designators(const struct sst_lexer *l, size_t at, const char *letters)
{
	for (;;) {
		size_t d = digits(l, at);
		uint8_t c = peek(l, d);

		if (d == at || c == 0 || strchr(letters, c) == NULL)
			return at;
		at = d + 1;
	}
}

/* P1Y2M3DT4H5M6S, P2W or P0001-02-03T04:05:06 at `at`: the end, or 0. */
static size_t
iso_duration(const struct sst_lexer *l, size_t at)
{
	static const char pattern[] = "PNNNN-NN-NNTNN:NN:NN";
	size_t i, end, time;

	if (peek(l, at) != 'P')
		return 0;
	for (i = 0; pattern[i] != '\0'; i++) {
		if (pattern[i] == 'N' ? !is_digit(peek(l, at + i))
				      : peek(l, at + i) != (uint8_t)pattern[i])
			break;
	}
	if (pattern[i] == '\0')
		return at + i;
	end = designators(l, at + 1, "YMDW");
	if (peek(l, end) == 'T' && (time = designators(l, end + 1, "HMS")) > end + 1)
		end = time;
	return end > at + 1 && !is_word(peek(l, end)) ? end : 0;
}

static size_t
operator(const struct sst_lexer *l, struct sst_token *t)
{
	static const char two[][3] = { "<=", ">=", "!=", ".." }; /* from SST_OP_LE on */

	t->kind = SST_TOK_OP;
	for (int i = 0; i < 4; i++) {
		if (peek(l, 0) == (uint8_t)two[i][0] && peek(l, 1) == (uint8_t)two[i][1]) {
			t->op = SST_OP_LE + i;
			return 2;
		}
	}
	t->op = peek(l, 0);
	if (t->op == 0 || strchr("()[]{}<>,;.:?=+-*/%", t->op) == NULL)
		t->kind = SST_TOK_BAD;
	return 1;
}

/* The length of the token that begins here. */
static size_t
scan(const struct sst_lexer *l, struct sst_token *t)
{
	uint8_t c = peek(l, 0);
	size_t minus = c == '-', n;

	if (is_hex(c) && (n = uuid(l)) != 0) {
		t->kind = SST_TOK_UUID;
		return n;
	}
	if (is_digit(peek(l, minus)))
		return number(l, minus, &t->kind);
	if ((n = iso_duration(l, minus)) != 0) {
		t->kind = SST_TOK_DURATION;
		return n;
	}
	if (is_letter(c)) {
		for (n = 1; is_word(peek(l, n));)
			n++;
		t->kind = SST_TOK_WORD;
		t->word = sst_word_find((struct sst_slice){ l->source.p + l->at, n });
		return n;
	}
	if (c == '"' || c == '\'') {
		n = quoted(l, c);
		t->kind = n == 0 ? SST_TOK_BAD : c == '"' ? SST_TOK_QUOTED : SST_TOK_STRING;
		return n != 0 ? n : l->source.n - l->at;
	}
	if (c == '$' && peek(l, 1) == '$') {
		n = find(l, "$$", 2, SIZE_MAX);
		t->kind = n == SIZE_MAX ? SST_TOK_BAD : SST_TOK_STRING;
		return n == SIZE_MAX ? l->source.n - l->at : n + 2;
	}
	return operator(l, t);
}

struct sst_token
sst_lexer_next(struct sst_lexer *l)
{
	struct sst_token t = { .kind = SST_TOK_BAD };
	bool whole = skip_space(l);
	size_t n = l->source.n - l->at;

	t.off = l->at;
	t.line = l->line;
	t.column = (uint32_t)(l->at - l->line_start) + 1;
	if (n == 0)
		t.kind = SST_TOK_END;
	else if (whole)
		n = scan(l, &t);
	t.text = (struct sst_slice){ l->source.p + l->at, n };
	skip(l, n);
	return t;
}

struct sst_slice
sst_token_value(const struct sst_token *t, struct sst_arena *a)
{
	struct sst_slice s = t->text;
	uint8_t quote = s.n > 0 ? s.p[0] : 0, *p;
	size_t i, n = 0;

	if (t->kind == SST_TOK_STRING && quote == '$')
		return (struct sst_slice){ s.p + 2, s.n - 4 };
	if (t->kind != SST_TOK_WORD && t->kind != SST_TOK_QUOTED && t->kind != SST_TOK_STRING)
		return s;
	if (t->kind != SST_TOK_WORD) {
		s = (struct sst_slice){ s.p + 1, s.n - 2 };
		if (s.n == 0 || memchr(s.p, quote, s.n) == NULL)
			return s;
	}
	if ((p = sst_arena_alloc(a, s.n)) == NULL)
		return (struct sst_slice){ NULL, 0 };
	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (t->kind == SST_TOK_WORD)
			c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		else if (c == quote)
			i++; /* the second of the two */
		p[n++] = c;
	}
	return (struct sst_slice){ p, n };
}
