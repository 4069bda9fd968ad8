#include "trace/idmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SIZE = 64, LONG_PROBE = 128, KEEP_SIZE = 4096 };

void idmap_finish(struct idmap *map)
{
	free(map->entry);
	memset(map, 0, sizeof *map);
}

void idmap_clear(struct idmap *map)
{
	if (map->mask >= KEEP_SIZE)
		idmap_finish(map);
	else if (map->entry)
		memset(map->entry, 0, (map->mask + 1) * sizeof *map->entry);
	map->n = 0;
}

/* The length of the probe. */
static size_t insert(struct idmap *map, uint64_t id, uint32_t value)
{
	size_t probe = 0;
	size_t i = idmap_hash(map, id);
	for (; map->entry[i].value_plus_1; i = (i + 1) & map->mask)
		probe++;
	map->entry[i] = (struct idmap_entry){id, value + 1};
	return probe;
}

static uint64_t make_multiplier(void)
{
	uint64_t multiplier = 0;
	/* Where entropy isn't ready, an address is secret enough. */
	if (getrandom(&multiplier, sizeof multiplier, GRND_NONBLOCK) != (ssize_t)sizeof multiplier)
		multiplier = (uint64_t)(uintptr_t)&multiplier;
	return multiplier | 1;
}

static bool rehash(struct idmap *map, size_t size)
{
	struct idmap bigger = {
		.mask = size - 1,
		.n = map->n,
		.multiplier = map->secret ? make_multiplier() : UINT64_C(0x9e3779b97f4a7c15),
		.shift = (unsigned)__builtin_clzll(size - 1),
		.secret = map->secret,
	};
	bigger.entry = calloc(size, sizeof *bigger.entry);
	if (!bigger.entry)
		return false;
	if (map->entry)
		for (size_t i = 0; i <= map->mask; i++)
			if (map->entry[i].value_plus_1)
				insert(&bigger, map->entry[i].id, map->entry[i].value_plus_1 - 1);
	free(map->entry);
	*map = bigger;
	return true;
}

bool idmap_put(struct idmap *map, uint64_t id, uint32_t value)
{
	size_t size = map->entry ? map->mask + 1 : 0;
	if (map->n >= size / 2 && !rehash(map, size ? size * 2 : FIRST_SIZE))
		return false;
	map->n++;
	if (insert(map, id, value) < LONG_PROBE || map->secret)
		return true;
	map->secret = true;
	if (rehash(map, map->mask + 1))
		return true;
	map->secret = false;
	return false;
}

/* Knuth 6.4, algorithm R: close the gap, so that probes need no tombstones. */
void idmap_remove(struct idmap *map, uint64_t id)
{
	size_t gap = idmap_hash(map, id);
	while (map->entry[gap].value_plus_1 == 0 || map->entry[gap].id != id) {
		if (map->entry[gap].value_plus_1 == 0)
			return;
		gap = (gap + 1) & map->mask;
	}
	map->n--;
	for (size_t i = gap;;) {
		i = (i + 1) & map->mask;
		if (map->entry[i].value_plus_1 == 0)
			break;
		size_t home = idmap_hash(map, map->entry[i].id);
		if (((i - home) & map->mask) >= ((i - gap) & map->mask)) {
			map->entry[gap] = map->entry[i];
			gap = i;
		}
	}
	map->entry[gap].value_plus_1 = 0;
}
