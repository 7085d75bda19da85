/*
 * libsst/commitlog/segread.c: a window on the file moves forward; `pos` is at a marker when it is at
 * `end`, else at an entry of the section that ends there.  All that is wrong goes through trouble(),
 * which decides whether it is a tail that was torn, damage, or damage to be passed over.
 */
#include "commitlog/segread.h"

#include <fcntl.h>
#include <stdlib.h>

#include "codec/compress.h"
#include "codec/crc.h"
#include "codec/in.h"

#define WINDOW ((size_t)256 << 10)
#define SECTION_MAX ((uint32_t)64 << 20) /* of a compressed section, decompressed */

struct sst_segread {
	const struct sst_io *io;
	char *path;
	int fd;
	struct sst_buf window;
	uint64_t window_off;
	uint64_t pos, end;
	uint64_t next;   /* where the section ends, also when the file ends before */
	bool cut;        /* the section goes on past the end of the file */
	bool after_mark; /* pos comes right after an empty section */
	bool done;
	bool header_torn; /* was never written whole */
	bool has_successor, skip;
	/* Of a compressed segment: the section, decompressed, and where it is read; it began at
	 * packed_off in the file. */
	struct sst_codec *codec;
	struct sst_buf section;
	size_t section_pos;
	uint64_t packed_off;
	struct sst_err damage; /* of the header; code SST_OK: none */
	struct sst_segread_info info;
};

/* n bytes at off, which lie in the file; they stay until the next call. */
static int
at(struct sst_segread *r, uint64_t off, size_t n, const uint8_t **p, struct sst_err *e)
{
	struct sst_buf *w = &r->window;
	uint64_t left = r->info.size - off;
	size_t len;

	*p = NULL;
	if (off < r->window_off || off + n > r->window_off + w->n) {
		len = n > WINDOW ? n : left < WINDOW ? (size_t)left : WINDOW;
		sst_buf_reset(w);
		if (!sst_buf_room(w, len))
			return sst_fail_nomem(e);
		if (sst_io_read(r->io, r->fd, r->path, w->p, len, off, e) == -1)
			return -1;
		w->n = len;
		r->window_off = off;
	}
	*p = w->p + (off - r->window_off);
	return 0;
}

/* SST_ONE when all from off on is zero, 0, -1. */
static int
rest_is_zero(struct sst_segread *r, uint64_t off, struct sst_err *e)
{
	const uint8_t *p;
	size_t n;

	for (; off < r->info.size; off += n) {
		n = r->info.size - off < WINDOW ? (size_t)(r->info.size - off) : WINDOW;
		if (at(r, off, n, &p, e) == -1)
			return -1;
		if (p[0] != 0 || memcmp(p, p + 1, n - 1) != 0)
			return 0;
	}
	return SST_ONE;
}

/*
 * Looks for a durability mark from off on, anywhere, since after damage the chain of markers cannot be
 * followed: an empty section points right behind itself, and its checksum knows where it is.
 * SST_ONE and its place, 0, -1.
 */
static int
find_mark(struct sst_segread *r, uint64_t off, uint64_t *mark, struct sst_err *e)
{
	const uint8_t *p;
	uint32_t next;
	size_t n, i;

	for (; r->info.size >= SST_MARKER_LEN && off <= r->info.size - SST_MARKER_LEN; off += n) {
		n = r->info.size - off < WINDOW ? (size_t)(r->info.size - off) : WINDOW;
		if (at(r, off, n, &p, e) == -1)
			return -1;
		n -= SST_MARKER_LEN - 1;
		for (i = 0; i < n; i++) {
			uint32_t pos = (uint32_t)(off + i), word;

			memcpy(&word, p + i, sizeof(word));
			if (word == __builtin_bswap32(pos + SST_MARKER_LEN) &&
			    sst_marker_get(p + i, r->info.id, pos, &next)) {
				*mark = off + i;
				return SST_ONE;
			}
		}
	}
	return 0;
}

