#include "trace/spells.h"

#include <stdlib.h>
#include <string.h>

void spells_finish(struct spells *s)
{
	relay_finish(&s->relay);
	free(s->slot);
	slots_touched_drop(&s->touched);
	free(s->proc);
	free(s->class_of);
	free(s->kind_of);
	memset(s, 0, sizeof *s);
}

/* --- names ---------------------------------------------------------------------------------- */

/* What is known of a name is kept for those whose numbers are small: those a trace begins with. */
enum { KNOWN_NAMES = 1 << 20 };

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

uint8_t spells_class_slow(struct spells *s, uint32_t reason)
{
	uint8_t class = class_of_text(names_text(s->names, reason));
	if (reason < KNOWN_NAMES && SLOTS_FIT(s->class_of, s->class_limit, (size_t)reason + 1, NULL))
		s->class_of[reason] = (uint8_t)(class + 1);
	return class;
}

/* Of the function that a goroutine starts with. */
enum function_kind {
	FUNCTION_UNSEEN,
	FUNCTION_OWN,
	FUNCTION_SYSTEM,     /* of the runtime, or what writes the trace down */
	FUNCTION_PREEMPTION, /* see stack_root_is_preemption */
};

static enum function_kind kind_of_text(const char *function)
{
	static const char *const prefixes[] = {"runtime.", "runtime/trace.", "schedtop/agent."};
	if (stack_root_is_preemption(function))
		return FUNCTION_PREEMPTION;
	if (strcmp(function, "runtime.main") == 0)
		return FUNCTION_OWN;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return FUNCTION_SYSTEM;
	return FUNCTION_OWN;
}

static enum function_kind kind_of(struct spells *s, uint32_t function)
{
	if (function < s->kind_limit && s->kind_of[function])
		return s->kind_of[function];
	enum function_kind kind = kind_of_text(names_text(s->names, function));
	if (function < KNOWN_NAMES && SLOTS_FIT(s->kind_of, s->kind_limit, (size_t)function + 1, NULL))
		s->kind_of[function] = (uint8_t)kind;
	return kind;
}

/* --- stacks ----------------------------------------------------------------------------------- */

/* A goroutine's stack is an ID, or its number where the ID's generation is over. So most need never
   be looked up. */
#define SETTLED (UINT64_C(1) << 63)

static inline uint32_t stack_number(const struct spells *s, uint64_t at)
{
	if (at & SETTLED)
		return (uint32_t)at;
	return at && s->block ? stacks_number(s->stacks, s->block, at) : STACK_NONE;
}

static bool settle(const struct spells *s, uint64_t *at)
{
	uint32_t number = *at ? stack_number(s, *at) : STACK_NONE;
	if (number == STACK_ERROR)
		return false;
	if (*at)
		*at = SETTLED | number;
	return true;
}

/* --- time and levels -------------------------------------------------------------------------- */

static void pass_time(struct spells *s, int64_t time_ns)
{
	struct spell_now now = spells_take_up(s);
	spells_pass_time(&now, time_ns);
	spells_put_down(s, &now);
}

static void change_level(struct spells *s, uint8_t state, unsigned by)
{
	s->running += state == GO_RUNNING ? by : 0;
	s->runnable += state == GO_RUNNABLE ? by : 0;
}

static void count_idle_procs(struct spells *s)
{
	uint64_t available = s->gomaxprocs ? s->gomaxprocs : s->procs;
	s->procs_idle = s->procs_running < available;
}

static void change_proc(struct spells *s, const struct trace_event *e)
{
	uint8_t *proc = &s->proc[e->subject];
	uint8_t now = e->to == PROC_RUNNING ? PROC_RUNNING : PROC_IDLE;
	s->procs += *proc == PROC_BAD;
	s->procs_running += (unsigned)(now == PROC_RUNNING) - (unsigned)(*proc == PROC_RUNNING);
	*proc = now;
	count_idle_procs(s);
}

/* --- taking down ------------------------------------------------------------------------------ */

