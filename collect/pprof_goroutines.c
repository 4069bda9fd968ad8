#include "collect/pprof_goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "goproc/plumbing.h"
#include "util/text.h"

#define GOROUTINES_MAX ((int64_t)2 << 20)
#define INNER_FRAMES   8                                   /* that tell what it waits for */
#define STACKS_MAX     ((size_t)4 * GOROUTINE_MEMBERS_MAX) /* that are told; some may be the same */
/* Of all stacks together: 100,000 of them, each of the 128 frames that Go tells at most. */
#define CALLS_MAX ((size_t)16 << 20)

/* --- what it does ---------------------------------------------------------------------------- */

/* Functions that park the goroutine that calls them, in the words of runtime2.go's waitReason of
   today. The innermost frame that is in the table decides. */
static const struct {
	const char *function, *reason;
} waits[] = {
	{"runtime.chanrecv", "chan receive"},
	{"runtime.chansend", "chan send"},
	{"runtime.selectgo", "select"},
	{"runtime.block", "select (no cases)"},
	{"runtime.netpollblock", "IO wait"},
	{"internal/poll.runtime_pollWait", "IO wait"},
	{"time.Sleep", "sleep"},
	{"sync.runtime_notifyListWait", "sync.Cond.Wait"},
	{"sync.runtime_SemacquireMutex", "sync.Mutex.Lock"},
	{"internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"},
	{"sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock"},
	{"sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"},
	{"sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"},
	{"sync.runtime_Semacquire", "semacquire"},
	{"internal/poll.runtime_Semacquire", "semacquire"},
	{"runtime.gcStart", "wait for GC cycle"},
	{"runtime.GC", "wait for GC cycle"},
	{"runtime.gcAssistAlloc", "GC assist wait"},
	{"runtime.stopTheWorld", "stopping the world"},
	{"runtime.runfinq", "finalizer wait"},
	{"runtime.runFinalizers", "finalizer wait"},
	{"runtime.runCleanups", "cleanup wait"},
};

/* The innermost function of one that is in the kernel or in C, or was a moment ago. */
static const char *const calls[] = {
	"syscall.Syscall",
	"syscall.Syscall6",
	"syscall.RawSyscall",
	"syscall.RawSyscall6",
	"syscall.syscall",
	"syscall.syscall6",
	"internal/runtime/syscall.Syscall6",
	"internal/runtime/syscall/linux.Syscall6",
	"runtime/internal/syscall.Syscall6",
	"runtime.cgocall",
	"runtime.notetsleepg",
};

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

/* What a goroutine does whose innermost frames are these functions, innermost first; *reason is
   "" when it is unknown. */
static enum goroutine_state pprof_goroutine_state(const char *const *function, size_t n,
                                                  const char **reason)
{
	*reason = "";
	if (n == 0)
		return GOROUTINE_UNKNOWN;
	if (is_one_of(function[0], calls, sizeof calls / sizeof *calls))
		return GOROUTINE_SYSCALL;
	/* It runs, or it could: a profile does not tell which. */
	if (strcmp(function[0], "runtime.gopark") != 0)
		return GOROUTINE_UNKNOWN;
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < sizeof waits / sizeof *waits; k++)
			if (strcmp(function[i], waits[k].function) == 0) {
				*reason = waits[k].reason;
				return GOROUTINE_WAITING;
			}
	return GOROUTINE_WAITING;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Numbers of rows are positions from 1 on: of a line for a place, of a function for a start, of
   `reasons` for a reason. */
struct maker {
	const struct pprof_profile *p;
	uint32_t *same; /* of each line, the first one that is equal to it */
	struct goroutine_row *row;
	size_t rows, calls;
	const char *reasons[sizeof waits / sizeof *waits];
	size_t reasons_n;
};

static int compare_lines(const void *a, const void *b, void *arg)
{
	const struct pprof_profile *p = arg;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct pprof_line *x = &p->line[i], *y = &p->line[k];
	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return i < k ? -1 : i > k;
}

/* Two calls in one line are one place, though they are two locations. */
static bool join_equal_lines(struct maker *m)
{
	const struct pprof_profile *p = m->p;
	uint32_t *order = calloc(p->lines + 1, sizeof *order);
	m->same = calloc(p->lines + 1, sizeof *m->same);
	if (!order || !m->same) {
		free(order);
		return false;
	}
	for (uint32_t i = 0; i < p->lines; i++)
		order[i] = i;
	qsort_r(order, p->lines, sizeof *order, compare_lines, (void *)p);
	for (size_t i = 0; i < p->lines; i++) {
		const struct pprof_line *here = &p->line[order[i]];
		const struct pprof_line *before = i > 0 ? &p->line[order[i - 1]] : NULL;
		bool equal = before && here->function == before->function && here->line == before->line;
		m->same[order[i]] = equal ? m->same[order[i - 1]] : order[i];
	}
	free(order);
	return true;
}

