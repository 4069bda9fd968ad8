#include "watch/rule.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"
#include "watch/amount.h"

#define HYSTERESIS 0.1 /* of the value */
#define FOR_MAX_NS (INT64_C(3600) * INT64_C(1000000000))

#define GRAMMAR                                                       \
	"METRIC > VALUE [for TIME], such as 'sched.p99>50ms for 5s', or " \
	"finding:SLUG[>=SEVERITY] [for TIME]"
#define METRIC_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789.-_"
#define BLANKS         " \t"

/* Longer ones first. */
static const struct {
	const char *text;
	enum rule_op op;
} operators[] = {
	{">=", RULE_AT_LEAST},
	{"<=", RULE_AT_MOST},
	{">", RULE_ABOVE},
	{"<", RULE_BELOW},
};

static const struct {
	const char *word;
	enum capture_kind kind; /* CAPTURE_KINDS: none, the snapshots alone */
} actions[] = {
	{"snapshots", CAPTURE_KINDS},      {"trace", CAPTURE_KIND_TRACE},
	{"flight", CAPTURE_KIND_FLIGHT},   {"goroutines", CAPTURE_KIND_GOROUTINES},
	{"sampled", CAPTURE_KIND_SAMPLED},
};
#define ACTIONS (sizeof actions / sizeof *actions)
#define EXEC    "exec:"

/* --- parsing --------------------------------------------------------------------------------- */

static enum status refuse(const struct rule *rule, struct error *error, const char *why)
{
	return error_set(error, STATUS_USAGE, "the rule '%s': %s; expected is " GRAMMAR, rule->text,
	                 why);
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, BLANKS);
}

/* Cuts "for TIME" off the end, if it is there, and blanks. */
static enum status take_for(struct rule *rule, char *text, struct error *error)
{
	char *at = NULL, why[160], shown[64];
	for (char *next = text; (next = strstr(next, "for")) != NULL; next++)
		if (next > text && strchr(BLANKS, next[-1]) && next[3] && strchr(BLANKS, next[3]))
			at = next;
	if (at) {
		const char *time = skip_blanks(at + 3);
		if (!text_parse_duration(time, &rule->for_ns) || rule->for_ns > FOR_MAX_NS) {
			text_clean(shown, sizeof shown, time, strlen(time));
			snprintf(why, sizeof why, "'%s' is no time up to 1h such as 5s or 2m", shown);
			return refuse(rule, error, why);
		}
		*at = '\0';
	}
	for (size_t n = strlen(text); n > 0 && strchr(BLANKS, text[n - 1]); n--)
		text[n - 1] = '\0';
	return STATUS_OK;
}

/* What follows "finding:". */
static enum status parse_finding(struct rule *rule, char *text, struct error *error)
{
	char why[160], shown[64];
	char *least = strstr(text, ">=");
	rule->severity = SEVERITY_WARNING;
	if (least) {
		const char *word = skip_blanks(least + 2);
		if (!severity_parse(word, &rule->severity)) {
			text_clean(shown, sizeof shown, word, strlen(word));
			snprintf(why, sizeof why, "'%s' is not info, warning or critical", shown);
			return refuse(rule, error, why);
		}
		*least = '\0';
		for (size_t n = strlen(text); n > 0 && strchr(BLANKS, text[n - 1]); n--)
			text[n - 1] = '\0';
	}
	rule->slug = SLUG_COUNT;
	if (strcmp(text, "any") == 0)
		return STATUS_OK;
	text_clean(shown, sizeof shown, text, strlen(text));
	const struct advice *advice = slug_parse(text, &rule->slug) ? advice_of(rule->slug) : NULL;
	if (advice && advice->from & FROM_LIVE)
		return STATUS_OK;
	snprintf(why, sizeof why,
	         advice ? "'%s' is found in traces, not in a live process"
	                : "there is no finding '%s': schedtop-findings(7) lists them",
	         shown);
	return refuse(rule, error, why);
}

