/*
 * text/cellsin.h: what a line of NDJSON is made of, from JSON: its members, whole numbers, values of a
 * type, deletions, and the cells of a row.  formats/ndjson.md names the members.  All calls that return
 * int give 0, or -1 with SST_EINVAL and the offset in the line, or SST_ENOMEM.
 */
#ifndef SST_TEXT_CELLSIN_H
#define SST_TEXT_CELLSIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "codec/json.h"
#include "row/rows.h"

typedef const struct sst_json_node node;

struct sst_linein { /* where what a line holds is kept */
	struct sst_arena arena;
	struct sst_buf value; /* scratch */
};

/* Says in *e what is wrong with a node.  Returns -1. */
int sst_member_bad(node *at, const char *what, struct sst_err *e);
/* Sorts the members of an object by name into found[n]; NULL where there is none. */
int sst_members_of(node *obj, const char *const *names, size_t n, node **found, struct sst_err *e);
int sst_member_integer(node *v, int64_t *out, struct sst_err *e);
int sst_member_u32(node *v, uint32_t *out, struct sst_err *e);
/* An object with "ts" and "at". */
int sst_member_deletion(node *obj, struct sst_deletion *del, struct sst_err *e);
/* A value of the type, in the arena. */
int sst_member_value(struct sst_linein *in, const struct sst_type *type, node *v,
    struct sst_slice *out, struct sst_err *e);
/*
 * The cells and complex deletions of a row with these n columns, whose liveness is set: a cell without
 * "ts" has the row's.
 */
int sst_cells_read(struct sst_linein *in, node *obj, const struct sst_column *cols, size_t n,
    struct sst_row *row, struct sst_err *e);

#endif
