/* cql/ddl.c: the grammar of definitions: CREATE and ALTER of keyspaces, types and tables. */
#include "cql/statement.h"

/* name type [STATIC] [MASKED WITH …] [CHECK …] [PRIMARY KEY] */
static struct sst_column_def *
column(struct sst_parser *p, struct sst_slice keyspace, const char *what)
{
	struct sst_column_def *c = sst_parser_alloc(p, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->line = p->tok.line;
	if (sst_parser_want_name(p, what, &c->name) == -1 ||
	    sst_parser_want_type(p, keyspace, &c->type) == -1)
		return NULL;
	return c;
}

/* Over tokens up to one of `ops` that is not within brackets: what changes no stored byte. */
static int
pass_over(struct sst_parser *p, const char *ops)
{
	size_t open = 0;

	for (;; sst_parser_next(p)) {
		int op = p->tok.kind == SST_TOK_OP && p->tok.op < 128 ? p->tok.op : 0;

		if (p->tok.kind == SST_TOK_BAD || (p->tok.kind == SST_TOK_END && open > 0))
			return sst_parser_expected(p, "the rest of the statement");
		if (p->tok.kind == SST_TOK_END || (open == 0 && op != 0 && strchr(ops, op) != NULL))
			return 0;
		if (op == '(' || op == '[' || op == '{')
			open++;
		else if (open > 0 && (op == ')' || op == ']' || op == '}'))
			open--;
	}
}

static int
column_tail(struct sst_parser *p, struct sst_column_def *c)
{
	c->is_static = sst_parser_take(p, SST_W_STATIC);
	if (sst_parser_at(p, SST_W_MASKED) || sst_parser_at(p, SST_W_CHECK)) {
		if (pass_over(p, ",);") == -1) /* masks are for clients, not in files */
			return -1;
	}
	c->is_key = sst_parser_take(p, SST_W_PRIMARY);
	return c->is_key ? sst_parser_want(p, SST_W_KEY) : 0;
}

/* The one column of a partition key without brackets: the commas behind it are of the clustering. */
static int
first_key(struct sst_parser *p, struct sst_name_list **key)
{
	if ((*key = sst_parser_alloc(p, sizeof(**key))) == NULL)
		return -1;
	(*key)->line = p->tok.line;
	return sst_parser_want_name(p, "a column", &(*key)->name);
}

/* PRIMARY KEY ((a, b), c, d) */
static int
primary_key(struct sst_parser *p, struct sst_statement *s)
{
	sst_parser_next(p);
	if (sst_parser_want(p, SST_W_KEY) == -1)
		return -1;
	if (s->key != NULL)
		return sst_parser_fail(p, p->tok.line, "a second PRIMARY KEY");
	if (sst_parser_want_op(p, '(') == -1)
		return -1;
	if (sst_parser_take_op(p, '(')) {
		if (sst_name_list_parse(p, &s->key, NULL) == -1 || sst_parser_want_op(p, ')') == -1)
			return -1;
	} else if (first_key(p, &s->key) == -1)
		return -1;
	if (sst_parser_take_op(p, ',') && sst_name_list_parse(p, &s->clustering, NULL) == -1)
		return -1;
	return sst_parser_want_op(p, ')');
}

/*
 * The columns of a table, up to the closing bracket.  Some writers leave out the commas between
 * dropped columns (formats/schema-cql.md), so a column may follow another without one.
 */
static int
table_columns(struct sst_parser *p, struct sst_statement *s)
{
	struct sst_column_def **last = &s->columns;

	if (sst_parser_want_op(p, '(') == -1)
		return -1;
	do {
		if (sst_parser_at_op(p, ')'))
			break;
		if (sst_parser_at(p, SST_W_PRIMARY)) {
			if (primary_key(p, s) == -1)
				return -1;
			continue;
		}
		if ((*last = column(p, s->name.keyspace, "a column")) == NULL ||
		    column_tail(p, *last) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ',') || p->tok.kind == SST_TOK_WORD ||
	    p->tok.kind == SST_TOK_QUOTED);
	return sst_parser_want_op(p, ')');
}

static int
clustering_order(struct sst_parser *p, struct sst_statement *s)
{
	if (sst_parser_want(p, SST_W_ORDER) == -1 || sst_parser_want(p, SST_W_BY) == -1 ||
	    sst_parser_want_op(p, '(') == -1 || sst_name_list_parse_order(p, &s->order) == -1)
		return -1;
	return sst_parser_want_op(p, ')');
}

static int
property(struct sst_parser *p, struct sst_statement *s)
{
	struct sst_property *q = sst_parser_alloc(p, sizeof(*q)), **last = &s->properties;
	size_t n = 0;

	if (q == NULL)
		return -1;
	q->line = p->tok.line;
	if (sst_parser_want_name(p, "an option", &q->name) == -1 ||
	    sst_parser_want_op(p, '=') == -1 || (q->value = sst_term_parse(p)) == NULL)
		return -1;
	for (; *last != NULL; last = &(*last)->next) {
		if (++n == SST_CQL_PROPERTIES_MAX)
			return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
			    "line %u: more than %d options", q->line, SST_CQL_PROPERTIES_MAX);
		if (sst_slice_eq((*last)->name, q->name))
			return sst_parser_fail(p, q->line, "option %.*s is there twice",
			    (int)q->name.n, (const char *)q->name.p);
	}
	*last = q;
	return 0;
}

