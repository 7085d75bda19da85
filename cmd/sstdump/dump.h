/* cmd/sstdump/dump.h: prints one SSTable. */
#ifndef SSTDUMP_DUMP_H
#define SSTDUMP_DUMP_H

#include "sstdump/names.h"
#include "tool/tool.h"

enum form {
	FORM_NDJSON,
	FORM_SSTABLEDUMP
};

struct dump {
	enum form form;
	int64_t now_s;
	bool quiet;
	struct names *names; /* of key columns */
	struct tool_output out;
	size_t nfiles; /* printed so far */
};

/* As find.h asks for it. */
int dump_sstable(void *dump, const char *path, bool last);

#endif
