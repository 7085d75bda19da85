/* libsst/schema/elements.c: see elements.h */
#include "schema/elements.h"

#include <stdlib.h>

#include "schema/int.h"

struct element {
	const struct sst_type *type; /* of the key; here, since qsort() takes no argument */
	struct sst_slice key, value;
	size_t index;
};

void
sst_elements_end(struct sst_elements *s)
{
	sst_buf_add(&s->ends, &s->bytes.n, sizeof(s->bytes.n));
}

void
sst_elements_free(struct sst_elements *s)
{
	sst_buf_free(&s->bytes);
	sst_buf_free(&s->ends);
}

/* By key, and of equal keys the last one first. */
static int
compare_elements(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	int c = sst_type_compare(x->type, x->key, y->key);

	return c != 0 ? c : SST_CMP(y->index, x->index);
}

static struct sst_slice
part(const struct sst_elements *s, size_t i)
{
	size_t range[2] = { 0, 0 };

	memcpy(range + (i == 0), s->ends.p + (i == 0 ? 0 : i - 1) * sizeof(size_t),
	    (i == 0 ? 1 : 2) * sizeof(size_t));
	return (struct sst_slice){ sst_buf_slice(&s->bytes).p + range[0], range[1] - range[0] };
}

static size_t
sort(struct element *list, size_t n)
{
	size_t i, kept = 0;

	qsort(list, n, sizeof(*list), compare_elements);
	for (i = 0; i < n; i++)
		if (kept == 0 ||
		    sst_type_compare(list[i].type, list[kept - 1].key, list[i].key) != 0)
			list[kept++] = list[i];
	return kept;
}

int
sst_elements_finish(struct sst_elements *s, struct sst_buf *b, struct sst_err *e)
{
	size_t each = s->type->kind == SST_MAP ? 2 : 1, n = s->ends.n / sizeof(size_t) / each, i;
	struct element *list;

	if (s->bytes.bad || s->ends.bad || (list = calloc(n + 1, sizeof(*list))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		list[i] = (struct element){ s->type->args[0], part(s, i * each),
			part(s, i * each + each - 1), i };
	}
	if (s->type->kind != SST_LIST)
		n = sort(list, n);
	sst_put_u32(b, (uint32_t)n);
	for (i = 0; i < n; i++) {
		sst_put_bytes32(b, list[i].key);
		if (each == 2)
			sst_put_bytes32(b, list[i].value);
	}
	free(list);
	if (b->bad)
		return sst_fail_nomem(e);
	if (s->bytes.n > INT32_MAX)
		return sst_fail(
		    e, SST_ELIMIT, NULL, SST_NOWHERE, "a collection of %zu bytes", s->bytes.n);
	return 0;
}
