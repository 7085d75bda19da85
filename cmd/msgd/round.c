/* cmd/msgd/round.c: a letter to each shard, and back. */
#include "msgd/round.h"

static void
come_back(struct msgd_shard *s, struct msgd_letter *letter)
{
	struct msgd_round_letter *l = (struct msgd_round_letter *)letter;
	struct msgd_round *r = l->round;
	int result = 0;

	if (--r->out > 0)
		return;
	msgd_over(&s->nabroad);
	for (unsigned i = 0; i < r->from->node->nshards; i++)
		if (r->letters[i].failed) {
			r->e = r->letters[i].e;
			result = -1;
		}
	r->back(r, result);
}

static void
visit(struct msgd_shard *s, struct msgd_letter *letter)
{
	struct msgd_round_letter *l = (struct msgd_round_letter *)letter;

	l->failed = l->round->visit(s, l->round, &l->e) == -1;
	l->letter.open = come_back;
	msgd_shard_send(s, l->round->from->no, &l->letter);
}

void
msgd_round_begin(struct msgd_round *r, struct msgd_shard *from)
{
	unsigned n = from->node->nshards;

	msgd_begun(&from->nabroad);
	r->from = from;
	r->out = n;
	for (unsigned i = 0; i < n; i++) {
		r->letters[i] =
		    (struct msgd_round_letter){ .letter = { .open = visit }, .round = r };
		msgd_shard_send(from, i, &r->letters[i].letter);
	}
}
