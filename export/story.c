#include "export/story.h"

#include <stdlib.h>
#include <string.h>

#include "export/story_parts.h"
#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/transition.h"
#include "util/clock.h"

const char *const story_category_words[STORY_CATEGORIES] = {
	[STORY_RUNNABLE] = "runnable", [STORY_RUNNING] = "running", [STORY_SYSCALL] = "syscall",
	[STORY_WAITING] = "waiting",   [STORY_PROC] = "proc",       [STORY_REGION] = "region",
	[STORY_TASK] = "task",         [STORY_STW] = "stw",         [STORY_MARK] = "gc",
	[STORY_ASSIST] = "assist",     [STORY_SWEEP] = "sweep",     [STORY_LOG] = "log",
	[STORY_WAKE] = "wake",         [STORY_GAP] = "gap",
};

const struct story_counter_spec story_counter_specs[STORY_COUNTERS] = {
	[COUNTER_HEAP] = {"heap", true},
	[COUNTER_GOAL] = {"heap goal", true},
	[COUNTER_GOMAXPROCS] = {"GOMAXPROCS", false},
	[COUNTER_RUNNABLE] = {"goroutines runnable", false},
	[COUNTER_RUNNING] = {"goroutines running", false},
	[COUNTER_SYSCALL] = {"goroutines in syscalls", false},
};

#define LARGEST_ID (UINT64_C(1) << 31)

void story_finish(struct story *s)
{
	stacks_finish(&s->stacks);
	redactor_finish(&s->redactor);
	free(s->goroutine);
	free(s->proc);
	free(s->region.open);
	free(s->task.open);
	free(s->stop.open);
	idmap_finish(&s->task_of);
	idmap_finish(&s->stop_of);
	struct story_lanes *const lanes[] = {&s->task_lanes, &s->stop_lanes};
	for (size_t i = 0; i < 2; i++) {
		free(lanes[i]->lane);
		free(lanes[i]->free);
		idmap_finish(&lanes[i]->type_of);
	}
	memset(s, 0, sizeof *s);
}

uint32_t story_number(struct story *s, uint64_t id)
{
	if (id < LARGEST_ID)
		return (uint32_t)id;
	return (uint32_t)LARGEST_ID + (s->strangers++ & (uint32_t)(LARGEST_ID - 1));
}

bool story_stack(struct story *s, uint64_t id, uint32_t *stack)
{
	*stack = s->quiet ? STACK_NONE : stacks_number(&s->stacks, s->block, id);
	return *stack != STACK_ERROR;
}

bool story_tell(struct story *s, struct story_slice *slice)
{
	slice->told = true;
	return !s->narrator.begin || s->narrator.begin(s->narrator.self, slice);
}

bool story_end(struct story *s, struct story_slice *slice, int64_t end_ns)
{
	slice->end_ns = later_ns(slice->begin_ns, end_ns);
	bool told = slice->told;
	slice->told = false;
	return !told || s->narrator.end(s->narrator.self, slice);
}

/* --- the visitor ----------------------------------------------------------------------------- */

/* Words of our own are names, too, so that a narrator knows one kind of string alone. */
static bool learn_names(struct story *s)
{
	const struct {
		const char *word;
		uint32_t *name;
	} words[] = {
		{"runnable", &s->state_name[GO_RUNNABLE]},
		{"running", &s->state_name[GO_RUNNING]},
		{"syscall", &s->state_name[GO_SYSCALL]},
		{"waiting", &s->state_name[GO_WAITING]},
		{"goroutine", &s->proc_name},
		{"GC mark assist", &s->assist_name},
		{"GC mark", &s->mark_name},
		{"GC sweep", &s->sweep_name},
		{"log", &s->log_name},
		{"unblock", &s->wake_name},
		{"stop the world", &s->stw_name},
		{"events were lost here", &s->gap_name},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		*words[i].name = names_intern(s->names, words[i].word, strlen(words[i].word));
		if (*words[i].name == NAME_ERROR)
			return false;
	}
	return true;
}

static bool begin(struct story *s, const struct trace_block *block)
{
	s->begun = true;
	s->quiet = s->options.part;
	s->redactor.level = s->options.redact;
	s->first_ns = bound_ns(block->event[0].time_ns);
	return learn_names(s);
}

