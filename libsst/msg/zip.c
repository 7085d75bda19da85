/* libsst/msg/zip.c: libzip over base/io. */
#include "msg/zip.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#define DEFLATE_RATIO 1032 /* bytes that one byte of deflate can stand for, at most */

struct sst_zip {
	const struct sst_io *io;
	const char *path;
	int fd;
	uint64_t size, off;
	struct sst_err io_err; /* of the last read that failed; SST_OK: none did */
	zip_error_t error;
	zip_t *zip;
	zip_file_t *file;
	uint64_t want, got; /* bytes of the file: as the zip says, and so far */
	uint64_t out;       /* of all files */
};

static zip_int64_t
source_read(struct sst_zip *z, void *buf, uint64_t n)
{
	if (n > z->size - z->off)
		n = z->size - z->off;
	if (sst_io_read(z->io, z->fd, z->path, buf, (size_t)n, z->off, &z->io_err) == -1) {
		zip_error_set(&z->error, ZIP_ER_READ, z->io_err.sys);
		return -1;
	}
	z->off += n;
	return (zip_int64_t)n;
}

static zip_int64_t
source_seek(struct sst_zip *z, void *data, uint64_t n)
{
	zip_int64_t to = zip_source_seek_compute_offset(z->off, z->size, data, n, &z->error);

	if (to < 0)
		return -1;
	z->off = (uint64_t)to;
	return 0;
}

static zip_int64_t
source_stat(const struct sst_zip *z, zip_stat_t *st)
{
	zip_stat_init(st);
	st->size = z->size;
	st->valid = ZIP_STAT_SIZE;
	return sizeof(*st);
}

/* What libzip asks of an archive; see zip_source_function(3). */
static zip_int64_t
source(void *arg, void *data, zip_uint64_t n, zip_source_cmd_t cmd)
{
	struct sst_zip *z = arg;

	switch (cmd) {
	case ZIP_SOURCE_OPEN:
		z->off = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return source_read(z, data, n);
	case ZIP_SOURCE_SEEK:
		return source_seek(z, data, n);
	case ZIP_SOURCE_TELL:
		return (zip_int64_t)z->off;
	case ZIP_SOURCE_STAT:
		return source_stat(z, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&z->error, data, n);
	case ZIP_SOURCE_SUPPORTS:
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ,
		    ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
		    ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE: /* the descriptor is ours */
		return 0;
	default:
		zip_error_set(&z->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

/* What libzip says, in our words where ours know more. */
static int
failed(struct sst_zip *z, zip_error_t *error, struct sst_err *e)
{
	if (z->io_err.code != SST_OK) {
		*e = z->io_err;
		z->io_err.code = SST_OK;
		return -1;
	}
	if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
		return sst_fail_nomem(e);
	if (zip_error_code_zip(error) == ZIP_ER_NOZIP)
		return sst_fail(
		    e, SST_EDAMAGED, NULL, SST_NOWHERE, "not a zip, or one that is cut short");
	return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "%s", zip_error_strerror(error));
}

static int
open_archive(struct sst_zip *z, struct sst_err *e)
{
	zip_error_t error;
	zip_source_t *src;
	int r = 0;

	zip_error_init(&error);
	src = zip_source_function_create(source, z, &error);
	if (src != NULL)
		z->zip = zip_open_from_source(src, ZIP_RDONLY, &error);
	if (z->zip == NULL) {
		zip_source_free(src);
		r = failed(z, &error, e);
		sst_err_locate(e, z->path, e->off);
	}
	zip_error_fini(&error);
	return r;
}

int
sst_zip_open(struct sst_zip **out, const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_zip *z = calloc(1, sizeof(*z));
	struct sst_stat st;

	*out = NULL;
	if (z == NULL)
		return sst_fail_nomem(e);
	z->io = io;
	z->path = path;
	zip_error_init(&z->error);
	z->fd = sst_io_open(io, path, O_RDONLY, e);
	if (z->fd == -1 || sst_io_fstat(io, z->fd, path, &st, e) == -1) {
		sst_zip_close(z);
		return -1;
	}
	z->size = st.size;
	if (open_archive(z, e) == -1) {
		sst_zip_close(z);
		return -1;
	}
	*out = z;
	return 0;
}

void
sst_zip_close(struct sst_zip *z)
{
	struct sst_err e;

	if (z == NULL)
		return;
	if (z->file != NULL)
		zip_fclose(z->file);
	if (z->zip != NULL)
		zip_discard(z->zip);
	zip_error_fini(&z->error);
	if (z->fd != -1)
		(void)sst_io_close(z->io, z->fd, z->path, &e);
	free(z);
}

uint64_t
sst_zip_count(const struct sst_zip *z)
{
	return (uint64_t)zip_get_num_entries(z->zip, 0);
}

const char *
sst_zip_name(const struct sst_zip *z, uint64_t i)
{
	return zip_get_name(z->zip, i, ZIP_FL_ENC_RAW);
}

int
sst_zip_begin(struct sst_zip *z, uint64_t i, struct sst_err *e)
{
	zip_stat_t st;

	if (z->file != NULL)
		zip_fclose(z->file);
	z->file = NULL;
	if (zip_stat_index(z->zip, i, 0, &st) == -1)
		return failed(z, zip_get_error(z->zip), e);
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && st.encryption_method != ZIP_EM_NONE)
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "it is encrypted");
	if ((st.valid & ZIP_STAT_COMP_METHOD) != 0 && st.comp_method != ZIP_CM_STORE &&
	    st.comp_method != ZIP_CM_DEFLATE)
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "it is compressed by method %d, which is not read here", st.comp_method);
	z->want = st.size; /* the directory has it of every file */
	z->got = 0;
	z->file = zip_fopen_index(z->zip, i, 0);
	return z->file == NULL ? failed(z, zip_get_error(z->zip), e) : 0;
}

int
sst_zip_read(struct sst_zip *z, void *buf, size_t n, size_t *got, struct sst_err *e)
{
	zip_int64_t r = zip_fread(z->file, buf, n);

	*got = 0;
	if (r < 0)
		return failed(z, zip_file_get_error(z->file), e);
	z->out += (uint64_t)r;
	z->got += (uint64_t)r;
	if (z->got > z->want || (r == 0 && z->got < z->want))
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "its length is not the %" PRIu64 " bytes that the zip says", z->want);
	if (z->out / DEFLATE_RATIO > z->size)
		return sst_fail(e, SST_EDAMAGED, z->path, SST_NOWHERE,
		    "more comes out of the zip than it can hold: a bomb");
	*got = (size_t)r;
	return 0;
}
