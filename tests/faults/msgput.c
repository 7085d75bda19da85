/* tests/faults/msgput.c: what msgput says is stored is stored. */
#include "base/num.h"
#include "faults.h"
#include "messages.h"

#define NEW \
	"{\"channel_id\":\"1\",\"message_id\":\"1100000000000000004\",\"author_id\":\"5\"," \
	"\"author\":\"ann\",\"content\":\"new one\"}\n" \
	"{\"channel_id\":\"3\",\"message_id\":\"1100000000000000005\",\"author_id\":\"7\"," \
	"\"content\":\"new two\"}\n" \
	"{\"channel_id\":\"2\",\"message_id\":\"1100000000000000006\",\"author_id\":\"6\"," \
	"\"content\":\"new three\"}\n"
#define MADE \
	"{\"channel_id\":\"1\",\"author_id\":\"5\",\"content\":\"made one\"}\n" \
	"{\"channel_id\":\"2\",\"author_id\":\"6\",\"content\":\"made two\"}\n"
#define BAD "{\"channel_id\":\"1\",\"message_id\":\"no number\",\"author_id\":\"5\"}\n"
#define EDITS \
	"{\"channel_id\":\"1\",\"message_id\":\"1000000000000000001\",\"content\":\"edited\"}\n" \
	"{\"channel_id\":\"2\",\"message_id\":\"1000000000000000002\",\"pinned\":true}\n"
#define DELETIONS \
	"{\"channel_id\":\"1\",\"message_id\":\"1000000000000000001\"}\n" \
	"{\"channel_id\":\"1\",\"message_id\":\"900000000000000003\"}\n"

#define DCE \
	"{\"guild\":{\"id\":\"0\"},\"channel\":{\"id\":\"3\",\"type\":\"DirectTextChat\"}," \
	"\"messages\":[{\"id\":\"1100000000000000005\",\"type\":\"Default\",\"content\":" \
	"\"exported\"," \
	"\"author\":{\"id\":\"7\",\"name\":\"bob\"},\"isPinned\":true},\n" \
	"{\"id\":\"1100000000000000008\",\"type\":\"Reply\",\"content\":\"exported too\"," \
	"\"author\":{\"id\":\"8\",\"name\":\"cy\"}}],\"messageCount\":2}\n"
#define CSV \
	"channel_id,message_id,author_id,content,mentions\n" \
	"1,1100000000000000004,5,\"of, two\nlines\",\n" \
	"3,1100000000000000005,7,short,\"[\"\"9\"\"]\"\n"
#define EXPORTED \
	"AuthorID,Author,Date,Content,Attachments,Reactions\n" \
	"7,bob,2024-01-01T00:00:00.0000000+00:00,first,,\n" \
	"7,bob,2024-01-01T00:00:00.0000000+00:00,second,,\n"

#define ARGV(...) ((const char *const[]){ "msgput", __VA_ARGS__, NULL })

static const char *const before[] = { OLD, OLDER, NULL };

static const struct faults_file folder[] = {
	{ "/p/Account/user.json", "{\"id\":\"7\",\"username\":\"bob\"}", NULL },
	{ "/p/Messages/index.json", "{\"3\":\"a channel\"}", NULL },
	{ "/p/Messages/c3/channel.json", "{\"id\":\"3\",\"type\":\"DM\"}", NULL },
	{ "/p/Messages/c3/messages.json",
	    "[{\"ID\":1100000000000000005,\"Contents\":\"mine\",\"Attachments\":\"\"}]", NULL },
	{ "/p/Messages/c4/channel.json", "{\"id\":\"4\",\"type\":\"DM\"}", NULL },
	{ "/p/Messages/c4/messages.csv",
	    "ID,Timestamp,Contents,Attachments\n1100000000000000009,,mine too,\n", NULL },
	{ NULL, NULL, NULL },
};
static const struct faults_file zip[] = {
	{ "/p.zip", NULL, "tests/data/imports/2022.zip" },
	{ NULL, NULL, NULL },
};

