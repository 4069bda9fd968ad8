/* A trace whose every moment is known, exported: whole, in part, redacted, damaged. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "export/export.h"
#include "export/pass.h"
#include "export/story.h"
#include "tests/unit/trace_scenario.h"

#define US 1000

static const struct export_options whole_csv = {.format = EXPORT_CSV,
                                                .to_ns = INT64_MAX,
                                                .profile = PROFILE_BLOCKED,
                                                .still_blocked = true};

/* A directory with the trace in it, and what comes of it. */
struct place {
	char directory[64], trace[96], output[96];
};

static struct place prepare(const void *data, size_t size)
{
	struct place p = {"/tmp/schedtop-test-XXXXXX", "", ""};
	assert_non_null(mkdtemp(p.directory));
	snprintf(p.trace, sizeof p.trace, "%s/trace", p.directory);
	snprintf(p.output, sizeof p.output, "%s/output", p.directory);
	FILE *f = fopen(p.trace, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	return p;
}

/* What was written last, and how many bytes it has. */
static char text[256 * 1024];
static size_t size_of_text;

/* Reads it; NULL: nothing. */
static char *finish(const struct place *p)
{
	FILE *f = fopen(p->output, "rb");
	size_of_text = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[size_of_text] = '\0';
	if (f)
		fclose(f);
	unlink(p->trace);
	unlink(p->output);
	assert_int_equal(rmdir(p->directory), 0); /* no temporary is left */
	return f ? text : NULL;
}

static char *export_bytes(const void *data, size_t size, const struct export_options *options,
                          enum status expected)
{
	struct error error = {0};
	struct place p = prepare(data, size);
	enum status status = export_trace(p.trace, p.output, options, &error);
	if (status != expected)
		print_error("%s\n", error.text);
	assert_int_equal(status, expected);
	assert_int_equal(status == STATUS_OK, error.text[0] == '\0');
	return finish(&p);
}

static void export_service(const struct export_options *options)
{
	struct scenario s;
	scenario_service(&s);
	assert_non_null(export_bytes(s.b.data, s.b.n, options, STATUS_OK));
}

static void has_row(const char *row)
{
	if (!strstr(text, row))
		print_error("%s is not in\n%s", row, text);
	assert_non_null(strstr(text, row));
}

/* Calls for each row but the heading, cut into its cells. */
enum { KIND, BEGIN, DURATION, GOROUTINE, PROC, NAME, FUNCTION, WHERE, BY, TASK, PARENT, CELLS };
static size_t each_row(void (*check)(char *const cell[CELLS]))
{
	size_t rows = 0;
	char *line = strchr(text, '\n');
	for (char *end; line && *++line; line = end) {
		char *cell[CELLS];
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		for (size_t i = 0; i < CELLS; i++)
			cell[i] = strsep(&line, ",");
		check(cell);
		rows++;
	}
	return rows;
}

static void table_tells_every_moment(void **state)
{
	(void)state;
	export_service(&whole_csv);
	/* kind,begin_ns,duration_ns,goroutine,proc,name,function,where,by,task,parent_task,... */
	static const char *const rows[] = {
		"running,0,100000,1,0,\"running\",",
		"waiting,100000,300000,1,,\"chan receive\",",
		"runnable,400000,150000,1,,\"runnable\",\"main.main\",,2,,,,,\n",
		"running,550000,400000,1,0,\"running\",\"main.main\",",
		"waiting,950000,50001,1,,\"sync\",\"main.main\",",
		"main.go:77\",,,,,,true\n",
		"runnable,10000,140000,2,,\"runnable\",\"example.com/shop/worker.(*Pool).run\",,1,",
		"syscall,250000,50000,2,,\"syscall\",",
		"runnable,500000,460000,2,",
		"running,960000,30000,2,0,",
		"proc,150000,100000,2,0,\"example.com/shop/worker.(*Pool).run\",",
		"waiting,0,1000001,50,,\"waiting\",",
		"wake,400000,,1,0,\"unblock\",",
		"task,20000,630000,1,,\"request\",,\"net/http.(*conn).serve",
		"/src/shop/main.go:77\",,5,,,,\n",
		"region,30000,570000,1,,\"outer\",",
		"log,40000,,1,0,\"otel\",",
		(",\"" SCENARIO_TRACE_ID "\",\n"),
		"stw,660000,30000,1,,\"GC mark termination\",",
		"gc,700000,200000,,,\"GC mark\",",
		"assist,710000,50000,1,,\"GC mark assist\",",
		"counter,700000,,,,\"heap\",,,,,,4194304,,\n",
		"counter,0,,,,\"GOMAXPROCS\",,,,,,2,,\n",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		has_row(rows[i]);
}

static void check_of_goroutine_1(char *const cell[CELLS])
{
	if (strcmp(cell[KIND], "counter") != 0 && strcmp(cell[KIND], "gc") != 0 &&
	    strcmp(cell[KIND], "wake") != 0)
		assert_string_equal(cell[GOROUTINE], "1");
}

static void of_one_goroutine_no_other_is_told(void **state)
{
	(void)state;
	struct export_options options = whole_csv;
	options.goroutine = 1;
	export_service(&options);
	has_row("\nproc,550000,400000,1,0,");
	has_row("\nwake,400000,,1,0,");
	assert_true(each_row(check_of_goroutine_1) > 10);
}

/* Goroutine 1 works for the task from 20 to 650 us. */
static void check_of_task_5(char *const cell[CELLS])
{
	if (strcmp(cell[KIND], "counter") == 0 || strcmp(cell[KIND], "gc") == 0 ||
	    strcmp(cell[KIND], "stw") == 0 || strcmp(cell[KIND], "assist") == 0)
		return;
	assert_string_equal(cell[GOROUTINE], "1");
	long begin = strtol(cell[BEGIN], NULL, 10);
	assert_in_range(begin, 20 * US, 650 * US);
	assert_in_range(begin + strtol(cell[DURATION], NULL, 10), 20 * US, 650 * US);
}

static void of_a_task_is_told_who_works_for_it(void **state)
{
	(void)state;
	static const struct task_filter filters[] = {{.id = 5},
	                                             {.type = "request"},
	                                             {.trace_id = SCENARIO_TRACE_ID}};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		struct export_options options = whole_csv;
		options.task = filters[i];
		export_service(&options);
		has_row("\nrunning,20000,80000,1,0,");
		has_row("\nrunning,550000,100000,1,0,");
		has_row("\ntask,20000,630000,1,");
		has_row("\nregion,30000,570000,1,");
		assert_true(each_row(check_of_task_5) > 10);
	}
}

static void check_of_nobody(char *const cell[CELLS])
{
	static const char *const context[] = {"counter", "gc", "stw", "assist"};
	bool found = false;
	for (size_t i = 0; i < sizeof context / sizeof *context; i++)
		found = found || strcmp(cell[KIND], context[i]) == 0;
	assert_true(found);
}

static void of_a_task_that_is_not_there_nobody_is_told(void **state)
{
	(void)state;
	static const struct task_filter filters[] = {{.id = 6},
	                                             {.type = "reques"},
	                                             {.trace_id = "4bf92f3577b34da6a3ce929d0e0e4737"}};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		struct export_options options = whole_csv;
		options.task = filters[i];
		export_service(&options);
		each_row(check_of_nobody);
	}
}

