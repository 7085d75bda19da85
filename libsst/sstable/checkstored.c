/* libsst/sstable/checkstored.c: TOC.txt, Digest, and the checksums of all blocks of Data.db. */
#include <errno.h>
#include <stdlib.h>

#include "codec/crc.h"
#include "sstable/checking.h"
#include "sstable/toc.h"

#define PIECE ((size_t)256 << 10)

/* ---- TOC.txt ---- */

struct listed {
	uint32_t named; /* a bit for each component */
};

static void
each_name(void *arg, enum sst_component component, struct sst_slice name)
{
	(void)name;
	if (component != SST_NCOMPONENTS)
		((struct listed *)arg)->named |= 1u << component;
}

/* All that it names is there, and it names what a reader needs. */
static int
check_names(struct sst_check *c, uint32_t named, struct sst_err *e)
{
	unsigned i;
	int there;

	for (i = 0; i < SST_NCOMPONENTS; i++) {
		there = sst_check_there(c, (enum sst_component)i, e);
		if (there == -1)
			return -1;
		if ((named >> i & 1) != 0 && !there &&
		    sst_check_say(c, (enum sst_component)i, SST_CHECK_STORED, SST_NOWHERE, e,
			"missing, though TOC.txt names it") == -1)
			return -1;
		if ((named >> i & 1) == 0 && there && i != SST_TOC &&
		    sst_check_say(c, SST_TOC, SST_CHECK_STORED, SST_NOWHERE, e, "does not name %s",
			sst_component_name((enum sst_component)i)) == -1)
			return -1;
	}
	return 0;
}

int
sst_check_toc(struct sst_check *c, struct sst_err *e)
{
	struct sst_buf path = { 0 }, text = { 0 };
	struct listed listed = { 0 };
	int r = sst_check_path(c, SST_TOC, &path, e);

	if (r == 0)
		r = sst_io_read_file(c->io, (const char *)path.p, SST_TOC_MAX, &text, e);
	if (r == 0)
		r = sst_toc_parse(
		    sst_buf_slice(&text), (const char *)path.p, each_name, &listed, e);
	if (r == 0)
		r = check_names(c, listed.named, e);
	else if (e->code == SST_ESYS && e->sys == ENOENT)
		r = sst_check_say(c, SST_TOC, SST_CHECK_STORED, SST_NOWHERE, e, "missing");
	else
		r = sst_check_tell(c, SST_TOC, SST_CHECK_STORED, e);
	sst_buf_free(&path);
	sst_buf_free(&text);
	return r;
}

/* ---- checksums ---- */

struct stored { /* the pass over the bytes of Data.db */
	struct sst_check *c;
	struct sst_file *f;
	uint8_t *piece;
	uint32_t digest; /* of all so far */
	uint32_t block;  /* of the block's bytes so far, without its own checksum */
	uint64_t i;      /* the block */
	uint64_t at;     /* where it begins */
	size_t len, got; /* of the block with its checksum; of it so far */
	uint8_t tail[4]; /* its own checksum */
};

static int
bad_block(struct stored *s, uint32_t want, struct sst_err *e)
{
	s->c->bad_chunks++;
	return sst_check_say(s->c, SST_DATA, SST_CHECK_STORED, s->at, e,
	    "checksum of %s %ju is %08x, %s says %08x",
	    sst_file_chunks(s->f) != NULL ? "chunk" : "block", (uintmax_t)s->i, s->block,
	    sst_file_chunks(s->f) != NULL ? "the file" : "CRC.db", want);
}

static int
end_block(struct stored *s, struct sst_err *e)
{
	bool chunk = sst_file_chunks(s->f) != NULL;
	uint32_t want = 0;
	int r = 0;

	if (chunk) {
		memcpy(&want, s->tail, 4);
		want = __builtin_bswap32(want);
	} else if (!sst_file_block_crc(s->f, s->i, &want))
		want = s->block; /* there is none */
	if (want != s->block)
		r = bad_block(s, want, e);
	s->i++;
	s->at += s->len;
	s->got = 0;
	s->block = 0;
	return r;
}

