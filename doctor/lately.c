#include "doctor/lately.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"

void lately_finish(struct lately *l)
{
	free(l->slot);
	memset(l, 0, sizeof *l);
}

static bool make_room(struct lately *l, uint32_t slot)
{
	return SLOTS_FIT(l->slot, l->slots, (size_t)slot + 1, NULL);
}

bool lately_note(struct lately *l, const struct witness *w, uint32_t slot, const struct spell *s)
{
	if (slot >= LATELY_GOROUTINES)
		return true;
	if (!make_room(l, slot))
		return false;
	struct lately_goroutine *g = &l->slot[slot];
	if (g->id != w->slot[slot].id) {
		g->id = w->slot[slot].id;
		g->noted = 0;
	}
	g->spell[g->noted++ % LATELY_SPELLS] =
		(struct lately_spell){s->begin_ns, s->end_ns, s->stack, (uint8_t)s->class};
	return true;
}

void lately_look(const struct lately *l, uint32_t slot, uint64_t id, int64_t begin_ns,
                 int64_t end_ns, struct lately_view *view)
{
	*view = (struct lately_view){.begin_ns = begin_ns, .end_ns = begin_ns};
	if (slot >= LATELY_GOROUTINES)
		return;
	view->end_ns = end_ns;
	view->running_ns = elapsed_ns(begin_ns, end_ns);
	/* A goroutine that was never blocked has not been met here yet. */
	if (slot >= l->slots || l->slot[slot].id != id)
		return;
	const struct lately_goroutine *g = &l->slot[slot];
	unsigned kept = g->noted < LATELY_SPELLS ? g->noted : LATELY_SPELLS;
	if (g->noted > LATELY_SPELLS) {
		/* Before the oldest that is kept there may have been others. */
		int64_t known = g->spell[g->noted % LATELY_SPELLS].begin_ns;
		view->begin_ns = known > begin_ns ? known : begin_ns;
	}
	view->running_ns = elapsed_ns(view->begin_ns, end_ns);
	for (unsigned i = kept; i > 0; i--) {
		struct lately_spell s = g->spell[(g->noted - i) % LATELY_SPELLS];
		if (s.begin_ns < view->begin_ns)
			s.begin_ns = view->begin_ns;
		if (s.end_ns > end_ns)
			s.end_ns = end_ns;
		if (s.end_ns <= s.begin_ns)
			continue;
		view->running_ns -= s.end_ns - s.begin_ns;
		view->spell[view->spells++] = s;
	}
	if (view->running_ns < 0) /* clocks that stepped back */
		view->running_ns = 0;
}
