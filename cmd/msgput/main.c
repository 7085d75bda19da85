/*
 * cmd/msgput/main.c: messages into a data directory.  One that is bad is named and passed over; what is good is in the commit log as soon as --sync says, and all of it in SSTables when
 * the program ends.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "msg/message.h"
#include "msg/snowflake.h"
#include "msgput/acks.h"
#include "msgput/input.h"
#include "msgput/recover.h"
#include "store/ids.h"
#include "store/store.h"
#include "tool/tool.h"
#include "wire/client.h"

enum {
	OPT_EDIT = TOOL_LONG,
	OPT_DELETE,
	OPT_STRICT,
	OPT_MEMORY,
	OPT_NO_WAIT,
	OPT_BULK,
	OPT_SYNC,
	OPT_ACK,
	OPT_KEEP_LOG,
	OPT_SKIP_DAMAGE,
	OPT_NOW,
	OPT_CHANNEL,
	OPT_AUTHOR
};

#define MEMORY_MIN ((uint64_t)1 << 20)
#define PROGRESS_EVERY 4096 /* lines */
#define IDS_LOCK "ids.lock"

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory (else $OSTRAKA_DIR)" },
	{ "format", 'f', "FORMAT", "of the input: ndjson, dce, package or csv (found out)" },
	{ "json", 'j', NULL, "print what was done as a JSON object" },
	{ "quiet", 'q', NULL, "no progress, no word about unknown fields" },
	{ "worker", 'w', "N", "worker in the ids that are made, 0 to 1023 (0)" },
	{ "edit", OPT_EDIT, NULL, "lines are edits: only what they name is written" },
	{ "delete", OPT_DELETE, NULL, "lines name messages to delete" },
	{ "strict", OPT_STRICT, NULL, "refuse lines with fields that are not known" },
	{ "memory", OPT_MEMORY, "SIZE", "memory that is full becomes an SSTable (64M)" },
	{ "no-wait", OPT_NO_WAIT, NULL, "fail when another process writes to DIR" },
	{ "sync", OPT_SYNC, "MODE", "sync the log: periodic (every 10 s), group or batch" },
	{ "ack", OPT_ACK, NULL, "print each message_id once it is durable" },
	{ "bulk", OPT_BULK, NULL, "write no log: messages are safe once in SSTables" },
	{ "keep-log", OPT_KEEP_LOG, NULL, "leave the log's segments, for a Cassandra to replay" },
	{ "skip-damage", OPT_SKIP_DAMAGE, NULL, "pass over damage in the log of a crash" },
	{ "now", OPT_NOW, "TIME", "the time of edits and deletions that have none" },
	{ "channel", OPT_CHANNEL, "ID", "the channel of messages that do not say theirs" },
	{ "author", OPT_AUTHOR, "ID", "the author of messages that do not say theirs" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "store messages", "[FILE|-]...", options,
	"Lines are JSON objects: channel_id, message_id, author_id, author, content ...\n"
	"dce: DiscordChatExporter's JSON; package: a Discord data package, zip or folder.\n" };

static volatile sig_atomic_t stopped;

struct run {
	const char *dir;
	struct sst_store_opts store_opts;
	struct sst_import_opts import_opts;
	enum sst_message_change change;
	uint32_t worker;
	bool quiet, json, bulk, synced;
	int64_t now_us; /* of the next change without a time of its own */

	struct sst_store *store;   /* of the directory; or */
	struct sst_client *client; /* of the msgd that serves it */
	struct sst_messages messages;
	struct sst_ids *ids; /* opened for the first message without an id */
	struct sst_lock ids_lock;
	struct sst_message_update update;
	struct input input;
	struct acks acks;
	struct tool_progress progress;
	uint64_t done, made;
	bool failed; /* to store, not to read; the user knows why */
};

static void
on_signal(int sig)
{
	stopped = sig;
}

/* From here on a signal ends the input, not the program: what was taken in is kept. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static void
note(void *arg, const char *text)
{
	(void)arg;
	tool_problem(SOUND, "%s", text);
}

/* Of a directory that is served, whose lock is not ours, one process at a time makes ids. */
static int
lock_ids(struct run *r, struct sst_err *e)
{
	int rc = sst_lock_take(&r->ids_lock, &sst_io_posix, r->dir, IDS_LOCK, false, e);

	if (rc == -1 && e->code == SST_EBUSY && !r->store_opts.no_wait) {
		if (!r->quiet) {
			complain(e);
			tool_problem(SOUND, "waiting");
		}
		rc = sst_lock_take(&r->ids_lock, &sst_io_posix, r->dir, IDS_LOCK, true, e);
	}
	return rc;
}

static int
open_ids(struct run *r, struct sst_err *e)
{
	if (r->client != NULL && lock_ids(r, e) == -1)
		return -1;
	return sst_ids_open(&r->ids, &sst_io_posix, r->dir, NULL, e);
}

