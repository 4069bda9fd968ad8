/* Regions that nobody closes, that another goroutine closes, or that are closed in the wrong
   order. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/annotations.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/text.h"

enum {
	FORGIVEN = 16, /* ends that fit nothing on a goroutine older than the trace */
	DEEP = 16,     /* regions of one kind in each other: no recursion that anybody annotates */
	SEARCHED = 50000000, /* nodes in all, for ends that don't fit the innermost region: hostile
	                        traces have many */
};

void note_regions_finish(struct note_regions *r)
{
	free(r->kind);
	free(r->node);
	free(r->left);
	idmap_finish(&r->kind_of);
}

/* --- following them -------------------------------------------------------------------------- */

/* Index; TRACE_NONE: no memory, or no room. */
static uint32_t kind_of(struct note_regions *r, uint32_t name)
{
	uint32_t i = idmap_get(&r->kind_of, name);
	if (i != IDMAP_NONE)
		return i;
	if (r->kinds == NOTES_KINDS ||
	    !wire_grow(&r->kind, &r->kind_capacity, r->kinds, sizeof *r->kind) ||
	    !idmap_put(&r->kind_of, name, (uint32_t)r->kinds))
		return TRACE_NONE;
	r->kind[r->kinds] = (struct region_kind){.name = name};
	return (uint32_t)r->kinds++;
}

/* Index + 1; 0: no memory, or no room. */
static uint32_t take(struct note_regions *r)
{
	uint32_t i = r->free_node;
	if (i) {
		r->free_node = r->node[i - 1].next;
		return i;
	}
	if (r->nodes == NOTES_REGIONS ||
	    !wire_grow(&r->node, &r->node_capacity, r->nodes, sizeof *r->node))
		return 0;
	return (uint32_t)++r->nodes;
}

static void give(struct note_regions *r, uint32_t i)
{
	r->node[i - 1].open = false;
	r->node[i - 1].next = r->free_node;
	r->free_node = i;
}

bool note_region_begin(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_regions *r = &notes->regions;
	struct note_goroutine *g = &notes->slot[e->g];
	/* In one that isn't followed no other is, so that the next ends belong to those. */
	uint32_t kind = g->unfollowed ? TRACE_NONE : kind_of(r, e->name);
	uint32_t i = kind == TRACE_NONE ? 0 : take(r);
	g->blind |= !g->unfollowed && kind == TRACE_NONE;
	if (!i) {
		g->unfollowed++;
		return true;
	}
	struct region_note *node = &r->node[i - 1];
	*node = (struct region_note){.task = e->arg[0],
	                             .goroutine = w->slot[e->g].id,
	                             .begin_ns = e->at_ns,
	                             .kind = kind,
	                             .name = e->name,
	                             .stack = (uint32_t)e->arg[2],
	                             .next = g->innermost,
	                             .slot = e->g,
	                             .open = true};
	if (node->task == 0)
		note_context_begin(notes, e->g, node);
	g->innermost = i;
	r->kind[kind].begun++;
	return true;
}

static struct note_case case_of(const struct region_note *node)
{
	return (struct note_case){.begin_ns = node->begin_ns,
	                          .end_ns = INT64_MIN,
	                          .goroutine = node->goroutine,
	                          .task = node->task,
	                          .stack = node->stack};
}

static void count_unclosed(struct note_regions *r, const struct region_note *node)
{
	struct note_case first = case_of(node);
	note_count_add(&r->kind[node->kind].unclosed, &first);
}

/* Nothing can close the innermost one in order any more. Its end may still come, out of order or
   from elsewhere: then it is known what happened. */
static void leave(struct notes *notes, uint32_t slot)
{
	struct note_regions *r = &notes->regions;
	struct note_goroutine *g = &notes->slot[slot];
	uint32_t i = g->innermost;
	struct region_note *left = &r->left[r->next_left++ % NOTES_LEFT];
	if (left->open)
		count_unclosed(r, left);
	*left = r->node[i - 1];
	g->innermost = r->node[i - 1].next;
	give(r, i);
}

void note_region_death(struct notes *notes, uint32_t slot)
{
	struct note_regions *r = &notes->regions;
	struct note_goroutine *g = &notes->slot[slot];
	while (g->innermost && !g->blind)
		leave(notes, slot);
	while (g->innermost) {
		uint32_t i = g->innermost;
		g->innermost = r->node[i - 1].next;
		give(r, i);
	}
}

static inline bool fits(const struct region_note *node, const struct trace_event *e)
{
	return node->open && node->task == e->arg[0] && node->name == e->name;
}

/* Among those that were left, the last one that fits; rather one of the same goroutine. */
static struct region_note *find_left(struct note_regions *r, const struct trace_event *e,
                                     uint64_t goroutine)
{
	struct region_note *found = NULL;
	for (size_t i = 1; i <= NOTES_LEFT && i <= r->next_left && r->searched <= SEARCHED; i++) {
		r->searched++;
		struct region_note *left = &r->left[(r->next_left - i) % NOTES_LEFT];
		if (!fits(left, e))
			continue;
		if (left->goroutine == goroutine)
			return left;
		if (!found)
			found = left;
	}
	return found;
}

