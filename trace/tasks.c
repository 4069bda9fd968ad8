#include "trace/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"
#include "trace/tables.h"
#include "trace/transition.h"
#include "util/text.h"

static void instance_destroy(struct task_instance *instance)
{
	if (instance)
		free(instance->log);
	free(instance);
}

void tasks_finish(struct tasks *a)
{
	for (size_t i = 0; i < a->types; i++) {
		distribution_finish(&a->type[i].duration);
		for (size_t k = 0; k < a->type[i].kept; k++)
			instance_destroy(a->type[i].slowest[k]);
		task_rows_destroy(a->type[i].rows);
	}
	for (size_t i = 0; i < a->tasks; i++)
		free(a->task[i].told.log);
	free(a->type);
	free(a->task);
	free(a->detail);
	free(a->slot);
	idmap_finish(&a->type_of);
	idmap_finish(&a->task_of);
	spent_reasons_finish(&a->reasons);
	memset(a, 0, sizeof *a);
}

/* --- types ----------------------------------------------------------------------------------- */

/* Index; TRACE_NONE: no memory. */
static uint32_t type_of(struct tasks *a, const struct trace_block *block, uint32_t name)
{
	uint32_t known = idmap_get(&a->type_of, name);
	if (known != IDMAP_NONE)
		return known;
	if (a->types == TASK_TYPES) {
		a->type[TASK_TYPES - 1].others = true;
		return TASK_TYPES - 1;
	}
	if (!wire_grow(&a->type, &a->type_capacity, a->types, sizeof *a->type) ||
	    !idmap_put(&a->type_of, name, (uint32_t)a->types))
		return TRACE_NONE;
	const char *wanted = a->filter.type;
	a->type[a->types] =
		(struct task_type){.name = name,
	                       .wanted =
	                           !wanted || strcmp(wanted, names_text(block->names, name)) == 0};
	return (uint32_t)a->types++;
}

