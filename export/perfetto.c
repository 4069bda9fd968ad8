#include "export/perfetto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/perfetto.pb-c.h"
#include "export/stack_text.h"
#include "util/text.h"

enum {
	SEQUENCE = 1,
	STATE_CLEARED = 1, /* TracePacket.SequenceFlags */
	NEEDS_STATE = 2,
	UNIT_COUNT = 2, /* CounterDescriptor.Unit */
	UNIT_BYTES = 3,
	ORDER_EXPLICIT = 3, /* TrackDescriptor.ChildTracksOrdering */
	CLOCK_WALL = 1,     /* BuiltinClock: REALTIME, and... */
	CLOCK_TRACE = 6,    /* ...BOOTTIME, which times are of where nothing else is said */
	PACKET_TAG = 1 << 3 | 2,
	PACKET_FRAME = 1 + 5,        /* tag and length */
	NAME_TEXT = 1100,            /* bytes of a name that are written */
	PACKET = 64 * 1024,          /* no packet is larger: what is in it has a largest size */
	INTERNED_MOST = 1024 * 1024, /* bytes, then all is forgotten */
	NOTES = 8,                   /* annotations of one event */
};

/* Tracks that there always are; the others follow. */
enum { UUID_PROCESS = 1, UUID_GROUPS, UUID_COUNTERS = 16, UUID_TRACKS = 64 };

static const struct {
	const char *name; /* of the group that the tracks of this kind lie in; NULL: see below */
	int rank;
} groups[TRACK_KINDS] = {
	[TRACK_PROC] = {"Ps", 10},     [TRACK_GOROUTINE] = {"Goroutines", 12},
	[TRACK_TASK] = {"Tasks", 11},  [TRACK_STW] = {"Stops of the world", 3},
	[TRACK_GC] = {"Collector", 2}, [TRACK_RUNTIME] = {"Runtime", 4},
};

enum note_name {
	NOTE_GOROUTINE,
	NOTE_PROC,
	NOTE_WOKEN_BY,
	NOTE_CREATED_BY,
	NOTE_TASK,
	NOTE_PARENT,
	NOTE_STACK,
	NOTE_MESSAGE,
	NOTE_OPEN,
	NOTE_BYTES,
	NOTE_NAMES
};
static const char *const note_words[NOTE_NAMES] = {
	[NOTE_GOROUTINE] = "goroutine",   [NOTE_PROC] = "proc",       [NOTE_WOKEN_BY] = "woken_by",
	[NOTE_CREATED_BY] = "created_by", [NOTE_TASK] = "task",       [NOTE_PARENT] = "parent_task",
	[NOTE_STACK] = "stack",           [NOTE_MESSAGE] = "message", [NOTE_OPEN] = "open",
	[NOTE_BYTES] = "swept_bytes",
};

/* What stands for a name or stack: numbers of names depend on which thread comes first, and two
   exports of a trace shall be equal. It counts only in the present round. */
struct interned {
	struct {
		uint32_t iid, round; /* iid 0: none yet */
	} * entry;               /* by number */
	size_t capacity;
	uint32_t used;
};

struct perfetto {
	struct sink *sink;
	const struct story *story;
	struct interned names, stacks;
	uint32_t round; /* from 1 on */
	size_t interned_bytes;
	bool clear; /* the next packet begins a new round */
	bool first;
	uint8_t packet[PACKET_FRAME + PACKET];
	char name[NAME_TEXT], stack[STACK_TEXT], message[4 * 1100];
};

/* --- packets --------------------------------------------------------------------------------- */

static size_t put_length(uint8_t *to, size_t n)
{
	size_t used = 0;
	for (; n >= 0x80; n >>= 7)
		to[used++] = (uint8_t)(n | 0x80);
	to[used++] = (uint8_t)n;
	return used;
}

static bool put(struct perfetto *p, Perfetto__TracePacket *packet)
{
	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	size_t n = perfetto__trace_packet__get_packed_size(packet), at = 0;
	if (n > PACKET)
		return true; /* can't be: every part has its largest size */
	p->packet[at++] = PACKET_TAG;
	at += put_length(p->packet + at, n);
	at += perfetto__trace_packet__pack(packet, p->packet + at);
	sink_write(p->sink, p->packet, at);
	return !sink_failed(p->sink);
}

static bool put_track(struct perfetto *p, Perfetto__TrackDescriptor *track)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
	packet.track_descriptor = track;
	return put(p, &packet);
}

