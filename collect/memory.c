/* The target's memory as a source: goproc's raw state, turned into snapshot fields. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/goroutines.h"
#include "collect/source.h"
#include "goproc/goproc.h"
#include "util/clock.h"

#define PROCS_MAX 4096

struct memory_source {
	struct source base;
	struct goproc *goproc;
	struct goroutines goroutines;
	int64_t interval_ns; /* between snapshots, as of the last one */
	uv_idle_t between;   /* reads goroutines whenever the loop has nothing else to do */
	void (*done)(void *arg);
	void *done_arg;
	void (*closed)(void *arg);
	void *closed_arg;
	enum goproc_activity activity[PROCS_MAX];
	uint8_t state[PROCS_MAX];
};

/* Which member of goproc's struct is which field. */
struct mapping {
	int field;
	size_t offset;
};

#define MAP(prefix, type, id, member)                \
	{                                                \
		prefix##_##id, offsetof(struct type, member) \
	}
#define MAP_SCHED(id, member) MAP(SCHED, goproc_sched, id, member)
#define MAP_P(id, member)     MAP(P, goproc_p, id, member)
#define MAP_M(id, member)     MAP(M, goproc_m, id, member)

static const struct mapping sched_map[] = {
	MAP_SCHED(GOMAXPROCS, gomaxprocs),
	MAP_SCHED(IDLEPROCS, idleprocs),
	MAP_SCHED(THREADS, threads),
	MAP_SCHED(SPINNINGTHREADS, spinningthreads),
	MAP_SCHED(NEEDSPINNING, needspinning),
	MAP_SCHED(IDLETHREADS, idlethreads),
	MAP_SCHED(RUNQUEUE, runqueue),
	MAP_SCHED(GCWAITING, gcwaiting),
	MAP_SCHED(GC_PHASE, gc_phase),
	MAP_SCHED(NMIDLELOCKED, nmidlelocked),
	MAP_SCHED(STOPWAIT, stopwait),
	MAP_SCHED(SYSMONWAIT, sysmonwait),
	MAP_SCHED(IDLE_NS, idle_ns),
	MAP_SCHED(IDLE_AT_GC_NS, idle_at_gc_ns),
	MAP_SCHED(GOROUTINES, goroutines),
	MAP_SCHED(GOROUTINES_CREATED, goroutines_created),
	MAP_SCHED(MUTEX_WAIT_NS, mutex_wait_ns),
};

static const struct mapping p_map[] = {
	MAP_P(ID, id),
	MAP_P(STATUS, status),
	MAP_P(SCHEDTICK, schedtick),
	MAP_P(SYSCALLTICK, syscalltick),
	MAP_P(M, m),
	MAP_P(RUNQSIZE, runqsize),
	MAP_P(GFREECNT, gfreecnt),
	MAP_P(TIMERSLEN, timerslen),
	MAP_P(RUNNEXT, runnext),
	MAP_P(GC_WORKER, gc_worker),
	MAP_P(CURG, curg),
};

static const struct mapping m_map[] = {
	MAP_M(ID, id),
	MAP_M(P, p),
	MAP_M(CURG, curg),
	MAP_M(MALLOCING, mallocing),
	MAP_M(THROWING, throwing),
	MAP_M(LOCKS, locks),
	MAP_M(DYING, dying),
	MAP_M(SPINNING, spinning),
	MAP_M(BLOCKED, blocked),
	MAP_M(LOCKEDG, lockedg),
	MAP_M(TID, tid),
	MAP_M(INCGO, incgo),
	MAP_M(CURG_STATUS, curg_status),
};

/* What the agent would tell of the same program, as far as its memory tells it. */
static const struct mapping collector_map[] = {
	MAP(RUNTIME, goproc_collector, GC_CYCLES, cycles),
	MAP(RUNTIME, goproc_collector, GC_CYCLES_FORCED, cycles_forced),
	MAP(RUNTIME, goproc_collector, HEAP_LIVE_BYTES, heap_live_bytes),
	MAP(RUNTIME, goproc_collector, HEAP_GOAL_BYTES, heap_goal_bytes),
	MAP(RUNTIME, goproc_collector, CPU_TOTAL_AT_GC_NS, cpu_total_ns),
	MAP(RUNTIME, goproc_collector, CPU_IDLE_AT_GC_NS, cpu_idle_ns),
	MAP(RUNTIME, goproc_collector, CPU_GC_AT_GC_NS, cpu_gc_ns),
	MAP(RUNTIME, goproc_collector, CPU_ASSIST_AT_GC_NS, cpu_assist_ns),
};
static const struct mapping wait_map[] = {
	MAP(RUNTIME, goproc_sched, MUTEX_WAIT_NS, lock_wait_ns),
};

