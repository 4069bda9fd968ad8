#include "metrics/schedtrace_reader.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/schedtrace_line.h"
#include "util/clock.h"
#include "util/text.h"

#define LINE_MAX_BYTES ((size_t)256 << 10) /* a SCHED line of 4,096 Ps has 96 KiB */
#define M_MAX          ((size_t)1 << 17)
#define M_COMING       2
#define P_MAX          ((size_t)4096) /* as many as a SCHED line may count */
#define G_MAX          ((size_t)1 << 20)
#define REASONS_MAX    256
#define REASON_BYTES   48
#define GAPS           8 /* of which the shortest is the program's interval */
#define GAP_TOLERANCE  2

/* A goroutine that a thread has: that thread's line needs its status. */
struct holder {
	int64_t goid, m;
	uint32_t status;
	bool is_gc_worker;
};

/* An array that grows. */
struct rows {
	void *row;
	size_t n, room;
};

struct schedtrace_reader {
	struct schedtrace_sink sink;
	char *line; /* what came of a line whose end has not come */
	size_t size, room;
	bool overlong; /* the rest of this line is passed on as it comes */

	/* The snapshot under way, of a SCHED line with detail. */
	bool under_way;
	struct snapshot *s;          /* NULL: nobody wants it */
	bool lost[SCHEDTRACE_KINDS]; /* a line of that kind was damaged */
	struct rows p, m, g, holders;
	char reason[REASONS_MAX][REASON_BYTES];
	size_t reasons;

	/* The lines before. */
	bool any;
	int64_t ms, life;
	int64_t gap_ms[GAPS];
	size_t gaps;
	int64_t idle_ns, seen_ns;
	uint64_t count;
};

struct schedtrace_reader *schedtrace_reader_create(const struct schedtrace_sink *sink)
{
	struct schedtrace_reader *r = calloc(1, sizeof *r);
	if (r)
		r->sink = *sink;
	return r;
}

/* Forgets the snapshot under way. */
static void drop(struct schedtrace_reader *r)
{
	snapshot_unref(r->s);
	r->s = NULL;
	r->under_way = false;
	r->p.n = r->m.n = r->g.n = r->holders.n = 0;
	r->reasons = 0;
	memset(r->lost, 0, sizeof r->lost);
}

void schedtrace_reader_destroy(struct schedtrace_reader *r)
{
	if (!r)
		return;
	drop(r);
	free(r->p.row);
	free(r->m.row);
	free(r->g.row);
	free(r->holders.row);
	free(r->line);
	free(r);
}

/* One more row; NULL: out of memory. */
static void *add_row(struct rows *rows, size_t size)
{
	if (rows->n == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 64;
		void *row = realloc(rows->row, room * size);
		if (!row)
			return NULL;
		rows->row = row;
		rows->room = room;
	}
	return (char *)rows->row + rows->n++ * size;
}

/* --- what the lines tell together ----------------------------------------------------------- */

/* The program's interval, as far as it is known: lines may be lost, but none is printed early. */
static int64_t interval_ms(const struct schedtrace_reader *r)
{
	size_t n = r->gaps < GAPS ? r->gaps : GAPS;
	int64_t least = 0;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || r->gap_ms[i] < least)
			least = r->gap_ms[i];
	return least;
}

/*
 * Each line looks at idleprocs for one moment. It stands for the time since the line before; where
 * lines were lost, for no more than an interval. The sums are counters, so that the fraction over
 * any time is a mean of all the lines in it.
 */
static void add_sample(struct schedtrace_reader *r, const struct schedtrace_line *line, bool anew)
{
	int64_t procs = line->f.value[SCHED_GOMAXPROCS], idle = line->f.value[SCHED_IDLEPROCS];
	if (anew) {
		r->life += r->any;
		r->idle_ns = r->seen_ns = 0;
		r->gaps = 0;
		return;
	}
	int64_t gap = line->id - r->ms, most, span_ns;
	r->gap_ms[r->gaps++ % GAPS] = gap;
	if (__builtin_mul_overflow(interval_ms(r), GAP_TOLERANCE, &most) || gap < most)
		most = gap;
	if (__builtin_mul_overflow(most, NS_PER_MS * procs, &span_ns) ||
	    span_ns > INT64_MAX - r->seen_ns)
		return;
	r->seen_ns += span_ns;
	r->idle_ns += span_ns / procs * idle;
}