static bool put_clock(void *self, int64_t at_ns, int64_t wall_ns)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
	Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
	Perfetto__ClockSnapshot__Clock trace = PERFETTO__CLOCK_SNAPSHOT__CLOCK__INIT, wall = trace;
	Perfetto__ClockSnapshot__Clock *clocks[] = {&trace, &wall};
	trace.has_clock_id = wall.has_clock_id = trace.has_timestamp = wall.has_timestamp = true;
	trace.clock_id = CLOCK_TRACE;
	trace.timestamp = (uint64_t)at_ns;
	wall.clock_id = CLOCK_WALL;
	wall.timestamp = (uint64_t)wall_ns;
	snapshot.clocks = clocks;
	snapshot.n_clocks = 2;
	packet.clock_snapshot = &snapshot;
	return put(self, &packet);
}

/* --- interned strings ------------------------------------------------------------------------ */

/* What stands for the number; *news: it has to be told in this round, and is from now on. 0: no
   memory. */
static uint32_t intern(struct perfetto *p, struct interned *interned, uint32_t number, bool *news)
{
	if (number >= interned->capacity) {
		size_t n = (size_t)number * 2 + 64;
		void *entry = reallocarray(interned->entry, n, sizeof *interned->entry);
		if (!entry)
			return 0;
		interned->entry = entry;
		memset(interned->entry + interned->capacity, 0,
		       (n - interned->capacity) * sizeof *interned->entry);
		interned->capacity = n;
	}
	if (!interned->entry[number].iid)
		interned->entry[number].iid = ++interned->used;
	*news = interned->entry[number].round != p->round;
	interned->entry[number].round = p->round;
	return interned->entry[number].iid;
}

/* An event on its way, with what is interned along with it. */
struct message {
	Perfetto__TracePacket packet;
	Perfetto__TrackEvent event;
	Perfetto__InternedData data;
	Perfetto__DebugAnnotation note[NOTES], *notes[NOTES];
	Perfetto__InternedName name, stack, *names[1], *stacks[1];
	Perfetto__InternedName category_name[STORY_CATEGORIES], *category_names[STORY_CATEGORIES];
	Perfetto__InternedName note_name[NOTE_NAMES], *note_names[NOTE_NAMES];
	uint64_t category, flow;
};

static void message_init(struct message *m, Perfetto__TrackEvent__Type type, uint64_t track,
                         int64_t at_ns)
{
	perfetto__trace_packet__init(&m->packet);
	perfetto__track_event__init(&m->event);
	m->packet.has_timestamp = true;
	m->packet.timestamp = (uint64_t)at_ns;
	m->packet.track_event = &m->event;
	m->event.has_type = m->event.has_track_uuid = true;
	m->event.type = type;
	m->event.track_uuid = track;
	m->event.debug_annotations = m->notes;
}

static void intern_words(Perfetto__InternedName *name, Perfetto__InternedName **pointer,
                         const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		perfetto__interned_name__init(&name[i]);
		name[i].has_iid = true;
		name[i].iid = i + 1;
		name[i].name = (char *)(uintptr_t)words[i]; /* it is not written to */
		pointer[i] = &name[i];
	}
}

/* The event refers to interned strings: those that have to be told anew come with it. */
static void message_use_state(struct perfetto *p, struct message *m)
{
	m->packet.has_sequence_flags = true;
	m->packet.sequence_flags = NEEDS_STATE;
	perfetto__interned_data__init(&m->data);
	if (p->interned_bytes > INTERNED_MOST)
		p->clear = true;
	if (!p->clear)
		return;
	p->clear = false;
	p->interned_bytes = 0;
	p->round++;
	m->packet.sequence_flags |= STATE_CLEARED;
	m->packet.has_first_packet_on_sequence = m->packet.first_packet_on_sequence = p->first;
	p->first = false;
	m->packet.interned_data = &m->data;
	intern_words(m->category_name, m->category_names, story_category_words, STORY_CATEGORIES);
	m->data.event_categories = m->category_names;
	m->data.n_event_categories = STORY_CATEGORIES;
	intern_words(m->note_name, m->note_names, note_words, NOTE_NAMES);
	m->data.debug_annotation_names = m->note_names;
	m->data.n_debug_annotation_names = NOTE_NAMES;
}

static void tell_string(struct perfetto *p, struct message *m, Perfetto__InternedName *name,
                        uint64_t iid, char *text)
{
	perfetto__interned_name__init(name);
	name->has_iid = true;
	name->iid = iid;
	name->name = text;
	m->packet.interned_data = &m->data;
	p->interned_bytes += strlen(text);
}

static bool message_name(struct perfetto *p, struct message *m, enum story_category category,
                         uint32_t number)
{
	bool news;
	m->category = (uint64_t)category + 1;
	m->event.category_iids = &m->category;
	m->event.n_category_iids = 1;
	if (number == NAME_NONE)
		return true;
	m->event.has_name_iid = true;
	m->event.name_iid = intern(p, &p->names, number, &news);
	if (!m->event.name_iid || !news)
		return m->event.name_iid != 0;
	const struct name *name = names_get(p->story->names, number);
	text_clean(p->name, sizeof p->name, name->text, name->length);
	tell_string(p, m, &m->name, m->event.name_iid, p->name);
	m->names[0] = &m->name;
	m->data.event_names = m->names;
	m->data.n_event_names = 1;
	return true;
}

