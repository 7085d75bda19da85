/* libsst/sstable/name.c: file names taken apart. */
#include "sstable/name.h"

#include <stdlib.h>

#include "base/num.h"

#define UUID_LEN 28 /* 4 _ 4 _ 18 */

static const char *const components[SST_NCOMPONENTS] = {
	[SST_DATA] = "Data.db",
	[SST_INDEX] = "Index.db",
	[SST_FILTER] = "Filter.db",
	[SST_SUMMARY] = "Summary.db",
	[SST_STATISTICS] = "Statistics.db",
	[SST_COMPRESSION_INFO] = "CompressionInfo.db",
	[SST_DIGEST] = "Digest.crc32",
	[SST_CRC] = "CRC.db",
	[SST_TOC] = "TOC.txt",
	[SST_PARTITIONS] = "Partitions.db",
	[SST_ROWS] = "Rows.db",
	[SST_SCYLLA] = "Scylla.db",
};

const char *
sst_component_name(enum sst_component c)
{
	return c < SST_NCOMPONENTS ? components[c] : NULL;
}

enum sst_component
sst_component_find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < SST_NCOMPONENTS; i++)
		if (strlen(components[i]) == n && memcmp(components[i], name, n) == 0)
			break;
	return (enum sst_component)i;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_uuid(const char *s, size_t n)
{
	size_t i;

	if (n != UUID_LEN)
		return false;
	for (i = 0; i < n; i++)
		if (i == 4 || i == 9 ? s[i] != '_' : !is_letter_or_digit(s[i]))
			return false;
	return true;
}

/* A generation in decimal; 0 when it is not one or does not fit. */
static uint64_t
get_number(const char *s, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9' || !sst_mul_u64(&v, v, 10) ||
		    !sst_add_u64(&v, v, (uint64_t)(s[i] - '0')))
			return 0;
	return v;
}

bool
sst_name_parse(struct sst_name *name, const char *path)
{
	const char *s = strrchr(path, '/'), *part[3];
	size_t len[3], i;

	memset(name, 0, sizeof(*name));
	s = s == NULL ? path : s + 1;
	for (i = 0; i < 3; i++) {
		part[i] = s;
		s = strchr(s, '-');
		if (s == NULL)
			return false;
		len[i] = (size_t)(s++ - part[i]);
	}
	if (len[0] != 2 || !is_letter_or_digit(part[0][0]) || !is_letter_or_digit(part[0][1]))
		return false;
	if (len[1] == 0 || len[1] >= sizeof(name->generation) || len[2] != 3 ||
	    (memcmp(part[2], "big", 3) != 0 && memcmp(part[2], "bti", 3) != 0))
		return false;
	name->number = get_number(part[1], len[1]);
	if (name->number == 0 && !is_uuid(part[1], len[1]) && !(len[1] == 1 && *part[1] == '0'))
		return false;
	memcpy(name->version, part[0], 2);
	memcpy(name->generation, part[1], len[1]);
	memcpy(name->format, part[2], 3);
	name->base_len = (size_t)(s - path);
	name->component = sst_component_find(s, strlen(s));
	return true;
}

void
sst_name_path(struct sst_buf *out, struct sst_slice base, enum sst_component c)
{
	sst_buf_add_slice(out, base);
	sst_buf_adds(out, components[c]);
	sst_buf_addc(out, '\0');
	if (!out->bad)
		out->n--;
}
