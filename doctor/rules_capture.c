/* What is wrong with the taking of the trace: its writer is held up, or a flight recorder's window
   is shorter than what it was to show. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "doctor/situations.h"
#include "doctor/tally.h"
#include "doctor/trace_doctor.h"
#include "trace/tables.h"
#include "util/clock.h"
#include "util/text.h"

enum { SITES = 3, KNOWN_TASKS = 1 << 16, EARLIER_TASKS = 1 << 10 };

/* Waits of the writer that are shorter are what every file and every pipe has. */
#define LEAST_WAIT_NS NS_PER_MS

/* A task that is spoken of, and whose beginning the trace doesn't hold. */
struct earlier_task {
	uint64_t id, goroutine; /* the last that spoke of it */
	uint32_t type;          /* name; NAME_NONE: unknown */
	int64_t last_ns;        /* when it was last spoken of, or ended */
	bool ended;
};

struct capture_rules {
	struct situations *situations;
	struct tally writer; /* by stack: how the writer of the trace was held up */
	int64_t blocked_ns;
	bool started_here;  /* the trace holds the stop by which tracing begins */
	struct idmap begun; /* tasks whose beginning was seen, while they are open */
	uint64_t ended;     /* of those */
	bool overflow;      /* not all tasks that are open were kept: which are earlier is unknown */
	struct earlier_task *earlier;
	size_t earliers, earlier_capacity;
	struct idmap earlier_of;
};

/* --- while the trace is read ----------------------------------------------------------------- */

/* The goroutine that reads the trace waits in its own function until there is more of it; what it
   calls from there is the writing. */
static bool is_writing(struct capture_rules *r, const struct witness *w, const struct spell *spell)
{
	return situation_of(r->situations, spell->stack) == SITUATION_TRACE_WRITER &&
	       w->stacks->stack[spell->stack - 1].frames > 1;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct capture_rules *r = self;
	if (!is_writing(r, w, spell))
		return true;
	add_ns(&r->blocked_ns, spell->ns);
	return tally_add(&r->writer, spell->reason, spell->stack, spell->begin_ns, spell->ns,
	                 w->slot[slot].id);
}

static struct earlier_task *earlier(struct capture_rules *r, uint64_t id)
{
	uint32_t known = idmap_get(&r->earlier_of, id);
	if (known != IDMAP_NONE)
		return &r->earlier[known];
	if (!wire_grow(&r->earlier, &r->earlier_capacity, r->earliers, sizeof *r->earlier) ||
	    !idmap_put(&r->earlier_of, id, (uint32_t)r->earliers))
		return NULL;
	r->earlier[r->earliers] = (struct earlier_task){.id = id};
	return &r->earlier[r->earliers++];
}

/* Something is said of a task that is not known to have begun. */
static bool note_earlier(struct capture_rules *r, const struct witness *w,
                         const struct trace_event *e)
{
	if (r->earliers >= EARLIER_TASKS && idmap_get(&r->earlier_of, e->arg[0]) == IDMAP_NONE)
		return true;
	struct earlier_task *task = earlier(r, e->arg[0]);
	if (!task)
		return false;
	task->last_ns = e->at_ns;
	if (e->g != TRACE_NONE)
		task->goroutine = w->slot[e->g].id;
	if (e->type == EV_USER_TASK_END) {
		task->ended = true;
		task->type = e->name;
	}
	return true;
}

static bool note_task(struct capture_rules *r, const struct witness *w, const struct trace_event *e)
{
	uint64_t id = e->arg[0];
	bool is_known = idmap_get(&r->begun, id) != IDMAP_NONE;
	if (id == 0 || id == UINT64_MAX) /* regions and logs of no task */
		return true;
	if (e->type == EV_USER_TASK_BEGIN) {
		r->overflow |= r->begun.n >= KNOWN_TASKS;
		return is_known || r->overflow || idmap_put(&r->begun, id, 0);
	}
	if (!is_known)
		return r->overflow || note_earlier(r, w, e);
	if (e->type == EV_USER_TASK_END) {
		idmap_remove(&r->begun, id);
		r->ended++;
	}
	return true;
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct capture_rules *r = self;
	(void)block;
	if (e->type != EV_STW_BEGIN)
		return note_task(r, w, e);
	r->started_here |= strcmp(names_text(w->names, e->name), "start trace") == 0;
	return true;
}