static int
stop(struct sst_segread *r, uint64_t off)
{
	r->done = true;
	r->info.left_off = off;
	r->info.left = r->info.size - off;
	return 0;
}

/*
 * The bytes at off are not what they should be; resume is where reading may go on, a marker or an
 * entry of the same section, or 0 when only a mark can tell.  0: reading goes on (or r->done), -1.
 */
static int
trouble(struct sst_segread *r, uint64_t off, uint64_t resume, const char *what, struct sst_err *e)
{
	uint64_t mark = 0;
	int found = find_mark(r, off, &mark, e);

	if (found == -1)
		return -1;
	if (!r->has_successor && found == 0)
		return stop(r, off);
	if (!r->skip) {
		if (found == SST_ONE)
			return sst_fail(e, SST_EDAMAGED, r->path, off,
			    "%s, before the last durable byte at %ju", what, (uintmax_t)mark);
		return sst_fail(e, SST_EDAMAGED, r->path, off,
		    "%s, in a segment that a later one follows", what);
	}
	if (resume == 0) {
		resume = found == SST_ONE ? mark : r->info.size;
		r->end = resume;
		r->cut = false;
	}
	if (r->info.lost == 0)
		sst_fail(&r->info.lost_why, SST_EDAMAGED, r->path, off, "%s", what);
	r->info.lost += resume - off;
	r->pos = resume;
	sst_buf_reset(&r->section);
	r->section_pos = 0;
	r->after_mark = false;
	r->done = resume == r->info.size;
	return 0;
}

/* Nothing follows.  A file that lost whole sections looks like this too, but for its last mark. */
static int
at_end(struct sst_segread *r, struct sst_err *e)
{
	if (r->has_successor && r->info.ours && !r->after_mark) /* as log.c ends all */
		return trouble(r, r->pos, r->info.size, "segment ends without its last mark", e);
	r->done = true;
	r->info.whole = r->pos == r->info.size;
	return 0;
}

/* At a marker, or at what stands where the next one would be. */
static int
bad_marker(struct sst_segread *r, const char *what, struct sst_err *e)
{
	int zero = rest_is_zero(r, r->pos, e);

	if (zero == -1)
		return -1;
	if (zero == SST_ONE)
		return at_end(r, e);
	if (r->has_successor && r->after_mark) /* all of ours was read: these bytes are older */
		return stop(r, r->pos);
	return trouble(r, r->pos, 0, what, e);
}

/* Of a compressed section nothing can be read: what follows it is a marker. */
static int
bad_section(struct sst_segread *r, uint64_t pos, uint64_t next, const char *what, struct sst_err *e)
{
	int got = trouble(r, pos, next, what, e);

	if (got == 0)
		r->end = r->pos;
	return got;
}

/* Decompresses the section whose body is from pos to next: its length, then what is compressed. */
static int
unpack(struct sst_segread *r, uint64_t pos, uint64_t next, struct sst_err *e)
{
	size_t stored = (size_t)(next - pos);
	struct sst_in in;
	struct sst_slice packed;
	struct sst_err why;
	const uint8_t *p;
	uint32_t len;

	if (stored < 4)
		return bad_section(r, pos, next, "compressed section cut short", e);
	if (at(r, pos, stored, &p, e) == -1)
		return -1;
	in = sst_in_new((struct sst_slice){ p, stored }, pos);
	len = sst_get_u32(&in);
	packed = sst_get_bytes(&in, sst_in_left(&in));
	if (len > SECTION_MAX)
		return bad_section(r, pos, next, "compressed section of more than 64 MiB", e);
	sst_buf_reset(&r->section);
	if (!sst_buf_room(&r->section, len))
		return sst_fail_nomem(e);
	if (sst_codec_decompress(r->codec, packed, r->section.p, len, &why) == -1) {
		if (why.code != SST_EDAMAGED) {
			*e = why;
			return sst_err_locate(e, r->path, pos);
		}
		return bad_section(r, pos, next, "compressed section that is damaged", e);
	}
	r->section.n = len;
	r->section_pos = 0;
	r->packed_off = pos;
	r->pos = r->end = next;
	return 0;
}

