#include "doctor/witness.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"

/* As in states.c: events lie in the cache of the processor that made them. */
enum { AHEAD = 32 };

#define NO_BURST INT64_MIN

void witness_listen(struct witness *w, const struct trace_family *family, void *self)
{
	if (w->listeners == WITNESS_FAMILIES)
		return;
	if (w->listeners == 0)
		for (unsigned i = 0; i < SPELL_CLASSES; i++)
			w->least_ns[i] = INT64_MAX;
	w->listener[w->listeners++] = (struct witness_listener){family, self};
	for (unsigned i = 0; i < SPELL_CLASSES && family->spell; i++) {
		if (family->least_ns[i] <= 0)
			continue;
		w->wants[i][w->wanting[i]++] = (uint8_t)(w->listeners - 1);
		if (family->least_ns[i] < w->least_ns[i])
			w->least_ns[i] = family->least_ns[i];
	}
	if (family->event)
		w->events |= family->events;
	w->lives |= family->born || family->died;
}

void witness_finish(struct witness *w)
{
	free(w->slot);
	free(w->proc);
	free(w->class_of);
	memset(w, 0, sizeof *w);
}

/* --- names ---------------------------------------------------------------------------------- */

static uint8_t class_of_text(const char *reason)
{
	static const struct {
		const char *reason;
		uint8_t class;
	} known[] = {
		{"sync", SPELL_LOCK},      {"sync.(*Cond).Wait", SPELL_COND},
		{"chan send", SPELL_SEND}, {"chan receive", SPELL_RECEIVE},
		{"select", SPELL_SELECT},  {"network", SPELL_NETWORK},
		{"sleep", SPELL_SLEEP},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(reason, known[i].reason) == 0)
			return known[i].class;
	return SPELL_WAIT;
}

/* A name's class is looked up once, for those whose numbers are small: those a trace begins with.
 */
static uint8_t class_of_reason(struct witness *w, uint32_t reason)
{
	enum { MOST = 1 << 20 };
	if (reason < w->class_limit && w->class_of[reason])
		return (uint8_t)(w->class_of[reason] - 1);
	uint8_t class = class_of_text(names_text(w->names, reason));
	if (reason < MOST && SLOTS_FIT(w->class_of, w->class_limit, (size_t)reason + 1, NULL))
		w->class_of[reason] = (uint8_t)(class + 1);
	return class;
}

/* Goroutines of the runtime, and those that write the trace down. */
static bool is_system(const char *function)
{
	static const char *const prefixes[] = {"runtime.", "runtime/trace.", "schedtop/agent."};
	if (strcmp(function, "runtime.main") == 0)
		return false;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* --- time and levels -------------------------------------------------------------------------- */

/* What is so at an event, as the walk has it in registers. */
struct now {
	int64_t time_ns;
	struct witness_sums sums;
	int64_t alone, starved, idle; /* is it so? All bits, or none */
	unsigned running, runnable;
};

static inline void set_levels(struct now *now)
{
	now->alone = -(int64_t)(now->running == 1);
	now->starved = -(int64_t)(now->runnable > 0) & ~now->idle;
}

static inline struct now take_up(const struct witness *w)
{
	struct now now = {
		.time_ns = w->last_ns,
		.sums = w->sums,
		.idle = -(int64_t)w->procs_idle,
		.running = w->running,
		.runnable = w->runnable,
	};
	set_levels(&now);
	return now;
}

static inline void put_down(struct witness *w, const struct now *now)
{
	w->last_ns = now->time_ns;
	w->sums = now->sums;
	w->running = now->running;
	w->runnable = now->runnable;
}

/* Comes before whatever happens at that time. */
static inline void pass_time(struct now *now, int64_t time_ns)
{
	int64_t ns = time_ns - now->time_ns;
	now->time_ns = time_ns;
	now->sums.alone += ns & now->alone;
	now->sums.starved += ns & now->starved;
	now->sums.idle += ns & now->idle;
}

static inline void change_runnable(struct now *now, unsigned by)
{
	now->runnable += by;
	now->starved = -(int64_t)(now->runnable > 0) & ~now->idle;
}

static inline void change_running(struct now *now, unsigned by)
{
	now->running += by;
	now->alone = -(int64_t)(now->running == 1);
}

static void pass_time_to(struct witness *w, int64_t time_ns)
{
	struct now now = take_up(w);
	pass_time(&now, time_ns);
	put_down(w, &now);
}

static void change_level(struct witness *w, uint8_t state, unsigned by)
{
	struct now now = take_up(w);
	if (state == GO_RUNNING)
		change_running(&now, by);
	else if (state == GO_RUNNABLE)
		change_runnable(&now, by);
	put_down(w, &now);
}

/* What is told of a goroutine that nobody has heard of may be late by itself. */
static void __attribute__((noinline))
tell_silence(const struct witness *w, const struct trace_event *e)
{
	if (!w->running || e->type == EV_GO_STATUS || e->type == EV_GO_STATUS_STACK)
		return;
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->silence)
			w->listener[i].family->silence(w->listener[i].self, w, w->last_ns, e->time_ns);
}

