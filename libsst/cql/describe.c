/*
 * cql/describe.c: tables and types as CQL text, in the words, order and indentation of Cassandra's
 * snapshots.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/uuid.h"
#include "cql/options.h"
#include "cql/schema.h"
#include "cql/word.h"
#include "schema/ident.h"
#include "schema/real.h"

#define COMPRESS "org.apache.cassandra.io.compress."
#define COMPACTION "org.apache.cassandra.db.compaction."

static void
put_full_name(struct sst_buf *b, struct sst_slice keyspace, struct sst_slice name)
{
	if (keyspace.n > 0) {
		sst_ident_put(b, keyspace);
		sst_buf_addc(b, '.');
	}
	sst_ident_put(b, name);
}

static void
put_column(struct sst_buf *b, const struct sst_column *c, bool is_static)
{
	sst_ident_put(b, c->name);
	sst_buf_addc(b, ' ');
	sst_type_cql(c->type, b);
	if (is_static)
		sst_buf_adds(b, " static");
}

/* ---- options ---- */

static void
put_entry(struct sst_buf *b, const char **before, struct sst_slice name, struct sst_slice value)
{
	sst_buf_adds(b, *before);
	sst_cql_put_string(b, name);
	sst_buf_adds(b, ": ");
	sst_cql_put_string(b, value);
	*before = ", ";
}

struct entry {
	const char *name;
	struct sst_slice value;
};

/* A map of a table's options and some entries (sorted, too), in the order of all names. */
static void
put_map(
    struct sst_buf *b, const struct sst_option *o, size_t n, const struct entry *own, size_t nown)
{
	const char *before = "{";

	while (n > 0 || nown > 0) {
		struct sst_slice name =
		    nown > 0 ? sst_slice_str(own->name) : (struct sst_slice){ NULL, 0 };

		if (n > 0 && (nown == 0 || sst_slice_cmp(o->name, name) < 0)) {
			put_entry(b, &before, o->name, o->value);
			o++;
			n--;
		} else {
			put_entry(b, &before, name, own->value);
			own++;
			nown--;
		}
	}
	sst_buf_adds(b, before[0] == '{' ? "{}" : "}");
}

/* A class of Cassandra's own gets its package again. */
static struct sst_slice
full_class(struct sst_buf *tmp, const char *package, struct sst_slice name)
{
	if (memchr(name.p, '.', name.n) != NULL)
		return name;
	sst_buf_adds(tmp, package);
	sst_buf_add_slice(tmp, name);
	return sst_buf_slice(tmp);
}

static void
put_compression(struct sst_buf *b, const struct sst_table *t)
{
	struct sst_buf tmp = { 0 };
	char kb[24];
	struct entry own[2] = { { "enabled", SST_SLICE_LIT("false") } };

	if (t->compression.class_name.n == 0) {
		put_map(b, t->compression_options, t->ncompression_options, own, 1);
		return;
	}
	snprintf(kb, sizeof(kb), "%u", t->compression.chunk_len / 1024);
	own[0] = (struct entry){ "chunk_length_in_kb", sst_slice_str(kb) };
	own[1] = (struct entry){ "class", full_class(&tmp, COMPRESS, t->compression.class_name) };
	put_map(b, t->compression_options, t->ncompression_options, own, 2);
	b->bad |= tmp.bad;
	sst_buf_free(&tmp);
}

static void
put_compaction(struct sst_buf *b, const struct sst_table *t)
{
	struct sst_buf tmp = { 0 };
	struct entry own = { "class", full_class(&tmp, COMPACTION, t->compaction_class) };

	put_map(b, t->compaction_options, t->ncompaction_options, &own, 1);
	b->bad |= tmp.bad;
	sst_buf_free(&tmp);
}

static void
put_bloom(struct sst_buf *b, const struct sst_table *t)
{
	char text[SST_REAL_LEN];
	uint64_t bits;

	memcpy(&bits, &t->bloom_fp, sizeof(bits));
	sst_format_double(bits, text);
	sst_buf_adds(b, text);
}

static void
put_ttl(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_addf(b, "%u", t->default_ttl_s);
}

static void
put_gc_grace(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_addf(b, "%u", t->gc_grace_s);
}

static void
put_max_index(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_addf(b, "%u", t->max_index_interval);
}

static void
put_min_index(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_addf(b, "%u", t->min_index_interval);
}

static const struct {
	const char *name;
	void (*put)(struct sst_buf *, const struct sst_table *);
	bool in_files; /* an SSTable says it too */
} fields[] = {
	/* in Cassandra's order */
	{ "bloom_filter_fp_chance", put_bloom, true },
	{ "compaction", put_compaction, false },
	{ "compression", put_compression, true },
	{ "default_time_to_live", put_ttl, false },
	{ "gc_grace_seconds", put_gc_grace, false },
	{ "max_index_interval", put_max_index, false },
	{ "min_index_interval", put_min_index, false },
};

