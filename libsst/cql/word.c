/*
 * cql/word.c: one sorted table, in the order of enum sst_word.  `true` and `false` are no names for
 * Cassandra's grammar, but it prints columns of these names without quotes: so they are names here.
 */
#include "cql/word.h"

#include "base/num.h"

#define WORD_MAX 16 /* longer than any */

static const struct {
	const char *name;
	bool reserved;
} words[] = {
	{ "", false },
	{ "add", true },
	{ "aggregate", false },
	{ "allow", true },
	{ "alter", true },
	{ "and", true },
	{ "apply", true },
	{ "asc", true },
	{ "authorize", true },
	{ "batch", true },
	{ "begin", true },
	{ "by", true },
	{ "check", false },
	{ "clustering", false },
	{ "columnfamily", true },
	{ "compact", false },
	{ "create", true },
	{ "custom", false },
	{ "default", false },
	{ "delete", true },
	{ "desc", true },
	{ "describe", true },
	{ "drop", true },
	{ "entries", true },
	{ "execute", true },
	{ "exists", false },
	{ "false", false },
	{ "from", true },
	{ "full", true },
	{ "function", false },
	{ "grant", true },
	{ "if", true },
	{ "in", true },
	{ "index", true },
	{ "infinity", true },
	{ "insert", true },
	{ "into", true },
	{ "is", true },
	{ "key", false },
	{ "keyspace", true },
	{ "limit", true },
	{ "masked", false },
	{ "materialized", true },
	{ "modify", true },
	{ "nan", true },
	{ "norecursive", true },
	{ "not", true },
	{ "null", true },
	{ "of", true },
	{ "on", true },
	{ "or", true },
	{ "order", true },
	{ "primary", true },
	{ "rename", true },
	{ "replace", false },
	{ "revoke", true },
	{ "role", false },
	{ "schema", true },
	{ "select", true },
	{ "service", false },
	{ "set", true },
	{ "static", false },
	{ "storage", false },
	{ "table", true },
	{ "timestamp", false },
	{ "to", true },
	{ "token", true },
	{ "trigger", false },
	{ "true", false },
	{ "truncate", true },
	{ "type", false },
	{ "unlogged", true },
	{ "update", true },
	{ "use", true },
	{ "user", false },
	{ "using", true },
	{ "view", true },
	{ "where", true },
	{ "with", true },
};

_Static_assert(SST_ARRAY_LEN(words) == SST_W_END, "a row for each word");

static inline uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

enum sst_word
sst_word_find(struct sst_slice s)
{
	size_t low = 1, high = SST_W_END, i;
	char text[WORD_MAX];

	if (s.n == 0 || s.n >= WORD_MAX)
		return SST_W_NONE;
	for (i = 0; i < s.n; i++)
		text[i] = (char)lower(s.p[i]);
	text[i] = '\0';
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = strcmp(text, words[mid].name);

		if (c == 0)
			return (enum sst_word)mid;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return SST_W_NONE;
}

const char *
sst_word_text(enum sst_word w)
{
	return w == SST_W_NONE ? "a name" : words[w].name;
}

bool
sst_word_is_reserved(enum sst_word w)
{
	return words[w].reserved;
}

void
sst_cql_put_string(struct sst_buf *b, struct sst_slice s)
{
	sst_buf_addc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			sst_buf_addc(b, '\'');
		sst_buf_addc(b, (char)s.p[i]);
	}
	sst_buf_addc(b, '\'');
}
