#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "metrics/flight_advice.h"

#include <string.h>

#include "util/clock.h"

#define MIB (INT64_C(1) << 20)

static void assert_advice(struct flight_facts facts, const char *expected)
{
	char text[256];
	flight_advice(&facts, text, sizeof text);
	assert_string_equal(text, expected);
}

static void memory_that_does_not_suffice_is_told_with_what_would(void **state)
{
	(void)state;
	assert_advice(
		(struct flight_facts){4 * NS_PER_S, 16 * MIB, 10 * NS_PER_S, 16 * MIB, 60 * NS_PER_S},
		"16.0 MiB hold 4.00 s of this program (4.00 MiB/s); for 10 s set MaxBytes to 42.0 "
		"MiB");
	/* Small recorders hold one generation, whatever it weighs. */
	assert_advice((struct flight_facts){NS_PER_S, 360 * MIB, 10 * NS_PER_S, MIB, 60 * NS_PER_S},
	              "1.00 MiB hold 1.00 s of this program (360 MiB/s); for 10 s set MaxBytes to 3.71 "
	              "GiB");
}

static void a_recorder_that_has_just_begun_is_not_accused(void **state)
{
	(void)state;
	assert_advice((struct flight_facts){2 * NS_PER_S, MIB, 10 * NS_PER_S, 16 * MIB, 3 * NS_PER_S},
	              "the recorder has been on for 3.00 s only; MinAge is 10 s");
}

static void memory_to_spare_is_told_in_time(void **state)
{
	(void)state;
	assert_advice((struct flight_facts){10 * NS_PER_S, 5 * MIB, 10 * NS_PER_S, 16 * MIB,
	                                    60 * NS_PER_S},
	              "512 KiB/s: MaxBytes of 16.0 MiB would hold 32.0 s, MinAge asks for 10 s");
	assert_advice(
		(struct flight_facts){90 * NS_PER_S, 900, 90 * NS_PER_S, 16 * MIB, 600 * NS_PER_S},
		"10 B/s: MaxBytes of 16.0 MiB would hold more than 1d 00:00, MinAge asks for 1m 30s");
}

static void without_facts_there_is_no_advice(void **state)
{
	(void)state;
	struct flight_facts good = {4 * NS_PER_S, 16 * MIB, 10 * NS_PER_S, 16 * MIB, 0}, f = good;
	f.reach_ns = 0;
	assert_advice(f, "");
	f = good;
	f.bytes = 0;
	assert_advice(f, "");
	f = good;
	f.min_age_ns = -1;
	assert_advice(f, "");
	f = good;
	f.max_bytes = 0;
	assert_advice(f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_does_not_suffice_is_told_with_what_would),
		cmocka_unit_test(a_recorder_that_has_just_begun_is_not_accused),
		cmocka_unit_test(memory_to_spare_is_told_in_time),
		cmocka_unit_test(without_facts_there_is_no_advice),
	};
	return cmocka_run_group_tests_name("flight_advice", tests, NULL, NULL);
}
