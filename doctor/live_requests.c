/*
 * deadlock-cycle and slow-dependency: handlers of requests that wait for calls to others. Which
 * requests are which nobody tells a watcher; but who handles one stands below a function of a
 * server that is well known, and who calls stands in one of a client.
 */
#include "doctor/live_rules.h"

#include <inttypes.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define WAITERS_MIN 5
#define NONE_BACK \
	0.8 /* of the time that is known half of them have waited: next to none came back */
#define READINGS_MAX 30
#define SAMPLES_MIN  20
#define KNOWN_MIN_NS (4 * NS_PER_S)

/* The goroutine of a request, or of a connection that has one at a time, starts here. */
static const char *const handlers[] = {
	"net/http.(*conn).serve",
	"net/http.(*http2serverConn).runHandler",
	"golang.org/x/net/http2.(*serverConn).runHandler",
	"google.golang.org/grpc.(*Server).serveStreams",
	"net/rpc.(*service).call",
};
/* Or is created here: what `go` is given is often wrapped into a function without a name of its
 * own. */
static const char *const servers[] = {
	"net/http.(*Server).Serve",
	"net/http.(*http2serverConn).",
	"golang.org/x/net/http2.(*serverConn).",
	"google.golang.org/grpc.(*Server).",
	"net/rpc.(*Server).",
};
/* Stands here who waits for the answer to a call. */
static const char *const calls[] = {
	"net/http.(*persistConn).roundTrip",
	"net/http.(*Transport).getConn",
	"net/http.(*http2clientStream)",
	"net/http.(*http2ClientConn)",
	"golang.org/x/net/http2.(*clientStream)",
	"golang.org/x/net/http2.(*ClientConn)",
	"google.golang.org/grpc/internal/transport.(*recvBufferReader)",
	"google.golang.org/grpc.(*clientStream)",
	"net/rpc.(*Client).Call",
	"net.(*Resolver)",
};

static bool is_one_of(const char *function, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(function, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(function, names) is_one_of(function, names, sizeof(names) / sizeof *(names))

static bool is_handler(const struct goroutine_set *set, const struct goroutine_group *g)
{
	return IS_ONE_OF(goroutine_text(set, g->start.function), handlers) ||
	       IS_ONE_OF(goroutine_text(set, g->creator.function), servers);
}

struct requests {
	unsigned readings;
	uint64_t handlers;                     /* that have a request */
	uint64_t waiting;                      /* of them, in calls */
	const struct goroutine_group *largest; /* of these */
};

/* Groups by the frame they stand in: there `at` is exact, and `start` that of most. A connection
   without a request waits for the network itself. */
static void count_requests(struct requests *r, const struct goroutine_set *set)
{
	const struct goroutine_grouping *groups = &set->by[GOROUTINES_BY_TOP];
	r->readings++;
	for (size_t i = 0; i < groups->n; i++) {
		const struct goroutine_group *g = &groups->group[i];
		const char *reason = goroutine_text(set, g->reason);
		if (!is_handler(set, g) || strcmp(reason, "IO wait") == 0)
			continue;
		r->handlers += g->count;
		if (!IS_ONE_OF(goroutine_text(set, g->at.function), calls))
			continue;
		r->waiting += g->count;
		if (!r->largest || g->count > r->largest->count)
			r->largest = g;
	}
}

/* All that were there whenever somebody looked: how many of them waited is the share of their time
   that they wait, however short each wait is. */
static struct requests sum_requests(const struct live *live)
{
	struct requests sum = {0};
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL && sum.readings < READINGS_MAX;
	     i++)
		if (s->goroutines)
			count_requests(&sum, s->goroutines);
	return sum;
}

/* For how long goroutines have been looked at; too short a time counts as for ever. */
static int64_t known_ns(const struct live *live)
{
	const struct snapshot *s;
	int64_t since_ns = live->now->monotonic_ns;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL; i++)
		if (s->goroutines)
			since_ns = s->goroutines_at.at_ns;
	int64_t known_ns = live->now->monotonic_ns - since_ns;
	return known_ns >= KNOWN_MIN_NS ? known_ns : INT64_MAX;
}

