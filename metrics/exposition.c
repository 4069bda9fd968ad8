#include "metrics/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/derive.h"
#include "util/clock.h"

/* Goroutines are read less often than the rest; older ones are none of now. */
#define GOROUTINES_OLD_NS (30 * NS_PER_S)

/* What a P came to since it is watched. */
struct p_sum {
	int64_t state_ns[LANE_STATE_COUNT];
	int64_t ticks;
};

struct exposition {
	const struct snapshot *now, *before;               /* NULL: none */
	const struct snapshot *goroutines;                 /* the newest that has them */
	const struct snapshot *histogram[HISTOGRAM_COUNT]; /* the fullest of each */
	struct fields sched, runtime, os;                  /* counters at their highest */
	int64_t idle_ns;                                   /* likewise; -1: unknown */
	size_t procs;
	struct p_sum *p;  /* [procs] */
	int64_t start_ns; /* wall time; 0: unknown */
	bool exited;
};

/* --- snapshots in --------------------------------------------------------------------------- */

struct exposition *exposition_create(void)
{
	struct exposition *e = calloc(1, sizeof *e);
	if (e)
		e->idle_ns = -1;
	return e;
}

static void forget(struct exposition *e)
{
	snapshot_unref(e->now);
	snapshot_unref(e->before);
	snapshot_unref(e->goroutines);
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		snapshot_unref(e->histogram[i]);
	free(e->p);
	*e = (struct exposition){.idle_ns = -1};
}

void exposition_destroy(struct exposition *e)
{
	if (e)
		forget(e);
	free(e);
}

static void keep(const struct snapshot **slot, const struct snapshot *s)
{
	const struct snapshot *old = *slot;
	*slot = snapshot_ref(s);
	snapshot_unref(old);
}

/* Two reads are not of one moment, and a counter that seems to fall would be a restart. */
static void raise(struct fields *to, const struct fields *from, const struct field_info *info,
                  int count)
{
	for (int i = 0; i < count; i++) {
		int64_t value, high;
		if (!fields_get(from, i, &value))
			continue;
		if (info[i].kind == FIELD_COUNTER && fields_get(to, i, &high) && high > value)
			value = high;
		fields_set(to, i, value);
	}
	to->valid = from->valid; /* what is not known now is not told, but not forgotten */
}

static bool make_room(struct exposition *e, size_t procs)
{
	if (procs <= e->procs)
		return true;
	struct p_sum *p = realloc(e->p, procs * sizeof *p);
	if (!p)
		return false;
	memset(p + e->procs, 0, (procs - e->procs) * sizeof *p);
	e->p = p;
	e->procs = procs;
	return true;
}

static void add_lanes(struct exposition *e, const struct lanes *lanes)
{
	if (!make_room(e, lanes->procs))
		return;
	for (size_t i = 0; i < lanes->samples; i++) {
		int64_t ns = lanes->at_ns[i] - (i ? lanes->at_ns[i - 1] : lanes->start_ns);
		for (size_t p = 0; p < lanes->procs && ns > 0; p++) {
			uint8_t state = lanes->state[i * lanes->procs + p];
			if (state < LANE_STATE_COUNT)
				e->p[p].state_ns[state] += ns;
		}
	}
}

/* The runtime's own counters have 32 bits. */
static void add_ticks(struct exposition *e, const struct snapshot *before, const struct snapshot *s)
{
	if (!make_room(e, s->np))
		return;
	for (size_t i = 0; i < s->np; i++) {
		int64_t from, to;
		if (!fields_get(&s->p[i].f, P_SCHEDTICK, &to))
			continue;
		if (before && i < before->np && fields_get(&before->p[i].f, P_SCHEDTICK, &from))
			e->p[i].ticks += (uint32_t)((uint64_t)to - (uint64_t)from);
		else if (!before)
			e->p[i].ticks = to;
	}
}

/* What was idle before the last collection, and since. */
static void add_idle(struct exposition *e, const struct snapshot *s)
{
	int64_t idle_ns, at_gc_ns;
	if (fields_get(&s->sched, SCHED_IDLE_NS, &idle_ns) &&
	    fields_get(&s->sched, SCHED_IDLE_AT_GC_NS, &at_gc_ns) &&
	    !__builtin_add_overflow(idle_ns, at_gc_ns, &idle_ns) && idle_ns > e->idle_ns)
		e->idle_ns = idle_ns;
}