/* --- annotations ----------------------------------------------------------------------------- */

static Perfetto__DebugAnnotation *note(struct message *m, enum note_name name)
{
	Perfetto__DebugAnnotation *note = &m->note[m->event.n_debug_annotations];
	perfetto__debug_annotation__init(note);
	note->has_name_iid = true;
	note->name_iid = (uint64_t)name + 1;
	m->notes[m->event.n_debug_annotations++] = note;
	return note;
}

static void note_number(struct message *m, enum note_name name, uint64_t value, uint64_t unknown)
{
	if (value == unknown)
		return;
	Perfetto__DebugAnnotation *n = note(m, name);
	n->has_uint_value = true;
	n->uint_value = value;
}

static bool note_stack(struct perfetto *p, struct message *m, uint32_t number)
{
	bool news;
	if (number == STACK_NONE)
		return true;
	Perfetto__DebugAnnotation *n = note(m, NOTE_STACK);
	n->has_string_value_iid = true;
	n->string_value_iid = intern(p, &p->stacks, number, &news);
	if (!n->string_value_iid || !news)
		return n->string_value_iid != 0;
	stack_text(p->stack, &p->story->stacks, p->story->names, number);
	tell_string(p, m, &m->stack, n->string_value_iid, p->stack);
	m->stacks[0] = &m->stack;
	m->data.debug_annotation_string_values = m->stacks;
	m->data.n_debug_annotation_string_values = 1;
	return true;
}

/* --- the narrator ---------------------------------------------------------------------------- */

static uint64_t uuid_of(const struct story_track *track)
{
	return UUID_TRACKS + (uint64_t)track->number * TRACK_KINDS + track->kind;
}

/* Of the group that a track lies in; tracks that belong to another one lie below that. */
static uint64_t parent_of(const struct story_track *track)
{
	struct story_track parent = *track;
	if (groups[track->kind].name)
		return UUID_GROUPS + (uint64_t)track->kind;
	parent.kind = track->kind == TRACK_SWEEP ? TRACK_PROC : TRACK_GOROUTINE;
	return uuid_of(&parent);
}

static void name_track(struct perfetto *p, const struct story_track *track, char *to, size_t size)
{
	char name[NAME_TEXT];
	const struct name *n = names_get(p->story->names, track->name);
	text_clean(name, sizeof name, n->text, n->length);
	switch (track->kind) {
	case TRACK_PROC:
		snprintf(to, size, "P %llu", (unsigned long long)track->id);
		return;
	case TRACK_GOROUTINE:
		snprintf(to, size, "G%llu%s%s", (unsigned long long)track->id, *name ? " " : "", name);
		return;
	case TRACK_REGIONS:
		snprintf(to, size, "G%llu regions", (unsigned long long)track->id);
		return;
	case TRACK_SWEEP:
		snprintf(to, size, "P %llu sweep", (unsigned long long)track->id);
		return;
	case TRACK_TASK:
		snprintf(to, size, "%s", *name ? name : "task");
		return;
	default:
		snprintf(to, size, "%s", groups[track->kind].name);
		return;
	}
}

static bool put_story_track(void *self, const struct story_track *track)
{
	struct perfetto *p = self;
	Perfetto__TrackDescriptor t = PERFETTO__TRACK_DESCRIPTOR__INIT;
	char name[NAME_TEXT + 32];
	name_track(p, track, name, sizeof name);
	t.has_uuid = t.has_parent_uuid = true;
	t.uuid = uuid_of(track);
	t.parent_uuid = parent_of(track);
	t.name = name;
	t.has_sibling_order_rank = true;
	t.sibling_order_rank = track->number < INT32_MAX ? (int32_t)track->number : INT32_MAX;
	return put_track(p, &t);
}

static bool put_begin(void *self, const struct story_slice *slice)
{
	struct perfetto *p = self;
	struct message m;
	message_init(&m, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, uuid_of(&slice->track),
	             slice->begin_ns);
	message_use_state(p, &m);
	if (!message_name(p, &m, slice->category, slice->name))
		return false;
	/* A track tells its goroutine or P itself. */
	if (slice->category == STORY_PROC || slice->category == STORY_TASK ||
	    slice->category == STORY_STW)
		note_number(&m, NOTE_GOROUTINE, slice->goroutine, STORY_NOBODY);
	if (slice->category == STORY_RUNNING)
		note_number(&m, NOTE_PROC, slice->proc, STORY_NOBODY);
	note_number(&m, slice->flow ? NOTE_WOKEN_BY : NOTE_CREATED_BY, slice->by, STORY_NOBODY);
	note_number(&m, NOTE_TASK, slice->task, 0);
	note_number(&m, NOTE_PARENT, slice->parent, 0);
	m.flow = slice->flow;
	m.event.terminating_flow_ids = &m.flow;
	m.event.n_terminating_flow_ids = slice->flow != 0;
	return note_stack(p, &m, slice->stack) && put(p, &m.packet);
}

