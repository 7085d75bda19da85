/* cmd/tool/progress.c: one line on a terminal, rewritten twice a second after the first second. */
#include "tool/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST_MS = 1000,
	EVERY_MS = 500
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
tool_progress_start(struct tool_progress *p, const char *noun, uint64_t total, bool quiet)
{
	*p = (struct tool_progress){ .noun = noun, .total = total };
	p->on = !quiet && isatty(STDERR_FILENO);
	if (p->on)
		p->start_ms = now_ms();
	p->last_ms = p->start_ms + FIRST_MS - EVERY_MS;
}

void
tool_progress_step(struct tool_progress *p, uint64_t count, uint64_t bytes)
{
	double part, left_s, ran_s;
	int64_t now;

	if (!p->on || (now = now_ms()) - p->last_ms < EVERY_MS)
		return;
	p->last_ms = now;
	p->shown = true;
	ran_s = (double)(now - p->start_ms) / 1000;
	fprintf(stderr, "\r\033[K%" PRIu64 " %s, %.0f/s", count, p->noun, (double)count / ran_s);
	if (p->total > 0 && bytes > 0) {
		part = bytes < p->total ? (double)bytes / (double)p->total : 1;
		left_s = ran_s * (1 - part) / part;
		fprintf(stderr, ", %.0f%%, %.0f:%02d left", part * 100,
		    (double)(int64_t)(left_s / 60), (int)((int64_t)left_s % 60));
	}
	fflush(stderr);
}

void
tool_progress_end(struct tool_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
