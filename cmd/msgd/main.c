/* cmd/msgd/main.c: the daemon's options. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "msgd/serve.h"
#include "tool/tool.h"

enum {
	OPT_LISTEN = TOOL_LONG,
	OPT_CQL_PORT,
	OPT_SHARD_PORT,
	OPT_SHARDS,
	OPT_SYNC
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory (else $OSTRAKA_DIR); made where there is none" },
	{ "listen", OPT_LISTEN, "ADDR", "address of the ports (127.0.0.1)" },
	{ "cql-port", OPT_CQL_PORT, "N", "port for CQL clients (9042); 0: one that is free" },
	{ "shard-port", OPT_SHARD_PORT, "N", "port for clients that know shards (19042)" },
	{ "shards", OPT_SHARDS, "N", "threads, each with its part of the data (one a core)" },
	{ "sync", OPT_SYNC, "MODE", "sync the log: periodic (every 10 s), group or batch" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "serve a data directory to CQL clients", NULL, options, NULL };

static unsigned
number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || n > max)
		tool_misuse(&tool, "%s: want a number up to %lu", text, max);
	return (unsigned)n;
}

static enum sst_sync
sync_mode(const char *text)
{
	if (strcmp(text, "periodic") == 0)
		return SST_SYNC_PERIODIC;
	if (strcmp(text, "group") == 0)
		return SST_SYNC_GROUP;
	if (strcmp(text, "batch") == 0)
		return SST_SYNC_BATCH;
	tool_misuse(&tool, "--sync %s: want periodic, group or batch", text);
}

int
main(int argc, char **argv)
{
	struct msgd_config c = { .cql_port = 9042, .shard_port = 19042 };
	const char *dir = NULL;
	int o;

	while ((o = tool_option(&tool, argc, argv)) != -1)
		switch (o) {
		case 'd':
			dir = optarg;
			break;
		case OPT_LISTEN:
			c.listen = optarg;
			break;
		case OPT_CQL_PORT:
			c.cql_port = (uint16_t)number(optarg, 65535);
			break;
		case OPT_SHARD_PORT:
			c.shard_port = (uint16_t)number(optarg, 65535);
			break;
		case OPT_SHARDS:
			c.shards = number(optarg, 256);
			break;
		case OPT_SYNC:
			c.sync = sync_mode(optarg);
			break;
		default:
			tool_usage(&tool);
		}
	if (optind < argc)
		tool_misuse(&tool, "%s: no operands are taken", argv[optind]);
	if ((c.dir = tool_dir(dir)) == NULL)
		tool_misuse(&tool, "no directory: -d or $OSTRAKA_DIR");
	return msgd_serve(&c);
}
