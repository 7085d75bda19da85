/* cmd/sstdump/hex.h: fields beside their bytes: of components, and of rows. */
#ifndef SSTDUMP_HEX_H
#define SSTDUMP_HEX_H

#include "sstable/parts.h"
#include "sstdump/job.h"

enum {
	HEX_DEPTH = 16 /* of objects and arrays; the names of deeper ones are left out */
};

struct hex { /* start with {0} and out */
	struct sst_buf *out;
	unsigned depth; /* of what is open */
	const char *name[HEX_DEPTH];
};

/* A line for a field: "00000020  04   row.flags = timestamp"; nothing for what is not in the file. */
void hex_part(struct hex *, const struct sst_part *);

/*
 * All that the stream gives, as it lies in the SSTable; and with `whole` also what lies between, so
 * that every byte is printed.  Takes the stream over.  An exit status.
 */
int hex_rows(
    struct job *, struct sst_sstable *, struct sst_stream *, const struct sst_table *, bool whole);

#endif
