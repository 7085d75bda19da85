/* tests/faults/msgscan.c: what could not be read is not passed over. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "msgscan", __VA_ARGS__, NULL })

static const char *const before[] = { OLD, OLDER, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "page", .argv = ARGV("-d", FAULTS_DIR, "1"), .before = before },
	{ .name = "all", .argv = ARGV("-d", FAULTS_DIR, "--all"), .before = before },
	{ .name = "channels",
	    .argv = ARGV("-d", FAULTS_DIR, "--all", "-n", "1", "-o", "message_id,content"),
	    .before = before },
	{ .name = "anchor",
	    .argv = ARGV("-d", FAULTS_DIR, "--stats", "--before", "1000000000000000001", "1"),
	    .before = before },
	{ .name = "log", .argv = ARGV("-d", FAULTS_DIR, "--all"), .before = before, .left = LEFT },
	{ .name = "log-page", .argv = ARGV("-d", FAULTS_DIR, "2"), .before = before, .left = LEFT },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

/* It syncs nothing. */
const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
