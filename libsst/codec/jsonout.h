/* libsst/codec/jsonout.h: writes JSON strings. */
#ifndef SST_CODEC_JSONOUT_H
#define SST_CODEC_JSONOUT_H

#include "base/buf.h"

/*
 * Appends s as a JSON string.  Byte for byte what Cassandra's tools print (Jackson): \" \\ \b \t \n
 * \f \r, other characters below 0x20 as \u001F, upper case, all else as it is.  UTF-8 that is none
 * becomes U+FFFD, one for each longest broken sequence, as a web browser does it.
 */
void sst_json_put_string(struct sst_buf *, struct sst_slice s);

/* The same without the quotes around it. */
void sst_json_put_chars(struct sst_buf *, struct sst_slice s);

#endif
