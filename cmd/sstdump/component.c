/*
 * cmd/sstdump/component.c: the fields of a component, as they come, in one of three forms:
 *
 *	table	name and value a line, objects indented; elements of an array a line each
 *	JSON	{"file":"…","statistics":{"field":value,…}}
 *	hex	offset, bytes, and what they say, as in formats/
 */
#include "sstdump/component.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/jsonout.h"
#include "sstable/parts.h"
#include "sstable/reader.h"
#include "tool/find.h"

enum {
	DEPTH_MAX = 16,  /* of objects and arrays; deeper ones are not told apart */
	NAME_WIDTH = 28, /* of a table's names */
	HEX_LINE = 16,
	HEX_LINES = 4 /* of a field; what is longer is cut, visibly */
};

struct printing {
	struct job *job;
	struct sst_buf *out;
	const char *path;
	struct level {
		bool array, any;
	} level[DEPTH_MAX];
	unsigned depth;  /* of what is open */
	unsigned inside; /* depth of the array's element that is on one line; 0: none is */
	size_t line;     /* where that line begins */
	bool nothing;    /* it is a bucket that counts nothing: left out */
	const char *name[DEPTH_MAX];
	uint64_t fields;
};

static struct level *
here(struct printing *p)
{
	return &p->level[p->depth < DEPTH_MAX ? p->depth : DEPTH_MAX - 1];
}

static void
put_hex(struct sst_buf *b, struct sst_slice s)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	sst_buf_adds(b, "0x");
	for (i = 0; i < s.n; i++) {
		sst_buf_addc(b, digits[s.p[i] >> 4]);
		sst_buf_addc(b, digits[s.p[i] & 15]);
	}
}

static void
put_uuid(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		sst_buf_addf(b, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", s.p[i]);
}

static void
put_bytes(struct sst_buf *b, const struct sst_part *part)
{
	size_t n = b->n;
	struct sst_err e;

	if (part->bytes.p == NULL)
		sst_buf_adds(b, "null");
	else if (part->type == NULL || sst_type_to_ndjson(part->type, part->bytes, b, &e) == -1) {
		b->n = n;
		sst_buf_addc(b, '"');
		put_hex(b, part->bytes);
		sst_buf_addc(b, '"');
	}
}

static void
put_double(struct sst_buf *b, double d, bool json)
{
	if (d != d)
		sst_buf_adds(b, json ? "null" : "NaN");
	else
		sst_buf_addf(b, "%.17g", d);
}

static void
put_json_value(struct sst_buf *b, const struct sst_part *part)
{
	switch (part->kind) {
	case SST_PART_UINT:
		sst_buf_addf(b, "%" PRIu64, part->u);
		break;
	case SST_PART_INT:
	case SST_PART_TIME_US:
	case SST_PART_TIME_MS:
	case SST_PART_TIME_S:
		sst_buf_addf(b, "%" PRId64, part->i);
		break;
	case SST_PART_BOOL:
		sst_buf_adds(b, part->u ? "true" : "false");
		break;
	case SST_PART_DOUBLE:
		put_double(b, part->d, true);
		break;
	case SST_PART_TEXT:
		sst_json_put_string(b, part->bytes);
		break;
	case SST_PART_BYTES:
		put_bytes(b, part);
		break;
	case SST_PART_UUID:
		sst_buf_addc(b, '"');
		put_uuid(b, part->bytes);
		sst_buf_addc(b, '"');
		break;
	case SST_PART_HEX:
		sst_buf_addf(b, "\"0x%" PRIx64 "\"", part->u);
		break;
	default: /* BULK */
		sst_buf_addf(
		    b, "{\"offset\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", part->off, part->u);
	}
}

/* A time with what the file holds behind it, unless that is no time. */
static void
put_time(struct sst_buf *b, int64_t v, int64_t unit_us, int digits)
{
	char text[SST_TIME_LEN];
	int64_t us;

	if (v == INT64_MAX) {
		sst_buf_adds(b, "none");
		return;
	}
	if (v == 0 || v == INT64_MIN || __builtin_mul_overflow(v, unit_us, &us)) {
		sst_buf_addf(b, "%" PRId64, v);
		return;
	}
	sst_time_format(text, us, digits);
	sst_buf_addf(b, "%s (%" PRId64 ")", text, v);
}

/* Control characters would break the line, or the terminal. */
static void
put_text(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			sst_buf_addf(b, "\\u%04x", s.p[i]);
		else
			sst_buf_addc(b, (char)s.p[i]);
}

static void
put_plain_value(struct sst_buf *b, const struct sst_part *part)
{
	switch (part->kind) {
	case SST_PART_TIME_US:
		put_time(b, part->i, 1, 6);
		break;
	case SST_PART_TIME_MS:
		put_time(b, part->i, 1000, 3);
		break;
	case SST_PART_TIME_S:
		put_time(b, part->i, SST_S_US, 0);
		break;
	case SST_PART_TEXT:
		put_text(b, part->bytes);
		break;
	case SST_PART_UUID:
		put_uuid(b, part->bytes);
		break;
	case SST_PART_HEX:
		sst_buf_addf(b, "0x%" PRIx64, part->u);
		break;
	case SST_PART_DOUBLE:
		put_double(b, part->d, false);
		break;
	case SST_PART_BULK:
		sst_buf_addf(b, "(%" PRIu64 " bytes)", part->u);
		break;
	case SST_PART_BOOL:
		sst_buf_adds(b, part->u ? "yes" : "no");
		break;
	default:
		put_json_value(b, part);
	}
}

/* ---- levels ---- */

static void
open_level(struct printing *p, const struct sst_part *part)
{
	if (p->depth + 1 < DEPTH_MAX) {
		p->level[p->depth + 1] = (struct level){ part->kind == SST_PART_ARRAY, false };
		p->name[p->depth + 1] = part->name;
	}
	p->depth++;
}

/* ---- JSON ---- */

static void
json_part(struct printing *p, const struct sst_part *part)
{
	if (part->kind == SST_PART_END) {
		sst_buf_addc(p->out, here(p)->array ? ']' : '}');
		p->depth--;
		return;
	}
	if (here(p)->any || p->depth == 0)
		sst_buf_addc(p->out, ',');
	here(p)->any = true;
	if (part->name != NULL)
		sst_buf_addf(p->out, "\"%s\":", part->name);
	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY) {
		sst_buf_addc(p->out, part->kind == SST_PART_ARRAY ? '[' : '{');
		open_level(p, part);
	} else
		put_json_value(p->out, part);
}

