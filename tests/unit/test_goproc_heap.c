#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/heap.h"

#define MEMSTATS   UINT64_C(0x1000)
#define CONTROLLER UINT64_C(0x4000)
#define WORK       UINT64_C(0x8000)
#define SIZE       UINT64_C(0x9000)

static const struct globals globals = {.memstats = MEMSTATS,
                                       .gc_controller = CONTROLLER,
                                       .work = WORK};

/* The memory of a program: its variables, and nothing before or behind them. */
struct program {
	uint8_t bytes[SIZE];
	struct memory memory;
	struct goproc_heap heap;
};

static ssize_t read_program(void *context, void *to, size_t size, const struct iovec *remote,
                            size_t n)
{
	const struct program *program = context;
	uint8_t *at = to;
	for (size_t i = 0; i < n; i++) {
		uint64_t address = (uintptr_t)remote[i].iov_base;
		if (address < MEMSTATS || address >= SIZE || remote[i].iov_len > SIZE - address) {
			errno = EFAULT;
			return -1;
		}
		memcpy(at, program->bytes + address, remote[i].iov_len);
		at += remote[i].iov_len;
	}
	assert_int_equal(at - (uint8_t *)to, size);
	return at - (uint8_t *)to;
}

static void put(struct program *program, uint64_t variable, struct layout_field field,
                uint64_t value)
{
	if (field.off >= 0)
		memcpy(program->bytes + variable + field.off, &value, (size_t)field.size);
}

/* A heap of 3 MB live and 6 MB to be reached, after 7 cycles. */
static const struct collector_layout *start(struct program *program, int minor)
{
	const struct collector_layout *layout = layout_find_collector(minor);
	assert_non_null(layout);
	memset(program, 0, sizeof *program);
	program->memory = (struct memory){.readv = read_program, .context = program};
	put(program, MEMSTATS, layout->numgc, 7);
	put(program, CONTROLLER, layout->heapMarked, 3000000);
	put(program, CONTROLLER, layout->heapGoal, 6000000);
	put(program, CONTROLLER, layout->gcPercentHeapGoal, 6000000);
	put(program, CONTROLLER, layout->triggered, UINT64_MAX);
	put(program, CONTROLLER, layout->memoryLimit, INT64_MAX);
	put(program, WORK, layout->totalTime, 1000);
	put(program, WORK, layout->idleTime, 600);
	put(program, WORK, layout->gcTotalTime, 90);
	put(program, WORK, layout->gcAssistTime, 20);
	return layout;
}

static struct goproc_heap *read_heap(struct program *program, const struct collector_layout *layout)
{
	heap_read(&program->memory, &globals, layout, &program->heap);
	return &program->heap;
}

static void every_version_tells_cycles_heap_and_goal(void **state)
{
	(void)state;
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		struct program program;
		const struct goproc_heap *heap = read_heap(&program, start(&program, minor));
		assert_int_equal(program.memory.calls, 1);
		assert_int_equal(heap->gc_cycles, 7);
		assert_int_equal(heap->marked_bytes, 3000000);
		assert_int_equal(heap->goal_bytes, 6000000);
		assert_int_equal(heap->cpu_total_ns, minor >= 20 ? 1000 : GOPROC_UNKNOWN);
		assert_int_equal(heap->cpu_idle_ns, minor >= 20 ? 600 : GOPROC_UNKNOWN);
		assert_int_equal(heap->cpu_gc_ns, minor >= 20 ? 90 : GOPROC_UNKNOWN);
		assert_int_equal(heap->cpu_assist_ns, minor >= 20 ? 20 : GOPROC_UNKNOWN);
	}
}

static void goal_is_never_below_what_the_runtime_keeps_free(void **state)
{
	struct program program;
	const struct collector_layout *layout = start(&program, 26);
	(void)state;
	put(&program, CONTROLLER, layout->sweepDistMinTrigger, 7000000);
	assert_int_equal(read_heap(&program, layout)->goal_bytes, 7000000);
	put(&program, CONTROLLER, layout->triggered, 6990000);
	assert_int_equal(read_heap(&program, layout)->goal_bytes, 6990000 + 65536);
}

static void goal_under_a_memory_limit_is_unknown(void **state)
{
	struct program program;
	const struct collector_layout *layout = start(&program, 26);
	(void)state;
	put(&program, CONTROLLER, layout->memoryLimit, 100000000);
	assert_int_equal(read_heap(&program, layout)->goal_bytes, GOPROC_UNKNOWN);
	assert_int_equal(program.heap.marked_bytes, 3000000);
}

static void goal_without_collection_is_unknown(void **state)
{
	struct program program;
	const struct collector_layout *layout = start(&program, 26);
	(void)state;
	put(&program, CONTROLLER, layout->gcPercentHeapGoal, UINT64_MAX);
	assert_int_equal(read_heap(&program, layout)->goal_bytes, GOPROC_UNKNOWN);
}

static void times_that_do_not_add_up_are_unknown(void **state)
{
	struct program program;
	const struct collector_layout *layout = start(&program, 26);
	(void)state;
	put(&program, WORK, layout->idleTime, 911);
	assert_int_equal(read_heap(&program, layout)->cpu_total_ns, GOPROC_UNKNOWN);
	assert_int_equal(program.heap.cpu_idle_ns, GOPROC_UNKNOWN);
	assert_int_equal(program.heap.gc_cycles, 7);
}

static void without_symbols_everything_is_unknown(void **state)
{
	const struct globals none = {.sched = 0x100};
	const int64_t unknown[] = {GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN,
	                           GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN};
	struct program program;
	const struct collector_layout *layout = start(&program, 26);
	(void)state;
	heap_read(&program.memory, &none, layout, &program.heap);
	assert_memory_equal(&program.heap, unknown, sizeof unknown);
	assert_int_equal(program.memory.calls, 0);
	assert_memory_equal(read_heap(&program, NULL), unknown, sizeof unknown);
	/* Nor when the memory can't be read. */
	const struct globals wrong = {.memstats = SIZE, .gc_controller = CONTROLLER, .work = WORK};
	heap_read(&program.memory, &wrong, layout, &program.heap);
	assert_memory_equal(&program.heap, unknown, sizeof unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_tells_cycles_heap_and_goal),
		cmocka_unit_test(goal_is_never_below_what_the_runtime_keeps_free),
		cmocka_unit_test(goal_under_a_memory_limit_is_unknown),
		cmocka_unit_test(goal_without_collection_is_unknown),
		cmocka_unit_test(times_that_do_not_add_up_are_unknown),
		cmocka_unit_test(without_symbols_everything_is_unknown),
	};
	return cmocka_run_group_tests_name("goproc heap", tests, NULL, NULL);
}
