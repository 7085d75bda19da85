/* cmd/sstdump/select.c: what -k, --token-range, --clustering and the like mean, and how it is read. */
#include "sstdump/select.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hex.h"
#include "msg/snowflake.h"
#include "tool/textfile.h"
#include "tool/tool.h"

#define KEYS_FILE_MAX ((size_t)256 << 20)

static void *
grown(void *p, size_t n, size_t size)
{
	void *r = realloc(p, n * size);

	if (r == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return r;
}

void
select_key(struct selection *s, const char *text)
{
	if (s->nkeys == s->keys_cap) {
		s->keys_cap = s->keys_cap * 2 + 16;
		s->keys = grown(s->keys, s->keys_cap, sizeof(*s->keys));
	}
	s->keys[s->nkeys++] = text;
	s->keyed = true;
}

void
select_key_file(struct selection *s, const char *path)
{
	struct sst_buf text = { 0 };
	struct sst_err e;
	char *line, *end, *nl, *copy;

	s->keyed = true;
	if (tool_read_text(path, KEYS_FILE_MAX, &text, &e) == -1)
		exit(complain(&e));
	copy = sst_arena_str(&s->texts, (const char *)sst_buf_slice(&text).p, text.n);
	if (copy == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	end = copy + text.n;
	sst_buf_free(&text);
	for (line = copy; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == NULL)
			nl = end;
		*nl = '\0';
		if (line != nl)
			select_key(s, line);
	}
}

void
select_tokens(struct selection *s, const char *text)
{
	s->tokens = true;
	tool_token_range("--token-range", text, &s->left, &s->right);
}

/* Where the ".." of FROM..TO is, outside of what stands between quotes or brackets. */
static const char *
find_dots(const char *option, const char *text)
{
	bool quoted = false;
	const char *p;
	int depth = 0;

	for (p = text; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted)
			p += p[0] == '\\' && p[1] != '\0';
		else if (*p == '[')
			depth++;
		else if (*p == ']')
			depth--;
		else if (depth == 0 && p[0] == '.' && p[1] == '.')
			return p;
	}
	exit(tool_problem(TROUBLE, "%s %s: want FROM..TO", option, text));
}

/* The text before and after the dots. */
static void
split(struct selection *s, const char *option, const char *text, const char **from, const char **to)
{
	const char *dots = find_dots(option, text);

	*from = sst_arena_str(&s->texts, text, (size_t)(dots - text));
	if (*from == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	*to = dots + 2;
}

void
select_clusterings(struct selection *s, const char *text)
{
	split(s, "--clustering", text, &s->from, &s->to);
}

void
select_written(struct selection *s, const char *text)
{
	const char *from, *to;

	split(s, "--written", text, &from, &to);
	s->written = true;
	s->from_us = *from != '\0' ? tool_time("--written", from) : INT64_MIN;
	s->to_us = *to != '\0' ? tool_time("--written", to) : INT64_MAX;
	if (s->from_us > s->to_us)
		exit(tool_problem(TROUBLE, "--written %s: want FROM before TO", text));
}

void
select_since(struct selection *s, const char *text, bool until)
{
	const char *option = until ? "--until" : "--since";
	int64_t us = tool_time(option, text), id;
	struct sst_err e;

	if (!s->ids) {
		s->since_id = INT64_MIN;
		s->until_id = INT64_MAX;
	}
	s->ids = true;
	/* Before the epoch is the first id there is, and past the end the last. */
	(void)sst_snowflake_at(&id, us, SST_SNOWFLAKE_EPOCH_MS, &e);
	*(until ? &s->until_id : &s->since_id) = id;
	if (s->since_id >= s->until_id)
		exit(tool_problem(TROUBLE, "--since and --until: nothing is between them"));
}

bool
select_some(const struct selection *s)
{
	return s->keyed || s->tokens || s->from != NULL || s->ids || s->written || s->tombstones;
}

/* ---- values of a table ---- */

/* Values of columns out of JSON: an array in their order, an object by name, or the one value. */
static int
from_json(const char *text, const struct sst_column *cols, size_t n, struct sst_buf *bytes,
    size_t *ends, size_t *count, struct sst_err *e)
{
	const struct sst_json_node *root, *v;
	struct sst_json *j;
	size_t i;
	int r = sst_json_new(&j, e);

	*count = 0;
	if (r == 0)
		r = sst_json_parse(j, sst_slice_str(text), &root, e);
	for (i = 0, v = NULL; r == 0 && i < n; i++) {
		if (root->type == SST_JSON_OBJECT)
			v = sst_json_get(root, cols[i].name);
		else if (root->type != SST_JSON_ARRAY)
			v = i == 0 ? root : NULL;
		else {
			v = i == 0 ? sst_json_first(root) : sst_json_next(v);
			if (v >= sst_json_end(root))
				v = NULL;
		}
		if (v == NULL)
			break;
		r = sst_type_from_json_node(cols[i].type, v, bytes, e);
		ends[(*count)++] = bytes->n;
	}
	if (r == 0 && (root->type == SST_JSON_ARRAY || root->type == SST_JSON_OBJECT) &&
	    root->count > *count)
		r = sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "%u values for %zu columns", root->count, n);
	sst_json_free(j);
	return r;
}

