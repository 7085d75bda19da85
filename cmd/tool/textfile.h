/* cmd/tool/textfile.h: whole files that an option names. */
#ifndef TOOL_TEXTFILE_H
#define TOOL_TEXTFILE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends all of the file to *out, whatever it is: a pipe such as the shell's <(command) has no size,
 * and is read to its end.  "-" is standard input.  0, or -1 and *e naming path; SST_ELIMIT when it is
 * longer than max.
 */
int tool_read_text(const char *path, size_t max, struct sst_buf *out, struct sst_err *e);

#endif
