/* Lists of findings, the words for each, and the limits from which on they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "doctor/evidence.h"
#include "doctor/limits.h"

static void the_gravest_finding_comes_first(void **state)
{
	(void)state;
	struct findings list = {0};
	findings_add(&list, SLUG_STW_LONG, SEVERITY_INFO, 0.9);
	findings_add(&list, SLUG_SERIAL_IO, SEVERITY_WARNING, 0.2);
	findings_add(&list, SLUG_GC_PRESSURE, SEVERITY_WARNING, 0.7);
	findings_add(&list, SLUG_TRACE_EMPTY, SEVERITY_CRITICAL, 0.1);
	findings_settle(&list);
	assert_int_equal(list.n, 4);
	assert_int_equal(list.finding[0]->slug, SLUG_TRACE_EMPTY);
	assert_int_equal(list.finding[1]->slug, SLUG_GC_PRESSURE);
	assert_int_equal(list.finding[2]->slug, SLUG_SERIAL_IO);
	assert_int_equal(list.finding[3]->slug, SLUG_STW_LONG);
	assert_int_equal(findings_count(&list, SEVERITY_WARNING), 3);
	assert_int_equal(findings_count(&list, SEVERITY_INFO), 4);
	findings_finish(&list);
}

static void of_one_slug_the_three_gravest_are_kept(void **state)
{
	(void)state;
	struct findings list = {0};
	for (int i = 0; i < 40; i++) {
		struct finding *f = findings_add(&list, SLUG_BUSY_POLL, SEVERITY_WARNING, i / 100.);
		finding_say(f, "number %d", i);
		finding_show(f, EVIDENCE_TEXT, "evidence of %d", i);
	}
	findings_add(&list, SLUG_STW_LONG, SEVERITY_INFO, 0);
	findings_settle(&list);
	assert_int_equal(list.n, FINDINGS_OF_SLUG + 1);
	assert_string_equal(list.finding[0]->summary, "number 39");
	assert_string_equal(list.finding[2]->summary, "number 37");
	assert_false(list.no_memory);
	findings_finish(&list);
}

static void what_does_not_fit_is_left_out(void **state)
{
	(void)state;
	struct findings list = {0};
	struct finding *f = findings_add(&list, SLUG_BUSY_POLL, SEVERITY_WARNING, 3);
	assert_true(f->impact <= 1);
	for (int i = 0; i < 30; i++)
		finding_measure(f, "n", UNIT_COUNT, i);
	assert_int_equal(f->measures, FINDING_MEASURES);
	for (int i = 0; i < FINDING_EVIDENCE; i++)
		assert_non_null(finding_show(f, EVIDENCE_SITE, "%d", i));
	assert_null(finding_show(f, EVIDENCE_SITE, "one too many"));
	struct evidence *e = &f->evidence[0];
	for (uint32_t i = 0; i < 100; i++)
		evidence_frame(e, "main.f", "f.go", i);
	assert_int_equal(e->frames, EVIDENCE_FRAMES);
	assert_int_equal(e->begin_ns, -1);
	findings_finish(&list);
}

static void no_number_is_no_measure_and_no_impact(void **state)
{
	(void)state;
	struct findings list = {0};
	struct finding *f = findings_add(&list, SLUG_BUSY_POLL, SEVERITY_WARNING, (double)NAN);
	finding_measure(f, "rate", UNIT_RATIO, (double)NAN);
	finding_measure(f, "rate", UNIT_RATIO, (double)INFINITY);
	assert_int_equal(f->measures, 0);
	assert_false(f->impact < 0 || f->impact > 0);
	findings_finish(&list);
}

static void rules_need_not_ask_whether_there_was_memory(void **state)
{
	(void)state;
	const struct stacks stacks = {0};
	const struct names names = {0};
	finding_say(NULL, "%d", 1);
	finding_remedy(NULL, "%d", 1);
	finding_measure(NULL, "n", UNIT_COUNT, 1);
	assert_null(finding_show(NULL, EVIDENCE_TEXT, "x"));
	evidence_span(NULL, 1, 2);
	evidence_goroutine(NULL, 1);
	evidence_task(NULL, 1);
	evidence_frame(NULL, "f", "f.go", 1);
	evidence_stack(NULL, &stacks, &names, 1);
}

/* Go names an address that it can't find with an empty function. */
static void what_has_no_name_is_no_frame_of_evidence(void **state)
{
	(void)state;
	struct names names = {0};
	uint32_t work = names_intern(&names, "main.work", strlen("main.work"));
	uint32_t file = names_intern(&names, "main.go", strlen("main.go"));
	struct stack_frame frame[] = {{0}, {.function = work, .file = file, .line = 7}, {0}};
	struct stack stack[] = {{.first = 0, .frames = 2}, {.first = 2, .frames = 1}};
	const struct stacks stacks = {.stack = stack, .n = 2, .frame = frame, .frames = 3};
	struct findings list = {0};
	struct finding *f = findings_add(&list, SLUG_BUSY_POLL, SEVERITY_WARNING, 0);
	struct evidence *some = finding_show(f, EVIDENCE_SITE, "some");
	struct evidence *none = finding_show(f, EVIDENCE_SITE, "none");
	evidence_stack(some, &stacks, &names, 1);
	assert_int_equal(some->frames, 1);
	assert_string_equal(some->frame[some->where].function, "main.work");
	evidence_stack(none, &stacks, &names, 2);
	assert_int_equal(none->frames, 0);
	char place[EVIDENCE_SITE_TEXT];
	assert_string_equal(evidence_place(place, &stacks, &names, 2), "an unknown place");
	findings_finish(&list);
	names_finish(&names);
}

/* --- the catalogue --------------------------------------------------------------------------- */

