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
	uint64_t handlers;                     /* that have a request */
	uint64_t waiting;                      /* of them, in calls */
	const struct goroutine_group *largest; /* of these */
};

/* A connection without a request waits for the network itself. */
static struct requests count_requests(const struct goroutine_table *t)
{
	struct requests r = {0};
	for (size_t i = 0; i < t->n; i++) {
		const struct goroutine_group *g = t->row[i].group;
		const char *reason = goroutine_text(t->set, g->reason);
		if (!is_handler(t->set, g) || strcmp(reason, "IO wait") == 0)
			continue;
		r.handlers += g->count;
		if (!IS_ONE_OF(goroutine_text(t->set, g->at.function), calls))
			continue;
		r.waiting += g->count;
		if (!r.largest || g->count > r.largest->count)
			r.largest = g;
	}
	return r;
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

/* Groups by the frame they stand in: there `at` is exact, and `start` that of most. */
void live_requests(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_TOP];
	if (!t->s)
		return;
	struct requests r = count_requests(t);
	if (!r.largest || r.waiting < WAITERS_MIN || r.largest->median_ns < 0)
		return;
	double share = (double)r.waiting / (double)r.handlers, median_ns = (double)r.largest->median_ns;
	bool long_stuck = median_ns >= live_limit(live, LIMIT_DEADLOCK_TIME);
	bool stuck = share >= live_limit(live, LIMIT_DEADLOCK_SHARE) &&
	             (long_stuck || median_ns >= NONE_BACK * (double)known_ns(live));
	double wait_ns = live_limit(live, LIMIT_DEPENDENCY_WAIT);
	if (!stuck && (share < live_limit(live, LIMIT_DEPENDENCY_SHARE) || median_ns < wait_ns / 10))
		return;
	bool sure = stuck ? long_stuck : median_ns >= wait_ns;
	char percent[32], median[32];
	text_percent(percent, sizeof percent, share);
	text_duration(median, sizeof median, median_ns, true);
	struct finding *f = findings_add(live->out, stuck ? SLUG_DEADLOCK_CYCLE : SLUG_SLOW_DEPENDENCY,
	                                 sure ? SEVERITY_WARNING : SEVERITY_INFO, share);
	if (stuck)
		finding_say(f,
		            "%" PRIu64 " of %" PRIu64 " handlers (%s) wait for calls to others, half of "
		            "them for %s or longer, and do not come back; whether the other side waits for "
		            "this one in turn only its own findings can tell.",
		            r.waiting, r.handlers, percent, median);
	else
		finding_say(f,
		            "%" PRIu64 " of %" PRIu64 " handlers (%s) wait for the answer to a call, half "
		            "of them for %s or longer.",
		            r.waiting, r.handlers, percent, median);
	finding_measure(f, "handlers", UNIT_COUNT, (double)r.handlers);
	finding_measure(f, "waiting", UNIT_COUNT, (double)r.waiting);
	finding_measure(f, "share", UNIT_RATIO, share);
	finding_measure(f, "median_wait", UNIT_NS, median_ns);
	live_show_group(live, f, t->set, r.largest, live->now->monotonic_ns - r.largest->median_ns);
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