/* Before a change that the event tells of. */
static inline void advance(struct witness *w, struct now *now, const struct trace_event *e)
{
	if (__builtin_expect(e->time_ns - now->time_ns >= WITNESS_SILENCE_NS, 0)) {
		put_down(w, now);
		tell_silence(w, e);
	}
	pass_time(now, e->time_ns);
}

/* The same where there is time enough. */
static void advance_to(struct witness *w, const struct trace_event *e)
{
	struct now now = take_up(w);
	advance(w, &now, e);
	put_down(w, &now);
}

static void count_idle_procs(struct witness *w)
{
	uint64_t available = w->gomaxprocs ? w->gomaxprocs : w->procs;
	w->procs_idle = w->procs_running < available;
}

static bool prepare_procs(struct witness *w, const struct trace_block *block)
{
	static const uint8_t blank = PROC_BAD;
	return SLOTS_FIT(w->proc, w->proc_slots, block->procs, &blank);
}

static void change_proc(struct witness *w, const struct trace_event *e)
{
	uint8_t *proc = &w->proc[e->subject];
	uint8_t now = e->to == PROC_RUNNING ? PROC_RUNNING : PROC_IDLE;
	w->procs += *proc == PROC_BAD;
	w->procs_running += (unsigned)(now == PROC_RUNNING) - (unsigned)(*proc == PROC_RUNNING);
	*proc = now;
	count_idle_procs(w);
}

/* --- telling the families --------------------------------------------------------------------- */

static uint32_t stack_number(const struct witness *w, uint64_t id)
{
	return id && w->block ? stacks_number(w->stacks, w->block, id) : STACK_NONE;
}

/* `at` is a stack's ID, or its number where the ID's generation is over. */
#define SETTLED (UINT64_C(1) << 63)

static uint32_t stack_of(const struct witness *w, const struct witness_goroutine *g)
{
	return g->at & SETTLED ? (uint32_t)g->at : stack_number(w, g->at);
}

uint32_t witness_stack(const struct witness *w, uint32_t slot)
{
	uint32_t number = stack_of(w, &w->slot[slot]);
	return number == STACK_ERROR ? STACK_NONE : number;
}

static int64_t part_of(int64_t now, int64_t since, int64_t most)
{
	int64_t ns = now - since;
	return ns < most ? ns : most;
}

static bool add_sums(const struct witness *w, struct spell *s, const struct witness_sums *since)
{
	int64_t most = bounded_elapsed_ns(s->begin_ns, s->end_ns);
	if (s->stack == STACK_ERROR || s->waker_stack == STACK_ERROR)
		return false;
	s->during.alone = part_of(w->sums.alone, since->alone, most);
	s->during.starved = part_of(w->sums.starved, since->starved, most);
	s->during.idle = part_of(w->sums.idle, since->idle, most);
	return true;
}

static bool tell(const struct witness *w, uint32_t slot, const struct spell *s)
{
	for (unsigned i = 0; i < w->wanting[s->class]; i++) {
		const struct witness_listener *l = &w->listener[w->wants[s->class][i]];
		if (s->ns >= l->family->least_ns[s->class] && !l->family->spell(l->self, w, slot, s))
			return false;
	}
	return true;
}

