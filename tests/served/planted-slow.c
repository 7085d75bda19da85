/*
 * tests/served/planted-slow.c: no fault, but a busy machine: each shard pauses at random, so that letters
 * lie about for as long as they never do otherwise.
 */
#include <time.h>

#include "msgd/loop.h"

int __real_msgd_loop_turn(
    struct msgd_loop *, int timeout_ms, int64_t *now_us, int64_t *steady_us, struct sst_err *);
int __wrap_msgd_loop_turn(
    struct msgd_loop *, int timeout_ms, int64_t *now_us, int64_t *steady_us, struct sst_err *);

int
__wrap_msgd_loop_turn(
    struct msgd_loop *l, int timeout_ms, int64_t *now_us, int64_t *steady_us, struct sst_err *e)
{
	static _Thread_local unsigned long long random;
	struct timespec t = { 0, 0 };

	random = (random ^ (unsigned long long)(size_t)l) * 6364136223846793005u + 1;
	if (random >> 61 == 0)
		t.tv_nsec = (long)(random >> 40 & 0xffff) * 400; /* 26 ms */
	nanosleep(&t, NULL);
	return __real_msgd_loop_turn(l, timeout_ms, now_us, steady_us, e);
}
