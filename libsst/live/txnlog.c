/*
 * live/txnlog.c: the text of a transaction log.  A line is
 *
 *	TYPE:[path,mtime,files][crc]
 *
 * and nothing in it is escaped, so a path with a comma or a newline cannot be written.
 */
#include "live/txnlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/uuid.h"
#include "codec/crc.h"

static const char *const kinds[] = { "ADD", "REMOVE", "COMMIT", "ABORT" };

uint32_t
sst_txn_record_crc(const struct sst_txn_record *r)
{
	const char *kind = kinds[r->kind];
	uint64_t t = (uint64_t)r->mtime_ms;
	/* Cassandra hashes the low half first, each half big-endian */
	uint32_t words[3] = { __builtin_bswap32((uint32_t)t),
		__builtin_bswap32((uint32_t)(t >> 32)), __builtin_bswap32((uint32_t)r->nfiles) };
	uint32_t crc = sst_crc32(0, r->path.p, r->path.n);

	crc = sst_crc32(crc, kind, strlen(kind));
	return sst_crc32(crc, words, sizeof(words));
}

void
sst_txnlog_put(struct sst_buf *b, const struct sst_txn_record *r)
{
	sst_buf_addf(b, "%s:[%.*s,%lld,%d][%u]\n", kinds[r->kind], (int)r->path.n,
	    r->path.n > 0 ? (const char *)r->path.p : "", (long long)r->mtime_ms, (int)r->nfiles,
	    (unsigned)sst_txn_record_crc(r));
}

struct sst_slice
sst_txn_record_base(const struct sst_txn_record *r)
{
	size_t i = r->path.n;

	while (i > 0 && r->path.p[i - 1] != '/')
		i--;
	return i == 0 ? r->path : (struct sst_slice){ r->path.p + i, r->path.n - i };
}

/* Cuts off what is before the first c; false when there is none. */
static bool
cut(struct sst_slice *s, char c, struct sst_slice *before)
{
	const uint8_t *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;

	if (at == NULL)
		return false;
	*before = (struct sst_slice){ s->p, (size_t)(at - s->p) };
	*s = (struct sst_slice){ at + 1, s->n - before->n - 1 };
	return true;
}

/* A decimal number with nothing before or after it, from min to max. */
static bool
number(struct sst_slice s, int64_t min, int64_t max, int64_t *v)
{
	char buf[24], *end;
	long long n;

	if (s.n == 0 || s.n >= sizeof(buf) || (s.p[0] != '-' && (s.p[0] < '0' || s.p[0] > '9')))
		return false;
	memcpy(buf, s.p, s.n);
	buf[s.n] = '\0';
	n = strtoll(buf, &end, 10);
	*v = n;
	return *end == '\0' && end == buf + s.n && n >= min && n <= max;
}

static bool
kind_of(struct sst_slice s, enum sst_txn_kind *kind)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (s.n == strlen(kinds[i]) && strncasecmp((const char *)s.p, kinds[i], s.n) == 0) {
			*kind = (enum sst_txn_kind)i;
			return true;
		}
	return false;
}

/* NULL, or what is wrong with the line. */
static const char *
parse_line(struct sst_slice line, struct sst_txn_record *r)
{
	struct sst_slice word, mtime, nfiles, crc;
	int64_t n, sum;

	if (!cut(&line, ':', &word) || !kind_of(word, &r->kind) || !cut(&line, '[', &word) ||
	    word.n > 0 || !cut(&line, ',', &r->path) || !cut(&line, ',', &mtime) ||
	    !cut(&line, ']', &nfiles) || !cut(&line, '[', &word) || word.n > 0 ||
	    !cut(&line, ']', &crc) || line.n > 0 || !number(mtime, 0, INT64_MAX, &r->mtime_ms) ||
	    !number(nfiles, 0, INT32_MAX, &n) || !number(crc, 0, UINT32_MAX, &sum))
		return "a line that is no record";
	r->nfiles = (int32_t)n;
	if (sum != sst_txn_record_crc(r))
		return "a line with a wrong checksum";
	if ((r->kind <= SST_TXN_REMOVE) != (sst_txn_record_base(r).n > 0))
		return "a record without a file name, or a last word with one";
	return NULL;
}

static bool
push(struct sst_txnlog *log, struct sst_arena *a, size_t *cap, const struct sst_txn_record *r)
{
	struct sst_txn_record *grown;

	if (log->nrecords == *cap) {
		*cap = *cap == 0 ? 8 : 2 * *cap;
		if ((grown = sst_arena_array(a, *cap, sizeof(*grown))) == NULL)
			return false;
		if (log->nrecords > 0)
			memcpy(grown, log->records, log->nrecords * sizeof(*grown));
		log->records = grown;
	}
	log->records[log->nrecords++] = *r;
	return true;
}

