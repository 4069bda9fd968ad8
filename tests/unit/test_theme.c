#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tests/unit/contrast.h"
#include "tui/theme.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

struct told {
	int n;
	char text[32][1024];
};

static void tell(const char *sentence, void *arg)
{
	struct told *told = arg;
	assert_true(told->n < 32);
	snprintf(told->text[told->n++], sizeof told->text[0], "%s", sentence);
}

static struct theme read_text(const char *text, struct told *told)
{
	struct theme theme;
	const struct ini_sink sink = {tell, told};
	told->n = 0;
	theme_read_text(&theme, "x.theme", text, strlen(text), &sink);
	return theme;
}

static void read_installed(const char *name, struct theme *theme)
{
	struct told told = {0};
	struct error error = {0};
	const struct ini_sink sink = {tell, &told};
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/themes/%s.theme", root ? root : ".", name);
	if (theme_read(theme, path, &sink, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	if (told.n)
		fail_msg("%s", told.text[0]);
}

static void every_role_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < STYLE_COUNT; a++) {
		assert_non_null(style_name[a]);
		for (int b = a + 1; b < STYLE_COUNT; b++)
			assert_string_not_equal(style_name[a], style_name[b]);
	}
}

static void the_built_in_theme_is_the_dark_file(void **state)
{
	(void)state;
	struct theme theme;
	read_installed("dark", &theme);
	assert_memory_equal(&theme, &theme_dark, sizeof theme);
}

static void a_line_changes_what_it_names_and_the_depths_below(void **state)
{
	(void)state;
	struct told told;
	struct theme theme = read_text("ground = #102030\n[256]\nrunning = #00d75f on 17 bold ; green\n"
	                               "gc=default\n[8]\n  gc = blue underline\n",
	                               &told);
	assert_int_equal(told.n, 0);
	assert_int_equal(theme.ground, 0x102030);
	const struct theme_look *rich = theme.look[THEME_RICH];
	assert_int_equal(rich[STYLE_RUNNING].color, THEME_RGB | 0x00d75f);
	assert_int_equal(rich[STYLE_RUNNING].back, 17);
	assert_int_equal(rich[STYLE_RUNNING].attributes, STYLE_BOLD);
	assert_int_equal(theme.look[THEME_16][STYLE_RUNNING].color, 2);
	assert_int_equal(theme.look[THEME_8][STYLE_RUNNING].color, 2);
	assert_int_equal(theme.look[THEME_MONO][STYLE_RUNNING].color, THEME_OWN);
	assert_int_equal(theme.look[THEME_MONO][STYLE_RUNNING].attributes, STYLE_BOLD);
	assert_int_equal(rich[STYLE_GC].color, THEME_OWN);
	assert_int_equal(theme.look[THEME_8][STYLE_GC].color, 4);
	assert_int_equal(theme.look[THEME_8][STYLE_GC].attributes, STYLE_UNDERLINE);
	assert_memory_equal(&rich[STYLE_DIM], &theme_dark.look[THEME_RICH][STYLE_DIM],
	                    sizeof rich[STYLE_DIM]);
}

