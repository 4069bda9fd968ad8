/*
 * A Go process seen from outside: reads the scheduler's state out of a live process with
 * process_vm_readv(2). The target is never stopped and never written to.
 *
 * A `struct goproc` is one attachment; it belongs to one thread. Everything that comes from the
 * target (its ELF file, its memory) is checked before it is believed: a value that is not plausible
 * makes the read fail, it is never returned.
 */
#ifndef SCHEDTOP_GOPROC_GOPROC_H
#define SCHEDTOP_GOPROC_GOPROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

/* What told where the runtime's variables are. */
enum goproc_origin {
	GOPROC_NOT_LOOKED, /* not attached to */
	GOPROC_SYMBOLS,    /* .symtab */
	GOPROC_CODE,       /* the code of the runtime's functions, which refers to them */
};

/* What the executable tells. Strings are made printable: no control characters, valid UTF-8. */
struct goproc_info {
	char go_version[32]; /* "go1.26.8" */
	int go_minor;        /* 26; 0 when the version is not of the form go1.N */
	char module[128];    /* path of the main module, "" unknown */
	char package[128];   /* path of the main package */
	bool stripped;       /* no .symtab */
	bool has_agent;      /* a hint: schedtop/agent is a dependency, or the module itself */
	bool async_timers;   /* as before Go 1.23: time.After and the like live until they fire */

	/* Since goproc_attach. */
	enum goproc_origin origin;
	int layout_first, layout_last; /* minor versions that have this layout of the scheduler; 0: the
	                                  program's DWARF told it */
	/* By the code: fields of the scheduler that were found where they should be, of how many, and
	   how many at the next best address. */
	int score, score_of, runner_up;
};

/* Reads the build information of /proc/PID/exe (deleted and replaced files too). STATUS_NO_TARGET:
   there is no such process, or it is no Go program. STATUS_PERMISSION: the kernel refuses. */
enum status goproc_identify(pid_t pid, struct goproc_info *info, struct error *error);
/* The same of a file. */
enum status goproc_identify_file(const char *path, struct goproc_info *info, struct error *error);

/* All of the build information as text, buildinfo_text(): modules, settings, what was checked out.
   free() it. */
enum status goproc_build_text(pid_t pid, char **out, struct error *error);

/* A value the target's Go version does not have, or that could not be read. */
#define GOPROC_UNKNOWN INT64_MIN
#define GOPROC_NIL     INT64_C(-1)
#define GOPROC_NAME    96

/* What a P is doing. */
enum goproc_activity {
	GOPROC_IDLE,
	GOPROC_RUNNING,
	GOPROC_GC,        /* a mark worker, or stopped for the collector (_Pgcstop) */
	GOPROC_SYSCALL,   /* its goroutine is in a system call or cgo and holds the P */
	GOPROC_SCHEDULER, /* held by an M without a goroutine */
};

struct goproc_p {
	int64_t id, status, schedtick, syscalltick, m, runqsize, gfreecnt, timerslen, runnext,
		gc_worker, curg;
	enum goproc_activity activity;
	char running[GOPROC_NAME]; /* start function of curg, "" unknown or none */
};

struct goproc_m {
	int64_t id, p, curg, mallocing, throwing, locks, dying, spinning, blocked, lockedg, tid, incgo,
		curg_status;
	char preemptoff[32];
};

struct goproc_sched {
	int64_t gomaxprocs, idleprocs, threads, spinningthreads, needspinning, idlethreads, runqueue,
		gcwaiting, nmidlelocked, stopwait, sysmonwait, idle_ns, goroutines, goroutines_created,
		mutex_wait_ns;
	int64_t gc_phase;      /* mgc.go: _GCoff 0, _GCmark 1, _GCmarktermination 2 */
	int64_t idle_at_gc_ns; /* what idle_ns had come to at the end of each collection, in all */
	int64_t lock_wait_ns;  /* for mutexes and for the runtime's own locks */
};

/* The garbage collector; cpu_... are as of its last cycle. All of it is unknown in programs without
   symbols. */
struct goproc_collector {
	int64_t cycles, cycles_forced, heap_live_bytes, heap_goal_bytes, cpu_total_ns, cpu_idle_ns,
		cpu_gc_ns, cpu_assist_ns;
};

enum goproc_histogram {
	GOPROC_TIME_TO_RUN,
	GOPROC_STW_STOPPING_GC,
	GOPROC_STW_STOPPING_OTHER,
	GOPROC_STW_TOTAL_GC,
	GOPROC_STW_TOTAL_OTHER,
	GOPROC_HISTOGRAM_COUNT,
};

/* Raw counts of runtime.timeHistogram, in the order of its bounds: underflow first, then the
   buckets, then overflow (Go >= 1.20). n = 0: this Go version does not have it in sched. */
#define GOPROC_HISTOGRAM_MAX 722
struct goproc_counts {
	size_t n;
	uint64_t count[GOPROC_HISTOGRAM_MAX];
};