static enum status parse_metric(struct rule *rule, const char *text, struct error *error)
{
	char why[160], shown[64];
	size_t length = strspn(text, METRIC_LETTERS);
	rule->metric = live_metric_find(text, length);
	if (!rule->metric) {
		text_clean(shown, sizeof shown, text, length ? length : strlen(text));
		snprintf(why, sizeof why, "'%s' is no metric: schedtop watch --list has them", shown);
		return refuse(rule, error, why);
	}
	const char *at = skip_blanks(text + length);
	size_t i = 0;
	while (i < RULE_OPS && strncmp(at, operators[i].text, strlen(operators[i].text)) != 0)
		i++;
	if (i == RULE_OPS)
		return refuse(rule, error, "the metric is followed by >, >=, < or <=");
	rule->op = operators[i].op;
	at = skip_blanks(at + strlen(operators[i].text));
	if (amount_parse(rule->metric->unit, at, &rule->value))
		return STATUS_OK;
	text_clean(shown, sizeof shown, at, strlen(at));
	snprintf(why, sizeof why, "%s takes %s, not '%s'", rule->metric->name,
	         amount_example(rule->metric->unit), shown);
	return refuse(rule, error, why);
}

enum status rule_parse(const char *text, struct rule *rule, struct error *error)
{
	static const char finding[] = "finding:";
	char work[RULE_TEXT_MAX];
	*rule = (struct rule){.slug = SLUG_COUNT};
	text = skip_blanks(text);
	text_clean(rule->text, sizeof rule->text, text, strlen(text));
	if (strlen(text) >= sizeof work)
		return refuse(rule, error, "it is too long");
	if (!*text)
		return refuse(rule, error, "it is empty");
	snprintf(work, sizeof work, "%s", text);
	enum status status = take_for(rule, work, error);
	if (status != STATUS_OK)
		return status;
	if (strncmp(work, finding, sizeof finding - 1) == 0)
		return parse_finding(rule, work + sizeof finding - 1, error);
	return parse_metric(rule, work, error);
}

/* --- actions --------------------------------------------------------------------------------- */

/* The words of --then, for help and sentences: "snapshots, trace, goroutines or exec:COMMAND". */
static void rule_action_words(char *to, size_t size)
{
	size_t used = 0;
	for (size_t i = 0; i < ACTIONS && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s, ", actions[i].word);
	if (used >= 2 && used < size)
		snprintf(to + used - 2, size - used + 2, " or " EXEC "COMMAND");
}

const char *rule_action_word(size_t i)
{
	return i < ACTIONS ? actions[i].word : NULL;
}

/* Copies one word, without its quotes, behind the others. NULL: it doesn't fit or a quote stays
   open. */
static const char *take_word(const char *at, char *to, size_t room, size_t *used)
{
	char quote = '\0';
	for (; *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (quote ? *at == quote : *at == '\'' || *at == '"') {
			quote = quote ? '\0' : *at;
			continue;
		}
		if (*used + 1 >= room)
			return NULL;
		to[(*used)++] = *at;
	}
	if (quote || *used + 1 > room)
		return NULL;
	to[(*used)++] = '\0';
	return at;
}

static enum status split_command(struct rule *rule, const char *text, struct error *error)
{
	char shown[96];
	size_t used = 0, words = 0;
	text_clean(shown, sizeof shown, text, strlen(text));
	for (const char *at = skip_blanks(text); at && *at; at = skip_blanks(at)) {
		if (words == RULE_WORDS_MAX)
			return error_set(error, STATUS_USAGE, "the command '%s' has more than %d words", shown,
			                 RULE_WORDS_MAX);
		at = take_word(at, rule->command, sizeof rule->command, &used);
		words++;
		if (!at)
			return error_set(error, STATUS_USAGE,
			                 "the command '%s' is longer than %d bytes, or a quote in it is left "
			                 "open",
			                 shown, RULE_COMMAND_MAX - 1);
	}
	if (words == 0 || !rule->command[0])
		return error_set(error, STATUS_USAGE,
		                 EXEC " needs a command, such as exec:/usr/local/bin/page-me");
	rule->words = words;
	return STATUS_OK;
}

enum status rule_add_action(struct rule *rule, const char *action, struct error *error)
{
	char shown[64], words[128];
	if (strncmp(action, EXEC, sizeof EXEC - 1) == 0 && rule->words)
		return error_set(error, STATUS_USAGE, "the rule '%s' has a command already", rule->text);
	if (strncmp(action, EXEC, sizeof EXEC - 1) == 0) {
		enum status status = split_command(rule, action + sizeof EXEC - 1, error);
		rule->acts |= status == STATUS_OK;
		return status;
	}
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(action, actions[i].word) == 0) {
			rule->acts = true;
			if (actions[i].kind != CAPTURE_KINDS)
				rule->kinds |= 1U << actions[i].kind;
			return STATUS_OK;
		}
	text_clean(shown, sizeof shown, action, strlen(action));
	rule_action_words(words, sizeof words);
	return error_set(error, STATUS_USAGE, "there is no action '%s': expected is %s", shown, words);
}

