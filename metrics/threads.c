#include "metrics/threads.h"

#include <math.h>
#include <stdlib.h>

const char *const thread_use_name[THREAD_USE_COUNT] = {
	[THREAD_UNKNOWN] = "unknown", [THREAD_RUNNING] = "running",   [THREAD_SYSCALL] = "syscall",
	[THREAD_CGO] = "cgo",         [THREAD_SPINNING] = "spinning", [THREAD_LOCKED] = "locked",
	[THREAD_IDLE] = "idle",       [THREAD_SYSMON] = "sysmon",     [THREAD_OTHER] = "other",
};

/* --- what an M is for ----------------------------------------------------------------------- */

#define G_SYSCALL 3 /* runtime2.go */
#define G_WAITING 4

static bool is_set(const struct fields *f, int field)
{
	int64_t value = 0;
	return fields_get(f, field, &value) && value != 0;
}

static bool is_something(const struct fields *f, int field)
{
	int64_t id = FIELD_NIL;
	return fields_get(f, field, &id) && id != FIELD_NIL;
}

static enum thread_use use_of(const struct fields *m)
{
	bool has_g = is_something(m, M_CURG), has_p = is_something(m, M_P);
	int64_t status = -1;
	fields_get(m, M_CURG_STATUS, &status);
	if (is_set(m, M_SPINNING))
		return THREAD_SPINNING;
	if (is_set(m, M_INCGO) && has_g)
		return THREAD_CGO;
	if (has_g && status == G_SYSCALL)
		return THREAD_SYSCALL;
	if (has_g && has_p)
		return THREAD_RUNNING;
	if (is_something(m, M_LOCKEDG) && !has_p && (!has_g || status == G_WAITING))
		return THREAD_LOCKED;
	return THREAD_OTHER;
}

/* Classes of Ms that may be parked, likeliest first. One without a thread is not: cgo keeps a spare
   M for threads of C that will call Go. */
enum { LIKELY_SLEEPING, LIKELY_AWAKE, LIKELY_SYSMON, LIKELY_COUNT, LIKELY_NOT };

/* sysmon is the M made right after the first one: among those with a thread the oldest but M0. */
static size_t oldest_but_first(const struct snapshot *s)
{
	size_t oldest = s->nm;
	int64_t least = INT64_MAX, id;
	for (size_t i = 0; i < s->nm; i++) {
		const struct fields *m = &s->m[i].f;
		if (!fields_get(m, M_ID, &id) || id <= 0 || id >= least || !is_set(m, M_TID))
			continue;
		least = id;
		oldest = i;
	}
	return oldest;
}

static int likely_parked(const struct fields *m, bool may_be_sysmon)
{
	if (is_something(m, M_P) || (fields_has(m, M_TID) && !is_set(m, M_TID)))
		return LIKELY_NOT;
	if (may_be_sysmon)
		return LIKELY_SYSMON;
	return is_set(m, M_BLOCKED) ? LIKELY_SLEEPING : LIKELY_AWAKE;
}

void derive_thread_uses(const struct snapshot *s, uint8_t *use)
{
	int64_t idle;
	bool known = s->nm > 0 && fields_get(&s->sched, SCHED_IDLETHREADS, &idle);
	for (size_t i = 0; i < s->nm; i++)
		use[i] = (uint8_t)(known ? use_of(&s->m[i].f) : THREAD_UNKNOWN);
	if (!known)
		return;
	size_t sysmon = oldest_but_first(s);
	for (int likely = 0; likely < LIKELY_COUNT && idle > 0; likely++)
		for (size_t i = 0; i < s->nm && idle > 0; i++)
			if (use[i] == THREAD_OTHER && likely_parked(&s->m[i].f, i == sysmon) == likely) {
				use[i] = THREAD_IDLE;
				idle--;
			}
	if (sysmon < s->nm && use[sysmon] == THREAD_OTHER && !is_something(&s->m[sysmon].f, M_P) &&
	    !is_something(&s->m[sysmon].f, M_CURG))
		use[sysmon] = THREAD_SYSMON;
}

