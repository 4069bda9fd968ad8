#include "tui/overview.h"

#include <math.h>
#include <stdio.h>

#include "tui/findings.h"
#include "tui/layout.h"
#include "tui/plot.h"
#include "tui/series.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * The lines of the summary. Each has a label, then a number or a window in a column that all lines
 * share, then slots that layout() places by the width of the terminal.
 */

#define LABEL_WIDTH 12
#define AGE_WIDTH   12 /* "12m 05s old" */
#define SPARK_BARS  7  /* at least */
#define SPARK_SPAN  8  /* " 10m 00s" */
#define SPARK_TOP   11 /* " <= 14.7 ms" */

/* A line after its label: where to draw, and whether all of it is old. */
struct line {
	struct pane pane;
	bool stale;
};

static struct pane line_pane(struct pane pane)
{
	return pane_sub(pane, 1 + LABEL_WIDTH, 0, pane.width - 2 - LABEL_WIDTH, pane.height);
}

/* Draws the label and, for a stale line, its age at the right edge. */
static struct line begin_line(struct pane pane, const char *label, const struct view_part *part)
{
	pane_text(pane, 1, 0, STYLE_LABEL, label);
	struct line line = {line_pane(pane), false};
	if (!part->s || !part->stale)
		return line;
	char age[32], text[48];
	view_age(age, sizeof age, part->age_ns);
	snprintf(text, sizeof text, "%s old", age);
	pane_right(line.pane, 0, STYLE_DIM, text);
	line.pane = pane_sub(line.pane, 0, 0, line.pane.width - AGE_WIDTH, line.pane.height);
	line.stale = true;
	return line;
}

/* A mark before the label where a finding is about the numbers of the line: Enter opens it. */
static void mark_line(struct pane pane, const struct view_data *data, const enum slug *slug,
                      size_t n)
{
	const struct finding *worst = finding_worst(data->findings, slug, n);
	if (worst)
		finding_draw_mark(pane_sub(pane, 0, 0, 1, 1), worst);
}

static void end_line(const struct line *line)
{
	if (line->stale)
		pane_restyle(line->pane, STYLE_DIM);
}

static struct pane slot_pane(struct pane pane, const struct slot *slot)
{
	return pane_sub(pane, slot->at, 0, slot->size, 1);
}

/* --- CPU ------------------------------------------------------------------------------------ */

/* What all Ps together did over the last interval; unknown when nobody looked. */
static struct lane_share share_of_all(const struct history *h)
{
	const struct snapshot *now = history_get(h, 0), *earlier = history_get(h, 1);
	if (!earlier)
		return (struct lane_share){.known = false};
	return derive_lane_mean(h, 0, now->lanes.procs, earlier->monotonic_ns, now->monotonic_ns);
}

/* Whose view it is, when it is not the runtime's own. */
static const char *const method_label[IDLE_METHOD_COUNT] = {
	[IDLE_UNKNOWN] = "",      [IDLE_RUNTIME] = "",   [IDLE_SAMPLED] = "sampled",
	[IDLE_LINES] = "sampled", [IDLE_OS] = "OS view",
};

static void draw_idle_range(struct pane pane, const struct history *h)
{
	char text[64];
	struct idle_range range = derive_idle_range(h, 30 * NS_PER_S);
	int x = pane_text(pane, 0, 0, STYLE_DIM, "30 s ");
	if (!range.known) {
		pane_text(pane, x, 0, STYLE_DIM, "–");
		return;
	}
	double value[] = {range.min, range.mean, range.max};
	for (int i = 0; i < 3; i++) {
		bool low = value[i] < 0.0995;
		snprintf(text, sizeof text, "%.*f", low ? 1 : 0, value[i] * 100);
		x = pane_text(pane, x, 0, i == 1 ? STYLE_TEXT : STYLE_DIM, text);
		x = pane_text(pane, x, 0, STYLE_DIM, i < 2 ? "–" : " %");
	}
}

#define LIMIT_WIDTH 27 /* of the long form */

