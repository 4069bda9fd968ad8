/* Regions of a request that belong to no task, because a context was not handed on. */
#include <inttypes.h>
#include <stdio.h>

#include "doctor/annotations.h"
#include "util/text.h"

static struct open_note *last_own(struct notes *notes, uint32_t slot)
{
	const struct note_goroutine *g = &notes->slot[slot];
	for (unsigned i = 1; i <= NOTES_OWN; i++) {
		struct open_note *open =
			note_open_task(notes, g->own[(g->next_own + NOTES_OWN - i) % NOTES_OWN]);
		if (open)
			return open;
	}
	return NULL;
}

/* Of the innermost region that has one and is still open. 0: none. */
static uint64_t task_around(struct notes *notes, uint32_t slot)
{
	enum { LOOKED_AT = 32 };
	uint32_t i = notes->slot[slot].innermost;
	for (unsigned n = 0; i && n < LOOKED_AT; n++, i = notes->regions.node[i - 1].next)
		if (note_open_task(notes, notes->regions.node[i - 1].task))
			return notes->regions.node[i - 1].task;
	return 0;
}

uint64_t note_task_of(struct notes *notes, uint32_t slot)
{
	if (slot >= notes->slots)
		return 0;
	uint64_t around = task_around(notes, slot);
	const struct open_note *own = around ? NULL : last_own(notes, slot);
	return around ? around : own ? own->id : notes->slot[slot].inherited;
}

void note_context_begin(struct notes *notes, uint32_t slot, struct region_note *region)
{
	region->instead = note_task_of(notes, slot);
	/* Who begins a task may do so for others, as dispatchers do. */
	region->own = region->instead && !task_around(notes, slot) && last_own(notes, slot);
}

static void count_lost(struct region_kind *kind, const struct note_case *first, uint64_t task)
{
	enum { LOSERS = sizeof kind->lost_to / sizeof *kind->lost_to };
	unsigned i = 0;
	note_count_add(&kind->lost, first);
	while (i < kind->losers && kind->lost_to[i] != task)
		i++;
	if (i == kind->losers && i < LOSERS)
		kind->lost_to[kind->losers++] = task;
}

/* What outlives the task was perhaps not meant to be part of it. */
void note_context_end(struct notes *notes, const struct region_note *region, int64_t end_ns)
{
	struct open_note *task = note_open_task(notes, region->instead);
	const struct note_case lost = {.begin_ns = region->begin_ns,
	                               .end_ns = end_ns,
	                               .goroutine = region->goroutine,
	                               .task = region->instead,
	                               .stack = region->stack};
	if (!task)
		return;
	if (!region->own) {
		count_lost(&notes->regions.kind[region->kind], &lost, region->instead);
		return;
	}
	if (task->strangers && task->strangers_kind != region->kind)
		return;
	if (task->strangers++ == 0)
		task->stranger = lost;
	task->strangers_kind = region->kind;
}

void note_context_task_end(struct notes *notes, const struct open_note *task)
{
	for (uint32_t i = 0; i < task->strangers; i++)
		count_lost(&notes->regions.kind[task->strangers_kind], &task->stranger, task->id);
}

/* Work of a few tasks may be meant for all of them; so may work that mostly has no task to belong
   to. */
static bool is_lost(const struct notes *notes, const struct region_kind *kind)
{
	enum { TASKS = 5 };
	const struct limits_set *limits = notes->doctor->limits;
	return kind->losers >= TASKS && (double)kind->lost.n >= limit(limits, LIMIT_LOST_REGIONS) &&
	       (double)kind->lost.n >= limit(limits, LIMIT_LOST_SHARE) * (double)kind->begun;
}

void note_contexts_conclude(struct notes *notes, struct findings *findings)
{
	const struct note_regions *r = &notes->regions;
	struct note_ranks ranks = {.n = 0};
	uint64_t begun = 0;
	for (size_t i = 0; i < r->kinds; i++)
		if (is_lost(notes, &r->kind[i])) {
			note_ranks_add(&ranks, (uint32_t)i, r->kind[i].lost.n);
			begun += r->kind[i].begun;
		}
	if (!ranks.n)
		return;
	char kinds[NOTE_KINDS], name[NOTE_NAME];
	note_region_kinds(kinds, notes, &ranks);
	struct finding *f = findings_add(findings, SLUG_CONTEXT_LOST, SEVERITY_WARNING,
	                                 NOTE_IMPACT * (double)ranks.all / (double)begun);
	finding_say(f, "%s belong to no task, although what they do is part of one.", kinds);
	finding_measure(f, "lost_regions", UNIT_COUNT, (double)ranks.all);
	finding_measure(f, "begun_regions", UNIT_COUNT, (double)begun);
	for (size_t i = 0; i < ranks.n; i++) {
		const struct region_kind *kind = &r->kind[ranks.rank[i].index];
		note_show(f, notes->doctor, EVIDENCE_TASK, &kind->lost.first,
		          "goroutine %" PRIu64 " began %s without a task while task %" PRIu64
		          " was under way, which it was working for or was created for",
		          kind->lost.first.goroutine, note_name(name, notes->doctor, kind->name),
		          kind->lost.first.task);
	}
}
