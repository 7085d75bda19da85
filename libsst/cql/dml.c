/* cql/dml.c: the grammar of statements that change rows, and what they share with SELECT. */
#include "cql/dml.h"

#include "cql/clause.h"

/* ---- what several statements have ---- */

/* USING TIMESTAMP t AND TTL s AND TIMEOUT d; a timeout is the client's wish to wait, and taken
 * politely: nothing here takes long enough. */
static int
using_one(struct sst_parser *p, struct sst_dml *s)
{
	const struct sst_term **to, *ignored;

	if (sst_parser_take(p, SST_W_TIMESTAMP))
		to = &s->ts_us;
	else if (sst_clause_take(p, "ttl"))
		to = &s->ttl_s;
	else if (sst_clause_take(p, "timeout"))
		to = &ignored;
	else
		return sst_parser_expected(p, "timestamp, ttl or timeout");
	*to = sst_term_parse(p);
	return *to == NULL ? -1 : 0;
}

int
sst_clause_using(struct sst_parser *p, struct sst_dml *s)
{
	if (!sst_parser_take(p, SST_W_USING))
		return 0;
	do {
		if (using_one(p, s) == -1)
			return -1;
	} while (sst_parser_take(p, SST_W_AND));
	return 0;
}

/* IF EXISTS, or IF a = 1 AND b[2] > 3 … */
static int
condition(struct sst_parser *p, struct sst_dml *s)
{
	if (!sst_parser_take(p, SST_W_IF))
		return 0;
	if (sst_parser_take(p, SST_W_EXISTS)) {
		s->if_exists = true;
		return 0;
	}
	return sst_clause_relations(p, &s->cond);
}

static struct sst_assignment *
new_assignment(struct sst_parser *p)
{
	struct sst_assignment *a = sst_parser_alloc(p, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->line = p->tok.line;
	return sst_parser_want_name(p, "a column", &a->column) == -1 ? NULL : a;
}

/* [key] or .field behind a column. */
static int
part_of(struct sst_parser *p, struct sst_assignment *a)
{
	if (sst_parser_take_op(p, '[')) {
		a->kind = SST_ASSIGN_ELEMENT;
		if ((a->key = sst_term_parse(p)) == NULL)
			return -1;
		return sst_parser_want_op(p, ']');
	}
	if (!sst_parser_take_op(p, '.'))
		return 0;
	a->kind = SST_ASSIGN_FIELD;
	return sst_parser_want_name(p, "a field", &a->field);
}

/* ---- INSERT ---- */

static int
insert_columns(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_assignment **last = &s->set;

	do {
		if ((*last = new_assignment(p)) == NULL)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, ')');
}

static int
insert_values(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_assignment *a = s->set;
	const struct sst_term *value;
	size_t n = 0;

	if (sst_clause_want(p, "values") == -1 || sst_parser_want_op(p, '(') == -1)
		return -1;
	do {
		if (++n > SST_CQL_LIST_MAX)
			return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
			    "more than %d values", SST_CQL_LIST_MAX);
		if ((value = sst_term_parse(p)) == NULL)
			return -1;
		s->unmatched |= a == NULL;
		if (a != NULL) {
			a->value = value;
			a = a->next;
		}
	} while (sst_parser_take_op(p, ','));
	s->unmatched |= a != NULL;
	return sst_parser_want_op(p, ')');
}

static int
insert_json(struct sst_parser *p, struct sst_dml *s)
{
	s->json = true;
	if ((s->json_value = sst_term_parse(p)) == NULL)
		return -1;
	if (!sst_parser_take(p, SST_W_DEFAULT))
		return 0;
	s->json_default_unset = sst_clause_take(p, "unset");
	return s->json_default_unset ? 0 : sst_parser_want(p, SST_W_NULL);
}

static int
insert(struct sst_parser *p, struct sst_dml *s)
{
	s->kind = SST_INSERT;
	sst_parser_next(p);
	if (sst_parser_want(p, SST_W_INTO) == -1 ||
	    sst_parser_want_qualified(p, "a table", &s->name) == -1)
		return -1;
	if (sst_clause_take(p, "json")) {
		if (insert_json(p, s) == -1)
			return -1;
	} else if (sst_parser_want_op(p, '(') == -1 || insert_columns(p, s) == -1 ||
	    insert_values(p, s) == -1)
		return -1;
	if (sst_parser_take(p, SST_W_IF)) {
		s->if_not_exists = true;
		if (sst_parser_want(p, SST_W_NOT) == -1 || sst_parser_want(p, SST_W_EXISTS) == -1)
			return -1;
	}
	return sst_clause_using(p, s);
}

/* ---- UPDATE ---- */

