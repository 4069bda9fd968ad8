/* The watcher's thread: what its owner may rely on when all ends. */
#include "tests/unit/metrics_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "watch/watcher.h"

static struct limits_set limits;

struct scene {
	struct plan plan;
	struct watch_log *log;
	struct watcher *watcher;
	atomic_int told, busy;
};

static void on_tell(const struct sentinel_state *state, void *arg)
{
	struct scene *s = arg;
	(void)state;
	if (s->watcher) {
		s->busy += watcher_is_busy(s->watcher);
		s->told++;
	}
}

static void begin(struct scene *s)
{
	*s = (struct scene){.log = NULL};
	limits_init(&limits);
	plan_init(&s->plan);
	assert_int_equal(plan_add_rule(&s->plan, "goroutines>1000000", true, NULL), STATUS_OK);
	plan_complete(&s->plan);
	assert_int_equal(watch_log_create(&s->log, NULL, -1, "", NULL), STATUS_OK);
	const struct watcher_options options = {
		.plan = &s->plan,
		.limits = &limits,
		.log = s->log,
		.tell = on_tell,
		.arg = s,
	};
	assert_int_equal(watcher_create(&s->watcher, &options, NULL), STATUS_OK);
}

/* Whoever waits for it to be idle before he ends loses nothing of the last snapshot. */
static void looking_at_the_last_snapshot_is_being_busy(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	for (int i = 1; i <= 20; i++) {
		struct snapshot *snapshot = make_full_snapshot(i, 2, 2);
		snapshot->interval_ns = NS_PER_S;
		watcher_add(s.watcher, snapshot);
		snapshot_unref(snapshot);
		alarm(60);
		while (watcher_is_busy(s.watcher))
			usleep(100);
		alarm(0);
		assert_int_equal(s.told, i);
		assert_int_equal(s.busy, i);
	}
	watcher_destroy(s.watcher);
	watch_log_destroy(s.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looking_at_the_last_snapshot_is_being_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
