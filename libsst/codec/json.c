/*
 * codec/json.c: turns the marks of a text (jsonmarks.h) into nodes.  A mark stands at every
 * bracket, comma and colon and at the first byte of every other token, none within strings:
 *
 *	{"id": 7, "s":"a,b"}
 *	^^   ^ ^^ ^  ^^    ^
 *
 * So a string ends at the last byte before the next mark that is not white space, and no string is
 * scanned to find its end.
 */
#include "codec/json.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hex.h"
#include "codec/jsonmarks.h"
#include "codec/utf8.h"

struct sst_json {
	struct sst_marks *marks;
	struct sst_json_node *nodes;
	size_t cap;     /* of nodes */
	uint8_t *chars; /* of the strings that held escapes */
	size_t nchars, chars_cap;
	struct sst_json_node *open[SST_JSON_DEPTH_MAX]; /* of a walk: too much to clear for each */
};

struct walk {
	struct sst_json *j;
	const uint8_t *text;
	size_t n;
	const uint32_t *mark, *end; /* *end == n */
	struct sst_json_node *node; /* the next free one */
	size_t depth;               /* of j->open */
	struct sst_err *e;
};

int
sst_json_new(struct sst_json **out, struct sst_err *e)
{
	struct sst_json *j = calloc(1, sizeof(*j));

	*out = NULL;
	if (j == NULL || (j->marks = sst_marks_new()) == NULL) {
		free(j);
		return sst_fail_nomem(e);
	}
	*out = j;
	return 0;
}

void
sst_json_free(struct sst_json *j)
{
	if (j == NULL)
		return;
	sst_marks_free(j->marks);
	free(j->nodes);
	free(j->chars);
	free(j);
}

static inline bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte at the next mark, or 0 at the end: no token starts with a NUL. */
static inline uint8_t
peek(const struct walk *w)
{
	return w->mark < w->end ? w->text[*w->mark] : 0;
}

static int
bad_at(struct walk *w, size_t off, const char *what)
{
	return sst_fail(w->e, SST_EINVAL, NULL, off, "not JSON: %s", what);
}

