#include "tui/capture_panel.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define LEAD_NS     (2 * NS_PER_S)  /* to read the estimate, and to change one's mind */
#define BEFORE_NS   (10 * NS_PER_S) /* what counts as before */
#define LABEL_WIDTH 9
#define LINES_MAX   12
#define LINE_MAX    640

/* --- what it does ---------------------------------------------------------------------------- */

/* Who has no time to spare is asked first. */
static void estimate(struct capture_panel *p, const struct capture_panel_env *env)
{
	const struct capture_state *last = p->last_trace.phase == CAPTURE_DONE ? &p->last_trace : NULL;
	p->cost = derive_trace_cost(env->history, p->duration_ns, last, &p->last_during);
	if (p->cost.saturated)
		p->begin_ns = INT64_MAX;
}

static void propose(struct capture_panel *p, const struct capture_panel_env *env)
{
	p->stage = PANEL_PROPOSED;
	p->kind = CAPTURE_KIND_TRACE;
	p->begin_ns = env->now_ns + LEAD_NS;
	estimate(p, env);
}

static const enum capture_kind kind_of[] = {
	[ORDER_CAPTURE] = CAPTURE_KIND_TRACE,
	[ORDER_FLIGHT] = CAPTURE_KIND_FLIGHT,
	[ORDER_SAMPLE] = CAPTURE_KIND_SAMPLED,
};

static void begin(struct capture_panel *p, const struct capture_panel_env *env,
                  enum order_kind order)
{
	bool flight = order == ORDER_FLIGHT;
	p->stage = PANEL_ORDERED;
	p->kind = kind_of[order];
	p->cancelling = false;
	p->capture = (struct capture_state){
		.phase = CAPTURE_ASKING,
		.kind = p->kind,
		.duration_ns = flight ? 0 : p->duration_ns,
	};
	p->before = p->during = (struct throughput){.known = false};
	/* What the session still says of the capture before is not this one's. */
	session_tell_capture(env->session, &p->capture);
	session_order(env->session, order, p->capture.duration_ns);
}

static void cancel(struct capture_panel *p, const struct capture_panel_env *env)
{
	p->cancelling = true;
	session_order(env->session, ORDER_CANCEL, 0);
}

void capture_panel_press(struct capture_panel *p, const struct capture_panel_env *env,
                         int64_t duration_ns)
{
	p->duration_ns = duration_ns;
	if (p->stage == PANEL_PROPOSED)
		p->stage = PANEL_CLOSED;
	else if (p->stage == PANEL_ORDERED)
		cancel(p, env);
	else
		propose(p, env);
}

bool capture_panel_press_flight(struct capture_panel *p, const struct capture_panel_env *env)
{
	if (p->stage == PANEL_ORDERED && p->kind != CAPTURE_KIND_FLIGHT)
		return false;
	if (p->stage == PANEL_ORDERED) {
		cancel(p, env);
		return true;
	}
	begin(p, env, ORDER_FLIGHT);
	return true;
}

bool capture_panel_offers(const struct capture_panel *p)
{
	return p->can_open && p->stage == PANEL_ENDED && p->capture.phase == CAPTURE_DONE;
}

/* Nobody can trace the program, but it can be looked at. */
static bool offers_samples(const struct capture_panel *p)
{
	return p->stage == PANEL_ENDED && p->capture.phase == CAPTURE_FAILED && p->capture.can_sample;
}

bool capture_panel_enter(struct capture_panel *p, const struct capture_panel_env *env)
{
	if (p->stage == PANEL_PROPOSED)
		begin(p, env, ORDER_CAPTURE);
	else if (offers_samples(p))
		begin(p, env, ORDER_SAMPLE);
	else if (p->stage == PANEL_ENDED)
		p->stage = PANEL_CLOSED;
	else
		return false;
	return true;
}

