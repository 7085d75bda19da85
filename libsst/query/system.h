/*
 * libsst/query/system.h: the system tables that clients look at: who this node is (system.local), that
 * it has no peers, and the schema (system_schema).  They are tables like any other, in memory: here is
 * their CQL, and what to write into them.  formats/system-tables.md says which client needs what.
 */
#ifndef SST_QUERY_SYSTEM_H
#define SST_QUERY_SYSTEM_H

#include "cql/schema.h"
#include "row/db.h"

struct sst_node { /* this one; texts end in a NUL, and are borrowed */
	uint8_t host_id[16];
	const char *cluster_name, *data_center, *rack;
	const char *release_version; /* of the Cassandra that we answer like: clients go by it */
	const char *address;         /* that clients reach, as text */
	uint16_t port;
	int64_t started_s; /* since 1970 */
};

/* CREATE statements of keyspaces and tables, ids among them. */
struct sst_slice sst_system_cql(void);

/* A new one whenever the schema is another: a UUID made of its text.  -1 only without memory. */
int sst_system_schema_version(const struct sst_schema *, uint8_t version[16], struct sst_err *);

/*
 * Writes all rows of the system tables, each as an update that lasts as long as the call of put.
 * system is what sst_system_cql() parses to; schema is the user's.  put returns 0, or -1 with *e
 * filled in, which is then given on.
 */
typedef int (*sst_system_put)(void *arg, const struct sst_update *, struct sst_err *);
int sst_system_fill(const struct sst_schema *system, const struct sst_schema *schema,
    const struct sst_node *, sst_system_put, void *arg, struct sst_err *);

#endif
