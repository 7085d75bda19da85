/*
 * tests/unit/conflicts.c: pairs of conflicting writes as a real Cassandra decided them
 * (tests/conflicts.tsv, made by tests/cassandra/conflicts-capture), put to the model, to the
 * memtable and to merge.  A line is: write, write, what is seen after both, and in the other order.
 *
 *	write	TIMESTAMP TTL insert C,D [v=X] [w=X]	| TIMESTAMP TTL update C,D CHANGE
 *		| TIMESTAMP TTL static s=X | TIMESTAMP 0 row C,D | TIMESTAMP 0 range BOUND BOUND
 *		| TIMESTAMP 0 partition
 *	CHANGE	v=X | COL:=all of it | COL+=an element | l*=elements before | COL-=an element | COL!
 *	BOUND	values:+ or values:-
 *	seen	rows, as C,D and COL=VALUE@TIMESTAMP/TTL; in a map and a user type KEY/VALUE
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/model.h"
#include "codec/out.h"
#include "memtable/memtable.h"
#include "merge/merge.h"

Suite *conflicts_suite(void);

#define WRITTEN_S INT64_C(1700000000) /* when all writes were made */
#define READ_S (WRITTEN_S + 100)
#define NLINES 1000

static const char names[] = "svwelmu";
static const char *const types[] = { "int", "int", "text", "set<int>", "list<int>",
	"map<int, text>", NULL };
static const char udt[] = "org.apache.cassandra.db.marshal.UserType(ks,70616972,"
			  "6e756d626572:org.apache.cassandra.db.marshal.Int32Type,"
			  "776f7264:org.apache.cassandra.db.marshal.UTF8Type)";

struct replay {
	struct sst_arena arena;
	struct sst_table table;
	uint32_t col[sizeof(names)]; /* of each name, in statics or regulars */
	int made;                    /* list elements so far: later ones have later paths */
};

static void *
take(struct replay *r, size_t n, size_t size)
{
	void *p = sst_arena_array(&r->arena, n, size);

	ck_assert_ptr_nonnull(p);
	return memset(p, 0, n * size);
}

static struct sst_column
column(struct replay *r, const char *name, const char *type)
{
	struct sst_column c = { .dropped_us = INT64_MIN };
	struct sst_err e;

	c.name = (struct sst_slice){ (const uint8_t *)name, 1 };
	if (type == NULL)
		ck_assert_int_eq(
		    sst_type_parse_class(&c.type, &r->arena, sst_slice_str(udt), &e), 0);
	else
		ck_assert_int_eq(
		    sst_type_parse_cql(&c.type, &r->arena, sst_slice_str(type), NULL, NULL, &e), 0);
	return c;
}

static void
replay_open(struct replay *r)
{
	struct sst_table *t = &r->table;
	struct sst_err e;
	size_t i;

	*r = (struct replay){ 0 };
	sst_table_defaults(t);
	t->keyspace = t->name = sst_slice_str("t");
	t->nkey = t->nstatic = 1;
	t->nck = 2;
	t->nregular = 6;
	t->key = take(r, 1, sizeof(*t->key));
	t->ck = take(r, 2, sizeof(*t->ck));
	t->statics = take(r, 1, sizeof(*t->statics));
	t->regulars = take(r, 6, sizeof(*t->regulars));
	t->key[0] = column(r, "p", "int");
	t->ck[0] = column(r, "c", "int");
	t->ck[1] = column(r, "d", "int");
	t->statics[0] = column(r, names, types[0]);
	for (i = 1; i < 7; i++)
		t->regulars[i - 1] = column(r, names + i, types[i]);
	ck_assert_int_eq(sst_table_finish(t, &r->arena, &e), 0);
	for (i = 1; i < 7; i++)
		r->col[i] = (uint32_t)sst_column_find(
		    t->regulars, 6, (struct sst_slice){ (const uint8_t *)names + i, 1 });
}

/* ---- writes ---- */

struct write { /* being read from its text */
	struct replay *r;
	struct sst_update *u;
	struct sst_row *row;
	struct sst_cell *cells;
	struct sst_complex_deletion *complex;
	int64_t ts_us;
	uint32_t ttl_s;
};

static struct sst_slice
number(struct replay *r, long v, size_t width)
{
	uint8_t *p = take(r, width, 1);
	size_t i;

	for (i = 0; i < width; i++)
		p[i] = (uint8_t)(v >> 8 * (width - 1 - i));
	return (struct sst_slice){ p, width };
}

