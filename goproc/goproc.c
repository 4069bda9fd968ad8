#include "goproc/goproc.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "goproc/addresses.h"
#include "goproc/buildinfo.h"
#include "goproc/debuginfo.h"
#include "goproc/frames.h"
#include "goproc/functions.h"
#include "goproc/gcstate.h"
#include "goproc/gs.h"
#include "goproc/gstacks.h"
#include "goproc/image.h"
#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/pages.h"
#include "goproc/permission.h"
#include "goproc/process.h"
#include "goproc/reader.h"
#include "goproc/reasons.h"
#include "goproc/system.h"
#include "goproc/unwind.h"
#include "util/clock.h"
#include "util/text.h"

#define BUILDINFO_MAX      ((size_t)8 << 20)
#define BUILDINFO_SEARCHED ((size_t)1 << 20)
/* A read notices nearly every exec by itself; this often it is looked up as well. */
#define VERIFY_EVERY_NS NS_PER_S
/* A program that has just been started needs some milliseconds until its scheduler is up. */
#define ATTACH_ATTEMPTS 20
#define ATTACH_PAUSE_NS (5 * NS_PER_MS)

struct goproc {
	struct process process;
	struct goproc_info info;
	struct image image;
	struct memory file; /* the image, read by address */
	struct pclntab *pclntab;
	struct functions *functions;
	struct layout own_layout; /* when the table has none */
	struct reader reader;
	struct moduledata module;
	struct gs gs;
	struct unwinder *unwinder; /* NULL: no stacks */
	struct gstacks stacks;
	struct reasons reasons;
	struct system_starts starts;
	int64_t verified_ns;
};

/* ---- what the executable tells ---- */

/* Without sections it is in one of the segments, and its end is not known. */
static bool find_buildinfo(const struct image *image, struct image_section *out)
{
	const struct image_section *section = image_section(image, BUILDINFO_SECTION);
	uint64_t address = 0;
	if (section) {
		*out = *section;
		return true;
	}
	if (image->section_count > 0 ||
	    !image_search(image, BUILDINFO_MAGIC, BUILDINFO_MAGIC_SIZE, &address))
		return false;
	const struct image_segment *segment = image_segment(image, address);
	uint64_t skip = address - segment->address, left = segment->size - skip;
	*out = (struct image_section){
		.type = SHT_PROGBITS,
		.offset = segment->offset + skip,
		.size = left < BUILDINFO_SEARCHED ? left : BUILDINFO_SEARCHED,
	};
	return true;
}

static enum status identify_image(const struct image *image, const char *subject,
                                  struct goproc_info *info, struct error *error)
{
	*info = (struct goproc_info){0};
	struct image_section section = {0};
	const char *packer;
	if (!find_buildinfo(image, &section)) {
		packer = image->section_count == 0 ? image_packer(image) : NULL;
		if (packer)
			return error_set(error, STATUS_NO_TARGET,
			                 "%s is packed by %s, which hides what it is; unpack the executable "
			                 "(upx -d) and start it anew",
			                 subject, packer);
		return error_set(error, STATUS_NO_TARGET, "%s is not a Go program", subject);
	}
	uint8_t *bytes = image_load(image, &section, BUILDINFO_MAX);
	enum buildinfo_result result =
		bytes ? buildinfo_parse(bytes, (size_t)section.size, info) : BUILDINFO_DAMAGED;
	free(bytes);
	switch (result) {
	case BUILDINFO_OK:
		info->stripped = image_section(image, ".symtab") == NULL;
		return STATUS_OK;
	case BUILDINFO_NONE:
		return error_set(error, STATUS_NO_TARGET, "%s is not a Go program", subject);
	case BUILDINFO_OLD:
		return error_set(error, STATUS_FAILED,
		                 "%s was built with Go 1.17 or older; schedtop knows Go 1.%d and newer",
		                 subject, layout_oldest());
	case BUILDINFO_DAMAGED:
		break;
	}
	return error_set(error, STATUS_FAILED, "%s has damaged Go build information", subject);
}

