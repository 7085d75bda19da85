/* cmd/tool/textfile.c: whole files that an option names. */
#include "tool/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum {
	STEP = 64 * 1024
};

/* What has no size is read until it ends. */
static int
read_to_end(int fd, const char *path, size_t max, struct sst_buf *out, struct sst_err *e)
{
	size_t left = max;
	ssize_t n;

	for (;;) {
		if (!sst_buf_room(out, STEP))
			return sst_fail_nomem(e);
		n = read(fd, out->p + out->n, STEP);
		if (n == 0)
			return 0;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return sst_fail(e, SST_ESYS, path, SST_NOWHERE, "cannot read");
		if ((size_t)n > left)
			return sst_fail(
			    e, SST_ELIMIT, path, SST_NOWHERE, "longer than %zu bytes", max);
		left -= (size_t)n;
		out->n += (size_t)n;
	}
}

int
tool_read_text(const char *path, size_t max, struct sst_buf *out, struct sst_err *e)
{
	bool input = strcmp(path, "-") == 0;
	struct stat st;
	int fd, r;

	if (!input && (stat(path, &st) == -1 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return sst_io_read_file(&sst_io_posix, path, max, out, e);
	if (input)
		return read_to_end(STDIN_FILENO, "standard input", max, out, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return sst_fail(e, SST_ESYS, path, SST_NOWHERE, "cannot open");
	r = read_to_end(fd, path, max, out, e);
	close(fd);
	return r;
}
