/*
 * libsst/sstable/statistics.c: Statistics.db taken apart and put together.  The file is four parts
 * behind a table of their places:
 *
 *	count [crc] (type place)* [crc]  VALIDATION [crc]  COMPACTION [crc]  STATS [crc]  HEADER [crc]
 *
 * where the checksums are there since `na`.
 */
#include "sstable/stats.h"

#include <math.h>

#include "codec/crc.h"

enum part {
	VALIDATION,
	COMPACTION,
	STATS,
	HEADER,
	NPARTS
};

#define TABLE_LEN (4 + 8 * NPARTS) /* without its checksums */

static const char *const part_names[NPARTS] = { "validation", "compaction", "stats", "header" };

void *
sst_parse_array(struct sst_parse *p, struct sst_in *in, uint64_t n, size_t least, size_t size)
{
	void *a;

	if (n > sst_in_left(in) / least) {
		in->bad = true;
		return NULL;
	}
	a = sst_arena_array(p->arena, (size_t)n + 1, size);
	if (a == NULL)
		sst_fail_nomem(p->e);
	return a;
}

int
sst_parse_failed(struct sst_parse *p, const struct sst_in *in)
{
	return in->bad ? sst_fail(p->e, SST_ESHORT, p->file, in->off, "statistics cut short") : -1;
}

int
sst_parse_keep(struct sst_parse *p, struct sst_in *in)
{
	struct sst_slice left = { in->p, sst_in_left(in) };

	if (!p->brief || in->bad)
		return 0;
	left = sst_arena_slice(p->arena, left);
	if (left.p == NULL)
		return sst_fail_nomem(p->e);
	*in = sst_in_new(left, in->off);
	return 0;
}

static int
get_validation(struct sst_parse *p, struct sst_in *in)
{
	if (sst_parse_keep(p, in) == -1)
		return -1;
	p->st->partitioner = sst_get_bytes16(in);
	p->st->bloom_fp = sst_get_double(in);
	return 0;
}

static void
put_validation(struct sst_buf *b, const struct sst_statistics *st)
{
	sst_put_bytes16(b, st->partitioner);
	sst_put_double(b, st->bloom_fp);
}

/* Nobody here looks into it, and ScyllaDB once wrote an empty list before what Cassandra writes. */
static int
get_compaction(struct sst_parse *p, struct sst_in *in)
{
	p->st->compaction = sst_get_bytes(in, sst_in_left(in));
	if (p->brief)
		p->st->compaction = SST_SLICE_LIT("");
	return 0;
}

/* A class name that cannot be read is damage here, not somebody's mistake. */
static int
get_type(struct sst_parse *p, struct sst_slice class_name, const struct sst_type **type)
{
	if (sst_type_parse_class(type, p->arena, class_name, p->e) == 0)
		return 0;
	if (p->e->code == SST_EINVAL)
		p->e->code = SST_EDAMAGED;
	return -1;
}

int
sst_parse_types(struct sst_parse *p, struct sst_in *in, const struct sst_slice **classes,
    const struct sst_type ***types, size_t *count)
{
	uint64_t i, n = sst_get_vint(in);
	struct sst_slice *names = sst_parse_array(p, in, n, 1, sizeof(*names));
	const struct sst_type **t;

	if (names == NULL)
		return sst_parse_failed(p, in);
	t = sst_arena_array(p->arena, (size_t)n + 1, sizeof(struct sst_type *));
	if (t == NULL)
		return sst_fail_nomem(p->e);
	for (i = 0; i < n; i++) {
		names[i] = sst_get_bytesv(in);
		if (in->bad)
			return sst_parse_failed(p, in);
		if (get_type(p, names[i], &t[i]) == -1)
			return -1;
	}
	*classes = names;
	*types = t;
	*count = (size_t)n;
	return 0;
}

void
sst_put_classes(struct sst_buf *b, const struct sst_slice *classes, size_t n)
{
	size_t i;

	sst_put_vint(b, n);
	for (i = 0; i < n; i++)
		sst_put_bytesv(b, classes[i]);
}

static int
get_columns(struct sst_parse *p, struct sst_in *in, const struct sst_named_class **named,
    struct sst_header_column **columns, size_t *count)
{
	uint64_t i, n = sst_get_vint(in);
	struct sst_named_class *names = sst_parse_array(p, in, n, 2, sizeof(*names));
	struct sst_header_column *cols;

	if (names == NULL)
		return sst_parse_failed(p, in);
	if (n > SST_COLUMNS_MAX)
		return sst_fail(p->e, SST_ELIMIT, p->file, in->off, "%ju columns, at most %d",
		    (uintmax_t)n, SST_COLUMNS_MAX);
	cols = sst_arena_array(p->arena, (size_t)n + 1, sizeof(*cols));
	if (cols == NULL)
		return sst_fail_nomem(p->e);
	for (i = 0; i < n; i++) {
		names[i].name = sst_get_bytesv(in);
		names[i].class_name = sst_get_bytesv(in);
		if (in->bad)
			return sst_parse_failed(p, in);
		cols[i] = (struct sst_header_column){
			.name = names[i].name, .col = SST_NO_COLUMN, .dropped_us = INT64_MIN
		};
		if (get_type(p, names[i].class_name, &cols[i].type) == -1)
			return -1;
	}
	*named = names;
	*columns = cols;
	*count = (size_t)n;
	return 0;
}

