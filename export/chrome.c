#include "export/chrome.h"

#include <stdlib.h>
#include <string.h>

#include "export/labels.h"
#include "util/clock.h"
#include "util/text.h"

enum { MESSAGE = 4 * 1100 };

/* The format knows processes and threads alone: a kind of track is a process. */
static const struct {
	const char *name;
	unsigned order;
} processes[TRACK_KINDS] = {
	[TRACK_PROC] = {"Ps", 4},         [TRACK_GOROUTINE] = {"Goroutines", 6},
	[TRACK_REGIONS] = {"Regions", 7}, [TRACK_SWEEP] = {"GC sweep", 8},
	[TRACK_TASK] = {"Tasks", 5},      [TRACK_STW] = {"Stops of the world", 2},
	[TRACK_GC] = {"Collector", 1},    [TRACK_RUNTIME] = {"Runtime", 3},
};

struct chrome {
	struct sink *sink;
	const struct story *story;
	struct labels labels;
	bool begun; /* an event was written */
	struct line line;
	char message[MESSAGE], escaped[2 * MESSAGE + 1];
};

static unsigned pid_of(enum story_track_kind kind)
{
	return (unsigned)kind + 1;
}

/* --- pieces of an event ---------------------------------------------------------------------- */

static void begin_event(struct chrome *c, const char *phase, enum story_track_kind kind,
                        uint32_t thread)
{
	line_text(&c->line, c->begun ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
	c->begun = true;
	line_text(&c->line, phase);
	line_text(&c->line, "\",\"pid\":");
	line_number(&c->line, pid_of(kind));
	line_text(&c->line, ",\"tid\":");
	line_number(&c->line, thread);
}

static void begin_track_event(struct chrome *c, const char *phase, const struct story_track *track)
{
	begin_event(c, phase, track->kind, track->number);
}

static bool end_event(struct chrome *c)
{
	line_text(&c->line, "}");
	return line_put(&c->line, c->sink);
}

static void put_time(struct chrome *c, const char *key, int64_t ns)
{
	line_text(&c->line, ",\"");
	line_text(&c->line, key);
	line_text(&c->line, "\":");
	line_microseconds(&c->line, ns);
}

/* `text` needs no escaping, or has had it. */
static void put_text(struct chrome *c, const char *key, const char *text)
{
	line_text(&c->line, ",\"");
	line_text(&c->line, key);
	line_text(&c->line, "\":\"");
	line_text(&c->line, text);
	line_text(&c->line, "\"");
}

static bool put_name(struct chrome *c, enum story_category category, uint32_t number)
{
	const char *name = labels_get(&c->labels, c->story->names, number);
	put_text(c, "cat", story_category_words[category]);
	put_text(c, "name", name ? name : "");
	return name != NULL;
}

static void put_stack(struct chrome *c, uint32_t number)
{
	if (number == STACK_NONE)
		return;
	line_text(&c->line, ",\"sf\":\"");
	line_number(&c->line, number);
	line_text(&c->line, ".0\"");
}

/* Members of "args"; *any says whether one is there yet. */
static void put_argument(struct chrome *c, bool *any, const char *key)
{
	line_text(&c->line, *any ? ",\"" : ",\"args\":{\"");
	*any = true;
	line_text(&c->line, key);
	line_text(&c->line, "\":");
}

static void put_number(struct chrome *c, bool *any, const char *key, uint64_t value,
                       uint64_t unknown)
{
	if (value == unknown)
		return;
	put_argument(c, any, key);
	line_number(&c->line, value);
}

static void end_arguments(struct chrome *c, bool any)
{
	if (any)
		line_text(&c->line, "}");
}

/* --- the narrator ---------------------------------------------------------------------------- */

static bool put_track(void *self, const struct story_track *track)
{
	struct chrome *c = self;
	bool any = false;
	const char *label = labels_get(&c->labels, c->story->names, track->name);
	if (track->kind == TRACK_TASK) /* async events have no thread */
		return true;
	begin_track_event(c, "M", track);
	put_text(c, "name", "thread_name");
	put_argument(c, &any, "name");
	if (track->kind == TRACK_PROC || track->kind == TRACK_SWEEP) {
		line_text(&c->line, "\"P ");
		line_number(&c->line, track->id);
	} else if (track->kind == TRACK_GOROUTINE || track->kind == TRACK_REGIONS) {
		line_text(&c->line, "\"G");
		line_number(&c->line, track->id);
		line_text(&c->line, label && *label ? " " : "");
		line_text(&c->line, label ? label : "");
	} else {
		line_text(&c->line, "\"");
		line_text(&c->line, processes[track->kind].name);
	}
	line_text(&c->line, "\"}");
	return end_event(c) && label;
}

static void put_slice_arguments(struct chrome *c, const struct story_slice *s)
{
	bool any = false;
	if (s->category == STORY_PROC || s->category == STORY_TASK || s->category == STORY_STW)
		put_number(c, &any, "goroutine", s->goroutine, STORY_NOBODY);
	if (s->category == STORY_RUNNING)
		put_number(c, &any, "proc", s->proc, STORY_NOBODY);
	put_number(c, &any, s->flow ? "woken_by" : "created_by", s->by, STORY_NOBODY);
	put_number(c, &any, "task", s->task, 0);
	put_number(c, &any, "parent_task", s->parent, 0);
	put_number(c, &any, "swept_bytes", s->bytes, 0);
	if (s->open) {
		put_argument(c, &any, "open");
		line_text(&c->line, "true");
	}
	end_arguments(c, any);
}

/* The other end of the arrow lies at the beginning of the slice. */
static bool put_arrow(struct chrome *c, const char *phase, const struct story_track *track,
                      int64_t at_ns, uint64_t flow)
{
	begin_track_event(c, phase, track);
	put_text(c, "cat", "wake");
	put_text(c, "name", "unblock");
	put_time(c, "ts", at_ns);
	line_text(&c->line, ",\"id\":");
	line_number(&c->line, flow);
	if (*phase == 'f')
		put_text(c, "bp", "e");
	return end_event(c);
}

static bool put_task(struct chrome *c, const struct story_slice *s)
{
	static const char *const phases[] = {"b", "e"};
	bool ok = true;
	for (size_t i = 0; i < 2 && ok; i++) {
		begin_event(c, phases[i], TRACK_TASK, 0);
		ok = put_name(c, s->category, s->name);
		put_time(c, "ts", i ? s->end_ns : s->begin_ns);
		line_text(&c->line, ",\"id\":\"");
		line_number(&c->line, s->task);
		line_text(&c->line, "\"");
		if (i == 0) {
			put_stack(c, s->stack);
			put_slice_arguments(c, s);
		}
		ok = end_event(c) && ok;
	}
	return ok;
}

static bool put_slice(void *self, const struct story_slice *s)
{
	struct chrome *c = self;
	if (s->category == STORY_TASK)
		return put_task(c, s);
	begin_track_event(c, "X", &s->track);
	if (!put_name(c, s->category, s->name))
		return false;
	put_time(c, "ts", s->begin_ns);
	put_time(c, "dur", s->end_ns - s->begin_ns);
	put_stack(c, s->stack);
	put_slice_arguments(c, s);
	return end_event(c) && (!s->flow || put_arrow(c, "f", &s->track, s->begin_ns, s->flow));
}

static bool put_instant(void *self, const struct story_instant *i)
{
	struct chrome *c = self;
	bool any = false;
	begin_track_event(c, "i", &i->track);
	if (!put_name(c, i->category, i->name))
		return false;
	put_time(c, "ts", i->at_ns);
	put_text(c, "s", "t"); /* of its thread */
	put_stack(c, i->stack);
	if (i->category == STORY_WAKE)
		put_number(c, &any, "goroutine", i->goroutine, STORY_NOBODY);
	put_number(c, &any, "proc", i->proc, STORY_NOBODY);
	put_number(c, &any, "task", i->task, 0);
	if (i->message) {
		text_clean(c->message, sizeof c->message, i->message, i->length);
		labels_escape(ESCAPE_JSON, c->escaped, c->message, strlen(c->message));
		put_argument(c, &any, "message");
		line_text(&c->line, "\"");
		line_text(&c->line, c->escaped);
		line_text(&c->line, "\"");
	}
	end_arguments(c, any);
	return end_event(c) && (!i->flow || put_arrow(c, "s", &i->track, i->at_ns, i->flow));
}

static bool put_counter(void *self, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	struct chrome *c = self;
	bool any = false;
	begin_event(c, "C", TRACK_GC, 0);
	put_text(c, "name", story_counter_specs[counter].name);
	put_time(c, "ts", at_ns);
	put_argument(c, &any, story_counter_specs[counter].bytes ? "bytes" : "count");
	line_number(&c->line, value);
	end_arguments(c, any);
	return end_event(c);
}

/* --- from the first byte to the last --------------------------------------------------------- */

/* A frame's parent is the one that called it. */
static bool put_stack_frames(struct chrome *c, uint32_t number, bool *any)
{
	const struct stacks *stacks = &c->story->stacks;
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &stacks->frame[stack->first + i];
		const char *function = labels_get(&c->labels, c->story->names, frame->function);
		const char *file = labels_get(&c->labels, c->story->names, frame->file);
		if (!function || !file)
			return false;
		line_text(&c->line, *any ? ",\n\"" : "\n\"");
		*any = true;
		line_number(&c->line, number);
		line_text(&c->line, ".");
		line_number(&c->line, i);
		line_text(&c->line, "\":{\"name\":\"");
		line_text(&c->line, function);
		line_text(&c->line, "\",\"category\":\"");
		line_text(&c->line, file);
		line_text(&c->line, ":");
		line_number(&c->line, frame->line);
		line_text(&c->line, "\"");
		if (i + 1 < stack->frames) {
			line_text(&c->line, ",\"parent\":\"");
			line_number(&c->line, number);
			line_text(&c->line, ".");
			line_number(&c->line, i + 1);
			line_text(&c->line, "\"");
		}
		line_text(&c->line, "}");
		if (!line_put(&c->line, c->sink))
			return false;
	}
	return true;
}

