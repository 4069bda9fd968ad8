/*
 * Figures that net/http/pprof and expvar tell as text: runtime.MemStats, the command line; and
 * whether a profile is of a process that is known. Pure but for /proc; any thread. What comes from
 * a server may be anything.
 */
#ifndef SCHEDTOP_COLLECT_PPROF_FIGURES_H
#define SCHEDTOP_COLLECT_PPROF_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collect/pprof_profile.h"
#include "metrics/snapshot.h"

/* Where the profiles are below a URL: of one that ends in /debug/pprof or another "pprof", there;
   of any other, in /debug/pprof. */
struct pprof_place {
	char base[1024];    /* what paths are appended to */
	const char *prefix; /* of "/goroutine": "/debug/pprof", or "" */
	bool vars;          /* /debug/vars may be there as well */
};
enum status pprof_place_of(const char *url, struct pprof_place *to, struct error *error);

/* What stands behind "# runtime.MemStats" at the end of heap?debug=1, as runtime fields (enum
   runtime_field). false: it is not there. */
bool pprof_read_memstats(const char *text, size_t size, struct fields *to);
/* The same of expvar's JSON, /debug/vars, under "memstats". */
bool pprof_read_vars(const char *json, size_t size, struct fields *to);

/* What the collectors that every client of Prometheus brings tell of the runtime. */
struct pprof_build {
	char go_version[32]; /* "go1.26.8", printable; "" unknown */
	int64_t gomaxprocs;  /* 0: unknown */
};
/* Of /metrics as text: go_info and go_sched_gomaxprocs_threads. false: neither is there. */
bool pprof_read_metrics(const char *text, size_t size, struct pprof_build *to);

/* What a program calls itself: the base name of the first of its arguments, which NUL bytes
   separate; printable. false: that is no command line. */
bool pprof_read_program(const char *cmdline, size_t size, char *to, size_t room);
/* Is it word for word that of the process? true also when that can't be known. */
bool pprof_has_cmdline(pid_t pid, const char *cmdline, size_t size);

enum pprof_kinship {
	PPROF_UNKNOWN, /* the mappings can't be compared */
	PPROF_SAME,    /* the kernel has put it where no other process has it */
	PPROF_OTHER,
};
/* Is the profile one of this process? Both name the address of the vDSO, which is drawn anew for
   each. */
enum pprof_kinship pprof_compare(const struct pprof_profile *p, pid_t pid);
/* What tells one process from the next that runs the same program: 0 unknown. */
uint64_t pprof_identity(const struct pprof_profile *p);
/* The base name of the program that was mapped first, printable; "" unknown. */
void pprof_binary(const struct pprof_profile *p, char *to, size_t room);

#endif
