/*
 * query/defining.h: room-internal: a definition in the making.  `next` is the schema before with what the
 * statement changes in it, in a copy of its lists; `text`, if any, is CQL that follows it.  Both are
 * printed and parsed, which makes a schema that borrows nothing.
 */
#ifndef SST_QUERY_DEFINING_H
#define SST_QUERY_DEFINING_H

#include "query/ddl.h"
#include "query/operand.h"

struct sst_defining {
	struct sst_ddl *out;
	struct sst_arena *arena;
	const struct sst_schema *was;
	const struct sst_ddl_opts *opts;
	struct sst_statement s;
	struct sst_schema next;
	struct sst_buf text;
	struct sst_err *e;
};

/* Fills in refusal and words; returns -1. */
int sst_defining_refuse(struct sst_defining *, enum sst_refusal, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int sst_defining_exists(
    struct sst_defining *, struct sst_slice keyspace, struct sst_slice name, const char *words);

const struct sst_keyspace *sst_defining_keyspace(const struct sst_defining *, struct sst_slice);
/* What clients are told. */
void sst_defining_tell(struct sst_defining *, const char *change, const char *target,
    struct sst_slice keyspace, struct sst_slice name);
int sst_defining_touch(struct sst_defining *, const struct sst_table *);
/* Whether a type is, or holds, the user type of this name. */
bool sst_defining_uses(const struct sst_type *, struct sst_slice keyspace, struct sst_slice name);
/* The type that a column or field has; refuses one that cannot be. */
int sst_defining_type(
    struct sst_defining *, const struct sst_column_def *, const struct sst_type **);
/* A keyspace that is there, and whose tables and types may be changed. */
int sst_defining_check_keyspace(struct sst_defining *, struct sst_slice keyspace, bool must_exist);

/* definekeyspace.c */
int sst_define_create_keyspace(struct sst_defining *);
int sst_define_alter_keyspace(struct sst_defining *);
int sst_define_drop_keyspace(struct sst_defining *, struct sst_slice name, bool if_exists);
/* definetype.c */
int sst_define_create_type(struct sst_defining *);
int sst_define_alter_type(struct sst_defining *);
int sst_define_drop_type(struct sst_defining *, const struct sst_cql_name *, bool if_exists);
/* definetable.c */
int sst_define_create_table(struct sst_defining *);
int sst_define_alter_table(struct sst_defining *);
int sst_define_drop_table(struct sst_defining *, const struct sst_cql_name *, bool if_exists);
/* defineoptions.c: the options of CREATE TABLE and ALTER TABLE. */
int sst_define_check_options(struct sst_defining *);

#define SST_S(s) SST_NAME_ARGS(s)

#endif