static void on_restart(void *self, int64_t time_ns)
{
	struct capture_rules *r = self;
	(void)time_ns;
	tally_finish(&r->writer);
	r->blocked_ns = 0;
}

static void *create(const struct doctor *doctor)
{
	struct capture_rules *r = calloc(1, sizeof *r);
	if (r)
		r->situations = doctor->situations;
	return r;
}

static void destroy(void *self)
{
	struct capture_rules *r = self;
	tally_finish(&r->writer);
	idmap_finish(&r->begun);
	idmap_finish(&r->earlier_of);
	free(r->earlier);
	free(r);
}

/* --- trace-io-slow --------------------------------------------------------------------------- */

static void find_slow_writer(struct capture_rules *r, const struct doctor *doctor,
                             struct findings *out)
{
	const struct analysis *a = doctor->analysis;
	const struct witness *w = doctor->witness;
	char site[EVIDENCE_SITE_TEXT], time[32], share[16];
	double wall_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	double part = wall_ns > 0 ? (double)r->blocked_ns / wall_ns : 0;
	if (part < limit(doctor->limits, LIMIT_TRACE_IO_BLOCKED) ||
	    (double)r->blocked_ns < limit(doctor->limits, LIMIT_TRACE_IO_LEAST))
		return;
	struct finding *f = findings_add(out, SLUG_TRACE_IO_SLOW, SEVERITY_WARNING, part);
	text_duration(time, sizeof time, (double)r->blocked_ns, false);
	text_percent(share, sizeof share, part);
	finding_say(f,
	            "The goroutine that writes the trace down is held up for %s, %s of the time, while "
	            "what is traced piles up in the program's memory.",
	            time, share);
	finding_measure(f, "blocked", UNIT_NS, (double)r->blocked_ns);
	finding_measure(f, "blocked", UNIT_RATIO, part);
	tally_sort(&r->writer);
	for (size_t i = 0; i < r->writer.rows && i < SITES; i++) {
		const struct tally_row *row = &r->writer.row[i];
		evidence_site(site, &a->stacks, &a->names, row->where);
		text_duration(time, sizeof time, (double)row->total_ns, false);
		struct evidence *e =
			finding_show(f, EVIDENCE_SITE, "held up %" PRIu64 " %s, %s in all, in %s", row->count,
		                 row->count == 1 ? "time" : "times", time, site);
		int64_t at_ns = witness_since_begin(w, row->longest_at_ns);
		evidence_goroutine(e, row->longest_goroutine);
		evidence_span(e, at_ns, at_ns + row->longest_ns);
		evidence_stack(e, &a->stacks, &a->names, row->where);
	}
}

/* --- flight-window-short --------------------------------------------------------------------- */

/* A trace that is begun by trace.Start holds the stop of the world for that. What has none was cut
   out of a longer recording. Of a part, or where the beginning was lost, nobody can tell. */
static bool is_window(const struct capture_rules *r, const struct analysis *a)
{
	return a->summary.version >= 22 && !r->started_here && a->options.from_ns <= 0 &&
	       a->summary.gaps == 0 && !r->overflow;
}

/* What goes on for ever, as a task of a whole program does, is longer than any window. But who runs
   when the window ends may be who had it written. */
static bool is_proved(const struct earlier_task *task, const struct witness *w)
{
	bool at_work = false;
	for (size_t i = 0; i < w->slots && !at_work; i++)
		at_work = w->slot[i].id == task->goroutine && w->slot[i].at_end == GO_RUNNING;
	return task->ended || at_work;
}

/* The longest of those that fill so much of the window, and one that proves something before one
   that doesn't. */
