#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/syscalls.h"
#include "metrics/threads.h"
#include "tui/layout.h"
#include "tui/overview.h"
#include "tui/view.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * Threads: "is it a leak, a syscall, cgo, or just idle Ms?" One row for each thread that the kernel
 * has, whether the runtime knows it or not, with what it is for. The columns are a table; which of
 * them are shown depends on the width alone.
 */

#define DASH "–"
#define WIDE 138 /* from here on there is room for one more column */

/* Colours and words of a use, in the order of the list: what works stands first. */
static const struct use_look {
	enum style style;
	int rank;
	const char *letter; /* the colour, without colour */
	const char *text;   /* where there is no goroutine to name */
} use_look[THREAD_USE_COUNT] = {
	[THREAD_UNKNOWN] = {STYLE_TEXT, 7, "?", DASH},
	[THREAD_RUNNING] = {STYLE_RUNNING, 0, "R", "runs Go code"},
	[THREAD_SYSCALL] = {STYLE_SYSCALL, 2, "S", "in a syscall"},
	[THREAD_CGO] = {STYLE_SYSCALL, 1, "C", "in C code"},
	[THREAD_SPINNING] = {STYLE_SCHEDULER, 3, ":", "looks for work"},
	[THREAD_LOCKED] = {STYLE_BLOCKED, 4, "L", "locked, waits"},
	[THREAD_IDLE] = {STYLE_DIM, 6, ".", "idle, parked"},
	[THREAD_SYSMON] = {STYLE_TEXT, 5, "-", "sysmon, watches"},
	[THREAD_OTHER] = {STYLE_TEXT, 5, "-", "the runtime's own"},
};

/* What a row is drawn from. */
struct shown {
	const struct thread_row *row;
	const struct view_data *data;
	int64_t now_ns; /* of the snapshot that tells */
};

/* --- columns -------------------------------------------------------------------------------- */

static void put_id(char *to, size_t size, const struct thread_row *row, int field, const char *mark)
{
	int64_t id;
	if (!row->m)
		snprintf(to, size, "%s", row->use == THREAD_UNKNOWN ? DASH : "");
	else if (!fields_get(&row->m->f, field, &id))
		snprintf(to, size, "%s", DASH);
	else if (id == FIELD_NIL)
		to[0] = '\0';
	else
		snprintf(to, size, "%s%" PRId64, mark, id);
}

static void put_m(char *to, size_t size, const struct shown *s)
{
	put_id(to, size, s->row, M_ID, "M");
}

static void put_p(char *to, size_t size, const struct shown *s)
{
	put_id(to, size, s->row, M_P, "P");
}

static void put_tid(char *to, size_t size, const struct shown *s)
{
	snprintf(to, size, "%" PRId64, s->row->tid);
}

static bool is_read(const struct thread_row *row)
{
	return row->task && row->task->read_ns > 0;
}

static void put_name(char *to, size_t size, const struct shown *s)
{
	snprintf(to, size, "%s", is_read(s->row) ? s->row->task->name : DASH);
}

/* "S" and the like are the kernel's own letters; a word where there is room. */
static void put_state(char *to, size_t size, const struct shown *s)
{
	static const struct {
		char letter;
		const char *word;
	} table[] = {
		{'R', "running"}, {'S', "sleeping"}, {'D', "disk"},   {'T', "stopped"},
		{'t', "traced"},  {'Z', "zombie"},   {'X', "dead"},   {'I', "idle"},
		{'P', "parked"},  {'W', "waking"},   {'K', "killed"},
	};
	char letter = is_read(s->row) ? s->row->task->state : '\0';
	const char *word = DASH;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (letter && table[i].letter == letter)
			word = table[i].word;
	if (letter)
		snprintf(to, size, "%c %s", letter, word);
	else
		snprintf(to, size, "%s", DASH);
}

/* "futex", "read anon_pipe_read": the call, and where in the kernel, if that says more. */
static void put_wait(char *to, size_t size, const struct shown *s)
{
	const struct snapshot_task *task = s->row->task;
	char number[16];
	if (!is_read(s->row)) {
		snprintf(to, size, "%s", DASH);
		return;
	}
	const char *call = syscall_name(task->syscall);
	if (!call && task->syscall >= 0) {
		snprintf(number, sizeof number, "#%d", task->syscall);
		call = number;
	}
	/* "futex futex_do_wait" would say it twice. */
	bool repeats = call && strncmp(task->wait, call, strlen(call)) == 0;
	if (call)
		snprintf(to, size, "%s%s%s", call, task->wait[0] && !repeats ? " " : "",
		         repeats ? "" : task->wait);
	else if (task->wait[0])
		snprintf(to, size, "%s", task->wait);
	else
		snprintf(to, size, "%s",
		         task->state != 'R' && task->syscall == TASK_SYSCALL_UNKNOWN ? DASH : "");
}

