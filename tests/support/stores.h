/*
 * tests/support/stores.h: a store in memory with a table to write and read: k.t, with int key a, int
 * clustering b, texts v and w, and a static s.  Rows are spoken of as text: "1:2=x " is a = 1, b = 2,
 * v = 'x'.  What should not fail ends the test when it does.
 */
#ifndef STORES_H
#define STORES_H

#include "memfs.h"
#include "store/store.h"

#define KT_FOLDER "/d/data/k/t-5bc52802de2535edaeab188eecebb090"

/* Of a writer of /d that makes k.t and k.u (a int key, v text), and waits for no lock. */
struct sst_store_opts kt_options(void);
/* The same with a log of short segments; what the store notes is in kt_told, emptied here, a line each. */
struct sst_store_opts kt_log_options(enum sst_sync);
extern char kt_told[4096];
struct sst_store *kt_open_with(const struct sst_io *, const struct sst_store_opts *);
struct sst_store *kt_open_writer(const struct sst_io *);
struct sst_store *kt_open_reader(const struct sst_io *);
const struct sst_table *kt_table_of(struct sst_store *, const char *name);

/* One row; all rows with the same b have the same write time. */
void kt_put(struct sst_store *, int a, int b, const char *text);
/* The n rows (a, 0) to (a, n - 1), all with that text; an SSTable for each `each` of them. */
void kt_put_many(struct sst_store *, int a, int n, int each, const char *text);
int kt_try_put(struct sst_store *, int a, int b, const char *text, struct sst_err *);
int kt_put_static(struct sst_store *, int a, const char *text, struct sst_err *);
void kt_flush(struct sst_store *);
/* Closes. */
void kt_finish(struct sst_store *);

extern const struct sst_read kt_everything;
/* A read of one partition; its key lies in *key. */
struct sst_read kt_partition(uint32_t *key, int a);

struct sst_stream *kt_start(
    struct sst_store *, const struct sst_read *, struct sst_read_stats *stats);
/* Up to n rows as text, waiting when asked to, which *waits counts; as sst_stream_next at the end. */
int kt_take(struct sst_stream *, size_t n, struct sst_buf *, unsigned *waits, struct sst_err *);
/* A whole read as text, in the buffer. */
const char *kt_read_text(
    struct sst_store *, const struct sst_read *, struct sst_read_stats *, struct sst_buf *);
const char *kt_all(struct sst_store *, struct sst_buf *);

/* How many names in the folder of the log hold this text. */
size_t kt_count_log(struct memfs *, const char *text);

int32_t kt_get_int(struct sst_slice);
/* put_file of a text. */
void kt_put_file(const struct sst_io *, const char *path, const char *text);

#endif
