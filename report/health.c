/* Whether the file can be believed, before anything is told from it. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "report/json.h"
#include "report/sections.h"
#include "trace/elapsed.h"
#include "trace/sampled.h"
#include "util/clock.h"
#include "util/text.h"

static const char *verdict_word(const struct trace_summary *s)
{
	switch (s->verdict) {
	case TRACE_WHOLE:
		return "whole";
	case TRACE_STOPPED:
		return "not read to its end";
	default:
		return "damaged";
	}
}

/* When the trace began, as nanoseconds since 1970. */
static bool wall_of(const struct trace_summary *s, int64_t *wall_ns)
{
	int64_t later_ns;
	if (!s->has_clock || s->clock_s > INT32_MAX || s->clock_ns >= (uint64_t)NS_PER_S ||
	    __builtin_sub_overflow(s->first_ns, s->clock_at_ns, &later_ns))
		return false;
	int64_t clock_ns = (int64_t)s->clock_s * NS_PER_S + (int64_t)s->clock_ns;
	return !__builtin_add_overflow(clock_ns, later_ns, wall_ns) && *wall_ns > 0;
}

static void print_span(const struct trace_summary *s, struct page *page)
{
	char length[PAGE_CELL], when[64] = "";
	int64_t wall_ns;
	if (s->last_ns == s->first_ns) {
		page_say(page, "It holds no events.");
		return;
	}
	page_duration(page, length, (double)(s->last_ns - s->first_ns));
	if (wall_of(s, &wall_ns)) {
		time_t t = (time_t)(wall_ns / NS_PER_S);
		struct tm tm;
		char day[32];
		if (gmtime_r(&t, &tm) && strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm))
			snprintf(when, sizeof when, ", from %s.%03d UTC", day,
			         (int)(wall_ns % NS_PER_S / NS_PER_MS));
	}
	page_say(page, "It covers %s%s.", length, when);
}

static void print_damage(const struct trace_summary *s, struct page *page)
{
	char bytes[PAGE_CELL], time[PAGE_CELL];
	size_t n = s->damages < TRACE_DAMAGES ? (size_t)s->damages : TRACE_DAMAGES;
	for (size_t i = 0; i < n; i++) {
		char text[PAGE_CELL];
		text_clean(text, sizeof text, s->damage[i].text, strlen(s->damage[i].text));
		page_say(page, "Damage at byte %" PRIu64 ": %s.", s->damage[i].offset, text);
	}
	if (s->damages > n)
		page_say(page, "Places with more damage: %" PRIu64 ".", s->damages - n);
	if (s->damages) {
		/* Of what is missing, or was shown in part, nobody has counted them. */
		if (s->lost_bytes)
			text_bytes(bytes, sizeof bytes, (int64_t)s->lost_bytes);
		else
			snprintf(bytes, sizeof bytes, "an unknown number of bytes");
		page_duration(page, time, (double)s->lost_ns);
		page_say(page, "Lost: %s%s%s. What is whole is counted.", bytes,
		         s->lost_ns ? " and at least " : "", s->lost_ns ? time : "");
	}
}

static void print_repairs(const struct trace_summary *s, struct page *page)
{
	if (s->sampled_hz)
		page_say(page, "Sampled from memory %" PRIu64 " times a second: " SAMPLED_CAVEAT ".",
		         s->sampled_hz);
	if (s->newer)
		page_say(page,
		         "Format go 1.%u is newer than this schedtop: it was read as the newest known one.",
		         s->version);
	if (s->repairs.regions)
		page_say(page,
		         "Repaired: %" PRIu64 " regions ended out of order, a mistake of the program that "
		         "Go's own tools give up on.",
		         s->repairs.regions);
	if (s->repairs.stacks || s->repairs.strings)
		page_say(page, "Missing: %" PRIu64 " stacks and %" PRIu64 " strings that events name.",
		         s->repairs.stacks, s->repairs.strings);
	if (s->experimental_batches)
		page_say(page, "Skipped: %" PRIu64 " batches of experiments, which nobody documents.",
		         s->experimental_batches);
}

static bool is_part(const struct analysis *a)
{
	return a->options.from_ns > 0 || a->options.to_ns != INT64_MAX;
}

