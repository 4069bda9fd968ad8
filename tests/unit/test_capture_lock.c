#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/capture_lock.h"
#include "tests/unit/file_tree.h"
#include "util/clock.h"

#define PAUSE_NS (60 * NS_PER_S)

/* A runtime directory of its own. */
struct place {
	char path[64], locks[80];
	struct target target;
};

static int make_place(void **state)
{
	static struct place p;
	p = (struct place){.path = "/tmp/schedtop-lock-XXXXXX",
	                   .target = {.pid = 4321, .start_ticks = 7}};
	*state = &p;
	if (!mkdtemp(p.path))
		return -1;
	snprintf(p.locks, sizeof p.locks, "%s/schedtop", p.path);
	return setenv("XDG_RUNTIME_DIR", p.path, 1);
}

static int remove_place(void **state)
{
	struct place *p = *state;
	return file_tree_delete(p->path);
}

static enum status try(struct capture_lock *l, const struct place *p, int64_t pause_ns,
                       struct error *error)
{
	bool unusable;
	*error = (struct error){0};
	enum status status = capture_lock_take(l, &p->target, NULL, pause_ns, &unusable, error);
	assert_false(unusable);
	return status;
}

static void take(struct capture_lock *l, const struct place *p)
{
	struct error error;
	if (try(l, p, 0, &error) != STATUS_OK)
		fail_msg("%s", error.text);
}

/* The one lock there is. */
static const char *file_of(const struct place *p)
{
	static char path[400];
	path[0] = '\0';
	DIR *dir = opendir(p->locks);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			snprintf(path, sizeof path, "%s/%s", p->locks, e->d_name);
	closedir(dir);
	assert_true(path[0]);
	return path;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
}

static void one_at_a_time_and_the_holder_is_named(void **state)
{
	struct place *p = *state;
	struct capture_lock first, second;
	struct error error;
	char pid[24];
	take(&first, p);
	assert_int_equal(try(&second, p, 0, &error), STATUS_FAILED);
	snprintf(pid, sizeof pid, "PID %d already", (int)getpid());
	assert_non_null(strstr(error.text, pid));
	assert_non_null(strstr(error.text, "process 4321"));
	assert_non_null(strstr(error.text, "begun"));
	capture_lock_release(&second);
	capture_lock_release(&first);
	capture_lock_release(&first);
	take(&second, p);
	capture_lock_release(&second);
}

static void who_holds_it_but_has_not_said_so_yet_is_named(void **state)
{
	struct place *p = *state;
	struct capture_lock first, second;
	struct error error;
	char record[256], pid[24];
	take(&first, p);
	int fd = open(file_of(p), O_RDWR);
	ssize_t n = read(fd, record, sizeof record);
	assert_true(n > 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		usleep(20000);
		_exit(pwrite(fd, record, (size_t)n, 0) != n);
	}
	close(fd);
	assert_int_equal(try(&second, p, 0, &error), STATUS_FAILED);
	assert_int_equal(waitpid(child, NULL, 0), child);
	snprintf(pid, sizeof pid, "PID %d already", (int)getpid());
	assert_non_null(strstr(error.text, pid));
	capture_lock_release(&first);
}

static void other_targets_are_not_locked(void **state)
{
	struct place *p = *state, other = *p, url = *p;
	struct capture_lock first, second, third, fourth;
	struct error error;
	bool unusable;
	take(&first, p);
	other.target.start_ticks = 8; /* the PID was used again */
	take(&second, &other);
	url.target = (struct target){.place = TARGET_URL, .where = "http://a:6060"};
	assert_int_equal(capture_lock_take(&third, &url.target, "http://a:6060", 0, &unusable, &error),
	                 STATUS_OK);
	assert_int_equal(capture_lock_take(&fourth, &url.target, "http://b:6060", 0, &unusable, &error),
	                 STATUS_OK);
	capture_lock_release(&fourth);
	assert_int_equal(capture_lock_take(&fourth, &url.target, "http://a:6060", 0, &unusable, &error),
	                 STATUS_FAILED);
	assert_non_null(strstr(error.text, "http://a:6060"));
	capture_lock_release(&first);
	capture_lock_release(&second);
	capture_lock_release(&third);
}

