/* cmd/tool/output.c: standard output in big writes. */
#include "tool/output.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/complain.h"

void
tool_output_flush(struct tool_output *o)
{
	size_t done = 0;
	ssize_t n;

	if (o->buf.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	while (done < o->buf.n) {
		n = write(STDOUT_FILENO, o->buf.p + done, o->buf.n - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EPIPE)
			exit(o->gone);
		else if (errno != EINTR)
			exit(tool_problem(TROUBLE, "standard output: %s", strerror(errno)));
	}
	sst_buf_reset(&o->buf);
}

void
tool_output_end(struct tool_output *o)
{
	tool_output_flush(o);
	sst_buf_free(&o->buf);
	if (close(STDOUT_FILENO) == -1 && errno != EINTR)
		exit(tool_problem(TROUBLE, "standard output: %s", strerror(errno)));
}
