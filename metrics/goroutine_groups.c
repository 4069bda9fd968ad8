#include <stdlib.h>
#include <string.h>

#include "metrics/goroutines.h"
#include "util/hash.h"
#include "util/siphash.h"

/*
 * How rows become groups. Rows that agree in everything are a class: one pass with a hash finds
 * them, and of 100,000 goroutines there are some dozens. Groups are made of classes, in every way
 * there is. Only the waiting times need the rows again, sorted by group.
 */

struct class
{
	struct goroutine_row row; /* what they agree in; the rest means nothing */
	uint32_t count;
	uint32_t draft; /* index of the group being made */
};

/* A group before it has names. */
struct draft {
	uint32_t class; /* one of its classes, whose numbers it goes by */
	uint32_t count;
	uint32_t group; /* index of what becomes of it, or NO_GROUP */
};
#define NO_GROUP UINT32_MAX

/* So many drafts get names; numbers that have the same name become one group. */
#define NAMED_MAX ((size_t)2 * GOROUTINE_GROUPS_MAX)
/* Places of the groups: a power of two, above the three that each can have, in all ways. */
#define MEMO_SIZE 4096
_Static_assert(MEMO_SIZE > 3 * NAMED_MAX * GOROUTINES_BY_COUNT, "the memo never fills up");

struct memo {
	uint64_t number; /* 0: free */
	enum goroutine_place_id id;
	struct goroutine_place place;
};

struct wait {
	int64_t ns, goid;
	uint32_t row;
	bool at_least;
};

struct goroutine_grouper {
	struct goroutine_set *set;
	const struct goroutine_row *row;
	size_t rows, rows_room;
	const struct goroutine_names *names;
	struct goroutine_pick *pick;
	uint64_t seed;      /* of hashes: whoever is looked at could choose its numbers to collide */
	int by;             /* the next way to be grouped in */
	uint32_t *class_of; /* [rows] */
	struct class *class;
	size_t classes, classes_room;
	uint32_t *slot; /* open addressing: index of a class or draft + 1 */
	size_t slots;
	struct draft *draft;
	size_t drafts;
	struct wait *wait; /* [rows] */
	struct memo *memo; /* [MEMO_SIZE] */
};

/* --- classes -------------------------------------------------------------------------------- */

static bool same_head(const struct goroutine_row *a, const struct goroutine_row *b)
{
	return a->state == b->state && a->system == b->system && a->reason == b->reason;
}

static uint64_t hash_head(uint64_t seed, const struct goroutine_row *r)
{
	return hash_mix(seed, (uint64_t)r->reason << 16 | (uint64_t)r->state << 1 | r->system);
}

static bool same_class(const struct goroutine_row *a, const struct goroutine_row *b)
{
	return same_head(a, b) && a->creator == b->creator && a->start == b->start && a->at == b->at;
}

static uint64_t hash_class(uint64_t seed, const struct goroutine_row *r)
{
	return hash_mix(hash_mix(hash_mix(hash_head(seed, r), r->creator), r->start), r->at);
}

static bool same_group(const struct goroutine_row *a, const struct goroutine_row *b,
                       enum goroutine_by by)
{
	return same_head(a, b) &&
	       (by == GOROUTINES_BY_CREATOR ? a->creator == b->creator && a->start == b->start
	                                    : a->at == b->at);
}

static uint64_t hash_group(uint64_t seed, const struct goroutine_row *r, enum goroutine_by by)
{
	uint64_t hash = hash_head(seed, r);
	return by == GOROUTINES_BY_CREATOR ? hash_mix(hash_mix(hash, r->creator), r->start)
	                                   : hash_mix(hash, r->at);
}

/* Room for twice as many classes, and an index of four times as many slots. */
static enum status grow_classes(struct goroutine_grouper *g)
{
	size_t room = g->classes_room ? g->classes_room * 2 : 256;
	struct class *class = calloc(room, sizeof *class);
	uint32_t *slot = calloc(room * 4, sizeof *slot);
	if (!class || !slot) {
		free(class);
		free(slot);
		return STATUS_FAILED;
	}
	if (g->classes)
		memcpy(class, g->class, g->classes * sizeof *class);
	free(g->class);
	free(g->slot);
	g->class = class;
	g->classes_room = room;
	g->slot = slot;
	g->slots = room * 4;
	for (size_t i = 0; i < g->classes; i++) {
		size_t at = (size_t)hash_class(g->seed, &class[i].row);
		while (slot[at & (g->slots - 1)])
			at++;
		slot[at & (g->slots - 1)] = (uint32_t)i + 1;
	}
	return STATUS_OK;
}

