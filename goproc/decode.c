#include "goproc/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

/* Values of the runtime (runtime2.go, mgclimit.go). */
#define RUNQ_SIZE          256
#define LIMITER_TYPE_SHIFT 61
#define LIMITER_IDLE       4
#define LIMITER_TIME_MASK  ((UINT64_C(1) << LIMITER_TYPE_SHIFT) - 1)
/* sched.idleTime may grow by this much while the Ps are read; more is read again. */
#define IDLE_SKEW_NS NS_PER_MS
/* 1.20 has idleTime, but loses the time that the GC's CPU limiter takes off idle Ps (mgclimit.go,
   update). */
#define IDLE_BOOKED_SINCE 21
/* Old releases had 45 rows of 16 buckets, then an underflow counter; new ones 40 rows of 4, then
   underflow and overflow (runtime/histogram.go). */
#define OLD_BUCKETS   (45 * 16)
#define NEW_BUCKETS   (40 * 4)
#define GFREE_MAX     (1 << 20)
#define GC_PHASE_LAST 2 /* _GCmarktermination */

static const uint8_t *p_record(const struct reader *reader, size_t i)
{
	return reader->raw + RAW_HEAD + i * reader->objects.p.bytes;
}

const uint8_t *decode_m_record(const struct reader *reader, size_t i)
{
	return reader->raw + RAW_HEAD + reader->topology.np * reader->objects.p.bytes +
	       i * reader->objects.m.bytes;
}

static const uint8_t *schedt(const struct reader *reader)
{
	return decode_m_record(reader, reader->topology.nm);
}

static int64_t field(const uint8_t *schedt, struct layout_field field)
{
	if (field.off < 0)
		return GOPROC_UNKNOWN;
	switch (field.size) {
	case 1:
		return schedt[field.off];
	case 4:
		return (int32_t)memory_u32(schedt + field.off);
	default:
		return (int64_t)memory_u64(schedt + field.off);
	}
}

bool decode_is_unmoved(const struct reader *reader)
{
	const struct topology *t = &reader->topology;
	const uint8_t *raw = reader->raw;
	if (memory_u64(raw + RAW_ALLP) != t->allp || memory_u64(raw + RAW_ALLP + 8) != t->np ||
	    memory_u64(raw + RAW_ALLM) != t->m[0])
		return false;
	const struct object *m = &reader->objects.m;
	for (size_t i = 0; i < t->nm; i++) {
		uint64_t next = i + 1 < t->nm ? t->m[i + 1] : 0;
		if ((uint64_t)object_value(m, decode_m_record(reader, i), IN_M_ALLLINK, 0) != next)
			return false;
	}
	return true;
}

static void decode_ps(struct reader *reader)
{
	const struct object *object = &reader->objects.p;
	for (size_t i = 0; i < reader->topology.np; i++) {
		const uint8_t *record = p_record(reader, i);
#define GET(member) object_value(object, record, IN_P_##member, GOPROC_UNKNOWN)
		uint64_t m = (uint64_t)GET(M);
		int64_t m_number = m ? topology_m(&reader->topology, m) : -1;
		reader->p[i] = (struct goproc_p){
			.id = GET(ID),
			.status = GET(STATUS),
			.schedtick = GET(SCHEDTICK),
			.syscalltick = GET(SYSCALLTICK),
			/* Until it is known which M is which: its number in the list. */
			.m = m == 0         ? GOPROC_NIL
		         : m_number < 0 ? GOPROC_UNKNOWN
		                        : m_number,
			.runqsize = (uint32_t)((uint64_t)GET(RUNQTAIL) - (uint64_t)GET(RUNQHEAD)),
			.gfreecnt = GET(GFREE),
			.timerslen = GET(TIMERS),
			.runnext = GET(RUNNEXT) != 0,
			.gc_worker = GET(WORKER_MODE) != 0,
			.curg = GOPROC_NIL,
		};
#undef GET
	}
}

