/* The sentinel's command, and its log. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/procfs.h"
#include "watch/exec.h"
#include "watch/log.h"

static struct {
	unsigned n;
	char text[EXEC_LINES_MAX][EXEC_LINE_MAX];
} printed;

static void on_line(const char *line, void *arg)
{
	(void)arg;
	assert_true(printed.n < EXEC_LINES_MAX);
	snprintf(printed.text[printed.n++], EXEC_LINE_MAX, "%s", line);
}

static char *no_variables[] = {NULL};

static struct exec_result run(char *const *argv, char *const *variables, int64_t limit_ns,
                              const atomic_bool *stop)
{
	struct exec_result result;
	struct error error = {0};
	const struct exec_options options = {argv, variables, limit_ns, stop, on_line, NULL};
	printed.n = 0;
	if (exec_run(&options, &result, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	return result;
}

static struct exec_result run_script(char *script)
{
	char *argv[] = {"sh", "-c", script, NULL};
	return run(argv, no_variables, 60 * NS_PER_S, NULL);
}

static void status_and_lines_come_back(void **state)
{
	(void)state;
	struct exec_result result = run_script("echo one; echo two >&2; printf three; exit 7");
	assert_int_equal(result.status, 7);
	assert_false(result.killed);
	assert_int_equal(printed.n, 3);
	assert_string_equal(printed.text[0], "one");
	assert_string_equal(printed.text[1], "two");
	assert_string_equal(printed.text[2], "three");
}

static void output_is_fit_to_be_shown(void **state)
{
	(void)state;
	run_script("printf '\\033[31mred\\007\\n\\377\\n'");
	assert_int_equal(printed.n, 2);
	assert_string_equal(printed.text[0], "?[31mred?");
	assert_string_equal(printed.text[1], "?");
}

static void output_has_an_end(void **state)
{
	(void)state;
	struct exec_result result = run_script("for i in $(seq 1 80); do echo $i; done");
	assert_int_equal(printed.n, EXEC_LINES_MAX);
	assert_int_equal(result.lines_lost, 80 - EXEC_LINES_MAX);
}

static void variables_are_added_and_win(void **state)
{
	(void)state;
	char *variables[] = {"SCHEDTOP_BUNDLE=/x y", "SCHEDTOP_TEST=new", NULL};
	char *argv[] = {"sh", "-c", "echo \"$SCHEDTOP_BUNDLE $SCHEDTOP_TEST ${PATH:+path}\"", NULL};
	setenv("SCHEDTOP_TEST", "old", 1);
	run(argv, variables, 60 * NS_PER_S, NULL);
	assert_string_equal(printed.text[0], "/x y new path");
}

static void input_is_empty_and_descriptors_stay_ours(void **state)
{
	(void)state;
	struct exec_result result = run_script("read x || echo empty; ls /proc/self/fd | wc -l");
	assert_int_equal(result.status, 0);
	assert_string_equal(printed.text[0], "empty");
	/* Three, and the one that ls reads the directory by. */
	assert_string_equal(printed.text[1], "4");
}

static void what_takes_too_long_is_killed_with_its_children(void **state)
{
	(void)state;
	char *argv[] = {"sh", "-c", "echo begun; sleep 600 & sleep 600", NULL};
	struct exec_result result = run(argv, no_variables, 3 * NS_PER_S / 2, NULL);
	assert_true(result.killed);
	assert_int_equal(result.status, 128 + 15);
	assert_string_equal(printed.text[0], "begun");
}

static void who_ignores_sigterm_is_killed_all_the_same(void **state)
{
	(void)state;
	char *argv[] = {"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done", NULL};
	struct exec_result result = run(argv, no_variables, 3 * NS_PER_S / 2, NULL);
	assert_true(result.killed);
	assert_int_equal(result.status, 128 + 9);
}

/* sh dies of SIGTERM, what it has started does not care. */
static void group_that_outlives_its_leader_is_killed_too(void **state)
{
	(void)state;
	char *argv[] = {"sh", "-c", "(trap '' TERM; while :; do sleep 0.1; done) & echo $!; wait",
	                NULL};
	struct exec_result result = run(argv, no_variables, 3 * NS_PER_S / 2, NULL);
	assert_true(result.killed);
	assert_int_equal(result.status, 128 + 15);
	struct procfs_stat stat;
	pid_t left = (pid_t)atoi(printed.text[0]);
	assert_true(left > 1);
	for (int64_t end_ns = clock_monotonic_ns() + 10 * NS_PER_S;
	     procfs_stat(left, &stat) && stat.state != 'Z';) {
		if (clock_monotonic_ns() > end_ns)
			fail_msg("process %d lives on", (int)left);
		usleep(10000);
	}
}

static void stopping_ends_the_command(void **state)
{
	(void)state;
	atomic_bool stop = true;
	char *argv[] = {"sleep", "600", NULL};
	assert_true(run(argv, no_variables, 600 * NS_PER_S, &stop).killed);
}

static void grandchild_that_holds_the_pipe_is_not_waited_for(void **state)
{
	(void)state;
	struct exec_result result = run_script("sleep 20 & echo $!");
	assert_int_equal(result.status, 0);
	assert_int_equal(kill((pid_t)atoi(printed.text[0]), 9), 0);
}