/* A child that has the lock, and is at work if so told, until it is killed. */
static pid_t hold_in_child(const struct place *p, bool works)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct capture_lock l;
		struct error error;
		bool unusable;
		if (capture_lock_take(&l, &p->target, NULL, 0, &unusable, &error) != STATUS_OK)
			_exit(1);
		if (works)
			capture_lock_working(&l);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void kill_child(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_lock_dies_with_its_holder(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	pid_t child = hold_in_child(p, false);
	char pid[24];
	assert_int_equal(try(&l, p, 0, &error), STATUS_FAILED);
	snprintf(pid, sizeof pid, "PID %d already", (int)child);
	assert_non_null(strstr(error.text, pid));
	kill_child(child);
	/* It had not been at work: nothing to rest from. */
	assert_int_equal(try(&l, p, PAUSE_NS, &error), STATUS_OK);
	capture_lock_release(&l);
}

static void automatic_captures_leave_a_pause_and_people_do_not(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	take(&l, p);
	capture_lock_working(&l);
	capture_lock_release(&l);
	assert_int_equal(try(&l, p, PAUSE_NS, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "less than 60 s ago"));
	assert_non_null(strstr(error.text, "try again in 60 s"));
	assert_int_equal(try(&l, p, 1, &error), STATUS_OK);
	capture_lock_release(&l);
	/* One that came to nothing does not begin the pause anew, nor end it. */
	take(&l, p);
	capture_lock_release(&l);
	assert_int_equal(try(&l, p, PAUSE_NS, &error), STATUS_FAILED);
}

static void one_that_was_killed_at_work_counts(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	kill_child(hold_in_child(p, true));
	assert_int_equal(try(&l, p, PAUSE_NS, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "try again in"));
}

static void what_another_boot_or_nobody_wrote_is_not_believed(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	char text[8192], future[200], boot[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
	assert_true(read(fd, boot, 36) == 36);
	close(fd);
	snprintf(future, sizeof future, "%s 1 1 %lld %lld\n", boot, (long long)INT64_MAX,
	         (long long)INT64_MAX);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	const char *const records[] = {
		"00000000-0000-0000-0000-000000000000 1 1 1 1\n", future, "", "\033[31m", text,
	};
	take(&l, p);
	capture_lock_release(&l);
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		write_file(file_of(p), records[i]);
		assert_int_equal(try(&l, p, PAUSE_NS, &error), STATUS_OK);
		write_file(file_of(p), records[i]);
		struct capture_lock second;
		assert_int_equal(try(&second, p, 0, &error), STATUS_FAILED);
		assert_non_null(strstr(error.text, "another schedtop already"));
		capture_lock_release(&l);
	}
}

/* In place of the file, what leads somewhere else. */
static void a_lock_that_is_no_plain_file_is_not_touched(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	char path[400], victim[100], text[8] = "";
	bool unusable;
	take(&l, p);
	capture_lock_release(&l);
	snprintf(path, sizeof path, "%s", file_of(p));
	snprintf(victim, sizeof victim, "%s/victim", p->path);
	write_file(victim, "mine");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(victim, path), 0);
	assert_int_not_equal(capture_lock_take(&l, &p->target, NULL, 0, &unusable, &error), STATUS_OK);
	assert_true(unusable);
	int fd = open(victim, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof text - 1), 4);
	assert_string_equal(text, "mine");
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* and nobody waits for its other end */
	assert_int_not_equal(capture_lock_take(&l, &p->target, NULL, 0, &unusable, &error), STATUS_OK);
	assert_true(unusable);
}

/* There is another place then, but nothing goes where the link leads, or where others may write. */
static void a_directory_that_is_not_ours_alone_is_not_used(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	struct error error;
	bool unusable;
	char elsewhere[100];
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", p->path);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink("elsewhere", p->locks), 0);
	(void)capture_lock_take(&l, &p->target, NULL, 0, &unusable, &error);
	capture_lock_release(&l);
	assert_int_equal(rmdir(elsewhere), 0);
	assert_int_equal(unlink(p->locks), 0);
	assert_int_equal(mkdir(p->locks, 0700), 0);
	assert_int_equal(chmod(p->locks, 0777), 0);
	(void)capture_lock_take(&l, &p->target, NULL, 0, &unusable, &error);
	capture_lock_release(&l);
	assert_int_equal(rmdir(p->locks), 0);
}

static void files_of_long_ago_go_and_nothing_else(void **state)
{
	struct place *p = *state;
	struct capture_lock l;
	char old[120], foreign[120];
	take(&l, p);
	capture_lock_release(&l);
	snprintf(old, sizeof old, "%s/capture-1-1-1.lock", p->locks);
	snprintf(foreign, sizeof foreign, "%s/4321-1.sock", p->locks);
	write_file(old, "");
	write_file(foreign, "");
	struct timespec then[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	assert_int_equal(utimensat(AT_FDCWD, old, then, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, foreign, then, 0), 0);
	take(&l, p);
	capture_lock_release(&l);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(foreign, F_OK), 0);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(one_at_a_time_and_the_holder_is_named),
		PLACE_TEST(who_holds_it_but_has_not_said_so_yet_is_named),
		PLACE_TEST(other_targets_are_not_locked),
		PLACE_TEST(a_lock_dies_with_its_holder),
		PLACE_TEST(automatic_captures_leave_a_pause_and_people_do_not),
		PLACE_TEST(one_that_was_killed_at_work_counts),
		PLACE_TEST(what_another_boot_or_nobody_wrote_is_not_believed),
		PLACE_TEST(a_lock_that_is_no_plain_file_is_not_touched),
		PLACE_TEST(a_directory_that_is_not_ours_alone_is_not_used),
		PLACE_TEST(files_of_long_ago_go_and_nothing_else),
	};
	return cmocka_run_group_tests_name("capture_lock", tests, NULL, NULL);
}
