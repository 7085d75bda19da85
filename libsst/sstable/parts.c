/* libsst/sstable/parts.c: the components that are small or simple, and who walks the others. */
#include "sstable/parts.h"

#include <errno.h>
#include <fcntl.h>

#include "sstable/chunks.h"
#include "sstable/partsint.h"
#include "sstable/statistics.h"
#include "sstable/summary.h"

#define WHOLE_MAX ((size_t)1 << 30)
#define TEXT_MAX ((size_t)64 << 10)
#define PIECE ((size_t)64 << 10)

int
sst_parts_load(struct sst_parts *p, size_t max)
{
	struct sst_fields *f = &p->f;

	if (sst_io_read_file(p->io, p->path, max, &p->bytes, f->e) == -1)
		return -1;
	f->in = sst_in_new(sst_buf_slice(&p->bytes), 0);
	return 0;
}

int
sst_parts_open(struct sst_parts *p)
{
	struct sst_stat st;

	p->fd = sst_io_open(p->io, p->path, O_RDONLY, p->f.e);
	if (p->fd == -1 || sst_io_fstat(p->io, p->fd, p->path, &st, p->f.e) == -1)
		return -1;
	p->size = st.size;
	p->f.in = sst_in_new(SST_SLICE_LIT(""), 0);
	return 0;
}

int
sst_parts_more(struct sst_parts *p, size_t n)
{
	struct sst_fields *f = &p->f;
	uint64_t off = f->in.off, left = p->size - off;

	if (sst_in_left(&f->in) >= n || sst_in_left(&f->in) == left)
		return 0;
	n = n < PIECE ? PIECE : n;
	n = left < n ? (size_t)left : n;
	sst_buf_reset(&p->bytes);
	if (!sst_buf_room(&p->bytes, n))
		return sst_fail_nomem(f->e);
	if (sst_io_read(p->io, p->fd, p->path, p->bytes.p, n, off, f->e) == -1)
		return -1;
	p->bytes.n = n;
	f->in = sst_in_new(sst_buf_slice(&p->bytes), off);
	return 0;
}

/* The same for who tests the head only: what fails is the result. */
static bool
more(struct sst_parts *p, size_t n)
{
	if (sst_fields_ok(&p->f) && sst_parts_more(p, n) == -1)
		p->f.result = -1;
	return sst_fields_ok(&p->f) && sst_in_left(&p->f.in) > 0;
}

const char *
sst_parts_beside(struct sst_parts *p, enum sst_component c)
{
	struct sst_slice base = { (const uint8_t *)p->path, p->name->base_len };
	struct sst_buf path = { 0 };
	char *s = NULL;

	sst_name_path(&path, base, c);
	if (!path.bad)
		s = sst_arena_str(&p->arena, (const char *)path.p, path.n);
	sst_buf_free(&path);
	if (s == NULL)
		sst_fail_nomem(p->f.e);
	return s;
}

int
sst_parts_header(struct sst_parts *p, struct sst_header *h)
{
	const char *path = sst_parts_beside(p, SST_STATISTICS);
	struct sst_buf bytes = { 0 };
	struct sst_statistics *st = sst_arena_alloc(&p->arena, sizeof(*st));
	struct sst_slice kept;
	struct sst_err why = { 0 };
	int r = 0;

	memset(h, 0, sizeof(*h));
	if (path == NULL || st == NULL)
		return sst_fail_nomem(p->f.e);
	if (sst_io_read_file(p->io, path, SST_STATISTICS_MAX, &bytes, &why) == 0) {
		kept = sst_arena_slice(&p->arena, sst_buf_slice(&bytes));
		if (kept.p == NULL)
			sst_fail_nomem(&why);
		else if (sst_statistics_parse(st, &p->arena, p->version, kept, path, &why) == 0) {
			*h = st->header;
			r = 1;
		}
	}
	sst_buf_free(&bytes);
	if (why.code == SST_ENOMEM || (why.code == SST_ESYS && why.sys != ENOENT)) {
		*p->f.e = why; /* what is damaged or not there is done without */
		return -1;
	}
	return r;
}

/* ---- TOC.txt, Digest.crc32, CRC.db ---- */

