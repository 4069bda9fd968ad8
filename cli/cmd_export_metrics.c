/* A process as metrics for Prometheus, until a signal ends it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/metrics_server.h"
#include "collect/collector.h"
#include "collect/discover.h"
#include "metrics/feed.h"
#include "metrics/schedtrace.h"

#define LOOK_MS 2000 /* how often one that has exited is looked for anew */

struct exporter {
	const struct options *options;
	struct feed *feed;
	int news; /* an eventfd, written whenever there is something to take */
	struct collector *collector;
	struct metrics_server *server;
	struct trouble_log trouble;
	int64_t alive_ns; /* when it was last seen so, with an interval to spare */
	bool exited;
	bool starves; /* there is no memory for what is read; it was said */
};

static void wake(void *arg)
{
	const struct exporter *e = arg;
	(void)!write(e->news, &(uint64_t){1}, sizeof(uint64_t));
}

static enum status watch(struct exporter *e, pid_t pid, struct error *error)
{
	struct collector *next;
	struct collector_options options = collector_options_of(e->options, e->feed);
	options.pid = pid;
	enum status status = collector_create(&next, &options, error);
	if (status != STATUS_OK)
		return status;
	collector_destroy(e->collector);
	e->collector = next;
	e->trouble = (struct trouble_log){.any = false};
	status = collector_start(next, error);
	e->exited &= status != STATUS_OK; /* else the next look tries again */
	return status;
}

static void take(struct exporter *e, const struct snapshot *s)
{
	char sentence[192];
	if (s->state != TARGET_EXITED) {
		trouble_log_tell(&e->trouble, s);
		e->alive_ns = s->monotonic_ns - e->options->delay_ns;
	} else if (!e->exited) {
		snprintf(sentence, sizeof sentence, "%.100s: schedtop_up is 0 until the program runs again",
		         s->trouble[ORIGIN_OS][0] ? s->trouble[ORIGIN_OS] : "the process has exited");
		schedtrace_comment(stderr, sentence);
		e->exited = true;
	}
	metrics_server_add(e->server, s);
}

/* Memory may come back: so it goes on with what it knows. */
static void tell_starving(struct exporter *e)
{
	bool starves = feed_starves(e->feed);
	if (starves && !e->starves)
		schedtrace_comment(stderr, feed_starved);
	e->starves = starves;
}

/* Whoever scrapes an exporter wants the program, not one run of it. */
static void look_for_successor(struct exporter *e)
{
	struct error why = {0};
	char sentence[96];
	pid_t pid = discover_next_run(collector_target(e->collector), e->alive_ns);
	if (pid <= 0)
		return;
	if (watch(e, pid, &why) == STATUS_OK) {
		snprintf(sentence, sizeof sentence, "going on with process %ld", (long)pid);
		schedtrace_comment(stderr, sentence);
	}
}

static void announce(const struct exporter *e)
{
	char sentence[256];
	snprintf(sentence, sizeof sentence, "metrics of process %ld at http://%s/metrics",
	         (long)e->options->pid, metrics_server_address(e->server));
	schedtrace_comment(stderr, sentence);
	if (!metrics_server_is_local(e->server))
		schedtrace_comment(stderr, "whoever reaches this address can read them: there is neither "
		                           "a password nor encryption");
	fflush(stderr);
}

static void serve(struct exporter *e)
{
	for (;;) {
		const struct snapshot *s = feed_take(e->feed);
		if (s) {
			take(e, s);
			continue;
		}
		tell_starving(e);
		/* Not by a semaphore, which waits by the wall clock: that may be set back by an hour. */
		struct pollfd news = {.fd = e->news, .events = POLLIN};
		int ready = poll(&news, 1, LOOK_MS);
		if (ready > 0)
			(void)!read(e->news, &(uint64_t){0}, sizeof(uint64_t));
		else if (ready == 0 && e->exited)
			look_for_successor(e);
	}
}

enum status command_export_metrics(const struct options *o, struct error *error)
{
	struct exporter e = {.options = o, .news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (e.news < 0)
		return error_set(error, STATUS_FAILED, "no events: %s", strerror(errno));
	e.feed = feed_create(wake, &e);
	enum status status = e.feed ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK)
		status = metrics_server_start(&e.server, o->listen, error);
	if (status == STATUS_OK)
		status = watch(&e, o->pid, error);
	if (status == STATUS_OK) {
		announce(&e);
		serve(&e);
	}
	collector_destroy(e.collector);
	metrics_server_stop(e.server);
	feed_destroy(e.feed);
	close(e.news);
	return status;
}
