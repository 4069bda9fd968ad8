/* Tasks that are nothing, that are used when they are over, and that nobody ends. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/annotations.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/text.h"

void note_tasks_finish(struct note_tasks *t)
{
	free(t->kind);
	free(t->open);
	free(t->ended);
	idmap_finish(&t->kind_of);
	idmap_finish(&t->open_of);
	idmap_finish(&t->ended_of);
}

/* --- following them -------------------------------------------------------------------------- */

/* Index; TRACE_NONE: no memory, or no room. */
static uint32_t kind_of(struct note_tasks *t, uint32_t name)
{
	uint32_t i = idmap_get(&t->kind_of, name);
	if (i != IDMAP_NONE)
		return i;
	if (t->kinds == NOTES_KINDS ||
	    !wire_grow(&t->kind, &t->kind_capacity, t->kinds, sizeof *t->kind) ||
	    !idmap_put(&t->kind_of, name, (uint32_t)t->kinds))
		return TRACE_NONE;
	t->kind[t->kinds] = (struct task_kind){.name = name};
	return (uint32_t)t->kinds++;
}

struct open_note *note_open_task(struct notes *notes, uint64_t id)
{
	struct note_tasks *t = &notes->tasks;
	if (id != t->last_id) { /* what is said of one task is mostly said of it again */
		uint32_t i = id ? idmap_get(&t->open_of, id) : IDMAP_NONE;
		t->last_id = id;
		t->last = i == IDMAP_NONE ? 0 : i + 1;
	}
	return t->last ? &t->open[t->last - 1] : NULL;
}

/* NULL: no memory, or no room. */
static struct open_note *take(struct note_tasks *t, uint64_t id)
{
	uint32_t i = t->open ? t->free_open : 0;
	if (i) {
		t->free_open = t->open[i - 1].next_free;
	} else {
		if (t->opens == NOTES_TASKS ||
		    !wire_grow(&t->open, &t->open_capacity, t->opens, sizeof *t->open))
			return NULL;
		i = (uint32_t)++t->opens;
	}
	t->open[i - 1] = (struct open_note){.id = id};
	t->last_id = 0;
	t->last = 0;
	return idmap_put(&t->open_of, id, i - 1) ? &t->open[i - 1] : NULL;
}

static void give(struct note_tasks *t, struct open_note *open)
{
	idmap_remove(&t->open_of, open->id);
	t->last_id = 0;
	t->last = 0;
	open->id = 0;
	open->next_free = t->free_open;
	t->free_open = (uint32_t)(open - t->open) + 1;
}

/* Who begins another task of the same kind has nothing more to do with the last one. */
static void leave_own(struct notes *notes, uint32_t slot, uint32_t kind)
{
	for (unsigned i = 0; i < NOTES_OWN; i++) {
		struct open_note *open = note_open_task(notes, notes->slot[slot].own[i]);
		if (open && (kind == TRACE_NONE || open->kind == kind))
			open->left = true;
	}
}

void note_task_death(struct notes *notes, uint32_t slot)
{
	leave_own(notes, slot, TRACE_NONE);
}

static void add_part(struct open_note *open, int64_t at_ns)
{
	open->parts++;
	open->last_part_ns = at_ns;
}

bool note_task_begin(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_tasks *t = &notes->tasks;
	struct note_goroutine *g = &notes->slot[e->g];
	uint64_t id = e->arg[0];
	struct open_note *parent = note_open_task(notes, e->arg[1]);
	if (parent)
		add_part(parent, e->at_ns);
	if (id == 0 || note_open_task(notes, id)) /* IDs are not given twice */
		return true;
	uint32_t kind = kind_of(t, e->name);
	struct open_note *open = kind == TRACE_NONE ? NULL : take(t, id);
	if (!open)
		return true;
	leave_own(notes, e->g, kind);
	open->creator = w->slot[e->g].id;
	open->begin_ns = e->at_ns;
	open->last_part_ns = e->at_ns;
	open->kind = kind;
	open->stack = (uint32_t)e->arg[2];
	t->kind[kind].begun++;
	g->own[g->next_own++ % NOTES_OWN] = id;
	return true;
}

static struct note_case case_of(const struct witness *w, const struct trace_event *e)
{
	return (struct note_case){.begin_ns = e->at_ns,
	                          .end_ns = INT64_MIN,
	                          .goroutine = w->slot[e->g].id,
	                          .task = e->arg[0],
	                          .stack = (uint32_t)e->arg[2]};
}

static bool remember(struct note_tasks *t, const struct open_note *open, bool empty)
{
	struct ended_note *ended = &t->ended[t->next_ended++ % NOTES_ENDED];
	if (ended->id)
		idmap_remove(&t->ended_of, ended->id);
	*ended = (struct ended_note){.id = open->id,
	                             .creator = open->creator,
	                             .kind = open->kind,
	                             .empty = empty};
	return idmap_put(&t->ended_of, open->id, (uint32_t)(ended - t->ended));
}