/* WITH a = b AND CLUSTERING ORDER BY (…) AND COMPACT STORAGE … */
static int
properties(struct sst_parser *p, struct sst_statement *s)
{
	int r;

	do {
		if (sst_parser_take(p, SST_W_CLUSTERING))
			r = clustering_order(p, s);
		else if (sst_parser_take(p, SST_W_COMPACT)) {
			s->compact = true;
			r = sst_parser_want(p, SST_W_STORAGE);
		} else
			r = property(p, s);
	} while (r == 0 && sst_parser_take(p, SST_W_AND));
	return r;
}

static int
if_not_exists(struct sst_parser *p, struct sst_statement *s)
{
	s->if_not_exists = sst_parser_take(p, SST_W_IF);
	if (!s->if_not_exists)
		return 0;
	return sst_parser_want(p, SST_W_NOT) == -1 ? -1 : sst_parser_want(p, SST_W_EXISTS);
}

static int
create_keyspace(struct sst_parser *p, struct sst_statement *s)
{
	s->kind = SST_CREATE_KEYSPACE;
	if (if_not_exists(p, s) == -1 || sst_parser_want_name(p, "a keyspace", &s->name.name) == -1)
		return -1;
	return sst_parser_take(p, SST_W_WITH) ? properties(p, s) : 0;
}

static int
create_type(struct sst_parser *p, struct sst_statement *s)
{
	struct sst_column_def **last = &s->columns;

	s->kind = SST_CREATE_TYPE;
	if (if_not_exists(p, s) == -1 || sst_parser_want_qualified(p, "a type", &s->name) == -1 ||
	    sst_parser_want_op(p, '(') == -1)
		return -1;
	do {
		if (*last == NULL && s->columns != NULL && sst_parser_at_op(p, ')'))
			break;
		if ((*last = column(p, s->name.keyspace, "a field")) == NULL)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, ')');
}

static int
create_table(struct sst_parser *p, struct sst_statement *s)
{
	s->kind = SST_CREATE_TABLE;
	if (if_not_exists(p, s) == -1 || sst_parser_want_qualified(p, "a table", &s->name) == -1 ||
	    table_columns(p, s) == -1)
		return -1;
	return sst_parser_take(p, SST_W_WITH) ? properties(p, s) : 0;
}

/* A statement that is not for us: what it is, and its name where that comes next. */
static int
other(struct sst_parser *p, struct sst_statement *s, size_t start)
{
	struct sst_parser ahead;
	struct sst_err ignored;

	s->kind = SST_OTHER;
	sst_parser_next(p);
	while (sst_parser_at(p, SST_W_REPLACE) || sst_parser_at(p, SST_W_FUNCTION) ||
	    sst_parser_at(p, SST_W_AGGREGATE) || sst_parser_at(p, SST_W_VIEW) ||
	    sst_parser_at(p, SST_W_INDEX))
		sst_parser_next(p);
	s->what = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	ahead = *p;
	ahead.e = &ignored;
	if (if_not_exists(&ahead, s) == 0 && !sst_parser_at(&ahead, SST_W_ON))
		sst_parser_want_qualified(&ahead, "a name", &s->name);
	return pass_over(p, ";");
}

