/* A trace of a program that nobody can trace: put together from its memory, read a thousand times a
 * second. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/capture_means.h"
#include "collect/sampled.h"
#include "goproc/goproc.h"
#include "trace/sampled.h"
#include "util/clock.h"

#define HZ      1000
#define STEP_NS (NS_PER_S / HZ)
/* What the looks at all goroutines may take of our time: one part in so many. They come more seldom
   the more goroutines there are, and whole stacks are read as long as there is time for them. */
#define ROWS_PART   4
#define ROWS_SLICE  512
#define STACKS      64
#define FIRST_NS    (200 * NS_PER_MS) /* so long, whole stacks are read before the trace begins */
#define PATIENCE_NS (2 * NS_PER_S)    /* for reads that fail while the program goes on */

struct sampling {
	struct goproc *goproc;
	struct sampled *sampled;
	int64_t end_ns;
	bool reads_rows; /* a reading of all goroutines is under way */
	int64_t rest_ns; /* until then no goroutine is read: that would cost too much */
	uint32_t dropped;
	int64_t good_ns; /* when a look last succeeded */
};

static enum status find(struct capture *c)
{
	struct sampling *s = calloc(1, sizeof *s);
	c->own = s;
	if (!s)
		return error_no_memory(&c->error);
	if (!c->target.local)
		return error_set(&c->error, STATUS_NO_TARGET, "%s is not in this /proc", c->whom);
	return goproc_attach(c->target.pid, &s->goproc, &c->error);
}

static void finish(struct capture *c)
{
	struct sampling *s = c->own;
	if (!s)
		return;
	sampled_destroy(s->sampled);
	goproc_detach(s->goproc);
	free(s);
	c->own = NULL;
}

/* --- what the trace is made of --------------------------------------------------------------- */

static bool bytes(void *arg, const void *data, size_t size)
{
	return capture_bytes(arg, data, size);
}

static size_t stack(void *arg, uint32_t handle, int64_t goid, struct goproc_frame *frame,
                    size_t max)
{
	return goproc_stack(arg, handle, goid, frame, max);
}

static void name(void *arg, enum goproc_place kind, uint64_t number, struct goproc_frame *frame)
{
	goproc_name(arg, kind, number, frame);
}

static const char *reason(void *arg, uint8_t number)
{
	return goproc_reason(arg, number);
}

static void on_row(void *arg, const struct goproc_goroutine *row)
{
	sampled_row(arg, row);
}

/* --- looking --------------------------------------------------------------------------------- */

/* A piece of a reading of all goroutines, if it is time for one. A reading that fails is begun anew
   some time later: what it told so far stands. */
static void read_rows(struct sampling *s)
{
	int64_t begin_ns = clock_monotonic_ns();
	struct error ignored;
	bool more = false;
	if (begin_ns < s->rest_ns)
		return;
	sampled_rest(s->sampled, STACKS);
	enum status status = STATUS_OK;
	if (!s->reads_rows) {
		s->dropped = 0;
		status = goproc_begin_goroutines(s->goproc, ROWS_SLICE, &ignored);
	}
	if (status == STATUS_OK)
		status = goproc_next_goroutines(s->goproc, ROWS_SLICE, on_row, s->sampled, &s->dropped,
		                                &more, &ignored);
	sampled_rest(s->sampled, 0);
	s->reads_rows = status == STATUS_OK && more;
	if (status == STATUS_OK && !more)
		sampled_read(s->sampled, s->dropped == 0);
	int64_t now_ns = clock_monotonic_ns();
	s->rest_ns = now_ns + (now_ns - begin_ns) * (ROWS_PART - 1);
}

/* All there are, whatever it takes: what the trace begins with. */
static enum status read_all_rows(struct capture *c, struct sampling *s)
{
	int64_t until_ns = clock_monotonic_ns() + FIRST_NS;
	enum status status = goproc_begin_goroutines(s->goproc, SIZE_MAX, &c->error);
	for (bool more = true; status == STATUS_OK && more && capture_look(c);) {
		sampled_rest(s->sampled, clock_monotonic_ns() < until_ns ? ROWS_SLICE : 0);
		status = goproc_next_goroutines(s->goproc, ROWS_SLICE, on_row, s->sampled, &s->dropped,
		                                &more, &c->error);
		sampled_rest(s->sampled, 0);
	}
	if (status == STATUS_OK)
		sampled_read(s->sampled, s->dropped == 0);
	return c->error.status;
}

/* A torn look is left out. */
static bool look(struct capture *c, struct sampling *s)
{
	struct goproc_state state;
	struct error error = {0};
	enum status status = goproc_read(s->goproc, &state, &error);
	if (status == STATUS_OK) {
		sampled_look(s->sampled, &state);
		s->good_ns = state.at_ns;
		return true;
	}
	if (status == STATUS_EXITED || capture_has_exited(c)) {
		capture_say_exited(c);
		return false;
	}
	if (status == STATUS_FAILED && clock_monotonic_ns() - s->good_ns < PATIENCE_NS)
		return true;
	c->error = error;
	return false;
}

static enum status begin(struct capture *c, struct sampling *s)
{
	const struct trace_sink sink = {bytes, c};
	const struct sampled_names names = {stack, name, reason, s->goproc};
	struct goproc_state state;
	s->sampled = sampled_create(&sink, &names);
	if (!s->sampled)
		return error_no_memory(&c->error);
	enum status status = goproc_read(s->goproc, &state, &c->error);
	if (status != STATUS_OK)
		return status;
	capture_begun(c);
	s->good_ns = state.at_ns;
	sampled_begin(s->sampled, &state, clock_wall_ns(), HZ);
	status = read_all_rows(c, s);
	s->end_ns = clock_monotonic_ns() + c->state.duration_ns;
	return status;
}

static void note_rate(struct capture *c, uint64_t looks, int64_t begin_ns)
{
	double seconds = (double)(clock_monotonic_ns() - begin_ns) / NS_PER_S;
	snprintf(c->state.note, sizeof c->state.note,
	         "sampled from memory %.0f times a second: " SAMPLED_CAVEAT,
	         seconds > 0 ? (double)looks / seconds : 0);
}

static enum status receive(struct capture *c)
{
	struct sampling *s = c->own;
	enum status status = begin(c, s);
	int64_t begin_ns = clock_monotonic_ns(), due_ns = begin_ns, now_ns = begin_ns;
	uint64_t looks = 0;
	bool no_memory;
	while (status == STATUS_OK && now_ns < s->end_ns && capture_look(c) &&
	       !capture_is_cancelled(c) && sampled_bytes(s->sampled) < (uint64_t)c->options.bytes_max) {
		if (!look(c, s))
			break;
		looks++;
		read_rows(s);
		now_ns = clock_monotonic_ns();
		due_ns += STEP_NS;
		if (due_ns < now_ns)
			due_ns = now_ns; /* what could not be looked at in time is not made up for */
		const struct timespec due = {due_ns / NS_PER_S, due_ns % NS_PER_S};
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
			;
	}
	if (c->error.status != STATUS_OK)
		return c->error.status;
	note_rate(c, looks, begin_ns);
	if (sampled_finish(s->sampled, clock_monotonic_ns(), &no_memory))
		return STATUS_OK;
	return no_memory ? error_no_memory(&c->error) : STATUS_FAILED;
}

const struct capture_means capture_sampled = {
	.name = "memory",
	.kinds = CAPTURE_BIT(CAPTURE_KIND_SAMPLED),
	.find = find,
	.receive = receive,
	.finish = finish,
};
