#include "export/pprof.h"

#include <stdlib.h>
#include <string.h>

#include "export/pprof.pb-c.h"
#include "trace/tables.h"
#include "util/text.h"

enum {
	PIECE = 16 * 1024, /* the longest message: a sample of 128 numbers of 10 bytes, or a string */
	TEXT = 8 * 1024,   /* of a name; what is longer is cut */
	PATIENCE = 32,
};

/* A place that was written; its ID is its index + 1. */
struct place {
	struct stack_frame frame;
	uint32_t next; /* of the same address, index + 1 */
};

struct writer {
	struct sink *sink;
	const struct profile *profile;
	const struct names *names;
	uint32_t *string_of; /* by name: its index in the string table; 0: not written yet */
	size_t names_limit;
	int64_t strings;
	struct idmap function_of; /* function << 32 | file -> ID */
	uint64_t functions;
	struct idmap place_of; /* by address: the newest place, index + 1 */
	struct place *place;
	size_t places, place_capacity;
};

static void put(struct writer *w, const Pprof__Profile *piece)
{
	uint8_t packed[PIECE];
	if (pprof__profile__get_packed_size(piece) <= sizeof packed)
		sink_write(w->sink, packed, pprof__profile__pack(piece, packed));
}

/* --- strings --------------------------------------------------------------------------------- */

static int64_t put_text(struct writer *w, const char *text)
{
	char *strings[] = {(char *)text};
	Pprof__Profile piece = PPROF__PROFILE__INIT;
	piece.n_string_table = 1;
	piece.string_table = strings;
	put(w, &piece);
	return w->strings++;
}

/* pprof prints names as they are: nothing in them may reach a terminal unchecked. */
static int64_t string_of(struct writer *w, uint32_t name)
{
	char clean[TEXT];
	if (name == NAME_NONE || name >= w->names_limit)
		return 0;
	if (!w->string_of[name]) {
		const struct name *n = names_get(w->names, name);
		text_clean(clean, sizeof clean, n->text, n->length);
		w->string_of[name] = (uint32_t)put_text(w, clean);
	}
	return w->string_of[name];
}

/* --- functions and places --------------------------------------------------------------------- */

/* Its ID; 0: no memory. */
static uint64_t function_of(struct writer *w, const struct stack_frame *frame)
{
	uint64_t key = (uint64_t)frame->function << 32 | frame->file;
	uint32_t known = idmap_get(&w->function_of, key);
	if (known != IDMAP_NONE)
		return known;
	if (w->functions == UINT32_MAX - 1 ||
	    !idmap_put(&w->function_of, key, (uint32_t)w->functions + 1))
		return 0;
	Pprof__Function function = PPROF__FUNCTION__INIT;
	function.id = ++w->functions;
	function.name = function.system_name = string_of(w, frame->function);
	function.filename = string_of(w, frame->file);
	Pprof__Function *all[] = {&function};
	Pprof__Profile piece = PPROF__PROFILE__INIT;
	piece.n_function = 1;
	piece.function = all;
	put(w, &piece);
	return w->functions;
}

static bool put_place(struct writer *w, const struct stack_frame *frame, uint64_t address)
{
	Pprof__Line line = PPROF__LINE__INIT;
	line.function_id = function_of(w, frame);
	line.line = (int64_t)frame->line;
	Pprof__Line *lines[] = {&line};
	Pprof__Location location = PPROF__LOCATION__INIT;
	location.id = w->places;
	location.address = address;
	location.n_line = 1;
	location.line = lines;
	Pprof__Location *all[] = {&location};
	Pprof__Profile piece = PPROF__PROFILE__INIT;
	piece.n_location = 1;
	piece.location = all;
	put(w, &piece);
	return line.function_id != 0;
}

/* Its ID; 0: no memory. A trace may say different things of one address. */
static uint64_t place_of(struct writer *w, const struct stack_frame *frame, uint64_t address)
{
	uint32_t head = idmap_get(&w->place_of, address);
	head = head == IDMAP_NONE ? 0 : head;
	unsigned patience = PATIENCE;
	for (uint32_t i = head; i && patience; i = w->place[i - 1].next, patience--)
		if (memcmp(&w->place[i - 1].frame, frame, sizeof *frame) == 0)
			return i;
	if (!wire_grow(&w->place, &w->place_capacity, w->places, sizeof *w->place))
		return 0;
	if (head)
		idmap_remove(&w->place_of, address);
	w->place[w->places++] = (struct place){*frame, head};
	if (!idmap_put(&w->place_of, address, (uint32_t)w->places) || !put_place(w, frame, address))
		return 0;
	return w->places;
}

