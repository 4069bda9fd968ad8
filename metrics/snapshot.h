/*
 * A snapshot: everything schedtop knows of one process at one moment, as raw values. Rates,
 * fractions and percentiles are derived from two snapshots (derive.h), so pauses, gaps and replay
 * stay correct.
 *
 * A snapshot is filled by one thread and immutable once it has been published (feed.h); from then
 * on any thread may read it. It is reference counted: create gives one reference, unref drops one.
 *
 * Every number is a field with a valid bit: unknown is never zero. The tables of field_info give
 * each field its JSON key; the JSON codec, the agent's reader and the tests all loop over them.
 */
#ifndef SCHEDTOP_METRICS_SNAPSHOT_H
#define SCHEDTOP_METRICS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "metrics/goroutines.h"
#include "metrics/histogram.h"

/* Where a part of a snapshot came from. */
enum origin {
	ORIGIN_NONE,
	ORIGIN_MEMORY,     /* read from the target's memory */
	ORIGIN_AGENT,      /* told by the agent in the target */
	ORIGIN_SCHEDTRACE, /* lines that the runtime prints with GODEBUG=schedtrace */
	ORIGIN_PPROF,      /* asked of net/http/pprof */
	ORIGIN_OS,         /* read from the kernel: /proc, cgroups */
	ORIGIN_COUNT,
};
extern const char *const origin_name[ORIGIN_COUNT]; /* "none", "memory", "agent", ... */

struct stamp {
	enum origin origin;
	int64_t at_ns; /* monotonic: when it was read */
};

/* What a value is, for those who print it. */
enum field_kind {
	FIELD_GAUGE,   /* a number that goes up and down */
	FIELD_COUNTER, /* cumulative since the process started, unless it says otherwise */
	FIELD_BOOL,
	FIELD_ID, /* a number that names something; FIELD_NIL is the runtime's nil */
};

#define FIELD_NIL INT64_C(-1)

struct field_info {
	const char *name; /* JSON key, unit included (_ns, _bytes) */
	enum field_kind kind;
};

/* The longest table. A snapshot has a set for each P and M: no spare room. */
#define FIELDS_MAX 22

/* A set of fields described by one table; value[i] means something if bit i of valid is set. */
struct fields {
	uint64_t valid;
	int64_t value[FIELDS_MAX];
};

static inline bool fields_has(const struct fields *f, int field)
{
	return f->valid >> field & 1;
}

static inline void fields_set(struct fields *f, int field, int64_t value)
{
	f->valid |= UINT64_C(1) << field;
	f->value[field] = value;
}

static inline bool fields_get(const struct fields *f, int field, int64_t *value)
{
	if (!fields_has(f, field))
		return false;
	*value = f->value[field];
	return true;
}

/* now - before, if both are known and the counter did not fall. */
bool fields_delta(const struct fields *now, const struct fields *before, int field, int64_t *delta);

/* The scheduler. Names as runtime.schedtrace prints them, where it prints them. */
#define SCHED_FIELDS(X)                                                                           \
	X(GOMAXPROCS, "gomaxprocs", GAUGE)                                                            \
	X(IDLEPROCS, "idleprocs", GAUGE)                                                              \
	X(THREADS, "threads", GAUGE)                                                                  \
	X(SPINNINGTHREADS, "spinningthreads", GAUGE)                                                  \
	X(NEEDSPINNING, "needspinning", GAUGE)                                                        \
	X(IDLETHREADS, "idlethreads", GAUGE)                                                          \
	X(RUNQUEUE, "runqueue", GAUGE)                                                                \
	X(GCWAITING, "gcwaiting", BOOL)                                                               \
	X(NMIDLELOCKED, "nmidlelocked", GAUGE)                                                        \
	X(STOPWAIT, "stopwait", GAUGE)                                                                \
	X(SYSMONWAIT, "sysmonwait", BOOL)                                                             \
	/* sched.idleTime + now - start of every P idle now: restarts at every GC's mark termination. \
	 */                                                                                           \
	X(IDLE_NS, "idle_ns", COUNTER)                                                                \
	/* What it had come to at the ends of all collections: their sum never restarts. */           \
	X(IDLE_AT_GC_NS, "idle_at_gc_ns", COUNTER)                                                    \
	X(GOROUTINES, "goroutines", GAUGE) /* user goroutines, as runtime.NumGoroutine counts */      \
	X(GOROUTINES_CREATED, "goroutines_created", COUNTER)                                          \
	X(MUTEX_WAIT_NS, "mutex_wait_ns",                                                             \
	  COUNTER)                     /* sync.Mutex and RWMutex: sched.totalMutexWaitTime */         \
	X(GC_PHASE, "gc_phase", GAUGE) /* enum gc_phase */                                            \
	/* Of schedtrace lines: the time that the line itself tells, */                               \
	X(TRACE_MS, "trace_ms", GAUGE)                                                                \
	/* and the sum of what they saw: idleprocs, and GOMAXPROCS, times the time of each. */        \
	X(SAMPLED_IDLE_NS, "sampled_idle_ns", COUNTER)                                                \
	X(SAMPLED_NS, "sampled_ns", COUNTER)