static void put_cpu(char *to, size_t size, const struct shown *s)
{
	if (isnan(s->row->cpu_ratio))
		snprintf(to, size, "%s", DASH);
	else
		text_percent(to, size, s->row->cpu_ratio);
}

/* All it has used since it began: "1.31 s", "2m 05s". */
static void put_time(char *to, size_t size, const struct shown *s)
{
	if (!is_read(s->row) || s->row->task->cpu_ns < 0)
		snprintf(to, size, "%s", DASH);
	else if (s->row->task->cpu_ns == 0)
		snprintf(to, size, "0 s");
	else
		text_duration(to, size, (double)s->row->task->cpu_ns, true);
}

/* The P that the M holds, if the snapshot has it. */
static const struct snapshot_p *p_of(const struct thread_row *row)
{
	int64_t p;
	if (!row->m || !fields_get(&row->m->f, M_P, &p) || p < 0 || (size_t)p >= row->s->np)
		return NULL;
	return &row->s->p[p];
}

/* An M that belongs to nobody may be the one that waits for the network for all. */
static bool polls(const struct thread_row *row)
{
	const char *call = is_read(row) ? syscall_name(row->task->syscall) : NULL;
	return row->use == THREAD_OTHER && row->m && call && strncmp(call, "epoll", 5) == 0;
}

/* "encoding/json.Marshal" without what comes before the last slash. */
static const char *base_name(const char *function)
{
	const char *slash = strrchr(function, '/');
	return slash ? slash + 1 : function;
}

/* "G8812 main.(*Server).handle", "G7 in a syscall", "idle, parked". */
static void put_use(char *to, size_t size, const struct shown *s)
{
	const struct thread_row *row = s->row;
	const char *text = use_look[row->use].text;
	const struct snapshot_p *p = p_of(row);
	int64_t g = FIELD_NIL, worker = 0;
	if (row->m && !(fields_get(&row->m->f, M_CURG, &g) && g != FIELD_NIL))
		fields_get(&row->m->f, M_LOCKEDG, &g);
	if (p)
		fields_get(&p->f, P_GC_WORKER, &worker);
	if (row->use == THREAD_RUNNING && worker)
		text = "collects garbage";
	else if (row->use == THREAD_RUNNING && p && p->running[0])
		text = base_name(p->running);
	else if (polls(row))
		text = "polls the network";
	else if (!row->m && row->use == THREAD_OTHER)
		text = "a thread of C code";
	if (g == FIELD_NIL || worker || row->use == THREAD_IDLE || row->use == THREAD_OTHER ||
	    row->use == THREAD_SYSMON)
		snprintf(to, size, "%s", text);
	else
		snprintf(to, size, "G%" PRId64 " %s", g, text);
}

/* "38 s", or "> 10m 00s" when it was so already in the oldest snapshot. */
static void put_since(char *to, size_t size, const struct shown *s)
{
	char age[32];
	if (s->row->since_ns < 0) {
		snprintf(to, size, "%s", DASH);
		return;
	}
	view_age(age, sizeof age, s->now_ns - s->row->since_ns);
	snprintf(to, size, "%s%s", s->row->at_least ? "> " : "", age);
}

enum {
	COLUMN_MARK,
	COLUMN_M,
	COLUMN_TID,
	COLUMN_NAME,
	COLUMN_STATE,
	COLUMN_WAIT,
	COLUMN_CPU,
	COLUMN_TIME,
	COLUMN_P,
	COLUMN_USE,
	COLUMN_SINCE,
	COLUMN_COUNT
};

/* What the list can be sorted by, in the order of `sorts`. */
enum { SORT_USE, SORT_CPU, SORT_SINCE, SORT_M, SORT_TID, SORT_STATE, SORT_TIME, SORT_NONE = -1 };
static const char *const sorts[] = {"for", "cpu", "since", "m", "tid", "state", "time", NULL};

