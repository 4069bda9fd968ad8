#include "collect/sampled_state.h"

#include <stdlib.h>
#include <string.h>

/* --- steps ----------------------------------------------------------------------------------- */

static void *grown(struct sampled *s, void *old, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? 2 * *capacity : 64;
	void *moved = realloc(old, larger * size);
	if (moved)
		*capacity = larger;
	s->no_memory |= !moved;
	return moved;
}

uint64_t sampled_step(struct sampled *s, uint64_t thread, enum trace_event_type type, uint64_t a,
                      uint64_t b, uint64_t c, uint64_t d)
{
	if (s->steps == s->step_capacity) {
		struct sampled_step *moved = grown(s, s->step, &s->step_capacity, sizeof *moved);
		if (!moved)
			return 0;
		s->step = moved;
	}
	s->step[s->steps] = (struct sampled_step){++s->at_ns, thread, type, {a, b, c, d}};
	return s->written + s->steps++;
}

void sampled_settle(struct sampled *s, const struct sampled_goroutine *g,
                    enum trace_event_type type, uint64_t reason, uint64_t stack)
{
	if (g->left - s->written >= s->steps)
		return; /* there was no memory for it */
	struct sampled_step *left = &s->step[g->left - s->written];
	left->type = type;
	left->arg[0] = reason;
	left->arg[1] = stack;
}

void sampled_set_time(struct sampled *s, int64_t at_ns)
{
	if (at_ns > s->at_ns)
		s->at_ns = at_ns;
}

uint64_t sampled_word(struct sampled *s, const char *text)
{
	return trace_writer_string(s->writer, text);
}

void sampled_write_steps(struct sampled *s)
{
	size_t n = 0;
	while (n < s->steps && s->step[n].type != EV_NONE)
		n++;
	for (size_t i = 0; i < n; i++)
		trace_writer_event(s->writer, s->step[i].thread, s->step[i].at_ns, s->step[i].type,
		                   s->step[i].arg);
	s->steps -= n;
	s->written += n;
	memmove(s->step, s->step + n, s->steps * sizeof *s->step);
}

/* --- goroutines and threads ------------------------------------------------------------------ */

struct sampled_goroutine *sampled_find(struct sampled *s, int64_t goid)
{
	uint32_t i = idmap_get(&s->of_goid, (uint64_t)goid);
	return i == IDMAP_NONE ? NULL : &s->goroutine[i];
}

struct sampled_goroutine *sampled_add(struct sampled *s, int64_t goid)
{
	if (s->goroutines == s->goroutine_capacity) {
		struct sampled_goroutine *moved =
			grown(s, s->goroutine, &s->goroutine_capacity, sizeof *moved);
		if (!moved)
			return NULL;
		s->goroutine = moved;
	}
	if (!idmap_put(&s->of_goid, (uint64_t)goid, (uint32_t)s->goroutines)) {
		s->no_memory = true;
		return NULL;
	}
	struct sampled_goroutine *g = &s->goroutine[s->goroutines++];
	*g = (struct sampled_goroutine){.goid = goid, .doing = RUNNABLE, .reading = s->readings};
	return g;
}

void sampled_forget(struct sampled *s, size_t index)
{
	struct sampled_goroutine *last = &s->goroutine[s->goroutines - 1];
	idmap_remove(&s->of_goid, (uint64_t)s->goroutine[index].goid);
	s->goroutines--;
	if (last == &s->goroutine[index])
		return;
	idmap_remove(&s->of_goid, (uint64_t)last->goid);
	for (size_t i = 0; i < s->procs; i++)
		if (s->proc[i].goroutine == s->goroutines)
			s->proc[i].goroutine = (uint32_t)index;
	s->goroutine[index] = *last;
	s->no_memory |= !idmap_put(&s->of_goid, (uint64_t)last->goid, (uint32_t)index);
}

static uint32_t index_of(const struct sampled *s, const struct sampled_goroutine *g)
{
	return (uint32_t)(g - s->goroutine);
}

struct sampled_thread *sampled_thread(struct sampled *s, uint64_t id)
{
	uint32_t i = idmap_get(&s->of_thread, id);
	if (i != IDMAP_NONE)
		return &s->thread[i];
	if (s->threads == s->thread_capacity) {
		struct sampled_thread *moved = grown(s, s->thread, &s->thread_capacity, sizeof *moved);
		if (!moved)
			return NULL;
		s->thread = moved;
	}
	if (!idmap_put(&s->of_thread, id, (uint32_t)s->threads)) {
		s->no_memory = true;
		return NULL;
	}
	s->thread[s->threads] = (struct sampled_thread){.id = id};
	return &s->thread[s->threads++];
}

