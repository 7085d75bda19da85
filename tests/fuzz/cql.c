/*
 * tests/fuzz/cql.c: CQL on any bytes, as a schema and as a term.  A schema that parses is printed and
 * parsed again, to the same text.
 * covers: libsst/cql/token.c libsst/cql/parser.c libsst/cql/term.c libsst/cql/ddl.c
 * covers: libsst/cql/schema.c libsst/cql/draft.c libsst/cql/usertype.c libsst/cql/options.c
 * covers: libsst/cql/describe.c libsst/cql/namelist.c
 */
#include <assert.h>

#include "cql/schema.h"
#include "cql/term.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
print(const struct sst_schema *s, struct sst_buf *b)
{
	for (size_t i = 0; i < s->ntypes; i++)
		sst_schema_print_type(s->types[i], b);
	for (size_t i = 0; i < s->ntables; i++)
		sst_schema_print_table(s->tables[i], b);
}

static void
schemas(struct sst_slice text)
{
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_slice ks = SST_SLICE_LIT("ks");
	struct sst_arena arena = { 0 };
	struct sst_schema s;
	struct sst_err e;

	if (sst_schema_parse(&s, &arena, text, NULL, ks, &e) == 0) {
		print(&s, &once);
		assert(sst_schema_parse(&s, &arena, sst_buf_slice(&once), NULL, ks, &e) == 0);
		print(&s, &twice);
		assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
		for (size_t i = 0; i < s.ntables; i++) {
			assert(sst_schema_table(&s, s.tables[i]->keyspace, s.tables[i]->name) ==
			    s.tables[i]);
			sst_schema_print_snapshot(&s, s.tables[i], &twice);
		}
	}
	sst_arena_free(&arena);
	sst_buf_free(&once);
	sst_buf_free(&twice);
}

static void
terms(struct sst_slice text)
{
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_slice none = { NULL, 0 };
	struct sst_arena arena = { 0 };
	struct sst_parser p;
	struct sst_term *t;
	struct sst_err e;

	p = sst_parser_new(text, &arena, NULL, none, &e);
	if ((t = sst_term_parse(&p)) != NULL) {
		sst_term_put(t, &once);
		p = sst_parser_new(sst_buf_slice(&once), &arena, NULL, none, &e);
		t = sst_term_parse(&p);
		assert(t != NULL && p.tok.kind == SST_TOK_END);
		sst_term_put(t, &twice);
		assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
	}
	sst_arena_free(&arena);
	sst_buf_free(&once);
	sst_buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice text = { data, size };

	schemas(text);
	terms(text);
	return 0;
}
