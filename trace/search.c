#include "trace/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"

enum { UNKNOWN, NO, YES, SKEW_NS = 1000000 };

struct search_goroutine {
	int64_t since_ns;
	uint64_t root_id; /* a stack of this generation; 0: none, or `function` is known */
	uint32_t function;
	uint8_t state; /* enum go_status */
};

/* The number of a goroutine as people write it: "12", "G12"; 0: something else. */
static uint64_t goroutine_number(const char *text)
{
	if (*text == 'G' || *text == 'g')
		text++;
	if (*text < '1' || *text > '9')
		return 0;
	char *end;
	unsigned long long id = strtoull(text, &end, 10);
	return *end ? 0 : id;
}

bool search_is_backwards(const struct timeline_find *query)
{
	return query->kind == FIND_WAKER || (query->kind != FIND_WOKEN && query->backwards);
}

void search_init(struct search *s, const struct timeline_find *query)
{
	*s = (struct search){.query = *query, .open = TRACE_NONE};
	uint64_t id = query->kind == FIND_TEXT ? goroutine_number(query->text) : 0;
	if (id) {
		s->query.kind = FIND_GOROUTINE;
		s->query.goroutine = id;
	}
}

void search_finish(struct search *s)
{
	free(s->goroutine);
	slots_touched_drop(&s->touched);
	free(s->name);
	stack_memo_finish(&s->stack);
	stack_memo_finish(&s->root);
	memset(s, 0, sizeof *s);
}

/* --- where the text occurs ------------------------------------------------------------------- */

static bool grow(struct search *s, const struct trace_block *block)
{
	if (!SLOTS_FIT(s->goroutine, s->goroutines, block->goroutines, NULL) ||
	    !slots_touched_fit(&s->touched, block->goroutines))
		return false;
	return !block->generation || (stack_memo_begin(&s->stack, block->generation) &&
	                              stack_memo_begin(&s->root, block->generation));
}

static bool text_occurs(struct search *s, const struct trace_block *block, uint32_t number)
{
	if (number == NAME_NONE)
		return false;
	if (number >= s->names) {
		size_t n = (size_t)number * 2 + 64;
		uint8_t *name = realloc(s->name, n);
		if (!name) {
			s->no_memory = true;
			return false;
		}
		memset(name + s->names, UNKNOWN, n - s->names);
		s->name = name;
		s->names = n;
	}
	if (s->name[number] == UNKNOWN)
		s->name[number] = strstr(names_text(block->names, number), s->query.text) ? YES : NO;
	return s->name[number] == YES;
}

static bool occurs_in_frames(struct search *s, const struct trace_block *block, uint64_t id)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	size_t n = block->generation ? generation_stack(block->generation, id, frame) : 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t name = generation_name(block->generation, block->names, frame[i]->function);
		if (name != NAME_ERROR && text_occurs(s, block, name))
			return true;
	}
	return false;
}

static bool occurs_in_stack(struct search *s, const struct trace_block *block, uint64_t id)
{
	if (!id)
		return false;
	if (id >= s->stack.limit)
		return occurs_in_frames(s, block, id);
	uint64_t *known = &s->stack.of[id];
	if (*known == UNKNOWN)
		*known = occurs_in_frames(s, block, id) ? YES : NO;
	return *known == YES;
}

/* --- goroutines ------------------------------------------------------------------------------ */

static void settle(struct search *s, const struct trace_block *block, struct search_goroutine *g)
{
	uint64_t id = g->root_id;
	g->root_id = 0;
	if (!id || g->function)
		return;
	if (id >= s->root.limit) {
		g->function = stack_function(block, id, true);
		return;
	}
	if (!s->root.of[id])
		s->root.of[id] = (uint64_t)stack_function(block, id, true) + 1;
	g->function = (uint32_t)(s->root.of[id] - 1);
}

static bool has_own_stack(const struct trace_event *e)
{
	return e->type == EV_GO_BLOCK || e->type == EV_GO_STOP || e->type == EV_GO_SYSCALL_BEGIN ||
	       e->type == EV_GO_STATUS_STACK;
}

static void note_goroutine(struct search_goroutine *g, const struct trace_block *block,
                           const struct trace_event *e)
{
	if (trace_is_first(e))
		*g = (struct search_goroutine){0};
	g->since_ns = trace_since(block, e);
	g->state = e->to;
	if (!g->function && !g->root_id)
		g->root_id = trace_own_stack(e);
}

static bool is_woken(const struct trace_event *e)
{
	return e->to == GO_RUNNABLE && (e->from == GO_WAITING || e->from == TRACE_NOT_EXIST);
}

static bool matches(struct search *s, const struct trace_block *block, const struct trace_event *e)
{
	const struct timeline_find *q = &s->query;
	uint64_t id = block->goroutine[e->subject].id;
	struct search_goroutine *g = &s->goroutine[e->subject];
	switch (q->kind) {
	case FIND_GOROUTINE:
		return id == q->goroutine && e->to == GO_RUNNING;
	case FIND_WAKER:
		return id == q->goroutine && is_woken(e);
	case FIND_WOKEN:
		return is_woken(e) && e->g != TRACE_NONE && block->goroutine[e->g].id == q->goroutine;
	case FIND_TEXT:
		break;
	}
	if (text_occurs(s, block, e->name) ||
	    (has_own_stack(e) && occurs_in_stack(s, block, e->arg[2])))
		return true;
	settle(s, block, g);
	return text_occurs(s, block, g->function);
}