static int
make_id(struct run *r, struct sst_message *m, struct sst_err *e)
{
	uint32_t sequence;
	int64_t ms;

	if (r->ids == NULL && open_ids(r, e) == -1)
		return -1;
	if (sst_ids_next(r->ids, &ms, &sequence, e) == -1 ||
	    sst_snowflake_make(&m->id, ms, r->worker, sequence, e) == -1)
		return -1;
	m->has_id = true;
	r->made++;
	return 0;
}

/* Tells what is bad, on a line of its own. */
static int
bad_message(struct run *r, const struct sst_err *e)
{
	tool_progress_end(&r->progress);
	return input_bad(&r->input, e);
}

static int
store_failed(struct run *r, const struct sst_err *e)
{
	r->failed = true;
	complain(e);
	return TROUBLE;
}

/* One message: SOUND, DAMAGED when it was bad, TROUBLE when nothing more can be stored. */
static int
take_message(struct run *r, struct sst_message *m)
{
	struct sst_db *db = r->messages.db;
	struct sst_logpos pos;
	struct sst_err e;

	if (!m->has_id && r->change == SST_MESSAGE_STORE && m->has_channel &&
	    m->value[SST_MSG_AUTHOR_ID].p != NULL && make_id(r, m, &e) == -1) {
		complain(&e);
		return TROUBLE;
	}
	if (sst_message_make(&r->update, &r->messages, m, r->change, r->now_us, &e) == -1)
		return bad_message(r, &e);
	if (db->ops->apply(db, &r->update.update, &pos, &e) == -1) {
		if (e.code == SST_ELIMIT) { /* larger than the log takes: the line is at fault */
			e.file[0] = '\0';
			return bad_message(r, &e);
		}
		return store_failed(r, &e);
	}
	r->now_us++; /* of two edits in a row the later one wins */
	r->done++;
	return acks_add(&r->acks, pos, m->id, &e) == -1 ? store_failed(r, &e) : SOUND;
}

static int
read_failed(struct run *r, const struct sst_err *e)
{
	if (e->code != SST_ESYS && e->code != SST_ENOMEM)
		return bad_message(r, e);
	if (e->code == SST_ESYS && e->sys == EINTR)
		return SOUND;
	tool_progress_end(&r->progress);
	complain(e);
	return TROUBLE;
}

static int
before_read(void *arg, int fd, struct sst_err *e)
{
	struct run *r = arg;

	if (acks_wait(&r->acks, fd, e) == 0)
		return 0;
	r->failed = e->code != SST_ESYS || e->sys != EINTR; /* read_failed() says why */
	return -1;
}

/* All messages of an open file; TROUBLE also when another file could not do better. */
static int
take_messages(struct run *r, bool *stop)
{
	struct sst_message m;
	struct sst_err e;
	int rc = SOUND, one, n;

	while (!stopped && (n = sst_import_next(r->input.import, &m, &e)) != 0) {
		if (n == -1) {
			one = read_failed(r, &e);
			rc = tool_worse(rc, one);
			if (one == TROUBLE)
				break;
			continue;
		}
		one = take_message(r, &m);
		rc = tool_worse(rc, one);
		if (one == TROUBLE) {
			*stop = true;
			break;
		}
		if (r->done % PROGRESS_EVERY == 0)
			tool_progress_step(
			    &r->progress, r->done, sst_import_bytes(r->input.import));
	}
	return rc;
}

static int
take_file(struct run *r, const char *path, bool *stop)
{
	struct sst_err e;
	int rc;

	if (input_open(&r->input, path, &e) == -1) {
		if (e.code == SST_ESYS && e.sys == EINTR)
			return SOUND;
		tool_progress_end(&r->progress);
		return complain(&e);
	}
	if (r->input.package) /* deflated: how much is left is not known */
		r->progress.total = 0;
	rc = take_messages(r, stop);
	input_close(&r->input);
	return rc;
}

/* Bytes of all files; 0 when they are not all files. */
static uint64_t
total_size(int n, char **paths)
{
	struct sst_stat st;
	struct sst_err e;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (strcmp(paths[i], "-") == 0 ||
		    sst_io_stat(&sst_io_posix, paths[i], &st, &e) == -1 || st.is_dir)
			return 0;
		sum += st.size;
	}
	return sum;
}

static int
tell_stopped(const struct run *r)
{
	const char *noun;
	uint64_t n = sst_import_place(r->input.import, &noun);

	return tool_problem(TROUBLE,
	    "stopped by a signal after %s %" PRIu64 " of %s; keeping what was read", noun, n,
	    r->input.name);
}