static const struct column {
	const char *heading;
	bool right; /* a number */
	int sort;
	struct slot slot;
	void (*put)(char *to, size_t size, const struct shown *s);
} column[COLUMN_COUNT] = {
	[COLUMN_MARK] = {"", false, SORT_NONE, {.min = 1, .want = 1}, NULL},
	[COLUMN_M] = {"M", true, SORT_M, {.min = 5, .want = 5, .drop = 2}, put_m},
	[COLUMN_TID] = {"TID", true, SORT_TID, {.min = 7, .want = 7, .gap = 2, .drop = 4}, put_tid},
	[COLUMN_NAME] =
		{"NAME", false, SORT_NONE, {.min = 10, .want = 10, .gap = 2, .drop = 7}, put_name},
	[COLUMN_STATE] =
		{"STATE", false, SORT_STATE, {.min = 6, .want = 10, .gap = 2, .drop = 5}, put_state},
	[COLUMN_WAIT] = {"WAITS IN",
                     false,
                     SORT_NONE,
                     {.min = 13, .want = 25, .gap = 2, .drop = 6, .grow = 1},
                     put_wait},
	[COLUMN_CPU] = {"CPU", true, SORT_CPU, {.min = 6, .want = 6, .gap = 2, .drop = 1}, put_cpu},
	[COLUMN_TIME] = {"CPU TIME", true, SORT_TIME, {.min = 9, .want = 9, .gap = 2}, put_time},
	[COLUMN_P] = {"P", true, SORT_NONE, {.min = 4, .want = 4, .gap = 2, .drop = 8}, put_p},
	[COLUMN_USE] = {"FOR", false, SORT_USE, {.min = 18, .want = 25, .gap = 2, .grow = 2}, put_use},
	[COLUMN_SINCE] =
		{"SINCE", true, SORT_SINCE, {.min = 9, .want = 9, .gap = 2, .drop = 3}, put_since},
};

/* --- order and filter ----------------------------------------------------------------------- */

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

static int64_t m_id(const struct thread_row *row)
{
	int64_t id = INT64_MAX;
	if (row->m)
		fields_get(&row->m->f, M_ID, &id);
	return id;
}

static int64_t cpu_ns(const struct thread_row *row)
{
	return is_read(row) ? row->task->cpu_ns : -1;
}

/* Downwards: what matters most stands first. Unknown comes last. */
static int compare_by(const struct thread_row *a, const struct thread_row *b, int sort)
{
	switch (sort) {
	case SORT_CPU:
		return compare_numbers(isnan(b->cpu_ratio) ? -1 : b->cpu_ratio,
		                       isnan(a->cpu_ratio) ? -1 : a->cpu_ratio);
	case SORT_SINCE:
		return compare_numbers((double)(a->since_ns < 0 ? INT64_MAX : a->since_ns),
		                       (double)(b->since_ns < 0 ? INT64_MAX : b->since_ns));
	case SORT_M:
		return compare_numbers((double)m_id(a), (double)m_id(b));
	case SORT_TIME:
		return compare_numbers((double)cpu_ns(b), (double)cpu_ns(a));
	case SORT_STATE:
		return (is_read(a) ? a->task->state : 0x7f) - (is_read(b) ? b->task->state : 0x7f);
	case SORT_USE:
		return use_look[a->use].rank - use_look[b->use].rank;
	default:
		return 0;
	}
}

struct sorting {
	int sort;
	bool reversed;
};

/* Equal ones by thread number, so that rows change places only when they must. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct thread_row *left = *(const struct thread_row *const *)a;
	const struct thread_row *right = *(const struct thread_row *const *)b;
	const struct sorting *order = arg;
	int by = compare_by(left, right, order->sort);
	if (by == 0)
		by = compare_numbers((double)left->tid, (double)right->tid);
	return order->reversed ? -by : by;
}

/* Does any column have the text of the filter? */
static bool matches(const struct filter *filter, const struct shown *s)
{
	char text[512] = "";
	size_t used = 0;
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if (!column[i].put || used + 1 >= sizeof text)
			continue;
		column[i].put(text + used, sizeof text - used, s);
		used += strlen(text + used);
		if (used + 1 < sizeof text)
			text[used++] = ' ';
		text[used] = '\0';
	}
	return filter_matches(filter, text);
}

/* --- the list ------------------------------------------------------------------------------- */

static void draw_headings(struct pane pane, const struct slot *slot, struct view_place *place)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (slot[i].size)
			view_draw_heading(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), place, column[i].sort,
			                  column[i].heading, column[i].right);
}

