/*
 * tests/prog/rewrite.c: reads an SSTable and writes the same rows as another one, so that a real
 * Cassandra can be asked what it thinks of it.
 *
 *	rewrite [-c none|lz4|zstd] [-r REPAIRED-AT] [-p BYTE] [-t] DATA-FILE OUTPUT-BASE
 *
 * OUTPUT-BASE is like "dir/me-1-big-".  -r, in ms, says that it is repaired; -p that a repair is pending,
 * whose id is of that byte; -t that it is transient.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sstable/reader.h"
#include "sstable/writer.h"

static int
fail(const struct sst_err *e)
{
	char text[512];

	fprintf(stderr, "rewrite: %s\n", sst_err_text(e, text, sizeof(text)));
	return 1;
}

static int
copy(
    struct sst_sstable *in, const char *base, const struct sst_writer_opts *opts, struct sst_err *e)
{
	struct sst_stream *rows = NULL;
	struct sst_writer *w = NULL;
	int r = -1;

	if (sst_sstable_scan(in, &rows, e) == 0 &&
	    sst_writer_open(&w, &sst_io_posix, base, sst_sstable_table(in), opts, e) == 0) {
		if (sst_writer_copy(w, rows, e) == -1 || sst_writer_finish(w, NULL, e) == -1)
			sst_writer_abort(w);
		else
			r = 0;
	}
	sst_stream_close(rows);
	return r;
}

static int
publish(const char *base, struct sst_err *e)
{
	char from[4096], to[4096];

	snprintf(from, sizeof(from), "%sTOC.txt.tmp", base);
	snprintf(to, sizeof(to), "%sTOC.txt", base);
	return sst_io_rename(&sst_io_posix, from, to, e);
}

static bool
set_option(struct sst_writer_opts *o, int c, const char **codec)
{
	switch (c) {
	case 'c':
		*codec = optarg;
		return true;
	case 'r':
		o->repaired_at_ms = atoll(optarg);
		return true;
	case 'p':
		o->pending_repair = true;
		memset(o->pending_repair_id, atoi(optarg), sizeof(o->pending_repair_id));
		return true;
	case 't':
		o->transient = true;
		return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct sst_writer_opts opts = { .compression_set = true, .host_id = "ostraka tests 1" };
	struct sst_sstable_opts in_opts = { 0 };
	struct sst_sstable *in = NULL;
	const char *codec = "zstd";
	struct sst_err e;
	int c, r;

	while ((c = getopt(argc, argv, "c:r:p:t")) != -1)
		if (!set_option(&opts, c, &codec))
			return 2;
	if (argc - optind != 2)
		return 2;
	opts.compression.chunk_len = 16384;
	if (strcmp(codec, "zstd") == 0)
		opts.compression.class_name = SST_SLICE_LIT("ZstdCompressor");
	else if (strcmp(codec, "lz4") == 0)
		opts.compression.class_name = SST_SLICE_LIT("LZ4Compressor");
	if (sst_sstable_open(&in, &sst_io_posix, argv[optind], &in_opts, &e) == -1)
		return fail(&e);
	r = copy(in, argv[optind + 1], &opts, &e);
	if (r == 0)
		r = publish(argv[optind + 1], &e);
	sst_sstable_close(in);
	return r == 0 ? 0 : fail(&e);
}
