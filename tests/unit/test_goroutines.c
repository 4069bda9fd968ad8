#include "tests/unit/metrics_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/goroutines.h"

#define SECOND NS_PER_S

/* --- a reader whose numbers mean something ---------------------------------------------------- */

static char name_buffer[64];

/* Places above 100 have the names of those 100 below: copies of one function. */
static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	static const char *const kind[] = {"made", "start", "at"};
	(void)arg;
	snprintf(name_buffer, sizeof name_buffer, "main.%s%d", kind[id], (int)(number % 100));
	*out = (struct goroutine_where){name_buffer, "/src/main.go", (int)(number % 100), false};
}

static const char *name_reason(void *arg, uint16_t number)
{
	static const char *const name[] = {"", "chan send", "sleep", "IO wait"};
	(void)arg;
	return name[number];
}

static const struct goroutine_names names = {name_place, name_reason, NULL};

static struct goroutine_row waiting(int64_t goid, uint16_t reason, uint64_t place, int64_t wait_ns)
{
	return (struct goroutine_row){
		.goid = goid,
		.creator = place,
		.start = place,
		.at = place,
		.wait_ns = wait_ns,
		.state = GOROUTINE_WAITING,
		.reason = reason,
	};
}

static struct goroutine_set *group(const struct goroutine_row *row, size_t rows)
{
	struct goroutine_set *set = goroutine_set_create();
	assert_int_equal(goroutine_set_group(set, row, rows, &names, NULL), STATUS_OK);
	return set;
}

static const char *text(const struct goroutine_set *set, uint32_t offset)
{
	return goroutine_text(set, offset);
}

/* --- grouping --------------------------------------------------------------------------------- */

static void goroutines_are_grouped_by_what_they_have_in_common(void **state)
{
	(void)state;
	struct goroutine_row row[] = {
		waiting(1, 1, 7, 3 * SECOND), waiting(2, 1, 7, 9 * SECOND), waiting(3, 1, 7, SECOND),
		waiting(4, 2, 7, SECOND),     waiting(5, 1, 8, SECOND),     waiting(6, 1, 7, 2 * SECOND),
	};
	row[5].system = true;
	struct goroutine_set *set = group(row, 6);
	const struct goroutine_grouping *by = &set->by[GOROUTINES_BY_CREATOR];
	assert_int_equal(set->count, 5);
	assert_int_equal(set->system_count, 1);
	assert_int_equal(by->n, 4);
	assert_int_equal(by->group[0].count, 3);
	assert_int_equal(by->group[0].state, GOROUTINE_WAITING);
	assert_string_equal(text(set, by->group[0].reason), "chan send");
	assert_string_equal(text(set, by->group[0].creator.function), "main.made7");
	assert_string_equal(text(set, by->group[0].creator.file), "/src/main.go");
	assert_int_equal(by->group[0].creator.line, 7);
	assert_string_equal(text(set, by->group[0].start.function), "main.start7");
	assert_string_equal(text(set, by->group[0].at.function), "main.at7");
	assert_int_equal(by->group[0].at_count, 3);
	assert_int_equal(by->group[0].at_known, 3);
	assert_int_equal(by->group[0].longest_ns, 9 * SECOND);
	assert_int_equal(by->group[0].median_ns, 3 * SECOND);
	assert_int_equal(by->group[0].goid[0], 2);
	assert_int_equal(by->group[0].goid[2], 3);
	assert_int_equal(by->group[0].goid[3], 0);
	goroutine_set_unref(set);
}