static inline struct sst_json_node *
add(struct walk *w, enum sst_json_type type, const uint8_t *p, size_t n)
{
	struct sst_json_node *v = w->node++;

	assert(v < w->j->nodes + w->j->cap);
	v->text = (struct sst_slice){ p, n };
	v->type = type;
	v->off = *w->mark;
	v->skip = 1;
	v->count = 0;
	return v;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t
hex4(const uint8_t *p, const uint8_t *end)
{
	uint8_t v[2];

	if (end - p < 4 || !sst_hex_read((struct sst_slice){ p, 4 }, v))
		return -1;
	return v[0] << 8 | v[1];
}

/* \uXXXX at p, which is on the u; a pair of surrogates is one character.  NULL when it is none. */
static const uint8_t *
unescape_u(const uint8_t *p, const uint8_t *end, uint8_t **out)
{
	int32_t c = hex4(p + 1, end), low;

	p += 5;
	if (c < 0 || (c >= 0xdc00 && c <= 0xdfff))
		return NULL;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
			return NULL;
		low = hex4(p + 2, end);
		if (low < 0xdc00 || low > 0xdfff)
			return NULL;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*out = sst_utf8_put(*out, (uint32_t)c);
	return p;
}

/* One escape at p, which is behind the backslash; NULL when it is none. */
static const uint8_t *
unescape_one(const uint8_t *p, const uint8_t *end, uint8_t **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (p == end)
		return NULL;
	if (*p == 'u')
		return unescape_u(p, end, out);
	if ((at = memchr(from, *p, sizeof(from) - 1)) == NULL)
		return NULL;
	*(*out)++ = (uint8_t)to[at - from];
	return p + 1;
}

/* A string never grows when it is unescaped, so room for the whole text is room for all of them:
 * the memory is not moved while strings point into it. */
static int
make_room(struct walk *w)
{
	struct sst_json *j = w->j;
	uint8_t *p;

	if (j->chars_cap >= w->n)
		return 0;
	if ((p = realloc(j->chars, w->n)) == NULL)
		return sst_fail_nomem(w->e);
	j->chars = p;
	j->chars_cap = w->n;
	return 0;
}

static int
unescape(struct walk *w, struct sst_slice *s)
{
	const uint8_t *p = s->p, *end = s->p + s->n, *q, *next;
	uint8_t *out, *start;

	if (make_room(w) == -1)
		return -1;
	out = start = w->j->chars + w->j->nchars;
	while (p < end) {
		if ((q = memchr(p, '\\', (size_t)(end - p))) == NULL)
			q = end;
		memcpy(out, p, (size_t)(q - p));
		out += q - p;
		if (q == end)
			break;
		if ((next = unescape_one(q + 1, end, &out)) == NULL)
			return bad_at(w, (size_t)(q - w->text), "no such escape");
		p = next;
	}
	*s = (struct sst_slice){ start, (size_t)(out - start) };
	w->j->nchars += s->n;
	return 0;
}

static int
string(struct walk *w)
{
	const uint8_t *p = w->text + w->mark[0] + 1, *end = w->text + w->mark[1];
	struct sst_json_node *v;

	do
		end--;
	while (end > p && is_space(*end));
	if (end < p || *end != '"')
		return bad_at(w, w->mark[0], "a string does not end");
	v = add(w, SST_JSON_STRING, p, (size_t)(end - p));
	if (v->text.n > 0 && memchr(p, '\\', v->text.n) != NULL && unescape(w, &v->text) == -1)
		return -1;
	w->mark++;
	return 0;
}

static const uint8_t *
digits(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Where the number at p ends; NULL when there is none. */
static const uint8_t *
number_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q;

	if (p < end && *p == '-')
		p++;
	q = digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return NULL;
	if (q < end && *q == '.') {
		p = q + 1;
		if ((q = digits(p, end)) == p)
			return NULL;
	}
	if (q < end && (*q | 0x20) == 'e') {
		p = q + 1;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((q = digits(p, end)) == p)
			return NULL;
	}
	return q;
}

/* A number, true, false or null: whatever does not start like a string or a bracket. */
static int
scalar(struct walk *w)
{
	static const struct sst_slice words[] = { SST_SLICE_LIT("null"), SST_SLICE_LIT("false"),
		SST_SLICE_LIT("true") }; /* in the order of enum sst_json_type */
	const uint8_t *p = w->text + w->mark[0], *end = w->text + w->mark[1], *q = NULL;
	enum sst_json_type type = SST_JSON_NUMBER;

	if (*p == '-' || (*p >= '0' && *p <= '9'))
		q = number_end(p, end);
	else {
		type = *p == 'n' ? SST_JSON_NULL : *p == 'f' ? SST_JSON_FALSE : SST_JSON_TRUE;
		if ((size_t)(end - p) >= words[type].n &&
		    memcmp(p, words[type].p, words[type].n) == 0)
			q = p + words[type].n;
	}
	if (q == NULL || (q < end && !is_space(*q)))
		return bad_at(w, w->mark[0], "expected a value");
	add(w, type, p, (size_t)(q - p));
	w->mark++;
	return 0;
}

/* A member's key and colon, up to its value. */
static int
key(struct walk *w)
{
	if (peek(w) != '"')
		return bad_at(w, *w->mark, "expected a key");
	if (string(w) == -1)
		return -1;
	if (peek(w) != ':')
		return bad_at(w, *w->mark, "expected a colon");
	w->mark++;
	return 0;
}

/* Opens an array or object.  1: its first value comes next; 0: it is empty, and closed by after(). */
static int
bracket(struct walk *w, enum sst_json_type type, uint8_t close)
{
	struct sst_json_node *v;

	if (w->depth == SST_JSON_DEPTH_MAX)
		return sst_fail(w->e, SST_ELIMIT, NULL, *w->mark, "JSON nested deeper than %d",
		    SST_JSON_DEPTH_MAX);
	v = add(w, type, w->text + *w->mark, 0);
	w->j->open[w->depth++] = v;
	w->mark++;
	if (peek(w) == close)
		return 0;
	v->count = 1;
	return type == SST_JSON_OBJECT && key(w) == -1 ? -1 : 1;
}

/* One value, up to the first one inside it.  1: that one comes next; 0: it is complete. */
static int
value(struct walk *w)
{
	switch (peek(w)) {
	case '"':
		return string(w);
	case '{':
		return bracket(w, SST_JSON_OBJECT, '}');
	case '[':
		return bracket(w, SST_JSON_ARRAY, ']');
	case '\0':
		return bad_at(w, *w->mark, "expected a value");
	default:
		return scalar(w);
	}
}

/* What follows a complete value.  1: another value; 0: everything is closed. */
static int
after(struct walk *w)
{
	while (w->depth > 0) {
		struct sst_json_node *v = w->j->open[w->depth - 1];
		bool object = v->type == SST_JSON_OBJECT;
		uint8_t c = peek(w);

		if (c == ',') {
			w->mark++;
			v->count++;
			return object && key(w) == -1 ? -1 : 1;
		}
		if (c != (object ? '}' : ']'))
			return bad_at(w, *w->mark, "expected a comma or the closing bracket");
		v->text.n = *w->mark + 1 - v->off;
		v->skip = (uint32_t)(w->node - v);
		w->depth--;
		w->mark++;
	}
	return 0;
}

static int
walk(struct walk *w)
{
	int r;

	for (;;) {
		if ((r = value(w)) == 0)
			r = after(w);
		if (r == -1)
			return -1;
		if (r == 0)
			break;
	}
	if (w->mark != w->end)
		return bad_at(w, *w->mark, "something follows the value");
	return 0;
}

/* What simdjson's first stage says it has found, with the place, which it does not say. */
static int
explain(enum sst_marks_result r, struct sst_slice text, struct sst_err *e)
{
	struct walk w = { .e = e };
	size_t i;
	bool in = false;
	size_t start = 0;

	if (r == SST_MARKS_NOMEM)
		return sst_fail_nomem(e);
	if (r == SST_MARKS_EMPTY)
		return bad_at(&w, 0, "nothing there");
	if ((i = sst_utf8_valid(text)) < text.n)
		return bad_at(&w, i, "not UTF-8");
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"') {
			in = !in;
			start = i;
		} else if (text.p[i] == '\\')
			i++;
		else if (in && text.p[i] < 0x20)
			return bad_at(&w, i, "a control character in a string");
	}
	return bad_at(&w, start, "a string does not end");
}