static int
create(struct sst_parser *p, struct sst_statement *s, size_t start)
{
	sst_parser_next(p);
	switch (p->tok.kind == SST_TOK_WORD ? p->tok.word : SST_W_NONE) {
	case SST_W_KEYSPACE:
	case SST_W_SCHEMA:
		sst_parser_next(p);
		return create_keyspace(p, s);
	case SST_W_TYPE:
		sst_parser_next(p);
		return create_type(p, s);
	case SST_W_TABLE:
	case SST_W_COLUMNFAMILY:
		sst_parser_next(p);
		return create_table(p, s);
	case SST_W_INDEX:
	case SST_W_CUSTOM:
	case SST_W_MATERIALIZED:
	case SST_W_FUNCTION:
	case SST_W_AGGREGATE:
	case SST_W_OR: /* OR REPLACE FUNCTION */
	case SST_W_TRIGGER:
	case SST_W_ROLE:
	case SST_W_USER:
	case SST_W_SERVICE:
		return other(p, s, start);
	default:
		return sst_parser_expected(p, "keyspace, type, table or index");
	}
}

/* DROP a, b  or  (a, b)  [USING TIMESTAMP t] */
static int
alter_drop(struct sst_parser *p, struct sst_statement *s)
{
	bool open;

	s->kind = SST_ALTER_DROP;
	s->part_if_exists = sst_parser_take(p, SST_W_IF);
	if (s->part_if_exists && sst_parser_want(p, SST_W_EXISTS) == -1)
		return -1;
	open = sst_parser_take_op(p, '(');
	if (sst_name_list_parse(p, &s->drop, NULL) == -1 ||
	    (open && sst_parser_want_op(p, ')') == -1))
		return -1;
	if (!sst_parser_take(p, SST_W_USING))
		return 0;
	if (sst_parser_want(p, SST_W_TIMESTAMP) == -1)
		return -1;
	return (s->timestamp = sst_term_parse(p)) == NULL ? -1 : 0;
}

