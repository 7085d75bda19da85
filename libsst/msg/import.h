/*
 * libsst/msg/import.h: messages from any form that is read here, found out from the first bytes when
 * it is not told.  formats/imports.md.
 *
 *	NDJSON	one object a line			lines.h	msgread.h
 *	DCE	a DiscordChatExporter document		document.h dce.h
 *	CSV	a heading and records			records.h csvin.h
 *	PACKAGE	a Discord data package, zip or folder	package.h
 */
#ifndef SST_MSG_IMPORT_H
#define SST_MSG_IMPORT_H

#include "base/io.h"
#include "msg/feed.h"
#include "msg/leftout.h"
#include "msg/message.h"

enum sst_import_form {
	SST_IMPORT_GUESS, /* from the first bytes */
	SST_IMPORT_NDJSON,
	SST_IMPORT_DCE,
	SST_IMPORT_CSV,
	SST_IMPORT_PACKAGE,
	SST_IMPORT_FORMS
};

/* "ndjson", "dce", ...; -1: there is none of that name. */
int sst_import_form(enum sst_import_form *, const char *name);

/* What an input that begins so is. */
enum sst_import_form sst_import_guess(struct sst_slice head);

struct sst_import_opts {
	bool strict;                /* refuse fields that are not known, else count them */
	bool clears;                /* null deletes a column (edits) */
	int64_t channel, author_id; /* of messages that do not say theirs; -1: there is none */
};

struct sst_import; /* takes one input after the other */

/* Counts what is left out in *leftout, which it borrows until free. */
int sst_import_new(
    struct sst_import **, const struct sst_import_opts *, struct sst_leftout *, struct sst_err *);
void sst_import_free(struct sst_import *); /* NULL is fine */

/*
 * Begins an input: a stream of bytes, by a function like that of struct sst_feed.  name and ctx are
 * borrowed until the next one begins.  A package has to be a file or folder, as its parts lie all
 * over it: for a stream that is one, *form is SST_IMPORT_PACKAGE and nothing has begun.  SST_EUNSUPPORTED:
 * it is compressed, and form does not say that it is none the less what it says.
 */
int sst_import_stream(struct sst_import *, enum sst_import_form *form, const char *name,
    int (*read)(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e), void *ctx,
    struct sst_err *);
int sst_import_package(
    struct sst_import *, const struct sst_io *, const char *path, struct sst_err *);

/*
 * SST_ONE and the next message, which stays until the next call; 0 after the last one; -1.  The file
 * is named in *e, and the byte where that is known.  SST_ENOMEM and SST_ESYS: the input cannot be
 * read further.  Anything else: what is bad was passed over, call again.
 */
int sst_import_next(struct sst_import *, struct sst_message *, struct sst_err *);

/* What was last given or refused: its number from 1, and what is counted: "line", "message", ...;
 * 0 when it is the whole. */
uint64_t sst_import_place(const struct sst_import *, const char **noun);
/* Bytes read, of all inputs. */
uint64_t sst_import_bytes(const struct sst_import *);

#endif