/* A line with its end, but for what ends it. */
static void
line(struct sst_fields *f, const char *name)
{
	struct sst_part part = { .kind = SST_PART_TEXT, .name = name };
	const uint8_t *nl = memchr(f->in.p, '\n', sst_in_left(&f->in));
	struct sst_in from = f->in;
	size_t n = nl == NULL ? sst_in_left(&f->in) : (size_t)(nl - f->in.p);

	part.bytes = sst_get_bytes(&f->in, n);
	sst_get_bytes(&f->in, nl == NULL ? 0 : 1);
	if (part.bytes.n > 0 && part.bytes.p[part.bytes.n - 1] == '\r')
		part.bytes.n--;
	sst_field_made(f, &from, &part);
}

static int
toc(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;

	if (sst_parts_load(p, TEXT_MAX) == -1)
		return -1;
	sst_field_object(f, NULL);
	sst_field_array(f, "components");
	while (sst_fields_ok(f) && sst_in_left(&f->in) > 0)
		line(f, NULL);
	sst_field_close(f);
	sst_field_close(f);
	return sst_fields_end(f);
}

static int
digest(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;

	if (sst_parts_load(p, TEXT_MAX) == -1)
		return -1;
	sst_field_object(f, NULL);
	line(f, "crc32");
	sst_field_close(f);
	return sst_fields_end(f);
}

static int
crc(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;

	if (sst_parts_open(p) == -1 || sst_parts_more(p, 4) == -1)
		return -1;
	sst_field_object(f, NULL);
	sst_field_be(f, "chunk_bytes", SST_PART_UINT, 4);
	sst_field_array(f, "crc32s");
	while (more(p, 4))
		sst_field_be(f, NULL, SST_PART_HEX, 4);
	sst_field_close(f);
	sst_field_close(f);
	return sst_fields_end(f);
}

/* ---- CompressionInfo.db ---- */

/* UINT64_MAX: Data.db is not there. */
static uint64_t
data_bytes(struct sst_parts *p)
{
	const char *path = sst_parts_beside(p, SST_DATA);
	struct sst_stat st;
	struct sst_err ignored;

	if (path == NULL)
		p->f.result = -1;
	return path != NULL && sst_io_stat(p->io, path, &st, &ignored) == 0 ? st.size : UINT64_MAX;
}

/* A chunk's place, and its length, which the next one's place or the end of Data.db gives. */
static void
chunk(struct sst_fields *f, uint64_t end)
{
	uint64_t off, next = end;
	struct sst_in ahead;

	sst_field_object(f, NULL);
	off = sst_field_be(f, "offset", SST_PART_UINT, 8);
	ahead = f->in;
	if (sst_in_left(&ahead) >= 8)
		next = sst_get_u64(&ahead);
	if (next != UINT64_MAX && next >= SST_CHUNK_CRC && next - SST_CHUNK_CRC >= off)
		sst_field_uint(f, "stored_bytes", next - SST_CHUNK_CRC - off);
	sst_field_close(f);
}

/* What Cassandra 6 writes behind the offsets. */
static void
dictionary(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;
	uint64_t n;

	sst_field_object(f, "dictionary");
	sst_field_be(f, "kind", SST_PART_UINT, 1);
	sst_field_be(f, "id", SST_PART_INT, 8);
	n = sst_field_be(f, "dictionary_bytes", SST_PART_UINT, 4);
	if (n < WHOLE_MAX)
		(void)more(p, (size_t)n + 4);
	sst_field_bytes(f, "content", SST_PART_BULK, (size_t)n);
	sst_field_be(f, "crc32c", SST_PART_HEX, 4);
	sst_field_close(f);
}

