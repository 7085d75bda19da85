/*
 * tests/fuzz/config.c: msgd.yaml of any bytes.  What is taken is within its ranges, and printed it is
 * the same again.
 * covers: cmd/msgd/config.c cmd/msgd/yaml.c
 */
#include <assert.h>

#include "msgd/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice text = { data, size };
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_arena a = { 0 };
	struct msgd_config c, again;
	struct sst_err e;

	msgd_config_init(&c);
	if (msgd_config_parse(&c, text, "msgd.yaml", &a, &e) == 0) {
		assert(c.shards <= 256 && c.connections_max > 0 && c.frame_max > 0);
		assert(strlen(c.rack) > 0 && strlen(c.rack) < 256);
		msgd_config_print(&c, &once);
		msgd_config_init(&again);
		assert(msgd_config_parse(&again, sst_buf_slice(&once), "printed", &a, &e) == 0);
		msgd_config_print(&again, &twice);
		assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
		assert(msgd_config_finish(&c, &e) == msgd_config_finish(&again, &e));
	} else {
		assert(e.code == SST_EINVAL && e.what[0] != '\0');
	}
	sst_buf_free(&once);
	sst_buf_free(&twice);
	sst_arena_free(&a);
	return 0;
}
