#include "doctor/witness.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"

/* --- who lives -------------------------------------------------------------------------------- */

static bool prepare(struct witness *w, uint32_t slot)
{
	static const struct witness_goroutine blank = {.state = TRACE_NOT_EXIST};
	return slot == TRACE_NONE || SLOTS_FIT(w->slot, w->slots, (size_t)slot + 1, &blank);
}

static void take_over(struct witness *w, const struct told *t)
{
	struct witness_goroutine *g = &w->slot[t->slot];
	g->state = t->state;
	g->bursts = t->bursts;
	g->burst_since_ns = t->burst_since_ns;
	g->burst_ns = t->burst_ns;
}

static bool meet(struct witness *w, const struct told *t)
{
	if (!prepare(w, t->slot))
		return false;
	w->slot[t->slot] = (struct witness_goroutine){.id = t->goroutine.id,
	                                              .function = t->goroutine.function,
	                                              .creator = t->goroutine.creator,
	                                              .born_ns = t->goroutine.born_ns,
	                                              .created = t->goroutine.created,
	                                              .counts = t->counts};
	w->slot[t->slot].who = witness_who(w, &w->slot[t->slot]);
	take_over(w, t);
	return true;
}

/* --- telling the families --------------------------------------------------------------------- */

static bool tell_spell(const struct witness *w, const struct told *t)
{
	const struct spell *s = &t->spell;
	const uint8_t who = w->slot[t->slot].who;
	for (const struct witness_wish *wish = w->wish[s->class]; s->ns >= wish->least_ns; wish++)
		if (wish->who & who && !wish->listener->family->spell(wish->listener->self, w, t->slot, s))
			return false;
	return true;
}

static bool tell_left(const struct witness *w, const struct told *t)
{
	w->slot[t->slot].at_end = t->state;
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->left)
			w->listener[i].family->left(w->listener[i].self, w, t->slot, &t->spell);
	return true;
}

static bool tell_birth(const struct witness *w, const struct told *t)
{
	for (const struct witness_listener *const *l = w->of_births; *l; l++)
		if (!(*l)->family->born((*l)->self, w, t->slot, t->goroutine.by))
			return false;
	return true;
}

static bool tell_death(const struct witness *w, const struct told *t)
{
	for (const struct witness_listener *const *l = w->of_deaths; *l; l++)
		if (!(*l)->family->died((*l)->self, w, t->slot, t->at_ns))
			return false;
	return true;
}

static bool tell_event(const struct witness *w, const struct told *t)
{
	const struct trace_event *e = &t->event.event;
	const struct trace_block block = {.generation = t->event.generation,
	                                  .names = w->spells.names,
	                                  .since_ns = t->event.since_ns};
	for (unsigned i = 0; i < w->listeners; i++) {
		const struct witness_listener *l = &w->listener[i];
		if (l->family->event && l->family->events & EV_BIT(e->type) &&
		    !l->family->event(l->self, w, &block, e))
			return false;
	}
	return true;
}

static void tell_silence(const struct witness *w, const struct told *t)
{
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->silence)
			w->listener[i].family->silence(w->listener[i].self, w, t->times.first_ns,
			                               t->times.last_ns);
}

static void tell_gap(const struct witness *w)
{
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->gap)
			w->listener[i].family->gap(w->listener[i].self);
}

static void restart(struct witness *w, int64_t time_ns)
{
	for (size_t i = 0; i < w->slots; i++) {
		w->slot[i].born_ns = time_ns;
		w->slot[i].created = false;
		w->slot[i].bursts = 0;
	}
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->restart)
			w->listener[i].family->restart(w->listener[i].self, time_ns);
}

/* --- hearing ---------------------------------------------------------------------------------- */

static void hear_stacks(struct witness *w, const struct told_stacks *t)
{
	w->told_stacks.stack = t->stack;
	w->told_stacks.frame = t->frame;
	w->told_stacks.n = t->n;
	w->told_stacks.frames = t->frames;
}