/* "GOMAXPROCS 8, quota 4.0 !", or "8 Ps on 4.0 !" */
static void draw_limit(struct pane pane, const struct view_data *data)
{
	struct view_part sched = view_part(data, PART_SCHED), runtime = view_part(data, PART_RUNTIME);
	const struct snapshot *newest = history_get(data->history, 0);
	struct cpu_limit limit = derive_cpu_limit(newest);
	char text[96], number[32] = "–";
	int64_t procs;
	if ((sched.s && fields_get(&sched.s->sched, SCHED_GOMAXPROCS, &procs)) ||
	    (runtime.s && fields_get(&runtime.s->runtime, RUNTIME_GOMAXPROCS, &procs)))
		text_count(number, sizeof number, procs);
	bool wide = pane.width >= LIMIT_WIDTH;
	int decimals = limit.by_quota && limit.cpus < 99.95;
	if (!limit.known)
		snprintf(text, sizeof text, wide ? "GOMAXPROCS %s" : "%s Ps", number);
	else if (!wide)
		snprintf(text, sizeof text, "%s Ps on %.*f", number, decimals, limit.cpus);
	else
		snprintf(text, sizeof text, "GOMAXPROCS %s, %s %.*f", number,
		         limit.by_quota ? "quota" : "CPUs", decimals, limit.cpus);
	int width = canvas_text_width(pane.canvas, text) + (limit.exceeded ? 2 : 0);
	int x = pane_text(pane, pane.width > width ? pane.width - width : 0, 0, STYLE_DIM, text);
	if (limit.exceeded)
		pane_text(pane, x + 1, 0, STYLE_ALARM, "!");
}

/* "3.2 CPUs": all that is known of a process that tells nothing about its Ps. */
static void draw_cpus_used(struct pane pane, const struct snapshot *before,
                           const struct snapshot *now)
{
	char text[32];
	struct rate rate =
		derive_rate(&before->os, &now->os, OS_CPU_NS, now->os_at.at_ns - before->os_at.at_ns);
	if (!rate.known)
		return;
	text_rate(text, sizeof text, rate.per_s / (double)NS_PER_S);
	int x = pane_text(pane, 0, 0, STYLE_TEXT, text);
	pane_text(pane, x, 0, STYLE_DIM, " CPUs");
}

static void draw_cpu(struct pane pane, const struct view_data *data)
{
	struct view_part newest = {history_get(data->history, 0), 0, false};
	newest.age_ns = data->now_ns - newest.s->monotonic_ns;
	newest.stale = data->state == TARGET_EXITED || view_is_stale(data, newest.s->monotonic_ns);
	struct line line = begin_line(pane, "CPU", &newest);
	enum { PERCENT, NAME, METHOD, BAR, RANGE, LIMIT, COUNT };
	struct slot slot[COUNT] = {
		[PERCENT] = {.min = VIEW_COUNT_WIDTH, .want = VIEW_COUNT_WIDTH},
		[NAME] = {.min = 4, .want = 4, .gap = 1, .drop = 1},
		[METHOD] = {.min = 7, .want = 7, .gap = 1, .drop = 3},
		[BAR] = {.min = 9, .want = 30, .gap = 1, .drop = 2, .grow = 1},
		[RANGE] = {.min = 18, .want = 18, .gap = 2, .drop = 4},
		[LIMIT] = {.min = 15, .want = LIMIT_WIDTH, .gap = 2, .drop = 5},
	};
	/* The width of the number's column is the same for all lines, the rest follows it. */
	layout(slot, COUNT, line.pane.width);
	const struct snapshot *earlier = history_get(data->history, 1);
	struct idle idle = {0};
	if (earlier)
		idle = derive_idle(earlier, newest.s);
	char text[32];
	text_percent(text, sizeof text, idle.ratio);
	struct pane percent = slot_pane(line.pane, &slot[PERCENT]);
	if (idle.method == IDLE_UNKNOWN)
		view_unknown(percent);
	else
		pane_right(percent, 0, STYLE_STRONG, text);
	pane_text(slot_pane(line.pane, &slot[NAME]), 0, 0, STYLE_DIM, "idle");
	pane_text(slot_pane(line.pane, &slot[METHOD]), 0, 0, STYLE_DIM, method_label[idle.method]);
	struct lane_share share = share_of_all(data->history);
	struct pane bar = slot_pane(line.pane, &slot[BAR]);
	plot_bar(bar, &share);
	if (!share.known && earlier)
		draw_cpus_used(bar, earlier, newest.s);
	if (slot[RANGE].size)
		draw_idle_range(slot_pane(line.pane, &slot[RANGE]), data->history);
	if (slot[LIMIT].size)
		draw_limit(slot_pane(line.pane, &slot[LIMIT]), data);
	end_line(&line);
}

