/* tests/faults/chat.c: messages in and out of a directory, without any fault. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "msg/msgread.h"
#include "msg/msgwrite.h"
#include "msg/snowflake.h"
#include "store/ids.h"
#include "store/store.h"

static void
must(int r, const struct sst_err *e)
{
	char text[512];

	if (r == 0)
		return;
	fprintf(stderr, "%s\n", sst_err_text(e, text, sizeof(text)));
	abort();
}

/* Takes the line that begins at *at out of a text; false at its end. */
static bool
next_line(struct sst_slice text, size_t *at, struct sst_slice *line)
{
	const uint8_t *end;

	if (*at >= text.n)
		return false;
	*line = (struct sst_slice){ text.p + *at, text.n - *at };
	if ((end = memchr(line->p, '\n', line->n)) != NULL)
		line->n = (size_t)(end - line->p);
	*at += line->n + 1;
	return true;
}

/* Left: in the log, by a process that dies. */
static void
store_messages(const struct sst_io *io, struct sst_slice text, bool left)
{
	struct sst_store_opts o = { .schema = sst_slice_str(sst_messages_cql),
		.sync = SST_SYNC_BATCH };
	struct sst_message_update u = { 0 };
	struct sst_msgread_opts ro = { 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_messages messages;
	struct sst_msgread *reader;
	struct sst_logpos acked;
	struct sst_store *s;
	struct sst_slice line;
	struct sst_message m;
	struct sst_err e;
	size_t at = 0;

	must(sst_store_open(&s, io, FAULTS_DIR, &o, &e), &e);
	must(sst_messages_bind(&messages, sst_store_db(s), &e), &e);
	must(sst_msgread_new(&reader, &ro, &leftout, &e), &e);
	while (next_line(text, &at, &line)) {
		must(sst_msgread_line(reader, line, &m, &e), &e);
		must(sst_message_make(&u, &messages, &m, SST_MESSAGE_STORE, 0, &e), &e);
		must(messages.db->ops->apply(messages.db, &u.update, NULL, &e), &e);
	}
	sst_msgread_free(reader);
	if (!left) {
		must(sst_store_close(s, &e), &e);
		return;
	}
	must(sst_store_settle(s, &acked, &e), &e);
	sst_store_drop(s);
}

/* simdjson's first look at the CPU dies without memory: it is had before the program runs. */
static void
look_at_cpu(void)
{
	struct sst_msgread_opts o = { 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_msgread *reader;
	struct sst_err e;

	must(sst_msgread_new(&reader, &o, &leftout, &e), &e);
	sst_msgread_free(reader);
}

extern const struct sst_io __real_sst_io_posix; /* the program's is that of faults */

/* A file as it lies on a disk since long, with the folders above it. */
static void
lay_down(const struct sst_io *io, const struct faults_file *f)
{
	struct sst_buf b = { 0 };
	char dir[256];
	struct sst_err e;
	char *end;
	int fd;

	if (f->text != NULL)
		sst_buf_adds(&b, f->text);
	else
		must(sst_io_read_file(&__real_sst_io_posix, f->from, 1 << 20, &b, &e), &e);
	snprintf(dir, sizeof(dir), "%s", f->path);
	for (end = dir; (end = strchr(end + 1, '/')) != NULL; *end = '/') {
		*end = '\0';
		must(sst_io_mkdir(io, dir, &e), &e);
	}
	*strrchr(dir, '/') = '\0';
	fd = sst_io_open(io, f->path, O_WRONLY | O_CREAT, &e);
	must(fd == -1 ? -1 : sst_io_write(io, fd, f->path, b.p, b.n, &e), &e);
	must(sst_io_fsync(io, fd, f->path, &e), &e);
	must(sst_io_close(io, fd, f->path, &e), &e);
	for (;; *strrchr(dir, '/') = '\0') {
		must(sst_io_sync_dir(io, dir[0] != '\0' ? dir : "/", &e), &e);
		if (dir[0] == '\0')
			break;
	}
	sst_buf_free(&b);
}

struct memfs *
faults_directory(const struct faults_case *c)
{
	struct memfs *fs = memfs_new();
	size_t i;

	look_at_cpu();
	for (i = 0; c->before != NULL && c->before[i] != NULL; i++)
		store_messages(memfs_io(fs), sst_slice_str(c->before[i]), false);
	if (c->left != NULL)
		store_messages(memfs_io(fs), sst_slice_str(c->left), true);
	for (i = 0; c->files != NULL && c->files[i].path != NULL; i++)
		lay_down(memfs_io(fs), &c->files[i]);
	memfs_power_cut(fs, MEMFS_NONE, 0);
	return fs;
}

void
faults_input(struct sst_buf *b, const struct faults_case *c)
{
	unsigned i, k;

	sst_buf_adds(b, c->input != NULL ? c->input : "");
	for (i = 0; i < c->generated; i++) {
		sst_buf_addf(b,
		    "{\"channel_id\":\"%u\",\"message_id\":\"%llu\",\"author_id\":\"7\","
		    "\"content\":\"%u ",
		    1 + i % 3, 1100000000000000000ull + i * 40000000000000ull, i);
		for (k = 0; k < 1000; k++) /* hardly compresses */
			sst_buf_addc(b, (char)('a' + (i * 7919u + k * k * 31u + k * i) % 26));
		sst_buf_adds(b, "\"}\n");
	}
	assert(!b->bad);
}

static int
dump_rows(const struct sst_messages *messages, struct sst_buf *out, struct sst_err *e)
{
	struct sst_read read = {
		.table = messages->table, .left = INT64_MIN, .right = INT64_MIN, .now_s = 1
	};
	const struct sst_item *item;
	struct sst_stream *rows;
	int64_t channel = 0;
	int32_t bucket;
	int r;

	if (messages->db->ops->read(messages->db, &read, &rows, NULL, e) == -1)
		return -1;
	while ((r = sst_stream_next(rows, &item, e)) == SST_ONE) {
		if (item->kind == SST_PARTITION)
			sst_messages_key_split(item->part.key, &channel, &bucket);
		else if (item->kind == SST_ROW &&
		    (r = sst_msgwrite_json(out, messages, channel, &item->row, e)) == -1)
			break;
	}
	sst_stream_close(rows);
	return r;
}

#define ID_FIELD "\"message_id\":\""

static struct sst_slice
find(struct sst_slice in, const char *what)
{
	size_t i, n = strlen(what);

	for (i = 0; i + n <= in.n; i++)
		if (memcmp(in.p + i, what, n) == 0)
			return (struct sst_slice){ in.p + i + n, in.n - i - n };
	return (struct sst_slice){ NULL, 0 };
}

/* The id in a line of a dump. */
static struct sst_slice
id_of(struct sst_slice line)
{
	struct sst_slice s = find(line, ID_FIELD);

	for (line = s, s.n = 0; s.n < line.n && line.p[s.n] != '"'; s.n++)
		;
	return s;
}

static int
by_id(const void *a, const void *b)
{
	const struct faults_message *x = a, *y = b;

	return sst_slice_cmp(x->id, y->id);
}

void
faults_dump_index(struct faults_dump *d)
{
	struct sst_slice line;
	size_t at = 0, cap = 0;

	for (d->n = 0; next_line(sst_buf_slice(&d->text), &at, &line); d->n++) {
		if (d->n == cap) {
			cap = 2 * cap + 16;
			d->v = realloc(d->v, cap * sizeof(*d->v));
			assert(d->v != NULL);
		}
		d->v[d->n] = (struct faults_message){ id_of(line), line };
	}
	if (d->n > 0)
		qsort(d->v, d->n, sizeof(*d->v), by_id);
}

void
faults_dump_free(struct faults_dump *d)
{
	sst_buf_free(&d->text);
	free(d->v);
	*d = (struct faults_dump){ 0 };
}

int
faults_dump(struct memfs *fs, bool writer, struct faults_dump *out, struct sst_err *e)
{
	struct sst_store_opts o = { .read_only = !writer, .no_wait = true };
	struct sst_messages messages;
	struct sst_store *s;
	int r = 0;

	faults_dump_free(out);
	if (writer)
		o.schema = sst_slice_str(sst_messages_cql);
	if (sst_store_open(&s, memfs_io(fs), FAULTS_DIR, &o, e) == -1)
		return -1;
	if (sst_store_ntables(s) > 0) { /* else the writer stopped before it made one */
		r = sst_messages_bind(&messages, sst_store_db(s), e);
		if (r == 0)
			r = dump_rows(&messages, &out->text, e);
	}
	sst_store_drop(s);
	faults_dump_index(out);
	return r;
}

/* ---- judging ---- */

/* The lines about an id; *n of them. */
static const struct faults_message *
lines_of(const struct faults_dump *d, struct sst_slice id, size_t *n)
{
	struct faults_message key = { id, { NULL, 0 } }, *m = NULL;

	*n = 0;
	if (d->n > 0)
		m = bsearch(&key, d->v, d->n, sizeof(*d->v), by_id);
	if (m == NULL)
		return NULL;
	while (m > d->v && sst_slice_eq(m[-1].id, id))
		m--;
	while (m + *n < d->v + d->n && sst_slice_eq(m[*n].id, id))
		++*n;
	return m;
}

/* Two dumps have the same about this message, or both nothing. */
static bool
same(const struct faults_dump *a, const struct faults_dump *b, struct sst_slice id)
{
	size_t na, nb;
	const struct faults_message *x = lines_of(a, id, &na), *y = lines_of(b, id, &nb);

	return na == nb && (na == 0 || sst_slice_eq(x->line, y->line));
}

/* Each message of `from` is now as it was in `before` or in `after`. */
static const char *
judge_from(const struct faults_dump *from, const struct faults_reference *ref,
    const struct faults_dump *now)
{
	size_t i, times;

	for (i = 0; i < from->n; i++) {
		lines_of(now, from->v[i].id, &times);
		if (times > 1)
			return "a message is there twice";
		if (!same(now, &ref->before, from->v[i].id) &&
		    !same(now, &ref->after, from->v[i].id))
			return times == 0 ? "a message is missing"
					  : "a message is neither as before nor as after";
	}
	return NULL;
}

static const char *
judge_acked(const struct faults_case *c, const struct faults_reference *ref,
    const struct faults_dump *now, const struct sst_buf *acked)
{
	struct sst_slice id;
	size_t at = 0, times;

	while (next_line(sst_buf_slice(acked), &at, &id)) {
		if (at > acked->n) /* no line feed: cut short */
			break;
		lines_of(now, id, &times);
		if (c->makes ? times != 1 : !same(now, &ref->after, id))
			return "an acknowledged change is missing";
	}
	return NULL;
}

/* A line without what differs from run to run. */
static struct sst_slice
content_of(struct sst_slice line)
{
	struct sst_slice s = find(line, "\"content\":\""), end = find(s, "\"");

	s.n -= end.n;
	return s;
}

/* Where ids are made, contents tell messages apart: all of one dump must be in the other. */
static const char *
judge_contents(const struct faults_dump *all, const struct faults_dump *some)
{
	struct sst_slice want;
	size_t i, k, times;

	for (i = 0; i < some->n; i++) {
		want = content_of(some->v[i].line);
		for (k = times = 0; k < all->n; k++)
			times += sst_slice_eq(want, content_of(all->v[k].line));
		if (times != 1)
			return times == 0 ? "a message is missing, or not what was given"
					  : "a message is there twice";
	}
	return NULL;
}

const char *
faults_judge(const struct faults_case *c, const struct faults_reference *ref,
    const struct faults_dump *now, const struct sst_buf *acked, bool all)
{
	struct sst_slice text = sst_buf_slice(&now->text);
	const char *bad = NULL;

	if (acked != NULL && (bad = judge_acked(c, ref, now, acked)) != NULL)
		return bad;
	if (c->makes) {
		if ((bad = judge_contents(&ref->after, now)) == NULL)
			bad = judge_contents(now, all ? &ref->after : &ref->before);
		return bad;
	}
	if (sst_slice_eq(text, sst_buf_slice(&ref->after.text)))
		return NULL;
	if (all)
		return "not all is stored";
	if (sst_slice_eq(text, sst_buf_slice(&ref->before.text)))
		return NULL;
	if ((bad = judge_from(now, ref, now)) == NULL &&
	    (bad = judge_from(&ref->before, ref, now)) == NULL)
		bad = judge_from(&ref->after, ref, now);
	return bad;
}

static int64_t
long_ago(void *arg)
{
	(void)arg;
	return 0;
}

static void
no_sleep(void *arg, unsigned ms)
{
	(void)arg;
	(void)ms;
}

const char *
faults_judge_ids(struct memfs *fs, const struct faults_dump *now)
{
	struct sst_ids_clock clock = { NULL, long_ago, no_sleep };
	int64_t ms = 0, next = 0, id;
	struct sst_ids *ids;
	const char *bad = NULL;
	struct sst_err e;
	uint32_t sequence;
	size_t i;

	if (sst_ids_open(&ids, memfs_io(fs), FAULTS_DIR, &clock, &e) == -1)
		return now->n > 0 ? "the file of ids cannot be read" : NULL;
	if (sst_ids_next(ids, &ms, &sequence, &e) == -1 ||
	    sst_snowflake_make(&next, ms > 0 ? ms : 0, 0, sequence, &e) == -1)
		next = 0;
	for (i = 0; i < now->n && bad == NULL; i++) {
		id = strtoll((const char *)now->v[i].id.p, NULL, 10);
		/* those that were given are old */
		if (id > INT64_C(1200000000000000000) && id >= next)
			bad = "an id may be made again";
	}
	sst_ids_close(ids, &e);
	return bad;
}

const char *
faults_judge_output(const struct faults_reference *ref, const struct faults_life *l, bool cut)
{
	struct sst_slice line, want;
	size_t at = 0, k = 0;
	bool found;

	if (l->rc == ref->rc && !sst_slice_eq(sst_buf_slice(&l->out), sst_buf_slice(&ref->out)))
		return "the exit status is as without the fault, the output is not";
	while (next_line(sst_buf_slice(&l->out), &at, &line)) {
		if (cut && at > l->out.n) /* the write that failed */
			break;
		for (found = false; !found && next_line(sst_buf_slice(&ref->out), &k, &want);)
			found = sst_slice_eq(line, want);
		if (!found)
			return "a line that is not in the output without the fault";
	}
	return NULL;
}
