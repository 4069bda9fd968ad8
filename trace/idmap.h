/*
 * A map from the 64-bit IDs of a trace to small indexes: open addressing behind a multiplicative
 * hash. IDs chosen to collide are noticed by their long probes; then the multiplier becomes a
 * secret. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_IDMAP_H
#define SCHEDTOP_TRACE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDMAP_NONE UINT32_MAX

struct idmap_entry {
	uint64_t id;
	uint32_t value_plus_1; /* 0: free */
};

struct idmap {
	struct idmap_entry *entry;
	size_t mask, n;      /* mask is the number of entries - 1, a power of two */
	uint64_t multiplier; /* odd */
	unsigned shift;
	bool secret;
};

/* All zero is an empty map. */
void idmap_finish(struct idmap *map);
/* Empty again; keeps its memory unless it was large. */
void idmap_clear(struct idmap *map);
/* `id` must not be in the map. false: no memory. */
bool idmap_put(struct idmap *map, uint64_t id, uint32_t value);
void idmap_remove(struct idmap *map, uint64_t id);

/* Knuth 6.4: the upper bits of a product are its mixed ones. */
static inline size_t idmap_hash(const struct idmap *map, uint64_t id)
{
	return (size_t)(id * map->multiplier >> map->shift);
}

/* IDMAP_NONE: not there. */
static inline uint32_t idmap_get(const struct idmap *map, uint64_t id)
{
	if (!map->entry)
		return IDMAP_NONE;
	for (size_t i = idmap_hash(map, id);; i = (i + 1) & map->mask) {
		const struct idmap_entry *e = &map->entry[i];
		if (e->value_plus_1 == 0)
			return IDMAP_NONE;
		if (e->id == id)
			return e->value_plus_1 - 1;
	}
}

#endif
