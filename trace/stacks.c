#include "trace/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "trace/tables.h"
#include "util/hash.h"

void stacks_finish(struct stacks *stacks)
{
	free(stacks->stack);
	free(stacks->frame);
	free(stacks->address);
	for (size_t i = 0; i < stacks->outgrowns; i++)
		free(stacks->outgrown[i]);
	idmap_finish(&stacks->of_hash);
	stack_memo_finish(&stacks->number_of);
	idmap_finish(&stacks->sparse_number_of);
	memset(stacks, 0, sizeof *stacks);
}

static uint32_t name_of(const struct trace_block *block, uint64_t string)
{
	uint32_t name = generation_name(block->generation, block->names, string);
	return name == NAME_ERROR ? NAME_NONE : name;
}

/* As wire_grow, but where others read the array may stay where it is. */
static bool grow(struct stacks *stacks, void *array, size_t *capacity, size_t n, size_t size)
{
	void *old, *bigger = NULL;
	memcpy(&old, array, sizeof old);
	if (n < *capacity || !stacks->shared || !old)
		return wire_grow(array, capacity, n, size);
	if (stacks->outgrowns == STACKS_OUTGROWN || !(bigger = reallocarray(NULL, *capacity * 2, size)))
		return false;
	memcpy(bigger, old, n * size);
	memcpy(array, &bigger, sizeof bigger);
	stacks->outgrown[stacks->outgrowns++] = old;
	*capacity *= 2;
	return true;
}

static uint32_t intern(struct stacks *stacks, const struct trace_block *block, uint64_t id)
{
	const struct wire_frame *wire[TRACE_MAX_FRAMES];
	size_t n = block->generation ? generation_stack(block->generation, id, wire) : 0;
	/* A frame without an address or a name says nothing: to Go's profiles such a stack is none. */
	while (stacks->by_address && n > 0 && wire[n - 1]->pc == 0 && wire[n - 1]->function == 0)
		n--;
	if (n == 0)
		return STACK_NONE;
	struct stack_frame frame[TRACE_MAX_FRAMES];
	uint64_t address[TRACE_MAX_FRAMES];
	uint64_t hash = n;
	for (size_t i = 0; i < n; i++) {
		frame[i] = (struct stack_frame){name_of(block, wire[i]->function),
		                                name_of(block, wire[i]->file), (uint32_t)wire[i]->line};
		hash = (hash ^ frame[i].function ^ (uint64_t)frame[i].line << 32) *
		       UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 31;
		address[i] = wire[i]->pc;
		if (stacks->by_address)
			hash = hash_mix(hash, address[i]);
	}
	uint32_t head = idmap_get(&stacks->of_hash, hash);
	/* Stacks made to collide are kept more than once instead of compared for ever. */
	unsigned patience = 32;
	for (uint32_t i = head == IDMAP_NONE ? 0 : head; i && patience;
	     i = stacks->stack[i - 1].next, patience--) {
		const struct stack *known = &stacks->stack[i - 1];
		if (known->frames == n &&
		    memcmp(&stacks->frame[known->first], frame, n * sizeof *frame) == 0 &&
		    (!stacks->by_address ||
		     memcmp(&stacks->address[known->first], address, n * sizeof *address) == 0))
			return i;
	}
	for (size_t i = 0; i < n; i++) {
		if (!grow(stacks, &stacks->frame, &stacks->frame_capacity, stacks->frames, sizeof *frame))
			return STACK_ERROR;
		if (stacks->by_address) {
			if (!wire_grow(&stacks->address, &stacks->address_capacity, stacks->frames,
			               sizeof *address))
				return STACK_ERROR;
			stacks->address[stacks->frames] = address[i];
		}
		stacks->frame[stacks->frames++] = frame[i];
	}
	if (!grow(stacks, &stacks->stack, &stacks->capacity, stacks->n, sizeof *stacks->stack))
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

void stack_memo_finish(struct stack_memo *memo)
{
	free(memo->of);
	memset(memo, 0, sizeof *memo);
}

bool stack_memo_begin_slow(struct stack_memo *memo, const struct generation *g)
{
	if (g->stacks.n >= memo->limit) {
		size_t limit = g->stacks.n + g->stacks.n / 2 + 64;
		uint64_t *bigger = reallocarray(memo->of, limit, sizeof *bigger);
		if (!bigger)
			return false;
		memo->of = bigger;
		memo->limit = limit;
	}
	memset(memo->of, 0, memo->limit * sizeof *memo->of);
	memo->generation = g->number;
	memo->offset = g->offset;
	return true;
}

/* Is it another generation than the last time? */
static bool begin_generation(struct stacks *stacks, const struct generation *g)
{
	const struct stack_memo was = stacks->number_of;
	if (!stack_memo_begin(&stacks->number_of, g))
		return false;
	if (was.generation != g->number || was.offset != g->offset || was.limit <= g->stacks.n)
		idmap_clear(&stacks->sparse_number_of);
	return true;
}

uint32_t stacks_number_slow(struct stacks *stacks, const struct trace_block *block, uint64_t id)
{
	if (id == 0 || !block->generation)
		return STACK_NONE;
	if (!begin_generation(stacks, block->generation))
		return STACK_ERROR;
	struct stack_memo *memo = &stacks->number_of;
	bool dense = id < memo->limit;
	if (dense && memo->of[id])
		return (uint32_t)(memo->of[id] - 1);
	uint32_t number = dense ? IDMAP_NONE : idmap_get(&stacks->sparse_number_of, id);
	if (number != IDMAP_NONE)
		return number;
	number = intern(stacks, block, id);
	if (number == STACK_ERROR)
		return number;
	if (dense)
		memo->of[id] = (uint64_t)number + 1;
	else if (!idmap_put(&stacks->sparse_number_of, id, number))
		return STACK_ERROR;
	return number;
}

static bool is_plumbing(const char *function)
{
	static const char *const prefixes[] = {"runtime.",      "runtime/",     "sync.",
	                                       "internal/",     "syscall.",     "golang.org/x/sys/",
	                                       "net.(*netFD).", "net.(*conn).", "os.(*File).",
	                                       "io.",           "bufio.",       "context.",
	                                       "time.Sleep"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

uint32_t stacks_where(const struct stacks *stacks, const struct names *names, uint32_t number)
{
	if (number == STACK_NONE || number > stacks->n)
		return UINT32_MAX;
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++)
		if (!is_plumbing(names_text(names, stacks->frame[stack->first + i].function)))
			return stack->first + i;
	return stack->first;
}

bool stack_root_is_preemption(const char *function)
{
	static const char prefix[] = "runtime.asyncPreempt";
	return strncmp(function, prefix, sizeof prefix - 1) == 0;
}

uint32_t stack_function(const struct trace_block *block, uint64_t id, bool root)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	size_t n = block->generation ? generation_stack(block->generation, id, frame) : 0;
	uint32_t name = n ? name_of(block, frame[root ? n - 1 : 0]->function) : NAME_NONE;
	return root && stack_root_is_preemption(names_text(block->names, name)) ? NAME_NONE : name;
}