static bool put_end(void *self, const struct story_slice *slice)
{
	struct perfetto *p = self;
	struct message m;
	message_init(&m, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END, uuid_of(&slice->track),
	             slice->end_ns);
	if (slice->open || slice->bytes) {
		message_use_state(p, &m);
		note_number(&m, NOTE_BYTES, slice->bytes, 0);
		if (slice->open) {
			Perfetto__DebugAnnotation *n = note(&m, NOTE_OPEN);
			n->has_bool_value = n->bool_value = true;
		}
	}
	return put(p, &m.packet);
}

static bool put_instant(void *self, const struct story_instant *instant)
{
	struct perfetto *p = self;
	struct message m;
	message_init(&m, PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT, uuid_of(&instant->track),
	             instant->at_ns);
	message_use_state(p, &m);
	if (!message_name(p, &m, instant->category, instant->name))
		return false;
	if (instant->category == STORY_WAKE)
		note_number(&m, NOTE_GOROUTINE, instant->goroutine, STORY_NOBODY);
	note_number(&m, NOTE_PROC, instant->proc, STORY_NOBODY);
	note_number(&m, NOTE_TASK, instant->task, 0);
	if (instant->message) {
		text_clean(p->message, sizeof p->message, instant->message, instant->length);
		note(&m, NOTE_MESSAGE)->string_value = p->message;
	}
	m.flow = instant->flow;
	m.event.flow_ids = &m.flow;
	m.event.n_flow_ids = instant->flow != 0;
	return note_stack(p, &m, instant->stack) && put(p, &m.packet);
}

static bool put_counter(void *self, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	struct message m;
	message_init(&m, PERFETTO__TRACK_EVENT__TYPE__TYPE_COUNTER, UUID_COUNTERS + (uint64_t)counter,
	             at_ns);
	m.event.has_counter_value = true;
	m.event.counter_value = value < INT64_MAX ? (int64_t)value : INT64_MAX;
	return put(self, &m.packet);
}

/* --- from the first packet to the last ------------------------------------------------------- */

static bool put_fixed_tracks(struct perfetto *p)
{
	Perfetto__TrackDescriptor t = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__ProcessDescriptor process = PERFETTO__PROCESS_DESCRIPTOR__INIT;
	static char program[] = "Go program";
	process.has_pid = true;
	process.pid = 1;
	process.process_name = program;
	t.has_uuid = t.has_child_ordering = true;
	t.uuid = UUID_PROCESS;
	t.process = &process;
	t.child_ordering = ORDER_EXPLICIT;
	bool ok = put_track(p, &t);
	t.process = NULL;
	t.has_parent_uuid = t.has_sibling_order_rank = true;
	t.parent_uuid = UUID_PROCESS;
	for (unsigned i = 0; i < TRACK_KINDS && ok; i++) {
		if (!groups[i].name)
			continue;
		t.uuid = UUID_GROUPS + i;
		t.name = (char *)(uintptr_t)groups[i].name;
		t.sibling_order_rank = groups[i].rank;
		ok = put_track(p, &t);
	}
	t.has_child_ordering = false;
	for (unsigned i = 0; i < STORY_COUNTERS && ok; i++) {
		Perfetto__CounterDescriptor counter = PERFETTO__COUNTER_DESCRIPTOR__INIT;
		counter.has_unit = true;
		counter.unit = story_counter_specs[i].bytes ? UNIT_BYTES : UNIT_COUNT;
		t.counter = &counter;
		t.uuid = UUID_COUNTERS + i;
		t.name = (char *)(uintptr_t)story_counter_specs[i].name;
		t.sibling_order_rank = 5;
		ok = put_track(p, &t);
	}
	return ok;
}

static void destroy(void *self)
{
	struct perfetto *p = self;
	free(p->names.entry);
	free(p->stacks.entry);
	free(p);
}

bool perfetto_open(struct sink *sink, const struct story *story, struct story_narrator *narrator)
{
	struct perfetto *p = calloc(1, sizeof *p);
	if (!p)
		return false;
	p->sink = sink;
	p->story = story;
	p->clear = p->first = true;
	put_fixed_tracks(p); /* a failure is the sink's, which keeps it */
	*narrator = (struct story_narrator){.self = p,
	                                    .clock = put_clock,
	                                    .track = put_story_track,
	                                    .begin = put_begin,
	                                    .end = put_end,
	                                    .instant = put_instant,
	                                    .counter = put_counter,
	                                    .destroy = destroy};
	return true;
}