/* Values that lie one after the other in bytes, as slices. */
static void
cut(const struct sst_buf *bytes, const size_t *ends, size_t n, struct sst_slice *v)
{
	struct sst_slice all = sst_buf_slice(bytes);
	size_t i, at = 0;

	for (i = 0; i < n; at = ends[i++])
		v[i] = (struct sst_slice){ all.p + at, ends[i] - at };
}

/* A partition key from JSON. */
static int
json_key(const struct sst_table *t, const char *text, struct sst_buf *key, struct sst_err *e)
{
	size_t *ends = grown(NULL, t->nkey + 1, sizeof(*ends)), n;
	struct sst_slice *v = grown(NULL, t->nkey + 1, sizeof(*v));
	struct sst_buf bytes = { 0 };
	int r = from_json(text, t->key, t->nkey, &bytes, ends, &n, e);

	if (r == 0 && n < t->nkey)
		r = sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "%zu of the %zu columns of the partition key", n, t->nkey);
	if (r == 0) {
		cut(&bytes, ends, n, v);
		r = sst_key_join(t, v, key, e);
	}
	sst_buf_free(&bytes);
	free(ends);
	free(v);
	return r;
}

static bool
looks_like_json(const char *text)
{
	return *text == '[' || *text == '{' || *text == '"';
}

/* A key of several columns holds one value for each. */
static int
check_key(const struct sst_table *t, struct sst_slice key, struct sst_err *e)
{
	struct sst_slice *v = grown(NULL, t->nkey + 1, sizeof(*v));
	int r = sst_key_split(t, key, v, e);

	free(v);
	return r;
}

static int
key_bytes(const struct selection *s, const struct sst_table *t, const char *text,
    struct sst_buf *key, struct sst_err *e)
{
	int r;

	if (!s->plain && looks_like_json(text))
		r = json_key(t, text, key, e);
	else if (!s->plain && strncmp(text, "0x", 2) == 0)
		r = sst_hex_get(sst_slice_str(text + 2), key)
		    ? 0
		    : sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not hexadecimal");
	else
		return sst_key_from_string(t, sst_slice_str(text), key, e);
	if (r == 0 && key->bad)
		return sst_fail_nomem(e);
	return r == 0 ? check_key(t, sst_buf_slice(key), e) : -1;
}

static int
by_key(const void *a, const void *b)
{
	const struct wanted_key *x = a, *y = b;

	return sst_key_compare(x->token, x->key, y->token, y->key);
}

/* Says which option the problem is with. */
static int
blame(const char *option, const char *text, struct sst_err *e)
{
	struct sst_err was = *e;

	if (was.code == SST_ENOMEM)
		return -1;
	return sst_fail(
	    e, SST_EINVAL, NULL, SST_NOWHERE, "%s %.60s: %.80s", option, text, was.what);
}

static int
keys_for(struct selection *s, const struct sst_table *t, struct sst_err *e)
{
	struct sst_buf key = { 0 };
	struct wanted_key *w;
	size_t i;
	int r = 0;

	s->nwanted = 0;
	s->wanted = sst_arena_array(&s->arena, s->nkeys + 1, sizeof(*s->wanted));
	if (s->wanted == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < s->nkeys && r == 0; i++) {
		sst_buf_reset(&key);
		r = key_bytes(s, t, s->keys[i], &key, e);
		if (r == -1) {
			blame("-k", s->keys[i], e);
			break;
		}
		w = &s->wanted[s->nwanted];
		w->key = sst_arena_slice(&s->arena, sst_buf_slice(&key));
		w->token = sst_token(w->key);
		s->nwanted++;
		if (w->key.p == NULL)
			r = sst_fail_nomem(e);
	}
	sst_buf_free(&key);
	if (r == -1 || s->nwanted < 2)
		return r;
	qsort(s->wanted, s->nwanted, sizeof(*s->wanted), by_key);
	for (i = 1, w = s->wanted; i < s->nwanted; i++)
		if (by_key(w, &s->wanted[i]) != 0)
			*++w = s->wanted[i];
	s->nwanted = (size_t)(w - s->wanted) + 1;
	return 0;
}