/* What the garbage collector does (mgc.go: _GCoff ...). Sweeping is part of being off. */
enum gc_phase { GC_OFF, GC_MARK, GC_MARK_TERMINATION, GC_PHASE_COUNT };

/* A P. The first eight as scheddetail prints them. */
#define P_FIELDS(X)                                                        \
	X(ID, "id", ID)                                                        \
	X(STATUS, "status", GAUGE)                                             \
	X(SCHEDTICK, "schedtick", COUNTER) /* 32 bits in the runtime: wraps */ \
	X(SYSCALLTICK, "syscalltick", COUNTER)                                 \
	X(M, "m", ID)                                                          \
	X(RUNQSIZE, "runqsize", GAUGE)                                         \
	X(GFREECNT, "gfreecnt", GAUGE)                                         \
	X(TIMERSLEN, "timerslen", GAUGE)                                       \
	X(RUNNEXT, "runnext", BOOL)                                            \
	X(GC_WORKER, "gc_worker", BOOL) /* a GC mark worker runs on it */      \
	X(CURG, "curg", ID)             /* the goroutine of its M */           \
	X(LANE, "lane", GAUGE)          /* enum lane_state at this moment */

/* An M. Names as scheddetail prints them, then what it does not print. */
#define M_FIELDS(X)                                                        \
	X(ID, "id", ID)                                                        \
	X(P, "p", ID)                                                          \
	X(CURG, "curg", ID)                                                    \
	X(MALLOCING, "mallocing", GAUGE)                                       \
	X(THROWING, "throwing", GAUGE)                                         \
	X(LOCKS, "locks", GAUGE)                                               \
	X(DYING, "dying", GAUGE)                                               \
	X(SPINNING, "spinning", BOOL)                                          \
	X(BLOCKED, "blocked", BOOL)                                            \
	X(LOCKEDG, "lockedg", ID)                                              \
	X(TID, "tid", ID)                                                      \
	X(INCGO, "incgo", BOOL)                                                \
	/* runtime2.go _Gidle ... without the _Gscan bit; nil: no goroutine */ \
	X(CURG_STATUS, "curg_status", ID)

/* runtime/metrics, as the agent reads them. */
#define RUNTIME_FIELDS(X)                                                                     \
	X(GOROUTINES, "goroutines", GAUGE)                                                        \
	X(GOROUTINES_RUNNING, "goroutines_running", GAUGE)                                        \
	X(GOROUTINES_RUNNABLE, "goroutines_runnable", GAUGE)                                      \
	X(GOROUTINES_WAITING, "goroutines_waiting", GAUGE)                                        \
	X(GOROUTINES_NOT_IN_GO, "goroutines_not_in_go", GAUGE)                                    \
	X(GOROUTINES_CREATED, "goroutines_created", COUNTER)                                      \
	X(THREADS, "threads", GAUGE)                                                              \
	X(GOMAXPROCS, "gomaxprocs", GAUGE)                                                        \
	X(GC_CYCLES, "gc_cycles", COUNTER)                                                        \
	X(GC_CYCLES_FORCED, "gc_cycles_forced", COUNTER)                                          \
	X(ALLOC_BYTES, "alloc_bytes", COUNTER)                                                    \
	X(ALLOC_OBJECTS, "alloc_objects", COUNTER)                                                \
	X(HEAP_OBJECTS_BYTES, "heap_objects_bytes", GAUGE)                                        \
	X(HEAP_LIVE_BYTES, "heap_live_bytes", GAUGE)                                              \
	X(HEAP_GOAL_BYTES, "heap_goal_bytes", GAUGE)                                              \
	X(MEMORY_TOTAL_BYTES, "memory_total_bytes", GAUGE)                                        \
	X(MUTEX_WAIT_NS, "mutex_wait_ns", COUNTER)                                                \
	X(CGO_CALLS, "cgo_calls", COUNTER)                                                        \
	/* /cpu/classes stand still between GC cycles: true as of the last one, not as of now. */ \
	X(CPU_TOTAL_AT_GC_NS, "cpu_total_at_gc_ns", COUNTER)                                      \
	X(CPU_IDLE_AT_GC_NS, "cpu_idle_at_gc_ns", COUNTER)                                        \
	X(CPU_GC_AT_GC_NS, "cpu_gc_at_gc_ns", COUNTER)                                            \
	X(CPU_ASSIST_AT_GC_NS, "cpu_assist_at_gc_ns", COUNTER)