static int64_t time_of(const struct schedtrace_reader *r, int64_t ms, bool anew)
{
	return r->sink.time ? r->sink.time(ms, anew, r->sink.arg) : ms * NS_PER_MS;
}

static enum status add_lists(struct snapshot *s, struct schedtrace_line *line)
{
	int64_t value;
	if (snapshot_reserve(s, (size_t)line->f.value[SCHED_GOMAXPROCS], 0) != STATUS_OK)
		return STATUS_FAILED;
	for (size_t i = 0; i < s->np; i++) {
		fields_set(&s->p[i].f, P_ID, (int64_t)i);
		if (schedtrace_list_next(&line->queues, &value))
			fields_set(&s->p[i].f, P_RUNQSIZE, value);
		if (line->ticks.at && schedtrace_list_next(&line->ticks, &value))
			fields_set(&s->p[i].f, P_SCHEDTICK, value);
	}
	return STATUS_OK;
}

static enum status begin(struct schedtrace_reader *r, struct schedtrace_line *line)
{
	r->under_way = line->detail;
	r->count++;
	if (!r->sink.snapshot)
		return STATUS_OK;
	struct snapshot *s = snapshot_create();
	if (!s)
		return STATUS_FAILED;
	bool anew = !r->any || line->id <= r->ms; /* none is printed twice in one of them */
	add_sample(r, line, anew);
	s->sched = line->f;
	fields_set(&s->sched, SCHED_TRACE_MS, line->id);
	fields_set(&s->sched, SCHED_SAMPLED_IDLE_NS, r->idle_ns);
	fields_set(&s->sched, SCHED_SAMPLED_NS, r->seen_ns);
	s->sched_at = (struct stamp){ORIGIN_SCHEDTRACE, time_of(r, line->id, anew)};
	s->monotonic_ns = s->sched_at.at_ns;
	s->life = r->life;
	int64_t interval = interval_ms(r);
	s->interval_ns = interval <= INT64_MAX / NS_PER_MS ? interval * NS_PER_MS : INT64_MAX;
	r->any = true;
	r->ms = line->id;
	if (line->detail) {
		r->s = s;
		return STATUS_OK;
	}
	if (add_lists(s, line) != STATUS_OK) {
		snapshot_unref(s);
		return STATUS_FAILED;
	}
	r->sink.snapshot(s, r->sink.arg);
	return STATUS_OK;
}

/* --- rows ----------------------------------------------------------------------------------- */

static enum status add_p(struct schedtrace_reader *r, const struct schedtrace_line *line)
{
	if (r->p.n >= P_MAX)
		return STATUS_OK; /* some came more than once */
	struct snapshot_p *p = add_row(&r->p, sizeof *p);
	if (!p)
		return STATUS_FAILED;
	*p = (struct snapshot_p){.f = line->f};
	fields_set(&p->f, P_ID, line->id);
	return STATUS_OK;
}

static enum status add_m(struct schedtrace_reader *r, const struct schedtrace_line *line)
{
	if (r->m.n >= M_MAX) {
		r->lost[SCHEDTRACE_M] = true;
		return STATUS_OK;
	}
	struct snapshot_m *m = add_row(&r->m, sizeof *m);
	if (!m)
		return STATUS_FAILED;
	*m = (struct snapshot_m){.f = line->f};
	fields_set(&m->f, M_ID, line->id);
	text_clean(m->preemptoff, sizeof m->preemptoff, line->preemptoff.at, line->preemptoff.size);
	return STATUS_OK;
}

/* Its number, from 1 on; 0: none. */
static uint16_t find_reason(struct schedtrace_reader *r, const struct schedtrace_text *reason)
{
	char clean[REASON_BYTES];
	text_clean(clean, sizeof clean, reason->at, reason->size);
	if (!clean[0])
		return 0;
	for (size_t i = 0; i < r->reasons; i++)
		if (strcmp(r->reason[i], clean) == 0)
			return (uint16_t)(i + 1);
	if (r->reasons == REASONS_MAX)
		return 0;
	memcpy(r->reason[r->reasons++], clean, sizeof clean);
	return (uint16_t)r->reasons;
}