/* The use gives its colour to what it explains; a thread that is merely parked is dim as a whole.
 */
static enum style style_of(int i, const struct thread_row *row, const char *text)
{
	if (row->use == THREAD_IDLE || strcmp(text, DASH) == 0)
		return STYLE_DIM;
	if (i == COLUMN_USE)
		return use_look[row->use].style;
	if (i == COLUMN_CPU && row->cpu_ratio <= 0)
		return STYLE_DIM;
	return i == COLUMN_NAME || i == COLUMN_SINCE ? STYLE_DIM : STYLE_TEXT;
}

static void draw_row(struct pane pane, const struct slot *slot, const struct shown *s)
{
	char text[160];
	const struct use_look *look = &use_look[s->row->use];
	for (int i = 0; i < COLUMN_COUNT; i++) {
		struct pane cell = pane_sub(pane, slot[i].at, 0, slot[i].size, 1);
		if (!slot[i].size)
			continue;
		if (i == COLUMN_MARK) {
			pane_text(cell, 0, 0, look->style, look->letter);
			continue;
		}
		column[i].put(text, sizeof text, s);
		if (i == COLUMN_STATE && slot[i].size < column[i].slot.want && text[0] < 0x7f)
			text[1] = '\0'; /* the letter alone */
		enum style style = style_of(i, s->row, text);
		if (column[i].right)
			pane_right(cell, 0, style, text);
		else
			pane_fit(cell, 0, 0, style, text);
	}
}

/* --- what stands below ---------------------------------------------------------------------- */

/* "31 threads here; /proc/4321/status has 31", and what parked Ms are. */
static void draw_sum(struct pane pane, const struct view_data *data,
                     const struct thread_table *table, const struct view_place *place, int64_t idle)
{
	char rows[32], kernel[32];
	struct view_part os = view_part(data, PART_OS);
	int64_t threads = 0;
	bool known = os.s && fields_get(&os.s->os, OS_THREADS, &threads);
	text_count(rows, sizeof rows, (int64_t)table->n);
	text_count(kernel, sizeof kernel, threads);
	int x = 1;
	if (place->filter[0]) {
		x = pane_print(pane, x, 0, STYLE_TEXT, "%d", place->rows);
		x = pane_text(pane, x, 0, STYLE_DIM, " of ");
	}
	x = pane_text(pane, x, 0, STYLE_TEXT, rows);
	x = pane_text(pane, x, 0, STYLE_DIM, table->n == 1 ? " thread" : " threads");
	if (place->filter[0])
		x = pane_print(pane, x, 0, STYLE_DIM, " with \"%s\"", place->filter);
	if (os.s)
		x = pane_print(pane, x, 0, STYLE_DIM, "; /proc/%d/status says ", (int)os.s->pid);
	if (os.s)
		x = pane_text(pane, x, 0, known ? STYLE_TEXT : STYLE_DIM, known ? kernel : DASH);
	static const char text[] = "idle, parked: the runtime keeps them; not a leak";
	if (idle > 0 && x + 3 + (int)sizeof text < pane.width)
		pane_right(pane_sub(pane, 0, 0, pane.width - 1, 1), 0, STYLE_DIM, text);
}

/* The oldest reading of a row, when there are too many threads to read all of them every time. */
static int64_t oldest_read(const struct thread_table *table)
{
	int64_t oldest = INT64_MAX;
	for (size_t i = 0; i < table->n; i++)
		if (is_read(&table->row[i]) && table->row[i].task->read_ns < oldest)
			oldest = table->row[i].task->read_ns;
	return oldest;
}

static void draw_age(struct pane pane, const struct view_data *data,
                     const struct thread_table *table)
{
	char age[32], text[96];
	const struct snapshot *newest = history_get(data->history, 0);
	int64_t listed_ns = table->tasks ? table->tasks->tasks_at.at_ns : table->ms->sched_at.at_ns;
	int64_t oldest_ns = table->tasks ? oldest_read(table) : INT64_MAX;
	if (data->state == TARGET_EXITED || view_is_stale(data, listed_ns)) {
		view_age(age, sizeof age, data->now_ns - listed_ns);
		snprintf(text, sizeof text, "%s old", age);
		pane_right(pane, 0, STYLE_WARNING, text);
	} else if (oldest_ns < newest->monotonic_ns - 3 * NS_PER_S - newest->interval_ns) {
		view_age(age, sizeof age, newest->monotonic_ns - oldest_ns);
		snprintf(text, sizeof text, "so many that reading them takes turns of %s", age);
		pane_right(pane, 0, STYLE_DIM, text);
	}
}