/* Once, in the hundredths that the kernel keeps: what moves would look like another start. */
static void note_start(struct exposition *e, const struct snapshot *s)
{
	int64_t uptime_ns;
	if (e->start_ns == 0 && fields_get(&s->os, OS_UPTIME_NS, &uptime_ns))
		e->start_ns =
			(s->wall_ns - uptime_ns + 5 * NS_PER_MS) / (10 * NS_PER_MS) * (10 * NS_PER_MS);
}

void exposition_add(struct exposition *e, const struct snapshot *s)
{
	if (e->now && (!snapshot_same_process(e->now, s) || (e->exited && s->state != TARGET_EXITED)))
		forget(e);
	if (s->state == TARGET_EXITED) { /* it knows nothing but that */
		e->exited = true;
		if (!e->now)
			e->now = s;
		else
			snapshot_unref(s);
		return;
	}
	add_ticks(e, e->now, s);
	add_lanes(e, &s->lanes);
	add_idle(e, s);
	note_start(e, s);
	raise(&e->sched, &s->sched, sched_field_info, SCHED_FIELD_COUNT);
	raise(&e->runtime, &s->runtime, runtime_field_info, RUNTIME_FIELD_COUNT);
	raise(&e->os, &s->os, os_field_info, OS_FIELD_COUNT);
	if (s->goroutines)
		keep(&e->goroutines, s);
	for (int i = 0; i < HISTOGRAM_COUNT; i++) {
		const struct histogram *h = &s->histogram[i];
		if (h->bounds && (!e->histogram[i] || h->total >= e->histogram[i]->histogram[i].total))
			keep(&e->histogram[i], s);
	}
	snapshot_unref(e->before);
	e->before = e->now;
	e->now = s;
}

/* --- metrics out ---------------------------------------------------------------------------- */

struct scrape {
	const struct exposition *e;
	struct openmetrics_page *page;
	int64_t now_ns;
};

static void whole(const struct scrape *s, const char *name, const char *value, int64_t number)
{
	const struct openmetrics_label label = {name, value};
	openmetrics_page_add_whole(s->page, &label, name ? 1 : 0, number, false);
}

static void tell_up(const struct scrape *s)
{
	const struct exposition *e = s->e;
	whole(s, NULL, NULL, e->now && !e->exited && e->now->sched_at.origin != ORIGIN_NONE);
}

static void tell_target(const struct scrape *s)
{
	char pid[24] = "";
	const struct snapshot *now = s->e->now;
	if (!now)
		return;
	if (now->pid)
		snprintf(pid, sizeof pid, "%ld", (long)now->pid);
	const struct openmetrics_label label[] = {{"program", now->program},
	                                          {"pid", pid},
	                                          {"where", now->where},
	                                          {"module", now->module},
	                                          {"go_version", now->go_version}};
	openmetrics_page_add_whole(s->page, label, sizeof label / sizeof *label, 1, false);
}

static void tell_version(const struct scrape *s)
{
	if (s->e->now && s->e->now->go_version[0])
		whole(s, "version", s->e->now->go_version, 1);
}

static void tell_sources(const struct scrape *s)
{
	const struct snapshot *now = s->e->now;
	if (!now)
		return;
	const struct {
		const char *part;
		enum origin origin;
	} parts[] = {{"sched", now->sched_at.origin},
	             {"runtime", now->runtime_at.origin},
	             {"os", now->os_at.origin},
	             {"lanes", now->lanes.samples ? now->lanes.origin : ORIGIN_NONE}};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct openmetrics_label label[] = {{"part", parts[i].part},
		                                          {"origin", origin_name[parts[i].origin]}};
		if (parts[i].origin != ORIGIN_NONE)
			openmetrics_page_add_whole(s->page, label, 2, 1, false);
	}
}

static void tell_age(const struct scrape *s)
{
	if (s->e->now)
		openmetrics_page_add_whole(s->page, NULL, 0, s->now_ns - s->e->now->monotonic_ns, true);
}

static void tell_idle_ratio(const struct scrape *s)
{
	if (!s->e->before)
		return;
	struct idle idle = derive_idle(s->e->before, s->e->now);
	if (idle.method != IDLE_UNKNOWN)
		openmetrics_page_add(s->page, NULL, 0, idle.ratio);
}

static void tell_idle(const struct scrape *s)
{
	if (s->e->idle_ns >= 0)
		openmetrics_page_add_whole(s->page, NULL, 0, s->e->idle_ns, true);
}

