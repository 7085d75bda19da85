/* query/wheremaker.h: room-internal: a WHERE in the making. */
#ifndef SST_QUERY_WHEREMAKER_H
#define SST_QUERY_WHEREMAKER_H

#include "query/refuse.h"
#include "query/where.h"

struct sst_wheremaker {
	struct sst_where *w;
	struct sst_arena *arena;
	const struct sst_table *table;
	struct sst_marks *marks;
	bool filtering;
	struct sst_err *e;
};

#define SST_REFUSE_FILTERING \
	"Cannot execute this query as it might involve data filtering and thus may have " \
	"unpredictable performance. If you want to execute this query despite the performance " \
	"unpredictability, use ALLOW FILTERING"

/* Memory for n and one more; NULL and the error. */
void *sst_wheremaker_zeroed(const struct sst_wheremaker *, size_t n, size_t size);
/* The operand of a term that must not be null. */
struct sst_operand *sst_wheremaker_operand(const struct sst_wheremaker *, const struct sst_term *,
    struct sst_slice name, const struct sst_type *);
/* … and the name under which clients are asked for it, when it is a marker without one: a format for
 * one name. */
int sst_wheremaker_announce(const struct sst_wheremaker *, const struct sst_operand *,
    const char *format, struct sst_slice name);
const struct sst_type *sst_wheremaker_list_of(
    const struct sst_wheremaker *, const struct sst_type *element);
/* The values of IN: a list of terms, or one marker for a list. */
int sst_wheremaker_in(const struct sst_wheremaker *, const struct sst_relation *,
    struct sst_slice name, const struct sst_type *, struct sst_restriction *);
/* An edge of a slice; the other may be there already. */
int sst_wheremaker_edge(const struct sst_wheremaker *, struct sst_restriction *,
    const struct sst_relation *, const struct sst_edge *);

/* Several columns at once: (c, d) op … */
int sst_wheretuple_add(const struct sst_wheremaker *, const struct sst_relation *);

/* A relation that is looked at row by row. */
int sst_wherefilter_add(
    const struct sst_wheremaker *, const struct sst_relation *, const struct sst_column_ref *);
/* A restriction of a key column that finds nothing by itself becomes filters. */
int sst_wherefilter_turn(
    const struct sst_wheremaker *, struct sst_restriction *, enum sst_column_kind, size_t col);

#endif