/* Is the current token the name of the column that is being set, and an operator behind it? */
static bool
at_itself(const struct sst_parser *p, const struct sst_assignment *a)
{
	struct sst_parser ahead = *p;
	struct sst_slice name;
	struct sst_err ignored;

	ahead.e = &ignored;
	return sst_parser_want_name(&ahead, "a column", &name) == 0 &&
	    sst_slice_eq(name, a->column) && !sst_parser_at_op(&ahead, '(') &&
	    !sst_parser_at_op(&ahead, '.');
}

/* column = column + value, column = column - value, also column = column -1 */
static int
assign_to_itself(struct sst_parser *p, struct sst_assignment *a)
{
	sst_parser_next(p);
	a->kind = SST_ASSIGN_ADD;
	if (sst_parser_take_op(p, '-'))
		a->kind = SST_ASSIGN_SUBTRACT;
	else if (!sst_parser_take_op(p, '+') &&
	    !(p->tok.kind == SST_TOK_INTEGER && p->tok.text.p[0] == '-'))
		return sst_parser_expected(p, "+ or -");
	return (a->value = sst_term_parse(p)) == NULL ? -1 : 0;
}

static int
assign_value(struct sst_parser *p, struct sst_assignment *a)
{
	if (a->kind == SST_ASSIGN && at_itself(p, a))
		return assign_to_itself(p, a);
	if ((a->value = sst_term_parse(p)) == NULL)
		return -1;
	if (a->kind != SST_ASSIGN || !sst_parser_take_op(p, '+'))
		return 0;
	a->kind = SST_ASSIGN_PREPEND;
	if (!at_itself(p, a))
		return sst_parser_fail(p, p->tok.line, "only %.*s itself can be added to a value",
		    (int)a->column.n, (const char *)a->column.p);
	sst_parser_next(p);
	return 0;
}

static int
assignment(struct sst_parser *p, struct sst_assignment *a)
{
	if (part_of(p, a) == -1)
		return -1;
	if (a->kind == SST_ASSIGN && (sst_parser_at_op(p, '+') || sst_parser_at_op(p, '-'))) {
		a->kind = sst_parser_at_op(p, '+') ? SST_ASSIGN_ADD : SST_ASSIGN_SUBTRACT;
		sst_parser_next(p);
		if (sst_parser_want_op(p, '=') == -1)
			return -1;
		return (a->value = sst_term_parse(p)) == NULL ? -1 : 0;
	}
	return sst_parser_want_op(p, '=') == -1 ? -1 : assign_value(p, a);
}

