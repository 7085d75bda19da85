/* compaction/strategy.c: options, groups, and sets that are compacted for their tombstones. */
#include "compaction/strategy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

#define MIB ((uint64_t)1 << 20)

/* ---- options ---- */

static const struct {
	const char *name;
	enum sst_strategy_kind kind;
} classes[] = {
	{ "SizeTieredCompactionStrategy", SST_STCS },
	{ "TimeWindowCompactionStrategy", SST_TWCS },
	{ "LeveledCompactionStrategy", SST_LCS },
	{ "UnifiedCompactionStrategy", SST_UCS },
};

bool
sst_strategy_kind(enum sst_strategy_kind *kind, const char *name)
{
	static const char *const names[] = { "stcs", "twcs", "lcs", "ucs", "bucket" };
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(names) && strcmp(names[i], name) != 0; i++)
		;
	*kind = (enum sst_strategy_kind)i;
	return i < SST_ARRAY_LEN(names);
}

static struct sst_slice
option(const struct sst_table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->ncompaction_options; i++)
		if (sst_slice_eq(t->compaction_options[i].name, sst_slice_str(name)))
			return t->compaction_options[i].value;
	return (struct sst_slice){ NULL, 0 };
}

static int
bad(const char *name, struct sst_slice v, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "compaction option %s is %.*s", name,
	    v.n > 40 ? 40 : (int)v.n, (const char *)v.p);
}

/* 0 and *out as it was when the option is not there. */
static int
number(const struct sst_table *t, const char *name, double min, double *out, struct sst_err *e)
{
	struct sst_slice v = option(t, name);
	char text[32], *end;
	double d;

	if (v.p == NULL)
		return 0;
	if (v.n >= sizeof(text))
		return bad(name, v, e);
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	d = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(d) || d < min || d > 1e12)
		return bad(name, v, e);
	*out = d;
	return 0;
}

static int
count(const struct sst_table *t, const char *name, double min, size_t *out, struct sst_err *e)
{
	double d = (double)*out;

	if (number(t, name, min, &d, e) == -1)
		return -1;
	*out = (size_t)d;
	return 0;
}

static bool
is_true(const struct sst_table *t, const char *name)
{
	return sst_slice_eq(option(t, name), SST_SLICE_LIT("true"));
}

static int
window_options(struct sst_strategy *s, const struct sst_table *t, struct sst_err *e)
{
	static const struct {
		const char *name;
		int64_t us;
	} units[] = { { "MINUTES", 60 * SST_S_US }, { "HOURS", 3600 * SST_S_US },
		{ "DAYS", 86400 * SST_S_US } };
	struct sst_slice unit = option(t, "compaction_window_unit");
	struct sst_slice resolution = option(t, "timestamp_resolution");
	size_t size = 1, i = 2;

	if (unit.p != NULL)
		for (i = 0; i < 3 && !sst_slice_eq(unit, sst_slice_str(units[i].name)); i++)
			;
	if (i == 3)
		return bad("compaction_window_unit", unit, e);
	if (count(t, "compaction_window_size", 1, &size, e) == -1)
		return -1;
	s->window_us = units[i].us * (int64_t)(size < 1000000 ? size : 1000000);
	s->ts_unit_us = 1;
	if (sst_slice_eq(resolution, SST_SLICE_LIT("MILLISECONDS")))
		s->ts_unit_us = 1000;
	else if (sst_slice_eq(resolution, SST_SLICE_LIT("SECONDS")))
		s->ts_unit_us = SST_S_US;
	return 0;
}

static int
size_options(struct sst_strategy *s, const struct sst_table *t, struct sst_err *e)
{
	double min_bytes = 50 * (double)MIB, level_mb = 160, interval = 86400;
	size_t fanout = 10;

	if (count(t, "min_threshold", 2, &s->min_threshold, e) == -1 ||
	    count(t, "max_threshold", 2, &s->max_threshold, e) == -1 ||
	    number(t, "bucket_low", 0, &s->bucket_low, e) == -1 ||
	    number(t, "bucket_high", 1, &s->bucket_high, e) == -1 ||
	    number(t, "min_sstable_size", 0, &min_bytes, e) == -1 ||
	    number(t, "tombstone_threshold", 0, &s->tombstone_threshold, e) == -1 ||
	    number(t, "tombstone_compaction_interval", 0, &interval, e) == -1 ||
	    number(t, "sstable_size_in_mb", 1, &level_mb, e) == -1 ||
	    count(t, "fanout_size", 2, &fanout, e) == -1)
		return -1;
	s->min_sstable_bytes = (uint64_t)min_bytes;
	s->tombstone_interval_s = (int64_t)interval;
	s->level_bytes = (uint64_t)(level_mb * (double)MIB);
	s->fanout = (uint32_t)fanout;
	if (s->max_threshold < s->min_threshold)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "compaction option max_threshold is below min_threshold");
	return 0;
}

