/* libsst/base/uuid.c: see uuid.h */
#include "base/uuid.h"

void
sst_uuid_format(char text[SST_UUID_LEN], const uint8_t id[16])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[id[i] >> 4];
		*text++ = digits[id[i] & 15];
	}
	*text = '\0';
}

void
sst_uuid_put(struct sst_buf *b, const uint8_t id[16])
{
	char text[SST_UUID_LEN];

	sst_uuid_format(text, id);
	sst_buf_add(b, text, SST_UUID_LEN - 1);
}