static int
compression_info(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;
	uint64_t i, n, end = data_bytes(p);

	if (sst_parts_open(p) == -1 || sst_parts_more(p, TEXT_MAX + 8) == -1)
		return -1;
	sst_field_object(f, NULL);
	sst_field_counted(f, "class", SST_PART_TEXT, 2, NULL);
	n = sst_field_be(f, "option_count", SST_PART_UINT, 4);
	sst_field_array(f, "options");
	for (i = 0; i < n && more(p, 2 * (TEXT_MAX + 2)); i++) {
		sst_field_object(f, NULL);
		sst_field_counted(f, "name", SST_PART_TEXT, 2, NULL);
		sst_field_counted(f, "value", SST_PART_TEXT, 2, NULL);
		sst_field_close(f);
	}
	sst_field_close(f);
	(void)more(p, 32);
	sst_field_be(f, "chunk_bytes", SST_PART_UINT, 4);
	if (p->version->max_compressed_len)
		sst_field_be(f, "max_compressed_bytes", SST_PART_UINT, 4);
	sst_field_be(f, "data_bytes", SST_PART_UINT, 8);
	n = sst_field_be(f, "chunk_count", SST_PART_UINT, 4);
	sst_field_array(f, "chunks");
	for (i = 0; i < n && sst_fields_ok(f); i++) {
		(void)more(p, 16); /* where the next one is says how long this one is */
		chunk(f, end);
	}
	sst_field_close(f);
	if (more(p, 32) && p->version->dictionary)
		dictionary(p);
	sst_field_close(f);
	return sst_fields_end(f);
}

/* ---- Filter.db ---- */

/* Bits that are set from off on, up to the end; reads piece by piece, as filters can be large. */
static int
count_bits(struct sst_parts *p, int fd, uint64_t off, uint64_t end, uint64_t *set)
{
	uint64_t word;
	size_t n, i;

	*set = 0;
	for (; off < end; off += n) {
		n = end - off < PIECE ? (size_t)(end - off) : PIECE;
		sst_buf_reset(&p->bytes);
		if (!sst_buf_room(&p->bytes, n))
			return sst_fail_nomem(p->f.e);
		if (sst_io_read(p->io, fd, p->path, p->bytes.p, n, off, p->f.e) == -1)
			return -1;
		for (i = 0; i + 8 <= n; i += 8) {
			memcpy(&word, p->bytes.p + i, 8);
			*set += (uint64_t)__builtin_popcountll(word);
		}
	}
	return 0;
}

static int
filter_fields(struct sst_parts *p, int fd, uint64_t size)
{
	struct sst_fields *f = &p->f;
	struct sst_part bits = { .kind = SST_PART_BULK, .name = "bits" };
	uint8_t head[8];
	uint64_t set, words;

	if (sst_io_read(p->io, fd, p->path, head, size < 8 ? (size_t)size : 8, 0, f->e) == -1)
		return -1;
	f->in = sst_in_new((struct sst_slice){ head, size < 8 ? (size_t)size : 8 }, 0);
	sst_field_object(f, NULL);
	sst_field_be(f, "hash_count", SST_PART_UINT, 4);
	words = sst_field_be(f, "word_count", SST_PART_UINT, 4);
	if (sst_fields_ok(f) && size - 8 != 8 * words)
		f->result = sst_fail(f->e, size - 8 < 8 * words ? SST_ESHORT : SST_EDAMAGED,
		    p->path, 4, "%ju words of bits, but %ju bytes", (uintmax_t)words,
		    (uintmax_t)(size - 8));
	if (!sst_fields_ok(f))
		return sst_fields_end(f);
	if (count_bits(p, fd, 8, size, &set) == -1)
		return -1;
	bits.off = 8;
	bits.u = bits.raw.n = (size_t)(8 * words);
	f->result = f->each(f->arg, &bits);
	sst_field_uint(f, "bits_set", set);
	sst_field_close(f);
	return sst_fields_end(f);
}

static int
filter(struct sst_parts *p)
{
	int r, fd = sst_io_open(p->io, p->path, O_RDONLY, p->f.e);
	struct sst_err ignored;
	struct sst_stat st;

	if (fd == -1)
		return -1;
	r = sst_io_fstat(p->io, fd, p->path, &st, p->f.e);
	if (r == 0)
		r = filter_fields(p, fd, st.size);
	sst_io_close(p->io, fd, p->path, &ignored);
	return r;
}

/* ---- Summary.db ---- */

