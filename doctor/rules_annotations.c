/* How the program annotates itself: leads the events to the parts that follow tasks and regions. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/annotations.h"
#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "trace/slots.h"

static void destroy(void *self)
{
	struct notes *n = self;
	note_tasks_finish(&n->tasks);
	note_regions_finish(&n->regions);
	free(n->slot);
	free(n);
}

static void *create(const struct doctor *doctor)
{
	struct notes *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->doctor = doctor;
	n->tasks.ended = calloc(NOTES_ENDED, sizeof *n->tasks.ended);
	n->regions.left = calloc(NOTES_LEFT, sizeof *n->regions.left);
	if (n->tasks.ended && n->regions.left)
		return n;
	destroy(n);
	return NULL;
}

static bool prepare(struct notes *n, uint32_t slot)
{
	return SLOTS_FIT(n->slot, n->slots, (size_t)slot + 1, NULL);
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct notes *n = self;
	(void)block;
	/* By a goroutine that nobody introduced: only in damaged traces. */
	if (e->g == TRACE_NONE || w->slot[e->g].state == TRACE_NOT_EXIST)
		return true;
	if (!prepare(n, e->g))
		return false;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		return note_task_begin(n, w, e);
	case EV_USER_TASK_END:
		return note_task_end(n, w, e);
	case EV_USER_REGION_BEGIN:
		return note_task_part(n, w, e) && note_region_begin(n, w, e);
	case EV_USER_REGION_END:
	case EV_USER_REGION_STRAY:
		return note_region_end(n, w, e);
	default:
		return note_task_part(n, w, e);
	}
}

static bool on_birth(void *self, const struct witness *w, uint32_t slot, uint32_t creator)
{
	struct notes *n = self;
	(void)w;
	if (n->tasks.kinds == 0) /* no task yet */
		return true;
	if (!prepare(n, slot))
		return false;
	n->slot[slot].inherited = creator == TRACE_NONE ? 0 : note_task_of(n, creator);
	return true;
}

static bool on_death(void *self, const struct witness *w, uint32_t slot, int64_t at_ns)
{
	struct notes *n = self;
	(void)w;
	(void)at_ns;
	if (slot >= n->slots)
		return true;
	note_task_death(n, slot);
	note_region_death(n, slot);
	n->slot[slot] = (struct note_goroutine){.innermost = 0};
	return true;
}

static void on_gap(void *self)
{
	struct notes *n = self;
	note_tasks_forget(&n->tasks);
	note_regions_forget(n);
	slots_drop(&n->slot, &n->slots);
}

/* What began before is as if it had begun before the trace. */
static void on_restart(void *self, int64_t time_ns)
{
	struct notes *n = self;
	(void)time_ns;
	on_gap(n);
	for (size_t i = 0; i < n->tasks.kinds; i++)
		n->tasks.kind[i] = (struct task_kind){.name = n->tasks.kind[i].name};
	for (size_t i = 0; i < n->regions.kinds; i++)
		n->regions.kind[i] = (struct region_kind){.name = n->regions.kind[i].name};
	n->tasks.unknown_ends = 0;
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	struct notes *n = self;
	note_tasks_conclude(n, findings);
	note_regions_conclude(n, findings);
	note_contexts_conclude(n, findings);
	note_cost_conclude(doctor, findings);
	return true;
}

const struct trace_family rules_annotations = {
	.name = "annotations",
	.events = EV_BIT(EV_USER_TASK_BEGIN) | EV_BIT(EV_USER_TASK_END) | EV_BIT(EV_USER_REGION_BEGIN) |
              EV_BIT(EV_USER_REGION_END) | EV_BIT(EV_USER_REGION_STRAY) | EV_BIT(EV_USER_LOG),
	.create = create,
	.event = on_event,
	.born = on_birth,
	.died = on_death,
	.gap = on_gap,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};

/* --- showing --------------------------------------------------------------------------------- */

const char *note_name(char to[NOTE_NAME], const struct doctor *doctor, uint32_t name)
{
	const char *text = names_text(&doctor->analysis->names, name);
	if (*text)
		snprintf(to, NOTE_NAME, "\"%.*s\"", NOTE_NAME - 3, text);
	else
		snprintf(to, NOTE_NAME, "(unnamed)");
	return to;
}

void note_count_add(struct note_count *count, const struct note_case *first)
{
	if (count->n++ == 0)
		count->first = *first;
}

void note_ranks_add(struct note_ranks *ranks, uint32_t index, uint64_t n)
{
	size_t at = ranks->n;
	ranks->all += n;
	ranks->kinds++;
	while (at > 0 && ranks->rank[at - 1].n < n)
		at--;
	if (at == NOTES_TOLD)
		return;
	ranks->n += ranks->n < NOTES_TOLD;
	memmove(&ranks->rank[at + 1], &ranks->rank[at], (ranks->n - at - 1) * sizeof *ranks->rank);
	ranks->rank[at] = (struct note_rank){index, n};
}

struct evidence *note_show(struct finding *finding, const struct doctor *doctor,
                           enum evidence_kind kind, const struct note_case *shown,
                           const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct evidence *e = finding_show(finding, kind, "%s", text);
	const struct witness *w = doctor->witness;
	evidence_goroutine(e, shown->goroutine);
	evidence_task(e, shown->task);
	if (shown->begin_ns != INT64_MIN) {
		int64_t begin_ns = witness_since_begin(w, shown->begin_ns);
		evidence_span(e, begin_ns,
		              shown->end_ns == INT64_MIN ? begin_ns
		                                         : witness_since_begin(w, shown->end_ns));
	}
	evidence_stack(e, w->stacks, w->names, shown->stack);
	return e;
}