bool capture_panel_escape(struct capture_panel *p, const struct capture_panel_env *env)
{
	if (p->stage == PANEL_CLOSED)
		return false;
	if (p->stage == PANEL_ORDERED)
		cancel(p, env);
	else
		p->stage = PANEL_CLOSED;
	return true;
}

/* The snapshots of the capture's time go on coming in for a moment after it has ended. */
static void measure(struct capture_panel *p, const struct history *h)
{
	const struct capture_state *c = &p->capture;
	if (!c->started_ns)
		return;
	if (!p->before.known)
		p->before = derive_throughput(h, c->started_ns - BEFORE_NS, c->started_ns);
	struct throughput during =
		derive_throughput(h, c->started_ns, c->ended_ns ? c->ended_ns : INT64_MAX);
	if (during.known)
		p->during = during;
	if (c->phase == CAPTURE_DONE)
		p->last = *c;
	if (c->phase == CAPTURE_DONE && c->kind == CAPTURE_KIND_TRACE) {
		p->last_trace = *c;
		p->last_during = p->during;
	}
}

bool capture_panel_update(struct capture_panel *p, const struct capture_panel_env *env)
{
	if (p->stage == PANEL_CLOSED)
		return false;
	/* What was not known when the key was pressed may be now; what was stands still. */
	if (p->stage == PANEL_PROPOSED && p->cost.basis == TRACE_BASIS_NONE)
		estimate(p, env);
	if (p->stage == PANEL_PROPOSED && env->now_ns >= p->begin_ns)
		begin(p, env, ORDER_CAPTURE);
	if (p->stage >= PANEL_ORDERED) {
		p->capture = session_capture(env->session);
		if (p->capture.phase >= CAPTURE_DONE)
			p->stage = PANEL_ENDED;
		measure(p, env->history);
	}
	return true;
}

/* --- what it says ---------------------------------------------------------------------------- */

/* Lines with a label and a text, one below the other. */
struct sheet {
	struct {
		const char *label; /* "" goes on with the line above */
		enum style style;
		char text[LINE_MAX];
	} line[LINES_MAX];
	int n;
	bool ascii;
	char title[96], keys[96];
	char key[KEY_NAME_MAX]; /* that takes one of this kind */
};

__attribute__((format(printf, 4, 5))) static void add(struct sheet *s, const char *label,
                                                      enum style style, const char *format, ...)
{
	if (s->n == LINES_MAX)
		return;
	va_list args;
	va_start(args, format);
	s->line[s->n].label = label;
	s->line[s->n].style = style;
	vsnprintf(s->line[s->n++].text, LINE_MAX, format, args);
	va_end(args);
}

/* "12–61 MiB", "12 MiB or more" */
static void bytes_range(const struct sheet *s, char *to, size_t size, double lo, double hi)
{
	char from[24], end[24];
	text_bytes(from, sizeof from, (int64_t)lo);
	if (!isfinite(hi)) {
		snprintf(to, size, "%s or more", from);
		return;
	}
	text_bytes(end, sizeof end, (int64_t)hi);
	/* One unit is enough when it is the same. */
	char *from_unit = strchr(from, ' ');
	const char *end_unit = strchr(end, ' ');
	if (from_unit && end_unit && strcmp(from_unit, end_unit) == 0)
		*from_unit = '\0';
	snprintf(to, size, "%s%s%s", from, s->ascii ? "-" : "\u2013", end);
}

static void throughput_text(const struct sheet *s, char *to, size_t size,
                            const struct throughput *t)
{
	char rate[24];
	text_rate(rate, sizeof rate, t->per_s);
	if (t->known)
		snprintf(to, size, "%s %s/s", rate,
		         t->unit == THROUGHPUT_STARTS ? "goroutine starts" : "sched ticks");
	else
		snprintf(to, size, "%s", s->ascii ? "-" : "\u2013");
}