static bool end_open(struct notes *notes, const struct witness *w, const struct trace_event *e,
                     struct open_note *open)
{
	struct note_tasks *t = &notes->tasks;
	struct task_kind *kind = &t->kind[open->kind];
	int64_t ns = elapsed_ns(open->begin_ns, e->at_ns);
	bool empty =
		open->parts == 0 && (double)ns < limit(notes->doctor->limits, LIMIT_EMPTY_DURATION);
	kind->ended++;
	if (ns > kind->longest_ns)
		kind->longest_ns = ns;
	if (empty) {
		note_count_add(&kind->empty, &(struct note_case){.begin_ns = open->begin_ns,
		                                                 .end_ns = e->at_ns,
		                                                 .goroutine = open->creator,
		                                                 .task = open->id,
		                                                 .stack = open->stack});
		add_ns(&kind->empty_ns, ns);
	}
	if (w->slot[e->g].id == open->creator)
		note_context_task_end(notes, open);
	bool ok = remember(t, open, empty);
	give(t, open);
	return ok;
}

bool note_task_end(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_tasks *t = &notes->tasks;
	struct open_note *open = note_open_task(notes, e->arg[0]);
	if (open)
		return end_open(notes, w, e, open);
	uint32_t i = idmap_get(&t->ended_of, e->arg[0]);
	if (i == IDMAP_NONE) {
		t->unknown_ends++;
		return true;
	}
	struct note_case again = case_of(w, e);
	note_count_add(&t->kind[t->ended[i].kind].again, &again);
	return again.stack != STACK_ERROR;
}

bool note_task_part(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_tasks *t = &notes->tasks;
	struct open_note *open = note_open_task(notes, e->arg[0]);
	if (open)
		add_part(open, e->at_ns);
	if (open || e->arg[0] == 0)
		return true;
	uint32_t i = idmap_get(&t->ended_of, e->arg[0]);
	if (i == IDMAP_NONE)
		return true;
	struct ended_note *ended = &t->ended[i];
	struct task_kind *kind = &t->kind[ended->kind];
	struct note_case late = case_of(w, e);
	late.name = e->name;
	note_count_add(&kind->late, &late);
	kind->late_own += ended->creator == late.goroutine;
	kind->late_empty += ended->empty;
	if (++ended->late > kind->late_most)
		kind->late_most = ended->late;
	return late.stack != STACK_ERROR;
}

void note_tasks_forget(struct note_tasks *t)
{
	idmap_clear(&t->open_of);
	idmap_clear(&t->ended_of);
	t->opens = 0;
	t->free_open = 0;
	t->last_id = 0;
	t->last = 0;
	memset(t->ended, 0, NOTES_ENDED * sizeof *t->ended);
}

/* --- what is wrong with them ----------------------------------------------------------------- */

/* "1,204 of 1,300 tasks "request"", and so on. */
static void name_kinds(char *to, size_t size, const struct notes *notes,
                       const struct note_ranks *ranks, bool of_ended)
{
	char name[NOTE_NAME], n[32], all[32];
	size_t used = 0;
	to[0] = '\0';
	for (size_t i = 0; i < ranks->n && used < size; i++) {
		const struct task_kind *kind = &notes->tasks.kind[ranks->rank[i].index];
		text_count(n, sizeof n, (int64_t)ranks->rank[i].n);
		text_count(all, sizeof all, (int64_t)(of_ended ? kind->ended : kind->begun));
		used += (size_t)snprintf(to + used, size - used, "%s%s of %s tasks %s", i ? ", " : "", n,
		                         all, note_name(name, notes->doctor, kind->name));
	}
}

static bool is_empty_kind(const struct notes *notes, const struct task_kind *kind)
{
	const struct limits_set *limits = notes->doctor->limits;
	return (double)kind->ended >= limit(limits, LIMIT_EMPTY_TASKS) &&
	       (double)kind->empty.n >= limit(limits, LIMIT_EMPTY_SHARE) * (double)kind->ended;
}

/* That work for it came after its end is what tells a forgotten `defer` from a task that happens to
   have little to do. */