static void a_bad_line_is_told_and_the_rest_counts(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"[256]\nrunning = mauve", "x.theme:2: 'mauve' is no colour: expected default, a name"},
		{"[256]\nrunning = 256", "x.theme:2: '256' is no colour"},
		{"[256]\nrunning = #12345", "#rrggbb"},
		{"[256]\nrunning = red on", "is no colour"},
		{"[256]\nrunning = on", "is no colour"},
		{"[256]\nrunning = bold red", "'red' is no colour"},
		{"[256]\nrunning =", "'' is no colour"},
		{"[8]\nrunning = 8", "0-7"},
		{"[16]\nrunning = #ffffff", "'#ffffff' is no colour"},
		{"[mono]\nrunning = red", "'red' is no attribute: expected plain, bold"},
		{"[256]\nrun = red", "no role 'run': expected one of text, running"},
		{"[blue]\nrunning = red", "expected [256], [16], [8] or [mono]"},
		{"running = red", "expected ground or text, or a section"},
		{"ground = black", "ground: expected #rrggbb"},
		{"[256\n", "x.theme:1: expected [SECTION]"},
		{"[256]\n\n; fine\nrunning", "x.theme:4: expected NAME = VALUE"},
		{"[256]\nrun\033[1m = 1", "'run?[1m'"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct told told;
		char text[512];
		snprintf(text, sizeof text, "%s\n[256]\nlabel = 77\n", rows[i].line);
		struct theme theme = read_text(text, &told);
		if (told.n != 1 || !strstr(told.text[0], rows[i].says))
			fail_msg("'%s': %d told, '%s', not '%s'", rows[i].line, told.n, told.text[0],
			         rows[i].says);
		assert_int_equal(theme.look[THEME_RICH][STYLE_LABEL].color, 77);
		theme.look[THEME_RICH][STYLE_LABEL] = theme_dark.look[THEME_RICH][STYLE_LABEL];
		assert_memory_equal(theme.look[THEME_RICH], theme_dark.look[THEME_RICH],
		                    sizeof theme.look[0]);
	}
}

static void a_file_of_nothing_but_errors_is_told_in_few_lines(void **state)
{
	(void)state;
	static char text[4000];
	struct told told;
	for (size_t i = 0; i + 1 < sizeof text; i++)
		text[i] = i % 2 ? '\n' : 'x';
	read_text(text, &told);
	assert_int_equal(told.n, 20);
	assert_string_equal(told.text[19], "x.theme:20: and more lines are wrong below");
}

static void a_line_that_is_too_long_is_told(void **state)
{
	(void)state;
	static char text[1000];
	struct told told;
	memset(text, ' ', sizeof text - 1);
	memcpy(text, "[256]\nrunning = 1\nidle = 2", 26);
	text[900] = '3';
	struct theme theme = read_text(text, &told);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.text[0], "x.theme:3: the line is too long");
	assert_int_equal(theme.look[THEME_RICH][STYLE_RUNNING].color, 1);
}

static void a_file_that_is_not_there_says_so(void **state)
{
	(void)state;
	struct theme theme;
	struct error error = {0};
	assert_int_equal(theme_read(&theme, "/nonexistent/x.theme", NULL, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "/nonexistent/x.theme"));
	assert_int_equal(theme_read(&theme, "/", NULL, &error), STATUS_FAILED);
}

/* --- terminals -------------------------------------------------------------------------------- */

static void colours_are_those_the_terminal_has(void **state)
{
	(void)state;
	struct told told;
	struct theme theme = read_text("[256]\nrunning = #00d75f\ngc = 170\nidle = #000001\n", &told);
	assert_int_equal(theme_look(&theme, STYLE_RUNNING, 1 << 24, true).color, 0x00d75f);
	assert_int_equal(theme_look(&theme, STYLE_GC, 1 << 24, true).color, 0xd75fd7);
	/* The first 8 of such a terminal are its palette: red would be a surprise. */
	assert_int_equal(theme_look(&theme, STYLE_IDLE, 1 << 24, true).color, 8);
	assert_int_equal(theme_look(&theme, STYLE_TEXT, 1 << 24, true).color, THEME_OWN);
	assert_int_equal(theme_look(&theme, STYLE_RUNNING, 256, false).color, 41);
	for (int style = 0; style < STYLE_COUNT; style++) {
		static const int colors[] = {256, 88, 16, 8, 0};
		for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
			struct theme_look look = theme_look(&theme, (enum style)style, colors[i], false);
			assert_true(look.color < (colors[i] ? colors[i] : 1) && look.back < 256);
		}
		assert_int_equal(theme_look(&theme, (enum style)style, 0, false).color, THEME_OWN);
	}
}

static const char *const names[] = {"dark", "light", "colour-blind-safe", "high-contrast", "mono"};
#define NAMES (sizeof names / sizeof *names)