static int
enter_section(struct sst_segread *r, struct sst_err *e)
{
	uint64_t pos = r->pos;
	const uint8_t *p;
	uint32_t next;

	if (r->cut)
		return trouble(r, pos, 0, "section cut short by the end of the file", e);
	if (pos == r->info.size)
		return at_end(r, e);
	if (r->info.size - pos < SST_MARKER_LEN)
		return bad_marker(r, "marker cut short", e);
	if (at(r, pos, SST_MARKER_LEN, &p, e) == -1)
		return -1;
	if (!sst_marker_get(p, r->info.id, (uint32_t)pos, &next))
		return bad_marker(r, "checksum of a marker is wrong", e);
	if (next < pos + SST_MARKER_LEN)
		return trouble(r, pos, 0, "marker points backwards", e);
	if (r->codec != NULL && next > r->info.size)
		return trouble(r, pos, 0, "section cut short by the end of the file", e);
	r->after_mark = next == pos + SST_MARKER_LEN;
	if (r->after_mark)
		r->info.marked = next;
	r->next = next;
	if (r->codec != NULL && !r->after_mark)
		return unpack(r, pos + SST_MARKER_LEN, next, e);
	r->cut = next > r->info.size;
	r->pos = pos + SST_MARKER_LEN;
	r->end = r->cut ? r->info.size : next;
	return 0;
}

/* A section's rest that holds no whole entry: of a cut one there is no more. */
static int
bad_length(struct sst_segread *r, const char *what, struct sst_err *e)
{
	return trouble(r, r->pos, r->cut ? 0 : r->end, what, e);
}

/* The length of the entry at p, of whose section so many bytes are left; 0, and *what is wrong. */
static uint32_t
entry_length(const uint8_t *p, uint64_t left, const char **what)
{
	struct sst_in in = sst_in_new((struct sst_slice){ p, SST_ENTRY_OVERHEAD }, 0);
	uint32_t len = sst_get_u32(&in), crc = sst_get_u32(&in);

	*what = len == 0                ? "zeros where an entry should be"
	    : crc != sst_crc32(0, p, 4) ? "checksum of an entry's length is wrong"
	    : len < SST_ENTRY_MIN || len > left - SST_ENTRY_OVERHEAD
	    ? "entry is longer than its section, or shorter than any"
	    : NULL;
	return *what == NULL ? len : 0;
}

/* What follows an entry's length: the mutation, if its checksum is right. */
static bool
entry_body(const uint8_t *p, uint32_t len, struct sst_slice *mutation)
{
	struct sst_in in = sst_in_new((struct sst_slice){ p + 8, (size_t)len + 4 }, 0);

	*mutation = sst_get_bytes(&in, len);
	return sst_get_u32(&in) == sst_crc32(sst_crc32(0, p, 4), mutation->p, len);
}

/* The next entry of a decompressed section; what is wrong there is wrong with all that follows. */
static int
unpacked_entry(struct sst_segread *r, struct sst_log_entry *entry, struct sst_err *e)
{
	const uint8_t *p = r->section.p + r->section_pos;
	size_t left = r->section.n - r->section_pos;
	const char *what = "entry cut short by its section";
	uint32_t len = left < SST_ENTRY_OVERHEAD ? 0 : entry_length(p, left, &what);

	if (len > 0 && !entry_body(p, len, &entry->mutation)) {
		what = "checksum of an entry is wrong";
		len = 0;
	}
	if (len == 0)
		return trouble(r, r->packed_off, r->end, what, e);
	r->section_pos += len + SST_ENTRY_OVERHEAD;
	entry->off = r->packed_off;
	entry->end = (struct sst_logpos){ r->info.id, r->end };
	return SST_ONE;
}

