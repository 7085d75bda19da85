/*
 * tests/prog/measure.c: reads a data directory of messages in process, for make bench, and prints one
 * line of key=value pairs: rows, microseconds, CPU seconds, and a sum over every column read, which
 * another store of the same messages must give too.
 *
 *	measure DIR files		each SSTable by itself, every row decoded
 *	measure DIR scan		all of them merged, what is live
 *	measure DIR page <CHANNELS	newest 50 of each channel, after a pass that is not measured
 *	measure DIR cold <CHANNELS	the same, files dropped from the page cache first, one pass
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codec/in.h"
#include "msg/history.h"
#include "sstable/reader.h"
#include "store/store.h"

#define PAGE_ROWS 50
#define CACHE_HOT ((size_t)512 << 20) /* as RocksDB's in the same run */
#define CACHE_COLD ((size_t)8 << 20)

struct measure {
	struct sst_store *store;
	struct sst_messages messages;
	uint64_t rows, sum;
};

struct channels {
	int64_t *id;
	double *us; /* of each one's page */
	size_t n;
};

static _Noreturn void
fail(const struct sst_err *e)
{
	char text[512];

	fprintf(stderr, "measure: %s\n", sst_err_text(e, text, sizeof(text)));
	exit(1);
}

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "measure: %s\n", what);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
peak_mb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

static int64_t
i64(struct sst_slice s)
{
	struct sst_in in = sst_in_new(s, 0);

	return (int64_t)sst_get_u64(&in);
}

