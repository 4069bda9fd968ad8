/*
 * Prints what goproc finds in an executable file, for the tests that compare it with what Go's own
 * tools find there:
 *
 *   probe symbols FILE       addresses of the runtime's variables, by .symtab
 *   probe code FILE          the same, by the code, and the score
 *   probe layout FILE        offset and size of each field of schedt, by DWARF and by the table
 *   probe functions FILE     for each address on stdin, one a line: the address, how many frames
 *                            there are, the size of the stack frame, and the frames, each a line
 *                            of a tab, the function, the file and the line, innermost first
 *
 * The status is 1, with a sentence on stderr, when something is not understood.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goproc/addresses.h"
#include "goproc/debuginfo.h"
#include "goproc/goproc.h"
#include "goproc/image.h"
#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/pclntab.h"

#define FRAMES 64

struct probe {
	struct goproc_info info;
	struct image image;
	struct memory memory;
	struct moduledata module;
	struct pclntab *pclntab;
};

static void print_globals(const struct globals *globals)
{
#define PRINT(name) printf("%s 0x%" PRIx64 "\n", #name, globals->name)
	PRINT(sched);
	PRINT(allp);
	PRINT(allm);
	PRINT(gomaxprocs);
	PRINT(allglen);
	PRINT(allgptr);
	PRINT(gc_phase);
#undef PRINT
}

static enum status do_symbols(struct probe *probe, struct error *error)
{
	struct globals globals;
	enum status status = addresses_from_symbols(&probe->image, layout_find(probe->info.go_minor), 0,
	                                            &globals, error);
	if (status == STATUS_OK)
		print_globals(&globals);
	return status;
}

static enum status do_code(struct probe *probe, struct error *error)
{
	struct globals globals;
	struct addresses_score score;
	struct addresses_code code = {
		.image = &probe->image,
		.file = &probe->memory,
		.module = &probe->module,
		.pclntab = probe->pclntab,
	};
	enum status status =
		addresses_from_code(&code, layout_find(probe->info.go_minor), &globals, &score, error);
	if (status == STATUS_OK)
		print_globals(&globals);
	printf("score %d %d %d\n", score.found, score.of, score.runner_up);
	return status;
}

/* The table and the DWARF must tell the same. */
static enum status do_layout(struct probe *probe, struct error *error)
{
	const struct layout *known = layout_find(probe->info.go_minor);
	struct layout own;
	enum status status = debuginfo_layout(&probe->image, &own, error);
	if (status != STATUS_OK)
		return status;
#define PRINT(name)                                                                 \
	printf("%s %d %d %d %d\n", #name, own.name.off, own.name.size, known->name.off, \
	       known->name.size);
	LAYOUT_FIELDS(PRINT)
#undef PRINT
	return STATUS_OK;
}

static enum status do_functions(struct probe *probe, struct error *error)
{
	char line[64];
	(void)error;
	while (fgets(line, sizeof line, stdin)) {
		uint64_t pc = strtoull(line, NULL, 0);
		struct pclntab_function function;
		struct pclntab_frame frame[FRAMES];
		size_t n = 0;
		uint32_t stack;
		if (pclntab_find(probe->pclntab, pc, &function))
			n = pclntab_frames(probe->pclntab, &function, pc, frame, FRAMES);
		printf("0x%" PRIx64 " %zu", pc, n);
		if (n && pclntab_stack_bytes(probe->pclntab, &function, pc, &stack))
			printf(" %" PRIu32 "\n", stack);
		else
			printf(" -\n");
		for (size_t i = 0; i < n; i++) {
			char name[4096], file[4096];
			pclntab_name(probe->pclntab, frame[i].name, name, sizeof name);
			pclntab_file(probe->pclntab, frame[i].file, file, sizeof file);
			printf("\t%s\t%s\t%" PRId32 "\n", name, file, frame[i].line);
		}
	}
	return STATUS_OK;
}

static enum status open_probe(struct probe *probe, const char *path, struct error *error)
{
	enum status status = goproc_identify_file(path, &probe->info, error);
	if (status == STATUS_OK)
		status = image_open(&probe->image, path, path, error);
	if (status != STATUS_OK)
		return status;
	probe->memory = (struct memory){.readv = image_readv, .context = &probe->image};
	if (!layout_find(probe->info.go_minor))
		return error_set(error, STATUS_FAILED, "%s is of an unknown Go", path);
	if (!moduledata_find(&probe->image, &probe->memory, 0, probe->info.go_minor, &probe->module))
		return error_set(error, STATUS_FAILED, "%s has no module data", path);
	return pclntab_create(&probe->pclntab, &probe->memory, &probe->module, 0, probe->info.go_minor,
	                      error);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum status (*run)(struct probe *probe, struct error *error);
	} verbs[] = {{"symbols", do_symbols},
	             {"code", do_code},
	             {"layout", do_layout},
	             {"functions", do_functions}};
	struct probe probe = {.image.fd = -1};
	struct error error = {0};
	enum status status = STATUS_USAGE;
	for (size_t i = 0; argc == 3 && i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		status = open_probe(&probe, argv[2], &error);
		if (status == STATUS_OK)
			status = verbs[i].run(&probe, &error);
	}
	if (status != STATUS_OK)
		fprintf(stderr, "probe: %s\n", error.text);
	pclntab_destroy(probe.pclntab);
	image_close(&probe.image);
	return status == STATUS_OK ? 0 : 1;
}
