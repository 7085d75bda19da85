/*
 * libsst/schema/elements.h: puts the value of a collection together from its elements as text gives
 * them: counted, and in a set or map sorted and each key once, the last one given.
 */
#ifndef SST_SCHEMA_ELEMENTS_H
#define SST_SCHEMA_ELEMENTS_H

#include "schema/type.h"

struct sst_elements { /* start with {.type = a list, set or map} */
	const struct sst_type *type;
	struct sst_buf bytes; /* elements, keys and values one after the other */
	struct sst_buf ends;  /* where each of them ends: size_t */
};

/* Appends a key or element to elements->bytes, then: says that it ends there. */
void sst_elements_end(struct sst_elements *);
/* Appends the collection's value to b. */
int sst_elements_finish(struct sst_elements *, struct sst_buf *b, struct sst_err *);
void sst_elements_free(struct sst_elements *);

#endif
