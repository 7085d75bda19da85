/* cmd/tombstat/show.h: what is printed: sections of tables, or NDJSON; and metrics, gathered. */
#ifndef TOMBSTAT_SHOW_H
#define TOMBSTAT_SHOW_H

#include "base/num.h"
#include "tombstat/tombstat.h"

/* Shows what was found, as the user wants it; SOUND, or DAMAGED when something is past a threshold. */
int show_table(struct findings *);

/* ---- report.c: sections ---- */

/* Begins a section of a report: a heading for people, "record" for programs. */
struct section {
	struct tool_report report;
	struct wishes *w;
	bool headed;
	const char *heading, *record, *table;
};

/* fields[0] and [1] are "record" and "table", `shown` those that people see. */
void section_start(struct section *, struct findings *, const char *record, const char *heading,
    const struct tool_field *fields, size_t nfields, const char *shown);
void section_row(struct section *);
void section_end(struct section *);
/* For people: how many more there are, and how to see them. */
void section_more(struct findings *, uint64_t shown, uint64_t all);
/* A bar for value of max, into a field; on a terminal only. */
void section_bar(struct section *, size_t field, uint64_t value, uint64_t max);
/* The text of a partition key. */
void section_key(struct section *, size_t field, const struct findings *, struct sst_slice key);

/* ---- sections.c: sums ---- */

/* All of them but advice. */
void show_sections(struct findings *);

/* ---- listing.c: lists ---- */

void show_files(struct findings *);
void show_partitions(struct findings *);
void show_columns(struct findings *);
/* What is past a threshold, and nothing else: partitions, or in fast mode SSTables. */
void show_past(struct findings *);
bool show_is_past(const struct findings *, const struct sst_set *);

static inline uint64_t
show_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* ---- advice.c ---- */

/* Which SSTables keep the tombstones of others alive, and what to compact for them to go. */
void show_blockers(struct findings *);
void show_advice(struct findings *);

/* ---- metrics.c: the text format of Prometheus ---- */

struct metrics *metrics_new(void);
/* SOUND; a second table of a name is a complaint, as a name stands for one. */
int metrics_add(struct metrics *, const struct findings *);
void metrics_print(const struct metrics *, struct sst_buf *);
void metrics_free(struct metrics *);

#endif
