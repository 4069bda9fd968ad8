#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

/* --- text_clean ----------------------------------------------------------------------------- */

static void assert_clean(const char *from, size_t n, const char *expected)
{
	char to[64];
	text_clean(to, sizeof to, from, n);
	assert_string_equal(to, expected);
}
#define CLEAN(from, expected) assert_clean((from), sizeof(from) - 1, (expected))

static void printable_text_passes_unchanged(void **state)
{
	(void)state;
	CLEAN("main.(*Server).handle", "main.(*Server).handle");
	CLEAN("caf\u00e9 \u65e5\u672c \U0001f40c \u00a0", "caf\u00e9 \u65e5\u672c \U0001f40c \u00a0");
}

static void control_characters_become_question_marks(void **state)
{
	(void)state;
	CLEAN("a\x1b[2Jb\x07\n\t\r\x7f", "a?[2Jb?????");
	CLEAN("nul\0inside", "nul?inside");
	CLEAN("\xc2\x80\xc2\x9b\x31m\xc2\x9f", "??1m?"); /* U+009B is the one-character CSI */
}

/* The UTF-8 of a character, from a number: a compiler objects to such marks in literals, and is
 * right. */
static size_t encode(char to[4], uint32_t rune)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	for (size_t i = length; i-- > 1; rune >>= 6)
		to[i] = (char)(0x80 | (rune & 0x3f));
	to[0] = (char)(lead[length] | rune);
	return length;
}

static void marks_that_reverse_or_hide_text_become_question_marks(void **state)
{
	(void)state;
	static const uint32_t marks[] = {
		0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d,  0x202e,  0x2066,
		0x2067, 0x2068, 0x2069, 0x061c, 0x200b, 0x200d,  0x2060,  0xfeff,
		0x2028, 0x2029, 0x00ad, 0xfe0f, 0xffff, 0xe0041, 0xf0000, 0x10fffd,
	};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		char text[8] = "a";
		size_t length = 1 + encode(text + 1, marks[i]);
		text[length++] = 'b';
		assert_clean(text, length, "a?b");
	}
}

static void bytes_that_are_no_utf8_become_question_marks(void **state)
{
	(void)state;
	CLEAN("a\x80\xff\xfe"
	      "b",
	      "a???b");
	CLEAN("\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "?? ??? ????"); /* overlong slashes */
	CLEAN("\xed\xa0\x80", "???");                                   /* a surrogate */
	CLEAN("\xf4\x90\x80\x80", "????");                              /* beyond U+10FFFF */
	CLEAN("ok\xe6\x97", "ok??");                                    /* cut off */
	CLEAN("\xe6(", "?(");
}

static void text_that_is_too_long_is_cut_at_a_character(void **state)
{
	(void)state;
	char to[6];
	text_clean(to, sizeof to, "abcd\u00e9", 6);
	assert_string_equal(to, "abcd");
	text_clean(to, sizeof to, "abc\u00e9", 5);
	assert_string_equal(to, "abc\u00e9");
	text_clean(to, 1, "abc", 3);
	assert_string_equal(to, "");
	to[0] = 'x';
	text_clean(to, 0, "abc", 3);
	assert_int_equal(to[0], 'x');
}

/* Whatever comes in: terminated, in its room, and nothing of it is to be cleaned again. */
static void cleaning_random_bytes_is_idempotent(void **state)
{
	(void)state;
	uint32_t random = 1;
	for (int round = 0; round < 20000; round++) {
		char from[40], once[24], twice[24];
		for (size_t i = 0; i < sizeof from; i++) {
			random = random * 1664525 + 1013904223;
			/* Half of them lead or continue something. */
			from[i] = (char)(random >> 24 | (random >> 20 & 0x80));
		}
		text_clean(once, sizeof once, from, sizeof from);
		size_t length = strnlen(once, sizeof once);
		assert_true(length < sizeof once);
		text_clean(twice, sizeof twice, once, length);
		assert_string_equal(once, twice);
	}
}

/* --- the command line ----------------------------------------------------------------------- */

static void durations_are_exact(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"250ms", 250 * NS_PER_MS},
		{"0.3s", 300 * NS_PER_MS},
		{"2m", 120 * NS_PER_S},
		{"1h30m", 5400 * NS_PER_S},
		{"500us", 500 * NS_PER_US},
		{"500\u00b5s", 500 * NS_PER_US},
		{"500\u03bcs", 500 * NS_PER_US},
		{"7ns", 7},
		{"1", NS_PER_S},
		{"0.05", 50 * NS_PER_MS},
		{".5", 500 * NS_PER_MS},
		{"5.", 5 * NS_PER_S},
		{"0", 0},
		{"0.000000001s", 1},
		{"0.0000000019s", 1},
		{"1.5h", 5400 * NS_PER_S},
		{"1m0.25s", 60250 * NS_PER_MS},
		{"87600h", NS_PER_S * 3600 * 87600},
		{"00000000000000000000000001s", NS_PER_S},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t ns = -1;
		if (!text_parse_duration(rows[i].text, &ns) || ns != rows[i].ns)
			fail_msg("%s is %lld", rows[i].text, (long long)ns);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",          " ",        "s",
		".",         ".s",       "-1s",
		"+1s",       "1 s",      " 1",
		"1s ",       "1x",       "1S",
		"1h30",      "nan",      "inf",
		"0x10",      "1e3",      "1,5s",
		"1..5",      "1.5.5",    "1sms",
		"87601h",    "3000000h", "1h1.5",
		"1\xc2",     "ms",       "99999999999999999999",
		"87600h1ns", "1d",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t ns = 77;
		if (text_parse_duration(rows[i], &ns))
			fail_msg("\"%s\" is taken for %lld ns", rows[i], (long long)ns);
		assert_int_equal(ns, 77);
	}
}