enum status goproc_identify_file(const char *path, struct goproc_info *info, struct error *error)
{
	char subject[256];
	struct image image;
	text_clean(subject, sizeof subject, path, strlen(path));
	enum status status = image_open(&image, path, subject, error);
	if (status == STATUS_OK) {
		status = identify_image(&image, subject, info, error);
		image_close(&image);
	} else if (errno == EACCES) {
		status = error_set(error, STATUS_PERMISSION, "%s can't be opened: %s", subject,
		                   strerror(EACCES));
	} else if (errno == ENOENT) {
		status = error_set(error, STATUS_NO_TARGET, "there is no file %s", subject);
	}
	return status;
}

/* The executable as it runs: /proc/PID/exe leads to it even when it was deleted or replaced. */
static enum status open_executable(pid_t pid, const char *subject, struct image *image,
                                   struct error *error)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	enum status status = image_open(image, path, subject, error);
	if (status == STATUS_OK || errno == 0)
		return status;
	if (errno == EACCES || errno == EPERM)
		return permission_error(pid, subject, error);
	/* Gone, or a kernel thread: which one, process.c tells. */
	struct process process;
	enum status why = process_identify(pid, &process, error);
	return why != STATUS_OK ? why : status;
}

enum status goproc_identify(pid_t pid, struct goproc_info *info, struct error *error)
{
	char subject[96];
	struct image image;
	process_name(pid, subject, sizeof subject);
	enum status status = open_executable(pid, subject, &image, error);
	if (status == STATUS_OK) {
		status = identify_image(&image, subject, info, error);
		image_close(&image);
	}
	return status;
}

enum status goproc_build_text(pid_t pid, char **out, struct error *error)
{
	char subject[96];
	struct image image;
	struct image_section section = {0};
	*out = NULL;
	process_name(pid, subject, sizeof subject);
	enum status status = open_executable(pid, subject, &image, error);
	if (status != STATUS_OK)
		return status;
	uint8_t *bytes =
		find_buildinfo(&image, &section) ? image_load(&image, &section, BUILDINFO_MAX) : NULL;
	if (bytes)
		*out = buildinfo_text(bytes, (size_t)section.size);
	free(bytes);
	image_close(&image);
	return *out ? STATUS_OK
	            : error_set(error, STATUS_FAILED, "%s has no Go build information", subject);
}

/* ---- attach ---- */

static enum status check_supported(const struct goproc *g, struct error *error)
{
	const char *subject = g->process.subject;
	if (!g->image.is64 || g->image.machine != EM_X86_64)
		return error_set(
			error, STATUS_NO_TARGET,
			"%s is not a 64-bit x86 program, and its memory can't be understood; import the "
			"agent (schedtop/agent) in the program instead",
			subject);
	return STATUS_OK;
}

/* What the table knows, else what the program's own DWARF says. */
static enum status find_layout(struct goproc *g, struct error *error)
{
	const struct goproc_info *info = &g->info;
	struct error detail;
	g->reader.layout = layout_find(info->go_minor);
	if (g->reader.layout)
		return STATUS_OK;
	if (info->go_minor == 0)
		return error_set(error, STATUS_FAILED,
		                 "%s was built with \"%s\", which is no release of Go (obfuscators hide "
		                 "it); import the agent (schedtop/agent) in the program",
		                 g->process.subject, info->go_version);
	if (info->go_minor < layout_oldest() ||
	    debuginfo_layout(&g->image, &g->own_layout, &detail) != STATUS_OK)
		return error_set(
			error, STATUS_FAILED,
			"%s was built with %s, whose scheduler schedtop does not know (it knows Go 1.%d to "
			"1.%d)%s%s; import the agent (schedtop/agent) in the program",
			g->process.subject, info->go_version, layout_oldest(), layout_newest(),
			info->go_minor < layout_oldest() ? "" : ", and it ",
			info->go_minor < layout_oldest() ? "" : detail.text);
	g->reader.layout = &g->own_layout;
	return STATUS_OK;
}

/* What the process's memory has to say comes from there, not from the file: it is relocated. */
static enum status find_module(struct goproc *g, struct error *error)
{
	struct reader *reader = &g->reader;
	uint8_t probe;
	switch (memory_read(&reader->memory, g->process.entry, &probe, 1)) {
	case MEMORY_OK:
		break;
	case MEMORY_DENIED:
		return permission_error(g->process.pid, g->process.subject, error);
	case MEMORY_GONE:
		return error_set(error, STATUS_NO_TARGET, "%s has exited already", g->process.subject);
	case MEMORY_FAULT:
	case MEMORY_FAILED:
		return error_set(error, STATUS_FAILED, "the memory of %s can't be read: %s",
		                 g->process.subject, strerror(errno));
	}
	if (!moduledata_find(&g->image, &reader->memory, reader->bias, reader->minor, &g->module))
		return error_set(error, STATUS_FAILED,
		                 "the runtime of %s (%s) can't be found in its memory: no module data",
		                 g->process.subject, g->info.go_version);
	return STATUS_OK;
}

