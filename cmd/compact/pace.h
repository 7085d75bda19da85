/* cmd/compact/pace.h: how fast, how politely, and when to stop. */
#ifndef COMPACT_PACE_H
#define COMPACT_PACE_H

#include "tool/tool.h"

struct pace {          /* start with {0} but for the first two */
	uint64_t rate; /* bytes of rows read in a second; 0: as fast as it goes */
	bool hidden;   /* no progress is shown */
	struct tool_progress progress;
	int64_t start_ns;
	uint64_t start_bytes;
};

/* From here on SIGINT, SIGTERM and SIGHUP end the run at the next step: nothing is half done. */
void pace_catch_signals(void);
bool pace_stopped(void);
/* Processor and disk are taken only when nobody else wants them. */
void pace_be_idle(void);

/* A run over `total` bytes begins. */
void pace_start(struct pace *, uint64_t total, bool quiet);
/* As sst_compaction.step; arg is a struct pace. */
int pace_step(void *arg, uint64_t bytes, uint64_t rows, struct sst_err *);
void pace_end(struct pace *);

double pace_seconds(void); /* of a clock that only goes forward */
void pace_sleep_ms(int64_t ms);

#endif
