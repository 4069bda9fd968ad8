/* Traces that are measured and compared from end to end, and how that is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "compare/measure.h"
#include "compare/show.h"
#include "tests/unit/trace_scenario.h"

#define US 1000

struct compared {
	char path[32];
	struct items items;
	struct side side[SIDES];
	struct comparison c;
};

static void put_file(struct compared *x, const struct scenario *s, size_t bytes)
{
	snprintf(x->path, sizeof x->path, "/tmp/schedtop-test-XXXXXX");
	int fd = mkstemp(x->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s->b.data, bytes), (ssize_t)bytes);
	close(fd);
}

static enum status measure(struct compared *x, int which, const struct measure_options *options,
                           struct error *damage)
{
	struct error error = {0};
	side_init(&x->side[which], 1);
	enum status status =
		measure_read(&x->items, &x->side[which], which, x->path, options, damage, &error);
	assert_true((status == STATUS_OK) == (error.text[0] == '\0'));
	return status;
}

/* One scenario on both sides. */
static void compare(struct compared *x, const struct scenario *s,
                    const struct measure_options *options)
{
	const struct side *const side[SIDES] = {&x->side[BEFORE], &x->side[AFTER]};
	struct error damage = {0};
	memset(x, 0, sizeof *x);
	put_file(x, s, s->b.n);
	for (int which = 0; which < SIDES; which++)
		assert_int_equal(measure(x, which, options, &damage), STATUS_OK);
	assert_int_equal(damage.text[0], 0);
	assert_true(comparison_make(&x->c, &x->items, side, COMPARISON_MARGIN));
}

static void finish(struct compared *x)
{
	comparison_finish(&x->c);
	items_finish(&x->items);
	unlink(x->path);
}

static const struct measure_options everything = {.kinds = ITEM_ALL, .to_ns = INT64_MAX};

static const struct series *find(const struct compared *x, enum item_kind kind, const char *name)
{
	for (size_t i = 0; i < x->items.items; i++)
		if (x->items.item[i].kind == kind &&
		    strcmp(names_text(&x->items.names, x->items.item[i].name), name) == 0)
			return &x->items.item[i].series[AFTER];
	return NULL;
}

static void assert_one(const struct series *s, double ns)
{
	assert_non_null(s);
	assert_true(s->count == 1);
	assert_true(s->ns == ns);
	assert_int_equal(s->instances, 1);
	assert_true((double)s->sample[0].ns == ns);
}

#define WORKER "example.com/shop/worker.(*Pool).run"

static void what_began_and_ended_in_a_trace_is_measured(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	compare(&x, &s, &everything);
	assert_one(find(&x, ITEM_TASK, "request"), 630 * US);
	assert_one(find(&x, ITEM_REGION, "outer"), 570 * US);
	assert_one(find(&x, ITEM_SITE, "net/http.(*conn).serve (chan receive)"), 300 * US);
	assert_one(find(&x, ITEM_SITE, WORKER " (syscall)"), 50 * US);
	const struct series *start = find(&x, ITEM_START, WORKER);
	assert_non_null(start);
	assert_true(start->count == 1);
	assert_true(start->ns >= 300 * US);
	/* Who blocks for ever has no duration. */
	assert_null(find(&x, ITEM_SITE, WORKER " (chan receive)"));
	assert_in_range(x.side[AFTER].run[0].length_ns, 1000 * US, 1000 * US + 10);
	finish(&x);
}

static void of_samples_total_times_alone_are_compared(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	struct page page = {.ascii = true};
	char cell[PAGE_CELL];
	scenario_service(&s);
	compare(&x, &s, &everything);
	const struct side *const side[SIDES] = {&x.side[BEFORE], &x.side[AFTER]};
	comparison_finish(&x.c);
	x.side[AFTER].run[0].sampled = true;
	assert_true(comparison_make(&x.c, &x.items, side, COMPARISON_MARGIN));
	assert_true(x.c.rows > 0);
	for (size_t i = 0; i < x.c.rows; i++)
		for (enum metric m = 0; m < METRICS; m++) {
			assert_true(m == METRIC_TOTAL || !x.c.row[i].change[m].known);
			assert_true(m == METRIC_TOTAL || !x.c.row[i].side[AFTER][m].known);
		}
	show_side(&page, cell, side[AFTER]);
	assert_non_null(strstr(cell, ", sampled"));
	finish(&x);
}