/* Those of the runtime whose last wait says so: the text does not tell who started them. */
static bool is_system_reason(const struct schedtrace_text *reason)
{
	static const char *const reasons[] = {
		"force gc (idle)",  "GC sweep wait",      "GC scavenge wait", "finalizer wait",
		"GC worker (idle)", "GC worker (active)", "cleanup wait",     "trace reader (blocked)",
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strlen(reasons[i]) == reason->size && memcmp(reasons[i], reason->at, reason->size) == 0)
			return true;
	return false;
}

static enum status add_g(struct schedtrace_reader *r, const struct schedtrace_line *line)
{
	enum goroutine_state state;
	uint32_t status = (uint32_t)line->status;
	if (line->m >= 0 && r->holders.n < M_MAX) {
		struct holder *holder = add_row(&r->holders, sizeof *holder);
		if (!holder)
			return STATUS_FAILED;
		*holder = (struct holder){
			.goid = line->id,
			.m = line->m,
			.status = status & ~0x1000U,
			.is_gc_worker = line->reason.size > 9 && memcmp(line->reason.at, "GC worker", 9) == 0,
		};
	}
	if (!goroutine_state_of(status, &state))
		return STATUS_OK; /* idle or dead: it is no goroutine now */
	if (r->g.n >= G_MAX) {
		r->lost[SCHEDTRACE_G] = true;
		return STATUS_OK;
	}
	struct goroutine_row *g = add_row(&r->g, sizeof *g);
	if (!g)
		return STATUS_FAILED;
	*g = (struct goroutine_row){
		.goid = line->id,
		.wait_ns = -1,
		.system = is_system_reason(&line->reason),
		.state = (uint8_t)state,
		.reason = state == GOROUTINE_WAITING ? find_reason(r, &line->reason) : 0,
	};
	return STATUS_OK;
}

/* --- the snapshot --------------------------------------------------------------------------- */

/* A P that has no line of its own is unknown. */
static enum status fill_rows(struct schedtrace_reader *r)
{
	struct snapshot *s = r->s;
	const struct snapshot_p *p = r->p.row;
	size_t np = (size_t)s->sched.value[SCHED_GOMAXPROCS];
	/* `threads` also has those whose numbers were given out and that are about to begin. */
	bool whole = !r->lost[SCHEDTRACE_M] && r->m.n <= (uint64_t)s->sched.value[SCHED_THREADS] &&
	             r->m.n + M_COMING >= (uint64_t)s->sched.value[SCHED_THREADS];
	if (snapshot_reserve(s, np, whole ? r->m.n : 0) != STATUS_OK)
		return STATUS_FAILED;
	for (size_t i = 0; i < r->p.n; i++)
		if ((uint64_t)p[i].f.value[P_ID] < np)
			s->p[p[i].f.value[P_ID]] = p[i];
	for (size_t i = 0; i < np; i++)
		fields_set(&s->p[i].f, P_ID, (int64_t)i);
	if (s->nm)
		memcpy(s->m, r->m.row, s->nm * sizeof *s->m);
	return STATUS_OK;
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *one = a, *other = b;
	if (one->m != other->m)
		return one->m < other->m ? -1 : 1;
	return (one->goid > other->goid) - (one->goid < other->goid);
}

/* Who a thread runs, by the line of the goroutine that names the thread. */
static const struct holder *find_holder(const struct schedtrace_reader *r, int64_t m, int64_t goid)
{
	const struct holder wanted = {.goid = goid, .m = m};
	if (r->holders.n == 0)
		return NULL;
	return bsearch(&wanted, r->holders.row, r->holders.n, sizeof wanted, compare_holders);
}

/* runtime2.go: _Pidle ... _Pdead. Since Go 1.26 a P whose M is in a system call is still _Prunning,
   and the status of the goroutine tells. */
