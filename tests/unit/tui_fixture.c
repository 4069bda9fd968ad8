#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tui_fixture.h"

#include "tests/unit/goroutine_fixture.h"
#include "util/clock.h"

const struct fixture fixture_busy = {
	.program = "orders-api",
	.procs = 8,
	.hz = 100,
	.memory = true,
	.agent = true,
	.os = true,
};

/* A number from 0 to 999 that depends on nothing but its arguments. */
static int noise(size_t a, size_t b)
{
	uint64_t x = (uint64_t)a * 0x9e3779b97f4a7c15U ^ (uint64_t)(b + 1) * 0xbf58476d1ce4e5b9U;
	x ^= x >> 29;
	x *= 0x94d049bb133111ebU;
	return (int)((x >> 33) % 1000);
}

/* Even Ps are busy, odd ones follow a wave; every 7 s comes a collection, P 2 likes system calls.
 */
static enum lane_state state_of(size_t p, int sample, int hz)
{
	int second = sample / hz, within = sample % hz;
	int busy = p % 2 == 0 ? 950 : 100 + 100 * (second / 4 % 9);
	int dice = noise(p, (size_t)sample);
	if (second % 7 == 3 && within < hz * (p % 2 ? 6 : 2) / 10)
		return LANE_GC;
	if (p == 2 && second / 5 % 3 == 0 && dice < 700)
		return LANE_SYSCALL;
	if (dice < busy)
		return LANE_RUNNING;
	return dice > 980 ? LANE_SCHEDULER : LANE_IDLE;
}

static void fill_lanes(const struct fixture *f, struct snapshot *s, int second)
{
	if (!f->hz || lanes_reserve(&s->lanes, (size_t)f->hz, f->procs))
		return;
	s->lanes.origin = ORIGIN_MEMORY;
	s->lanes.start_ns = s->monotonic_ns - NS_PER_S;
	for (int i = 0; i < f->hz; i++) {
		s->lanes.at_ns[i] = s->lanes.start_ns + (i + 1) * NS_PER_S / f->hz;
		for (size_t p = 0; p < f->procs; p++)
			s->lanes.state[(size_t)i * f->procs + p] =
				(uint8_t)state_of(p, second * f->hz + i, f->hz);
	}
}

static void fill_p(const struct fixture *f, struct snapshot *s, int second, size_t p)
{
	static const char *const function[] = {"main.(*Server).handle", "encoding/json.Marshal",
	                                       "net/http.(*conn).serve", "main.fanOut.func1"};
	static const char hostile[] = "\x1b[2J\x1b]0;gone\x07日本語\xff\xfe\xe2\x80\xae";
	struct fields *fields = &s->p[p].f;
	int hz = f->hz ? f->hz : 100;
	enum lane_state lane = state_of(p, second * hz + hz - 1, hz);
	fields_set(fields, P_ID, (int64_t)p);
	fields_set(fields, P_STATUS, lane == LANE_RUNNING);
	fields_set(fields, P_SCHEDTICK, 1000 * second + (int64_t)p * 37 * second);
	fields_set(fields, P_SYSCALLTICK, 10 * second);
	fields_set(fields, P_M, lane == LANE_IDLE ? FIELD_NIL : (int64_t)(p * 3 % 17));
	fields_set(fields, P_RUNQSIZE, p % 2 ? 0 : noise(p, (size_t)second) % 60);
	fields_set(fields, P_RUNNEXT, p % 3 == 0);
	fields_set(fields, P_TIMERSLEN, 250 + (int64_t)p);
	fields_set(fields, P_GC_WORKER, lane == LANE_GC);
	fields_set(fields, P_LANE, lane);
	fields_set(fields, P_CURG, FIELD_NIL);
	if (lane == LANE_RUNNING) {
		fields_set(fields, P_CURG, 8812 + (int64_t)p * 131 + second);
		snprintf(s->p[p].running, sizeof s->p[p].running, "%s",
		         f->hostile ? hostile : function[(p + (size_t)second) % 4]);
	}
}

