/* libsst/sstable/toc.c: TOC.txt and Digest.crc32. */
#include "sstable/toc.h"

/* Printable, and no path. */
static bool
is_name(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '/')
			return false;
	return s.p[0] != '.';
}

int
sst_toc_parse(struct sst_slice bytes, const char *file,
    void (*each)(void *arg, enum sst_component, struct sst_slice name), void *arg,
    struct sst_err *e)
{
	const uint8_t *p = bytes.p, *end = bytes.p + bytes.n, *stop;
	struct sst_slice name;

	for (; p < end; p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		name = (struct sst_slice){ p, (size_t)(stop - p) };
		if (name.n > 0 && name.p[name.n - 1] == '\r')
			name.n--;
		if (name.n == 0)
			continue;
		if (!is_name(name))
			return sst_fail(e, SST_EDAMAGED, file, (uint64_t)(p - bytes.p),
			    "a line is no component's name");
		each(arg, sst_component_find((const char *)name.p, name.n), name);
	}
	return 0;
}

void
sst_toc_put(struct sst_buf *b, const enum sst_component *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sst_buf_adds(b, sst_component_name(c[i]));
		sst_buf_addc(b, '\n');
	}
}

int
sst_digest_parse(uint32_t *crc, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < bytes.n && bytes.p[i] >= '0' && bytes.p[i] <= '9' && v <= UINT32_MAX)
		v = v * 10 + (uint64_t)(bytes.p[i++] - '0');
	*crc = (uint32_t)v;
	if (i == 0 || v > UINT32_MAX)
		return sst_fail(e, SST_EDAMAGED, file, 0, "no CRC32 in decimal");
	for (; i < bytes.n; i++)
		if (bytes.p[i] != '\n' && bytes.p[i] != '\r' && bytes.p[i] != ' ')
			return sst_fail(e, SST_EDAMAGED, file, i, "something behind the CRC32");
	return 0;
}

void
sst_digest_put(struct sst_buf *b, uint32_t crc)
{
	sst_buf_addf(b, "%u", crc);
}