/* A version 1 UUID that sorts as `at` does. */
static struct sst_slice
list_path(struct replay *r, int at)
{
	struct sst_slice s = number(r, 1000000 + at, 4);
	uint8_t *p = take(r, 16, 1);

	memcpy(p, s.p, 4);
	p[6] = 0x10;
	p[8] = 0x80;
	return (struct sst_slice){ p, 16 };
}

static const struct sst_slice *
clustering(struct replay *r, const char **text, size_t *n)
{
	struct sst_slice *ck = take(r, 2, sizeof(*ck));
	char *end;

	for (*n = 0; **text >= '0' && **text <= '9'; ++*n) {
		ck_assert_uint_lt(*n, 2);
		ck[*n] = number(r, strtol(*text, &end, 10), 4);
		*text = *end == ',' ? end + 1 : end;
	}
	return ck;
}

/* Cells of a row are kept in order as they come. */
static void
add_cell(struct write *w, char col, struct sst_slice path, struct sst_slice value)
{
	const struct sst_column *cols = w->row->ck ? w->r->table.regulars : w->r->table.statics;
	const struct sst_type *t;
	struct sst_cell c = { .col = w->r->col[strchr(names, col) - names],
		.ts_us = w->ts_us,
		.ttl_s = w->ttl_s,
		.ldt_s = w->ttl_s > 0 ? WRITTEN_S + w->ttl_s : SST_NO_LDT,
		.path = path,
		.value = value };
	size_t i = w->row->ncells++;

	if (value.p == NULL) {
		c.ttl_s = 0;
		c.ldt_s = WRITTEN_S;
		c.value = SST_SLICE_LIT("");
	}
	t = sst_type_path(cols[c.col].type);
	for (; i > 0 &&
	     (w->cells[i - 1].col > c.col ||
		 (w->cells[i - 1].col == c.col &&
		     sst_type_compare(t, w->cells[i - 1].path, path) > 0));
	     i--)
		w->cells[i] = w->cells[i - 1];
	w->cells[i] = c;
}

static const struct sst_slice nothing = { NULL, 0 };

/* The value that begins at *text, up to a comma; of a column or of what is in it. */
static struct sst_slice
value(struct write *w, bool is_text, const char **text)
{
	size_t n = strcspn(*text, ", ");
	struct sst_slice s = { (const uint8_t *)*text, n };

	*text += n;
	if (n == 4 && memcmp(s.p, "null", 4) == 0)
		return nothing;
	if (!is_text)
		return number(w->r, strtol((const char *)s.p, NULL, 10), 4);
	return sst_arena_slice(&w->r->arena, s);
}

/* Elements of a collection or user type: from text, or (gone) the keys that go. */
static void
elements(struct write *w, char col, char how, const char *p)
{
	struct sst_slice path, v;
	long key;
	int n;

	if (how == '*') /* the elements of one prepend keep their order, before all there were */
		w->r->made += 10;
	for (n = 0; *p != '\0' && *p != ' '; n++, p += *p == ',') {
		if (col == 'l') {
			v = value(w, false, &p);
			path = list_path(w->r, how == '*' ? n - w->r->made : ++w->r->made);
			add_cell(w, col, path, v);
			continue;
		}
		key = strtol(p, (char **)&p, 10);
		path = number(w->r, key, col == 'u' ? 2 : 4);
		if (how == '-')
			v = nothing;
		else if (col == 'e')
			v = SST_SLICE_LIT("");
		else {
			ck_assert_int_eq(*p++, '/');
			v = value(w, col == 'm' || key == 1, &p);
		}
		add_cell(w, col, path, v);
	}
}

static void
delete_all(struct write *w, char col, int64_t ts_us)
{
	w->complex[w->row->ncomplex++] =
	    (struct sst_complex_deletion){ w->r->col[strchr(names, col) - names],
		    { ts_us, WRITTEN_S } };
}

static void
change(struct write *w, const char *p)
{
	char col = *p++;

	ck_assert_ptr_nonnull(strchr(names, col));
	switch (*p++) {
	case '=':
		add_cell(w, col, nothing, value(w, col == 'w', &p));
		break;
	case '!':
		delete_all(w, col, w->ts_us);
		break;
	case ':': /* an overwrite deletes what was before, a microsecond earlier */
		delete_all(w, col, w->ts_us - 1);
		elements(w, col, ':', p + 1);
		break;
	default:
		elements(w, col, p[-1], p + 1);
	}
}