/* The id that the text of an attachment begins with. */
static uint64_t
attachment(struct sst_slice list)
{
	struct sst_in in = sst_in_new(list, 0);
	struct sst_slice text;
	uint64_t id = 0;
	size_t i;

	if (sst_get_u32(&in) == 0)
		return 0;
	text = sst_get_bytes(&in, sst_get_u32(&in));
	for (i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		id = 10 * id + (uint64_t)(text.p[i] - '0');
	return id;
}

/* What a column adds to the sum: as peerbench of the bench kit has it. */
static uint64_t
cell_sum(size_t col, struct sst_slice v)
{
	struct sst_in in;

	switch (col) {
	case SST_MSG_AUTHOR_ID:
	case SST_MSG_EDITED:
		return (uint64_t)i64(v);
	case SST_MSG_CONTENT:
		return v.n + (v.n > 0 ? (uint64_t)v.p[0] << 8 | v.p[v.n - 1] : 0);
	case SST_MSG_ATTACHMENTS:
		return attachment(v);
	case SST_MSG_MENTIONS:
		in = sst_in_new(v, 0);
		return sst_get_u32(&in);
	default:
		return 0;
	}
}

static void
take_row(struct measure *m, int64_t channel, const struct sst_row *row)
{
	uint64_t sum = (uint64_t)sst_message_row_id(row) * 3 + (uint64_t)channel;
	size_t i;

	for (i = 0; i < row->ncells; i++)
		sum += cell_sum(m->messages.known[row->cells[i].col], row->cells[i].value);
	m->sum += sum;
	m->rows++;
}

static void
take_stream(struct measure *m, struct sst_stream *in)
{
	const struct sst_item *item;
	struct sst_err e;
	int64_t channel = 0;
	int32_t bucket;
	int r;

	while ((r = sst_stream_next(in, &item, &e)) == SST_ONE) {
		if (item->kind == SST_ROW)
			take_row(m, channel, &item->row);
		else if (item->kind == SST_PARTITION &&
		    !sst_messages_key_split(item->part.key, &channel, &bucket))
			die("a partition that is no channel's");
	}
	if (r == -1)
		fail(&e);
	sst_stream_close(in);
}

static void
scan(struct measure *m)
{
	struct sst_read all = { .table = m->messages.table,
		.left = INT64_MIN,
		.right = INT64_MIN,
		.now_s = time(NULL) };
	struct sst_stream *in;
	struct sst_err e;

	if (m->messages.db->ops->read(m->messages.db, &all, &in, NULL, &e) == -1)
		fail(&e);
	take_stream(m, in);
}

/* Calls fn for each file of the table's folder. */
static void
each_file(struct measure *m, void (*fn)(struct measure *, const char *path))
{
	const char *folder = sst_store_folder(m->store, m->messages.table);
	char path[4096];
	struct dirent *d;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		die("cannot list the table's folder");
	while ((d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		fn(m, path);
	}
	closedir(dir);
}

static void
scan_file(struct measure *m, const char *path)
{
	struct sst_sstable_opts o = { .table = m->messages.table };
	struct sst_sstable *t;
	struct sst_stream *in;
	struct sst_err e;

	if (strstr(path, "-Data.db") == NULL)
		return;
	if (sst_sstable_open(&t, &sst_io_posix, path, &o, &e) == -1 ||
	    sst_sstable_scan(t, &in, &e) == -1)
		fail(&e);
	take_stream(m, in);
	sst_sstable_close(t);
}

static void
drop_file(struct measure *m, const char *path)
{
	int fd = open(path, O_RDONLY);

	(void)m;
	if (fd == -1)
		return;
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static void
page(struct measure *m, int64_t channel)
{
	struct sst_page what = {
		.channel = channel, .kind = SST_PAGE_NEWEST, .limit = PAGE_ROWS, .now_s = time(NULL)
	};
	struct sst_history *h;
	const struct sst_row *row;
	struct sst_err e;
	int r;

	if (sst_history_open(&h, &m->messages, &what, &e) == -1)
		fail(&e);
	while ((r = sst_history_next(h, &row, &e)) == SST_ONE)
		take_row(m, channel, row);
	if (r == -1)
		fail(&e);
	sst_history_close(h);
}

static void
pages(struct measure *m, struct channels *c)
{
	double before = seconds(CLOCK_MONOTONIC), after;
	size_t i;

	for (i = 0; i < c->n; i++, before = after) {
		page(m, c->id[i]);
		after = seconds(CLOCK_MONOTONIC);
		c->us[i] = (after - before) * 1e6;
	}
}

static void
read_channels(struct channels *c)
{
	size_t cap = 0;
	int64_t id;

	while (scanf("%" SCNd64, &id) == 1) {
		if (c->n == cap) {
			cap = cap > 0 ? 2 * cap : 4096;
			c->id = realloc(c->id, cap * sizeof(*c->id));
			c->us = realloc(c->us, cap * sizeof(*c->us));
			if (c->id == NULL || c->us == NULL)
				die("out of memory");
		}
		c->id[c->n++] = id;
	}
	if (c->n == 0)
		die("no channels on standard input");
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
open_store(struct measure *m, const char *dir, size_t cache)
{
	struct sst_store_opts o = { .read_only = true, .cache = cache };
	struct sst_err e;

	if (sst_store_open(&m->store, &sst_io_posix, dir, &o, &e) == -1 ||
	    sst_messages_bind(&m->messages, sst_store_db(m->store), &e) == -1)
		fail(&e);
}

/* A cold store reads everything anew, its list of SSTables too. */
static void
reopen_cold(struct measure *m, const char *dir)
{
	each_file(m, drop_file);
	sst_store_drop(m->store);
	open_store(m, dir, CACHE_COLD);
}

int
main(int argc, char **argv)
{
	struct measure m = { 0 };
	struct channels c = { 0 };
	const char *phase = argc == 3 ? argv[2] : "";
	bool cold = strcmp(phase, "cold") == 0, paged = cold || strcmp(phase, "page") == 0;
	double cpu, wall;

	if (!paged && strcmp(phase, "files") != 0 && strcmp(phase, "scan") != 0)
		return fputs("usage: measure DIR files|scan|page|cold\n", stderr), 2;
	open_store(&m, argv[1], CACHE_HOT);
	if (paged)
		read_channels(&c);
	if (cold)
		reopen_cold(&m, argv[1]);
	else if (paged)
		pages(&m, &c);
	m.rows = m.sum = 0;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	if (paged)
		pages(&m, &c);
	else if (strcmp(phase, "scan") == 0)
		scan(&m);
	else
		each_file(&m, scan_file);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("phase=%s rows=%" PRIu64 " sum=%016" PRIx64, phase, m.rows, m.sum);
	if (paged) {
		qsort(c.us, c.n, sizeof(*c.us), ascending);
		printf(" pages=%zu p50_us=%.1f p99_us=%.1f cpu_us=%.1f", c.n, c.us[c.n / 2],
		    c.us[c.n - 1 - c.n / 100], cpu / (double)c.n * 1e6);
	}
	printf(" wall=%.3f cpu=%.3f rows_cpu_s=%.0f peak_mb=%.1f\n", wall, cpu,
	    (double)m.rows / cpu, peak_mb());
	sst_store_drop(m.store);
	free(c.id);
	free(c.us);
	return 0;
}
