/* cmd/tool/report.c: rows as an aligned table, NDJSON or TSV. */
#include "tool/report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"
#include "tool/complain.h"
#include "tool/quantity.h"

/* Ranges of code points that do not take one column: marks take none, East Asian wide ones two. */
static const struct {
	uint32_t first, last, width;
} widths[] = {
	{ 0x0300, 0x036f, 0 },
	{ 0x0483, 0x0489, 0 },
	{ 0x0591, 0x05bd, 0 },
	{ 0x0610, 0x061a, 0 },
	{ 0x064b, 0x065f, 0 },
	{ 0x0e34, 0x0e3a, 0 },
	{ 0x0e47, 0x0e4e, 0 },
	{ 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 },
	{ 0x200b, 0x200f, 0 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x2e80, 0x303e, 2 },
	{ 0x3041, 0x33ff, 2 },
	{ 0x3400, 0x4dbf, 2 },
	{ 0x4e00, 0x9fff, 2 },
	{ 0xa000, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 },
	{ 0x1f680, 0x1f6ff, 2 },
	{ 0x1f900, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
	{ 0xe0100, 0xe01ef, 0 },
};

/* Bytes of the UTF-8 sequence at p (1 for a stray byte) and its code point. */
static size_t
code_point(const uint8_t *p, size_t left, uint32_t *c)
{
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 1, i;

	*c = *p;
	if (n == 1 || n > left)
		return 1;
	*c &= 0x7fu >> n;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*c = *p;
			return 1;
		}
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return n;
}

static size_t
code_width(uint32_t c)
{
	size_t i;

	for (i = 0; c >= widths[0].first && i < SST_ARRAY_LEN(widths); i++)
		if (c >= widths[i].first && c <= widths[i].last)
			return widths[i].width;
	return 1;
}

size_t
tool_text_width(struct sst_slice s)
{
	size_t i, w = 0;
	uint32_t c;

	for (i = 0; i < s.n; w += code_width(c))
		i += code_point(s.p + i, s.n - i, &c);
	return w;
}

void
tool_report_start(struct tool_report *r, enum tool_form form, const struct tool_field *fields,
    size_t nfields, struct tool_output *out)
{
	size_t i, ahead = form == TOOL_TABLE ? TOOL_ROWS_AHEAD : 1;

	assert(nfields > 0 && nfields <= TOOL_FIELDS_MAX);
	*r = (struct tool_report){ .form = form, .fields = fields, .nfields = nfields, .out = out };
	for (i = 0; i < nfields; i++) {
		r->order[i] = i;
		r->width[i] = strlen(fields[i].name);
	}
	r->norder = nfields;
	r->rows = calloc(ahead * nfields, sizeof(*r->rows));
	if (r->rows == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
}

static size_t
field_named(const struct tool_report *r, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < r->nfields; i++)
		if (strlen(r->fields[i].name) == n && memcmp(r->fields[i].name, name, n) == 0)
			break;
	return i;
}

int
tool_report_select(struct tool_report *r, const char *names, const char **bad, size_t *badlen)
{
	size_t n, f;

	r->norder = 0;
	for (;; names += n + 1) {
		n = strcspn(names, ",");
		f = field_named(r, names, n);
		if (f == r->nfields || r->norder == TOOL_FIELDS_MAX) {
			*bad = names;
			*badlen = n;
			return -1;
		}
		r->order[r->norder++] = f;
		if (names[n] == '\0')
			return 0;
	}
}

/* A cell's text begins where the last one ended; end_cell closes it. */
static struct tool_cell *
begin_cell(struct tool_report *r, size_t field)
{
	struct tool_cell *c = &r->rows[r->nrows * r->nfields + field];

	assert(field < r->nfields);
	c->off = r->text.n;
	c->set = true;
	return c;
}

static void
end_cell(struct tool_report *r, struct tool_cell *c)
{
	if (r->text.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	c->len = r->text.n - c->off;
	if (r->form == TOOL_TABLE)
		c->width = tool_text_width((struct sst_slice){ r->text.p + c->off, c->len });
}

/* Control characters would break the line, or the terminal: they are escaped in every form. */
static void
add_escaped(struct sst_buf *b, struct sst_slice s, bool json)
{
	size_t i;
	uint8_t c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (c == '\\' || (json && c == '"'))
			sst_buf_addf(b, "\\%c", c);
		else if (c == '\n')
			sst_buf_adds(b, "\\n");
		else if (c == '\t')
			sst_buf_adds(b, "\\t");
		else if (c < 0x20 || c == 0x7f)
			sst_buf_addf(b, "\\u%04x", c);
		else
			sst_buf_addc(b, (char)c);
	}
}

void
tool_set_text(struct tool_report *r, size_t field, struct sst_slice utf8)
{
	struct tool_cell *c = begin_cell(r, field);
	bool json = r->form == TOOL_NDJSON;

	if (json)
		sst_buf_addc(&r->text, '"');
	add_escaped(&r->text, utf8, json);
	if (json)
		sst_buf_addc(&r->text, '"');
	end_cell(r, c);
}

void
tool_set_str(struct tool_report *r, size_t field, const char *utf8)
{
	tool_set_text(r, field, sst_slice_str(utf8));
}

