/* cmd/sstdump/merged.c: what all SSTables of a table say together: their rows, and its schema. */
#include <stdio.h>
#include <stdlib.h>

#include "cql/schema.h"
#include "merge/merge.h"
#include "sstable/statistics.h"
#include "sstdump/job.h"
#include "sstdump/print.h"
#include "tool/gather.h"

int
gather_sstable(void *arg, const char *path, bool last)
{
	struct job *job = arg;

	job->gather->load = select_some(&job->sel);
	return gather_add(job->gather, path, last);
}

/* Everything that is not shadowed, tombstones too. */
static int
open_merged(struct job *job, struct group *g, struct sst_stream **out, struct sst_err *e)
{
	struct sst_merge_opts opts = { .raw = true, .now_s = job->now_s, .gc_before_s = INT64_MIN };
	struct sst_stream **in = calloc(g->n, sizeof(*in));
	size_t n = 0;
	int r;

	*out = NULL;
	if (in == NULL)
		return sst_fail_nomem(e);
	r = select_for(&job->sel, g->table, e);
	while (r == 0 && n < g->n) {
		r = select_open(&job->sel, g->at[n].sst, &in[n], e);
		n += r == 0;
	}
	if (r == 0)
		r = sst_merge_open(out, g->table, in, n, &opts, e);
	else
		while (n > 0)
			sst_stream_close(in[--n]);
	free(in);
	return r;
}

/* What ascends in no known order cannot be merged. */
static int
check_order(const struct group *g, struct sst_err *e)
{
	size_t i;

	for (i = 0; g->n > 1 && i < g->n; i++)
		if (!sst_sstable_is_murmur3(g->at[i].sst))
			return sst_fail(e, SST_EUNSUPPORTED, g->at[i].path, SST_NOWHERE,
			    "only SSTables of Murmur3Partitioner can be merged");
	return 0;
}

int
merge_gathered(struct job *job)
{
	struct print_what what = { 0 };
	struct sst_stream *s;
	struct sst_err e;
	int rc = SOUND;
	size_t i;

	for (i = 0; i < job->gather->n; i++) {
		struct group *g = &job->gather->groups[i];

		if (check_order(g, &e) == -1 || gather_join(g, &e) == -1 ||
		    open_merged(job, g, &s, &e) == -1) {
			rc = tool_worse(rc, complain(&e));
			continue;
		}
		what.table = g->table;
		what.path = g->at[0].path;
		rc = tool_worse(rc, print_stream(job, s, &what));
	}
	return rc;
}

/* Compression is what the newest of them has. */
static void
take_options(struct group *g)
{
	const struct sst_chunks *c;
	struct sst_table *t = g->table;
	struct sst_err e;
	size_t i;

	c = sst_file_chunks(sst_sstable_data(g->at[g->n - 1].sst, &e));
	t->compression = (struct sst_compression){ { NULL, 0 }, 0, 0 };
	t->ncompression_options = 0;
	if (c != NULL) {
		t->compression.class_name = c->class_name;
		t->compression.chunk_len = c->chunk_len;
		t->ncompression_options = c->noptions;
		t->compression_options =
		    sst_arena_array(&g->arena, c->noptions + 1, sizeof(*t->compression_options));
		if (t->compression_options == NULL)
			exit(tool_problem(TROUBLE, "out of memory"));
		for (i = 0; i < c->noptions; i++)
			t->compression_options[i] = c->options[i];
	}
	for (i = 0; i < g->n; i++)
		t->bloom_fp = sst_sstable_statistics(g->at[i].sst)->bloom_fp;
}

struct types { /* user types that are printed already */
	const struct sst_type **at;
	size_t n;
	struct sst_buf *out;
};

/* The user types within t, innermost first, each once. */
static void
print_types(struct types *seen, const struct sst_type *t)
{
	const struct sst_type **grown;
	size_t i;

	for (i = 0; i < t->nargs; i++)
		print_types(seen, t->args[i]);
	if (t->kind != SST_UDT)
		return;
	for (i = 0; i < seen->n; i++)
		if (sst_slice_eq(seen->at[i]->name, t->name) &&
		    sst_slice_eq(seen->at[i]->keyspace, t->keyspace))
			return;
	grown = realloc(seen->at, (seen->n + 1) * sizeof(*grown));
	if (grown == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	seen->at = grown;
	grown[seen->n++] = t;
	sst_schema_print_type(t, seen->out);
	sst_buf_addc(seen->out, '\n');
}

/* Key columns whose names nobody knows are called as in NDJSON. */
static void
name_columns(struct sst_arena *a, struct sst_column *cols, size_t n, const char *kind)
{
	char name[32];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%zu", kind, i + 1);
		cols[i].name = sst_arena_slice(a, sst_slice_str(name));
	}
}

static void
print_schema(struct group *g, struct sst_buf *out)
{
	const struct sst_table *t = g->table;
	const struct {
		const struct sst_column *cols;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular } };
	struct types seen = { .out = out };
	size_t i, k;

	for (k = 0; k < SST_ARRAY_LEN(all); k++)
		for (i = 0; i < all[k].n; i++)
			print_types(&seen, all[k].cols[i].type);
	free(seen.at);
	if (!t->named) {
		name_columns(&g->arena, t->key, t->nkey, "key");
		name_columns(&g->arena, t->ck, t->nck, "ck");
	}
	sst_schema_print_found(t, out);
}

int
schema_gathered(struct job *job)
{
	struct sst_err e;
	int rc = SOUND;
	size_t i;

	for (i = 0; i < job->gather->n; i++) {
		struct group *g = &job->gather->groups[i];

		if (gather_join(g, &e) == -1) {
			rc = tool_worse(rc, complain(&e));
			continue;
		}
		take_options(g);
		if (i > 0)
			sst_buf_addc(&job->out.buf, '\n');
		print_schema(g, &job->out.buf);
		tool_output_step(&job->out);
	}
	return rc;
}