/* Without tables of functions there are no names and no stacks, and with symbols everything else is
   there: then *why says what is the matter with them, and it is no failure. */
static enum status find_functions(struct goproc *g, struct error *why, struct error *error)
{
	struct reader *reader = &g->reader;
	if (pclntab_create(&g->pclntab, &g->file, &g->module, reader->bias, reader->minor, why) !=
	    STATUS_OK)
		return STATUS_OK;
	g->functions = functions_create(g->pclntab);
	reader->pclntab = g->pclntab;
	reader->functions = g->functions;
	return g->functions ? STATUS_OK : error_no_memory(error);
}

static enum status find_globals(struct goproc *g, const struct error *why_no_functions,
                                struct error *error)
{
	struct reader *reader = &g->reader;
	struct error detail = *why_no_functions;
	struct addresses_score score = {0};
	enum status status = STATUS_FAILED;
	const struct addresses_code code = {&g->image, &g->file, reader->bias, &g->module, g->pclntab};
	if (!g->info.stripped) {
		g->info.origin = GOPROC_SYMBOLS;
		status = addresses_from_symbols(&g->image, reader->layout, reader->bias, &reader->globals,
		                                &detail);
	}
	if (status != STATUS_OK && g->pclntab) {
		g->info.origin = GOPROC_CODE;
		status = addresses_from_code(&code, reader->layout, &reader->globals, &score, &detail);
	}
	g->info.score = score.found;
	g->info.score_of = score.of;
	g->info.runner_up = score.runner_up;
	g->info.layout_first = reader->layout->first;
	g->info.layout_last = reader->layout->last;
	return status == STATUS_OK ? STATUS_OK
	                           : error_set(error, status,
	                                       "%s (%s) %s; import the agent (schedtop/agent) in the "
	                                       "program instead",
	                                       g->process.subject, g->info.go_version, detail.text);
}

/* Offsets of members. */
static enum status find_objects(struct goproc *g, struct error *error)
{
	struct reader *reader = &g->reader;
	struct pages pages;
	struct memory paged = pages_memory(&pages, &reader->memory);
	struct types types = {&paged, g->module.types, g->module.etypes, reader->minor};
	struct error detail;
	enum status status = objects_resolve(&reader->objects, &types, &detail);
	pages_finish(&pages);
	if (status != STATUS_OK)
		return error_set(error, STATUS_FAILED, "the runtime of %s (%s) is not understood: %s",
		                 g->process.subject, g->info.go_version, detail.text);
	return STATUS_OK;
}

static enum status find_runtime(struct goproc *g, struct error *error)
{
	struct error why = {0};
	enum status status = find_module(g, error);
	if (status == STATUS_OK)
		status = find_functions(g, &why, error);
	if (status == STATUS_OK)
		status = find_globals(g, &why, error);
	if (status == STATUS_OK)
		gcstate_init(&g->reader.gcstate, &g->reader.globals, g->reader.minor);
	if (status == STATUS_OK)
		status = find_objects(g, error);
	return status;
}

static enum status prepare_goroutines(struct goproc *g, struct error *error)
{
	struct extent data = g->module.segment[MODULE_DATA];
	struct reader *reader = &g->reader;
	reasons_find(&g->reasons, &reader->memory, data.start, data.size);
	g->gs = (struct gs){
		.memory = &reader->memory,
		.object = reader->objects.goroutine,
		.allglen = reader->globals.allglen,
		.allgptr = reader->globals.allgptr,
		.goidgen = reader->globals.sched + (uint64_t)reader->layout->goidgen.off,
		.m_syscalltick = reader->objects.m_syscalltick,
		.minor = reader->minor,
	};
	if (!g->pclntab)
		return STATUS_OK;
	g->unwinder = unwinder_create(g->pclntab);
	g->stacks = (struct gstacks){.gs = &g->gs, .unwinder = g->unwinder};
	return g->unwinder ? STATUS_OK : error_no_memory(error);
}

