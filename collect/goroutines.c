#include "collect/goroutines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define PPM INT64_C(1000000)
/* A reading may come a little before it is due, so that the snapshot that is nearest takes it: by
   one in ... of the time between readings, and by half of that between snapshots. */
#define EARLY_PART 20
/* The cost is the mean of the last ones, the newest counting this much: one in ... */
#define COST_WEIGHT 4
#define ROWS_MIN    256
/* How many stacks are read to tell where goroutines stand: at the beginning nothing is known yet,
   later only of those that have run since. What is left over comes next time. */
#define STACKS_FIRST 131072
#define STACKS_LATER 16384

/* One reading under way. */
struct reading {
	struct goproc *goproc;
	struct goroutine_row *row;
	uint32_t *handle; /* of each row */
	size_t n, capacity;
	bool out_of_memory;
	int64_t now_ns;
	struct goproc_frame frame; /* the place that was named last */
};

int64_t goroutines_period(int64_t cost_ns, int64_t interval_ns)
{
	int64_t affordable_ns = cost_ns * (PPM / GOROUTINES_BUDGET_PPM);
	return affordable_ns > interval_ns ? affordable_ns : interval_ns;
}

static bool reserve(struct reading *reading, size_t n)
{
	struct goroutine_row *row = realloc(reading->row, n * sizeof *row);
	if (row)
		reading->row = row;
	uint32_t *handle = realloc(reading->handle, n * sizeof *handle);
	if (handle)
		reading->handle = handle;
	if (!row || !handle)
		return false;
	reading->capacity = n;
	return true;
}

static void add_row(void *arg, const struct goproc_goroutine *goroutine)
{
	struct reading *reading = arg;
	enum goroutine_state state;
	if (reading->n == reading->capacity &&
	    !reserve(reading, reading->n ? 2 * reading->n : ROWS_MIN))
		reading->out_of_memory = true;
	if (reading->out_of_memory || !goroutine_state_of(goroutine->status, &state))
		return;
	int64_t wait_ns = reading->now_ns - goroutine->since_ns;
	reading->handle[reading->n] = goroutine->handle;
	reading->row[reading->n++] = (struct goroutine_row){
		.goid = goroutine->goid,
		.creator = goroutine->creator,
		.start = goroutine->start,
		.at = goroutine->at,
		.wait_ns = wait_ns > 0 ? wait_ns : 0,
		.at_least = goroutine->is_at_least,
		.system = goroutine->is_system,
		.state = (uint8_t)state,
		.reason = goroutine->reason,
	};
}

/* ---- names ---- */

static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	static const enum goproc_place kind[] = {
		[GOROUTINE_CREATOR] = GOPROC_CREATOR,
		[GOROUTINE_START] = GOPROC_START,
		[GOROUTINE_AT] = GOPROC_AT,
	};
	struct reading *reading = arg;
	goproc_name(reading->goproc, kind[id], number, &reading->frame);
	*out = (struct goroutine_where){reading->frame.function, reading->frame.file,
	                                reading->frame.line, reading->frame.is_inlined};
}

static const char *name_reason(void *arg, uint16_t number)
{
	const struct reading *reading = arg;
	return number <= UINT8_MAX ? goproc_reason(reading->goproc, (uint8_t)number) : "";
}

/* ---- one reading ---- */

/* The members that were picked, with their stacks. */
static enum status add_members(struct reading *reading, const struct goroutine_pick *pick,
                               struct goroutine_set *set)
{
	struct goroutine_where where[GOROUTINE_FRAMES_MAX];
	struct goproc_frame *frame = malloc(GOROUTINE_FRAMES_MAX * sizeof *frame);
	enum status status = frame ? STATUS_OK : STATUS_FAILED;
	for (size_t i = 0; i < pick->n && status == STATUS_OK; i++) {
		const struct goroutine_row *row = &reading->row[pick->index[i]];
		size_t n = goproc_stack(reading->goproc, reading->handle[pick->index[i]], row->goid, frame,
		                        GOROUTINE_FRAMES_MAX);
		for (size_t k = 0; k < n; k++)
			where[k] = (struct goroutine_where){frame[k].function, frame[k].file, frame[k].line,
			                                    frame[k].is_inlined};
		status = goroutine_set_add_member(set, row, where, n);
	}
	free(frame);
	return status;
}

