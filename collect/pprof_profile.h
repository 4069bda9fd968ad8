/*
 * A profile as runtime/pprof writes it (gzipped protocol buffers, github.com/google/pprof
 * profile.proto), as far as it tells who stands where: samples with their stacks, functions, and
 * the mappings of the process. Read once, then immutable; the owner closes it. What comes from a
 * server may be anything: sizes are bounded before memory is asked for.
 */
#ifndef SCHEDTOP_COLLECT_PPROF_PROFILE_H
#define SCHEDTOP_COLLECT_PPROF_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct pprof_function {
	const char *name, *file; /* "" unknown; not printable */
	int32_t start_line;      /* 0: unknown */
};

/* A place of the program; those that are inlined into one another have a line each. */
struct pprof_line {
	uint32_t function; /* index; UINT32_MAX: unknown */
	int32_t line;      /* 0: unknown */
};

struct pprof_location {
	uint32_t first, lines; /* of line[], innermost first */
};

struct pprof_sample {
	int64_t count;         /* its first value */
	uint32_t first, depth; /* of stack[], innermost first; indexes of locations */
};

struct pprof_mapping {
	uint64_t start, limit;
	const char *file;
};

struct pprof_profile {
	size_t functions, lines, locations, samples, mappings;
	struct pprof_function *function;
	struct pprof_line *line;
	struct pprof_location *location;
	struct pprof_sample *sample;
	struct pprof_mapping *mapping;
	uint32_t *stack;
	void *parts; /* what all of that points into */
};

/* STATUS_DAMAGED with the sentence's end ("is no profile: ...") when it is none, or not whole;
   STATUS_FAILED when out of memory. */
enum status pprof_profile_open(struct pprof_profile **out, const void *body, size_t size,
                               struct error *error);
/* The same of what is inflated already. */
enum status pprof_profile_parse(struct pprof_profile **out, const void *data, size_t size,
                                struct error *error);
void pprof_profile_close(struct pprof_profile *p); /* NULL is fine */
/* The sum of all counts; -1 when it is none that could be. */
int64_t pprof_profile_total(const struct pprof_profile *p);

#endif
