#include "watch/plan.h"

#include <stddef.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

static const struct {
	const char *name;
	size_t offset;
	int64_t normal_ns, least_ns, most_ns;
	const char *text;
} times[] = {
	{"apart", offsetof(struct plan, apart_ns), 60 * NS_PER_S, NS_PER_S, 86400 * NS_PER_S,
     "the least time between two bundles, whatever the rules"},
	{"cooldown", offsetof(struct plan, cooldown_ns), 300 * NS_PER_S, 0, 604800 * NS_PER_S,
     "the least time between two bundles of one rule"},
	{"before", offsetof(struct plan, before_ns), 120 * NS_PER_S, NS_PER_S, 600 * NS_PER_S,
     "how much of the time before is kept as snapshots"},
	{"after", offsetof(struct plan, after_ns), 5 * NS_PER_S, 0, 60 * NS_PER_S,
     "and of the time after the capture"},
	{"exec-time", offsetof(struct plan, exec_ns), 30 * NS_PER_S, NS_PER_S, 600 * NS_PER_S,
     "how long a command may run before it is killed"},
};
#define TIMES (sizeof times / sizeof *times)

void plan_init(struct plan *plan)
{
	*plan = (struct plan){0};
	for (size_t i = 0; i < TIMES; i++)
		*(int64_t *)(void *)((char *)plan + times[i].offset) = times[i].normal_ns;
}

enum status plan_add_rule(struct plan *plan, const char *text, bool commanded, struct error *error)
{
	struct rule rule;
	bool none = strcmp(text, "none") == 0;
	if (!none && rule_parse(text, &rule, error) != STATUS_OK)
		return STATUS_USAGE;
	if (none || (commanded && !plan->commanded))
		plan->n = 0;
	plan->commanded |= commanded;
	if (none)
		return STATUS_OK;
	if (plan->n == PLAN_RULES_MAX)
		return error_set(error, STATUS_USAGE, "there can be %d rules at most", PLAN_RULES_MAX);
	plan->rule[plan->n++] = rule;
	return STATUS_OK;
}

enum status plan_add_action(struct plan *plan, const char *text, bool commanded,
                            struct error *error)
{
	if (plan->n == 0 || commanded != plan->commanded)
		return error_set(error, STATUS_USAGE,
		                 "an action belongs to the rule before it, and there is none");
	return rule_add_action(&plan->rule[plan->n - 1], text, error);
}

static enum status set_time(struct plan *plan, size_t i, const char *value, struct error *error)
{
	int64_t ns;
	char shown[64], least[32], most[32];
	if (text_parse_duration(value, &ns) && ns >= times[i].least_ns && ns <= times[i].most_ns) {
		*(int64_t *)(void *)((char *)plan + times[i].offset) = ns;
		return STATUS_OK;
	}
	text_clean(shown, sizeof shown, value, strlen(value));
	text_duration(least, sizeof least, (double)times[i].least_ns, true);
	text_duration(most, sizeof most, (double)times[i].most_ns, true);
	return error_set(error, STATUS_USAGE, "%s takes a time from %s to %s such as 30s, not '%s'",
	                 times[i].name, least, most, shown);
}

enum status plan_set(struct plan *plan, const char *name, const char *value, struct error *error)
{
	char shown[64], names[128] = "";
	size_t used = 0;
	if (strcmp(name, "when") == 0)
		return plan_add_rule(plan, value, false, error);
	if (strcmp(name, "then") == 0)
		return plan_add_action(plan, value, false, error);
	if (strcmp(name, "log") == 0 && *value && strlen(value) < sizeof plan->log) {
		snprintf(plan->log, sizeof plan->log, "%s", value);
		return STATUS_OK;
	}
	if (strcmp(name, "log") == 0)
		return error_set(error, STATUS_USAGE, "log takes the path of a file");
	for (size_t i = 0; i < TIMES; i++) {
		if (strcmp(name, times[i].name) == 0)
			return set_time(plan, i, value, error);
		used += (size_t)snprintf(names + used, sizeof names - used, "%s, ", times[i].name);
	}
	text_clean(shown, sizeof shown, name, strlen(name));
	return error_set(error, STATUS_USAGE,
	                 "there is no '%s' below [sentinel]: expected one of when, then, %slog", shown,
	                 names);
}

void plan_complete(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->rule[i].acts)
			rule_add_action(&plan->rule[i], "trace", NULL);
}

void plan_print_man(FILE *out)
{
	fputs(".It Cm when\nA rule, as of\n.Fl Fl sentinel .\n"
	      ".It Cm then\nAn action of the rule above it, as of\n.Fl Fl then .\n",
	      out);
	for (size_t i = 0; i < TIMES; i++) {
		char normal[32];
		text_duration(normal, sizeof normal, (double)times[i].normal_ns, true);
		fprintf(out, ".It Cm %s\n%c%s (default %s).\n", times[i].name, times[i].text[0] - 'a' + 'A',
		        times[i].text + 1, normal);
	}
	fputs(".It Cm log\nA file for what the sentinel does and why, one JSON object a line.\n", out);
}