static int
by_content(const void *pa, const void *pb)
{
	const struct sst_txn_record *a = *(struct sst_txn_record *const *)pa;
	const struct sst_txn_record *b = *(struct sst_txn_record *const *)pb;
	int c = (a->kind > b->kind) - (a->kind < b->kind);

	return c != 0 ? c : sst_slice_cmp(a->path, b->path);
}

/* A set may be added and removed in one log, but neither twice. */
static int
find_duplicate(struct sst_txnlog *log, struct sst_arena *a, struct sst_err *e)
{
	struct sst_txn_record **order =
	    sst_arena_array(a, log->nrecords, sizeof(struct sst_txn_record *));
	size_t i;

	if (order == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < log->nrecords; i++)
		order[i] = &log->records[i];
	qsort(order, log->nrecords, sizeof(*order), by_content);
	for (i = 1; i < log->nrecords; i++)
		if (by_content(&order[i - 1], &order[i]) == 0) {
			log->state = SST_TXN_DOUBTFUL;
			log->doubt = "a record that comes twice";
			log->doubt_off = 0;
		}
	return 0;
}

int
sst_txnlog_parse(
    struct sst_txnlog *log, struct sst_arena *a, struct sst_slice text, struct sst_err *e)
{
	struct sst_slice rest = text, line;
	struct sst_txn_record r;
	size_t cap = 0;

	*log = (struct sst_txnlog){ .state = SST_TXN_OPEN };
	while (rest.n > 0 && log->doubt == NULL) {
		log->doubt_off = (uint64_t)(rest.p - text.p);
		if (!cut(&rest, '\n', &line)) { /* the last one: whole if its checksum is */
			line = rest;
			rest.n = 0;
		}
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (log->state != SST_TXN_OPEN)
			log->doubt = "a line after the last word";
		else if ((log->doubt = parse_line(line, &r)) == NULL) {
			if (!push(log, a, &cap, &r))
				return sst_fail_nomem(e);
			if (r.kind == SST_TXN_COMMIT)
				log->state = SST_TXN_COMMITTED;
			else if (r.kind == SST_TXN_ABORT)
				log->state = SST_TXN_ABORTED;
		}
	}
	if (log->doubt != NULL)
		log->state = SST_TXN_DOUBTFUL;
	else if (log->nrecords > 1)
		return find_duplicate(log, a, e);
	return 0;
}

static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdefABCDEF") >= n;
}

/* 8-4-4-4-12 hexadecimal digits, then ".log". */
static bool
is_uuid_log(const char *s)
{
	return strlen(s) == 40 && is_hex(s, 8) && s[8] == '-' && is_hex(s + 9, 4) && s[13] == '-' &&
	    is_hex(s + 14, 4) && s[18] == '-' && is_hex(s + 19, 4) && s[23] == '-' &&
	    is_hex(s + 24, 12) && strcmp(s + 36, ".log") == 0;
}

bool
sst_txnlog_is_name(const char *name)
{
	const char *txn = strncmp(name, "txn_", 4) == 0 ? name : strstr(name, "_txn_");
	const char *last = strrchr(name, '_');
	size_t before = txn == NULL ? 0 : (size_t)(txn - name);

	if (txn == NULL || last == NULL || last <= txn + 4)
		return false;
	/* before it nothing, two letters of a version, or "bti-da" */
	if (before > 2 && (before < 4 || name[before - 3] != '-'))
		return false;
	return (before == 0 || before >= 2) && is_uuid_log(last + 1);
}

void
sst_txnlog_name(char buf[SST_TXNLOG_NAME], const char *version, const char *type, int64_t now_us,
    const uint8_t random[8])
{
	uint64_t t = (uint64_t)now_us * 10 + SST_UUID_EPOCH;

	/* the node is random, so its multicast bit is set (RFC 4122, 4.5) */
	snprintf(buf, SST_TXNLOG_NAME,
	    "%.8s_txn_%.20s_%08x-%04x-1%03x-%02x%02x-%02x%02x%02x%02x%02x%02x.log", version, type,
	    (unsigned)(t & 0xffffffff), (unsigned)(t >> 32 & 0xffff), (unsigned)(t >> 48 & 0xfff),
	    0x80u | (random[0] & 0x3fu), (unsigned)random[1], random[2] | 1u, (unsigned)random[3],
	    (unsigned)random[4], (unsigned)random[5], (unsigned)random[6], (unsigned)random[7]);
}