/* SST_ONE, or 0 when there was none and reading goes on; -1. */
static int
read_entry(struct sst_segread *r, struct sst_log_entry *entry, struct sst_err *e)
{
	uint64_t left = r->end - r->pos, next;
	const char *what;
	const uint8_t *p;
	uint32_t len;

	if (left < SST_ENTRY_OVERHEAD)
		return bad_length(r, "entry cut short by its section", e);
	if (at(r, r->pos, SST_ENTRY_OVERHEAD, &p, e) == -1)
		return -1;
	len = entry_length(p, left, &what);
	if (len == 0)
		return bad_length(r, what, e);
	if (at(r, r->pos, len + SST_ENTRY_OVERHEAD, &p, e) == -1)
		return -1;
	next = r->pos + len + SST_ENTRY_OVERHEAD;
	if (!entry_body(p, len, &entry->mutation))
		return trouble(r, r->pos, next, "checksum of an entry is wrong", e);
	entry->off = r->pos + 8;
	entry->end = (struct sst_logpos){ r->info.id, next };
	r->pos = next;
	return SST_ONE;
}

/* A header that was not written whole can only be the newest segment's. */
static int
bad_header(struct sst_segread *r, struct sst_err *e)
{
	if (r->header_torn && !r->has_successor) {
		char what[sizeof(r->damage.what)];

		memcpy(what, r->damage.what, sizeof(what));
		r->damage.code = SST_OK;
		return trouble(r, 0, r->info.size, what, e);
	}
	if (!r->skip) {
		*e = r->damage;
		e->code = SST_EDAMAGED; /* also when its length leads past the end */
		return -1;
	}
	r->info.lost = r->info.size;
	r->info.lost_why = r->damage;
	if (r->damage.off == SST_NOWHERE)
		r->info.lost_why.off = 0;
	r->done = true;
	return 0;
}

int
sst_segread_next(struct sst_segread *r, struct sst_log_entry *entry, struct sst_err *e)
{
	int got;

	memset(entry, 0, sizeof(*entry));
	while (!r->done) {
		if (r->damage.code != SST_OK)
			got = bad_header(r, e);
		else if (r->section_pos < r->section.n)
			got = unpacked_entry(r, entry, e);
		else if (r->pos == r->end)
			got = enter_section(r, e);
		else
			got = read_entry(r, entry, e);
		if (got == SST_ONE) {
			entry->file = r->path;
			entry->version = r->info.version;
			r->info.entries++;
		}
		if (got != 0)
			return got;
	}
	sst_buf_free(&r->window);
	sst_buf_free(&r->section);
	r->section_pos = 0;
	return 0;
}

/* Whether the segments before this one are complete: they are before its first section is written. */
static int
look_ahead(struct sst_segread *r, struct sst_err *e)
{
	const uint8_t *p;
	uint32_t next;

	if (r->info.size - r->end < SST_MARKER_LEN)
		return 0;
	if (at(r, r->end, SST_MARKER_LEN, &p, e) == -1)
		return -1;
	r->info.begun = sst_marker_get(p, r->info.id, (uint32_t)r->end, &next);
	return 0;
}

