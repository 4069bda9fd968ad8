/*
 * The parts of the story, which share its inside; not for others. A slice is begun and ended here
 * whether anybody hears of it or not: what is told depends on what was asked for.
 */
#ifndef SCHEDTOP_EXPORT_STORY_PARTS_H
#define SCHEDTOP_EXPORT_STORY_PARTS_H

#include "export/story.h"

/* --- story.c --- */
/* Since the trace began; what is said to lie before is its beginning. */
static inline int64_t story_ns(const struct story *s, int64_t at_ns)
{
	return at_ns > s->first_ns ? at_ns - s->first_ns : 0;
}
static inline int64_t later_ns(int64_t a, int64_t b)
{
	return a > b ? a : b;
}
/* For tracks and IDs in formats that have no room for 64 bits. */
uint32_t story_number(struct story *s, uint64_t id);
/* The event's stack; STACK_NONE where nobody listens. false: no memory. */
bool story_stack(struct story *s, uint64_t id, uint32_t *stack);
/* Tells the beginning, if that is wanted. false ends the pass, as below. */
bool story_tell(struct story *s, struct story_slice *slice);
/* Tells the end of what was told. */
bool story_end(struct story *s, struct story_slice *slice, int64_t end_ns);

/* --- story_states.c --- */
bool states_prepare(struct story *s, const struct trace_block *block);
bool states_transition(struct story *s, const struct trace_event *e);
/* Is anything of this goroutine told now? */
bool states_visible(const struct story *s, const struct story_goroutine *g);
/* Begins or ends to tell what goes on, when that has changed what is visible. */
bool states_reveal(struct story *s, struct story_goroutine *g, int64_t now_ns);
bool states_conceal(struct story *s, struct story_goroutine *g, int64_t now_ns, bool open);
bool states_declare(struct story *s, struct story_goroutine *g);
struct story_proc *states_proc(struct story *s, uint32_t slot);

/* --- story_user.c --- */
bool user_event(struct story *s, const struct trace_event *e);
/* A region or mark assist of the goroutine; the innermost comes first. */
bool user_push(struct story *s, uint32_t slot, const struct story_slice *slice, bool wanted);
/* It and all that lie in it. */
bool user_pop(struct story *s, struct story_goroutine *g, uint32_t node, int64_t end_ns, bool open);
bool user_reveal(struct story *s, int64_t now_ns);
/* Ends what is told; `forget`: and all that is open. */
bool user_conceal(struct story *s, int64_t now_ns, bool forget);

/* --- story_ranges.c --- */
bool ranges_event(struct story *s, const struct trace_event *e);
bool ranges_reveal(struct story *s, int64_t now_ns);
bool ranges_conceal(struct story *s, int64_t now_ns, bool forget);
/* A track of this type that nothing is on, and when the last slice on it ended. TRACE_NONE: no
   memory. */
uint32_t lanes_take(struct story_lanes *lanes, uint32_t type, int64_t *last_ns, bool *fresh);
void lanes_give(struct story_lanes *lanes, uint32_t lane, int64_t last_ns);
/* An entry of the list, index + 1; 0: no memory. */
uint32_t list_take(struct story_list *list);
void list_give(struct story_list *list, uint32_t entry);

/* --- story_levels.c --- */
bool levels_set(struct story *s, enum story_counter counter, int64_t at_ns, uint64_t value);
static inline bool levels_add(struct story *s, enum story_counter counter, int64_t at_ns, int more)
{
	uint64_t value = s->level[counter].value;
	return levels_set(s, counter, at_ns, more > 0 ? value + 1 : value ? value - 1 : 0);
}
bool levels_reveal(struct story *s, int64_t now_ns);
bool levels_end(struct story *s, int64_t now_ns);

#endif
