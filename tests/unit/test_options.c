#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "report/kinds.h"

static enum status run_nothing(const struct options *o, struct error *error)
{
	(void)o;
	(void)error;
	return STATUS_OK;
}
const struct subcommand commands[] = {
	{"", run_nothing, WITH_WATCH, false},          {"ls", run_nothing, WITH_LS, false},
	{"capture", run_nothing, WITH_CAPTURE, false}, {"stat", run_nothing, WITH_STAT, true},
	{"check", run_nothing, WITH_CHECK, true},      {"profile", run_nothing, WITH_PROFILE, true},
	{"diff", run_nothing, WITH_DIFF, false},       {"doctor", run_nothing, WITH_DOCTOR, true},
	{"trace", run_nothing, WITH_TRACE, true},      {"export", run_nothing, WITH_EXPORT, true},
};
const size_t command_count = sizeof commands / sizeof commands[0];

/* Splits at spaces. */
static enum status parse(const char *line, struct options *o, struct error *error)
{
	/* What is parsed goes on to point into the words. */
	static char text[256], *argv[32];
	int argc = 1;
	memset(argv, 0, sizeof argv);
	argv[0] = "schedtop";
	strcpy(text, line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	options_init(o);
	return options_parse(o, argc, argv, error);
}

static void values_may_follow_or_stick(void **state)
{
	(void)state;
	static const char *const same[] = {"-p 12 -b -n 5 -d 250ms", "-bp12 -n5 -d250ms",
	                                   "--pid=12 --batch --iterations 5 --delay=0.25"};
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		struct options o;
		assert_int_equal(parse(same[i], &o, NULL), STATUS_OK);
		assert_int_equal(o.pid, 12);
		assert_int_equal(o.iterations, 5);
		assert_int_equal(o.delay_ns, 250000000);
		assert_true(o.batch);
	}
}

static void defaults_are_one_second_and_every_source(void **state)
{
	(void)state;
	struct options o;
	assert_int_equal(parse("", &o, NULL), STATUS_OK);
	assert_int_equal(o.delay_ns, 1000000000);
	assert_int_equal(o.source, SOURCE_AUTO);
	assert_int_equal(o.graphs, GRAPHS_BRAILLE);
	assert_ptr_equal(o.command, &commands[0]);
	assert_int_equal(parse("ls --json", &o, NULL), STATUS_OK);
	assert_ptr_equal(o.command, &commands[1]);
}

static void a_comparison_has_two_sides(void **state)
{
	(void)state;
	struct options o;
	struct error error;
	assert_int_equal(parse("diff old new --by region,site", &o, NULL), STATUS_OK);
	assert_int_equal(o.paths, 2);
	assert_string_equal(o.path[1], "new");
	assert_false(o.separated);
	assert_int_equal(parse("diff a b -- c --json d e", &o, NULL), STATUS_OK);
	assert_int_equal(o.paths, 5);
	assert_true(o.separated);
	assert_int_equal(o.separator, 2);
	assert_null(o.program);
	static const char *const wrong[] = {"diff",          "diff a",         "diff a b c",
	                                    "diff -- a",     "diff a --",      "diff a -- b -- c",
	                                    "diff a b --by", "diff a b --by x"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(wrong[i], &o, &error), STATUS_USAGE);
	assert_int_equal(parse("diff a b --json --markdown", &o, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "exclude each other"));
}

static void every_option_that_help_shows_is_listed_for_completions(void **state)
{
	(void)state;
	struct option_listed row;
	size_t rows = 0, pids = 0;
	for (; options_listed(rows, &row); rows++) {
		assert_non_null(row.name);
		assert_true(row.value == OPTION_FLAG || row.argument);
		assert_true((row.value == OPTION_WORD || row.value == OPTION_OPTIONAL_WORD) ==
		            (row.choice != NULL));
		pids += row.value == OPTION_PID;
	}
	assert_true(rows > 50);
	assert_int_equal(pids, 1);
}

static void limits_add_up(void **state)
{
	(void)state;
	struct options o;
	struct error error;
	assert_int_equal(parse("diff a b --fail-on x --fail-on=y", &o, NULL), STATUS_OK);
	assert_int_equal(o.fail_on.n, 2);
	assert_string_equal(o.fail_on.text[0], "x");
	assert_string_equal(o.fail_on.text[1], "y");
	assert_int_equal(parse("stat --fail-on x f", &o, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "stat does not take --fail-on"));
	char *argv[2 + 2 * (LIMITS_MAX + 1)] = {"schedtop", "diff"};
	for (size_t i = 2; i < sizeof argv / sizeof *argv; i++)
		argv[i] = i % 2 ? "x" : "--fail-on";
	options_init(&o);
	assert_int_equal(options_parse(&o, sizeof argv / sizeof *argv, argv, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "32 times at most"));
}

