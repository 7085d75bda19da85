/* text/members.c: members of a line of NDJSON, and the values in them. */
#include "text/cellsin.h"

static const char *const deletion_members[] = { "ts", "at" };

int
sst_member_bad(node *at, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, at->off, "%s", what);
}

int
sst_members_of(node *obj, const char *const *names, size_t n, node **found, struct sst_err *e)
{
	node *k;
	size_t i;

	memset(found, 0, n * sizeof(*found));
	if (obj->type != SST_JSON_OBJECT)
		return sst_member_bad(obj, "not an object", e);
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		for (i = 0; i < n && !sst_slice_eq(k->text, sst_slice_str(names[i])); i++)
			;
		if (i == n)
			return sst_fail(e, SST_EINVAL, NULL, k->off, "unknown member \"%.*s\"",
			    k->text.n < 64 ? (int)k->text.n : 64, (const char *)k->text.p);
		if (found[i] != NULL)
			return sst_member_bad(k, "member twice", e);
		found[i] = k + 1;
	}
	return 0;
}

/* A whole number; its digits are all in the text. */
int
sst_member_integer(node *v, int64_t *out, struct sst_err *e)
{
	struct sst_slice s = v->text;
	bool neg = v->type == SST_JSON_NUMBER && s.p[0] == '-';
	uint64_t n = 0, max = (uint64_t)INT64_MAX + neg;
	size_t i;

	*out = 0;
	if (v->type != SST_JSON_NUMBER)
		return sst_member_bad(v, "not a number", e);
	for (i = neg; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return sst_member_bad(v, "not a whole number", e);
		if (n > (max - (uint64_t)(s.p[i] - '0')) / 10)
			return sst_member_bad(v, "number beyond 64 bits", e);
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = (int64_t)(neg ? 0 - n : n);
	return 0;
}

int
sst_member_u32(node *v, uint32_t *out, struct sst_err *e)
{
	int64_t n;

	*out = 0;
	if (sst_member_integer(v, &n, e) == -1)
		return -1;
	if (n < 0 || n > UINT32_MAX)
		return sst_member_bad(v, "number beyond 32 bits", e);
	*out = (uint32_t)n;
	return 0;
}

int
sst_member_value(struct sst_linein *in, const struct sst_type *type, node *v, struct sst_slice *out,
    struct sst_err *e)
{
	sst_buf_reset(&in->value);
	if (sst_type_from_json_node(type, v, &in->value, e) == -1) {
		e->off = v->off;
		return -1;
	}
	*out = sst_arena_slice(&in->arena, sst_buf_slice(&in->value));
	return in->value.bad || out->p == NULL ? sst_fail_nomem(e) : 0;
}

int
sst_member_deletion(node *obj, struct sst_deletion *del, struct sst_err *e)
{
	node *m[2];

	if (sst_members_of(obj, deletion_members, 2, m, e) == -1)
		return -1;
	if (m[0] == NULL || m[1] == NULL)
		return sst_member_bad(obj, "a deletion needs \"ts\" and \"at\"", e);
	return sst_member_integer(m[0], &del->ts_us, e) == -1 ||
		sst_member_integer(m[1], &del->ldt_s, e) == -1
	    ? -1
	    : 0;
}
