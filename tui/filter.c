#include "tui/filter.h"

#include <ctype.h>
#include <string.h>

/*
 * Counted repetitions take memory and back-references time without bound, in a line that is
 * compiled with every key: such text is only looked for as it stands.
 */
static bool is_costly(const char *text)
{
	for (; *text; text++)
		if (*text == '{' || (*text == '\\' && isdigit((unsigned char)text[1])))
			return true;
	return false;
}

void filter_open(struct filter *filter, const char *text)
{
	filter->inverse = text[0] == '!';
	filter->text = text + filter->inverse;
	filter->has_regex =
		filter->text[0] && !is_costly(filter->text) &&
		regcomp(&filter->regex, filter->text, REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
}

bool filter_matches(const struct filter *filter, const char *row)
{
	if (!filter->text[0])
		return true;
	bool found = strcasestr(row, filter->text) ||
	             (filter->has_regex && regexec(&filter->regex, row, 0, NULL, 0) == 0);
	return found != filter->inverse;
}

void filter_close(struct filter *filter)
{
	if (filter->has_regex)
		regfree(&filter->regex);
	filter->has_regex = false;
}
