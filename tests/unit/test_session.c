#include "tests/unit/metrics_fixture.h"

#include <string.h>

#include "metrics/session.h"

static void count_wakes(void *arg)
{
	++*(int *)arg;
}

static void orders_are_taken_in_their_order(void **state)
{
	(void)state;
	int wakes = 0;
	struct session *s = session_create(count_wakes, &wakes);
	assert_int_equal(session_take(s).kind, ORDER_NONE);
	session_order(s, ORDER_INTERVAL, 250);
	session_order(s, ORDER_CAPTURE, 3000);
	assert_int_equal(wakes, 2);
	struct order order = session_take(s);
	assert_int_equal(order.kind, ORDER_INTERVAL);
	assert_int_equal(order.value, 250);
	assert_int_equal(session_take(s).value, 3000);
	assert_int_equal(session_take(s).kind, ORDER_NONE);
	session_destroy(s);
	session_destroy(NULL);
}

static void a_full_box_keeps_the_newest_orders(void **state)
{
	(void)state;
	struct session *s = session_create(NULL, NULL);
	for (int i = 1; i <= 100; i++)
		session_order(s, ORDER_INTERVAL, i);
	int64_t last = 0, taken = 0;
	for (struct order o = session_take(s); o.kind != ORDER_NONE; o = session_take(s)) {
		assert_true(o.value > last);
		last = o.value;
		taken++;
	}
	assert_int_equal(last, 100);
	assert_true(taken > 1 && taken < 100);
	session_destroy(s);
}

static void processes_are_those_that_were_told_last_and_no_more_than_fit(void **state)
{
	(void)state;
	struct process_name many[SESSION_PROCESSES_MAX + 5] = {{.pid = 0}};
	struct process_name seen[SESSION_PROCESSES_MAX];
	struct session *s = session_create(NULL, NULL);
	assert_int_equal(session_processes(s, seen), 0);
	for (int i = 0; i < SESSION_PROCESSES_MAX + 5; i++)
		many[i].pid = 100 + i;
	session_tell_processes(s, many, SESSION_PROCESSES_MAX + 5);
	assert_int_equal(session_processes(s, seen), SESSION_PROCESSES_MAX);
	assert_int_equal(seen[SESSION_PROCESSES_MAX - 1].pid, 100 + SESSION_PROCESSES_MAX - 1);
	session_tell_processes(s, many, 1);
	assert_int_equal(session_processes(s, seen), 1);
	session_tell_processes(s, NULL, 0);
	assert_int_equal(session_processes(s, seen), 0);
	session_destroy(s);
}

static void a_capture_is_what_was_told_last(void **state)
{
	(void)state;
	struct session *s = session_create(NULL, NULL);
	assert_int_equal(session_capture(s).phase, CAPTURE_NONE);
	struct capture_state told = {.phase = CAPTURE_FAILED, .bytes = 7, .text = "the disk is full"};
	session_tell_capture(s, &told);
	struct capture_state seen = session_capture(s);
	assert_int_equal(seen.phase, CAPTURE_FAILED);
	assert_int_equal(seen.bytes, 7);
	assert_string_equal(seen.text, "the disk is full");
	session_destroy(s);
}

static void trouble_is_given_once(void **state)
{
	(void)state;
	char text[256] = "";
	struct session *s = session_create(NULL, NULL);
	assert_false(session_take_trouble(s, text, sizeof text));
	session_tell_trouble(s, "no process 7");
	assert_true(session_take_trouble(s, text, sizeof text));
	assert_string_equal(text, "no process 7");
	assert_false(session_take_trouble(s, text, sizeof text));
	assert_int_equal(session_successor(s), 0);
	session_tell_successor(s, 8);
	assert_int_equal(session_successor(s), 8);
	assert_int_equal(session_successor(s), 8);
	session_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_taken_in_their_order),
		cmocka_unit_test(a_full_box_keeps_the_newest_orders),
		cmocka_unit_test(processes_are_those_that_were_told_last_and_no_more_than_fit),
		cmocka_unit_test(a_capture_is_what_was_told_last),
		cmocka_unit_test(trouble_is_given_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
