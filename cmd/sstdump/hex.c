/* cmd/sstdump/hex.c: "00000020  04   row.flags = timestamp": offset, bytes, and what they say. */
#include "sstdump/hex.h"

#include <inttypes.h>

#include "sstable/rowparts.h"
#include "sstdump/partvalue.h"

enum {
	LINE = 16,
	LINES = 4 /* of a field; what is longer is cut, visibly */
};

/* "statistics.stats.level = 0" */
static void
put_meaning(struct hex *h, const struct sst_part *part)
{
	unsigned i, n = h->depth < HEX_DEPTH ? h->depth : HEX_DEPTH - 1;

	for (i = 1; i <= n; i++)
		if (h->name[i] != NULL) {
			partvalue_text(h->out, sst_slice_str(h->name[i]));
			if (i < n || part->name != NULL)
				sst_buf_addc(h->out, '.');
		}
	if (part->name != NULL)
		partvalue_text(h->out, sst_slice_str(part->name));
	sst_buf_adds(h->out, " = ");
	partvalue_plain(h->out, part);
}

static void
line(struct hex *h, const struct sst_part *part, size_t at)
{
	size_t i, n = part->raw.n - at < LINE ? part->raw.n - at : LINE;

	sst_buf_addf(h->out, "%08" PRIx64 " ", part->off + at);
	for (i = 0; i < n; i++)
		sst_buf_addf(h->out, " %02x", part->raw.p[at + i]);
	if (at == 0) {
		sst_buf_addf(h->out, "%*s", (int)(3 * (LINE - n)) + 3, "");
		put_meaning(h, part);
	}
	sst_buf_addc(h->out, '\n');
}

void
hex_part(struct hex *h, const struct sst_part *part)
{
	size_t at;

	if (part->kind == SST_PART_END) {
		h->depth--;
		return;
	}
	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY) {
		if (++h->depth < HEX_DEPTH)
			h->name[h->depth] = part->name;
		return;
	}
	if (part->raw.n == 0)
		return;
	if (part->raw.p == NULL) {
		sst_buf_addf(h->out, "%08" PRIx64 "  %*s", part->off, 3 * LINE + 2, "");
		put_meaning(h, part);
		sst_buf_addc(h->out, '\n');
		return;
	}
	for (at = 0; at < part->raw.n && at < LINE * LINES; at += LINE)
		line(h, part, at);
	if (at < part->raw.n)
		sst_buf_addf(h->out, "...       %zu bytes more\n", part->raw.n - at);
}

static int
each(void *arg, const struct sst_part *part)
{
	hex_part(arg, part);
	return 0;
}

static int
print(struct job *job, struct sst_rowparts *p, struct sst_stream *s, const uint64_t *len,
    struct sst_err *e)
{
	const struct sst_item *item;
	uint64_t end = 0;
	int r;

	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if (len != NULL && item->off > end &&
		    sst_rowparts_between(p, end, item->off, e) == -1)
			return -1;
		if (sst_rowparts_item(p, item, e) == -1)
			return -1;
		end = item->off + item->len;
		tool_output_step(&job->out);
	}
	return r == 0 && len != NULL ? sst_rowparts_between(p, end, *len, e) : r;
}

int
hex_rows(struct job *job, struct sst_sstable *sst, struct sst_stream *s,
    const struct sst_table *table, bool whole)
{
	struct sst_rowparts *p = NULL;
	struct hex h = { .out = &job->out.buf };
	struct sst_file *data;
	uint64_t len;
	struct sst_err e;
	int r = -1;

	if ((data = sst_sstable_data(sst, &e)) != NULL &&
	    sst_rowparts_open(&p, sst, table, each, &h, &e) == 0) {
		sst_buf_addf(h.out, "%s%s\n", job->nfiles > 0 ? "\n" : "", sst_file_path(data));
		len = sst_file_len(data);
		r = print(job, p, s, whole ? &len : NULL, &e);
	}
	job->nfiles++;
	sst_rowparts_close(p);
	sst_stream_close(s);
	tool_output_step(&job->out);
	return r == -1 ? complain(&e) : SOUND;
}
