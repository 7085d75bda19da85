/* tests/faults/sstsnap.c: whatever fails while a snapshot is made or taken away, what is live stays. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "sstsnap", __VA_ARGS__, NULL })

static const char *const before[] = { OLD, OLDER, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "create",
	    .argv = ARGV("-q", "-d", FAULTS_DIR, "create", "evening"),
	    .before = before,
	    .writes = true,
	    .once = true },
	{ .name = "create-log",
	    .argv = ARGV("-q", "-d", FAULTS_DIR, "create", "evening"),
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .once = true,
	    .slow = true },
	{ .name = "list",
	    .argv = ARGV("-j", "-d", FAULTS_DIR, "list"),
	    .before = before,
	    .prints_on = true },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

const struct faults_spare faults_spares[] = {
	{ "", "sst_snapshot_create",
	    "messages are judged here; tests/unit/snapshot.c leaves these out and looks at the "
	    "snapshot" },
	{ "", "sst_live_recover", "a snapshot that was cut short leaves nothing to recover" },
	{ "folder " FAULTS_DIR ":", "sst_datadir_make",
	    "whoever made a directory that is there may have died before this" },
};
const size_t faults_nspares = SST_ARRAY_LEN(faults_spares);