/* --- sparklines ----------------------------------------------------------------------------- */

#define PERCENTILE_WIDTH 16 /* "p99 12.6–14.7 ms" */
#define PERCENTILE_SLOT(lost)                                                     \
	{                                                                             \
		.min = PERCENTILE_WIDTH, .want = PERCENTILE_WIDTH, .gap = 2, .drop = lost \
	}
/* The lines of distributions have the same columns, so that their bars, and those of counts above
 * them, stand for the same times. The age of a stale line takes the room of what its tallest bar
 * means. */
enum { WINDOW, P50, P90, P99, LAST, ASSIST, SPARK, DISTRIBUTION_COUNT };

static void share_distribution(struct slot slot[DISTRIBUTION_COUNT], const struct line *line)
{
	static const struct slot wanted[DISTRIBUTION_COUNT] = {
		[WINDOW] = {.min = VIEW_COUNT_WIDTH, .want = VIEW_COUNT_WIDTH, .drop = 1},
		[P50] = PERCENTILE_SLOT(3),
		[P90] = PERCENTILE_SLOT(5),
		[P99] = PERCENTILE_SLOT(0),
		[LAST] = PERCENTILE_SLOT(2), /* the maximum, or how many */
		[ASSIST] = {.min = 12, .want = 12, .gap = 2, .drop = 6},
		[SPARK] = {.min = SPARK_BARS + SPARK_SPAN + SPARK_TOP,
	               .want = 30,
	               .gap = 2,
	               .drop = 4,
	               .grow = 1},
	};
	for (int i = 0; i < DISTRIBUTION_COUNT; i++)
		slot[i] = wanted[i];
	if (line->stale)
		slot[SPARK].min -= AGE_WIDTH;
	layout(slot, DISTRIBUTION_COUNT, line->pane.width);
}

/* "▁▂▅█▂ 60 s ≤ 14.7 ms": the time that the strips show, or more where snapshots are too far apart;
   and what the tallest bar means. */
struct spark {
	struct pane bars, span, top; /* `top` may be empty */
	int64_t step_ns;
	int n;
	double value[SERIES_MAX];
};

/* false: there is no room for one. */
static bool begin_spark(struct spark *s, struct pane pane, const struct view_data *data)
{
	bool has_top = pane.width >= SPARK_BARS + SPARK_SPAN + SPARK_TOP;
	int cells = pane.width - SPARK_SPAN - (has_top ? SPARK_TOP : 0);
	if (cells < 4)
		return false;
	s->bars = pane_sub(pane, 0, 0, cells, 1);
	s->span = pane_sub(pane, cells + 1, 0, SPARK_SPAN - 1, 1);
	s->top = pane_sub(pane, cells + SPARK_SPAN + 1, 0, has_top ? SPARK_TOP - 1 : 0, 1);
	s->n = cells * plot_density(pane.canvas);
	s->n = s->n < SERIES_MAX ? s->n : SERIES_MAX;
	s->step_ns = series_step_ns(data, view_span(data), s->n);
	return true;
}

static void end_spark(const struct spark *s, enum style style, double max, const char *top)
{
	char span[32];
	plot_spark(s->bars, style, s->value, (size_t)s->n, max);
	view_age(span, sizeof span, s->step_ns * s->n + NS_PER_S / 2);
	pane_text(s->span, 0, 0, STYLE_DIM, span);
	if (max > 0)
		pane_text(s->top, 0, 0, STYLE_DIM, top);
}

static void draw_percentile_spark(struct pane pane, const struct view_data *data,
                                  enum histogram_id id, double q, enum style style)
{
	struct spark s;
	char top[32];
	if (!begin_spark(&s, pane, data))
		return;
	double max = series_percentile(data, id, q, s.step_ns, s.value, s.n);
	text_duration_range(top, sizeof top, -INFINITY, max, pane.canvas->ascii);
	end_spark(&s, style, max, top);
}