static enum status group(struct reading *reading, uint64_t detail, struct goroutine_set *set,
                         struct error *error)
{
	const struct goroutine_names names = {name_place, name_reason, reading};
	struct goroutine_pick pick = {.key = detail};
	enum status status =
		reading->out_of_memory
			? STATUS_FAILED
			: goroutine_set_group(set, reading->row, reading->n, &names, detail ? &pick : NULL);
	if (status == STATUS_OK && detail) {
		goroutine_set_begin_detail(set, detail);
		status = add_members(reading, &pick, set);
	}
	return status == STATUS_OK ? STATUS_OK : error_no_memory(error);
}

static enum status read_set(struct goroutines *goroutines, struct goproc *goproc, uint64_t detail,
                            struct goroutine_set *set, struct error *error)
{
	struct reading reading = {.goproc = goproc, .now_ns = clock_monotonic_ns()};
	/* Room for a few more than last time, in one piece. */
	size_t room = goroutines->rows + goroutines->rows / 8;
	reading.out_of_memory = !reserve(&reading, room > ROWS_MIN ? room : ROWS_MIN);
	set->at_ns = reading.now_ns;
	enum status status =
		goproc_read_goroutines(goproc, goroutines->read_ns ? STACKS_LATER : STACKS_FIRST, add_row,
	                           &reading, &set->dropped, error);
	if (status == STATUS_OK)
		status = group(&reading, detail, set, error);
	goroutines->rows = reading.n;
	free(reading.row);
	free(reading.handle);
	return status;
}

bool goroutines_is_due(const struct goroutines *goroutines, int64_t now_ns, int64_t interval_ns,
                       uint64_t detail)
{
	int64_t period_ns = goroutines_period(goroutines->cost_ns, interval_ns);
	int64_t early_ns = period_ns / EARLY_PART;
	if (early_ns > interval_ns / 2)
		early_ns = interval_ns / 2;
	return now_ns >= goroutines->due_ns - early_ns || (detail != goroutines->detail && detail != 0);
}

void goroutines_account(struct goroutines *goroutines, int64_t now_ns, int64_t cost_ns,
                        int64_t interval_ns, struct goroutine_set *set)
{
	int64_t since_ns = now_ns - goroutines->read_ns;
	bool first = goroutines->read_ns == 0;
	/* The second one follows at once: what changes is known only then, and it costs less, for the
	   first one read all stacks. From then on the budget decides. */
	if (goroutines->due_ns == goroutines->read_ns)
		goroutines->cost_ns = cost_ns;
	else
		goroutines->cost_ns += (cost_ns - goroutines->cost_ns) / COST_WEIGHT;
	goroutines->read_ns = now_ns;
	set->period_ns = goroutines_period(goroutines->cost_ns, interval_ns);
	goroutines->due_ns = first ? now_ns : now_ns + set->period_ns;
	if (first || since_ns > set->period_ns)
		since_ns = set->period_ns;
	set->cost_ppm = (int64_t)((double)goroutines->cost_ns / (double)since_ns * (double)PPM);
}

enum status goroutines_fill(struct goroutines *goroutines, struct goproc *goproc, uint64_t detail,
                            struct snapshot *s)
{
	int64_t now_ns = clock_monotonic_ns(), before_ns = clock_thread_cpu_ns();
	if (s->goroutines_at.origin != ORIGIN_NONE ||
	    !goroutines_is_due(goroutines, now_ns, s->interval_ns, detail))
		return STATUS_OK;
	goroutines->detail = detail;
	struct goroutine_set *set = goroutine_set_create();
	struct error error = {0};
	enum status status = error_no_memory(&error);
	if (set) {
		status = read_set(goroutines, goproc, detail, set, &error);
		goroutines_account(goroutines, now_ns, clock_thread_cpu_ns() - before_ns, s->interval_ns,
		                   set);
	}
	if (!set || status != STATUS_OK) {
		snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "%.255s", error.text);
		goroutine_set_unref(set);
		return status;
	}
	s->goroutines = set;
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, set->at_ns};
	return STATUS_OK;
}
