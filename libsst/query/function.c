/* query/function.c: a row for each function, and for each type that it takes. */
#include "query/function.h"

#include <stdio.h>

#include "base/num.h"
#include "codec/in.h"
#include "codec/murmur3.h"
#include "query/refuse.h"

#define UUID_EPOCH UINT64_C(0x01b21dd213814000) /* 100 ns from 1582-10-15 to 1970 */
#define DAY_MS INT64_C(86400000)
#define DATE_EPOCH INT64_C(2147483648) /* 1970-01-01 among dates */

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (; n > 0; v >>= 8)
		p[--n] = (uint8_t)v;
}

static void
put_time_bits(uint8_t out[16], uint64_t t)
{
	put_be(out, t & 0xffffffff, 4);
	put_be(out + 4, t >> 32 & 0xffff, 2);
	put_be(out + 6, (t >> 48 & 0x0fff) | 0x1000, 2);
}

void
sst_timeuuid_put(uint8_t out[16], uint64_t time, uint64_t node)
{
	put_time_bits(out, time + UUID_EPOCH);
	put_be(out + 8, node, 8);
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

/* ---- between times ---- */

/* ms since 1970 of a timeuuid; false when it is none. */
static bool
timeuuid_ms(struct sst_slice v, int64_t *ms)
{
	struct sst_in in = sst_in_new(v, 0);
	uint64_t low = sst_get_u32(&in), mid = sst_get_u16(&in), high = sst_get_u16(&in);

	*ms = (int64_t)(((high & 0x0fff) << 48 | mid << 32 | low) - UUID_EPOCH) / 10000;
	return v.n == 16 && high >> 12 == 1;
}

static int64_t
get_i64(struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);

	return (int64_t)sst_get_u64(&in);
}

static int64_t
date_ms(struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);

	return ((int64_t)sst_get_u32(&in) - DATE_EPOCH) * DAY_MS;
}

static int
give_ms(uint8_t out[16], size_t *n, int64_t ms)
{
	put_be(out, (uint64_t)ms, *n = 8);
	return SST_ONE;
}

static int
give_date(uint8_t out[16], size_t *n, int64_t ms)
{
	int64_t day = ms / DAY_MS - (ms % DAY_MS < 0);

	if (day < -DATE_EPOCH || day >= DATE_EPOCH)
		return 0;
	put_be(out, (uint64_t)(day + DATE_EPOCH), *n = 4);
	return SST_ONE;
}

static int
timeuuid_to_ms(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	int64_t ms;

	(void)i;
	(void)nth;
	return timeuuid_ms(v, &ms) ? give_ms(out, n, ms) : 0;
}

static int
timeuuid_to_date(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	int64_t ms;

	(void)i;
	(void)nth;
	return timeuuid_ms(v, &ms) ? give_date(out, n, ms) : 0;
}

static int
date_to_ms(uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)i;
	(void)nth;
	return give_ms(out, n, date_ms(v));
}

static int
timestamp_to_date(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)i;
	(void)nth;
	return give_date(out, n, get_i64(v));
}

/* The smallest and the largest that a time UUID of that ms can be; bytes compare as signed there. */
static int
limit(uint8_t out[16], size_t *n, struct sst_slice v, uint64_t more, uint8_t filler)
{
	put_time_bits(out, (uint64_t)get_i64(v) * 10000 + UUID_EPOCH + more);
	memset(out + 8, filler, 8);
	*n = 16;
	return SST_ONE;
}

static int
min_timeuuid(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)i;
	(void)nth;
	return limit(out, n, v, 0, 0x80);
}

static int
max_timeuuid(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)i;
	(void)nth;
	return limit(out, n, v, 9999, 0x7f);
}

/* ---- of now ---- */

static int
now(uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)v;
	sst_timeuuid_put(out, i->time + nth, i->node);
	*n = 16;
	return SST_ONE;
}

static int
now_timestamp(
    uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)v;
	(void)nth;
	return give_ms(out, n, (int64_t)(i->time / 10000));
}

static int
now_date(uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)v;
	(void)nth;
	return give_date(out, n, (int64_t)(i->time / 10000));
}

/* ns since midnight. */
static int
now_time(uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	(void)v;
	(void)nth;
	put_be(out, i->time % (uint64_t)(DAY_MS * 10000) * 100, *n = 8);
	return SST_ONE;
}

