#include "util/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"

/* --- strings from outside ------------------------------------------------------------------- */

/*
 * Characters that are valid UTF-8 and still not wanted on a terminal: control characters (ESC and
 * the one-character CSI among them), marks that reverse what is read (CVE-2021-42574), and
 * characters without a width, which make two names look alike.
 */
static const struct {
	uint32_t first, last;
} harmful[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},      {0x180b, 0x180f},
	{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},
	{0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
};

static bool is_harmful(uint32_t rune)
{
	for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++) {
		if (rune >= harmful[i].first && rune <= harmful[i].last)
			return true;
	}
	return false;
}

/* Bytes of the character at `from`, of which n are there; 0 when they are not valid UTF-8 (RFC
 * 3629). */
static size_t decode(const unsigned char *from, size_t n, uint32_t *rune)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = from[0] < 0x80   ? 1
	                : from[0] < 0xc0 ? 0
	                : from[0] < 0xe0 ? 2
	                : from[0] < 0xf0 ? 3
	                : from[0] < 0xf8 ? 4
	                                 : 0;
	if (length == 0 || length > n)
		return 0;
	uint32_t value = length == 1 ? from[0] : from[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((from[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (from[i] & 0x3f);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*rune = value;
	return length;
}

void text_clean(char *to, size_t size, const char *from, size_t n)
{
	if (size == 0)
		return;
	size_t used = 0;
	for (size_t i = 0; i < n;) {
		uint32_t rune;
		size_t length = decode((const unsigned char *)from + i, n - i, &rune);
		bool keep = length > 0 && !is_harmful(rune);
		size_t room = keep ? length : 1;
		if (room > size - 1 - used)
			break;
		if (keep)
			memcpy(to + used, from + i, length);
		else
			to[used] = '?';
		used += room;
		i += length ? length : 1;
	}
	to[used] = '\0';
}

/* --- numbers from the command line ---------------------------------------------------------- */

#define DURATION_MAX_NS (NS_PER_S * 3600 * 24 * 365 * 10)

static const struct {
	const char *name;
	int64_t ns;
} duration_units[] = {
	{"ns", 1},
	{"us", NS_PER_US},
	{"\u00b5s", NS_PER_US}, /* the micro sign */
	{"\u03bcs", NS_PER_US}, /* the Greek letter */
	{"ms", NS_PER_MS},
	{"s", NS_PER_S},
	{"m", 60 * NS_PER_S},
	{"h", 3600 * NS_PER_S},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The unit at `text`, which ends there or goes on with the next number; its length in *length. */
static int64_t unit_ns(const char *text, size_t *length)
{
	*length = strcspn(text, "0123456789.");
	for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++) {
		if (strlen(duration_units[i].name) == *length &&
		    memcmp(text, duration_units[i].name, *length) == 0)
			return duration_units[i].ns;
	}
	return 0;
}

/* Whole digits, then what is behind the point: exact, and not in the hands of the locale. */
static bool add_number(const char *digits, const char *fraction, int64_t unit, int64_t *ns)
{
	int64_t sum = 0;
	for (const char *c = digits; is_digit(*c); c++) {
		sum = sum * 10 + (*c - '0') * unit;
		if (sum > DURATION_MAX_NS)
			return false;
	}
	for (const char *c = fraction; is_digit(*c) && unit > 1; c++) {
		unit /= 10;
		sum += (*c - '0') * unit;
	}
	*ns += sum;
	return *ns <= DURATION_MAX_NS;
}

bool text_parse_duration(const char *text, int64_t *ns)
{
	int64_t sum = 0;
	const char *at = text;
	do {
		const char *digits = at;
		at += strspn(at, "0123456789");
		const char *fraction = "";
		size_t seen = (size_t)(at - digits);
		if (*at == '.') {
			fraction = ++at;
			at += strspn(at, "0123456789");
			seen += (size_t)(at - fraction);
		}
		if (seen == 0)
			return false;
		size_t length = 0;
		/* A bare number is seconds, but only when it is all there is: 1h30 is a mistake. */
		int64_t unit = *at == '\0' && digits == text ? NS_PER_S : unit_ns(at, &length);
		if (unit == 0 || !add_number(digits, fraction, unit, &sum))
			return false;
		at += length;
	} while (*at != '\0');
	*ns = sum;
	return true;
}

static const struct {
	const char *name;
	int64_t size;
} size_units[] = {
	{"", 1},
	{"b", 1},
	{"k", 1000},
	{"kb", 1000},
	{"m", 1000000},
	{"mb", 1000000},
	{"g", 1000000000},
	{"gb", 1000000000},
	{"t", 1000000000000},
	{"tb", 1000000000000},
	{"kib", INT64_C(1) << 10},
	{"mib", INT64_C(1) << 20},
	{"gib", INT64_C(1) << 30},
	{"tib", INT64_C(1) << 40},
};

bool text_parse_bytes(const char *text, int64_t *bytes)
{
	char *unit;
	if (!is_digit(text[0]))
		return false;
	errno = 0;
	long long number = strtoll(text, &unit, 10);
	for (size_t i = 0; errno == 0 && i < sizeof size_units / sizeof *size_units; i++)
		if (strcasecmp(unit, size_units[i].name) == 0) {
			if (number <= 0 || number > INT64_MAX / size_units[i].size)
				return false;
			*bytes = number * size_units[i].size;
			return true;
		}
	return false;
}

bool text_parse_integer(const char *text, long min, long max, long *value)
{
	if (!is_digit(text[0]) && !(text[0] == '-' && is_digit(text[1])))
		return false;
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (*end != '\0' || errno == ERANGE || number < min || number > max)
		return false;
	*value = number;
	return true;
}

/* --- numbers for people --------------------------------------------------------------------- */

/* Room for a number with its unit. */
#define NUMBER_MAX 48
#define UNKNOWN    "-"

/* `value` with so many decimals and a point in every locale; it must fit an int64_t. */
static void print_fixed(char to[NUMBER_MAX], double value, int decimals)
{
	static const int64_t scale[] = {1, 10, 100, 1000};
	int64_t scaled = llround(fabs(value) * (double)scale[decimals]);
	const char *sign = value < 0 && scaled != 0 ? "-" : "";
	if (decimals == 0)
		snprintf(to, NUMBER_MAX, "%s%" PRId64, sign, scaled);
	else
		snprintf(to, NUMBER_MAX, "%s%" PRId64 ".%0*" PRId64, sign, scaled / scale[decimals],
		         decimals, scaled % scale[decimals]);
}

/* How many decimals make three digits of it. */
static int three_digits(double value)
{
	return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

struct unit {
	const char *name, *ascii;
	double size;
};

static const struct unit time_units[] = {
	{" ns", " ns", 1},
	{" \u00b5s", " us", 1e3},
	{" ms", " ms", 1e6},
	{" s", " s", 1e9},
};
static const struct unit count_units[] = {
	{"", "", 1},      {"k", "k", 1e3},  {"M", "M", 1e6},  {"G", "G", 1e9},
	{"T", "T", 1e12}, {"P", "P", 1e15}, {"E", "E", 1e18},
};
static const struct unit byte_units[] = {
	{" B", " B", 1},          {" KiB", " KiB", 0x1p10}, {" MiB", " MiB", 0x1p20},
	{" GiB", " GiB", 0x1p30}, {" TiB", " TiB", 0x1p40}, {" PiB", " PiB", 0x1p50},
	{" EiB", " EiB", 0x1p60},
};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The first unit in which the number stays below `limit` (half a digit less, for rounding). */
static const struct unit *choose_unit(const struct unit *units, size_t n, double value,
                                      double limit)
{
	size_t i = 0;
	while (i + 1 < n && fabs(value) / units[i].size >= limit)
		i++;
	return &units[i];
}

static void append(char *to, size_t size, const char *text)
{
	size_t used = strnlen(to, size);
	if (used < size)
		snprintf(to + used, size - used, "%s", text);
}

static void put(char *to, size_t size, const char *text)
{
	if (size > 0)
		snprintf(to, size, "%s", text);
}

/* From a minute up: two units, the smaller one with two digits so that columns stand still. */
static void long_duration(char to[NUMBER_MAX], double ns)
{
	const char *sign = ns < 0 ? "-" : "";
	double seconds = fabs(ns) / 1e9;
	if (seconds > 1e15) { /* far beyond any int64_t of nanoseconds */
		snprintf(to, NUMBER_MAX, UNKNOWN);
		return;
	}
	int64_t s = llround(seconds);
	int64_t minutes = s / 60, hours = minutes / 60, days = hours / 24;
	if (hours == 0)
		snprintf(to, NUMBER_MAX, "%s%" PRId64 "m %02" PRId64 "s", sign, minutes, s % 60);
	else if (days == 0)
		snprintf(to, NUMBER_MAX, "%s%" PRId64 "h %02" PRId64 "m", sign, hours, minutes % 60);
	else
		snprintf(to, NUMBER_MAX, "%s%" PRId64 "d %02" PRId64 ":%02" PRId64, sign, days, hours % 24,
		         minutes % 60);
}

#define SHORT_MAX_NS 59.95e9 /* what rounds to less than "60.0 s" */

void text_duration(char *to, size_t size, double ns, bool ascii)
{
	char number[NUMBER_MAX];
	if (!isfinite(ns)) {
		put(to, size, UNKNOWN);
		return;
	}
	if (fabs(ns) >= SHORT_MAX_NS) {
		long_duration(number, ns);
		put(to, size, number);
		return;
	}
	const struct unit *unit = choose_unit(time_units, LENGTH(time_units), ns, 999.5);
	double value = ns / unit->size;
	print_fixed(number, value, unit == time_units ? 0 : three_digits(value));
	put(to, size, number);
	append(to, size, ascii ? unit->ascii : unit->name);
}

/* Decimals of both ends of a range: a bucket is some 20 % wide, more digits would be noise. */
static int range_decimals(double lo, double hi)
{
	int decimals = fabs(hi) < 19.95 ? 1 : 0;
	double step = decimals ? 0.1 : 1;
	return hi > lo && hi - lo < step ? decimals + 1 : decimals;
}

static void long_range(char *to, size_t size, double lo_ns, double hi_ns, bool ascii)
{
	char end[NUMBER_MAX];
	text_duration(to, size, lo_ns, ascii);
	text_duration(end, sizeof end, hi_ns, ascii);
	append(to, size, ascii ? "-" : "\u2013");
	append(to, size, end);
}

void text_duration_range(char *to, size_t size, double lo_ns, double hi_ns, bool ascii)
{
	/* Durations: a bucket that begins at 0 or below has no lower end that anybody needs to read. */
	bool from_below = lo_ns <= 0, open = isinf(hi_ns) && hi_ns > 0;
	if (isnan(lo_ns) || isnan(hi_ns) || (from_below && open) || hi_ns < lo_ns ||
	    (isinf(lo_ns) && lo_ns > 0)) {
		put(to, size, UNKNOWN);
		return;
	}
	double shown = open ? lo_ns : isinf(hi_ns) ? 0 : hi_ns;
	const char *mark = from_below ? (ascii ? "<= " : "\u2264 ") : ascii ? ">= " : "\u2265 ";
	if (fabs(shown) >= SHORT_MAX_NS) {
		char end[NUMBER_MAX];
		if (!from_below && !open) {
			long_range(to, size, lo_ns, hi_ns, ascii);
			return;
		}
		long_duration(end, shown);
		put(to, size, mark);
		append(to, size, end);
		return;
	}
	const struct unit *unit = choose_unit(time_units, LENGTH(time_units), shown, 999.5);
	bool range = !from_below && !open;
	double lo = range ? lo_ns / unit->size : -INFINITY, hi = shown / unit->size;
	int decimals = unit == time_units ? 0 : range_decimals(lo, hi);
	char number[NUMBER_MAX];
	put(to, size, range ? "" : mark);
	if (range) {
		print_fixed(number, lo, decimals);
		append(to, size, number);
		append(to, size, ascii ? "-" : "\u2013");
	}
	print_fixed(number, hi, decimals);
	append(to, size, number);
	append(to, size, ascii ? unit->ascii : unit->name);
}

void text_count(char *to, size_t size, int64_t n)
{
	char number[NUMBER_MAX];
	if (n > -1000 && n < 1000) {
		snprintf(number, sizeof number, "%" PRId64, n);
	} else if (n > -100000 && n < 100000) {
		snprintf(number, sizeof number, "%" PRId64 ",%03" PRId64, n / 1000,
		         n < 0 ? -(n % 1000) : n % 1000);
	} else {
		const struct unit *unit = choose_unit(count_units, LENGTH(count_units), (double)n, 999.5);
		double value = (double)n / unit->size;
		print_fixed(number, value, three_digits(value));
		append(number, sizeof number, unit->name);
	}
	put(to, size, number);
}

void text_rate(char *to, size_t size, double per_s)
{
	char number[NUMBER_MAX];
	if (!isfinite(per_s) || fabs(per_s) >= 999.5e18) {
		put(to, size, UNKNOWN);
		return;
	}
	if (per_s > 0 && per_s < 0.005) {
		put(to, size, "<0.01");
		return;
	}
	const struct unit *unit = choose_unit(count_units, LENGTH(count_units), per_s, 999.5);
	double value = per_s / unit->size;
	bool whole = fabs(value) >= 9.95 || per_s == 0;
	print_fixed(number, value, whole ? 0 : fabs(value) < 0.95 ? 2 : 1);
	append(number, sizeof number, unit->name);
	put(to, size, number);
}

void text_bytes(char *to, size_t size, int64_t bytes)
{
	char number[NUMBER_MAX];
	const struct unit *unit = choose_unit(byte_units, LENGTH(byte_units), (double)bytes, 1023.5);
	double value = (double)bytes / unit->size;
	print_fixed(number, value, unit == byte_units ? 0 : three_digits(value));
	append(number, sizeof number, unit->name);
	put(to, size, number);
}

void text_percent(char *to, size_t size, double ratio)
{
	char number[NUMBER_MAX];
	double percent = ratio * 100;
	if (!isfinite(percent) || fabs(percent) > 1e15) {
		put(to, size, UNKNOWN);
		return;
	}
	print_fixed(number, percent, fabs(percent) < 9.95 ? 1 : 0);
	append(number, sizeof number, " %");
	put(to, size, number);
}

/* Without memory to give back what it holds too much of, the C library closes it well and has no
   text. */
bool text_stream_close(FILE *stream, char **text)
{
	bool whole = !ferror(stream);
	whole = fclose(stream) == 0 && whole && *text;
	if (whole)
		return true;
	free(*text);
	*text = NULL;
	return false;
}
