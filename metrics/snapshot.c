#include "metrics/snapshot.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lanes.h"
#include "util/status.h"

/* The count stands in front of what the public header shows, where nobody else can touch it. */
struct counted {
	atomic_uint refs;
	struct snapshot snapshot;
};

const char *const origin_name[ORIGIN_COUNT] = {
	[ORIGIN_NONE] = "none",   [ORIGIN_MEMORY] = "memory",
	[ORIGIN_AGENT] = "agent", [ORIGIN_SCHEDTRACE] = "schedtrace",
	[ORIGIN_PPROF] = "pprof", [ORIGIN_OS] = "os",
};

const char *const lane_state_name[LANE_STATE_COUNT] = {
	[LANE_UNKNOWN] = "unknown", [LANE_IDLE] = "idle",       [LANE_RUNNING] = "running",
	[LANE_GC] = "gc",           [LANE_SYSCALL] = "syscall", [LANE_SCHEDULER] = "scheduler",
};

const char lane_state_letter[LANE_STATE_COUNT] = {
	[LANE_UNKNOWN] = '-', [LANE_IDLE] = 'i',    [LANE_RUNNING] = 'r',
	[LANE_GC] = 'g',      [LANE_SYSCALL] = 's', [LANE_SCHEDULER] = 'f',
};

const char *const histogram_name[HISTOGRAM_COUNT] = {
	[HISTOGRAM_SCHED_LATENCY] = "sched_latency",
	[HISTOGRAM_GC_PAUSE] = "gc_pause",
	[HISTOGRAM_GC_PAUSE_STOPPING] = "gc_pause_stopping",
	[HISTOGRAM_OTHER_PAUSE] = "other_pause",
	[HISTOGRAM_OTHER_PAUSE_STOPPING] = "other_pause_stopping",
};

const char *const target_state_name[TARGET_STATE_COUNT] = {
	[TARGET_LIVE] = "live",
	[TARGET_STOPPED] = "stopped",
	[TARGET_EXITED] = "exited",
};

#define INFO(id, json_key, kind_of) {.name = (json_key), .kind = FIELD_##kind_of},
const struct field_info sched_field_info[SCHED_FIELD_COUNT] = {SCHED_FIELDS(INFO)};
const struct field_info p_field_info[P_FIELD_COUNT] = {P_FIELDS(INFO)};
const struct field_info m_field_info[M_FIELD_COUNT] = {M_FIELDS(INFO)};
const struct field_info runtime_field_info[RUNTIME_FIELD_COUNT] = {RUNTIME_FIELDS(INFO)};
const struct field_info os_field_info[OS_FIELD_COUNT] = {OS_FIELDS(INFO)};

#define FITS(set) _Static_assert(set##_FIELD_COUNT <= FIELDS_MAX, #set " has too many fields");
FIELD_SETS(FITS)

bool fields_delta(const struct fields *now, const struct fields *before, int field, int64_t *delta)
{
	int64_t to, from;
	if (!fields_get(now, field, &to) || !fields_get(before, field, &from) || to < from)
		return false;
	return !__builtin_sub_overflow(to, from, delta);
}

static struct counted *counted_of(const struct snapshot *s)
{
	return (struct counted *)((const char *)s - offsetof(struct counted, snapshot));
}

struct snapshot *snapshot_create(void)
{
	struct counted *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	return &c->snapshot;
}

struct snapshot *snapshot_ref(const struct snapshot *s)
{
	struct counted *c = counted_of(s);
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return &c->snapshot;
}

bool snapshot_same_process(const struct snapshot *a, const struct snapshot *b)
{
	return a->pid == b->pid && a->life == b->life && strcmp(a->where, b->where) == 0;
}

void snapshot_name(const struct snapshot *s, char *to, size_t size)
{
	if (s->pid > 0)
		snprintf(to, size, "process %ld", (long)s->pid);
	else
		snprintf(to, size, "%s", s->where[0] ? s->where : "the program");
}

