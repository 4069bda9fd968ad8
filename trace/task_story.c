#include "trace/task_story.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/stacks.h"
#include "trace/transition.h"
#include "util/text.h"

void task_story_finish(struct task_story *a)
{
	free(a->slot);
	spent_reasons_finish(&a->reasons);
	memset(a, 0, sizeof *a);
}

/* --- who works for it ------------------------------------------------------------------------ */

static struct story_goroutine *told(struct task_story *a, const struct story_worker *w)
{
	return w->goroutine ? &a->goroutine[w->goroutine - 1] : NULL;
}

static void charge(struct task_story *a, struct story_worker *w, int64_t now)
{
	struct story_goroutine *g = told(a, w);
	if (g && w->times) {
		add_ns(&g->spent.ns[w->kind], elapsed_ns(w->since_ns, now));
		if (now > g->last_ns)
			g->last_ns = now;
	}
	w->since_ns = now;
}

/* Index + 1; 0: there is no room. */
static uint32_t tell_goroutine(struct task_story *a, const struct trace_block *block,
                               const struct trace_event *e)
{
	uint64_t id = block->goroutine[e->g].id;
	for (size_t i = 0; i < a->goroutines; i++)
		if (a->goroutine[i].id == id)
			return (uint32_t)i + 1;
	if (a->goroutines == STORY_GOROUTINES) {
		a->more_goroutines++;
		return 0;
	}
	a->goroutine[a->goroutines] = (struct story_goroutine){
		.id = id,
		.function = stack_function(block, e->arg[2], true),
		.first_ns = e->at_ns,
		.last_ns = e->at_ns,
	};
	return (uint32_t)++a->goroutines;
}

/* The goroutine of the event begins to work for the task, or does so once more. */
static void join(struct task_story *a, const struct trace_block *block, const struct trace_event *e)
{
	struct story_worker *w = &a->slot[e->g];
	if (w->times++ > 0)
		return;
	*w = (struct story_worker){.goroutine = tell_goroutine(a, block, e),
	                           .times = 1,
	                           .since_ns = e->at_ns,
	                           .kind = SPENT_RUNNING}; /* who begins something runs */
}

static void leave(struct task_story *a, struct story_worker *w, int64_t now)
{
	charge(a, w, now);
	if (w->times)
		w->times--;
}

/* --- regions --------------------------------------------------------------------------------- */

static void end_region(struct story_region *r, int64_t now, enum story_end how)
{
	r->ns = elapsed_ns(r->begin_ns, now);
	r->end = how;
}

static void begin_region(struct task_story *a, const struct trace_block *block,
                         const struct trace_event *e)
{
	/* Regions may outlive their task; nobody works for it then. */
	if (a->end == STORY_OPEN)
		join(a, block, e);
	struct story_worker *w = &a->slot[e->g];
	uint32_t depth = w->depth++;
	if (a->regions == STORY_REGIONS) {
		w->unkept++;
		a->more_regions++;
		return;
	}
	a->region[a->regions++] = (struct story_region){.goroutine = block->goroutine[e->g].id,
	                                                .name = e->name,
	                                                .depth = depth,
	                                                .begin_ns = e->at_ns};
}

/* The innermost of this name that the goroutine has open; NULL: none. */
static struct story_region *open_region(struct task_story *a, uint64_t goroutine, uint32_t name)
{
	for (size_t i = a->regions; i-- > 0;) {
		struct story_region *r = &a->region[i];
		if (r->end == STORY_OPEN && r->goroutine == goroutine && r->name == name)
			return r;
	}
	return NULL;
}

static void close_region(struct task_story *a, const struct trace_block *block,
                         const struct trace_event *e)
{
	struct story_worker *w = &a->slot[e->g];
	struct story_region *r = open_region(a, block->goroutine[e->g].id, e->name);
	if (a->end == STORY_OPEN)
		leave(a, w, e->at_ns);
	if (w->depth)
		w->depth--;
	if (w->unkept)
		w->unkept--;
	else if (r)
		end_region(r, e->at_ns, STORY_ENDED);
}

static void cut_regions(struct task_story *a, uint64_t goroutine, bool all, int64_t now)
{
	for (size_t i = 0; i < a->regions; i++)
		if (a->region[i].end == STORY_OPEN && (all || a->region[i].goroutine == goroutine))
			end_region(&a->region[i], now, STORY_CUT);
}

/* --- the task -------------------------------------------------------------------------------- */

static void begin(struct task_story *a, const struct trace_block *block,
                  const struct trace_event *e)
{
	if (a->begun)
		return;
	a->begun = true;
	a->name = e->name;
	a->parent = e->arg[1];
	a->creator = block->goroutine[e->g].id;
	a->begin_ns = a->end_ns = e->at_ns;
	join(a, block, e);
}

