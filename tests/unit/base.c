/* tests/unit/base.c: errors, buffers, arenas, hexadecimal. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/io.h"
#include "base/num.h"

Suite *base_suite(void);

START_TEST(err_says_where)
{
	struct sst_err e;
	char buf[512];

	ck_assert_int_eq(sst_fail(&e, SST_EDAMAGED, "x.db", 66, "want %d", 3), -1);
	ck_assert_str_eq(sst_err_text(&e, buf, sizeof(buf)), "x.db: want 3: at byte 66");
	errno = ENOENT;
	sst_fail(&e, SST_ESYS, NULL, SST_NOWHERE, "cannot open");
	ck_assert_str_eq(
	    sst_err_text(&e, buf, sizeof(buf)), "cannot open: No such file or directory");
}
END_TEST

START_TEST(buf_poison_sticks)
{
	struct sst_buf b = { 0 };

	sst_buf_adds(&b, "ab");
	ck_assert(!sst_buf_room(&b, SIZE_MAX - 1));
	sst_buf_adds(&b, "c");
	ck_assert(b.bad);
	ck_assert_uint_eq(b.n, 2);
	sst_buf_reset(&b);
	sst_buf_addf(&b, "%d-%s", 7, "x");
	ck_assert(sst_slice_eq(sst_buf_slice(&b), SST_SLICE_LIT("7-x")));
	sst_buf_free(&b);
}
END_TEST

START_TEST(arena_keeps_what_it_gave)
{
	struct sst_arena a = { 0 };
	uint8_t *p[200];
	size_t i, j;

	for (i = 0; i < 200; i++) {
		p[i] = sst_arena_alloc(&a, i * 97 + 1);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_uint_eq((uintptr_t)p[i] % 8, 0);
		memset(p[i], (int)i, i * 97 + 1);
	}
	for (i = 0; i < 200; i++)
		for (j = 0; j < i * 97 + 1; j++)
			if (p[i][j] != i) /* an assertion costs a system call */
				ck_abort_msg("byte %zu of %zu", j, i);
	ck_assert_ptr_null(sst_arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(sst_arena_array(&a, SIZE_MAX / 2, 3));
	sst_arena_reset(&a);
	ck_assert_ptr_nonnull(sst_arena_alloc(&a, 1));
	sst_arena_free(&a);
}
END_TEST

START_TEST(io_reports_short_files_and_limits)
{
	char path[] = "/tmp/ostraka-base-XXXXXX", got[8];
	const struct sst_io *io = &sst_io_posix;
	struct sst_buf b = { 0 };
	struct sst_err e;
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sst_io_write(io, fd, path, "hello", 5, &e), 0);
	ck_assert_int_eq(sst_io_read(io, fd, path, got, 5, 0, &e), 0);
	ck_assert_int_eq(sst_io_read(io, fd, path, got, 5, 2, &e), -1);
	ck_assert_int_eq(e.code, SST_ESHORT);
	ck_assert_uint_eq(e.off, 5);
	ck_assert_int_eq(sst_io_read_file(io, path, 4, &b, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_int_eq(sst_io_read_file(io, path, 5, &b, &e), 0);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), SST_SLICE_LIT("hello")));
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
	ck_assert_int_eq(sst_io_unlink(io, path, &e), 0);
	ck_assert_int_eq(sst_io_unlink(io, path, &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	sst_buf_free(&b);
}
END_TEST

START_TEST(hex_comes_back)
{
	static const char *const none[] = { "0", "0g", "g0", "/0", ":0", "0@", "`0", "000", "0 ",
		"\xb0\xb1" };
	uint8_t every[256];
	struct sst_buf b = { 0 }, back = { 0 };
	size_t i;

	for (i = 0; i < 256; i++)
		every[i] = (uint8_t)i;
	sst_hex_put(&b, (struct sst_slice){ every, 256 });
	ck_assert_uint_eq(b.n, 512);
	ck_assert(memcmp(b.p, "000102", 6) == 0 && memcmp(b.p + 506, "fdfeff", 6) == 0);
	ck_assert(sst_hex_get(sst_buf_slice(&b), &back));
	ck_assert(sst_slice_eq(sst_buf_slice(&back), (struct sst_slice){ every, 256 }));
	ck_assert(sst_hex_get(SST_SLICE_LIT("aBCd"), &back));
	ck_assert_uint_eq(back.n, 258);
	ck_assert(back.p[256] == 0xab && back.p[257] == 0xcd);
	for (i = 0; i < SST_ARRAY_LEN(none); i++)
		ck_assert(!sst_hex_get(sst_slice_str(none[i]), &back));
	ck_assert(sst_hex_get(SST_SLICE_LIT(""), &back));
	ck_assert_uint_eq(back.n, 258);
	sst_buf_free(&b);
	sst_buf_free(&back);
}
END_TEST

Suite *
base_suite(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");

	tcase_add_test(t, err_says_where);
	tcase_add_test(t, buf_poison_sticks);
	tcase_add_test(t, arena_keeps_what_it_gave);
	tcase_add_test(t, hex_comes_back);
	tcase_add_test(t, io_reports_short_files_and_limits);
	suite_add_tcase(s, t);
	return s;
}
