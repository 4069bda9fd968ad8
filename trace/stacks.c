#include "trace/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "trace/tables.h"

void stacks_finish(struct stacks *stacks)
{
	free(stacks->stack);
	free(stacks->frame);
	idmap_finish(&stacks->of_hash);
	memset(stacks, 0, sizeof *stacks);
}

static uint32_t name_of(const struct trace_block *block, uint64_t string)
{
	uint32_t name = generation_name(block->generation, block->names, string);
	return name == NAME_ERROR ? NAME_NONE : name;
}

uint32_t stacks_intern(struct stacks *stacks, const struct trace_block *block, uint64_t id)
{
	const struct wire_frame *wire[TRACE_MAX_FRAMES];
	size_t n = block->generation ? generation_stack(block->generation, id, wire) : 0;
	if (n == 0)
		return STACK_NONE;
	struct stack_frame frame[TRACE_MAX_FRAMES];
	uint64_t hash = n;
	for (size_t i = 0; i < n; i++) {
		frame[i] = (struct stack_frame){name_of(block, wire[i]->function),
		                                name_of(block, wire[i]->file), (uint32_t)wire[i]->line};
		hash = (hash ^ frame[i].function ^ (uint64_t)frame[i].line << 32) *
		       UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 31;
	}
	uint32_t head = idmap_get(&stacks->of_hash, hash);
	for (uint32_t i = head == IDMAP_NONE ? 0 : head; i; i = stacks->stack[i - 1].next) {
		const struct stack *known = &stacks->stack[i - 1];
		if (known->frames == n &&
		    memcmp(&stacks->frame[known->first], frame, n * sizeof *frame) == 0)
			return i;
	}
	for (size_t i = 0; i < n; i++) {
		if (!wire_grow(&stacks->frame, &stacks->frame_capacity, stacks->frames, sizeof *frame))
			return STACK_ERROR;
		stacks->frame[stacks->frames++] = frame[i];
	}
	if (!wire_grow(&stacks->stack, &stacks->capacity, stacks->n, sizeof *stacks->stack))
		return STACK_ERROR;
	uint32_t number = (uint32_t)stacks->n + 1;
	if (head == IDMAP_NONE) {
		if (!idmap_put(&stacks->of_hash, hash, number))
			return STACK_ERROR;
		head = 0;
	} else {
		/* Behind the head: the map goes on pointing to that one. */
		uint32_t second = stacks->stack[head - 1].next;
		stacks->stack[head - 1].next = number;
		head = second;
	}
	stacks->stack[stacks->n++] = (struct stack){(uint32_t)(stacks->frames - n), (uint32_t)n, head};
	return number;
}

uint32_t stack_function(const struct trace_block *block, uint64_t id, bool root)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	size_t n = block->generation ? generation_stack(block->generation, id, frame) : 0;
	return n ? name_of(block, frame[root ? n - 1 : 0]->function) : NAME_NONE;
}
