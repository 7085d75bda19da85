/*
 * tests/prog/damage.c: damages SSTables in memory, one change at a time, and sees what the check says.
 *
 *	damage [-q] [-s STEP] DATA-FILE...
 *
 * For every component: each bit turned round, the file cut at each length, each byte set to its
 * extremes, each field that can be told apart (sstable/parts.h) set to its extremes.  With -s only
 * every STEP-th change is made.  A change is
 *
 *	found		the check has a finding, or refuses the SSTable
 *	by table	it has none, but for who has the table's schema
 *	harmless	it has none, and all rows, read in each way, are the same as before
 *	missed		it has none, and the rows differ: the place is printed, exit 1
 *
 * Prints "N passed, N failed, N skipped"; without -q also what became of each component.  A crash is
 * a crash of this program; a change that takes 2 s, or 64 MiB in all, fails it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "codec/crc.h"
#include "sstable/check.h"
#include "sstable/parts.h"
#include "sstable/reader.h"
#include "text/ndjson.h"

#ifdef __SANITIZE_ADDRESS__ /* keeps what is freed */
#define PEAK_KB LONG_MAX
#else
#define PEAK_KB (64 * 1024)
#endif
#define SLOW_S 2.0
#define MISSES_TOLD 20

enum fate {
	FOUND,
	HARMLESS,
	TABLE, /* found only by who knows the table */
	MISSED,
	NFATES
};

struct component {
	struct sst_buf bytes; /* as they are */
	bool there;
	uint64_t fates[NFATES];
};

struct set { /* an SSTable */
	char base[4096];
	struct component at[SST_NCOMPONENTS];
	/* What the file system shows: one component is another one. */
	enum sst_component changed;
	struct sst_slice instead;
	uint64_t rows;                 /* what they were */
	struct sst_sstable *sst;       /* as it was */
	const struct sst_table *table; /* its */
};

static uint64_t missed, changes, step = 1, count, slow;
static double slowest;
static bool quiet;

/* ---- a file system ---- */

static struct sst_slice
content(struct set *s, int i)
{
	return i == (int)s->changed ? s->instead : sst_buf_slice(&s->at[i].bytes);
}

static int
find(struct set *s, const char *path)
{
	size_t n = strlen(s->base);
	enum sst_component c;

	if (strncmp(path, s->base, n) != 0)
		return -ENOENT;
	c = sst_component_find(path + n, strlen(path + n));
	return c == SST_NCOMPONENTS || !s->at[c].there ? -ENOENT : (int)c;
}

static int
io_open(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)flags;
	(void)mode;
	return find(ctx, path);
}

static int
io_close(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

static ssize_t
io_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	struct sst_slice b = content(ctx, fd);

	if (off >= b.n)
		return 0;
	if (n > b.n - off)
		n = b.n - (size_t)off;
	memcpy(buf, b.p + off, n);
	return (ssize_t)n;
}

static int
io_fstat(void *ctx, int fd, struct sst_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->size = content(ctx, fd).n;
	return 0;
}

static int
io_stat(void *ctx, const char *path, struct sst_stat *st)
{
	int i = find(ctx, path);

	return i < 0 ? i : io_fstat(ctx, i, st);
}

static struct sst_io
io_of(struct set *s)
{
	return (struct sst_io){ .ctx = s,
		.open = io_open,
		.close = io_close,
		.pread = io_pread,
		.fstat = io_fstat,
		.stat = io_stat };
}

/* ---- rows, read in each way ---- */

struct keys {
	struct sst_buf bytes;
	size_t n;
};