static uint64_t
field_le(struct sst_fields *f, const char *name, size_t width)
{
	struct sst_part part = { .kind = SST_PART_UINT, .name = name };
	struct sst_in from = f->in;
	struct sst_slice s = sst_get_bytes(&f->in, width);

	while (s.n-- > 0)
		part.u = part.u << 8 | s.p[s.n];
	sst_field_made(f, &from, &part);
	return part.u;
}

static void
summary_entries(struct sst_fields *f, const struct sst_summary *s, const struct sst_type *type)
{
	struct sst_part part = { .kind = SST_PART_BYTES, .name = "key", .type = type };
	struct sst_in from;
	uint64_t pos;
	size_t i;

	sst_field_array(f, "offsets");
	for (i = 0; i < s->n && sst_fields_ok(f); i++)
		field_le(f, NULL, 4);
	sst_field_close(f);
	sst_field_array(f, "entries");
	for (i = 0; i < s->n && sst_fields_ok(f); i++) {
		sst_field_object(f, NULL);
		sst_summary_get(s, i, &part.bytes, &pos);
		from = f->in;
		sst_get_bytes(&f->in, part.bytes.n);
		sst_field_made(f, &from, &part);
		field_le(f, "index_offset", 8);
		sst_field_close(f);
	}
	sst_field_close(f);
}

static int
summary(struct sst_parts *p)
{
	const struct sst_type *type;
	struct sst_fields *f = &p->f;
	struct sst_header header;
	struct sst_summary s;

	if (sst_parts_header(p, &header) == -1)
		return -1;
	type = header.key_type;
	if (sst_parts_load(p, WHOLE_MAX) == -1 ||
	    sst_summary_parse(&s, sst_buf_slice(&p->bytes), p->path, f->e) == -1)
		return -1;
	sst_field_object(f, NULL);
	sst_field_be(f, "min_index_interval", SST_PART_UINT, 4);
	sst_field_be(f, "entry_count", SST_PART_UINT, 4);
	sst_field_be(f, "body_bytes", SST_PART_UINT, 8);
	sst_field_be(f, "sampling_level", SST_PART_UINT, 4);
	sst_field_be(f, "full_entry_count", SST_PART_UINT, 4);
	summary_entries(f, &s, type);
	sst_field_counted(f, "first_key", SST_PART_BYTES, 4, type);
	sst_field_counted(f, "last_key", SST_PART_BYTES, 4, type);
	sst_field_close(f);
	return sst_fields_end(f);
}

/* ---- all of them ---- */

static int
no_parts(struct sst_parts *p)
{
	return sst_fail(p->f.e, SST_EINVAL, p->path, SST_NOWHERE,
	    "is no component that can be shown field by field");
}

static int (*const walks[SST_NCOMPONENTS + 1])(struct sst_parts *) = {
	[SST_DATA] = no_parts,
	[SST_INDEX] = sst_parts_index,
	[SST_FILTER] = filter,
	[SST_SUMMARY] = summary,
	[SST_STATISTICS] = sst_parts_statistics,
	[SST_COMPRESSION_INFO] = compression_info,
	[SST_DIGEST] = digest,
	[SST_CRC] = crc,
	[SST_TOC] = toc,
	[SST_PARTITIONS] = sst_parts_partitions,
	[SST_ROWS] = sst_parts_rows,
	[SST_SCYLLA] = sst_parts_scylla,
	[SST_NCOMPONENTS] = no_parts,
};

int
sst_parts_read(
    const struct sst_io *io, const char *path, sst_part_each each, void *arg, struct sst_err *e)
{
	struct sst_parts p = {
		.f = { .file = path, .each = each, .arg = arg, .e = e }, .io = io, .path = path
	};
	struct sst_err ignored;
	struct sst_name name;
	int r;

	if (!sst_name_parse(&name, path))
		return sst_fail(
		    e, SST_EINVAL, path, SST_NOWHERE, "not the name of an SSTable's file");
	p.name = &name;
	if (sst_version_readable(&p.version, name.version, path, e) == -1)
		return -1;
	p.f.version = p.version;
	p.fd = -1;
	r = walks[name.component](&p);
	if (p.fd != -1)
		sst_io_close(io, p.fd, path, &ignored);
	sst_arena_free(&p.arena);
	sst_buf_free(&p.bytes);
	return r;
}
