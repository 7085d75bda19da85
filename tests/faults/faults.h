/*
 * tests/faults/faults.h: a whole program over a file system in memory whose calls fail, one after the
 * other.  A program of the suite is linked as it is, but for three names: its main() becomes
 * __real_main(), its sst_io_posix the table of faults, its exit() a way back.  So every n of every
 * fault takes a fork, not a process with files of its own, and a power cut can be tried.
 *
 *	life.c	one run of the program, with its standard input and outputs
 *	chat.c	directories with messages: made before, dumped and judged after
 *	sweep.c	which faults, in which lives
 *	NAME.c	what to run of program NAME
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "base/buf.h"

#define FAULTS_DIR "/d"
#define FAULTS_INPUT "/dev/fd/9" /* the input again, as an operand */
#define FAULTS_INPUT_FD 9

enum faults_acks { /* the output is ids of messages that are stored */
	FAULTS_NO_ACKS,
	FAULTS_ACKS_KILL, /* whatever happens to the process */
	FAULTS_ACKS_POWER /* and to the machine */
};

struct faults_file { /* that lies there before */
	const char *path;
	const char *text; /* or, when NULL: */
	const char *from; /* as this file has it, from the repository's top */
};

struct faults_case {
	const char *name;
	const char *const *argv; /* argv[0] is the program; ends in NULL */
	const char *input;       /* standard input */
	unsigned generated;      /* so many generated messages of 1 KiB after it */
	size_t piece;            /* bytes of it that come at a time, each waited for; 0: all */
	/* NDJSON in FAULTS_DIR, each text an SSTable; NULL: there is no directory; ends in NULL. */
	const char *const *before;
	const struct faults_file *files; /* beside it; NULL: none; ends in a NULL path */
	const char *left; /* NDJSON that a writer left in the log; NULL: it ended well */
	bool writes;      /* messages; else it may change nothing */
	bool keeps_log;   /* after a clean end */
	bool makes;       /* ids: those of two runs are not the same */
	bool prints_on;   /* what fails may change what is printed after it */
	bool slow;        /* only with -a */
	bool once;        /* a run after a crash may find it done, and refuse */
	enum faults_acks acks;
	/* Of the store that it opens, instead of what it asks for; 0: that. */
	size_t memory;
	uint32_t segment_size;
};

extern const struct faults_case faults_cases[];
extern const size_t faults_ncases;

/* A sync that no crash alone can miss, and what it is for. */
struct faults_spare {
	const char *file, *function, *why;
};
extern const struct faults_spare faults_spares[];
extern const size_t faults_nspares;

/* ---- life.c ---- */

struct faults_life { /* what one run did */
	int rc;      /* -1: died or hung, see verdict */
	bool exited; /* by exit(), not from main() */
	unsigned long calls;
	char failed[160]; /* the call that failed first and its path, or "" */
	struct sst_buf out, err;
};

enum faults_stdout {
	FAULTS_GATHERED,
	FAULTS_DISK_FULL,
	FAULTS_CLOSED_PIPE,
	FAULTS_NO_STDOUT
};

enum faults_stdin {
	FAULTS_INPUT_GIVEN,
	FAULTS_DIRECTORY,
	FAULTS_IO_ERROR,
	FAULTS_NO_STDIN
};

struct faults_how { /* all zero: nothing fails */
	struct faultio_plan plan;
	unsigned long nomem; /* this allocation fails; 0: none */
	enum faults_stdin in;
	enum faults_stdout out;
};

/* Runs the program in this process: its static variables stay, but those of getopt. */
void faults_live(
    struct faults_life *, const struct faults_case *, struct memfs *, const struct faults_how *);
void faults_life_free(struct faults_life *);
#define FAULTS_DEPTH_MAX 64
/* How many callers lie outside the program that runs. */
int faults_depth(void);
/* A descriptor of a file in memory with these bytes, at its start. */
int faults_file(const void *p, size_t n);
/* All of such a file. */
void faults_gather(struct sst_buf *, int fd);

/* ---- chat.c ---- */

/* The directory of a case; NULL messages: an empty file system. */
struct memfs *faults_directory(const struct faults_case *);
/* The input of a case, with what is generated. */
void faults_input(struct sst_buf *, const struct faults_case *);

struct faults_message {
	struct sst_slice id, line;
};

struct faults_dump { /* all messages as NDJSON, and each by its id */
	struct sst_buf text;
	struct faults_message *v; /* ascending */
	size_t n;
};

/* As msgscan reads them, or as a writer does that recovers first and then dies. */
int faults_dump(struct memfs *, bool writer, struct faults_dump *, struct sst_err *);
/* Finds the messages in the text. */
void faults_dump_index(struct faults_dump *);
void faults_dump_free(struct faults_dump *);

struct faults_reference { /* of a run without faults */
	int rc;
	unsigned long calls;
	struct sst_buf out;
	struct faults_dump before, after; /* empty for a reader */
	uint64_t digest;                  /* of the directory before */
};

/*
 * NULL, or what is wrong with the messages after a run: each must be as before or as after it, and as
 * after it when it was acknowledged (ids, one a line; NULL: none) or when everything was (`all`).
 */
const char *faults_judge(const struct faults_case *, const struct faults_reference *,
    const struct faults_dump *now, const struct sst_buf *acked, bool all);
/* NULL, or why the next id may be one that a message has, whatever the clock says. */
const char *faults_judge_ids(struct memfs *, const struct faults_dump *now);
/* NULL, or what is wrong with a reader's output: lines left out are fine when it said so. */
const char *faults_judge_output(
    const struct faults_reference *, const struct faults_life *, bool cut);

#endif