static void say_calls(const struct live *live, const struct requests *now,
                      const struct requests *sum, bool stuck, bool sure)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_TOP];
	double share = (double)sum->waiting / (double)sum->handlers;
	char percent[32], median[32] = "an unknown time";
	int64_t median_ns = now->largest->median_ns;
	text_percent(percent, sizeof percent, share);
	if (median_ns >= 0)
		text_duration(median, sizeof median, (double)median_ns, true);
	struct finding *f = findings_add(live->out, stuck ? SLUG_DEADLOCK_CYCLE : SLUG_SLOW_DEPENDENCY,
	                                 sure ? SEVERITY_WARNING : SEVERITY_INFO, share);
	if (stuck)
		finding_say(f,
		            "%" PRIu64 " of %" PRIu64
		            " handlers wait for calls to others, half of them for "
		            "%s or longer, and do not come back; whether the other side waits for this one "
		            "in turn only its own findings can tell.",
		            now->waiting, now->handlers, median);
	else if (sure)
		finding_say(f,
		            "%" PRIu64 " of %" PRIu64 " handlers wait for the answer to a call, half of "
		            "them for %s or longer.",
		            now->waiting, now->handlers, median);
	else
		finding_say(f,
		            "Handlers of requests wait for the answers to calls for %s of their time, seen "
		            "at %u moments; how long each of them takes is not known from outside.",
		            percent, sum->readings);
	finding_measure(f, "handlers", UNIT_COUNT, (double)now->handlers);
	finding_measure(f, "waiting", UNIT_COUNT, (double)now->waiting);
	finding_measure(f, "share", UNIT_RATIO, share);
	finding_measure(f, "readings", UNIT_COUNT, sum->readings);
	if (sure || stuck)
		finding_measure(f, "median_wait", UNIT_NS, (double)median_ns);
	live_show_group(live, f, t->set, now->largest,
	                live->now->monotonic_ns - (median_ns > 0 ? median_ns : 0));
}

void live_requests(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_TOP];
	struct requests now = {0};
	if (!t->s)
		return;
	count_requests(&now, t->set);
	struct requests sum = sum_requests(live);
	if (!now.largest || now.waiting < WAITERS_MIN || sum.waiting < SAMPLES_MIN ||
	    sum.readings < LIVE_READINGS_MIN)
		return;
	double share = (double)sum.waiting / (double)sum.handlers;
	double median_ns = (double)now.largest->median_ns;
	bool long_stuck = median_ns >= live_limit(live, LIMIT_DEADLOCK_TIME);
	bool stuck = share >= live_limit(live, LIMIT_DEADLOCK_SHARE) &&
	             (long_stuck || median_ns >= NONE_BACK * (double)known_ns(live));
	bool slow = median_ns >= live_limit(live, LIMIT_DEPENDENCY_WAIT);
	if (stuck || share >= live_limit(live, LIMIT_DEPENDENCY_SHARE))
		say_calls(live, &now, &sum, stuck, stuck ? long_stuck : slow);
}

/* --- locks ---------------------------------------------------------------------------------- */

static const struct goroutine_stat *first_marked(const struct goroutine_table *t,
                                                 enum goroutine_mark mark)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->row[i].mark == mark)
			return &t->row[i];
	return NULL;
}

/* Inside the process itself: all of it waits for each other, or a lock is never let go. */
void live_deadlock(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_TOP];
	const struct goroutine_stat *all = first_marked(t, GOROUTINE_MARK_DEADLOCK);
	const struct goroutine_stat *lock = first_marked(t, GOROUTINE_MARK_LOCK);
	const struct goroutine_stat *shown = all ? all : lock;
	char median[32], at[LIVE_TEXT];
	if (!shown)
		return;
	const struct goroutine_group *g = shown->group;
	double share = all ? 1 : (double)g->count / (double)(t->set->count ? t->set->count : 1);
	struct finding *f =
		findings_add(live->out, SLUG_DEADLOCK_CYCLE, all ? SEVERITY_CRITICAL : SEVERITY_WARNING,
	                 share < 1 ? share : 1);
	text_duration(median, sizeof median, (double)g->median_ns, true);
	if (all)
		finding_say(f,
		            "All %" PRIu32 " goroutines wait for channels, locks or each other; none runs, "
		            "and there is no timer that could wake one.",
		            t->set->count);
	else
		finding_say(f,
		            "%" PRIu32
		            " goroutines wait for the lock at %s, half of them for %s or longer: "
		            "whoever holds it does not let go.",
		            g->count, live_place(at, t->set, &g->at), median);
	finding_remedy(f,
	               "Look for who holds what is waited for: two locks taken in different orders, a "
	               "lock that is taken again by its holder, a send or a receive under a lock, or a "
	               "return without unlocking.");
	finding_measure(f, "waiting", UNIT_COUNT, all ? t->set->count : g->count);
	if (g->median_ns >= 0)
		finding_measure(f, "median_wait", UNIT_NS, (double)g->median_ns);
	live_show_group(live, f, t->set, g,
	                g->median_ns >= 0 ? live->now->monotonic_ns - g->median_ns : -1);
}