/* Whoever listens may do so while the walk learns of more. */
static bool __attribute__((noinline)) tell_stacks(struct spells *s)
{
	struct told *told = relay_next(&s->relay);
	s->stacks_told = s->stacks->n;
	if (!told)
		return false;
	told->kind = TOLD_STACKS;
	told->stacks =
		(struct told_stacks){s->stacks->stack, s->stacks->frame, s->stacks->n, s->stacks->frames};
	return true;
}

/* Stacks that it speaks of are known by now. NULL: no memory. */
static inline struct told *take_down(struct spells *s, enum told_kind kind, uint32_t slot)
{
	if (__builtin_expect(s->stacks_told != s->stacks->n, 0) && !tell_stacks(s))
		return NULL;
	struct told *told = relay_next(&s->relay);
	if (!told)
		return NULL;
	told->kind = (uint8_t)kind;
	told->slot = slot;
	return told;
}

static inline struct told *take_down_goroutine(struct spells *s, enum told_kind kind, uint32_t slot)
{
	struct told *told = take_down(s, kind, slot);
	if (!told)
		return NULL;
	const struct spell_goroutine *g = &s->slot[slot];
	told->state = g->state;
	told->counts = g->counts;
	told->bursts = g->bursts;
	told->burst_since_ns = g->burst_since_ns;
	told->burst_ns = g->burst_ns;
	return told;
}

static bool tell_state(struct spells *s, uint32_t slot)
{
	struct told *told = take_down_goroutine(s, TOLD_STANDS, slot);
	if (told)
		told->since_ns = s->slot[slot].since_ns;
	return told;
}

static bool tell_goroutine(struct spells *s, enum told_kind kind, uint32_t slot, uint32_t creator)
{
	struct told *told = take_down_goroutine(s, kind, slot);
	const struct spell_goroutine *g = &s->slot[slot];
	if (told)
		told->goroutine = (struct told_goroutine){
			g->id, g->born_ns, g->function, creator, g->waker_slot, !g->cut,
		};
	return told;
}

static bool tell_clock(struct spells *s)
{
	struct told *told = take_down(s, TOLD_CLOCK, 0);
	if (told)
		told->times = (struct told_times){s->origin_ns, s->first_ns, s->last_ns, s->running};
	return told;
}

/* What is told of a goroutine that nobody has heard of may be late by itself. */
bool spells_tell_silence(struct spells *s, const struct trace_event *e)
{
	if (!s->running || e->type == EV_GO_STATUS || e->type == EV_GO_STATUS_STACK)
		return true;
	struct told *told = take_down(s, TOLD_SILENCE, 0);
	if (told)
		told->times = (struct told_times){s->origin_ns, s->last_ns, e->time_ns, s->running};
	return told;
}

static int64_t part_of(int64_t now, int64_t since, int64_t most)
{
	int64_t ns = now - since;
	return ns < most ? ns : most;
}

static void add_sums(const struct spells *s, struct spell *spell, const struct spell_sums *since)
{
	int64_t most = bounded_elapsed_ns(spell->begin_ns, spell->end_ns);
	spell->during.alone = part_of(s->sums.alone, since->alone, most);
	spell->during.starved = part_of(s->sums.starved, since->starved, most);
	spell->during.idle = part_of(s->sums.idle, since->idle, most);
}

/* Who ended its wait, or made it runnable; but a slot may be another's by now. */
static uint32_t waker_of(const struct spells *s, const struct spell_goroutine *g, uint32_t slot,
                         const struct trace_event *e)
{
	if (g->state == GO_WAITING)
		return e && e->g != slot ? e->g : TRACE_NONE;
	bool known = g->state == GO_RUNNABLE && g->waker_slot != TRACE_NONE &&
	             s->slot[g->waker_slot].born_ns <= g->since_ns;
	return known ? g->waker_slot : TRACE_NONE;
}