static bool is_sentence(const char *text)
{
	return text && *text && text[strlen(text) - 1] == '.';
}

static void every_advice_is_whole_and_of_its_own_slug(void **state)
{
	(void)state;
	bool told[SLUG_COUNT] = {false};
	for (size_t c = 0; c < chapter_count; c++) {
		assert_non_null(chapters[c]->title);
		assert_true(chapters[c]->n > 0);
		for (size_t i = 0; i < chapters[c]->n; i++) {
			const struct advice *a = &chapters[c]->advice[i];
			const char *word = slug_word(a->slug);
			enum slug slug;
			if (!a->title || !is_sentence(a->means) || !is_sentence(a->remedy) ||
			    !is_sentence(a->refuted) || !is_sentence(a->found) || !a->from)
				fail_msg("the advice for %s is not whole", word);
			if (a->title[strlen(a->title) - 1] == '.')
				fail_msg("the title of %s ends with a full stop", word);
			if (told[a->slug])
				fail_msg("%s has advice twice", word);
			told[a->slug] = true;
			assert_ptr_equal(advice_of(a->slug), a);
			assert_true(slug_parse(word, &slug) && slug == a->slug);
		}
	}
	for (int i = 0; i < SLUG_COUNT; i++)
		if (!told[i])
			fail_msg("%s is in no chapter", slug_word((enum slug)i));
}

static void a_word_that_is_no_slug_is_none(void **state)
{
	(void)state;
	enum slug slug;
	assert_false(slug_parse("", &slug));
	assert_false(slug_parse("trace", &slug));
	assert_false(slug_parse("TRACE_EMPTY", &slug));
}

/* --- limits ---------------------------------------------------------------------------------- */

static void every_limit_is_of_a_slug_and_its_default_is_allowed(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_row *row = &limit_rows[i];
		char word[64];
		enum slug slug;
		if (!row->name)
			fail_msg("limit %d has no row", i);
		snprintf(word, sizeof word, "%.*s", (int)strcspn(row->name, "."), row->name);
		if (!slug_parse(word, &slug) || !strchr(row->name, '.'))
			fail_msg("%s names no slug", row->name);
		if (!(row->normal >= row->least && row->normal <= row->most))
			fail_msg("%s: its default is not allowed", row->name);
		if (!row->text || strchr(row->text, '\n') || is_sentence(row->text))
			fail_msg("%s: its text is not the beginning of a sentence", row->name);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(limit_rows[k].name, row->name);
	}
}

static void limits_are_written_in_their_units(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum limit which;
		double value;
	} rows[] = {
		{"stw-long.pause=2ms", LIMIT_STW_LONG, 2e6},
		{"stw-long.pause=1500us", LIMIT_STW_LONG, 1.5e6},
		{"gc-pressure.cpu=15%", LIMIT_GC_CPU, 0.15},
		{"gc-pressure.cpu=15 %", LIMIT_GC_CPU, 0.15},
		{"gc-pressure.cpu=0.15", LIMIT_GC_CPU, 0.15},
		{"channel-send-stuck.goroutines=12", LIMIT_STUCK_GOROUTINES, 12},
		{"gc-pressure.rate=2.5", LIMIT_GC_RATE, 2.5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct limits_set limits;
		struct error error = {0};
		limits_init(&limits);
		assert_int_equal(limits_set_text(&limits, rows[i].text, &error), STATUS_OK);
		assert_true(fabs(limit(&limits, rows[i].which) - rows[i].value) < 1e-9 * rows[i].value);
	}
}

static void a_limit_that_makes_no_sense_changes_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"stw-long.pause", "--limit takes NAME=VALUE"},
		{"=1", "there is no limit ''"},
		{"stw-long.paws=2ms", "there is no limit 'stw-long.paws': there is stw-long.pause"},
		{"stw.pause=2ms", "schedtop-findings(7) lists them"},
		{"stw-long.pause=soon", "stw-long.pause takes a time such as 100ms, from 0 ns to"},
		{"stw-long.pause=-1s", "takes a time"},
		{"gc-pressure.cpu=150%", "gc-pressure.cpu takes a share such as 70%, from 0.0 % to 100 %"},
		{"gc-pressure.cpu=nan", "takes a share"},
		{"gc-pressure.cpu=0x1p-3", "takes a share"},
		{"gc-pressure.cpu=", "takes a share"},
		{"gc-pressure.rate=4%", "takes a number per second"},
		{"channel-send-stuck.goroutines=1", "from 2 to"},
		{"x\033[1m.y=1", "'x?[1m.y'"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct limits_set limits, before;
		struct error error = {0};
		limits_init(&limits);
		before = limits;
		assert_int_equal(limits_set_text(&limits, rows[i].text, &error), STATUS_USAGE);
		if (!strstr(error.text, rows[i].says))
			fail_msg("'%s' says '%s', not '%s'", rows[i].text, error.text, rows[i].says);
		assert_memory_equal(&limits, &before, sizeof limits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gravest_finding_comes_first),
		cmocka_unit_test(of_one_slug_the_three_gravest_are_kept),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(no_number_is_no_measure_and_no_impact),
		cmocka_unit_test(rules_need_not_ask_whether_there_was_memory),
		cmocka_unit_test(what_has_no_name_is_no_frame_of_evidence),
		cmocka_unit_test(every_advice_is_whole_and_of_its_own_slug),
		cmocka_unit_test(a_word_that_is_no_slug_is_none),
		cmocka_unit_test(every_limit_is_of_a_slug_and_its_default_is_allowed),
		cmocka_unit_test(limits_are_written_in_their_units),
		cmocka_unit_test(a_limit_that_makes_no_sense_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