static void find_empty(const struct notes *notes, struct findings *findings)
{
	const struct note_tasks *t = &notes->tasks;
	struct note_ranks ranks = {.n = 0};
	uint64_t late = 0, all = 0;
	for (size_t i = 0; i < t->kinds; i++)
		if (is_empty_kind(notes, &t->kind[i])) {
			note_ranks_add(&ranks, (uint32_t)i, t->kind[i].empty.n);
			late += t->kind[i].late_empty;
			all += t->kind[i].ended;
		}
	if (!ranks.n)
		return;
	char kinds[400], after[32], each[32];
	const struct task_kind *first = &t->kind[ranks.rank[0].index];
	double each_ns = (double)first->empty_ns / (double)first->empty.n;
	bool used = late * 2 >= ranks.all;
	/* Little work is no mistake; none at all may be. */
	if (!used && each_ns * NOTES_MANY > limit(notes->doctor->limits, LIMIT_EMPTY_DURATION))
		return;
	struct finding *f =
		findings_add(findings, SLUG_TASK_EMPTY, used ? SEVERITY_WARNING : SEVERITY_INFO,
	                 used ? NOTE_IMPACT * (double)ranks.all / (double)all : 0);
	name_kinds(kinds, sizeof kinds, notes, &ranks, true);
	text_count(after, sizeof after, (int64_t)late);
	text_duration(each, sizeof each, each_ns, false);
	if (used)
		finding_say(f,
		            "%s ended at once, %s after they began, with nothing in them; %s regions and "
		            "logs that belong to them came later.",
		            kinds, each, after);
	else
		finding_say(f, "%s ended at once, %s after they began, with nothing in them.", kinds, each);
	finding_measure(f, "empty_tasks", UNIT_COUNT, (double)ranks.all);
	finding_measure(f, "late_parts", UNIT_COUNT, (double)late);
	for (size_t i = 0; i < ranks.n; i++) {
		const struct task_kind *kind = &t->kind[ranks.rank[i].index];
		note_show(f, notes->doctor, EVIDENCE_TASK, &kind->empty.first,
		          "this one began and ended on goroutine %" PRIu64, kind->empty.first.goroutine);
		if (kind->late_empty) {
			char name[NOTE_NAME];
			note_show(f, notes->doctor, EVIDENCE_TASK, &kind->late.first,
			          "%s of a task that had ended, on goroutine %" PRIu64,
			          note_name(name, notes->doctor, kind->late.first.name),
			          kind->late.first.goroutine);
		}
	}
}

/* Work that outlives a request is ordinary; that a task's own goroutine goes on with it, or that
   one gets ever more of it, is not. */
static bool is_reused(const struct notes *notes, const struct task_kind *kind)
{
	double times = limit(notes->doctor->limits, LIMIT_REUSED_TIMES);
	return !is_empty_kind(notes, kind) &&
	       ((double)kind->late_own >= times || (double)kind->late_most >= NOTES_MANY * times);
}

static void find_reused(const struct notes *notes, struct findings *findings)
{
	const struct note_tasks *t = &notes->tasks;
	struct note_ranks ranks = {.n = 0};
	uint64_t again = 0, late = 0, begun = 0;
	for (size_t i = 0; i < t->kinds; i++) {
		const struct task_kind *kind = &t->kind[i];
		bool repeats = (double)kind->again.n >= limit(notes->doctor->limits, LIMIT_REUSED_TIMES);
		bool goes_on = is_reused(notes, kind);
		if (!repeats && !goes_on)
			continue;
		again += kind->again.n;
		late += goes_on ? kind->late.n : 0;
		begun += kind->begun;
		note_ranks_add(&ranks, (uint32_t)i,
		               (repeats ? kind->again.n : 0) + (goes_on ? kind->late.n : 0));
	}
	if (!ranks.n)
		return;
	char names[NOTE_NAME], ends[32], parts[32];
	const struct task_kind *first = &t->kind[ranks.rank[0].index];
	struct finding *f = findings_add(findings, SLUG_TASK_REUSED, SEVERITY_WARNING,
	                                 NOTE_IMPACT * (double)ranks.all / (double)(ranks.all + begun));
	text_count(ends, sizeof ends, (int64_t)again);
	text_count(parts, sizeof parts, (int64_t)late);
	finding_say(f,
	            "Tasks %s%s are used when they are over: ended %s more times, and %s regions and "
	            "logs came after their end, which no task's time contains.",
	            note_name(names, notes->doctor, first->name), ranks.kinds > 1 ? " and others" : "",
	            ends, parts);
	finding_measure(f, "ended_again", UNIT_COUNT, (double)again);
	finding_measure(f, "late_parts", UNIT_COUNT, (double)late);
	for (size_t i = 0; i < ranks.n; i++) {
		const struct task_kind *kind = &t->kind[ranks.rank[i].index];
		if (kind->again.n)
			note_show(f, notes->doctor, EVIDENCE_TASK, &kind->again.first,
			          "ended again, by goroutine %" PRIu64, kind->again.first.goroutine);
		if (kind->late.n)
			note_show(f, notes->doctor, EVIDENCE_TASK, &kind->late.first,
			          "%s of a task that had ended, on goroutine %" PRIu64,
			          note_name(names, notes->doctor, kind->late.first.name),
			          kind->late.first.goroutine);
	}
}