static bool finish(void *self)
{
	struct chrome *c = self;
	bool any = false;
	sink_text(c->sink, "\n],\"stackFrames\":{");
	for (uint32_t i = 1; i <= c->story->stacks.n; i++)
		if (!put_stack_frames(c, i, &any))
			return false;
	sink_text(c->sink, "\n}}\n");
	return true;
}

static void destroy(void *self)
{
	struct chrome *c = self;
	labels_finish(&c->labels);
	free(c);
}

bool chrome_open(struct sink *sink, const struct story *story, struct story_narrator *narrator)
{
	struct chrome *c = calloc(1, sizeof *c);
	if (!c)
		return false;
	c->sink = sink;
	c->story = story;
	c->labels.escape = ESCAPE_JSON;
	sink_text(sink, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	for (unsigned i = 0; i < TRACK_KINDS; i++) {
		bool any = false;
		begin_event(c, "M", (enum story_track_kind)i, 0);
		put_text(c, "name", "process_name");
		put_argument(c, &any, "name");
		line_text(&c->line, "\"");
		line_text(&c->line, processes[i].name);
		line_text(&c->line, "\"}");
		end_event(c);
		any = false;
		begin_event(c, "M", (enum story_track_kind)i, 0);
		put_text(c, "name", "process_sort_index");
		put_argument(c, &any, "sort_index");
		line_number(&c->line, processes[i].order);
		line_text(&c->line, "}");
		end_event(c);
	}
	*narrator = (struct story_narrator){.self = c,
	                                    .track = put_track,
	                                    .end = put_slice,
	                                    .instant = put_instant,
	                                    .counter = put_counter,
	                                    .finish = finish,
	                                    .destroy = destroy};
	return true;
}