/* A thread for each P, and some that have none. */
static void fill_m(struct snapshot *s, size_t m)
{
	enum { RUNNING = 2, SYSCALL = 3, WAITING = 4 };
	struct fields *f = &s->m[m].f;
	bool has_p = m < s->np;
	bool has_g = m < s->np + 4;
	fields_set(f, M_ID, (int64_t)m);
	fields_set(f, M_TID, 4321 + (int64_t)m);
	fields_set(f, M_P, has_p ? (int64_t)m : FIELD_NIL);
	fields_set(f, M_CURG, has_g ? 100 + (int64_t)m : FIELD_NIL);
	fields_set(f, M_LOCKEDG, m == s->np + 3 ? 100 + (int64_t)m : FIELD_NIL);
	fields_set(f, M_SPINNING, 0);
	fields_set(f, M_BLOCKED, !has_g);
	fields_set(f, M_INCGO, m == s->np + 2);
	if (has_g)
		fields_set(f, M_CURG_STATUS, has_p ? RUNNING : m == s->np + 3 ? WAITING : SYSCALL);
}

static void fill_histogram(struct snapshot *s, enum histogram_id id, int second)
{
	enum { BUCKETS = 24 };
	double bound[BUCKETS + 1];
	uint64_t count[BUCKETS];
	for (int i = 0; i <= BUCKETS; i++)
		bound[i] = (double)(UINT64_C(1000) << i);
	for (int i = 0; i < BUCKETS; i++)
		count[i] = 0;
	/* Counts only grow; what a window sees is a wave that rises and falls back. */
	for (int past = 1; past <= second; past++) {
		int centre = id == HISTOGRAM_SCHED_LATENCY ? 5 + past / 6 % 5 : 6;
		count[centre] += 40;
		count[centre + 1] += 9;
		count[centre + 3] += 1;
		count[centre + 4] += noise(7, (size_t)past) < 300;
	}
	struct histogram_bounds *bounds = histogram_bounds_create(bound, BUCKETS + 1);
	if (bounds && !histogram_init(&s->histogram[id], bounds, count))
		s->histogram_at[id] = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	histogram_bounds_unref(bounds);
}

/*
 * Every other second, as the slow tier reads them: one group grows and waits ever longer, one waits
 * for a lock, others come and go. The largest is told one by one.
 */
static void fill_goroutines(const struct fixture *f, struct snapshot *s, int second)
{
	static const char hostile[] = "\x1b[2J日本語.(*サーバ)\xff.処理\xe2\x80\xae[a/b/c.D]";
	struct goroutine_kinds kind[] = {
		{11200 - 14 * (30 - (uint32_t)second), GOROUTINE_WAITING, "chan send", "main.fanOut",
	     "main.fanOut.func1", "main.worker", 724 * NS_PER_S, true, false},
		{476 + (uint32_t)second % 4, GOROUTINE_WAITING, "sleep", "main.(*Server).poll",
	     "main.(*Server).poll.func2", "main.(*Server).poll.func2", 7 * NS_PER_S, false, false},
		{412, GOROUTINE_RUNNABLE, NULL, "main.fanOut", "main.fanOut.func1", "encoding/json.Marshal",
	     38 * NS_PER_MS, false, false},
		{310, GOROUTINE_WAITING, "IO wait", "net/http.(*Server).Serve", "net/http.(*conn).serve",
	     "net.(*conn).Read", 131 * NS_PER_S, false, false},
		{42, GOROUTINE_WAITING, "sync.Mutex.Lock", "example.org/orders/internal/store.Open",
	     "example.org/orders/internal/store.(*Index[go.shape.int]).flush",
	     "example.org/orders/internal/store.(*Index[go.shape.int]).flush", 150 * NS_PER_S, true,
	     false},
		{7, GOROUTINE_RUNNING, NULL, "main.fanOut", "main.fanOut.func1", NULL, -1, false, false},
		{3, GOROUTINE_SYSCALL, NULL, "main.(*Server).logs", "os.(*File).Write", "os.(*File).Write",
	     -1, false, false},
		{1, GOROUTINE_WAITING, "chan receive", NULL, "runtime.main", "main.main", 724 * NS_PER_S,
	     true, false},
		{8, GOROUTINE_WAITING, "GC worker (idle)", "runtime.gcBgMarkStartWorkers",
	     "runtime.gcBgMarkWorker", NULL, 90 * NS_PER_S, true, true},
		{1, GOROUTINE_WAITING, "finalizer wait", "runtime.createfing", "runtime.runfinq", NULL, -1,
	     false, true},
	};
	if (f->hostile) {
		kind[0].creator = kind[0].at = hostile;
		kind[3].start = kind[3].reason = hostile;
	}
	struct goroutine_set *set = make_goroutines(kind, sizeof kind / sizeof *kind, 0);
	if (!set)
		return;
	set->at_ns = s->monotonic_ns;
	s->goroutines = set;
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
}

