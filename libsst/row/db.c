/* row/db.c: a question that outlives the words of who asked it. */
#include "row/db.h"

int
sst_slices_copy(struct sst_range **to, const struct sst_range *from, size_t n, struct sst_arena *a,
    struct sst_err *e)
{
	struct sst_range *slices = sst_arena_array(a, n > 0 ? n : 1, sizeof(*slices));
	size_t i;

	*to = slices;
	if (slices == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++)
		if (sst_bound_copy(&slices[i].from, &from[i].from, a, e) == -1 ||
		    sst_bound_copy(&slices[i].to, &from[i].to, a, e) == -1)
			return -1;
	return 0;
}

int
sst_read_copy(
    struct sst_read *to, const struct sst_read *from, struct sst_arena *a, struct sst_err *e)
{
	struct sst_range *slices, *within;

	*to = *from;
	to->key = sst_arena_slice(a, from->key);
	if (from->key.p != NULL && to->key.p == NULL)
		return sst_fail_nomem(e);
	if (sst_slices_copy(&slices, from->slices, from->nslices, a, e) == -1)
		return -1;
	to->slices = slices;
	if (from->within == NULL)
		return 0;
	if (sst_slices_copy(&within, from->within, 1, a, e) == -1)
		return -1;
	to->within = within;
	return 0;
}
