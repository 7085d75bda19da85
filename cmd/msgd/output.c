/* cmd/msgd/output.c: sums, and what they mean. */
#include "msgd/output.h"

#define OUTPUT_MAX ((size_t)32 << 20)
#define OUTPUT_ALL_MAX ((size_t)256 << 20)
#define SMALL 1024 /* an answer that is given whatever waits, as what it says is done */

void
msgd_output_count(struct msgd_conn *c)
{
	_Atomic uint64_t *all = &c->shard->counts.output;
	size_t n = c->closed ? 0 : msgd_output_waiting(c);

	if (n != c->counted) /* only the shard itself changes it */
		atomic_store_explicit(all,
		    atomic_load_explicit(all, memory_order_relaxed) - c->counted + n,
		    memory_order_relaxed);
	c->counted = n;
}

static uint64_t
output_of_all(const struct msgd_node *n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n->nshards; i++)
		sum += atomic_load_explicit(&n->shards[i].counts.output, memory_order_relaxed);
	return sum;
}

static size_t
output_max(const struct msgd_conn *c)
{
	size_t max = c->shard->node->config->output_max;

	return max != 0 ? max : OUTPUT_MAX;
}

static size_t
output_all_max(const struct msgd_conn *c)
{
	size_t max = c->shard->node->config->output_all_max;

	return max != 0 ? max : OUTPUT_ALL_MAX;
}

bool
msgd_output_is_crowded(const struct msgd_conn *c)
{
	return output_of_all(c->shard->node) > output_all_max(c) / 2;
}

bool
msgd_output_is_too_much(const struct msgd_conn *c, size_t n)
{
	return n > SMALL && msgd_output_waiting(c) + n > MSGD_OUTPUT_KEEP &&
	    output_of_all(c->shard->node) + n > output_all_max(c);
}

bool
msgd_output_is_stuck(const struct msgd_conn *c)
{
	return msgd_output_unsent(c) > 0 && c->shard->steady_us - c->sent_us > MSGD_PATIENCE_US &&
	    (msgd_output_unsent(c) > output_max(c) || msgd_output_is_crowded(c));
}