static void map_fields(struct fields *to, const void *from, const struct mapping *map, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t value;
		memcpy(&value, (const char *)from + map[i].offset, sizeof value);
		if (value != GOPROC_UNKNOWN)
			fields_set(to, map[i].field, value);
	}
}
#define MAP_FIELDS(to, from, map) map_fields(to, from, map, sizeof(map) / sizeof(map)[0])

static const uint8_t lane_of[] = {
	[GOPROC_IDLE] = LANE_IDLE,       [GOPROC_RUNNING] = LANE_RUNNING,     [GOPROC_GC] = LANE_GC,
	[GOPROC_SYSCALL] = LANE_SYSCALL, [GOPROC_SCHEDULER] = LANE_SCHEDULER,
};

static const enum histogram_id histogram_of[GOPROC_HISTOGRAM_COUNT] = {
	[GOPROC_TIME_TO_RUN] = HISTOGRAM_SCHED_LATENCY,
	[GOPROC_STW_STOPPING_GC] = HISTOGRAM_GC_PAUSE_STOPPING,
	[GOPROC_STW_STOPPING_OTHER] = HISTOGRAM_OTHER_PAUSE_STOPPING,
	[GOPROC_STW_TOTAL_GC] = HISTOGRAM_GC_PAUSE,
	[GOPROC_STW_TOTAL_OTHER] = HISTOGRAM_OTHER_PAUSE,
};

static enum status memory_open(struct source **out, const struct target *target, uv_loop_t *loop,
                               struct error *error)
{
	if (!target->local)
		return error_set(error, STATUS_NO_TARGET, "process %d is not in this /proc", target->pid);
	struct memory_source *memory = calloc(1, sizeof *memory);
	if (!memory)
		return error_no_memory(error);
	memory->base.ops = &source_memory;
	enum status status = goproc_attach(target->pid, &memory->goproc, error);
	if (status != STATUS_OK) {
		free(memory);
		return status;
	}
	uv_idle_init(loop, &memory->between);
	memory->between.data = memory;
	*out = &memory->base;
	return STATUS_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct memory_source *memory = handle->data;
	goroutines_end(&memory->goroutines);
	goproc_detach(memory->goproc);
	memory->closed(memory->closed_arg);
	free(memory);
}

static void memory_close(struct source *source, void (*closed)(void *arg), void *arg)
{
	struct memory_source *memory = (struct memory_source *)source;
	memory->closed = closed;
	memory->closed_arg = arg;
	uv_close((uv_handle_t *)&memory->between, on_closed);
}

static enum status memory_sample(struct source *source, struct lane_sink *sink, struct error *error)
{
	struct memory_source *memory = (struct memory_source *)source;
	size_t np = 0;
	int64_t at_ns = clock_monotonic_ns();
	enum status status = goproc_sample(memory->goproc, memory->activity, PROCS_MAX, &np, error);
	if (status != STATUS_OK)
		return status;
	if (np > PROCS_MAX)
		np = PROCS_MAX;
	for (size_t i = 0; i < np; i++)
		memory->state[i] = lane_of[memory->activity[i]];
	lane_sink_add(sink, ORIGIN_MEMORY, at_ns, memory->state, np);
	return STATUS_OK;
}

static enum status fill_rows(const struct goproc_state *state, struct snapshot *s)
{
	if (snapshot_reserve(s, state->np, state->nm) != STATUS_OK)
		return STATUS_FAILED;
	for (size_t i = 0; i < state->np; i++) {
		MAP_FIELDS(&s->p[i].f, &state->p[i], p_map);
		fields_set(&s->p[i].f, P_LANE, lane_of[state->p[i].activity]);
		snprintf(s->p[i].running, sizeof s->p[i].running, "%s", state->p[i].running);
	}
	for (size_t i = 0; i < state->nm; i++) {
		MAP_FIELDS(&s->m[i].f, &state->m[i], m_map);
		snprintf(s->m[i].preemptoff, sizeof s->m[i].preemptoff, "%s", state->m[i].preemptoff);
	}
	return STATUS_OK;
}

