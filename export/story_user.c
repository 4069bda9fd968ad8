/* What the program says of itself: tasks, regions and logs. Mark assists lie among the regions of
   their goroutine, since both cross its states and nest in each other. */
#include <string.h>

#include "export/story_parts.h"
#include "trace/tables.h"

enum {
	MESSAGE = 4096,     /* bytes of a log that are told, replacements included */
	REGIONS_SEEN = 1024 /* that lie in each other and may be the one that ends */
};

uint32_t list_take(struct story_list *list)
{
	uint32_t i = list->free;
	if (i) {
		list->free = list->open[i - 1].next;
	} else {
		if (!wire_grow(&list->open, &list->capacity, list->n, sizeof *list->open))
			return 0;
		i = (uint32_t)++list->n;
	}
	list->open[i - 1] = (struct story_open){.used = true};
	return i;
}

void list_give(struct story_list *list, uint32_t i)
{
	list->open[i - 1].used = false;
	list->open[i - 1].next = list->free;
	list->free = i;
}

/* --- which tasks were asked for -------------------------------------------------------------- */

static bool wants_all_tasks(const struct story *s)
{
	return !s->options.task.id && !s->options.task.type && !s->options.task.among;
}

static bool wants_task(const struct story *s, uint64_t id, uint32_t name)
{
	const struct story_options *o = &s->options;
	return (!o->task.id || o->task.id == id) &&
	       (!o->task.among || idmap_get(o->task.among, id) != IDMAP_NONE) &&
	       (!o->task.type || strcmp(o->task.type, names_text(s->names, name)) == 0);
}

/* By the ID that a region or a log bears. */
static bool is_wanted(const struct story *s, uint64_t id)
{
	if (wants_all_tasks(s))
		return true;
	uint32_t i = idmap_get(&s->task_of, id);
	if (i != IDMAP_NONE)
		return s->task.open[i].wanted;
	/* It began before the trace, and its type is not known. */
	return id != 0 && !s->options.task.type && wants_task(s, id, NAME_NONE);
}

static bool follow(struct story *s, struct story_goroutine *g, int64_t now_ns)
{
	bool was = states_visible(s, g);
	g->follows++;
	return was || !states_visible(s, g) || states_reveal(s, g, now_ns);
}

static bool unfollow(struct story *s, struct story_goroutine *g, int64_t now_ns)
{
	bool was = states_visible(s, g);
	g->follows -= g->follows > 0;
	return !was || states_visible(s, g) || states_conceal(s, g, now_ns, false);
}

/* --- regions --------------------------------------------------------------------------------- */

static bool tell_region(struct story *s, struct story_goroutine *g, struct story_slice *slice)
{
	bool ok = states_declare(s, g) &&
	          (g->regions_declared || s->narrator.track(s->narrator.self, &slice->track));
	g->regions_declared = true;
	return ok && story_tell(s, slice);
}

static bool region_visible(const struct story *s, const struct story_goroutine *g,
                           const struct story_open *region)
{
	return region->wanted && states_visible(s, g);
}

bool user_push(struct story *s, uint32_t slot, const struct story_slice *slice, bool wanted)
{
	uint32_t i = list_take(&s->region);
	struct story_goroutine *g = &s->goroutine[slot];
	if (!i)
		return false;
	struct story_open *node = &s->region.open[i - 1];
	node->slice = *slice;
	node->slice.track = g->track;
	node->slice.track.kind = TRACK_REGIONS;
	node->slice.begin_ns = g->last_ns = later_ns(slice->begin_ns, g->last_ns);
	node->slice.goroutine = g->track.id;
	node->next = g->innermost;
	node->goroutine = slot;
	node->wanted = wanted;
	g->innermost = i;
	return !region_visible(s, g, node) || tell_region(s, g, &node->slice);
}

static bool pop_innermost(struct story *s, struct story_goroutine *g, int64_t end_ns, bool open)
{
	uint32_t i = g->innermost;
	struct story_open *node = &s->region.open[i - 1];
	bool follows = node->slice.category == STORY_REGION && node->wanted && !wants_all_tasks(s);
	node->slice.open = open;
	bool ok = story_end(s, &node->slice, later_ns(end_ns, g->last_ns));
	g->last_ns = node->slice.end_ns;
	g->innermost = node->next;
	g->assist = g->assist == i ? 0 : g->assist;
	list_give(&s->region, i);
	return ok && (!follows || unfollow(s, g, end_ns));
}

bool user_pop(struct story *s, struct story_goroutine *g, uint32_t i, int64_t end_ns, bool open)
{
	while (g->innermost != i)
		if (!pop_innermost(s, g, end_ns, open))
			return false;
	return pop_innermost(s, g, end_ns, open);
}