static enum status class_of_row(struct goroutine_grouper *g, const struct goroutine_row *row,
                                uint32_t *out)
{
	for (size_t at = (size_t)hash_class(g->seed, row);; at++) {
		uint32_t *slot = &g->slot[at & (g->slots - 1)];
		if (*slot && !same_class(&g->class[*slot - 1].row, row))
			continue;
		if (*slot) {
			*out = *slot - 1;
			return STATUS_OK;
		}
		if (g->classes == g->classes_room) {
			if (grow_classes(g) != STATUS_OK)
				return STATUS_FAILED;
			return class_of_row(g, row, out);
		}
		g->class[g->classes].row = *row;
		*slot = (uint32_t)++g->classes;
		*out = *slot - 1;
		return STATUS_OK;
	}
}

static enum status reserve_rows(struct goroutine_grouper *g, size_t rows)
{
	if (rows <= g->rows_room)
		return STATUS_OK;
	size_t room = rows + rows / 2;
	uint32_t *class_of = realloc(g->class_of, room * sizeof *class_of);
	if (!class_of)
		return STATUS_FAILED;
	g->class_of = class_of;
	g->rows_room = room;
	return STATUS_OK;
}

/* Of the rows from `first` on. */
static enum status make_classes(struct goroutine_grouper *g, size_t first)
{
	for (size_t i = first; i < g->rows; i++) {
		/* Neighbours in memory were mostly made together. */
		if (i > 0 && same_class(&g->row[i], &g->row[i - 1]))
			g->class_of[i] = g->class_of[i - 1];
		else if (class_of_row(g, &g->row[i], &g->class_of[i]) != STATUS_OK)
			return STATUS_FAILED;
		g->class[g->class_of[i]].count++;
		if (g->row[i].system)
			g->set->system_count++;
		else
			g->set->count++;
	}
	return STATUS_OK;
}

/* --- drafts --------------------------------------------------------------------------------- */

static void make_drafts(struct goroutine_grouper *g, enum goroutine_by by)
{
	memset(g->slot, 0, g->slots * sizeof *g->slot);
	g->drafts = 0;
	for (size_t i = 0; i < g->classes; i++) {
		struct class *class = &g->class[i];
		size_t at = (size_t)hash_group(g->seed, &class->row, by);
		uint32_t *slot;
		while (*(slot = &g->slot[at & (g->slots - 1)]) &&
		       !same_group(&g->class[g->draft[*slot - 1].class].row, &class->row, by))
			at++;
		if (!*slot) {
			g->draft[g->drafts] = (struct draft){.class = (uint32_t)i, .group = NO_GROUP};
			*slot = (uint32_t)++g->drafts;
		}
		class->draft = *slot - 1;
		g->draft[class->draft].count += class->count;
	}
}

