/*
 * store/flush.c: a memtable becomes an SSTable: live/publish.h says when it is one.  This may run in
 * any thread: it reads what is frozen, and writes to nothing in memory but the flush itself.
 */
#include <stdio.h>

#include "codec/compress.h"
#include "live/publish.h"
#include "sstable/writer.h"
#include "store/datadir.h"
#include "store/flushing.h"

#define VERSION "me" /* read by Cassandra 4.0 to 5.0 and ScyllaDB */
#define PATH 4096
#define BULK_ZSTD_LEVEL 1

/*
 * Compaction compresses as the table says.  A flush behind a log holds writers up, and leaves what pages
 * ask for next: lz4 where the table's compressor is slow.  A load without a log may lie for long as it
 * was written, so it keeps the compressor, at a fast level.
 */
static void
choose_compression(struct sst_compression *c, bool bulk)
{
	if (!bulk && !sst_codec_is_fast(c->class_name, c->level)) {
		c->class_name = SST_SLICE_LIT("LZ4Compressor");
		c->level = 0;
	} else if (sst_slice_eq(c->class_name, SST_SLICE_LIT("ZstdCompressor")))
		c->level = BULK_ZSTD_LEVEL;
}

static struct sst_writer_opts
options(const struct sst_flush *f)
{
	const struct sst_memtable_stats *stats = sst_memtable_stats(f->rows);
	struct sst_writer_opts o = { .times_set = true,
		.statics_used = f->statics_used,
		.regulars_used = f->regulars_used,
		.expected_keys = stats->partitions };

	memcpy(o.host_id, f->hostid, sizeof(o.host_id));
	o.min_ts_us = stats->min_ts_us == INT64_MAX ? SST_EPOCH_TS_US : stats->min_ts_us;
	o.min_ldt_s = stats->min_ldt_s == SST_NO_LDT ? SST_EPOCH_LDT_S : stats->min_ldt_s;
	o.min_ttl_s = stats->min_ttl_s == UINT32_MAX ? 0 : stats->min_ttl_s;
	o.compression_set = true;
	o.compression = f->table->compression;
	choose_compression(&o.compression, f->bulk);
	return o;
}

/* 0: written and synced; 1: there was nothing to write; -1. */
static int
write_set(struct sst_flush *f, const char *base, const struct sst_writer_opts *o)
{
	struct sst_stream *rows = NULL;
	struct sst_writer *w = NULL;
	char path[PATH];
	int r = -1;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", f->folder, base) >= sizeof(path))
		return sst_fail(&f->e, SST_ELIMIT, f->folder, SST_NOWHERE, "path too long");
	if (sst_memtable_dump(f->rows, &rows, &f->e) == -1 ||
	    sst_writer_open(&w, f->io, path, f->table, o, &f->e) == -1)
		goto out;
	if (sst_writer_copy(w, rows, &f->e) == 0 && (r = sst_writer_finish(w, NULL, &f->e)) >= 0)
		w = NULL;
out:
	sst_writer_abort(w);
	sst_stream_close(rows);
	return r;
}

static int
publish(struct sst_flush *f)
{
	struct sst_publish_opts how = { .version = VERSION, .type = "flush", .now_us = f->now_us };
	struct sst_writer_opts o = options(f);
	enum sst_component all[SST_NCOMPONENTS];
	struct sst_publish *p = NULL;
	const char *base;
	int r = -1;

	if (sst_datadir_random(how.random, sizeof(how.random), &f->e) == -1)
		return -1;
	if (sst_publish_begin(&p, f->io, f->folder, &how, &f->e) == -1)
		return -1;
	if (sst_publish_add(p, (int32_t)sst_writer_components(f->table, &o, all), &base, &f->e) ==
	    -1)
		goto out;
	if ((r = write_set(f, base, &o)) != 0) {
		r = r == 1 ? 0 : -1; /* nothing to write: close takes the claim back */
		goto out;
	}
	r = sst_publish_ready(p, base, &f->e);
	if (r == 0)
		r = sst_publish_commit(p, &f->doubt, &f->e);
out:
	sst_publish_close(p);
	return r;
}

void
sst_flush_write(struct sst_flush *f)
{
	f->doubt = false;
	f->result = publish(f);
	if (f->result == 0)
		f->doubt = false;
}
