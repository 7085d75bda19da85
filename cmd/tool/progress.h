/* cmd/tool/progress.h: how far a long run is, on a terminal's standard error only. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct tool_progress {
	bool on;          /* standard error is a terminal, and not -q */
	bool shown;       /* a line stands there */
	const char *noun; /* what is counted: "rows" */
	uint64_t total;   /* bytes to go through in all; 0: not known, no time left is shown */
	int64_t start_ms, last_ms;
};

void tool_progress_start(struct tool_progress *, const char *noun, uint64_t total, bool quiet);
/* `count` things and `bytes` of the total are done.  Cheap; call it once a few thousand things. */
void tool_progress_step(struct tool_progress *, uint64_t count, uint64_t bytes);
/* Wipes the line, so that what is printed next stands alone.  May be followed by more steps. */
void tool_progress_end(struct tool_progress *);

#endif
