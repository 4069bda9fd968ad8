#include "doctor/cover.h"

#include <stdbool.h>
#include <string.h>

#include "trace/elapsed.h"

void cover_add(struct cover *c, int64_t begin_ns, int64_t end_ns)
{
	if (c->done_ns > 0 && begin_ns < c->until_ns)
		begin_ns = c->until_ns;
	while (c->n > 0 && c->open[c->n - 1].end_ns >= begin_ns) {
		c->n--;
		if (c->open[c->n].begin_ns < begin_ns)
			begin_ns = c->open[c->n].begin_ns;
		if (c->open[c->n].end_ns > end_ns)
			end_ns = c->open[c->n].end_ns;
	}
	if (end_ns <= begin_ns)
		return;
	if (c->n == COVER_OPEN) {
		add_ns(&c->done_ns, elapsed_ns(c->open[0].begin_ns, c->open[0].end_ns));
		c->until_ns = c->open[0].end_ns;
		memmove(&c->open[0], &c->open[1], --c->n * sizeof c->open[0]);
	}
	c->open[c->n].begin_ns = begin_ns;
	c->open[c->n++].end_ns = end_ns;
}

int64_t cover_ns(const struct cover *c)
{
	int64_t ns = c->done_ns;
	for (size_t i = 0; i < c->n; i++)
		add_ns(&ns, elapsed_ns(c->open[i].begin_ns, c->open[i].end_ns));
	return ns;
}

void cover_merge(struct cover *c, const struct cover *other)
{
	/* Only what is done has a border. */
	bool later = other->done_ns > 0 && (c->done_ns == 0 || other->until_ns > c->until_ns);
	struct cover both = {.done_ns = c->done_ns, .until_ns = later ? other->until_ns : c->until_ns};
	add_ns(&both.done_ns, other->done_ns);
	/* By their ends. */
	for (size_t i = 0, k = 0; i < c->n || k < other->n;) {
		bool own = k == other->n || (i < c->n && c->open[i].end_ns <= other->open[k].end_ns);
		const struct cover *from = own ? c : other;
		size_t at = own ? i++ : k++;
		cover_add(&both, from->open[at].begin_ns, from->open[at].end_ns);
	}
	*c = both;
}
