/* libsst/wire/clientint.h: what the files of the client share. */
#ifndef SST_WIRE_CLIENTINT_H
#define SST_WIRE_CLIENTINT_H

#include "base/arena.h"
#include "wire/client.h"
#include "wire/link.h"

#define SST_CONSISTENCY_LOCAL_QUORUM 6
#define SST_NOW_ANY INT64_MIN /* a statement that means the same at any time */

struct sst_prepared { /* in the client's arena */
	struct sst_prepared *next;
	struct sst_slice text, id, result_id;
	bool stale; /* the server has forgotten it */
};

struct sst_client_table {
	struct sst_client_table *next;
	const struct sst_table *table;
	/* NULL until the first use. */
	struct sst_prepared *insert, *update, *update_static, *delete_row, *delete_partition;
};

struct sst_part { /* a statement with values, to be sent */
	struct sst_prepared *prepared;
	size_t at, len; /* of its values in client->values */
	unsigned nvalues;
	int64_t now_s;
};

struct sst_client {
	struct sst_db db; /* first: db.h hands it back to us */
	struct sst_link *link;
	struct sst_arena arena;
	struct sst_prepared *prepared;
	struct sst_client_table *tables;
	struct sst_buf text;                     /* of the statement that is made */
	struct sst_buf values, parts;            /* of the update that is made */
	struct sst_buf taken;                    /* cells of a row that have their statement */
	struct sst_buf first, last;              /* answer of extent */
	uint64_t sent;                           /* number of the last update */
	uint64_t number[SST_LINK_SLOTS];         /* of the update that a slot is for */
	struct sst_prepared *of[SST_LINK_SLOTS]; /* what a slot executes; NULL: a batch */
	bool writing[SST_LINK_SLOTS], held[SST_LINK_SLOTS];
	unsigned nheld; /* whose statements the server has forgotten */
	bool failed;    /* a write was refused: nothing is taken any more */
	struct sst_err why;
};

/* The prepared statement of that text; prepares it when it is new. */
int sst_client_prepare(
    struct sst_client *, struct sst_prepared **, struct sst_slice text, struct sst_err *);
/* Prepares again what the server has forgotten, and sends what was held for it. */
int sst_client_revive(struct sst_client *, struct sst_err *);
/* Appends the body of an EXECUTE up to its values; flags are those of sst_query_params. */
void sst_client_put_execute(
    struct sst_buf *, const struct sst_prepared *, uint32_t flags, unsigned nvalues);

struct sst_client_table *sst_client_table_of(struct sst_client *, const struct sst_table *);

/*
 * The clustering columns between two bounds as relations (" AND c >= ?"), and their values appended
 * to *values, counted in *n.  SST_EUNSUPPORTED for what takes more than a row of equal columns and then
 * one range.
 */
int sst_client_put_range(const struct sst_table *, const struct sst_range *, struct sst_buf *text,
    struct sst_buf *values, unsigned *n, struct sst_err *);
/* "k = ? AND l = ?", unless text is NULL, and the values of a partition key. */
int sst_client_put_key(const struct sst_table *, struct sst_slice key, struct sst_buf *text,
    struct sst_buf *values, unsigned *n, struct sst_err *);
void sst_client_put_name(struct sst_buf *, const struct sst_table *);

/* The statements of writes.  Their markers: INSERT: key, clustering, regular columns, write time, time
 * to live; UPDATE, of a row or of the statics: the times, the columns, the key; DELETE: the write time,
 * to be followed by a WHERE. */
void sst_client_put_insert(struct sst_buf *, const struct sst_table *);
void sst_client_put_update(struct sst_buf *, const struct sst_table *, bool row);
void sst_client_put_delete(struct sst_buf *, const struct sst_table *);
void sst_client_put_where(struct sst_buf *, const struct sst_table *, bool row);

int sst_client_apply(
    struct sst_db *, const struct sst_update *, struct sst_logpos *, struct sst_err *);
int sst_client_read(struct sst_db *, const struct sst_read *, struct sst_stream **,
    struct sst_read_stats *, struct sst_err *);

#endif
