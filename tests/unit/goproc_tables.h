/*
 * The tables of functions as the Go linker writes them, made in memory, and the code of some: a
 * function into which two calls were inlined, the inner one into the outer one, and the functions
 * of the runtime that tell where its variables are. Used by the executable of goproc_elf.h; the
 * caller owns the buffers.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_TABLES_H
#define SCHEDTOP_TESTS_GOPROC_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/topology.h"

/* Where the functions start in the code. */
enum {
	TABLES_MAIN = 0x100,       /* main.main */
	TABLES_WORKER = 0x400,     /* main.worker */
	TABLES_GOEXIT = 0x800,     /* runtime.goexit */
	TABLES_SCHEDTRACE = 0x900, /* runtime.schedtrace */
	TABLES_GOROUTINES = 0xa00, /* runtime.forEachGRace */
	TABLES_MARK = 0xa20,       /* runtime.gcMark */
	TABLES_MARK_END = 0xa40,   /* runtime.gcMarkTermination */
	TABLES_END = 0xa80,
};
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

/* Fills the code, which begins at `text`, with what refers to the globals, schedt having that
   layout. Other functions do nothing. */
void tables_write_code(uint8_t code[TABLES_END], uint64_t text, const struct layout *layout,
                       const struct globals *globals);

#endif
