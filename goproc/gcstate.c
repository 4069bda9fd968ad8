#include "goproc/gcstate.h"

#include "goproc/layouts.h"

/* The first member of a table that is no size of a variable. */
#define MEMBER(name) IN_GC_##name,
enum gc_member { GC_LAYOUT_FIELDS(MEMBER) IN_GC_COUNT };
#undef MEMBER
_Static_assert(IN_GC_COUNT <= OBJECT_MEMBERS, "OBJECT_MEMBERS is too small for the collector");

/* Which variable a member is in. */
static const enum gc_variable variable_of[IN_GC_COUNT] = {
	[IN_GC_controller] = GC_CONTROLLER,
	[IN_GC_memstats] = GC_MEMSTATS,
	[IN_GC_work] = GC_WORK,
	[IN_GC_heap_marked] = GC_CONTROLLER,
	[IN_GC_heap_goal] = GC_CONTROLLER,
	[IN_GC_memory_limit] = GC_CONTROLLER,
	[IN_GC_sweep_trigger] = GC_CONTROLLER,
	[IN_GC_triggered] = GC_CONTROLLER,
	[IN_GC_cycles] = GC_MEMSTATS,
	[IN_GC_cycles_forced] = GC_MEMSTATS,
	[IN_GC_cpu_total] = GC_WORK,
	[IN_GC_cpu_idle] = GC_WORK,
	[IN_GC_cpu_gc] = GC_WORK,
	[IN_GC_cpu_assist] = GC_WORK,
};

#define BYTES_MAX  (INT64_C(1) << 48) /* of a heap */
#define MIN_RUNWAY (64 << 10)         /* mgcpacer.go, heapGoalInternal */

void gcstate_init(struct gcstate *state, const struct globals *globals, int minor)
{
	const struct gc_layout *layout = gc_layout_find(minor);
	*state = (struct gcstate){0};
	if (!layout)
		return;
#define FIELD(name) layout->name,
	const struct layout_field fields[IN_GC_COUNT] = {GC_LAYOUT_FIELDS(FIELD)};
#undef FIELD
	const struct {
		uint64_t address, size;
	} variables[GC_VARIABLES] = {
		[GC_CONTROLLER] = {globals->gc_controller, globals->gc_controller_size},
		[GC_MEMSTATS] = {globals->memstats, globals->memstats_size},
		[GC_WORK] = {globals->work, globals->work_size},
	};
	for (int v = 0; v < GC_VARIABLES; v++) {
		struct object *object = &state->object[v];
		/* The first fields are the variables themselves. */
		if (variables[v].address == 0 || variables[v].size != (uint64_t)fields[v].size)
			continue;
		state->address[v] = variables[v].address;
		object->member_count = IN_GC_COUNT;
		for (int m = 0; m < IN_GC_COUNT; m++) {
			bool is_in = m >= GC_VARIABLES && (int)variable_of[m] == v;
			object->member[m] = (struct object_member){
				.offset = is_in ? fields[m].off : -1,
				.kind = fields[m].size == 4 ? MEMBER_U32 : MEMBER_I64,
			};
		}
		object_pack(object, OBJECT_ALL);
		state->span_count += object->span_count;
		state->bytes += object->bytes;
	}
	if (state->address[GC_WORK] && layout->cpu_idle.off >= 0)
		state->cpu_idle = state->address[GC_WORK] + (uint64_t)layout->cpu_idle.off;
}

size_t gcstate_spans(const struct gcstate *state, struct iovec *spans)
{
	size_t n = 0;
	for (int v = 0; v < GC_VARIABLES; v++) {
		if (state->address[v])
			n += object_spans(&state->object[v], state->address[v], spans + n);
	}
	return n;
}

/* gcController.heapGoal. With a memory limit it takes more than this to know. */
static int64_t heap_goal(const int64_t *value)
{
	int64_t goal = value[IN_GC_heap_goal];
	if (value[IN_GC_memory_limit] != INT64_MAX && value[IN_GC_memory_limit] != GOPROC_UNKNOWN)
		return GOPROC_UNKNOWN;
	if (value[IN_GC_sweep_trigger] > goal)
		goal = value[IN_GC_sweep_trigger];
	/* -1: no collection has been triggered yet. */
	if (value[IN_GC_triggered] >= 0 && goal >= 0 && goal < value[IN_GC_triggered] + MIN_RUNWAY)
		goal = value[IN_GC_triggered] + MIN_RUNWAY;
	return goal;
}

static int64_t within(int64_t value, int64_t max)
{
	return value >= 0 && value <= max ? value : GOPROC_UNKNOWN;
}

void gcstate_decode(const struct gcstate *state, const uint8_t *raw, struct goproc_collector *out)
{
	const uint8_t *record[GC_VARIABLES];
	int64_t value[IN_GC_COUNT];
	for (int v = 0; v < GC_VARIABLES; v++) {
		record[v] = raw;
		raw += state->address[v] ? state->object[v].bytes : 0;
	}
	for (int m = 0; m < IN_GC_COUNT; m++) {
		enum gc_variable v = variable_of[m];
		value[m] = state->address[v] ? object_value(&state->object[v], record[v], m, GOPROC_UNKNOWN)
		                             : GOPROC_UNKNOWN;
	}
	int64_t cpu_max = within(value[IN_GC_cpu_total], INT64_MAX);
	*out = (struct goproc_collector){
		.cycles = within(value[IN_GC_cycles], UINT32_MAX),
		.cycles_forced = within(value[IN_GC_cycles_forced], value[IN_GC_cycles]),
		.heap_live_bytes = within(value[IN_GC_heap_marked], BYTES_MAX),
		.heap_goal_bytes = within(heap_goal(value), BYTES_MAX),
		.cpu_total_ns = cpu_max,
		.cpu_idle_ns = within(value[IN_GC_cpu_idle], INT64_MAX),
		.cpu_gc_ns = within(value[IN_GC_cpu_gc], cpu_max),
		.cpu_assist_ns = within(value[IN_GC_cpu_assist], cpu_max),
	};
}