/* On another goroutine, the one that began last. Index + 1; 0: there is none. */
static uint32_t find_elsewhere(struct note_regions *r, const struct trace_event *e,
                               uint64_t goroutine)
{
	uint32_t found = 0;
	if (r->searched > SEARCHED)
		return 0;
	r->searched += r->nodes;
	for (uint32_t i = 0; i < r->nodes; i++)
		if (fits(&r->node[i], e) && r->node[i].goroutine != goroutine &&
		    (!found || r->node[i].begin_ns > r->node[found - 1].begin_ns))
			found = i + 1;
	return found;
}

static void unlink_node(struct notes *notes, uint32_t i)
{
	struct note_regions *r = &notes->regions;
	uint32_t *link = &notes->slot[r->node[i - 1].slot].innermost;
	while (*link && *link != i && r->searched <= SEARCHED) {
		r->searched++;
		link = &r->node[*link - 1].next;
	}
	if (*link != i) /* no longer looked for: it stays where it is */
		return;
	*link = r->node[i - 1].next;
	give(r, i);
}

static void count_crossed(struct note_regions *r, const struct region_note *node,
                          const struct trace_event *e, uint64_t goroutine)
{
	struct note_case first = case_of(node);
	first.end_ns = e->at_ns;
	first.other = goroutine;
	note_count_add(&r->kind[node->kind].crossed, &first);
}

/* The end of nothing that is open on its goroutine. */
static void end_stray(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_regions *r = &notes->regions;
	struct note_goroutine *g = &notes->slot[e->g];
	uint64_t goroutine = w->slot[e->g].id;
	struct region_note *left = find_left(r, e, goroutine);
	if (left && left->goroutine == goroutine) {
		struct note_case first = case_of(left);
		first.end_ns = e->at_ns;
		first.name = left->around;
		note_count_add(&r->kind[left->kind].disordered, &first);
		left->open = false;
		return;
	}
	/* It may have begun before the trace. */
	if (!w->slot[e->g].created && g->strays < FORGIVEN) {
		g->strays++;
		return;
	}
	uint32_t i = left ? 0 : find_elsewhere(r, e, goroutine);
	if (left) {
		count_crossed(r, left, e, goroutine);
		left->open = false;
	} else if (i) {
		count_crossed(r, &r->node[i - 1], e, goroutine);
		unlink_node(notes, i);
	}
}

/* The innermost open one on the goroutine that ends so. Index + 1; 0: there is none. */
static uint32_t find_open(struct note_regions *r, uint32_t innermost, const struct trace_event *e)
{
	uint32_t i = innermost;
	while (i && !fits(&r->node[i - 1], e)) {
		if (r->searched > SEARCHED)
			return 0;
		r->searched++;
		i = r->node[i - 1].next;
	}
	return i;
}

bool note_region_end(struct notes *notes, const struct witness *w, const struct trace_event *e)
{
	struct note_regions *r = &notes->regions;
	struct note_goroutine *g = &notes->slot[e->g];
	if (g->unfollowed) {
		g->unfollowed--;
		return true;
	}
	/* Of a stray one the reader has seen already that it fits none. */
	uint32_t i = e->type == EV_USER_REGION_STRAY ? 0 : find_open(r, g->innermost, e);
	if (!i) {
		end_stray(notes, w, e);
		return true;
	}
	while (g->innermost != i) {
		r->node[g->innermost - 1].around = e->name;
		leave(notes, e->g);
	}
	if (r->node[i - 1].instead)
		note_context_end(notes, &r->node[i - 1], e->at_ns);
	g->innermost = r->node[i - 1].next;
	give(r, i);
	return true;
}

void note_regions_forget(struct notes *notes)
{
	struct note_regions *r = &notes->regions;
	r->nodes = 0;
	r->free_node = 0;
	memset(r->left, 0, NOTES_LEFT * sizeof *r->left);
}

/* --- what is wrong with them ----------------------------------------------------------------- */

/* Of those that are open in the end, the ones that lie deep in their like. */
static void count_deep(struct notes *notes)
{
	struct note_regions *r = &notes->regions;
	for (size_t s = 0; s < notes->slots; s++) {
		const struct region_note *last = NULL;
		unsigned deep = 0;
		uint32_t innermost = notes->slot[s].blind ? 0 : notes->slot[s].innermost;
		for (uint32_t i = innermost; i; i = r->node[i - 1].next) {
			const struct region_note *node = &r->node[i - 1];
			deep = last && last->kind == node->kind ? deep + 1 : 0;
			if (deep >= DEEP)
				count_unclosed(r, node);
			last = node;
		}
	}
	for (size_t i = 0; i < NOTES_LEFT; i++)
		if (r->left[i].open)
			count_unclosed(r, &r->left[i]);
}