static void the_same_rows_are_grouped_by_their_frame_as_well(void **state)
{
	(void)state;
	struct goroutine_row row[] = {waiting(1, 1, 7, SECOND), waiting(2, 1, 8, SECOND),
	                              waiting(3, 1, 9, SECOND), waiting(4, 1, 9, SECOND),
	                              waiting(5, 1, 7, SECOND)};
	row[0].at = row[1].at = row[2].at = row[3].at = 50;
	row[4].at = 0;
	struct goroutine_set *set = group(row, 5);
	const struct goroutine_grouping *by = &set->by[GOROUTINES_BY_TOP];
	assert_int_equal(by->n, 2);
	assert_int_equal(by->group[0].count, 4);
	assert_string_equal(text(set, by->group[0].at.function), "main.at50");
	assert_string_equal(text(set, by->group[0].creator.function), "main.made9");
	assert_int_equal(by->group[0].at_known, 4);
	/* Whose frames were not read stands nowhere that is known. */
	assert_int_equal(by->group[1].count, 1);
	assert_string_equal(text(set, by->group[1].at.function), "");
	assert_int_equal(by->group[1].at_known, 0);
	by = &set->by[GOROUTINES_BY_CREATOR];
	assert_int_equal(by->n, 3);
	assert_int_equal(by->group[0].count + by->group[1].count + by->group[2].count, 5);
	goroutine_set_unref(set);
}

static void a_group_tells_where_most_of_its_members_stand(void **state)
{
	(void)state;
	struct goroutine_row row[6];
	static const uint64_t at[6] = {20, 30, 30, 0, 20, 30};
	for (int i = 0; i < 6; i++) {
		row[i] = waiting(i + 1, 1, 7, SECOND);
		row[i].at = at[i];
	}
	struct goroutine_set *set = group(row, 6);
	const struct goroutine_group *g = &set->by[GOROUTINES_BY_CREATOR].group[0];
	assert_string_equal(text(set, g->at.function), "main.at30");
	assert_int_equal(g->at_count, 3);
	assert_int_equal(g->at_known, 5);
	goroutine_set_unref(set);
}

static void numbers_with_the_same_name_are_one_group(void **state)
{
	(void)state;
	struct goroutine_row row[] = {waiting(1, 1, 7, SECOND), waiting(2, 1, 107, SECOND),
	                              waiting(3, 1, 207, 5 * SECOND)};
	struct goroutine_set *set = group(row, 3);
	assert_int_equal(set->by[GOROUTINES_BY_CREATOR].n, 1);
	assert_int_equal(set->by[GOROUTINES_BY_CREATOR].group[0].count, 3);
	assert_int_equal(set->by[GOROUTINES_BY_CREATOR].group[0].longest_ns, 5 * SECOND);
	assert_int_equal(set->by[GOROUTINES_BY_TOP].n, 1);
	goroutine_set_unref(set);
}

static void waiting_times_that_are_not_known_are_not_zero(void **state)
{
	(void)state;
	struct goroutine_row row[] = {waiting(1, 1, 7, -1), waiting(2, 1, 7, -1), waiting(3, 2, 7, -1),
	                              waiting(4, 2, 7, 8 * SECOND), waiting(5, 2, 7, -1)};
	struct goroutine_set *set = group(row, 5);
	const struct goroutine_group *g = set->by[GOROUTINES_BY_CREATOR].group;
	assert_int_equal(g[0].count, 3);
	assert_int_equal(g[0].longest_ns, 8 * SECOND);
	assert_int_equal(g[0].median_ns, 8 * SECOND);
	assert_int_equal(g[1].longest_ns, -1);
	assert_int_equal(g[1].median_ns, -1);
	goroutine_set_unref(set);
}

static void who_may_have_waited_longer_makes_the_numbers_lower_bounds(void **state)
{
	(void)state;
	struct goroutine_row row[] = {waiting(1, 1, 7, SECOND), waiting(2, 1, 7, 2 * SECOND),
	                              waiting(3, 1, 7, 3 * SECOND)};
	row[2].at_least = true;
	struct goroutine_set *set = group(row, 3);
	const struct goroutine_group *g = set->by[GOROUTINES_BY_CREATOR].group;
	assert_true(g->longest_at_least);
	assert_false(g->median_at_least); /* the other two are below 3 s, come what may */
	goroutine_set_unref(set);
	row[2].at_least = false;
	row[0].at_least = true;
	set = group(row, 3);
	g = set->by[GOROUTINES_BY_CREATOR].group;
	assert_true(g->longest_at_least);
	assert_true(g->median_at_least);
	goroutine_set_unref(set);
}

