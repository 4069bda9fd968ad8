#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "goproc/process.h"

/* A child that waits on a pipe until it is told to execute `program`, or to exit when that is NULL.
 */
struct child {
	pid_t pid;
	int go;
};

static struct child start(const char *program)
{
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	struct child child = {.pid = fork(), .go = pipes[1]};
	if (child.pid == 0) {
		char byte;
		close(pipes[1]);
		if (read(pipes[0], &byte, 1) == 1 && program)
			execl(program, program, "60", (char *)NULL);
		_exit(0);
	}
	close(pipes[0]);
	assert_true(child.pid > 0);
	return child;
}

static void end(const struct child *child)
{
	close(child->go);
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

/* The state that it comes to; a test that waits in vain fails. */
static void becomes(const struct process *process, enum process_state wanted)
{
	enum process_state state = process_check(process);
	for (int i = 0; i < 1000 && state != wanted; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		state = process_check(process);
	}
	assert_int_equal(state, wanted);
}

static void process_stays_the_same_while_it_runs(void **state)
{
	(void)state;
	struct process process;
	struct error error = {0};
	assert_int_equal(process_identify(getpid(), &process, &error), STATUS_OK);
	assert_int_equal(process_check(&process), PROCESS_SAME);
	assert_int_equal(process_verify(&process, &error), STATUS_OK);
	assert_non_null(strstr(process.subject, "process "));
}

/* Another process with the same number has started at another time. */
static void number_that_was_given_to_another_process_is_noticed(void **state)
{
	(void)state;
	struct process process;
	struct error error = {0};
	struct child child = start(NULL);
	assert_int_equal(process_identify(child.pid, &process, NULL), STATUS_OK);
	process.start_ticks--;
	assert_int_equal(process_check(&process), PROCESS_GONE);
	assert_int_equal(process_verify(&process, &error), STATUS_EXITED);
	assert_non_null(strstr(error.text, "has exited"));
	end(&child);
}

static void another_executable_or_place_in_memory_is_another_program(void **state)
{
	(void)state;
	struct process process, other;
	assert_int_equal(process_identify(getpid(), &process, NULL), STATUS_OK);
	other = process;
	other.inode++;
	assert_int_equal(process_check(&other), PROCESS_REPLACED);
	other = process;
	other.device++;
	assert_int_equal(process_check(&other), PROCESS_REPLACED);
	other = process;
	other.entry += 4096;
	assert_int_equal(process_check(&other), PROCESS_REPLACED);
	/* The same program anew: its stack is elsewhere. */
	other = process;
	other.random += 16;
	assert_int_equal(process_check(&other), PROCESS_REPLACED);
}

static void process_that_executes_another_program_is_told_so(void **state)
{
	(void)state;
	struct process process;
	struct error error = {0};
	struct child child = start("/bin/sleep");
	assert_int_equal(process_identify(child.pid, &process, NULL), STATUS_OK);
	assert_int_equal(process_check(&process), PROCESS_SAME);
	assert_int_equal(write(child.go, "x", 1), 1);
	becomes(&process, PROCESS_REPLACED);
	assert_int_equal(process_verify(&process, &error), STATUS_EXITED);
	assert_non_null(strstr(error.text, "has executed a new program"));
	end(&child);
}

/* A zombie is listed, and has nothing left to be read. */
static void process_that_exits_is_gone_before_it_is_waited_for(void **state)
{
	(void)state;
	struct process process;
	struct error error = {0};
	struct child child = start(NULL);
	assert_int_equal(process_identify(child.pid, &process, NULL), STATUS_OK);
	assert_int_equal(write(child.go, "x", 1), 1);
	becomes(&process, PROCESS_GONE);
	assert_int_equal(process_identify(child.pid, &process, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "has exited already"));
	end(&child);
	assert_int_equal(process_identify(child.pid, &process, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "there is no process"));
}

static void number_of_no_process_is_one_sentence(void **state)
{
	(void)state;
	static const pid_t none[] = {0, -1, 0x7fffffff};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct process process;
		struct error error = {0};
		assert_int_equal(process_identify(none[i], &process, &error), STATUS_NO_TARGET);
		assert_non_null(strstr(error.text, "there is no process"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(process_stays_the_same_while_it_runs),
		cmocka_unit_test(number_that_was_given_to_another_process_is_noticed),
		cmocka_unit_test(another_executable_or_place_in_memory_is_another_program),
		cmocka_unit_test(process_that_executes_another_program_is_told_so),
		cmocka_unit_test(process_that_exits_is_gone_before_it_is_waited_for),
		cmocka_unit_test(number_of_no_process_is_one_sentence),
	};
	return cmocka_run_group_tests_name("goproc process", tests, NULL, NULL);
}
