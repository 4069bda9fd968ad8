#include "doctor/throttle.h"

#include <math.h>

#include "trace/elapsed.h"

/* Fewer silences than this may be chance. */
enum { LEAST_SILENCES = 6 };
/* Rayleigh's test of whether points on a circle keep together: by chance its statistic is larger
   than this in 3 traces of 10,000. And so far from the middle, or the rhythm explains little. */
#define RAYLEIGH 8
#define TOGETHER 0.5

/* The profiler's usual rate; nothing in a trace tells of another. */
enum { SAMPLE_NS = 10000000, LEAST_SAMPLES = 50 };
#define LEAST_RUNNING_NS 5e8
/* A profile of a part of the trace says nothing of the rest: from first to last sample it has to
   cover so much, and never to be silent for longer than this. */
#define COVERED 0.9
enum { MOST_GAP_NS = 250000000 };

void throttle_note(struct throttle *t, const struct witness *w, int64_t begin_ns, int64_t end_ns)
{
	int64_t ns = elapsed_ns(begin_ns, end_ns);
	double turn = 2 * 3.14159265358979323846 * (double)(end_ns % THROTTLE_PERIOD_NS) /
	              (double)THROTTLE_PERIOD_NS;
	t->silences++;
	t->together += w->running > 1;
	add_ns(&t->silent_ns, ns);
	t->silent_running_ns += (double)ns * w->running;
	t->x += cos(turn);
	t->y += sin(turn);
	if (ns > t->longest_ns) {
		t->longest_ns = ns;
		t->longest_begin_ns = witness_since_begin(w, begin_ns);
	}
}

static bool is_covered(const struct samples *s, double observed_ns)
{
	return s->total >= LEAST_SAMPLES && s->gap_ns <= MOST_GAP_NS &&
	       (double)elapsed_ns(s->first_ns, s->last_ns) >= COVERED * observed_ns;
}

struct throttle_verdict throttle_judge(const struct throttle *t, const struct witness *w,
                                       const struct analysis *a)
{
	struct throttle_verdict v = {.times = 1,
	                             .running_ns = (double)a->goroutines.state_ns[GO_RUNNING]};
	double observed = (double)elapsed_ns(w->first_ns, w->last_ns), n = (double)t->silences;
	if (observed <= 0 || v.running_ns <= 0)
		return v;
	v.silent = (double)t->silent_ns / observed;
	v.stopped = fmin(t->silent_running_ns / v.running_ns, .99);
	double r = n > 0 ? hypot(t->x, t->y) / n : 0;
	v.periodic = n * r * r >= RAYLEIGH && r >= TOGETHER;
	v.together = t->together >= LEAST_SILENCES && t->together * 2 > t->silences;
	if (v.periodic || v.together) {
		v.times = 1 / (1 - v.stopped);
		v.silence = true;
	}
	if (!is_covered(&a->samples, observed) || v.running_ns < LEAST_RUNNING_NS)
		return v;
	v.cpu_ns = (double)a->samples.total * SAMPLE_NS;
	if (v.running_ns / v.cpu_ns > v.times) {
		v.times = v.running_ns / v.cpu_ns;
		v.samples = true;
		v.silence = false;
	}
	return v;
}
