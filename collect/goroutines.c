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
/* One slice: about a millisecond at most. */
#define SLICE_ROWS    512
#define SLICE_MEMBERS 8

enum phase { PHASE_ROWS, PHASE_GROUPS, PHASE_MEMBERS, PHASE_END };

/* One reading under way. */
struct reading {
	struct goproc *goproc;
	enum phase phase;
	int64_t begin_ns, cost_ns, interval_ns;
	uint64_t detail;
	struct goroutine_row *row;
	uint32_t *handle; /* of each row */
	size_t n, capacity;
	bool out_of_memory;
	struct goroutine_set *set; /* in the making */
	struct goroutine_names names;
	struct goroutine_pick pick;
	struct goroutine_grouper *grouper;
	size_t members;            /* of the pick, which the set has */
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
	int64_t wait_ns = goroutine->at_ns - goroutine->since_ns;
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

static enum status slice_of_rows(struct reading *reading, struct error *error)
{
	bool more = false;
	enum status status = goproc_next_goroutines(reading->goproc, SLICE_ROWS, add_row, reading,
	                                            &reading->set->dropped, &more, error);
	if (status != STATUS_OK)
		return status;
	if (reading->out_of_memory ||
	    goroutine_grouper_add(reading->grouper, reading->row, reading->n) != STATUS_OK)
		return error_no_memory(error);
	if (!more)
		reading->phase = PHASE_GROUPS;
	return STATUS_OK;
}

static enum status slice_of_groups(struct reading *reading, struct error *error)
{
	bool more;
	if (goroutine_grouper_step(reading->grouper, &more) != STATUS_OK)
		return error_no_memory(error);
	if (more)
		return STATUS_OK;
	if (reading->detail)
		goroutine_set_begin_detail(reading->set, reading->detail);
	reading->phase = reading->detail ? PHASE_MEMBERS : PHASE_END;
	return STATUS_OK;
}

/* Members that were picked, with their stacks. */
static enum status slice_of_members(struct reading *reading, struct error *error)
{
	struct goroutine_where where[GOROUTINE_FRAMES_MAX];
	const struct goroutine_pick *pick = &reading->pick;
	struct goproc_frame *frame = malloc(GOROUTINE_FRAMES_MAX * sizeof *frame);
	enum status status = frame ? STATUS_OK : STATUS_FAILED;
	for (size_t i = 0; i < SLICE_MEMBERS && reading->members < pick->n && status == STATUS_OK;
	     i++) {
		uint32_t index = pick->index[reading->members++];
		const struct goroutine_row *row = &reading->row[index];
		size_t n = goproc_stack(reading->goproc, reading->handle[index], row->goid, frame,
		                        GOROUTINE_FRAMES_MAX);
		for (size_t k = 0; k < n; k++)
			where[k] = (struct goroutine_where){frame[k].function, frame[k].file, frame[k].line,
			                                    frame[k].is_inlined};
		status = goroutine_set_add_member(reading->set, row, where, n);
	}
	free(frame);
	if (reading->members == pick->n)
		reading->phase = PHASE_END;
	return status == STATUS_OK ? STATUS_OK : error_no_memory(error);
}

static void destroy(struct reading *reading)
{
	if (!reading)
		return;
	goroutine_grouper_destroy(reading->grouper);
	goroutine_set_unref(reading->set);
	free(reading->row);
	free(reading->handle);
	free(reading);
}

static struct reading *create(struct goproc *goproc, uint64_t detail, int64_t interval_ns,
                              size_t rows)
{
	struct reading *reading = calloc(1, sizeof *reading);
	if (!reading)
		return NULL;
	reading->goproc = goproc;
	reading->begin_ns = clock_monotonic_ns();
	reading->interval_ns = interval_ns;
	reading->detail = reading->pick.key = detail;
	reading->names = (struct goroutine_names){name_place, name_reason, reading};
	reading->set = goroutine_set_create();
	if (reading->set)
		reading->grouper =
			goroutine_grouper_create(reading->set, &reading->names, detail ? &reading->pick : NULL);
	/* Room for a few more than last time, in one piece. */
	rows += rows / 8;
	if (!reading->grouper || !reserve(reading, rows > ROWS_MIN ? rows : ROWS_MIN)) {
		destroy(reading);
		return NULL;
	}
	reading->set->at_ns = reading->begin_ns;
	return reading;
}

/* ---- when ---- */

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

/* ---- readings, one after the other ---- */

/* Keeps what has become of the reading. */
static void conclude(struct goroutines *goroutines, enum status status)
{
	struct reading *reading = goroutines->reading;
	goroutines_account(goroutines, reading->begin_ns, reading->cost_ns, reading->interval_ns,
	                   reading->set);
	goroutine_set_unref(goroutines->set);
	goroutines->status = status;
	goroutines->rows = reading->n;
	goroutines->set = status == STATUS_OK ? goroutine_set_ref(reading->set) : NULL;
	goroutines->has_news = true;
	destroy(reading);
	goroutines->reading = NULL;
}

bool goroutines_begin(struct goroutines *goroutines, struct goproc *goproc, uint64_t detail,
                      int64_t interval_ns)
{
	int64_t before_ns = clock_thread_cpu_ns();
	if (goroutines->reading ||
	    !goroutines_is_due(goroutines, clock_monotonic_ns(), interval_ns, detail))
		return goroutines->reading;
	goroutines->detail = detail;
	goroutines->reading = create(goproc, detail, interval_ns, goroutines->rows);
	if (!goroutines->reading) {
		goroutines->status = error_no_memory(&goroutines->error);
		goroutines->has_news = true;
		return false;
	}
	enum status status =
		goproc_begin_goroutines(goproc, goroutines->read_ns ? STACKS_LATER : STACKS_FIRST,
	                            &goroutines->error);
	goroutines->reading->cost_ns = clock_thread_cpu_ns() - before_ns;
	if (status != STATUS_OK)
		conclude(goroutines, status);
	return goroutines->reading;
}

bool goroutines_step(struct goroutines *goroutines)
{
	static enum status (*const slice_of[PHASE_END])(struct reading *, struct error *) = {
		[PHASE_ROWS] = slice_of_rows,
		[PHASE_GROUPS] = slice_of_groups,
		[PHASE_MEMBERS] = slice_of_members,
	};
	struct reading *reading = goroutines->reading;
	if (!reading)
		return false;
	int64_t before_ns = clock_thread_cpu_ns();
	enum status status = slice_of[reading->phase](reading, &goroutines->error);
	reading->cost_ns += clock_thread_cpu_ns() - before_ns;
	if (status != STATUS_OK || reading->phase == PHASE_END)
		conclude(goroutines, status);
	return goroutines->reading;
}

enum status goroutines_take(struct goroutines *goroutines, struct snapshot *s)
{
	if (!goroutines->has_news || s->goroutines_at.origin != ORIGIN_NONE)
		return STATUS_OK;
	goroutines->has_news = false;
	if (goroutines->status != STATUS_OK) {
		snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "%.255s",
		         goroutines->error.text);
		return goroutines->status;
	}
	s->goroutines = goroutines->set;
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, goroutines->set->at_ns};
	goroutines->set = NULL;
	return STATUS_OK;
}

void goroutines_end(struct goroutines *goroutines)
{
	destroy(goroutines->reading);
	goroutine_set_unref(goroutines->set);
	*goroutines = (struct goroutines){0};
}