static bool begin_region(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->g];
	bool wanted = is_wanted(s, e->arg[0]);
	uint32_t name = redactor_name(&s->redactor, s->names, e->name), stack;
	if (name == NAME_ERROR || !story_stack(s, e->arg[2], &stack))
		return false;
	if (wanted && !wants_all_tasks(s) && !follow(s, g, story_ns(s, e->at_ns)))
		return false;
	const struct story_slice slice = {.category = STORY_REGION,
	                                  .name = name,
	                                  .stack = stack,
	                                  .begin_ns = story_ns(s, e->at_ns),
	                                  .proc = STORY_NOBODY,
	                                  .by = STORY_NOBODY,
	                                  .task = e->arg[0]};
	return user_push(s, e->g, &slice, wanted);
}

/* An end that fits none began before the trace, or never. Only the innermost are looked at: a
   program ends them in turn, and a million that fit none must not each go through a million. */
static bool end_region(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->g];
	uint32_t name = redactor_name(&s->redactor, s->names, e->name), i = g->innermost;
	if (name == NAME_ERROR)
		return false;
	for (unsigned seen = 0; i && (s->region.open[i - 1].slice.name != name ||
	                              s->region.open[i - 1].slice.task != e->arg[0] ||
	                              s->region.open[i - 1].slice.category != STORY_REGION);
	     i = ++seen < REGIONS_SEEN ? s->region.open[i - 1].next : 0)
		;
	return !i || user_pop(s, g, i, story_ns(s, e->at_ns), false);
}

/* --- tasks ----------------------------------------------------------------------------------- */

static bool tell_task(struct story *s, struct story_open *task, int64_t now_ns)
{
	int64_t last_ns;
	bool fresh;
	uint32_t lane = lanes_take(&s->task_lanes, task->slice.name, &last_ns, &fresh);
	if (lane == TRACE_NONE)
		return false;
	struct story_slice *slice = &task->slice;
	slice->track =
		(struct story_track){.kind = TRACK_TASK, .number = lane, .id = lane, .name = slice->name};
	slice->begin_ns = later_ns(now_ns, last_ns);
	return (!fresh || s->narrator.track(s->narrator.self, &slice->track)) && story_tell(s, slice);
}

static bool end_told_task(struct story *s, struct story_open *task, int64_t now_ns, bool open)
{
	if (!task->slice.told)
		return true;
	task->slice.open = open;
	bool ok = story_end(s, &task->slice, now_ns);
	lanes_give(&s->task_lanes, task->slice.track.number, task->slice.end_ns);
	return ok;
}

static bool task_visible(const struct story *s, const struct story_open *task)
{
	const struct story_options *o = &s->options;
	return !s->quiet && task->wanted && (!o->goroutine || o->goroutine == task->slice.goroutine);
}

static bool begin_task(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->g];
	int64_t now_ns = story_ns(s, e->at_ns);
	uint32_t name = redactor_name(&s->redactor, s->names, e->name), stack;
	uint32_t known = idmap_get(&s->task_of, e->arg[0]);
	if (name == NAME_ERROR || !story_stack(s, e->arg[2], &stack))
		return false;
	if (known != IDMAP_NONE) /* damaged: who reads it goes on */
		return true;
	uint32_t i = list_take(&s->task);
	if (!i || !idmap_put(&s->task_of, e->arg[0], i - 1))
		return false;
	struct story_open *task = &s->task.open[i - 1];
	task->slice = (struct story_slice){.category = STORY_TASK,
	                                   .name = name,
	                                   .stack = stack,
	                                   .begin_ns = now_ns,
	                                   .goroutine = g->track.id,
	                                   .proc = STORY_NOBODY,
	                                   .by = STORY_NOBODY,
	                                   .task = e->arg[0],
	                                   .parent = e->arg[1]};
	task->goroutine = e->g;
	task->wanted = wants_all_tasks(s) || wants_task(s, e->arg[0], e->name);
	if (task->wanted && !wants_all_tasks(s) && !follow(s, g, now_ns))
		return false;
	return !task_visible(s, task) || tell_task(s, task, now_ns);
}

/* Who created it may have ended since, and its slot be another's. */
static struct story_goroutine *creator(const struct story *s, const struct story_open *task)
{
	struct story_goroutine *g = &s->goroutine[task->goroutine];
	return g->status != TRACE_NOT_EXIST && g->track.id == task->slice.goroutine ? g : NULL;
}

