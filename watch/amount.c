#include "watch/amount.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static const struct {
	const char *text, *example;
} units[UNIT_KINDS] = {
	[UNIT_NS] = {"time", "a time such as 50ms"},
	[UNIT_BYTES] = {"bytes", "a size such as 64MiB, or 0"},
	[UNIT_COUNT] = {"number", "a number such as 5 or 12.5"},
	[UNIT_RATIO] = {"share", "a share such as 70% or 0.7"},
	[UNIT_PER_S] = {"per second", "a number per second such as 400"},
};

const char *amount_example(enum measure_unit unit)
{
	return units[unit].example;
}

const char *amount_unit_text(enum measure_unit unit)
{
	return units[unit].text;
}

/* Digits with a point, and the sign of a percentage where that may be. strtod alone would take
   "nan", "0x1p3" and blanks in front. */
static bool parse_number(const char *text, bool may_be_percent, double *value)
{
	char *end;
	if (*text < '0' || *text > '9' || strspn(text, "0123456789.% ") != strlen(text))
		return false;
	*value = strtod(text, &end);
	end += strspn(end, " ");
	if (*end == '%' && may_be_percent) {
		*value /= 100;
		end++;
	}
	return *end == '\0' && isfinite(*value);
}

bool amount_parse(enum measure_unit unit, const char *text, double *value)
{
	int64_t amount;
	if (unit == UNIT_NS && text_parse_duration(text, &amount)) {
		*value = (double)amount;
		return true;
	}
	if (unit == UNIT_BYTES && text_parse_bytes(text, &amount)) {
		*value = (double)amount;
		return true;
	}
	if (unit == UNIT_BYTES && strcmp(text, "0") == 0) {
		*value = 0;
		return true;
	}
	if (unit == UNIT_NS || unit == UNIT_BYTES || !parse_number(text, unit == UNIT_RATIO, value))
		return false;
	/* "busy>70" would wait for seventy times all there is. */
	return unit != UNIT_RATIO || *value <= 1;
}

static void amount_show(enum measure_unit unit, double value, char *to, size_t size)
{
	switch (unit) {
	case UNIT_NS:
		text_duration(to, size, value, false);
		return;
	case UNIT_BYTES:
		text_bytes(to, size, value < 9e18 ? (int64_t)value : INT64_MAX);
		return;
	case UNIT_RATIO:
		text_percent(to, size, value);
		return;
	case UNIT_PER_S:
		snprintf(to, size, "%.4g/s", value);
		return;
	default:
		snprintf(to, size, value < 100 ? "%.3g" : "%.10g", value);
	}
}

void amount_show_range(enum measure_unit unit, double lo, double hi, char *to, size_t size)
{
	if (unit == UNIT_NS && lo < hi)
		text_duration_range(to, size, lo, hi, false);
	else
		amount_show(unit, lo, to, size);
}