static void
row_write(struct write *w, const char *kind, const char *p)
{
	size_t n;

	w->u->nrows = 1;
	w->u->rows = w->row;
	w->row->ck = clustering(w->r, &p, &n);
	if (strcmp(kind, "row") == 0) {
		w->row->del = (struct sst_deletion){ w->ts_us, WRITTEN_S };
		return;
	}
	if (strcmp(kind, "insert") == 0)
		w->row->live = (struct sst_liveness){ w->ts_us, w->ttl_s,
			w->ttl_s > 0 ? WRITTEN_S + w->ttl_s : SST_NO_LDT };
	for (; *p == ' '; p += strcspn(p, " ")) {
		p++;
		change(w, p);
	}
}

static void
range_write(struct write *w, const char *p)
{
	struct sst_range_deletion *d = take(w->r, 1, sizeof(*d));
	struct sst_bound *b[2] = { &d->from, &d->to };
	int i;

	for (i = 0; i < 2; i++) {
		b[i]->ck = clustering(w->r, &p, &b[i]->n);
		ck_assert_int_eq(*p++, ':');
		b[i]->side = *p++ == '+' ? 1 : -1;
		p += *p == ' ';
	}
	d->del = (struct sst_deletion){ w->ts_us, WRITTEN_S };
	w->u->nranges = 1;
	w->u->ranges = d;
}

static const struct sst_update *
parse(struct replay *r, const char *p)
{
	struct write w = { r, take(r, 1, sizeof(*w.u)), take(r, 1, sizeof(*w.row)),
		take(r, 20, sizeof(*w.cells)), take(r, 4, sizeof(*w.complex)), 0, 0 };
	char kind[16];
	int n;

	ck_assert_int_eq(sscanf(p, "%" SCNd64 " %u %15s%n", &w.ts_us, &w.ttl_s, kind, &n), 3);
	p += n + (p[n] == ' ');
	w.row->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	w.row->del = SST_LIVE;
	w.row->cells = w.cells;
	w.row->complex = w.complex;
	w.u->table = &r->table;
	w.u->part.key = SST_SLICE_LIT("\0\0\0\1");
	w.u->part.token = sst_token(w.u->part.key);
	w.u->part.del = SST_LIVE;
	if (strcmp(kind, "partition") == 0)
		w.u->part.del = (struct sst_deletion){ w.ts_us, WRITTEN_S };
	else if (strcmp(kind, "range") == 0)
		range_write(&w, p);
	else if (strcmp(kind, "static") == 0) {
		w.u->statik = w.row;
		change(&w, p);
	} else
		row_write(&w, kind, p);
	return w.u;
}

/* ---- what is seen ---- */

static long
int_of(struct sst_slice s)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return (int32_t)v;
}

static void
see_cell(struct sst_buf *b, char col, const struct sst_cell *c, bool first)
{
	bool is_text = col == 'w' || col == 'm';

	if (first)
		sst_buf_addf(b, " %c=", col);
	else
		sst_buf_addc(b, ',');
	if (col == 'm' || col == 'u')
		sst_buf_addf(b, "%ld/", int_of(c->path));
	if (is_text || (col == 'u' && c->path.p[1] == 1))
		sst_buf_add_slice(b, c->value);
	else
		sst_buf_addf(b, "%ld", int_of(col == 'e' ? c->path : c->value));
	sst_buf_addf(b, "@%" PRId64, c->ts_us);
	if (col != 'l')
		sst_buf_addf(b, "/%u", c->ttl_s);
}

static void
see_columns(struct sst_buf *b, const struct replay *r, const struct sst_row *row, int from, int to)
{
	const struct sst_cell *c;
	bool first;
	size_t k;
	int i;

	for (i = from; i < to; i++)
		for (first = true, k = 0; k < row->ncells; k++) {
			c = &row->cells[k];
			if (c->col != r->col[i])
				continue;
			see_cell(b, names[i], c, first);
			first = false;
		}
}

/* All that a reader sees, in the words of the file. */
static const char *
see(struct replay *r, const struct items *items)
{
	struct sst_buf b = { 0 };
	const struct sst_item *item;
	char *text;
	size_t i;

	for (i = 0; i < items->n; i++) {
		item = &items->at[i];
		if (item->kind == SST_PARTITION)
			continue;
		if (b.n > 0)
			sst_buf_adds(&b, "; ");
		if (item->kind == SST_STATIC) {
			sst_buf_adds(&b, "static");
			see_columns(&b, r, &item->row, 0, 1);
			continue;
		}
		sst_buf_addf(&b, "%ld,%ld", int_of(item->row.ck[0]), int_of(item->row.ck[1]));
		see_columns(&b, r, &item->row, 1, 7);
	}
	text = sst_arena_str(&r->arena, (char *)sst_buf_slice(&b).p, b.n);
	sst_buf_free(&b);
	return text;
}

