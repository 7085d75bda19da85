/* cmd/tombstat/report.c: sections, bars, and what stands above them. */
#include <inttypes.h>

#include "tombstat/show.h"

enum {
	RECORD,
	TABLE,
	BAR_WIDTH = 20
};

void
section_start(struct section *s, struct findings *f, const char *record, const char *heading,
    const struct tool_field *fields, size_t nfields, const char *shown)
{
	const char *bad;
	size_t len;

	*s = (struct section){ .w = f->w, .heading = heading, .record = record, .table = f->name };
	tool_report_start(&s->report, f->w->form, fields, nfields, &f->w->out);
	if (f->w->form == TOOL_TABLE)
		tool_report_select(&s->report, shown, &bad, &len);
	tool_set_str(&s->report, RECORD, record);
	tool_set_str(&s->report, TABLE, f->name);
}

/* The row that is filled in goes; the next one begins. */
void
section_row(struct section *s)
{
	if (!s->headed && s->heading != NULL && s->w->form == TOOL_TABLE)
		sst_buf_addf(&s->w->out.buf, "\n%s\n", s->heading);
	s->headed = true;
	tool_report_row(&s->report);
	tool_set_str(&s->report, RECORD, s->record);
	tool_set_str(&s->report, TABLE, s->table);
}

void
section_end(struct section *s)
{
	tool_report_end(&s->report);
	tool_output_step(&s->w->out);
}

void
section_more(struct findings *f, uint64_t shown, uint64_t all)
{
	if (shown < all && f->w->form == TOOL_TABLE)
		sst_buf_addf(
		    &f->w->out.buf, "and %" PRIu64 " more: -n %" PRIu64 "\n", all - shown, all);
}

/* Whole and eighths of a column. */
void
section_bar(struct section *s, size_t field, uint64_t value, uint64_t max)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	char text[3 * (BAR_WIDTH + 1) + 1];
	unsigned eighths, i;
	size_t n = 0;

	if (!s->w->bars || max == 0)
		return;
	eighths = (unsigned)((double)value * BAR_WIDTH * 8 / (double)max);
	if (eighths == 0 && value > 0)
		eighths = 1;
	for (i = 0; i < eighths / 8 && i < BAR_WIDTH; i++, n += 3)
		memcpy(text + n, "█", 3);
	if (i < BAR_WIDTH && eighths % 8 > 0) {
		memcpy(text + n, parts[eighths % 8], 3);
		n += 3;
	}
	tool_set_text(&s->report, field, (struct sst_slice){ (const uint8_t *)text, n });
}

void
section_key(struct section *s, size_t field, const struct findings *f, struct sst_slice key)
{
	struct sst_buf text = { 0 };
	struct sst_err ignored;
	size_t i;

	if (sst_type_to_string(f->at->table->key_type, key, &text, &ignored) == -1) {
		sst_buf_reset(&text); /* damaged: as bytes */
		sst_buf_adds(&text, "0x");
		for (i = 0; i < key.n; i++)
			sst_buf_addf(&text, "%02x", key.p[i]);
	}
	tool_set_text(&s->report, field, sst_buf_slice(&text));
	sst_buf_free(&text);
}