static int
read_header(struct sst_segread *r, struct sst_err *e)
{
	size_t n =
	    r->info.size < SST_SEGMENT_HEADER_MAX ? (size_t)r->info.size : SST_SEGMENT_HEADER_MAX;
	int zero = rest_is_zero(r, 0, e);
	struct sst_segment_header h;
	const uint8_t *p;

	if (zero == -1)
		return -1;
	r->info.unused = r->done = zero == SST_ONE;
	if (r->done)
		return 0;
	if (at(r, 0, n, &p, e) == -1)
		return -1;
	if (sst_segment_get_header(&h, (struct sst_slice){ p, n }, r->path, e) == -1) {
		if (e->code != SST_ESHORT && e->code != SST_EDAMAGED)
			return -1;
		r->damage = *e;
		r->header_torn = e->code == SST_ESHORT || memcmp(p, "\0\0\0", 4) == 0;
		r->info.begun = !r->header_torn;
		return 0;
	}
	if (h.id != r->info.id) {
		sst_fail(&r->damage, SST_EDAMAGED, r->path, 4,
		    "header of segment %ju in a file of another name", (uintmax_t)h.id);
		r->info.begun = true;
		return 0;
	}
	r->pos = r->end = h.len;
	r->info.named = true;
	r->info.ours = h.ours;
	r->info.shard = h.shard;
	r->info.shards = h.shards;
	r->info.version = h.version;
	memcpy(r->info.compression, h.compression, sizeof(h.compression));
	if (h.compression[0] != '\0' && r->codec == NULL &&
	    sst_codec_new(&r->codec, sst_slice_str(h.compression), 0, e) == -1)
		return sst_err_locate(e, r->path, 14);
	return look_ahead(r, e);
}

static int
open_file(struct sst_segread *r, struct sst_err *e)
{
	const char *slash = strrchr(r->path, '/'), *rest;
	struct sst_stat st;
	uint32_t version;

	if (!sst_segment_parse_name(
		slash != NULL ? slash + 1 : r->path, &version, &r->info.id, &rest))
		return sst_fail(e, SST_EINVAL, r->path, SST_NOWHERE, "is no segment's name");
	if ((r->fd = sst_io_open(r->io, r->path, O_RDONLY, e)) == -1 ||
	    sst_io_fstat(r->io, r->fd, r->path, &st, e) == -1)
		return -1;
	if (st.size > SST_SEGMENT_MAX)
		return sst_fail(e, SST_ELIMIT, r->path, SST_NOWHERE,
		    "segment of %ju bytes: at most %d", (uintmax_t)st.size, SST_SEGMENT_MAX);
	r->info.size = st.size;
	return read_header(r, e);
}

int
sst_segread_open(
    struct sst_segread **out, const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_segread *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	r->io = io;
	r->fd = -1;
	if ((r->path = strdup(path)) == NULL)
		sst_fail_nomem(e);
	if (r->path == NULL || open_file(r, e) == -1) {
		sst_segread_close(r);
		return -1;
	}
	/* many segments may be open at once, and only one is read at a time */
	sst_buf_free(&r->window);
	*out = r;
	return 0;
}

int
sst_segread_follow(struct sst_segread *r, struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_fstat(r->io, r->fd, r->path, &st, e) == -1)
		return -1;
	if (st.size > SST_SEGMENT_MAX)
		return sst_fail(e, SST_ELIMIT, r->path, SST_NOWHERE,
		    "segment of %ju bytes: at most %d", (uintmax_t)st.size, SST_SEGMENT_MAX);
	r->info.size = st.size;
	r->info.left = r->info.left_off = 0;
	r->info.whole = false;
	sst_buf_reset(&r->window);
	if (r->info.version == 0) { /* there was no whole header yet */
		r->damage.code = SST_OK;
		return read_header(r, e);
	}
	r->done = false;
	if (r->end < r->pos) /* all was passed over */
		r->end = r->pos;
	if (r->cut) {
		r->cut = r->next > st.size;
		r->end = r->cut ? st.size : r->next;
	}
	return 0;
}

void
sst_segread_set(struct sst_segread *r, bool has_successor, bool skip_damage)
{
	r->has_successor = has_successor;
	r->skip = skip_damage;
}

const struct sst_segread_info *
sst_segread_info(const struct sst_segread *r)
{
	return &r->info;
}

const char *
sst_segread_path(const struct sst_segread *r)
{
	return r->path;
}

void
sst_segread_close(struct sst_segread *r)
{
	struct sst_err ignored;

	if (r == NULL)
		return;
	sst_io_close(r->io, r->fd, r->path, &ignored);
	sst_buf_free(&r->window);
	sst_buf_free(&r->section);
	sst_codec_free(r->codec);
	free(r->path);
	free(r);
}
