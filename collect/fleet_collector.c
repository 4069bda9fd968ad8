#include "collect/fleet_collector.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/thread.h"

#define BUSY_SHARE 4                 /* of the time, the server is left alone this many times */
#define SETTLE_NS  (150 * NS_PER_MS) /* who scrolls on is not asked for at every row */

struct fleet_collector {
	struct prometheus *server;
	struct fleet_board *board;
	int64_t interval_ns;
	pthread_t thread;
	struct fleet *fleet; /* the newest */
};

static void show_early(struct fleet *fleet, void *arg)
{
	struct fleet_collector *c = arg;
	fleet_board_publish(c->board, fleet);
}

/* When the next one is due. */
static int64_t refresh(struct fleet_collector *c)
{
	struct error why = {0};
	struct fleet *fleet;
	int64_t began_ns = clock_monotonic_ns();
	enum status status = prometheus_refresh(c->server, &fleet, show_early, c, &why);
	int64_t now_ns = clock_monotonic_ns(), pause_ns = BUSY_SHARE * (now_ns - began_ns);
	if (status == STATUS_OK) {
		fleet_unref(c->fleet);
		c->fleet = fleet_ref(fleet);
		fleet_board_publish(c->board, fleet);
	}
	fleet_board_tell(c->board, why.text);
	return began_ns + c->interval_ns > now_ns + pause_ns ? began_ns + c->interval_ns
	                                                     : now_ns + pause_ns;
}

/* Trends that can't be had are no reason to say more than their empty places do. */
static void draw_trends(struct fleet_collector *c, const struct fleet_wish *wish)
{
	struct fleet_trends *trends = NULL;
	if (c->fleet)
		prometheus_trends(c->server, wish, c->fleet, &trends, NULL);
	if (trends)
		fleet_board_publish_trends(c->board, trends);
}

static void *run(void *arg)
{
	struct fleet_collector *c = arg;
	struct fleet_wish wish = {.n = 0};
	int64_t due_ns = 0;
	bool fresh = false, open = true;
	while (open) {
		bool due = clock_monotonic_ns() >= due_ns;
		if (due)
			due_ns = refresh(c);
		while (fresh && open)
			open = fleet_board_wait(c->board, clock_monotonic_ns() + SETTLE_NS, &wish, &fresh);
		if (open && wish.n > 0)
			draw_trends(c, &wish);
		open = open && fleet_board_wait(c->board, due_ns, &wish, &fresh);
	}
	return NULL;
}

enum status fleet_collector_start(struct fleet_collector **out, struct prometheus *server,
                                  struct fleet_board *board, int64_t interval_ns,
                                  struct error *error)
{
	struct fleet_collector *c = calloc(1, sizeof *c);
	*out = NULL;
	if (!c)
		return error_no_memory(error);
	*c = (struct fleet_collector){.server = server, .board = board, .interval_ns = interval_ns};
	int failed = thread_start(&c->thread, run, c);
	if (failed) {
		free(c);
		return error_set(error, STATUS_FAILED, "can't start a thread");
	}
	*out = c;
	return STATUS_OK;
}

void fleet_collector_end(struct fleet_collector *c)
{
	if (!c)
		return;
	fleet_board_close(c->board);
	prometheus_cancel(c->server);
	pthread_join(c->thread, NULL);
	fleet_unref(c->fleet);
	free(c);
}
