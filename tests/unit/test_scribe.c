/* Snapshots for somebody who may have to wait for a disk: who hands them over never waits, nothing
   is lost that had room, and what is lost is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

#include "cli/scribe.h"
#include "tests/unit/metrics_fixture.h"
#include "util/clock.h"

/* A disk that takes one snapshot for each time that `room` is posted. */
struct disk {
	sem_t room, closed;
	int64_t kept[64]; /* seconds; read when it is closed */
	size_t n;
	const char *missing; /* what closing says; NULL: nothing */
	bool speaks;
};

static void keep(const struct snapshot *s, scribe_tell_fn *tell, void *tell_arg, void *arg)
{
	struct disk *disk = arg;
	while (sem_wait(&disk->room) != 0)
		;
	disk->kept[disk->n++] = s->monotonic_ns / NS_PER_S;
	if (disk->speaks)
		tell("the keeper speaks", tell_arg);
}

static enum status close_disk(void *arg, struct error *error)
{
	struct disk *disk = arg;
	enum status status = STATUS_OK;
	if (disk->missing)
		status = error_set(error, STATUS_FAILED, "%s", disk->missing);
	sem_post(&disk->closed);
	return status;
}

static struct scribe *begin(struct disk *disk, size_t waiting_max, int64_t patience_ns)
{
	const struct scribe_options options = {keep,        close_disk, disk,       NULL,
	                                       waiting_max, 1,          patience_ns};
	struct scribe *s;
	sem_init(&disk->room, 0, 0);
	sem_init(&disk->closed, 0, 0);
	assert_int_equal(scribe_start(&s, &options, NULL), STATUS_OK);
	return s;
}

static void finish(struct disk *disk)
{
	sem_destroy(&disk->room);
	sem_destroy(&disk->closed);
}

static void give_room(struct disk *disk, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sem_post(&disk->room);
}

static void add(struct scribe *s, int64_t second)
{
	struct snapshot *snapshot = make_snapshot(second * NS_PER_S);
	scribe_add(s, snapshot);
	snapshot_unref(snapshot);
}

/* Waits for the sentence, and no longer than anybody would. */
static void expect_news(struct scribe *s, const char *says)
{
	char sentence[512] = "";
	for (int i = 0; i < 60000; i++) {
		while (scribe_news(s, sentence, sizeof sentence))
			if (strstr(sentence, says))
				return;
		usleep(1000);
	}
	fail_msg("'%s' was never said; the last was '%s'", says, sentence);
}

static void everything_is_kept_in_its_order(void **state)
{
	(void)state;
	struct disk disk = {.n = 0};
	struct scribe *s = begin(&disk, 0, 0);
	for (int64_t i = 0; i < 50; i++)
		add(s, i);
	give_room(&disk, 50);
	struct error error = {0};
	assert_int_equal(scribe_end(s, &error), STATUS_OK);
	assert_int_equal(disk.n, 50);
	for (int64_t i = 0; i < 50; i++)
		assert_int_equal(disk.kept[i], i);
	finish(&disk);
}

/* Nothing is posted until all were handed over: had one of them waited for the disk, this would
   never end. */
static void what_has_no_room_is_left_out_and_counted(void **state)
{
	(void)state;
	struct disk disk = {.n = 0};
	struct scribe *s = begin(&disk, 10, 0);
	for (int64_t i = 0; i < 40; i++)
		add(s, i);
	expect_news(s, "from here on snapshots are left out");
	give_room(&disk, 11); /* one may have left the queue already */
	expect_news(s, "the disk goes on; it was too slow for ");
	give_room(&disk, 1);
	add(s, 100);
	struct error error = {0};
	assert_int_equal(scribe_end(s, &error), STATUS_FAILED);
	assert_in_range(disk.n, 11, 12);
	assert_int_equal(disk.kept[9], 9);
	assert_int_equal(disk.kept[disk.n - 1], 100);
	assert_true(strstr(error.text, "29 of 41 snapshots are not kept") ||
	            strstr(error.text, "30 of 41 snapshots are not kept"));
	finish(&disk);
}

static void a_slow_disk_is_told_before_anything_is_lost(void **state)
{
	(void)state;
	struct disk disk = {.n = 0};
	struct scribe *s = begin(&disk, 1000, 0);
	char sentence[512] = "";
	size_t added = 0;
	for (int i = 0; i < 60 && !strstr(sentence, "wait to be kept"); i++, added++) {
		add(s, i);
		usleep(i < 40 ? 1000 : 500000); /* the keeper's thread may get little of the machine */
		scribe_news(s, sentence, sizeof sentence);
	}
	assert_non_null(strstr(sentence, "the disk takes nothing"));
	give_room(&disk, added);
	expect_news(s, "the disk goes on, and everything is kept");
	assert_int_equal(scribe_end(s, NULL), STATUS_OK);
	assert_int_equal(disk.n, added);
	finish(&disk);
}

static void what_the_keeper_says_arrives(void **state)
{
	(void)state;
	struct disk disk = {.missing = "the recording lacks something", .speaks = true};
	struct scribe *s = begin(&disk, 0, 0);
	give_room(&disk, 1);
	add(s, 1);
	expect_news(s, "the keeper speaks");
	struct error error = {0};
	assert_int_equal(scribe_end(s, &error), STATUS_FAILED);
	assert_string_equal(error.text, "the recording lacks something");
	finish(&disk);
}

/* The thread outlives the call, and frees what it has when the disk lets it go. */
static void the_end_waits_no_longer_than_its_patience(void **state)
{
	(void)state;
	struct disk disk = {.n = 0};
	struct scribe *s = begin(&disk, 0, 50 * NS_PER_MS);
	struct error error = {0};
	for (int64_t i = 0; i < 5; i++)
		add(s, i);
	assert_int_equal(scribe_end(s, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "the last 5 of 5 snapshots"));
	give_room(&disk, 5);
	while (sem_wait(&disk.closed) != 0)
		;
	assert_in_range(disk.n, 0, 1);
	finish(&disk);
	scribe_end(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_kept_in_its_order),
		cmocka_unit_test(what_has_no_room_is_left_out_and_counted),
		cmocka_unit_test(a_slow_disk_is_told_before_anything_is_lost),
		cmocka_unit_test(what_the_keeper_says_arrives),
		cmocka_unit_test(the_end_waits_no_longer_than_its_patience),
	};
	return cmocka_run_group_tests_name("scribe", tests, NULL, NULL);
}
