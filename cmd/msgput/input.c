/* cmd/msgput/input.c: opens what is named, and tells what is wrong in it. */
#include "msgput/input.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "tool/tool.h"

int
input_start(struct input *in, const struct sst_import_opts *opts, struct sst_err *e)
{
	in->fd = -1;
	in->name = "";
	return sst_import_new(&in->import, opts, &in->leftout, e);
}

static int
read_some(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e)
{
	struct input *in = ctx;
	ssize_t r;

	if (in->before_read != NULL && in->before_read(in->arg, in->fd, e) == -1)
		return -1;
	r = read(in->fd, buf, n);
	if (r == -1)
		return sst_fail(e, SST_ESYS, in->name, SST_NOWHERE, "cannot read");
	*got = (size_t)r;
	return 0;
}

static bool
is_folder(const char *path)
{
	struct sst_stat st;
	struct sst_err e;

	return sst_io_stat(&sst_io_posix, path, &st, &e) == 0 && st.is_dir;
}

static int
open_stream(struct input *in, enum sst_import_form *form, const char *path, struct sst_err *e)
{
	bool standard = strcmp(path, "-") == 0;

	in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd == -1)
		return sst_fail(e, SST_ESYS, path, SST_NOWHERE, "cannot open");
	if (sst_import_stream(in->import, form, path, read_some, in, e) == -1)
		return -1;
	if (*form == SST_IMPORT_PACKAGE && standard)
		return sst_fail(e, SST_EUNSUPPORTED, path, SST_NOWHERE,
		    "a package is read from a file or folder, not from a pipe");
	return 0;
}

int
input_open(struct input *in, const char *path, struct sst_err *e)
{
	enum sst_import_form form = in->form;
	bool standard = strcmp(path, "-") == 0;

	in->name = path;
	in->package = false;
	if (form == SST_IMPORT_GUESS && !standard && is_folder(path))
		form = SST_IMPORT_PACKAGE;
	if ((form != SST_IMPORT_PACKAGE || standard) && open_stream(in, &form, path, e) == -1) {
		input_close(in);
		return -1;
	}
	if (form != SST_IMPORT_PACKAGE)
		return 0;
	input_close(in);
	in->package = true;
	return sst_import_package(in->import, &sst_io_posix, path, e);
}

void
input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

int
input_bad(struct input *in, const struct sst_err *e)
{
	const char *file = e->file[0] != '\0' ? e->file : in->name, *noun;
	uint64_t n = sst_import_place(in->import, &noun);
	char place[48] = "", byte[48] = "";

	if (in->bad++ >= INPUT_NAMED)
		return DAMAGED;
	if (n > 0)
		snprintf(place, sizeof(place), "%s %" PRIu64 ": ", noun, n);
	if (e->off != SST_NOWHERE)
		snprintf(byte, sizeof(byte), ", at byte %" PRIu64, e->off);
	return tool_problem(DAMAGED, "%s: %s%s%s", file, place, e->what, byte);
}

static void
tell_leftout(const struct sst_leftout *l)
{
	struct sst_buf b = { 0 };

	sst_leftout_list(l, &b);
	if (b.n > 0 && !b.bad)
		tool_problem(SOUND, "fields that are not stored: %.*s", (int)b.n, (char *)b.p);
	sst_buf_free(&b);
}

void
input_end(struct input *in, bool quiet)
{
	if (in->bad > INPUT_NAMED)
		tool_problem(DAMAGED, "and %" PRIu64 " more that are bad", in->bad - INPUT_NAMED);
	if (!quiet)
		tell_leftout(&in->leftout);
	sst_import_free(in->import);
	in->import = NULL;
}
