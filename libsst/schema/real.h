/*
 * libsst/schema/real.h: float and double to text and back, with the digits that Java prints.  Its
 * algorithm up to JDK 18 does not always find the shortest digits (2E23 is 1.9999999999999998E23),
 * and Cassandra's tools print what it prints.
 */
#ifndef SST_SCHEMA_REAL_H
#define SST_SCHEMA_REAL_H

#include "base/buf.h"

#define SST_REAL_LEN 32 /* longest text, with its NUL */

/* Float.toString and Double.toString of JDK 17, from the IEEE bits: "1.0", "1.0E10", "NaN". */
void sst_format_float(uint32_t bits, char text[SST_REAL_LEN]);
void sst_format_double(uint64_t bits, char text[SST_REAL_LEN]);

/*
 * Float.valueOf and Double.valueOf, correctly rounded, appended as big-endian bytes.  Decimal
 * digits with a point and an exponent, NaN, Infinity, a sign before any; blanks around it.  -1:
 * something else, or no memory.
 */
int sst_read_float(struct sst_slice text, struct sst_buf *);
int sst_read_double(struct sst_slice text, struct sst_buf *);

#endif
