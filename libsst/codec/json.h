/*
 * libsst/codec/json.h: reads JSON, one value a time (a line of NDJSON).  The whole text is checked
 * before anything of it is handed out; then its values lie in an array, parents before children, to
 * be walked as the caller likes:
 *
 *	{"id":7,"tags":["a"]}		OBJECT skip 6, STRING id, NUMBER 7, STRING tags,
 *					ARRAY skip 2, STRING a
 *
 *	const struct sst_json_node *k, *v;
 *	for (k = sst_json_first(o); k < sst_json_end(o); k = sst_json_next(v)) {
 *		v = k + 1;
 *		... k->text is the key, v its value ...
 *	}
 */
#ifndef SST_CODEC_JSON_H
#define SST_CODEC_JSON_H

#include "base/err.h"
#include "base/slice.h"

#define SST_JSON_DEPTH_MAX 64                 /* arrays and objects within each other */
#define SST_JSON_TEXT_MAX ((size_t)256 << 20) /* bytes */

enum sst_json_type {
	SST_JSON_NULL,
	SST_JSON_FALSE,
	SST_JSON_TRUE,
	SST_JSON_NUMBER,
	SST_JSON_STRING,
	SST_JSON_ARRAY,
	SST_JSON_OBJECT
};

struct sst_json_node {
	/* A string without its quotes, unescaped, valid UTF-8 (may hold NULs); everything else as it
	 * stands in the input, so that the digits of a number are all there. */
	struct sst_slice text;
	enum sst_json_type type;
	uint32_t off;   /* of the value in the input */
	uint32_t skip;  /* nodes from this one to its next sibling */
	uint32_t count; /* of an array's elements or an object's members; keys may repeat */
};

struct sst_json; /* the parser and its memory, used again from line to line; one thread's */

int sst_json_new(struct sst_json **, struct sst_err *);
void sst_json_free(struct sst_json *); /* NULL is fine */

/*
 * Parses one value with nothing but white space around it.  Nothing before or after `text` is read,
 * so a reader hands in lines where they lie.  *root and what it leads to borrow from the parser and
 * from text: until the next parse, and as long as text stays.  Fails with SST_EINVAL and the offset
 * within text, SST_ELIMIT or SST_ENOMEM.  Half a surrogate pair (\ud800) is refused.
 */
int sst_json_parse(
    struct sst_json *, struct sst_slice text, const struct sst_json_node **root, struct sst_err *);

/* The first child of an array (an element) or object (a key), and where its children end. */
static inline const struct sst_json_node *
sst_json_first(const struct sst_json_node *v)
{
	return v + 1;
}

static inline const struct sst_json_node *
sst_json_next(const struct sst_json_node *v)
{
	return v + v->skip;
}

static inline const struct sst_json_node *
sst_json_end(const struct sst_json_node *v)
{
	return v + v->skip;
}

/* The value of a member, the last one where the key is there twice; NULL: none, or no object. */
const struct sst_json_node *sst_json_get(const struct sst_json_node *, struct sst_slice key);

#endif