/* A state that it was never seen in is 0 all the same: a rate needs both ends. */
static void tell_p_states(const struct scrape *s)
{
	for (size_t p = 0; p < s->e->procs; p++) {
		int64_t sampled_ns = 0;
		char number[24];
		snprintf(number, sizeof number, "%zu", p);
		for (int state = LANE_UNKNOWN + 1; state < LANE_STATE_COUNT; state++)
			sampled_ns += s->e->p[p].state_ns[state];
		for (int state = LANE_UNKNOWN + 1; sampled_ns > 0 && state < LANE_STATE_COUNT; state++) {
			const struct openmetrics_label label[] = {{"p", number},
			                                          {"state", lane_state_name[state]}};
			openmetrics_page_add_whole(s->page, label, 2, s->e->p[p].state_ns[state], true);
		}
	}
}

/* There may have been no memory for the sums of all Ps: those of the others are unknown. */
static void tell_each_p(const struct scrape *s, int field)
{
	const struct snapshot *now = s->e->now;
	bool summed = field == P_SCHEDTICK;
	for (size_t p = 0; now && p < now->np && (!summed || p < s->e->procs); p++) {
		int64_t value;
		char number[24];
		snprintf(number, sizeof number, "%zu", p);
		if (fields_get(&now->p[p].f, field, &value))
			whole(s, "p", number, summed ? s->e->p[p].ticks : value);
	}
}

static void tell_queues(const struct scrape *s)
{
	tell_each_p(s, P_RUNQSIZE);
}

static void tell_timers(const struct scrape *s)
{
	tell_each_p(s, P_TIMERSLEN);
}

static void tell_ticks(const struct scrape *s)
{
	tell_each_p(s, P_SCHEDTICK);
}

static void tell_threads(const struct scrape *s)
{
	if (!s->e->now)
		return;
	struct thread_split split = derive_threads(s->e->now);
	const struct {
		const char *use;
		int64_t count;
	} rows[] = {{"running", split.running},   {"syscall", split.syscall}, {"cgo", split.cgo},
	            {"spinning", split.spinning}, {"idle", split.idle},       {"locked", split.locked},
	            {"other", split.other}};
	for (size_t i = 0; split.known && i < sizeof rows / sizeof *rows; i++)
		whole(s, "use", rows[i].use, rows[i].count);
}

/* By the reading of all of them, or by the runtime's own counts. */
static void tell_goroutines(const struct scrape *s)
{
	static const struct {
		enum goroutine_state state;
		int field;
		const char *name;
	} rows[] = {{GOROUTINE_RUNNING, RUNTIME_GOROUTINES_RUNNING, "running"},
	            {GOROUTINE_RUNNABLE, RUNTIME_GOROUTINES_RUNNABLE, "runnable"},
	            {GOROUTINE_SYSCALL, RUNTIME_GOROUTINES_NOT_IN_GO, "syscall"},
	            {GOROUTINE_WAITING, RUNTIME_GOROUTINES_WAITING, "waiting"}};
	const struct snapshot *with = s->e->goroutines;
	if (with && s->now_ns - with->goroutines_at.at_ns > GOROUTINES_OLD_NS)
		with = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t count;
		if (with ? goroutine_set_count(with->goroutines, rows[i].state, &count)
		         : fields_get(&s->e->runtime, rows[i].field, &count))
			whole(s, "state", rows[i].name, count);
	}
}

static void tell_goroutine_count(const struct scrape *s)
{
	int64_t count;
	if (fields_get(&s->e->runtime, RUNTIME_GOROUTINES, &count) ||
	    fields_get(&s->e->sched, SCHED_GOROUTINES, &count))
		whole(s, NULL, NULL, count);
}

static void tell_start(const struct scrape *s)
{
	if (s->e->start_ns)
		openmetrics_page_add_whole(s->page, NULL, 0, s->e->start_ns, true);
}

static void tell_quota(const struct scrape *s)
{
	int64_t millicpus;
	if (fields_get(&s->e->os, OS_QUOTA_MILLICPUS, &millicpus))
		openmetrics_page_add(s->page, NULL, 0, (double)millicpus / 1000);
}

static void tell_marking(const struct scrape *s)
{
	int64_t phase;
	if (fields_get(&s->e->sched, SCHED_GC_PHASE, &phase))
		whole(s, NULL, NULL, phase != GC_OFF);
}

/* What one field tells, or one histogram, needs no function of its own. */
enum set { SET_SCHED, SET_RUNTIME, SET_OS, SET_HISTOGRAM, SET_OTHER };