/* Who made it runnable, unless its slot is another's by now. */
static uint32_t waker_of_runnable(const struct witness *w, const struct witness_goroutine *g)
{
	bool known = g->waker_slot != TRACE_NONE && w->slot[g->waker_slot].born_ns <= g->since_ns;
	return known ? g->waker_slot : TRACE_NONE;
}

/* What the goroutine's state was until now. Without an event the trace cut it off. `s` is filled
   member by member: what is written in pieces and then copied makes the processor wait. */
static bool describe(const struct witness *w, uint32_t slot, const struct trace_event *e,
                     int64_t now_ns, struct spell *s)
{
	const struct witness_goroutine *g = &w->slot[slot];
	s->class = g->class;
	s->open = !e;
	s->cut = g->cut;
	s->lost_p = g->state == GO_SYSCALL && e && e->to == GO_RUNNABLE;
	s->begin_ns = g->since_ns;
	s->end_ns = now_ns;
	s->ns = bounded_elapsed_ns(g->since_ns, now_ns);
	s->reason = g->state == GO_WAITING ? g->reason : NAME_NONE;
	if (g->state == GO_RUNNING)
		s->stack = e && e->g == slot ? stack_number(w, e->arg[2]) : STACK_NONE;
	else
		s->stack = stack_of(w, g);
	uint32_t waker = TRACE_NONE;
	if (g->state == GO_WAITING && e && e->g != slot)
		waker = e->g;
	else if (g->state == GO_RUNNABLE)
		waker = waker_of_runnable(w, g);
	s->waker_slot = waker;
	s->waker = waker != TRACE_NONE ? w->slot[waker].id : 0;
	s->waker_stack = STACK_NONE;
	const unsigned explained = 1U << SPELL_LOCK | 1U << SPELL_SEND | 1U << SPELL_SELECT;
	if (e && waker != TRACE_NONE && explained >> g->class & 1)
		s->waker_stack = stack_number(w, e->arg[2]);
	return add_sums(w, s, &g->since);
}

static bool __attribute__((noinline))
tell_spell(const struct witness *w, uint32_t slot, const struct trace_event *e, int64_t now_ns)
{
	struct spell s;
	return describe(w, slot, e, now_ns, &s) && tell(w, slot, &s);
}

static bool __attribute__((noinline))
tell_burst(const struct witness *w, uint32_t slot, const struct trace_event *e, int64_t now_ns)
{
	const struct witness_goroutine *g = &w->slot[slot];
	struct spell s = {
		.class = SPELL_BURST,
		.open = !e,
		.cut = g->burst_cut,
		.begin_ns = g->burst_since_ns,
		.end_ns = now_ns,
		.ns = g->burst_ns,
		.stack = g->burst_stack,
		.waker_slot = TRACE_NONE,
	};
	if (s.stack == STACK_NONE && g->state == GO_RUNNING && e && e->g == slot)
		s.stack = stack_number(w, e->arg[2]);
	else if (s.stack == STACK_NONE)
		s.stack = witness_stack(w, slot);
	return add_sums(w, &s, &g->burst_since) && tell(w, slot, &s);
}

/* `now` is the witness's own, or what the walk has of it in registers. */
static inline bool end_spell(struct witness *w, const struct now *now,
                             const struct witness_goroutine *g, const struct trace_event *e,
                             uint8_t class)
{
	if (__builtin_expect(bounded_elapsed_ns(g->since_ns, e->at_ns) < w->least_ns[class], 1))
		return true;
	put_down(w, now);
	return tell_spell(w, e->subject, e, e->at_ns);
}

static inline bool end_burst(struct witness *w, const struct now *now, struct witness_goroutine *g,
                             const struct trace_event *e, int64_t at_ns)
{
	bool ok = true;
	if (__builtin_expect(g->burst_ns >= w->least_ns[SPELL_BURST], 0) &&
	    g->burst_since_ns != NO_BURST) {
		put_down(w, now);
		ok = tell_burst(w, e->subject, e, at_ns);
	}
	g->burst_since_ns = NO_BURST;
	return ok;
}