static const struct earlier_task *filling(const struct capture_rules *r, const struct witness *w,
                                          double least_ns)
{
	const struct earlier_task *found = NULL;
	for (size_t i = 0; i < r->earliers; i++) {
		const struct earlier_task *task = &r->earlier[i];
		if ((double)elapsed_ns(w->first_ns, task->last_ns) < least_ns)
			continue;
		if (!found || (is_proved(task, w) && !is_proved(found, w)) ||
		    (is_proved(task, w) == is_proved(found, w) && task->last_ns > found->last_ns))
			found = task;
	}
	return found;
}

static void show_earlier(struct finding *f, const struct earlier_task *task,
                         const struct doctor *doctor)
{
	const struct witness *w = doctor->witness;
	char least[32], type[EVIDENCE_SITE_TEXT];
	text_duration(least, sizeof least, (double)elapsed_ns(w->first_ns, task->last_ns), false);
	snprintf(type, sizeof type, "%.200s", names_text(&doctor->analysis->names, task->type));
	struct evidence *e =
		finding_show(f, EVIDENCE_TASK,
	                 "task %" PRIu64 "%s%s%s began before the window and %s %s into it", task->id,
	                 *type ? " \"" : "", type, *type ? "\"" : "",
	                 task->ended ? "ended" : "was at work until", least);
	evidence_task(e, task->id);
	evidence_goroutine(e, task->goroutine);
	evidence_span(e, 0, witness_since_begin(w, task->last_ns));
}

static void find_short_window(struct capture_rules *r, const struct doctor *doctor,
                              struct findings *out)
{
	const struct witness *w = doctor->witness;
	double wall_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	const struct earlier_task *task =
		filling(r, w, wall_ns * limit(doctor->limits, LIMIT_FLIGHT_SHARE));
	char window[32];
	if (!is_window(r, doctor->analysis) || !task || wall_ns <= 0)
		return;
	double part = (double)elapsed_ns(w->first_ns, task->last_ns) / wall_ns;
	struct finding *f = findings_add(out, SLUG_FLIGHT_WINDOW_SHORT,
	                                 is_proved(task, w) ? SEVERITY_WARNING : SEVERITY_INFO, part);
	text_duration(window, sizeof window, wall_ns, false);
	finding_say(f,
	            "The trace is what a recorder kept of the last %s, and work that it was to show "
	            "takes longer: %" PRIu64 " %s begun before, of %" PRIu64 " in it.",
	            window, (uint64_t)r->earliers, r->earliers == 1 ? "task had" : "tasks had",
	            (uint64_t)r->earliers + r->ended + r->begun.n);
	finding_measure(f, "window", UNIT_NS, wall_ns);
	finding_measure(f, "longest_at_least", UNIT_NS, (double)elapsed_ns(w->first_ns, task->last_ns));
	finding_measure(f, "tasks_begun_earlier", UNIT_COUNT, (double)r->earliers);
	finding_measure(f, "tasks_ended", UNIT_COUNT, (double)r->ended);
	show_earlier(f, task, doctor);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	find_slow_writer(self, doctor, findings);
	find_short_window(self, doctor, findings);
	return true;
}

const struct trace_family rules_capture = {
	.name = "capture",
	.least_ns = {[SPELL_SYSCALL] = LEAST_WAIT_NS,
                 [SPELL_LOCK] = LEAST_WAIT_NS,
                 [SPELL_COND] = LEAST_WAIT_NS,
                 [SPELL_SEND] = LEAST_WAIT_NS,
                 [SPELL_RECEIVE] = LEAST_WAIT_NS,
                 [SPELL_SELECT] = LEAST_WAIT_NS,
                 [SPELL_NETWORK] = LEAST_WAIT_NS,
                 [SPELL_SLEEP] = LEAST_WAIT_NS,
                 [SPELL_WAIT] = LEAST_WAIT_NS},
	.who = WHO(ROLE_TRACER),
	.events = EV_BIT(EV_STW_BEGIN) | EV_BIT(EV_USER_TASK_BEGIN) | EV_BIT(EV_USER_TASK_END) |
              EV_BIT(EV_USER_REGION_BEGIN) | EV_BIT(EV_USER_REGION_END) | EV_BIT(EV_USER_LOG),
	.create = create,
	.spell = on_spell,
	.event = on_event,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