static bool tell_clock(struct story *s)
{
	const struct generation *g = s->block->generation;
	if (s->has_clock || !g || !g->has_snapshot)
		return true;
	s->has_clock = true;
	int64_t at_ns = story_ns(s, bound_ns(generation_ns(g, g->snapshot_ticks))), wall_ns;
	if (!s->narrator.clock || g->snapshot_ns >= NS_PER_S ||
	    g->snapshot_s > (uint64_t)(INT64_MAX / NS_PER_S) - 1)
		return true;
	wall_ns = (int64_t)g->snapshot_s * NS_PER_S + (int64_t)g->snapshot_ns;
	return s->narrator.clock(s->narrator.self, at_ns, wall_ns);
}

static bool event(struct story *s, const struct trace_event *e)
{
	if (is_go_transition(e->type))
		return states_transition(s, e);
	if (e->type >= EV_USER_TASK_BEGIN && e->type <= EV_USER_LOG)
		return user_event(s, e);
	return ranges_event(s, e);
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct story *s = self;
	if (s->failed || !block->events)
		return !s->failed;
	s->block = block;
	s->names = block->names;
	if ((!s->begun && !begin(s, block)) || !states_prepare(s, block) || !tell_clock(s))
		return false;
	if (block->gomaxprocs && !s->level[COUNTER_GOMAXPROCS].known &&
	    !levels_set(s, COUNTER_GOMAXPROCS, 0, block->gomaxprocs))
		return false;
	for (size_t i = 0; i < block->events; i++)
		if (!event(s, &block->event[i]))
			return false;
	s->now_ns = story_ns(s, block->event[block->events - 1].time_ns);
	return true;
}

/* Of all that goes on. `forget`: and it does not go on. */
static bool conceal(struct story *s, int64_t now_ns, bool forget)
{
	bool ok = true;
	/* Before the regions: with the last of them a goroutine may stop to work for a wanted task, and
	   then its state would not be open. */
	for (size_t i = 0; i < s->goroutines && ok; i++)
		if (s->goroutine[i].status != TRACE_NOT_EXIST)
			ok = states_conceal(s, &s->goroutine[i], now_ns, true);
	ok = ok && user_conceal(s, now_ns, forget);
	if (forget)
		slots_drop(&s->goroutine, &s->goroutines);
	for (size_t i = 0; i < s->procs && forget; i++)
		s->proc[i].runs = TRACE_NONE;
	return ok && ranges_conceal(s, now_ns, forget);
}

static bool tell_gap(struct story *s, int64_t now_ns)
{
	const struct story_track track = {.kind = TRACK_RUNTIME};
	const struct story_instant gap = {.track = track,
	                                  .category = STORY_GAP,
	                                  .name = s->gap_name,
	                                  .at_ns = now_ns,
	                                  .goroutine = STORY_NOBODY,
	                                  .proc = STORY_NOBODY,
	                                  .by = STORY_NOBODY};
	if (s->quiet)
		return true;
	bool ok = s->runtime_declared || s->narrator.track(s->narrator.self, &track);
	s->runtime_declared = true;
	return ok && s->narrator.instant(s->narrator.self, &gap);
}

/* Gaps and ends can't end the pass: the next event does, and who reads asks afterwards. */
static void keep(struct story *s, bool told)
{
	s->failed = s->failed || !told;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct story *s = self;
	int64_t now_ns = story_ns(s, bound_ns(time_ns));
	if (!s->begun)
		return;
	keep(s, conceal(s, now_ns, true) && tell_gap(s, now_ns) &&
	            levels_set(s, COUNTER_RUNNABLE, now_ns, 0) &&
	            levels_set(s, COUNTER_RUNNING, now_ns, 0) &&
	            levels_set(s, COUNTER_SYSCALL, now_ns, 0));
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct story *s = self;
	(void)block;
	int64_t now_ns = story_ns(s, bound_ns(time_ns));
	if (!s->begun || s->quiet)
		return;
	keep(s, levels_end(s, now_ns) && conceal(s, now_ns, false));
	s->quiet = true;
}

void story_restart(void *self, int64_t time_ns)
{
	struct story *s = self;
	int64_t now_ns = story_ns(s, time_ns);
	if (!s->begun)
		return;
	s->quiet = false;
	bool ok = levels_reveal(s, now_ns);
	for (size_t i = 0; i < s->goroutines && ok; i++)
		if (s->goroutine[i].status != TRACE_NOT_EXIST && states_visible(s, &s->goroutine[i]))
			ok = states_reveal(s, &s->goroutine[i], now_ns);
	keep(s, ok && user_reveal(s, now_ns) && ranges_reveal(s, now_ns));
}

struct trace_visitor story_visitor(struct story *s)
{
	return (struct trace_visitor){.self = s, .events = on_events, .gap = on_gap, .end = on_end};
}