/* --- samples ---------------------------------------------------------------------------------- */

struct labels {
	int64_t reason, state, still_blocked; /* strings */
};

static bool put_sample(struct writer *w, const struct profile_record *r, const struct labels *texts)
{
	const struct stacks *stacks = &w->profile->stacks;
	const struct stack *stack = r->stack ? &stacks->stack[r->stack - 1] : NULL;
	uint64_t place[TRACE_MAX_FRAMES];
	int64_t value[] = {r->count > INT64_MAX ? INT64_MAX : (int64_t)r->count, r->total_ns};
	Pprof__Sample sample = PPROF__SAMPLE__INIT;
	for (uint32_t i = 0; stack && i < stack->frames; i++) {
		uint32_t at = stack->first + i;
		place[i] = place_of(w, &stacks->frame[at], stacks->address[at]);
		if (!place[i])
			return false;
		sample.n_location_id++;
	}
	sample.location_id = place;
	sample.n_value = w->profile->kind == PROFILE_CPU ? 1 : 2;
	sample.value = value;
	Pprof__Label reason = PPROF__LABEL__INIT, state = PPROF__LABEL__INIT;
	Pprof__Label *labels[2];
	reason.key = texts->reason;
	reason.str = string_of(w, r->reason);
	state.key = texts->state;
	state.str = texts->still_blocked;
	if (reason.str)
		labels[sample.n_label++] = &reason;
	if (r->open)
		labels[sample.n_label++] = &state;
	sample.label = labels;
	Pprof__Sample *all[] = {&sample};
	Pprof__Profile piece = PPROF__PROFILE__INIT;
	piece.n_sample = 1;
	piece.sample = all;
	put(w, &piece);
	return true;
}

static void put_head(struct writer *w, struct pprof_times times)
{
	static const char *const words[2][2] = {{"contentions", "delay"}, {"samples", NULL}};
	const char *const *word = words[w->profile->kind == PROFILE_CPU];
	Pprof__ValueType type[2] = {PPROF__VALUE_TYPE__INIT, PPROF__VALUE_TYPE__INIT};
	Pprof__ValueType period = PPROF__VALUE_TYPE__INIT;
	Pprof__ValueType *types[] = {&type[0], &type[1]};
	Pprof__Profile head = PPROF__PROFILE__INIT;
	put_text(w, ""); /* the first string has to be that */
	period.type = put_text(w, "trace");
	period.unit = type[0].unit = put_text(w, "count");
	type[0].type = put_text(w, word[0]);
	if (word[1]) {
		type[1].type = put_text(w, word[1]);
		type[1].unit = put_text(w, "nanoseconds");
	}
	head.n_sample_type = word[1] ? 2 : 1;
	head.sample_type = types;
	head.period_type = &period;
	head.period = 1;
	head.time_nanos = times.wall_ns;
	head.duration_nanos = times.duration_ns;
	put(w, &head);
}

bool pprof_write(struct sink *sink, const struct profile *profile, const struct names *names,
                 struct pprof_times times)
{
	struct writer w = {.sink = sink, .profile = profile, .names = names};
	w.names_limit = names->n + 1;
	w.string_of = calloc(w.names_limit, sizeof *w.string_of);
	bool ok = w.string_of != NULL;
	if (ok) {
		put_head(&w, times);
		const struct labels texts = {put_text(&w, "reason"), put_text(&w, "state"),
		                             put_text(&w, "still-blocked")};
		for (size_t i = 0; ok && i < profile->records && !sink_failed(sink); i++)
			if (profile->record[i].count)
				ok = put_sample(&w, &profile->record[i], &texts);
	}
	free(w.string_of);
	free(w.place);
	idmap_finish(&w.function_of);
	idmap_finish(&w.place_of);
	return ok;
}