/* ---- table ---- */

static void
indent(struct printing *p)
{
	sst_buf_addf(p->out, "%*s", (int)(2 * (p->depth < DEPTH_MAX ? p->depth : DEPTH_MAX)), "");
}

/* Within an element of an array everything is on one line: a=1  b=[2 3]. */
static void
table_inside(struct printing *p, const struct sst_part *part)
{
	bool opens = part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY;

	if (part->kind == SST_PART_END) {
		if (p->depth == p->inside) {
			sst_buf_addc(p->out, '\n');
			if (p->nothing && !p->out->bad)
				p->out->n = p->line;
			p->inside = 0;
		} else
			sst_buf_addc(p->out, here(p)->array ? ']' : '}');
		p->depth--;
		return;
	}
	if (here(p)->any)
		sst_buf_adds(p->out, p->depth == p->inside ? "  " : " ");
	here(p)->any = true;
	if (part->name != NULL)
		sst_buf_addf(p->out, "%s=", part->name);
	if (p->depth == p->inside && part->name != NULL && strcmp(part->name, "count") == 0)
		p->nothing = part->i == 0;
	if (opens) {
		sst_buf_addc(p->out, part->kind == SST_PART_ARRAY ? '[' : '{');
		open_level(p, part);
	} else
		put_plain_value(p->out, part);
}

static void
table_part(struct printing *p, const struct sst_part *part)
{
	int width = NAME_WIDTH - 2 * (int)(p->depth < 8 ? p->depth : 8);

	if (p->inside > 0) {
		table_inside(p, part);
		return;
	}
	if (part->kind == SST_PART_END) {
		p->depth--;
		return;
	}
	p->line = p->out->n;
	p->nothing = false;
	indent(p);
	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY) {
		bool element = here(p)->array;

		if (!element)
			sst_buf_addf(p->out, "%s\n", part->name != NULL ? part->name : "");
		open_level(p, part);
		p->inside = element ? p->depth : 0;
		return;
	}
	if (part->name != NULL)
		sst_buf_addf(p->out, "%-*s  ", width, part->name);
	put_plain_value(p->out, part);
	sst_buf_addc(p->out, '\n');
}

/* ---- hexadecimal ---- */

/* "statistics.stats.level = 0" */
static void
put_meaning(struct printing *p, const struct sst_part *part)
{
	unsigned i, n = p->depth < DEPTH_MAX ? p->depth : DEPTH_MAX - 1;

	for (i = 1; i <= n; i++)
		if (p->name[i] != NULL)
			sst_buf_addf(p->out, "%s%s", p->name[i], i < n || part->name ? "." : "");
	if (part->name != NULL)
		sst_buf_adds(p->out, part->name);
	sst_buf_adds(p->out, " = ");
	put_plain_value(p->out, part);
}

static void
hex_line(struct printing *p, const struct sst_part *part, size_t at)
{
	size_t i, n = part->raw.n - at < HEX_LINE ? part->raw.n - at : HEX_LINE;

	sst_buf_addf(p->out, "%08" PRIx64 " ", part->off + at);
	for (i = 0; i < n; i++)
		sst_buf_addf(p->out, " %02x", part->raw.p[at + i]);
	if (at == 0) {
		sst_buf_addf(p->out, "%*s", (int)(3 * (HEX_LINE - n)) + 3, "");
		put_meaning(p, part);
	}
	sst_buf_addc(p->out, '\n');
}

