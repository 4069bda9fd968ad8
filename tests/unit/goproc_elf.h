/*
 * A small executable as the Go linker would write it, made in memory: build information, pclntab,
 * module data, type descriptors of g, m and p, symbols, and the code that tells of the same
 * variables. It can't run; it is for what reads executables, and the fuzzer starts from it. The
 * builder owns its buffer; elf_finish frees it.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_ELF_H
#define SCHEDTOP_TESTS_GOPROC_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/topology.h"

struct go_elf {
	uint8_t *bytes;
	size_t n;
	size_t buildinfo, buildinfo_n; /* where that section is in the file */
	size_t types, types_n;
};

#define GO_ELF_BASE       UINT64_C(0x400000) /* address of the file's first byte */
#define GO_ELF_TEXT       UINT64_C(0x10000)  /* addresses of code that the file does not hold */
#define GO_ELF_ETEXT      UINT64_C(0x20000)
#define GO_ELF_MAIN       UINT64_C(0x10100) /* main.main, see goproc_tables.h */
#define GO_ELF_WORKER     UINT64_C(0x10400) /* main.worker */
#define GO_ELF_SCHED      UINT64_C(0x500000)
#define GO_ELF_SCHED_SIZE UINT64_C(8192)

/* What its symbols say, and its code. */
extern const struct globals go_elf_globals;

/* `modules` is the text of the module information. Aborts when there is no memory. */
struct go_elf go_elf_create(int minor, const char *version, const char *modules);
/* Takes the table of sections away, as sstrip does; what they held stays where it is. */
void go_elf_drop_sections(struct go_elf *elf);
void go_elf_finish(struct go_elf *elf);

#endif
