/*
 * libsst/query/ddl.h: CREATE, ALTER and DROP of keyspaces, tables and types: the schema there is then, and
 * what clients are told.  A schema does not change: this makes another one, of which shards and disk are
 * told by store/define.h.  Refusals are Cassandra's, in its words.
 */
#ifndef SST_QUERY_DDL_H
#define SST_QUERY_DDL_H

#include "cql/schema.h"
#include "cql/statement.h"

enum sst_refusal { /* why a statement is refused: the protocol's codes */
	SST_REFUSED_SYNTAX = 0x2000,
	SST_REFUSED_UNAUTHORIZED = 0x2100,
	SST_REFUSED_INVALID = 0x2200,
	SST_REFUSED_CONFIG = 0x2300,
	SST_REFUSED_EXISTS = 0x2400
};

struct sst_ddl_opts {
	struct sst_slice keyspace; /* of names without one; n == 0: there is none */
	int64_t now_us;            /* when columns are dropped */
	uint8_t table_id[16];      /* of a table that is made: a UUID that no other table has */
};

struct sst_ddl {
	struct sst_schema schema; /* the new one, all of it in the arena */
	/* What clients are told: CREATED, UPDATED or DROPPED; NULL: nothing has changed, as of IF NOT
	 * EXISTS, and the schema is not filled in. */
	const char *change;
	const char *target;              /* KEYSPACE, TABLE or TYPE */
	struct sst_slice keyspace, name; /* name.n == 0 of a keyspace */
	/* Tables of the schema before whose rows are read and written otherwise now, or no more. */
	size_t ntables;
	const struct sst_table **tables;
	enum sst_refusal refusal; /* after SST_EINVAL and SST_EUNSUPPORTED */
};

/* Does a statement begin here that defines, or that is refused because it would define what is not
 * known here: CREATE, ALTER, DROP, GRANT, REVOKE, LIST? */
bool sst_ddl_at(const struct sst_parser *);

/*
 * text is one such statement.  was is the schema of users, without the system's tables; it is not kept.
 * -1: SST_EINVAL with the words for the client, and with EXISTS keyspace and name; SST_EUNSUPPORTED names
 * what is not supported; SST_ELIMIT; SST_ENOMEM.
 */
int sst_ddl_make(struct sst_ddl *, struct sst_arena *, const struct sst_schema *was,
    struct sst_slice text, const struct sst_ddl_opts *, struct sst_err *);

/* A keyspace that only the system has: system, system_schema, …: nobody can change it. */
bool sst_ddl_is_system(struct sst_slice keyspace);

#endif
