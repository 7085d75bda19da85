/* cmd/msgput/lines.h: lines of a file or of standard input, where they lie in big blocks. */
#ifndef MSGPUT_LINES_H
#define MSGPUT_LINES_H

#include "base/buf.h"
#include "base/err.h"

#define LINES_BLOCK ((size_t)1 << 20)     /* read at a time */
#define LINES_LINE_MAX ((size_t)16 << 20) /* bytes of a line */

struct lines {
	int fd;
	const char *name;
	struct sst_buf buf; /* kept over files */
	size_t at;          /* of the next line in buf */
	uint64_t number;    /* of the line given last, from 1 */
	uint64_t bytes;     /* read so far, of all files */
	bool end;           /* of the file */
	bool skipping;      /* the rest of a line that was too long */
	/* Called before each read, which may have to wait; -1 ends lines_next with its error. */
	int (*before_read)(void *arg, int fd, struct sst_err *);
	void *arg;
};

/* "-" is standard input. */
int lines_open(struct lines *, const char *path, struct sst_err *);
/*
 * SST_ONE and a line without its line feed, which stays until the next call; 0 at the end; -1.
 * SST_ELIMIT: a line that is too long; the call after it gives the next line.
 */
int lines_next(struct lines *, struct sst_slice *line, struct sst_err *);
void lines_close(struct lines *);
void lines_free(struct lines *);

#endif
