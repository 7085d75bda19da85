/* tests/served/planted-stale.c: a fault for the tests to find: shared answers outlive writes. */
#include "msgd/coalesce.h"

void __wrap_msgd_coalesce_written(struct msgd_coalescer *, int64_t token);

void
__wrap_msgd_coalesce_written(struct msgd_coalescer *c, int64_t token)
{
	(void)c;
	(void)token;
}
