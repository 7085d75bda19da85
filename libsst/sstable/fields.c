/* libsst/sstable/fields.c: numbers, strings and prefixes, read and handed on. */
#include "sstable/fields.h"

static void
give(struct sst_fields *f, const struct sst_part *part)
{
	if (sst_fields_ok(f))
		f->result = f->each(f->arg, part);
}

static void
group(struct sst_fields *f, enum sst_part_kind kind, const char *name)
{
	give(f, &(struct sst_part){ .kind = kind, .name = name, .off = f->in.off });
}

void
sst_field_object(struct sst_fields *f, const char *name)
{
	group(f, SST_PART_OBJECT, name);
}

void
sst_field_array(struct sst_fields *f, const char *name)
{
	group(f, SST_PART_ARRAY, name);
}

void
sst_field_close(struct sst_fields *f)
{
	group(f, SST_PART_END, NULL);
}

void
sst_field_made(struct sst_fields *f, const struct sst_in *from, struct sst_part *part)
{
	part->off = from->off;
	part->raw = (struct sst_slice){ from->p, (size_t)(f->in.off - from->off) };
	give(f, part);
}

/* Of seconds the largest number stands for none. */
static int64_t
time_of(enum sst_part_kind kind, uint64_t v, size_t width)
{
	if (width == 8)
		return (int64_t)v;
	if (kind == SST_PART_TIME_S && v == INT32_MAX)
		return SST_NO_LDT;
	return (int32_t)v;
}

uint64_t
sst_field_be(struct sst_fields *f, const char *name, enum sst_part_kind kind, size_t width)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = kind, .name = name };
	uint64_t v = sst_fields_ok(f) ? sst_get_be(&f->in, width) : 0;

	if (kind == SST_PART_UINT || kind == SST_PART_HEX)
		part.u = v;
	else if (kind == SST_PART_BOOL)
		part.u = v != 0;
	else
		part.i = time_of(kind, v, width);
	sst_field_made(f, &from, &part);
	return v;
}

uint64_t
sst_field_vint(struct sst_fields *f, const char *name)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = SST_PART_UINT, .name = name };

	part.u = sst_fields_ok(f) ? sst_get_vint(&f->in) : 0;
	sst_field_made(f, &from, &part);
	return part.u;
}

int64_t
sst_field_svint(struct sst_fields *f, const char *name)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = SST_PART_INT, .name = name };

	part.i = sst_fields_ok(f) ? sst_get_svint(&f->in) : 0;
	sst_field_made(f, &from, &part);
	return part.i;
}

double
sst_field_double(struct sst_fields *f, const char *name)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = SST_PART_DOUBLE, .name = name };
	uint64_t bits = sst_fields_ok(f) ? sst_get_u64(&f->in) : 0;

	memcpy(&part.d, &bits, sizeof(bits));
	sst_field_made(f, &from, &part);
	return part.d;
}

struct sst_slice
sst_field_bytes(struct sst_fields *f, const char *name, enum sst_part_kind kind, size_t n)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = kind, .name = name };
	struct sst_slice s = sst_fields_ok(f) ? sst_get_bytes(&f->in, n) : (struct sst_slice){ 0 };

	if (kind == SST_PART_BULK)
		part.u = s.n;
	else
		part.bytes = s;
	sst_field_made(f, &from, &part);
	return s;
}

struct sst_slice
sst_field_counted(struct sst_fields *f, const char *name, enum sst_part_kind kind, size_t width,
    const struct sst_type *type)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = kind, .name = name, .type = type };
	struct sst_slice s = { NULL, 0 };

	if (sst_fields_ok(f))
		s = width == 0   ? sst_get_bytesv(&f->in)
		    : width == 2 ? sst_get_bytes16(&f->in)
				 : sst_get_bytes32(&f->in);
	part.bytes = s;
	sst_field_made(f, &from, &part);
	return s;
}

void
sst_field_uint(struct sst_fields *f, const char *name, uint64_t v)
{
	struct sst_part part = { .kind = SST_PART_UINT, .name = name, .u = v };
	struct sst_in from = f->in;

	sst_field_made(f, &from, &part);
}

void
sst_field_text(struct sst_fields *f, const char *name, const char *text)
{
	struct sst_part part = { .kind = SST_PART_TEXT, .name = name };
	struct sst_in from = f->in;

	part.bytes = sst_slice_str(text);
	sst_field_made(f, &from, &part);
}

static const char *const prefix_kinds[] = { "excl_end", "incl_start", "excl_end_incl_start",
	"static", "clustering", "incl_end_excl_start", "incl_end", "excl_start" };

bool
sst_field_prefix(struct sst_fields *f, const char *name, const struct sst_header *h)
{
	struct sst_slice ck[8], *v = ck;
	struct sst_part part = { .kind = SST_PART_TEXT, .name = "kind" };
	struct sst_arena arena = { 0 };
	enum sst_prefix_kind kind;
	struct sst_bound at;
	struct sst_in from;
	size_t i;

	if (h->nck > 8 && (v = sst_arena_array(&arena, h->nck, sizeof(*v))) == NULL)
		f->result = sst_fail_nomem(f->e);
	sst_field_object(f, name);
	from = f->in;
	if (!sst_fields_ok(f))
		goto out;
	sst_get_prefix(&f->in, h, v, &at, &kind);
	part.bytes = sst_slice_str(prefix_kinds[kind]);
	sst_field_made(f, &from, &part);
	sst_field_array(f, "values");
	for (i = 0; sst_fields_ok(f) && i < at.n; i++) {
		struct sst_part value = { .kind = SST_PART_BYTES, .bytes = v[i], .type = h->ck[i] };

		from = f->in;
		sst_field_made(f, &from, &value);
	}
	sst_field_close(f);
	sst_field_close(f);
out:
	sst_arena_free(&arena);
	return sst_fields_ok(f);
}

void
sst_field_deletion(struct sst_fields *f, const char *name, bool uint_ldt)
{
	struct sst_in from = f->in;
	struct sst_part part = { .kind = SST_PART_TIME_US, .name = "timestamp_us" };
	struct sst_deletion del;

	if (!sst_fields_ok(f))
		return;
	del = sst_get_deletion(&f->in, uint_ldt);
	sst_field_object(f, name);
	part.i = del.ts_us;
	sst_field_made(f, &from, &part);
	from = f->in;
	part = (struct sst_part){ .kind = SST_PART_TIME_S, .name = "local_deletion_time_s" };
	part.i = del.ldt_s;
	sst_field_made(f, &from, &part);
	sst_field_close(f);
}

void
sst_field_crc(struct sst_fields *f, const char *name, uint32_t want)
{
	uint64_t off = f->in.off;
	uint32_t have = (uint32_t)sst_field_be(f, name, SST_PART_HEX, 4);

	if (sst_fields_ok(f) && have != want)
		f->result = sst_fail(
		    f->e, SST_EDAMAGED, f->file, off, "checksum is %08x, want %08x", have, want);
}

void
sst_fields_damaged(struct sst_fields *f, uint64_t off, const char *what)
{
	if (sst_fields_ok(f))
		f->result = sst_fail(f->e, SST_EDAMAGED, f->file, off, "%s", what);
}

int
sst_fields_end(struct sst_fields *f)
{
	if (f->result != 0)
		return f->result;
	if (f->in.bad)
		return sst_fail(f->e, SST_ESHORT, f->file, f->in.off, "component cut short");
	if (sst_in_left(&f->in) > 0)
		return sst_fail(f->e, SST_EDAMAGED, f->file, f->in.off, "%zu bytes left over",
		    sst_in_left(&f->in));
	return 0;
}