/* Above those of the distributions, where the counts before it leave it so much of a wide line. */
static void draw_count_spark(const struct line *line, int from, const struct view_data *data,
                             series_count_fn *count)
{
	struct spark s;
	struct slot slot[DISTRIBUTION_COUNT];
	char top[32], number[24];
	share_distribution(slot, line);
	if (!slot[SPARK].size || slot[SPARK].at < from + 2 ||
	    !begin_spark(&s, slot_pane(line->pane, &slot[SPARK]), data))
		return;
	double max = series_counts(data, count, s.step_ns, s.value, s.n);
	text_count(number, sizeof number, llround(max));
	snprintf(top, sizeof top, "%s %s", line->pane.canvas->ascii ? "<=" : "≤", number);
	end_spark(&s, STYLE_TEXT, max, top);
}

/* --- goroutines and threads ----------------------------------------------------------------- */

/* One number with its name; the cells of both lines stand in the same columns. What does not fit
   the first row goes on in the next ones, as far as the pane has any. */
struct count {
	const char *name;
	bool known;
	int64_t value;
};
#define COUNT_WIDTH 15
/* What is told to be that old. All goroutines are read every second, or less often if that costs
   too much. */
#define WAITING_AGE_NS (2 * NS_PER_S)

static int count_columns(int width)
{
	return width > VIEW_COUNT_WIDTH ? (width - VIEW_COUNT_WIDTH) / COUNT_WIDTH : 0;
}

static void draw_counts(struct pane pane, bool known, int64_t total, const struct count *count,
                        size_t n)
{
	view_count(pane_sub(pane, 0, 0, VIEW_COUNT_WIDTH, 1), known, total, "");
	int columns = count_columns(pane.width);
	for (int i = 0; i < (int)n && columns > 0; i++) {
		int x = VIEW_COUNT_WIDTH + i % columns * COUNT_WIDTH;
		view_count(pane_sub(pane, x, i / columns, COUNT_WIDTH, 1), count[i].known, count[i].value,
		           count[i].name);
	}
}

/* Waiting in the queues: the global one, those of the Ps, and the one each P runs next. */
static bool count_queued(const struct snapshot *s, int64_t *queued)
{
	int64_t n;
	if (!fields_get(&s->sched, SCHED_RUNQUEUE, queued) || s->np == 0)
		return false;
	for (size_t p = 0; p < s->np; p++) {
		if (!fields_get(&s->p[p].f, P_RUNQSIZE, &n))
			return false;
		*queued += n;
		if (fields_get(&s->p[p].f, P_RUNNEXT, &n))
			*queued += n;
	}
	return true;
}

/* Goroutines that are on a thread in this state; runtime2.go numbers them. */
static bool count_on_threads(const struct snapshot *s, int64_t state, int64_t *count)
{
	*count = 0;
	for (size_t m = 0; m < s->nm; m++) {
		int64_t curg, status;
		if (!fields_get(&s->m[m].f, M_CURG, &curg))
			return false;
		if (curg != FIELD_NIL && fields_get(&s->m[m].f, M_CURG_STATUS, &status))
			*count += status == state;
	}
	return s->nm > 0;
}

/* Goroutines that wait, as of the last time that all were read. */
static bool count_waiting(const struct goroutine_set *set, int64_t *count)
{
	int64_t leaked;
	if (!goroutine_set_count(set, GOROUTINE_WAITING, count) ||
	    !goroutine_set_count(set, GOROUTINE_LEAKED, &leaked))
		return false;
	*count += leaked; /* which wait for ever */
	return true;
}

/* An agent of Go 1.26 tells goroutines by state. Else we count those that threads and queues hold,
   and those that wait when all are read, which is less often. */
static size_t goroutine_counts(const struct snapshot *sched, const struct snapshot *runtime,
                               const struct snapshot *all, struct count count[4])
{
	enum { G_RUNNING = 2, G_SYSCALL = 3 };
	count[0] = (struct count){.name = "running"};
	count[1] = (struct count){.name = "queued"};
	count[2] = (struct count){.name = "syscall"};
	count[3] = (struct count){.name = "waiting"};
	if (runtime && fields_has(&runtime->runtime, RUNTIME_GOROUTINES_RUNNING)) {
		static const int field[] = {RUNTIME_GOROUTINES_RUNNING, RUNTIME_GOROUTINES_RUNNABLE,
		                            RUNTIME_GOROUTINES_NOT_IN_GO, RUNTIME_GOROUTINES_WAITING};
		count[1].name = "runnable";
		for (int i = 0; i < 4; i++)
			count[i].known = fields_get(&runtime->runtime, field[i], &count[i].value);
	} else if (sched) {
		count[0].known = count_on_threads(sched, G_RUNNING, &count[0].value);
		count[1].known = count_queued(sched, &count[1].value);
		count[2].known = count_on_threads(sched, G_SYSCALL, &count[2].value);
	}
	if (all)
		count[3].known = count_waiting(all->goroutines, &count[3].value);
	return 4;
}

