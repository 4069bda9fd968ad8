/*
 * What the live rules share: the moment they look at, how numbers went over the last minutes, and
 * groups of goroutines as evidence. Everything is borrowed from the one call of live_look that it
 * was made for.
 */
#ifndef SCHEDTOP_DOCTOR_LIVE_RULES_H
#define SCHEDTOP_DOCTOR_LIVE_RULES_H

#include "doctor/live.h"
#include "metrics/derive.h"
#include "metrics/goroutine_table.h"

struct live {
	const struct history *history;
	const struct limits_set *limits;
	const struct snapshot *now; /* the newest */
	struct goroutine_table by[GOROUTINES_BY_COUNT];
	struct findings *out;
};

typedef void live_rule_fn(const struct live *live);
live_rule_fn live_cpu_saturation, live_gomaxprocs_mismatch, live_gc_pressure, live_stw_long,
	live_goroutine_growth, live_channel_stuck, live_requests, live_deadlock, live_heap_growth,
	live_rss_retained, live_timer_leak, live_thread_growth, live_tracing;

static inline double live_limit(const struct live *live, enum limit which)
{
	return limit(live->limits, which);
}

/* --- how a number went --- */

struct live_reading {
	int64_t at_ns;
	double value;
};
/* What a snapshot tells; false: nothing, or nothing new. */
typedef bool live_read_fn(const struct snapshot *s, const void *arg, struct live_reading *out);

/*
 * The time that is known is cut into equal parts, and of each the least value counts: what goes up
 * and down and always comes back does not rise. Known from LIVE_READINGS_MIN readings on.
 */
#define LIVE_TREND_PARTS  8
#define LIVE_READINGS_MIN 4
struct live_trend {
	bool known;
	int64_t begin_ns, end_ns; /* of the readings */
	double oldest, newest;    /* the readings at both ends */
	double first, last;       /* least values of the first and the last part */
	unsigned parts;           /* that have a reading */
	unsigned rises, falls;    /* from part to part */
};
struct live_trend live_trend(const struct live *live, int64_t span_ns, live_read_fn *read,
                             const void *arg);
/* Did it never fall, and rise three times out of four? */
bool live_rises(const struct live_trend *trend);
static inline int64_t live_trend_ns(const struct live_trend *trend)
{
	return trend->end_ns - trend->begin_ns;
}
/* Is that as long as the limit asks, but for an interval or two? */
bool live_long_enough(const struct live *live, int64_t ns, enum limit time);

/* --- the processor time that the process got --- */

/* Over about span_ns. `running` is what the Ps ran code for, as they were sampled, and `used` the
   CPU time, both as numbers of CPUs: where the second is much less, the kernel or a quota gave less
   than was asked for. */
struct live_cpu {
	bool known;
	double procs, used;
	double idle;    /* 0...1, of the Ps; NAN: unknown */
	double running; /* NAN: nobody sampled */
	int64_t span_ns;
};
struct live_cpu live_cpu(const struct live *live, int64_t span_ns);
/* Others, or the quota, had what was asked for: delays are not the program's alone. */
bool live_cpu_is_short(const struct live_cpu *cpu);

/* GOMAXPROCS, from whoever tells; false: nobody. */
bool live_gomaxprocs(const struct snapshot *s, int64_t *procs);

/* --- words and evidence --- */

#define LIVE_TEXT 256
/* "main.forget (groups.go:48)"; "an unknown place". */
const char *live_place(char to[LIVE_TEXT], const struct goroutine_set *set,
                       const struct goroutine_place *place);
/* " (known for 75 s; it takes 10m 00s to be sure)", or "" when that is long enough. */
const char *live_known_for(char to[LIVE_TEXT], const struct live *live, int64_t ns,
                           enum limit time);
/* A group as evidence, since then: how many, for what, where, since when, made by whom. */
void live_show_group(const struct live *live, struct finding *finding,
                     const struct goroutine_set *set, const struct goroutine_group *group,
                     int64_t since_ns);

#endif
