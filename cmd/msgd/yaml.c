/*
 * cmd/msgd/yaml.c: msgd.yaml as libyaml's events: one document, a mapping of keys to scalars.  Whatever
 * else YAML can say (lists, anchors, tags, several documents) has no meaning here and is refused, with
 * its line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "msgd/config.h"

struct reader {
	yaml_parser_t yaml;
	yaml_event_t event; /* the last one; deleted before the next */
	bool has_event;
	const char *file;
	struct msgd_config *config;
	struct sst_arena *arena;
	size_t seen[MSGD_CONFIG_KEYS_MAX]; /* line of each key; 0: not yet */
};

static size_t
line_of(const struct reader *r)
{
	return r->event.start_mark.line + 1;
}

static int refuse(struct sst_err *e, const struct reader *r, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
refuse(struct sst_err *e, const struct reader *r, size_t line, const char *fmt, ...)
{
	char text[sizeof(e->what) - 32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return sst_fail(e, SST_EINVAL, r->file, SST_NOWHERE, "line %zu: %s", line, text);
}

static int
refuse_syntax(struct sst_err *e, const struct reader *r)
{
	const yaml_parser_t *y = &r->yaml;

	if (y->error == YAML_MEMORY_ERROR)
		return sst_fail_nomem(e);
	if (y->error == YAML_READER_ERROR) /* has no mark yet */
		return sst_fail(e, SST_EINVAL, r->file, y->problem_offset, "no YAML: %s",
		    y->problem != NULL ? y->problem : "bytes that are no text");
	return refuse(e, r, y->problem_mark.line + 1, "no YAML: %s",
	    y->problem != NULL ? y->problem : "cannot be parsed");
}

static int
next(struct reader *r, struct sst_err *e)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->yaml, &r->event) == 1;
	return r->has_event ? 0 : refuse_syntax(e, r);
}

/* A scalar without a tag or an anchor. */
static int
check_scalar(struct reader *r, const char *what, struct sst_err *e)
{
	const yaml_event_t *ev = &r->event;
	const char *found;

	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		if (ev->data.scalar.anchor != NULL)
			return refuse(e, r, line_of(r), "%s: anchors are not for this", what);
		if (ev->data.scalar.tag != NULL)
			return refuse(e, r, line_of(r), "%s: tags are not for this", what);
		if (strlen((const char *)ev->data.scalar.value) != ev->data.scalar.length)
			return refuse(e, r, line_of(r), "%s: has a NUL in it", what);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		found = "a list";
		break;
	case YAML_MAPPING_START_EVENT:
		found = "a mapping";
		break;
	default:
		found = "an alias";
	}
	return refuse(e, r, line_of(r), "%s: want one value, found %s", what, found);
}

static int
take_key(struct reader *r, size_t *key, struct sst_err *e)
{
	const char *name;
	int i;

	if (check_scalar(r, "key", e) == -1)
		return -1;
	name = (const char *)r->event.data.scalar.value;
	i = msgd_config_find(sst_slice_str(name));
	if (i == -1)
		return refuse(e, r, line_of(r), "unknown key %.80s", name);
	*key = (size_t)i;
	if (r->seen[*key] != 0)
		return refuse(e, r, line_of(r), "%s: is on line %zu already", name, r->seen[*key]);
	r->seen[*key] = line_of(r);
	return 0;
}

static int
take_value(struct reader *r, size_t key, struct sst_err *e)
{
	const char *name = msgd_config_key(key);
	struct msgd_value v;
	struct sst_err why;

	if (check_scalar(r, name, e) == -1)
		return -1;
	v.text = (const char *)r->event.data.scalar.value;
	v.quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!v.quoted &&
	    (v.text[0] == '\0' || strcmp(v.text, "~") == 0 || strcmp(v.text, "null") == 0))
		return refuse(e, r, r->seen[key], "%s: has no value", name);
	if (msgd_config_set(r->config, key, &v, r->arena, &why) == 0)
		return 0;
	if (why.code == SST_ENOMEM)
		return sst_fail_nomem(e);
	return refuse(e, r, line_of(r), "%s: %s", name, why.what);
}

static int
take_mapping(struct reader *r, struct sst_err *e)
{
	size_t key = 0;

	if (r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0 &&
	    r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return 0; /* "---" and comments: nothing is set */
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse(e, r, line_of(r), "want lines of \"key: value\"");
	for (;;) {
		if (next(r, e) == -1)
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (take_key(r, &key, e) == -1 || next(r, e) == -1 || take_value(r, key, e) == -1)
			return -1;
	}
}

static int
take_stream(struct reader *r, struct sst_err *e)
{
	if (next(r, e) == -1 || next(r, e) == -1) /* the stream begins, then its document */
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(r, e) == -1 || take_mapping(r, e) == -1 || next(r, e) == -1 || next(r, e) == -1)
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(e, r, line_of(r), "a second document");
	return 0;
}

int
msgd_config_parse(struct msgd_config *c, struct sst_slice text, const char *file,
    struct sst_arena *a, struct sst_err *e)
{
	struct reader r = { .file = file, .config = c, .arena = a };
	int rc;

	if (!yaml_parser_initialize(&r.yaml))
		return sst_fail_nomem(e);
	yaml_parser_set_input_string(&r.yaml, text.p, text.n);
	rc = take_stream(&r, e);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.yaml);
	return rc;
}
