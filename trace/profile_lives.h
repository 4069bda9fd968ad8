/*
 * A thread of C that calls Go again and again does so with one goroutine, which is made and
 * destroyed each time. Go's profiles count what its last life went through, for only of that one
 * they know when it first ran. So that they can be told alike, what such goroutines add is noted
 * here, to be taken back. It grows with them and the stacks of each. The caller owns it; one
 * thread.
 */
#ifndef SCHEDTOP_TRACE_PROFILE_LIVES_H
#define SCHEDTOP_TRACE_PROFILE_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/idmap.h"

struct profile_record;

/* What one goroutine added to one record. */
struct life_share {
	uint32_t record; /* index + 1 */
	uint64_t count;
	int64_t ns;
};

struct life {
	struct life_share *share;
	size_t shares, capacity;
};

struct profile_lives {
	struct idmap of_goroutine; /* its ID -> index of its life */
	struct idmap share_of;     /* life << 32 | record -> index of the share */
	struct life *life;
	size_t lives, capacity;
};

/* All zero is a good start. */
void profile_lives_finish(struct profile_lives *lives);
/* false: no memory. */
bool profile_lives_note(struct profile_lives *lives, uint64_t goroutine, uint32_t record,
                        int64_t ns);
/* Takes back from the records what the goroutine added in the lives it had until now. */
void profile_lives_take_back(struct profile_lives *lives, uint64_t goroutine,
                             struct profile_record *record);

#endif
