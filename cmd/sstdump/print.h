/* cmd/sstdump/print.h: prints a stream of rows in the form that the job says. */
#ifndef SSTDUMP_PRINT_H
#define SSTDUMP_PRINT_H

#include "sstdump/job.h"

struct print_what {
	const struct sst_table *table; /* the stream's, with the names that are known */
	const char *path;              /* for messages */
	uint64_t len;                  /* bytes to go through, for progress; 0: not known */
	bool placed; /* items say where they lie; of merged ones that means nothing */
};

/* Prints all of the stream, which is taken over.  Gives an exit status, having said what is wrong. */
int print_stream(struct job *, struct sst_stream *, const struct print_what *);

#endif