/* What an estimate of bytes rests on. */
static const char *const bases[] = {
	[TRACE_BASIS_NONE] = "how busy it is is not known",
	[TRACE_BASIS_LAST] = "from the last trace and ",
	[TRACE_BASIS_STARTS] = "from ",
	[TRACE_BASIS_TICKS] = "from ",
};

static void say_cost(struct sheet *s, const struct trace_cost *cost)
{
	char range[64], now[64], lo[16], hi[16], idle[16];
	throughput_text(s, now, sizeof now, &cost->now);
	if (cost->basis == TRACE_BASIS_NONE) {
		add(s, "Size", STYLE_TEXT, "unknown: %s", bases[cost->basis]);
	} else {
		bytes_range(s, range, sizeof range, cost->bytes_lo, cost->bytes_hi);
		add(s, "Size", STYLE_TEXT, "%s, %s%s", range, bases[cost->basis], now);
		text_percent(lo, sizeof lo, cost->cpu_lo);
		text_percent(hi, sizeof hi, cost->cpu_hi);
		if (cost->cpu_hi < 0.001)
			add(s, "Cost", STYLE_TEXT, "less than 0.1 %% of one CPU while it runs");
		else if (isfinite(cost->cpu_hi) && cost->cpu_lo < 0.0005)
			add(s, "Cost", STYLE_TEXT, "at most %s of one CPU while it runs", hi);
		else if (isfinite(cost->cpu_hi))
			add(s, "Cost", STYLE_TEXT, "%s to %s of one CPU while it runs", lo, hi);
		else
			add(s, "Cost", STYLE_TEXT, "%s of one CPU or more while it runs", lo);
	}
	text_percent(idle, sizeof idle, cost->idle_ratio);
	if (cost->saturated)
		add(s, "Warning", STYLE_WARNING,
		    "saturated, only %s idle: what the trace takes, work loses", idle);
	else if (cost->idle_known)
		add(s, "Room", STYLE_TEXT, "%s of its CPUs are idle", idle);
}

/* Whole seconds, rounded up: it counts on the screen. */
static int seconds_left(int64_t left_ns)
{
	return left_ns > 0 ? (int)((left_ns + NS_PER_S - 1) / NS_PER_S) : 0;
}

static void say_proposal(struct sheet *s, const struct capture_panel *p, int64_t now_ns)
{
	int seconds = (int)(p->duration_ns / NS_PER_S);
	if (p->begin_ns == INT64_MAX) {
		snprintf(s->title, sizeof s->title, "Take a trace of %d s?", seconds);
		snprintf(s->keys, sizeof s->keys, "Enter takes it, %s does not", s->key);
	} else {
		snprintf(s->title, sizeof s->title, "A trace of %d s begins in %d s", seconds,
		         seconds_left(p->begin_ns - now_ns));
		snprintf(s->keys, sizeof s->keys, "Enter begins now, %s cancels", s->key);
	}
	say_cost(s, &p->cost);
}

static const char *const asking_titles[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "Asking for a trace",
	[CAPTURE_KIND_FLIGHT] = "Asking the agent for what has been",
	[CAPTURE_KIND_GOROUTINES] = "Asking for its goroutines",
	[CAPTURE_KIND_SAMPLED] = "Looking for what is to be sampled",
};

