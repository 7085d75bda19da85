/* tests/faults/tombstat.c: what could not be looked at is named, and nothing is counted for it. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "tombstat", __VA_ARGS__, NULL })
#define TABLE FAULTS_DIR "/data/chat/messages-7e9ac000e53e11f1a0156f737472616b"

static const char *const before[] = { OLD, OLDER, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "directory",
	    .argv = ARGV("-d", FAULTS_DIR, "--now", "@1790000000"),
	    .before = before,
	    .left = LEFT,
	    .keeps_log = true,
	    .prints_on = true },
	{ .name = "files",
	    .argv = ARGV("-j", "--exact", "--now", "@1790000000", TABLE "/me-1-big-Data.db",
		TABLE "/me-2-big-Data.db"),
	    .before = before,
	    .prints_on = true },
	{ .name = "fast",
	    .argv = ARGV("--fast", "--prometheus", "--now", "@1790000000", TABLE),
	    .before = before,
	    .prints_on = true },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

/* It syncs nothing. */
const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