/* Bytes with a unit: "100MiB", "1 GiB", "5000 B". */
static int
bytes(const struct sst_table *t, const char *name, uint64_t *out, struct sst_err *e)
{
	static const struct {
		const char *name;
		double factor;
	} units[] = { { "B", 1 }, { "", 1 }, { "KiB", 0x1p10 }, { "MiB", 0x1p20 },
		{ "GiB", 0x1p30 }, { "TiB", 0x1p40 } };
	struct sst_slice v = option(t, name);
	char text[32], *end;
	double d;
	size_t i;

	if (v.p == NULL)
		return 0;
	if (v.n >= sizeof(text))
		return bad(name, v, e);
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	d = strtod(text, &end);
	if (end == text)
		return bad(name, v, e);
	while (*end == ' ')
		end++;
	for (i = 0; i < SST_ARRAY_LEN(units) && strcmp(end, units[i].name) != 0; i++)
		;
	if (i == SST_ARRAY_LEN(units) || !(d >= 0) || d * units[i].factor > 0x1p60)
		return bad(name, v, e);
	*out = (uint64_t)(d * units[i].factor);
	return 0;
}

/* "T4", "L10", "N" or a number: W, by which a level grows and is due.  False: none of them. */
static bool
scaling_parameter(struct sst_slice s, int *w)
{
	int sign = 0;
	char text[8], *end;
	long n;

	while (s.n > 0 && s.p[0] == ' ')
		s = (struct sst_slice){ s.p + 1, s.n - 1 };
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	*w = 0;
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (strcmp(text, "N") == 0)
		return true;
	if (text[0] == 'T' || text[0] == 'L')
		sign = text[0] == 'T' ? 1 : -1;
	n = strtol(text + (sign != 0), &end, 10);
	if (end == text + (sign != 0) || *end != '\0' || (sign != 0 && n < 2))
		return false;
	*w = sign == 0 ? (int)n : sign * ((int)n - 2);
	return *w > -1000 && *w < 1000;
}

static int
unified_options(struct sst_strategy *s, const struct sst_table *t, struct sst_err *e)
{
	struct sst_slice all = option(t, "scaling_parameters"), rest = all;
	const uint8_t *comma;
	size_t n;

	s->nscaling = 1;
	s->scaling[0] = 2;
	s->target_bytes = 1024 * MIB;
	s->max_sstables = SIZE_MAX;
	if (bytes(t, "target_sstable_size", &s->target_bytes, e) == -1 ||
	    bytes(t, "flush_size_override", &s->flush_bytes, e) == -1 ||
	    count(t, "max_sstables_to_compact", 0, &s->max_sstables, e) == -1)
		return -1;
	if (s->max_sstables == 0)
		s->max_sstables = SIZE_MAX;
	for (n = 0; all.p != NULL && n < SST_SCALING_MAX; n++) {
		comma = rest.n > 0 ? memchr(rest.p, ',', rest.n) : NULL;
		if (!scaling_parameter((struct sst_slice){ rest.p,
					   comma != NULL ? (size_t)(comma - rest.p) : rest.n },
			&s->scaling[n]))
			return bad("scaling_parameters", all, e);
		s->nscaling = n + 1;
		if (comma == NULL)
			break;
		rest = (struct sst_slice){ comma + 1, rest.n - (size_t)(comma + 1 - rest.p) };
	}
	return 0;
}

/* Without its package. */
static struct sst_slice
class_of(const struct sst_table *t)
{
	struct sst_slice s = t->compaction_class;
	size_t i;

	for (i = s.n; i > 0; i--)
		if (s.p[i - 1] == '.')
			return (struct sst_slice){ s.p + i, s.n - i };
	return s;
}

