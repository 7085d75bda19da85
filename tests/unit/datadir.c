/* tests/unit/datadir.c: where things lie: directories of ours, of others, and those half made. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "base/num.h"
#include "store/datadir.h"

Suite *datadir_suite(void);

static void
put(const struct sst_io *io, const char *path, const char *text)
{
	char dir[256];
	struct sst_err e;
	char *p;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	for (p = dir + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		ck_assert_int_eq(sst_io_mkdir(io, dir, &e), 0);
		*p = '/';
	}
	fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_TRUNC, &e);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sst_io_write(io, fd, path, text, strlen(text), &e), 0);
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
}

#define HOSTID "01234567-89ab-4cde-8f01-23456789abcd\n"
#define T "t-5bc52802de2535edaeab188eecebb090"

/* "K foreign k.t+schema …" of a directory with the files named (spaces between). */
static const struct {
	const char *files, *dir, *want;
} dirs[] = {
	{ "/d/x", "/d", "none" },
	{ "/d/hostid", "/d", "ours" },
	{ "/d/hostid /d/lock /d/ids /d/data/k/" T "/schema.cql", "/d", "ours k.t!" },
	{ "/d/hostid /d/data/k/" T "/me-1-big-Data.db /d/data/b/u/schema.cql", "/d",
	    "ours b.u! k.t" },
	/* made, but a crash came before its schema did */
	{ "/d/hostid /d/data/k/" T "/.lock", "/d", "ours" },
	{ "/d/data/k/" T "/nb-1-big-Data.db /d/data/k/" T "/snapshots/s/schema.cql", "/d",
	    "foreign k.t" },
	/* dropped, but its snapshots are there */
	{ "/d/data/k/" T "/snapshots/dropped/manifest.json", "/d", "foreign k.t" },
	{ "/d/k/" T "/nb-1-big-Data.db /d/k/file /d/file", "/d", "foreign k.t" },
	{ "/d/k/" T "/nb-1-big-Data.db", "/d/k/" T, "folder foreign k.t" },
	{ "/d/k/" T "/schema.cql", "/d/k/" T "/", "folder foreign k.t!" },
	{ "/schema.cql", "/", "folder foreign .!" },
	{ "/d/hostid /d/data/k/" T "/me-1-big-Data.db", "/d/data/k/" T, "folder k.t" },
	{ "/d/data/k/.hidden/nb-1-big-Data.db", "/d", "none" },
	/* no id: too short, or no hexadecimal digits */
	{ "/d/data/k/t-5bc5/nb-1-big-Data.db "
	  "/d/data/k/t-Xbc52802de2535edaeab188eecebb090/schema.cql",
	    "/d", "foreign k.t-5bc5 k.t-Xbc52802de2535edaeab188eecebb090!" },
	{ "/d/data/k/v1-" T "/nb-1-big-Data.db", "/d", "foreign k.v1-t" },
};

static const char *
describe(const struct sst_datadir *d, char text[512])
{
	static const char *const kinds[] = { "none", "ours", "foreign", "folder" };
	size_t n = (size_t)snprintf(text, 512, "%s%s", kinds[d->kind],
		   d->kind == SST_DATADIR_FOLDER && d->foreign ? " foreign" : ""),
	       i;

	for (i = 0; i < d->ntables; i++)
		n += (size_t)snprintf(text + n, 512 - n, " %.*s.%.*s%s",
		    (int)d->tables[i].keyspace.n, (const char *)d->tables[i].keyspace.p,
		    (int)d->tables[i].name.n, (const char *)d->tables[i].name.p,
		    d->tables[i].schema ? "!" : "");
	return text;
}

