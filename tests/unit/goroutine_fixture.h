/*
 * Goroutines that never were, for the tests: kinds of them in a table become rows, and the rows a
 * set, in the way a reader makes one. A test owns what it is given. One thread.
 */
#ifndef SCHEDTOP_TESTS_GOROUTINE_FIXTURE_H
#define SCHEDTOP_TESTS_GOROUTINE_FIXTURE_H

#include "metrics/goroutines.h"

struct goroutine_kinds {
	uint32_t count;
	enum goroutine_state state;
	const char *reason;               /* NULL: none */
	const char *creator, *start, *at; /* functions; NULL: unknown. Lines follow from the names */
	int64_t longest_ns;               /* waits are spread evenly up to it; -1: unknown */
	bool at_least, system;
};

#define GOROUTINE_KINDS_MAX 400

/* `detail`: the index, among the groups by creator, of the one that is read one by one; -1: none.
   NULL when out of memory. */
struct goroutine_set *make_goroutines(const struct goroutine_kinds *kind, size_t kinds, int detail);

#endif