struct goproc_state {
	int64_t at_ns; /* CLOCK_MONOTONIC just before the read */
	struct goproc_sched sched;
	struct goproc_collector collector;
	size_t np, nm;
	struct goproc_p *p; /* borrowed from the goproc, valid until its next call */
	struct goproc_m *m;
	bool old_histogram_layout;             /* Go <= 1.19: 45 x 16 buckets */
	const struct goproc_counts *histogram; /* [GOPROC_HISTOGRAM_COUNT], borrowed likewise */
};

/* One goroutine. Addresses are the process's own. */
struct goproc_goroutine {
	int64_t goid;
	uint64_t creator, start; /* of the go statement; of the function it began with. 0: none */
	uint64_t at;             /* number of the place where it stands; 0: not read yet */
	int64_t at_ns;           /* CLOCK_MONOTONIC: when it was read */
	int64_t since_ns;        /* likewise: since when its status has been what it is */
	uint32_t handle;         /* to ask for it again, until the next goproc_begin_goroutines */
	uint8_t status;          /* runtime2.go _Gidle ... without the _Gscan bit */
	uint8_t reason;          /* why it waits, for goproc_reason; 0: it does not, or unknown */
	bool is_at_least;        /* since then or longer: it was so when it was first seen */
	bool is_locked;          /* to its thread */
	bool is_system;          /* the runtime's own, as runtime.isSystemGoroutine says */
};

struct goproc;

/*
 * Finds the runtime in the process. One sentence for each way it can fail:
 *   STATUS_NO_TARGET   no such process, not Go, not 64-bit amd64
 *   STATUS_PERMISSION  with the remedy: yama, another user, capabilities
 *   STATUS_FAILED      a Go version whose layout is not known or does not fit, or a program that
 *                      does not tell where its runtime is
 */
enum status goproc_attach(pid_t pid, struct goproc **out, struct error *error);
void goproc_detach(struct goproc *g); /* NULL is fine */
const struct goproc_info *goproc_get_info(const struct goproc *g);

/* The whole state: schedt, every P and M, histograms. One process_vm_readv when nothing moved since
   the last call, and one more for the goroutines that run. Torn reads are tried again, then counted
   and reported as STATUS_FAILED: the caller skips this one. STATUS_EXITED when the process is gone
   or runs another program now. */
enum status goproc_read(struct goproc *g, struct goproc_state *out, struct error *error);

/* What each P is doing now, and nothing else; the cheap read of the fast tier. Writes at most max
   entries and the number of Ps there are to *np. Same statuses. */
enum status goproc_sample(struct goproc *g, enum goproc_activity *activity, size_t max, size_t *np,
                          struct error *error);

/* A place in the program. */
struct goproc_frame {
	char function[256]; /* as tracebacks name it: main.(*Server).handle, slices.Sort[...] */
	char file[512];     /* "" unknown */
	int line;           /* 0: unknown */
	bool is_inlined;    /* into the frame after it */
};
enum goproc_place { GOPROC_CREATOR, GOPROC_START, GOPROC_AT };
/* What the numbers in goproc_goroutine stand for. What is unknown is "". */
void goproc_name(struct goproc *g, enum goproc_place kind, uint64_t number,
                 struct goproc_frame *frame);

/* Called for each goroutine. */
typedef void goproc_goroutine_fn(void *arg, const struct goproc_goroutine *goroutine);
/* Begins to read all goroutines, the slow tier: about 1 ms for 10,000 of them. To tell where they
   stand, at most `stacks` stacks are read as well; one that has not run since need not be read
   again. Same statuses. */
enum status goproc_begin_goroutines(struct goproc *g, size_t stacks, struct error *error);
/* Reads up to `max` more of them, and says whether there are more. Torn ones are
   read again, then left out and added to *dropped. Same statuses; when it fails, what `row` was
   given since the beginning is to be forgotten. */
enum status goproc_next_goroutines(struct goproc *g, size_t max, goproc_goroutine_fn *row,
                                   void *arg, uint32_t *dropped, bool *more, struct error *error);
/* All of it in one go. */
enum status goproc_read_goroutines(struct goproc *g, size_t stacks, goproc_goroutine_fn *row,
                                   void *arg, uint32_t *dropped, struct error *error);
/* The stack of one goroutine, by its handle, innermost frame first. The number of frames, at most
   max; 0 when it is not known: it runs, or has run while it was read, or is gone. */
size_t goproc_stack(struct goproc *g, uint32_t handle, int64_t goid, struct goproc_frame *frame,
                    size_t max);
/* The runtime's words for why a goroutine waits, "" for 0 and what it has no words for. */
const char *goproc_reason(struct goproc *g, uint8_t reason);

/* Reads that were dropped because they were torn or implausible, since attach. */
uint64_t goproc_dropped(const struct goproc *g);
/* Calls of process_vm_readv(2) made so far, for the bench. */
uint64_t goproc_syscalls(const struct goproc *g);

#endif
