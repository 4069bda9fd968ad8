#include "cli/orders.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/sentinel.h"
#include "collect/capture.h"
#include "collect/collector.h"
#include "collect/discover.h"
#include "util/thread.h"

#define LOOK_MS 2000 /* how often a process that has exited is looked for anew */

struct orders {
	const struct options *options;
	struct feed *feed;
	struct session *session;
	void (*tell)(void *arg);
	void *arg;
	int bell; /* eventfd: an order has come, or the end */
	pthread_t thread;
	bool running;
	atomic_bool ending;

	/* The thread's own while it runs. */
	struct collector *collector;
	struct capture *capture; /* NULL: none was taken yet */
	int64_t interval_ns;
	uint64_t detail;
	struct sentinel_kit sentinel;
};

static void ring(void *arg)
{
	struct orders *o = arg;
	(void)!write(o->bell, &(uint64_t){1}, sizeof(uint64_t));
}

/* --- the collector --------------------------------------------------------------------------- */

static enum status make_collector(struct orders *o, pid_t pid, struct collector **out,
                                  struct error *error)
{
	struct collector_options options = collector_options_of(o->options, o->feed);
	options.pid = pid;
	options.interval_ns = o->interval_ns;
	return collector_create(out, &options, error);
}

static void tell_successor(struct orders *o, pid_t pid)
{
	session_tell_successor(o->session, pid);
	o->tell(o->arg);
}

static void set_interval(struct orders *o, int64_t interval_ns)
{
	o->interval_ns = interval_ns;
	collector_set_interval(o->collector, interval_ns);
}

/* The keys of groups are of the program's names: they mean the same in one that takes over. */
static void set_detail(struct orders *o, int64_t key)
{
	o->detail = (uint64_t)key;
	collector_set_detail(o->collector, o->detail);
}

/* The old one goes when the new one is found, and before that begins: two would mix their
   snapshots. If it can't be watched, the old one stays. */
static void follow(struct orders *o, int64_t pid)
{
	struct collector *next;
	struct error error = {0};
	enum status status = make_collector(o, (pid_t)pid, &next, &error);
	if (status == STATUS_OK) {
		collector_destroy(o->collector);
		o->collector = next;
		collector_set_detail(next, o->detail);
		if (o->sentinel.watcher)
			watcher_follow(o->sentinel.watcher, collector_target(next));
		status = collector_start(next, &error);
	}
	if (status != STATUS_OK)
		session_tell_trouble(o->session, error.text);
	tell_successor(o, 0);
}

/* --- the sentinel ---------------------------------------------------------------------------- */

static void tell_sentinel(const struct sentinel_state *state, void *arg)
{
	struct orders *o = arg;
	session_tell_sentinel(o->session, state);
	o->tell(o->arg);
}

/* Its log goes where the screen's own does: beside the terminal or nowhere. */
static enum status make_sentinel(struct orders *o, struct error *error)
{
	return sentinel_open(&o->sentinel, o->options, collector_target(o->collector),
	                     isatty(STDERR_FILENO) ? -1 : STDERR_FILENO, "# sentinel ", tell_sentinel,
	                     o, error);
}

void orders_look(struct orders *o, const struct snapshot *s)
{
	if (o->sentinel.watcher)
		watcher_add(o->sentinel.watcher, s);
}

static void look_for_successor(struct orders *o)
{
	const struct target *target = collector_target(o->collector);
	pid_t successor = 0;
	if (target->place == TARGET_PROCESS && target_check(target) == TARGET_EXITED)
		successor = discover_successor(target);
	if (successor != session_successor(o->session))
		tell_successor(o, successor);
}

/* What could be followed. That nobody could be looked at is no trouble: it is for Tab. */
static void find_processes(struct orders *o, int64_t unused)
{
	struct process_name found[SESSION_PROCESSES_MAX];
	struct discovery all;
	struct error error = {0};
	size_t n = 0;
	(void)unused;
	if (discover_names(&all, &error) != STATUS_OK)
		return;
	for (; n < all.n && n < SESSION_PROCESSES_MAX; n++) {
		found[n].pid = all.process[n].pid;
		snprintf(found[n].program, sizeof found[n].program, "%s", all.process[n].program);
	}
	discovery_finish(&all);
	session_tell_processes(o->session, found, n);
	o->tell(o->arg);
}

/* --- the capture ----------------------------------------------------------------------------- */

static void tell_capture(const struct capture_state *state, void *arg)
{
	struct orders *o = arg;
	session_tell_capture(o->session, state);
	o->tell(o->arg);
}

/* One at a time. The screen orders the next one when the last one has told its end, so all there is
   to wait for is the end of its thread. */