static void a_capture_takes_3_seconds_and_keeps_20_traces_or_1_gib(void **state)
{
	(void)state;
	struct options o;
	assert_int_equal(parse("capture -p 7", &o, NULL), STATUS_OK);
	assert_int_equal(o.trace_ns, 3000000000);
	assert_int_equal(o.trace_keep, 20);
	assert_int_equal(o.trace_bytes, 1 << 30);
	assert_null(o.output);
	assert_null(o.trace_dir);
	assert_int_equal(parse("capture -p 7 -s 10s -o - --trace-keep 3 --trace-bytes 5MB", &o, NULL),
	                 STATUS_OK);
	assert_int_equal(o.trace_ns, 10000000000);
	assert_int_equal(o.trace_keep, 3);
	assert_int_equal(o.trace_bytes, 5000000);
	assert_string_equal(o.output, "-");
	assert_int_equal(o.cooldown_ns, 60000000000);
	assert_false(o.automatic || o.goroutines);
	assert_int_equal(
		parse("capture -p 7 --goroutines --automatic --cooldown 2m --capture-bytes 1MiB", &o, NULL),
		STATUS_OK);
	assert_true(o.automatic && o.goroutines);
	assert_int_equal(o.cooldown_ns, 120000000000);
	assert_int_equal(o.capture_bytes, 1 << 20);
	assert_int_equal(parse("-p 7 --trace-dir /tmp/t", &o, NULL), STATUS_OK);
	assert_string_equal(o.trace_dir, "/tmp/t");
}

static void file_follows_its_command(void **state)
{
	(void)state;
	struct options o;
	assert_int_equal(parse("stat --kind gc,tasks x.trace --from 1.5s --task 7", &o, NULL),
	                 STATUS_OK);
	assert_string_equal(o.command->name, "stat");
	assert_string_equal(o.file, "x.trace");
	assert_string_equal(o.task, "7");
	assert_int_equal(o.kinds, 1U << REPORT_GC | 1U << REPORT_TASKS);
	assert_int_equal(o.from_ns, 1500000000);
	assert_int_equal(o.to_ns, INT64_MAX);
	assert_int_equal(parse("check -", &o, NULL), STATUS_OK);
	assert_string_equal(o.file, "-");
	assert_int_equal(o.kinds, 0);
}

static void kinds_are_those_of_the_command(void **state)
{
	(void)state;
	struct options o;
	struct error error;
	assert_int_equal(parse("profile --kind sched --still-blocked x -o y", &o, NULL), STATUS_OK);
	assert_int_equal(o.profile, PROFILE_SCHED);
	assert_true(o.still_blocked);
	assert_int_equal(parse("--kind net profile x", &o, NULL), STATUS_OK);
	assert_int_equal(o.profile, PROFILE_NET);
	assert_int_equal(parse("profile --kind net,sync x", &o, &error), STATUS_USAGE);
	assert_string_equal(error.text, "--kind takes net, sync, syscall, sched, cpu or blocked, not "
	                                "'net,sync'");
	assert_int_equal(parse("stat --kind net x", &o, NULL), STATUS_USAGE);
	assert_int_equal(parse("profile x", &o, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "--kind"));
	assert_int_equal(parse("profile --kind cpu --still-blocked x", &o, NULL), STATUS_USAGE);
}

