/*
 * libsst/codec/jsonscan.h: finds where a JSON value ends of which only a part has come so far, without
 * looking into it: strings are passed over, brackets counted.  Whether what lies between is JSON is
 * asked of codec/json.h, when the value is whole.
 */
#ifndef SST_CODEC_JSONSCAN_H
#define SST_CODEC_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sst_jsonscan {   /* {0} at the first byte of a value, which is no white space */
	size_t at;      /* bytes of the value that are scanned */
	uint64_t depth; /* of brackets that are open */
	bool string;    /* within one */
	bool word;      /* within a number, or null, true, false */
};

/*
 * Goes on in text[s->at, n): true when the value ends there, and s->at is then its length.  Else
 * call again with the same value from its beginning and more of it; a word also ends where the input
 * does.  Whoever throws away bytes of text that are scanned takes them off s->at.
 */
bool sst_jsonscan(struct sst_jsonscan *s, const uint8_t *text, size_t n);

#endif
