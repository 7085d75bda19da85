/* base/names.c: a listing kept. */
#include "base/names.h"

#include <stdlib.h>

struct listing {
	struct sst_names *names;
	struct sst_arena *arena;
	size_t cap;
	bool nomem;
};

static int
collect(void *arg, const char *name)
{
	struct listing *l = arg;
	struct sst_names *to = l->names;
	const char **grown;

	if (to->n == l->cap) {
		l->cap = l->cap == 0 ? 32 : 2 * l->cap;
		if ((grown = sst_arena_array(l->arena, l->cap, sizeof(*grown))) == NULL)
			goto nomem;
		if (to->n > 0)
			memcpy(grown, to->v, to->n * sizeof(*grown));
		to->v = grown;
	}
	if ((to->v[to->n] = sst_arena_str(l->arena, name, strlen(name))) != NULL) {
		to->n++;
		return 0;
	}
nomem:
	l->nomem = true;
	return 1;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
sst_names_list(struct sst_names *names, struct sst_arena *a, const struct sst_io *io,
    const char *dir, struct sst_err *e)
{
	struct listing l = { .names = names, .arena = a };

	*names = (struct sst_names){ 0 };
	if (sst_io_list(io, dir, collect, &l, e) == -1)
		return -1;
	if (l.nomem)
		return sst_fail_nomem(e);
	if (names->n > 1)
		qsort(names->v, names->n, sizeof(*names->v), by_bytes);
	return 0;
}