static void decode_ms(struct reader *reader)
{
	const struct object *object = &reader->objects.m;
	for (size_t i = 0; i < reader->topology.nm; i++) {
		const uint8_t *record = decode_m_record(reader, i);
#define GET(member) object_value(object, record, IN_M_##member, GOPROC_UNKNOWN)
		uint64_t p = (uint64_t)GET(P);
		int64_t p_number = p ? topology_p(&reader->topology, p) : -1;
		reader->m[i] = (struct goproc_m){
			.id = GET(ID),
			.p = p == 0         ? GOPROC_NIL
		         : p_number < 0 ? GOPROC_UNKNOWN
		                        : p_number,
			.curg = GET(CURG) ? GOPROC_UNKNOWN : GOPROC_NIL,
			.mallocing = GET(MALLOCING),
			.throwing = GET(THROWING),
			.locks = GET(LOCKS),
			.dying = GET(DYING),
			.spinning = GET(SPINNING) != 0,
			.blocked = GET(BLOCKED) != 0,
			.lockedg = GET(LOCKEDG) ? GOPROC_UNKNOWN : GOPROC_NIL,
			.tid = GET(TID),
			.incgo = GET(INCGO) != 0,
			.curg_status = GET(CURG) ? GOPROC_UNKNOWN : GOPROC_NIL,
		};
#undef GET
	}
}

static bool plausible_ps(const struct reader *reader, char *why)
{
	for (size_t i = 0; i < reader->topology.np; i++) {
		const struct goproc_p *p = &reader->p[i];
		if (p->id != (int64_t)i || p->status > P_STATUS_LAST || p->runqsize > RUNQ_SIZE ||
		    p->gfreecnt < 0 || p->gfreecnt > GFREE_MAX || p->timerslen < 0 ||
		    p->timerslen > UINT32_MAX) {
			snprintf(why, WHY_SIZE, "P %zu has id %lld, status %lld, a run queue of %lld", i,
			         (long long)p->id, (long long)p->status, (long long)p->runqsize);
			return false;
		}
	}
	return true;
}

static int compare_ids(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static bool plausible_ms(const struct reader *reader, int64_t mnext, char *why)
{
	size_t n = reader->topology.nm;
	bool rising = true;
	for (size_t i = 0; i < n; i++) {
		int64_t id = reader->m[i].id;
		if (id < 0 || id >= mnext) {
			snprintf(why, WHY_SIZE, "thread %zu of %zu has the id %lld", i, n, (long long)id);
			return false;
		}
		reader->seen_ids[i] = (uint64_t)id;
		/* The newest M is the first of the list: nearly always they are sorted. */
		rising &= i == 0 || reader->seen_ids[i - 1] > (uint64_t)id;
	}
	if (rising)
		return true;
	qsort(reader->seen_ids, n, sizeof *reader->seen_ids, compare_ids);
	for (size_t i = 1; i < n; i++) {
		if (reader->seen_ids[i] == reader->seen_ids[i - 1]) {
			snprintf(why, WHY_SIZE, "two threads have the id %llu",
			         (unsigned long long)reader->seen_ids[i]);
			return false;
		}
	}
	return true;
}

static bool within(int64_t value, int64_t low, int64_t high)
{
	return value == GOPROC_UNKNOWN || (value >= low && value <= high);
}

static bool plausible_sched(const struct goproc_sched *s, const struct topology *topology,
                            char *why)
{
	int64_t threads_max = TOPOLOGY_THREADS_MAX;
	const struct {
		const char *name;
		int64_t value, low, high;
	} checks[] = {
		{"gomaxprocs", s->gomaxprocs, (int64_t)topology->np, (int64_t)topology->np},
		{"idleprocs", s->idleprocs, 0, s->gomaxprocs},
		{"threads", s->threads, 1, threads_max},
		{"spinningthreads", s->spinningthreads, 0, s->threads},
		{"needspinning", s->needspinning, 0, 1},
		{"idlethreads", s->idlethreads, 0, s->threads},
		{"runqueue", s->runqueue, 0, INT32_MAX},
		{"gcwaiting", s->gcwaiting, 0, 1},
		/* stoplockedm counts itself after it gave up its P, startlockedm may be faster: below 0. */
		{"nmidlelocked", s->nmidlelocked, -s->threads, s->threads},
		{"stopwait", s->stopwait, 0, TOPOLOGY_PROCS_MAX},
		{"sysmonwait", s->sysmonwait, 0, 1},
		{"mutex_wait", s->mutex_wait_ns, 0, INT64_MAX},
		{"lock_wait", s->lock_wait_ns, 0, INT64_MAX},
	};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (!within(checks[i].value, checks[i].low, checks[i].high)) {
			snprintf(why, WHY_SIZE, "%s is %lld", checks[i].name, (long long)checks[i].value);
			return false;
		}
	}
	return true;
}