static bool is_at_the_right_time(const struct search *s, int64_t at_ns)
{
	if (search_is_backwards(&s->query))
		return at_ns < s->query.from_ns;
	return s->query.kind == FIND_WOKEN ? at_ns >= s->query.from_ns : at_ns > s->query.from_ns;
}

static uint8_t span_state_of(uint8_t status)
{
	static const uint8_t state_of[] = {
		[GO_RUNNABLE] = SPAN_RUNNABLE,
		[GO_RUNNING] = SPAN_RUNNING,
		[GO_SYSCALL] = SPAN_SYSCALL,
		[GO_WAITING] = SPAN_BLOCKED,
	};
	return status < sizeof state_of ? state_of[status] : SPAN_UNKNOWN;
}

static void take(struct search *s, const struct trace_block *block, const struct trace_event *e)
{
	bool waker = s->query.kind == FIND_WAKER && e->g != TRACE_NONE;
	uint32_t slot = waker ? e->g : e->subject;
	struct search_goroutine *g = &s->goroutine[slot];
	settle(s, block, g);
	s->found = true;
	s->open = slot;
	s->hit = (struct timeline_hit){
		.lane = {LANE_G, block->goroutine[slot].id},
		.at_ns = waker ? e->at_ns : trace_since(block, e),
		.span = {.begin_ns = g->since_ns,
	             .end_ns = e->at_ns,
	             .goroutine = block->goroutine[slot].id,
	             .proc = e->p == TRACE_NONE ? LANE_NO_ID : block->proc[e->p].id,
	             .thread = e->m == TRACE_NONE ? LANE_NO_ID : block->thread[e->m].id,
	             .state = span_state_of(g->state),
	             .begins_earlier = e->from == 0,
	             .ends_later = true},
	};
	if (is_woken(e)) {
		s->hit.span.woken = true;
		s->hit.span.created = e->from == TRACE_NOT_EXIST;
		s->hit.span.woken_ns = e->at_ns;
		s->hit.span.waker = e->g == TRACE_NONE ? 0 : block->goroutine[e->g].id;
	}
	snprintf(s->hit.function, sizeof s->hit.function, "%s", names_text(block->names, g->function));
	snprintf(s->hit.reason, sizeof s->hit.reason, "%s", names_text(block->names, e->name));
}

/* --- the visitor ----------------------------------------------------------------------------- */

/* The hit's span ends. */
static void close_hit(struct search *s, int64_t at_ns)
{
	s->open = TRACE_NONE;
	s->hit.span.ends_later = false;
	if (at_ns > s->hit.span.end_ns)
		s->hit.span.end_ns = at_ns;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct search *s = self;
	const bool backwards = search_is_backwards(&s->query);
	if (!grow(s, block)) {
		s->no_memory = true;
		return false;
	}
	TRACE_TRANSITIONS(e, block)
	{
		if (e->from == e->to)
			continue;
		if (s->open == e->subject)
			close_hit(s, e->at_ns);
		slots_touch(&s->touched, e->subject);
		note_goroutine(&s->goroutine[e->subject], block, e);
		if (s->found && !backwards) {
			s->done = s->open == TRACE_NONE;
			if (s->done)
				return false;
			continue;
		}
		if (e->to != TRACE_NOT_EXIST && is_at_the_right_time(s, trace_since(block, e)) &&
		    matches(s, block, e))
			take(s, block, e);
	}
	/* Times step back a little. */
	const struct trace_event *last = block->events ? &block->event[block->events - 1] : NULL;
	if (backwards && last && last->from != last->to && last->at_ns > s->query.from_ns &&
	    last->at_ns - s->query.from_ns > SKEW_NS) {
		s->done = true;
		return false;
	}
	return !s->no_memory;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct search *s = self;
	const struct generation *g = block->generation;
	if (!g)
		return true;
	size_t n = block->goroutines < s->goroutines ? block->goroutines : s->goroutines;
	for (size_t i = slots_touched(&s->touched, 0, n); i < n;
	     i = slots_touched(&s->touched, i + 1, n))
		settle(s, block, &s->goroutine[i]);
	slots_touched_clear(&s->touched);
	/* How long a hit lasts beyond its generation is not worth reading for. */
	bool end = s->end_offset && g->offset + g->size >= s->end_offset;
	if (end || (s->found && !search_is_backwards(&s->query))) {
		s->done = true;
		return false;
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct search *s = self;
	(void)time_ns;
	s->open = TRACE_NONE;
	slots_drop(&s->goroutine, &s->goroutines);
	slots_touched_drop(&s->touched);
}

struct trace_visitor search_visitor(struct search *search)
{
	return (struct trace_visitor){.self = search,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap};
}