static void a_comparison_with_itself_finds_nothing(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	compare(&x, &s, &everything);
	assert_int_equal(x.c.significant, 0);
	for (size_t i = 0; i < x.c.rows; i++)
		for (int m = 0; m < METRICS; m++)
			assert_true(!x.c.row[i].change[m].known || x.c.row[i].change[m].ratio == 1);
	finish(&x);
}

static void narrowing_leaves_the_rest_out(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	struct measure_options options = everything;
	options.goroutine = 2;
	compare(&x, &s, &options);
	assert_non_null(find(&x, ITEM_SITE, WORKER " (syscall)"));
	assert_null(find(&x, ITEM_SITE, "net/http.(*conn).serve (chan receive)"));
	assert_null(find(&x, ITEM_REGION, "outer"));
	finish(&x);
	options = everything;
	options.kinds = 1U << ITEM_TASK;
	options.task.type = "something else";
	compare(&x, &s, &options);
	assert_int_equal(x.items.items, 0);
	finish(&x);
}

static void a_part_of_the_time_has_what_lies_in_it_alone(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	struct measure_options options = everything;
	options.from_ns = 200 * US;
	options.to_ns = 450 * US;
	compare(&x, &s, &options);
	assert_int_equal(x.side[AFTER].run[0].length_ns, 250 * US);
	assert_one(find(&x, ITEM_SITE, WORKER " (syscall)"), 50 * US);
	/* These began before or end behind it. */
	static const struct {
		enum item_kind kind;
		const char *name;
	} outside[] = {{ITEM_TASK, "request"},
	               {ITEM_REGION, "outer"},
	               {ITEM_SITE, "net/http.(*conn).serve (chan receive)"}};
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
		const struct series *series = find(&x, outside[i].kind, outside[i].name);
		assert_true(!series || series->instances == 0);
	}
	const struct series *start = find(&x, ITEM_START, WORKER);
	assert_true(start->count == 0); /* it was created before */
	assert_true(start->ns == 200 * US);
	finish(&x);
}

static void flush(struct builder *b, int fd)
{
	assert_int_equal(write(fd, b->data, b->n), (ssize_t)b->n);
	b->n = 0;
}