/* The option that Cassandra prints next after `last`, among those without a field; or NULL. */
static const struct sst_option *
next_option(const struct sst_table *t, const struct sst_option *last)
{
	const struct sst_option *best = NULL;

	for (size_t i = 0; i < t->noptions; i++) {
		const struct sst_option *o = &t->options[i];

		if ((last == NULL || sst_options_compare(o->name, last->name) > 0) &&
		    (best == NULL || sst_options_compare(o->name, best->name) < 0))
			best = o;
	}
	return best;
}

static void
put_separator(struct sst_buf *b, bool *first)
{
	sst_buf_adds(b, *first ? " WITH " : "\n    AND ");
	*first = false;
}

static void
put_options(struct sst_buf *b, const struct sst_table *t, bool *first)
{
	const struct sst_option *o = next_option(t, NULL);
	size_t i = 0;

	while (o != NULL || i < SST_ARRAY_LEN(fields)) {
		put_separator(b, first);
		if (o != NULL &&
		    (i == SST_ARRAY_LEN(fields) ||
			sst_options_compare(o->name, sst_slice_str(fields[i].name)) < 0)) {
			sst_ident_put(b, o->name);
			sst_buf_adds(b, " = ");
			sst_buf_add_slice(b, o->value);
			o = next_option(t, o);
		} else {
			sst_buf_addf(b, "%s = ", fields[i].name);
			fields[i++].put(b, t);
		}
	}
}

/* Those that SSTables say, and no others. */
static void
put_found_options(struct sst_buf *b, const struct sst_table *t, bool *first)
{
	for (size_t i = 0; i < SST_ARRAY_LEN(fields); i++) {
		if (!fields[i].in_files)
			continue;
		put_separator(b, first);
		sst_buf_addf(b, "%s = ", fields[i].name);
		fields[i].put(b, t);
	}
}

static void
put_with(struct sst_buf *b, const struct sst_table *t, bool found)
{
	static const uint8_t unknown[16];
	bool first = true;

	if (t->compact) {
		put_separator(b, &first);
		sst_buf_adds(b, "COMPACT STORAGE");
	}
	if (memcmp(t->id, unknown, 16) != 0) {
		put_separator(b, &first);
		sst_buf_adds(b, "ID = ");
		sst_uuid_put(b, t->id);
	}
	if (t->nck > 0) {
		put_separator(b, &first);
		sst_buf_adds(b, "CLUSTERING ORDER BY (");
		for (size_t i = 0; i < t->nck; i++) {
			sst_buf_adds(b, i > 0 ? ", " : "");
			sst_ident_put(b, t->ck[i].name);
			sst_buf_adds(b, t->ck[i].type->reversed ? " DESC" : " ASC");
		}
		sst_buf_addc(b, ')');
	}
	if (found)
		put_found_options(b, t, &first);
	else
		put_options(b, t, &first);
	sst_buf_adds(b, ";\n");
}

/* ---- columns ---- */

/* Between the brackets; `line` is what goes before each column but the first. */
static void
put_columns(struct sst_buf *b, const struct sst_table *t)
{
	const struct {
		const struct sst_column *cols;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular }, { t->dropped, t->ndropped } };
	bool single = t->nkey == 1 && t->nck == 0;
	const char *line = "    ";

	for (size_t k = 0; k < SST_ARRAY_LEN(all); k++) {
		for (size_t i = 0; i < all[k].n; i++) {
			const struct sst_column *c = &all[k].cols[i];

			/* one that was added again stands among the dropped */
			if (k != 4 && sst_column_find(t->dropped, t->ndropped, c->name) >= 0)
				continue;
			sst_buf_adds(b, line);
			put_column(b, c, k == 2 || (k == 4 && c->is_static));
			sst_buf_adds(b, single && k == 0 ? " PRIMARY KEY" : "");
			line = ",\n    ";
		}
	}
	if (!single)
		sst_buf_adds(b, line);
}

static void
put_names(struct sst_buf *b, const struct sst_column *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sst_buf_adds(b, i > 0 ? ", " : "");
		sst_ident_put(b, c[i].name);
	}
}

static void
put_primary_key(struct sst_buf *b, const struct sst_table *t)
{
	sst_buf_adds(b, t->nkey > 1 ? "PRIMARY KEY ((" : "PRIMARY KEY (");
	put_names(b, t->key, t->nkey);
	sst_buf_adds(b, t->nkey > 1 ? ")" : "");
	sst_buf_adds(b, t->nck > 0 ? ", " : "");
	put_names(b, t->ck, t->nck);
	sst_buf_addc(b, ')');
}

