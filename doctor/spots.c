#include "doctor/spots.h"

#include <stdlib.h>

#include "trace/slots.h"

void spots_finish(struct spots *spots)
{
	free(spots->of);
	idmap_finish(&spots->first);
	*spots = (struct spots){0};
}

static bool make_room(struct spots *spots, uint32_t stack)
{
	return SLOTS_FIT(spots->of, spots->limit, (size_t)stack + 1, NULL);
}

uint32_t spots_of(struct spots *spots, const struct stacks *stacks, const struct names *names,
                  uint32_t stack)
{
	if (stack == STACK_NONE || stack > stacks->n || !make_room(spots, stack))
		return stack == STACK_NONE ? STACK_NONE : STACK_ERROR;
	if (spots->of[stack])
		return spots->of[stack];
	uint32_t where = stacks_where(stacks, names, stack), first = stack;
	if (where != UINT32_MAX) {
		const struct stack_frame *frame = &stacks->frame[where];
		uint64_t key = (uint64_t)frame->function << 32 | frame->line;
		first = idmap_get(&spots->first, key);
		if (first == IDMAP_NONE) {
			first = stack;
			if (!idmap_put(&spots->first, key, stack))
				return STACK_ERROR;
		}
	}
	return spots->of[stack] = first;
}