/* --- page ----------------------------------------------------------------------------------- */

/* Leaves out and sorts; `shown` has room for all. Returns how many are left. */
static int arrange(const struct thread_table *table, const struct view_data *data, int64_t now_ns,
                   const struct view_place *place, const struct thread_row **shown)
{
	int n = 0;
	struct filter filter;
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < table->n; i++) {
		struct shown s = {&table->row[i], data, now_ns};
		if (!place->filter[0] || matches(&filter, &s))
			shown[n++] = &table->row[i];
	}
	filter_close(&filter);
	struct sorting order = {place->sort, place->reversed};
	qsort_r(shown, (size_t)n, sizeof(void *), compare, &order);
	return n;
}

static int64_t count_idle(const struct thread_table *table)
{
	int64_t idle = 0;
	for (size_t i = 0; i < table->n; i++)
		idle += table->row[i].use == THREAD_IDLE;
	return idle;
}

/* The columns above all have their room before there is one more. */
static void share_columns(struct slot slot[COLUMN_COUNT], int width)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	if (width < WIDE)
		slot[COLUMN_TIME].min = slot[COLUMN_TIME].want = 0;
	layout(slot, COLUMN_COUNT, width);
}

static void draw_list(struct pane pane, const struct view_data *data,
                      const struct thread_table *table, struct view_place *place)
{
	struct slot slot[COLUMN_COUNT];
	const struct thread_row **shown = calloc(table->n + 1, sizeof(void *));
	int64_t *id = calloc(table->n + 1, sizeof *id);
	int64_t now_ns = (table->ms ? table->ms : table->tasks)->monotonic_ns;
	struct pane inside = view_list_inside(pane);
	share_columns(slot, inside.width);
	draw_headings(pane_row(inside, 0), slot, place);
	struct pane list = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	place->list_y = list.y;
	int n = shown && id ? arrange(table, data, now_ns, place, shown) : 0;
	for (int i = 0; i < n; i++)
		id[i] = shown[i]->tid;
	view_select(place, id, n, list.height);
	for (int i = 0; shown && i < list.height && place->top + i < n; i++) {
		struct shown s = {shown[place->top + i], data, now_ns};
		struct pane line = pane_row(list, i);
		draw_row(view_list_inside(line), slot, &s);
		if (place->top + i != place->selected)
			continue;
		view_draw_selected(line);
	}
	free(shown);
	free(id);
}

static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	enum { GAP, SUMMARY, GAP_LIST, LIST, SUM, COUNT };
	struct slot part[COUNT] = {
		[GAP] = {.min = 1, .want = 1, .drop = 4},
		[SUMMARY] = {.min = 1, .want = overview_threads_rows(page.width), .drop = 2},
		[GAP_LIST] = {.min = 1, .want = 1, .drop = 3},
		[LIST] = {.min = 4, .grow = 1},
		[SUM] = {.min = 1, .want = 1, .drop = 1},
	};
	struct thread_table table;
	layout(part, COUNT, page.height);
	if (part[SUMMARY].size)
		overview_draw_line(pane_sub(page, 0, part[SUMMARY].at, page.width, part[SUMMARY].size),
		                   OVERVIEW_THREADS, data);
	struct pane list = pane_sub(page, 0, part[LIST].at, page.width, part[LIST].size);
	if (derive_thread_table(data->history, &table) || table.n == 0) {
		view_select(place, NULL, 0, list.height);
		char text[256];
		snprintf(text, sizeof text,
		         "No threads: neither the kernel nor the runtime tells of them%s",
		         view_limits(data));
		pane_wrap(pane_sub(list, 1, 0, list.width - 2, list.height), STYLE_DIM, text);
		thread_table_finish(&table);
		return;
	}
	draw_list(list, data, &table, place);
	draw_age(pane_sub(page, 1, part[GAP_LIST].at, page.width - 2, part[GAP_LIST].size), data,
	         &table);
	if (part[SUM].size)
		draw_sum(pane_row(page, part[SUM].at), data, &table, place, count_idle(&table));
	thread_table_finish(&table);
}

const struct view view_threads = {"Threads", CONTEXT_THREADS, draw, sorts, NULL};