static void say_progress(struct sheet *s, const struct capture_panel *p, int64_t now_ns)
{
	const struct capture_state *c = &p->capture;
	char bytes[24], rate[64];
	bool flight = p->kind == CAPTURE_KIND_FLIGHT;
	int left = flight ? 0 : seconds_left(c->started_ns + c->duration_ns - now_ns);
	if (p->cancelling)
		snprintf(s->keys, sizeof s->keys, "cancelling");
	else
		snprintf(s->keys, sizeof s->keys, "%s cancels", s->key);
	if (c->phase == CAPTURE_SAVING)
		snprintf(s->title, sizeof s->title, "Saving the trace");
	else if (c->phase == CAPTURE_ASKING)
		snprintf(s->title, sizeof s->title, "%s", asking_titles[p->kind]);
	else if (left > 0 && c->kind == CAPTURE_KIND_SAMPLED)
		snprintf(s->title, sizeof s->title, "Sampling its memory, %d s left", left);
	else if (left > 0)
		snprintf(s->title, sizeof s->title, "Tracing, %d s left", left);
	else
		snprintf(s->title, sizeof s->title, "Reading %s",
		         flight ? "what has been" : "the rest of the trace");
	text_bytes(bytes, sizeof bytes, (int64_t)c->bytes);
	add(s, "Size", STYLE_TEXT, "%s so far", bytes);
	if (flight)
		return;
	throughput_text(s, rate, sizeof rate, &p->before);
	add(s, "Before", STYLE_TEXT, "%s", rate);
	throughput_text(s, rate, sizeof rate, &p->during);
	add(s, "During", STYLE_TEXT, "%s", rate);
}

static void say_note(struct sheet *s, const struct capture_state *c, enum style style)
{
	if (c->note[0])
		add(s, "Note", style, "%s", c->note);
}

/* The program was traced before and after, so there is no cost to be told. */
static void say_flight(struct sheet *s, const struct capture_state *c)
{
	char reach[24];
	text_duration(reach, sizeof reach, (double)c->reach_ns, s->ascii);
	if (c->reach_ns > 0)
		add(s, "Reach", STYLE_TEXT, "%s back from when it was asked for", reach);
	else
		add(s, "Reach", STYLE_TEXT, "unknown: its batches have no times that fit together");
}

static const char *const done_titles[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "A trace was taken",
	[CAPTURE_KIND_FLIGHT] = "What has been was written down",
	[CAPTURE_KIND_GOROUTINES] = "The goroutines were written down",
	[CAPTURE_KIND_SAMPLED] = "A sampled trace was taken",
};

static void say_done(struct sheet *s, const struct capture_panel *p)
{
	const struct capture_state *c = &p->capture;
	char bytes[24], rate[64], change[32] = "";
	snprintf(s->title, sizeof s->title, "%s", done_titles[c->kind]);
	text_bytes(bytes, sizeof bytes, (int64_t)c->bytes);
	add(s, "File", STYLE_STRONG, "%s", c->path);
	add(s, "Size", STYLE_TEXT, "%s, for Go %s and newer%s", bytes,
	    strncmp(c->go_version, "go", 2) == 0 ? c->go_version + 2 : c->go_version,
	    c->shortened ? "; shorter than asked, the agent's limit of bytes was near" : "");
	if (c->kind == CAPTURE_KIND_FLIGHT) {
		say_flight(s, c);
		say_note(s, c, STYLE_TEXT);
		return;
	}
	throughput_text(s, rate, sizeof rate, &p->before);
	add(s, "Before", STYLE_TEXT, "%s", rate);
	throughput_text(s, rate, sizeof rate, &p->during);
	if (p->before.known && p->during.known && p->before.unit == p->during.unit &&
	    p->before.per_s > 0) {
		double ratio = p->during.per_s / p->before.per_s - 1;
		char percent[16];
		text_percent(percent, sizeof percent, fabs(ratio));
		snprintf(change, sizeof change, ", %s%s", ratio < 0 ? "-" : "+", percent);
	}
	add(s, "During", STYLE_TEXT, "%s%s", rate, change);
	say_note(s, c, STYLE_WARNING);
}

