/* cmd/msgd/tables.c: from the store's tables to a schema. */
#include "msgd/tables.h"

#include "msgd/selfdb.h"
#include "store/store.h"

static void
add_keyspace(struct sst_schema *schema, struct sst_slice name)
{
	for (size_t i = 0; i < schema->nkeyspaces; i++)
		if (sst_slice_eq(schema->keyspaces[i].name, name))
			return;
	schema->keyspaces[schema->nkeyspaces++] = (struct sst_keyspace){ .name = name };
}

int
msgd_tables_take(struct msgd_shard *s, struct sst_err *e)
{
	size_t n = sst_store_ntables(s->store);
	struct sst_schema schema = { 0 };

	sst_arena_reset(&s->scratch);
	schema.tables = sst_arena_array(&s->scratch, n + 1, sizeof(*schema.tables));
	schema.keyspaces = sst_arena_array(&s->scratch, n + 1, sizeof(*schema.keyspaces));
	if (schema.tables == NULL || schema.keyspaces == NULL)
		return sst_fail_nomem(e);
	for (; schema.ntables < n; schema.ntables++) {
		schema.tables[schema.ntables] = sst_store_table(s->store, schema.ntables);
		add_keyspace(&schema, schema.tables[schema.ntables]->keyspace);
	}
	return msgd_selfdb_fill(s->self, &schema, &s->node->self, e);
}
