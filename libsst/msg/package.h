/*
 * libsst/msg/package.h: reads Discord data packages, what a person gets who asks for their data: a zip or
 * its folder, of every age so far.  It holds that person's messages only.  formats/imports.md.
 */
#ifndef SST_MSG_PACKAGE_H
#define SST_MSG_PACKAGE_H

#include "base/io.h"
#include "msg/feed.h"
#include "msg/leftout.h"
#include "msg/message.h"

struct sst_package;

struct sst_package_opts {
	bool strict;       /* refuse fields that are not known, else count them */
	int64_t author_id; /* where the package does not say whose it is; -1: it has to */
};

/*
 * Opens it and finds its messages and their author.  Borrows io, path, feed and leftout until close.
 * SST_EDAMAGED: it is no package; SST_EINVAL: nobody says whose messages these are.
 */
int sst_package_open(struct sst_package **, const struct sst_io *, const char *path,
    struct sst_feed *, struct sst_leftout *, const struct sst_package_opts *, struct sst_err *);
void sst_package_close(struct sst_package *); /* NULL is fine */

/*
 * SST_ONE and the next message, which stays until the next call; 0 after the last one; -1.  After
 * SST_ENOMEM and SST_ESYS nothing more can be read; after any other error the next call goes on, with
 * the next message or the next channel.
 */
int sst_package_next(struct sst_package *, struct sst_message *, struct sst_err *);

/* Of the message last given or refused, from 1 in each of its files; 0 when what is wrong is none. */
uint64_t sst_package_number(const struct sst_package *);

#endif