int
sst_json_parse(
    struct sst_json *j, struct sst_slice text, const struct sst_json_node **root, struct sst_err *e)
{
	struct walk w = { .j = j, .text = text.p, .n = text.n, .e = e };
	enum sst_marks_result r;
	size_t count, want;

	*root = NULL;
	if (text.n > SST_JSON_TEXT_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, 0, "JSON of %zu bytes, at most %zu", text.n,
		    SST_JSON_TEXT_MAX);
	if ((r = sst_marks_find(j->marks, text.p, text.n, &w.mark, &count)) != SST_MARKS_OK)
		return explain(r, text, e);
	w.end = w.mark + count;
	/* Between two values there is a mark that is none, and an opening bracket has its closing
	 * one: half the marks are values at most, but for brackets that are still open. */
	want = count / 2 + SST_JSON_DEPTH_MAX + 2;
	if (want > j->cap) {
		struct sst_json_node *p = realloc(j->nodes, want * 2 * sizeof(*p));

		if (p == NULL)
			return sst_fail_nomem(e);
		j->nodes = p;
		j->cap = want * 2;
	}
	j->nchars = 0;
	w.node = j->nodes;
	if (walk(&w) == -1)
		return -1;
	*root = j->nodes;
	return 0;
}

const struct sst_json_node *
sst_json_get(const struct sst_json_node *o, struct sst_slice name)
{
	const struct sst_json_node *k, *found = NULL;

	if (o == NULL || o->type != SST_JSON_OBJECT)
		return NULL;
	for (k = sst_json_first(o); k < sst_json_end(o); k = sst_json_next(k + 1)) {
		if (sst_slice_eq(k->text, name))
			found = k + 1;
	}
	return found;
}
