/*
 * Which variables a function refers to, from its machine code: as much of a disassembler as finds
 * the runtime's variables in programs without a symbol table. amd64 refers relative to the
 * instruction pointer, arm64 by pairs of ADRP and what adds the rest. Pure functions over bytes
 * that may be anything; any thread.
 */
#ifndef SCHEDTOP_GOPROC_DISASM_H
#define SCHEDTOP_GOPROC_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reference {
	uint64_t target;
	uint8_t size; /* bytes read or written; 0: unknown, or its address is taken */
	bool is_address;
	bool writes;
};

/* Everything the code at that address refers to, in its order, at most `max` of them. false: an
   instruction that is not known, or code that ends within one; what was found before it counts. */
bool disasm_amd64(const uint8_t *code, size_t n, uint64_t address, struct reference *references,
                  size_t max, size_t *count);
bool disasm_arm64(const uint8_t *code, size_t n, uint64_t address, struct reference *references,
                  size_t max, size_t *count);

#endif
