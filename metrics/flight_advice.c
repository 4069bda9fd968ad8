#include "metrics/flight_advice.h"

#include <math.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/text.h"

#define MIB      ((double)(1 << 20))
#define ENOUGH   0.9  /* of the age: generations come and go as a whole */
#define MARGIN   1.05 /* programs are busier at times */
#define LONG_AGE (24 * 3600.0)

/* Two digits, in MiB, rounded up: a number that somebody would write down. */
static int64_t round_up(double bytes)
{
	double mib = fmax(ceil(bytes / MIB), 1);
	double step = mib <= 100 ? 1 : pow(10, floor(log10(mib)) - 1);
	return (int64_t)(ceil(mib / step) * step * MIB);
}

/* As it was set: "10 s", "1.5 s", "2m 00s". */
static void say_age(char *to, size_t size, double seconds)
{
	if (seconds < 60)
		snprintf(to, size, "%.3g s", seconds);
	else
		text_duration(to, size, seconds * (double)NS_PER_S, true);
}

void flight_advice(const struct flight_facts *f, char *to, size_t size)
{
	char rate[24], have[24], need[24], reach[24], age[24];
	to[0] = '\0';
	if (f->reach_ns <= 0 || f->bytes == 0 || f->min_age_ns <= 0 || f->max_bytes <= 0)
		return;
	double seconds = (double)f->reach_ns / (double)NS_PER_S;
	double age_s = (double)f->min_age_ns / (double)NS_PER_S;
	double per_s = (double)f->bytes / seconds;
	double could_s = (double)f->max_bytes / per_s;
	text_bytes(rate, sizeof rate, (int64_t)per_s);
	text_bytes(have, sizeof have, f->max_bytes);
	text_duration(reach, sizeof reach, (double)f->reach_ns, true);
	say_age(age, sizeof age, age_s);
	if (seconds < age_s * ENOUGH && could_s < age_s) {
		text_bytes(need, sizeof need, round_up(per_s * age_s * MARGIN));
		snprintf(to, size, "%s hold %s of this program (%s/s); for %s set MaxBytes to %s", have,
		         reach, rate, age, need);
	} else if (f->on_ns > 0 && f->on_ns < f->min_age_ns) {
		char on[24];
		text_duration(on, sizeof on, (double)f->on_ns, true);
		snprintf(to, size, "the recorder has been on for %s only; MinAge is %s", on, age);
	} else {
		char could[24];
		text_duration(could, sizeof could, fmin(could_s, LONG_AGE) * (double)NS_PER_S, true);
		snprintf(to, size, "%s/s: MaxBytes of %s would hold %s%s, MinAge asks for %s", rate, have,
		         could_s > LONG_AGE ? "more than " : "", could, age);
	}
}
