/* cmd/msgd/ask.c: FLUSH and SNAPSHOT over DIR/msgd.sock. */
#include "msgd/ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "tool/tool.h"
#include "wire/client.h"

static int
ask(const char *dir, struct sst_slice text)
{
	struct sst_client *client = NULL;
	struct sst_err e;
	int r = sst_client_open_dir(&client, dir, &e), rc = SOUND;

	if (r == 0 && e.sys == EACCES) /* served, but not to everybody */
		return tool_worse(complain(&e), TROUBLE);
	if (r == 0)
		return tool_problem(TROUBLE, "%s: is not served by msgd", dir);
	if (r == -1 || sst_client_command(client, text, &e) == -1)
		rc = tool_worse(complain(&e), TROUBLE);
	sst_client_close(client);
	return rc;
}

int
msgd_ask_flush(const char *dir)
{
	return ask(dir, SST_SLICE_LIT("FLUSH"));
}

int
msgd_ask_snapshot(const char *dir, const char *name, bool quiet)
{
	struct sst_buf b = { 0 };
	char made[24];
	int rc;

	snprintf(made, sizeof(made), "%" PRId64, sst_now_us() / 1000);
	if (name == NULL)
		name = made;
	if (name[0] == '\0') /* the statement would say nothing of a name */
		return tool_problem(TROUBLE, "snapshot: a name has a byte at least");
	sst_buf_adds(&b, "SNAPSHOT ");
	sst_buf_adds(&b, name);
	rc = b.bad ? tool_problem(TROUBLE, "out of memory") : ask(dir, sst_buf_slice(&b));
	sst_buf_free(&b);
	if (rc == SOUND && !quiet && (puts(name) == EOF || fflush(stdout) == EOF))
		rc = tool_problem(TROUBLE, "standard output: cannot write");
	return rc;
}
