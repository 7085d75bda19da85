/* tests/served/planted-early.c: a fault for the tests to find: writes are acknowledged before the log has them. */
#include "msgd/settle.h"

void __wrap_msgd_settle_wait(struct msgd_shard *, struct msgd_leg *);

void
__wrap_msgd_settle_wait(struct msgd_shard *s, struct msgd_leg *l)
{
	msgd_leg_done(s, l);
}
