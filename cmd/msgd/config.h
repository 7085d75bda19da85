/*
 * cmd/msgd/config.h: what msgd.yaml and the command line say.  Texts are borrowed from the
 * configuration until it is freed.
 */
#ifndef MSGD_CONFIG_H
#define MSGD_CONFIG_H

#include "store/store.h"

struct msgd_config {
	const char *dir;
	const char *listen;            /* address of the CQL port; NULL: 127.0.0.1 */
	bool no_cql;                   /* unix socket only */
	uint16_t cql_port, shard_port; /* 0: one that is free */
	unsigned shards;               /* 0: one for each core we may run on */
	enum sst_sync sync;
	unsigned sync_ms;
	uint32_t segment_size; /* bytes; 0: the store's default, and so with the next three */
	uint64_t log_max;
	size_t memory, cache; /* bytes, of all shards together */
	const char *cluster_name, *data_center, *rack, *broadcast_address;
	uint64_t tombstone_warn, tombstone_fail;
	unsigned connections_max;
	size_t frame_max;    /* bytes of one request */
	size_t inflight_max; /* bytes of requests being worked on; above it: Overloaded */
	size_t output_max;   /* bytes waiting for a client that does not read */
	bool skip_damage, keep_log;
	bool compact;                /* run compact as a child when there is need */
	const char *compact_program; /* NULL: compact beside this program, else on PATH */
	uint64_t compact_rate;       /* bytes a second; 0: unlimited */
};

#endif
