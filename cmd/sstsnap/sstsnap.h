/* cmd/sstsnap/sstsnap.h: what the commands share: the run, the tables it is about, its report. */
#ifndef SSTSNAP_SSTSNAP_H
#define SSTSNAP_SSTSNAP_H

#include "base/num.h"
#include "live/snapshot.h"
#include "store/datadir.h"
#include "store/store.h"
#include "tool/tool.h"

enum patience {   /* when somebody else holds DIR/lock */
	AS_USUAL, /* restore waits */
	WAIT,
	NO_WAIT
};

struct run {
	const char *dir, *from; /* from NULL: dir */
	const char *name;       /* of the snapshot; NULL: all */
	char **tables;          /* KEYSPACE.TABLE or KEYSPACE; none: all */
	int ntables;
	bool exact, quiet;
	enum patience patience;
	bool aged; /* clear only those from before ... */
	int64_t older_than_us;
	int64_t now_us;
	enum tool_form form;
	const char *fields; /* -o; NULL: the usual ones */

	struct sst_arena arena;
	struct tool_output out;
	struct tool_report report;
};

/* The commands; each gives an exit status. */
int create(struct run *);
int list(struct run *);
int restore(struct run *);
int clear(struct run *);

/* Those of a directory that the operands name.  An operand that names none is a problem. */
struct chosen {
	struct sst_datadir dir;
	size_t n;
	const struct sst_datadir_table **v;
};

int choose(struct run *, const char *dir, struct chosen *);
/* The same of a data directory of ours, for commands that change it. */
int choose_ours(struct run *, struct chosen *);

/* Opens DIR as a writer, keeping to r->patience; *busy: somebody else holds it and there is to be no
 * waiting, which was not said yet.  An exit status; *store is NULL unless it is open. */
int open_writer(
    struct run *, const struct sst_store_opts *, struct sst_store **, bool *busy, struct sst_err *);

/* Starts a report; of these fields the first nusual are shown where -o does not say. */
int start_report(struct run *, const struct tool_field *, size_t nfields, size_t nusual);
void set_table(struct run *, size_t field, const struct sst_datadir_table *);

/* A row for each snapshot: list prints it, and create of what it has made. */
int start_snapshots(struct run *);
void add_snapshot(struct run *, const struct sst_datadir_table *, const struct sst_snapshot *);

#endif