/* What can be wrong, in words that follow "1,204 of 1,300 regions "query"". */
struct region_fault {
	enum slug slug;
	enum limit limit;
	size_t count; /* offset of it in a kind */
	const char *measure, *text;
};

static const struct region_fault faults[] = {
	{SLUG_REGION_UNCLOSED, LIMIT_UNCLOSED_REGIONS, offsetof(struct region_kind, unclosed),
     "unclosed_regions",
     "were never ended, though the region around them or their goroutine was over"},
	{SLUG_REGION_CROSS_GOROUTINE, LIMIT_CROSSED_REGIONS, offsetof(struct region_kind, crossed),
     "crossed_regions", "were ended by another goroutine than the one that began them"},
	{SLUG_REGION_OUT_OF_ORDER, LIMIT_DISORDERED_REGIONS, offsetof(struct region_kind, disordered),
     "disordered_regions", "were ended after the region around them"},
};

static const struct note_count *count_of(const struct region_kind *kind,
                                         const struct region_fault *fault)
{
	return (const struct note_count *)(const void *)((const char *)kind + fault->count);
}

static bool is_wrong(const struct notes *notes, const struct region_kind *kind,
                     const struct region_fault *fault)
{
	double n = (double)count_of(kind, fault)->n;
	/* Where the trace ends, some lack an end that the program has for them: of regions that end
	   in a wrong way, too. */
	if (fault->slug == SLUG_REGION_UNCLOSED &&
	    n < NOTES_RARE * (double)(kind->crossed.n + kind->disordered.n))
		return false;
	return n >= limit(notes->doctor->limits, fault->limit);
}

static void show_case(struct finding *f, const struct notes *notes, const struct region_kind *kind,
                      const struct region_fault *fault)
{
	char name[NOTE_NAME], other[NOTE_NAME];
	const struct note_case *first = &count_of(kind, fault)->first;
	note_name(name, notes->doctor, kind->name);
	switch (fault->slug) {
	case SLUG_REGION_UNCLOSED:
		note_show(f, notes->doctor, EVIDENCE_GOROUTINE, first,
		          "goroutine %" PRIu64 " began %s here and never ended it", first->goroutine, name);
		break;
	case SLUG_REGION_CROSS_GOROUTINE:
		note_show(f, notes->doctor, EVIDENCE_GOROUTINE, first,
		          "goroutine %" PRIu64 " began %s here; goroutine %" PRIu64 " ended it",
		          first->goroutine, name, first->other);
		break;
	default:
		note_show(f, notes->doctor, EVIDENCE_GOROUTINE, first,
		          "goroutine %" PRIu64 " began %s here in %s, and ended it when that was over",
		          first->goroutine, name, note_name(other, notes->doctor, first->name));
		break;
	}
}

const char *note_region_kinds(char to[NOTE_KINDS], const struct notes *notes,
                              const struct note_ranks *ranks)
{
	char name[NOTE_NAME], n[32], all[32];
	size_t used = 0;
	*to = '\0';
	for (size_t i = 0; i < ranks->n && used < NOTE_KINDS; i++) {
		const struct region_kind *kind = &notes->regions.kind[ranks->rank[i].index];
		text_count(n, sizeof n, (int64_t)ranks->rank[i].n);
		text_count(all, sizeof all, (int64_t)kind->begun);
		used += (size_t)snprintf(to + used, NOTE_KINDS - used, "%s%s of %s regions %s",
		                         i ? ", " : "", n, all, note_name(name, notes->doctor, kind->name));
	}
	return to;
}

static void find_fault(const struct notes *notes, const struct region_fault *fault,
                       struct findings *findings)
{
	const struct note_regions *r = &notes->regions;
	struct note_ranks ranks = {.n = 0};
	uint64_t begun = 0;
	for (size_t i = 0; i < r->kinds; i++)
		if (is_wrong(notes, &r->kind[i], fault)) {
			note_ranks_add(&ranks, (uint32_t)i, count_of(&r->kind[i], fault)->n);
			begun += r->kind[i].begun;
		}
	if (!ranks.n)
		return;
	char kinds[NOTE_KINDS];
	note_region_kinds(kinds, notes, &ranks);
	struct finding *f = findings_add(findings, fault->slug, SEVERITY_WARNING,
	                                 NOTE_IMPACT * (double)ranks.all / (double)begun);
	finding_say(f, "%s %s.", kinds, fault->text);
	finding_measure(f, fault->measure, UNIT_COUNT, (double)ranks.all);
	finding_measure(f, "begun_regions", UNIT_COUNT, (double)begun);
	for (size_t i = 0; i < ranks.n; i++)
		show_case(f, notes, &r->kind[ranks.rank[i].index], fault);
}

void note_regions_conclude(struct notes *notes, struct findings *findings)
{
	count_deep(notes);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		find_fault(notes, &faults[i], findings);
}
