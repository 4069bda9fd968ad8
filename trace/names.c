#include "trace/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

void names_finish(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i].text);
	free(names->name);
	free(names->slot);
	memset(names, 0, sizeof *names);
}

static uint32_t hash_text(const uint8_t *p, size_t n)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ n;
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t x;
		memcpy(&x, p, 8);
		h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	uint64_t x = 0;
	memcpy(&x, p, n);
	h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(h ^ h >> 32);
}

static bool grow(struct names *names)
{
	size_t capacity = names->capacity ? names->capacity * 2 : FIRST_SIZE;
	struct name *name = realloc(names->name, capacity * sizeof *name);
	if (!name)
		return false;
	names->name = name;
	uint32_t *slot = calloc(capacity * 2, sizeof *slot);
	if (!slot)
		return false;
	free(names->slot);
	names->slot = slot;
	names->mask = capacity * 2 - 1;
	names->capacity = capacity;
	for (size_t i = 0; i < names->n; i++) {
		size_t at = names->name[i].hash & names->mask;
		while (slot[at])
			at = (at + 1) & names->mask;
		slot[at] = (uint32_t)i + 1;
	}
	names->bytes += capacity / 2 * sizeof *name + capacity * sizeof *slot;
	return true;
}

uint32_t names_intern(struct names *names, const void *text, size_t length)
{
	if (length == 0)
		return NAME_NONE;
	uint32_t hash = hash_text(text, length);
	size_t at = 0;
	if (names->slot) {
		for (at = hash & names->mask; names->slot[at]; at = (at + 1) & names->mask) {
			const struct name *known = &names->name[names->slot[at] - 1];
			if (known->hash == hash && known->length == length &&
			    memcmp(known->text, text, length) == 0)
				return names->slot[at];
		}
	}
	if (names->n == names->capacity || !names->slot) {
		if (!grow(names))
			return NAME_ERROR;
		for (at = hash & names->mask; names->slot[at];)
			at = (at + 1) & names->mask;
	}
	char *copy = malloc(length + 1);
	if (!copy)
		return NAME_ERROR;
	memcpy(copy, text, length);
	copy[length] = '\0';
	names->name[names->n] = (struct name){copy, (uint32_t)length, hash};
	names->bytes += length + 1;
	names->slot[at] = (uint32_t)++names->n;
	return names->slot[at];
}

const struct name *names_get(const struct names *names, uint32_t number)
{
	static char empty[] = "";
	static const struct name none = {.text = empty};
	return number == NAME_NONE || number > names->n ? &none : &names->name[number - 1];
}

const char *names_text(const struct names *names, uint32_t number)
{
	return names_get(names, number)->text;
}