/* The same without a place for each M: of those that may be parked it does not matter which are. */
struct thread_split derive_threads(const struct snapshot *s)
{
	struct thread_split split = {.known = false};
	int64_t *const part[THREAD_USE_COUNT] = {
		[THREAD_RUNNING] = &split.running, [THREAD_SYSCALL] = &split.syscall,
		[THREAD_CGO] = &split.cgo,         [THREAD_SPINNING] = &split.spinning,
		[THREAD_LOCKED] = &split.locked,
	};
	int64_t counted = 0, parked = 0, idle = 0;
	split.known = s->nm > 0 && fields_get(&s->sched, SCHED_IDLETHREADS, &idle);
	for (size_t i = 0; split.known && i < s->nm; i++) {
		enum thread_use use = use_of(&s->m[i].f);
		if (part[use]) {
			++*part[use];
			counted++;
		} else if (likely_parked(&s->m[i].f, false) != LIKELY_NOT) {
			parked++;
		}
	}
	if (split.known && idle > 0)
		split.idle = idle < parked ? idle : parked;
	counted += split.idle;
	if (!fields_get(&s->os, OS_THREADS, &split.total) || split.total < counted)
		split.total = (int64_t)s->nm;
	split.other = split.total - counted;
	return split;
}

/* --- one by one ----------------------------------------------------------------------------- */

/* What was seen of one thread in one snapshot: enough to tell whether it still does the same. */
struct sight {
	int64_t tid; /* the process's own */
	int64_t curg;
	const struct snapshot_m *m;
	uint8_t use;
};

static int by_tid(const void *a, const void *b)
{
	const struct sight *left = a, *right = b;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

/* The Ms of a snapshot by their threads; NULL when out of memory. */
static struct sight *see(const struct snapshot *s, size_t *n)
{
	struct sight *sight = calloc(s->nm + 1, sizeof *sight);
	uint8_t *use = malloc(s->nm + 1);
	*n = 0;
	if (sight && use) {
		derive_thread_uses(s, use);
		for (size_t i = 0; i < s->nm; i++) {
			struct sight *one = &sight[*n];
			*one = (struct sight){.curg = FIELD_NIL, .m = &s->m[i], .use = use[i]};
			fields_get(&s->m[i].f, M_CURG, &one->curg);
			if (fields_get(&s->m[i].f, M_TID, &one->tid) && one->tid > 0)
				++*n;
		}
		qsort(sight, *n, sizeof *sight, by_tid);
	} else {
		free(sight);
		sight = NULL;
	}
	free(use);
	return sight;
}

static const struct sight *find_sight(const struct sight *sight, size_t n, int64_t tid)
{
	const struct sight key = {.tid = tid};
	return n ? bsearch(&key, sight, n, sizeof key, by_tid) : NULL;
}

static const struct snapshot_task *find_task(const struct snapshot *s, int32_t tid)
{
	size_t low = 0, high = s->ntasks;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->task[middle].tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->ntasks && s->task[low].tid == tid ? &s->task[low] : NULL;
}

static int64_t inner_tid(const struct thread_row *row)
{
	return row->task ? row->task->inner_tid : row->tid;
}

static const struct snapshot *newest_with(const struct history *h, bool tasks)
{
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(h, i)) != NULL; i++)
		if ((tasks ? s->ntasks : s->nm) > 0)
			return s;
	return NULL;
}

/* A row for every task, or for every M with a thread where there are no tasks. */
static enum status make_rows(struct thread_table *table)
{
	size_t n = 0, nm = 0;
	struct sight *sight = NULL;
	if (table->ms && !(sight = see(table->ms, &nm)))
		return STATUS_FAILED;
	n = table->tasks ? table->tasks->ntasks : nm;
	table->row = calloc(n + 1, sizeof *table->row);
	for (size_t i = 0; table->row && i < n; i++) {
		struct thread_row *row = &table->row[i];
		row->s = table->ms;
		row->cpu_ratio = NAN;
		row->since_ns = -1;
		row->task = table->tasks ? &table->tasks->task[i] : NULL;
		if (row->task)
			row->tid = row->task->tid;
		else if (sight)
			row->tid = sight[i].tid;
		const struct sight *seen = find_sight(sight, nm, inner_tid(row));
		row->m = seen ? seen->m : NULL;
		row->use = seen ? (enum thread_use)seen->use : table->ms ? THREAD_OTHER : THREAD_UNKNOWN;
		if (table->ms && table->ms->nm > 0 && !fields_has(&table->ms->sched, SCHED_IDLETHREADS))
			row->use = THREAD_UNKNOWN;
	}
	free(sight);
	if (!table->row)
		return STATUS_FAILED;
	table->n = n;
	return STATUS_OK;
}

/* Does it sleep as long as it does this? Then CPU time in between says that it did something else.
 */