static void integers_are_bounded_and_stand_alone(void **state)
{
	(void)state;
	long value = 0;
	assert_true(text_parse_integer("42", 1, 100, &value));
	assert_int_equal(value, 42);
	assert_true(text_parse_integer("-3", -5, 5, &value));
	assert_int_equal(value, -3);
	static const char *const bad[] = {"",   "0",    "101", "4x", " 4",  "+4",
	                                  "4 ", "0x10", "4.0", "-",  "--4", "99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (text_parse_integer(bad[i], 1, 100, &value))
			fail_msg("\"%s\" is taken for an integer", bad[i]);
	}
	assert_int_equal(value, -3);
}

/* --- numbers for people --------------------------------------------------------------------- */

static void durations_have_three_digits_and_a_unit(void **state)
{
	(void)state;
	static const struct {
		double ns;
		const char *text;
	} rows[] = {
		{0, "0 ns"},
		{1, "1 ns"},
		{412, "412 ns"},
		{999.4, "999 ns"},
		{999.6, "1.00 \u00b5s"},
		{41234, "41.2 \u00b5s"},
		{999499, "999 \u00b5s"},
		{999500, "1.00 ms"},
		{1280000, "1.28 ms"},
		{9.996e6, "10.0 ms"},
		{99.96e6, "100 ms"},
		{12.6e9, "12.6 s"},
		{59.94e9, "59.9 s"},
		{59.96e9, "1m 00s"},
		{250e9, "4m 10s"},
		{3599.6e9, "1h 00m"},
		{18240e9, "5h 04m"},
		{274320e9, "3d 04:12"},
		{-41234, "-41.2 \u00b5s"},
		{INFINITY, "-"},
		{NAN, "-"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char to[32];
		text_duration(to, sizeof to, rows[i].ns, false);
		assert_string_equal(to, rows[i].text);
	}
	char ascii[32];
	text_duration(ascii, sizeof ascii, 41234, true);
	assert_string_equal(ascii, "41.2 us");
}

static void ranges_have_one_unit(void **state)
{
	(void)state;
	static const struct {
		double lo, hi;
		const char *text, *ascii;
	} rows[] = {
		{40960, 51200, "41\u201351 \u00b5s", "41-51 us"},
		{3.146e6, 3.67e6, "3.1\u20133.7 ms", "3.1-3.7 ms"},
		{12.58e6, 14.68e6, "12.6\u201314.7 ms", "12.6-14.7 ms"},
		{426e3, 492e3, "426\u2013492 \u00b5s", "426-492 us"},
		{128, 192, "128\u2013192 ns", "128-192 ns"},
		{917504, 1048576, "0.9\u20131.0 ms", "0.9-1.0 ms"},
		{40100, 40300, "40.1\u201340.3 \u00b5s", "40.1-40.3 us"},
		{-INFINITY, 64, "\u2264 64 ns", "<= 64 ns"},
		{0, 64, "\u2264 64 ns", "<= 64 ns"},
		{-INFINITY, 0, "\u2264 0 ns", "<= 0 ns"},
		{1.2e9, INFINITY, "\u2265 1.2 s", ">= 1.2 s"},
		{0x1p47, INFINITY, "\u2265 1d 15:05", ">= 1d 15:05"},
		{0, 250e9, "\u2264 4m 10s", "<= 4m 10s"},
		{51.5e9, 68.7e9, "51.5 s\u20131m 09s", "51.5 s-1m 09s"},
		{-INFINITY, INFINITY, "-", "-"},
		{NAN, 1, "-", "-"},
		{2, 1, "-", "-"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char to[64];
		text_duration_range(to, sizeof to, rows[i].lo, rows[i].hi, false);
		assert_string_equal(to, rows[i].text);
		text_duration_range(to, sizeof to, rows[i].lo, rows[i].hi, true);
		assert_string_equal(to, rows[i].ascii);
	}
}

static void counts_are_in_full_up_to_99999(void **state)
{
	(void)state;
	static const struct {
		int64_t n;
		const char *text;
	} rows[] = {
		{0, "0"},
		{812, "812"},
		{1000, "1,000"},
		{12453, "12,453"},
		{99999, "99,999"},
		{100000, "100k"},
		{999499, "999k"},
		{999500, "1.00M"},
		{1234567, "1.23M"},
		{-12453, "-12,453"},
		{-1, "-1"},
		{INT64_MAX, "9.22E"},
		{INT64_MIN, "-9.22E"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char to[32];
		text_count(to, sizeof to, rows[i].n);
		assert_string_equal(to, rows[i].text);
	}
}

static void rates_bytes_and_percents_are_short(void **state)
{
	(void)state;
	static const struct {
		double per_s;
		const char *text;
	} rates[] = {
		{0, "0"},        {0.004, "<0.01"}, {0.31, "0.31"}, {7.24, "7.2"},
		{9.96, "10"},    {812.4, "812"},   {1900, "1.9k"}, {19400, "19k"},
		{2.5e6, "2.5M"}, {NAN, "-"},       {1e30, "-"},
	};
	char to[32];
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		text_rate(to, sizeof to, rates[i].per_s);
		assert_string_equal(to, rates[i].text);
	}
	static const struct {
		int64_t bytes;
		const char *text;
	} sizes[] = {
		{0, "0 B"},
		{1023, "1023 B"},
		{1024, "1.00 KiB"},
		{40055603, "38.2 MiB"},
		{1048575, "1.00 MiB"},
		{INT64_MAX, "8.00 EiB"},
	};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		text_bytes(to, sizeof to, sizes[i].bytes);
		assert_string_equal(to, sizes[i].text);
	}
	static const struct {
		double ratio;
		const char *text;
	} percents[] = {
		{0, "0.0 %"}, {0.072, "7.2 %"}, {0.0996, "10 %"}, {0.98, "98 %"}, {1, "100 %"}, {NAN, "-"},
	};
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
		text_percent(to, sizeof to, percents[i].ratio);
		assert_string_equal(to, percents[i].text);
	}
}

