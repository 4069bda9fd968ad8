/* The Findings of the trace browser: what rows look like, and where Enter leads from each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "browse/extra.h"
#include "browse/view.h"
#include "doctor/finding.h"
#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

#define FIRST_NS INT64_C(5000000000) /* when the trace began */

struct screen {
	struct findings list;
	struct analysis analysis;
	struct trace_summary summary;
	struct trace_data data;
	struct view_place place;
};

/* Three findings; the first has evidence of every kind that leads somewhere, the second a hostile
   name. */
static void fill(struct findings *list)
{
	struct finding *f = findings_add(list, SLUG_TRACE_TRUNCATED, SEVERITY_CRITICAL, 0.4);
	finding_say(f, "412 goroutines waited 1.20 s in all, one after the other, for the lock at "
	               "main.(*Store).Put (store.go:61), and only one of them ran meanwhile.");
	finding_measure(f, "waited", UNIT_NS, 1.2e9);
	finding_measure(f, "alone", UNIT_RATIO, 0.71);
	struct evidence *e = finding_show(f, EVIDENCE_SPAN, "goroutine 17 held it for 20.0 ms");
	evidence_goroutine(e, 17);
	evidence_span(e, 10 * NS_PER_MS, 30 * NS_PER_MS);
	evidence_goroutine(finding_show(f, EVIDENCE_GOROUTINE, "goroutine 18 waited longest"), 18);
	evidence_task(finding_show(f, EVIDENCE_TASK, "task 7 took 80.0 ms"), 7);
	e = finding_show(f, EVIDENCE_SITE, "all of them wait at main.(*Store).Put (store.go:61)");
	evidence_frame(e, "sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 90);
	evidence_frame(e, "example.com/app/main.(*Store).Put", "/src/app/store.go", 61);
	e->where = 1;
	finding_show(f, EVIDENCE_TEXT, "nobody else ran");
	f = findings_add(list, SLUG_TRACE_VERSION, SEVERITY_WARNING, 0.9);
	finding_say(f, "A region named \033[31mred\033[0m µ.");
	f = findings_add(list, SLUG_TRACE_EMPTY, SEVERITY_INFO, 0.001);
	finding_say(f, "Nothing of note.");
	findings_settle(list);
}

static void open_screen(struct screen *s)
{
	memset(s, 0, sizeof *s);
	fill(&s->list);
	s->data = (struct trace_data){.path = "app.trace",
	                              .part = &s->analysis.options,
	                              .analysis = &s->analysis,
	                              .summary = &s->summary,
	                              .findings = &s->list,
	                              .first_ns = FIRST_NS,
	                              .last_ns = FIRST_NS + NS_PER_S};
}

static char *draw(struct screen *s, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	trace_view_findings.draw(pane_of(canvas), &s->data, &s->place, NULL);
	assert_int_equal(canvas->overdrawn, 0);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void assert_shows(struct screen *s, const char *part)
{
	char *text = draw(s, 120, 40, false);
	fixture_shows(text, part);
	free(text);
}

static struct trace_request act(struct screen *s, enum command command)
{
	struct trace_request request = {.target = {.to_ns = -1}};
	const struct trace_action action = {.command = command};
	if (trace_view_findings.act(&s->data, &s->place, NULL, &action, &request) == LOOP_GO_ON)
		view_move(&s->place, command);
	free(draw(s, 120, 40, false));
	return request;
}

static void pictures_are_as_they_were_reviewed(void **state)
{
	(void)state;
	static const struct {
		int width, height;
		bool ascii;
	} sizes[] = {{80, 22, false}, {80, 22, true}, {120, 38, false}, {160, 48, false}};
	for (int opened = 0; opened < 2; opened++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			struct screen s;
			char name[96];
			open_screen(&s);
			free(draw(&s, 120, 40, false));
			for (int k = 0; k < opened; k++) {
				act(&s, COMMAND_EXPAND);
				act(&s, COMMAND_LAST);
				for (int up = 0; up < 3; up++)
					act(&s, COMMAND_UP);
			}
			char *text = draw(&s, sizes[i].width, sizes[i].height, sizes[i].ascii);
			snprintf(name, sizeof name, "trace-findings%s-%dx%d%s", opened ? "-open" : "",
			         sizes[i].width, sizes[i].height, sizes[i].ascii ? "-ascii" : "");
			assert_true(fixture_is_golden(name, text));
			free(text);
			findings_finish(&s.list);
		}
}

static void evidence_leads_to_where_it_lies(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s);
	free(draw(&s, 120, 40, false));
	act(&s, COMMAND_EXPAND);
	struct trace_request r = act(&s, COMMAND_EXPAND);
	assert_int_equal(r.view, CONTEXT_TRACE_TIMELINE);
	assert_int_equal(r.target.goroutine, 17);
	assert_int_equal(r.target.from_ns, FIRST_NS + 10 * NS_PER_MS);
	assert_int_equal(r.target.to_ns, FIRST_NS + 30 * NS_PER_MS);
	act(&s, COMMAND_DOWN);
	r = act(&s, COMMAND_EXPAND);
	assert_int_equal(r.view, CONTEXT_TRACE_GOROUTINES);
	assert_int_equal(r.target.goroutine, 18);
	assert_true(r.target.to_ns < r.target.from_ns);
	act(&s, COMMAND_DOWN);
	r = act(&s, COMMAND_EXPAND);
	assert_int_equal(r.view, CONTEXT_TRACE_TASKS);
	assert_int_equal(r.target.task, 7);
	act(&s, COMMAND_DOWN);
	r = act(&s, COMMAND_EXPAND);
	assert_int_equal(r.view, CONTEXT_TRACE_BLOCKING);
	assert_string_equal(r.target.function, "example.com/app/main.(*Store).Put");
	act(&s, COMMAND_DOWN);
	r = act(&s, COMMAND_EXPAND);
	assert_int_equal(r.view, 0);
	fixture_shows(r.notice, "no single place");
	findings_finish(&s.list);
}

/* One wait in a channel, in a function whose name is too long for a filter by half a character. */
static void a_function_s_waits_are_shown_and_nothing_else_is_promised(void **state)
{
	(void)state;
	char name[128] = "main.";
	for (size_t i = 0; i < 30; i++)
		strcat(name, "日");
	strcat(name, "go"); /* 63 bytes from the end is within a character */
	struct names names = {0};
	struct stack_frame frame = {.function = names_intern(&names, name, strlen(name))};
	struct stack stack = {.frames = 1};
	struct block_site site = {.stack = 1, .count = 1, .total_ns = NS_PER_MS};
	struct analysis analysis = {
		.names = names,
		.stacks = {.stack = &stack, .frame = &frame},
		.blocking = {.site = &site, .sites = 1},
	};
	struct extra extra = {0};
	const struct trace_data data = {.analysis = &analysis, .extra = &extra};
	struct view_place place = {0};
	struct trace_target target = {.function = "main.other", .to_ns = -1};
	assert_non_null(trace_view_blocking.visit(&data, &place, NULL, &target));
	assert_string_equal(place.filter, "");
	target.function = name;
	assert_null(trace_view_blocking.visit(&data, &place, NULL, &target));
	assert_true(*place.filter && ((unsigned char)*place.filter & 0xc0) != 0x80);
	assert_non_null(strstr(name, place.filter));
	names_finish(&analysis.names);
}

static void a_finding_opens_and_closes(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s);
	free(draw(&s, 120, 40, false));
	assert_int_equal(s.place.rows, 3);
	act(&s, COMMAND_EXPAND);
	assert_int_equal(s.place.rows, 8);
	assert_int_equal(s.place.selected, 1);
	act(&s, COMMAND_CLOSE);
	assert_int_equal(s.place.rows, 3);
	assert_int_equal(s.place.selected, 1);
	act(&s, COMMAND_FIRST);
	act(&s, COMMAND_EXPAND);
	act(&s, COMMAND_UP);
	act(&s, COMMAND_EXPAND);
	assert_int_equal(s.place.rows, 3);
	/* Without evidence there is nothing to open. */
	act(&s, COMMAND_LAST);
	act(&s, COMMAND_EXPAND);
	assert_int_equal(s.place.rows, 3);
	findings_finish(&s.list);
}