void
tool_set_i64(struct tool_report *r, size_t field, int64_t v)
{
	struct tool_cell *c = begin_cell(r, field);

	sst_buf_addf(&r->text, "%" PRId64, v);
	end_cell(r, c);
}

void
tool_set_u64(struct tool_report *r, size_t field, uint64_t v)
{
	struct tool_cell *c = begin_cell(r, field);

	sst_buf_addf(&r->text, "%" PRIu64, v);
	end_cell(r, c);
}

void
tool_set_id(struct tool_report *r, size_t field, int64_t v)
{
	struct tool_cell *c = begin_cell(r, field);

	sst_buf_addf(&r->text, r->form == TOOL_NDJSON ? "\"%" PRId64 "\"" : "%" PRId64, v);
	end_cell(r, c);
}

void
tool_set_real(struct tool_report *r, size_t field, double v, int decimals)
{
	struct tool_cell *c;

	if (!(v - v == 0)) /* JSON has no infinity and no NaN */
		return;
	c = begin_cell(r, field);
	sst_buf_addf(&r->text, "%.*f", decimals, v);
	end_cell(r, c);
}

void
tool_set_bool(struct tool_report *r, size_t field, bool v)
{
	struct tool_cell *c = begin_cell(r, field);

	sst_buf_adds(&r->text, r->form == TOOL_TABLE ? (v ? "yes" : "no") : (v ? "true" : "false"));
	end_cell(r, c);
}

void
tool_set_size(struct tool_report *r, size_t field, uint64_t bytes)
{
	struct tool_cell *c;

	if (r->form != TOOL_TABLE) {
		tool_set_u64(r, field, bytes);
		return;
	}
	c = begin_cell(r, field);
	tool_add_size(&r->text, bytes);
	end_cell(r, c);
}

static void
pad(struct sst_buf *b, size_t n)
{
	while (n-- > 0)
		sst_buf_addc(b, ' ');
}

/* One cell of a table line; the last one of a line is not padded on the right. */
static void
print_cell(struct tool_report *r, size_t at, struct sst_slice text, size_t width)
{
	struct sst_buf *b = &r->out->buf;
	size_t field = r->order[at], fill = r->width[field] - width;

	if (at > 0)
		sst_buf_adds(b, "  ");
	if (r->fields[field].side == TOOL_RIGHT)
		pad(b, fill);
	sst_buf_add_slice(b, text);
	if (r->fields[field].side == TOOL_LEFT && at + 1 < r->norder)
		pad(b, fill);
}

static struct sst_slice
cell_text(const struct tool_report *r, const struct tool_cell *c, const char *unset)
{
	return c->set ? (struct sst_slice){ r->text.p + c->off, c->len } : sst_slice_str(unset);
}

static void
print_head(struct tool_report *r)
{
	const char *name;
	size_t i;

	for (i = 0; i < r->norder; i++) {
		name = r->fields[r->order[i]].name;
		print_cell(r, i, sst_slice_str(name), strlen(name));
	}
	sst_buf_addc(&r->out->buf, '\n');
	r->headed = true;
}

/* Prints the rows gathered under the widths known by now: columns only ever grow. */
static void
print_table(struct tool_report *r)
{
	const struct tool_cell *row, *c;
	size_t i, at, w;

	for (i = 0; i < r->nrows * r->nfields; i++) {
		w = r->rows[i].set ? r->rows[i].width : 1;
		if (w > r->width[i % r->nfields])
			r->width[i % r->nfields] = w;
	}
	if (!r->headed)
		print_head(r);
	for (i = 0; i < r->nrows; i++) {
		row = r->rows + i * r->nfields;
		for (at = 0; at < r->norder; at++) {
			c = &row[r->order[at]];
			print_cell(r, at, cell_text(r, c, "-"), c->set ? c->width : 1);
		}
		sst_buf_addc(&r->out->buf, '\n');
		tool_output_step(r->out);
	}
}

static void
print_line(struct tool_report *r)
{
	struct sst_buf *b = &r->out->buf;
	size_t at;

	for (at = 0; at < r->norder; at++) {
		if (r->form == TOOL_NDJSON)
			sst_buf_addf(
			    b, "%c\"%s\":", at > 0 ? ',' : '{', r->fields[r->order[at]].name);
		else if (at > 0)
			sst_buf_addc(b, '\t');
		sst_buf_add_slice(
		    b, cell_text(r, &r->rows[r->order[at]], r->form == TOOL_NDJSON ? "null" : ""));
	}
	sst_buf_adds(b, r->form == TOOL_NDJSON ? "}\n" : "\n");
	tool_output_step(r->out);
}

static void
forget_rows(struct tool_report *r)
{
	memset(r->rows, 0, (r->nrows > 0 ? r->nrows : 1) * r->nfields * sizeof(*r->rows));
	r->nrows = 0;
	sst_buf_reset(&r->text);
}

void
tool_report_row(struct tool_report *r)
{
	if (r->form != TOOL_TABLE) {
		print_line(r);
		forget_rows(r);
	} else if (++r->nrows == TOOL_ROWS_AHEAD) {
		print_table(r);
		forget_rows(r);
	}
}

void
tool_report_end(struct tool_report *r)
{
	if (r->form == TOOL_TABLE && r->nrows > 0)
		print_table(r);
	sst_buf_free(&r->text);
	free(r->rows);
	r->rows = NULL;
}