static void the_key_of_a_group_is_the_same_in_every_reading(void **state)
{
	(void)state;
	struct goroutine_row row[] = {waiting(1, 1, 7, SECOND), waiting(2, 2, 8, SECOND)};
	struct goroutine_row later[] = {waiting(9, 2, 8, 4 * SECOND), waiting(8, 2, 8, SECOND),
	                                waiting(1, 1, 107, 3 * SECOND)};
	struct goroutine_set *a = group(row, 2), *b = group(later, 3);
	enum goroutine_by by;
	for (int i = 0; i < GOROUTINES_BY_COUNT; i++)
		for (int k = 0; k < 2; k++) {
			const struct goroutine_group *g = &a->by[i].group[k];
			const struct goroutine_group *same = goroutine_set_find(b, g->key, &by);
			assert_non_null(same);
			assert_int_equal(by, i);
			assert_string_equal(text(a, g->reason), text(b, same->reason));
			assert_int_not_equal(g->key, a->by[i].group[1 - k].key);
			assert_int_not_equal(g->key, a->by[1 - i].group[k].key);
		}
	assert_null(goroutine_set_find(a, 1, NULL));
	goroutine_set_unref(a);
	goroutine_set_unref(b);
}

static void states_are_counted_unless_groups_were_left_out(void **state)
{
	(void)state;
	static struct goroutine_row row[GOROUTINE_GROUPS_MAX + 50];
	enum { ROWS = sizeof row / sizeof *row };
	for (int i = 0; i < ROWS; i++) {
		row[i] = waiting(i + 1, (uint16_t)(1 + i / 90), 7, SECOND);
		row[i].creator = row[i].start = (uint64_t)(i % 90) + 1; /* more groups than fit */
		row[i].state = i % 5 == 0 ? GOROUTINE_RUNNABLE : GOROUTINE_WAITING;
		row[i].system = i % 10 == 1;
	}
	int64_t count;
	struct goroutine_set *set = group(row, ROWS);
	assert_true(set->by[GOROUTINES_BY_CREATOR].other_count > 0);
	assert_true(goroutine_set_count(set, GOROUTINE_WAITING, &count)); /* by their frame they fit */
	assert_int_equal(count, ROWS - ROWS / 5 - ROWS / 10);
	assert_true(goroutine_set_count(set, GOROUTINE_RUNNABLE, &count));
	assert_int_equal(count, ROWS / 5);
	assert_true(goroutine_set_count(set, GOROUTINE_LEAKED, &count));
	assert_int_equal(count, 0);
	goroutine_set_unref(set);
	for (int i = 0; i < ROWS; i++)
		row[i].at = (uint64_t)(i % 90) + 1;
	set = group(row, ROWS);
	assert_false(goroutine_set_count(set, GOROUTINE_WAITING, &count));
	goroutine_set_unref(set);
}

static void more_groups_than_fit_are_counted_as_others(void **state)
{
	(void)state;
	enum { KINDS = 90, ROWS = KINDS * 10 };
	static struct goroutine_row row[ROWS];
	size_t n = 0;
	/* Three reasons, with and without being the runtime's: 540 groups, of 1 to 3 members. */
	for (int i = 1; i <= KINDS; i++)
		for (uint16_t reason = 1; reason <= 3; reason++)
			for (int k = 0; k < 3; k++)
				if (n < ROWS && k < reason) {
					row[n] = waiting((int64_t)n + 1, reason, (uint64_t)i, SECOND);
					row[n++].system = i % 2 == 0;
				}
	struct goroutine_set *set = group(row, n);
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++) {
		const struct goroutine_grouping *grouping = &set->by[by];
		uint32_t shown[2] = {0};
		assert_int_equal(grouping->n, GOROUTINE_GROUPS_MAX);
		for (size_t i = 0; i < grouping->n; i++)
			shown[grouping->group[i].system] += grouping->group[i].count;
		assert_int_equal(grouping->n + grouping->other_groups + grouping->other_system_groups,
		                 3 * KINDS);
		assert_int_equal(shown[0] + grouping->other_count, set->count);
		assert_int_equal(shown[1] + grouping->other_system_count, set->system_count);
	}
	goroutine_set_unref(set);
}