static const struct row {
	struct openmetrics_family family;
	enum set set;
	int field; /* of the set; its name ends in _ns: seconds */
	void (*tell)(const struct scrape *s);
} rows[] = {
#define GAUGE     OPENMETRICS_GAUGE
#define COUNTER   OPENMETRICS_COUNTER
#define HISTOGRAM OPENMETRICS_HISTOGRAM
#define INFO      OPENMETRICS_INFO
	{{"schedtop_up", GAUGE, NULL, "Whether the process is there and tells of its scheduler."},
     SET_OTHER,
     0,
     tell_up},
	{{"schedtop_target", INFO, NULL, "The process that is watched."}, SET_OTHER, 0, tell_target},
	{{"schedtop_source", INFO, NULL, "Where each part comes from."}, SET_OTHER, 0, tell_sources},
	{{"schedtop_snapshot_age_seconds", GAUGE, "seconds", "How old the newest numbers are."},
     SET_OTHER,
     0,
     tell_age},

	{{"schedtop_idle_ratio", GAUGE, "ratio",
      "Share of GOMAXPROCS that was idle in the last interval."},
     SET_OTHER,
     0,
     tell_idle_ratio},
	{{"schedtop_idle_seconds", COUNTER, "seconds", "Time that Ps were idle, up to now."},
     SET_OTHER,
     0,
     tell_idle},
	{{"schedtop_p_state_seconds", COUNTER, "seconds",
      "Time that a P spent in each state, by samples, since it is watched."},
     SET_OTHER,
     0,
     tell_p_states},
	{{"schedtop_p_run_queue_goroutines", GAUGE, "goroutines", "Length of a P's run queue."},
     SET_OTHER,
     0,
     tell_queues},
	{{"schedtop_p_timers", GAUGE, NULL, "Timers in a P's heap."}, SET_OTHER, 0, tell_timers},
	{{"schedtop_p_schedticks", COUNTER, NULL, "How often a P has begun to run a goroutine."},
     SET_OTHER,
     0,
     tell_ticks},
	{{"schedtop_global_run_queue_goroutines", GAUGE, "goroutines",
      "Length of the global run queue."},
     SET_SCHED,
     SCHED_RUNQUEUE,
     NULL},
	{{"schedtop_idle_procs", GAUGE, "procs", "Ps that were idle at that moment."},
     SET_SCHED,
     SCHED_IDLEPROCS,
     NULL},
	{{"schedtop_threads", GAUGE, NULL, "Threads by what they are for."},
     SET_OTHER,
     0,
     tell_threads},
	{{"schedtop_os_threads", GAUGE, NULL, "Threads as the kernel counts them."},
     SET_OS,
     OS_THREADS,
     NULL},
	{{"schedtop_goroutines", GAUGE, NULL, "Goroutines of the program by state."},
     SET_OTHER,
     0,
     tell_goroutines},
	{{"schedtop_goroutines_created", COUNTER, NULL, "Goroutines that were ever started."},
     SET_SCHED,
     SCHED_GOROUTINES_CREATED,
     NULL},
	{{"schedtop_gc_marking", GAUGE, NULL, "Whether the garbage collector marks at that moment."},
     SET_OTHER,
     0,
     tell_marking},
	{{"schedtop_cpu_quota_cores", GAUGE, "cores", "CPU time that the cgroup may use per second."},
     SET_OTHER,
     0,
     tell_quota},
	{{"schedtop_affinity_cpus", GAUGE, "cpus", "CPUs that the process may run on."},
     SET_OS,
     OS_AFFINITY_CPUS,
     NULL},
	{{"schedtop_cgroup_periods", COUNTER, NULL, "Periods of the CPU quota in which it ran."},
     SET_OS,
     OS_CGROUP_PERIODS,
     NULL},
	{{"schedtop_cgroup_throttled_periods", COUNTER, NULL, "Those in which it was throttled."},
     SET_OS,
     OS_CGROUP_THROTTLED_PERIODS,
     NULL},
	{{"schedtop_cgroup_throttled_seconds", COUNTER, "seconds", "Time for which it was throttled."},
     SET_OS,
     OS_CGROUP_THROTTLED_NS,
     NULL},

	/* As client_golang's collectors name them. */
	{{"go_info", GAUGE, NULL, "Information about the Go environment."}, SET_OTHER, 0, tell_version},
	{{"go_goroutines", GAUGE, NULL, "Number of goroutines that currently exist."},
     SET_OTHER,
     0,
     tell_goroutine_count},
	{{"go_threads", GAUGE, NULL, "Number of OS threads created."}, SET_SCHED, SCHED_THREADS, NULL},
	{{"go_sched_gomaxprocs_threads", GAUGE, "threads", "The current GOMAXPROCS."},
     SET_SCHED,
     SCHED_GOMAXPROCS,
     NULL},
	{{"go_sched_latencies_seconds", HISTOGRAM, "seconds",
      "Time that goroutines were runnable before they ran, since the process started."},
     SET_HISTOGRAM,
     HISTOGRAM_SCHED_LATENCY,
     NULL},
	{{"go_sched_pauses_total_gc_seconds", HISTOGRAM, "seconds",
      "Pauses of the whole program for the garbage collector."},
     SET_HISTOGRAM,
     HISTOGRAM_GC_PAUSE,
     NULL},
	{{"go_sched_pauses_stopping_gc_seconds", HISTOGRAM, "seconds",
      "The part of those in which the program was being stopped."},
     SET_HISTOGRAM,
     HISTOGRAM_GC_PAUSE_STOPPING,
     NULL},
	{{"go_sched_pauses_total_other_seconds", HISTOGRAM, "seconds",
      "Pauses of the whole program for other reasons."},
     SET_HISTOGRAM,
     HISTOGRAM_OTHER_PAUSE,
     NULL},
	{{"go_sched_pauses_stopping_other_seconds", HISTOGRAM, "seconds",
      "The part of those in which the program was being stopped."},
     SET_HISTOGRAM,
     HISTOGRAM_OTHER_PAUSE_STOPPING,
     NULL},
	{{"go_sync_mutex_wait_total_seconds", COUNTER, "seconds",
      "Time that goroutines were blocked on a sync.Mutex or sync.RWMutex."},
     SET_SCHED,
     SCHED_MUTEX_WAIT_NS,
     NULL},
	{{"go_gc_cycles_total_gc_cycles", COUNTER, NULL, "Completed cycles of the garbage collector."},
     SET_RUNTIME,
     RUNTIME_GC_CYCLES,
     NULL},
	{{"go_gc_heap_allocs_bytes", COUNTER, "bytes", "Memory that was allocated on the heap."},
     SET_RUNTIME,
     RUNTIME_ALLOC_BYTES,
     NULL},
	{{"go_gc_heap_live_bytes", GAUGE, "bytes", "Heap that the last collection found alive."},
     SET_RUNTIME,
     RUNTIME_HEAP_LIVE_BYTES,
     NULL},
	{{"go_gc_heap_goal_bytes", GAUGE, "bytes", "Heap size at which the next collection ends."},
     SET_RUNTIME,
     RUNTIME_HEAP_GOAL_BYTES,
     NULL},
	{{"go_memory_classes_heap_objects_bytes", GAUGE, "bytes",
      "Live objects and dead ones not yet swept."},
     SET_RUNTIME,
     RUNTIME_HEAP_OBJECTS_BYTES,
     NULL},
	{{"process_cpu_seconds", COUNTER, "seconds",
      "Total user and system CPU time spent in seconds."},
     SET_OS,
     OS_CPU_NS,
     NULL},
	{{"process_resident_memory_bytes", GAUGE, "bytes", "Resident memory size in bytes."},
     SET_OS,
     OS_RSS_BYTES,
     NULL},
	{{"process_start_time_seconds", GAUGE, "seconds",
      "Start time of the process since unix epoch in seconds."},
     SET_OTHER,
     0,
     tell_start},
#undef GAUGE
#undef COUNTER
#undef HISTOGRAM
#undef INFO
};