/* What the kernel says. */
#define OS_FIELDS(X)                                                    \
	X(CPU_NS, "cpu_ns", COUNTER) /* user + system of all threads */     \
	X(THREADS, "threads", GAUGE) /* /proc/PID/status Threads */         \
	X(RSS_BYTES, "rss_bytes", GAUGE)                                    \
	X(UPTIME_NS, "uptime_ns", GAUGE)                                    \
	X(AFFINITY_CPUS, "affinity_cpus", GAUGE)                            \
	/* The tightest of all ancestor cgroups; unknown: none. */          \
	X(QUOTA_MILLICPUS, "quota_millicpus", GAUGE)                        \
	X(CGROUP_PERIODS, "cgroup_periods", COUNTER)                        \
	X(CGROUP_THROTTLED_PERIODS, "cgroup_throttled_periods", COUNTER)    \
	X(CGROUP_THROTTLED_NS, "cgroup_throttled_ns", COUNTER)              \
	/* By its executable: a timer of time.After lives until it fires */ \
	X(ASYNC_TIMERS, "async_timers", BOOL)

#define FIELD_SETS(X) X(SCHED) X(P) X(M) X(RUNTIME) X(OS)

#define FIELD_ENUM_SCHED(id, name, kind)   SCHED_##id,
#define FIELD_ENUM_P(id, name, kind)       P_##id,
#define FIELD_ENUM_M(id, name, kind)       M_##id,
#define FIELD_ENUM_RUNTIME(id, name, kind) RUNTIME_##id,
#define FIELD_ENUM_OS(id, name, kind)      OS_##id,
enum sched_field { SCHED_FIELDS(FIELD_ENUM_SCHED) SCHED_FIELD_COUNT };
enum p_field { P_FIELDS(FIELD_ENUM_P) P_FIELD_COUNT };
enum m_field { M_FIELDS(FIELD_ENUM_M) M_FIELD_COUNT };
enum runtime_field { RUNTIME_FIELDS(FIELD_ENUM_RUNTIME) RUNTIME_FIELD_COUNT };
enum os_field { OS_FIELDS(FIELD_ENUM_OS) OS_FIELD_COUNT };

extern const struct field_info sched_field_info[SCHED_FIELD_COUNT];
extern const struct field_info p_field_info[P_FIELD_COUNT];
extern const struct field_info m_field_info[M_FIELD_COUNT];
extern const struct field_info runtime_field_info[RUNTIME_FIELD_COUNT];
extern const struct field_info os_field_info[OS_FIELD_COUNT];

/* What a P was doing when it was looked at. */
enum lane_state {
	LANE_UNKNOWN, /* not sampled, or no such P at that moment */
	LANE_IDLE,
	LANE_RUNNING,   /* a user or system goroutine runs */
	LANE_GC,        /* a GC mark worker runs, or the P is stopped for the collector (_Pgcstop) */
	LANE_SYSCALL,   /* its M is in a system call or cgo and still holds it */
	LANE_SCHEDULER, /* its M holds it with no goroutine: looking for work */
	LANE_STATE_COUNT,
};
extern const char *const lane_state_name[LANE_STATE_COUNT];
extern const char lane_state_letter[LANE_STATE_COUNT]; /* in JSON; no terminator */

/*
 * The samples of every P since the previous snapshot, oldest first, at up to 100 Hz. Sample i
 * stands for the time from at_ns[i - 1] (or start_ns) to at_ns[i].
 */
struct lanes {
	enum origin origin;
	int64_t start_ns; /* monotonic */
	size_t samples;
	size_t procs;   /* lanes in every sample; P numbers are indexes */
	int64_t *at_ns; /* [samples], rising */
	uint8_t *state; /* [samples * procs], enum lane_state: state[i * procs + p] */
};

struct snapshot_p {
	struct fields f;
	char running[96]; /* start function of its goroutine; "" unknown or none */
};

struct snapshot_m {
	struct fields f;
	char preemptoff[32];
};

#define TASK_WAIT_MAX 29

/*
 * A thread as the kernel knows it. A process may have thousands of them and a history keeps them
 * for minutes, so a row is small and not a set of fields: what is unknown has a value that can't
 * be.
 */
