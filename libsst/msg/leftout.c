/* libsst/msg/leftout.c: a short table of names and counts. */
#include "msg/leftout.h"

#include "base/digits.h"

/* Cuts at a NUL, which a name in JSON may hold, and at the length that is kept. */
static size_t
join(char *to, const char *within, struct sst_slice name)
{
	size_t n = strlen(within), more = name.n;
	const uint8_t *nul = more > 0 ? memchr(name.p, 0, more) : NULL;

	if (nul != NULL)
		more = (size_t)(nul - name.p);
	if (more > SST_LEFTOUT_NAME_MAX - n)
		more = SST_LEFTOUT_NAME_MAX - n;
	memcpy(to, within, n);
	if (more > 0)
		memcpy(to + n, name.p, more);
	to[n + more] = '\0';
	return n + more;
}

void
sst_leftout_count(struct sst_leftout *l, const char *within, struct sst_slice name)
{
	char full[SST_LEFTOUT_NAME_MAX + 1];
	size_t len = join(full, within, name), i;

	for (i = 0; i < l->n; i++)
		if (l->names[i].len == len && memcmp(l->names[i].name, full, len) == 0)
			break;
	if (i == l->n && i + 1 >= SST_LEFTOUT_NAMES) { /* full: the last is for the rest */
		i = SST_LEFTOUT_NAMES - 1;
		len = join(full, "", SST_SLICE_LIT("others"));
	}
	if (i == l->n) {
		memcpy(l->names[i].name, full, len + 1);
		l->names[i].len = len;
		l->n++;
	}
	l->names[i].count++;
}

void
sst_leftout_list(const struct sst_leftout *l, struct sst_buf *b)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (i > 0)
			sst_buf_adds(b, ", ");
		sst_buf_add(b, l->names[i].name, l->names[i].len);
		sst_buf_adds(b, " (");
		sst_digits_u64(b, l->names[i].count);
		sst_buf_addc(b, ')');
	}
}