bool tasks_is_wanted(const struct tasks *a, const struct open_user_task *t)
{
	return a->type[t->type].wanted && (!a->filter.id || a->filter.id == t->id) &&
	       (!a->filter.trace_id || t->matches) &&
	       (!a->filter.among || idmap_get(a->filter.among, t->id) != IDMAP_NONE);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void drop_shortest(struct task_detail *d)
{
	unsigned shortest = 0;
	for (unsigned i = 1; i < d->steps; i++)
		if (d->step[i].ns < d->step[shortest].ns)
			shortest = i;
	d->other_steps++;
	add_ns(&d->other_steps_ns, d->step[shortest].ns);
	d->steps--;
	memmove(&d->step[shortest], &d->step[shortest + 1], (d->steps - shortest) * sizeof *d->step);
}

static void add_step(struct task_detail *d, struct task_step step)
{
	struct task_step *last = d->steps ? &d->step[d->steps - 1] : NULL;
	if (last && last->kind == step.kind && last->goroutine == step.goroutine &&
	    last->at_ns + last->ns == step.at_ns && last->waker == NAME_NONE) {
		add_ns(&last->ns, step.ns);
		last->waker = step.waker;
		return;
	}
	if (d->steps == TASK_STEPS)
		drop_shortest(d);
	d->step[d->steps++] = step;
}

/* What went on until now is over. */
static void account(struct tasks *a, struct open_user_task *t, int64_t now)
{
	int64_t ns = elapsed_ns(t->since_ns, now);
	if (t->detail && ns > 0) {
		struct task_detail *d = &a->detail[t->detail - 1];
		add_ns(&d->spent.ns[t->kind], ns);
		add_step(d, (struct task_step){t->since_ns, ns, t->goroutine, t->waker, t->kind});
	}
	t->waker = NAME_NONE;
	if (now > t->since_ns)
		t->since_ns = now;
}

/* --- who works for a task -------------------------------------------------------------------- */

static uint32_t *count_of(struct open_user_task *t, uint8_t kind)
{
	return kind <= SPENT_RUNNABLE ? &t->in_state[kind] : &t->blocked;
}

/* How far the task is, after something changed at `g`. */
static void judge(struct open_user_task *t, const struct task_goroutine *g, uint64_t id)
{
	uint8_t kind = SPENT_NOBODY;
	if (g->kind > SPENT_NOBODY) {
		t->blocked_kind = g->kind;
		t->blocked_goroutine = id;
	}
	for (uint8_t i = SPENT_RUNNING; i <= SPENT_RUNNABLE && kind == SPENT_NOBODY; i++)
		if (t->in_state[i])
			kind = i;
	if (kind == SPENT_NOBODY && t->blocked) {
		kind = t->blocked_kind;
		t->goroutine = t->blocked_goroutine;
	} else if (g->kind == kind && kind != SPENT_NOBODY) {
		t->goroutine = id;
	}
	t->kind = kind;
}

static struct open_user_task *followed(struct tasks *a, struct task_goroutine *g, size_t i)
{
	struct open_user_task *t = &a->task[g->follows[i].task];
	return t->serial == g->follows[i].serial ? t : NULL;
}

static void forget(struct task_goroutine *g, size_t i)
{
	g->follows[i] = g->follows[--g->following];
}

static void follow(struct tasks *a, uint32_t task, uint32_t slot, uint64_t id, int64_t now)
{
	struct task_goroutine *g = &a->slot[slot];
	struct open_user_task *t = &a->task[task];
	/* Who begins a task or a region is running. */
	g->kind = SPENT_RUNNING;
	for (size_t i = g->following; i-- > 0;) {
		if (!followed(a, g, i)) {
			forget(g, i); /* that task has ended */
		} else if (g->follows[i].task == task) {
			g->follows[i].times++;
			return;
		}
	}
	if (g->following == TASK_FOLLOWED)
		return;
	g->follows[g->following++] = (struct task_follower){task, t->serial, 1};
	account(a, t, now);
	++*count_of(t, g->kind);
	judge(t, g, id);
}

static void unfollow(struct tasks *a, uint32_t task, uint32_t slot, uint64_t id, int64_t now)
{
	struct task_goroutine *g = &a->slot[slot];
	for (size_t i = 0; i < g->following; i++) {
		struct open_user_task *t = followed(a, g, i);
		if (!t || g->follows[i].task != task)
			continue;
		if (--g->follows[i].times == 0) {
			account(a, t, now);
			--*count_of(t, g->kind);
			forget(g, i);
			judge(t, g, id);
		}
		return;
	}
}

/* The function that made the goroutine runnable. */
static uint32_t waker_of(struct tasks *a, const struct trace_block *block,
                         const struct trace_event *e)
{
	if (e->type != EV_GO_UNBLOCK)
		return NAME_NONE;
	uint32_t number = stacks_number(a->stacks, block, e->arg[2]);
	uint32_t frame =
		number == STACK_ERROR ? UINT32_MAX : stacks_where(a->stacks, block->names, number);
	return frame == UINT32_MAX ? NAME_NONE : a->stacks->frame[frame].function;
}

static void transition(struct tasks *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	struct task_goroutine *g = &a->slot[e->subject];
	uint64_t id = block->goroutine[e->subject].id;
	if (e->from == e->to)
		return;
	bool ends = e->to == TRACE_NOT_EXIST;
	uint8_t was = g->kind;
	uint32_t waker = waker_of(a, block, e);
	g->kind = ends ? (uint8_t)SPENT_NOBODY : spent_kind(&a->reasons, e);
	for (size_t i = g->following; i-- > 0;) {
		struct open_user_task *t = followed(a, g, i);
		if (!t) {
			forget(g, i);
			continue;
		}
		if (t->goroutine == id && t->kind == was)
			t->waker = waker;
		account(a, t, e->at_ns);
		--*count_of(t, was);
		if (!ends)
			++*count_of(t, g->kind);
		judge(t, g, id);
	}
	if (ends)
		g->following = 0;
}

/* --- tasks ----------------------------------------------------------------------------------- */

/* 0 when there are too many: then the task's time is not broken down. false: no memory. */
static bool take_detail(struct tasks *a, uint32_t *detail)
{
	uint32_t i = a->free_detail;
	*detail = 0;
	if (i) {
		a->free_detail = a->detail[i - 1].next_free;
	} else {
		if (a->details == TASK_DETAILS)
			return true;
		if (!wire_grow(&a->detail, &a->detail_capacity, a->details, sizeof *a->detail))
			return false;
		i = (uint32_t)++a->details;
	}
	memset(&a->detail[i - 1], 0, sizeof a->detail[i - 1]);
	*detail = i;
	return true;
}

/* Among the slowest of its type? Takes over the logs. */
static bool keep(struct tasks *a, struct open_user_task *t)
{
	struct task_type *type = &a->type[t->type];
	size_t at = type->kept;
	while (at > 0 && type->slowest[at - 1]->ns < t->told.ns)
		at--;
	if (at == TASK_SLOWEST)
		return true;
	struct task_instance *copy = malloc(sizeof *copy);
	if (!copy)
		return false;
	*copy = t->told;
	t->told.log = NULL;
	copy->has_detail = t->detail != 0;
	if (t->detail)
		copy->detail = a->detail[t->detail - 1];
	if (type->kept == TASK_SLOWEST)
		instance_destroy(type->slowest[--type->kept]);
	for (size_t i = type->kept; i > at; i--)
		type->slowest[i] = type->slowest[i - 1];
	type->slowest[at] = copy;
	type->kept++;
	return true;
}

static bool keep_in_rows(struct task_type *type, const struct task_instance *told)
{
	if (!type->rows)
		type->rows = task_rows_create();
	const struct task_brief brief = {told->id, told->creator, told->begin_ns, told->ns};
	return type->rows && task_rows_add(type->rows, &brief, told->open);
}

static void release(struct tasks *a, uint32_t i)
{
	struct open_user_task *t = &a->task[i];
	idmap_remove(&a->task_of, t->id);
	free(t->told.log);
	t->told.log = NULL;
	if (t->detail) {
		a->detail[t->detail - 1].next_free = a->free_detail;
		a->free_detail = t->detail;
	}
	t->id = 0;
	t->detail = 0;
	t->serial++; /* whoever follows it finds out */
	t->next_free = a->free_task;
	a->free_task = i + 1;
}

static bool conclude(struct tasks *a, uint32_t i, int64_t now, bool open)
{
	struct open_user_task *t = &a->task[i];
	struct task_type *type = &a->type[t->type];
	bool ok = true;
	account(a, t, now);
	t->told.ns = elapsed_ns(t->told.begin_ns, now);
	t->told.open = open;
	if (a->concluded)
		a->concluded(a->concluded_self, a, t);
	if (tasks_is_wanted(a, t)) {
		type->logs += t->told.logs;
		type->regions += t->told.regions;
		if (t->detail) {
			breakdown_add(&type->spent, &a->detail[t->detail - 1].spent);
			type->broken_down++;
		}
		if (open) {
			type->open++;
			type->open_max_ns = t->told.ns > type->open_max_ns ? t->told.ns : type->open_max_ns;
		} else {
			type->ended++;
			ok = distribution_add(&type->duration, t->told.ns);
		}
		ok = ok && keep(a, t) && (!a->keep_rows || keep_in_rows(type, &t->told));
	}
	release(a, i);
	return ok;
}

static bool begin(struct tasks *a, const struct trace_block *block, const struct trace_event *e)
{
	uint32_t known = idmap_get(&a->task_of, e->arg[0]);
	if (e->arg[0] == 0) /* the background task */
		return true;
	if (known != IDMAP_NONE && !conclude(a, known, e->at_ns, true))
		return false;
	uint32_t i = a->free_task, type = type_of(a, block, e->name);
	if (type == TRACE_NONE)
		return false;
	if (i) {
		a->free_task = a->task[i - 1].next_free;
	} else {
		if (!wire_grow(&a->task, &a->task_capacity, a->tasks, sizeof *a->task))
			return false;
		a->task[a->tasks] = (struct open_user_task){0};
		i = (uint32_t)++a->tasks;
	}
	uint32_t detail;
	if (!take_detail(a, &detail))
		return false;
	struct open_user_task *t = &a->task[i - 1];
	uint64_t creator = block->goroutine[e->g].id;
	*t = (struct open_user_task){
		.id = e->arg[0],
		.serial = t->serial + 1,
		.detail = detail,
		.since_ns = e->at_ns,
		.type = type,
		.kind = SPENT_NOBODY,
		.told = {.id = e->arg[0], .parent = e->arg[1], .creator = creator, .begin_ns = e->at_ns},
	};
	if (!idmap_put(&a->task_of, t->id, i - 1))
		return false;
	a->type[type].begun++;
	uint32_t parent = idmap_get(&a->task_of, e->arg[1]);
	if (parent != IDMAP_NONE && parent != i - 1)
		a->task[parent].told.subtasks++;
	follow(a, i - 1, e->g, creator, e->at_ns);
	return true;
}

static bool end(struct tasks *a, const struct trace_event *e)
{
	uint32_t i = idmap_get(&a->task_of, e->arg[0]);
	if (i != IDMAP_NONE)
		return conclude(a, i, e->at_ns, false);
	a->ended_only++;
	return true;
}

static bool keep_log(struct open_user_task *t, const struct trace_event *e, const char *text,
                     size_t length)
{
	struct task_instance *told = &t->told;
	if (!told->log)
		told->log = calloc(TASK_LOGS, sizeof *told->log);
	if (!told->log)
		return false;
	struct task_log *log = &told->log[told->kept_logs++];
	log->at_ns = e->at_ns;
	log->category = e->name;
	log->length = (uint32_t)text_whole(text, length, TASK_LOG_TEXT);
	memcpy(log->text, text, log->length);
	return true;
}

static bool note_log(struct tasks *a, const struct trace_block *block, const struct trace_event *e)
{
	uint32_t i = idmap_get(&a->task_of, e->arg[0]);
	a->logs++;
	if (i == IDMAP_NONE)
		return true;
	struct open_user_task *t = &a->task[i];
	const struct task_filter *f = &a->filter;
	const char *text = "";
	size_t length = 0;
	t->told.logs++;
	/* Values are looked at for those who ask for a task alone. */
	if (!(f->id || f->trace_id) || (f->id && f->id != t->id) || !block->generation ||
	    !generation_string(block->generation, e->arg[1], &text, &length))
		return true;
	if (f->trace_id && memmem(text, length, f->trace_id, strlen(f->trace_id)))
		t->matches = true;
	return t->told.kept_logs == TASK_LOGS || keep_log(t, e, text, length);
}

static void note_region(struct tasks *a, const struct trace_block *block,
                        const struct trace_event *e)
{
	uint32_t i = e->arg[0] ? idmap_get(&a->task_of, e->arg[0]) : IDMAP_NONE;
	if (i == IDMAP_NONE)
		return;
	uint64_t id = block->goroutine[e->g].id;
	if (e->type == EV_USER_REGION_END) {
		unfollow(a, i, e->g, id, e->at_ns);
		return;
	}
	a->task[i].told.regions++;
	follow(a, i, e->g, id, e->at_ns);
}

/* --- the visitor ----------------------------------------------------------------------------- */

bool tasks_event(struct tasks *a, const struct trace_block *block, const struct trace_event *e)
{
	if (is_go_transition(e->type)) {
		if (a->slot[e->subject].following)
			transition(a, block, e);
		return true;
	}
	if (e->type < EV_USER_TASK_BEGIN || e->type > EV_USER_LOG || e->g == TRACE_NONE)
		return true;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		return begin(a, block, e);
	case EV_USER_TASK_END:
		return end(a, e);
	case EV_USER_LOG:
		return note_log(a, block, e);
	case EV_USER_REGION_BEGIN:
	case EV_USER_REGION_END:
		note_region(a, block, e);
		return true;
	default:
		return true;
	}
}

