/* libsst/base/uuid.h: UUIDs as text, and the time that version 1 counts from. */
#ifndef SST_BASE_UUID_H
#define SST_BASE_UUID_H

#include "base/buf.h"

#define SST_UUID_LEN 37 /* characters of a text, with its NUL */
/* Between 1582-10-15, from which UUIDs of version 1 count, and 1970-01-01, in 100 ns. */
#define SST_UUID_EPOCH UINT64_C(0x01b21dd213814000)

/* "01234567-89ab-4def-8123-456789abcdef" */
void sst_uuid_format(char text[SST_UUID_LEN], const uint8_t id[16]);
/* The same, appended. */
void sst_uuid_put(struct sst_buf *, const uint8_t id[16]);

#endif