/* Open for much longer than those that end, and whoever began it has gone on or is gone. A task
   that something was part of not long ago, for its age, is in use: sessions are. */
static bool is_forsaken(const struct notes *notes, const struct open_note *open, int64_t now_ns)
{
	const struct task_kind *kind = &notes->tasks.kind[open->kind];
	int64_t age_ns = elapsed_ns(open->begin_ns, now_ns);
	int64_t idle_ns = elapsed_ns(open->last_part_ns, now_ns);
	return open->id && open->left && age_ns / NOTES_LONGER >= kind->longest_ns &&
	       idle_ns >= age_ns / NOTES_LONGER &&
	       (double)age_ns >= limit(notes->doctor->limits, LIMIT_NEVER_ENDED_AGE);
}

static void count_forsaken(struct notes *notes)
{
	struct note_tasks *t = &notes->tasks;
	int64_t now_ns = notes->doctor->witness->last_ns;
	for (size_t i = 0; i < t->opens; i++) {
		const struct open_note *open = &t->open[i];
		if (is_forsaken(notes, open, now_ns))
			note_count_add(&t->kind[open->kind].forsaken,
			               &(struct note_case){.begin_ns = open->begin_ns,
			                                   .end_ns = now_ns,
			                                   .goroutine = open->creator,
			                                   .task = open->id,
			                                   .stack = open->stack});
	}
}

/* Of a kind that ended a few times only nobody knows how long it may take. */
static bool is_well_known(const struct task_kind *kind)
{
	return kind->ended >= NOTES_MANY;
}

/* Where nobody knows how long it takes it has to be very many. */
static bool is_never_ended(const struct notes *notes, const struct task_kind *kind)
{
	double least = limit(notes->doctor->limits, LIMIT_NEVER_ENDED_TASKS);
	double share = kind->begun ? (double)kind->forsaken.n / (double)kind->begun : 0;
	if (share < NOTES_RARE)
		return false;
	if (!is_well_known(kind))
		return notes->tasks.unknown_ends == 0 && (double)kind->forsaken.n >= NOTES_MANY * least;
	return (double)kind->forsaken.n >= least;
}

/* Those of kinds that are well known, or of the others. false: there are none. */
static bool tell_never_ended(const struct notes *notes, struct findings *findings, bool known)
{
	const struct note_tasks *t = &notes->tasks;
	struct note_ranks ranks = {.n = 0};
	uint64_t begun = 0;
	for (size_t i = 0; i < t->kinds; i++)
		if (is_well_known(&t->kind[i]) == known && is_never_ended(notes, &t->kind[i])) {
			note_ranks_add(&ranks, (uint32_t)i, t->kind[i].forsaken.n);
			begun += t->kind[i].begun;
		}
	if (!ranks.n)
		return false;
	char kinds[400];
	struct finding *f =
		findings_add(findings, SLUG_TASK_NEVER_ENDED, known ? SEVERITY_WARNING : SEVERITY_INFO,
	                 known ? NOTE_IMPACT * (double)ranks.all / (double)begun : 0);
	name_kinds(kinds, sizeof kinds, notes, &ranks, false);
	if (known)
		finding_say(f,
		            "%s never end: the goroutines that began them are gone or have begun others.",
		            kinds);
	else
		finding_say(f,
		            "%s were not ended, and the goroutines that began them are gone or have begun "
		            "others; too few of their kind end to tell how long they may take.",
		            kinds);
	finding_measure(f, "open_tasks", UNIT_COUNT, (double)ranks.all);
	finding_measure(f, "begun_tasks", UNIT_COUNT, (double)begun);
	for (size_t i = 0; i < ranks.n; i++) {
		const struct task_kind *kind = &t->kind[ranks.rank[i].index];
		char age[32], longest[32];
		text_duration(age, sizeof age,
		              (double)(kind->forsaken.first.end_ns - kind->forsaken.first.begin_ns), false);
		text_duration(longest, sizeof longest, (double)kind->longest_ns, false);
		note_show(f, notes->doctor, EVIDENCE_TASK, &kind->forsaken.first,
		          "begun by goroutine %" PRIu64 " and open for %s%s%s",
		          kind->forsaken.first.goroutine, age,
		          kind->ended ? "; those that end take at most " : "", kind->ended ? longest : "");
	}
	return true;
}

static void find_never_ended(struct notes *notes, struct findings *findings)
{
	count_forsaken(notes);
	if (!tell_never_ended(notes, findings, true))
		tell_never_ended(notes, findings, false);
}

void note_tasks_conclude(struct notes *notes, struct findings *findings)
{
	find_empty(notes, findings);
	find_reused(notes, findings);
	find_never_ended(notes, findings);
}