/* --- transitions ------------------------------------------------------------------------------ */

static inline void begin(const struct now *now, struct witness_goroutine *g, int64_t at_ns,
                         uint8_t state, uint8_t class, uint64_t at)
{
	g->since_ns = at_ns;
	g->since = now->sums;
	g->state = state;
	g->class = class;
	g->at = at;
	g->cut = false;
}

static inline void begin_running(const struct now *now, struct witness_goroutine *g, int64_t at_ns)
{
	begin(now, g, at_ns, GO_RUNNING, SPELL_RUNNING, 0);
	if (g->burst_since_ns != NO_BURST)
		return;
	g->burst_since_ns = at_ns;
	g->burst_since = now->sums;
	g->burst_ns = 0;
	g->burst_stack = STACK_NONE;
	g->burst_cut = false;
	g->bursts++;
}

static inline uint32_t waker_of(const struct trace_event *e)
{
	return e->g != e->subject ? e->g : TRACE_NONE;
}

static inline bool end_running(struct witness *w, const struct now *now,
                               struct witness_goroutine *g, const struct trace_event *e)
{
	add_ns(&g->burst_ns, bounded_elapsed_ns(g->since_ns, e->at_ns));
	return end_spell(w, now, g, e, SPELL_RUNNING);
}

/* A goroutine that is preempted in a function without a frame shows no more than that. */
static bool is_preemption(const char *function)
{
	static const char prefix[] = "runtime.asyncPreempt";
	return strncmp(function, prefix, sizeof prefix - 1) == 0;
}

/* A stack of its own shows at its root where it started. */
static bool learn_function(struct witness *w, struct witness_goroutine *g, uint64_t stack)
{
	uint32_t number = stack_number(w, stack);
	if (number == STACK_ERROR)
		return false;
	if (number == STACK_NONE)
		return true;
	const struct stack *s = &w->stacks->stack[number - 1];
	uint32_t function = w->stacks->frame[s->first + s->frames - 1].function;
	if (is_preemption(names_text(w->names, function)))
		return true; /* another stack will tell */
	g->function = function;
	change_level(w, g->state, -(unsigned)g->counts);
	g->counts = !is_system(names_text(w->names, g->function));
	change_level(w, g->state, g->counts);
	return true;
}

static bool tell_birth(const struct witness *w, uint32_t slot, uint32_t creator)
{
	for (unsigned i = 0; w->lives && i < w->listeners; i++) {
		const struct trace_family *family = w->listener[i].family;
		if (family->born && !family->born(w->listener[i].self, w, slot, creator))
			return false;
	}
	return true;
}

static bool tell_death(const struct witness *w, const struct trace_event *e)
{
	for (unsigned i = 0; w->lives && i < w->listeners; i++) {
		const struct trace_family *family = w->listener[i].family;
		if (family->died && !family->died(w->listener[i].self, w, e->subject, e->at_ns))
			return false;
	}
	return true;
}

/* The first that is heard of it. */
static bool meet(struct witness *w, struct witness_goroutine *g, const struct trace_event *e)
{
	bool created = e->from == TRACE_NOT_EXIST;
	*g = (struct witness_goroutine){
		.id = w->block->goroutine[e->subject].id,
		.state = e->to,
		.counts = 1,
		.cut = !created,
		.created = created,
		.since_ns = trace_since(w->block, e),
		.born_ns = trace_since(w->block, e),
		.since = w->sums,
		.burst_since_ns = NO_BURST,
		.waker_slot = TRACE_NONE,
	};
	change_level(w, g->state, g->counts);
	switch (e->to) {
	case GO_RUNNING:
		g->class = SPELL_RUNNING;
		g->burst_since_ns = g->since_ns;
		g->burst_since = w->sums;
		g->burst_cut = true;
		break;
	case GO_SYSCALL:
		g->class = SPELL_SYSCALL;
		break;
	case GO_RUNNABLE:
		g->class = SPELL_RUNNABLE;
		break;
	default:
		g->class = SPELL_WAIT;
		break;
	}
	if (e->type == EV_GO_STATUS_STACK || e->type == EV_GO_CREATE)
		g->at = e->arg[2];
	if (e->type != EV_GO_CREATE && e->type != EV_GO_CREATE_BLOCKED)
		return true;
	g->waker_slot = waker_of(e);
	uint32_t stack = stack_number(w, e->arg[2]);
	if (stack == STACK_ERROR)
		return false;
	if (stack != STACK_NONE)
		g->creator = w->stacks->frame[w->stacks->stack[stack - 1].first].function;
	return learn_function(w, g, e->arg[0]) && tell_birth(w, e->subject, g->waker_slot);
}