static enum lane_state lane_of(int64_t status, int64_t curg, const struct holder *holder)
{
	enum { PIDLE, PRUNNING, PSYSCALL, PGCSTOP };
	enum { GRUNNING = 2, GSYSCALL };
	if (status == PIDLE)
		return LANE_IDLE;
	if (status == PSYSCALL)
		return LANE_SYSCALL;
	if (status == PGCSTOP)
		return LANE_GC;
	if (status != PRUNNING)
		return LANE_UNKNOWN;
	if (curg == FIELD_NIL)
		return LANE_SCHEDULER;
	if (!holder)
		return LANE_UNKNOWN;
	if (holder->status == GSYSCALL)
		return LANE_SYSCALL;
	return holder->is_gc_worker ? LANE_GC : LANE_RUNNING;
}

/* What each P does, from its own line, that of its M and that of the goroutine there. */
static void join_rows(struct schedtrace_reader *r)
{
	struct snapshot *s = r->s;
	if (r->holders.n)
		qsort(r->holders.row, r->holders.n, sizeof(struct holder), compare_holders);
	for (size_t i = 0; i < s->np; i++) {
		int64_t status;
		if (fields_get(&s->p[i].f, P_STATUS, &status)) {
			enum lane_state lane = lane_of(status, 0, NULL);
			if (lane != LANE_UNKNOWN)
				fields_set(&s->p[i].f, P_LANE, lane);
		}
	}
	for (size_t i = 0; i < s->nm; i++) {
		struct fields *m = &s->m[i].f;
		int64_t curg = m->value[M_CURG], number = m->value[M_P], status, m_of_p;
		const struct holder *holder =
			curg == FIELD_NIL ? NULL : find_holder(r, m->value[M_ID], curg);
		if (curg == FIELD_NIL)
			fields_set(m, M_CURG_STATUS, FIELD_NIL);
		else if (holder)
			fields_set(m, M_CURG_STATUS, holder->status);
		if (number < 0 || (uint64_t)number >= s->np)
			continue;
		struct fields *p = &s->p[number].f;
		if (!fields_get(p, P_STATUS, &status) || !fields_get(p, P_M, &m_of_p) ||
		    m_of_p != m->value[M_ID])
			continue;
		fields_set(p, P_CURG, curg);
		enum lane_state lane = lane_of(status, curg, holder);
		if (lane != LANE_UNKNOWN)
			fields_set(p, P_LANE, lane);
		if (holder)
			fields_set(p, P_GC_WORKER, holder->is_gc_worker);
	}
}

static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	(void)arg;
	(void)id;
	(void)number;
	*out = (struct goroutine_where){.function = "", .file = ""};
}

static const char *name_reason(void *arg, uint16_t number)
{
	const struct schedtrace_reader *r = arg;
	return number > 0 && number <= r->reasons ? r->reason[number - 1] : "";
}

/* When one of them is missing, none of the counts would be true. */
static enum status fill_goroutines(struct schedtrace_reader *r)
{
	struct snapshot *s = r->s;
	const struct goroutine_names names = {name_place, name_reason, r};
	if (r->lost[SCHEDTRACE_G] || r->g.n == 0)
		return STATUS_OK;
	struct goroutine_set *set = goroutine_set_create();
	if (!set)
		return STATUS_FAILED;
	set->at_ns = s->sched_at.at_ns;
	set->period_ns = s->interval_ns;
	set->cost_ppm = -1;
	if (goroutine_set_group(set, r->g.row, r->g.n, &names, NULL) != STATUS_OK) {
		goroutine_set_unref(set);
		return STATUS_FAILED;
	}
	s->goroutines = set;
	s->goroutines_at = s->sched_at;
	return STATUS_OK;
}

static enum status finish(struct schedtrace_reader *r)
{
	if (!r->s) {
		drop(r);
		return STATUS_OK;
	}
	enum status status = fill_rows(r);
	if (status == STATUS_OK) {
		join_rows(r);
		status = fill_goroutines(r);
	}
	struct snapshot *s = r->s;
	if (status == STATUS_OK)
		r->s = NULL;
	drop(r);
	if (status == STATUS_OK)
		r->sink.snapshot(s, r->sink.arg);
	return status;
}

/* --- the text ------------------------------------------------------------------------------- */

