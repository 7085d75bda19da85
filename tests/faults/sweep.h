/* tests/faults/sweep.h: between the process that sweeps and the one that lives. */
#ifndef FAULTS_SWEEP_H
#define FAULTS_SWEEP_H

#include "faults.h"

enum {
	FAULTS_SITES_MAX = 160,
	FAULTS_FRAMES = 16,
	FAULTS_CALLS_MAX = 65536
};

struct faults_site { /* where in the code what kind of file is synced */
	char file[80];
	void *frame[FAULTS_FRAMES];
	int nframes;
};

enum faults_op {            /* bits of a call */
	FAULTS_CHANGES = 1, /* the disk, or the output */
	FAULTS_GROWS = 2,   /* needs room on the disk */
	FAULTS_OPENS = 4,   /* needs a descriptor */
	FAULTS_WRITES = 8,
	FAULTS_ANY = 16
};

struct faults_fault {
	const char *name;
	struct faults_how how;
	bool crash;   /* the machine stops: any cut */
	unsigned ops; /* calls, one bit of which is here, can fail like that */
};

struct faults_told { /* what a child tells; in memory that it shares with its parent */
	unsigned long calls, states, bad;
	bool reached; /* the fault was */
	int rc;
	char failed[160], why[600];
	uint8_t ops[FAULTS_CALLS_MAX]; /* of each call without a fault */
	size_t nsites;
	struct faults_site sites[FAULTS_SITES_MAX];
};

struct faults_trial {
	const struct faults_case *c;
	struct faults_reference ref;
	struct memfs *fs;  /* the directory before */
	unsigned seeds;    /* power cuts of a random kind, a state */
	unsigned lives;    /* after a crash, crashes again before all goes well */
	bool outputs;      /* what the program said is told where it failed */
	bool planted;      /* syncs of this site do nothing */
	bool planted_file; /* nor do others of this kind of file */
	struct faults_site site;
	struct faults_told *told;
};

/* ---- trial.c ---- */

/* A life with this fault, and all that is to be said of it. */
void faults_try(struct faults_trial *, const struct faults_fault *);
/* One without, which fills told and gives its output and the dump after it to these files. */
void faults_try_well(struct faults_trial *, int out, int after);

/* ---- whole.c ---- */

/* NULL, or what is wrong with the files of SSTables that are live after a power cut. */
const char *faults_check_live(struct memfs *was, struct memfs *is);
bool faults_has_log(struct memfs *);

bool faults_same_site(const struct faults_site *, const struct faults_site *);
/* "CommitLog: sync_file < finish < ...", as far as names are known. */
void faults_site_name(const struct faults_site *, struct sst_buf *);

#endif
