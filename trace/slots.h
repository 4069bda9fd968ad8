/*
 * Room for what a visitor knows of each goroutine, P or thread: an array by slot that grows as
 * slots are used for the first time. The caller owns the array, which is NULL at first; one thread.
 */
#ifndef SCHEDTOP_TRACE_SLOTS_H
#define SCHEDTOP_TRACE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for slots 0...n-1 in `array`, which has room for `slots`. New ones are like *blank, or all
   zero where that is NULL. false: no memory, and all is as it was. */
#define SLOTS_FIT(array, slots, n, blank) \
	((n) <= (slots) || slots_grow(&(array), &(slots), (n), sizeof *(array), (blank)))

bool slots_grow(void *array, size_t *slots, size_t n, size_t size, const void *blank);

/* Behind a gap slots are given anew, so that nothing is known of any: takes a pointer to the array.
   Its memory goes, too: else every gap would cost as much as the most slots there ever were. */
void slots_drop(void *array, size_t *slots);

/*
 * Which slots something was noted of, for what has to be done with all of these now and then, in
 * parts of the array: so that noting is cheap, and nobody walks over all that there ever were.
 * All zero is a good start. A walk:
 *     for (size_t i = slots_touched(t, 0, n); i < n; i = slots_touched(t, i + 1, n))
 */
struct slots_touched {
	bool *part;
	size_t parts;
};

#define SLOTS_PART 256

/* Room for slots 0...n-1. false: no memory. */
static inline bool slots_touched_fit(struct slots_touched *t, size_t n)
{
	return SLOTS_FIT(t->part, t->parts, n / SLOTS_PART + 1, NULL);
}

static inline void slots_touch(struct slots_touched *t, uint32_t slot)
{
	t->part[slot / SLOTS_PART] = true;
}

/* The first one from `slot` on, below n, that may have been touched; n: there is none. */
size_t slots_touched(const struct slots_touched *t, size_t slot, size_t n);
void slots_touched_clear(struct slots_touched *t);
void slots_touched_drop(struct slots_touched *t);

#endif
