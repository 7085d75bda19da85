/*
 * cmd/msgput/input.h: the files that msgput was given, as messages, whatever their form; what is bad in
 * them is named, the first of it, and counted.
 */
#ifndef MSGPUT_INPUT_H
#define MSGPUT_INPUT_H

#include "msg/import.h"

#define INPUT_NAMED 20 /* bad lines that are told one by one */

struct input {
	struct sst_import *import;
	struct sst_leftout leftout;
	enum sst_import_form form; /* SST_IMPORT_GUESS: of each file by its first bytes */
	const char *name;          /* of the file at hand */
	int fd;                    /* -1: none, or a package */
	bool package;              /* bytes read are not those of the file */
	uint64_t bad;              /* lines, messages and records that were not taken */
	/* Called before each read of a stream, which may have to wait; -1 ends it with its error. */
	int (*before_read)(void *arg, int fd, struct sst_err *);
	void *arg;
};

/* Makes the reader; forget it with input_end. */
int input_start(struct input *, const struct sst_import_opts *, struct sst_err *);
/* "-" is standard input. */
int input_open(struct input *, const char *path, struct sst_err *);
void input_close(struct input *);

/* Tells what is wrong with what was read last, unless much is wrong already; DAMAGED. */
int input_bad(struct input *, const struct sst_err *);
/* How many bad ones were not told, and unless quiet which fields have no place; then frees. */
void input_end(struct input *, bool quiet);

#endif