static bool hear(struct witness *w, const struct told *t)
{
	switch ((enum told_kind)t->kind) {
	case TOLD_SPELL:
		take_over(w, t);
		return tell_spell(w, t);
	case TOLD_LEFT:
		take_over(w, t);
		return tell_left(w, t);
	case TOLD_STANDS:
		take_over(w, t);
		w->slot[t->slot].since_ns = t->since_ns;
		return true;
	case TOLD_MET:
		return meet(w, t);
	case TOLD_BORN:
		return meet(w, t) && tell_birth(w, t);
	case TOLD_FUNCTION:
		w->slot[t->slot].function = t->goroutine.function;
		w->slot[t->slot].counts = t->counts;
		w->slot[t->slot].who = witness_who(w, &w->slot[t->slot]);
		return true;
	case TOLD_DEAD:
		take_over(w, t);
		return tell_death(w, t);
	case TOLD_EVENT:
		return prepare(w, t->event.event.g) && prepare(w, t->event.event.subject) &&
		       tell_event(w, t);
	case TOLD_CLOCK:
		w->origin_ns = t->times.origin_ns;
		w->first_ns = t->times.first_ns;
		w->last_ns = t->times.last_ns;
		return true;
	case TOLD_SILENCE:
		w->running = t->times.running;
		tell_silence(w, t);
		return true;
	case TOLD_GAP:
		tell_gap(w);
		return true;
	case TOLD_STACKS:
		hear_stacks(w, &t->stacks);
		return true;
	case TOLD_RESTART:
		restart(w, t->at_ns);
		return true;
	}
	return true;
}

static bool hear_all(void *self, const struct told *told, size_t n)
{
	struct witness *w = self;
	for (size_t i = 0; i < n; i++)
		if (!hear(w, &told[i]))
			return false;
	return true;
}

/* --- before and behind the pass ----------------------------------------------------------------
 */

bool witness_init(struct witness *w, struct stacks *stacks, struct names *names,
                  struct situations *situations)
{
	memset(w, 0, sizeof *w);
	w->stacks = &w->told_stacks;
	w->names = names;
	w->situations = situations;
	w->spells.stacks = stacks;
	w->spells.names = names;
	for (unsigned i = 0; i < SPELL_CLASSES; i++)
		w->spells.least_ns[i] = w->wish[i][0].least_ns = INT64_MAX;
	return relay_init(&w->spells.relay, hear_all, w);
}

/* Among those of its class, of which the last is none. */
static void add_wish(struct witness_wish *wish, int64_t least_ns,
                     const struct witness_listener *listener)
{
	size_t at = 0, n = 0;
	const uint8_t who = listener->family->who ? listener->family->who : UINT8_MAX;
	while (wish[at].least_ns <= least_ns && wish[at].listener)
		at++;
	while (wish[n].listener)
		n++;
	memmove(&wish[at + 1], &wish[at], (n + 1 - at) * sizeof *wish);
	wish[at] = (struct witness_wish){least_ns, who, listener};
}

static void add_listener(const struct witness_listener **to, const struct witness_listener *l)
{
	while (*to)
		to++;
	*to = l;
}

void witness_listen(struct witness *w, const struct trace_family *family, void *self)
{
	if (w->listeners == WITNESS_FAMILIES)
		return;
	struct witness_listener *listener = &w->listener[w->listeners++];
	*listener = (struct witness_listener){family, self};
	for (unsigned i = 0; i < SPELL_CLASSES && family->spell; i++) {
		if (family->least_ns[i] <= 0)
			continue;
		add_wish(w->wish[i], family->least_ns[i], listener);
		w->spells.least_ns[i] = w->wish[i][0].least_ns;
	}
	if (family->event)
		w->spells.events |= family->events;
	if (family->born)
		add_listener(w->of_births, listener);
	if (family->died)
		add_listener(w->of_deaths, listener);
}

void witness_settle(struct witness *w)
{
	const struct spells *s = &w->spells;
	hear_stacks(w, &(struct told_stacks){s->stacks->stack, s->stacks->frame, s->stacks->n,
	                                     s->stacks->frames});
	w->origin_ns = s->origin_ns;
	w->first_ns = s->first_ns;
	w->last_ns = s->last_ns;
	w->sums = s->sums;
	w->procs = s->procs;
	w->gomaxprocs = s->gomaxprocs;
	w->running = s->running;
}

void witness_finish(struct witness *w)
{
	spells_finish(&w->spells);
	free(w->slot);
	memset(w, 0, sizeof *w);
}
