/* tests/faults/bucketcalc.c: it knows no files, but an input and an output. */
#include "base/num.h"
#include "faults.h"

#define ARGV(...) ((const char *const[]){ "bucketcalc", __VA_ARGS__, NULL })
#define IDS "1000000000000000001\n900000000000000003\n"

const struct faults_case faults_cases[] = {
	{ .name = "table", .argv = ARGV("-"), .input = IDS },
	{ .name = "json", .argv = ARGV("-j", "-"), .input = IDS },
	{ .name = "operands", .argv = ARGV("1000000000000000001") },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

/* It syncs nothing. */
const struct faults_spare faults_spares[1];
const size_t faults_nspares = 0;