static void red_is_for_findings_only(void **state)
{
	(void)state;
	enum { RED = 1 };
	for (size_t n = 0; n < NAMES; n++) {
		struct theme theme;
		read_installed(names[n], &theme);
		for (int i = 0; i < STYLE_ALARM; i++) {
			assert_int_not_equal(theme.look[THEME_8][i].color, RED);
			assert_int_not_equal(theme.look[THEME_16][i].color, RED);
			assert_int_not_equal(theme.look[THEME_16][i].color, RED | 8);
		}
	}
}

static void mono_has_no_colour_on_any_terminal(void **state)
{
	(void)state;
	struct theme theme;
	read_installed("mono", &theme);
	for (int depth = 0; depth < THEME_DEPTH_COUNT; depth++)
		for (int style = 0; style < STYLE_COUNT; style++) {
			const struct theme_look *look = &theme.look[depth][style];
			assert_int_equal(look->color, THEME_OWN);
			assert_int_equal(look->back, THEME_OWN);
			assert_int_equal(look->attributes, theme_dark.look[THEME_MONO][style].attributes);
		}
}

/* --- eyes ------------------------------------------------------------------------------------- */

static void the_measure_of_contrast_is_that_of_wcag(void **state)
{
	(void)state;
	assert_true(fabs(contrast_ratio(0, 0xffffff) - 21) < 1e-9);
	assert_true(fabs(contrast_ratio(0x777777, 0xffffff) - 4.478) < 0.001);
}

static const int rich[] = {CONTRAST_TRUE_COLOR, 256};

/* Success criteria 1.4.3 for what is read, which the accents are, too; 1.4.11 for graphics. */
static void every_theme_can_be_read_on_its_ground(void **state)
{
	(void)state;
	for (size_t n = 0; n < NAMES; n++) {
		struct theme theme;
		read_installed(names[n], &theme);
		for (int style = 0; style < 2 * STYLE_COUNT; style++) {
			enum style role = (enum style)(style / 2);
			bool graphic = contrast_is_area(role) || role == STYLE_IDLE;
			double ratio = contrast_of(&theme, role, rich[style % 2]);
			if (ratio < (graphic ? 3 : 4.5))
				fail_msg("%s: %s has a contrast of %.2f", names[n], style_name[role], ratio);
		}
	}
}

/* As xterm has them: others may have made of their 16 what they like. */
static void sixteen_colours_can_be_read_too(void **state)
{
	(void)state;
	for (size_t n = 0; n < NAMES; n++) {
		struct theme theme;
		read_installed(names[n], &theme);
		for (enum style style = 0; style < STYLE_COUNT; style++) {
			double ratio = contrast_of(&theme, style, 16);
			/* Green, magenta and cyan are bright: on white they are for graphics. */
			bool bright = theme.ground == 0xffffff && style <= STYLE_GC_FILL;
			if (ratio < (bright ? 1.8 : 3))
				fail_msg("%s: %s has a contrast of %.2f", names[n], style_name[style], ratio);
		}
	}
}

/* Success criterion 1.4.6, of all that is drawn, graphics as well. */
static void high_contrast_is_high_for_every_role(void **state)
{
	(void)state;
	struct theme theme;
	read_installed("high-contrast", &theme);
	for (size_t depth = 0; depth < 2; depth++)
		for (enum style style = 0; style < STYLE_COUNT; style++) {
			double ratio = contrast_of(&theme, style, rich[depth]);
			if (ratio < 7)
				fail_msg("%s has a contrast of %.2f", style_name[style], ratio);
		}
}

/* Whatever the terminal's own ground is, none of it is left. */
static void high_contrast_paints_its_ground(void **state)
{
	(void)state;
	struct theme theme;
	read_installed("high-contrast", &theme);
	for (enum theme_depth depth = THEME_RICH; depth < THEME_MONO; depth++)
		for (enum style style = 0; style < STYLE_COUNT; style++)
			assert_int_not_equal(theme.look[depth][style].back, THEME_OWN);
}

/* Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision
   Deficiency (2009), severity 1.0; on linear light. */
static const struct {
	const char *name;
	double m[3][3];
} eyes[] = {
	{"full vision", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	{"deuteranopia",
     {{0.367322, 0.860646, -0.227968},
      {0.280085, 0.672501, 0.047413},
      {-0.011820, 0.042940, 0.968881}}},
	{"protanopia",
     {{0.152286, 1.052583, -0.204868},
      {0.114503, 0.786281, 0.099216},
      {-0.003882, -0.048116, 1.051998}}},
	{"tritanopia",
     {{1.255528, -0.076749, -0.178779},
      {-0.078411, 0.930809, 0.147602},
      {0.004733, 0.691367, 0.303900}}},
};

static double lab_step(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIELAB under D65, as these eyes see it. */
static void lab_of(int32_t rgb, const double m[3][3], double out[3])
{
	double c[3], seen[3];
	contrast_linear(rgb, c);
	for (int i = 0; i < 3; i++)
		seen[i] = fmin(1, fmax(0, m[i][0] * c[0] + m[i][1] * c[1] + m[i][2] * c[2]));
	double x = lab_step((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047);
	double y = lab_step(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]);
	double z = lab_step((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883);
	out[0] = 116 * y - 16;
	out[1] = 500 * (x - y);
	out[2] = 200 * (y - z);
}

static double difference(int32_t a, int32_t b, const double m[3][3])
{
	double p[3], q[3], sum = 0;
	lab_of(a, m, p);
	lab_of(b, m, q);
	for (int i = 0; i < 3; i++)
		sum += (p[i] - q[i]) * (p[i] - q[i]);
	return sqrt(sum);
}

static void assert_pair(const struct theme *theme, enum style a, enum style b, int colors,
                        size_t eye, double least)
{
	/* What is painted on a ground of its own is told by that. */
	bool back_a = theme_look(theme, a, colors, colors == CONTRAST_TRUE_COLOR).back != THEME_OWN;
	bool back_b = theme_look(theme, b, colors, colors == CONTRAST_TRUE_COLOR).back != THEME_OWN;
	double d = difference(contrast_rgb(theme, a, colors, false),
	                      contrast_rgb(theme, b, colors, false), eyes[eye].m);
	if (back_a || back_b)
		d = fmax(d, difference(contrast_rgb(theme, a, colors, true),
		                       contrast_rgb(theme, b, colors, true), eyes[eye].m));
	if (d < least)
		fail_msg("%s and %s differ by %.1f in %s with %d colours", style_name[a], style_name[b], d,
		         eyes[eye].name, colors);
}

/* All pairs of what may stand beside each other and means something else. */
static void assert_told_apart(const char *name, int colors, size_t eyes_count, double least)
{
	static const enum style accent[] = {STYLE_RUNNING, STYLE_RUNNABLE,  STYLE_SYSCALL, STYLE_GC,
	                                    STYLE_BLOCKED, STYLE_SCHEDULER, STYLE_ALARM};
	enum { COUNT = sizeof accent / sizeof *accent };
	struct theme theme;
	read_installed(name, &theme);
	for (size_t eye = 0; eye < eyes_count; eye++) {
		for (size_t a = 0; a < COUNT; a++)
			for (size_t b = a + 1; b < COUNT; b++)
				assert_pair(&theme, accent[a], accent[b], colors, eye, least);
		assert_pair(&theme, STYLE_WARNING, STYLE_ALARM, colors, eye, least);
	}
}

static void accents_can_be_told_apart(void **state)
{
	(void)state;
	static const char *const name[] = {"dark", "light", "high-contrast"};
	for (size_t i = 0; i < 6; i++)
		assert_told_apart(name[i / 2], rich[i % 2], 1, 20);
}

/* Deuteranopia, protanopia and tritanopia: one theme is for all of them. A difference of 10 is seen
   at a glance. */
static void colour_blind_safe_is_told_apart_by_all_eyes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_told_apart("colour-blind-safe", rich[i], sizeof eyes / sizeof *eyes, 25);
	assert_told_apart("colour-blind-safe", 16, sizeof eyes / sizeof *eyes, 10);
}

/* The measure has to notice what these eyes confuse: the other themes are not for them. */
static void dark_is_not_told_apart_by_all_eyes(void **state)
{
	(void)state;
	double least = INFINITY;
	for (size_t eye = 1; eye < sizeof eyes / sizeof *eyes; eye++)
		least = fmin(least,
		             difference(contrast_rgb(&theme_dark, STYLE_RUNNING, 256, false),
		                        contrast_rgb(&theme_dark, STYLE_ALARM, 256, false), eyes[eye].m));
	assert_true(least < 25);
}

/* Without colours a state has its glyph; what has none must have an attribute that text lacks. */
static void what_must_be_seen_has_an_attribute_without_colours(void **state)
{
	(void)state;
	static const enum style seen[] = {STYLE_SELECTED, STYLE_WARNING, STYLE_ALARM, STYLE_STRONG,
	                                  STYLE_KEY};
	for (size_t n = 0; n < NAMES; n++) {
		struct theme theme;
		read_installed(names[n], &theme);
		for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
			assert_int_not_equal(theme.look[THEME_MONO][seen[i]].attributes,
			                     theme.look[THEME_MONO][STYLE_TEXT].attributes);
	}
}

static void a_ground_that_makes_text_readable_stays_with_fewer_colours(void **state)
{
	(void)state;
	struct told told;
	struct theme theme = read_text("[256]\nselected = #000000 on #ffffff\nalarm = 231 on 160\n"
	                               "gc-fill = 176 on 90\n",
	                               &told);
	assert_int_equal(told.n, 0);
	for (enum theme_depth depth = THEME_16; depth <= THEME_8; depth++) {
		assert_int_equal(theme.look[depth][STYLE_SELECTED].color, 0);
		assert_int_not_equal(theme.look[depth][STYLE_SELECTED].back, THEME_OWN);
		assert_int_equal(theme.look[depth][STYLE_ALARM].back, 1);
		assert_int_equal(theme.look[depth][STYLE_GC_FILL].back, THEME_OWN);
	}
	assert_true(theme.look[THEME_MONO][STYLE_SELECTED].attributes & STYLE_REVERSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_has_a_name_of_its_own),
		cmocka_unit_test(the_built_in_theme_is_the_dark_file),
		cmocka_unit_test(a_line_changes_what_it_names_and_the_depths_below),
		cmocka_unit_test(a_bad_line_is_told_and_the_rest_counts),
		cmocka_unit_test(a_file_of_nothing_but_errors_is_told_in_few_lines),
		cmocka_unit_test(a_line_that_is_too_long_is_told),
		cmocka_unit_test(a_file_that_is_not_there_says_so),
		cmocka_unit_test(colours_are_those_the_terminal_has),
		cmocka_unit_test(red_is_for_findings_only),
		cmocka_unit_test(mono_has_no_colour_on_any_terminal),
		cmocka_unit_test(the_measure_of_contrast_is_that_of_wcag),
		cmocka_unit_test(every_theme_can_be_read_on_its_ground),
		cmocka_unit_test(sixteen_colours_can_be_read_too),
		cmocka_unit_test(high_contrast_is_high_for_every_role),
		cmocka_unit_test(high_contrast_paints_its_ground),
		cmocka_unit_test(accents_can_be_told_apart),
		cmocka_unit_test(colour_blind_safe_is_told_apart_by_all_eyes),
		cmocka_unit_test(dark_is_not_told_apart_by_all_eyes),
		cmocka_unit_test(what_must_be_seen_has_an_attribute_without_colours),
		cmocka_unit_test(a_ground_that_makes_text_readable_stays_with_fewer_colours),
	};
	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