static bool sleeps(enum thread_use use)
{
	return use == THREAD_IDLE || use == THREAD_LOCKED || use == THREAD_SYSCALL;
}

static bool same_work(const struct thread_row *row, const struct sight *seen)
{
	int64_t curg = FIELD_NIL;
	if (!row->m || !seen)
		return !row->m && !seen;
	fields_get(&row->m->f, M_CURG, &curg);
	return seen->use == row->use && (row->use == THREAD_OTHER || seen->curg == curg);
}

/* What the walk back still has to find out. */
struct open {
	bool since, cpu;
};

static void look_at_cpu(struct thread_row *row, struct open *open,
                        const struct snapshot_task *before)
{
	if (!before || before->cpu_ns < 0 || before->read_ns >= row->task->read_ns)
		return;
	int64_t elapsed_ns = row->task->read_ns - before->read_ns;
	int64_t cpu_ns = row->task->cpu_ns - before->cpu_ns;
	if (cpu_ns < 0) { /* another thread with the same number */
		open->cpu = false;
		return;
	}
	row->cpu_ratio = (double)cpu_ns / (double)elapsed_ns;
	open->cpu = elapsed_ns < THREAD_CPU_SPAN_NS;
}

/* One step back in time. A thread that has no task in that snapshot was not there yet. */
static void look_back(struct thread_row *row, struct open *open, const struct snapshot *s,
                      const struct sight *seen)
{
	const struct snapshot_task *task = row->task ? find_task(s, row->task->tid) : NULL;
	if (open->cpu)
		look_at_cpu(row, open, task);
	if (!open->since)
		return;
	bool there = row->task && s->ntasks > 0 ? task != NULL : seen != NULL;
	bool worked = sleeps(row->use) && task && row->task->cpu_ns > task->cpu_ns && task->cpu_ns >= 0;
	if (!there || worked || !same_work(row, seen))
		open->since = false;
	else
		row->since_ns = s->monotonic_ns;
}

static bool any_open(const struct open *open, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (open[i].since || open[i].cpu)
			return true;
	return false;
}

/* Snapshots without M rows, or without tasks where the rows are tasks, are no witnesses. */
static enum status walk_back(const struct history *h, struct thread_table *table, struct open *open)
{
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(h, i)) != NULL && any_open(open, table->n); i++) {
		size_t nm;
		if (s == table->ms || s->nm == 0 || (table->tasks && s->ntasks == 0) ||
		    s->monotonic_ns > table->ms->monotonic_ns)
			continue;
		struct sight *sight = see(s, &nm);
		if (!sight)
			return STATUS_FAILED;
		for (size_t r = 0; r < table->n; r++)
			if (open[r].since || open[r].cpu)
				look_back(&table->row[r], &open[r], s,
				          find_sight(sight, nm, inner_tid(&table->row[r])));
		free(sight);
	}
	return STATUS_OK;
}

/* Where no M is known, CPU time is all there is to find out. */
static void walk_back_tasks(const struct history *h, struct thread_table *table, struct open *open)
{
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(h, i)) != NULL && any_open(open, table->n); i++)
		for (size_t r = 0; r < table->n; r++)
			if (open[r].cpu)
				look_at_cpu(&table->row[r], &open[r], find_task(s, (int32_t)table->row[r].tid));
}

enum status derive_thread_table(const struct history *h, struct thread_table *out)
{
	*out = (struct thread_table){.tasks = newest_with(h, true), .ms = newest_with(h, false)};
	if (make_rows(out))
		return STATUS_FAILED;
	struct open *open = calloc(out->n + 1, sizeof *open);
	enum status status = open ? STATUS_OK : STATUS_FAILED;
	for (size_t i = 0; open && i < out->n; i++) {
		struct thread_row *row = &out->row[i];
		open[i].cpu = row->task && row->task->read_ns > 0 && row->task->cpu_ns >= 0;
		open[i].since = row->use != THREAD_UNKNOWN;
		if (open[i].since)
			row->since_ns = out->ms->monotonic_ns;
	}
	if (open && out->ms)
		status = walk_back(h, out, open);
	else if (open)
		walk_back_tasks(h, out, open);
	for (size_t i = 0; open && i < out->n; i++)
		out->row[i].at_least = open[i].since;
	free(open);
	if (status)
		thread_table_finish(out);
	return status;
}

void thread_table_finish(struct thread_table *table)
{
	free(table->row);
	*table = (struct thread_table){0};
}
