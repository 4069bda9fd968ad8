/*
 * The cursor through which every byte of a trace is read: it can't be moved past its end. Numbers
 * are Go's uvarints (encoding/binary): at most ten bytes, padding allowed, the tenth byte at
 * most 1. Any thread; a cursor owns nothing.
 */
#ifndef SCHEDTOP_TRACE_VARINT_H
#define SCHEDTOP_TRACE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10 /* bytes */

struct cursor {
	const uint8_t *p, *end;
};

static inline bool cursor_byte(struct cursor *c, uint8_t *value)
{
	if (c->p == c->end)
		return false;
	*value = *c->p++;
	return true;
}

static inline bool cursor_varint(struct cursor *c, uint64_t *value)
{
	uint64_t x = 0;
	const uint8_t *p = c->p;
	for (unsigned i = 0; i < VARINT_MAX && p < c->end; i++) {
		uint64_t b = *p++;
		x |= (b & 0x7f) << 7 * i;
		if (b < 0x80) {
			if (i + 1 == VARINT_MAX && b > 1)
				return false;
			c->p = p;
			*value = x;
			return true;
		}
	}
	return false;
}

/* The same where the caller has seen to it that VARINT_MAX bytes can be read at p: where numbers
   are short, a plain loop with early exits beat the bit tricks of BMI2. NULL: not a number. */
static inline const uint8_t *varint_unchecked(const uint8_t *p, uint64_t *value)
{
	uint64_t b = *p++;
	if (b < 0x80) {
		*value = b;
		return p;
	}
	uint64_t x = b & 0x7f;
	b = *p++;
	if (b < 0x80) {
		*value = x | b << 7;
		return p;
	}
	x |= (b & 0x7f) << 7;
	for (unsigned i = 2; i < VARINT_MAX; i++) {
		b = *p++;
		x |= (b & 0x7f) << 7 * i;
		if (b < 0x80) {
			*value = x;
			return i + 1 < VARINT_MAX || b <= 1 ? p : NULL;
		}
	}
	return NULL;
}

#endif