/* Out of a state that it is known to be in, into any other. */
static bool move(struct witness *w, struct witness_goroutine *g, const struct trace_event *e)
{
	struct now now = take_up(w);
	bool ok = true;
	if (g->state == GO_RUNNING) {
		ok = end_running(w, &now, g, e);
		if (e->to == GO_RUNNABLE)
			g->burst_stack = stack_number(w, e->arg[2]);
		else if (e->to != GO_SYSCALL)
			ok = ok && end_burst(w, &now, g, e, e->at_ns);
	} else {
		ok = end_spell(w, &now, g, e, g->class);
		if (g->state == GO_SYSCALL && e->to != GO_RUNNING)
			ok = ok && end_burst(w, &now, g, e, g->since_ns);
	}
	change_level(w, g->state, -(unsigned)g->counts);
	change_level(w, e->to, g->counts);
	uint64_t stack = e->g == e->subject || g->state == GO_WAITING ? e->arg[2] : 0;
	switch (e->to) {
	case GO_RUNNING:
		begin_running(&now, g, e->at_ns);
		break;
	case GO_RUNNABLE:
		g->waker_slot = waker_of(e);
		begin(&now, g, e->at_ns, GO_RUNNABLE, SPELL_RUNNABLE, stack);
		break;
	case GO_SYSCALL:
		begin(&now, g, e->at_ns, GO_SYSCALL, SPELL_SYSCALL, stack);
		break;
	case GO_WAITING:
		g->reason = e->name;
		begin(&now, g, e->at_ns, GO_WAITING, class_of_reason(w, e->name), stack);
		break;
	default:
		g->state = TRACE_NOT_EXIST;
		ok = ok && tell_death(w, e);
		break;
	}
	return ok && g->burst_stack != STACK_ERROR;
}

/* Every case, at leisure. */
static bool __attribute__((noinline)) show_unusual(struct witness *w, const struct trace_event *e)
{
	struct witness_goroutine *g = &w->slot[e->subject];
	if (g->state == TRACE_NOT_EXIST) {
		if (!meet(w, g, e))
			return false;
	} else if (e->from != e->to) { /* else it only says again what is known */
		if (!move(w, g, e))
			return false;
		if (g->state == TRACE_NOT_EXIST)
			return true;
	}
	return g->function != NAME_NONE || e->arg[2] == 0 ||
	       (e->g != e->subject && e->type != EV_GO_STATUS_STACK) || learn_function(w, g, e->arg[2]);
}

