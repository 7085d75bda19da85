/* query/paging.c: states of pages.  They come back from clients, so nothing in them is believed. */
#include "query/paging.h"

#include "codec/in.h"
#include "codec/out.h"

#define VERSION 1
#define HAS_ROW 1

void
sst_paging_put(struct sst_buf *b, const struct sst_table *t, const struct sst_paging *p)
{
	sst_put_u8(b, VERSION);
	sst_put_u8(b, p->ck != NULL ? HAS_ROW : 0);
	sst_put_u64(b, p->left);
	sst_put_u64(b, p->partition_left);
	sst_put_bytes16(b, p->key);
	for (size_t i = 0; p->ck != NULL && i < t->nck; i++) {
		sst_put_u32(b, p->ck[i].p == NULL ? UINT32_MAX : (uint32_t)p->ck[i].n);
		sst_buf_add_slice(b, p->ck[i]);
	}
}

int
sst_paging_refuse(struct sst_err *e)
{
	return sst_fail(e, SST_EVERSION, NULL, SST_NOWHERE, "Invalid value for the paging state");
}

static int
get_row(struct sst_paging *p, const struct sst_table *t, struct sst_in *in, struct sst_arena *arena,
    struct sst_err *e)
{
	struct sst_slice *ck = sst_arena_array(arena, t->nck + 1, sizeof(*ck));

	if (ck == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < t->nck; i++) {
		int32_t n = (int32_t)sst_get_u32(in);

		ck[i] = (struct sst_slice){ NULL, 0 };
		if (n >= 0)
			ck[i] = sst_get_bytes(in, (size_t)n);
		if (in->bad || n < -1 ||
		    (n >= 0 && sst_type_validate(t->ck[i].type, ck[i], e) == -1))
			return sst_paging_refuse(e);
	}
	p->ck = ck;
	return 0;
}

int
sst_paging_get(struct sst_paging *p, const struct sst_table *t, struct sst_slice state,
    struct sst_arena *arena, struct sst_err *e)
{
	struct sst_in in = sst_in_new(state, 0);
	uint8_t version = sst_get_u8(&in), flags = sst_get_u8(&in);

	*p = (struct sst_paging){ 0 };
	p->left = sst_get_u64(&in);
	p->partition_left = sst_get_u64(&in);
	p->key = sst_get_bytes16(&in);
	if (in.bad || version != VERSION || (flags & ~HAS_ROW) != 0 || p->key.n == 0 ||
	    sst_type_validate(t->key_type, p->key, e) == -1)
		return sst_paging_refuse(e);
	if (flags & HAS_ROW && get_row(p, t, &in, arena, e) == -1)
		return -1;
	return in.bad || sst_in_left(&in) > 0 ? sst_paging_refuse(e) : 0;
}