static void check_of_part(char *const cell[CELLS])
{
	long begin = strtol(cell[BEGIN], NULL, 10);
	assert_in_range(begin, 200 * US, 600 * US);
	assert_in_range(begin + strtol(cell[DURATION], NULL, 10), 200 * US, 600 * US);
}

static void part_begins_and_ends_at_its_borders(void **state)
{
	(void)state;
	struct export_options options = whole_csv;
	options.from_ns = 200 * US;
	options.to_ns = 600 * US;
	export_service(&options);
	has_row("\nwaiting,200000,200000,1,");
	has_row("\nrunning,200000,50000,2,0,");
	has_row("\nproc,200000,50000,2,0,");
	has_row("\nrunning,550000,50000,1,0,");
	has_row("\ntask,200000,400000,1,");
	has_row("\nregion,200000,400000,1,");
	has_row("\nwaiting,200000,400000,50,");
	assert_true(each_row(check_of_part) > 10);
}

static void part_behind_the_end_is_empty(void **state)
{
	(void)state;
	struct export_options options = whole_csv;
	options.from_ns = 5000 * US;
	for (options.format = 0; options.format < EXPORT_FORMATS; options.format++)
		export_service(&options);
}

static void chrome_is_json_with_an_arrow_for_the_wake_up(void **state)
{
	(void)state;
	struct export_options options = whole_csv;
	options.format = EXPORT_CHROME;
	export_service(&options);
	json_error_t why;
	json_t *object = json_loads(text, 0, &why), *event;
	assert_non_null(object);
	size_t i, from = 0, to = 0;
	json_array_foreach(json_object_get(object, "traceEvents"), i, event)
	{
		const char *phase = json_string_value(json_object_get(event, "ph"));
		double at = json_number_value(json_object_get(event, "ts"));
		if (strcmp(phase, "s") == 0 || strcmp(phase, "f") == 0)
			assert_true(at == 400);
		from += strcmp(phase, "s") == 0;
		to += strcmp(phase, "f") == 0;
	}
	assert_int_equal(from, 1);
	assert_int_equal(to, 1);
	json_decref(object);
}

