/* schedtop watch: the sentinel without a screen, for a service manager or a terminal that is left
   alone. What it does and why is said in lines of JSON. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/sentinel.h"
#include "collect/collector.h"
#include "collect/discover.h"
#include "util/clock.h"

#define LOOK_MS 1000 /* how often a program that has exited is looked for anew */

struct post {
	const struct options *options;
	struct feed *feed;
	struct collector *collector;
	struct sentinel_kit kit;
	int news, signals;
	int64_t alive_ns; /* when it was last seen so, with an interval to spare */
	bool exited;      /* the process is gone, and nothing follows it yet */
	char told[ORIGIN_COUNT][sizeof((struct snapshot *)0)->trouble[0]];
	enum target_state state;
};

static void wake(void *arg)
{
	struct post *p = arg;
	(void)!write(p->news, &(uint64_t){1}, sizeof(uint64_t));
}

static enum status begin(struct post *p, pid_t pid, struct error *error)
{
	struct collector_options options = collector_options_of(p->options, p->feed);
	options.pid = pid;
	return collector_create(&p->collector, &options, error);
}

/* --- what is said ---------------------------------------------------------------------------- */

static void say(const struct post *p, const char *event, const char *name, const char *text)
{
	watch_log_event(p->kit.log, event, json_pack("{s:o}", name, watch_log_text(text)));
}

/* What a source can't deliver is said once, when it comes up. */
static void say_trouble(struct post *p, const struct snapshot *s)
{
	for (int i = 0; i < ORIGIN_COUNT; i++) {
		if (s->trouble[i][0] && strcmp(s->trouble[i], p->told[i]) != 0)
			say(p, "trouble", "why", s->trouble[i]);
		memcpy(p->told[i], s->trouble[i], sizeof p->told[i]);
	}
	if (s->state != p->state && s->state != TARGET_EXITED)
		say(p, "process", "state", target_state_name[s->state]);
	p->state = s->state;
}

/* --- watching -------------------------------------------------------------------------------- */

static void take_snapshots(struct post *p)
{
	const struct snapshot *s;
	uint64_t count;
	(void)!read(p->news, &count, sizeof count);
	while ((s = feed_take(p->feed)) != NULL) {
		watcher_add(p->kit.watcher, s);
		say_trouble(p, s);
		p->exited |= s->state == TARGET_EXITED;
		if (s->state != TARGET_EXITED)
			p->alive_ns = s->monotonic_ns - p->options->delay_ns;
		snapshot_unref(s);
	}
}

/* The program, started anew; the old collector has nothing more to say. */
static void look_for_successor(struct post *p)
{
	struct collector *gone = p->collector;
	struct error error = {0};
	pid_t pid = discover_next_run(collector_target(gone), p->alive_ns);
	if (!pid)
		return;
	if (begin(p, pid, &error) != STATUS_OK) {
		p->collector = gone;
		say(p, "trouble", "why", error.text);
		return;
	}
	watcher_follow(p->kit.watcher, collector_target(p->collector));
	collector_destroy(gone);
	p->exited = false;
	if (collector_start(p->collector, &error) != STATUS_OK)
		say(p, "trouble", "why", error.text);
}

/* The signal that ended it, or 0: the process has exited and nothing is left to do. */
static int watch(struct post *p)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = p->news, .events = POLLIN},
		                       {.fd = p->signals, .events = POLLIN}};
		struct signalfd_siginfo info;
		poll(fds, 2, p->exited ? LOOK_MS : -1);
		if (fds[0].revents)
			take_snapshots(p);
		if (fds[1].revents && read(p->signals, &info, sizeof info) == sizeof info)
			return (int)info.ssi_signo;
		if (!p->exited)
			continue;
		if (p->options->follow)
			look_for_successor(p);
		else if (!watcher_is_busy(p->kit.watcher))
			return 0;
	}
}

static enum status run(struct post *p, int *sig, struct error *error)
{
	enum status status = begin(p, p->options->pid, error);
	if (status == STATUS_OK)
		status = sentinel_open(&p->kit, p->options, collector_target(p->collector), STDERR_FILENO,
		                       "", NULL, NULL, error);
	if (status == STATUS_OK)
		status = collector_start(p->collector, error);
	if (status != STATUS_OK)
		return status;
	*sig = watch(p);
	watch_log_event(p->kit.log, "ended", *sig ? json_pack("{s:i}", "signal", *sig) : NULL);
	return *sig ? STATUS_OK : target_explain_end(collector_target(p->collector), error);
}

enum status command_sentinel(const struct options *o, struct error *error)
{
	int sig = 0;
	sigset_t before;
	struct post p = {.options = o, .news = -1, .signals = -1};
	if (o->list)
		return live_metric_print_list(stdout)
		           ? STATUS_OK
		           : error_set(error, STATUS_FAILED, OUTPUT_LOST "%s", strerror(errno));
	if (o->plan.n == 0)
		return error_set(error, STATUS_USAGE,
		                 "watch needs a rule: --sentinel 'sched.p99>50ms for 5s', or when = RULE "
		                 "below [sentinel] in the configuration");
	/* A log that can't be written any more is lost, and the watching goes on. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	enum status status = STATUS_OK;
	p.signals = signals_hold(&before);
	p.news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p.feed = feed_create(wake, &p);
	if (p.signals < 0 || p.news < 0)
		status = error_set(error, STATUS_FAILED, "no events: %s", strerror(errno));
	else if (!p.feed)
		status = error_no_memory(error);
	if (status == STATUS_OK)
		status = run(&p, &sig, error);
	sentinel_close(&p.kit);
	collector_destroy(p.collector);
	feed_destroy(p.feed);
	if (p.news >= 0)
		close(p.news);
	if (p.signals >= 0)
		close(p.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (sig)
		die_of(sig);
	return status;
}