static void everything_after_two_dashes_is_the_programs(void **state)
{
	(void)state;
	struct options o;
	assert_int_equal(parse("-b -n 3 --stderr log -- serve -p 12 --json -- ls", &o, NULL),
	                 STATUS_OK);
	static const char *const words[] = {"serve", "-p", "12", "--json", "--", "ls"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		assert_string_equal(o.program[i], words[i]);
	assert_null(o.program[6]);
	assert_string_equal(o.outputs, "log");
	assert_true(o.batch);
	assert_false(o.json);
	assert_int_equal(o.pid, 0);
	assert_ptr_equal(o.command, &commands[0]);
	assert_int_equal(parse("-b -p 12", &o, NULL), STATUS_OK);
	assert_null(o.program);
}

static void wrong_words_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"-p x", "--pid takes a process ID, not 'x'"},
		{"-p 0", "process ID"},
		{"-p 12 -d 1ms -b", "50ms or more"},
		{"-p 12 --source all", "auto|memory|agent"},
		{"-p 12 -b -j", "exclude"},
		{"-p 12 --detail", "--batch"},
		{"-p", "needs a value"},
		{"--source", "needs a value"},
		{"--batch=1", "takes no value"},
		{"--bogus", "'--bogus'"},
		{"-z", "'-z'"},
		{"fly", "'fly'"},
		{"ls ls", "ls takes no 'ls': schedtop ls --help"},
		{"4321", "a process is named with -p: schedtop -p 4321"},
		{"capture 4321", "a process is named with -p: schedtop capture -p 4321"},
		{"capture -p 4 5", "capture takes no '5'"},
		{"stat a b", "stat takes one file, and 'b' is one more"},
		{"/dev/null", "schedtop trace /dev/null"},
		{"export f --redact=some", "--redact takes none|secrets|all, not 'some'"},
		{"ls -p 4", "ls does not take --pid"},
		{"ls --json --plain", "--json and --plain exclude each other"},
		{"capture -p 4 -b", "capture does not take --batch"},
		{"capture", "needs a process"},
		{"capture -p 4 -s 31s", "from 1s to 30s"},
		{"capture -p 4 -s 1.5s", "whole seconds"},
		{"capture -p 4 -s 0", "from 1s to 30s"},
		{"capture -p 4 -o a --trace-dir b", "exclude"},
		{"capture -p 4 --trace-bytes much", "a size"},
		{"capture -p 4 --trace-keep 0", "1 or more"},
		{"capture -p 4 --cooldown 25h", "up to 24h"},
		{"capture -p 4 --goroutines -s 2s", "exclude each other"},
		{"capture -p 4 --output=", "FILE"},
		{"-p 4 -o a", "--output goes with capture"},
		{"--json", "needs a process"},
		{"-p 12 -n 3", "--batch or --json"},
		{"-p 12 -b -n 0", "1 or more"},
		{"-v", "goes with ls"},
		{"doctor -p 4 --from 1s", "--from goes with a trace"},
		{"doctor -p 4 --to 1s", "--to goes with a trace"},
		{"doctor f -d 1s", "--delay goes with doctor -p"},
		{"doctor f --source agent", "--source goes with doctor -p"},
		{"doctor f --probe", "--probe goes with doctor -p"},
		{"stat f --limit stw-long.pause=2ms", "stat does not take --limit"},
		{"--no-batch", "'--no-batch'"},
		{"--no-ascii=1", "'--no-ascii=1'"},
		{"--replay", "needs a value"},
		{"--replay a -p 4", "--replay and --pid exclude"},
		{"--replay a --record b", "--replay and --record exclude"},
		{"--replay a -d 1", "--replay and --delay exclude"},
		{"--replay -", "--batch or --json"},
		{"ls --record a", "ls does not take --record"},
		{"stat x -b", "stat does not take --batch"},
		{"check x --from 1s", "check does not take --from"},
		{"stat", "needs the file"},
		{"check a b", "'b'"},
		{"stat x --kind gc,all", "--kind takes"},
		{"stat x --goroutine 0", "1 or more"},
		{"stat x --from 2s --to 1s", "before --to"},
		{"-p 12 --strict", "--strict goes with check"},
		{"--", "needs a program"},
		{"-b --", "needs a program"},
		{"-p 12 -- serve", "exclude"},
		{"--replay a -- serve", "exclude"},
		{"-b --replay a --stderr b", "--stderr goes with -- PROG"},
		{"ls -- serve", "ls does not start programs"},
		{"capture -p 4 --stderr a", "capture does not take --stderr"},
		{"-n 3 -- serve", "--batch or --json"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct options o;
		struct error error = {0};
		assert_int_equal(parse(bad[i].line, &o, &error), STATUS_USAGE);
		if (!strstr(error.text, bad[i].says))
			fail_msg("'%s' says '%s', not '%s'", bad[i].line, error.text, bad[i].says);
	}
}

