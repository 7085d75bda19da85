/* cmd/compact/jobs.h: several tables at once. */
#ifndef COMPACT_JOBS_H
#define COMPACT_JOBS_H

#include "compact/compact.h"

/* Compacts each, up to w->jobs at a time, which share its rate; the worst status.  The report is
 * printed from one thread at a time. */
int jobs_run(struct wishes *, const struct places *);

#endif