/* What memory holds may be anything: sums and differences wrap, and what is implausible is refused
 * later. */
static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* gcount() of runtime/proc.go, which clamps too. */
static int64_t count_goroutines(const struct reader *reader, const uint8_t *sched, uint64_t allglen)
{
	const struct layout *l = reader->layout;
	int64_t n = minus((int64_t)allglen, field(sched, l->ngsys));
	if (l->gfree_n.off >= 0)
		n = minus(n, field(sched, l->gfree_n));
	else
		n = minus(n, plus(field(sched, l->gfree_stack), field(sched, l->gfree_nostack)));
	for (size_t i = 0; i < reader->topology.np; i++)
		n = minus(n, reader->p[i].gfreecnt);
	return n < 1 ? 1 : n;
}

static int64_t count_created(const struct reader *reader, const uint8_t *sched)
{
	int64_t created = field(sched, reader->layout->goroutinesCreated);
	for (size_t i = 0; i < reader->topology.np && created != GOPROC_UNKNOWN; i++)
		created =
			plus(created, object_value(&reader->objects.p, p_record(reader, i), IN_P_CREATED, 0));
	return created;
}

/* totalMutexWaitTimeNanos of runtime/metrics.go. Before 1.22 only mutexes are measured. */
static int64_t sum_lock_wait(const struct reader *reader, const uint8_t *sched)
{
	int64_t total = field(sched, reader->layout->totalMutexWaitTime);
	int64_t locks = field(sched, reader->layout->totalRuntimeLockWaitTime);
	if (total == GOPROC_UNKNOWN || locks == GOPROC_UNKNOWN)
		return total;
	total = plus(total, locks);
	for (size_t i = 0; i < reader->topology.nm; i++)
		total = plus(total, object_value(&reader->objects.m, decode_m_record(reader, i),
		                                 IN_M_LOCK_WAIT, 0));
	return total;
}

/* The time all Ps were idle: what was booked when they were taken, and what the idle ones have so
 * far. */
static int64_t sum_idle(const struct reader *reader, int64_t booked, int64_t now)
{
	if (booked == GOPROC_UNKNOWN || reader->minor < IDLE_BOOKED_SINCE)
		return GOPROC_UNKNOWN;
	for (size_t i = 0; i < reader->topology.np; i++) {
		uint64_t stamp =
			(uint64_t)object_value(&reader->objects.p, p_record(reader, i), IN_P_LIMITER, 0);
		int64_t start = (int64_t)(stamp & LIMITER_TIME_MASK);
		if (stamp >> LIMITER_TYPE_SHIFT == LIMITER_IDLE && start < now)
			booked = plus(booked, now - start);
	}
	return booked;
}

/* false: a collection ended while we read, and booked the idle time elsewhere. */
static bool decode_collector(struct reader *reader, char *why)
{
	struct goproc_collector *collector = &reader->collector;
	gcstate_decode(&reader->gcstate, schedt(reader) + layout_bytes(reader->layout), collector);
	if (collector->cpu_idle_ns == GOPROC_UNKNOWN ||
	    (uint64_t)collector->cpu_idle_ns == memory_u64(reader->raw + RAW_GC_IDLE_BEFORE))
		return true;
	snprintf(why, WHY_SIZE, "a collection ended");
	return false;
}

/* Another number is none of the runtime's: then it is not the phase that we read. */
static int64_t gc_phase(const struct reader *reader)
{
	uint32_t phase = memory_u32(reader->raw + RAW_GC_PHASE);
	return reader->globals.gc_phase && phase <= GC_PHASE_LAST ? (int64_t)phase : GOPROC_UNKNOWN;
}

