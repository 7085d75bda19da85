/*
 * libsst/query/function.h: the functions of CQL that give a value: of times and UUIDs, and those between
 * a value and its bytes.  What they need of the world comes with the statement (struct sst_instant), so
 * the same statement gives the same wherever it is worked out.
 */
#ifndef SST_QUERY_FUNCTION_H
#define SST_QUERY_FUNCTION_H

#include "schema/type.h"

#define SST_FUNCTION_ARGS_MAX 1
#define SST_CALLS_MAX 256 /* of functions in a statement */

struct sst_instant { /* when a statement runs, and where */
	/* 100 ns since 1970, that no other statement here has had, nor the SST_CALLS_MAX behind it. */
	uint64_t time;
	uint64_t node; /* what tells this node from others */
};

struct sst_function { /* one with its types; lives in the arena it was found in */
	struct sst_slice name;
	size_t nargs;
	const struct sst_type *arg, *result;
	int (*call)(uint8_t out[16], size_t *n, struct sst_slice arg, const struct sst_instant *,
	    size_t nth); /* SST_ONE, 0: null; NULL: the bytes of the argument as they are */
};

/*
 * The function of that name for an argument of type arg (NULL: not known, as of a literal; then `hint`
 * says of what kind it may be, or SST_CUSTOM).  SST_EINVAL in Cassandra's words.
 */
int sst_function_find(const struct sst_function **, struct sst_arena *, struct sst_slice name,
    size_t nargs, const struct sst_type *arg, enum sst_kind hint, struct sst_err *);

/* Its value; nth of the calls in its statement.  p == NULL is null.  -1 only without memory. */
int sst_function_value(const struct sst_function *, struct sst_slice arg,
    const struct sst_instant *, size_t nth, struct sst_arena *, struct sst_slice *,
    struct sst_err *);

/* A time UUID (version 1) of 100 ns since 1970. */
void sst_timeuuid_put(uint8_t out[16], uint64_t time, uint64_t node);

#endif
