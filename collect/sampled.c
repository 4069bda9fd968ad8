#include <stdio.h>
#include <stdlib.h>

#include "collect/sampled_state.h"
#include "trace/sampled.h"

/* Steps that are kept back at most, for what they may yet learn. */
#define STEPS_MAX 65536
/* Numbers of Ms that are believed: Go gives them out one after the other, and gives none twice. */
#define MS_MAX ((int64_t)1 << 24)
/* The heap is told when it has changed by one in so many. */
#define HEAP_PART 64

/* --- one look at the Ps ---------------------------------------------------------------------- */

/* What a P does now, as far as it makes sense together with the other Ps. */
struct now {
	bool has_thread, in_syscall;
	uint64_t thread;
	int64_t goid; /* 0: none */
	const char *start;
};

static void note_threads(struct sampled *s, const struct goproc_state *state)
{
	size_t most = 0;
	for (size_t i = 0; i < state->nm; i++)
		if (state->m[i].id < MS_MAX && state->m[i].id >= 0 && (size_t)state->m[i].id >= most)
			most = (size_t)state->m[i].id + 1;
	if (most > s->tids) {
		uint64_t *moved = realloc(s->tid, most * sizeof *moved);
		s->no_memory |= !moved;
		if (!moved)
			return;
		s->tid = moved;
		for (; s->tids < most; s->tids++)
			s->tid[s->tids] = UNNAMED + s->tids;
	}
	for (size_t i = 0; i < state->nm; i++) {
		const struct goproc_m *m = &state->m[i];
		if (m->id >= 0 && (size_t)m->id < s->tids && m->tid > 0)
			s->tid[m->id] = (uint64_t)m->tid;
	}
}

/* Ps are read one after the other: one may have let go of what the next one has. The first one
   counts, and the other is taken to be between two things. */
static struct now now_of(struct sampled *s, const struct goproc_p *p)
{
	struct now now = {0};
	if (p->activity == GOPROC_IDLE || p->m < 0 || (size_t)p->m >= s->tids)
		return now;
	struct sampled_thread *thread = sampled_thread(s, s->tid[p->m]);
	if (!thread || thread->look == s->looks)
		return now;
	thread->look = s->looks;
	now.has_thread = true;
	now.thread = s->tid[p->m];
	if (p->activity == GOPROC_SCHEDULER || p->curg <= 0)
		return now;
	struct sampled_goroutine *g = sampled_find(s, p->curg);
	if (g && g->look == s->looks)
		return now;
	if (g)
		g->look = s->looks;
	now.goid = p->curg;
	now.in_syscall = p->activity == GOPROC_SYSCALL;
	now.start = p->running;
	return now;
}

/* Those whose thread has them in a system call, without a P. */
static void note_calls(struct sampled *s, const struct goproc_state *state)
{
	for (size_t i = 0; i < s->threads; i++)
		s->thread[i].curg = 0;
	for (size_t i = 0; i < state->nm; i++) {
		const struct goproc_m *m = &state->m[i];
		if (m->id < 0 || (size_t)m->id >= s->tids || m->p != GOPROC_NIL || m->curg <= 0 ||
		    m->curg_status != STATUS_SYSCALL)
			continue;
		struct sampled_thread *thread = sampled_thread(s, s->tid[m->id]);
		struct sampled_goroutine *g = sampled_find(s, m->curg);
		if (!thread || thread->look == s->looks || (g && g->look == s->looks))
			continue;
		thread->look = s->looks;
		thread->curg = m->curg;
		if (g)
			g->look = s->looks;
	}
}

static bool calls_on(struct sampled *s, uint64_t thread, int64_t goid)
{
	uint32_t i = idmap_get(&s->of_thread, thread);
	return i != IDMAP_NONE && s->thread[i].curg == goid;
}

/* What a P has no more. */
static void let_go(struct sampled *s, struct sampled_proc *p, const struct now *now)
{
	bool same_thread = now->has_thread && p->has_thread && now->thread == p->thread;
	struct sampled_goroutine *g = p->goroutine == NOBODY ? NULL : &s->goroutine[p->goroutine];
	if (g && !(same_thread && now->goid == g->goid)) {
		if (p->in_syscall && calls_on(s, p->thread, g->goid)) {
			sampled_steal_proc(s, p, g);
			return;
		}
		if (p->in_syscall)
			sampled_end_call(s, p, g);
		g->left = sampled_step(s, p->thread, EV_NONE, 0, 0, 0, 0);
		g->doing = LEFT;
		p->goroutine = NOBODY;
	}
	if (p->has_thread && !same_thread)
		sampled_leave_proc(s, p);
}

