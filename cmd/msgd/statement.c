/* cmd/msgd/statement.c: from text to plans. */
#include "msgd/statement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/murmur3.h"
#include "cql/statement.h"
#include "msgd/selfdb.h"
#include "msgd/shard.h"
#include "query/ddl.h"

/* ---- refusals ---- */

int
msgd_refuse(struct msgd_refusal *why, enum sst_wire_error code, const char *fmt, ...)
{
	va_list ap;

	why->code = code;
	why->e = (struct sst_err){ .code = SST_EINVAL, .off = SST_NOWHERE };
	va_start(ap, fmt);
	vsnprintf(why->e.what, sizeof(why->e.what), fmt, ap);
	va_end(ap);
	return -1;
}

void
msgd_refusal_put(struct sst_buf *b, const struct msgd_refusal *why)
{
	char text[600];

	if (why->e.code == SST_ENOMEM)
		sst_response_error(b, SST_WIRE_OVERLOADED, SST_SLICE_LIT("out of memory"));
	else
		sst_response_error(
		    b, why->code, sst_slice_str(sst_err_text(&why->e, text, sizeof(text))));
}

/* ---- what is made of a text ---- */

struct making {
	struct msgd_statement *s;
	struct msgd_shard *shard;
	struct msgd_refusal *why;
	struct sst_parser parser;
};

static void *
zeroed(struct making *m, size_t n, size_t size)
{
	void *p = sst_arena_array(&m->s->arena, n + 1, size);

	if (p == NULL)
		sst_fail_nomem(&m->why->e);
	else
		memset(p, 0, (n + 1) * size);
	return p;
}

static int
invalid(struct making *m)
{
	m->why->code = SST_WIRE_INVALID;
	return -1;
}

static const struct sst_table *
find_table(struct making *m, const struct sst_cql_name *name)
{
	struct sst_db *self = msgd_selfdb(m->shard->self);
	const struct sst_table *t;

	if (name->keyspace.n == 0) {
		msgd_refuse(m->why, SST_WIRE_INVALID,
		    "No keyspace has been specified. USE a keyspace, or explicitly specify "
		    "keyspace.tablename");
		return NULL;
	}
	if ((t = self->ops->table(self, name->keyspace, name->name)) != NULL) {
		m->s->system = true;
		return t;
	}
	if ((t = m->shard->db->ops->table(m->shard->db, name->keyspace, name->name)) == NULL)
		msgd_refuse(m->why, SST_WIRE_INVALID,
		    msgd_selfdb_has_keyspace(m->shard->self, name->keyspace)
			? "table %.*s.%.*s does not exist"
			: "keyspace %.*s does not exist (table %.*s)",
		    SST_NAME_ARGS(name->keyspace), SST_NAME_ARGS(name->name));
	return t;
}

static int
add_plan(struct making *m, const struct sst_dml *dml)
{
	const struct sst_table *t = find_table(m, &dml->name);
	struct msgd_statement *s = m->s;
	struct sst_plan *plan;

	if (t == NULL)
		return -1;
	if (s->system && dml->kind != SST_SELECT)
		return msgd_refuse(m->why, SST_WIRE_UNAUTHORIZED,
		    "%.*s keyspace is not user-modifiable.", SST_NAME_ARGS(dml->name.keyspace));
	if (sst_plan_make(&plan, &s->arena, dml, t, &m->why->e) == -1)
		return invalid(m);
	s->plans[s->nplans++] = plan;
	s->calls |= plan->ncalls > 0;
	s->if_new |= plan->existing != NULL;
	s->looks += plan->looks;
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct sst_type *type = plan->changes[i].of.column->type;

		s->lists |= type->multicell && type->kind == SST_LIST;
	}
	return 0;
}

static int
add_plans(struct making *m, const struct sst_dml *dml)
{
	size_t n = 1;

	for (const struct sst_dml *part = dml->parts; part != NULL; part = part->next)
		n++;
	if ((m->s->plans = zeroed(m, n, sizeof(*m->s->plans))) == NULL)
		return -1;
	m->s->kind = dml->kind == SST_SELECT ? MSGD_SELECT : MSGD_CHANGE;
	if (dml->kind != SST_BATCH)
		return add_plan(m, dml);
	if (dml->counter)
		return msgd_refuse(
		    m->why, SST_WIRE_INVALID, "batches of counters are not supported");
	for (const struct sst_dml *part = dml->parts; part != NULL; part = part->next)
		if (add_plan(m, part) == -1)
			return -1;
	return 0;
}

/* ---- what clients are told of it ---- */

/* Of a batch each part has met its own markers. */
static int
bound_metadata(struct making *m)
{
	struct msgd_statement *s = m->s;
	struct sst_result_column *c;

	s->nmarks = s->nplans > 0 ? s->plans[0]->marks.n : 0;
	if ((c = zeroed(m, s->nmarks, sizeof(*c))) == NULL)
		return -1;
	for (size_t k = 0; k < s->nplans; k++)
		for (size_t i = 0; i < s->nmarks; i++) {
			const struct sst_spec *spec = &s->plans[k]->marks.specs[i];

			if (spec->type != NULL)
				c[i] = (struct sst_result_column){ spec->name, spec->type };
		}
	s->bound.columns = c;
	s->bound.ncolumns = s->nmarks;
	if (s->nplans > 0) {
		s->bound.keyspace = s->plans[0]->table->keyspace;
		s->bound.table = s->plans[0]->table->name;
	}
	return 0;
}

