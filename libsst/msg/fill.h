/*
 * libsst/msg/fill.h: room-internal: fills the columns of a message from JSON.  A format of input is a
 * table of fields: what each is called, and the function that sets its column.
 *
 *	static const struct sst_fill_field fields[] = {
 *		SST_FILL_FIELD("content", sst_fill_text, SST_MSG_CONTENT),
 *		...
 *	};
 *
 * Values lie where the JSON has them (texts), in `fixed` (numbers), or in a buffer for each nested
 * column.
 */
#ifndef SST_MSG_FILL_H
#define SST_MSG_FILL_H

#include "base/buf.h"
#include "base/num.h"
#include "codec/json.h"
#include "msg/leftout.h"
#include "msg/message.h"

#define SST_FILL_MEMO 64       /* fields of an object whose places are remembered */
#define SST_FILL_REACTIONS 256 /* of one message */

struct sst_fill;
struct sst_fill_field;

typedef int (*sst_fill_set)(struct sst_fill *, const struct sst_fill_field *,
    const struct sst_json_node *, struct sst_err *);

struct sst_fill_field {
	struct sst_slice name;
	sst_fill_set set;
	enum sst_message_column column; /* SST_MSG_COLUMNS: not one of them */
};

#define SST_FILL_NAME(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}
#define SST_FILL_FIELD(name, set, column) \
	{ \
		SST_FILL_NAME(name), set, column \
	}

struct sst_fill_reaction {
	struct sst_slice key;
	size_t off; /* of the key in `keys`, while that grows */
	int32_t count;
};

struct sst_fill { /* start with {0}, then set the first ones */
	const struct sst_fill_field *fields;
	size_t nfields;
	struct sst_leftout *leftout;
	bool strict; /* refuse fields that are not known, else count them */
	bool clears; /* null deletes a column (edits); else null is the same as nothing */
	/* A writer that names every field of every message: false, "" and [] say nothing. */
	bool full;
	void *arg; /* of a format's own setters */

	struct sst_message *m;
	uint8_t fixed[SST_MSG_COLUMNS][8];
	struct sst_buf nested[SST_MSG_COLUMNS]; /* of lists, maps and tuples */
	/* Objects of one writer name their fields in the same order: the i-th field is looked for
	 * where the i-th of the last object was found. */
	const struct sst_fill_field *memo[SST_FILL_MEMO];
	struct sst_fill_reaction reactions[SST_FILL_REACTIONS];
	struct sst_buf keys; /* of reactions */
};

void sst_fill_free(struct sst_fill *);

/* The fields of our own NDJSON, which msgread.c has. */
const struct sst_fill_field *sst_msgread_fields(size_t *n);

/* Fills *m, which is emptied first, from the members of an object. */
int sst_fill_object(
    struct sst_fill *, const struct sst_json_node *object, struct sst_message *m, struct sst_err *);

/* Empties *m, for setters that are called one by one. */
void sst_fill_begin(struct sst_fill *, struct sst_message *m);

/* Nothing, or as good as nothing: null, false, "", [], {}. */
bool sst_fill_says_nothing(const struct sst_json_node *);

/* "FIELD: want ...", SST_EINVAL; -1. */
int sst_fill_bad(const struct sst_fill_field *, const char *want, struct sst_err *);

/* Known, and told by the ids or by nobody: not stored. */
int sst_fill_derived(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_channel(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_id(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_bigint(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_int(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_bool(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
int sst_fill_text(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
/* A text or a whole number, kept as text. */
int sst_fill_nonce(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
/* ISO 8601, or ms since 1970 as a number. */
int sst_fill_time(struct sst_fill *, const struct sst_fill_field *, const struct sst_json_node *,
    struct sst_err *);
/* Ids, or users with an id. */
int sst_fill_mentions(struct sst_fill *, const struct sst_fill_field *,
    const struct sst_json_node *, struct sst_err *);
/* Texts, or attachments, of which the URL is kept, or where there is none "id/filename". */
int sst_fill_attachments(struct sst_fill *, const struct sst_fill_field *,
    const struct sst_json_node *, struct sst_err *);
/* {"emoji": count}, or an array of {"emoji": {"id", "name"}, "count"}. */
int sst_fill_reactions(struct sst_fill *, const struct sst_fill_field *,
    const struct sst_json_node *, struct sst_err *);
/* The first n of `reactions`, whose keys lie in `keys`, become the column. */
int sst_fill_counts(struct sst_fill *, const struct sst_fill_field *, size_t n, struct sst_err *);
/* {"channel_id", "message_id"}, or the same in the exporter's spelling. */
int sst_fill_reference(struct sst_fill *, const struct sst_fill_field *,
    const struct sst_json_node *, struct sst_err *);

/* URLs between separators, in one text. */
int sst_fill_urls(struct sst_fill *, enum sst_message_column, struct sst_slice text,
    uint8_t separator, struct sst_err *);

/* Sets a column that has `width` bytes, at most 8. */
void sst_fill_number(struct sst_fill *, enum sst_message_column, uint64_t v, size_t width);

/* Starts a list in the column's buffer; elements are appended after their u32 lengths, and
 * sst_fill_end_list says how many there are. */
struct sst_buf *sst_fill_begin_list(struct sst_fill *, enum sst_message_column);
int sst_fill_end_list(struct sst_fill *, enum sst_message_column, size_t count, struct sst_err *);

#endif
