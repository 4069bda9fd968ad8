/*
 * The tables of functions as the Go linker writes them, made in memory: three functions, and in one
 * of them two calls that were inlined, the inner one into the outer one. Used by the executable of
 * goproc_elf.h; the caller owns the buffer.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_TABLES_H
#define SCHEDTOP_TESTS_GOPROC_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/moduledata.h"

/* Offsets from the start of the code: main.main, main.worker and runtime.goexit. */
enum { TABLES_MAIN = 0x100, TABLES_WORKER = 0x400, TABLES_GOEXIT = 0x800, TABLES_END = 0x900 };
/* In main.worker: where main.middle was inlined, and main.inner into that. */
enum { TABLES_MIDDLE_AT = 0x10, TABLES_INNER_AT = 0x20, TABLES_INNER_END = 0x30 };
/* Lines: of main.main, of main.worker, and of the calls. */
enum { TABLES_MAIN_LINE = 12, TABLES_WORKER_LINE = 40, TABLES_MIDDLE_LINE = 51, TABLES_INNER = 62 };
enum { TABLES_WORKER_STACK = 0x88 };

#define TABLES_SIZE ((size_t)4096)

struct tables {
	size_t n;                           /* bytes used */
	struct extent table[MODULE_TABLES]; /* from the start of the bytes */
	uint64_t gofunc;
};

/* Fills the bytes, which are zeroed, with the tables of Go 1.minor. */
struct tables tables_write(uint8_t bytes[TABLES_SIZE], int minor);

#endif