static int
update(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_assignment **last = &s->set;

	s->kind = SST_UPDATE;
	sst_parser_next(p);
	if (sst_parser_want_qualified(p, "a table", &s->name) == -1 ||
	    sst_clause_using(p, s) == -1 || sst_parser_want(p, SST_W_SET) == -1)
		return -1;
	do {
		if ((*last = new_assignment(p)) == NULL || assignment(p, *last) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	if (sst_parser_want(p, SST_W_WHERE) == -1 || sst_clause_relations(p, &s->where) == -1)
		return -1;
	return condition(p, s);
}

/* ---- DELETE ---- */

static int
delete_columns(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_assignment **last = &s->set;

	do {
		if ((*last = new_assignment(p)) == NULL || part_of(p, *last) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return 0;
}

static int delete (struct sst_parser *p, struct sst_dml *s)
{
	s->kind = SST_DELETE;
	sst_parser_next(p);
	if (!sst_parser_at(p, SST_W_FROM) && delete_columns(p, s) == -1)
		return -1;
	if (sst_parser_want(p, SST_W_FROM) == -1 ||
	    sst_parser_want_qualified(p, "a table", &s->name) == -1 ||
	    sst_clause_using(p, s) == -1 || sst_parser_want(p, SST_W_WHERE) == -1 ||
	    sst_clause_relations(p, &s->where) == -1)
		return -1;
	return condition(p, s);
}

/* ---- BATCH ---- */

static int
batch_part(struct sst_parser *p, struct sst_dml *s)
{
	s->line = p->tok.line;
	if (sst_parser_at(p, SST_W_INSERT))
		return insert(p, s);
	if (sst_parser_at(p, SST_W_UPDATE))
		return update(p, s);
	if (sst_parser_at(p, SST_W_DELETE))
		return delete (p, s);
	return sst_parser_expected(p, "insert, update, delete or apply");
}

static int
batch(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_dml **last = &s->parts;
	size_t n = 0;

	s->kind = SST_BATCH;
	sst_parser_next(p);
	s->unlogged = sst_parser_take(p, SST_W_UNLOGGED);
	s->counter = !s->unlogged && sst_clause_take(p, "counter");
	if (sst_parser_want(p, SST_W_BATCH) == -1 || sst_clause_using(p, s) == -1)
		return -1;
	while (!sst_parser_take(p, SST_W_APPLY)) {
		if (++n > SST_CQL_LIST_MAX)
			return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
			    "more than %d statements in a batch", SST_CQL_LIST_MAX);
		if ((*last = sst_parser_alloc(p, sizeof(**last))) == NULL ||
		    batch_part(p, *last) == -1)
			return -1;
		last = &(*last)->next;
		sst_parser_take_op(p, ';');
	}
	return sst_parser_want(p, SST_W_BATCH);
}

/* ---- the rest ---- */

static int
truncate_table(struct sst_parser *p, struct sst_dml *s)
{
	s->kind = SST_TRUNCATE;
	sst_parser_next(p);
	if (!sst_parser_take(p, SST_W_TABLE))
		sst_parser_take(p, SST_W_COLUMNFAMILY);
	return sst_parser_want_qualified(p, "a table", &s->name);
}

static int
drop(struct sst_parser *p, struct sst_dml *s)
{
	sst_parser_next(p);
	if (sst_parser_take(p, SST_W_KEYSPACE) || sst_parser_take(p, SST_W_SCHEMA))
		s->kind = SST_DROP_KEYSPACE;
	else if (sst_parser_take(p, SST_W_TABLE) || sst_parser_take(p, SST_W_COLUMNFAMILY))
		s->kind = SST_DROP_TABLE;
	else if (sst_parser_take(p, SST_W_TYPE))
		s->kind = SST_DROP_TYPE;
	else
		return sst_parser_expected(p, "keyspace, table or type");
	s->if_exists = sst_parser_take(p, SST_W_IF);
	if (s->if_exists && sst_parser_want(p, SST_W_EXISTS) == -1)
		return -1;
	if (s->kind == SST_DROP_KEYSPACE)
		return sst_parser_want_name(p, "a keyspace", &s->name.name);
	return sst_parser_want_qualified(p, "a name", &s->name);
}

/* What is to be described is looked at when it is answered: it has no grammar to speak of. */
static int
describe(struct sst_parser *p, struct sst_dml *s)
{
	size_t start;

	s->kind = SST_DESCRIBE;
	sst_parser_next(p);
	start = p->tok.off;
	while (p->tok.kind != SST_TOK_END && !sst_parser_at_op(p, ';')) {
		if (p->tok.kind == SST_TOK_BAD)
			return sst_parser_expected(p, "a name");
		sst_parser_next(p);
	}
	s->what =
	    (struct sst_slice){ p->lex.source.p + start, p->end > start ? p->end - start : 0 };
	return 0;
}

static int
statement(struct sst_parser *p, struct sst_dml *s)
{
	switch (p->tok.word) {
	case SST_W_SELECT:
		return sst_clause_select(p, s);
	case SST_W_INSERT:
		return insert(p, s);
	case SST_W_UPDATE:
		return update(p, s);
	case SST_W_DELETE:
		return delete (p, s);
	case SST_W_BEGIN:
		return batch(p, s);
	case SST_W_TRUNCATE:
		return truncate_table(p, s);
	case SST_W_DROP:
		return drop(p, s);
	default:
		return describe(p, s);
	}
}

bool
sst_dml_at(const struct sst_parser *p)
{
	static const enum sst_word first[] = { SST_W_SELECT, SST_W_INSERT, SST_W_UPDATE,
		SST_W_DELETE, SST_W_BEGIN, SST_W_TRUNCATE, SST_W_DROP, SST_W_DESCRIBE, SST_W_DESC };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (sst_parser_at(p, first[i]))
			return true;
	return false;
}

int
sst_dml_parse(struct sst_parser *p, struct sst_dml *s)
{
	size_t start = p->tok.off, before = p->nmarks, calls = p->ncalls;

	memset(s, 0, sizeof(*s));
	s->line = p->tok.line;
	if (!sst_dml_at(p))
		return sst_parser_expected(p, "a statement");
	if (statement(p, s) == -1)
		return -1;
	s->nmarks = p->nmarks - before;
	s->ncalls = p->ncalls - calls;
	for (struct sst_dml *part = s->parts; part != NULL; part = part->next) {
		part->nmarks = s->nmarks;
		part->ncalls = s->ncalls;
		part->in_batch = true;
		part->batch_ts_us = s->ts_us;
		part->batch_ttl = s->ttl_s != NULL;
	}
	s->text = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	if (p->tok.kind != SST_TOK_END && sst_parser_want_op(p, ';') == -1)
		return -1;
	return 0;
}
