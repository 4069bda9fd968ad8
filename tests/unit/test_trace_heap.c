/* The heap over time, and what the collector does meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/trace_scenario.h"
#include "trace/heap.h"
#include "trace/window.h"

#define US 1000

static void show(struct heap *heap, const struct scenario *s)
{
	struct names names = {0};
	const struct trace_visitor visitor = heap_visitor(heap);
	scenario_show(s, &visitor, 1, &names);
	names_finish(&names);
}

static int64_t sum_of(const struct heap *heap, size_t offset)
{
	int64_t sum = 0;
	for (size_t i = 0; i < heap->bins; i++)
		sum += *(const int64_t *)(const void *)((const char *)&heap->bin[i] + offset);
	return sum;
}

static void bins_add_up_to_the_collectors_time(void **state)
{
	(void)state;
	struct scenario s;
	struct heap heap = {0};
	scenario_service(&s);
	show(&heap, &s);
	assert_int_equal((heap.last_ns - heap.first_ns) / US, 1000);
	assert_int_equal(sum_of(&heap, offsetof(struct heap_bin, mark_ns)), 200 * US);
	assert_int_equal(sum_of(&heap, offsetof(struct heap_bin, stopped_ns)), 30 * US);
	assert_int_equal(sum_of(&heap, offsetof(struct heap_bin, assist_ns)), 50 * US);
	heap_finish(&heap);
}

static void what_was_told_stands_in_its_bin(void **state)
{
	(void)state;
	struct scenario s;
	struct heap heap = {0};
	scenario_service(&s);
	show(&heap, &s);
	size_t at = (size_t)(700 * US / heap.bin_ns);
	for (size_t i = 0; i < heap.bins; i++) {
		assert_int_equal(heap.bin[i].has_heap, i == at);
		assert_int_equal(heap.bin[i].has_goal, i == at);
	}
	assert_int_equal(heap.bin[at].heap_max, 4 << 20);
	assert_int_equal(heap.bin[at].heap_min, 4 << 20);
	assert_int_equal(heap.bin[at].goal, 8 << 20);
	heap_finish(&heap);
}

/* A heap of as many bytes as microseconds have passed, told every 10 us. */
static void wider_bins_keep_the_least_and_the_most(void **state)
{
	(void)state;
	struct heap heap = {0};
	enum { TOLD = 4 * HEAP_BINS + 1 };
	for (uint64_t i = 0; i < TOLD; i++) {
		const struct trace_event event = {.type = EV_HEAP_ALLOC,
		                                  .time_ns = (int64_t)i * 10 * US,
		                                  .arg = {i}};
		const struct trace_event *other = &event;
		const struct trace_block block = {.event = &event,
		                                  .events = 1,
		                                  .other = &other,
		                                  .others = 1};
		assert_true(heap_visitor(&heap).events(&heap, &block));
	}
	assert_int_equal(heap.bin_ns, 80 * US);
	assert_int_equal(heap.bins, TOLD / 8 + 1);
	for (size_t i = 0; i + 1 < heap.bins; i++) {
		assert_int_equal(heap.bin[i].heap_min, 8 * i);
		assert_int_equal(heap.bin[i].heap_max, 8 * i + 7);
	}
	heap_finish(&heap);
}

static void part_begins_with_empty_bins(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct heap heap = {0};
	const struct window_member member = {heap_visitor(&heap), heap_restart};
	struct window window = {&member, 1, .from_ns = 800 * US, .to_ns = 950 * US};
	const struct trace_visitor visitor = window_visitor(&window);
	scenario_service(&s);
	scenario_show(&s, &visitor, 1, &names);
	assert_int_equal(heap.last_ns - heap.first_ns, 150 * US);
	assert_int_equal(sum_of(&heap, offsetof(struct heap_bin, mark_ns)), 100 * US);
	assert_int_equal(sum_of(&heap, offsetof(struct heap_bin, stopped_ns)), 0);
	window_finish(&window);
	heap_finish(&heap);
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_add_up_to_the_collectors_time),
		cmocka_unit_test(what_was_told_stands_in_its_bin),
		cmocka_unit_test(wider_bins_keep_the_least_and_the_most),
		cmocka_unit_test(part_begins_with_empty_bins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