/* The clustering prefix that the text says, before or after which a slice ends. */
static int
bound_for(struct selection *s, const struct sst_table *t, const char *text, int side,
    struct sst_bound *b, struct sst_err *e)
{
	struct sst_slice *v = sst_arena_array(&s->arena, t->nck + 1, sizeof(*v));
	size_t *ends = sst_arena_array(&s->arena, t->nck + 1, sizeof(*ends));
	struct sst_buf bytes = { 0 };
	struct sst_slice kept;
	int r = 0;

	*b = (struct sst_bound){ v, 0, side };
	if (v == NULL || ends == NULL)
		return sst_fail_nomem(e);
	if (*text == '\0')
		return 0;
	if (looks_like_json(text))
		r = from_json(text, t->ck, t->nck, &bytes, ends, &b->n, e);
	else {
		r = sst_type_from_string(t->ck[0].type, sst_slice_str(text), &bytes, e);
		ends[0] = bytes.n;
		b->n = 1;
	}
	kept = sst_arena_slice(&s->arena, sst_buf_slice(&bytes));
	if (r == 0 && (bytes.bad || kept.p == NULL))
		r = sst_fail_nomem(e);
	if (r == 0) {
		struct sst_buf copy = { .p = (uint8_t *)(uintptr_t)kept.p, .n = kept.n };

		cut(&copy, ends, b->n, v);
	}
	sst_buf_free(&bytes);
	return r == -1 ? blame("--clustering", text, e) : 0;
}

/* FROM and TO in the order of people's numbers or of the table, whichever way that runs. */
static void
turn(const struct sst_table *t, struct sst_range *slice)
{
	struct sst_bound from = slice->from;
	bool turned;

	if (slice->from.n > 0 && slice->to.n > 0)
		turned = sst_bound_compare(t, &slice->from, &slice->to) > 0;
	else
		turned = t->ck[0].type->reversed;
	if (!turned)
		return;
	slice->from = slice->to;
	slice->from.side = -1;
	slice->to = from;
	slice->to.side = 1;
}

static int
slice_for(struct selection *s, const struct sst_table *t, struct sst_err *e)
{
	char from[24], to[24];
	const char *a = s->from, *b = s->to;

	s->sliced = s->from != NULL || s->ids;
	if (!s->sliced)
		return 0;
	if (t->nck == 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "--clustering, --since and --until: the table has no clustering columns");
	if (s->ids) {
		if (t->ck[0].type->kind != SST_BIGINT)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "--since and --until: the first clustering column holds no ids");
		from[0] = to[0] = '\0';
		if (s->since_id != INT64_MIN)
			snprintf(from, sizeof(from), "%lld", (long long)s->since_id);
		if (s->until_id != INT64_MAX)
			snprintf(to, sizeof(to), "%lld", (long long)s->until_id - 1);
		a = from;
		b = to;
	}
	if (bound_for(s, t, a, -1, &s->slice.from, e) == -1 ||
	    bound_for(s, t, b, 1, &s->slice.to, e) == -1)
		return -1;
	turn(t, &s->slice);
	return 0;
}

int
select_for(struct selection *s, const struct sst_table *t, struct sst_err *e)
{
	sst_arena_reset(&s->arena);
	return keys_for(s, t, e) == -1 ? -1 : slice_for(s, t, e);
}

bool
select_has(const struct selection *s, const struct sst_partition *p)
{
	struct wanted_key key = { p->key, sst_token(p->key) };

	if (s->tokens && (key.token <= s->left || key.token > s->right))
		return false;
	return !s->keyed ||
	    (s->nwanted > 0 && bsearch(&key, s->wanted, s->nwanted, sizeof(key), by_key) != NULL);
}

bool
select_has_row(const struct selection *s, const struct sst_table *t, const struct sst_row *row)
{
	struct sst_bound at = { row->ck, t->nck, 0 };

	return !s->sliced ||
	    (sst_bound_compare(t, &s->slice.from, &at) <= 0 &&
		sst_bound_compare(t, &at, &s->slice.to) <= 0);
}

int
select_complain(struct selection *s, const struct sst_err *e)
{
	if (e->code == SST_EINVAL && strcmp(s->said, e->what) == 0)
		return TROUBLE;
	memcpy(s->said, e->what, sizeof(s->said));
	return complain(e);
}

void
select_free(struct selection *s)
{
	sst_arena_free(&s->arena);
	sst_arena_free(&s->texts);
	free(s->keys);
}