/* Is all that `older` knows known to `s` as well, read later? */
static bool covers(const struct snapshot *s, const struct snapshot *older)
{
	bool all = s->state == older->state && snapshot_same_process(s, older) && s->np == older->np &&
	           s->sched_at.origin == older->sched_at.origin &&
	           s->runtime_at.origin == older->runtime_at.origin &&
	           s->os_at.origin == older->os_at.origin;
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		all = all && s->histogram_at[i].origin == older->histogram_at[i].origin;
	return all;
}

bool snapshot_is_shared(const struct snapshot *s)
{
	return atomic_load_explicit(&counted_of(s)->refs, memory_order_acquire) != 1;
}

bool snapshot_absorb(const struct snapshot *s, const struct snapshot *older, size_t samples_max)
{
	struct counted *c = counted_of(s);
	if (!covers(s, older) || snapshot_is_shared(s) ||
	    !lanes_join(&c->snapshot.lanes, &older->lanes, samples_max))
		return false;
	if (!s->goroutines && older->goroutines) {
		c->snapshot.goroutines = goroutine_set_ref(older->goroutines);
		c->snapshot.goroutines_at = older->goroutines_at;
	}
	return true;
}

static void free_rows(struct snapshot *s)
{
	free(s->p);
	free(s->m);
	s->p = NULL;
	s->m = NULL;
	s->np = s->nm = 0;
}

void snapshot_unref(const struct snapshot *s)
{
	if (!s)
		return;
	struct counted *c = counted_of(s);
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	free_rows(&c->snapshot);
	free(c->snapshot.task);
	goroutine_set_unref(c->snapshot.goroutines);
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		histogram_finish(&c->snapshot.histogram[i]);
	free(c->snapshot.lanes.at_ns);
	free(c->snapshot.lanes.state);
	free(c);
}

enum status snapshot_reserve(struct snapshot *s, size_t np, size_t nm)
{
	/* One more than asked for: calloc(0) may be NULL, which is not out of memory. */
	struct snapshot_p *p = calloc(np + 1, sizeof *p);
	struct snapshot_m *m = calloc(nm + 1, sizeof *m);
	if (!p || !m) {
		free(p);
		free(m);
		return STATUS_FAILED;
	}
	free_rows(s);
	s->p = p;
	s->m = m;
	s->np = np;
	s->nm = nm;
	return STATUS_OK;
}

enum status snapshot_reserve_tasks(struct snapshot *s, size_t ntasks)
{
	struct snapshot_task *task = calloc(ntasks + 1, sizeof *task);
	if (!task)
		return STATUS_FAILED;
	free(s->task);
	s->task = task;
	s->ntasks = ntasks;
	return STATUS_OK;
}

enum status lanes_reserve(struct lanes *lanes, size_t samples, size_t procs)
{
	size_t cells;
	if (__builtin_mul_overflow(samples, procs, &cells))
		return STATUS_FAILED;
	int64_t *at_ns = calloc(samples + 1, sizeof *at_ns);
	uint8_t *state = calloc(cells + 1, sizeof *state);
	if (!at_ns || !state) {
		free(at_ns);
		free(state);
		return STATUS_FAILED;
	}
	free(lanes->at_ns);
	free(lanes->state);
	lanes->at_ns = at_ns;
	lanes->state = state;
	lanes->samples = samples;
	lanes->procs = procs;
	return STATUS_OK;
}

size_t snapshot_bytes(const struct snapshot *s)
{
	size_t bytes = sizeof(struct counted) + s->np * sizeof *s->p + s->nm * sizeof *s->m +
	               s->ntasks * sizeof *s->task;
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		bytes += s->histogram[i].n * sizeof *s->histogram[i].count;
	if (s->goroutines)
		bytes += goroutine_set_bytes(s->goroutines);
	return bytes + s->lanes.samples * (sizeof *s->lanes.at_ns + s->lanes.procs);
}