/* An agent that answers for this snapshot knows more, and its numbers take the place of these. */
static void fill_runtime(const struct goproc_state *state, struct snapshot *s)
{
	if (s->runtime_at.origin != ORIGIN_NONE)
		return;
	MAP_FIELDS(&s->runtime, &state->collector, collector_map);
	MAP_FIELDS(&s->runtime, &state->sched, wait_map);
	if (s->runtime.valid)
		s->runtime_at = (struct stamp){ORIGIN_MEMORY, state->at_ns};
}

static enum status fill_histograms(const struct goproc_state *state, struct snapshot *s)
{
	struct histogram_bounds *bounds =
		histogram_bounds_of_time_histogram(state->old_histogram_layout);
	if (!bounds)
		return STATUS_FAILED;
	enum status status = STATUS_OK;
	for (int i = 0; i < GOPROC_HISTOGRAM_COUNT && status == STATUS_OK; i++) {
		enum histogram_id id = histogram_of[i];
		const struct goproc_counts *counts = &state->histogram[i];
		if (counts->n + 1 != histogram_bounds_count(bounds) || s->histogram[id].bounds)
			continue;
		status = histogram_init(&s->histogram[id], bounds, counts->count);
		s->histogram_at[id] = (struct stamp){ORIGIN_MEMORY, state->at_ns};
	}
	histogram_bounds_unref(bounds);
	return status;
}

static enum status memory_fill(struct source *source, struct snapshot *s, struct error *error)
{
	struct memory_source *memory = (struct memory_source *)source;
	struct goproc_state state;
	memory->interval_ns = s->interval_ns;
	enum status status = goproc_read(memory->goproc, &state, error);
	if (status != STATUS_OK)
		return status;
	if (s->sched_at.origin == ORIGIN_NONE) {
		MAP_FIELDS(&s->sched, &state.sched, sched_map);
		s->sched_at = (struct stamp){ORIGIN_MEMORY, state.at_ns};
		status = fill_rows(&state, s);
		fill_runtime(&state, s);
	}
	if (status == STATUS_OK)
		status = fill_histograms(&state, s);
	if (status != STATUS_OK)
		return error_no_memory(error);
	return STATUS_OK;
}

/* ---- goroutines ---- */

/* A slice; the loop looks at its timers before the next one. */
static void on_idle(uv_idle_t *between)
{
	struct memory_source *memory = between->data;
	if (goroutines_step(&memory->goroutines))
		return;
	uv_idle_stop(between);
	void (*done)(void *arg) = memory->done;
	memory->done = NULL;
	if (done)
		done(memory->done_arg);
}

/* A reading that takes too long for one snapshot is there for the next. */
static void memory_begin(struct source *source, unsigned want, void (*done)(void *arg), void *arg)
{
	struct memory_source *memory = (struct memory_source *)source;
	(void)want;
	if (!goroutines_begin(&memory->goroutines, memory->goproc, source->detail,
	                      memory->interval_ns)) {
		done(arg);
		return;
	}
	memory->done = done;
	memory->done_arg = arg;
	uv_idle_start(&memory->between, on_idle);
}

static enum status memory_complete(struct source *source, struct snapshot *s, struct error *error)
{
	struct memory_source *memory = (struct memory_source *)source;
	/* What is wrong with them alone is told apart; the rest is good. */
	if (goroutines_take(&memory->goroutines, s) == STATUS_EXITED)
		return error_set(error, STATUS_EXITED, "%s", s->goroutines_trouble);
	return STATUS_OK;
}

const struct source_ops source_memory = {
	.name = "memory",
	.origin = ORIGIN_MEMORY,
	.sample_period_ns = 10 * NS_PER_MS,
	.open = memory_open,
	.close = memory_close,
	.sample = memory_sample,
	.fill = memory_fill,
	.begin = memory_begin,
	.complete = memory_complete,
};
