/* query/planning.h: room-internal: a plan in the making. */
#ifndef SST_QUERY_PLANNING_H
#define SST_QUERY_PLANNING_H

#include "query/plan.h"
#include "query/refuse.h"

struct sst_planner {
	struct sst_plan *plan;
	struct sst_arena *arena;
	const struct sst_dml *dml;
	const struct sst_table *table;
	struct sst_err *e;
};

extern const struct sst_type sst_plan_bigint, sst_plan_int, sst_plan_text;

/* Memory for n and one more; NULL and the error. */
void *sst_planner_zeroed(const struct sst_planner *, size_t n, size_t size);
int sst_planner_operand(const struct sst_planner *, const struct sst_operand **out,
    const struct sst_term *, struct sst_slice name, const struct sst_type *);
/* The name of a marker for what belongs to a column: a format for one name. */
int sst_planner_name(
    const struct sst_planner *, struct sst_slice *out, const char *format, struct sst_slice column);
int sst_planner_column(const struct sst_planner *, struct sst_column_ref *, struct sst_slice name);
/* Which field of a user type. */
int sst_planner_field(
    const struct sst_planner *, const struct sst_type *, struct sst_slice name, size_t *i);
/* A column that is read or changed: are rows, is the static row wanted? */
void sst_planner_note(struct sst_plan *, const struct sst_column_ref *);

/* SELECT *; and the names and types of what is given. */
int sst_plan_all_outputs(const struct sst_planner *);
int sst_plan_name_results(const struct sst_planner *);

int sst_plan_select(const struct sst_planner *);
int sst_plan_change(const struct sst_planner *);

#endif