/* What nearly all transitions are has a case of its own. false: no memory. */
static inline bool show(struct witness *w, struct now *now, const struct trace_event *e)
{
	struct witness_goroutine *g = &w->slot[e->subject];
	bool runs = g->state == GO_RUNNING && g->function != NAME_NONE, ok;
	switch (e->type) {
	case EV_GO_START:
		if (g->state != GO_RUNNABLE)
			break;
		ok = end_spell(w, now, g, e, SPELL_RUNNABLE);
		change_runnable(now, -(unsigned)g->counts);
		change_running(now, g->counts);
		begin_running(now, g, e->at_ns);
		return ok;
	case EV_GO_BLOCK:
		if (!runs || e->name >= w->class_limit || !w->class_of[e->name])
			break;
		ok = end_running(w, now, g, e) && end_burst(w, now, g, e, e->at_ns);
		change_running(now, -(unsigned)g->counts);
		g->reason = e->name;
		begin(now, g, e->at_ns, GO_WAITING, (uint8_t)(w->class_of[e->name] - 1), e->arg[2]);
		return ok;
	case EV_GO_UNBLOCK:
		if (g->state != GO_WAITING)
			break;
		ok = end_spell(w, now, g, e, g->class);
		change_runnable(now, g->counts);
		g->waker_slot = waker_of(e);
		begin(now, g, e->at_ns, GO_RUNNABLE, SPELL_RUNNABLE, e->arg[2]);
		return ok;
	case EV_GO_SYSCALL_BEGIN:
		if (!runs)
			break;
		ok = end_running(w, now, g, e);
		change_running(now, -(unsigned)g->counts);
		begin(now, g, e->at_ns, GO_SYSCALL, SPELL_SYSCALL, e->arg[2]);
		return ok;
	case EV_GO_SYSCALL_END:
		if (g->state != GO_SYSCALL)
			break;
		ok = end_spell(w, now, g, e, SPELL_SYSCALL);
		change_running(now, g->counts);
		begin_running(now, g, e->at_ns);
		return ok;
	default:
		break;
	}
	put_down(w, now);
	ok = show_unusual(w, e);
	*now = take_up(w);
	return ok;
}

/* --- the visitor ------------------------------------------------------------------------------ */

static bool show_other(struct witness *w, const struct trace_block *block,
                       const struct trace_event *e)
{
	if (e->type >= EV_PROCS_CHANGE && e->type <= EV_PROC_STATUS) {
		advance_to(w, e);
		if (e->type == EV_PROCS_CHANGE) {
			w->gomaxprocs = e->arg[0];
			count_idle_procs(w);
		} else {
			change_proc(w, e);
		}
	}
	if (e->type >= 64 || !(w->events & EV_BIT(e->type)))
		return true;
	pass_time_to(w, e->time_ns);
	for (unsigned i = 0; i < w->listeners; i++) {
		const struct trace_family *family = w->listener[i].family;
		if (family->event && family->events & EV_BIT(e->type) &&
		    !family->event(w->listener[i].self, w, block, e))
			return false;
	}
	return true;
}

/* Each slot begins where a line of the cache does. */
static bool add_slots(struct witness *w, size_t least)
{
	enum { LINE = 64 };
	_Static_assert(sizeof *w->slot % LINE == 0, "slots are lines");
	size_t n = w->slots ? w->slots : 64;
	while (n < least)
		n *= 2;
	if (n > SIZE_MAX / sizeof *w->slot)
		return false;
	struct witness_goroutine *slot = aligned_alloc(LINE, n * sizeof *slot);
	if (!slot)
		return false;
	if (w->slots)
		memcpy(slot, w->slot, w->slots * sizeof *slot);
	free(w->slot);
	w->slot = slot;
	for (; w->slots < n; w->slots++)
		w->slot[w->slots] = (struct witness_goroutine){.state = TRACE_NOT_EXIST};
	return true;
}

static bool prepare(struct witness *w, const struct trace_block *block)
{
	if (!prepare_procs(w, block))
		return false;
	if (block->goroutines > w->slots && !add_slots(w, block->goroutines))
		return false;
	if (w->gomaxprocs == 0 && block->gomaxprocs) {
		w->gomaxprocs = block->gomaxprocs;
		count_idle_procs(w);
	}
	return true;
}

static bool walk(struct witness *w, const struct trace_block *block)
{
	for (size_t i = 0; i <= block->others; i++) {
		const struct trace_event *e = trace_stretch_begin(block, i);
		struct now now = take_up(w);
		for (const struct trace_event *end = trace_stretch_end(block, i); e < end; e++) {
			__builtin_prefetch((const void *)((uintptr_t)e + AHEAD * sizeof *e));
			advance(w, &now, e);
			if (__builtin_expect(!show(w, &now, e), 0))
				return false;
		}
		put_down(w, &now);
		if (i < block->others && !show_other(w, block, e))
			return false;
	}
	return true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct witness *w = self;
	if (block->events == 0)
		return true;
	if (!prepare(w, block))
		return false;
	w->block = block;
	if (!w->begun) {
		w->begun = w->lost = true;
		w->origin_ns = w->first_ns = block->event[0].at_ns;
	}
	if (w->lost) {
		w->lost = false;
		w->last_ns = block->event[0].time_ns;
	}
	return walk(w, block);
}