/* What the goroutine's state was until now. Without an event the trace cut it off. */
static bool describe(struct spells *s, enum told_kind kind, uint32_t slot,
                     const struct trace_event *e, int64_t now_ns)
{
	const struct spell_goroutine *g = &s->slot[slot];
	uint32_t waker = waker_of(s, g, slot, e);
	if (g->class == SPELL_LOCK && waker != TRACE_NONE && !tell_state(s, waker))
		return false;
	uint64_t at = g->state == GO_RUNNING ? (e && e->g == slot ? e->arg[2] : 0) : g->at;
	const unsigned explained = 1U << SPELL_LOCK | 1U << SPELL_SEND | 1U << SPELL_SELECT;
	bool explains = e && waker != TRACE_NONE && explained >> g->class & 1;
	uint32_t stack = stack_number(s, at), waker_stack = explains ? stack_number(s, e->arg[2]) : 0;
	bool ok = stack != STACK_ERROR && waker_stack != STACK_ERROR;
	struct told *told = ok ? take_down_goroutine(s, kind, slot) : NULL;
	if (!told)
		return false;
	struct spell *spell = &told->spell;
	spell->class = g->class;
	spell->open = !e;
	spell->cut = g->cut;
	spell->lost_p = g->state == GO_SYSCALL && e && e->to == GO_RUNNABLE;
	spell->begin_ns = g->since_ns;
	spell->end_ns = now_ns;
	spell->ns = bounded_elapsed_ns(g->since_ns, now_ns);
	spell->reason = g->state == GO_WAITING ? g->reason : NAME_NONE;
	spell->stack = stack;
	spell->waker_slot = waker;
	spell->waker = waker != TRACE_NONE ? s->slot[waker].id : 0;
	spell->waker_stack = waker_stack;
	add_sums(s, spell, &g->since);
	return true;
}

bool __attribute__((noinline)) spells_tell(struct spells *s, const struct trace_event *e)
{
	return describe(s, TOLD_SPELL, e->subject, e, e->at_ns);
}

static bool describe_burst(struct spells *s, uint32_t slot, const struct trace_event *e,
                           int64_t now_ns)
{
	const struct spell_goroutine *g = &s->slot[slot];
	uint32_t stack = stack_number(s, g->burst_at);
	if (stack == STACK_NONE && g->state == GO_RUNNING && e && e->g == slot)
		stack = stack_number(s, e->arg[2]);
	else if (stack == STACK_NONE)
		stack = stack_number(s, g->at);
	struct told *told = stack != STACK_ERROR ? take_down_goroutine(s, TOLD_SPELL, slot) : NULL;
	if (!told)
		return false;
	told->spell = (struct spell){
		.class = SPELL_BURST,
		.open = !e,
		.cut = g->burst_cut,
		.begin_ns = g->burst_since_ns,
		.end_ns = now_ns,
		.ns = g->burst_ns,
		.stack = stack,
		.waker_slot = TRACE_NONE,
	};
	add_sums(s, &told->spell, &g->burst_since);
	return true;
}

bool __attribute__((noinline))
spells_tell_burst(struct spells *s, const struct trace_event *e, int64_t end_ns)
{
	return describe_burst(s, e->subject, e, end_ns);
}

static bool tell_event(struct spells *s, const struct trace_event *e)
{
	uint32_t stack = stack_number(s, e->arg[2]);
	struct told *told = stack == STACK_ERROR ? NULL : take_down(s, TOLD_EVENT, e->subject);
	if (!told)
		return false;
	told->event = (struct told_event){*e, s->block->generation, s->block->since_ns};
	told->event.event.arg[2] = stack;
	return true;
}

/* --- transitions ------------------------------------------------------------------------------ */

/* A stack of its own shows at its root where it started. */
static bool learn_function(struct spells *s, struct spell_goroutine *g, uint64_t id)
{
	uint32_t number = stack_number(s, id);
	if (number == STACK_ERROR)
		return false;
	if (number == STACK_NONE)
		return true;
	const struct stack *stack = &s->stacks->stack[number - 1];
	uint32_t function = s->stacks->frame[stack->first + stack->frames - 1].function;
	enum function_kind kind = kind_of(s, function);
	if (kind == FUNCTION_PREEMPTION)
		return true; /* another stack will tell */
	g->function = function;
	change_level(s, g->state, -(unsigned)g->counts);
	g->counts = kind == FUNCTION_OWN;
	change_level(s, g->state, g->counts);
	return true;
}