static void what_is_not_there_is_told(void **state)
{
	(void)state;
	struct exec_result result;
	struct error error = {0};
	char *argv[] = {"/nonexistent/\033x", NULL};
	const struct exec_options options = {argv, no_variables, NS_PER_S, NULL, on_line, NULL};
	assert_int_equal(exec_run(&options, &result, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "/nonexistent/?x can't be run: No such file"));
}

/* --- the log --- */

static void event_is_a_line_of_json(void **state)
{
	(void)state;
	struct watch_log *log;
	int ends[2];
	char line[512] = "";
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(watch_log_create(&log, NULL, ends[1], "# x ", NULL), STATUS_OK);
	watch_log_event(log, "fired", json_pack("{s:o}", "rule", watch_log_text("a\"\033\n")));
	assert_true(read(ends[0], line, sizeof line - 1) > 0);
	assert_ptr_equal(strstr(line, "# x {\"time\":\"20"), line);
	assert_non_null(strstr(line, "\"event\":\"fired\",\"rule\":\"a\\\"??\"}\n"));
	watch_log_destroy(log);
	assert_int_equal(write(ends[1], "x", 1), 1); /* it stays the caller's */
	close(ends[0]);
	close(ends[1]);
}

static void log_that_can_not_be_opened_is_told(void **state)
{
	(void)state;
	struct watch_log *log;
	struct error error = {0};
	assert_int_equal(watch_log_create(&log, "/nonexistent/log", -1, "", &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "can't log to /nonexistent/log: No such file"));
}

/* What is half a line when the disk is full spoils no other line. */
static void line_that_found_no_room_spoils_no_other(void **state)
{
	(void)state;
	struct watch_log *log;
	struct rlimit all, few;
	char path[] = "/tmp/schedtop-log-XXXXXX", text[512] = "";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(watch_log_create(&log, path, -1, "", NULL), STATUS_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	few = (struct rlimit){100, all.rlim_max};
	watch_log_event(log, "first", NULL);
	setrlimit(RLIMIT_FSIZE, &few);
	watch_log_event(log, "second", NULL);
	watch_log_event(log, "lost", NULL);
	setrlimit(RLIMIT_FSIZE, &all);
	watch_log_event(log, "third", NULL);
	watch_log_event(log, "fourth", NULL);
	assert_true(read(fd, text, sizeof text - 1) > 100);
	assert_non_null(strstr(text, "\"event\":\"first\"}\n{"));
	assert_non_null(strstr(text, "\n{\"time\":"));
	assert_null(strstr(text, "lost"));
	char *third = strstr(text, "\"event\":\"third\"}\n{"), *line = third;
	assert_non_null(third);
	while (line > text && line[-1] != '\n')
		line--;
	assert_int_equal(*line, '{');
	assert_ptr_equal(strchr(line + 1, '{'), strstr(third, "\n{") + 1);
	watch_log_destroy(log);
	close(fd);
	unlink(path);
}

static void reader_that_does_not_read_is_not_waited_for(void **state)
{
	(void)state;
	struct watch_log *log;
	int ends[2];
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], "x", 1) == 1)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	assert_int_equal(watch_log_create(&log, NULL, ends[1], "", NULL), STATUS_OK);
	alarm(60);
	watch_log_event(log, "lost", NULL);
	alarm(0);
	watch_log_destroy(log);
	close(ends[0]);
	close(ends[1]);
}

static void pipe_without_a_reader_is_no_log(void **state)
{
	(void)state;
	struct watch_log *log;
	struct error error = {0};
	char path[] = "/tmp/schedtop-log-XXXXXX";
	assert_non_null(mkdtemp(path));
	char name[sizeof path + 8];
	snprintf(name, sizeof name, "%s/fifo", path);
	assert_int_equal(mkfifo(name, 0600), 0);
	alarm(60);
	assert_int_equal(watch_log_create(&log, name, -1, "", &error), STATUS_FAILED);
	alarm(0);
	assert_non_null(strstr(error.text, "can't log to /tmp/"));
	unlink(name);
	rmdir(path);
}

static void log_time_has_milliseconds(void **state)
{
	(void)state;
	char text[40];
	watch_log_time(text, sizeof text, INT64_C(1700000000) * NS_PER_S + 7 * NS_PER_MS);
	assert_string_equal(text, "2023-11-14T22:13:20.007Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_lines_come_back),
		cmocka_unit_test(output_is_fit_to_be_shown),
		cmocka_unit_test(output_has_an_end),
		cmocka_unit_test(variables_are_added_and_win),
		cmocka_unit_test(input_is_empty_and_descriptors_stay_ours),
		cmocka_unit_test(what_takes_too_long_is_killed_with_its_children),
		cmocka_unit_test(who_ignores_sigterm_is_killed_all_the_same),
		cmocka_unit_test(group_that_outlives_its_leader_is_killed_too),
		cmocka_unit_test(stopping_ends_the_command),
		cmocka_unit_test(grandchild_that_holds_the_pipe_is_not_waited_for),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(event_is_a_line_of_json),
		cmocka_unit_test(log_that_can_not_be_opened_is_told),
		cmocka_unit_test(line_that_found_no_room_spoils_no_other),
		cmocka_unit_test(reader_that_does_not_read_is_not_waited_for),
		cmocka_unit_test(pipe_without_a_reader_is_no_log),
		cmocka_unit_test(log_time_has_milliseconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