/* IDs of stacks end with their generation: whoever goes on to wait keeps a number. */
static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct witness *w = self;
	w->block = block;
	for (size_t i = 0; i < w->slots; i++) {
		struct witness_goroutine *g = &w->slot[i];
		if (g->state == TRACE_NOT_EXIST || g->at == 0)
			continue;
		uint32_t number = stack_of(w, g);
		if (number == STACK_ERROR)
			return false;
		g->at = SETTLED | number;
	}
	return true;
}

/* Nothing goes on. Out of memory here loses what is open; there is nobody left to tell. */
static void close_all(struct witness *w, int64_t time_ns)
{
	for (uint32_t i = 0; i < w->slots; i++) {
		struct witness_goroutine *g = &w->slot[i];
		if (g->state == TRACE_NOT_EXIST)
			continue;
		int64_t ns = bounded_elapsed_ns(g->since_ns, time_ns);
		if (g->state == GO_RUNNING)
			add_ns(&g->burst_ns, ns);
		if (ns >= w->least_ns[g->class])
			tell_spell(w, i, NULL, time_ns);
		if (g->burst_since_ns != NO_BURST && g->burst_ns >= w->least_ns[SPELL_BURST])
			tell_burst(w, i, NULL, time_ns);
	}
	for (size_t i = 0; i < w->slots; i++)
		w->slot[i].state = TRACE_NOT_EXIST;
	change_level(w, GO_RUNNING, -w->running);
	change_level(w, GO_RUNNABLE, -w->runnable);
}

static void on_gap(void *self, int64_t time_ns)
{
	struct witness *w = self;
	w->block = NULL;
	close_all(w, time_ns);
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->gap)
			w->listener[i].family->gap(w->listener[i].self);
	for (size_t i = 0; i < w->proc_slots; i++)
		w->proc[i] = PROC_BAD;
	w->procs = w->procs_running = 0;
	count_idle_procs(w);
	w->lost = true;
}

/* Who is still there when all is over. */
static void tell_left(const struct witness *w, int64_t time_ns)
{
	for (uint32_t slot = 0; slot < w->slots; slot++) {
		struct spell s;
		if (w->slot[slot].state == TRACE_NOT_EXIST || !describe(w, slot, NULL, time_ns, &s))
			continue;
		for (unsigned i = 0; i < w->listeners; i++)
			if (w->listener[i].family->left)
				w->listener[i].family->left(w->listener[i].self, w, slot, &s);
	}
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct witness *w = self;
	w->block = block;
	if (w->begun && !w->lost && time_ns > w->last_ns)
		pass_time_to(w, time_ns);
	for (size_t i = 0; i < w->slots; i++)
		if (w->slot[i].state != TRACE_NOT_EXIST)
			w->slot[i].at_end = w->slot[i].state;
	tell_left(w, time_ns);
	close_all(w, time_ns);
	w->block = NULL;
}

void witness_restart(void *self, int64_t time_ns)
{
	struct witness *w = self;
	w->begun = true;
	w->first_ns = w->last_ns = time_ns;
	w->sums = (struct witness_sums){0};
	for (size_t i = 0; i < w->slots; i++) {
		struct witness_goroutine *g = &w->slot[i];
		g->since_ns = time_ns;
		g->since = w->sums;
		g->cut = true;
		g->created = false;
		g->born_ns = time_ns;
		g->bursts = 0;
		if (g->burst_since_ns == NO_BURST)
			continue;
		g->burst_since_ns = time_ns;
		g->burst_since = w->sums;
		g->burst_ns = 0;
		g->burst_cut = true;
	}
	for (unsigned i = 0; i < w->listeners; i++)
		if (w->listener[i].family->restart)
			w->listener[i].family->restart(w->listener[i].self, time_ns);
}

struct trace_visitor witness_visitor(struct witness *witness)
{
	return (struct trace_visitor){.self = witness,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}
