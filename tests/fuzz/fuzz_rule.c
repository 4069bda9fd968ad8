/* Whatever a user writes as a rule or an action: what is taken can be judged, and what is refused
   is told in one printable line. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "watch/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const struct error *error)
{
	if (!error->text[0] || strpbrk(error->text, "\n\r\033"))
		abort();
}

static void check_rule(const struct rule *rule)
{
	const struct reading sure = {true, 1, 1}, unknown = {false, 0, 0}, wide = {true, 0, INFINITY};
	if (!rule->text[0] || rule->for_ns < 0 || rule->severity >= SEVERITY_COUNT)
		abort();
	if (!rule->metric)
		return;
	if (rule->op >= RULE_OPS || !(rule->value >= 0) || isinf(rule->value))
		abort();
	if (rule_judge(rule, &unknown) != RULE_UNKNOWN || rule_recovered(rule, &unknown))
		abort();
	/* What has recovered is not broken. */
	if (rule_recovered(rule, &sure) && rule_judge(rule, &sure) == RULE_BROKEN)
		abort();
	rule_judge(rule, &wide);
}

static void check_command(struct rule *rule)
{
	char *argv[RULE_WORDS_MAX + 1];
	if (rule->words > RULE_WORDS_MAX)
		abort();
	rule_command(rule, argv);
	for (size_t i = 0; i < rule->words; i++)
		if (argv[i] + strlen(argv[i]) >= rule->command + sizeof rule->command)
			abort();
	if (rule->words > 0 && !*argv[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule rule, fixed;
	struct plan plan;
	struct error error = {0};
	char *text = malloc(size + 1), actions[256];
	memcpy(text, data, size);
	text[size] = '\0';
	if (rule_parse(text, &rule, &error) == STATUS_OK)
		check_rule(&rule);
	else
		check_sentence(&error);
	rule_parse("idle>1%", &fixed, NULL);
	if (rule_add_action(&fixed, text, &error) == STATUS_OK)
		check_command(&fixed);
	else
		check_sentence(&error);
	rule_show_actions(&fixed, actions, sizeof actions);
	/* "NAME=VALUE" as the configuration has it. */
	plan_init(&plan);
	char *value = strchr(text, '=');
	if (value) {
		*value = '\0';
		if (plan_set(&plan, text, value + 1, &error) != STATUS_OK)
			check_sentence(&error);
		plan_complete(&plan);
	}
	free(text);
	return 0;
}
