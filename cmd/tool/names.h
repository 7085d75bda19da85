/*
 * cmd/tool/names.h: what an SSTable does not say itself: its keyspace and table, which are in the
 * names of its folders, and the names of its key columns, which are in a schema.
 */
#ifndef TOOL_NAMES_H
#define TOOL_NAMES_H

#include "cql/schema.h"

struct names_schema { /* a schema and what it was parsed from; start with {0} */
	bool there;
	struct sst_arena arena;
	struct sst_buf text;
	struct sst_schema schema;
};

struct names {                      /* start with {0} */
	struct names_schema given;  /* --schema */
	struct names_schema beside; /* schema.cql in the folder `dir` */
	struct sst_buf dir;
	struct sst_arena arena; /* what a table borrows */
};

/* Takes names from this file, whatever lies beside the SSTables.  An exit status. */
int names_use(struct names *, const char *schema_file);

/* What names_use read; NULL without. */
const struct sst_schema *names_given(const struct names *);

/*
 * Fills in the table of the SSTable at path: keyspace, name, and names of key columns; they borrow
 * from *n until the next call.  Gives an exit status; what cannot be found out stays as it is.
 */
int names_find(struct names *n, const char *path, struct sst_table *);
/* The table that the schema defines for the SSTable at path, or NULL; until the next call. */
const struct sst_table *names_table(struct names *, const char *path);
void names_free(struct names *);

#endif