/* As unlike others as a hash makes it: what is unique is the instant. */
static int
uuid(uint8_t out[16], size_t *n, struct sst_slice v, const struct sst_instant *i, size_t nth)
{
	uint8_t seed[17];
	uint64_t h[2];

	(void)v;
	put_be(seed, i->time + nth, 8);
	put_be(seed + 8, i->node, 8);
	seed[16] = 'u';
	sst_murmur3_128((struct sst_slice){ seed, sizeof(seed) }, h);
	put_be(out, h[0], 8);
	put_be(out + 8, h[1], 8);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x40);
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
	*n = 16;
	return SST_ONE;
}

/* ---- which there are ---- */

static const struct {
	const char *name, *other; /* as in 4.1, and since */
	const char *arg;          /* NULL: none */
	const char *result;
	int (*call)(uint8_t *, size_t *, struct sst_slice, const struct sst_instant *, size_t);
} functions[] = {
	{ "now", "now", NULL, "timeuuid", now },
	{ "currenttimeuuid", "current_timeuuid", NULL, "timeuuid", now },
	{ "currenttimestamp", "current_timestamp", NULL, "timestamp", now_timestamp },
	{ "currentdate", "current_date", NULL, "date", now_date },
	{ "currenttime", "current_time", NULL, "time", now_time },
	{ "uuid", "uuid", NULL, "uuid", uuid },
	{ "mintimeuuid", "min_timeuuid", "timestamp", "timeuuid", min_timeuuid },
	{ "maxtimeuuid", "max_timeuuid", "timestamp", "timeuuid", max_timeuuid },
	{ "totimestamp", "to_timestamp", "timeuuid", "timestamp", timeuuid_to_ms },
	{ "totimestamp", "to_timestamp", "date", "timestamp", date_to_ms },
	{ "todate", "to_date", "timeuuid", "date", timeuuid_to_date },
	{ "todate", "to_date", "timestamp", "date", timestamp_to_date },
	{ "tounixtimestamp", "to_unix_timestamp", "timeuuid", "bigint", timeuuid_to_ms },
	{ "tounixtimestamp", "to_unix_timestamp", "timestamp", "bigint", NULL },
	{ "tounixtimestamp", "to_unix_timestamp", "date", "bigint", date_to_ms },
};

static bool
is_named(size_t i, struct sst_slice name)
{
	return sst_slice_eq(name, sst_slice_str(functions[i].name)) ||
	    sst_slice_eq(name, sst_slice_str(functions[i].other));
}

static int
parse_type(
    const struct sst_type **t, struct sst_arena *arena, struct sst_slice text, struct sst_err *e)
{
	return sst_type_parse_cql(t, arena, text, NULL, NULL, e);
}

static int
make(const struct sst_function **out, struct sst_arena *arena, size_t i, struct sst_err *e)
{
	struct sst_function *f = sst_arena_zeroed(arena, 1, sizeof(*f));

	if (f == NULL)
		return sst_fail_nomem(e);
	f->name = sst_slice_str(functions[i].name);
	f->nargs = functions[i].arg != NULL;
	f->call = functions[i].call;
	*out = f;
	if (f->nargs > 0 && parse_type(&f->arg, arena, sst_slice_str(functions[i].arg), e) == -1)
		return -1;
	return parse_type(&f->result, arena, sst_slice_str(functions[i].result), e);
}

/* intAsBlob, int_as_blob, blobAsInt, blob_as_int: the type in the name; n == 0: it is none of them. */
static struct sst_slice
blob_type(struct sst_slice name, bool *from_blob)
{
	static const char *const before[] = { "blobas", "blob_as_" };
	static const char *const behind[] = { "asblob", "_as_blob" };

	for (int i = 1; i >= 0; i--) {
		size_t n = strlen(before[i]), k = strlen(behind[i]);

		*from_blob = name.n > n && memcmp(name.p, before[i], n) == 0;
		if (*from_blob)
			return (struct sst_slice){ name.p + n, name.n - n };
		if (name.n > k && memcmp(name.p + name.n - k, behind[i], k) == 0)
			return (struct sst_slice){ name.p, name.n - k };
	}
	return (struct sst_slice){ NULL, 0 };
}

