/* cmd/sstdump/log.h: prints commit-log segments. */
#ifndef SSTDUMP_LOG_H
#define SSTDUMP_LOG_H

#include "sstdump/job.h"

/* 1: path is a segment, or a folder that holds segments; 0: it is not; -1: that cannot be told. */
int log_is(const char *path, struct sst_err *);

/*
 * Prints the mutations of a segment, or of all segments in a folder.  A segment does not say what its
 * tables are: that is in job->names' --schema file, or in the data directory that it lies in, or in
 * `dir` when that is not NULL.  With job->follow it goes on as the segment, and those after it, are
 * written, and does not return.  An exit status.
 */
int log_print(struct job *, const char *path, const char *dir);

#endif
