#include "cli/option_value.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collect/capture.h"
#include "collect/capture_lock.h"
#include "compare/kinds.h"
#include "doctor/catalogue.h"
#include "doctor/live.h"
#include "metrics/playback.h"
#include "util/clock.h"
#include "util/text.h"

enum status option_value_bad(const struct setting *setting, const char *expected,
                             struct error *error)
{
	char shown[64];
	text_clean(shown, sizeof shown, setting->value, strlen(setting->value));
	return error_set(error, STATUS_USAGE, "%s takes %s, not '%s'", setting->called, expected,
	                 shown);
}

/* "auto|always|never" */
static enum status bad_choice(const struct setting *setting, struct error *error)
{
	char words[128] = "";
	size_t used = 0;
	for (int i = 0; i < setting->row->choices && used < sizeof words; i++)
		used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? "|" : "",
		                         setting->row->choice[i]);
	return option_value_bad(setting, words, error);
}

static bool parse_flag(const char *word, bool *flag)
{
	static const char *const words[2][4] = {{"no", "false", "off", "0"},
	                                        {"yes", "true", "on", "1"}};
	for (size_t i = 0; i < 8; i++)
		if (strcasecmp(word, words[i / 4][i % 4]) == 0) {
			*flag = i / 4;
			return true;
		}
	return false;
}

static enum status add_limit(struct limits *limits, const char *value,
                             const struct setting *setting, struct error *error)
{
	if (limits->n == LIMITS_MAX)
		return error_set(error, STATUS_USAGE, "%s can be given %d times at most", setting->called,
		                 LIMITS_MAX);
	limits->text[limits->n++] = value;
	return STATUS_OK;
}

/* Times, by their types. */
static const struct {
	int64_t least_ns, most_ns, step_ns;
	const char *expected;
} spans[] = {
	[TYPE_DURATION] = {50 * NS_PER_MS, INT64_MAX, 1,
                       "a time of 50ms or more, such as 250ms, 0.3s or 2m"},
	[TYPE_WATCH] = {2 * NS_PER_S, LIVE_SPAN_NS, 1, "a time from 2s to 10m, such as 30s"},
	[TYPE_SECONDS] = {CAPTURE_SECONDS_MIN * NS_PER_S, CAPTURE_SECONDS_MAX *NS_PER_S, NS_PER_S,
                      "whole seconds from 1s to 30s"},
	[TYPE_PAUSE] = {0, CAPTURE_COOLDOWN_MAX_NS, 1, "a time up to 24h, such as 90s"},
	[TYPE_MOMENT] = {0, INT64_MAX, 1, "a time such as 250ms, 0.3s or 2m"},
};

static enum status set_span(int64_t *at_ns, const struct setting *setting, struct error *error)
{
	enum option_type type = setting->row->type;
	int64_t ns;
	if (!text_parse_duration(setting->value, &ns) || ns < spans[type].least_ns ||
	    ns > spans[type].most_ns || ns % spans[type].step_ns != 0)
		return option_value_bad(setting, spans[type].expected, error);
	*at_ns = ns;
	return STATUS_OK;
}

enum status option_value_set(struct options *o, const struct setting *setting, struct error *error)
{
	const struct option_row *row = setting->row;
	const char *value = setting->value;
	void *at = (char *)o + row->offset;
	long number;
	int64_t amount;
	bool flag;
	enum slug slug;
	switch (row->type) {
	case TYPE_FLAG:
		if (!parse_flag(value, &flag))
			return option_value_bad(setting, "yes or no", error);
		*(bool *)at = flag;
		return STATUS_OK;
	case TYPE_PID:
		if (!text_parse_integer(value, 1, 0x7fffffff, &number))
			return option_value_bad(setting, "a process ID", error);
		*(pid_t *)at = (pid_t)number;
		return STATUS_OK;
	case TYPE_COUNT:
		if (!text_parse_integer(value, 1, 0x7fffffff, &number))
			return option_value_bad(setting, "a count of 1 or more", error);
		*(long *)at = number;
		return STATUS_OK;
	case TYPE_DURATION:
	case TYPE_WATCH:
	case TYPE_SECONDS:
	case TYPE_PAUSE:
	case TYPE_MOMENT:
		return set_span(at, setting, error);
	case TYPE_ID:
		if (!text_parse_integer(value, 1, LONG_MAX, &number))
			return option_value_bad(setting, "a number of 1 or more", error);
		*(uint64_t *)at = (uint64_t)number;
		return STATUS_OK;
	case TYPE_ITEMS:
		if (!item_words_parse(value, (unsigned *)at))
			return option_value_bad(setting, "some of region, task, start and site, with commas",
			                        error);
		return STATUS_OK;
	case TYPE_LIMITS:
		return add_limit(at, value, setting, error);
	case TYPE_MOVED:
		return limits_set_text(at, value, error);
	case TYPE_RULE:
		return plan_add_rule(at, value, true, error);
	case TYPE_ACTION:
		return plan_add_action(at, value, true, error);
	case TYPE_SLUG:
		if (!slug_parse(value, &slug) || !advice_of(slug))
			return option_value_bad(setting,
			                        "a finding such as trace-truncated: schedtop-findings(7) "
			                        "lists them",
			                        error);
		*(const char **)at = value;
		return STATUS_OK;
	case TYPE_SIZE:
		if (!text_parse_bytes(value, &amount))
			return option_value_bad(setting, "a size such as 500MB or 2GiB", error);
		*(int64_t *)at = amount;
		return STATUS_OK;
	case TYPE_SPEED:
		if (!playback_speed_parse(value, (double *)at))
			return option_value_bad(setting, "0.1 to 100, or max", error);
		return STATUS_OK;
	case TYPE_TEXT:
		if (!*value)
			return option_value_bad(setting, row->argument, error);
		*(const char **)at = value;
		return STATUS_OK;
	case TYPE_CHOICE:
	case TYPE_LEVEL:
		for (int i = 0; i < row->choices; i++)
			if (strcmp(value, row->choice[i]) == 0) {
				*(int *)at = i;
				return STATUS_OK;
			}
		return bad_choice(setting, error);
	}
	return STATUS_OK;
}