static int
result_metadata(struct making *m)
{
	const struct sst_plan *plan = m->s->kind == MSGD_SELECT ? m->s->plans[0] : NULL;
	struct sst_buf text = { 0 };
	struct sst_result_column *c;
	size_t n = plan != NULL ? plan->nresults : 0;

	if ((c = zeroed(m, n, sizeof(*c))) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		c[i] = (struct sst_result_column){ plan->results[i].name, plan->results[i].type };
		sst_buf_add_slice(&text, c[i].name);
		sst_buf_addc(&text, '\0');
		sst_type_cql(c[i].type, &text);
		sst_buf_addc(&text, '\0');
	}
	m->s->result =
	    (struct sst_result_metadata){ m->s->bound.keyspace, m->s->bound.table, n, c };
	msgd_statement_id(m->s->result_id, sst_buf_slice(&text), SST_SLICE_LIT(""), &m->shard->zip);
	sst_buf_free(&text);
	return 0;
}

/* ---- all ---- */

static int
make_definition(struct making *m)
{
	struct sst_statement def;
	int r = sst_statement_parse(&m->parser, &def);

	m->why->code = SST_WIRE_SYNTAX_ERROR;
	if (r == -1)
		return -1;
	if (r == 0)
		return msgd_refuse(m->why, SST_WIRE_SYNTAX_ERROR, "no statement");
	if (def.kind != SST_USE)
		return msgd_refuse(
		    m->why, SST_WIRE_SYNTAX_ERROR, "%.*s: unexpected", SST_NAME_ARGS(m->s->text));
	m->s->kind = MSGD_USE;
	m->s->use = def.name.name;
	if (!msgd_selfdb_has_keyspace(m->shard->self, m->s->use))
		return msgd_refuse(m->why, SST_WIRE_INVALID, "Keyspace '%.*s' does not exist",
		    SST_NAME_ARGS(m->s->use));
	return 0;
}

static int
make_truncate(struct making *m, const struct sst_dml *dml)
{
	if (find_table(m, &dml->name) == NULL)
		return -1;
	if (m->s->system)
		return msgd_refuse(m->why, SST_WIRE_UNAUTHORIZED,
		    "%.*s keyspace is not user-modifiable.", SST_NAME_ARGS(dml->name.keyspace));
	m->s->kind = MSGD_TRUNCATE;
	m->s->truncated = dml->name;
	return 0;
}

static int
make(struct making *m)
{
	struct sst_dml dml;

	m->parser = sst_parser_new(m->s->text, &m->s->arena, NULL, m->s->keyspace, &m->why->e);
	if (sst_ddl_at(&m->parser)) {
		m->s->kind = MSGD_DEFINE; /* shard 0 looks closer */
		return bound_metadata(m) == -1 || result_metadata(m) == -1 ? -1 : 0;
	}
	if (!sst_dml_at(&m->parser)) {
		if (make_definition(m) == -1)
			return -1;
	} else {
		if (sst_dml_parse(&m->parser, &dml) == -1) {
			m->why->code = SST_WIRE_SYNTAX_ERROR;
			return -1;
		}
		if (dml.kind == SST_TRUNCATE)
			return make_truncate(m, &dml) == -1 || bound_metadata(m) == -1
			    ? -1
			    : result_metadata(m);
		if (dml.kind > SST_BATCH)
			return msgd_refuse(m->why, SST_WIRE_INVALID, "%.*s is not supported",
			    SST_NAME_ARGS(dml.text));
		if (add_plans(m, &dml) == -1)
			return -1;
	}
	if (m->parser.tok.kind != SST_TOK_END) {
		m->why->code = SST_WIRE_SYNTAX_ERROR;
		return sst_parser_expected(&m->parser, "the end of the statement");
	}
	return bound_metadata(m) == -1 || result_metadata(m) == -1 ? -1 : 0;
}

int
msgd_statement_make(struct msgd_statement **out, struct msgd_shard *shard, struct sst_slice text,
    struct sst_slice keyspace, struct msgd_refusal *why)
{
	struct msgd_statement *s = *out = calloc(1, sizeof(*s));
	struct making m = { .s = s, .shard = shard, .why = why };

	why->code = SST_WIRE_SERVER_ERROR;
	if (s == NULL)
		return sst_fail_nomem(&why->e);
	s->refs = 1;
	shard->new_statements++;
	s->shard = shard;
	s->generation = shard->generation;
	s->text = sst_arena_slice(&s->arena, text);
	s->keyspace = sst_arena_slice(&s->arena, keyspace);
	msgd_statement_id(s->id, text, keyspace, &shard->zip);
	if ((s->text.p == NULL && text.n > 0 && sst_fail_nomem(&why->e) == -1) || make(&m) == -1) {
		msgd_statement_drop(s);
		*out = NULL;
		return -1;
	}
	return 0;
}

struct msgd_statement *
msgd_statement_hold(struct msgd_statement *s)
{
	s->refs++;
	return s;
}

void
msgd_statement_drop(struct msgd_statement *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	if (!s->unplanned)
		*(s->generation == s->shard->generation ? &s->shard->new_statements
							: &s->shard->old_statements) -= 1;
	sst_arena_free(&s->arena);
	free(s);
}

void
msgd_statement_id(uint8_t id[MSGD_ID_LEN], struct sst_slice text, struct sst_slice keyspace,
    struct sst_buf *scratch)
{
	uint64_t h[2];

	sst_buf_reset(scratch);
	sst_buf_add_slice(scratch, keyspace);
	sst_buf_addc(scratch, '\0');
	sst_buf_add_slice(scratch, text);
	sst_murmur3_128(sst_buf_slice(scratch), h);
	memcpy(id, h, MSGD_ID_LEN);
}