/* The first read proves the layout. A program that was just started is given time. */
static enum status prove(struct goproc *g, struct error *error)
{
	char why[WHY_SIZE] = "";
	for (int attempt = 0; attempt < ATTACH_ATTEMPTS; attempt++) {
		struct goproc_state state;
		enum reader_result result = reader_read(&g->reader, &state, why);
		/* allm has as many Ms as were made and not freed: another field proven. */
		if (result == READER_OK && (int64_t)state.nm == state.sched.threads)
			return STATUS_OK;
		if (result == READER_OK)
			snprintf(why, sizeof why, "%lld threads are counted, but %zu are listed",
			         (long long)state.sched.threads, state.nm);
		else if (result != READER_TORN)
			break;
		struct timespec pause = {.tv_nsec = ATTACH_PAUSE_NS};
		nanosleep(&pause, NULL);
	}
	enum status status = process_verify(&g->process, error);
	if (status == STATUS_EXITED)
		error->status = status = STATUS_NO_TARGET;
	if (status != STATUS_OK)
		return status;
	return error_set(error, STATUS_FAILED,
	                 "the scheduler of %s (%s) does not look as it should (%s); import the agent "
	                 "(schedtop/agent) in the program instead",
	                 g->process.subject, g->info.go_version, why);
}

static enum status attach(struct goproc *g, pid_t pid, struct error *error)
{
	enum status status = process_identify(pid, &g->process, error);
	if (status == STATUS_OK)
		status = open_executable(pid, g->process.subject, &g->image, error);
	if (status == STATUS_OK)
		status = identify_image(&g->image, g->process.subject, &g->info, error);
	if (status == STATUS_OK)
		status = check_supported(g, error);
	if (status != STATUS_OK)
		return status;
	g->file = (struct memory){.readv = image_readv, .context = &g->image};
	g->reader.memory.readv = memory_readv_process;
	g->reader.memory.context = &g->process.pid;
	g->reader.minor = g->info.go_minor;
	g->reader.bias = g->process.entry - g->image.entry;
	status = find_layout(g, error);
	if (status == STATUS_OK)
		status = find_runtime(g, error);
	if (status == STATUS_OK)
		status = prove(g, error);
	if (status == STATUS_OK)
		status = prepare_goroutines(g, error);
	g->verified_ns = clock_monotonic_ns();
	return status;
}

enum status goproc_attach(pid_t pid, struct goproc **out, struct error *error)
{
	struct error own;
	struct goproc *g = calloc(1, sizeof *g);
	*out = NULL;
	if (!g)
		return error_no_memory(error);
	g->image.fd = -1;
	enum status status = attach(g, pid, error ? error : &own);
	if (status != STATUS_OK) {
		goproc_detach(g);
		return status;
	}
	g->reader.dropped = 0; /* those of a program that was starting up do not count */
	*out = g;
	return STATUS_OK;
}

void goproc_detach(struct goproc *g)
{
	if (!g)
		return;
	gstacks_finish(&g->stacks);
	unwinder_destroy(g->unwinder);
	gs_finish(&g->gs);
	reader_finish(&g->reader);
	functions_destroy(g->functions);
	pclntab_destroy(g->pclntab);
	image_close(&g->image);
	free(g);
}

const struct goproc_info *goproc_get_info(const struct goproc *g)
{
	return &g->info;
}

/* ---- reads ---- */

/* What a result means to the caller. Whenever something was odd, whether it is still the same
 * program. */
static enum status conclude(struct goproc *g, enum reader_result result, const char *why,
                            struct error *error)
{
	int64_t now = clock_monotonic_ns();
	if (result == READER_OK && now - g->verified_ns < VERIFY_EVERY_NS)
		return STATUS_OK;
	enum status status = process_verify(&g->process, error);
	if (status != STATUS_OK)
		return status;
	g->verified_ns = now;
	switch (result) {
	case READER_OK:
		return STATUS_OK;
	case READER_TORN:
		return error_set(error, STATUS_FAILED,
		                 "%s changed while it was read, this read is left out: %s",
		                 g->process.subject, why);
	case READER_GONE:
		return error_set(error, STATUS_EXITED, "%s has exited", g->process.subject);
	case READER_DENIED:
		return permission_error(g->process.pid, g->process.subject, error);
	case READER_FAILED:
		break;
	}
	return error_set(error, STATUS_FAILED, "the memory of %s can't be read: %s", g->process.subject,
	                 strerror(errno));
}