static void print_part(const struct analysis *a, struct page *page)
{
	char from[PAGE_CELL], to[PAGE_CELL] = "its end";
	if (!is_part(a))
		return;
	page_duration(page, from, (double)a->options.from_ns);
	if (a->options.to_ns != INT64_MAX)
		page_duration(page, to, (double)a->options.to_ns);
	page_say(page, "What follows is counted from %s after its beginning to %s.", from, to);
	if (a->options.from_ns >= elapsed_ns(a->summary.first_ns, a->summary.last_ns))
		page_say(page, "The trace is over by then: nothing is counted.");
}

void health_print(const struct analysis *a, struct page *page)
{
	const struct trace_summary *s = &a->summary;
	char name[PAGE_CELL], title[2 * PAGE_CELL], bytes[32], events[PAGE_CELL],
		generations[PAGE_CELL], packed[64] = "";
	bool is_pipe = strcmp(a->path, "-") == 0;
	page_name(page, name, a->path, strlen(a->path), false, "");
	snprintf(title, sizeof title, "%s: %s", is_pipe ? "standard input" : name, verdict_word(s));
	page_heading(page, title);
	text_bytes(bytes, sizeof bytes, (int64_t)s->bytes);
	page_count(events, s->events);
	page_count(generations, s->generations);
	if (a->packing)
		snprintf(packed, sizeof packed, " (unpacked from %s)", a->packing);
	page_say(page, "%s (format go 1.%u), %s%s, %s %s, %s %s.", trace_go_version(s->version),
	         s->version, bytes, packed, generations,
	         s->generations == 1 ? "generation" : "generations", events,
	         s->events == 1 ? "event" : "events");
	print_span(s, page);
	print_damage(s, page);
	print_repairs(s, page);
	print_part(a, page);
}

static json_t *damages_json(const struct trace_summary *s)
{
	json_t *all = json_array();
	for (size_t i = 0; i < s->damages && i < TRACE_DAMAGES; i++) {
		json_t *row = json_object();
		json_put(&row, "offset_bytes", json_count(s->damage[i].offset));
		json_put(&row, "text", json_text(s->damage[i].text, strlen(s->damage[i].text)));
		json_push(&all, row);
	}
	return all;
}

static json_t *repairs_json(const struct trace_summary *s)
{
	json_t *object = json_object();
	json_put(&object, "regions", json_count(s->repairs.regions));
	json_put(&object, "stacks", json_count(s->repairs.stacks));
	json_put(&object, "strings", json_count(s->repairs.strings));
	return object;
}

json_t *health_json(const struct analysis *a)
{
	const struct trace_summary *s = &a->summary;
	int64_t wall_ns;
	json_t *object = json_object();
	json_put(&object, "verdict", json_string(s->verdict == TRACE_WHOLE ? "whole" : "damaged"));
	json_put(&object, "format", json_integer(s->version));
	json_put(&object, "go_version", json_string(trace_go_version(s->version)));
	json_put(&object, "newer_than_known", json_boolean(s->newer));
	if (s->sampled_hz)
		json_put(&object, "sampled_hz", json_count(s->sampled_hz));
	if (a->file_bytes)
		json_put(&object, "file_bytes", json_count(a->file_bytes));
	if (a->packing)
		json_put(&object, "packing", json_string(a->packing));
	json_put(&object, "trace_bytes", json_count(s->bytes));
	json_put(&object, "generations", json_count(s->generations));
	json_put(&object, "largest_generation_bytes", json_count(s->largest_generation));
	json_put(&object, "events", json_count(s->events));
	json_put(&object, "duration_ns", json_integer(s->last_ns - s->first_ns));
	if (wall_of(s, &wall_ns))
		json_put(&object, "began_wall_ns", json_integer(wall_ns));
	json_put(&object, "first_ns", json_integer(s->first_ns));
	json_put(&object, "last_ns", json_integer(s->last_ns));
	if (is_part(a))
		json_put(&object, "counted_from_ns", json_integer(a->options.from_ns));
	if (a->options.to_ns != INT64_MAX)
		json_put(&object, "counted_to_ns", json_integer(a->options.to_ns));
	json_put(&object, "damages", json_count(s->damages));
	json_put(&object, "damage", damages_json(s));
	json_put(&object, "lost_bytes", json_count(s->lost_bytes));
	if (s->lost_ns)
		json_put(&object, "lost_ns", json_integer(s->lost_ns));
	json_put(&object, "gaps", json_count(s->gaps));
	json_put(&object, "repairs", repairs_json(s));
	json_put(&object, "experimental_batches", json_count(s->experimental_batches));
	return object;
}
