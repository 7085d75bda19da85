/*
 * cmd/msgd/prepared.h: the prepared statements of a shard, by id.  Every shard has them all, each with
 * plans over its own tables; the one that was not used for longest goes when there are too many.
 */
#ifndef MSGD_PREPARED_H
#define MSGD_PREPARED_H

#include "msgd/statement.h"

#define MSGD_PREPARED_SLOTS 4096
#define MSGD_PREPARED_MAX 8192
#define MSGD_PREPARED_BYTES ((size_t)16 << 20) /* of their plans */

struct msgd_prepared {
	struct msgd_statement **slots;
	struct msgd_statement *newest, *oldest;
	size_t n, bytes;
};

int msgd_prepared_init(struct msgd_prepared *, struct sst_err *);
void msgd_prepared_clear(struct msgd_prepared *);

/*
 * The statement of that id, borrowed until the next call here; NULL when there is none.  One whose
 * schema has changed is made anew; when that fails it is forgotten.
 */
struct msgd_statement *msgd_prepared_find(struct msgd_shard *, struct sst_slice id);
/* The same for a text, which is made and kept when it is not there; NULL: see the refusal. */
struct msgd_statement *msgd_prepared_get(
    struct msgd_shard *, struct sst_slice text, struct sst_slice keyspace, struct msgd_refusal *);
/* The schema has changed: no plan of the one before stays here. */
void msgd_prepared_unplan(struct msgd_shard *);
size_t msgd_prepared_count(const struct msgd_shard *);

#endif
