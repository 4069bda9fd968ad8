/*
 * What the user wants watched: the rules, and the limits under which they act. It is filled from
 * the configuration ([sentinel]) and the command line before anything runs, and read from then on.
 * Plain values; one thread while it is filled, then any.
 */
#ifndef SCHEDTOP_WATCH_PLAN_H
#define SCHEDTOP_WATCH_PLAN_H

#include <stdio.h>

#include "watch/rule.h"

enum { PLAN_RULES_MAX = 16, PLAN_PATH_MAX = 512 };

struct plan {
	struct rule rule[PLAN_RULES_MAX];
	size_t n;
	bool commanded;              /* the rules are the command line's, not the configuration's */
	int64_t apart_ns;            /* least time between two bundles, whatever the rules */
	int64_t cooldown_ns;         /* and between two of one rule */
	int64_t before_ns, after_ns; /* of snapshots around the moment */
	int64_t exec_ns;             /* that a command may take */
	char log[PLAN_PATH_MAX];     /* file; "": standard error */
};

void plan_init(struct plan *plan);
/* One rule more. From the command line, the first one takes the place of all that the configuration
   has; "none" leaves none. STATUS_USAGE with a sentence. */
enum status plan_add_rule(struct plan *plan, const char *text, bool commanded, struct error *error);
/* An action of the rule that was added last, by the same hand. */
enum status plan_add_action(struct plan *plan, const char *text, bool commanded,
                            struct error *error);
/* An entry below [sentinel]: "when" and "then" as above, "apart", "cooldown", "before", "after",
   "exec-time" and "log". STATUS_USAGE with what was expected. */
enum status plan_set(struct plan *plan, const char *name, const char *value, struct error *error);
/* When all is read: a rule without an action takes a trace. */
void plan_complete(struct plan *plan);
/* The entries of [sentinel] with their defaults, in mdoc. */
void plan_print_man(FILE *out);

#endif
