#include "trace/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

/* Where name i lies, counted from 0. */
static inline struct name *name_at(const struct names *names, size_t i)
{
	size_t place = i + FIRST_SIZE;
	unsigned k = (unsigned)(63 - __builtin_clzll(place / FIRST_SIZE));
	struct name *chunk = k < NAMES_CHUNKS ? names->chunk[k] : NULL;
	return chunk ? &chunk[place - ((size_t)FIRST_SIZE << k)] : NULL;
}

void names_finish(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(name_at(names, i)->text);
	for (size_t k = 0; k < NAMES_CHUNKS; k++)
		free(names->chunk[k]);
	free(names->slot);
	memset(names, 0, sizeof *names);
}

static uint32_t hash_text(const struct names *names, const void *text, size_t n)
{
	return (uint32_t)siphash(&names->key, text, n);
}

static bool grow(struct names *names)
{
	unsigned k = 0;
	while (k < NAMES_CHUNKS && names->chunk[k])
		k++;
	if (k == NAMES_CHUNKS)
		return false;
	size_t capacity = names->capacity + ((size_t)FIRST_SIZE << k);
	size_t slots = (size_t)FIRST_SIZE << (k + 2);
	struct name *chunk = calloc((size_t)FIRST_SIZE << k, sizeof *chunk);
	uint32_t *slot = calloc(slots, sizeof *slot);
	if (!chunk || !slot) {
		free(chunk);
		free(slot);
		return false;
	}
	names->bytes += ((size_t)FIRST_SIZE << k) * sizeof *chunk;
	names->bytes += (slots - (names->slot ? names->mask + 1 : 0)) * sizeof *slot;
	names->chunk[k] = chunk;
	if (!names->slot)
		names->key = siphash_make_key();
	free(names->slot);
	names->slot = slot;
	names->mask = slots - 1;
	names->capacity = capacity;
	for (size_t i = 0; i < names->n; i++) {
		size_t at = name_at(names, i)->hash & names->mask;
		while (slot[at])
			at = (at + 1) & names->mask;
		slot[at] = (uint32_t)i + 1;
	}
	return true;
}

/* Where the string is, or a free slot for it. There must be one. */
static size_t slot_of(const struct names *names, const void *text, size_t length, uint32_t hash)
{
	size_t at = hash & names->mask;
	for (; names->slot[at]; at = (at + 1) & names->mask) {
		const struct name *known = name_at(names, names->slot[at] - 1);
		if (known->hash == hash && known->length == length &&
		    memcmp(known->text, text, length) == 0)
			break;
	}
	return at;
}

static uint32_t intern(struct names *names, const void *text, size_t length)
{
	if (names->n == names->capacity &&
	    !grow(names)) { /* before the search, so that a slot is free */
		names->torn = true;
		return NAME_ERROR;
	}
	uint32_t hash = hash_text(names, text, length);
	size_t at = slot_of(names, text, length, hash);
	if (names->slot[at])
		return names->slot[at];
	char *copy = malloc(length + 1);
	if (!copy) {
		names->torn = true;
		return NAME_ERROR;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	struct name *added = name_at(names, names->n);
	added->text = copy;
	added->length = (uint32_t)length;
	added->hash = hash;
	names->bytes += length + 1;
	names->slot[at] = (uint32_t)++names->n;
	return names->slot[at];
}

uint32_t names_intern(struct names *names, const void *text, size_t length)
{
	if (length == 0)
		return NAME_NONE;
	if (names->lock)
		pthread_mutex_lock(names->lock);
	uint32_t number = intern(names, text, length);
	if (names->lock)
		pthread_mutex_unlock(names->lock);
	return number;
}

uint32_t names_find(const struct names *names, const void *text, size_t length)
{
	uint32_t number = NAME_ERROR;
	if (length == 0)
		return NAME_NONE;
	if (names->lock)
		pthread_mutex_lock(names->lock);
	if (names->slot)
		number = names->slot[slot_of(names, text, length, hash_text(names, text, length))];
	if (names->lock)
		pthread_mutex_unlock(names->lock);
	return number ? number : NAME_ERROR;
}

const struct name *names_get(const struct names *names, uint32_t number)
{
	static char empty[] = "";
	static const struct name none = {.text = empty};
	const struct name *name = number == NAME_NONE ? NULL : name_at(names, (size_t)number - 1);
	return name && name->text ? name : &none;
}

const char *names_text(const struct names *names, uint32_t number)
{
	return names_get(names, number)->text;
}
