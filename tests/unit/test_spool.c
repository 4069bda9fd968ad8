#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/spool.h"
#include "util/clock.h"

#define ROOM  ((size_t)1 << 20)
#define TOTAL (5 * ROOM + 12345)

static bool yes(void *arg)
{
	(void)arg;
	return true;
}

/* Says no when it has been asked a few times. */
static bool for_a_while(void *arg)
{
	int *left = arg;
	return --*left > 0;
}

static atomic_int finished;

static void finish(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static struct spool *make(int fd, bool sync, int64_t stuck_ns, bool (*go_on)(void *), void *arg)
{
	struct spool *s;
	struct error error;
	const struct spool_options options = {.fd = fd,
	                                      .sync = sync,
	                                      .room = ROOM,
	                                      .stuck_ns = stuck_ns,
	                                      .go_on = go_on,
	                                      .arg = arg,
	                                      .finish = finish,
	                                      .finish_arg = &finished};
	assert_int_equal(spool_create(&s, &options, &error), STATUS_OK);
	return s;
}

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static enum spool_end put_all(struct spool *s, size_t total)
{
	unsigned char piece[100003];
	enum spool_end end = SPOOL_OK;
	for (size_t at = 0, n; end == SPOOL_OK && at < total; at += n) {
		n = total - at < sizeof piece ? total - at : sizeof piece;
		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(at + i);
		end = spool_put(s, piece, n);
	}
	return end;
}

/* A reader that takes a nap now and then; returns how many bytes were right, and nothing else. */
static void *read_slowly(void *arg)
{
	static size_t right;
	unsigned char piece[70001];
	right = 0;
	for (ssize_t n; (n = read(*(int *)arg, piece, sizeof piece)) > 0;) {
		for (ssize_t i = 0; i < n; i++)
			if (piece[i] == byte_at(right))
				right++;
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
	return &right;
}

static void a_slow_reader_gets_all_in_order(void **state)
{
	(void)state;
	int ends[2];
	pthread_t reader;
	void *right;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
	struct spool *s = make(ends[1], false, 60 * NS_PER_S, yes, NULL);
	close(ends[1]);
	assert_int_equal(put_all(s, TOTAL), SPOOL_OK);
	assert_true(spool_waited_ns(s) > 0);
	assert_int_equal(spool_flush(s), SPOOL_OK);
	spool_destroy(s);
	pthread_join(reader, &right);
	assert_int_equal(*(size_t *)right, TOTAL);
	close(ends[0]);
}

static void a_file_is_whole_after_the_flush(void **state)
{
	(void)state;
	char path[] = "/tmp/schedtop-spool-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct spool *s = make(fd, true, 60 * NS_PER_S, yes, NULL);
	assert_int_equal(put_all(s, TOTAL), SPOOL_OK);
	assert_int_equal(spool_flush(s), SPOOL_OK);
	spool_destroy(s);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, TOTAL);
	close(fd);
	unlink(path);
}

static void a_full_disk_is_told_by_its_error(void **state)
{
	(void)state;
	int fd = open("/dev/full", O_WRONLY);
	assert_true(fd >= 0);
	struct spool *s = make(fd, true, 60 * NS_PER_S, yes, NULL);
	assert_int_equal(put_all(s, TOTAL), SPOOL_FAILED);
	assert_int_equal(spool_error(s), ENOSPC);
	assert_int_equal(spool_flush(s), SPOOL_FAILED);
	spool_destroy(s);
	close(fd);
}

/* The last bytes fail when nobody puts any more. */
static void what_fails_late_is_told_by_the_flush(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct spool *s = make(ends[1], false, 60 * NS_PER_S, yes, NULL);
	close(ends[0]);
	assert_int_not_equal(spool_put(s, "x", 1), SPOOL_STUCK);
	assert_int_equal(spool_flush(s), SPOOL_FAILED);
	assert_int_equal(spool_error(s), EPIPE);
	spool_destroy(s);
	close(ends[1]);
}

static void a_limit_on_files_is_an_error_and_no_signal(void **state)
{
	(void)state;
	char path[] = "/tmp/schedtop-spool-XXXXXX";
	int fd = mkstemp(path);
	struct rlimit before, less;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	less = before;
	less.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	struct spool *s = make(fd, true, 60 * NS_PER_S, yes, NULL);
	enum spool_end end = put_all(s, TOTAL);
	int why = spool_error(s);
	spool_destroy(s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(end, SPOOL_FAILED);
	assert_int_equal(why, EFBIG);
	close(fd);
	unlink(path);
}

/* Nobody reads at all: a write of the thread never returns. */
static void who_takes_nothing_is_given_up_and_not_waited_for(void **state)
{
	(void)state;
	int ends[2], asked = 5;
	assert_int_equal(pipe(ends), 0);
	struct spool *s = make(ends[1], false, NS_PER_S / 10, yes, NULL);
	assert_int_equal(put_all(s, TOTAL), SPOOL_STUCK);
	assert_int_equal(spool_flush(s), SPOOL_STUCK);
	atomic_store(&finished, 0);
	spool_destroy(s);
	assert_int_equal(atomic_load(&finished), 0);
	struct spool *t = make(ends[1], false, 60 * NS_PER_S, for_a_while, &asked);
	assert_int_equal(put_all(t, TOTAL), SPOOL_STOPPED);
	asked = 5;
	assert_int_equal(spool_flush(t), SPOOL_STOPPED);
	spool_destroy(t);
	/* What was left behind ends with the pipe, and tidies up. */
	close(ends[0]);
	close(ends[1]);
	for (int i = 0; i < 1000 && atomic_load(&finished) < 2; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10 * NS_PER_MS}, NULL);
	assert_int_equal(atomic_load(&finished), 2);
}

static void one_that_was_never_used_goes_at_once(void **state)
{
	(void)state;
	int fd = open("/dev/null", O_WRONLY);
	struct spool *s = make(fd, false, NS_PER_S, yes, NULL);
	atomic_store(&finished, 0);
	spool_destroy(s);
	assert_int_equal(atomic_load(&finished), 1);
	spool_destroy(NULL);
	close(fd);
}

int main(void)
{
	signal(SIGPIPE, SIG_DFL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reader_gets_all_in_order),
		cmocka_unit_test(a_file_is_whole_after_the_flush),
		cmocka_unit_test(a_full_disk_is_told_by_its_error),
		cmocka_unit_test(what_fails_late_is_told_by_the_flush),
		cmocka_unit_test(a_limit_on_files_is_an_error_and_no_signal),
		cmocka_unit_test(who_takes_nothing_is_given_up_and_not_waited_for),
		cmocka_unit_test(one_that_was_never_used_goes_at_once),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
