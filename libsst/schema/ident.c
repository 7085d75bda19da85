/* schema/ident.c: names as CQL writes them. */
#include "schema/ident.h"

#include "base/num.h"

/* Cassandra 4.0 to 5.0's reserved words, in the order of strcmp. */
static const char *const reserved[] = { "add", "allow", "alter", "and", "apply", "asc", "authorize",
	"batch", "begin", "by", "columnfamily", "create", "delete", "desc", "describe", "drop",
	"entries", "execute", "from", "full", "grant", "if", "in", "index", "infinity", "insert",
	"into", "is", "keyspace", "limit", "materialized", "modify", "nan", "norecursive", "not",
	"null", "of", "on", "or", "order", "primary", "rename", "revoke", "schema", "select", "set",
	"table", "to", "token", "truncate", "unlogged", "update", "use", "using", "view", "where",
	"with" };

static bool
is_reserved(struct sst_slice name)
{
	size_t lo = 0, hi = SST_ARRAY_LEN(reserved), mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = sst_slice_cmp(name, sst_slice_str(reserved[mid]));
		if (c == 0)
			return true;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

bool
sst_ident_is_plain(struct sst_slice name)
{
	size_t i;
	uint8_t c;

	if (name.n == 0 || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (i = 1; i < name.n; i++) {
		c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return !is_reserved(name);
}

void
sst_ident_put(struct sst_buf *b, struct sst_slice name)
{
	size_t i;

	if (sst_ident_is_plain(name)) {
		sst_buf_add_slice(b, name);
		return;
	}
	sst_buf_addc(b, '"');
	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			sst_buf_addc(b, '"');
		sst_buf_addc(b, (char)name.p[i]);
	}
	sst_buf_addc(b, '"');
}
