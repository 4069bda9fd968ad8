#include "trace/gc_workers.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"

void gc_workers_finish(struct gc_workers *w)
{
	free(w->is);
	stack_memo_finish(&w->of_stack);
	*w = (struct gc_workers){0};
}

bool gc_workers_prepare(struct gc_workers *w, const struct trace_block *block)
{
	return SLOTS_FIT(w->is, w->slots, block->goroutines, NULL) &&
	       (!block->generation || stack_memo_begin(&w->of_stack, block->generation));
}

void gc_workers_gap(struct gc_workers *w)
{
	slots_drop(&w->is, &w->slots);
}

static bool begins(const struct trace_block *block, uint32_t name, const char *prefix)
{
	return strncmp(names_text(block->names, name), prefix, strlen(prefix)) == 0;
}

/* The root is gcBgMarkWorker, or a wrapper that starts it. */
static enum gc_worker judge(const struct trace_block *block, uint64_t stack)
{
	uint32_t root = stack_function(block, stack, true);
	if (root == NAME_NONE)
		return GC_WORKER_UNKNOWN;
	return begins(block, root, "runtime.gcBgMark") ? GC_WORKER_YES : GC_WORKER_NO;
}

static enum gc_worker of_stack(struct gc_workers *w, const struct trace_block *block, uint64_t id)
{
	if (id == 0 || id >= w->of_stack.limit)
		return id ? judge(block, id) : GC_WORKER_UNKNOWN;
	uint64_t *known = &w->of_stack.of[id];
	if (!*known)
		*known = (uint64_t)judge(block, id) + 1;
	return (enum gc_worker)(*known - 1);
}

bool gc_workers_learn_slow(struct gc_workers *w, const struct trace_block *block,
                           const struct trace_event *e)
{
	w->is[e->subject] = (uint8_t)of_stack(w, block, trace_own_stack(e));
	return w->is[e->subject] != GC_WORKER_UNKNOWN;
}

bool gc_workers_label(const struct gc_workers *w, const struct trace_block *block,
                      const struct trace_event *e)
{
	return e->g != TRACE_NONE && w->is[e->g] != GC_WORKER_NO && begins(block, e->name, "GC ");
}

bool gc_workers_note_assist(struct gc_workers *w, const struct trace_event *e)
{
	if (w->is[e->subject] != GC_WORKER_UNKNOWN)
		return false;
	w->is[e->subject] = GC_WORKER_NO;
	return true;
}
