#include "doctor/kinds.h"

#include <string.h>

/* Who runs for less than this on average between two looks only looked. */
enum { LOOK_NS = 20000 };

const struct goroutine_kind *kinds_find(const struct analysis *a, uint32_t function,
                                        uint32_t creator)
{
	for (size_t i = 0; i < a->goroutines.groups; i++)
		if (a->goroutines.group[i].function == function &&
		    a->goroutines.group[i].creator == creator)
			return &a->goroutines.group[i];
	return NULL;
}

uint64_t kind_waits(const struct analysis *a, const struct goroutine_kind *kind, const char *reason)
{
	uint64_t waits = 0;
	for (uint32_t i = kind->reasons; i; i = a->goroutines.reason[i - 1].next) {
		const struct reason_time *time = &a->goroutines.reason[i - 1];
		if (!reason || strcmp(names_text(&a->names, time->reason), reason) == 0)
			waits += time->count;
	}
	return waits;
}

uint64_t kind_yields(const struct analysis *a, const struct goroutine_kind *kind)
{
	uint64_t other = kind_waits(a, kind, NULL) + kind->goroutines;
	return kind->starts > other ? kind->starts - other : 0;
}

bool kind_polls(const struct analysis *a, const struct goroutine_kind *kind)
{
	uint64_t yields = kind_yields(a, kind);
	return yields > kind->starts / 2 &&
	       (double)kind->state_ns[GO_RUNNING] < (double)yields * LOOK_NS;
}
