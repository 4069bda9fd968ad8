#include "compare/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

const char *const gate_words[] = {[GATE_KEPT] = "kept",
                                  [GATE_BROKEN] = "broken",
                                  [GATE_UNKNOWN] = "unknown",
                                  [GATE_NOTHING] = "nothing"};

/* --- the text -------------------------------------------------------------------------------- */

static enum status refuse(const char *text, const char *why, struct error *error)
{
	char shown[128];
	text_clean(shown, sizeof shown, text, strlen(text));
	return error_set(error, STATUS_USAGE,
	                 "--fail-on takes 'KIND:NAME METRIC +N%%', such as 'region:encode p99 +20%%', "
	                 "not '%s': %s",
	                 shown, why);
}

static int find_word(const char *const *words, int n, const char *word, size_t length)
{
	int i = 0;
	while (i < n && (strlen(words[i]) != length || memcmp(words[i], word, length) != 0))
		i++;
	return i < n ? i : -1;
}

/* "+20%" -> 1.2, "-12.5%" -> 0.875. */
static bool parse_limit(const char *word, size_t length, double *ratio)
{
	char digits[16], *end;
	if (length < 3 || length > sizeof digits || (word[0] != '+' && word[0] != '-') ||
	    word[length - 1] != '%')
		return false;
	memcpy(digits, word + 1, length - 2);
	digits[length - 2] = '\0';
	if (digits[strspn(digits, "0123456789.")])
		return false;
	double percent = strtod(digits, &end);
	if (end == digits || *end || !(percent <= 100000))
		return false;
	*ratio = word[0] == '+' ? 1 + percent / 100 : 1 - percent / 100;
	/* Less by nothing is no limit of its own, and 1 would be read as one of what grows. */
	return word[0] == '+' || (*ratio >= 0 && *ratio < 1);
}

/* The last word before `end`; *end becomes the end of what stands before it. */
static const char *last_word(const char *text, size_t *end, size_t *length)
{
	size_t to = *end;
	while (to > 0 && text[to - 1] == ' ')
		to--;
	size_t from = to;
	while (from > 0 && text[from - 1] != ' ')
		from--;
	*length = to - from;
	while (from > 0 && text[from - 1] == ' ')
		from--;
	*end = from;
	return text + to - *length;
}

enum status gate_parse(struct gate *gate, const char *text, struct error *error)
{
	size_t end = strlen(text), limit_length, metric_length;
	const char *limit = last_word(text, &end, &limit_length);
	const char *metric = last_word(text, &end, &metric_length);
	const char *colon = memchr(text, ':', end);
	*gate = (struct gate){.text = text};
	if (!parse_limit(limit, limit_length, &gate->ratio))
		return refuse(text, "it ends in a limit such as +20% or -5%", error);
	int word = find_word(metric_words, METRICS, metric, metric_length);
	if (word < 0)
		return refuse(text, "the metric is count, total, median or p99", error);
	gate->metric = (enum metric)word;
	word = colon ? find_word(item_words, ITEM_KINDS, text, (size_t)(colon - text)) : -1;
	if (word < 0)
		return refuse(text, "it begins with region:, task:, start: or site:", error);
	gate->kind = (enum item_kind)word;
	gate->name = colon + 1;
	gate->name_length = (size_t)(text + end - gate->name);
	return gate->name_length ? STATUS_OK : refuse(text, "there is no name", error);
}

bool gate_matches(const char *pattern, size_t pattern_length, const char *name, size_t length)
{
	size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
	while (n < length) {
		if (p < pattern_length && pattern[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern_length && pattern[p] == name[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++from; /* the last star takes one more */
		} else {
			return false;
		}
	}
	while (p < pattern_length && pattern[p] == '*')
		p++;
	return p == pattern_length;
}

/* --- the judgement --------------------------------------------------------------------------- */

static bool is_beyond(const struct gate *gate, const struct change *change)
{
	return gate->ratio >= 1 ? change->ratio > gate->ratio : change->ratio < gate->ratio;
}

/* How far in the direction that the limit forbids. */
static double badness(const struct gate *gate, const struct row *row)
{
	const struct change *change = &row->change[gate->metric];
	return change->known ? gate->ratio >= 1 ? change->ratio : -change->ratio : -INFINITY;
}

struct gate_result gate_judge(const struct gate *gate, const struct comparison *c)
{
	struct gate_result result = {.verdict = GATE_NOTHING};
	for (size_t i = 0; i < c->rows; i++) {
		const struct row *row = &c->row[i];
		const struct name *name = names_get(&c->items->names, row->item->name);
		const struct change *change = &row->change[gate->metric];
		if (row->item->kind != gate->kind ||
		    !gate_matches(gate->name, gate->name_length, name->text, name->length))
			continue;
		enum gate_verdict verdict = GATE_UNKNOWN;
		if (change->judged)
			verdict = change->significant && is_beyond(gate, change) ? GATE_BROKEN : GATE_KEPT;
		/* Broken by one is broken; kept by one is kept where nothing can be said of the rest. */
		static const int weight[] = {
			[GATE_NOTHING] = 0, [GATE_UNKNOWN] = 1, [GATE_KEPT] = 2, [GATE_BROKEN] = 3};
		result.matched++;
		result.broken += verdict == GATE_BROKEN;
		if (weight[verdict] > weight[result.verdict] ||
		    (verdict == result.verdict && badness(gate, row) > badness(gate, result.worst))) {
			result.verdict = verdict;
			result.worst = row;
		}
	}
	return result;
}
