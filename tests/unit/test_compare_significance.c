/* Tests of significance against what can be worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "compare/dice.h"
#include "compare/significance.h"

static void assert_near(double value, double expected, double relative)
{
	if (!(fabs(value - expected) <= relative * fabs(expected) + 1e-300))
		fail_msg("%.15g instead of %.15g", value, expected);
}

static void student_of_1_and_2_degrees_has_its_closed_form(void **state)
{
	(void)state;
	for (int i = 0; i < 27; i++) {
		double t = 0.01 * pow(1.7, i);
		/* as 1 - 2/pi atan(t), without the difference of what is nearly equal */
		assert_near(significance_student(t, 1), 2 / M_PI * atan(1 / t), 1e-9);
		double root = sqrt(2 + t * t);
		assert_near(significance_student(t, 2), 2 / (root * (root + t)), 1e-9);
	}
}

static void student_of_many_degrees_is_normal(void **state)
{
	(void)state;
	static const double freedom[] = {1e7, 1e9, 1e12, 1e16, 1e18, INFINITY};
	for (size_t k = 0; k < sizeof freedom / sizeof *freedom; k++)
		for (int i = -20; i < 20; i++)
			assert_near(significance_student(0.3 * i, freedom[k]), erfc(fabs(0.3 * i) / sqrt(2)),
			            1e-5);
}

/* No step where the one way to it gives over to the other. */
static void student_is_steady_in_its_freedom(void **state)
{
	(void)state;
	for (int i = 1; i < 13; i++)
		assert_near(significance_student(0.3 * i, 999999), significance_student(0.3 * i, 1000001),
		            1e-4);
}

static void student_keeps_to_its_ends(void **state)
{
	(void)state;
	assert_near(significance_student(0, 7), 1, 1e-12);
	assert_true(significance_student(1e200, 3) == 0);
	assert_true(significance_student(60, 30) > 0);
	assert_true(significance_student(60, 30) < 1e-30);
}

static void inverse_student_undoes_student(void **state)
{
	(void)state;
	for (int i = 0; i < 7; i++)
		for (int k = 0; k < 7; k++) {
			double freedom = pow(2.3, i), p = 0.5 * pow(7, -k);
			assert_near(significance_student(significance_student_inverse(p, freedom), freedom), p,
			            1e-6);
		}
	assert_near(significance_student_inverse(0.05, 1e9), 1.959964, 1e-5);
}

static void adjusted_p_is_that_of_benjamini_and_hochberg(void **state)
{
	(void)state;
	double p[] = {0.04, 0.01, 0.5, 0.02, 0.03};
	const double expected[] = {0.05, 0.05, 0.5, 0.05, 0.05};
	size_t scratch[5];
	significance_adjust(p, scratch, 5);
	for (size_t i = 0; i < 5; i++)
		assert_near(p[i], expected[i], 1e-12);
}

static void adjusting_one_or_none_changes_nothing(void **state)
{
	(void)state;
	double p[] = {0.03};
	size_t scratch[1];
	significance_adjust(p, scratch, 1);
	assert_near(p[0], 0.03, 1e-12);
	significance_adjust(p, scratch, 0);
	assert_near(p[0], 0.03, 1e-12);
}

static void what_is_no_probability_counts_as_1(void **state)
{
	(void)state;
	double p[] = {NAN, 0.001, 7};
	size_t scratch[3];
	significance_adjust(p, scratch, 3);
	assert_near(p[0], 1, 1e-12);
	assert_near(p[1], 0.003, 1e-12);
	assert_near(p[2], 1, 1e-12);
}

static void dice_are_even_and_the_same_each_time(void **state)
{
	(void)state;
	struct dice dice = {42}, again = {42};
	unsigned met[6] = {0}, rare = 0;
	for (int i = 0; i < 60000; i++) {
		uint32_t x = dice_below(&dice, 6);
		assert_int_equal(x, dice_below(&again, 6));
		met[x]++;
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(met[i], 9500, 10500); /* over five standard deviations */
	for (int i = 0; i < 80000; i++)
		rare += dice_rare(&dice, 3);
	assert_in_range(rare, 9500, 10500);
	assert_true(dice_rare(&dice, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(student_of_1_and_2_degrees_has_its_closed_form),
		cmocka_unit_test(student_of_many_degrees_is_normal),
		cmocka_unit_test(student_is_steady_in_its_freedom),
		cmocka_unit_test(student_keeps_to_its_ends),
		cmocka_unit_test(inverse_student_undoes_student),
		cmocka_unit_test(adjusted_p_is_that_of_benjamini_and_hochberg),
		cmocka_unit_test(adjusting_one_or_none_changes_nothing),
		cmocka_unit_test(what_is_no_probability_counts_as_1),
		cmocka_unit_test(dice_are_even_and_the_same_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
