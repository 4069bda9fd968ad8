#include "trace/profile_lives.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/profile.h"
#include "trace/tables.h"

void profile_lives_finish(struct profile_lives *a)
{
	for (size_t i = 0; i < a->lives; i++)
		free(a->life[i].share);
	free(a->life);
	idmap_finish(&a->of_goroutine);
	idmap_finish(&a->share_of);
	memset(a, 0, sizeof *a);
}

/* Index; IDMAP_NONE: no memory. */
static uint32_t life_of(struct profile_lives *a, uint64_t goroutine)
{
	uint32_t known = idmap_get(&a->of_goroutine, goroutine);
	if (known != IDMAP_NONE)
		return known;
	if (!wire_grow(&a->life, &a->capacity, a->lives, sizeof *a->life) ||
	    !idmap_put(&a->of_goroutine, goroutine, (uint32_t)a->lives))
		return IDMAP_NONE;
	a->life[a->lives] = (struct life){0};
	return (uint32_t)a->lives++;
}

static uint64_t share_key(uint32_t life, uint32_t record)
{
	return (uint64_t)life << 32 | record;
}

bool profile_lives_note(struct profile_lives *a, uint64_t goroutine, uint32_t record, int64_t ns)
{
	uint32_t which = life_of(a, goroutine);
	if (which == IDMAP_NONE)
		return false;
	struct life *life = &a->life[which];
	uint32_t known = idmap_get(&a->share_of, share_key(which, record));
	if (known < life->shares) {
		life->share[known].count++;
		add_ns(&life->share[known].ns, ns);
		return true;
	}
	if (!wire_grow(&life->share, &life->capacity, life->shares, sizeof *life->share) ||
	    !idmap_put(&a->share_of, share_key(which, record), (uint32_t)life->shares))
		return false;
	life->share[life->shares++] = (struct life_share){record, 1, ns};
	return true;
}

void profile_lives_take_back(struct profile_lives *a, uint64_t goroutine,
                             struct profile_record *record)
{
	uint32_t known = idmap_get(&a->of_goroutine, goroutine);
	struct life *life = known == IDMAP_NONE ? NULL : &a->life[known];
	for (size_t i = 0; life && i < life->shares; i++) {
		struct profile_record *r = &record[life->share[i].record - 1];
		r->count -= life->share[i].count;
		/* A sum that reached the largest number may be less than its parts. */
		r->total_ns = elapsed_ns(life->share[i].ns, r->total_ns);
		idmap_remove(&a->share_of, share_key(known, life->share[i].record));
	}
	if (life)
		life->shares = 0;
}