void sampled_make_runnable(struct sampled *s, struct sampled_goroutine *g)
{
	uint64_t goid = (uint64_t)g->goid;
	switch ((enum sampled_doing)g->doing) {
	case WAITING:
		sampled_step(s, OBSERVER, EV_GO_UNBLOCK, goid, ++g->seq, 0, 0);
		break;
	case SYSCALL:
		sampled_step(s, g->thread, EV_GO_SYSCALL_END_BLOCKED, 0, 0, 0, 0);
		break;
	case LEFT: /* it was back before anybody could see where it had been */
		sampled_settle(s, g, EV_GO_STOP, sampled_word(s, BETWEEN), 0);
		break;
	case RUNNABLE:
	case RUNNING:
		break;
	}
	g->doing = RUNNABLE;
}

/* --- what happens to a P --------------------------------------------------------------------- */

void sampled_take_proc(struct sampled *s, struct sampled_proc *p, uint64_t thread)
{
	sampled_step(s, thread, EV_PROC_START, (uint64_t)(p - s->proc), ++p->seq, 0, 0);
	p->has_thread = true;
	p->thread = thread;
	p->goroutine = NOBODY;
	p->in_syscall = false;
}

void sampled_leave_proc(struct sampled *s, struct sampled_proc *p)
{
	sampled_step(s, p->thread, EV_PROC_STOP, 0, 0, 0, 0);
	p->has_thread = false;
}

void sampled_start(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g)
{
	sampled_make_runnable(s, g);
	sampled_step(s, p->thread, EV_GO_START, (uint64_t)g->goid, ++g->seq, 0, 0);
	g->doing = RUNNING;
	p->goroutine = index_of(s, g);
}

void sampled_begin_call(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g)
{
	sampled_step(s, p->thread, EV_GO_SYSCALL_BEGIN, ++p->seq, 0, 0, 0);
	p->in_syscall = true;
	g->doing = SYSCALL;
	g->thread = p->thread;
}

void sampled_end_call(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g)
{
	sampled_step(s, p->thread, EV_GO_SYSCALL_END, 0, 0, 0, 0);
	p->in_syscall = false;
	g->doing = RUNNING;
}

void sampled_steal_proc(struct sampled *s, struct sampled_proc *p,
                        const struct sampled_goroutine *g)
{
	struct sampled_thread *thread = sampled_thread(s, p->thread);
	sampled_step(s, OBSERVER, EV_PROC_STEAL, (uint64_t)(p - s->proc), ++p->seq, p->thread, 0);
	if (thread)
		thread->caller = g->goid;
	p->has_thread = p->in_syscall = false;
	p->goroutine = NOBODY;
}

struct sampled_proc *sampled_vacate(struct sampled *s)
{
	struct sampled_proc *busy = NULL;
	if (s->is_lent)
		return &s->proc[s->lent];
	for (size_t i = 0; i < s->procs; i++) {
		struct sampled_proc *p = &s->proc[i];
		if (!p->in_syscall && (!busy || (busy->has_thread && !p->has_thread)))
			busy = p;
	}
	if (!busy)
		return NULL;
	s->is_lent = true;
	s->lent = (size_t)(busy - s->proc);
	s->had_thread = busy->has_thread;
	s->lender = busy->thread;
	s->waits = 0;
	if (busy->has_thread && busy->goroutine != NOBODY) {
		struct sampled_goroutine *g = &s->goroutine[busy->goroutine];
		sampled_step(s, busy->thread, EV_GO_STOP, sampled_word(s, BETWEEN), 0, 0, 0);
		g->doing = RUNNABLE;
		s->waits = g->goid;
		busy->goroutine = NOBODY;
	}
	if (busy->has_thread)
		sampled_leave_proc(s, busy);
	return busy;
}

struct sampled_proc *sampled_borrow(struct sampled *s)
{
	struct sampled_proc *p = sampled_vacate(s);
	if (p && !p->has_thread)
		sampled_take_proc(s, p, OBSERVER);
	return p;
}

void sampled_give_back(struct sampled *s)
{
	if (!s->is_lent)
		return;
	struct sampled_proc *p = &s->proc[s->lent];
	s->is_lent = false;
	if (p->has_thread)
		sampled_leave_proc(s, p);
	if (s->had_thread)
		sampled_take_proc(s, p, s->lender);
	struct sampled_goroutine *g = s->waits ? sampled_find(s, s->waits) : NULL;
	if (g)
		sampled_start(s, p, g);
}