static uint8_t class_of_state(uint8_t state)
{
	static const uint8_t class_of[] = {
		[GO_RUNNABLE] = SPELL_RUNNABLE,
		[GO_RUNNING] = SPELL_RUNNING,
		[GO_SYSCALL] = SPELL_SYSCALL,
	};
	return state == GO_RUNNABLE || state == GO_RUNNING || state == GO_SYSCALL ? class_of[state]
	                                                                          : SPELL_WAIT;
}

/* The first that is heard of it. */
static bool meet(struct spells *s, struct spell_goroutine *g, const struct trace_event *e)
{
	bool created = e->from == TRACE_NOT_EXIST;
	*g = (struct spell_goroutine){
		.id = s->block->goroutine[e->subject].id,
		.state = e->to,
		.class = class_of_state(e->to),
		.counts = 1,
		.cut = !created,
		.since_ns = trace_since(s->block, e),
		.born_ns = trace_since(s->block, e),
		.since = s->sums,
		.burst_since_ns = SPELLS_NO_BURST,
		.waker_slot = TRACE_NONE,
	};
	change_level(s, g->state, g->counts);
	if (e->to == GO_RUNNING) {
		g->burst_since_ns = g->since_ns;
		g->burst_since = s->sums;
		g->burst_cut = true;
	}
	if (e->type == EV_GO_STATUS_STACK || e->type == EV_GO_CREATE)
		g->at = e->arg[2];
	if (e->type != EV_GO_CREATE && e->type != EV_GO_CREATE_BLOCKED)
		return tell_goroutine(s, TOLD_MET, e->subject, NAME_NONE);
	g->waker_slot = spells_waker(e);
	uint32_t stack = stack_number(s, e->arg[2]);
	if (stack == STACK_ERROR)
		return false;
	uint32_t creator = NAME_NONE;
	if (stack != STACK_NONE)
		creator = s->stacks->frame[s->stacks->stack[stack - 1].first].function;
	return learn_function(s, g, e->arg[0]) && tell_goroutine(s, TOLD_BORN, e->subject, creator);
}

/* Out of a state that it is known to be in, into any other. */
static bool move(struct spells *s, struct spell_goroutine *g, const struct trace_event *e)
{
	struct spell_now now = spells_take_up(s);
	int64_t ns = bounded_elapsed_ns(g->since_ns, e->at_ns);
	bool ok = true;
	if (g->state == GO_RUNNING) {
		ok = spells_end_running(s, &now, g, e, ns);
		if (e->to == GO_RUNNABLE)
			g->burst_at = e->arg[2];
		else if (e->to != GO_SYSCALL)
			ok = ok && spells_end_burst(s, &now, g, e, e->at_ns);
	} else {
		ok = spells_end(s, &now, e, g->class, ns);
		if (g->state == GO_SYSCALL && e->to != GO_RUNNING)
			ok = ok && spells_end_burst(s, &now, g, e, g->since_ns);
	}
	change_level(s, g->state, -(unsigned)g->counts);
	change_level(s, e->to, g->counts);
	uint64_t stack = e->g == e->subject || g->state == GO_WAITING ? e->arg[2] : 0;
	switch (e->to) {
	case GO_RUNNING:
		spells_begin_running(&now, g, e->at_ns);
		return ok;
	case GO_RUNNABLE:
		g->waker_slot = spells_waker(e);
		spells_begin(&now, g, e->at_ns, GO_RUNNABLE, SPELL_RUNNABLE, stack);
		return ok;
	case GO_SYSCALL:
		spells_begin(&now, g, e->at_ns, GO_SYSCALL, SPELL_SYSCALL, stack);
		return ok;
	case GO_WAITING:
		g->reason = e->name;
		spells_begin(&now, g, e->at_ns, GO_WAITING, spells_class(s, e->name), stack);
		return ok;
	default:
		g->state = TRACE_NOT_EXIST;
		struct told *told = take_down_goroutine(s, TOLD_DEAD, e->subject);
		if (told)
			told->at_ns = e->at_ns;
		return ok && told;
	}
}

