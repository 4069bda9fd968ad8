/*
 * What is to be watched for, and what is to be done then, as a line of text says it:
 *
 *   METRIC > VALUE [for TIME]                  also >=, <, <=: sched.p99>50ms for 5s
 *   finding:SLUG[>=SEVERITY] [for TIME]        finding:gc-pressure>=critical; finding:any
 *
 * and an action: snapshots, a kind of capture, or exec:COMMAND, whose words are split here, once,
 * at blanks outside of quotes ('...' and "..."; nothing in them means anything). Plain values that
 * refer to constant tables alone; any thread.
 */
#ifndef SCHEDTOP_WATCH_RULE_H
#define SCHEDTOP_WATCH_RULE_H

#include "doctor/finding.h"
#include "metrics/session.h"
#include "util/status.h"
#include "watch/metrics.h"

enum {
	RULE_TEXT_MAX = 160, /* bytes, with the terminator */
	RULE_COMMAND_MAX = 512,
	RULE_WORDS_MAX = 32,
};

enum rule_op { RULE_ABOVE, RULE_AT_LEAST, RULE_BELOW, RULE_AT_MOST, RULE_OPS };

struct rule {
	char text[RULE_TEXT_MAX];         /* as it was given */
	const struct live_metric *metric; /* NULL: a finding */
	enum rule_op op;
	double value;
	enum slug slug; /* SLUG_COUNT: any */
	enum severity severity;
	int64_t for_ns; /* 0: at once */
	/* What to do: a bundle is always made. */
	bool acts;                      /* some action was named */
	unsigned kinds;                 /* bits of enum capture_kind */
	char command[RULE_COMMAND_MAX]; /* its words, each with its terminator */
	size_t words;                   /* 0: none */
};

/* STATUS_USAGE with the word that is wrong and what was expected; the sentence begins with "the
   rule '...'". */
enum status rule_parse(const char *text, struct rule *rule, struct error *error);
/* One action more. STATUS_USAGE likewise. */
enum status rule_add_action(struct rule *rule, const char *action, struct error *error);
/* "trace, exec:notify" */
void rule_show_actions(const struct rule *rule, char *to, size_t size);
/* One of them, from 0 on, without exec:COMMAND; NULL after the last. */
const char *rule_action_word(size_t i);
/* Words of the command, NULL behind the last; they point into the rule. */
void rule_command(struct rule *rule, char *argv[RULE_WORDS_MAX + 1]);

/* Does the reading break the rule for certain, keep clear of it for certain, or neither? */
enum rule_verdict { RULE_UNKNOWN, RULE_KEPT, RULE_BROKEN };
enum rule_verdict rule_judge(const struct rule *rule, const struct reading *reading);
/* Is the reading so far on the good side that the rule may speak again: a tenth of the value beyond
   it? What is unknown is not. */
bool rule_recovered(const struct rule *rule, const struct reading *reading);
/* The finding that the rule is about, or NULL. */
const struct finding *rule_find(const struct rule *rule, const struct findings *findings);

#endif
