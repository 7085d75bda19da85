/* cmd/tool/output.h: standard output in big writes. */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include "base/buf.h"

#define TOOL_OUTPUT_FULL (256 * 1024) /* bytes gathered before they are written */

struct tool_output {        /* start with {0}: standard output */
	struct sst_buf buf; /* append here, then call tool_output_step */
	int gone;           /* exit status when the reader goes away: what is known by then */
};

/*
 * Writes all that is gathered.  A reader that has gone away (EPIPE) ends the program quietly with
 * the status `gone`; any other error, and a buffer poisoned by lack of memory, ends it with TROUBLE and a
 * message: nothing that a program prints is lost silently.
 */
void tool_output_flush(struct tool_output *);
/* Flushes and frees.  Call it before a normal exit. */
void tool_output_end(struct tool_output *);

/* Call it between records. */
static inline void
tool_output_step(struct tool_output *o)
{
	if (o->buf.n >= TOOL_OUTPUT_FULL || o->buf.bad)
		tool_output_flush(o);
}

#endif
