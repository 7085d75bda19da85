/* libsst/schema/ident.h: names as CQL writes them. */
#ifndef SST_SCHEMA_IDENT_H
#define SST_SCHEMA_IDENT_H

#include "base/buf.h"

/* True for [a-z][a-z0-9_]* that is no reserved word: it stands in CQL without quotes. */
bool sst_ident_is_plain(struct sst_slice name);

/* Appends the name as Cassandra's ColumnIdentifier.toCQLString prints it: in double quotes, which
 * are doubled within, unless it is plain. */
void sst_ident_put(struct sst_buf *, struct sst_slice name);

#endif