static void limits_of_findings_go_with_all_that_shows_them(void **state)
{
	(void)state;
	static const char *const lines[] = {"doctor f", "doctor -p 4", "-p 4", "trace f"};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct options o;
		char line[128];
		snprintf(line, sizeof line, "%s --limit stw-long.pause=2ms", lines[i]);
		assert_int_equal(parse(line, &o, NULL), STATUS_OK);
		assert_true(o.limits.value[LIMIT_STW_LONG] > 1.9e6);
	}
}

/* As of a variable that is not set: schedtop stat "$FILE". */
static void an_empty_word_is_told(void **state)
{
	(void)state;
	struct options o;
	struct error error = {0};
	char *argv[] = {"schedtop", "stat", ""};
	options_init(&o);
	assert_int_equal(options_parse(&o, 3, argv, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "an argument is empty"));
}

static void escape_sequences_of_the_command_line_are_not_echoed(void **state)
{
	(void)state;
	struct options o;
	struct error error = {0};
	assert_int_equal(parse("--\033[31m", &o, &error), STATUS_USAGE);
	assert_null(strchr(error.text, '\033'));
}

/* All texts of the list of usages begin in the column in which the first does. */
static void usages_are_a_table(void **state)
{
	(void)state;
	char text[16384] = "";
	FILE *f = fmemopen(text, sizeof text - 1, "w");
	assert_non_null(f);
	options_print_help(f, &commands[0]);
	assert_int_equal(fclose(f), 0);
	const char *list = strstr(text, "Usage:\n"), *first = strstr(text, "choose a Go process");
	assert_non_null(list);
	assert_non_null(first);
	const char *end = strstr(list, "\n\n");
	list += strlen("Usage:\n");
	size_t column = (size_t)(first - list);
	for (const char *line = list; line && line < end; line = strchr(line, '\n'), line += !!line) {
		assert_true(strcspn(line, "\n") > column);
		assert_memory_equal(line + column - 2, "  ", 2);
		assert_int_not_equal(line[column], ' ');
	}
}

/* What --help of a command prints. */
static void help_of(const struct subcommand *command, char *text, size_t size)
{
	FILE *f = fmemopen(text, size, "w");
	assert_non_null(f);
	options_print_help(f, command);
	assert_int_equal(fclose(f), 0);
}

static void help_of_a_command_tells_what_it_takes_and_nothing_else(void **state)
{
	(void)state;
	struct option_listed row;
	for (size_t c = 0; c < command_count; c++) {
		char text[16384] = "";
		help_of(&commands[c], text, sizeof text);
		for (size_t i = 0; options_listed(i, &row); i++) {
			char head[64];
			snprintf(head, sizeof head, "\n  %c%c%s --%s", row.letter ? '-' : ' ',
			         row.letter ? row.letter : ' ', row.letter ? "," : " ", row.name);
			const char *at = strstr(text, head);
			while (at && strchr(" =[\n", at[strlen(head)]) == NULL)
				at = strstr(at + 1, head);
			if ((at != NULL) != (row.text && row.with & commands[c].bit))
				fail_msg("help of '%s' and --%s", commands[c].name, row.name);
		}
	}
}

static void help_of_a_command_has_its_own_usages_alone(void **state)
{
	(void)state;
	char text[16384] = "";
	help_of(&commands[2], text, sizeof text);
	assert_non_null(strstr(text, "  schedtop capture --flight -p PID"));
	assert_null(strstr(text, "  schedtop -p PID"));
	assert_null(strstr(text, "  schedtop ls"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_may_follow_or_stick),
		cmocka_unit_test(defaults_are_one_second_and_every_source),
		cmocka_unit_test(a_comparison_has_two_sides),
		cmocka_unit_test(limits_add_up),
		cmocka_unit_test(every_option_that_help_shows_is_listed_for_completions),
		cmocka_unit_test(a_capture_takes_3_seconds_and_keeps_20_traces_or_1_gib),
		cmocka_unit_test(file_follows_its_command),
		cmocka_unit_test(kinds_are_those_of_the_command),
		cmocka_unit_test(everything_after_two_dashes_is_the_programs),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(an_empty_word_is_told),
		cmocka_unit_test(limits_of_findings_go_with_all_that_shows_them),
		cmocka_unit_test(escape_sequences_of_the_command_line_are_not_echoed),
		cmocka_unit_test(usages_are_a_table),
		cmocka_unit_test(help_of_a_command_tells_what_it_takes_and_nothing_else),
		cmocka_unit_test(help_of_a_command_has_its_own_usages_alone),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