bool tasks_prepare(struct tasks *a, const struct trace_block *block)
{
	return SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL);
}

bool tasks_wants(const struct tasks *a, uint32_t slot)
{
	const struct task_goroutine *g = &a->slot[slot];
	for (size_t i = 0; i < g->following; i++) {
		const struct open_user_task *t = &a->task[g->follows[i].task];
		if (t->serial == g->follows[i].serial && tasks_is_wanted(a, t))
			return true;
	}
	return false;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct tasks *a = self;
	if (!tasks_prepare(a, block))
		return false;
	const uint64_t ours = (EV_BIT(EV_USER_LOG) << 1) - EV_BIT(EV_USER_TASK_BEGIN);
	if (a->tasks == 0 && !(block->present & ours)) /* no task yet */
		return true;
	for (size_t i = 0; i < block->events; i++)
		if (!tasks_event(a, block, &block->event[i]))
			return false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct tasks *a = self;
	for (size_t i = 0; i < a->tasks; i++)
		if (a->task[i].id && !conclude(a, (uint32_t)i, time_ns, true))
			a->torn = true;
	a->tasks = a->free_task = 0;
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	on_gap(self, time_ns);
}

/* Tasks that are open go on as if they began now: what they did before is not asked for. */
void tasks_restart(void *self, int64_t time_ns)
{
	struct tasks *a = self;
	for (size_t i = 0; i < a->types; i++) {
		struct task_type *type = &a->type[i];
		distribution_finish(&type->duration);
		for (size_t k = 0; k < type->kept; k++)
			instance_destroy(type->slowest[k]);
		task_rows_destroy(type->rows);
		*type =
			(struct task_type){.name = type->name, .others = type->others, .wanted = type->wanted};
	}
	for (size_t i = 0; i < a->tasks; i++) {
		struct open_user_task *t = &a->task[i];
		if (!t->id)
			continue;
		t->since_ns = t->told.begin_ns = time_ns;
		a->type[t->type].begun++;
		if (t->detail)
			memset(&a->detail[t->detail - 1], 0, sizeof a->detail[0]);
	}
	a->logs = a->ended_only = 0;
}

struct trace_visitor tasks_visitor(struct tasks *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