struct ranked {
	uint64_t key;
	uint32_t count, index;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* --- names ---------------------------------------------------------------------------------- */

static enum status name_place(struct goroutine_grouper *g, enum goroutine_place_id id,
                              uint64_t number, struct goroutine_place *out)
{
	*out = (struct goroutine_place){0};
	if (number == 0)
		return STATUS_OK;
	size_t at = (size_t)hash_mix(id, number);
	struct memo *memo;
	while ((memo = &g->memo[at & (MEMO_SIZE - 1)])->number &&
	       (memo->number != number || memo->id != id))
		at++;
	if (!memo->number) {
		struct goroutine_where where = {0};
		struct goroutine_place place = {0};
		g->names->place(g->names->arg, id, number, &where);
		place.line = where.line > 0 ? where.line : 0;
		if (goroutine_set_intern(g->set, where.function, &place.function) != STATUS_OK ||
		    goroutine_set_intern(g->set, where.file, &place.file) != STATUS_OK)
			return STATUS_FAILED;
		*memo = (struct memo){number, id, place};
	}
	*out = memo->place;
	return STATUS_OK;
}

/* What its members have in common, and the key that follows. */
static enum status name_group(struct goroutine_grouper *g, enum goroutine_by by,
                              const struct draft *draft, struct goroutine_group *group)
{
	const struct goroutine_row *row = &g->class[draft->class].row;
	*group = (struct goroutine_group){
		.state = row->state < GOROUTINE_STATE_COUNT ? row->state : GOROUTINE_UNKNOWN,
		.system = row->system,
		.longest_ns = -1,
		.median_ns = -1,
	};
	enum status status = STATUS_OK;
	if (row->reason)
		status = goroutine_set_intern(g->set, g->names->reason(g->names->arg, row->reason),
		                              &group->reason);
	if (status == STATUS_OK && by == GOROUTINES_BY_CREATOR)
		status = name_place(g, GOROUTINE_CREATOR, row->creator, &group->creator);
	if (status == STATUS_OK && by == GOROUTINES_BY_CREATOR)
		status = name_place(g, GOROUTINE_START, row->start, &group->start);
	if (status == STATUS_OK && by == GOROUTINES_BY_TOP)
		status = name_place(g, GOROUTINE_AT, row->at, &group->at);
	group->key = goroutine_group_key(g->set, group, by);
	return status;
}

/* Gives names to the largest drafts, and makes those one that have the same. */
static enum status name_drafts(struct goroutine_grouper *g, enum goroutine_by by,
                               struct ranked *ranked, struct goroutine_group *group, size_t *groups)
{
	for (size_t i = 0; i < g->drafts; i++)
		ranked[i] = (struct ranked){0, g->draft[i].count, (uint32_t)i};
	qsort(ranked, g->drafts, sizeof *ranked, compare_ranked);
	for (size_t i = 0; i < g->drafts && i < NAMED_MAX; i++) {
		struct draft *draft = &g->draft[ranked[i].index];
		struct goroutine_group named;
		size_t same = 0;
		if (name_group(g, by, draft, &named) != STATUS_OK)
			return STATUS_FAILED;
		while (same < *groups && group[same].key != named.key)
			same++;
		if (same == *groups)
			group[(*groups)++] = named;
		group[same].count += draft->count;
		draft->group = (uint32_t)same;
	}
	return STATUS_OK;
}

/* Counts what became of no group. */
static void count_others(struct goroutine_grouper *g, struct goroutine_grouping *out)
{
	for (size_t i = 0; i < g->drafts; i++) {
		const struct draft *draft = &g->draft[i];
		bool system = g->class[draft->class].row.system;
		if (draft->group != NO_GROUP)
			continue;
		*(system ? &out->other_system_groups : &out->other_groups) += 1;
		*(system ? &out->other_system_count : &out->other_count) += draft->count;
	}
}

/* Puts the largest groups into the set, in order. */
static enum status rank_groups(struct goroutine_grouper *g, enum goroutine_by by,
                               struct ranked *ranked, const struct goroutine_group *group,
                               size_t groups)
{
	struct goroutine_grouping *out = &g->set->by[by];
	uint32_t to[NAMED_MAX];
	for (size_t i = 0; i < groups; i++)
		ranked[i] = (struct ranked){group[i].key, group[i].count, (uint32_t)i};
	qsort(ranked, groups, sizeof *ranked, compare_ranked);
	out->n = groups < GOROUTINE_GROUPS_MAX ? groups : GOROUTINE_GROUPS_MAX;
	out->group = calloc(out->n + 1, sizeof *out->group);
	if (!out->group) {
		out->n = 0;
		return STATUS_FAILED;
	}
	for (size_t i = 0; i < groups; i++)
		to[ranked[i].index] = i < out->n ? (uint32_t)i : NO_GROUP;
	for (size_t i = 0; i < out->n; i++)
		out->group[i] = group[ranked[i].index];
	for (size_t i = 0; i < g->drafts; i++)
		if (g->draft[i].group != NO_GROUP)
			g->draft[i].group = to[g->draft[i].group];
	count_others(g, out);
	return STATUS_OK;
}

static enum status make_groups(struct goroutine_grouper *g, enum goroutine_by by)
{
	struct goroutine_group *group = calloc(NAMED_MAX, sizeof *group);
	struct ranked *ranked = calloc(g->drafts + 1, sizeof *ranked);
	size_t groups = 0;
	enum status status = group && ranked ? STATUS_OK : STATUS_FAILED;
	if (status == STATUS_OK)
		status = name_drafts(g, by, ranked, group, &groups);
	if (status == STATUS_OK)
		status = rank_groups(g, by, ranked, group, groups);
	free(group);
	free(ranked);
	return status;
}

/* --- where most stand, who made most of them ------------------------------------------------- */

struct tally {
	uint32_t group, count;
	uint64_t first, second; /* the frame; or the creator and the start function */
};

static int compare_tally(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->second < y->second ? -1 : x->second > y->second;
}

static enum status name_most(struct goroutine_grouper *g, enum goroutine_by by,
                             const struct tally *most, struct goroutine_group *group)
{
	if (by == GOROUTINES_BY_CREATOR) {
		group->at_count = most->count;
		return name_place(g, GOROUTINE_AT, most->first, &group->at);
	}
	enum status status = name_place(g, GOROUTINE_CREATOR, most->first, &group->creator);
	return status ? status : name_place(g, GOROUTINE_START, most->second, &group->start);
}

/* `tally` are those of one group, equal ones next to each other. */
static enum status add_most(struct goroutine_grouper *g, enum goroutine_by by, struct tally *tally,
                            size_t n)
{
	struct goroutine_group *group = &g->set->by[by].group[tally->group];
	struct tally most = {0};
	for (size_t i = 0, end; i < n; i = end) {
		struct tally one = tally[i];
		for (end = i + 1;
		     end < n && tally[end].first == one.first && tally[end].second == one.second; end++)
			one.count += tally[end].count;
		group->at_known += by == GOROUTINES_BY_CREATOR && one.first ? one.count : 0;
		if ((one.first || one.second) && one.count > most.count)
			most = one;
	}
	return name_most(g, by, &most, group);
}

static enum status find_most(struct goroutine_grouper *g, enum goroutine_by by)
{
	struct tally *tally = calloc(g->classes + 1, sizeof *tally);
	if (!tally)
		return STATUS_FAILED;
	size_t n = 0;
	for (size_t i = 0; i < g->classes; i++) {
		const struct class *class = &g->class[i];
		uint32_t group = g->draft[class->draft].group;
		bool by_creator = by == GOROUTINES_BY_CREATOR;
		if (group != NO_GROUP)
			tally[n++] =
				(struct tally){group, class->count, by_creator ? class->row.at : class->row.creator,
			                   by_creator ? 0 : class->row.start};
	}
	qsort(tally, n, sizeof *tally, compare_tally);
	enum status status = STATUS_OK;
	for (size_t i = 0, end; i < n && status == STATUS_OK; i = end) {
		for (end = i + 1; end < n && tally[end].group == tally[i].group;)
			end++;
		status = add_most(g, by, tally + i, end - i);
	}
	free(tally);
	return status;
}

/* --- waiting times -------------------------------------------------------------------------- */

/* Longest first; what is unknown last. */
static bool before(const struct wait *a, const struct wait *b)
{
	return a->ns != b->ns ? a->ns > b->ns : a->goid < b->goid;
}

static int compare_waits(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a);
}

