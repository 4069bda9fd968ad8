#include "doctor/places.h"

#include <stdlib.h>
#include <string.h>

void places_finish(struct places *places)
{
	free(places->of);
	idmap_finish(&places->first);
	*places = (struct places){0};
}

static bool make_room(struct places *places, uint32_t stack)
{
	if (stack < places->limit)
		return true;
	size_t limit = (size_t)stack * 2 + 64;
	uint32_t *of = reallocarray(places->of, limit, sizeof *of);
	if (!of)
		return false;
	memset(of + places->limit, 0, (limit - places->limit) * sizeof *of);
	places->of = of;
	places->limit = limit;
	return true;
}

uint32_t places_of(struct places *places, const struct stacks *stacks, const struct names *names,
                   uint32_t stack)
{
	if (stack == STACK_NONE || stack > stacks->n || !make_room(places, stack))
		return stack == STACK_NONE ? STACK_NONE : STACK_ERROR;
	if (places->of[stack])
		return places->of[stack];
	uint32_t where = stacks_where(stacks, names, stack), first = stack;
	if (where != UINT32_MAX) {
		const struct stack_frame *frame = &stacks->frame[where];
		uint64_t key = (uint64_t)frame->function << 32 | frame->line;
		first = idmap_get(&places->first, key);
		if (first == IDMAP_NONE) {
			first = stack;
			if (!idmap_put(&places->first, key, stack))
				return STACK_ERROR;
		}
	}
	return places->of[stack] = first;
}