static void
put_columns(struct sst_buf *b, const struct sst_named_class *named, size_t n)
{
	size_t i;

	sst_put_vint(b, n);
	for (i = 0; i < n; i++) {
		sst_put_bytesv(b, named[i].name);
		sst_put_bytesv(b, named[i].class_name);
	}
}

static int
get_header(struct sst_parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;
	struct sst_header *h = &st->header;

	if (sst_parse_keep(p, in) == -1)
		return -1;
	h->sized = true;
	h->uint_ldt = p->v->uint_ldt;
	h->min_ts_us = (int64_t)(sst_get_vint(in) + (uint64_t)SST_EPOCH_TS_US);
	h->min_ldt_s = (int64_t)(sst_get_vint(in) + (uint64_t)SST_EPOCH_LDT_S);
	st->header_min_ttl = sst_get_vint(in);
	h->min_ttl_s = (uint32_t)st->header_min_ttl;
	st->key_class = sst_get_bytesv(in);
	if (in->bad)
		return sst_parse_failed(p, in);
	if (get_type(p, st->key_class, &h->key_type) == -1 ||
	    sst_parse_types(p, in, &st->ck_classes, &h->ck, &h->nck) == -1 ||
	    get_columns(p, in, &st->statics, &h->statics, &h->nstatic) == -1)
		return -1;
	return get_columns(p, in, &st->regulars, &h->regulars, &h->nregular);
}

static void
put_header(struct sst_buf *b, const struct sst_statistics *st)
{
	const struct sst_header *h = &st->header;

	sst_put_vint(b, (uint64_t)h->min_ts_us - (uint64_t)SST_EPOCH_TS_US);
	sst_put_vint(b, (uint64_t)h->min_ldt_s - (uint64_t)SST_EPOCH_LDT_S);
	sst_put_vint(b, st->header_min_ttl);
	sst_put_bytesv(b, st->key_class);
	sst_put_classes(b, st->ck_classes, h->nck);
	put_columns(b, st->statics, h->nstatic);
	put_columns(b, st->regulars, h->nregular);
}

/* --- the file --- */

static int
check_crc(struct sst_parse *p, struct sst_slice bytes, size_t from, size_t end)
{
	struct sst_in in = sst_in_new((struct sst_slice){ bytes.p + end, 4 }, end);
	uint32_t have, want = sst_crc32(0, bytes.p + from, end - from);

	if (!p->v->metadata_crc)
		return 0;
	have = sst_get_u32(&in);
	if (have != want)
		return sst_fail(
		    p->e, SST_EDAMAGED, p->file, end, "checksum is %08x, want %08x", have, want);
	return 0;
}

/* Which part is where: by type.  The table's checksums cover the numbers alone. */
static int
get_table(struct sst_parse *p, struct sst_slice bytes, size_t at[NPARTS])
{
	size_t i, crc = p->v->metadata_crc ? 4 : 0;
	struct sst_in in = sst_in_new(bytes, 0);
	uint32_t n = sst_get_u32(&in), type, seen = 0, sum, have;
	uint8_t numbers[TABLE_LEN];

	if (!in.bad && n != NPARTS)
		return sst_fail(p->e, SST_EDAMAGED, p->file, 0, "%u parts, want %d", n, NPARTS);
	if (bytes.n < TABLE_LEN + 2 * crc)
		return sst_fail(p->e, SST_ESHORT, p->file, bytes.n, "statistics cut short");
	if (crc != 0 && check_crc(p, bytes, 0, 4) == -1)
		return -1;
	sst_get_bytes(&in, crc);
	memcpy(numbers, bytes.p, 4);
	memcpy(numbers + 4, in.p, TABLE_LEN - 4);
	for (i = 0; i < NPARTS; i++) {
		type = sst_get_u32(&in);
		if (type >= NPARTS || (seen >> type & 1) != 0)
			return sst_fail(p->e, SST_EDAMAGED, p->file, in.off - 4,
			    "part %zu has type %u", i, type);
		seen |= 1u << type;
		p->st->parts[i] = (uint8_t)type;
		at[type] = sst_get_u32(&in);
	}
	sum = sst_crc32(0, numbers, sizeof(numbers));
	if (crc != 0 && (have = sst_get_u32(&in)) != sum)
		return sst_fail(p->e, SST_EDAMAGED, p->file, in.off - 4,
		    "checksum of the table of parts is %08x, want %08x", have, sum);
	return 0;
}

