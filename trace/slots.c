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
