/* cmd/sstdump/component.h: prints a component of an SSTable, field by field. */
#ifndef SSTDUMP_COMPONENT_H
#define SSTDUMP_COMPONENT_H

#include "sstdump/job.h"

/* The component at path, in the form of the job: a table with a field a line, JSON (a line a
 * component), or hexadecimal.  An exit status. */
int component_print(struct job *, const char *path);

/* As find.h asks for it: the components that --show names, of each SSTable. */
int component_sstable(void *job, const char *path, bool last);

#endif