/* New goroutines a second, from whoever counts them. */
static struct rate created_rate(const struct history *h)
{
	const struct snapshot *now = history_get(h, 0), *before = history_get(h, 1);
	struct rate rate = {.known = false};
	if (!before)
		return rate;
	rate = derive_rate(&before->sched, &now->sched, SCHED_GOROUTINES_CREATED,
	                   now->sched_at.at_ns - before->sched_at.at_ns);
	return rate.known ? rate
	                  : derive_rate(&before->runtime, &now->runtime, RUNTIME_GOROUTINES_CREATED,
	                                now->runtime_at.at_ns - before->runtime_at.at_ns);
}

static void draw_rate(struct pane pane, struct rate rate, const char *name)
{
	struct pane number = pane_sub(pane, 0, 0, VIEW_COUNT_WIDTH, 1);
	char text[32];
	text_rate(text, sizeof text, rate.per_s);
	if (rate.known)
		pane_right(number, 0, rate.per_s > 0 ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(number);
	pane_fit(pane, VIEW_COUNT_WIDTH, 0, STYLE_DIM, name);
}

static bool count_goroutines(const struct snapshot *s, int64_t *count)
{
	return fields_get(&s->runtime, RUNTIME_GOROUTINES, count) ||
	       fields_get(&s->sched, SCHED_GOROUTINES, count);
}

/* Of the number before, when it is notably older than the rest of the line. Returns where it ends.
 */
static int draw_waiting_age(struct pane pane, int x, const struct view_part *all)
{
	char age[32], text[64];
	view_age(age, sizeof age, all->age_ns);
	snprintf(text, sizeof text, "  waiting: %s ago", age);
	if (all->age_ns < WAITING_AGE_NS || x + canvas_text_width(pane.canvas, text) > pane.width)
		return x;
	return pane_text(pane, x, 0, STYLE_DIM, text);
}

static void draw_goroutines(struct pane pane, const struct view_data *data)
{
	struct view_part sched = view_part(data, PART_SCHED), runtime = view_part(data, PART_RUNTIME);
	struct view_part all = view_part(data, PART_GOROUTINES);
	bool prefer_runtime = runtime.s && (!sched.s || runtime.stale <= sched.stale);
	if (prefer_runtime && fields_has(&runtime.s->runtime, RUNTIME_GOROUTINES_WAITING))
		all.s = NULL; /* known better */
	struct line line = begin_line(pane, "Goroutines", prefer_runtime ? &runtime : &sched);
	struct count count[4];
	size_t n = goroutine_counts(sched.s, prefer_runtime ? runtime.s : NULL, all.s, count);
	int64_t total = 0;
	bool known = sched.s && fields_get(&sched.s->sched, SCHED_GOROUTINES, &total);
	if (prefer_runtime)
		known = fields_get(&runtime.s->runtime, RUNTIME_GOROUTINES, &total) || known;
	draw_counts(line.pane, known, total, count, n);
	int x = VIEW_COUNT_WIDTH + (int)n * COUNT_WIDTH;
	if (x + COUNT_WIDTH <= line.pane.width)
		draw_rate(pane_sub(line.pane, x, 0, COUNT_WIDTH, 1), created_rate(data->history), "/s new");
	x += COUNT_WIDTH;
	if (all.s && count[3].known)
		x = draw_waiting_age(line.pane, x, &all);
	draw_count_spark(&line, x, data, count_goroutines);
	end_line(&line);
}

static bool count_threads(const struct snapshot *s, int64_t *count)
{
	return fields_get(&s->os, OS_THREADS, count) || fields_get(&s->sched, SCHED_THREADS, count);
}

#define THREAD_COUNTS 8

static void draw_threads(struct pane pane, const struct view_data *data)
{
	struct view_part rows = view_part(data, PART_ROWS), os = view_part(data, PART_OS);
	struct view_part sched = view_part(data, PART_SCHED);
	struct line line = begin_line(pane, "Threads", rows.s ? &rows : os.s ? &os : &sched);
	struct thread_split t = {.known = false};
	if (rows.s)
		t = derive_threads(rows.s);
	int64_t kernel = 0;
	bool has_kernel = os.s && fields_get(&os.s->os, OS_THREADS, &kernel);
	int64_t total = t.known ? t.total : kernel;
	bool known = t.known || has_kernel;
	if (!known && sched.s)
		known = fields_get(&sched.s->sched, SCHED_THREADS, &total);
	const struct count count[THREAD_COUNTS] = {
		{"in Go", t.known, t.running},     {"cgo", t.known, t.cgo},
		{"syscall", t.known, t.syscall},   {"idle", t.known, t.idle},
		{"spinning", t.known, t.spinning}, {"locked", t.known, t.locked},
		{"other", t.known, t.other},       {"kernel", has_kernel, kernel},
	};
	draw_counts(line.pane, known, total, count, THREAD_COUNTS);
	draw_count_spark(&line, VIEW_COUNT_WIDTH + THREAD_COUNTS * COUNT_WIDTH, data, count_threads);
	end_line(&line);
}

int overview_threads_rows(int width)
{
	int columns = count_columns(width - 2 - LABEL_WIDTH);
	return columns > 0 ? (THREAD_COUNTS + columns - 1) / columns : 1;
}

/* --- distributions -------------------------------------------------------------------------- */

static void draw_percentile(struct pane pane, const char *name, const struct histogram *h, double q)
{
	char text[64];
	struct percentile p = histogram_percentile(h, q);
	int x = pane_text(pane, 0, 0, STYLE_DIM, name);
	struct pane value = pane_sub(pane, x + 1, 0, pane.width - x - 1, 1);
	if (!p.known) {
		view_unknown(value);
		return;
	}
	text_duration_range(text, sizeof text, p.lo_ns, p.hi_ns, pane.canvas->ascii);
	pane_right(value, 0, STYLE_TEXT, text);
}

/* Where a histogram was last read, as a part. */
static struct view_part histogram_part(const struct view_data *data, enum histogram_id id)
{
	const struct snapshot *newest = history_get(data->history, 0);
	struct view_part part = {newest, data->now_ns - newest->monotonic_ns, false};
	part.stale = data->state == TARGET_EXITED || view_is_stale(data, newest->monotonic_ns);
	if (newest->histogram_at[id].origin != ORIGIN_NONE) {
		part.age_ns = data->now_ns - newest->histogram_at[id].at_ns;
		part.stale = part.stale || view_is_stale(data, newest->histogram_at[id].at_ns);
	}
	return part;
}

static void draw_wait(struct pane pane, const struct view_data *data)
{
	struct view_part part = histogram_part(data, HISTOGRAM_SCHED_LATENCY);
	struct line line = begin_line(pane, "Wait to run", &part);
	struct slot slot[DISTRIBUTION_COUNT];
	share_distribution(slot, &line);
	struct histogram window = {0};
	derive_histogram(data->history, HISTOGRAM_SCHED_LATENCY, 10 * NS_PER_S, &window, NULL);
	pane_right(slot_pane(line.pane, &slot[WINDOW]), 0, STYLE_DIM, "10 s");
	draw_percentile(slot_pane(line.pane, &slot[P50]), "p50", &window, 0.5);
	draw_percentile(slot_pane(line.pane, &slot[P90]), "p90", &window, 0.9);
	draw_percentile(slot_pane(line.pane, &slot[P99]), "p99", &window, 0.99);
	draw_percentile(slot_pane(line.pane, &slot[LAST]), "max", &window, 1);
	draw_percentile_spark(slot_pane(line.pane, &slot[SPARK]), data, HISTOGRAM_SCHED_LATENCY, 0.99,
	                      STYLE_RUNNABLE);
	histogram_finish(&window);
	end_line(&line);
}

/* The share of the CPU time since a minute ago that goroutines spent helping the collector. */
static bool assist_ratio(const struct snapshot *before, const struct snapshot *now, double *ratio)
{
	int64_t assist, total;
	if (!fields_delta(&now->runtime, &before->runtime, RUNTIME_CPU_ASSIST_AT_GC_NS, &assist) ||
	    !fields_delta(&now->runtime, &before->runtime, RUNTIME_CPU_TOTAL_AT_GC_NS, &total) ||
	    total <= 0)
		return false;
	*ratio = (double)assist / (double)total;
	return true;
}

static void draw_assist(struct pane pane, const struct snapshot *before, const struct snapshot *now)
{
	char text[32];
	double ratio = 0;
	bool known = assist_ratio(before, now, &ratio);
	text_percent(text, sizeof text, ratio);
	int x = pane_text(pane, 0, 0, STYLE_DIM, "assist ");
	struct pane value = pane_sub(pane, x, 0, pane.width - x, 1);
	if (known)
		pane_right(value, 0, ratio > 0 ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(value);
}

static void draw_pauses(struct pane pane, const struct view_data *data)
{
	struct view_part part = histogram_part(data, HISTOGRAM_GC_PAUSE);
	struct line line = begin_line(pane, "GC pauses", &part);
	struct slot slot[DISTRIBUTION_COUNT];
	share_distribution(slot, &line);
	struct histogram window = {0};
	derive_histogram(data->history, HISTOGRAM_GC_PAUSE, 60 * NS_PER_S, &window, NULL);
	pane_right(slot_pane(line.pane, &slot[WINDOW]), 0, STYLE_DIM, "60 s");
	draw_percentile(slot_pane(line.pane, &slot[P50]), "p50", &window, 0.5);
	draw_percentile(slot_pane(line.pane, &slot[P90]), "p90", &window, 0.9);
	draw_percentile(slot_pane(line.pane, &slot[P99]), "p99", &window, 0.99);
	const struct snapshot *now = part.s;
	const struct snapshot *before = history_at(data->history, now->monotonic_ns - 60 * NS_PER_S);
	int64_t cycles = 0;
	bool known = fields_delta(&now->runtime, &before->runtime, RUNTIME_GC_CYCLES, &cycles);
	struct pane cell = slot_pane(line.pane, &slot[LAST]);
	char text[48];
	text_count(text, sizeof text, cycles);
	int name = cell.width - (int)sizeof "cycles" + 1;
	pane_text(cell, name, 0, STYLE_DIM, "cycles");
	cell = pane_sub(cell, 0, 0, name - 1, 1);
	if (known)
		pane_right(cell, 0, cycles ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(cell);
	if (slot[ASSIST].size)
		draw_assist(slot_pane(line.pane, &slot[ASSIST]), before, now);
	draw_percentile_spark(slot_pane(line.pane, &slot[SPARK]), data, HISTOGRAM_GC_PAUSE, 1,
	                      STYLE_GC);
	histogram_finish(&window);
	end_line(&line);
}

void overview_draw_line(struct pane pane, enum overview_line line, const struct view_data *data)
{
	static void (*const draw[OVERVIEW_LINE_COUNT])(struct pane, const struct view_data *) = {
		[OVERVIEW_CPU] = draw_cpu,         [OVERVIEW_GOROUTINES] = draw_goroutines,
		[OVERVIEW_THREADS] = draw_threads, [OVERVIEW_WAIT] = draw_wait,
		[OVERVIEW_PAUSES] = draw_pauses,
	};
	static const enum slug about[OVERVIEW_LINE_COUNT][3] = {
		[OVERVIEW_CPU] = {SLUG_GOMAXPROCS_MISMATCH, SLUG_CPU_SATURATION, SLUG_GC_PRESSURE},
		[OVERVIEW_GOROUTINES] = {SLUG_GOROUTINE_GROWTH, SLUG_CHANNEL_SEND_STUCK,
	                             SLUG_DEADLOCK_CYCLE},
		[OVERVIEW_THREADS] = {SLUG_THREAD_GROWTH, SLUG_THREAD_GROWTH, SLUG_THREAD_GROWTH},
		[OVERVIEW_WAIT] = {SLUG_CPU_SATURATION, SLUG_CPU_SATURATION, SLUG_CPU_SATURATION},
		[OVERVIEW_PAUSES] = {SLUG_STW_LONG, SLUG_GC_PRESSURE, SLUG_GC_PRESSURE},
	};
	draw[line](pane, data);
	mark_line(pane, data, about[line], 3);
}
