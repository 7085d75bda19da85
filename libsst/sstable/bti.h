/*
 * libsst/sstable/bti.h: what the payloads of Partitions.db and Rows.db say, and what lies beside their
 * tries.  The format is formats/bti.md.
 */
#ifndef SST_SSTABLE_BTI_H
#define SST_SSTABLE_BTI_H

#include "row/serial.h"
#include "sstable/trie.h"
#include "sstable/version.h"

#define SST_BTI_FOOTER 24 /* bytes at the end of Partitions.db */

struct sst_bti_footer {
	uint64_t keys_at, nkeys, root;
	struct sst_slice first, last; /* partition keys; borrow from *keys */
};

/* Reads what follows the trie of Partitions.db; the bytes of the two keys go to *keys. */
int sst_bti_footer_read(
    struct sst_bti_footer *, struct sst_file *partitions, struct sst_buf *keys, struct sst_err *);

struct sst_bti_entry { /* payload of Partitions.db */
	bool hashed;
	uint8_t hash; /* lowest byte of the second half of the key's Murmur3 */
	bool in_rows; /* position is of a head in Rows.db, else of the partition in the data */
	uint64_t position;
	size_t len; /* bytes of the payload */
};

/* False when the payload ends early. */
bool sst_bti_entry_get(struct sst_bti_entry *, const struct sst_trie_node *);

struct sst_bti_head { /* of a partition's trie in Rows.db, behind it */
	struct sst_slice key;
	uint64_t position; /* of the partition in the data */
	uint64_t root;
	uint64_t nblocks;
	struct sst_deletion del; /* of the partition */
};

/* Reads a head; borrows; may poison `in`, whose off is the place in the file. */
void sst_bti_head_get(struct sst_in *, struct sst_bti_head *);

struct sst_bti_block {            /* payload of Rows.db */
	uint64_t off;             /* from the start of the partition */
	struct sst_deletion open; /* range deletion in force where it begins */
	size_t len;               /* bytes of the payload */
};

bool sst_bti_block_get(
    struct sst_bti_block *, const struct sst_trie_node *, const struct sst_version *);

#endif