/* --- against the plain way of doing it -------------------------------------------------------- */

static uint32_t next_random(uint32_t *random, uint32_t n)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 16) % n;
}

static int descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x > y ? -1 : x < y;
}

/* What a group says must be what counting its rows one by one says. */
static void check_group(const struct goroutine_set *set, const struct goroutine_group *g,
                        enum goroutine_by by, const struct goroutine_row *row, size_t rows)
{
	static int64_t wait[4096];
	char function[64];
	uint32_t count = 0;
	size_t known = 0;
	for (size_t i = 0; i < rows; i++) {
		uint64_t number = by == GOROUTINES_BY_CREATOR ? row[i].creator : row[i].at;
		snprintf(function, sizeof function,
		         by == GOROUTINES_BY_CREATOR ? "main.made%d" : "main.at%d", (int)(number % 100));
		const struct goroutine_place *place = by == GOROUTINES_BY_CREATOR ? &g->creator : &g->at;
		if (row[i].system != g->system || row[i].state != g->state ||
		    strcmp(text(set, g->reason), name_reason(NULL, row[i].reason)) != 0 ||
		    strcmp(text(set, place->function), number ? function : "") != 0)
			continue;
		count++;
		if (row[i].wait_ns >= 0)
			wait[known++] = row[i].wait_ns;
	}
	qsort(wait, known, sizeof *wait, descending);
	assert_int_equal(g->count, count);
	assert_int_equal(g->longest_ns, known ? wait[0] : -1);
	assert_int_equal(g->median_ns, known ? wait[known / 2] : -1);
}

static void groups_are_those_that_counting_one_by_one_finds(void **state)
{
	(void)state;
	static struct goroutine_row row[3000];
	uint32_t random = 4711;
	/* With fewer different rows than get names. */
	for (int round = 0; round < 60; round++) {
		size_t rows = next_random(&random, 3000), kinds = 1 + next_random(&random, 4);
		for (size_t i = 0; i < rows; i++) {
			uint64_t place =
				next_random(&random, (uint32_t)kinds) + 100 * (uint64_t)next_random(&random, 3);
			row[i] = waiting((int64_t)i, (uint16_t)next_random(&random, 4), place ? place : 1,
			                 (int64_t)next_random(&random, 50) - 1);
			row[i].at = next_random(&random, 5);
			row[i].system = next_random(&random, 8) == 0;
			row[i].state = (uint8_t)(1 + next_random(&random, 4));
		}
		struct goroutine_set *set = group(row, rows);
		for (int by = 0; by < GOROUTINES_BY_COUNT; by++) {
			const struct goroutine_grouping *grouping = &set->by[by];
			uint32_t total = grouping->other_count + grouping->other_system_count;
			for (size_t i = 0; i < grouping->n; i++) {
				/* Places 0 and 100 have one name, but 0 is unknown: never made by the fixture. */
				check_group(set, &grouping->group[i], (enum goroutine_by)by, row, rows);
				assert_true(i == 0 || grouping->group[i].count <= grouping->group[i - 1].count);
				total += grouping->group[i].count;
			}
			assert_int_equal(total, rows);
		}
		assert_int_equal(set->count + set->system_count, rows);
		goroutine_set_unref(set);
	}
}

