/* tests/faults/sstdump.c: what could not be read is named, the rest is printed. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define ARGV(...) ((const char *const[]){ "sstdump", __VA_ARGS__, NULL })
#define TABLE FAULTS_DIR "/data/chat/messages-7e9ac000e53e11f1a0156f737472616b"

static const char *const before[] = { OLD, OLDER, NULL };

const struct faults_case faults_cases[] = {
	{ .name = "directory",
	    .argv = ARGV("-d", FAULTS_DIR),
	    .before = before,
	    .prints_on = true },
	{ .name = "files",
	    .argv = ARGV("-f", "sstabledump", "--now", "@1700000000", TABLE "/me-1-big-Data.db",
		TABLE "/me-2-big-Data.db"),
	    .before = before,
	    .prints_on = true },
	{ .name = "schema",
	    .argv = ARGV("--schema", TABLE "/schema.cql", TABLE),
	    .before = before,
	    .prints_on = true },
	{ .name = "log",
	    .argv = ARGV("--schema", TABLE "/schema.cql", FAULTS_DIR "/commitlog"),
	    .before = before,
	    .left = LEFT,
	    .prints_on = true },
	{ .name = "merged",
	    .argv = ARGV("--merge", "--now", "@1700000000", FAULTS_DIR),
	    .before = before,
	    .prints_on = true },
	{ .name = "chosen",
	    .argv = ARGV("-k", "1:191", "-f", "csv", FAULTS_DIR),
	    .before = before,
	    .prints_on = true },
	{ .name = "explain",
	    .argv = ARGV("--show", "explain", "-k", "1:238", FAULTS_DIR),
	    .before = before,
	    .prints_on = true },
	{ .name = "partitions",
	    .argv = ARGV("--show", "partitions", FAULTS_DIR),
	    .before = before,
	    .prints_on = true },
	{ .name = "component",
	    .argv = ARGV("--show", "stats", TABLE "/me-1-big-Statistics.db"),
	    .before = before,
	    .prints_on = true },
	{ .name = "hex",
	    .argv = ARGV("-f", "hex", "--show", "index", TABLE "/me-1-big-Index.db"),
	    .before = before,
	    .prints_on = true },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

/* It syncs nothing. */
const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
