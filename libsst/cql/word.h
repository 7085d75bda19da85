/*
 * libsst/cql/word.h: the words of CQL: which are keywords, which cannot be names without quotes.
 */
#ifndef SST_CQL_WORD_H
#define SST_CQL_WORD_H

#include "base/buf.h"

/* Every reserved word, and the others that the grammar looks for.  In the order of the bytes. */
enum sst_word {
	SST_W_NONE, /* not a keyword */
	SST_W_ADD,
	SST_W_AGGREGATE,
	SST_W_ALLOW,
	SST_W_ALTER,
	SST_W_AND,
	SST_W_APPLY,
	SST_W_ASC,
	SST_W_AUTHORIZE,
	SST_W_BATCH,
	SST_W_BEGIN,
	SST_W_BY,
	SST_W_CHECK,
	SST_W_CLUSTERING,
	SST_W_COLUMNFAMILY,
	SST_W_COMPACT,
	SST_W_CREATE,
	SST_W_CUSTOM,
	SST_W_DEFAULT,
	SST_W_DELETE,
	SST_W_DESC,
	SST_W_DESCRIBE,
	SST_W_DROP,
	SST_W_ENTRIES,
	SST_W_EXECUTE,
	SST_W_EXISTS,
	SST_W_FALSE,
	SST_W_FROM,
	SST_W_FULL,
	SST_W_FUNCTION,
	SST_W_GRANT,
	SST_W_IF,
	SST_W_IN,
	SST_W_INDEX,
	SST_W_INFINITY,
	SST_W_INSERT,
	SST_W_INTO,
	SST_W_IS,
	SST_W_KEY,
	SST_W_KEYSPACE,
	SST_W_LIMIT,
	SST_W_MASKED,
	SST_W_MATERIALIZED,
	SST_W_MODIFY,
	SST_W_NAN,
	SST_W_NORECURSIVE,
	SST_W_NOT,
	SST_W_NULL,
	SST_W_OF,
	SST_W_ON,
	SST_W_OR,
	SST_W_ORDER,
	SST_W_PRIMARY,
	SST_W_RENAME,
	SST_W_REPLACE,
	SST_W_REVOKE,
	SST_W_ROLE,
	SST_W_SCHEMA,
	SST_W_SELECT,
	SST_W_SERVICE,
	SST_W_SET,
	SST_W_STATIC,
	SST_W_STORAGE,
	SST_W_TABLE,
	SST_W_TIMESTAMP,
	SST_W_TO,
	SST_W_TOKEN,
	SST_W_TRIGGER,
	SST_W_TRUE,
	SST_W_TRUNCATE,
	SST_W_TYPE,
	SST_W_UNLOGGED,
	SST_W_UPDATE,
	SST_W_USE,
	SST_W_USER,
	SST_W_USING,
	SST_W_VIEW,
	SST_W_WHERE,
	SST_W_WITH,
	SST_W_END
};

/* Case does not matter. */
enum sst_word sst_word_find(struct sst_slice);

/* "create"; "a name" for SST_W_NONE. */
const char *sst_word_text(enum sst_word);

/* A reserved word is no name unless it is between double quotes. */
bool sst_word_is_reserved(enum sst_word);

/* Appends a string between single quotes, those within it doubled. */
void sst_cql_put_string(struct sst_buf *, struct sst_slice s);

#endif