static bool end_task(struct story *s, const struct trace_event *e)
{
	uint32_t i = idmap_get(&s->task_of, e->arg[0]);
	int64_t now_ns = story_ns(s, e->at_ns);
	if (i == IDMAP_NONE)
		return true;
	struct story_open *task = &s->task.open[i];
	struct story_goroutine *g = creator(s, task);
	bool ok = end_told_task(s, task, now_ns, false);
	if (ok && g && task->wanted && !wants_all_tasks(s))
		ok = unfollow(s, g, now_ns);
	idmap_remove(&s->task_of, e->arg[0]);
	list_give(&s->task, i + 1);
	return ok;
}

/* --- logs ------------------------------------------------------------------------------------ */

static bool note_log(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->g];
	const char *text = "";
	size_t length = 0;
	char message[MESSAGE];
	if (!states_visible(s, g) || !is_wanted(s, e->arg[0]))
		return true;
	if (s->block->generation && !generation_string(s->block->generation, e->arg[1], &text, &length))
		length = 0; /* unknown: the reader has counted it as repaired */
	length = redactor_text(&s->redactor, message, sizeof message, text, length, SIZE_MAX);
	struct story_instant i = {
		.track = g->track,
		.category = STORY_LOG,
		.name = redactor_name(&s->redactor, s->names, e->name),
		.at_ns = later_ns(story_ns(s, e->at_ns), g->state.begin_ns),
		.goroutine = g->track.id,
		.proc = e->p == TRACE_NONE ? STORY_NOBODY : s->block->proc[e->p].id,
		.by = STORY_NOBODY,
		.task = e->arg[0],
		.message = message,
		.length = length,
	};
	if (i.name == NAME_NONE)
		i.name = s->log_name;
	return i.name != NAME_ERROR && states_declare(s, g) &&
	       s->narrator.instant(s->narrator.self, &i);
}

bool user_event(struct story *s, const struct trace_event *e)
{
	/* By a goroutine that nobody introduced: only in damaged traces. */
	if (e->g == TRACE_NONE || s->goroutine[e->g].status == TRACE_NOT_EXIST)
		return true;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		return begin_task(s, e);
	case EV_USER_TASK_END:
		return end_task(s, e);
	case EV_USER_REGION_BEGIN:
		return begin_region(s, e);
	case EV_USER_REGION_END:
		return end_region(s, e);
	default:
		return note_log(s, e);
	}
}

/* --- what goes on at the borders ------------------------------------------------------------- */

/* Regions from the outside in, as they lie in each other. */
static bool reveal_regions(struct story *s, struct story_goroutine *g, uint32_t i, int64_t now_ns)
{
	/* A list of regions is as long as the program nests them: turned round in place twice. */
	uint32_t outside_in = 0;
	while (i) {
		uint32_t next = s->region.open[i - 1].next;
		s->region.open[i - 1].next = outside_in;
		outside_in = i;
		i = next;
	}
	bool ok = true;
	while (outside_in) {
		struct story_open *node = &s->region.open[outside_in - 1];
		uint32_t next = node->next;
		node->slice.begin_ns = g->last_ns = later_ns(node->slice.begin_ns, now_ns);
		if (ok && region_visible(s, g, node))
			ok = tell_region(s, g, &node->slice);
		node->next = i;
		i = outside_in;
		outside_in = next;
	}
	return ok;
}

bool user_reveal(struct story *s, int64_t now_ns)
{
	bool ok = true;
	for (size_t i = 0; i < s->task.n && ok; i++)
		if (s->task.open[i].used && task_visible(s, &s->task.open[i]))
			ok = tell_task(s, &s->task.open[i], now_ns);
	for (size_t i = 0; i < s->goroutines && ok; i++)
		if (s->goroutine[i].status != TRACE_NOT_EXIST)
			ok = reveal_regions(s, &s->goroutine[i], s->goroutine[i].innermost, now_ns);
	return ok;
}

bool user_conceal(struct story *s, int64_t now_ns, bool forget)
{
	bool ok = true;
	for (size_t i = 0; i < s->task.n && ok; i++) {
		struct story_open *task = &s->task.open[i];
		if (!task->used)
			continue;
		ok = end_told_task(s, task, now_ns, true);
		if (forget) {
			idmap_remove(&s->task_of, task->slice.task);
			list_give(&s->task, (uint32_t)i + 1);
		}
	}
	/* The trace is over, or all that is known is forgotten: both end every region. */
	for (size_t i = 0; i < s->goroutines && ok; i++)
		while (ok && s->goroutine[i].innermost)
			ok = pop_innermost(s, &s->goroutine[i], now_ns, true);
	return ok;
}
