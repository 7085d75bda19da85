/* cql/namelist.c: one loop for all lists of names. */
#include "cql/namelist.h"

static int
parse(struct sst_parser *p, struct sst_name_list **list, size_t *n, bool order)
{
	while (*list != NULL)
		list = &(*list)->next;
	do {
		if ((*list = sst_parser_alloc(p, sizeof(**list))) == NULL)
			return -1;
		(*list)->line = p->tok.line;
		if (sst_parser_want_name(p, "a column", &(*list)->name) == -1)
			return -1;
		(*list)->desc = order && sst_parser_take(p, SST_W_DESC);
		if (order && !(*list)->desc)
			sst_parser_take(p, SST_W_ASC);
		list = &(*list)->next;
		++*n;
	} while (sst_parser_take_op(p, ','));
	return 0;
}

int
sst_name_list_parse(struct sst_parser *p, struct sst_name_list **list, size_t *n)
{
	size_t ignored = 0;

	return parse(p, list, n != NULL ? n : &ignored, false);
}

int
sst_name_list_parse_order(struct sst_parser *p, struct sst_name_list **list)
{
	size_t ignored = 0;

	return parse(p, list, &ignored, true);
}
