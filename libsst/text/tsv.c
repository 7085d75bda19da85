/* libsst/text/tsv.c: escapes for fields between tabs. */
#include "text/tsv.h"

void
sst_tsv_put(struct sst_buf *b, struct sst_slice s)
{
	size_t i, from = 0;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i] == '\t' ? 't' : s.p[i] == '\n' ? 'n' : s.p[i] == '\r' ? 'r' : '\\';
		if (c == '\\' && s.p[i] != '\\')
			continue;
		sst_buf_add(b, s.p + from, i - from);
		sst_buf_addc(b, '\\');
		sst_buf_addc(b, c);
		from = i + 1;
	}
	sst_buf_add(b, s.p + from, s.n - from);
}