/* One task of each of so many types, their names and events in batches that hold 128. */
static void put_many_types(struct compared *x, unsigned types)
{
	enum { BATCH = 128 };
	struct builder b = {.n = 0};
	snprintf(x->path, sizeof x->path, "/tmp/schedtop-test-XXXXXX");
	int fd = mkstemp(x->path);
	assert_true(fd >= 0);
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	for (unsigned i = 0; i < types; i++) {
		char name[16];
		if (i % BATCH == 0) {
			flush(&b, fd);
			build_batch(&b, 1, UINT64_MAX, SCENARIO_START_NS);
			build_byte(&b, EV_STRINGS);
		}
		snprintf(name, sizeof name, "type %u", i);
		build_string(&b, i + 1, name);
		if (i % BATCH == BATCH - 1 || i == types - 1)
			build_end(&b);
	}
	for (unsigned i = 0; i < types; i++) {
		if (i % BATCH == 0) {
			flush(&b, fd);
			build_batch(&b, 1, 7, SCENARIO_START_NS + 1000 * i);
		}
		if (i == 0) {
			build_event(&b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
			build_event(&b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
		}
		build_event(&b, EV_USER_TASK_BEGIN, i + 1, 0, i + 1, 0);
		build_event(&b, EV_USER_TASK_END, i + 1, 0, 0, 0);
		if (i % BATCH == BATCH - 1 || i == types - 1)
			build_end(&b);
	}
	build_byte(&b, EV_END_OF_GENERATION);
	flush(&b, fd);
	close(fd);
}

static void types_of_tasks_without_a_name_of_their_own_are_left_out(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct compared x;
		struct error damage = {0};
		memset(&x, 0, sizeof x);
		put_many_types(&x, TASK_TYPES + more);
		assert_int_equal(measure(&x, AFTER, &everything, &damage), STATUS_OK);
		assert_string_equal(damage.text, "");
		assert_int_equal(x.items.of_kind[ITEM_TASK], TASK_TYPES);
		assert_int_equal(x.items.left_out[ITEM_TASK], more);
		assert_one(find(&x, ITEM_TASK, "type 0"), 1);
		assert_one(find(&x, ITEM_TASK, "type 1023"), 1); /* not those beyond, too */
		finish(&x);
	}
}

/* Or a limit on it would pass for one that is kept. */
static void what_lies_before_the_part_is_not_there(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	struct measure_options options = everything;
	options.from_ns = 900 * US;
	compare(&x, &s, &options);
	static const char *const limits[] = {"region:outer total +5%", "task:request median +5%",
	                                     "site:net/http.(*conn).serve (chan receive) median +5%"};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct gate gate;
		struct error error = {0};
		assert_int_equal(gate_parse(&gate, limits[i], &error), STATUS_OK);
		assert_int_equal(gate_judge(&gate, &x.c).verdict, GATE_NOTHING);
	}
	assert_null(find(&x, ITEM_REGION, "outer"));
	assert_null(find(&x, ITEM_TASK, "request"));
	for (size_t i = 0; i < x.c.rows; i++) {
		const struct series *side = x.c.row[i].item->series;
		assert_true(side[BEFORE].count > 0 || side[BEFORE].ns > 0);
	}
	assert_true(x.c.rows > 0);
	finish(&x);
}

static void a_torn_trace_is_told_with_what_it_has(void **state)
{
	(void)state;
	struct compared x;
	memset(&x, 0, sizeof x);
	struct scenario s;
	struct error damage = {0};
	scenario_service(&s);
	put_file(&x, &s, s.b.n - 1);
	enum status status = measure(&x, BEFORE, &everything, &damage);
	assert_int_equal(status, STATUS_OK);
	assert_non_null(strstr(damage.text, x.path));
	assert_true(x.side[BEFORE].run[0].damaged);
	finish(&x);
}

static void a_file_of_another_kind_is_refused(void **state)
{
	(void)state;
	struct compared x;
	memset(&x, 0, sizeof x);
	struct error damage = {0};
	snprintf(x.path, sizeof x.path, "/dev/null");
	assert_int_equal(measure(&x, BEFORE, &everything, &damage), STATUS_DAMAGED);
	snprintf(x.path, sizeof x.path, "/nowhere/at/all");
	assert_int_equal(measure(&x, BEFORE, &everything, &damage), STATUS_NO_TARGET);
	items_finish(&x.items);
}

/* --- how it is shown ------------------------------------------------------------------------- */

static char *printed(const struct shown *shown, bool markdown)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	if (markdown)
		show_markdown(shown, out);
	else
		show_text(shown, out, true);
	fclose(out);
	return text;
}