static struct sst_stream *
stream_of(struct sst_memtable *m, bool reversed)
{
	struct sst_read read = { .left = INT64_MIN, .right = INT64_MIN, .reversed = reversed };
	struct sst_stream *s;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_read(m, &read, &s, &e), 0);
	return s;
}

/* What a merge of n memtables shows, the two writes being in the first, or in one each. */
static const char *
merged(struct replay *r, const struct sst_update *const u[2], size_t n)
{
	struct sst_merge_opts o = { .now_s = READ_S, .gc_before_s = INT64_MIN };
	struct sst_memtable *m[2] = { NULL, NULL };
	struct sst_stream *s[2], *out;
	struct items got;
	struct sst_err e;
	size_t i;

	for (i = 0; i < n; i++)
		ck_assert_int_eq(sst_memtable_new(&m[i], &r->table, &e), 0);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(sst_memtable_apply(m[i % n], u[i], &e), 0);
	for (i = 0; i < n; i++)
		s[i] = stream_of(m[i], false);
	ck_assert_int_eq(sst_merge_open(&out, &r->table, s, n, &o, &e), 0);
	ck_assert_int_eq(items_read(&got, out, &r->arena, NULL, &e), 0);
	sst_memtable_free(m[0]);
	sst_memtable_free(m[1]);
	return see(r, &got);
}

static void
check_order(const char *first, const char *second, const char *want)
{
	struct replay r;
	struct model m = { .table = &r.table, .arena = &r.arena };
	const struct sst_update *u[2];
	struct items live;
	uint64_t tombstones;

	replay_open(&r);
	u[0] = parse(&r, first);
	u[1] = parse(&r, second);
	model_apply(&m, u[0]);
	model_apply(&m, u[1]);
	live = model_live(&m, false, READ_S, &tombstones);
	ck_assert_msg(strcmp(see(&r, &live), want) == 0, "model: %s + %s: %s, want %s", first,
	    second, see(&r, &live), want);
	ck_assert_msg(strcmp(merged(&r, u, 1), want) == 0, "memtable: %s + %s: %s, want %s", first,
	    second, merged(&r, u, 1), want);
	ck_assert_msg(strcmp(merged(&r, u, 2), want) == 0, "merge: %s + %s: %s, want %s", first,
	    second, merged(&r, u, 2), want);
	sst_arena_free(&r.arena);
}

START_TEST(cassandra_decided_so)
{
	FILE *f = fopen("tests/conflicts.tsv", "r");
	char line[1024], *field[4], *p;
	int n, i;

	ck_assert_msg(f != NULL, "tests/conflicts.tsv: run from the top of the tree");
	for (n = 0; fgets(line, sizeof(line), f) != NULL; n++) {
		for (p = line, i = 0; i < 4; i++) {
			ck_assert_ptr_nonnull(p);
			field[i] = p;
			if ((p = strpbrk(p, "\t\n")) != NULL)
				*p++ = '\0';
		}
		check_order(field[0], field[1], field[2]);
		check_order(field[1], field[0], field[3]);
	}
	fclose(f);
	ck_assert_int_ge(n, NLINES);
}
END_TEST

/* The pairs that formats/reconciliation.md shows are lines of the file. */
START_TEST(the_page_shows_real_pairs)
{
	FILE *f = fopen("formats/reconciliation.md", "r");
	char line[1024], want[1024], real[1024], *p, *second, *seen;
	bool found;
	int n = 0;
	FILE *tsv;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		p = line + strspn(line, " ");
		if (p < line + 4 || *p < '0' || *p > '9' || (second = strstr(p, " | ")) == NULL ||
		    (seen = strstr(second + 3, " | ")) == NULL ||
		    strchr("0123456789", *(second + 3)) == NULL || strstr(seen + 3, " | ") != NULL)
			continue;
		*second = *seen = '\0';
		snprintf(want, sizeof(want), "%s\t%s\t%.*s\t", p, second + 3,
		    (int)strcspn(seen + 3, "\n"), seen + 3);
		ck_assert_ptr_nonnull(tsv = fopen("tests/conflicts.tsv", "r"));
		for (found = false; !found && fgets(real, sizeof(real), tsv) != NULL;)
			found = strncmp(real, want, strlen(want)) == 0;
		fclose(tsv);
		ck_assert_msg(found, "%s", want);
		n++;
	}
	fclose(f);
	ck_assert_int_ge(n, 15);
}
END_TEST

Suite *
conflicts_suite(void)
{
	Suite *s = suite_create("conflicts");
	TCase *t = tcase_create("conflicts");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, cassandra_decided_so);
	tcase_add_test(t, the_page_shows_real_pairs);
	suite_add_tcase(s, t);
	return s;
}
