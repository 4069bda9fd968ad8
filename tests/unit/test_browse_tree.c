/* Time by stack as a tree that opens and closes, and distributions as bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "browse/bars.h"
#include "browse/tree.h"

/* main calls a, which calls b; main calls c. Function numbers are names. */
enum { MAIN = 1, A, B, C };

static struct stack_frame frame[] = {
	{B, 0, 3}, {A, 0, 2},    {MAIN, 0, 1}, /* stack 1: main, a, b */
	{A, 0, 5}, {MAIN, 0, 1},               /* 2: main, a */
	{C, 0, 7}, {MAIN, 0, 1},               /* 3: main, c */
	{B, 0, 3}, {A, 0, 9},    {MAIN, 0, 1}, /* 4: main, a at another line, b */
	{C, 0, 1},                             /* 5: c */
};
static struct stack stack[] = {{0, 3, 0}, {3, 2, 0}, {5, 2, 0}, {7, 3, 0}, {10, 1, 0}};
static const struct stacks stacks = {.stack = stack, .n = 5, .frame = frame, .frames = 11};

static void make(struct tree *tree, const struct tree_toggles *toggles, enum tree_sort sort)
{
	static const struct names names;
	struct tree_leaf leaf[] = {
		{.stack = 1, .reason = 8, .ns = 100, .max_ns = 60, .count = 2},
		{.stack = 2, .reason = 8, .ns = 50, .max_ns = 50, .count = 1},
		{.stack = 3, .reason = 9, .ns = 200, .max_ns = 20, .count = 10},
		{.stack = 4, .reason = 8, .ns = 250, .max_ns = 90, .count = 5},
		{.stack = 5, .reason = 9, .ns = 300, .max_ns = 300, .count = 1},
		{.stack = STACK_NONE, .reason = 0, .ns = 100, .max_ns = 100, .count = 1},
	};
	const struct tree_options options = {.stacks = &stacks,
	                                     .names = &names,
	                                     .toggles = toggles,
	                                     .sort = sort};
	assert_true(tree_make(tree, leaf, sizeof leaf / sizeof *leaf, &options));
}

static size_t row_of(const struct tree *tree, uint32_t function, int depth, bool itself)
{
	for (size_t i = 0; i < tree->rows; i++)
		if (tree->row[i].function == function && tree->row[i].depth == depth &&
		    tree->row[i].itself == itself)
			return i;
	fail_msg("no row of function %u at depth %d", function, depth);
	return 0;
}

static void closed_tree_shows_where_goroutines_start(void **state)
{
	(void)state;
	const struct tree_toggles none = {0};
	struct tree tree;
	make(&tree, &none, TREE_TOTAL);
	assert_int_equal(tree.ns, 1000);
	assert_int_equal(tree.count, 20);
	assert_int_equal(tree.rows, 3);
	assert_int_equal(tree.row[0].function, MAIN);
	assert_int_equal(tree.row[0].ns, 600);
	assert_int_equal(tree.row[0].count, 18);
	assert_int_equal(tree.row[0].max_ns, 90);
	assert_true(tree.row[0].opens && !tree.row[0].open && !tree.row[0].one_reason);
	assert_int_equal(tree.row[1].function, C);
	assert_false(tree.row[1].opens);
	assert_int_equal(tree.row[2].heaviest, STACK_NONE);
	assert_false(tree.row[2].itself);
	tree_finish(&tree);
}

/* Each row is the sum of those below it, and lies where they lie. */
static void open_rows_add_up(void **state)
{
	(void)state;
	struct tree_toggles toggles = {0};
	struct tree tree;
	make(&tree, &toggles, TREE_TOTAL);
	tree_toggle(&toggles, tree.row[0].key);
	tree_finish(&tree);
	make(&tree, &toggles, TREE_TOTAL);
	tree_toggle(&toggles, tree.row[row_of(&tree, A, 1, false)].key);
	tree_finish(&tree);
	make(&tree, &toggles, TREE_TOTAL);
	const struct tree_row *a = &tree.row[row_of(&tree, A, 1, false)];
	const struct tree_row *b = &tree.row[row_of(&tree, B, 2, false)];
	const struct tree_row *itself = &tree.row[row_of(&tree, NAME_NONE, 2, true)];
	const struct tree_row *c = &tree.row[row_of(&tree, C, 1, false)];
	assert_int_equal(a->ns, 400);
	assert_int_equal(b->ns, 350);
	assert_int_equal(itself->ns, 50);
	assert_int_equal(c->ns, 200);
	assert_true(a->from == 0 && b->from == 0);
	assert_true(itself->from > .3499 && itself->from < .3501);
	assert_true(c->from > .3999 && c->from < .4001);
	/* The line is told where it is the same for all. */
	assert_null(a->frame);
	assert_int_equal(b->frame->line, 3);
	assert_int_equal(b->heaviest, 4);
	assert_true(a->one_reason && a->reason == 8);
	tree_finish(&tree);
}