static void fill_memory(const struct fixture *f, struct snapshot *s, int second)
{
	enum { OTHER_THREADS = 12 };
	s->sched_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	fields_set(&s->sched, SCHED_GOMAXPROCS, (int64_t)f->procs);
	fields_set(&s->sched, SCHED_IDLEPROCS, 1);
	fields_set(&s->sched, SCHED_IDLETHREADS, OTHER_THREADS - 4);
	fields_set(&s->sched, SCHED_SPINNINGTHREADS, 0);
	fields_set(&s->sched, SCHED_RUNQUEUE, 100 + noise(1, (size_t)second) % 50);
	fields_set(&s->sched, SCHED_GOROUTINES, 12453);
	fields_set(&s->sched, SCHED_GOROUTINES_CREATED, 90000 + 1900 * second);
	fields_set(&s->sched, SCHED_MUTEX_WAIT_NS, second * 46800 * INT64_C(1000));
	fields_set(&s->sched, SCHED_IDLE_NS,
	           second * (int64_t)f->procs * (200 + noise(2, (size_t)second) / 10) * NS_PER_MS);
	if (snapshot_reserve(s, f->procs, f->procs + OTHER_THREADS))
		return;
	for (size_t p = 0; p < s->np; p++)
		fill_p(f, s, second, p);
	for (size_t m = 0; m < s->nm; m++)
		fill_m(s, m);
	fill_histogram(s, HISTOGRAM_SCHED_LATENCY, second);
	fill_histogram(s, HISTOGRAM_GC_PAUSE, second / 7);
	fill_histogram(s, HISTOGRAM_GC_PAUSE_STOPPING, second / 7);
	fill_histogram(s, HISTOGRAM_OTHER_PAUSE, second / 50);
	fill_histogram(s, HISTOGRAM_OTHER_PAUSE_STOPPING, 0);
}

static void fill_agent(struct snapshot *s, int second)
{
	static const struct {
		enum runtime_field field;
		int64_t base, step;
	} table[] = {
		{RUNTIME_GOROUTINES, 12453, 0},
		{RUNTIME_GOROUTINES_RUNNING, 7, 0},
		{RUNTIME_GOROUTINES_RUNNABLE, 412, 0},
		{RUNTIME_GOROUTINES_WAITING, 12031, 0},
		{RUNTIME_GOROUTINES_NOT_IN_GO, 3, 0},
		{RUNTIME_GOROUTINES_CREATED, 90000, 1900},
		{RUNTIME_CPU_TOTAL_AT_GC_NS, 0, 8 * NS_PER_S},
		{RUNTIME_CPU_ASSIST_AT_GC_NS, 0, 64 * NS_PER_MS},
	};
	s->runtime_at = (struct stamp){ORIGIN_AGENT, s->monotonic_ns - 2 * NS_PER_MS};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		fields_set(&s->runtime, (int)table[i].field, table[i].base + table[i].step * second);
	fields_set(&s->runtime, RUNTIME_GC_CYCLES, second / 7);
}

/* A thread for each M, and three of C code that no M runs on. Those with a P work. */
static void fill_tasks(const struct fixture *f, struct snapshot *s, int second)
{
	enum { READ = 0, FUTEX = 202, EPOLL_PWAIT = 281 };
	if (snapshot_reserve_tasks(s, f->procs + 15))
		return;
	s->tasks_at = (struct stamp){ORIGIN_OS, s->monotonic_ns};
	for (size_t i = 0; i < s->ntasks; i++) {
		struct snapshot_task *task = &s->task[i];
		bool works = i < f->procs, calls = i < f->procs + 2, foreign = i >= f->procs + 12;
		task->tid = task->inner_tid = 4321 + (int32_t)i;
		task->read_ns = s->monotonic_ns;
		task->cpu_ns = works ? second * (int64_t)(990 - 40 * i) * NS_PER_MS : 0;
		task->state = works ? 'R' : 'S';
		task->syscall = (int16_t)(works     ? TASK_SYSCALL_NONE
		                          : calls   ? READ
		                          : foreign ? EPOLL_PWAIT
		                                    : FUTEX);
		snprintf(task->wait, sizeof task->wait, "%s",
		         works     ? ""
		         : calls   ? "anon_pipe_read"
		         : foreign ? "do_epoll_wait"
		                   : "futex_wait_queue");
		snprintf(task->name, sizeof task->name, "%s", foreign ? "io-helper" : "orders-api");
		if (f->hostile)
			snprintf(task->name, sizeof task->name, "\x1b[2J\x07\xff\xe8\xaa\x9e");
	}
}

