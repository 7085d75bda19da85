/* tests/faults/compact.c: whatever fails while SSTables are merged, every message stays as it is. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "compact", __VA_ARGS__, NULL })
#define EDITED \
	"{\"channel_id\":\"1\",\"message_id\":\"1000000000000000001\",\"author_id\":\"5\"," \
	"\"author\":\"ann\",\"content\":\"old one\",\"pinned\":true}\n"

static const char *const before[] = { OLD, OLDER, EDITED, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "major",
	    .argv = ARGV("-d", FAULTS_DIR, "-q", "--major", "--no-idle"),
	    .before = before,
	    .writes = true },
	{ .name = "verify",
	    .argv = ARGV("-d", FAULTS_DIR, "-j", "--major", "--no-idle", "--verify"),
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .keeps_log = true },
	{ .name = "dry",
	    .argv = ARGV("-d", FAULTS_DIR, "-j", "--major", "--no-idle", "--dry-run"),
	    .before = before,
	    .prints_on = true,
	    .slow = true },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
