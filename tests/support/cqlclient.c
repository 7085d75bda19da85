/* tests/support/cqlclient.c: envelopes and frames by hand. */
#include "cqlclient.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/in.h"
#include "codec/out.h"
#include "wire/envelope.h"
#include "wire/frame.h"

#define BODY_MAX ((size_t)16 << 20)

void
die(const char *what)
{
	printf(
	    "%s: %s\n%u passed, %u failed, 0 skipped\n", what, strerror(errno), passed, failed + 1);
	exit(1);
}

/* ---- the daemon ---- */

void
served_start(struct served *s, const char *shards, const char *sync)
{
	char program[512], line[1024] = "";
	int p[2];

	snprintf(program, sizeof(program), "%s/msgd", s->bin);
	if (pipe(p) == -1 || (s->pid = fork()) == -1)
		die("fork");
	if (s->pid == 0) {
		dup2(p[1], 1);
		close(p[0]);
		close(p[1]);
		execl(program, "msgd", "-d", s->dir, "--cql-port", "0", "--shard-port", "0",
		    "--shards", shards, "--sync", sync, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	s->out = fdopen(p[0], "r");
	if (s->out == NULL || fgets(line, sizeof(line), s->out) == NULL ||
	    sscanf(line, "msgd: listening on 127.0.0.1:%u (shards 127.0.0.1:%u),", &s->port,
		&s->shard_port) != 2) {
		errno = EPROTO;
		die("msgd does not say that it listens");
	}
}

void
served_stop(struct served *s, int sig)
{
	int status = 0;

	kill(s->pid, sig);
	waitpid(s->pid, &status, 0);
	fclose(s->out);
	if (sig == SIGTERM)
		check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "SIGTERM ends it with status %d", status);
}

/* ---- a client ---- */

static void
read_more(struct client *c)
{
	ssize_t n;

	if (!sst_buf_room(&c->in, 65536))
		die("memory");
	if ((n = read(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n)) <= 0)
		die("the daemon says no more");
	c->in.n += (size_t)n;
}

static void
consume(struct sst_buf *b, struct sst_slice left)
{
	memmove(b->p, left.p, left.n);
	b->n = left.n;
}

/* The next envelope; its body is copied. */
void
client_receive(struct client *c)
{
	struct sst_buf *from = c->framed ? &c->rest : &c->in, scratch = { 0 };
	struct sst_envelope env;
	struct sst_slice in;
	struct sst_frame f;
	struct sst_err e;

	for (;;) {
		in = sst_buf_slice(from);
		if (sst_envelope_take(&env, &in, BODY_MAX, &e) == SST_ONE)
			break;
		if (!c->framed) {
			read_more(c);
			continue;
		}
		in = sst_buf_slice(&c->in);
		if (sst_frame_take(&f, &in, c->lz4, &scratch, &e) == SST_ONE) {
			sst_buf_add_slice(&c->rest, f.payload);
			consume(&c->in, in);
		} else
			read_more(c);
	}
	c->opcode = env.opcode;
	c->flags = env.flags;
	sst_buf_reset(&c->body);
	if (env.flags & SST_ENVELOPE_COMPRESSED && c->zips && env.body.n > 0 &&
	    sst_body_unzip(c->codec, &env.body, BODY_MAX, &scratch, &e) == -1)
		die(e.what);
	sst_buf_add_slice(&c->body, env.body);
	consume(from, in);
	sst_buf_free(&scratch);
}

size_t
client_begin(struct client *c, uint8_t opcode)
{
	struct sst_envelope env = { .version = c->version, .stream = 7, .opcode = opcode };

	sst_buf_reset(&c->out);
	return sst_envelope_begin(&c->out, &env);
}

void
client_ask(struct client *c, size_t at)
{
	struct sst_buf framed = { 0 }, *b = &c->out;

	if (c->zips && b->n > at + SST_ENVELOPE_HEADER) {
		b->p[at + 1] |= SST_ENVELOPE_COMPRESSED;
		sst_body_zip(c->codec, b, at + SST_ENVELOPE_HEADER, &framed);
		sst_buf_reset(&framed);
	}
	sst_envelope_end(b, at);
	if (c->framed) {
		sst_frame_put(&framed, sst_buf_slice(b), c->lz4);
		b = &framed;
	}
	if (write(c->fd, b->p, b->n) != (ssize_t)b->n)
		die("write");
	sst_buf_free(&framed);
	client_receive(c);
}

void
client_put_long(struct sst_buf *b, const char *s)
{
	sst_put_u32(b, (uint32_t)strlen(s));
	sst_buf_adds(b, s);
}

void
client_connect(
    struct client *c, struct served *s, uint8_t version, bool local, const char *compression)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	struct timeval patience = { 20, 0 };
	size_t at;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	snprintf(u.sun_path, sizeof(u.sun_path), "%s/msgd.sock", s->dir);
	*c = (struct client){ .fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0),
		.version = version };
	if (connect(c->fd, local ? (struct sockaddr *)&u : (struct sockaddr *)&a,
		local ? sizeof(u) : sizeof(a)) == -1)
		die("connect");
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	at = client_begin(c, SST_OP_STARTUP);
	sst_put_u16(&c->out, compression != NULL ? 2 : 1);
	if (compression != NULL) {
		sst_put_bytes16(&c->out, SST_SLICE_LIT("COMPRESSION"));
		sst_put_bytes16(&c->out, sst_slice_str(compression));
	}
	sst_put_bytes16(&c->out, SST_SLICE_LIT("CQL_VERSION"));
	sst_put_bytes16(&c->out, SST_SLICE_LIT("3.0.0"));
	client_ask(c, at);
	check(c->opcode == SST_OP_READY, "STARTUP is answered by %d", c->opcode);
	c->framed = version >= 5;
	c->lz4 = compression != NULL && version >= 5;
	c->zips = compression != NULL && version < 5;
	if (c->zips)
		c->codec = (enum sst_body_codec)sst_body_codec_find(sst_slice_str(compression));
}

void
client_leave(struct client *c)
{
	close(c->fd);
	sst_buf_free(&c->in);
	sst_buf_free(&c->rest);
	sst_buf_free(&c->out);
	sst_buf_free(&c->body);
}

/* ---- statements ---- */

void
client_put_flags(struct client *c, uint32_t flags)
{
	if (c->version >= 5)
		sst_put_u32(&c->out, flags);
	else
		sst_put_u8(&c->out, (uint8_t)flags);
}

/* QUERY with pages of so many rows (0: without), from where the last one ended. */
void
client_query(struct client *c, const char *cql, uint32_t page, struct sst_slice state)
{
	size_t at = client_begin(c, SST_OP_QUERY);

	client_put_long(&c->out, cql);
	sst_put_u16(&c->out, 1); /* ONE */
	client_put_flags(c, (page > 0 ? 0x04u : 0) | (state.n > 0 ? 0x08u : 0));
	if (page > 0)
		sst_put_u32(&c->out, page);
	if (state.n > 0) {
		sst_put_u32(&c->out, (uint32_t)state.n);
		sst_buf_add_slice(&c->out, state);
	}
	client_ask(c, at);
}

uint32_t
client_error(const struct client *c)
{
	struct sst_in in = sst_in_new(sst_buf_slice(&c->body), 0);

	return c->opcode == SST_OP_ERROR ? sst_get_u32(&in) : UINT32_MAX;
}