static void toggled_twice_is_as_before(void **state)
{
	(void)state;
	struct tree_toggles toggles = {0};
	struct tree tree;
	make(&tree, &toggles, TREE_TOTAL);
	uint64_t key = tree.row[0].key;
	tree_finish(&tree);
	tree_toggle(&toggles, key);
	make(&tree, &toggles, TREE_TOTAL);
	assert_int_equal(tree.rows, 5);
	tree_finish(&tree);
	tree_toggle(&toggles, key);
	make(&tree, &toggles, TREE_TOTAL);
	assert_int_equal(tree.rows, 3);
	tree_finish(&tree);
}

static void more_toggles_than_there_is_room_for_are_forgotten(void **state)
{
	(void)state;
	struct tree_toggles toggles = {0};
	for (uint64_t key = 1; key <= TREE_TOGGLED + 1; key++)
		tree_toggle(&toggles, key);
	assert_int_equal(toggles.n, TREE_TOGGLED);
	assert_int_equal(toggles.key[0], TREE_TOGGLED + 1);
}

static void only_child_is_open_at_once(void **state)
{
	(void)state;
	static const struct names names;
	const struct tree_toggles none = {0};
	struct tree tree;
	struct tree_leaf leaf = {.stack = 1, .ns = 10, .count = 1};
	const struct tree_options options = {.stacks = &stacks, .names = &names, .toggles = &none};
	assert_true(tree_make(&tree, &leaf, 1, &options));
	assert_int_equal(tree.rows, 3);
	assert_int_equal(tree.row[2].function, B);
	tree_finish(&tree);
}

static void rows_are_sorted_beside_each_other(void **state)
{
	(void)state;
	const struct tree_toggles none = {0};
	static const struct {
		enum tree_sort sort;
		uint32_t first;
	} cases[] = {{TREE_TOTAL, MAIN}, {TREE_COUNT, MAIN}, {TREE_LONGEST, C}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tree tree;
		make(&tree, &none, cases[i].sort);
		assert_int_equal(tree.row[0].function, cases[i].first);
		tree_finish(&tree);
	}
}

/* --- bars ----------------------------------------------------------------------------------- */

static void bars_count_powers_of_two_exactly(void **state)
{
	(void)state;
	struct distribution d = {0};
	struct bars bars;
	uint64_t expected[20] = {0};
	for (int64_t ns = 1; ns < 1 << 20; ns = ns * 5 / 4 + 1) {
		assert_true(distribution_add(&d, ns));
		expected[63 - __builtin_clzll((unsigned long long)ns)]++;
	}
	bars_make(&bars, &d, NULL, BARS_ROWS_MAX);
	assert_int_equal(bars.rows, 20);
	for (int i = 0; i < bars.rows; i++) {
		double lo_ns, hi_ns;
		bars_range(&bars, i, &lo_ns, &hi_ns);
		assert_true(hi_ns == (double)(2 << i) && (i == 0 || lo_ns == (double)(1 << i)));
		assert_int_equal(bars.row[i].count, expected[i]);
	}
	distribution_finish(&d);
}

static void few_rows_still_count_everything(void **state)
{
	(void)state;
	struct distribution d = {0}, other = {0};
	for (int64_t ns = 3; ns < INT64_C(1) << 40; ns *= 2)
		assert_true(distribution_add(&d, ns));
	assert_true(distribution_add(&other, 0));
	for (int rows = 1; rows < 50; rows++) {
		struct bars bars;
		uint64_t sum = 0, others = 0;
		bars_make(&bars, &d, &other, rows);
		assert_true(bars.rows >= 1 && bars.rows <= rows);
		for (int i = 0; i < bars.rows; i++) {
			sum += bars.row[i].count;
			others += bars.row[i].other;
		}
		assert_int_equal(sum, d.count);
		assert_int_equal(others, 1);
	}
	distribution_finish(&d);
	distribution_finish(&other);
}

static void nothing_has_no_bars(void **state)
{
	(void)state;
	const struct distribution none = {0};
	struct bars bars;
	bars_make(&bars, &none, &none, 10);
	assert_int_equal(bars.rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_tree_shows_where_goroutines_start),
		cmocka_unit_test(open_rows_add_up),
		cmocka_unit_test(toggled_twice_is_as_before),
		cmocka_unit_test(more_toggles_than_there_is_room_for_are_forgotten),
		cmocka_unit_test(only_child_is_open_at_once),
		cmocka_unit_test(rows_are_sorted_beside_each_other),
		cmocka_unit_test(bars_count_powers_of_two_exactly),
		cmocka_unit_test(few_rows_still_count_everything),
		cmocka_unit_test(nothing_has_no_bars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