static void the_list_is_sorted_and_filtered(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s);
	s.place.sort = 1; /* impact */
	char *text = draw(&s, 120, 40, false);
	assert_true(strstr(text, "trace-version") < strstr(text, "trace-truncated"));
	free(text);
	snprintf(s.place.filter, sizeof s.place.filter, "store.go");
	text = draw(&s, 120, 40, false);
	assert_null(strstr(text, "trace-version"));
	assert_int_equal(s.place.rows, 1);
	free(text);
	snprintf(s.place.filter, sizeof s.place.filter, "zzz");
	assert_shows(&s, "No finding has what the filter asks for");
	findings_finish(&s.list);
}

static void silence_is_told_for_what_it_is(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s);
	findings_finish(&s.list);
	assert_shows(&s, "Nothing is wrong as far as the doctor can see.");
	s.data.findings = NULL;
	s.analysis.options.goroutine = 7;
	assert_shows(&s, "leave out --goroutine");
	s.analysis.options.goroutine = 0;
	s.data.failure = "there is not enough memory";
	assert_shows(&s, "there is not enough memory");
	s.summary.damages = 1;
	assert_shows(&s, "The trace can't be read");
	s.data.loading = true;
	assert_shows(&s, "The doctor speaks when all is read.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_as_they_were_reviewed),
		cmocka_unit_test(evidence_leads_to_where_it_lies),
		cmocka_unit_test(a_function_s_waits_are_shown_and_nothing_else_is_promised),
		cmocka_unit_test(a_finding_opens_and_closes),
		cmocka_unit_test(the_list_is_sorted_and_filtered),
		cmocka_unit_test(silence_is_told_for_what_it_is),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