struct snapshot_task {
	int64_t read_ns;   /* monotonic: when what follows was read; 0: not yet, all of it is unknown */
	int64_t cpu_ns;    /* user + system since it began; -1: unknown */
	int32_t tid;       /* as the directory /proc/PID/task names it; never unknown */
	int32_t inner_tid; /* as the process itself sees it (M_TID): another one in a container */
	int16_t syscall;   /* number in the table of amd64, or TASK_SYSCALL_... */
	char state;        /* R S D T ...; '\0': unknown */
	char name[16];     /* printable; "" unknown */
	char wait[TASK_WAIT_MAX]; /* function of the kernel that it sleeps in; "" none or unknown */
};
#define TASK_SYSCALL_UNKNOWN (-1)
#define TASK_SYSCALL_NONE    (-2) /* it runs, or sleeps outside of any */

enum histogram_id {
	HISTOGRAM_SCHED_LATENCY,     /* runnable -> running, /sched/latencies */
	HISTOGRAM_GC_PAUSE,          /* GC stop-the-world, total; before Go 1.22 /gc/pauses */
	HISTOGRAM_GC_PAUSE_STOPPING, /* GC stop-the-world, time to stop */
	HISTOGRAM_OTHER_PAUSE,       /* other stop-the-world, total */
	HISTOGRAM_OTHER_PAUSE_STOPPING,
	HISTOGRAM_COUNT,
};
extern const char *const histogram_name[HISTOGRAM_COUNT]; /* JSON keys */

enum target_state {
	TARGET_LIVE,
	TARGET_STOPPED, /* SIGSTOP, ptrace stop, frozen */
	TARGET_EXITED,
	TARGET_STATE_COUNT,
};
extern const char *const target_state_name[TARGET_STATE_COUNT];

struct snapshot {
	int64_t monotonic_ns;
	int64_t wall_ns;
	int64_t interval_ns; /* the interval asked for */
	/* How rarely the rarest part is read by who can't read all of them that often; 0: at every
	   interval. Not in JSON: it is about what comes next. */
	int64_t pace_ns;
	pid_t pid; /* 0: unknown, it is watched by what it tells elsewhere: */
	/* an address or the name of a text, printable; "" for one that is watched as a process */
	char where[512];
	/* Rises when the same place begins to tell of another process: a program that was restarted. */
	int64_t life;
	enum target_state state;
	char program[64];
	char go_version[32];
	char module[128];
	/* One sentence per source that can't deliver, "" when it does: shown as it stands. */
	char trouble[ORIGIN_COUNT][256];

	struct stamp sched_at; /* sched, p and m are read together */
	struct fields sched;
	size_t np, nm;
	struct snapshot_p *p; /* [np], p[i] is P i */
	struct snapshot_m *m; /* [nm], in the order of runtime.allm */

	struct stamp runtime_at;
	struct fields runtime;
	struct stamp os_at;
	struct fields os;
	struct stamp tasks_at; /* when the threads were listed; each row has a time of its own */
	size_t ntasks;
	struct snapshot_task *task; /* [ntasks], by rising tid */

	/* Goroutines are read less often than the rest: NULL in snapshots for which they were not. */
	struct stamp goroutines_at;
	const struct goroutine_set *goroutines; /* a reference of the snapshot's own */
	char goroutines_trouble[256]; /* why they can't be read, in a sentence; "" if they can */

	struct stamp histogram_at[HISTOGRAM_COUNT];
	struct histogram histogram[HISTOGRAM_COUNT];
	struct lanes lanes;
};

/* All parts unknown; NULL when out of memory. */
struct snapshot *snapshot_create(void);
struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s); /* NULL is fine */
/*
 * Takes the lanes of `older`, the snapshot before this one, and its goroutines if it has none, so
 * that it can be forgotten: false when that would lose what this one does not know, or when
 * somebody else holds a reference to this one too. The only change a published snapshot ever sees.
 */
bool snapshot_absorb(const struct snapshot *s, const struct snapshot *older, size_t samples_max);
/* Are they of one process? Nothing of two may be compared. */
bool snapshot_same_process(const struct snapshot *a, const struct snapshot *b);
/* How a sentence names it: "process 4321", "http://api:6060", "standard input". */
void snapshot_name(const struct snapshot *s, char *to, size_t size);
/* Is there more than one reference? */
bool snapshot_is_shared(const struct snapshot *s);
/* Makes room for P and M rows, zeroed (all unknown). Before publication only. */
enum status snapshot_reserve(struct snapshot *s, size_t np, size_t nm);
/* The same for rows of threads. */
enum status snapshot_reserve_tasks(struct snapshot *s, size_t ntasks);
enum status lanes_reserve(struct lanes *lanes, size_t samples, size_t procs);
/* What it weighs, for the history's budget. Bounds, which all snapshots share, are not counted. */
size_t snapshot_bytes(const struct snapshot *s);

#endif