bool spells_transition(struct spells *s, const struct trace_event *e)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	if (g->state == TRACE_NOT_EXIST) {
		if (!meet(s, g, e))
			return false;
	} else if (e->from != e->to) { /* else it only says again what is known */
		if (!move(s, g, e))
			return false;
		if (g->state == TRACE_NOT_EXIST)
			return true;
	}
	uint64_t own = trace_own_stack(e);
	if (g->function != NAME_NONE || own == 0)
		return true;
	return learn_function(s, g, own) &&
	       (g->function == NAME_NONE || tell_goroutine(s, TOLD_FUNCTION, e->subject, NAME_NONE));
}

bool spells_other(struct spells *s, const struct trace_event *e)
{
	bool is_wanted = e->type < 64 && s->events & EV_BIT(e->type);
	if (e->type >= EV_PROCS_CHANGE && e->type <= EV_PROC_STATUS) {
		struct spell_now now = spells_take_up(s);
		if (!spells_advance(s, &now, e))
			return false;
		spells_put_down(s, &now);
		if (e->type != EV_PROCS_CHANGE) {
			change_proc(s, e);
		} else {
			s->gomaxprocs = e->arg[0];
			count_idle_procs(s);
		}
	} else if (is_wanted) {
		pass_time(s, e->time_ns);
	}
	return !is_wanted || tell_event(s, e);
}

/* --- the visitor ------------------------------------------------------------------------------ */

/* Each slot begins where a line of the cache does. */
static bool add_slots(struct spells *s, size_t least)
{
	enum { LINE = 64 };
	_Static_assert(sizeof *s->slot % LINE == 0, "slots are lines");
	size_t n = s->slots ? s->slots : 64;
	while (n < least)
		n *= 2;
	if (n > SIZE_MAX / sizeof *s->slot)
		return false;
	struct spell_goroutine *slot = aligned_alloc(LINE, n * sizeof *slot);
	if (!slot)
		return false;
	if (s->slots)
		memcpy(slot, s->slot, s->slots * sizeof *slot);
	free(s->slot);
	s->slot = slot;
	for (; s->slots < n; s->slots++)
		s->slot[s->slots] = (struct spell_goroutine){.state = TRACE_NOT_EXIST};
	return true;
}

bool spells_begin_block(struct spells *s, const struct trace_block *block)
{
	static const uint8_t blank = PROC_BAD;
	if (!SLOTS_FIT(s->proc, s->proc_slots, block->procs, &blank) ||
	    (block->goroutines > s->slots && !add_slots(s, block->goroutines)) ||
	    !slots_touched_fit(&s->touched, block->goroutines))
		return false;
	s->block = block;
	if (s->gomaxprocs == 0 && block->gomaxprocs) {
		s->gomaxprocs = block->gomaxprocs;
		count_idle_procs(s);
	}
	bool begins = !s->begun;
	if (begins) {
		s->begun = s->lost = true;
		s->origin_ns = s->first_ns = block->event[0].at_ns;
	}
	if (s->lost) {
		s->lost = false;
		s->last_ns = block->event[0].time_ns;
	}
	return !begins || tell_clock(s);
}

bool spells_end_block(struct spells *s)
{
	return relay_hand_over(&s->relay);
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct spells *s = self;
	if (block->events == 0)
		return true;
	if (!spells_begin_block(s, block))
		return false;
	for (size_t i = 0; i <= block->others; i++) {
		const struct trace_event *e = trace_stretch_begin(block, i);
		for (const struct trace_event *end = trace_stretch_end(block, i); e < end; e++) {
			struct spell_now now = spells_take_up(s);
			if (!spells_advance(s, &now, e))
				return false;
			spells_put_down(s, &now);
			slots_touch(&s->touched, e->subject);
			if (!spells_transition(s, e))
				return false;
		}
		if (i < block->others && !spells_other(s, e))
			return false;
	}
	return spells_end_block(s);
}