/* System calls without a P that are over. */
static void end_calls(struct sampled *s)
{
	for (size_t i = 0; i < s->threads; i++) {
		struct sampled_thread *thread = &s->thread[i];
		if (thread->caller == thread->curg || thread->caller == 0)
			continue;
		struct sampled_goroutine *g = sampled_find(s, thread->caller);
		if (g)
			sampled_make_runnable(s, g);
		thread->caller = 0;
	}
}

static uint64_t start_stack(struct sampled *s, const char *function)
{
	if (!function || !*function)
		return 0;
	struct writer_frame frame = {.function = sampled_word(s, function)};
	return trace_writer_stack(s->writer, &frame, 1);
}

/* What it has instead. */
static void take_up(struct sampled *s, struct sampled_proc *p, const struct now *now)
{
	if (now->has_thread && !p->has_thread)
		sampled_take_proc(s, p, now->thread);
	if (!now->has_thread || now->goid == 0)
		return;
	struct sampled_goroutine *g = sampled_find(s, now->goid);
	if (!g && (g = sampled_add(s, now->goid)) != NULL) {
		sampled_step(s, p->thread, EV_GO_CREATE, (uint64_t)g->goid, start_stack(s, now->start), 0,
		             0);
		g->look = s->looks;
	}
	/* One that is new may be on two Ps, as long as nobody knew it. */
	bool elsewhere = g && p->goroutine == NOBODY && (g->doing == RUNNING || g->doing == SYSCALL);
	if (!g || elsewhere)
		return;
	if (p->goroutine == NOBODY)
		sampled_start(s, p, g);
	if (now->in_syscall && !p->in_syscall)
		sampled_begin_call(s, p, g);
	else if (!now->in_syscall && p->in_syscall)
		sampled_end_call(s, p, g);
}

/* Goroutines that are in a system call now and have not been seen on their way there: it takes a P
   to tell of it. */
static void begin_calls(struct sampled *s)
{
	for (size_t i = 0; i < s->threads; i++) {
		struct sampled_goroutine *g = s->thread[i].curg ? sampled_find(s, s->thread[i].curg) : NULL;
		if (!g || g->doing == SYSCALL || g->doing == RUNNING)
			continue;
		struct sampled_proc *p = sampled_vacate(s);
		if (!p)
			break;
		sampled_take_proc(s, p, s->thread[i].id);
		sampled_start(s, p, g);
		sampled_begin_call(s, p, g);
		sampled_steal_proc(s, p, g);
	}
	sampled_give_back(s);
}

/* Ps that nobody has told of yet; those that are there no more are idle. */
static void note_procs(struct sampled *s, size_t procs)
{
	if (procs <= s->procs)
		return;
	struct sampled_proc *moved = realloc(s->proc, procs * sizeof *moved);
	s->no_memory |= !moved;
	if (!moved)
		return;
	s->proc = moved;
	for (; s->procs < procs; s->procs++) {
		s->proc[s->procs] = (struct sampled_proc){.goroutine = NOBODY};
		sampled_step(s, OBSERVER, EV_PROC_STATUS, s->procs, PROC_IDLE, 0, 0);
	}
}

/* What Go tells of the collector it tells on the thread of a goroutine that runs. */
static void note_collector(struct sampled *s, const struct goproc_state *state)
{
	const struct sampled_proc *p = NULL;
	for (size_t i = 0; i < s->procs && !p; i++)
		if (s->proc[i].goroutine != NOBODY && !s->proc[i].in_syscall)
			p = &s->proc[i];
	if (!p)
		return;
	int64_t phase = state->sched.gc_phase, heap = state->collector.heap_live_bytes;
	int64_t goal = state->collector.heap_goal_bytes;
	if (phase != GOPROC_UNKNOWN && (phase != 0) != s->gc_runs) {
		s->gc_runs = phase != 0;
		sampled_step(s, p->thread, s->gc_runs ? EV_GC_BEGIN : EV_GC_END, ++s->gc_seq, 0, 0, 0);
	}
	if (heap > 0 && llabs(heap - s->heap) > s->heap / HEAP_PART) {
		s->heap = heap;
		sampled_step(s, p->thread, EV_HEAP_ALLOC, (uint64_t)heap, 0, 0, 0);
	}
	if (goal > 0 && goal != s->goal) {
		s->goal = goal;
		sampled_step(s, p->thread, EV_HEAP_GOAL, (uint64_t)goal, 0, 0, 0);
	}
}