/* Hoare's selection: afterwards w[k] is what it would be if all were sorted, and what belongs
   before it stands before it. k < n. */
static void select_wait(struct wait *w, size_t n, size_t k)
{
	for (size_t low = 0, high = n - 1; low < high;) {
		struct wait pivot = w[low + (high - low) / 2];
		size_t i = low, j = high;
		for (;; i++, j--) {
			while (before(&w[i], &pivot))
				i++;
			while (before(&pivot, &w[j]))
				j--;
			if (i >= j)
				break;
			struct wait swap = w[i];
			w[i] = w[j];
			w[j] = swap;
		}
		/* Nothing up to j belongs behind what comes after it. */
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
}

/* The k that wait longest to the front, in order. Returns how many there are. */
static size_t sort_longest(struct wait *w, size_t n, size_t k)
{
	if (k < n)
		select_wait(w, n, k);
	else
		k = n;
	qsort(w, k, sizeof *w, compare_waits);
	return k;
}

/*
 * Who has waited longer than he is known to may stand further up in truth. That moves the longest
 * wait in any case, and the median when he stands at or below it.
 */
static void measure(struct goroutine_group *group, struct wait *w, size_t n)
{
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		known += w[i].ns >= 0;
		group->longest_at_least |= w[i].ns >= 0 && w[i].at_least;
	}
	size_t longest = sort_longest(w, n, GOROUTINE_SAMPLE);
	for (size_t i = 0; i < longest; i++)
		group->goid[i] = w[i].goid;
	if (known == 0)
		return;
	size_t middle = known / 2;
	group->longest_ns = w[0].ns;
	select_wait(w, n, middle);
	group->median_ns = w[middle].ns;
	for (size_t i = middle; i < n; i++)
		group->median_at_least |= w[i].ns >= 0 && w[i].at_least;
}

static void pick_longest(struct goroutine_grouper *g, struct wait *w, size_t n)
{
	g->pick->n = sort_longest(w, n, GOROUTINE_MEMBERS_MAX);
	for (size_t i = 0; i < g->pick->n; i++)
		g->pick->index[i] = w[i].row;
}

static uint32_t group_of_row(const struct goroutine_grouper *g, size_t row)
{
	return g->draft[g->class[g->class_of[row]].draft].group;
}

