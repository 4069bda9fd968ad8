/* What the events of Ps need and do. */
#include "trace/advance.h"

enum advance advance_proc_status(struct order *o, struct front *f)
{
	uint64_t id = f->arg[0], status = f->arg[1];
	static const uint8_t shown[] = {PROC_BAD, PROC_RUNNING, PROC_IDLE, PROC_RUNNING, PROC_IDLE};
	NEED(status < PROC_STATUS_COUNT, "proc %llu has status %llu, which there is not",
	     (unsigned long long)id, (unsigned long long)status);
	uint8_t from = shown[status], to = shown[status];
	uint32_t m = f->m, slot = idmap_get(&o->proc_of, id);
	if (slot != IDMAP_NONE) {
		struct trace_proc *p = &o->proc[slot];
		if (status == PROC_SYSCALL_ABANDONED && p->status == PROC_SYSCALL) {
			/* Nothing is lost: we saw the syscall begin. Its own thread is the context. */
			NEED(order_may_look(o), "too many Ps are about to be stolen");
			from = to = PROC_RUNNING;
			for (m = (uint32_t)o->threads - 1; m > 0 && o->thread[m].p != slot; m--)
				o->looks++;
			NEED(m > 0, "proc %llu is about to be stolen from nobody", (unsigned long long)id);
		} else if (status == PROC_SYSCALL_ABANDONED && p->status == PROC_SYSCALL_ABANDONED) {
			from = PROC_IDLE;
		} else {
			NEED(p->status == status, "proc %llu is in state %u, not %llu", (unsigned long long)id,
			     p->status, (unsigned long long)status);
		}
	} else {
		slot = order_add_proc(o, id, (uint8_t)status);
		if (slot == TRACE_NONE)
			return ADVANCE_NO_MEMORY;
		from = o->generation->number == o->initial ? PROC_BAD : TRACE_NOT_EXIST;
	}
	o->proc[slot].seq = 0;
	o->proc[slot].seq_generation = (uint32_t)o->generation->number;
	transition(order_emit(o, f->type, f->time_ns, m), slot, from, to);
	if (HAS_THREAD && (status == PROC_RUNNING || status == PROC_SYSCALL))
		o->thread[f->m].p = slot_or_none(id, slot);
	return ADVANCE_READY;
}

enum advance advance_proc_start(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	if (slot == IDMAP_NONE || m->p != TRACE_NONE)
		return ADVANCE_WAIT;
	struct trace_proc *p = &o->proc[slot];
	if (p->status != PROC_IDLE || !succeeds(o, f->arg[1], p->seq_generation, p->seq))
		return ADVANCE_WAIT;
	NEED_THREAD;
	p->status = PROC_RUNNING;
	p->seq = f->arg[1];
	transition(emit(o, f), slot, PROC_IDLE, PROC_RUNNING);
	m->p = slot_or_none(f->arg[0], slot);
	return ADVANCE_READY;
}

enum advance advance_proc_stop(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	struct trace_proc *p = &o->proc[m->p];
	NEED(p->status == PROC_RUNNING || p->status == PROC_SYSCALL, "proc %llu isn't running",
	     (unsigned long long)p->id);
	p->status = PROC_IDLE;
	transition(emit(o, f), m->p, PROC_RUNNING, PROC_IDLE);
	m->p = TRACE_NONE;
	return ADVANCE_READY;
}

enum advance advance_proc_steal(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	if (slot == IDMAP_NONE)
		return ADVANCE_WAIT;
	struct trace_proc *p = &o->proc[slot];
	if ((p->status != PROC_SYSCALL && p->status != PROC_SYSCALL_ABANDONED) ||
	    !succeeds(o, f->arg[1], p->seq_generation, p->seq))
		return ADVANCE_WAIT;
	NEED_THREAD;
	bool abandoned = p->status == PROC_SYSCALL_ABANDONED;
	p->status = PROC_IDLE;
	p->seq = f->arg[1];
	transition(emit(o, f), slot, abandoned ? PROC_IDLE : PROC_RUNNING, PROC_IDLE);
	if (abandoned) /* whose it was is lost */
		return ADVANCE_READY;
	struct trace_thread *victim = thread_of(o, f);
	if (f->arg[2] != victim->id) {
		uint32_t v = idmap_get(&o->thread_of, f->arg[2]);
		NEED(v != IDMAP_NONE && o->thread[v].known, "stole from thread %llu, which there is not",
		     (unsigned long long)f->arg[2]);
		victim = &o->thread[v];
	}
	NEED(victim->p == slot, "stole proc %llu from thread %llu, which has another",
	     (unsigned long long)f->arg[0], (unsigned long long)f->arg[2]);
	victim->p = TRACE_NONE;
	return ADVANCE_READY;
}
