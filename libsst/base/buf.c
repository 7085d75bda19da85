/* base/buf.c: growth of the growing buffer, out of line. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

bool
sst_buf_grow(struct sst_buf *b, size_t n)
{
	size_t want, cap = b->cap < 64 ? 64 : b->cap;
	uint8_t *p;

	if (b->bad)
		return false;
	if (!sst_add_size(&want, b->n, n))
		goto bad;
	if (want <= b->cap)
		return true;
	while (cap < want) {
		if (!sst_mul_size(&cap, cap, 2))
			goto bad;
	}
	if ((p = realloc(b->p, cap)) == NULL)
		goto bad;
	b->p = p;
	b->cap = cap;
	return true;
bad:
	b->bad = true;
	return false;
}

void
sst_buf_free(struct sst_buf *b)
{
	if (b == NULL)
		return;
	free(b->p);
	*b = (struct sst_buf){ 0 };
}

void
sst_buf_addf(struct sst_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !sst_buf_room(b, (size_t)n + 1)) {
		b->bad = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}
