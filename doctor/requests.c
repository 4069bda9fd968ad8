#include "doctor/requests.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

void requests_finish(struct requests *r)
{
	free(r->slot);
	free(r->open);
	idmap_finish(&r->task_of);
	memset(r, 0, sizeof *r);
}

/* --- what is open ----------------------------------------------------------------------------- */

/* Index + 1; 0: no memory, or too many. */
static uint32_t open_new(struct requests *r)
{
	uint32_t i = r->free_open;
	if (i) {
		r->free_open = r->open[i - 1].next_free;
	} else {
		if (r->opens == REQUEST_OPEN ||
		    !wire_grow(&r->open, &r->open_capacity, r->opens, sizeof *r->open))
			return 0;
		r->open[r->opens].serial = 0;
		i = (uint32_t)++r->opens;
	}
	struct open_request *o = &r->open[i - 1];
	*o = (struct open_request){.serial = o->serial + 1, .until_ns = INT64_MIN, .place = UINT32_MAX};
	return i;
}

static void open_free(struct requests *r, uint32_t i)
{
	struct open_request *o = &r->open[i - 1];
	o->serial++;
	o->next_free = r->free_open;
	r->free_open = i;
}

/* The call is over. */
static void end_call(struct open_request *o)
{
	struct request *t = &o->told;
	if (o->call_ns < REQUEST_WAIT_NS)
		return;
	t->calls++;
	add_ns(&t->calls_ns, o->call_ns);
	if (o->call_ns > t->longest_call_ns)
		t->longest_call_ns = o->call_ns;
	size_t at = o->call_ns > t->call_ns[0] ? 0 : 1;
	if (o->stack[0] == t->call_stack[0])
		at = 0;
	else if (at == 0) {
		t->call_ns[1] = t->call_ns[0];
		t->call_stack[1] = t->call_stack[0];
	}
	if (o->call_ns > t->call_ns[at]) {
		t->call_ns[at] = o->call_ns;
		t->call_stack[at] = o->stack[0];
	}
	o->call_ns = 0;
	o->stacks = 0;
}

/* Is this wait a part of the call before it? Within one call of the program each stack comes once:
   a connection is waited for, then an answer. Where a program speaks a protocol by itself, nobody
   can tell where a call ends. */
static bool goes_on(const struct open_request *o, enum call_part part, uint32_t place,
                    uint32_t stack)
{
	if (o->stacks == 0 || part != PART_CALL)
		return o->stacks > 0;
	for (unsigned i = 0; i < o->stacks; i++)
		if (o->stack[i] == stack)
			return false;
	return place == o->place;
}

static void add_wait(struct requests *r, struct open_request *o, enum request_wait kind,
                     const struct spell *s)
{
	struct request *t = &o->told;
	int64_t from = s->begin_ns > o->until_ns ? s->begin_ns : o->until_ns;
	int64_t ns = bounded_elapsed_ns(from, s->end_ns);
	bool is_parallel = s->begin_ns < o->until_ns;
	if (s->end_ns > o->until_ns)
		o->until_ns = s->end_ns;
	t->waits[kind]++;
	add_ns(&t->waited_ns[kind], ns);
	if (s->ns > t->longest_ns[kind]) {
		t->longest_ns[kind] = s->ns;
		t->longest_stack[kind] = s->stack;
	}
	if (kind != WAIT_CALL || is_parallel)
		return;
	uint32_t place = situation_site(r->situations, s->stack);
	if (!goes_on(o, situation_part(r->situations, s->stack), place, s->stack)) {
		end_call(o);
		o->place = place;
	}
	if (o->stacks < REQUEST_STACKS)
		o->stack[o->stacks++] = s->stack;
	add_ns(&o->call_ns, ns);
}

/* --- goroutines ------------------------------------------------------------------------------- */

static void begin(struct request_slot *s, int64_t at_ns, bool whole)
{
	s->since_ns = at_ns;
	s->idle_ns = 0;
	s->whole = whole;
	s->tasked = false;
}

