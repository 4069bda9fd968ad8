#include "browse/extra.h"

void extra_init(struct extra *extra, struct stacks *stacks, uint64_t goroutine)
{
	*extra = (struct extra){
		.latency = {.stacks = stacks, .only = goroutine},
		.ready = {.stacks = stacks, .only = goroutine, .runnable = true},
	};
}

void extra_finish(struct extra *extra)
{
	latency_finish(&extra->latency);
	blocking_finish(&extra->ready);
	heap_finish(&extra->heap);
}

void extra_members(struct extra *extra, struct window_member member[EXTRA_MEMBERS])
{
	member[0] = (struct window_member){latency_visitor(&extra->latency), latency_restart};
	member[1] = (struct window_member){blocking_visitor(&extra->ready), blocking_restart};
	member[2] = (struct window_member){heap_visitor(&extra->heap), heap_restart};
}