/* A name that would be markup, and one that would be a command to a terminal. */
static void names_from_traces_are_harmless_wherever_they_are_shown(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_begin_running(&s);
	for (unsigned i = 0; i < 3; i++) {
		scenario_event(&s, 10 + 20 * i, EV_USER_REGION_BEGIN, 0, S_HOSTILE, STACK_HOSTILE, 0);
		scenario_event(&s, 20 + 20 * i, EV_USER_REGION_END, 0, S_HOSTILE, STACK_HOSTILE, 0);
	}
	scenario_event(&s, 100, EV_USER_LOG, 0, S_CATEGORY, S_TRACE_ID, STACK_MAIN);
	scenario_end(&s);
	compare(&x, &s, &everything);
	assert_non_null(find(&x, ITEM_REGION, "\033[31mevil\033]0;owned\a\302\2332J"));
	struct gate gate;
	struct error error = {0};
	assert_int_equal(gate_parse(&gate, "region:* \033[1m p99 +1%", &error), STATUS_OK);
	struct gate_result result = gate_judge(&gate, &x.c);
	const struct shown shown = {&x.c, ITEM_ALL, &gate, &result, 1};
	for (int markdown = 0; markdown < 2; markdown++) {
		char *text = printed(&shown, markdown);
		assert_non_null(strstr(text, "?[31mevil?]0;owned?"));
		assert_null(strchr(text, '\033'));
		assert_null(strchr(text, '\a'));
		free(text);
	}
	char *json = show_json(&shown);
	assert_non_null(json);
	assert_null(strstr(json, "u001b"));
	free(json);
	finish(&x);
}

/* Of a row of Markdown: cells, with those bars alone that separate them. */
static unsigned bars(const char *line)
{
	unsigned n = 0;
	for (const char *p = line; *p && *p != '\n'; p++)
		n += *p == '|' && (p == line || p[-1] != '\\');
	return n;
}

static void names_do_not_break_a_table_of_markdown(void **state)
{
	(void)state;
	struct compared x;
	memset(&x, 0, sizeof x);
	static const char name[] = "| `x` |\n|<b> @you";
	struct row row = {.significant = true};
	items_find(&x.items, ITEM_TASK, name, sizeof name - 1);
	row.item = &x.items.item[0];
	row.change[METRIC_MEDIAN] = (struct change){
		.known = true, .judged = true, .significant = true, .ratio = 1.5, .low = 1.4, .high = 1.6};
	for (int i = 0; i < SIDES; i++) {
		side_init(&x.side[i], 1);
		side_begin(&x.side[i], "a");
		side_end(&x.side[i], 0);
		row.side[i][METRIC_MEDIAN] = (struct estimate){.known = true, .value = 1e6 * (1 + i)};
	}
	x.c = (struct comparison){.items = &x.items,
	                          .side = {&x.side[BEFORE], &x.side[AFTER]},
	                          .row = &row,
	                          .rows = 1,
	                          .judged = 1,
	                          .significant = 1};
	const struct shown shown = {&x.c, ITEM_ALL, NULL, NULL, 0};
	char *text = printed(&shown, true);
	char *line = strstr(text, "| task");
	assert_non_null(line);
	assert_int_equal(bars(line), 7);
	assert_non_null(strstr(line, "`\\| 'x' \\|?\\|<b> @you`"));
	assert_non_null(strstr(line, "| median | 1.00 ms | 2.00 ms | **+50 %** | +40 to +60 % |"));
	free(text);
	items_finish(&x.items);
}

static void a_limit_is_shown_whole_in_markdown(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	struct gate gate;
	struct error error = {0};
	scenario_service(&s);
	compare(&x, &s, &everything);
	static const char limit[] = "region:a region whose name is so long that a column of a table "
								"cuts it, where a sentence need not median +20%";
	assert_int_equal(gate_parse(&gate, limit, &error), STATUS_OK);
	struct gate_result result = gate_judge(&gate, &x.c);
	const struct shown shown = {&x.c, ITEM_ALL, &gate, &result, 1};
	char *text = printed(&shown, true);
	assert_non_null(strstr(text, limit));
	assert_non_null(strstr(text, "names nothing in these traces"));
	free(text);
	finish(&x);
}

static void text_keeps_to_80_columns_and_ascii(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	compare(&x, &s, &everything);
	const struct shown shown = {&x.c, ITEM_ALL, NULL, NULL, 0};
	char *text = printed(&shown, false);
	size_t width = 0;
	for (const char *p = text; *p; p++) {
		width = *p == '\n' ? 0 : width + 1;
		assert_true(width <= PAGE_WIDTH);
		assert_true((unsigned char)*p < 0x80);
	}
	assert_non_null(strstr(text, "There is too little in these traces"));
	free(text);
	finish(&x);
}