static bool decode_sched(struct reader *reader, int64_t now, struct goproc_sched *out, char *why)
{
	uint64_t allglen = memory_u64(reader->raw + RAW_ALLGLEN);
	const uint8_t *sched = schedt(reader);
	const struct layout *l = reader->layout;
	int64_t mnext = field(sched, l->mnext), goidgen = field(sched, l->goidgen);
	int64_t idle = field(sched, l->idleTime);
	*out = (struct goproc_sched){
		.gomaxprocs = (int32_t)memory_u32(reader->raw + RAW_GOMAXPROCS),
		.idleprocs = field(sched, l->npidle),
		.threads = mnext - field(sched, l->nmfreed),
		.spinningthreads = field(sched, l->nmspinning),
		.needspinning = field(sched, l->needspinning),
		.idlethreads = field(sched, l->nmidle),
		.runqueue = field(sched, l->runq_size),
		.gcwaiting = field(sched, l->gcwaiting),
		.gc_phase = gc_phase(reader),
		.nmidlelocked = field(sched, l->nmidlelocked),
		.stopwait = field(sched, l->stopwait),
		.sysmonwait = field(sched, l->sysmonwait),
		.mutex_wait_ns = field(sched, l->totalMutexWaitTime),
		.lock_wait_ns = sum_lock_wait(reader, sched),
		.idle_at_gc_ns = reader->collector.cpu_idle_ns,
		.goroutines = count_goroutines(reader, sched, allglen),
		.goroutines_created = count_created(reader, sched),
		.idle_ns = sum_idle(reader, idle, now),
	};
	if (mnext < 1 || mnext > INT32_MAX) {
		snprintf(why, WHY_SIZE, "mnext is %lld", (long long)mnext);
		return false;
	}
	/* Ids are handed out in batches, before the goroutines they are for. */
	if (goidgen < 1 || allglen > (uint64_t)goidgen) {
		snprintf(why, WHY_SIZE, "there are %llu goroutines, but %lld ids were given out",
		         (unsigned long long)allglen, (long long)goidgen);
		return false;
	}
	if (idle != GOPROC_UNKNOWN) {
		int64_t grown = (int64_t)((uint64_t)idle - memory_u64(reader->raw + RAW_IDLE_BEFORE));
		if (grown < 0 || grown > IDLE_SKEW_NS) {
			snprintf(why, WHY_SIZE, "the idle time changed by %lld ns", (long long)grown);
			return false;
		}
	}
	return plausible_sched(out, &reader->topology, why) && plausible_ms(reader, mnext, why);
}

static void decode_histogram(struct goproc_counts *counts, const uint8_t *schedt,
                             struct layout_field field)
{
	size_t n = field.off < 0 ? 0 : (size_t)field.size / sizeof(uint64_t);
	size_t buckets = n == OLD_BUCKETS + 1 ? OLD_BUCKETS : n == NEW_BUCKETS + 2 ? NEW_BUCKETS : 0;
	counts->n = buckets ? n : 0;
	if (buckets == 0)
		return;
	const uint8_t *at = schedt + field.off;
	/* The runtime keeps the underflow behind the buckets; here it comes first, as its bound does.
	 */
	counts->count[0] = memory_u64(at + buckets * sizeof(uint64_t));
	memcpy(counts->count + 1, at, buckets * sizeof(uint64_t));
	if (n == buckets + 2)
		counts->count[n - 1] = memory_u64(at + (buckets + 1) * sizeof(uint64_t));
}

static void decode_histograms(struct reader *reader)
{
	const struct layout *l = reader->layout;
	const uint8_t *sched = schedt(reader);
	decode_histogram(&reader->histogram[GOPROC_TIME_TO_RUN], sched, l->timeToRun);
	decode_histogram(&reader->histogram[GOPROC_STW_STOPPING_GC], sched, l->stwStoppingTimeGC);
	decode_histogram(&reader->histogram[GOPROC_STW_STOPPING_OTHER], sched, l->stwStoppingTimeOther);
	decode_histogram(&reader->histogram[GOPROC_STW_TOTAL_GC], sched, l->stwTotalTimeGC);
	decode_histogram(&reader->histogram[GOPROC_STW_TOTAL_OTHER], sched, l->stwTotalTimeOther);
}

bool decode_state(struct reader *reader, int64_t now_ns, struct goproc_sched *sched, char *why)
{
	decode_ps(reader);
	decode_ms(reader);
	if (!plausible_ps(reader, why) || !decode_collector(reader, why) ||
	    !decode_sched(reader, now_ns, sched, why))
		return false;
	decode_histograms(reader);
	return true;
}