/* The rows come in pieces, each time at another place. */
static void groups_made_in_pieces_are_those_made_at_once(void **state)
{
	(void)state;
	enum { ROWS = 3000 };
	static struct goroutine_row row[ROWS];
	uint32_t random = 5;
	for (int i = 0; i < ROWS; i++) {
		row[i] = waiting(i + 1, (uint16_t)next_random(&random, 3), next_random(&random, 300),
		                 (int64_t)next_random(&random, 30000));
		row[i].system = next_random(&random, 10) == 0;
	}
	struct goroutine_set *whole = group(row, ROWS), *set = goroutine_set_create();
	struct goroutine_pick pick = {.key = whole->by[GOROUTINES_BY_TOP].group[0].key};
	struct goroutine_grouper *g = goroutine_grouper_create(set, &names, &pick);
	struct goroutine_row *copy = NULL;
	for (size_t n = 0; n < ROWS;) {
		n = n + 700 < ROWS ? n + 700 : ROWS;
		struct goroutine_row *moved = malloc(n * sizeof *moved);
		assert_non_null(moved);
		memcpy(moved, row, n * sizeof *moved);
		assert_int_equal(goroutine_grouper_add(g, moved, n), STATUS_OK);
		free(copy);
		copy = moved;
	}
	int steps = 0;
	for (bool more = true; more; steps++)
		assert_int_equal(goroutine_grouper_step(g, &more), STATUS_OK);
	assert_int_equal(steps, GOROUTINES_BY_COUNT);
	goroutine_grouper_destroy(g);
	free(copy);
	assert_int_equal(set->count, whole->count);
	assert_int_equal(set->system_count, whole->system_count);
	assert_int_equal(pick.n, GOROUTINE_MEMBERS_MAX < whole->by[GOROUTINES_BY_TOP].group[0].count
	                             ? GOROUTINE_MEMBERS_MAX
	                             : whole->by[GOROUTINES_BY_TOP].group[0].count);
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++) {
		assert_int_equal(set->by[by].n, whole->by[by].n);
		assert_int_equal(set->by[by].other_count, whole->by[by].other_count);
		for (size_t i = 0; i < set->by[by].n; i++) {
			const struct goroutine_group *a = &set->by[by].group[i], *b = &whole->by[by].group[i];
			assert_int_equal(a->key, b->key);
			assert_int_equal(a->count, b->count);
			assert_int_equal(a->longest_ns, b->longest_ns);
			assert_int_equal(a->median_ns, b->median_ns);
			assert_memory_equal(a->goid, b->goid, sizeof a->goid);
		}
	}
	goroutine_set_unref(whole);
	goroutine_set_unref(set);
}

static void no_rows_are_no_groups(void **state)
{
	(void)state;
	struct goroutine_set *set = group(NULL, 0);
	assert_int_equal(set->count, 0);
	assert_int_equal(set->by[GOROUTINES_BY_CREATOR].n, 0);
	goroutine_set_unref(set);
}

/* --- one by one ------------------------------------------------------------------------------- */

static void those_who_wait_longest_are_picked_of_one_group(void **state)
{
	(void)state;
	static struct goroutine_row row[2000];
	uint32_t random = 17;
	for (int i = 0; i < 2000; i++)
		row[i] = waiting(i + 1, (uint16_t)(1 + i % 2), 7, (int64_t)next_random(&random, 30000));
	struct goroutine_set *set = group(row, 2000);
	struct goroutine_pick pick = {.key = set->by[GOROUTINES_BY_TOP].group[1].key};
	const char *reason = text(set, set->by[GOROUTINES_BY_TOP].group[1].reason);
	int rest = strcmp(reason, "chan send") == 0 ? 0 : 1;
	assert_int_equal(goroutine_set_group(set, row, 2000, &names, &pick), STATUS_OK);
	assert_int_equal(pick.n, GOROUTINE_MEMBERS_MAX);
	bool picked[2000] = {false};
	for (size_t i = 0; i < pick.n; i++) {
		assert_int_equal(pick.index[i] % 2, rest);
		assert_true(i == 0 || row[pick.index[i]].wait_ns <= row[pick.index[i - 1]].wait_ns);
		picked[pick.index[i]] = true;
	}
	int64_t least = row[pick.index[pick.n - 1]].wait_ns;
	for (int i = rest; i < 2000; i += 2)
		assert_true(picked[i] || row[i].wait_ns <= least);
	pick.key++;
	assert_int_equal(goroutine_set_group(set, row, 2000, &names, &pick), STATUS_OK);
	assert_int_equal(pick.n, 0);
	goroutine_set_unref(set);
}