/* A checksum of all that the stream gives, as text; files and offsets do not count. */
static int
hash_stream(struct sst_stream *s, const struct sst_table *t, uint32_t *crc, struct keys *keys)
{
	const struct sst_item *item;
	struct sst_buf text = { 0 };
	struct sst_ndjson *n = NULL;
	struct sst_item copy;
	struct sst_err e;
	int r = sst_ndjson_new(&n, t, &e);

	while (r == 0 && (r = sst_stream_next(s, &item, &e)) == SST_ONE) {
		copy = *item;
		copy.file = NULL;
		copy.off = 0;
		sst_buf_reset(&text);
		r = sst_ndjson_item(n, &copy, &text, &e);
		*crc = sst_crc32(*crc, text.p, text.n);
		if (item->kind != SST_PARTITION)
			continue;
		*crc = sst_crc32(*crc, item->part.key.p, item->part.key.n);
		if (keys != NULL) {
			uint16_t len = (uint16_t)item->part.key.n;

			sst_buf_add(&keys->bytes, &len, 2);
			sst_buf_add_slice(&keys->bytes, item->part.key);
			keys->n++;
		}
	}
	sst_ndjson_free(n);
	sst_buf_free(&text);
	sst_stream_close(s);
	return r;
}

/* Each key by itself, forward and backward, through Filter, Summary and Index. */
static int
hash_keys(struct sst_sstable *t, const struct keys *keys, uint32_t *crc)
{
	const uint8_t *p = sst_buf_slice(&keys->bytes).p;
	struct sst_stream *s;
	struct sst_err e;
	size_t i;
	int r = 0;

	for (i = 0; i < 2 * keys->n && r == 0; i++) {
		uint16_t len;
		struct sst_read read = {
			.table = sst_sstable_table(t), .reversed = i & 1, .raw = true
		};

		memcpy(&len, p, 2);
		read.key = (struct sst_slice){ p + 2, len };
		r = sst_sstable_read(t, &read, &s, &e);
		if (r == -1 && e.code == SST_EUNSUPPORTED) /* a trie */
			r = 0;
		else if (r == 0)
			r = hash_stream(s, read.table, crc, NULL);
		if (i & 1)
			p += 2 + len;
	}
	return r;
}

/* 0: they cannot be read. */
static uint64_t
hash_rows(struct set *set, const struct sst_io *io, const struct keys *known, struct keys *keys)
{
	struct sst_sstable_opts opts = { 0 };
	struct sst_sstable *t = NULL;
	struct sst_stream *s;
	uint32_t a = 0, b = 0;
	struct sst_err e;
	int r;

	r = sst_sstable_open(&t, io, set->base, &opts, &e);
	if (r == 0)
		r = sst_sstable_scan(t, &s, &e);
	if (r == 0)
		r = hash_stream(s, sst_sstable_table(t), &a, keys);
	if (r == 0)
		r = hash_keys(t, known != NULL ? known : keys, &b);
	sst_sstable_close(t);
	return r == 0 ? (uint64_t)a << 32 | b | 1u << 31 : 0;
}

/* ---- changes ---- */

