/* cmd/compact/drop.c: partitions by key, by list, by the age of their bucket; rows without an author. */
#include "compact/drop.h"

#include <stdlib.h>

#include "codec/in.h"
#include "msg/ghost.h"
#include "msg/snowflake.h"
#include "tool/complain.h"
#include "tool/textfile.h"

#define LIST_MAX ((size_t)1 << 30)

bool
drop_is_messages(const struct sst_table *t)
{
	return sst_messages_has_key(t);
}

/* ---- windows ---- */

static bool
window_of_id(void *arg, struct sst_slice value, int64_t *window)
{
	struct sst_in in = sst_in_new(value, 0);
	int64_t id = (int64_t)sst_get_u64(&in);

	(void)arg;
	if (value.p == NULL || value.n != 8 || id < 0)
		return false;
	*window = sst_bucket_of(id, SST_BUCKET_WIDTH);
	return true;
}

static int64_t
window_of_key(void *arg, const struct sst_partition *p)
{
	int64_t channel;
	int32_t bucket;

	(void)arg;
	return sst_messages_key_split(p->key, &channel, &bucket) ? bucket : INT64_MIN;
}

struct sst_windows
drop_windows(void)
{
	return (struct sst_windows){ window_of_id, window_of_key, NULL };
}

/* ---- lists of keys ---- */

static int
by_bytes(const void *a, const void *b)
{
	return sst_slice_cmp(*(const struct sst_slice *)a, *(const struct sst_slice *)b);
}

static bool
has(const struct drop_list *l, struct sst_slice key)
{
	return l->n > 0 && bsearch(&key, l->keys, l->n, sizeof(key), by_bytes) != NULL;
}

static int
add_key(struct drop_list *l, const struct sst_table *t, const char *text, struct sst_err *e)
{
	size_t from = l->bytes.n;
	struct sst_slice *grown;

	if (sst_key_from_string(t, sst_slice_str(text), &l->bytes, e) == -1)
		return -1;
	if (l->n == l->cap) {
		l->cap = 2 * l->cap + 64;
		if ((grown = realloc(l->keys, l->cap * sizeof(*grown))) == NULL)
			return sst_fail_nomem(e);
		l->keys = grown;
	}
	if (l->bytes.bad)
		return sst_fail_nomem(e);
	l->keys[l->n++] = (struct sst_slice){ NULL, l->bytes.n - from }; /* p follows in finish */
	return 0;
}

/* Once, behind the last key: now the bytes do not move any more, and the keys are in their order. */
static void
finish_list(struct drop_list *l)
{
	const uint8_t *p = sst_buf_slice(&l->bytes).p;
	size_t i;

	for (i = 0; i < l->n; p += l->keys[i++].n)
		l->keys[i].p = p;
	if (l->n > 1)
		qsort(l->keys, l->n, sizeof(*l->keys), by_bytes);
}

/* A key a line; empty ones and those that begin with # are passed over. */
static int
read_list(
    struct drop_list *l, const struct sst_table *t, const char *file, const struct sst_buf *keys)
{
	struct sst_buf text = { 0 };
	char *line, *end, *last;
	struct sst_err e;
	int rc = SOUND;

	sst_buf_add_slice(&text, sst_buf_slice(keys));
	sst_buf_addc(&text, '\0');
	if (text.bad)
		rc = tool_problem(TROUBLE, "out of memory");
	line = (char *)text.p;
	last = line + text.n - 1;
	for (; rc == SOUND && line < last; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (add_key(l, t, line, &e) == -1)
			rc = tool_problem(TROUBLE, "%s: %s: %s", file, line, e.what);
	}
	sst_buf_free(&text);
	return rc;
}

/* ---- the whole ---- */

bool
drop_partitions(const struct drop *d)
{
	return d->bucket != NULL || d->listed != NULL || d->kept != NULL || d->aged;
}

int
drop_read(struct drop *d)
{
	struct sst_err e;

	if ((d->listed != NULL && tool_read_text(d->listed, LIST_MAX, &d->listed_text, &e) == -1) ||
	    (d->kept != NULL && tool_read_text(d->kept, LIST_MAX, &d->kept_text, &e) == -1))
		return complain(&e);
	return SOUND;
}

int
drop_bind(struct drop *d, const struct sst_table *t)
{
	struct sst_err e;
	int rc = SOUND;

	drop_free(d);
	if ((d->aged || d->ghosts) && !drop_is_messages(t))
		return tool_problem(TROUBLE,
		    "%.*s.%.*s: --older-than and --drop-ghosts are for tables of messages",
		    (int)t->keyspace.n, (const char *)t->keyspace.p, (int)t->name.n,
		    (const char *)t->name.p);
	d->author = sst_messages_author(t);
	if (d->listed != NULL)
		rc = read_list(&d->drop, t, d->listed, &d->listed_text);
	if (rc == SOUND && d->bucket != NULL) {
		if (add_key(&d->drop, t, d->bucket, &e) == -1)
			return tool_problem(TROUBLE, "--drop-bucket %s: %s", d->bucket, e.what);
	}
	d->keeping = d->kept != NULL;
	if (rc == SOUND && d->keeping)
		rc = read_list(&d->keep, t, d->kept, &d->kept_text);
	if (rc == SOUND && d->keeping && d->keep.n == 0) /* of a command that failed */
		return tool_problem(TROUBLE, "%s: has no key: no partition would be kept", d->kept);
	finish_list(&d->drop);
	finish_list(&d->keep);
	return rc;
}

static bool
is_aged(const struct drop *d, const struct sst_partition *p)
{
	int64_t channel, first, last;
	int32_t bucket;

	return sst_messages_key_split(p->key, &channel, &bucket) &&
	    sst_bucket_ids(bucket, SST_BUCKET_WIDTH, &first, &last) &&
	    sst_snowflake_us(last, SST_SNOWFLAKE_EPOCH_MS) < d->before_us;
}

static bool
drop_partition(void *arg, const struct sst_partition *p)
{
	const struct drop *d = arg;

	if (d->keeping && !has(&d->keep, p->key))
		return true;
	return has(&d->drop, p->key) || (d->aged && is_aged(d, p));
}

static bool
is_ghost(void *arg, const struct sst_row *r, int64_t now_s)
{
	const struct drop *d = arg;

	return sst_message_is_ghost(r, d->author, now_s);
}

struct sst_dropping
drop_functions(struct drop *d)
{
	struct sst_dropping f = { .arg = d };

	if (drop_partitions(d))
		f.partition = drop_partition;
	if (d->ghosts && d->author != SST_MSG_NO_COLUMN)
		f.row = is_ghost;
	return f;
}

static void
free_list(struct drop_list *l)
{
	sst_buf_free(&l->bytes);
	free(l->keys);
	*l = (struct drop_list){ 0 };
}

void
drop_free(struct drop *d)
{
	free_list(&d->drop);
	free_list(&d->keep);
}

void
drop_end(struct drop *d)
{
	drop_free(d);
	sst_buf_free(&d->listed_text);
	sst_buf_free(&d->kept_text);
}
