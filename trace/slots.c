#include "trace/slots.h"

#include <stdlib.h>
#include <string.h>

bool slots_grow(void *array, size_t *slots, size_t n, size_t size, const void *blank)
{
	size_t room = n * 2; /* a block has few goroutines more than the one before */
	char *old;
	memcpy(&old, array, sizeof old);
	char *bigger = reallocarray(old, room, size);
	if (!bigger)
		return false;
	memcpy(array, &bigger, sizeof bigger);
	if (!blank)
		memset(bigger + *slots * size, 0, (room - *slots) * size);
	for (size_t i = *slots; blank && i < room; i++)
		memcpy(bigger + i * size, blank, size);
	*slots = room;
	return true;
}

void slots_drop(void *array, size_t *slots)
{
	char *old;
	memcpy(&old, array, sizeof old);
	free(old);
	old = NULL;
	memcpy(array, &old, sizeof old);
	*slots = 0;
}

size_t slots_touched(const struct slots_touched *t, size_t slot, size_t n)
{
	while (slot < n && slot / SLOTS_PART < t->parts && !t->part[slot / SLOTS_PART])
		slot = (slot / SLOTS_PART + 1) * SLOTS_PART;
	return slot < n && slot / SLOTS_PART < t->parts ? slot : n;
}

void slots_touched_clear(struct slots_touched *t)
{
	if (t->parts)
		memset(t->part, 0, t->parts * sizeof *t->part);
}

void slots_touched_drop(struct slots_touched *t)
{
	slots_drop(&t->part, &t->parts);
}