static void start_capture(struct orders *o, enum capture_kind kind, int64_t duration_ns)
{
	capture_destroy(o->capture);
	o->capture = NULL;
	struct error error = {0};
	struct capture_options options = {
		.kind = kind,
		.target = *collector_target(o->collector),
		.url = o->options->url,
		.duration_ns = duration_ns,
		.bytes_max = o->options->capture_bytes,
		.fd = -1,
		.directory = o->options->trace_dir,
		.keep_files = o->options->trace_keep,
		.keep_bytes = o->options->trace_bytes,
		.tell = tell_capture,
		.arg = o,
	};
	if (capture_start(&o->capture, &options, &error) == STATUS_OK)
		return;
	struct capture_state failed = {.phase = CAPTURE_FAILED,
	                               .kind = kind,
	                               .duration_ns = duration_ns};
	snprintf(failed.text, sizeof failed.text, "%.255s", error.text);
	tell_capture(&failed, o);
}

static void take_trace(struct orders *o, int64_t duration_ns)
{
	start_capture(o, CAPTURE_KIND_TRACE, duration_ns);
}

static void take_flight(struct orders *o, int64_t unused)
{
	(void)unused;
	start_capture(o, CAPTURE_KIND_FLIGHT, 0);
}

static void take_samples(struct orders *o, int64_t duration_ns)
{
	start_capture(o, CAPTURE_KIND_SAMPLED, duration_ns);
}

static void cancel_capture(struct orders *o, int64_t unused)
{
	(void)unused;
	if (o->capture)
		capture_cancel(o->capture);
}

/* --- the thread ------------------------------------------------------------------------------ */

static void (*const carry_out[])(struct orders *o, int64_t value) = {
	[ORDER_INTERVAL] = set_interval, [ORDER_CAPTURE] = take_trace,
	[ORDER_FLIGHT] = take_flight,    [ORDER_SAMPLE] = take_samples,
	[ORDER_CANCEL] = cancel_capture, [ORDER_FOLLOW] = follow,
	[ORDER_DETAIL] = set_detail,     [ORDER_PROCESSES] = find_processes,
};

static void *run(void *arg)
{
	struct orders *o = arg;
	while (!atomic_load(&o->ending)) {
		struct pollfd bell = {.fd = o->bell, .events = POLLIN};
		uint64_t count;
		if (poll(&bell, 1, LOOK_MS) > 0)
			(void)!read(o->bell, &count, sizeof count);
		for (struct order order; (order = session_take(o->session)).kind != ORDER_NONE;)
			carry_out[order.kind](o, order.value);
		look_for_successor(o);
	}
	return NULL;
}

enum status orders_create(struct orders **out, const struct options *options, pid_t pid,
                          struct feed *feed, void (*tell)(void *arg), void *arg,
                          struct error *error)
{
	struct orders *o = calloc(1, sizeof *o);
	if (!o)
		return error_no_memory(error);
	o->options = options;
	o->feed = feed;
	o->tell = tell;
	o->arg = arg;
	o->interval_ns = options->delay_ns;
	o->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	o->session = session_create(ring, o);
	enum status status = STATUS_OK;
	if (o->bell < 0)
		status = error_set(error, STATUS_FAILED, "no events: %s", strerror(errno));
	else if (!o->session)
		status = error_no_memory(error);
	if (status == STATUS_OK)
		status = make_collector(o, pid, &o->collector, error);
	if (status == STATUS_OK)
		status = make_sentinel(o, error);
	if (status != STATUS_OK) {
		orders_destroy(o);
		return status;
	}
	*out = o;
	return STATUS_OK;
}

struct session *orders_session(struct orders *o)
{
	return o->session;
}

enum status orders_start(struct orders *o, struct error *error)
{
	enum status status = collector_start(o->collector, error);
	if (status != STATUS_OK)
		return status;
	int failed = thread_start(&o->thread, run, o);
	if (failed)
		return error_set(error, STATUS_FAILED, "no thread for orders: %s", strerror(failed));
	o->running = true;
	return STATUS_OK;
}

static void stop(struct orders *o)
{
	if (!o->running)
		return;
	atomic_store(&o->ending, true);
	ring(o);
	pthread_join(o->thread, NULL);
	o->running = false;
}

enum status orders_explain_end(struct orders *o, struct error *error)
{
	stop(o);
	return target_explain_end(collector_target(o->collector), error);
}

void orders_destroy(struct orders *o)
{
	if (!o)
		return;
	stop(o);
	sentinel_close(&o->sentinel);
	capture_destroy(o->capture);
	collector_destroy(o->collector);
	session_destroy(o->session);
	if (o->bell >= 0)
		close(o->bell);
	free(o);
}
