/*
 * tests/served/faulty.h: a page that a test shares with planted/msgd-faulty: which calls are to fail, and
 * how often some were made.  The environment names the file: FAULTY.
 */
#ifndef FAULTY_H
#define FAULTY_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULTY "MSGD_FAULTY"

struct faulty {
	/* errno of calls on files of the log and on those of tables; 0: they go well. */
	_Atomic int write_log, write_data, sync_log, open_data;
	_Atomic int accept;
	_Atomic int hold_sync;           /* one of the log does not come back while this is set */
	_Atomic int64_t wall_us;         /* how much the wall clock is ahead, or behind */
	_Atomic int64_t steady_us;       /* the other clock stands here; 0: it goes */
	_Atomic uint64_t accepts, waits; /* calls of accept4, of epoll_wait */
};

#endif