/* Sorts the rows' waiting times by group, then looks at one group after the other. */
static enum status measure_groups(struct goroutine_grouper *g, enum goroutine_by by)
{
	struct goroutine_grouping *out = &g->set->by[by];
	size_t *end = calloc(out->n + 1, sizeof *end);
	if (!end)
		return STATUS_FAILED;
	for (size_t i = 1; i < out->n; i++)
		end[i] = end[i - 1] + out->group[i - 1].count;
	for (size_t i = 0; i < g->rows; i++) {
		const struct goroutine_row *row = &g->row[i];
		uint32_t group = group_of_row(g, i);
		if (group != NO_GROUP)
			g->wait[end[group]++] = (struct wait){row->wait_ns >= 0 ? row->wait_ns : -1, row->goid,
			                                      (uint32_t)i, row->at_least};
	}
	for (size_t i = 0; i < out->n; i++) {
		struct goroutine_group *group = &out->group[i];
		struct wait *wait = g->wait + end[i] - group->count;
		measure(group, wait, group->count);
		if (g->pick && g->pick->key == group->key)
			pick_longest(g, wait, group->count);
	}
	free(end);
	return STATUS_OK;
}

/* --- all of it ------------------------------------------------------------------------------ */

static enum status group_by(struct goroutine_grouper *g, enum goroutine_by by)
{
	make_drafts(g, by);
	enum status status = make_groups(g, by);
	if (status == STATUS_OK)
		status = find_most(g, by);
	for (size_t i = 0; i < g->set->by[by].n && by == GOROUTINES_BY_TOP; i++) {
		struct goroutine_group *group = &g->set->by[by].group[i];
		group->at_count = group->at_known = group->at.function ? group->count : 0;
	}
	return status ? status : measure_groups(g, by);
}

static void clear(struct goroutine_set *set)
{
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++)
		free(set->by[by].group);
	memset(set->by, 0, sizeof set->by);
	set->count = set->system_count = 0;
}

struct goroutine_grouper *goroutine_grouper_create(struct goroutine_set *set,
                                                   const struct goroutine_names *names,
                                                   struct goroutine_pick *pick)
{
	struct goroutine_grouper *g = calloc(1, sizeof *g);
	clear(set);
	if (pick)
		pick->n = 0;
	if (!g)
		return NULL;
	g->set = set;
	g->names = names;
	g->pick = pick;
	g->seed = siphash_make_key().half[0];
	g->memo = calloc(MEMO_SIZE, sizeof *g->memo);
	if (!g->memo || grow_classes(g) != STATUS_OK) {
		goroutine_grouper_destroy(g);
		return NULL;
	}
	return g;
}

void goroutine_grouper_destroy(struct goroutine_grouper *g)
{
	if (!g)
		return;
	free(g->class_of);
	free(g->class);
	free(g->slot);
	free(g->draft);
	free(g->wait);
	free(g->memo);
	free(g);
}

static enum status give_up(struct goroutine_grouper *g)
{
	clear(g->set);
	if (g->pick)
		g->pick->n = 0;
	return STATUS_FAILED;
}

enum status goroutine_grouper_add(struct goroutine_grouper *g, const struct goroutine_row *row,
                                  size_t rows)
{
	size_t first = g->rows;
	if (rows >= UINT32_MAX || reserve_rows(g, rows) != STATUS_OK)
		return give_up(g);
	g->row = row;
	g->rows = rows;
	return make_classes(g, first) == STATUS_OK ? STATUS_OK : give_up(g);
}

/* What takes as many places as there are rows and classes. */
static enum status make_room(struct goroutine_grouper *g)
{
	g->wait = calloc(g->rows + 1, sizeof *g->wait);
	g->draft = calloc(g->classes + 1, sizeof *g->draft);
	return g->wait && g->draft ? STATUS_OK : STATUS_FAILED;
}

enum status goroutine_grouper_step(struct goroutine_grouper *g, bool *more)
{
	enum status status = g->wait ? STATUS_OK : make_room(g);
	if (status == STATUS_OK)
		status = group_by(g, (enum goroutine_by)g->by++);
	*more = status == STATUS_OK && g->by < GOROUTINES_BY_COUNT;
	return status == STATUS_OK ? STATUS_OK : give_up(g);
}

enum status goroutine_set_group(struct goroutine_set *set, const struct goroutine_row *row,
                                size_t rows, const struct goroutine_names *names,
                                struct goroutine_pick *pick)
{
	struct goroutine_grouper *g = goroutine_grouper_create(set, names, pick);
	bool more = true;
	enum status status = g ? goroutine_grouper_add(g, row, rows) : STATUS_FAILED;
	while (status == STATUS_OK && more)
		status = goroutine_grouper_step(g, &more);
	goroutine_grouper_destroy(g);
	return status;
}
