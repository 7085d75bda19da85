/* libsst/cql/clause.h: room-internal: parts of statements that dml.c and select.c share. */
#ifndef SST_CQL_CLAUSE_H
#define SST_CQL_CLAUSE_H

#include "cql/dml.h"

/* A word that is a keyword only here ("values"), so that it stays free for names elsewhere: takes it
 * when it is the next one; or wants it. */
bool sst_clause_at(const struct sst_parser *, const char *word);
bool sst_clause_take(struct sst_parser *, const char *word);
int sst_clause_want(struct sst_parser *, const char *word);

int sst_clause_using(struct sst_parser *, struct sst_dml *);
/* Relations with AND between them. */
int sst_clause_relations(struct sst_parser *, struct sst_relation **);
int sst_clause_select(struct sst_parser *, struct sst_dml *);

#endif