static int
take_files(struct run *r, int n, char **paths)
{
	static char standard_input[] = "-", *only[] = { standard_input };
	bool stop = false;
	int i, rc = SOUND;

	if (n == 0) {
		paths = only;
		n = 1;
	}
	r->input.before_read = before_read;
	r->input.arg = r;
	tool_progress_start(&r->progress, "messages", total_size(n, paths), r->quiet);
	for (i = 0; i < n && !stop && !stopped; i++)
		rc = tool_worse(rc, take_file(r, paths[i], &stop));
	tool_progress_end(&r->progress);
	return stopped ? tell_stopped(r) : rc;
}

/* An option that says how the directory is written to, when it is msgd that writes; NULL: none. */
static const char *
option_of_writer(const struct run *r)
{
	const struct sst_store_opts *o = &r->store_opts;

	return r->bulk       ? "--bulk"
	    : r->synced      ? "--sync"
	    : o->memory != 0 ? "--memory"
	    : o->keep_log    ? "--keep-log"
	    : o->skip_damage ? "--skip-damage"
			     : NULL;
}

/* SST_ONE: the directory is served, and messages go by way of msgd; 0: it is not. */
static int
open_served(struct run *r, struct sst_err *e)
{
	const char *option = option_of_writer(r);
	const struct sst_table *table;
	int rc = sst_client_open_dir(&r->client, r->dir, e);

	if (rc != SST_ONE)
		return rc;
	if (option != NULL)
		return sst_fail(e, SST_EINVAL, r->dir, SST_NOWHERE,
		    "is served by msgd, whose settings count: no %s", option);
	r->acks.db = sst_client_db(r->client);
	if (sst_client_table(r->client, SST_SLICE_LIT(SST_MESSAGES_KEYSPACE),
		SST_SLICE_LIT(SST_MESSAGES_TABLE), &table, e) == -1)
		return -1;
	return sst_messages_bind(&r->messages, r->acks.db, e) == -1 ? -1 : SST_ONE;
}

/* Opens the directory; says for whom it waits, where it has to. */
static int
open_store(struct run *r, struct sst_err *e)
{
	struct sst_store_opts o = r->store_opts;

	o.schema = sst_slice_str(sst_messages_cql);
	o.note = note;
	o.no_wait = true;
	if (recover_log(r->dir, &o, e) == -1)
		return -1;
	if (sst_store_open(&r->store, &sst_io_posix, r->dir, &o, e) == -1) {
		if (e->code != SST_EBUSY || r->store_opts.no_wait)
			return -1;
		if (!r->quiet) {
			complain(e);
			tool_problem(SOUND, "waiting");
		}
		o.no_wait = false;
		if (sst_store_open(&r->store, &sst_io_posix, r->dir, &o, e) == -1)
			return -1;
	}
	r->acks.store = r->store;
	r->acks.db = sst_store_db(r->store);
	return sst_messages_bind(&r->messages, sst_store_db(r->store), e);
}

/* First the log, then all of it in SSTables: when those cannot be written, the log still has it. */
static int
store_all(struct run *r)
{
	struct sst_err e;
	bool logged = !r->bulk && acks_sync(&r->acks, &e) == 0;

	if (!r->bulk && !logged && !(r->client != NULL && r->failed)) /* msgd would say it twice */
		complain(&e);
	if (r->client != NULL) /* what is acknowledged is msgd's to keep */
		return logged ? SOUND : TROUBLE;
	if (sst_store_flush(r->store, &e) == 0 && acks_settle(&r->acks, &e) == 0)
		return !r->bulk && !logged ? TROUBLE : SOUND;
	complain(&e);
	return tool_problem(TROUBLE,
	    logged ? "what was read is in the commit log, and the next run stores it"
		   : "not all messages are stored");
}

static int
close_all(struct run *r)
{
	int rc = store_all(r);
	struct sst_err e;

	if (rc != SOUND)
		sst_store_drop(r->store);
	else if (sst_store_close(r->store, &e) == -1)
		rc = tool_worse(TROUBLE, complain(&e));
	if (sst_ids_close(r->ids, &e) == -1)
		rc = tool_worse(TROUBLE, complain(&e));
	sst_lock_drop(&r->ids_lock);
	sst_client_close(r->client);
	acks_free(&r->acks);
	return rc;
}

static void
tell_done(const struct run *r)
{
	static const struct tool_field fields[] = { { "stored", TOOL_RIGHT },
		{ "edited", TOOL_RIGHT }, { "deleted", TOOL_RIGHT }, { "bad_lines", TOOL_RIGHT },
		{ "ids_made", TOOL_RIGHT } };
	struct tool_output out = { 0 };
	struct tool_report report;
	size_t i;

	tool_report_start(&report, TOOL_NDJSON, fields, 5, &out);
	for (i = 0; i < 3; i++)
		tool_set_u64(&report, i, i == (size_t)r->change ? r->done : 0);
	tool_set_u64(&report, 3, r->input.bad);
	tool_set_u64(&report, 4, r->made);
	tool_report_row(&report);
	tool_report_end(&report);
	tool_output_end(&out);
}