enum status goproc_read(struct goproc *g, struct goproc_state *out, struct error *error)
{
	char why[WHY_SIZE];
	enum reader_result result = reader_read(&g->reader, out, why);
	return conclude(g, result, why, error);
}

enum status goproc_sample(struct goproc *g, enum goproc_activity *activity, size_t max, size_t *np,
                          struct error *error)
{
	enum reader_result result = reader_sample(&g->reader, activity, max, np);
	return conclude(g, result, "its list of Ps", error);
}

/* Who is told of the goroutines. */
struct listener {
	struct goproc *goproc;
	goproc_goroutine_fn *row;
	void *arg;
	int64_t now_ns;
};

static enum memory_result tell(void *arg, struct gs_row *row, size_t n)
{
	const struct listener *listener = arg;
	struct goproc *g = listener->goproc;
	enum memory_result result = g->unwinder ? gstacks_place(&g->stacks, row, n) : MEMORY_OK;
	if (result != MEMORY_OK)
		return result;
	for (size_t i = 0; i < n; i++) {
		struct goproc_goroutine *goroutine = &row[i].goroutine;
		goroutine->at_ns = listener->now_ns;
		goroutine->is_system = system_is_start(&g->starts, g->functions, goroutine->start);
		listener->row(listener->arg, goroutine);
	}
	return MEMORY_OK;
}

enum status goproc_begin_goroutines(struct goproc *g, size_t stacks, struct error *error)
{
	gstacks_begin(&g->stacks, stacks);
	return conclude(g, gs_begin(&g->gs), "its list of goroutines", error);
}

enum status goproc_next_goroutines(struct goproc *g, size_t max, goproc_goroutine_fn *row,
                                   void *arg, uint32_t *dropped, bool *more, struct error *error)
{
	struct listener listener = {g, row, arg, clock_monotonic_ns()};
	enum reader_result result =
		gs_next(&g->gs, max, listener.now_ns, tell, &listener, dropped, more);
	return conclude(g, result, "its list of goroutines", error);
}

enum status goproc_read_goroutines(struct goproc *g, size_t stacks, goproc_goroutine_fn *row,
                                   void *arg, uint32_t *dropped, struct error *error)
{
	bool more = true;
	enum status status = goproc_begin_goroutines(g, stacks, error);
	*dropped = 0;
	while (status == STATUS_OK && more)
		status = goproc_next_goroutines(g, SIZE_MAX, row, arg, dropped, &more, error);
	return status;
}

void goproc_name(struct goproc *g, enum goproc_place kind, uint64_t number,
                 struct goproc_frame *frame)
{
	struct pclntab_frame at;
	*frame = (struct goproc_frame){0};
	if (!g->unwinder || number == 0)
		return;
	switch (kind) {
	case GOPROC_CREATOR:
		frames_creator(g->pclntab, number, frame);
		break;
	case GOPROC_START:
		frames_start(g->pclntab, number, frame);
		break;
	case GOPROC_AT:
		if (number <= UINT32_MAX && unwind_place(g->unwinder, (uint32_t)number, &at))
			frames_text(g->pclntab, &at, frame);
		break;
	}
}

size_t goproc_stack(struct goproc *g, uint32_t handle, int64_t goid, struct goproc_frame *frame,
                    size_t max)
{
	const uint32_t *site;
	size_t sites, n = 0;
	if (!g->unwinder || gstacks_read(&g->stacks, handle, goid, &site, &sites) != MEMORY_OK)
		return 0;
	for (size_t i = 0; i < sites && n < max; i++) {
		struct pclntab_frame at[GSTACKS_SITES_MAX];
		size_t here = unwind_frames(g->unwinder, site[i], at, GSTACKS_SITES_MAX);
		for (size_t k = 0; k < here && n < max; k++)
			frames_text(g->pclntab, &at[k], &frame[n++]);
	}
	return n;
}

const char *goproc_reason(struct goproc *g, uint8_t reason)
{
	return reason < g->reasons.n ? g->reasons.text[reason] : "";
}

uint64_t goproc_dropped(const struct goproc *g)
{
	return g->reader.dropped;
}

uint64_t goproc_syscalls(const struct goproc *g)
{
	return g->reader.memory.calls;
}
