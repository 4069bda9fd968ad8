/*
 * goroutines PID [FRAMES]: prints what goproc reads of every goroutine of a live process, for tests
 * that compare it with what the process prints about itself. FRAMES is how many of a stack, 100.
 *
 *   ID STATUS user|system free|locked REASON
 *   	creator FUNCTION FILE:LINE
 *   	start FUNCTION FILE:LINE
 *   	at FUNCTION FILE:LINE
 *   	called|inlined FUNCTION FILE:LINE   for each frame, innermost first
 *
 * and at the end: dropped N, counted N (as runtime.NumGoroutine does).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "goproc/goproc.h"
#include "util/text.h"

#define FRAMES 100

struct rows {
	struct goproc_goroutine *row;
	size_t n;
};

static void keep(void *arg, const struct goproc_goroutine *goroutine)
{
	struct rows *rows = arg;
	struct goproc_goroutine *row = realloc(rows->row, (rows->n + 1) * sizeof *row);
	if (!row)
		abort();
	row[rows->n++] = *goroutine;
	rows->row = row;
}

static void print_frame(const char *what, const struct goproc_frame *frame)
{
	printf("\t%s %s %s:%d\n", what, frame->function, frame->file, frame->line);
}

static void print_row(struct goproc *g, const struct goproc_goroutine *row, size_t frames)
{
	static const struct {
		const char *name;
		enum goproc_place kind;
		size_t offset;
	} places[] = {
		{"creator", GOPROC_CREATOR, offsetof(struct goproc_goroutine, creator)},
		{"start", GOPROC_START, offsetof(struct goproc_goroutine, start)},
		{"at", GOPROC_AT, offsetof(struct goproc_goroutine, at)},
	};
	static struct goproc_frame frame[FRAMES];
	printf("%" PRId64 " %d %s %s %s\n", row->goid, row->status, row->is_system ? "system" : "user",
	       row->is_locked ? "locked" : "free", goproc_reason(g, row->reason));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const uint64_t *number = (const void *)((const char *)row + places[i].offset);
		goproc_name(g, places[i].kind, *number, frame);
		print_frame(places[i].name, frame);
	}
	size_t n = goproc_stack(g, row->handle, row->goid, frame, frames);
	for (size_t i = 0; i < n; i++)
		print_frame(frame[i].is_inlined ? "inlined" : "called", &frame[i]);
}

int main(int argc, char **argv)
{
	struct error error;
	struct goproc *g;
	struct goproc_state state;
	struct rows rows = {0};
	uint32_t dropped = 0;
	long pid, frames = FRAMES;
	if (argc < 2 || argc > 3 || !text_parse_integer(argv[1], 1, INT32_MAX, &pid) ||
	    (argc == 3 && !text_parse_integer(argv[2], 0, FRAMES, &frames)))
		return STATUS_USAGE;
	enum status status = goproc_attach((pid_t)pid, &g, &error);
	if (status == STATUS_OK)
		status = goproc_read_goroutines(g, SIZE_MAX, keep, &rows, &dropped, &error);
	if (status == STATUS_OK)
		status = goproc_read(g, &state, &error);
	if (status != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		return (int)status;
	}
	for (size_t i = 0; i < rows.n; i++)
		print_row(g, &rows.row[i], (size_t)frames);
	printf("dropped %" PRIu32 ", counted %" PRId64 "\n", dropped, state.sched.goroutines);
	free(rows.row);
	goproc_detach(g);
	return 0;
}
