/* Places, spans and groups of goroutines as the live findings tell them. */
#include "doctor/live_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *live_place(char to[LIVE_TEXT], const struct goroutine_set *set,
                       const struct goroutine_place *place)
{
	const char *function = goroutine_text(set, place->function);
	const char *file = goroutine_text(set, place->file);
	if (!*function)
		snprintf(to, LIVE_TEXT, "an unknown place");
	else if (*file && place->line > 0)
		snprintf(to, LIVE_TEXT, "%s (%s:%" PRId32 ")", base_name(function), base_name(file),
		         place->line);
	else
		snprintf(to, LIVE_TEXT, "%s", base_name(function));
	return to;
}

const char *live_known_for(char to[LIVE_TEXT], const struct live *live, int64_t ns, enum limit time)
{
	char known[32], takes[32];
	to[0] = '\0';
	if (live_long_enough(live, ns, time))
		return to;
	text_duration(known, sizeof known, (double)ns, true);
	text_duration(takes, sizeof takes, live_limit(live, time), true);
	snprintf(to, LIVE_TEXT, " (known for no longer than %s; to be sure takes %s)", known, takes);
	return to;
}

static void add_frame(struct evidence *e, const struct goroutine_set *set,
                      const struct goroutine_place *place)
{
	if (place->function)
		evidence_frame(e, goroutine_text(set, place->function), goroutine_text(set, place->file),
		               (uint32_t)place->line);
}

void live_show_group(const struct live *live, struct finding *finding,
                     const struct goroutine_set *set, const struct goroutine_group *group,
                     int64_t since_ns)
{
	char at[LIVE_TEXT], made[LIVE_TEXT], creator[LIVE_TEXT + 16] = "", longest[64] = "", age[32];
	char count[32];
	const char *reason = goroutine_text(set, group->reason);
	text_count(count, sizeof count, group->count);
	if (group->longest_ns > 0) {
		text_duration(age, sizeof age, (double)group->longest_ns, true);
		snprintf(longest, sizeof longest, ", the longest for %s%s", age,
		         group->longest_at_least ? " or more" : "");
	}
	if (group->creator.function)
		snprintf(creator, sizeof creator, ", created by %s",
		         live_place(made, set, &group->creator));
	struct evidence *e =
		finding_show(finding, EVIDENCE_GROUP, "%s goroutine%s %s%s%s at %s%s%s", count,
	                 group->count == 1 ? "" : "s", goroutine_state_name[group->state],
	                 *reason ? ": " : "", reason,
	                 live_place(at, set, group->at.function ? &group->at : &group->start), longest,
	                 creator);
	evidence_span(e, since_ns, live->now->monotonic_ns);
	if (!e)
		return;
	e->group = group->key;
	e->goroutine = group->goid[0] > 0 ? (uint64_t)group->goid[0] : 0;
	add_frame(e, set, &group->at);
	add_frame(e, set, &group->start);
	add_frame(e, set, &group->creator);
}
