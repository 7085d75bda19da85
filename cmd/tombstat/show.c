/* cmd/tombstat/show.c: which form the findings take, and whether they are past a threshold. */
#include "tombstat/show.h"

/* By Statistics.db alone: SSTables that are worth a compaction for their tombstones. */
static bool
any_is_past(const struct findings *f)
{
	size_t i;

	for (i = 0; i < f->n && !show_is_past(f, f->in[i]); i++)
		;
	return i < f->n;
}

/* Metrics are for somebody else to judge, and complete whatever they say. */
int
show_table(struct findings *f)
{
	bool past = f->w->fast ? any_is_past(f) : f->past_warn > 0;

	if (f->w->prometheus)
		return metrics_add(f->w->metrics, f);
	if (!f->w->quiet) {
		show_sections(f);
		show_blockers(f);
		if (!f->w->fast)
			show_advice(f);
	} else if (past)
		show_past(f);
	tool_output_step(&f->w->out);
	return past ? DAMAGED : SOUND;
}
