/*
 * cmd/sstdump/component.c: the fields of a component, as they come, in one of three forms:
 *
 *	table	name and value a line, objects indented; elements of an array a line each
 *	JSON	{"file":"…","statistics":{"field":value,…}}
 *	hex	offset, bytes, and what they say, as in formats/
 */
#include "sstdump/component.h"

#include <stdlib.h>

#include "codec/jsonout.h"
#include "sstdump/hex.h"
#include "sstdump/partvalue.h"
#include "tool/find.h"

enum {
	DEPTH_MAX = 16, /* of objects and arrays; deeper ones are not told apart */
	NAME_WIDTH = 28 /* of a table's names */
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
	struct hex hex;
	uint64_t fields;
};

static struct level *
here(struct printing *p)
{
	return &p->level[p->depth < DEPTH_MAX ? p->depth : DEPTH_MAX - 1];
}

/* ---- levels ---- */

static void
open_level(struct printing *p, const struct sst_part *part)
{
	if (p->depth + 1 < DEPTH_MAX)
		p->level[p->depth + 1] = (struct level){ part->kind == SST_PART_ARRAY, false };
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
		partvalue_json(p->out, part);
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
		partvalue_plain(p->out, part);
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
	partvalue_plain(p->out, part);
	sst_buf_addc(p->out, '\n');
}

/* ---- one component ---- */

static int
each(void *arg, const struct sst_part *part)
{
	struct printing *p = arg;

	if (p->job->form == FORM_HEX) {
		hex_part(&p->hex, part);
		tool_output_step(&p->job->out);
		return 0;
	}
	if (p->depth == 0 && p->fields++ == 0 && part->kind == SST_PART_OBJECT)
		return 0; /* the component itself */
	if (p->depth == 0 && part->kind == SST_PART_END)
		return 0;
	if (report_form(p->job) == TOOL_TABLE)
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
	p.hex.out = p.out;
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