static void small_buffers_are_terminated_and_not_overrun(void **state)
{
	(void)state;
	for (size_t size = 0; size < 16; size++) {
		/* Exactly as large, so that a sanitizer sees one byte too many. */
		char *exact = malloc(size ? size : 1);
		assert_non_null(exact);
		exact[0] = '\0';
		text_duration(exact, size, 41234, false);
		text_duration_range(exact, size, 40960, 51200, false);
		text_duration_range(exact, size, 51e9, 68e9, false);
		text_count(exact, size, 12453);
		text_rate(exact, size, 1900);
		text_bytes(exact, size, 40055603);
		text_percent(exact, size, 0.5);
		assert_true(strnlen(exact, size ? size : 1) < (size ? size : 1));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_text_passes_unchanged),
		cmocka_unit_test(control_characters_become_question_marks),
		cmocka_unit_test(marks_that_reverse_or_hide_text_become_question_marks),
		cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks),
		cmocka_unit_test(text_that_is_too_long_is_cut_at_a_character),
		cmocka_unit_test(cleaning_random_bytes_is_idempotent),
		cmocka_unit_test(durations_are_exact),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(integers_are_bounded_and_stand_alone),
		cmocka_unit_test(durations_have_three_digits_and_a_unit),
		cmocka_unit_test(ranges_have_one_unit),
		cmocka_unit_test(counts_are_in_full_up_to_99999),
		cmocka_unit_test(rates_bytes_and_percents_are_short),
		cmocka_unit_test(small_buffers_are_terminated_and_not_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
