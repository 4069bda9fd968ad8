#include "compare/items.h"

#include <stdlib.h>
#include <string.h>

#include "trace/tables.h"
#include "util/hash.h"

void items_finish(struct items *items)
{
	for (size_t i = 0; i < items->items; i++)
		for (int side = 0; side < SIDES; side++)
			series_finish(&items->item[i].series[side]);
	free(items->item);
	idmap_finish(&items->item_of);
	names_finish(&items->names);
	memset(items, 0, sizeof *items);
}

/* What is kept of an item depends on it alone, so that narrowing a comparison to it changes
   nothing. */
static uint64_t seed_of(const struct item *item, const char *name, size_t length, int side)
{
	uint64_t hash = hash_mix((uint64_t)item->kind + 1, (uint64_t)side);
	for (size_t i = 0; i < length; i++)
		hash = hash_mix(hash, (unsigned char)name[i]);
	return hash;
}

uint32_t items_find(struct items *items, enum item_kind kind, const char *name, size_t length)
{
	bool full = items->of_kind[kind] == ITEMS_OF_KIND;
	/* Names beyond, of which a trace may have any number, are not kept either. */
	uint32_t number =
		full ? names_find(&items->names, name, length) : names_intern(&items->names, name, length);
	if (number == NAME_ERROR && !full)
		return ITEM_ERROR;
	uint64_t key = (uint64_t)kind << 32 | number;
	uint32_t known = number == NAME_ERROR ? IDMAP_NONE : idmap_get(&items->item_of, key);
	if (known != IDMAP_NONE)
		return known;
	if (full) {
		items->left_out[kind] = true;
		return ITEM_NONE;
	}
	if (!wire_grow(&items->item, &items->capacity, items->items, sizeof *items->item) ||
	    !idmap_put(&items->item_of, key, (uint32_t)items->items))
		return ITEM_ERROR;
	struct item *item = &items->item[items->items];
	*item = (struct item){.kind = kind, .name = number};
	for (int side = 0; side < SIDES; side++)
		item->series[side].dice.state = seed_of(item, name, length, side);
	items->of_kind[kind]++;
	return (uint32_t)items->items++;
}

/* Room for more: of each item half as many durations as before. */
static void thin(struct items *items, int side)
{
	size_t most = items->samples_most[side] ? items->samples_most[side] : SERIES_SAMPLES;
	items->samples_most[side] = most /= 2;
	items->samples[side] = 0;
	for (size_t i = 0; i < items->items; i++) {
		series_thin(&items->item[i].series[side], most);
		items->samples[side] += items->item[i].series[side].samples;
	}
}

bool items_instance(struct items *items, uint32_t item, int side, size_t slice, int64_t ns)
{
	struct series *s = &items->item[item].series[side];
	size_t before = s->samples;
	if (!series_instance(s, slice, ns))
		return false;
	if (items->samples_most[side])
		series_thin(s, items->samples_most[side]);
	items->samples[side] += s->samples - before;
	while (items->samples[side] > ITEMS_SAMPLES && items->samples_most[side] != ITEMS_SAMPLES_LEAST)
		thin(items, side);
	return true;
}
