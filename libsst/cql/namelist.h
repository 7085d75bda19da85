/* libsst/cql/namelist.h: names between commas, as statements of every kind have them. */
#ifndef SST_CQL_NAMELIST_H
#define SST_CQL_NAMELIST_H

#include "cql/parser.h"

struct sst_name_list {
	struct sst_slice name;
	uint32_t line;
	bool desc; /* of an order */
	struct sst_name_list *next;
};

/* a, b, c: columns; *n (may be NULL) is how many.  In the parser's arena. */
int sst_name_list_parse(struct sst_parser *, struct sst_name_list **, size_t *n);
/* a [ASC|DESC], b [ASC|DESC]; behind those that are there already. */
int sst_name_list_parse_order(struct sst_parser *, struct sst_name_list **);

#endif
