/* libsst/sstable/ending.c: the components of an SSTable that are made when its last row is written. */
#include <errno.h>

#include "sstable/toc.h"
#include "sstable/writing.h"

const struct sst_compression *
sst_writer_compression(const struct sst_table *t, const struct sst_writer_opts *o)
{
	return o->compression_set ? &o->compression : &t->compression;
}

bool
sst_writer_filters(const struct sst_table *t)
{
	return t->bloom_fp < 1; /* 1: every key may be there, so no filter says more */
}

size_t
sst_writer_components(const struct sst_table *t, const struct sst_writer_opts *o,
    enum sst_component out[SST_NCOMPONENTS])
{
	size_t n = 0;

	out[n++] = SST_DATA;
	out[n++] = SST_INDEX;
	if (sst_writer_filters(t))
		out[n++] = SST_FILTER;
	out[n++] = SST_SUMMARY;
	out[n++] = SST_STATISTICS;
	out[n++] = sst_writer_compression(t, o)->class_name.n > 0 ? SST_COMPRESSION_INFO : SST_CRC;
	out[n++] = SST_DIGEST;
	out[n++] = SST_TOC;
	return n;
}

const char *
sst_writer_path(struct sst_writer *w, enum sst_component c, struct sst_buf *path, struct sst_err *e)
{
	sst_buf_reset(path);
	sst_name_path(path, sst_buf_slice(&w->base), c);
	if (c == SST_TOC) /* live/publish.h puts it in place */
		sst_buf_adds(path, ".tmp");
	sst_buf_addc(path, '\0');
	if (path->bad)
		sst_fail_nomem(e);
	return path->bad ? NULL : (const char *)path->p;
}

/* Writes a component that is small enough to be made in memory. */
static int
write_component(
    struct sst_writer *w, enum sst_component c, const struct sst_buf *bytes, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	const char *p = sst_writer_path(w, c, &path, e);
	int r = -1;

	if (p != NULL && !bytes->bad) {
		r = sst_fileout_write(w->io, p, c == SST_TOC, sst_buf_slice(bytes), e);
		if (r == 0 || e->code != SST_ESYS || e->sys != EEXIST)
			w->made |= 1u << c; /* all or a part of it is there, and ours */
		w->written.stored_bytes += bytes->n;
	} else if (p != NULL)
		r = sst_fail_nomem(e);
	sst_buf_free(&path);
	return r;
}

static struct sst_slice
partitioner_class(const struct sst_table *t, struct sst_buf *tmp)
{
	struct sst_slice name = t->partitioner;

	if (name.n == 0)
		return SST_SLICE_LIT("org.apache.cassandra.dht.Murmur3Partitioner");
	sst_buf_adds(tmp, "org.apache.cassandra.dht.");
	sst_buf_add_slice(tmp, name);
	return sst_buf_slice(tmp);
}

static int
put_statistics(struct sst_writer *w, struct sst_buf *out, struct sst_err *e)
{
	const struct sst_writer_opts *o = &w->opts;
	struct sst_statistics st = { .bloom_fp = w->table->bloom_fp,
		.level = o->level,
		.repaired_at_ms = o->repaired_at_ms,
		.pending_repair = o->pending_repair,
		.transient = o->transient,
		.host_id = true,
		.compression_ratio = sst_dataout_ratio(&w->data) };
	struct sst_buf tmp = { 0 };
	int r = -1;

	st.partitioner = partitioner_class(w->table, &tmp);
	memcpy(st.pending_repair_id, o->pending_repair_id, 16);
	memcpy(st.host_uuid, o->host_id, 16);
	if (sst_collect_finish(&w->collector, &st, e) == 0 &&
	    sst_statistics_set_header(&st, &w->arena, &w->header, e) == 0) {
		sst_statistics_put(out, w->version, &st);
		r = 0;
	}
	w->written.nrows = st.nrows;
	sst_buf_free(&tmp);
	return r;
}

static int
make_component(struct sst_writer *w, enum sst_component c, struct sst_buf *out, struct sst_err *e)
{
	sst_buf_reset(out);
	switch (c) {
	case SST_FILTER:
		return sst_filter_finish(&w->filter, w->version, out, e);
	case SST_SUMMARY:
		return sst_summary_finish(&w->summary, out, e);
	case SST_STATISTICS:
		return put_statistics(w, out, e);
	case SST_COMPRESSION_INFO:
	case SST_CRC:
		return sst_dataout_put_chunks(&w->data, w->version, out, e);
	case SST_DIGEST:
		sst_digest_put(out, w->data.crc);
		return 0;
	default:
		sst_toc_put(out, w->components, w->ncomponents);
		return 0;
	}
}

int
sst_writer_end(struct sst_writer *w, struct sst_err *e)
{
	struct sst_buf bytes = { 0 };
	int r = 0;
	size_t i;

	w->written.data_bytes = sst_dataout_pos(&w->data);
	if (sst_dataout_finish(&w->data, e) == -1 || sst_fileout_finish(&w->index, e) == -1)
		return -1;
	w->written.stored_bytes = w->data.file.written + w->index.written;
	for (i = 0; i < w->ncomponents && r == 0; i++) {
		if (w->components[i] == SST_DATA || w->components[i] == SST_INDEX)
			continue;
		r = make_component(w, w->components[i], &bytes, e);
		if (r == 0)
			r = write_component(w, w->components[i], &bytes, e);
	}
	sst_buf_free(&bytes);
	return r;
}
