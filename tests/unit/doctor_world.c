#include "tests/unit/doctor_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void world_begin(struct world *w, const struct trace_family *family, int64_t ms, uint64_t ps)
{
	memset(w, 0, sizeof *w);
	limits_init(&w->limits);
	w->witness.stacks = &w->analysis.stacks;
	w->witness.names = &w->analysis.names;
	w->witness.slot = w->slot;
	w->witness.slots = WORLD_SLOTS;
	w->witness.last_ns = ms * WORLD_MS;
	w->witness.gomaxprocs = ps;
	w->witness.situations = &w->situations;
	situations_init(&w->situations, &w->analysis.stacks, &w->analysis.names);
	w->doctor = (struct doctor){&w->analysis, &w->witness, &w->situations, &w->limits};
	w->family = family;
	w->self = family->create(&w->doctor);
	assert_non_null(w->self);
	names_intern(&w->analysis.names, "", 0);
}

void world_finish(struct world *w)
{
	w->family->destroy(w->self);
	findings_finish(&w->findings);
	situations_finish(&w->situations);
	analysis_finish(&w->analysis);
}

uint32_t world_name(struct world *w, const char *name)
{
	uint32_t number = names_intern(&w->analysis.names, name, strlen(name));
	assert_int_not_equal(number, NAME_ERROR);
	return number;
}

static void *one_more(void *array, size_t n, size_t size)
{
	void *bigger = reallocarray(array, n + 1, size);
	assert_non_null(bigger);
	return bigger;
}

uint32_t world_stack(struct world *w, const char *functions)
{
	struct stacks *s = &w->analysis.stacks;
	struct stack stack = {.first = (uint32_t)s->frames};
	for (const char *at = functions; *at;) {
		size_t n = strcspn(at, " ");
		uint32_t name = names_intern(&w->analysis.names, at, n);
		s->frame = one_more(s->frame, s->frames, sizeof *s->frame);
		s->frame[s->frames++] = (struct stack_frame){name, world_name(w, "/src/main.go"), 7};
		stack.frames++;
		at += n + (at[n] == ' ');
	}
	s->stack = one_more(s->stack, s->n, sizeof *s->stack);
	s->stack[s->n++] = stack;
	return (uint32_t)s->n;
}

struct goroutine_kind *world_kind(struct world *w, const char *function, uint64_t goroutines,
                                  uint64_t starts, int64_t running_ms)
{
	struct goroutines *g = &w->analysis.goroutines;
	g->group = one_more(g->group, g->groups, sizeof *g->group);
	struct goroutine_kind *kind = &g->group[g->groups++];
	*kind = (struct goroutine_kind){
		.function = world_name(w, function),
		.goroutines = goroutines,
		.starts = starts,
	};
	kind->state_ns[GO_RUNNING] = running_ms * WORLD_MS;
	g->state_ns[GO_RUNNING] += running_ms * WORLD_MS;
	return kind;
}

void world_waits(struct world *w, struct goroutine_kind *kind, const char *reason, uint64_t count)
{
	struct goroutines *g = &w->analysis.goroutines;
	g->reason = one_more(g->reason, g->reasons, sizeof *g->reason);
	g->reason[g->reasons++] = (struct reason_time){.reason = world_name(w, reason),
	                                               .count = count,
	                                               .next = kind->reasons};
	kind->reasons = (uint32_t)g->reasons;
}

struct witness_goroutine *world_goroutine(struct world *w, uint32_t slot, uint64_t id,
                                          const char *function)
{
	w->slot[slot] = (struct witness_goroutine){
		.id = id,
		.counts = 1,
		.function = world_name(w, function),
		.burst_since_ns = INT64_MIN,
	};
	return &w->slot[slot];
}

void world_spell(struct world *w, uint32_t slot, struct spell spell)
{
	if (spell.end_ns == 0)
		spell.end_ns = spell.begin_ns + spell.ns;
	if (spell.waker == 0)
		spell.waker_slot = TRACE_NONE;
	const uint8_t who = w->family->who;
	if (who && !(who & witness_who(&w->witness, &w->slot[slot])))
		return;
	if (w->family->least_ns[spell.class] > 0 && spell.ns >= w->family->least_ns[spell.class])
		assert_true(w->family->spell(w->self, &w->witness, slot, &spell));
}

void world_spells(struct world *w, uint32_t slot, struct spell spell, unsigned times)
{
	for (unsigned i = 0; i < times; i++, spell.begin_ns += spell.ns)
		world_spell(w, slot, spell);
}

void world_conclude(struct world *w)
{
	assert_true(w->family->conclude(w->self, &w->doctor, &w->findings));
	findings_settle(&w->findings);
	assert_false(w->findings.no_memory);
	for (size_t i = 0; i < w->findings.n; i++)
		assert_true(strlen(w->findings.finding[i]->summary) > 40);
}

const struct finding *world_finding(struct world *w)
{
	world_conclude(w);
	assert_in_range(w->findings.n, 0, 1);
	return w->findings.n ? w->findings.finding[0] : NULL;
}

const struct finding *world_find(const struct world *w, enum slug slug)
{
	for (size_t i = 0; i < w->findings.n; i++)
		if (w->findings.finding[i]->slug == slug)
			return w->findings.finding[i];
	return NULL;
}

double world_measure(const struct finding *f, const char *name, enum measure_unit unit)
{
	for (size_t i = 0; i < f->measures; i++)
		if (strcmp(f->measure[i].name, name) == 0 && f->measure[i].unit == unit)
			return f->measure[i].value;
	fail_msg("no measure %s", name);
	return 0;
}