static void tell_other(struct schedtrace_reader *r, const char *bytes, size_t n)
{
	if (r->sink.other && n > 0)
		r->sink.other(bytes, n, r->sink.arg);
}

static void tell_counted(struct schedtrace_reader *r, const char *bytes, size_t n)
{
	if (r->sink.counted)
		r->sink.counted(bytes, n, r->sink.arg);
}

static enum status add_detail(struct schedtrace_reader *r, const struct schedtrace_line *line)
{
	static enum status (*const add[SCHEDTRACE_KINDS])(struct schedtrace_reader * r,
	                                                  const struct schedtrace_line *line) = {
		[SCHEDTRACE_P] = add_p,
		[SCHEDTRACE_M] = add_m,
		[SCHEDTRACE_G] = add_g,
	};
	enum status status = r->s ? add[line->kind](r, line) : STATUS_OK;
	if (status != STATUS_OK)
		drop(r);
	return status;
}

/* One whole line; `size` is without its newline, which is there. */
static enum status take_line(struct schedtrace_reader *r, const char *text, size_t size)
{
	struct schedtrace_line line;
	schedtrace_line_parse(text, size, &line);
	bool is_detail = line.kind > SCHEDTRACE_SCHED;
	bool counts = line.kind != SCHEDTRACE_OTHER && !line.damaged && (!is_detail || r->under_way);
	if (line.damaged)
		r->lost[line.kind] = true;
	tell_other(r, text, counts ? line.begin : size + 1);
	if (!counts)
		return STATUS_OK;
	tell_counted(r, text + line.begin, size + 1 - line.begin);
	if (is_detail)
		return add_detail(r, &line);
	enum status status = finish(r);
	enum status begun = begin(r, &line);
	return status == STATUS_OK ? begun : status;
}

/* The bytes of a line that does not end here. Too long for ours: passed on. */
static enum status keep(struct schedtrace_reader *r, const char *bytes, size_t n)
{
	if (!r->overlong && n <= LINE_MAX_BYTES - r->size) {
		if (r->size + n > r->room) {
			size_t room = r->room ? r->room : 512;
			while (room < r->size + n)
				room *= 2;
			char *line = realloc(r->line, room);
			if (!line)
				return STATUS_FAILED;
			r->line = line;
			r->room = room;
		}
		memcpy(r->line + r->size, bytes, n);
		r->size += n;
		return STATUS_OK;
	}
	tell_other(r, r->line, r->size);
	tell_other(r, bytes, n);
	r->size = 0;
	r->overlong = true;
	return STATUS_OK;
}

enum status schedtrace_reader_feed(struct schedtrace_reader *r, const char *bytes, size_t n)
{
	enum status status = STATUS_OK;
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t size = end ? (size_t)(end - bytes) + 1 : n;
		enum status taken = STATUS_OK;
		bool overlong = r->overlong;
		if (end && r->size == 0 && !overlong && size <= LINE_MAX_BYTES) {
			taken = take_line(r, bytes, size - 1);
		} else {
			taken = keep(r, bytes, size);
			overlong = r->overlong;
			if (end && taken == STATUS_OK && !overlong) {
				size_t whole = r->size;
				r->size = 0;
				taken = take_line(r, r->line, whole - 1);
			}
		}
		if (end)
			r->overlong = false;
		if (taken != STATUS_OK)
			status = taken;
		bytes += size;
		n -= size;
	}
	return status;
}

enum status schedtrace_reader_settle(struct schedtrace_reader *r)
{
	struct schedtrace_line begun;
	if (r->size > 0) {
		schedtrace_line_parse(r->line, r->size, &begun);
		if (begun.kind == SCHEDTRACE_SCHED || (r->under_way && begun.kind != SCHEDTRACE_OTHER))
			return STATUS_OK;
	}
	return schedtrace_reader_end(r);
}

enum status schedtrace_reader_end(struct schedtrace_reader *r)
{
	tell_other(r, r->line, r->size);
	r->size = 0;
	r->overlong = false;
	return finish(r);
}

bool schedtrace_reader_is_pending(const struct schedtrace_reader *r)
{
	return r->under_way || r->size > 0;
}

uint64_t schedtrace_reader_count(const struct schedtrace_reader *r)
{
	return r->count;
}