static bool is_serving(const struct request_slot *s)
{
	return s->role == ROLE_CONNECTION || s->role == ROLE_REQUEST;
}

static void drop(struct requests *r, struct request_slot *s)
{
	if (s->open)
		open_free(r, s->open);
	s->open = 0;
}

/* NULL: no memory. */
static struct request_slot *slot_of(struct requests *r, const struct witness *w, uint32_t slot)
{
	if (!SLOTS_FIT(r->slot, r->slots, (size_t)slot + 1, NULL))
		return NULL;
	struct request_slot *s = &r->slot[slot];
	const struct witness_goroutine *g = &w->slot[slot];
	if (s->id != g->id) {
		drop(r, s); /* of one that we never saw end */
		*s = (struct request_slot){.id = g->id};
		begin(s, g->born_ns, g->created);
	}
	if (s->function != g->function) {
		s->function = g->function;
		s->role = (uint8_t)situation_role(r->situations, g->function);
	}
	return s;
}

/* The request that the goroutine works for is over. */
static bool end(struct requests *r, struct request_slot *s, enum request_of of, int64_t at_ns)
{
	struct request *t = s->open ? &r->open[s->open - 1].told : &r->plain;
	bool ok = true;
	if (s->open)
		end_call(&r->open[s->open - 1]);
	t->of = of;
	t->is_served = of == REQUEST_SERVED;
	t->kind = s->function;
	t->goroutine = s->id;
	t->begin_ns = s->since_ns;
	t->end_ns = at_ns;
	t->ns = bounded_elapsed_ns(s->since_ns, at_ns);
	if (of == REQUEST_LIFE)
		t->ns = bounded_elapsed_ns(s->idle_ns, t->ns);
	if (!s->tasked)
		ok = r->done(r->self, t);
	drop(r, s);
	return ok;
}

/* Is it no request, but what a connection does before the first one, or as its client has left? */
static bool is_none(const struct request_slot *s, bool at_end, int64_t at_ns)
{
	return s->role == ROLE_CONNECTION && (at_end ? s->answered : !s->asked) && !s->open &&
	       !s->tasked && bounded_elapsed_ns(s->since_ns, at_ns) < REQUEST_LEAST_NS;
}

/* The innermost task that the goroutine works for: index + 1, or 0. */
static uint32_t task_of(const struct requests *r, struct request_slot *s)
{
	while (s->following) {
		const struct request_task *t = &s->task[s->following - 1];
		if (r->open[t->task - 1].serial == t->serial)
			return t->task;
		s->following--; /* it ended */
	}
	return 0;
}

static void follow(struct requests *r, struct request_slot *s, uint32_t task, bool in_region)
{
	if (task_of(r, s) == task) {
		s->task[s->following - 1].regions += in_region;
		return;
	}
	if (s->following == REQUEST_TASKS)
		return;
	s->task[s->following++] =
		(struct request_task){task, r->open[task - 1].serial, in_region ? 1 : 0};
	s->tasked = true;
}

/* A region ends. Who created a task works for it until it ends; others only in its regions. */
static void unfollow(const struct requests *r, struct request_slot *s, uint32_t task)
{
	if (task_of(r, s) != task)
		return;
	struct request_task *t = &s->task[s->following - 1];
	if (t->regions == 0)
		return;
	t->regions--;
	if (t->regions == 0 && r->open[task - 1].told.goroutine != s->id)
		s->following--;
}

/* The outermost function of the program itself: what a server calls, or a goroutine starts with. */
static uint32_t entry_of(struct requests *r, uint32_t stack)
{
	if (stack == STACK_NONE || stack > r->situations->stacks->n)
		return NAME_NONE;
	const struct stack *of = &r->situations->stacks->stack[stack - 1];
	for (uint32_t i = of->frames; i > 0; i--) {
		uint32_t function = r->situations->stacks->frame[of->first + i - 1].function;
		if (situation_is_own(r->situations, function))
			return function;
	}
	return NAME_NONE;
}