/* The next bytes of the file, as far as they belong to the block at hand: how many. */
static size_t
add_bytes(struct stored *s, const uint8_t *p, size_t n)
{
	size_t own = sst_file_chunks(s->f) != NULL ? SST_CHUNK_CRC : 0, body, k;

	if (n > s->len - s->got)
		n = s->len - s->got;
	body = s->len - own;
	k = s->got < body ? body - s->got : 0;
	k = k < n ? k : n;
	s->block = sst_crc32(s->block, p, k);
	for (; k < n; k++)
		s->tail[s->got + k - body] = p[k];
	s->got += n;
	return n;
}

static int
add_piece(struct stored *s, size_t n, struct sst_err *e)
{
	const uint8_t *p = s->piece, *end = p + n;
	uint64_t off;

	s->digest = sst_crc32(s->digest, p, n);
	while (p < end && s->i < sst_file_nblocks(s->f)) {
		if (s->got == 0)
			sst_file_block_at(s->f, s->i, &off, &s->len);
		p += add_bytes(s, p, (size_t)(end - p));
		if (s->got == s->len && end_block(s, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_all(struct stored *s, struct sst_err *e)
{
	uint64_t total = sst_file_stored(s->f), off;
	size_t n;

	for (off = 0; off < total; off += n) {
		n = total - off < PIECE ? (size_t)(total - off) : PIECE;
		if (sst_file_pread(s->f, s->piece, n, off, e) == -1 || add_piece(s, n, e) == -1)
			return -1;
	}
	return 0;
}

/* 1 and *crc; 0: there is none, or it is damaged, which has been told; -1. */
static int
read_digest(struct sst_check *c, uint32_t *crc, struct sst_err *e)
{
	struct sst_buf path = { 0 }, text = { 0 };
	int r = sst_check_path(c, SST_DIGEST, &path, e);

	if (r == 0)
		r = sst_io_read_file(c->io, (const char *)path.p, 4096, &text, e);
	if (r == 0)
		r = sst_digest_parse(crc, sst_buf_slice(&text), (const char *)path.p, e);
	sst_buf_free(&path);
	sst_buf_free(&text);
	if (r == 0)
		return 1;
	if (e->code == SST_ESYS && e->sys == ENOENT)
		return 0;
	return sst_check_tell(c, SST_DIGEST, SST_CHECK_STORED, e);
}

/* The Digest and the blocks' own checksums are two witnesses: which one is wrong shows from both. */
int
sst_check_digest(struct sst_check *c, uint32_t crc, struct sst_err *e)
{
	struct sst_file *f = sst_sstable_data(c->t, e);
	bool chunks = sst_file_chunks(f) != NULL, own = chunks || sst_file_is_checked(f);
	uint32_t want;
	int r = read_digest(c, &want, e);

	if (r == 0)
		c->out->unchecked = !own;
	if (r != 1)
		return r;
	if (want != crc && c->bad_chunks == 0)
		return sst_check_say(c, SST_DIGEST, SST_CHECK_STORED, 0, e,
		    "says %ju, the checksum of Data.db is %ju%s", (uintmax_t)want, (uintmax_t)crc,
		    own ? "; the checksums within Data.db are right" : "");
	if (want == crc && c->bad_chunks > 0 && !chunks)
		return sst_check_say(c, SST_CRC, SST_CHECK_STORED, SST_NOWHERE, e,
		    "%ju checksums are wrong, as Digest says that Data.db is right",
		    (uintmax_t)c->bad_chunks);
	return 0;
}

int
sst_check_stored(struct sst_check *c, struct sst_err *e)
{
	struct stored s = { .c = c, .f = sst_sstable_data(c->t, e) };
	int r;

	if (c->stored_done || s.f == NULL) /* which check_data has told */
		return 0;
	c->stored_done = true;
	s.piece = malloc(PIECE);
	if (s.piece == NULL)
		return sst_fail_nomem(e);
	r = read_all(&s, e);
	if (r == 0)
		r = sst_check_digest(c, s.digest, e);
	free(s.piece);
	return r;
}
