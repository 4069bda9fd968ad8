#include "doctor/cpu_groups.h"

#include <stdlib.h>
#include <string.h>

#include "doctor/kinds.h"
#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

/* A goroutine that waits so often for the network, or sleeps so often and has others beside it,
   answers somebody or acts by the clock: it matters when it gets to run. One that sleeps alone is a
   clock, or shows how far a job is. */
enum { SERVES_NETWORK = 10, SERVES_SLEEPS = 20, SERVES_TOGETHER = 2 };

void cpu_groups_clear(struct cpu_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		distribution_finish(&groups->group[i].waits);
	groups->n = 0;
	idmap_clear(&groups->of);
	if (groups->slots)
		memset(groups->stalled_ns, 0, groups->slots * sizeof *groups->stalled_ns);
}

void cpu_groups_finish(struct cpu_groups *groups)
{
	cpu_groups_clear(groups);
	free(groups->group);
	free(groups->stalled_ns);
	idmap_finish(&groups->of);
	memset(groups, 0, sizeof *groups);
}

/* *found is NULL where there are too many groups. false: no memory. */
static bool find(struct cpu_groups *groups, const struct witness_goroutine *g,
                 struct cpu_group **found)
{
	uint64_t key = (uint64_t)g->function << 32 | g->creator;
	uint32_t known = idmap_get(&groups->of, key);
	*found = NULL;
	if (known != IDMAP_NONE) {
		*found = &groups->group[known];
		return true;
	}
	if (groups->n == CPU_GROUPS)
		return true;
	if (!wire_grow(&groups->group, &groups->capacity, groups->n, sizeof *groups->group) ||
	    !idmap_put(&groups->of, key, (uint32_t)groups->n))
		return false;
	*found = &groups->group[groups->n++];
	**found = (struct cpu_group){.function = g->function, .creator = g->creator};
	return true;
}

static void keep_longest(struct cpu_longest *longest, const struct witness *w,
                         const struct witness_goroutine *g, const struct spell *spell)
{
	if (spell->ns <= longest->ns)
		return;
	*longest = (struct cpu_longest){
		.ns = spell->ns,
		.begin_ns = witness_since_begin(w, spell->begin_ns),
		.end_ns = witness_since_begin(w, spell->end_ns),
		.goroutine = g->id,
		.stack = spell->stack,
	};
}

static bool note_wait(struct cpu_group *group, const struct witness *w,
                      const struct witness_goroutine *g, const struct spell *spell)
{
	/* A burst goes on while it waits for a P again. */
	if (g->burst_since_ns != INT64_MIN) {
		add_ns(&group->sliced_ns, spell->ns);
		return true;
	}
	if (g->created && g->burst_ns == 0) {
		add_ns(&group->first_ns, spell->ns);
		if (spell->waker_slot != TRACE_NONE)
			group->parent = w->slot[spell->waker_slot].function;
	}
	add_ns(&group->waits_starved_ns, spell->during.starved);
	keep_longest(&group->wait, w, g, spell);
	return distribution_add(&group->waits, spell->ns);
}

static bool note_stall(struct cpu_groups *groups, const struct witness *w, uint32_t slot,
                       int64_t ns)
{
	if (!SLOTS_FIT(groups->stalled_ns, groups->slots, w->slots, NULL))
		return false;
	add_ns(&groups->stalled_ns[slot], ns - CPU_SLICE_NS);
	return true;
}

/* What a burst that ends now really ran. */
static int64_t end_stall(struct cpu_groups *groups, uint32_t slot, int64_t burst_ns)
{
	if (slot >= groups->slots)
		return burst_ns;
	burst_ns -= groups->stalled_ns[slot];
	groups->stalled_ns[slot] = 0;
	return burst_ns;
}

static void note_burst(struct cpu_group *group, const struct witness *w,
                       const struct witness_goroutine *g, const struct spell *spell)
{
	group->bursts++;
	add_ns(&group->burst_ns, spell->ns);
	add_ns(&group->burst_wall_ns, bounded_elapsed_ns(spell->begin_ns, spell->end_ns));
	add_ns(&group->burst_starved_ns, spell->during.starved);
	add_ns(&group->burst_idle_ns, spell->during.idle);
	keep_longest(&group->burst, w, g, spell);
}

bool cpu_groups_spell(struct cpu_groups *groups, const struct witness *w, uint32_t slot,
                      const struct spell *spell)
{
	const struct witness_goroutine *g = &w->slot[slot];
	struct cpu_group *group;
	if (spell->class == SPELL_RUNNING)
		return note_stall(groups, w, slot, spell->ns);
	if (spell->class == SPELL_BURST &&
	    (double)end_stall(groups, slot, spell->ns) < groups->burst_ns)
		return true;
	if (!find(groups, g, &group))
		return false;
	if (group && spell->class == SPELL_RUNNABLE)
		return note_wait(group, w, g, spell);
	if (group)
		note_burst(group, w, g, spell);
	return true;
}

uint64_t distribution_count_from(const struct distribution *d, int64_t ns)
{
	uint64_t count = 0;
	for (struct distribution_step step = {0}; distribution_next(d, &step);)
		count += step.upper_ns >= ns ? step.count : 0;
	return count;
}

/* --- when the trace is over ------------------------------------------------------------------- */

static bool kind_serves(const struct analysis *a, struct situations *situations,
                        const struct goroutine_kind *kind)
{
	enum role role = situation_role(situations, kind->function);
	if (role == ROLE_CONNECTION || role == ROLE_REQUEST)
		return true;
	return kind_waits(a, kind, "network") >= SERVES_NETWORK ||
	       (kind->goroutines >= SERVES_TOGETHER && kind_waits(a, kind, "sleep") >= SERVES_SLEEPS);
}

/* Who started them is known of those alone that were started during the trace. */
static uint32_t parent_of(const struct cpu_groups *groups, uint32_t function)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->group[i].function == function && groups->group[i].parent != NAME_NONE)
			return groups->group[i].parent;
	return NAME_NONE;
}

static bool parent_serves(const struct cpu_groups *groups, const struct analysis *a,
                          struct situations *situations, uint32_t function)
{
	uint32_t parent = parent_of(groups, function);
	for (size_t i = 0; parent != NAME_NONE && i < a->goroutines.groups; i++)
		if (a->goroutines.group[i].function == parent &&
		    kind_serves(a, situations, &a->goroutines.group[i]))
			return true;
	return false;
}

void cpu_groups_settle(struct cpu_groups *groups, const struct analysis *a,
                       struct situations *situations)
{
	for (size_t i = 0; i < groups->n; i++) {
		struct cpu_group *group = &groups->group[i];
		const struct goroutine_kind *kind = kinds_find(a, group->function, group->creator);
		group->kind = kind;
		if (!kind || role_is_background(situation_role(situations, group->function)))
			continue;
		group->serves = kind_serves(a, situations, kind) ||
		                parent_serves(groups, a, situations, group->function);
		group->polls = kind_polls(a, kind);
	}
}