static bool note_wait(struct requests *r, struct request_slot *s, enum request_wait kind,
                      const struct spell *spell)
{
	uint32_t task = task_of(r, s);
	if (!task) {
		if (!s->open && !(s->open = open_new(r)))
			return r->opens == REQUEST_OPEN;
		struct open_request *o = &r->open[s->open - 1];
		if (o->told.entry == NAME_NONE)
			o->told.entry = entry_of(r, spell->stack);
		add_wait(r, o, kind, spell);
		return true;
	}
	/* A task waits as well when one does that is a part of it. */
	for (unsigned depth = 0; task && depth < REQUEST_TASKS; depth++) {
		struct open_request *o = &r->open[task - 1];
		add_wait(r, o, kind, spell);
		task = o->parent && r->open[o->parent - 1].serial == o->of_parent ? o->parent : 0;
	}
	return true;
}

bool requests_spell(struct requests *r, const struct witness *w, uint32_t slot,
                    const struct spell *spell)
{
	static const uint8_t wait_of[SITUATION_COUNT] = {
		[SITUATION_OUTBOUND] = WAIT_CALL + 1,  [SITUATION_DIAL] = WAIT_CALL + 1,
		[SITUATION_LOOKUP] = WAIT_CALL + 1,    [SITUATION_POOL] = WAIT_POOL + 1,
		[SITUATION_PERMIT] = WAIT_PERMIT + 1,  [SITUATION_NETWORK] = WAIT_NETWORK + 1,
		[SITUATION_INBOUND] = WAIT_CLIENT + 1,
	};
	struct request_slot *s = slot_of(r, w, slot);
	if (!s)
		return false;
	enum situation situation = situation_of(r->situations, spell->stack);
	if (situation == SITUATION_IDLE_CONNECTION && s->role == ROLE_CONNECTION) {
		bool is_one = !is_none(s, false, spell->begin_ns);
		bool ok = !s->whole || !is_one || end(r, s, REQUEST_SERVED, spell->begin_ns);
		s->answered |= is_one;
		s->asked = true;
		drop(r, s);
		begin(s, spell->end_ns, !spell->open);
		return ok;
	}
	if (spell->waker_slot != TRACE_NONE && spell->ns >= REQUEST_WAIT_NS && is_serving(s))
		situation = situation_of_ended(r->situations, spell->stack, spell->waker_stack);
	if (situation_is_idle(situation))
		add_ns(&s->idle_ns, spell->ns);
	unsigned kind = wait_of[situation];
	if (kind == 0 || spell->ns < REQUEST_WAIT_NS)
		return true;
	if (kind == WAIT_CALL + 1 && situation_part(r->situations, spell->stack) == PART_ANSWER)
		kind = WAIT_ANSWER + 1;
	return note_wait(r, s, (enum request_wait)(kind - 1), spell);
}

bool requests_died(struct requests *r, const struct witness *w, uint32_t slot, int64_t at_ns)
{
	if (role_is_background(situation_role(r->situations, w->slot[slot].function)))
		return true;
	struct request_slot *s = slot_of(r, w, slot);
	if (!s)
		return false;
	bool ok = true;
	if (s->whole && !is_none(s, true, at_ns))
		ok = end(r, s, is_serving(s) ? REQUEST_SERVED : REQUEST_RUN, at_ns);
	drop(r, s);
	s->id = 0;
	return ok;
}

/* --- tasks ------------------------------------------------------------------------------------ */

