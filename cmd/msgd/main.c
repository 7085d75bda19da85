/*
 * cmd/msgd/main.c: the command line of the daemon: settings come from msgd.yaml, options take
 * precedence.  With a command it asks the daemon that serves a directory to do something.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "msgd/ask.h"
#include "msgd/child.h"
#include "msgd/config.h"
#include "msgd/serve.h"
#include "tool/tool.h"

enum {
	OPT_CONFIG = TOOL_LONG,
	OPT_CHECK_CONFIG,
	OPT_KEEP_LOG,
	OPT_SKIP_DAMAGE,
	OPT_KEY /* from here on: settings, in the order of `settings` */
};

#define CONFIG_MAX ((size_t)64 << 10) /* bytes of msgd.yaml */

/* Options that stand for a key of msgd.yaml, and the value of those that take none. */
static const struct setting {
	const char *key, *value;
} settings[] = {
	{ "rpc_address", NULL },
	{ "native_transport_port", NULL },
	{ "native_shard_aware_transport_port", NULL },
	{ "start_native_transport", "false" },
	{ "shards", NULL },
	{ "commitlog_sync", NULL },
	{ "memtable_heap_space", NULL },
	{ "file_cache_size", NULL },
	{ "compact", "false" },
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory (else $OSTRAKA_DIR)" },
	{ "quiet", 'q', NULL, "no remarks; snapshot: do not print its name" },
	{ "config", OPT_CONFIG, "FILE", "settings (DIR/msgd.yaml)" },
	{ "check-config", OPT_CHECK_CONFIG, NULL, "print the settings in force, and end" },
	{ "listen", OPT_KEY, "ADDR", "address of the ports (127.0.0.1)" },
	{ "cql-port", OPT_KEY + 1, "N", "port for CQL (9042)" },
	{ "shard-port", OPT_KEY + 2, "N", "port for drivers that know shards (19042)" },
	{ "no-cql", OPT_KEY + 3, NULL, "no ports: DIR/msgd.sock only" },
	{ "shards", OPT_KEY + 4, "N", "threads (one for each processor)" },
	{ "sync", OPT_KEY + 5, "MODE", "sync the log: periodic, group or batch" },
	{ "memory", OPT_KEY + 6, "SIZE", "of memtables, of all shards together (256M)" },
	{ "cache", OPT_KEY + 7, "SIZE", "of decompressed chunks, of all shards (256M)" },
	{ "no-compact", OPT_KEY + 8, NULL, "do not run compact" },
	{ "keep-log", OPT_KEEP_LOG, NULL, "leave the log's segments, for a Cassandra to replay" },
	{ "skip-damage", OPT_SKIP_DAMAGE, NULL, "pass over damage in the log of a crash" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "serve a data directory to CQL clients", "[COMMAND DIR]", options,
	"Commands, to the msgd that serves DIR:\n"
	"  flush DIR             what is in memory becomes SSTables\n"
	"  snapshot DIR [NAME]   the same, and a snapshot of all tables; prints its name\n\n"
	"Exit status: 0 after a signal, or when the command was done; 2 when it could not\n"
	"serve, or do it, or was used wrongly.\n" };

struct run {
	const char *dir, *file;
	const char *given[SST_ARRAY_LEN(settings)]; /* arguments; NULL: not given */
	bool check, quiet, keep_log, skip_damage;
	struct msgd_config config;
	struct msgd_address passed; /* of the CQL socket that we were handed */
	struct sst_arena arena;
	struct sst_buf text;
};

static void
set_option(struct run *r, int opt)
{
	switch (opt) {
	case 'd':
		r->dir = optarg;
		break;
	case 'q':
		r->quiet = true;
		break;
	case OPT_CONFIG:
		r->file = optarg;
		break;
	case OPT_CHECK_CONFIG:
		r->check = true;
		break;
	case OPT_KEEP_LOG:
		r->keep_log = true;
		break;
	case OPT_SKIP_DAMAGE:
		r->skip_damage = true;
		break;
	default:
		r->given[opt - OPT_KEY] = optarg != NULL ? optarg : settings[opt - OPT_KEY].value;
	}
}

/* The file that --config names has to be there; the one in the directory need not. */
static int
read_file(struct run *r, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	const char *name = r->file;
	int rc;

	if (name == NULL) {
		sst_buf_addf(&path, "%s/%s", r->dir, MSGD_CONFIG_FILE);
		sst_buf_addc(&path, '\0');
		name = (const char *)path.p;
	}
	if (path.bad)
		rc = sst_fail_nomem(e);
	else
		rc = sst_io_read_file(&sst_io_posix, name, CONFIG_MAX, &r->text, e);
	if (rc == 0)
		rc = msgd_config_parse(&r->config, sst_buf_slice(&r->text), name, &r->arena, e);
	else if (r->file == NULL && e->code == SST_ESYS && e->sys == ENOENT)
		rc = 0;
	sst_buf_free(&path);
	return rc;
}

static const char *
option_name(size_t setting)
{
	size_t i;

	for (i = 0; options[i].name != NULL; i++)
		if (options[i].letter == OPT_KEY + (int)setting)
			return options[i].name;
	return "";
}

static int
set_given(struct run *r)
{
	struct msgd_value v = { 0 };
	struct sst_err e;
	size_t i;
	int key;

	for (i = 0; i < SST_ARRAY_LEN(settings); i++) {
		if ((v.text = r->given[i]) == NULL)
			continue;
		key = msgd_config_find(sst_slice_str(settings[i].key));
		if (key == -1)
			return tool_problem(TROUBLE, "--%s: no such key", option_name(i));
		if (msgd_config_set(&r->config, (size_t)key, &v, &r->arena, &e) == -1)
			return tool_problem(TROUBLE, "--%s %s", option_name(i), e.what);
	}
	r->config.dir = r->dir;
	r->config.keep_log = r->keep_log;
	r->config.skip_damage = r->skip_damage;
	return SOUND;
}

/* What nothing sets is in force too, but no setting: elsewhere it would be another. */
static int
print_config(const struct run *r)
{
	struct msgd_config chosen = r->config;
	struct tool_output out = { 0 };
	char program[MSGD_CHILD_PATH];

	chosen.broadcast_address = chosen.listen;
	chosen.log_max = 4 * chosen.memory;
	chosen.shards = msgd_cores();
	msgd_child_program(&r->config, program);
	chosen.compact_program = program;
	msgd_config_print(&r->config, &out.buf);
	msgd_config_print_open(&r->config, &chosen, &out.buf);
	tool_output_end(&out);
	return SOUND;
}

static bool
is_loopback(const char *address)
{
	static const uint8_t one[16] = { [15] = 1 };
	uint8_t a[16];

	if (inet_pton(AF_INET, address, a) == 1)
		return a[0] == 127;
	return inet_pton(AF_INET6, address, a) == 1 && memcmp(a, one, sizeof(one)) == 0;
}

static void
remark(const struct run *r, const char *address)
{
	if (!r->quiet && !is_loopback(address))
		tool_problem(SOUND,
		    "%s is no loopback address, and there is no authentication: "
		    "whoever reaches it reads and writes everything",
		    address);
}

/* A socket that was passed has an address already, to which all applies that is said of rpc_address. */
static int
take_passed(struct run *r, struct sst_err *e)
{
	const struct msgd_passed *p = &r->config.passed;
	struct msgd_address a;

	if (msgd_passed_take(&r->config.passed, e) == -1)
		return -1;
	if (p->fd[MSGD_CQL] != 0) {
		msgd_passed_address(p->fd[MSGD_CQL], &r->passed);
		r->config.listen = r->passed.host;
	}
	if (p->fd[MSGD_SHARD] != 0) {
		msgd_passed_address(p->fd[MSGD_SHARD], &a);
		if (strcmp(a.host, r->config.listen) != 0)
			remark(r, a.host);
	}
	return 0;
}

static int
configure(struct run *r)
{
	struct sst_err e;

	msgd_config_init(&r->config);
	if (r->dir == NULL && !(r->check && r->file != NULL))
		tool_misuse(&tool, "which? -d DIR, or OSTRAKA_DIR in the environment");
	if (read_file(r, &e) == -1)
		return tool_worse(complain(&e), TROUBLE);
	if (set_given(r) != SOUND)
		return TROUBLE;
	if (!r->check && take_passed(r, &e) == -1)
		return tool_worse(complain(&e), TROUBLE);
	if (msgd_config_finish(&r->config, &e) == -1)
		return complain(&e);
	if (!r->config.no_cql || r->passed.port != 0)
		remark(r, r->config.listen);
	return SOUND;
}

/* flush [DIR], snapshot [DIR] [NAME]: DIR is left out where -d names it. */
static int
run_command(struct run *r, int argc, char **argv)
{
	bool snapshot = strcmp(argv[0], "snapshot") == 0;
	int n = 1;

	if (!snapshot && strcmp(argv[0], "flush") != 0)
		tool_misuse(&tool, "no command %s: there are flush and snapshot", argv[0]);
	if (r->dir == NULL && n < argc)
		r->dir = argv[n++];
	r->dir = tool_dir(r->dir);
	if (r->dir == NULL || argc - n > snapshot)
		tool_misuse(&tool, snapshot ? "snapshot DIR [NAME]" : "flush DIR");
	if (!snapshot)
		return msgd_ask_flush(r->dir);
	return msgd_ask_snapshot(r->dir, n < argc ? argv[n] : NULL, r->quiet);
}

int
main(int argc, char **argv)
{
	struct run r = { 0 };
	int c, rc;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, c);
	if (optind < argc)
		return run_command(&r, argc - optind, argv + optind);
	r.dir = tool_dir(r.dir);
	rc = configure(&r);
	if (rc == SOUND)
		rc = r.check ? print_config(&r) : msgd_serve(&r.config);
	sst_buf_free(&r.text);
	sst_arena_free(&r.arena);
	return rc;
}
