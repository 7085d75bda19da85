/* tests/fuzz/world.h: the table of messages, of a db that has nothing but its schema. */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <assert.h>

#include "cql/schema.h"
#include "msg/messages.h"

struct world {
	struct sst_db db;
	struct sst_arena arena;
	const struct sst_table *table;
	struct sst_messages messages;
};

static const struct sst_table *
the_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	(void)keyspace;
	(void)name;
	return ((struct world *)db)->table;
}

static const struct sst_db_ops ops = { .table = the_table };

static void
begin(struct world *w)
{
	struct sst_schema schema;
	struct sst_err e;

	*w = (struct world){ .db.ops = &ops };
	assert(sst_schema_parse(&schema, &w->arena, sst_slice_str(sst_messages_cql), NULL,
		   (struct sst_slice){ NULL, 0 }, &e) == 0);
	w->table = schema.tables[0];
	assert(sst_messages_bind(&w->messages, &w->db, &e) == 0);
}

#endif
