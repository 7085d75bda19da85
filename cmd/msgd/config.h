/*
 * cmd/msgd/config.h: what msgd.yaml and the command line say.  Texts are borrowed from the
 * configuration until it is freed.
 */
#ifndef MSGD_CONFIG_H
#define MSGD_CONFIG_H

#include "base/arena.h"
#include "msgd/passed.h"
#include "store/store.h"

#define MSGD_CONFIG_FILE "msgd.yaml" /* in DIR */
#define MSGD_CONFIG_KEYS_MAX 64

struct msgd_config {
	const char *dir;
	const char *listen;            /* address of the CQL port; NULL: 127.0.0.1 */
	bool no_cql;                   /* no ports but passed ones */
	struct msgd_passed passed;     /* instead of ports of ours */
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
	size_t frame_max;      /* bytes of one request */
	size_t inflight_max;   /* bytes of requests being worked on; above it: Overloaded */
	size_t output_max;     /* bytes waiting for a client that does not read */
	size_t output_all_max; /* bytes of answers waiting for all clients; above it: Overloaded */
	bool skip_damage, keep_log;
	bool compact;                /* run compact as a child when there is need */
	const char *compact_program; /* NULL: compact beside this program, else on PATH */
	uint64_t compact_rate;       /* bytes a second; 0: unlimited */

	/* What sync_ms is made of: msgd_config_finish chooses by the mode. */
	unsigned sync_period_ms, sync_window_ms;
};

/* A value as somebody wrote it. */
struct msgd_value {
	const char *text;
	bool quoted; /* in YAML: a text, whatever it looks like */
};

/* The defaults, as msgd.yaml(5) has them. */
void msgd_config_init(struct msgd_config *);

/* The number of keys, and one of them; by name. */
size_t msgd_config_nkeys(void);
const char *msgd_config_key(size_t i);
/* The index of a key, or -1. */
int msgd_config_find(struct sst_slice name);

/*
 * Sets what key i stands for; texts are copied into the arena.  SST_EINVAL says what is wanted:
 * "70000: want a number from 0 to 65535"; SST_ENOMEM.
 */
int msgd_config_set(struct msgd_config *, size_t i, const struct msgd_value *, struct sst_arena *,
    struct sst_err *);

/* After the last value: whether they go together, and what follows from them.  SST_EINVAL. */
int msgd_config_finish(struct msgd_config *, struct sst_err *);

/*
 * Takes the settings of a document of YAML, a mapping of keys to scalars; file is for messages.  An
 * error names the line: SST_EINVAL for what is no such document, a key that there is not or that
 * comes twice, and a value of the wrong type or out of its range; SST_ENOMEM.
 */
int msgd_config_parse(struct msgd_config *, struct sst_slice text, const char *file,
    struct sst_arena *, struct sst_err *);

/* Appends all settings as such a document; parsed, it gives the same ones. */
void msgd_config_print(const struct msgd_config *, struct sst_buf *);
/* Appends, as comments, what the first leaves open, as it is in `chosen`. */
void msgd_config_print_open(
    const struct msgd_config *, const struct msgd_config *chosen, struct sst_buf *);

#endif