static const char *name_of(const struct pprof_profile *p, uint32_t line)
{
	uint32_t function = p->line[line].function;
	return function < p->functions ? p->function[function].name : "";
}

static uint16_t number_reason(struct maker *m, const char *reason)
{
	if (!*reason)
		return 0;
	for (size_t i = 0; i < m->reasons_n; i++)
		if (m->reasons[i] == reason)
			return (uint16_t)(i + 1);
	m->reasons[m->reasons_n++] = reason;
	return (uint16_t)m->reasons_n;
}

/* The stack by its functions: what it waits for, the frame a person would name, and where it
   began. */
static struct goroutine_row read_stack(struct maker *m, const struct pprof_sample *s)
{
	const struct pprof_profile *p = m->p;
	const char *inner[INNER_FRAMES] = {NULL}, *reason;
	size_t n = 0;
	uint32_t innermost = UINT32_MAX, at = UINT32_MAX, outermost = UINT32_MAX;
	for (uint32_t i = 0; i < s->depth; i++) {
		const struct pprof_location *l = &p->location[p->stack[s->first + i]];
		m->calls += l->lines;
		for (uint32_t k = l->first; m->calls <= CALLS_MAX && k < l->first + l->lines; k++) {
			if (n < INNER_FRAMES)
				inner[n++] = name_of(p, k);
			if (innermost == UINT32_MAX)
				innermost = k;
			if (at == UINT32_MAX && !plumbing_is(name_of(p, k)))
				at = k;
			outermost = k;
		}
	}
	struct goroutine_row row = {.wait_ns = -1};
	row.state = (uint8_t)pprof_goroutine_state(inner, n, &reason);
	row.reason = number_reason(m, reason);
	if (at == UINT32_MAX)
		at = innermost;
	if (at != UINT32_MAX)
		row.at = (uint64_t)m->same[at] + 1;
	if (outermost != UINT32_MAX && p->line[outermost].function != UINT32_MAX)
		row.start = (uint64_t)p->line[outermost].function + 1;
	return row;
}

static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	const struct maker *m = arg;
	const struct pprof_profile *p = m->p;
	uint32_t function = (uint32_t)number - 1;
	*out = (struct goroutine_where){.function = "", .file = ""};
	if (id == GOROUTINE_AT) {
		const struct pprof_line *line = &p->line[number - 1];
		function = line->function;
		out->line = line->line;
	}
	if (function >= p->functions)
		return;
	out->function = p->function[function].name;
	out->file = p->function[function].file;
	if (id != GOROUTINE_AT)
		out->line = p->function[function].start_line;
}

static const char *name_reason(void *arg, uint16_t number)
{
	const struct maker *m = arg;
	return number <= m->reasons_n ? m->reasons[number - 1] : "";
}

static bool make_rows(struct maker *m, int64_t total)
{
	m->row = malloc(((size_t)total + 1) * sizeof *m->row);
	if (!m->row || !join_equal_lines(m))
		return false;
	for (size_t i = 0; i < m->p->samples; i++) {
		struct goroutine_row row = read_stack(m, &m->p->sample[i]);
		for (int64_t k = 0; k < m->p->sample[i].count; k++)
			m->row[m->rows++] = row;
	}
	return true;
}

/* --- the stacks of one group ----------------------------------------------------------------- */

/* The set has it as it may be shown, and long ones shortened. */
static bool is_text(const struct goroutine_set *set, uint32_t offset, const char *text)
{
	char clean[GOROUTINE_TEXT_MAX];
	text_clean(clean, sizeof clean, text, strnlen(text, sizeof clean));
	return strcmp(goroutine_text(set, offset), clean) == 0;
}

static bool is_place(const struct goroutine_set *set, const struct goroutine_place *place,
                     const struct maker *m, enum goroutine_place_id id, uint64_t number)
{
	struct goroutine_where where = {.function = "", .file = ""};
	if (number)
		name_place((void *)m, id, number, &where);
	return place->line == where.line && is_text(set, place->function, where.function) &&
	       is_text(set, place->file, where.file);
}

