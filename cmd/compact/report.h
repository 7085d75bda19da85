/* cmd/compact/report.h: a line for each run. */
#ifndef COMPACT_REPORT_H
#define COMPACT_REPORT_H

#include <pthread.h>

#include "compact/compact.h"

struct report {
	struct tool_report table;
	pthread_mutex_t lock; /* of it: several tables may be at work */
};

struct report_run {
	const char *table;
	const struct sst_task *task;
	const struct sst_compaction *what;
	const struct sst_compacted *done;
	double seconds;
	const char *kept; /* why no tombstone went; NULL: they did */
	bool dry;
};

/* Starts a report in `form`; for people, a dry one says what would be given back and what is not. */
void report_start(struct report *, enum tool_form, bool dry, struct tool_output *out);
/* From any thread. */
void report_run(struct report *, const struct report_run *);
void report_end(struct report *);

#endif