static void say_end(struct sheet *s, const struct capture_panel *p)
{
	bool flight = p->kind == CAPTURE_KIND_FLIGHT;
	snprintf(s->keys, sizeof s->keys, "%sEsc closes, %s takes another",
	         capture_panel_offers(p) ? "Enter opens it, "
	         : offers_samples(p)     ? "Enter samples, "
	                                 : "",
	         s->key);
	if (p->capture.phase == CAPTURE_DONE) {
		say_done(s, p);
	} else if (p->capture.phase == CAPTURE_CANCELLED) {
		snprintf(s->title, sizeof s->title, "%s was cancelled",
		         flight ? "The flight recording" : "The trace");
		add(s, "File", STYLE_TEXT, "none: nothing was kept");
	} else {
		snprintf(s->title, sizeof s->title, "%s",
		         flight ? "What has been can't be had" : "No trace was taken");
		add(s, "Why", STYLE_WARNING, "%s", p->capture.text);
		add(s, "File", STYLE_TEXT, "none: nothing was kept");
		if (offers_samples(p))
			add(s, "Instead", STYLE_TEXT,
			    "Enter puts a trace together from looks at its memory, 1000 a second for %d s: "
			    "what there is and for how long, not the order of what happens between two looks",
			    (int)(p->duration_ns / NS_PER_S));
	}
}

/* --- drawing --------------------------------------------------------------------------------- */

static int draw_rule(struct pane line, int from, int to, bool ascii)
{
	for (int x = from; x < to; x++)
		pane_glyph(line, x, 0, STYLE_DIM, ascii ? '-' : 0x2500);
	return to;
}

/* A ruled line with the title in it, and the keys at its end where there is room. */
static void draw_title(struct pane line, const struct sheet *s)
{
	int x = draw_rule(line, 0, 2, s->ascii);
	x = pane_fit(line, x + 1, 0, STYLE_STRONG, s->title) + 1;
	int keys = line.width - canvas_text_width(line.canvas, s->keys) - 3;
	if (keys >= x + 3) {
		draw_rule(line, x, keys - 1, s->ascii);
		x = pane_text(line, keys, 0, STYLE_DIM, s->keys) + 1;
	}
	draw_rule(line, x, line.width, s->ascii);
}

static int line_rows(struct pane page, const struct sheet *s, int i)
{
	int width = page.width - 2 - LABEL_WIDTH;
	if (width <= 0)
		return 1;
	int rows = pane_wrap(pane_sub(page, 0, 0, width, 0), STYLE_TEXT, s->line[i].text);
	return rows > 1 ? rows : 1;
}

void capture_panel_draw(struct pane page, const struct capture_panel *p, int64_t now_ns,
                        const struct keymap *keys, enum context context)
{
	if (p->stage == PANEL_CLOSED)
		return;
	struct sheet s = {.ascii = page.canvas->ascii};
	keymap_way(s.key, sizeof s.key, keys,
	           p->kind == CAPTURE_KIND_FLIGHT ? COMMAND_FLIGHT : COMMAND_CAPTURE, context, s.ascii);
	if (p->stage == PANEL_PROPOSED)
		say_proposal(&s, p, now_ns);
	else if (p->stage == PANEL_ORDERED)
		say_progress(&s, p, now_ns);
	else
		say_end(&s, p);
	/* Where the title has no room for the keys, they stand below. */
	if (canvas_text_width(page.canvas, s.title) + canvas_text_width(page.canvas, s.keys) + 10 >
	    page.width)
		add(&s, "Keys", STYLE_DIM, "%s", s.keys);
	int rows = 1;
	for (int i = 0; i < s.n; i++)
		rows += line_rows(page, &s, i);
	if (rows > page.height)
		rows = page.height;
	struct pane panel = pane_sub(page, 0, page.height - rows, page.width, rows);
	pane_clear(panel);
	draw_title(pane_row(panel, 0), &s);
	for (int i = 0, y = 1; i < s.n; i++) {
		int height = line_rows(page, &s, i);
		pane_text(pane_sub(panel, 1, y, LABEL_WIDTH, 1), 0, 0, STYLE_LABEL, s.line[i].label);
		struct pane text =
			pane_sub(panel, 1 + LABEL_WIDTH, y, panel.width - 2 - LABEL_WIDTH, height);
		pane_wrap(text, s.line[i].style, s.line[i].text);
		y += height;
	}
}