const struct faults_case faults_cases[] = {
	{ .name = "fresh", .argv = ARGV("-d", FAULTS_DIR), .input = NEW, .writes = true },
	{ .name = "more",
	    .argv = ARGV("-d", FAULTS_DIR, "-j"),
	    .input = NEW,
	    .before = before,
	    .writes = true,
	    .slow = true },
	{ .name = "file",
	    .argv = ARGV("-d", FAULTS_DIR, FAULTS_INPUT, FAULTS_INPUT),
	    .input = NEW BAD,
	    .before = before,
	    .writes = true },
	{ .name = "ids",
	    .argv = ARGV("-d", FAULTS_DIR, "-q"),
	    .input = MADE,
	    .before = before,
	    .writes = true,
	    .slow = true,
	    .makes = true },
	{ .name = "edit",
	    .argv = ARGV("-d", FAULTS_DIR, "--edit", "--now", "@1700000000"),
	    .input = EDITS,
	    .before = before,
	    .writes = true },
	{ .name = "delete",
	    .argv = ARGV("-d", FAULTS_DIR, "--delete", "--now", "@1700000000"),
	    .input = DELETIONS,
	    .before = before,
	    .writes = true,
	    .slow = true },
	{ .name = "acks",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .input = NEW,
	    .piece = 100,
	    .before = before,
	    .writes = true,
	    .slow = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "group",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "group"),
	    .input = NEW BAD,
	    .piece = 100,
	    .writes = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "periodic",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack"),
	    .input = NEW,
	    .piece = 100,
	    .before = before,
	    .writes = true,
	    .acks = FAULTS_ACKS_KILL },
	{ .name = "bulk",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--bulk"),
	    .input = NEW,
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "left",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .input = NEW,
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "kept",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch", "--keep-log"),
	    .keeps_log = true,
	    .input = NEW,
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .slow = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "made",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .input = MADE,
	    .piece = 60,
	    .writes = true,
	    .makes = true,
	    .acks = FAULTS_ACKS_POWER },
	/* other forms of input */
	{ .name = "dce",
	    .argv = ARGV("-d", FAULTS_DIR, "-f", "dce"),
	    .input = DCE,
	    .piece = 50,
	    .before = before,
	    .writes = true },
	{ .name = "csv",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .input = CSV,
	    .piece = 50,
	    .writes = true,
	    .slow = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "exported",
	    .argv = ARGV("-d", FAULTS_DIR, "-f", "csv", "--channel", "3"),
	    .input = EXPORTED,
	    .before = before,
	    .writes = true,
	    .slow = true },
	{ .name = "package",
	    .argv = ARGV("-d", FAULTS_DIR, "-f", "package", "/p"),
	    .files = folder,
	    .before = before,
	    .writes = true },
	{ .name = "zip",
	    .argv = ARGV("-d", FAULTS_DIR, "-f", "package", "/p.zip"),
	    .files = zip,
	    .before = before,
	    .writes = true },
	/* a segment and an SSTable for some messages each */
	{ .name = "small",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .input = NEW,
	    .generated = 4,
	    .piece = 1000,
	    .memory = 2500,
	    .segment_size = 4096,
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "smaller",
	    .argv = ARGV("-d", FAULTS_DIR, "--ack", "--sync", "batch"),
	    .generated = 12,
	    .piece = 1000,
	    .memory = 6000,
	    .segment_size = 4096,
	    .before = before,
	    .left = LEFT,
	    .writes = true,
	    .slow = true,
	    .acks = FAULTS_ACKS_POWER },
	{ .name = "flushes",
	    .argv = ARGV("-d", FAULTS_DIR, "--memory", "1M"),
	    .input = NEW,
	    .generated = 1500,
	    .before = before,
	    .writes = true,
	    .slow = true },
};

const size_t faults_ncases = SST_ARRAY_LEN(faults_cases);

const struct faults_spare faults_spares[] = {
	{ "transaction log", "sst_publish_add_as < sst_shelf_flush",
	    "a flush without its record is live once its TOC.txt is, and whole by then" },
	{ "folder " FAULTS_DIR ":", "sst_datadir_make < sst_store_open",
	    "whoever made a directory that is there may have died before this" },
};
const size_t faults_nspares = SST_ARRAY_LEN(faults_spares);
