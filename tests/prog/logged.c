/*
 * tests/prog/logged.c: commit logs held to a real Cassandra: its segments become an SSTable, and an
 * SSTable becomes a segment for it to replay.
 *
 *	logged read SCHEMA KEYSPACE TABLE FOLDER OUTPUT-BASE	(OUTPUT-BASE: "dir/me-1-big-")
 *	logged write SCHEMA KEYSPACE TABLE DATA-FILE FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "commitlog/replay.h"
#include "cql/schema.h"
#include "memtable/memtable.h"
#include "sstable/reader.h"
#include "sstable/writer.h"

static struct sst_arena arena;
static struct sst_schema schema;
static const struct sst_table *table;

static int
fail(const struct sst_err *e)
{
	char text[512];

	fprintf(stderr, "logged: %s\n", sst_err_text(e, text, sizeof(text)));
	return 1;
}

static int
load(const char *path, const char *keyspace, const char *name, struct sst_err *e)
{
	static struct sst_buf text;

	if (sst_io_read_file(&sst_io_posix, path, SST_SCHEMA_TEXT_MAX, &text, e) == -1 ||
	    sst_schema_parse(&schema, &arena, sst_buf_slice(&text), path, SST_SLICE_LIT(""), e) ==
		-1)
		return -1;
	table = sst_schema_table(&schema, sst_slice_str(keyspace), sst_slice_str(name));
	return table != NULL ? 0 : sst_fail(e, SST_EINVAL, path, SST_NOWHERE, "no such table");
}

static const struct sst_table *
by_id(void *arg, const uint8_t id[16])
{
	(void)arg;
	return sst_schema_table_by_id(&schema, id);
}

static int
save(struct sst_memtable *mem, const char *base, struct sst_err *e)
{
	struct sst_read all = {
		.table = table, .left = INT64_MIN, .right = INT64_MIN, .raw = true
	};
	struct sst_writer_opts opts = { .host_id = "ostraka tests 1" };
	struct sst_stream *rows = NULL;
	struct sst_writer *w = NULL;
	char from[4096], to[4096];
	int r = -1;

	if (sst_memtable_read(mem, &all, &rows, e) == 0 &&
	    sst_writer_open(&w, &sst_io_posix, base, table, &opts, e) == 0) {
		if (sst_writer_copy(w, rows, e) == -1 || sst_writer_finish(w, NULL, e) == -1)
			sst_writer_abort(w);
		else
			r = 0;
	}
	sst_stream_close(rows);
	snprintf(from, sizeof(from), "%sTOC.txt.tmp", base);
	snprintf(to, sizeof(to), "%sTOC.txt", base);
	return r == 0 ? sst_io_rename(&sst_io_posix, from, to, e) : -1;
}

/* All updates of one mutation; those of tables that the schema has not are counted. */
static int
apply(struct sst_mutation_in *in, struct sst_memtable *mem, const struct sst_log_entry *entry,
    unsigned long *other, struct sst_err *e)
{
	const struct sst_update *u;
	int r;

	sst_mutation_begin(in, entry->mutation, entry->file, entry->off);
	while ((r = sst_mutation_next(in, &u, e)) == SST_ONE)
		if (u->table == table && sst_memtable_apply(mem, u, e) == -1)
			return -1;
	if (r == -1 && e->code == SST_EINVAL) {
		++*other;
		return 0;
	}
	return r;
}

static int
read_log(const char *folder, const char *base, struct sst_err *e)
{
	const struct sst_segread_info *info;
	unsigned long other = 0;
	struct sst_mutation_in *in;
	struct sst_memtable *mem;
	struct sst_log_entry entry;
	struct sst_replay *log;
	const char *path;
	size_t i;
	int r;

	if (sst_mutation_in_new(&in, by_id, NULL, e) == -1 ||
	    sst_memtable_new(&mem, table, e) == -1 ||
	    sst_replay_open(&log, &sst_io_posix, folder, false, e) == -1)
		return -1;
	while ((r = sst_replay_next(log, &entry, e)) == SST_ONE)
		if (apply(in, mem, &entry, &other, e) == -1)
			return -1;
	for (i = 0; (info = sst_replay_segment(log, i, &path)) != NULL; i++)
		printf("%s: %ju mutations, %ju bytes left\n", strrchr(path, '/') + 1,
		    (uintmax_t)info->entries, (uintmax_t)info->left);
	printf("%lu mutations of other tables\n", other);
	if (r == 0)
		r = save(mem, base, e);
	sst_replay_close(log);
	sst_memtable_free(mem);
	sst_mutation_in_free(in);
	return r;
}

/* Where the range deletion began that is in force. */
static struct sst_range_deletion open_range;

static int
put(struct sst_log *log, struct sst_mutation_out *out, const struct sst_update *u,
    struct sst_err *e)
{
	struct sst_slice bytes;

	return sst_mutation_put(out, u, &bytes, e) == -1 ? -1 : sst_log_append(log, bytes, NULL, e);
}

static int
put_item(struct sst_log *log, struct sst_mutation_out *out, const struct sst_item *item,
    struct sst_partition *part, struct sst_arena *a, struct sst_err *e)
{
	struct sst_update u = { .table = table, .part = *part };
	struct sst_range_deletion range;
	struct sst_item copy;

	if (sst_item_copy(&copy, item, table, a, e) == -1)
		return -1;
	u.part.del = SST_LIVE;
	if (item->kind == SST_PARTITION) {
		u.part = *part = copy.part;
		if (part->del.ts_us == SST_NO_TS)
			return 0;
	} else if (item->kind == SST_MARKER) {
		range = open_range;
		range.to = copy.marker.at;
		open_range =
		    (struct sst_range_deletion){ .from = copy.marker.at, .del = copy.marker.after };
		if (copy.marker.before.ts_us == SST_NO_TS)
			return 0;
		u.ranges = &range;
		u.nranges = 1;
		return put(log, out, &u, e);
	} else if (item->kind == SST_STATIC)
		u.statik = &copy.row;
	else {
		u.rows = &copy.row;
		u.nrows = 1;
	}
	return put(log, out, &u, e);
}

static int
write_log(const char *data, const char *folder, struct sst_err *e)
{
	struct sst_log_opts opts = { 0 };
	struct sst_sstable_opts in_opts = { .table = table };
	const struct sst_item *item;
	struct sst_partition part;
	struct sst_mutation_out *out;
	struct sst_sstable *in;
	struct sst_stream *rows;
	struct sst_log *log;
	int r;

	if (sst_sstable_open(&in, &sst_io_posix, data, &in_opts, e) == -1 ||
	    sst_sstable_scan(in, &rows, e) == -1 || sst_mutation_out_new(&out, e) == -1 ||
	    sst_log_open(&log, &sst_io_posix, folder, &opts, e) == -1)
		return -1;
	while ((r = sst_stream_next(rows, &item, e)) == SST_ONE)
		if (put_item(log, out, item, &part, &arena, e) == -1)
			return -1;
	if (r == 0)
		r = sst_log_close(log, e);
	sst_mutation_out_free(out);
	sst_stream_close(rows);
	sst_sstable_close(in);
	return r;
}

int
main(int argc, char **argv)
{
	struct sst_err e;
	int r;

	if (argc != 7)
		return 2;
	if (load(argv[2], argv[3], argv[4], &e) == -1)
		return fail(&e);
	r = strcmp(argv[1], "read") == 0 ? read_log(argv[5], argv[6], &e)
					 : write_log(argv[5], argv[6], &e);
	return r == 0 ? 0 : fail(&e);
}