static bool begin_task(struct requests *r, struct request_slot *s, const struct trace_event *e)
{
	if (idmap_get(&r->task_of, e->arg[0]) != IDMAP_NONE)
		return true;
	uint32_t i = open_new(r);
	if (!i)
		return r->opens == REQUEST_OPEN;
	struct open_request *o = &r->open[i - 1];
	if (!idmap_put(&r->task_of, e->arg[0], i))
		return false;
	uint32_t parent = e->arg[1] ? idmap_get(&r->task_of, e->arg[1]) : IDMAP_NONE;
	o->told.of = REQUEST_TASK;
	o->told.kind = e->name;
	o->told.task = e->arg[0];
	o->told.goroutine = s ? s->id : 0;
	o->told.is_served = s && is_serving(s);
	o->told.begin_ns = e->at_ns;
	if (parent != IDMAP_NONE) {
		o->parent = parent;
		o->of_parent = r->open[parent - 1].serial;
		o->told.is_served |= r->open[parent - 1].told.is_served;
	}
	if (s)
		follow(r, s, i, false);
	return true;
}

static bool end_task(struct requests *r, const struct trace_event *e)
{
	uint32_t i = idmap_get(&r->task_of, e->arg[0]);
	if (i == IDMAP_NONE)
		return true;
	struct request *t = &r->open[i - 1].told;
	end_call(&r->open[i - 1]);
	t->end_ns = e->at_ns;
	t->ns = bounded_elapsed_ns(t->begin_ns, e->at_ns);
	bool ok = r->done(r->self, t);
	idmap_remove(&r->task_of, e->arg[0]);
	open_free(r, i);
	return ok;
}

/* Does the program log here by which ID other services know the request? */
static bool is_trace_id(const char *category, const char *text, size_t length)
{
	static const char *const words[] = {"trace_id", "traceid", "trace-id", "traceparent"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(category, words[i]) ||
		    (length >= strlen(words[i]) && strncasecmp(text, words[i], strlen(words[i])) == 0))
			return true;
	return false;
}

static bool note_log(struct requests *r, const struct witness *w, struct request_slot *s,
                     const struct trace_block *block, const struct trace_event *e)
{
	const char *text = "";
	size_t length = 0;
	uint32_t i = e->arg[0] ? idmap_get(&r->task_of, e->arg[0]) : IDMAP_NONE;
	if ((i == IDMAP_NONE && !s) || !block->generation ||
	    !generation_string(block->generation, e->arg[1], &text, &length) ||
	    !is_trace_id(names_text(w->names, e->name), text, length))
		return true;
	if (i == IDMAP_NONE) {
		if (!s->open && !(s->open = open_new(r)))
			return r->opens == REQUEST_OPEN;
		i = s->open;
	}
	char *to = r->open[i - 1].told.trace_id;
	if (length >= REQUEST_TRACE_ID)
		length = REQUEST_TRACE_ID - 1;
	memcpy(to, text, length);
	to[length] = '\0';
	return true;
}

bool requests_event(struct requests *r, const struct witness *w, const struct trace_block *block,
                    const struct trace_event *e)
{
	struct request_slot *s = NULL;
	if (e->g != TRACE_NONE && e->g < w->slots && !(s = slot_of(r, w, e->g)))
		return false;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		return begin_task(r, s, e);
	case EV_USER_TASK_END:
		return end_task(r, e);
	case EV_USER_LOG:
		return note_log(r, w, s, block, e);
	default:
		break;
	}
	uint32_t task = e->arg[0] ? idmap_get(&r->task_of, e->arg[0]) : IDMAP_NONE;
	if (!s || task == IDMAP_NONE)
		return true;
	if (e->type == EV_USER_REGION_BEGIN)
		follow(r, s, task, true);
	else
		unfollow(r, s, task);
	return true;
}

/* --- the end ---------------------------------------------------------------------------------- */

void requests_forget(struct requests *r)
{
	slots_drop(&r->slot, &r->slots);
	idmap_clear(&r->task_of);
	r->opens = 0;
	r->free_open = 0;
}

bool requests_conclude(struct requests *r, int64_t end_ns)
{
	bool ok = true;
	for (size_t i = 0; i < r->slots && ok; i++) {
		struct request_slot *s = &r->slot[i];
		bool is_life = s->id && (s->role == ROLE_ORDINARY || s->role == ROLE_MAIN);
		if (is_life)
			ok = end(r, s, REQUEST_LIFE, end_ns);
	}
	requests_forget(r);
	return ok;
}
