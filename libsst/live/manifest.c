/* live/manifest.c: a JSON object with a list of names and two times. */
#include "live/manifest.h"

#include "base/clock.h"
#include "codec/json.h"
#include "codec/jsonout.h"

static const struct sst_json_node *
member(const struct sst_json_node *root, const char *name, enum sst_json_type type)
{
	const struct sst_json_node *v = sst_json_get(root, sst_slice_str(name));

	return v != NULL && v->type == type ? v : NULL;
}

static int64_t
get_time(const struct sst_json_node *root, const char *name)
{
	const struct sst_json_node *v = member(root, name, SST_JSON_STRING);
	struct sst_err ignored;
	int64_t us;

	return v != NULL && sst_time_parse(&us, v->text, 0, &ignored) == 0 ? us : SST_NO_TIME;
}

static int
take(struct sst_manifest *m, struct sst_arena *a, const struct sst_json_node *root,
    struct sst_err *e)
{
	const struct sst_json_node *list = member(root, "files", SST_JSON_ARRAY), *v;

	m->created_us = get_time(root, "created_at");
	m->expires_us = get_time(root, "expires_at");
	if (list == NULL)
		return 0;
	if ((m->files = sst_arena_array(a, list->count + 1, sizeof(*m->files))) == NULL)
		return sst_fail_nomem(e);
	for (v = sst_json_first(list); v < sst_json_end(list); v = sst_json_next(v)) {
		if (v->type != SST_JSON_STRING)
			continue;
		m->files[m->nfiles] = sst_arena_str(a, (const char *)v->text.p, v->text.n);
		if (m->files[m->nfiles++] == NULL)
			return sst_fail_nomem(e);
	}
	return 0;
}

int
sst_manifest_parse(struct sst_manifest *m, struct sst_arena *a, struct sst_slice text,
    const char *file, struct sst_err *e)
{
	const struct sst_json_node *root;
	struct sst_json *json;
	int r;

	*m = (struct sst_manifest){ .created_us = SST_NO_TIME, .expires_us = SST_NO_TIME };
	if (sst_json_new(&json, e) == -1)
		return -1;
	r = sst_json_parse(json, text, &root, e);
	if (r == -1 && e->code != SST_ENOMEM)
		sst_fail(e, SST_EDAMAGED, file, e->off, "is no JSON");
	else if (r == 0 && root->type != SST_JSON_OBJECT)
		r = sst_fail(e, SST_EDAMAGED, file, 0, "is no JSON object");
	else if (r == 0)
		r = take(m, a, root, e);
	sst_json_free(json);
	return r;
}

/* As Java's Instant: three digits of a second, or none when they are zeros. */
static void
put_time(struct sst_buf *b, const char *name, int64_t us)
{
	char text[SST_TIME_LEN];

	sst_buf_addf(b, "  \"%s\" : ", name);
	if (us == SST_NO_TIME) {
		sst_buf_adds(b, "null");
	} else {
		us -= ((us % 1000) + 1000) % 1000;
		sst_time_format(text, us, us % SST_S_US == 0 ? 0 : 3);
		sst_json_put_string(b, sst_slice_str(text));
	}
	sst_buf_adds(b, ",\n");
}

void
sst_manifest_put(struct sst_buf *b, const struct sst_manifest *m)
{
	size_t i;

	sst_buf_adds(b, "{\n  \"files\" : [ ");
	for (i = 0; i < m->nfiles; i++) {
		sst_buf_adds(b, i > 0 ? ", " : "");
		sst_json_put_string(b, sst_slice_str(m->files[i]));
	}
	sst_buf_adds(b, m->nfiles > 0 ? " ],\n" : "],\n");
	put_time(b, "created_at", m->created_us);
	put_time(b, "expires_at", m->expires_us);
	sst_buf_adds(b, "  \"ephemeral\" : false\n}");
}
