/*
 * store/truncated.c: the record of a truncation:
 *
 *	ostraka truncated 1
 *	segment 1790000003000
 *	crc32 43674aab			of all before this line
 */
#include "store/truncated.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/crc.h"
#include "store/datadir.h"

#define PATH 4096
#define TEXT 128

static size_t
print(char text[TEXT], uint64_t upto)
{
	int n = snprintf(text, TEXT, "ostraka truncated 1\nsegment %" PRIu64 "\n", upto);

	n += snprintf(
	    text + n, TEXT - (size_t)n, "crc32 %08x\n", (unsigned)sst_crc32(0, text, (size_t)n));
	return (size_t)n;
}

/* One number has one spelling, so the file must be what we would write. */
static bool
parse(uint64_t *upto, struct sst_slice s)
{
	char text[TEXT], again[TEXT];

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return sscanf(text, "ostraka truncated 1\nsegment %" SCNu64, upto) == 1 &&
	    print(again, *upto) == s.n && memcmp(again, text, s.n) == 0;
}

int
sst_truncated_read(uint64_t *upto, const struct sst_io *io, const char *folder, struct sst_err *e)
{
	struct sst_buf b = { 0 };
	char path[PATH];
	int r = 0;

	*upto = 0;
	if ((size_t)snprintf(path, PATH, "%s/" SST_TRUNCATED_FILE, folder) >= PATH)
		return sst_fail(e, SST_ELIMIT, folder, SST_NOWHERE, "path too long");
	if (sst_io_read_file(io, path, TEXT, &b, e) == -1)
		r = e->code == SST_ESYS && e->sys == ENOENT ? 0 : -1;
	else if (!parse(upto, sst_buf_slice(&b)))
		r = sst_fail(e, SST_EDAMAGED, path, SST_NOWHERE, "is no record of a truncation");
	sst_buf_free(&b);
	return r;
}

int
sst_truncated_write(const struct sst_io *io, const char *folder, uint64_t upto, struct sst_err *e)
{
	char text[TEXT];
	size_t n = print(text, upto);

	return sst_datadir_put_file(
	    io, folder, SST_TRUNCATED_FILE, (struct sst_slice){ (const uint8_t *)text, n }, e);
}