static void
hex_part(struct printing *p, const struct sst_part *part)
{
	size_t at;

	if (part->kind == SST_PART_END) {
		p->depth--;
		return;
	}
	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY) {
		open_level(p, part);
		return;
	}
	if (part->raw.n == 0)
		return;
	if (part->raw.p == NULL) {
		sst_buf_addf(p->out, "%08" PRIx64 "  %*s", part->off, 3 * HEX_LINE + 2, "");
		put_meaning(p, part);
		sst_buf_addc(p->out, '\n');
		return;
	}
	for (at = 0; at < part->raw.n && at < HEX_LINE * HEX_LINES; at += HEX_LINE)
		hex_line(p, part, at);
	if (at < part->raw.n)
		sst_buf_addf(p->out, "...       %zu bytes more\n", part->raw.n - at);
}

/* ---- one component ---- */

static int
each(void *arg, const struct sst_part *part)
{
	struct printing *p = arg;

	if (p->depth == 0 && p->fields++ == 0 && part->kind == SST_PART_OBJECT)
		return 0; /* the component itself */
	if (p->depth == 0 && part->kind == SST_PART_END)
		return 0;
	if (p->job->form == FORM_HEX)
		hex_part(p, part);
	else if (report_form(p->job) == TOOL_TABLE)
		table_part(p, part);
	else
		json_part(p, part);
	if (p->inside == 0)
		tool_output_step(&p->job->out);
	return 0;
}

int
component_print(struct job *job, const char *path)
{
	struct printing p = { .job = job, .out = &job->out.buf, .path = path };
	bool json = job->form != FORM_HEX && report_form(job) != TOOL_TABLE;
	struct sst_err e;
	int r;

	if (json) {
		sst_buf_adds(p.out, "{\"file\":");
		sst_json_put_string(p.out, sst_slice_str(path));
	} else
		sst_buf_addf(p.out, "%s%s\n", job->nfiles > 0 ? "\n" : "", path);
	r = sst_parts_read(&sst_io_posix, path, each, &p, &e);
	while (json && p.depth > 0) { /* after damage: whole JSON all the same */
		sst_buf_addc(p.out, here(&p)->array ? ']' : '}');
		p.depth--;
	}
	if (p.inside > 0)
		sst_buf_addc(p.out, '\n');
	if (json)
		sst_buf_adds(p.out, "}\n");
	tool_output_step(&job->out);
	job->nfiles++;
	return r == -1 ? complain(&e) : SOUND;
}

/* The components that --show names; those that a file set may lack come after SST_DATA. */
static size_t
shown(const struct job *job, enum sst_component c[2])
{
	switch (job->show) {
	case SHOW_INDEX:
		c[0] = SST_INDEX;
		return 1;
	case SHOW_SUMMARY:
		c[0] = SST_SUMMARY;
		return 1;
	case SHOW_FILTER:
		c[0] = SST_FILTER;
		return 1;
	case SHOW_CHUNKS:
		c[0] = SST_COMPRESSION_INFO;
		return 1;
	default:
		c[0] = SST_STATISTICS;
		return 1;
	}
}

static bool
is_there(const char *path)
{
	struct sst_stat st;
	struct sst_err e;

	return sst_io_stat(&sst_io_posix, path, &st, &e) == 0;
}

int
component_sstable(void *arg, const char *path, bool last)
{
	static const enum sst_component tries[2] = { SST_PARTITIONS, SST_ROWS };
	enum sst_component c[2];
	struct sst_buf name = { 0 };
	struct sst_name parsed;
	struct job *job = arg;
	size_t i, n = shown(job, c);
	int rc = SOUND;

	if (!is_there(path) && !last)
		return GONE;
	if (!sst_name_parse(&parsed, path))
		return tool_problem(TROUBLE, "%s: not the name of an SSTable's file", path);
	for (i = 0; i < n; i++) {
		struct sst_slice base = { (const uint8_t *)path, parsed.base_len };

		sst_buf_reset(&name);
		sst_name_path(&name, base, c[i]);
		sst_buf_addc(&name, '\0');
		if (name.bad)
			exit(tool_problem(TROUBLE, "out of memory"));
		if (c[i] == SST_INDEX && !is_there((const char *)name.p)) {
			c[0] = tries[0];
			c[1] = tries[1];
			n = 2;
			i = SIZE_MAX; /* and from the start */
			continue;
		}
		if (!is_there((const char *)name.p) &&
		    (c[i] == SST_COMPRESSION_INFO || c[i] == SST_FILTER || c[i] == SST_ROWS))
			continue; /* an SSTable may have none */
		rc = tool_worse(rc, component_print(job, (const char *)name.p));
	}
	sst_buf_free(&name);
	return rc;
}