/* --- the JSON and its document --------------------------------------------------------------- */

static char *read_doc(void)
{
	enum { SIZE = 1 << 17 };
	const char *root = getenv("srcdir");
	char path[256];
	snprintf(path, sizeof path, "%s/doc/schema.md", root ? root : ".");
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	char *text = calloc(1, SIZE);
	assert_non_null(text);
	size_t n = fread(text, 1, SIZE - 1, in);
	fclose(in);
	assert_true(n < SIZE - 1);
	char *part = strstr(text, "# The JSON of `schedtop diff --json`");
	assert_non_null(part);
	memmove(text, part, strlen(part) + 1);
	return text;
}

static void check_members(const json_t *value, const char *doc)
{
	const char *key;
	json_t *member;
	size_t i;
	char quoted[64];
	json_object_foreach((json_t *)value, key, member)
	{
		snprintf(quoted, sizeof quoted, "`%s`", key);
		if (!strstr(doc, quoted))
			fail_msg("doc/schema.md does not tell of %s", quoted);
		check_members(member, doc);
	}
	json_array_foreach((json_t *)value, i, member)
	{
		check_members(member, doc);
	}
}

static void every_member_of_the_json_is_documented(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	compare(&x, &s, &everything);
	x.c.row[0].change[METRIC_MEDIAN] = (struct change){
		.known = true, .judged = true, .ratio = 1.5, .low = 1.4, .high = 1.6, .p = 0.5};
	for (enum metric m = 0; m < METRICS; m++)
		x.c.row[0].side[AFTER][m].known = true;
	struct gate gate;
	struct error error = {0};
	assert_int_equal(gate_parse(&gate, "region:* p99 +1%", &error), STATUS_OK);
	struct gate_result result = gate_judge(&gate, &x.c);
	const struct shown shown = {&x.c, ITEM_ALL, &gate, &result, 1};
	char *text = show_json(&shown), *doc = read_doc();
	assert_non_null(text);
	json_t *object = json_loads(text, 0, NULL);
	assert_non_null(object);
	check_members(object, doc);
	assert_int_equal(json_integer_value(json_object_get(object, "schema")), COMPARE_SCHEMA);
	json_decref(object);
	free(doc);
	free(text);
	finish(&x);
}

static void json_has_all_digits_of_a_time(void **state)
{
	(void)state;
	struct compared x;
	struct scenario s;
	scenario_service(&s);
	compare(&x, &s, &everything);
	x.items.item[0].series[AFTER].ns = 1234567890123;
	const struct shown shown = {&x.c, ITEM_ALL, NULL, NULL, 0};
	char *text = show_json(&shown);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"total_ns\":1234567890123,"));
	free(text);
	finish(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_began_and_ended_in_a_trace_is_measured),
		cmocka_unit_test(of_samples_total_times_alone_are_compared),
		cmocka_unit_test(a_comparison_with_itself_finds_nothing),
		cmocka_unit_test(narrowing_leaves_the_rest_out),
		cmocka_unit_test(a_part_of_the_time_has_what_lies_in_it_alone),
		cmocka_unit_test(types_of_tasks_without_a_name_of_their_own_are_left_out),
		cmocka_unit_test(what_lies_before_the_part_is_not_there),
		cmocka_unit_test(a_torn_trace_is_told_with_what_it_has),
		cmocka_unit_test(a_file_of_another_kind_is_refused),
		cmocka_unit_test(names_from_traces_are_harmless_wherever_they_are_shown),
		cmocka_unit_test(names_do_not_break_a_table_of_markdown),
		cmocka_unit_test(a_limit_is_shown_whole_in_markdown),
		cmocka_unit_test(text_keeps_to_80_columns_and_ascii),
		cmocka_unit_test(every_member_of_the_json_is_documented),
		cmocka_unit_test(json_has_all_digits_of_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
