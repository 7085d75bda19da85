/*
 * cmd/tool/report.h: rows of a report, for people as an aligned table, for programs as NDJSON (-j)
 * or as chosen columns in TSV (-o), from the same calls:
 *
 *	static const struct tool_field fields[] = { { "bucket", TOOL_RIGHT }, { "first_id", TOOL_RIGHT } };
 *	tool_report_start(&r, TOOL_TABLE, fields, 2, &out);
 *	for (...) {
 *		tool_set_i64(&r, 0, bucket);
 *		tool_set_id(&r, 1, id);
 *		tool_report_row(&r);
 *	}
 *	tool_report_end(&r);
 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "tool/output.h"

#define TOOL_FIELDS_MAX 64
#define TOOL_ROWS_AHEAD 256 /* rows that are gathered to find the widths of columns */

enum tool_form {
	TOOL_TABLE,
	TOOL_NDJSON,
	TOOL_TSV
};

enum tool_side {
	TOOL_LEFT, /* text */
	TOOL_RIGHT /* numbers */
};

struct tool_field {
	const char *name; /* the heading, the key in JSON, and the word after -o */
	enum tool_side side;
};

struct tool_cell {
	size_t off, len; /* in text */
	size_t width;    /* columns on a terminal */
	bool set;
};

struct tool_report {
	enum tool_form form;
	const struct tool_field *fields;
	size_t nfields;
	size_t order[TOOL_FIELDS_MAX], norder; /* fields shown */
	size_t width[TOOL_FIELDS_MAX];
	struct tool_output *out;
	struct sst_buf text;    /* of the cells gathered */
	struct tool_cell *rows; /* TOOL_ROWS_AHEAD * nfields */
	size_t nrows;
	bool headed;
};

/* Borrows fields and out.  A lack of memory ends the program, as it does in output.h. */
void tool_report_start(struct tool_report *, enum tool_form, const struct tool_field *fields,
    size_t nfields, struct tool_output *out);
/* Shows only these fields, "name,name,...", in this order.  0, or -1 and *bad is the name (of
 * *badlen bytes) that there is not.  Before the first row. */
int tool_report_select(struct tool_report *, const char *names, const char **bad, size_t *badlen);

/* Set a field of the row to come.  What is not set is null in JSON, "-" in a table, empty in TSV. */
void tool_set_text(struct tool_report *, size_t field, struct sst_slice utf8);
void tool_set_str(struct tool_report *, size_t field, const char *utf8);
void tool_set_i64(struct tool_report *, size_t field, int64_t);
void tool_set_u64(struct tool_report *, size_t field, uint64_t);
/* A 64-bit id or token: a string in JSON, since jq and JavaScript would lose digits. */
void tool_set_id(struct tool_report *, size_t field, int64_t);
void tool_set_real(struct tool_report *, size_t field, double, int decimals);
void tool_set_bool(struct tool_report *, size_t field, bool);
/* Bytes: "1.5 MiB" in a table, a number elsewhere. */
void tool_set_size(struct tool_report *, size_t field, uint64_t bytes);

void tool_report_row(struct tool_report *);
/* Prints what is gathered; frees.  Does not flush the output. */
void tool_report_end(struct tool_report *);

/* Columns that UTF-8 text takes on a terminal; bytes that are not UTF-8 take one each. */
size_t tool_text_width(struct sst_slice);

#endif
