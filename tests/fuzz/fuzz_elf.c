/*
 * Whatever an executable may hold: headers of sections and segments, build information, symbols,
 * module data, tables of functions, code and type descriptors, read as schedtop reads them of a
 * process, only that the bytes come from the file.
 *
 * Random bytes hardly ever pass for an ELF file. Inputs that are too short to be one are therefore
 * replaced by a whole executable, made in memory, and damaged from there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "goproc/addresses.h"
#include "goproc/goproc.h"
#include "goproc/image.h"
#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/objects.h"
#include "goproc/pclntab.h"
#include "tests/unit/goproc_elf.h"

#define ELF_HEADER_SIZE 64
#define ARGS_MAX        64

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* The executable is larger than what libFuzzer makes by itself; options of the command line win. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char max_len[] = "-max_len=16384";
	static char *args[ARGS_MAX + 1];
	if (*argc < 1 || *argc >= ARGS_MAX)
		return 0;
	args[0] = (*argv)[0];
	args[1] = max_len;
	memcpy(args + 2, *argv + 1, (size_t)(*argc - 1) * sizeof *args);
	*argv = args;
	*argc += 1;
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size < ELF_HEADER_SIZE) {
		int minor = 18 + (int)(seed % 10);
		struct go_elf elf =
			go_elf_create(minor, "go1.26.8",
		                  "path\texample.com/tiny\nmod\texample.com/tiny\t(devel)\t\n"
		                  "dep\tschedtop/agent\tv0.1.0\th1:=\n");
		if (seed & 64)
			go_elf_drop_sections(&elf);
		if (elf.n <= max_size) {
			memcpy(data, elf.bytes, elf.n);
			size = elf.n;
		}
		go_elf_finish(&elf);
	}
	return LLVMFuzzerMutate(data, size, max_size);
}

static void read_functions(const struct image *image, struct memory *memory,
                           const struct moduledata *moduledata, int minor)
{
	static const char *const names[] = {"main.worker", "runtime.schedtrace"};
	static const uint64_t pcs[] = {GO_ELF_TEXT, GO_ELF_MAIN, GO_ELF_WORKER, GO_ELF_WORKER + 0x20};
	struct pclntab *pclntab;
	struct pclntab_function function, named[2];
	struct pclntab_frame frames[16];
	struct error error = {0};
	char text[256];
	uint32_t bytes;
	if (pclntab_create(&pclntab, memory, moduledata, 0, minor, &error) != STATUS_OK) {
		if (error.text[0] == '\0')
			abort();
		return;
	}
	for (size_t i = 0; i < sizeof pcs / sizeof *pcs; i++) {
		if (!pclntab_find(pclntab, pcs[i], &function))
			continue;
		size_t n = pclntab_frames(pclntab, &function, pcs[i], frames, 16);
		for (size_t k = 0; k < n; k++) {
			pclntab_name(pclntab, frames[k].name, text, sizeof text);
			pclntab_file(pclntab, frames[k].file, text, sizeof text);
		}
		pclntab_stack_bytes(pclntab, &function, pcs[i], &bytes);
	}
	pclntab_find_named(pclntab, names, 2, named);
	struct addresses_code code = {image, memory, 0, moduledata, pclntab};
	struct globals globals;
	struct addresses_score score;
	if (layout_find(minor) &&
	    addresses_from_code(&code, layout_find(minor), &globals, &score, &error) != STATUS_OK &&
	    error.text[0] == '\0')
		abort();
	pclntab_destroy(pclntab);
}

/* What goproc_attach does with the file, and with the process's memory in its place. */
static void read_image(struct image *image, int minor)
{
	struct memory memory = {.readv = image_readv, .context = image};
	struct moduledata moduledata;
	struct globals globals;
	struct error error = {0};
	if (addresses_from_symbols(image, layout_find(minor), 0, &globals, &error) != STATUS_OK &&
	    error.text[0] == '\0')
		abort();
	if (moduledata_find(image, &memory, 0, minor, &moduledata)) {
		struct types types = {&memory, moduledata.types, moduledata.etypes, minor};
		struct objects objects;
		if (objects_resolve(&objects, &types, &error) != STATUS_OK && error.text[0] == '\0')
			abort(); /* no failure without a sentence */
		read_functions(image, &memory, &moduledata, minor);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("fuzz_elf", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

	struct goproc_info info;
	struct error error = {0};
	if (goproc_identify_file(path, &info, &error) != STATUS_OK && error.text[0] == '\0')
		abort();
	struct image image;
	if (image_open(&image, path, "it", &error) == STATUS_OK) {
		/* The last byte is in no header: it chooses the version. */
		read_image(&image, size ? 18 + data[size - 1] % 10 : 18);
		image_close(&image);
	}
	close(fd);
	return 0;
}