/* IDs of stacks end with their generation: whoever goes on to wait keeps a number. So do its
   strings, which events speak of. */
static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct spells *s = self;
	s->block = block;
	const struct slots_touched *touched = &s->touched;
	for (size_t i = slots_touched(touched, 0, s->slots); i < s->slots;
	     i = slots_touched(touched, i + 1, s->slots)) {
		struct spell_goroutine *g = &s->slot[i];
		if (g->state != TRACE_NOT_EXIST && !(settle(s, &g->at) && settle(s, &g->burst_at)))
			return false;
	}
	slots_touched_clear(&s->touched);
	return relay_flush(&s->relay);
}

/* Nothing goes on. Out of memory here loses what is open; there is nobody left to tell. */
static void close_all(struct spells *s, int64_t time_ns)
{
	for (uint32_t i = 0; i < s->slots; i++) {
		struct spell_goroutine *g = &s->slot[i];
		if (g->state == TRACE_NOT_EXIST)
			continue;
		int64_t ns = bounded_elapsed_ns(g->since_ns, time_ns);
		if (g->state == GO_RUNNING)
			add_ns(&g->burst_ns, ns);
		if (ns >= s->least_ns[g->class])
			describe(s, TOLD_SPELL, i, NULL, time_ns);
		if (g->burst_since_ns != SPELLS_NO_BURST && g->burst_ns >= s->least_ns[SPELL_BURST])
			describe_burst(s, i, NULL, time_ns);
	}
	for (uint32_t i = 0; i < s->slots; i++) {
		if (s->slot[i].state == TRACE_NOT_EXIST)
			continue;
		s->slot[i].state = TRACE_NOT_EXIST;
		tell_state(s, i);
	}
	s->running = s->runnable = 0;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct spells *s = self;
	s->block = NULL;
	close_all(s, time_ns);
	take_down(s, TOLD_GAP, 0);
	slots_drop(&s->slot, &s->slots);
	slots_touched_drop(&s->touched);
	slots_drop(&s->proc, &s->proc_slots);
	s->procs = s->procs_running = 0;
	count_idle_procs(s);
	s->lost = true;
	relay_flush(&s->relay);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct spells *s = self;
	s->block = block;
	if (s->begun && !s->lost && time_ns > s->last_ns)
		pass_time(s, time_ns);
	tell_clock(s);
	for (uint32_t i = 0; i < s->slots; i++)
		if (s->slot[i].state != TRACE_NOT_EXIST)
			describe(s, TOLD_LEFT, i, NULL, time_ns);
	close_all(s, time_ns);
	s->block = NULL;
	relay_flush(&s->relay);
}

void spells_restart(void *self, int64_t time_ns)
{
	struct spells *s = self;
	s->begun = true;
	s->first_ns = s->last_ns = time_ns;
	s->sums = (struct spell_sums){0};
	for (size_t i = 0; i < s->slots; i++) {
		struct spell_goroutine *g = &s->slot[i];
		g->since_ns = time_ns;
		g->since = s->sums;
		g->cut = true;
		g->born_ns = time_ns;
		g->bursts = 0;
		if (g->burst_since_ns == SPELLS_NO_BURST)
			continue;
		g->burst_since_ns = time_ns;
		g->burst_since = s->sums;
		g->burst_ns = 0;
		g->burst_cut = true;
	}
	tell_clock(s);
	struct told *told = take_down(s, TOLD_RESTART, 0);
	if (told)
		told->at_ns = time_ns;
	relay_flush(&s->relay);
}

struct trace_visitor spells_visitor(struct spells *spells)
{
	return (struct trace_visitor){.self = spells,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}