static void
set_sync(struct run *r, const char *mode)
{
	static const struct {
		const char *name;
		enum sst_sync sync;
	} modes[] = { { "periodic", SST_SYNC_PERIODIC }, { "group", SST_SYNC_GROUP },
		{ "batch", SST_SYNC_BATCH } };
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(modes); i++)
		if (strcmp(mode, modes[i].name) == 0) {
			r->store_opts.sync = modes[i].sync;
			return;
		}
	exit(tool_problem(TROUBLE, "--sync %s: want periodic, group or batch", mode));
}

static int64_t
id_option(const char *option, const char *text)
{
	struct sst_err e;
	int64_t id;

	if (sst_snowflake_parse(&id, sst_slice_str(text), &e) == -1)
		exit(tool_problem(TROUBLE, "%s %s: %s", option, text, e.what));
	return id;
}

static void
set_log_option(struct run *r, int opt)
{
	switch (opt) {
	case OPT_BULK:
		r->bulk = true;
		r->store_opts.sync = SST_SYNC_NONE;
		break;
	case OPT_SYNC:
		r->synced = true;
		set_sync(r, optarg);
		break;
	case OPT_ACK:
		r->acks.print = true;
		break;
	case OPT_KEEP_LOG:
		r->store_opts.keep_log = true;
		break;
	case OPT_SKIP_DAMAGE:
		r->store_opts.skip_damage = true;
		break;
	}
}

static void
set_option(struct run *r, int opt)
{
	struct sst_err e;
	uint64_t n;

	switch (opt) {
	case 'd':
		r->dir = optarg;
		break;
	case 'f':
		if (sst_import_form(&r->input.form, optarg) == -1)
			exit(tool_problem(
			    TROUBLE, "-f %s: want ndjson, dce, package or csv", optarg));
		break;
	case 'j':
		r->json = true;
		break;
	case 'q':
		r->quiet = true;
		break;
	case 'w':
		n = tool_count("-w", optarg);
		if (n >= SST_SNOWFLAKE_WORKERS)
			exit(tool_problem(TROUBLE, "-w %s: want 0 to 1023", optarg));
		r->worker = (uint32_t)n;
		break;
	case OPT_EDIT:
	case OPT_DELETE:
		if (r->change != SST_MESSAGE_STORE)
			tool_misuse(&tool, "--edit and --delete exclude each other");
		r->change = opt == OPT_EDIT ? SST_MESSAGE_EDIT : SST_MESSAGE_DELETE;
		r->import_opts.clears = opt == OPT_EDIT;
		break;
	case OPT_STRICT:
		r->import_opts.strict = true;
		break;
	case OPT_MEMORY:
		n = tool_size("--memory", optarg);
		if (n < MEMORY_MIN)
			exit(tool_problem(TROUBLE, "--memory %s: want 1M or more", optarg));
		r->store_opts.memory = (size_t)n;
		break;
	case OPT_NO_WAIT:
		r->store_opts.no_wait = true;
		break;
	case OPT_CHANNEL:
		r->import_opts.channel = id_option("--channel", optarg);
		break;
	case OPT_AUTHOR:
		r->import_opts.author_id = id_option("--author", optarg);
		break;
	case OPT_NOW:
		if (sst_time_parse(&r->now_us, sst_slice_str(optarg), sst_now_us(), &e) == -1)
			exit(tool_problem(TROUBLE, "--now: %s", e.what));
		break;
	default:
		set_log_option(r, opt);
	}
}

int
main(int argc, char **argv)
{
	struct run r = { .now_us = sst_now_us(),
		.import_opts = { .channel = -1, .author_id = -1 } };
	struct sst_err e;
	int c, rc;

	r.ids_lock.fd = -1;
	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, c);
	r.dir = tool_dir(r.dir);
	if (r.dir == NULL)
		tool_misuse(&tool, "where to? -d DIR, or OSTRAKA_DIR in the environment");
	if (r.bulk && (r.synced || r.store_opts.keep_log))
		tool_misuse(&tool, "--bulk writes no log to sync or to keep");
	rc = open_served(&r, &e);
	if (rc == 0)
		rc = open_store(&r, &e);
	if (rc == -1 || input_start(&r.input, &r.import_opts, &e) == -1) {
		complain(&e);
		sst_store_drop(r.store);
		sst_client_close(r.client);
		return TROUBLE;
	}
	catch_signals();
	rc = take_files(&r, argc - optind, argv + optind);
	input_end(&r.input, r.quiet);
	rc = tool_worse(rc, close_all(&r));
	if (r.json)
		tell_done(&r);
	return rc;
}
