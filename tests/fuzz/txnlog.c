/*
 * tests/fuzz/txnlog.c: any bytes as a transaction log, and what is sound of it written again; a name
 * that we make is one.
 * covers: libsst/live/txnlog.c
 */
#include <stdlib.h>

#include "live/txnlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sst_arena a = { 0 };
	struct sst_buf b = { 0 };
	struct sst_txnlog log, again;
	struct sst_err e;
	uint8_t random[8] = { 0 };
	char name[128], ours[SST_TXNLOG_NAME];
	size_t i;

	if (sst_txnlog_parse(&log, &a, (struct sst_slice){ data, n }, &e) == -1)
		abort();
	for (i = 0; i < log.nrecords; i++) {
		sst_txn_record_base(&log.records[i]);
		sst_txnlog_put(&b, &log.records[i]);
	}
	if (sst_txnlog_parse(&again, &a, sst_buf_slice(&b), &e) == -1 ||
	    again.nrecords != log.nrecords)
		abort();
	if (log.state != SST_TXN_DOUBTFUL && again.state != log.state)
		abort();
	i = n < sizeof(name) - 1 ? n : sizeof(name) - 1;
	if (i > 0)
		memcpy(name, data, i);
	name[i] = '\0';
	sst_txnlog_is_name(name);
	if (n > 0)
		memcpy(random, data, n < sizeof(random) ? n : sizeof(random));
	sst_txnlog_name(ours, "me", "flush", (int64_t)(n << 40), random);
	if (!sst_txnlog_is_name(ours))
		abort();
	sst_buf_free(&b);
	sst_arena_free(&a);
	return 0;
}
