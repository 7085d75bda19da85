/*
 * libsst/sstable/name.h: file names of SSTables: <version>-<generation>-<format>-<Component>, where a
 * generation is a number or, since Cassandra 4.1, a UUID in base 36.
 */
#ifndef SST_SSTABLE_NAME_H
#define SST_SSTABLE_NAME_H

#include "base/buf.h"
#include "base/err.h"

enum sst_component {
	SST_DATA,
	SST_INDEX,
	SST_FILTER,
	SST_SUMMARY,
	SST_STATISTICS,
	SST_COMPRESSION_INFO,
	SST_DIGEST,
	SST_CRC,
	SST_TOC,
	SST_PARTITIONS,
	SST_ROWS,
	SST_SCYLLA,
	SST_NCOMPONENTS /* none of these */
};

struct sst_name {
	char version[3];
	char generation[32];          /* digits, or xxxx_xxxx_xxxxxxxxxxxxxxxxxx */
	uint64_t number;              /* of a numbered one; 0 when it is a UUID */
	char format[4];               /* "big" or "bti" */
	size_t base_len;              /* bytes of `name` before the component */
	enum sst_component component; /* SST_NCOMPONENTS: another one, or none at all */
};

/* "Data.db", "TOC.txt", ...; NULL for SST_NCOMPONENTS. */
const char *sst_component_name(enum sst_component);
/* The component of that name (n bytes), or SST_NCOMPONENTS. */
enum sst_component sst_component_find(const char *name, size_t n);

/*
 * Takes the last name of a path apart; base_len counts from the start of the path.  False when it is
 * no SSTable's name: a generation that is neither, a version that is not two letters or digits, a
 * format other than big and bti.
 */
bool sst_name_parse(struct sst_name *, const char *path);

/* The path of a component: base is a path up to and with the last '-'. */
void sst_name_path(struct sst_buf *, struct sst_slice base, enum sst_component);

#endif
