#include "goproc/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* The table begins with these (runtime2.go, since Go 1.8): address and length of each. */
static const char *const beginning[] = {"", "GC assist marking", "IO wait"};
#define BEGINNING (sizeof beginning / sizeof *beginning)

#define STRING 16 /* a string header: address, length */
#define WINDOW ((size_t)64 << 10)
#define TABLE  ((size_t)REASONS_MAX * STRING)

static bool begins(struct memory *memory, const uint8_t *at)
{
	for (size_t i = 0; i < BEGINNING; i++) {
		if (memory_u64(at + i * STRING + 8) != strlen(beginning[i]))
			return false;
	}
	for (size_t i = 1; i < BEGINNING; i++) {
		char text[REASON_SIZE];
		size_t n = strlen(beginning[i]);
		if (memory_read(memory, memory_u64(at + i * STRING), text, n) != MEMORY_OK ||
		    memcmp(text, beginning[i], n) != 0)
			return false;
	}
	return true;
}

/* Where it ends nobody says: it goes on as long as there are words. What comes after it may be
   words as well; no goroutine has such a number. */
static void take(struct reasons *reasons, struct memory *memory, const uint8_t *at, size_t size)
{
	for (reasons->n = 1; reasons->n < REASONS_MAX && (reasons->n + 1) * STRING <= size;
	     reasons->n++) {
		char raw[REASON_SIZE], *text = reasons->text[reasons->n];
		uint64_t n = memory_u64(at + reasons->n * STRING + 8);
		if (n == 0 || n >= REASON_SIZE ||
		    memory_read(memory, memory_u64(at + reasons->n * STRING), raw, (size_t)n) != MEMORY_OK)
			return;
		text_clean(text, REASON_SIZE, raw, (size_t)n);
		if (strlen(text) != n || memcmp(text, raw, (size_t)n) != 0) {
			text[0] = '\0';
			return;
		}
	}
}

bool reasons_find(struct reasons *reasons, struct memory *memory, uint64_t data, uint64_t size)
{
	uint8_t *window = malloc(WINDOW);
	*reasons = (struct reasons){0};
	for (uint64_t done = 0; window && done < size && reasons->n == 0;) {
		size_t n = size - done < WINDOW ? (size_t)(size - done) : WINDOW;
		if (memory_read(memory, data + done, window, n) != MEMORY_OK)
			break;
		for (size_t at = 0; at + BEGINNING * STRING <= n && reasons->n == 0; at += 8) {
			/* Whole in this window, or at the end of all. */
			if ((n - at >= TABLE || n < WINDOW) && begins(memory, window + at))
				take(reasons, memory, window + at, n - at);
		}
		if (n < WINDOW)
			break;
		done += WINDOW - TABLE;
	}
	free(window);
	return reasons->n > 0;
}
