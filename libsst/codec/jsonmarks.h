/*
 * libsst/codec/jsonmarks.h: room-internal: where the tokens of a JSON text begin.  This is the part
 * of parsing that SIMD is good at, and the only C++ of the library (simdjson's first stage).
 */
#ifndef SST_CODEC_JSONMARKS_H
#define SST_CODEC_JSONMARKS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sst_marks_result {
	SST_MARKS_OK,
	SST_MARKS_NOMEM,
	SST_MARKS_EMPTY,    /* nothing but white space */
	SST_MARKS_UTF8,     /* not UTF-8 */
	SST_MARKS_UNCLOSED, /* a string that does not end */
	SST_MARKS_CONTROL,  /* a control character in a string */
	SST_MARKS_OTHER
};

struct sst_marks;

struct sst_marks *sst_marks_new(void); /* NULL: no memory */
void sst_marks_free(struct sst_marks *);

/*
 * Finds in text the offsets of { } [ ] : , and of the first bytes of strings and of everything else
 * that is not white space.  text need not be padded.  *at borrows until the next call; at[count] is
 * there too, and is n.
 */
enum sst_marks_result sst_marks_find(
    struct sst_marks *, const uint8_t *text, size_t n, const uint32_t **at, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
