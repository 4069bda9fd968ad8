/*
 * "region:encode p99 +20%": a limit that a comparison must keep. It is broken when the change goes
 * beyond it and exceeds the noise, so that neither a small regression nor chance fails a build. The
 * text is the caller's; any thread.
 */
#ifndef SCHEDTOP_COMPARE_GATE_H
#define SCHEDTOP_COMPARE_GATE_H

#include "compare/comparison.h"
#include "util/status.h"

struct gate {
	const char *text;
	enum item_kind kind;
	const char *name; /* a * in it stands for anything */
	size_t name_length;
	enum metric metric;
	double ratio; /* after / before: at most so much, or at least when it is below 1 */
};

/* KIND:NAME METRIC +N% or -N%. STATUS_USAGE with a sentence. */
enum status gate_parse(struct gate *gate, const char *text, struct error *error);

enum gate_verdict {
	GATE_KEPT,
	GATE_BROKEN,
	GATE_UNKNOWN, /* of none that it names there is enough to judge */
	GATE_NOTHING, /* it names nothing that either side has */
};
extern const char *const gate_words[]; /* by enum gate_verdict */

struct gate_result {
	enum gate_verdict verdict;
	const struct row *worst; /* of those that break it, or of those that keep it; or NULL */
	size_t broken, matched;
};

struct gate_result gate_judge(const struct gate *gate, const struct comparison *c);

/* Does the name match a pattern in which * stands for anything? */
bool gate_matches(const char *pattern, size_t pattern_length, const char *name, size_t length);

#endif
