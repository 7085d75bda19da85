/* cmd/sstdump/tables.h: the tables of a data directory by their ids, for who has nothing else. */
#ifndef SSTDUMP_TABLES_H
#define SSTDUMP_TABLES_H

#include "cql/schema.h"

struct tables_one {
	uint8_t id[16];
	const struct sst_table *table;
};

struct tables { /* start with {0} */
	struct sst_arena arena;
	struct tables_one *at;
	size_t n, cap;
};

/* All tables of a schema that have an id in it. */
void tables_add_schema(struct tables *, const struct sst_schema *);

/*
 * The tables of DIR/data/KEYSPACE/TABLE-ID/, as schema.cql there or `given` (or NULL) defines them.  A
 * folder that is not there holds none.  An exit status.
 */
int tables_add_dir(struct tables *, const char *dir, const struct sst_schema *given);

/* As sst_table_by_id: arg is the struct tables. */
const struct sst_table *tables_by_id(void *arg, const uint8_t id[16]);
void tables_free(struct tables *);

#endif