/* Nobody will know any more why they left. */
static void give_up(struct sampled *s)
{
	for (size_t i = 0; i < s->goroutines; i++) {
		struct sampled_goroutine *g = &s->goroutine[i];
		if (g->doing != LEFT)
			continue;
		sampled_settle(s, g, EV_GO_BLOCK, sampled_word(s, BETWEEN), 0);
		g->doing = WAITING;
	}
}

/* The trace begins when all goroutines are known, which may have taken a while. */
static void set_beginning(struct sampled *s, int64_t at_ns)
{
	int64_t late_ns = at_ns - 1 - s->at_ns;
	for (size_t i = 0; i < s->steps && late_ns > 0; i++)
		s->step[i].at_ns += late_ns;
	int64_t begin_ns = s->steps ? s->step[0].at_ns : at_ns;
	trace_writer_begin(s->writer, begin_ns, begin_ns + s->wall_ahead_ns);
	s->has_looked = true;
}

void sampled_look(struct sampled *s, const struct goproc_state *state)
{
	if (!s->has_looked)
		set_beginning(s, state->at_ns);
	s->looks++;
	sampled_set_time(s, state->at_ns);
	note_threads(s, state);
	note_procs(s, state->np);
	struct now *now = calloc(s->procs ? s->procs : 1, sizeof *now);
	s->no_memory |= !now;
	if (!now)
		return;
	for (size_t i = 0; i < state->np && i < s->procs; i++)
		now[i] = now_of(s, &state->p[i]);
	note_calls(s, state);
	for (size_t i = 0; i < s->procs; i++)
		let_go(s, &s->proc[i], &now[i]);
	end_calls(s);
	for (size_t i = 0; i < s->procs; i++)
		take_up(s, &s->proc[i], &now[i]);
	free(now);
	begin_calls(s);
	note_collector(s, state);
	if (s->steps > STEPS_MAX)
		give_up(s);
	if (s->steps > STEPS_MAX)
		sampled_write_steps(s);
}

/* --- the whole ------------------------------------------------------------------------------- */

struct sampled *sampled_create(const struct trace_sink *sink, const struct sampled_names *names)
{
	struct sampled *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->names = *names;
	s->writer = trace_writer_create(sink);
	if (s->writer)
		return s;
	sampled_destroy(s);
	return NULL;
}

void sampled_destroy(struct sampled *s)
{
	if (!s)
		return;
	trace_writer_destroy(s->writer);
	free(s->proc);
	free(s->goroutine);
	free(s->thread);
	free(s->tid);
	free(s->step);
	idmap_finish(&s->of_goid);
	idmap_finish(&s->of_thread);
	free(s);
}

void sampled_begin(struct sampled *s, const struct goproc_state *state, int64_t wall_ns,
                   unsigned hz)
{
	char label[64];
	s->at_ns = state->at_ns;
	s->wall_ahead_ns = wall_ns - state->at_ns;
	snprintf(label, sizeof label, SAMPLED_LABEL "%u", hz);
	sampled_word(s, label);
	note_threads(s, state);
	note_procs(s, state->np);
	s->looks++;
	note_calls(s, state);
	s->gc_runs = state->sched.gc_phase > 0;
	if (s->gc_runs)
		sampled_step(s, OBSERVER, EV_GC_ACTIVE, ++s->gc_seq, 0, 0, 0);
}

uint64_t sampled_bytes(const struct sampled *s)
{
	return trace_writer_bytes(s->writer);
}

bool sampled_finish(struct sampled *s, int64_t at_ns, bool *no_memory)
{
	sampled_give_back(s);
	give_up(s);
	/* Something has to happen at the end, for the trace to go that far. */
	sampled_set_time(s, at_ns);
	if (sampled_borrow(s))
		sampled_give_back(s);
	else if (s->procs) /* all are in system calls: one ends here */
		sampled_end_call(s, &s->proc[0], &s->goroutine[s->proc[0].goroutine]);
	sampled_write_steps(s);
	bool written = trace_writer_finish(s->writer, no_memory);
	*no_memory |= s->no_memory;
	return written && !s->no_memory;
}
