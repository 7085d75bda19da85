/*
 * tests/unit/storedirs.c: folders, directories of other systems, and what is told of their state.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../support/memfs.h"
#include "../support/putfile.h"
#include "../support/stores.h"

Suite *storedirs_suite(void);

START_TEST(a_folder_is_a_store_too)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_store_opts ro = { .read_only = true }, rw = kt_options();
	struct sst_store *s = kt_open_writer(io);
	struct sst_buf b = { 0 };
	struct sst_err e;

	kt_put(s, 1, 1, "x");
	kt_put(s, 1, 2, "y");
	kt_finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, KT_FOLDER, &ro, &e), 0);
	ck_assert_uint_eq(sst_store_ntables(s), 1);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, KT_FOLDER, &rw, &e), -1); /* not for writing */
	ck_assert_int_eq(e.code, SST_EINVAL);
	/* without a schema the files say what is in them, but for the keys' names */
	ck_assert_int_eq(sst_io_unlink(io, KT_FOLDER "/schema.cql", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, KT_FOLDER, &ro, &e), 0);
	ck_assert(!kt_table_of(s, "t")->named);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	/* moved out of the directory it is another system's */
	ck_assert_int_eq(sst_io_rename(io, "/d/data", "/data", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/data", &ro, &e), 0);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, "/", &ro, &e), 0);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	ck_assert_int_eq(sst_io_mkdir(io, "/empty", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/empty", &ro, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_store_open(&s, io, "/nowhere", &ro, &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(schemas_of_folders)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_store_opts ro = { .read_only = true };
	struct sst_store *s = kt_open_writer(io);
	struct sst_buf b = { 0 };
	struct sst_err e;

	kt_put(s, 1, 1, "x");
	kt_finish(s);
	ck_assert_int_eq(sst_io_rename(io, KT_FOLDER, "/backup", &e), 0);
	/* called otherwise now: its one table is the one */
	ck_assert_int_eq(sst_store_open(&s, io, "/backup", &ro, &e), 0);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x ");
	kt_finish(s);
	put_file(io, "/backup/schema.cql",
	    sst_slice_str(
		"CREATE TABLE x.y (a int PRIMARY KEY); CREATE TABLE x.z (a int PRIMARY KEY);"));
	ck_assert_int_eq(sst_store_open(&s, io, "/backup", &ro, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_ptr_nonnull(strstr(e.what, "2 tables, none of them"));
	put_file(io, "/backup/schema.cql", sst_slice_str("CREATE TABLE"));
	ck_assert_int_eq(sst_store_open(&s, io, "/backup", &ro, &e), -1);
	ck_assert_str_eq(e.file, "/backup/schema.cql");
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

static void
keep_note(void *arg, const char *text)
{
	struct sst_buf *notes = arg;

	sst_buf_adds(notes, text);
	sst_buf_adds(notes, "\n");
}

START_TEST(what_is_wrong_is_told)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf notes = { 0 }, b = { 0 };
	struct sst_store_opts ro = { .read_only = true, .note = keep_note, .note_arg = &notes };
	struct sst_store *s = kt_open_writer(io);
	struct sst_err e;

	kt_put(s, 1, 1, "x");
	kt_finish(s);
	ck_assert_int_eq(sst_io_unlink(io, KT_FOLDER "/me-1-big-TOC.txt", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/d", &ro, &e), 0);
	ck_assert_str_eq(kt_all(s, &b), ""); /* ours: not live */
	ck_assert_uint_eq(notes.n, 0);
	kt_finish(s);
	ck_assert_int_eq(sst_io_rename(io, "/d/data", "/data", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/data", &ro, &e), 0);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x ");
	ck_assert(sst_slice_eq(sst_buf_slice(&notes),
	    SST_SLICE_LIT(
		"/data/k/t-5bc52802de2535edaeab188eecebb090/me-1-big-: without TOC.txt\n")));
	kt_finish(s);
	sst_buf_free(&notes);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(headers_say_what_no_schema_does)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf notes = { 0 };
	struct sst_store_opts ro = { .read_only = true, .note = keep_note, .note_arg = &notes };
	struct sst_store *s = kt_open_writer(io);
	const struct sst_table *t;
	struct sst_err e;

	kt_put(s, 1, 1, "x"); /* sets v */
	kt_flush(s);
	ck_assert_int_eq(kt_put_static(s, 1, "s", &e), 0); /* sets s */
	kt_flush(s);
	kt_finish(s);
	ck_assert_int_eq(sst_io_unlink(io, KT_FOLDER "/schema.cql", &e), 0);
	ck_assert_int_eq(sst_io_mkdir(io, "/d/data/k/bad", &e), 0);
	put_file(io, "/d/data/k/bad/me-1-big-Data.db", sst_slice_str(""));
	put_file(io, "/d/data/k/bad/me-1-big-TOC.txt", sst_slice_str(""));
	ck_assert_int_eq(sst_io_rename(io, "/d/data", "/data", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/data", &ro, &e), 0);
	t = kt_table_of(s, "t");
	ck_assert_uint_eq(t->nregular, 1); /* w was never set */
	ck_assert_uint_eq(t->nstatic, 1);
	ck_assert(sst_slice_eq(t->regulars[0].name, SST_SLICE_LIT("v")));
	sst_buf_addc(&notes, '\0');
	ck_assert_ptr_nonnull(strstr((char *)notes.p, "/data/k/bad/me-1-big-Statistics.db"));
	kt_finish(s);
	sst_buf_free(&notes);
	memfs_free(fs);
}
END_TEST

START_TEST(the_dead_are_told_of)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf notes = { 0 };
	struct sst_store_opts o = kt_options();
	struct sst_store *s = kt_open_writer(io);

	kt_finish(s);
	put_file(io, KT_FOLDER "/me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log",
	    sst_slice_str(""));
	put_file(io, KT_FOLDER "/me_txn_flush_02ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log",
	    sst_slice_str("?"));
	o.note = keep_note;
	o.note_arg = &notes;
	s = kt_open_with(io, &o);
	ck_assert_uint_gt(notes.n, 0);
	kt_put(s, 1, 1, "x");
	kt_flush(s);
	kt_finish(s);
	sst_buf_addc(&notes, '\0');
	ck_assert_str_eq((char *)notes.p,
	    KT_FOLDER ": a writer died here: 0 of its transactions finished, 1 undone\n" KT_FOLDER
		      "/me_txn_flush_02ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log: transaction log in "
		      "doubt: a line that is no record\n");
	sst_buf_free(&notes);
	memfs_free(fs);
}
END_TEST

START_TEST(updates_that_cannot_be_taken_in)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_update u = { 0 };
	struct sst_logpos pos = { 7, 7 };
	struct sst_err e;

	ck_assert_int_eq(sst_store_db(s)->ops->apply(sst_store_db(s), &u, &pos, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	kt_finish(s);
	sst_store_drop(NULL);
	ck_assert_int_eq(sst_store_close(NULL, &e), 0);
	memfs_free(fs);
}
END_TEST

/* Makes it look as if me-N had another partitioner; `me` has no checksum there. */
static void
change_partitioner(struct memfs *fs, int n)
{
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf b = { 0 };
	char path[128];
	struct sst_err e;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), KT_FOLDER "/me-%d-big-Statistics.db", n);
	ck_assert_int_eq(sst_io_read_file(io, path, 1 << 20, &b, &e), 0);
	for (i = 0; i + 7 < b.n && memcmp(b.p + i, "Murmur3", 7) != 0; i++)
		;
	b.p[i + 6] = '4';
	fd = sst_io_open(io, path, O_WRONLY | O_TRUNC, &e);
	ck_assert_int_eq(sst_io_write(io, fd, path, b.p, b.n, &e), 0);
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
	sst_buf_free(&b);
}

START_TEST(an_unknown_order_is_not_merged)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_read r = kt_everything;
	struct sst_stream *rows;
	struct sst_err e;

	kt_put(s, 1, 1, "x");
	kt_flush(s);
	kt_put(s, 2, 1, "x");
	kt_finish(s);
	change_partitioner(fs, 1);
	s = kt_open_reader(memfs_io(fs));
	r.table = kt_table_of(s, "t");
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EUNSUPPORTED);
	kt_finish(s);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

Suite *
storedirs_suite(void)
{
	Suite *s = suite_create("storedirs");
	TCase *t = tcase_create("storedirs");

	tcase_add_test(t, a_folder_is_a_store_too);
	tcase_add_test(t, what_is_wrong_is_told);
	tcase_add_test(t, schemas_of_folders);
	tcase_add_test(t, headers_say_what_no_schema_does);
	tcase_add_test(t, the_dead_are_told_of);
	tcase_add_test(t, updates_that_cannot_be_taken_in);
	tcase_add_test(t, an_unknown_order_is_not_merged);
	suite_add_tcase(s, t);
	return s;
}
