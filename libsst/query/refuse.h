/* query/refuse.h: room-internal: refusals, in words that clients read. */
#ifndef SST_QUERY_REFUSE_H
#define SST_QUERY_REFUSE_H

#include "query/operand.h"

/* what is a format for one name. */
static inline int
sst_refuse_name(struct sst_err *e, const char *what, struct sst_slice name)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, what, SST_NAME_ARGS(name));
}

static inline int
sst_refuse_undefined(struct sst_err *e, const struct sst_table *t, struct sst_slice name)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "Undefined column name %.*s in table %.*s.%.*s", SST_NAME_ARGS(name),
	    SST_NAME_ARGS(t->keyspace), SST_NAME_ARGS(t->name));
}

static inline int
sst_refuse(struct sst_err *e, const char *what)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%s", what);
}

/* "GROUP BY is": what the language has and we do not. */
static inline int
sst_refuse_unsupported(struct sst_err *e, const char *what)
{
	return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "%s not supported", what);
}

#endif