/* SST_ONE, 0: there is none of that name; -1. */
static int
find_blob(const struct sst_function **out, struct sst_arena *arena, struct sst_slice name,
    struct sst_err *e)
{
	const struct sst_type *t, *blob;
	struct sst_function *f;
	struct sst_err why;
	bool from;
	struct sst_slice type = blob_type(name, &from);

	if (type.n == 0 || parse_type(&t, arena, type, &why) == -1 || t->nargs > 0)
		return 0;
	if (parse_type(&blob, arena, SST_SLICE_LIT("blob"), e) == -1)
		return -1;
	if ((f = sst_arena_zeroed(arena, 1, sizeof(*f))) == NULL)
		return sst_fail_nomem(e);
	*f = (struct sst_function){ name, 1, from ? blob : t, from ? t : blob, NULL };
	*out = f;
	return SST_ONE;
}

static bool
takes(size_t i, const struct sst_type *arg, enum sst_kind hint)
{
	static const struct {
		enum sst_kind kind;
		const char *name;
	} kinds[] = { { SST_TIMEUUID, "timeuuid" }, { SST_TIMESTAMP, "timestamp" },
		{ SST_DATE, "date" } };
	enum sst_kind kind = arg != NULL ? arg->kind : hint;

	for (size_t k = 0; k < SST_ARRAY_LEN(kinds); k++)
		if (kinds[k].kind == kind)
			return strcmp(kinds[k].name, functions[i].arg) == 0;
	return false;
}

static int
refuse_all(struct sst_slice name, size_t first, struct sst_err *e)
{
	char known[160];
	size_t n = 0;

	for (size_t i = first; i < SST_ARRAY_LEN(functions) && n < sizeof(known); i++)
		if (is_named(i, name))
			n += (size_t)snprintf(known + n, sizeof(known) - n,
			    "%ssystem.%.*s : (%s) -> %s", n > 0 ? ", " : "", (int)name.n,
			    (const char *)name.p, functions[i].arg, functions[i].result);
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "Invalid call to function %.*s, none of its type signatures match (known type "
	    "signatures: %s)",
	    SST_NAME_ARGS(name), known);
}

int
sst_function_find(const struct sst_function **out, struct sst_arena *arena, struct sst_slice name,
    size_t nargs, const struct sst_type *arg, enum sst_kind hint, struct sst_err *e)
{
	size_t first = SST_ARRAY_LEN(functions), n = 0;
	size_t want = 1;
	int r = 0;

	*out = NULL;
	for (size_t i = SST_ARRAY_LEN(functions); i-- > 0;)
		if (is_named(i, name)) {
			first = i;
			n++;
		}
	if (n == 0 && (r = find_blob(out, arena, name, e)) == -1)
		return -1;
	if (n == 0 && r == 0)
		return sst_refuse_name(e, "Unknown function '%.*s'", name);
	if (n > 0)
		want = functions[first].arg != NULL;
	if (nargs != want && n > 1)
		return refuse_all(name, first, e);
	if (nargs != want)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Invalid number of arguments in call to function system.%.*s: %zu required but "
		    "%zu provided",
		    SST_NAME_ARGS(name), want, nargs);
	if (n <= 1)
		return n == 0 ? 0 : make(out, arena, first, e);
	for (size_t i = first; i < SST_ARRAY_LEN(functions); i++)
		if (is_named(i, name) && takes(i, arg, hint))
			return make(out, arena, i, e);
	return refuse_all(name, first, e);
}

int
sst_function_value(const struct sst_function *f, struct sst_slice arg, const struct sst_instant *at,
    size_t nth, struct sst_arena *arena, struct sst_slice *out, struct sst_err *e)
{
	uint8_t bytes[16];
	size_t n = 0;

	*out = (struct sst_slice){ NULL, 0 };
	if (f->nargs > 0 && arg.p == NULL)
		return 0;
	if (f->call == NULL) {
		*out = arg;
		return 0;
	}
	if ((f->nargs > 0 && arg.n == 0) || f->call(bytes, &n, arg, at, nth) == 0)
		return 0;
	*out = sst_arena_slice(arena, (struct sst_slice){ bytes, n });
	return out->p == NULL ? sst_fail_nomem(e) : 0;
}
