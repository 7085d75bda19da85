/* tests/served/planted-drops.c: a fault for the tests to find: one change of 500 is acknowledged and forgotten. */
#include "query/modify.h"

int __real_sst_modify_make(struct sst_update **, size_t *, const struct sst_plan *,
    const struct sst_modify_opts *, struct sst_arena *, struct sst_err *);
int __wrap_sst_modify_make(struct sst_update **, size_t *, const struct sst_plan *,
    const struct sst_modify_opts *, struct sst_arena *, struct sst_err *);

int
__wrap_sst_modify_make(struct sst_update **u, size_t *n, const struct sst_plan *plan,
    const struct sst_modify_opts *opts, struct sst_arena *arena, struct sst_err *e)
{
	static _Atomic unsigned count;
	int rc = __real_sst_modify_make(u, n, plan, opts, arena, e);

	if (rc == 0 && ++count % 500 == 0)
		*n = 0;
	return rc;
}