static void
ignore(void *arg, enum sst_component c, const struct sst_err *e)
{
	(void)arg;
	(void)c;
	(void)e;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct keys known;

static enum fate
judge(struct set *s)
{
	struct sst_io io = io_of(s);
	struct sst_checked checked;
	double start = now(), took;
	struct sst_check_opts opts = { .found = ignore };
	enum fate fate = FOUND;
	struct sst_err e;

	if (sst_check(&checked, &io, s->base, &opts, &e) == 0 && checked.findings == 0)
		fate = hash_rows(s, &io, &known, NULL) == s->rows ? HARMLESS : MISSED;
	opts.table = s->table;
	if (fate == MISSED &&
	    (sst_check(&checked, &io, s->base, &opts, &e) == -1 || checked.findings > 0))
		fate = TABLE;
	took = now() - start;
	slowest = took > slowest ? took : slowest;
	slow += took > SLOW_S;
	return fate;
}

static void
change(struct set *s, enum sst_component c, struct sst_slice instead, const char *how, uint64_t at)
{
	enum fate fate;

	if (count++ % step != 0)
		return;
	s->changed = c;
	s->instead = instead;
	fate = judge(s);
	s->changed = SST_NCOMPONENTS;
	s->at[c].fates[fate]++;
	changes++;
	if (fate == MISSED && missed++ < MISSES_TOLD)
		printf("missed: %s%s: %s at %ju\n", s->base, sst_component_name(c), how,
		    (uintmax_t)at);
}

static uint8_t *
copy_of(const struct component *c)
{
	uint8_t *p = malloc(c->bytes.n + 1);

	if (p == NULL)
		exit(2);
	memcpy(p, c->bytes.p, c->bytes.n);
	return p;
}

static void
flip_bits(struct set *s, enum sst_component c)
{
	size_t n = s->at[c].bytes.n, i;
	uint8_t *p = copy_of(&s->at[c]);

	for (i = 0; i < 8 * n; i++) {
		p[i / 8] ^= (uint8_t)(1u << i % 8);
		change(s, c, (struct sst_slice){ p, n }, "bit", i);
		p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	free(p);
}

static void
set_bytes(struct set *s, enum sst_component c)
{
	static const uint8_t extremes[] = { 0x00, 0x7f, 0x80, 0xff };
	size_t n = s->at[c].bytes.n, i, k;
	uint8_t *p = copy_of(&s->at[c]), was;

	for (i = 0; i < n; i++)
		for (k = 0; k < sizeof(extremes); k++) {
			was = p[i];
			p[i] = extremes[k];
			if (was != p[i])
				change(s, c, (struct sst_slice){ p, n }, "byte", i);
			p[i] = was;
		}
	free(p);
}

static void
cut(struct set *s, enum sst_component c)
{
	size_t n;

	/* Copies of their own size, so that asan sees a read past the end. */
	for (n = 0; n < s->at[c].bytes.n; n++) {
		uint8_t *p = malloc(n + 1);

		if (p == NULL)
			exit(2);
		memcpy(p, s->at[c].bytes.p, n);
		change(s, c, (struct sst_slice){ p, n }, "cut", n);
		free(p);
	}
}

struct fields {
	struct {
		uint64_t off;
		size_t n;
	} * at;
	size_t n;
};

static int
note_field(void *arg, const struct sst_part *part)
{
	struct fields *f = arg;

	if (part->raw.n == 0 || part->raw.n > 9 || part->raw.p == NULL)
		return 0;
	f->at = realloc(f->at, (f->n + 1) * sizeof(*f->at));
	if (f->at == NULL)
		exit(2);
	f->at[f->n].off = part->off;
	f->at[f->n++].n = part->raw.n;
	return 0;
}

/* Numbers of several bytes: nothing, everything, and the largest and smallest with a sign. */
static void
set_fields(struct set *s, enum sst_component c)
{
	static const uint8_t first[] = { 0x00, 0xff, 0x7f, 0x80 },
			     rest[] = { 0x00, 0xff, 0xff, 0x00 };
	struct sst_io io = io_of(s);
	struct fields f = { 0 };
	char path[sizeof(s->base) + 32];
	uint8_t *p = copy_of(&s->at[c]);
	struct sst_err e;
	size_t i, k;

	snprintf(path, sizeof(path), "%s%s", s->base, sst_component_name(c));
	(void)sst_parts_read(&io, path, note_field, &f, &e);
	for (i = 0; i < f.n; i++)
		for (k = 0; k < sizeof(first); k++) {
			uint8_t was[9];

			memcpy(was, p + f.at[i].off, f.at[i].n);
			memset(p + f.at[i].off, rest[k], f.at[i].n);
			p[f.at[i].off] = first[k];
			if (memcmp(was, p + f.at[i].off, f.at[i].n) != 0)
				change(s, c, (struct sst_slice){ p, s->at[c].bytes.n }, "field",
				    f.at[i].off);
			memcpy(p + f.at[i].off, was, f.at[i].n);
		}
	free(f.at);
	free(p);
}

static void
take_away(struct set *s, enum sst_component c)
{
	s->at[c].there = false;
	change(s, c, sst_buf_slice(&s->at[c].bytes), "file gone", 0);
	s->at[c].there = true;
}

/* ---- sets ---- */

static int
load(struct set *s, const char *path)
{
	struct sst_name name;
	char file[sizeof(s->base) + 32];
	struct sst_err e;
	unsigned i;

	memset(s, 0, sizeof(*s));
	s->changed = SST_NCOMPONENTS;
	if (!sst_name_parse(&name, path) || name.base_len >= sizeof(s->base))
		return -1;
	memcpy(s->base, path, name.base_len);
	for (i = 0; i < SST_NCOMPONENTS; i++) {
		snprintf(
		    file, sizeof(file), "%s%s", s->base, sst_component_name((enum sst_component)i));
		s->at[i].there = sst_io_read_file(&sst_io_posix, file, (size_t)16 << 20,
				     &s->at[i].bytes, &e) == 0;
	}
	return s->at[SST_DATA].there ? 0 : -1;
}

static void
report(const struct set *s)
{
	unsigned i;

	for (i = 0; !quiet && i < SST_NCOMPONENTS; i++)
		if (s->at[i].there)
			printf("%s%s: %ju found, %ju harmless, %ju by table, %ju missed\n", s->base,
			    sst_component_name((enum sst_component)i),
			    (uintmax_t)s->at[i].fates[FOUND], (uintmax_t)s->at[i].fates[HARMLESS],
			    (uintmax_t)s->at[i].fates[TABLE], (uintmax_t)s->at[i].fates[MISSED]);
	fflush(stdout);
}

static bool
damage(const char *path)
{
	static struct set s;
	struct sst_io io;
	struct sst_check_opts opts = { .found = ignore };
	struct sst_sstable_opts as_it_is = { 0 };
	struct sst_checked checked;
	struct sst_err e;
	unsigned i;
	bool ok;

	if (load(&s, path) == -1)
		return false;
	io = io_of(&s);
	sst_buf_reset(&known.bytes);
	known.n = 0;
	ok = sst_check(&checked, &io, s.base, &opts, &e) == 0 && checked.findings == 0 &&
	    sst_sstable_open(&s.sst, &io, s.base, &as_it_is, &e) == 0;
	s.table = ok ? sst_sstable_table(s.sst) : NULL;
	s.rows = ok ? hash_rows(&s, &io, NULL, &known) : 0;
	for (i = 0; ok && s.rows != 0 && i < SST_NCOMPONENTS; i++) {
		if (!s.at[i].there || (i == SST_DATA && checked.unchecked))
			continue; /* the check says itself that no checksum covers the data */
		flip_bits(&s, (enum sst_component)i);
		set_bytes(&s, (enum sst_component)i);
		cut(&s, (enum sst_component)i);
		set_fields(&s, (enum sst_component)i);
		take_away(&s, (enum sst_component)i);
	}
	report(&s);
	sst_sstable_close(s.sst);
	for (i = 0; i < SST_NCOMPONENTS; i++)
		sst_buf_free(&s.at[i].bytes);
	return ok && s.rows != 0;
}

int
main(int argc, char **argv)
{
	uint64_t skipped = 0, failed;
	struct rusage usage;
	int c;

	while ((c = getopt(argc, argv, "qs:")) != -1)
		switch (c) {
		case 'q':
			quiet = true;
			break;
		case 's':
			step = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	for (; optind < argc; optind++)
		if (!damage(argv[optind])) {
			printf("skipped: %s: not sound to begin with\n", argv[optind]);
			skipped++;
		}
	getrusage(RUSAGE_SELF, &usage);
	failed = missed + slow + (usage.ru_maxrss > PEAK_KB);
	printf("slowest %.3f s, peak %ld KiB\n", slowest, usage.ru_maxrss);
	printf("%ju passed, %ju failed, %ju skipped\n",
	    (uintmax_t)(changes > failed ? changes - failed : 0), (uintmax_t)failed,
	    (uintmax_t)skipped);
	sst_buf_free(&known.bytes);
	return failed > 0;
}
