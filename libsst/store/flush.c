/* store/flush.c: a memtable becomes an SSTable: live/publish.h says when it is one. */
#include <stdio.h>

#include "codec/compress.h"
#include "live/publish.h"
#include "sstable/writer.h"
#include "store/datadir.h"
#include "store/shelf.h"

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
options(const struct sst_shelf *s, const struct sst_shelf_flush *f)
{
	const struct sst_memtable_stats *stats = sst_memtable_stats(s->mem->mem);
	struct sst_writer_opts o = { .times_set = true,
		.statics_used = s->statics_used,
		.regulars_used = s->regulars_used,
		.expected_keys = stats->partitions };

	memcpy(o.host_id, f->hostid, sizeof(o.host_id));
	o.min_ts_us = stats->min_ts_us == INT64_MAX ? SST_EPOCH_TS_US : stats->min_ts_us;
	o.min_ldt_s = stats->min_ldt_s == SST_NO_LDT ? SST_EPOCH_LDT_S : stats->min_ldt_s;
	o.min_ttl_s = stats->min_ttl_s == UINT32_MAX ? 0 : stats->min_ttl_s;
	o.compression_set = true;
	o.compression = s->table->compression;
	choose_compression(&o.compression, f->bulk);
	return o;
}

/* 0: written and synced; 1: there was nothing to write; -1. */
static int
write_set(struct sst_shelf *s, const char *base, const struct sst_writer_opts *o, struct sst_err *e)
{
	struct sst_read all = {
		.table = s->table, .left = INT64_MIN, .right = INT64_MIN, .raw = true
	};
	struct sst_stream *rows = NULL;
	struct sst_writer *w = NULL;
	char path[PATH];
	int r = -1;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", s->folder, base) >= sizeof(path))
		return sst_fail(e, SST_ELIMIT, s->folder, SST_NOWHERE, "path too long");
	if (sst_memtable_read(s->mem->mem, &all, &rows, e) == -1 ||
	    sst_writer_open(&w, s->io, path, s->table, o, e) == -1)
		goto out;
	if (sst_writer_copy(w, rows, e) == 0 && (r = sst_writer_finish(w, NULL, e)) >= 0)
		w = NULL;
out:
	sst_writer_abort(w);
	sst_stream_close(rows);
	return r;
}

static int
publish(struct sst_shelf *s, const struct sst_shelf_flush *f, bool *doubt, struct sst_err *e)
{
	struct sst_publish_opts how = { .version = VERSION, .type = "flush", .now_us = f->now_us };
	struct sst_writer_opts o = options(s, f);
	enum sst_component all[SST_NCOMPONENTS];
	struct sst_publish *p = NULL;
	const char *base;
	int r = -1;

	if (sst_datadir_random(how.random, sizeof(how.random), e) == -1)
		return -1;
	if (sst_publish_begin(&p, s->io, s->folder, &how, e) == -1)
		return -1;
	if (sst_publish_add(p, (int32_t)sst_writer_components(s->table, &o, all), &base, e) == -1)
		goto out;
	if ((r = write_set(s, base, &o, e)) != 0) {
		r = r == 1 ? 0 : -1; /* nothing to write: close takes the claim back */
		goto out;
	}
	r = sst_publish_ready(p, base, e);
	if (r == 0)
		r = sst_publish_commit(p, doubt, e);
out:
	sst_publish_close(p);
	return r;
}

int
sst_shelf_flush(
    struct sst_shelf *s, const struct sst_shelf_flush *f, bool *doubt, struct sst_err *e)
{
	*doubt = false;
	if (s->mem == NULL)
		return 0;
	if (publish(s, f, doubt, e) == -1)
		return -1;
	*doubt = false;
	/* Listed before the memtable goes, so that its rows are always on one of both; when listing
	 * fails it stays, and its rows come twice. */
	if (sst_shelf_refresh(s, e) == -1) {
		s->listed = false;
		return -1;
	}
	sst_source_drop(s->mem);
	s->mem = NULL;
	return 0;
}