START_TEST(kinds_of_directories)
{
	struct memfs *fs = memfs_new();
	char files[512], text[512], *p;
	struct sst_arena a = { 0 };
	struct sst_datadir d;
	struct sst_err e;

	snprintf(files, sizeof(files), "%s", dirs[_i].files);
	for (p = strtok(files, " "); p != NULL; p = strtok(NULL, " "))
		put(memfs_io(fs), p, strstr(p, "hostid") != NULL ? HOSTID : "");
	if (sst_datadir_scan(&d, &a, memfs_io(fs), dirs[_i].dir, &e) == -1)
		ck_abort_msg("%s", e.what);
	ck_assert_str_eq(describe(&d, text), dirs[_i].want);
	if (strstr(dirs[_i].files, T "/") != NULL && d.ntables > 0 && d.tables[0].name.n == 1 &&
	    d.tables[d.ntables - 1].name.p[0] == 't')
		ck_assert_uint_eq(d.tables[d.ntables - 1].id[15], 0x90);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

static const char *const bad_ids[] = {
	"",
	"01234567-89ab-4cde-8f01-23456789abcd",
	"01234567-89ab-4cde-8f01-23456789abcD\n",
	"01234567x89ab-4cde-8f01-23456789abcd\n",
	"00000000-0000-0000-0000-000000000000\n",
	"01234567-89ab-4cde-8f01-23456789abcd\nx",
	"01234567-89ab-4cde-8f01-2345678-abcd\n",
};

START_TEST(a_damaged_host_id_refuses)
{
	struct memfs *fs = memfs_new();
	struct sst_arena a = { 0 };
	struct sst_datadir d;
	struct sst_err e;

	put(memfs_io(fs), "/d/hostid", bad_ids[_i]);
	ck_assert_int_eq(sst_datadir_scan(&d, &a, memfs_io(fs), "/d", &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_int_eq(sst_datadir_make(memfs_io(fs), "/d", &e), -1);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

static int
make_all(const struct sst_io *io, struct sst_arena *a, struct sst_err *e)
{
	struct sst_datadir_table t = {
		.keyspace = SST_SLICE_LIT("k"), .name = SST_SLICE_LIT("t"), .id = { 1, 2, 3 }
	};

	if (sst_datadir_make(io, "/d", e) == -1)
		return -1;
	return sst_datadir_make_table(&t, a, io, "/d", SST_SLICE_LIT("CREATE"), e);
}

/* Stopped anywhere and cut off, it can be made again, and once it is made it stays. */
START_TEST(making_may_stop_anywhere)
{
	struct faultio_plan plan = { .how = FAULTIO_STOP };
	bool over = false;

	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct sst_arena a = { 0 };
		struct sst_buf b = { 0 };
		struct sst_datadir d;
		char text[512];
		struct sst_err e;
		int r;

		faultio_plan(f, &plan);
		r = make_all(faultio_io(f), &a, &e);
		over = faultio_calls(f) < plan.at;
		memfs_power_cut(fs, (enum memfs_cut)(plan.at % 4), (unsigned)plan.at);
		if (r == 0) {
			ck_assert_int_eq(sst_datadir_scan(&d, &a, memfs_io(fs), "/d", &e), 0);
			ck_assert_str_eq(describe(&d, text), "ours k.t!");
		}
		ck_assert_int_eq(make_all(memfs_io(fs), &a, &e), 0);
		memfs_power_cut(fs, MEMFS_NONE, 0);
		ck_assert_int_eq(sst_datadir_scan(&d, &a, memfs_io(fs), "/d", &e), 0);
		ck_assert_str_eq(describe(&d, text), "ours k.t!");
		snprintf(text, sizeof(text), "%s/schema.cql", d.tables[0].folder);
		ck_assert_int_eq(sst_io_read_file(memfs_io(fs), text, 100, &b, &e), 0);
		ck_assert(sst_slice_eq(sst_buf_slice(&b), SST_SLICE_LIT("CREATE")));
		ck_assert_uint_eq(d.hostid[6] >> 4, 4);
		sst_buf_free(&b);
		sst_arena_free(&a);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(plan.at, 30);
}
END_TEST

START_TEST(any_call_may_fail)
{
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = _i == 0 ? EIO : ENOSPC };
	bool over = false;

	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct sst_arena a = { 0 };
		struct sst_err e;
		int r;

		faultio_plan(f, &plan);
		r = make_all(faultio_io(f), &a, &e);
		over = faultio_calls(f) < plan.at;
		/* only reading a file that was read already may fail to close unnoticed */
		ck_assert(r == -1 || over || strcmp(faultio_failed(f), "close") == 0);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		ck_assert_int_eq(make_all(memfs_io(fs), &a, &e), 0);
		sst_arena_free(&a);
		faultio_free(f);
		memfs_free(fs);
	}
}
END_TEST

START_TEST(names_have_limits)
{
	struct memfs *fs = memfs_new();
	struct sst_arena a = { 0 };
	struct sst_datadir d;
	struct sst_err e;
	char dir[5000];
	uint8_t long_name[256];
	struct sst_datadir_table t = { .keyspace = SST_SLICE_LIT("k"),
		.name = { long_name, sizeof(long_name) } };

	memset(long_name, 'x', sizeof(long_name));
	ck_assert_int_eq(
	    sst_datadir_make_table(&t, &a, memfs_io(fs), "/", SST_SLICE_LIT(""), &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	memset(dir, '/', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	ck_assert_int_eq(sst_datadir_scan(&d, &a, memfs_io(fs), dir, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	dir[4089] = '\0'; /* room for the name, not for .tmp */
	ck_assert_int_eq(sst_datadir_make(memfs_io(fs), dir + 0, &e), -1);
	ck_assert_int_eq(sst_datadir_scan(&d, &a, memfs_io(fs), "/nowhere", &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

Suite *
datadir_suite(void)
{
	Suite *s = suite_create("datadir");
	TCase *t = tcase_create("datadir");

	tcase_add_loop_test(t, kinds_of_directories, 0, SST_ARRAY_LEN(dirs));
	tcase_add_loop_test(t, a_damaged_host_id_refuses, 0, SST_ARRAY_LEN(bad_ids));
	tcase_add_test(t, making_may_stop_anywhere);
	tcase_add_loop_test(t, any_call_may_fail, 0, 2);
	tcase_add_test(t, names_have_limits);
	suite_add_tcase(s, t);
	return s;
}