static void fill_os(const struct fixture *f, struct snapshot *s, int second)
{
	fill_tasks(f, s, second);
	s->os_at = (struct stamp){ORIGIN_OS, s->monotonic_ns};
	fields_set(&s->os, OS_UPTIME_NS, (273120 + second) * NS_PER_S);
	fields_set(&s->os, OS_THREADS, (int64_t)f->procs + 15);
	fields_set(&s->os, OS_CPU_NS, second * (int64_t)f->procs * 800 * NS_PER_MS);
	fields_set(&s->os, OS_QUOTA_MILLICPUS, 4000);
	fields_set(&s->os, OS_AFFINITY_CPUS, 16);
}

struct snapshot *fixture_snapshot(const struct fixture *f, int second)
{
	struct snapshot *s = snapshot_create();
	if (!s)
		return NULL;
	s->monotonic_ns = FIXTURE_START_NS + second * NS_PER_S;
	s->wall_ns = INT64_C(1700000000) * NS_PER_S + second * NS_PER_S;
	s->interval_ns = NS_PER_S;
	s->pid = 4321;
	snprintf(s->program, sizeof s->program, "%s", f->program);
	snprintf(s->go_version, sizeof s->go_version, "go1.26.8");
	if (f->trouble)
		snprintf(s->trouble[ORIGIN_MEMORY], sizeof s->trouble[ORIGIN_MEMORY], "%s", f->trouble);
	if (f->memory)
		fill_memory(f, s, second);
	if (f->memory && second % 2 == 0)
		fill_goroutines(f, s, second);
	if (f->agent)
		fill_agent(s, second);
	if (f->os)
		fill_os(f, s, second);
	fill_lanes(f, s, second);
	return s;
}

struct history *fixture_history(const struct fixture *f, int seconds)
{
	struct history *h = history_create(600 * NS_PER_S, (size_t)64 << 20);
	for (int second = 1; h && second <= seconds; second++)
		history_add(h, fixture_snapshot(f, second));
	return h;
}

char *fixture_text(const struct canvas *canvas)
{
	size_t size = ((size_t)canvas->width * 4 + 1) * (size_t)canvas->height + 1;
	char *text = malloc(size), *to = text;
	for (int y = 0; text && y < canvas->height; y++) {
		char *end = to;
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			if (cell->width == 0)
				continue;
			to += glyph_encode(cell->glyph, to);
			if (cell->glyph != ' ')
				end = to;
		}
		to = end;
		*to++ = '\n';
	}
	if (text)
		*to = '\0';
	return text;
}

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = in ? calloc(1, 1 << 17) : NULL;
	if (text)
		text[fread(text, 1, (1 << 17) - 1, in)] = '\0';
	if (in)
		fclose(in);
	return text;
}

void fixture_shows(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("not shown: \"%s\" in\n%s", part, text);
	assert_non_null(strstr(text, part));
}

bool fixture_is_golden(const char *name, const char *drawn)
{
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/tests/golden/%s.txt", root ? root : ".", name);
	if (getenv("SCHEDTOP_UPDATE_GOLDENS")) {
		FILE *out = fopen(path, "w");
		if (!out)
			return false;
		fputs(drawn, out);
		fclose(out);
	}
	char *golden = read_file(path);
	bool same = golden && strcmp(golden, drawn) == 0;
	if (!same)
		print_error("%s: expected\n%s\ndrawn\n%s", name, golden ? golden : "(none)", drawn);
	free(golden);
	return same;
}