void rule_show_actions(const struct rule *rule, char *to, size_t size)
{
	size_t used = 0;
	to[0] = '\0';
	for (size_t i = 0; i < ACTIONS && used < size; i++)
		if (actions[i].kind != CAPTURE_KINDS && rule->kinds >> actions[i].kind & 1)
			used +=
				(size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "", actions[i].word);
	if (rule->kinds == 0 && used < size)
		used += (size_t)snprintf(to + used, size - used, "%s", actions[0].word);
	if (rule->words && used < size)
		snprintf(to + used, size - used, ", " EXEC "%s", rule->command);
}

void rule_command(struct rule *rule, char *argv[RULE_WORDS_MAX + 1])
{
	char *word = rule->command;
	for (size_t i = 0; i < rule->words; i++) {
		argv[i] = word;
		word += strlen(word) + 1;
	}
	argv[rule->words] = NULL;
}

/* --- judging --------------------------------------------------------------------------------- */

/* A range breaks a rule when all of it does. Buckets are half open: [lo, hi). */
enum rule_verdict rule_judge(const struct rule *rule, const struct reading *r)
{
	bool point = r->lo >= r->hi, broken = false, kept = false;
	if (!r->known)
		return RULE_UNKNOWN;
	switch (rule->op) {
	case RULE_ABOVE:
		broken = r->lo > rule->value;
		kept = r->hi <= rule->value;
		break;
	case RULE_AT_LEAST:
		broken = r->lo >= rule->value;
		kept = point ? r->hi < rule->value : r->hi <= rule->value;
		break;
	case RULE_BELOW:
		broken = point ? r->hi < rule->value : r->hi <= rule->value;
		kept = r->lo >= rule->value;
		break;
	default:
		broken = r->hi <= rule->value;
		kept = r->lo > rule->value;
		break;
	}
	return broken ? RULE_BROKEN : kept ? RULE_KEPT : RULE_UNKNOWN;
}

bool rule_recovered(const struct rule *rule, const struct reading *r)
{
	double beyond = rule->value * HYSTERESIS;
	if (!r->known)
		return false;
	/* Nothing is a tenth below nothing. */
	if (rule->value <= 0)
		return rule_judge(rule, r) == RULE_KEPT;
	if (rule->op == RULE_ABOVE || rule->op == RULE_AT_LEAST)
		return r->hi <= rule->value - beyond;
	return r->lo >= rule->value + beyond;
}

const struct finding *rule_find(const struct rule *rule, const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = findings->finding[i];
		if ((rule->slug == SLUG_COUNT || f->slug == rule->slug) && f->severity >= rule->severity)
			return f;
	}
	return NULL;
}