int
sst_strategy_of(struct sst_strategy *s, const struct sst_table *t, struct sst_err *e)
{
	size_t i;

	*s = (struct sst_strategy){ .min_threshold = 4,
		.max_threshold = 32,
		.bucket_low = 0.5,
		.bucket_high = 1.5,
		.tombstone_threshold = 0.2 };
	s->known = t->compaction_class.n == 0;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (sst_slice_eq(class_of(t), sst_slice_str(classes[i].name))) {
			s->kind = classes[i].kind;
			s->known = true;
		}
	s->unchecked = is_true(t, "unchecked_tombstone_compaction");
	s->only_purge_repaired = is_true(t, "only_purge_repaired_tombstones");
	if (size_options(s, t, e) == -1 || window_options(s, t, e) == -1)
		return -1;
	return unified_options(s, t, e);
}

/* ---- picking ---- */

int
sst_task_take(
    struct sst_choice *c, const char *why, struct sst_set *const *v, size_t n, struct sst_err *e)
{
	*c->task = (struct sst_task){ .why = why, .n = n };
	c->task->in = sst_arena_array(c->arena, n + 1, sizeof(*c->task->in));
	if (c->task->in == NULL)
		return sst_fail_nomem(e);
	memcpy(c->task->in, v, n * sizeof(*v));
	return SST_ONE;
}

static int
choose_group(struct sst_choice *c, const struct sst_sets *sets, size_t group, struct sst_err *e)
{
	size_t i;

	c->n = 0;
	c->v = sst_arena_array(c->arena, sets->n + 1, sizeof(*c->v));
	if (c->v == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < sets->n; i++)
		if (sets->v[i].group == group)
			c->v[c->n++] = &sets->v[i];
	return 0;
}

static int
pick_in_group(struct sst_choice *c, struct sst_err *e)
{
	switch (c->strategy->kind) {
	case SST_TWCS:
	case SST_BUCKETS:
		return sst_twcs_pick(c, e);
	case SST_LCS:
		return sst_lcs_pick(c, e);
	case SST_UCS:
		return sst_ucs_pick(c, e);
	default:
		return sst_stcs_pick(c, c->strategy->min_threshold, e);
	}
}

int
sst_strategy_pick(const struct sst_strategy *s, const struct sst_sets *sets,
    const struct sst_moment *moment, struct sst_task *task, struct sst_arena *arena,
    struct sst_err *e)
{
	struct sst_choice c = { .strategy = s, .moment = moment, .arena = arena, .task = task };
	size_t i;
	int r;

	for (i = 0; i < sets->ngroups; i++) {
		if (choose_group(&c, sets, i, e) == -1)
			return -1;
		if ((r = pick_in_group(&c, e)) != 0)
			return r;
	}
	return 0;
}

/* Others that hold the same partitions and older data would keep its tombstones where they are. */
static bool
is_held(const struct sst_sets *sets, const struct sst_set *s)
{
	size_t i;

	for (i = 0; i < sets->n; i++)
		if (&sets->v[i] != s && sst_set_min_ts_us(&sets->v[i]) <= s->stats->min_ts_us &&
		    sst_sets_overlap(&sets->v[i], s))
			return true;
	return false;
}

int
sst_strategy_pick_single(const struct sst_strategy *s, const struct sst_sets *sets,
    const struct sst_moment *m, struct sst_task *task, struct sst_arena *arena, struct sst_err *e)
{
	struct sst_choice c = { .strategy = s, .moment = m, .arena = arena, .task = task };
	struct sst_set *set;
	size_t i;
	int r;

	for (i = 0; i < sets->n; i++) {
		set = &sets->v[i];
		if (set->generation > m->generation_max || !sst_strategy_may_purge(s, set) ||
		    set->mtime_ms / 1000 > m->now_s - s->tombstone_interval_s ||
		    sst_set_droppable(set, m->gc_before_s) <= s->tombstone_threshold ||
		    (!s->unchecked && is_held(sets, set)))
			continue;
		r = sst_task_take(&c, "tombstones", &set, 1, e);
		task->level = set->stats->level;
		return r;
	}
	return 0;
}
