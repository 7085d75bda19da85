/*
 * libsst/sstable/fields.h: a read head that hands on what it reads, field by field, to whom
 * sst_parts_read was told.  Once a read fails, or the receiver has had enough, everything does nothing:
 * read a structure flat, then ask sst_fields_end.  Private to the room.
 */
#ifndef SST_SSTABLE_FIELDS_H
#define SST_SSTABLE_FIELDS_H

#include "codec/in.h"
#include "row/serial.h"
#include "sstable/parts.h"
#include "sstable/version.h"

struct sst_fields {
	struct sst_in in; /* of the file's bytes, or of a window on them */
	const char *file;
	sst_part_each each;
	void *arg;
	const struct sst_version *version;
	int result; /* 0; what each() said; -1: *e is filled in */
	struct sst_err *e;
};

static inline bool
sst_fields_ok(const struct sst_fields *f)
{
	return f->result == 0 && !f->in.bad;
}

void sst_field_object(struct sst_fields *, const char *name);
void sst_field_array(struct sst_fields *, const char *name);
void sst_field_close(struct sst_fields *);

/* Numbers as they lie there: their value is returned too. */
uint64_t sst_field_be(struct sst_fields *, const char *name, enum sst_part_kind, size_t width);
uint64_t sst_field_vint(struct sst_fields *, const char *name);
int64_t sst_field_svint(struct sst_fields *, const char *name);
double sst_field_double(struct sst_fields *, const char *name);

/* n bytes of a kind that has bytes; or those behind their length, which belongs to the field: u16,
 * u32, or with width 0 a vint. */
struct sst_slice sst_field_bytes(
    struct sst_fields *, const char *name, enum sst_part_kind, size_t n);
struct sst_slice sst_field_counted(struct sst_fields *, const char *name, enum sst_part_kind,
    size_t width, const struct sst_type *);
/* A clustering prefix: its kind, with all of its bytes, and its values; false when it is none. */
bool sst_field_prefix(struct sst_fields *, const char *name, const struct sst_header *);

/* A deletion, as partitions have it. */
void sst_field_deletion(struct sst_fields *, const char *name, bool uint_ldt);

/* What has been read otherwise: the bytes from `from` up to where the head is, with a value. */
void sst_field_made(struct sst_fields *, const struct sst_in *from, struct sst_part *);
/* What is not in the file but follows from it. */
void sst_field_uint(struct sst_fields *, const char *name, uint64_t);
void sst_field_text(struct sst_fields *, const char *name, const char *);

/* A checksum of four bytes, which must be this one. */
void sst_field_crc(struct sst_fields *, const char *name, uint32_t want);

/* The head's bytes must all be read.  What sst_parts_read returns. */
int sst_fields_end(struct sst_fields *);
/* Damage where the head is; does nothing when there is some already. */
void sst_fields_damaged(struct sst_fields *, uint64_t off, const char *what);

#endif