static void tell_field(const struct scrape *s, const struct row *row)
{
	static const struct field_info *const infos[] = {
		[SET_SCHED] = sched_field_info,
		[SET_RUNTIME] = runtime_field_info,
		[SET_OS] = os_field_info,
	};
	const struct fields *const sets[] = {
		[SET_SCHED] = &s->e->sched,
		[SET_RUNTIME] = &s->e->runtime,
		[SET_OS] = &s->e->os,
	};
	int64_t value;
	const char *name = infos[row->set][row->field].name, *end = strrchr(name, '_');
	if (fields_get(sets[row->set], row->field, &value))
		openmetrics_page_add_whole(s->page, NULL, 0, value, end && strcmp(end, "_ns") == 0);
}

struct openmetrics_page *exposition_page(const struct exposition *e, enum openmetrics_format format,
                                         int64_t now_ns)
{
	struct openmetrics_page *page = openmetrics_page_create(format);
	if (!page)
		return NULL;
	const struct scrape s = {e, page, now_ns};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		openmetrics_page_begin(page, &row->family);
		if (e->exited && row->tell != tell_up && row->tell != tell_target)
			continue; /* nothing of it is true any more */
		if (row->tell)
			row->tell(&s);
		else if (row->set != SET_HISTOGRAM)
			tell_field(&s, row);
		else if (e->histogram[row->field])
			openmetrics_page_add_histogram(page, &e->histogram[row->field]->histogram[row->field]);
	}
	return page;
}