/* What became of the columns that were dropped. */
static void
put_drops(struct sst_buf *b, const struct sst_table *t)
{
	for (size_t i = 0; i < t->ndropped; i++) {
		const struct sst_column *c = &t->dropped[i];
		int r = sst_column_find(t->regulars, t->nregular, c->name);
		int s = sst_column_find(t->statics, t->nstatic, c->name);

		sst_buf_adds(b, "ALTER TABLE ");
		put_full_name(b, t->keyspace, t->name);
		sst_buf_adds(b, " DROP ");
		sst_ident_put(b, c->name);
		if (c->dropped_us != INT64_MAX)
			sst_buf_addf(b, " USING TIMESTAMP %lld", (long long)c->dropped_us);
		sst_buf_adds(b, ";\n");
		if (r < 0 && s < 0)
			continue;
		sst_buf_adds(b, "ALTER TABLE ");
		put_full_name(b, t->keyspace, t->name);
		sst_buf_adds(b, " ADD ");
		put_column(b, r >= 0 ? &t->regulars[r] : &t->statics[s], r < 0);
		sst_buf_adds(b, ";\n");
	}
}

static void
put_table_name(struct sst_buf *b, const struct sst_table *t)
{
	put_full_name(b, t->keyspace, t->name);
}

static void
put_create(struct sst_buf *b, const struct sst_table *t, bool found)
{
	sst_buf_adds(b, "CREATE TABLE IF NOT EXISTS ");
	put_table_name(b, t);
	sst_buf_adds(b, " (\n");
	put_columns(b, t);
	if (t->nkey > 1 || t->nck > 0)
		put_primary_key(b, t);
	sst_buf_adds(b, "\n)");
	put_with(b, t, found);
}

void
sst_schema_print_found(const struct sst_table *t, struct sst_buf *b)
{
	put_create(b, t, true);
}

void
sst_schema_print_table(const struct sst_table *t, struct sst_buf *b)
{
	if (t->compact) { /* Cassandra 5.0's words, within a comment */
		sst_buf_adds(b, "/*\nWarning: Table ");
		put_table_name(b, t);
		sst_buf_adds(b,
		    " omitted because it has constructs not compatible with CQL (was created via "
		    "legacy API).\nApproximate structure, for reference:\n(this should not be used "
		    "to reproduce this schema)\n\n");
	}
	put_create(b, t, false);
	if (t->compact)
		sst_buf_adds(b, "*/\n");
	put_drops(b, t);
}

void
sst_schema_print_type(const struct sst_type *t, struct sst_buf *b)
{
	sst_buf_adds(b, "CREATE TYPE IF NOT EXISTS ");
	put_full_name(b, t->keyspace, t->name);
	sst_buf_adds(b, " (\n");
	for (size_t i = 0; i < t->nargs; i++) {
		sst_buf_adds(b, i > 0 ? ",\n    " : "    ");
		sst_ident_put(b, t->fields[i]);
		sst_buf_addc(b, ' ');
		sst_type_cql(t->args[i], b);
	}
	sst_buf_adds(b, "\n);\n");
}

void
sst_schema_print_keyspace(const struct sst_keyspace *k, struct sst_buf *b)
{
	sst_buf_adds(b, "CREATE KEYSPACE IF NOT EXISTS ");
	sst_ident_put(b, k->name);
	for (size_t i = 0; i < k->noptions; i++) {
		sst_buf_adds(b, i == 0 ? " WITH " : " AND ");
		sst_ident_put(b, k->options[i].name);
		sst_buf_adds(b, " = ");
		sst_buf_add_slice(b, k->options[i].value);
	}
	sst_buf_adds(b, ";\n");
}

/* ---- a whole schema.cql ---- */

struct printing {
	const struct sst_schema *schema;
	bool *done; /* for each type of the schema */
	struct sst_buf *b;
};

/* The user types within t, innermost first, each once. */
static void
print_types(struct printing *p, const struct sst_type *t)
{
	const struct sst_schema *s = p->schema;
	size_t at = s->ntypes;

	if (t->kind == SST_UDT) {
		for (at = 0; at < s->ntypes; at++) {
			if (sst_slice_eq(s->types[at]->name, t->name) &&
			    sst_slice_eq(s->types[at]->keyspace, t->keyspace))
				break;
		}
		if (at < s->ntypes && p->done[at])
			return;
	}
	for (size_t i = 0; i < t->nargs; i++)
		print_types(p, t->args[i]);
	if (at < s->ntypes) {
		sst_schema_print_type(s->types[at], p->b);
		p->done[at] = true;
	}
}

void
sst_schema_print_snapshot(const struct sst_schema *s, const struct sst_table *t, struct sst_buf *b)
{
	const struct {
		const struct sst_column *cols;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular }, { t->dropped, t->ndropped } };
	struct printing p = { .schema = s, .b = b };

	if ((p.done = calloc(s->ntypes + 1, sizeof(*p.done))) == NULL) {
		b->bad = true;
		return;
	}
	for (size_t k = 0; k < SST_ARRAY_LEN(all); k++) {
		for (size_t i = 0; i < all[k].n; i++)
			print_types(&p, all[k].cols[i].type);
	}
	free(p.done);
	sst_schema_print_table(t, b);
}

void
sst_schema_print_compaction(const struct sst_table *t, struct sst_buf *b)
{
	put_compaction(b, t);
}

void
sst_schema_print_compression(const struct sst_table *t, struct sst_buf *b)
{
	put_compression(b, t);
}