/* Whoever worked for it ceases to. */
static void end(struct task_story *a, int64_t now, enum story_end how)
{
	if (!a->begun || a->end != STORY_OPEN)
		return;
	for (size_t i = 0; i < a->slots; i++) {
		charge(a, &a->slot[i], now);
		a->slot[i].times = 0;
	}
	a->end = how;
	a->end_ns = now;
}

static void begin_subtask(struct task_story *a, const struct trace_block *block,
                          const struct trace_event *e)
{
	if (a->subtasks == STORY_SUBTASKS) {
		a->more_subtasks++;
		return;
	}
	a->subtask[a->subtasks++] = (struct story_subtask){
		.id = e->arg[0],
		.goroutine = block->goroutine[e->g].id,
		.name = e->name,
		.begin_ns = e->at_ns,
	};
}

static void end_subtask(struct task_story *a, const struct trace_event *e)
{
	for (size_t i = 0; i < a->subtasks; i++) {
		struct story_subtask *t = &a->subtask[i];
		if (t->id != e->arg[0] || t->end != STORY_OPEN)
			continue;
		t->ns = elapsed_ns(t->begin_ns, e->at_ns);
		t->end = STORY_ENDED;
	}
}

static void note_log(struct task_story *a, const struct trace_block *block,
                     const struct trace_event *e)
{
	const char *text = "";
	size_t length = 0;
	if (a->logs == STORY_LOGS) {
		a->more_logs++;
		return;
	}
	if (block->generation)
		generation_string(block->generation, e->arg[1], &text, &length);
	struct story_log *log = &a->log[a->logs++];
	*log = (struct story_log){.at_ns = e->at_ns,
	                          .goroutine = block->goroutine[e->g].id,
	                          .category = e->name,
	                          .length = (uint32_t)text_whole(text, length, STORY_LOG_TEXT)};
	memcpy(log->text, text, log->length);
}

/* --- the visitor ----------------------------------------------------------------------------- */

static void transition(struct task_story *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	struct story_worker *w = &a->slot[e->subject];
	if (e->from == e->to)
		return;
	charge(a, w, e->at_ns);
	if (e->to != TRACE_NOT_EXIST) {
		w->kind = spent_kind(&a->reasons, e);
		return;
	}
	if (w->depth)
		cut_regions(a, block->goroutine[e->subject].id, false, e->at_ns);
	*w = (struct story_worker){0};
}

static void user_event(struct task_story *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	bool ours = e->arg[0] == a->id;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		if (ours)
			begin(a, block, e);
		else if (e->arg[1] == a->id)
			begin_subtask(a, block, e);
		break;
	case EV_USER_TASK_END:
		if (ours)
			end(a, e->at_ns, STORY_ENDED);
		else
			end_subtask(a, e);
		break;
	case EV_USER_REGION_BEGIN:
		if (ours)
			begin_region(a, block, e);
		break;
	case EV_USER_REGION_END:
		if (ours)
			close_region(a, block, e);
		break;
	case EV_USER_LOG:
		if (ours)
			note_log(a, block, e);
		break;
	default:
		break;
	}
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct task_story *a = self;
	if (!SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL))
		return false;
	const uint64_t user = (EV_BIT(EV_USER_LOG) << 1) - EV_BIT(EV_USER_TASK_BEGIN);
	if (!a->begun && !(block->present & user))
		return true;
	for (size_t i = 0; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		if (!is_go_transition(e->type)) {
			if (e->g != TRACE_NONE)
				user_event(a, block, e);
		} else if (a->slot[e->subject].times || a->slot[e->subject].depth) {
			transition(a, block, e);
		}
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct task_story *a = self;
	end(a, time_ns, STORY_CUT);
	cut_regions(a, 0, true, time_ns);
	for (size_t i = 0; i < a->subtasks; i++)
		if (a->subtask[i].end == STORY_OPEN) {
			a->subtask[i].ns = elapsed_ns(a->subtask[i].begin_ns, time_ns);
			a->subtask[i].end = STORY_CUT;
		}
	slots_drop(&a->slot, &a->slots);
}

/* What is open stays so: it did not end, the trace did. */
static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct task_story *a = self;
	(void)block;
	if (a->begun && a->end == STORY_OPEN) {
		for (size_t i = 0; i < a->slots; i++)
			charge(a, &a->slot[i], time_ns);
		a->end_ns = time_ns;
	}
	for (size_t i = 0; i < a->regions; i++)
		if (a->region[i].end == STORY_OPEN)
			a->region[i].ns = elapsed_ns(a->region[i].begin_ns, time_ns);
	for (size_t i = 0; i < a->subtasks; i++)
		if (a->subtask[i].end == STORY_OPEN)
			a->subtask[i].ns = elapsed_ns(a->subtask[i].begin_ns, time_ns);
}

struct trace_visitor task_story_visitor(struct task_story *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
