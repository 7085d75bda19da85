/*
 * libsst/msg/leftout.h: counts of what an input says and the table has no place for, by name, so that
 * nothing is lost silently: the program prints them once, at the end.
 */
#ifndef SST_MSG_LEFTOUT_H
#define SST_MSG_LEFTOUT_H

#include "base/buf.h"

#define SST_LEFTOUT_NAMES 32    /* that are told apart */
#define SST_LEFTOUT_NAME_MAX 48 /* bytes of a name that are kept */

struct sst_leftout_name {
	char name[SST_LEFTOUT_NAME_MAX + 1];
	size_t len;
	uint64_t count;
};

struct sst_leftout { /* start with {0} */
	/* In the order in which they were met; the last one of a full table, named "others", stands
	 * for the rest. */
	struct sst_leftout_name names[SST_LEFTOUT_NAMES];
	size_t n;
};

/* One more of `within` and name together: "author." and "nickname".  within may be "". */
void sst_leftout_count(struct sst_leftout *, const char *within, struct sst_slice name);
/* Appends "embeds (3), tts (1)". */
void sst_leftout_list(const struct sst_leftout *, struct sst_buf *);

#endif