static void members_with_one_stack_share_it(void **state)
{
	(void)state;
	const struct goroutine_where stack[] = {{"runtime.gopark", "/go/proc.go", 10, false},
	                                        {"main.inner", "/src/main.go", 20, true},
	                                        {"main.outer", "/src/main.go", 30, false}};
	struct goroutine_row row = waiting(1, 1, 7, 5 * SECOND);
	struct goroutine_set *set = group(&row, 1);
	uint64_t key = set->by[GOROUTINES_BY_CREATOR].group[0].key;
	goroutine_set_begin_detail(set, key);
	for (int i = 0; i < 5; i++) {
		row.goid = i + 1;
		assert_int_equal(goroutine_set_add_member(set, &row, stack,
		                                          i == 3   ? 2
		                                          : i == 4 ? 0
		                                                   : 3),
		                 STATUS_OK);
	}
	assert_int_equal(set->detail, key);
	assert_int_equal(set->members, 5);
	assert_int_equal(set->frames, 5);
	assert_int_equal(set->member[2].first_frame, 0);
	assert_int_equal(set->member[2].frames, 3);
	assert_int_equal(set->member[3].first_frame, 3);
	assert_int_equal(set->member[4].frames, 0);
	assert_int_equal(set->member[1].goid, 2);
	const struct goroutine_frame *frame = &set->frame[set->member[2].first_frame];
	assert_string_equal(text(set, frame[1].place.function), "main.inner");
	assert_true(frame[1].inlined);
	assert_int_equal(frame[2].place.line, 30);
	goroutine_set_unref(set);
}

static void members_and_frames_are_bounded(void **state)
{
	(void)state;
	static struct goroutine_where deep[GOROUTINE_FRAMES_MAX + 30];
	struct goroutine_row row = waiting(1, 1, 7, SECOND);
	struct goroutine_set *set = group(&row, 1);
	goroutine_set_begin_detail(set, 1);
	for (int i = 0; i < GOROUTINE_MEMBERS_MAX + 5; i++)
		assert_int_equal(goroutine_set_add_member(set, &row, deep, sizeof deep / sizeof *deep),
		                 STATUS_OK);
	assert_int_equal(set->members, GOROUTINE_MEMBERS_MAX);
	assert_int_equal(set->frames, GOROUTINE_FRAMES_MAX);
	goroutine_set_unref(set);
}

/* --- sets ------------------------------------------------------------------------------------- */

static void strings_are_harmless_kept_once_and_bounded(void **state)
{
	(void)state;
	struct goroutine_set *set = goroutine_set_create();
	uint32_t a, b, c;
	assert_int_equal(goroutine_set_intern(set, "main.\x1b[31mred", &a), STATUS_OK);
	assert_string_equal(text(set, a), "main.?[31mred");
	assert_int_equal(goroutine_set_intern(set, "main.\x1b[31mred", &b), STATUS_OK);
	assert_int_equal(a, b);
	assert_int_equal(goroutine_set_intern(set, "", &c), STATUS_OK);
	assert_int_equal(c, 0);
	assert_int_equal(goroutine_set_intern(set, NULL, &c), STATUS_OK);
	assert_int_equal(c, 0);
	assert_string_equal(text(set, 0), "");
	assert_string_equal(text(set, 1U << 30), "");
	char name[400];
	for (int i = 0; i < 4000; i++) {
		memset(name, 'x', sizeof name);
		snprintf(name, sizeof name, "f%08d%0380d", i, 0);
		assert_int_equal(goroutine_set_intern(set, name, &c), STATUS_OK);
		assert_true(c == 0 || strcmp(text(set, c), name) == 0);
	}
	assert_int_equal(c, 0);
	assert_true(set->text_bytes <= 1 << 20);
	assert_string_equal(text(set, a), "main.?[31mred");
	goroutine_set_unref(set);
}

