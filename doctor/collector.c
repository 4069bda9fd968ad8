#include "doctor/collector.h"

#include <string.h>

static bool calls_for_a_cycle(const char *function)
{
	static const char *const callers[] = {"runtime.GC", "runtime/debug.FreeOSMemory",
	                                      "runtime/debug.freeOSMemory"};
	for (size_t i = 0; i < sizeof callers / sizeof *callers; i++)
		if (strcmp(function, callers[i]) == 0)
			return true;
	return false;
}

bool collector_was_called(const struct stacks *stacks, const struct names *names, uint32_t number)
{
	if (number == STACK_NONE || number > stacks->n)
		return false;
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++)
		if (calls_for_a_cycle(names_text(names, stacks->frame[stack->first + i].function)))
			return true;
	return false;
}
