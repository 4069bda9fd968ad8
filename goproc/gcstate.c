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
	[IN_GC_heap_free] = GC_CONTROLLER,
	[IN_GC_total_alloc] = GC_CONTROLLER,
	[IN_GC_total_free] = GC_CONTROLLER,
	[IN_GC_mapped_ready] = GC_CONTROLLER,
	[IN_GC_cycles] = GC_MEMSTATS,
	[IN_GC_cycles_forced] = GC_MEMSTATS,
	[IN_GC_cpu_total] = GC_WORK,
	[IN_GC_cpu_idle] = GC_WORK,
	[IN_GC_cpu_gc] = GC_WORK,
	[IN_GC_cpu_assist] = GC_WORK,
};

#define BYTES_MAX  (INT64_C(1) << 48) /* of a heap */
#define MIN_RUNWAY (64 << 10)         /* mgcpacer.go, heapGoalInternal */
/* What the goal keeps off a memory limit: so much, since 1.21 also so many percent. */
#define HEADROOM               (1 << 20)
#define HEADROOM_PERCENT       3
#define HEADROOM_PERCENT_SINCE 21

void gcstate_init(struct gcstate *state, const struct globals *globals, int minor)
{
	const struct gc_layout *layout = gc_layout_find(minor);
	*state = (struct gcstate){.minor = minor};
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

/* gcController.memoryLimitHeapGoal: what is left of the limit for the heap. 0: these numbers are
   not of one moment. */
static uint64_t limited_goal(const int64_t *value, int minor)
{
#define GET(name) ((uint64_t)value[IN_GC_##name])
	uint64_t limit = GET(memory_limit), ready = GET(mapped_ready);
	uint64_t free = GET(heap_free), allocated = GET(total_alloc) - GET(total_free);
	if (ready > BYTES_MAX || allocated > ready || free > ready - allocated)
		return 0;
	uint64_t elsewhere = ready - free - allocated;
	uint64_t overage = ready > limit ? ready - limit : 0;
	if (elsewhere + overage >= limit)
		return GET(heap_marked);
	uint64_t goal = limit - (elsewhere + overage);
	uint64_t percent = minor >= HEADROOM_PERCENT_SINCE ? HEADROOM_PERCENT : 0;
	uint64_t headroom = goal / 100 * percent;
	if (headroom < HEADROOM)
		headroom = HEADROOM;
	goal = goal < 2 * headroom ? headroom : goal - headroom;
	return goal < GET(heap_marked) ? GET(heap_marked) : goal;
#undef GET
}

/* gcController.heapGoal. */
static int64_t heap_goal(const int64_t *value, int minor)
{
	/* UINT64_MAX: without a percentage (GOGC=off) the limit alone counts. */
	uint64_t goal = (uint64_t)value[IN_GC_heap_goal];
	int64_t limit = value[IN_GC_memory_limit], triggered = value[IN_GC_triggered];
	if (value[IN_GC_heap_goal] == GOPROC_UNKNOWN)
		return GOPROC_UNKNOWN;
	if (limit != INT64_MAX && limit != GOPROC_UNKNOWN) {
		uint64_t limited = limited_goal(value, minor);
		if (limited == 0)
			return GOPROC_UNKNOWN;
		if (limited < goal)
			return (int64_t)limited;
	}
	if (value[IN_GC_sweep_trigger] > 0 && (uint64_t)value[IN_GC_sweep_trigger] > goal)
		goal = (uint64_t)value[IN_GC_sweep_trigger];
	/* -1: no collection has been triggered yet. */
	if (triggered >= 0 && goal < (uint64_t)triggered + MIN_RUNWAY)
		goal = (uint64_t)triggered + MIN_RUNWAY;
	return (int64_t)goal;
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
		.heap_goal_bytes = within(heap_goal(value, state->minor), BYTES_MAX),
		.cpu_total_ns = cpu_max,
		.cpu_idle_ns = within(value[IN_GC_cpu_idle], INT64_MAX),
		.cpu_gc_ns = within(value[IN_GC_cpu_gc], cpu_max),
		.cpu_assist_ns = within(value[IN_GC_cpu_assist], cpu_max),
	};
}