static void redacted_export_has_no_text_of_users(void **state)
{
	(void)state;
	static const char *const user[] = {"request", "outer", "otel",
	                                   "4bf92f3577b34da6a3ce929d0e0e4736"};
	struct export_options options = whole_csv;
	options.redact = REDACT_ALL;
	for (options.format = 0; options.format < EXPORT_FORMATS; options.format++) {
		export_service(&options);
		for (size_t i = 0; i < sizeof user / sizeof *user; i++)
			assert_null(memmem(text, size_of_text, user[i], strlen(user[i])));
		if (options.format != EXPORT_FOLDED) /* which has none of it anyway */
			assert_non_null(memmem(text, size_of_text, "[redacted", 9));
		assert_non_null(memmem(text, size_of_text, "main.main", 9));
	}
}

/* A goroutine, a task and a region with the name of trace_scenario.c that means harm. */
/* A log is kept up to a length, and less by a character that did not fit. */
static void secret_that_is_cut_off_is_redacted_all_the_same(void **state)
{
	(void)state;
	static const char secret[] = " postgres://app:S3cr\xc3\xa9t@db/shop";
	enum { FITS = sizeof " postgres://app:S3cr" /* and half of what follows */ };
	const struct export_options options = {.format = EXPORT_JSON,
	                                       .to_ns = INT64_MAX,
	                                       .task = {.id = 5},
	                                       .redact = REDACT_SECRETS};
	struct builder b = {.n = 0};
	char log[TASK_LOG_TEXT + sizeof secret] = "";
	memset(log, 'a', TASK_LOG_TEXT - FITS);
	memcpy(log + TASK_LOG_TEXT - FITS, secret, sizeof secret);
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	build_batch(&b, 1, UINT64_MAX, 1);
	build_byte(&b, EV_STRINGS);
	build_string(&b, 1, log);
	build_end(&b);
	build_batch(&b, 1, 7, 1000);
	build_event(&b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(&b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(&b, EV_USER_TASK_BEGIN, 5, 0, 0, 0);
	build_event(&b, EV_USER_LOG, 5, 0, 1, 0);
	build_event(&b, EV_USER_TASK_END, 5, 0, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	assert_non_null(export_bytes(b.data, b.n, &options, STATUS_OK));
	assert_non_null(strstr(text, "aaaa [redacted]"));
	assert_null(strstr(text, "S3cr"));
}

static void hostile_names_do_no_harm(void **state)
{
	(void)state;
	struct scenario s;
	struct export_options options = whole_csv;
	for (options.format = 0; options.format < EXPORT_FORMATS; options.format++) {
		scenario_begin(&s);
		scenario_event(&s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
		scenario_event(&s, 0, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
		scenario_event(&s, 10, EV_USER_TASK_BEGIN, 1, 0, S_HOSTILE, STACK_HOSTILE);
		scenario_event(&s, 20, EV_USER_REGION_BEGIN, 1, S_HOSTILE, STACK_HOSTILE, 0);
		scenario_event(&s, 30, EV_USER_LOG, 1, S_HOSTILE, S_HOSTILE, STACK_HOSTILE);
		scenario_event(&s, 40, EV_GO_BLOCK, S_HOSTILE, STACK_HOSTILE, 0, 0);
		scenario_end(&s);
		assert_non_null(export_bytes(s.b.data, s.b.n, &options, STATUS_OK));
		assert_non_null(memmem(text, size_of_text, "evil", 4));
		assert_null(memmem(text, size_of_text, "\033[31m", 5));
		assert_null(memmem(text, size_of_text, "\302\233", 2)); /* CSI in one character */
		json_error_t why;
		if (options.format == EXPORT_CHROME) {
			json_t *object = json_loads(text, 0, &why); /* refuses what is no UTF-8 */
			assert_non_null(object);
			json_decref(object);
		}
	}
}

static void table_has_no_formulas(void **state)
{
	(void)state;
	struct scenario s;
	for (const char *first = "=+-@"; *first; first++) {
		char cell[] = "\"'?equest\"";
		scenario_service(&s);
		char *name = memmem(s.b.data, s.b.n, "request", 7);
		assert_non_null(name);
		cell[2] = *name = *first;
		assert_non_null(export_bytes(s.b.data, s.b.n, &whole_csv, STATUS_OK));
		has_row(cell);
	}
}

static void of_a_torn_trace_what_is_whole_is_written(void **state)
{
	(void)state;
	struct scenario s;
	scenario_service(&s);
	build_clock(&s.b, 2, 26); /* a second generation, without its end */
	build_batch(&s.b, 2, 7, SCENARIO_START_NS);
	struct export_options options = whole_csv;
	for (options.format = 0; options.format < EXPORT_FORMATS; options.format++)
		assert_non_null(export_bytes(s.b.data, s.b.n - 2, &options, STATUS_DAMAGED));
}

static void of_what_is_no_trace_nothing_is_written(void **state)
{
	(void)state;
	struct export_options options = whole_csv;
	for (options.format = 0; options.format < EXPORT_FORMATS; options.format++) {
		assert_null(export_bytes("", 0, &options, STATUS_DAMAGED));
		assert_null(export_bytes("not a trace at all", 18, &options, STATUS_DAMAGED));
	}
}

static void trace_id_of_standard_input_is_refused(void **state)
{
	(void)state;
	struct error error;
	struct export_options options = whole_csv;
	struct place p = prepare("", 0);
	options.task.trace_id = "x";
	assert_int_equal(export_trace("-", p.output, &options, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "standard input can't be"));
	assert_null(finish(&p));
}

static void missing_trace_leaves_no_file(void **state)
{
	(void)state;
	struct error error;
	struct place p = prepare("", 0);
	assert_int_equal(unlink(p.trace), 0);
	assert_int_equal(export_trace(p.trace, p.output, &whole_csv, &error), STATUS_NO_TARGET);
	assert_null(finish(&p));
}

/* A narrator that has no memory for what is still open when the trace ends. */
static bool hear_track(void *self, const struct story_track *track)
{
	(void)self;
	return track != NULL;
}
static bool hear_slice(void *self, const struct story_slice *slice)
{
	(void)self;
	return !slice->open;
}
static bool hear_instant(void *self, const struct story_instant *instant)
{
	(void)self;
	return instant != NULL;
}
static bool hear_counter(void *self, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	(void)self;
	(void)value;
	return counter < STORY_COUNTERS && at_ns >= 0;
}

static void failure_at_the_end_of_the_trace_is_kept(void **state)
{
	(void)state;
	struct scenario s;
	struct error error = {0};
	struct export_pass pass;
	scenario_service(&s);
	struct place p = prepare(s.b.data, s.b.n);
	struct story story = {.narrator = {.track = hear_track,
	                                   .end = hear_slice,
	                                   .instant = hear_instant,
	                                   .counter = hear_counter}};
	const struct trace_visitor visitor = story_visitor(&story);
	const struct pass_options options = {.path = p.trace};
	assert_int_equal(export_pass_read(&pass, &options, &visitor, &error), STATUS_OK);
	assert_true(story.failed);
	story_finish(&story);
	export_pass_finish(&pass);
	finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_tells_every_moment),
		cmocka_unit_test(of_one_goroutine_no_other_is_told),
		cmocka_unit_test(of_a_task_is_told_who_works_for_it),
		cmocka_unit_test(of_a_task_that_is_not_there_nobody_is_told),
		cmocka_unit_test(part_begins_and_ends_at_its_borders),
		cmocka_unit_test(part_behind_the_end_is_empty),
		cmocka_unit_test(chrome_is_json_with_an_arrow_for_the_wake_up),
		cmocka_unit_test(redacted_export_has_no_text_of_users),
		cmocka_unit_test(secret_that_is_cut_off_is_redacted_all_the_same),
		cmocka_unit_test(hostile_names_do_no_harm),
		cmocka_unit_test(table_has_no_formulas),
		cmocka_unit_test(of_a_torn_trace_what_is_whole_is_written),
		cmocka_unit_test(of_what_is_no_trace_nothing_is_written),
		cmocka_unit_test(trace_id_of_standard_input_is_refused),
		cmocka_unit_test(missing_trace_leaves_no_file),
		cmocka_unit_test(failure_at_the_end_of_the_trace_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
