/* cmd/tool/quantity.h: sizes, counts and times in option arguments. */
#ifndef TOOL_QUANTITY_H
#define TOOL_QUANTITY_H

#include "base/buf.h"

/*
 * Bytes from "4096", "64K", "256M", "1.5G", "2T": powers of 1024; "MiB" and "MB" mean the same as
 * "M".  0, or -1 when it is none or does not fit.
 */
int tool_parse_size(const char *text, uint64_t *bytes);
/* A count: decimal digits only.  0 or -1. */
int tool_parse_count(const char *text, uint64_t *n);

/* The same for an option's argument; a bad one is a complaint and exit TROUBLE. */
uint64_t tool_size(const char *option, const char *text);
uint64_t tool_count(const char *option, const char *text);
/* A time as base/clock.h reads it, in µs since 1970; relative ones count from the clock. */
int64_t tool_time(const char *option, const char *text);
/* An age such as 90d or 36h, in seconds; bare digits are seconds. */
int64_t tool_age(const char *option, const char *text);

/* LEFT..RIGHT, or with a comma: the tokens with LEFT < token <= RIGHT; a side that is left out is open. */
void tool_token_range(const char *option, const char *text, int64_t *left, int64_t *right);

/* Appends a size for people: "512 B", "1.5 KiB", "20 MiB": two digits at least, no more than 4. */
void tool_add_size(struct sst_buf *, uint64_t bytes);

#endif
