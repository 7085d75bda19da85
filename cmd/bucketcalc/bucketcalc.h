/* cmd/bucketcalc/bucketcalc.h: what the files of bucketcalc share. */
#ifndef BUCKETCALC_H
#define BUCKETCALC_H

#include "base/err.h"
#include "tool/tool.h"

struct layout { /* how ids become times and buckets */
	int64_t epoch_ms;
	int64_t width; /* ids in a bucket */
	bool timed;    /* ids hold a time (no --block) */
};

struct place {                    /* what is asked about: an id, a time, or a partition */
	struct sst_slice operand; /* p == NULL: a bucket of a range */
	int64_t id;               /* of a time the first of its millisecond */
	int64_t id_end;           /* of a time the last, else id */
	int64_t bucket;
	int64_t channel; /* -1: not known */
	bool has_id, is_time;
};

/* Reads an operand; channel is what -c gave, or -1.  The bucket's number fits a CQL int. */
int place_parse(struct place *, struct sst_slice operand, const struct layout *, int64_t channel,
    int64_t now_us, struct sst_err *);
/* The place of an id. */
int place_of(struct place *, int64_t id, const struct layout *, struct sst_err *);

struct output { /* how places are printed */
	struct tool_output out;
	struct tool_report report;
	enum tool_form form;
	const char *fields; /* of -o, or NULL */
	bool upright;       /* a field a line, for a single place */
	uint32_t shards;
	struct layout layout;
	bool started;
};

/* Prints one place; an unknown name in -o ends the program.  `channel`: tokens are shown. */
void output_place(struct output *, const struct place *, bool channel);
void output_end(struct output *);

struct sizing { /* the factors of --capacity */
	double rate, bytes, copies, overhead, years, channel_rate, limit;
};

/* Prints the sizing; gives the exit status: DAMAGED when a bucket's partition passes the limit. */
int capacity(const struct sizing *, const struct layout *, struct output *);

/* A positive finite number for an option, or exit TROUBLE. */
double number(const char *option, const char *text);

#endif
