/*
 * cql/builder.h: room-internal: a schema in the making.  Arrays grow by doubling, in the arena; the
 * columns of a table lie in five of them.
 */
#ifndef SST_CQL_BUILDER_H
#define SST_CQL_BUILDER_H

#include "base/num.h"
#include "cql/options.h"
#include "cql/schema.h"

struct sst_columns {
	struct sst_column *p;
	size_t n, cap;
};

struct sst_draft {          /* of a table */
	struct sst_table t; /* its options and column arrays are set at the end */
	struct sst_columns key, ck, statics, regulars, dropped;
	struct sst_property *properties;
	uint32_t line;
};

struct sst_pointers {
	const void **p;
	size_t n, cap;
};

struct sst_builder {
	struct sst_parser p;
	struct sst_pointers tables, types; /* struct sst_draft, struct sst_type */
	struct sst_keyspace *keyspaces;
	struct sst_schema_other *others;
	size_t nkeyspaces, keyspaces_cap, nothers, others_cap;
	struct sst_slice keyspace; /* in which user types are looked up */
	size_t memory_start, memory_max;
	bool too_much;
};

/* All return 0, or -1 with the parser's error filled in. */

/* Room for one more of `size` bytes in an array in the arena. */
int sst_builder_grow(struct sst_builder *, void *array, size_t n, size_t *cap, size_t size);
int sst_builder_add(struct sst_builder *, struct sst_pointers *, const void *);
int sst_builder_add_column(struct sst_builder *, struct sst_columns *, const struct sst_column *);
/* Something of that name is there: fine with IF NOT EXISTS. */
int sst_builder_exists(struct sst_builder *, const struct sst_statement *, const char *what);

/* usertype.c */
const struct sst_type *sst_builder_find_type(
    const struct sst_pointers *, struct sst_slice keyspace, struct sst_slice name);
int sst_builder_resolve(
    struct sst_builder *, const struct sst_column_def *, const struct sst_type **);
int sst_builder_create_type(struct sst_builder *, const struct sst_statement *);

/* draft.c */
struct sst_draft *sst_builder_find_table(const struct sst_builder *, const struct sst_cql_name *);
int sst_builder_create_table(struct sst_builder *, const struct sst_statement *);
int sst_builder_alter_table(struct sst_builder *, const struct sst_statement *);
int sst_builder_finish_table(struct sst_builder *, struct sst_draft *, const struct sst_table **);

#endif