/* Is it one of the group? As goroutine_set_group has put them together. */
static bool belongs(const struct goroutine_set *set, const struct goroutine_group *g,
                    enum goroutine_by by, const struct maker *m, const struct goroutine_row *row)
{
	if (g->state != (enum goroutine_state)row->state)
		return false;
	const char *reason = row->reason ? m->reasons[row->reason - 1] : "";
	if (strcmp(goroutine_text(set, g->reason), reason) != 0)
		return false;
	return by == GOROUTINES_BY_TOP ? is_place(set, &g->at, m, GOROUTINE_AT, row->at)
	                               : is_place(set, &g->start, m, GOROUTINE_START, row->start);
}

/* Most frequent first. */
static int compare_samples(const void *a, const void *b, void *arg)
{
	const struct pprof_profile *p = arg;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	int64_t x = p->sample[i].count, y = p->sample[k].count;
	return x != y ? (x < y) - (x > y) : (i > k) - (i < k);
}

static enum status add_stack(struct goroutine_set *set, const struct pprof_profile *p,
                             const struct pprof_sample *s)
{
	struct goroutine_where frame[GOROUTINE_FRAMES_MAX];
	size_t n = 0;
	for (uint32_t i = 0; i < s->depth; i++) {
		const struct pprof_location *l = &p->location[p->stack[s->first + i]];
		for (uint32_t k = l->first; k < l->first + l->lines && n < GOROUTINE_FRAMES_MAX; k++) {
			const struct pprof_line *line = &p->line[k];
			bool known = line->function < p->functions;
			frame[n++] = (struct goroutine_where){
				.function = known ? p->function[line->function].name : "",
				.file = known ? p->function[line->function].file : "",
				.line = line->line,
				.inlined = k + 1 < l->first + l->lines,
			};
		}
	}
	return goroutine_set_add_stack(set, (uint32_t)s->count, frame, n);
}

static enum status tell_detail(struct goroutine_set *set, struct maker *m, uint64_t detail)
{
	const struct pprof_profile *p = m->p;
	enum goroutine_by by;
	size_t n = 0;
	goroutine_set_begin_detail(set, detail);
	const struct goroutine_group *g = goroutine_set_find(set, detail, &by);
	if (!g)
		return STATUS_OK;
	uint32_t *order = calloc(p->samples + 1, sizeof *order);
	enum status status = order ? STATUS_OK : STATUS_FAILED;
	m->calls = 0;
	for (uint32_t i = 0; order && i < p->samples; i++) {
		struct goroutine_row row = read_stack(m, &p->sample[i]);
		if (p->sample[i].count > 0 && belongs(set, g, by, m, &row))
			order[n++] = i;
	}
	if (n > 0)
		qsort_r(order, n, sizeof *order, compare_samples, (void *)p);
	for (size_t i = 0; i < n && i < STACKS_MAX && status == STATUS_OK; i++)
		status = add_stack(set, p, &p->sample[order[i]]);
	free(order);
	return status;
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool fill(struct goroutine_set *set, struct maker *m, const struct goroutine_names *names,
                 uint64_t detail)
{
	return goroutine_set_group(set, m->row, m->rows, names, NULL) == STATUS_OK &&
	       (!detail || tell_detail(set, m, detail) == STATUS_OK);
}

struct goroutine_set *pprof_goroutines(const struct pprof_profile *p, int64_t at_ns,
                                       uint64_t detail, struct error *error)
{
	struct maker m = {.p = p};
	const struct goroutine_names names = {name_place, name_reason, &m};
	int64_t total = pprof_profile_total(p);
	if (total < 0 || total > GOROUTINES_MAX) {
		error_set(error, STATUS_DAMAGED, "its number of goroutines is not believed");
		return NULL;
	}
	struct goroutine_set *set = goroutine_set_create();
	if (!set) {
		error_no_memory(error);
		return NULL;
	}
	enum status status = make_rows(&m, total) ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK && m.calls > CALLS_MAX)
		status = error_set(error, STATUS_DAMAGED, "its stacks are not believed");
	else if (status == STATUS_OK && !fill(set, &m, &names, detail))
		status = error_no_memory(error);
	if (status != STATUS_OK) {
		goroutine_set_unref(set);
		set = NULL;
	}
	free(m.row);
	free(m.same);
	if (set) {
		set->at_ns = at_ns;
		set->cost_ppm = -1;
	}
	return set;
}