/* ADD a int, b text STATIC  or  (…) */
static int
alter_add(struct sst_parser *p, struct sst_statement *s)
{
	struct sst_column_def **last = &s->columns;
	bool open;

	s->kind = SST_ALTER_ADD;
	if (if_not_exists(p, s) == -1)
		return -1;
	open = sst_parser_take_op(p, '(');
	do {
		if ((*last = column(p, s->name.keyspace, "a column")) == NULL ||
		    column_tail(p, *last) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return open ? sst_parser_want_op(p, ')') : 0;
}

static int
if_exists(struct sst_parser *p, bool *flag)
{
	*flag = sst_parser_take(p, SST_W_IF);
	return *flag ? sst_parser_want(p, SST_W_EXISTS) : 0;
}

/* RENAME [IF EXISTS] a TO b AND c TO d */
static int
alter_rename(struct sst_parser *p, struct sst_statement *s)
{
	struct sst_rename **last = &s->renames;

	if (if_exists(p, &s->part_if_exists) == -1)
		return -1;
	do {
		if ((*last = sst_parser_alloc(p, sizeof(**last))) == NULL)
			return -1;
		(*last)->line = p->tok.line;
		if (sst_parser_want_name(p, "a name", &(*last)->from) == -1 ||
		    sst_parser_want(p, SST_W_TO) == -1 ||
		    sst_parser_want_name(p, "a name", &(*last)->to) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take(p, SST_W_AND));
	return 0;
}

/* ALTER a TYPE int: read, so that it can be refused by what it is. */
static int
alter_column(struct sst_parser *p, struct sst_statement *s)
{
	s->kind = SST_ALTER_COLUMN;
	if ((s->columns = sst_parser_alloc(p, sizeof(*s->columns))) == NULL)
		return -1;
	s->columns->line = p->tok.line;
	if (sst_parser_want_name(p, "a column", &s->columns->name) == -1 ||
	    sst_parser_want(p, SST_W_TYPE) == -1)
		return -1;
	return sst_parser_want_type(p, s->name.keyspace, &s->columns->type);
}

static int
alter_table(struct sst_parser *p, struct sst_statement *s)
{
	if (if_exists(p, &s->if_exists) == -1 ||
	    sst_parser_want_qualified(p, "a table", &s->name) == -1)
		return -1;
	if (sst_parser_take(p, SST_W_ADD))
		return alter_add(p, s);
	if (sst_parser_take(p, SST_W_DROP))
		return alter_drop(p, s);
	if (sst_parser_take(p, SST_W_ALTER))
		return alter_column(p, s);
	if (sst_parser_take(p, SST_W_RENAME)) {
		s->kind = SST_ALTER_RENAME;
		return alter_rename(p, s);
	}
	s->kind = SST_ALTER_WITH;
	if (!sst_parser_take(p, SST_W_WITH))
		return sst_parser_expected(p, "add, drop, rename or with");
	return properties(p, s);
}

static int
alter_type(struct sst_parser *p, struct sst_statement *s)
{
	s->kind = SST_ALTER_TYPE;
	if (if_exists(p, &s->if_exists) == -1 ||
	    sst_parser_want_qualified(p, "a type", &s->name) == -1)
		return -1;
	if (sst_parser_take(p, SST_W_ADD)) {
		if (if_not_exists(p, s) == -1)
			return -1;
		s->columns = column(p, s->name.keyspace, "a field");
		return s->columns == NULL ? -1 : 0;
	}
	if (sst_parser_take(p, SST_W_ALTER))
		return alter_column(p, s);
	if (!sst_parser_take(p, SST_W_RENAME))
		return sst_parser_expected(p, "add or rename");
	return alter_rename(p, s);
}

static int
alter_keyspace(struct sst_parser *p, struct sst_statement *s)
{
	s->kind = SST_ALTER_KEYSPACE;
	if (if_exists(p, &s->if_exists) == -1 ||
	    sst_parser_want_name(p, "a keyspace", &s->name.name) == -1 ||
	    sst_parser_want(p, SST_W_WITH) == -1)
		return -1;
	return properties(p, s);
}

static int
alter(struct sst_parser *p, struct sst_statement *s, size_t start)
{
	sst_parser_next(p);
	switch (p->tok.kind == SST_TOK_WORD ? p->tok.word : SST_W_NONE) {
	case SST_W_TABLE:
	case SST_W_COLUMNFAMILY:
		sst_parser_next(p);
		return alter_table(p, s);
	case SST_W_TYPE:
		sst_parser_next(p);
		return alter_type(p, s);
	case SST_W_KEYSPACE:
	case SST_W_SCHEMA:
		sst_parser_next(p);
		return alter_keyspace(p, s);
	case SST_W_MATERIALIZED:
	case SST_W_ROLE:
	case SST_W_USER:
		return other(p, s, start);
	default:
		return sst_parser_expected(p, "keyspace, table or type");
	}
}

static int
definition(struct sst_parser *p, struct sst_statement *s)
{
	size_t start = p->tok.off;

	if (sst_parser_at(p, SST_W_CREATE))
		return create(p, s, start);
	if (sst_parser_at(p, SST_W_ALTER))
		return alter(p, s, start);
	if (sst_parser_take(p, SST_W_USE)) {
		s->kind = SST_USE;
		return sst_parser_want_name(p, "a keyspace", &s->name.name);
	}
	return sst_parser_expected(p, "create, alter or use");
}

int
sst_statement_parse(struct sst_parser *p, struct sst_statement *s)
{
	size_t start;

	memset(s, 0, sizeof(*s));
	while (sst_parser_take_op(p, ';'))
		continue;
	if (p->tok.kind == SST_TOK_END)
		return 0;
	s->line = p->tok.line;
	start = p->tok.off;
	if (definition(p, s) == -1)
		return -1;
	s->text = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	if (p->tok.kind != SST_TOK_END && sst_parser_want_op(p, ';') == -1)
		return -1;
	return SST_ONE;
}
