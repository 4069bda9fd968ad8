/*
 * Is the process kept from the processors? Two witnesses in a trace can prove it. One are moments
 * in which no thread had anything to say while goroutines ran: the runtime's monitor wakes every
 * 10 ms and takes their P from goroutines that have had it for 10 ms, so that longer silence means
 * that the monitor didn't run either. The other are the samples of the CPU profiler, which the
 * kernel sends by the time that threads really had. The family of rules that fills it owns it;
 * one thread.
 */
#ifndef SCHEDTOP_DOCTOR_THROTTLE_H
#define SCHEDTOP_DOCTOR_THROTTLE_H

#include "doctor/witness.h"
#include "report/analysis.h"

struct throttle {
	uint64_t silences, together; /* in which more than one goroutine ran */
	int64_t silent_ns;
	double silent_running_ns; /* times the goroutines that ran */
	int64_t longest_ns, longest_begin_ns;
	double x, y; /* sum of where in a period of the kernel's they ended, on a circle */
};

/* What it comes to. */
struct throttle_verdict {
	double silent;         /* 0...1: share of the trace */
	double stopped;        /* 0...1: share of the running that was none, by the silences */
	bool periodic;         /* silences end at one point of the kernel's period */
	bool together;         /* enough of them with more than one goroutine: one alone may be where it
	                          can't be stopped, as in assembly */
	double running_ns;     /* of all goroutines, as `stat` tells it */
	double cpu_ns;         /* of them, by the samples; 0: too few, or of a part of the trace */
	double times;          /* running / what really ran, by the better witness; 1: all of it */
	bool samples, silence; /* which one says so */
};

/* The kernel's period for quotas, which is this unless somebody has changed it. */
enum { THROTTLE_PERIOD_NS = 100000000 };

void throttle_note(struct throttle *throttle, const struct witness *w, int64_t begin_ns,
                   int64_t end_ns);
struct throttle_verdict throttle_judge(const struct throttle *throttle, const struct witness *w,
                                       const struct analysis *analysis);

#endif
