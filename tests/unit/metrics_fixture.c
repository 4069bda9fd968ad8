#include "tests/unit/metrics_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/goroutine_fixture.h"

struct snapshot *make_snapshot(int64_t monotonic_ns)
{
	struct snapshot *s = snapshot_create();
	assert_non_null(s);
	s->monotonic_ns = monotonic_ns;
	s->wall_ns = INT64_C(1750000000) * NS_PER_S + monotonic_ns;
	s->interval_ns = NS_PER_S;
	s->pid = 4321;
	s->sched_at = s->runtime_at = (struct stamp){ORIGIN_MEMORY, monotonic_ns};
	s->os_at = (struct stamp){ORIGIN_OS, monotonic_ns};
	return s;
}

void fill_fields(struct fields *f, const struct field_info *info, int count, int64_t value)
{
	for (int i = 0; i < count; i++)
		fields_set(f, i, info[i].kind == FIELD_BOOL ? 1 : value + i);
}

void set_lanes(struct snapshot *s, int64_t start_ns, int64_t period_ns, size_t procs,
               const char *const *states)
{
	static const char letters[] = "-irgsf"; /* in the order of enum lane_state */
	size_t samples = strlen(states[0]);
	assert_int_equal(lanes_reserve(&s->lanes, samples, procs), STATUS_OK);
	s->lanes.origin = ORIGIN_MEMORY;
	s->lanes.start_ns = start_ns;
	for (size_t i = 0; i < samples; i++) {
		s->lanes.at_ns[i] = start_ns + (int64_t)(i + 1) * period_ns;
		for (size_t p = 0; p < procs; p++) {
			const char *letter = strchr(letters, states[p][i]);
			assert_non_null(letter);
			s->lanes.state[i * procs + p] = (uint8_t)(letter - letters);
		}
	}
}

static void fill_histograms(struct snapshot *s, int64_t second)
{
	struct histogram_bounds *bounds = histogram_bounds_of_time_histogram(false);
	uint64_t count[162] = {0};
	for (size_t i = 20; i < 60; i++)
		count[i] = (uint64_t)second * i;
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		assert_int_equal(histogram_init(&s->histogram[id], bounds, count), STATUS_OK);
		s->histogram_at[id] = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	}
}

/* A thread for every M, and not all is known of all. */
static void fill_tasks(struct snapshot *s, size_t threads)
{
	assert_int_equal(snapshot_reserve_tasks(s, threads), STATUS_OK);
	s->tasks_at = (struct stamp){ORIGIN_OS, s->monotonic_ns};
	for (size_t i = 0; i < threads; i++) {
		struct snapshot_task *task = &s->task[i];
		fields_set(&s->m[i].f, M_TID, 5 + (int64_t)i);
		*task = (struct snapshot_task){
			.tid = 4321 + (int32_t)i,
			.inner_tid = 5 + (int32_t)i,
			.cpu_ns = -1,
			.syscall = TASK_SYSCALL_UNKNOWN,
		};
		if (i % 4 == 3)
			continue; /* not read yet */
		task->read_ns = s->monotonic_ns - (int64_t)i;
		task->cpu_ns = s->monotonic_ns / 10;
		task->state = i ? 'S' : 'R';
		task->syscall = i ? 202 : TASK_SYSCALL_NONE;
		strcpy(task->name, "orders-api");
		strcpy(task->wait, i ? "futex_wait_queue" : "");
	}
}

/* Five groups, the largest one by one; one more waits with each second. */
static void fill_goroutines(struct snapshot *s, int64_t second)
{
	const struct goroutine_kinds kind[] = {
		{20 + (uint32_t)second, GOROUTINE_WAITING, "chan send", "main.fanOut", "main.worker",
	     "main.worker", 90 * NS_PER_S, true, false},
		{7, GOROUTINE_WAITING, "IO wait", "net/http.(*Server).Serve", "net/http.(*conn).serve",
	     NULL, 7 * NS_PER_S, false, false},
		{2, GOROUTINE_RUNNABLE, NULL, "main.fanOut", "main.worker", "encoding/json.Marshal", -1,
	     false, false},
		{1, GOROUTINE_SYSCALL, NULL, NULL, "runtime.main", "os.(*File).Read", NS_PER_S, true,
	     false},
		{4, GOROUTINE_WAITING, "GC worker (idle)", "runtime.gcBgMarkStartWorkers",
	     "runtime.gcBgMarkWorker", NULL, NS_PER_S, true, true},
	};
	struct goroutine_set *set = make_goroutines(kind, sizeof kind / sizeof *kind, 0);
	assert_non_null(set);
	set->dropped = 1;
	set->at_ns = s->monotonic_ns;
	s->goroutines = set;
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
}

struct snapshot *make_full_snapshot(int64_t second, size_t procs, size_t threads)
{
	struct snapshot *s = make_snapshot(second * NS_PER_S);
	strcpy(s->program, "orders-api");
	strcpy(s->go_version, "go1.26.8");
	strcpy(s->module, "example.org/orders");
	fill_fields(&s->sched, sched_field_info, SCHED_FIELD_COUNT, second);
	fields_set(&s->sched, SCHED_GOMAXPROCS, (int64_t)procs);
	fill_fields(&s->runtime, runtime_field_info, RUNTIME_FIELD_COUNT, second);
	fill_fields(&s->os, os_field_info, OS_FIELD_COUNT, second);
	assert_int_equal(snapshot_reserve(s, procs, threads), STATUS_OK);
	for (size_t i = 0; i < procs; i++) {
		fill_fields(&s->p[i].f, p_field_info, P_FIELD_COUNT, second);
		fields_set(&s->p[i].f, P_ID, (int64_t)i);
		fields_set(&s->p[i].f, P_LANE, LANE_RUNNING);
		strcpy(s->p[i].running, "main.(*Server).handle");
	}
	for (size_t i = 0; i < threads; i++) {
		fill_fields(&s->m[i].f, m_field_info, M_FIELD_COUNT, second);
		fields_set(&s->m[i].f, M_ID, (int64_t)i);
		fields_set(&s->m[i].f, M_LOCKEDG, FIELD_NIL);
	}
	fill_tasks(s, threads);
	fill_goroutines(s, second);
	fill_histograms(s, second);
	char row[101] = "";
	memset(row, 'r', 100);
	memset(row + 20, 'i', 30);
	const char *states[64] = {row};
	for (size_t p = 1; p < procs; p++)
		states[p] = row;
	set_lanes(s, (second - 1) * NS_PER_S, NS_PER_S / 100, procs, states);
	return s;
}

void make_histogram(struct histogram *h, const uint64_t *count, size_t buckets)
{
	double bound_ns[64];
	for (size_t i = 0; i <= buckets; i++)
		bound_ns[i] = (double)i * 10;
	struct histogram_bounds *bounds = histogram_bounds_create(bound_ns, buckets + 1);
	assert_non_null(bounds);
	assert_int_equal(histogram_init(h, bounds, count), STATUS_OK);
	histogram_bounds_unref(bounds);
}
