#include "doctor/locks.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

/* Since when a goroutine has had a lock that it waited for. */
struct acquired {
	uint64_t goroutine;
	uint32_t lock;
	bool let_go; /* it has woken somebody since */
	int64_t at_ns;
};

void locks_finish(struct locks *l)
{
	free(l->lock);
	free(l->acquired);
	idmap_finish(&l->of_function);
	lately_finish(&l->lately);
	memset(l, 0, sizeof *l);
}

void locks_restart(struct locks *l)
{
	locks_finish(l);
}

/* --- which lock ------------------------------------------------------------------------------- */

/* The function that calls the lock: whose lock it is. The runtime's own locks around descriptors
   are none of the program's. */
static uint32_t owner(const struct witness *w, uint32_t stack)
{
	static const char *const inside[] = {"sync.", "internal/sync.", "runtime."};
	if (stack == STACK_NONE)
		return NAME_NONE;
	const struct stack *s = &w->stacks->stack[stack - 1];
	for (uint32_t i = 0; i < s->frames; i++) {
		uint32_t function = w->stacks->frame[s->first + i].function;
		const char *name = names_text(w->names, function);
		bool is_inside = false;
		for (size_t k = 0; k < sizeof inside / sizeof *inside; k++)
			is_inside = is_inside || strncmp(name, inside[k], strlen(inside[k])) == 0;
		if (!is_inside)
			return strncmp(name, "internal/poll.", 14) == 0 ? NAME_NONE : function;
	}
	return NAME_NONE;
}

static uint32_t root(const struct locks *l, uint32_t i)
{
	while (l->lock[i].same_as != i)
		i = l->lock[i].same_as;
	return i;
}

static uint32_t find(const struct locks *l, uint32_t function)
{
	uint32_t i = function == NAME_NONE ? IDMAP_NONE : idmap_get(&l->of_function, function);
	return i == IDMAP_NONE ? LOCK_NONE : root(l, i);
}

/* LOCK_NONE: there is no room for more. */
static bool find_or_add(struct locks *l, uint32_t function, uint32_t *lock)
{
	*lock = find(l, function);
	if (*lock != LOCK_NONE || l->n == LOCKS_MOST || function == NAME_NONE)
		return true;
	uint32_t i = (uint32_t)l->n;
	if (!wire_grow(&l->lock, &l->capacity, l->n, sizeof *l->lock) ||
	    !idmap_put(&l->of_function, function, i))
		return false;
	l->lock[l->n++] = (struct lock){.same_as = i, .function = function, .first_ns = INT64_MAX};
	*lock = i;
	return true;
}

/* By where it stands; when there is no room, the least of them goes. */
static void add_place(struct lock_place place[static LOCK_PLACES], const struct lock_place *more)
{
	size_t least = 0;
	for (size_t i = 0; i < LOCK_PLACES; i++) {
		if (place[i].count && place[i].stack == more->stack && place[i].class == more->class) {
			place[i].count += more->count;
			add_ns(&place[i].ns, more->ns);
			return;
		}
		if (place[i].ns < place[least].ns || (place[i].count == 0 && place[least].count))
			least = i;
	}
	if (place[least].count == 0 || place[least].ns < more->ns)
		place[least] = *more;
}

static void add_longest(struct lock *lock, uint64_t goroutine, int64_t begin_ns, int64_t ns)
{
	if (ns <= lock->longest_ns)
		return;
	lock->longest_goroutine = goroutine;
	lock->longest_begin_ns = begin_ns;
	lock->longest_ns = ns;
}

static void merge(struct lock *to, const struct lock *from)
{
	to->waits += from->waits;
	add_ns(&to->waited_ns, from->waited_ns);
	add_ns(&to->alone_ns, from->alone_ns);
	add_ns(&to->idle_ns, from->idle_ns);
	cover_merge(&to->waited_for, &from->waited_for);
	cover_merge(&to->sure, &from->sure);
	add_ns(&to->sure_ns, from->sure_ns);
	add_longest(to, from->longest_goroutine, from->longest_begin_ns, from->longest_ns);
	if (from->first_ns < to->first_ns)
		to->first_ns = from->first_ns;
	to->holds += from->holds;
	add_ns(&to->held_ns, from->held_ns);
	add_ns(&to->running_ns, from->running_ns);
	for (size_t i = 0; i < SPELL_CLASSES; i++)
		add_ns(&to->blocked_ns[i], from->blocked_ns[i]);
	for (size_t i = 0; i < LOCK_PLACES; i++) {
		if (from->blocked[i].count)
			add_place(to->blocked, &from->blocked[i]);
		if (from->unlock[i].count)
			add_place(to->unlock, &from->unlock[i]);
	}
}

/* Who waits in one function is woken by who unlocks in the other. */
static bool join(struct locks *l, uint32_t *lock, uint32_t function)
{
	if (function == NAME_NONE)
		return true;
	uint32_t other = find(l, function);
	if (other == LOCK_NONE)
		return l->n == LOCKS_MOST || idmap_put(&l->of_function, function, *lock);
	if (other == *lock)
		return true;
	/* The older one stays: it has more. */
	uint32_t to = other < *lock ? other : *lock, from = other < *lock ? *lock : other;
	merge(&l->lock[to], &l->lock[from]);
	l->lock[from].same_as = to;
	*lock = to;
	return true;
}