static void statuses_of_the_runtime_have_names_but_the_dead_are_none(void **state)
{
	(void)state;
	enum goroutine_state of;
	assert_true(goroutine_state_of(4, &of));
	assert_int_equal(of, GOROUTINE_WAITING);
	assert_true(goroutine_state_of(0x1002, &of));
	assert_int_equal(of, GOROUTINE_RUNNING);
	assert_true(goroutine_state_of(10, &of));
	assert_string_equal(goroutine_state_name[of], "leaked");
	assert_false(goroutine_state_of(0, &of));
	assert_false(goroutine_state_of(6, &of));
	assert_false(goroutine_state_of(11, &of));
	assert_false(goroutine_state_of(UINT32_MAX, &of));
}

static void a_snapshot_keeps_its_goroutines_and_hands_them_on(void **state)
{
	(void)state;
	struct goroutine_row row = waiting(1, 1, 7, SECOND);
	struct snapshot *older = make_snapshot(SECOND), *newer = make_snapshot(2 * SECOND);
	struct goroutine_set *set = group(&row, 1);
	older->goroutines = set;
	older->goroutines_at = (struct stamp){ORIGIN_MEMORY, SECOND};
	assert_int_equal(snapshot_bytes(older) - snapshot_bytes(newer), goroutine_set_bytes(set));
	assert_true(snapshot_absorb(newer, older, 100));
	snapshot_unref(older);
	assert_ptr_equal(newer->goroutines, set);
	assert_int_equal(newer->goroutines_at.at_ns, SECOND);
	assert_int_equal(newer->goroutines->by[0].group[0].count, 1);
	snapshot_unref(newer);
}

/* What is not there for lack of memory leaves a set that can be asked, and nothing behind. */
static void without_memory_a_set_is_empty(void **state)
{
	(void)state;
	static struct goroutine_row row[600];
	const struct goroutine_where stack[] = {{"main.f", "/src/main.go", 10, false}};
	for (int i = 0; i < 600; i++)
		row[i] = waiting(i + 1, (uint16_t)(i % 3), (uint64_t)i, SECOND);
	enum status status = STATUS_FAILED;
	for (long n = 0; status != STATUS_OK; n++) {
		fail_allocation(n);
		struct goroutine_set *set = goroutine_set_create();
		status = set ? goroutine_set_group(set, row, 600, &names, NULL) : STATUS_FAILED;
		assert_true(status == STATUS_OK || !set || (set->count == 0 && set->by[0].n == 0));
		if (status == STATUS_OK)
			status = goroutine_set_add_member(set, row, stack, 1);
		fail_allocation(-1);
		goroutine_set_unref(set);
		assert_true(n < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goroutines_are_grouped_by_what_they_have_in_common),
		cmocka_unit_test(the_same_rows_are_grouped_by_their_frame_as_well),
		cmocka_unit_test(a_group_tells_where_most_of_its_members_stand),
		cmocka_unit_test(numbers_with_the_same_name_are_one_group),
		cmocka_unit_test(waiting_times_that_are_not_known_are_not_zero),
		cmocka_unit_test(who_may_have_waited_longer_makes_the_numbers_lower_bounds),
		cmocka_unit_test(the_key_of_a_group_is_the_same_in_every_reading),
		cmocka_unit_test(states_are_counted_unless_groups_were_left_out),
		cmocka_unit_test(more_groups_than_fit_are_counted_as_others),
		cmocka_unit_test(groups_are_those_that_counting_one_by_one_finds),
		cmocka_unit_test(groups_made_in_pieces_are_those_made_at_once),
		cmocka_unit_test(no_rows_are_no_groups),
		cmocka_unit_test(those_who_wait_longest_are_picked_of_one_group),
		cmocka_unit_test(members_with_one_stack_share_it),
		cmocka_unit_test(members_and_frames_are_bounded),
		cmocka_unit_test(strings_are_harmless_kept_once_and_bounded),
		cmocka_unit_test(statuses_of_the_runtime_have_names_but_the_dead_are_none),
		cmocka_unit_test(a_snapshot_keeps_its_goroutines_and_hands_them_on),
		cmocka_unit_test(without_memory_a_set_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
