/* tests/faults/sstdiff.c: what could not be read is not called the same. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "sstdiff", __VA_ARGS__, NULL })
#define TABLE FAULTS_DIR "/data/chat/messages-7e9ac000e53e11f1a0156f737472616b"

static const char *const before[] = { OLD, OLDER, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "same", .argv = ARGV(FAULTS_DIR, TABLE), .before = before },
	{ .name = "files",
	    .argv = ARGV(TABLE "/me-1-big-Data.db", TABLE "/me-2-big-Data.db"),
	    .before = before },
	{ .name = "stat", .argv = ARGV("--stat", "-j", FAULTS_DIR, FAULTS_DIR), .before = before },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

/* It syncs nothing. */
const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