uint32_t locks_of_stack(const struct locks *l, const struct witness *w, uint32_t stack)
{
	return find(l, owner(w, stack));
}

/* --- holders ---------------------------------------------------------------------------------- */

static bool note_acquired(struct locks *l, uint32_t slot, uint64_t goroutine, uint32_t lock,
                          int64_t at_ns)
{
	if (slot >= LATELY_GOROUTINES)
		return true;
	if (!SLOTS_FIT(l->acquired, l->acquired_slots, (size_t)slot + 1, NULL))
		return false;
	l->acquired[slot] = (struct acquired){goroutine, lock, false, at_ns};
	return true;
}

/* What somebody who runs has surely run for since then: it may have been blocked before its burst
   began, too shortly to be noted. */
static int64_t known_running_ns(const struct witness *w, uint32_t slot, int64_t since_ns,
                                int64_t now_ns)
{
	const struct witness_goroutine *g = &w->slot[slot];
	if (g->state != GO_RUNNING || g->burst_since_ns == INT64_MIN)
		return 0;
	int64_t ns = g->burst_ns;
	add_ns(&ns, elapsed_ns(g->since_ns, now_ns));
	int64_t most = elapsed_ns(since_ns, now_ns);
	return ns < most ? ns : most;
}

/* Who got the lock by waiting for it and wakes somebody for the first time since has held it in
   between: these holds don't overlap unless there are several locks. */
static void add_sure_hold(struct locks *l, uint32_t lock, const struct spell *wait)
{
	if (wait->waker_slot >= l->acquired_slots)
		return;
	struct acquired *a = &l->acquired[wait->waker_slot];
	if (a->goroutine != wait->waker || a->let_go || root(l, a->lock) != lock)
		return;
	a->let_go = true;
	int64_t since_ns = a->at_ns > wait->begin_ns ? a->at_ns : wait->begin_ns;
	add_ns(&l->lock[lock].sure_ns, elapsed_ns(since_ns, wait->end_ns));
	cover_add(&l->lock[lock].sure, since_ns, wait->end_ns);
}

/* The holder has had the lock since the wait began, or since its own wait for it ended. */
static void add_hold(struct locks *l, const struct witness *w, uint32_t lock,
                     const struct spell *wait)
{
	int64_t since_ns = wait->begin_ns;
	if (wait->waker_slot < l->acquired_slots) {
		const struct acquired *a = &l->acquired[wait->waker_slot];
		if (a->goroutine == wait->waker && a->at_ns > since_ns && root(l, a->lock) == lock)
			since_ns = a->at_ns;
	}
	struct lately_view view;
	lately_look(&l->lately, wait->waker_slot, wait->waker, since_ns, wait->end_ns, &view);
	struct lock *to = &l->lock[lock];
	int64_t running_ns = known_running_ns(w, wait->waker_slot, view.begin_ns, wait->end_ns);
	to->holds++;
	add_ns(&to->held_ns, elapsed_ns(view.begin_ns, view.end_ns));
	add_ns(&to->running_ns, running_ns < view.running_ns ? running_ns : view.running_ns);
	for (unsigned i = 0; i < view.spells; i++) {
		const struct lately_spell *s = &view.spell[i];
		int64_t ns = elapsed_ns(s->begin_ns, s->end_ns);
		add_ns(&to->blocked_ns[s->class], ns);
		if (s->class != SPELL_RUNNABLE)
			add_place(to->blocked, &(struct lock_place){s->stack, s->class, 1, ns});
	}
	add_place(to->unlock, &(struct lock_place){wait->waker_stack, SPELL_RUNNING, 1,
	                                           elapsed_ns(view.begin_ns, view.end_ns)});
}

bool locks_wait(struct locks *l, const struct witness *w, uint32_t slot, const struct spell *s)
{
	uint32_t lock;
	if (!find_or_add(l, owner(w, s->stack), &lock))
		return false;
	if (lock == LOCK_NONE)
		return true;
	bool known = s->waker_slot != TRACE_NONE && w->slot[s->waker_slot].counts;
	if (known && !join(l, &lock, owner(w, s->waker_stack)))
		return false;
	struct lock *to = &l->lock[lock];
	to->waits++;
	add_ns(&to->waited_ns, s->ns);
	add_ns(&to->alone_ns, s->during.alone);
	add_ns(&to->idle_ns, s->during.idle);
	cover_add(&to->waited_for, s->begin_ns, s->end_ns);
	add_longest(to, w->slot[slot].id, s->begin_ns, s->ns);
	if (s->begin_ns < to->first_ns)
		to->first_ns = s->begin_ns;
	if (known) {
		add_hold(l, w, lock, s);
		add_sure_hold(l, lock, s);
	}
	return s->open || note_acquired(l, slot, w->slot[slot].id, lock, s->end_ns);
}
