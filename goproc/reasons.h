/*
 * Why a goroutine waits, in the runtime's own words: their numbers change with every version, the
 * table runtime.waitReasonStrings is in every binary. Found by what it begins with, so no symbol is
 * needed. Plain data of its owner.
 */
#ifndef SCHEDTOP_GOPROC_REASONS_H
#define SCHEDTOP_GOPROC_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/memory.h"

#define REASONS_MAX 96
#define REASON_SIZE 48

struct reasons {
	size_t n;
	char text[REASONS_MAX][REASON_SIZE]; /* printable; text[0] is "" */
};

/* Looks for the table in the `size` bytes at `data`, where the program keeps variables that hold
   pointers. false: it is not there. */
bool reasons_find(struct reasons *reasons, struct memory *memory, uint64_t data, uint64_t size);

#endif