/* Parts follow each other in the order of types, also where the table names them in another. */
static int
get_parts(struct sst_parse *p, struct sst_slice bytes, struct sst_slice parts[NPARTS])
{
	size_t i, end, crc = p->v->metadata_crc ? 4 : 0, at[NPARTS];

	if (get_table(p, bytes, at) == -1)
		return -1;
	for (i = 0; i < NPARTS; i++) {
		end = i + 1 < NPARTS ? at[i + 1] : bytes.n;
		if (at[i] < TABLE_LEN + 2 * crc || end > bytes.n || end < at[i] ||
		    end - at[i] < crc)
			return sst_fail(p->e, SST_EDAMAGED, p->file, 4,
			    "part %s is from %zu to %zu of %zu bytes", part_names[i], at[i], end,
			    bytes.n);
		parts[i] = (struct sst_slice){ bytes.p + at[i], end - at[i] - crc };
	}
	return 0;
}

/* A type that is none: its text is in the part at that place. */
static int
name_file(struct sst_err *e, const char *file, uint64_t off)
{
	struct sst_err plain = *e;

	return sst_fail(e, plain.code, file, off, "%s", plain.what);
}

static int
parse(struct sst_parse *p, struct sst_slice bytes)
{
	static int (*const get[NPARTS])(struct sst_parse *, struct sst_in *) = { get_validation,
		get_compaction, sst_stats_get, get_header };
	const struct sst_version *v = p->v;
	struct sst_statistics *st = p->st;
	const char *file = p->file;
	struct sst_err *e = p->e;
	struct sst_slice parts[NPARTS];
	struct sst_in in;
	size_t i, at;

	memset(st, 0, sizeof(*st));
	st->log_lower.segment = -1;
	st->token_coverage = NAN;
	if (get_parts(p, bytes, parts) == -1)
		return -1;
	for (i = 0; i < NPARTS; i++) {
		at = (size_t)(parts[i].p - bytes.p);
		if (check_crc(p, bytes, at, at + parts[i].n) == -1)
			return -1;
		in = sst_in_new(parts[i], at);
		if (get[i](p, &in) == -1) {
			return e->file[0] == '\0' ? name_file(e, file, at) : -1;
		}
		if (in.bad || sst_in_left(&in) > 0)
			return sst_fail(e, in.bad ? SST_ESHORT : SST_EDAMAGED, file, in.off,
			    in.bad ? "part %s cut short" : "part %s has bytes left over",
			    part_names[i]);
	}
	if (v->legacy_min_max && !v->improved_min_max)
		st->ncover = st->header.nck;
	return 0;
}

int
sst_statistics_parse(struct sst_statistics *st, struct sst_arena *arena,
    const struct sst_version *v, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	struct sst_parse p = { st, arena, v, file, e, false };

	return parse(&p, bytes);
}

int
sst_statistics_brief(struct sst_statistics *st, struct sst_arena *arena,
    const struct sst_version *v, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	struct sst_parse p = { st, arena, v, file, e, true };

	return parse(&p, bytes);
}

static void
put_part(struct sst_buf *out, enum part part, const struct sst_version *v,
    const struct sst_statistics *st)
{
	if (part == VALIDATION)
		put_validation(out, st);
	else if (part == COMPACTION)
		sst_buf_add_slice(out, st->compaction);
	else if (part == STATS)
		sst_stats_put(out, v, st);
	else
		put_header(out, st);
}

static void
set_u32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}

void
sst_statistics_put(
    struct sst_buf *out, const struct sst_version *v, const struct sst_statistics *st)
{
	size_t i, start = out->n, at[NPARTS], crc = v->metadata_crc ? 4 : 0;
	bool usual = st->parts[0] == st->parts[1];
	uint8_t numbers[TABLE_LEN], *table;

	for (i = 0; i < TABLE_LEN + 2 * crc; i++)
		sst_put_u8(out, 0);
	for (i = 0; i < NPARTS; i++) {
		at[i] = out->n - start;
		put_part(out, (enum part)i, v, st);
		if (v->metadata_crc && !out->bad)
			sst_put_u32(
			    out, sst_crc32(0, out->p + start + at[i], out->n - start - at[i]));
	}
	if (out->bad)
		return;
	set_u32(numbers, NPARTS);
	for (i = 0; i < NPARTS; i++) {
		set_u32(numbers + 4 + 8 * i, usual ? (uint32_t)i : st->parts[i]);
		set_u32(numbers + 8 + 8 * i, (uint32_t)at[usual ? i : st->parts[i]]);
	}
	table = out->p + start;
	memcpy(table, numbers, 4);
	memcpy(table + 4 + crc, numbers + 4, TABLE_LEN - 4);
	if (v->metadata_crc) {
		set_u32(table + 4, sst_crc32(0, numbers, 4));
		set_u32(table + 4 + crc + TABLE_LEN - 4, sst_crc32(0, numbers, TABLE_LEN));
	}
}
