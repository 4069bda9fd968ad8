#include "metrics/goroutines.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define TEXT_MAX (1U << 20) /* of all strings */

/* The count, and what is needed while a set is filled, stand in front of what the public header
   shows. */
struct counted {
	atomic_uint refs;
	size_t text_room, members_room, frames_room;
	uint32_t *index; /* open addressing: offsets of strings, 0 is free */
	size_t index_size, strings;
	struct goroutine_set set;
};

const char *const goroutine_state_name[GOROUTINE_STATE_COUNT] = {
	[GOROUTINE_UNKNOWN] = "unknown",     [GOROUTINE_RUNNABLE] = "runnable",
	[GOROUTINE_RUNNING] = "running",     [GOROUTINE_SYSCALL] = "syscall",
	[GOROUTINE_WAITING] = "waiting",     [GOROUTINE_PREEMPTED] = "preempted",
	[GOROUTINE_COPYSTACK] = "copystack", [GOROUTINE_LEAKED] = "leaked",
};

const char *const goroutine_by_name[GOROUTINES_BY_COUNT] = {
	[GOROUTINES_BY_CREATOR] = "by_creator",
	[GOROUTINES_BY_TOP] = "by_top",
};

bool goroutine_state_of(uint32_t status, enum goroutine_state *state)
{
	/* runtime2.go; 0 is idle, 6 dead, 11 an extra M's that is not in Go. */
	static const enum goroutine_state of[] = {
		[1] = GOROUTINE_RUNNABLE, [2] = GOROUTINE_RUNNING,   [3] = GOROUTINE_SYSCALL,
		[4] = GOROUTINE_WAITING,  [8] = GOROUTINE_COPYSTACK, [9] = GOROUTINE_PREEMPTED,
		[10] = GOROUTINE_LEAKED,
	};
	status &= ~UINT32_C(0x1000); /* _Gscan */
	*state = status < sizeof of / sizeof *of ? of[status] : GOROUTINE_UNKNOWN;
	return *state != GOROUTINE_UNKNOWN;
}

static struct counted *counted_of(const struct goroutine_set *set)
{
	return (struct counted *)((const char *)set - offsetof(struct counted, set));
}

struct goroutine_set *goroutine_set_create(void)
{
	struct counted *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->set.cost_ppm = -1;
	return &c->set;
}

struct goroutine_set *goroutine_set_ref(const struct goroutine_set *set)
{
	struct counted *c = counted_of(set);
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return &c->set;
}

void goroutine_set_unref(const struct goroutine_set *set)
{
	if (!set)
		return;
	struct counted *c = counted_of(set);
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++)
		free(c->set.by[by].group);
	free(c->set.member);
	free(c->set.frame);
	free(c->set.text);
	free(c->index);
	free(c);
}

size_t goroutine_set_bytes(const struct goroutine_set *set)
{
	const struct counted *c = counted_of(set);
	size_t bytes = sizeof *c + c->text_room + c->index_size * sizeof *c->index +
	               c->members_room * sizeof *set->member + c->frames_room * sizeof *set->frame;
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++)
		bytes += set->by[by].n * sizeof *set->by[by].group;
	return bytes;
}

/* --- strings -------------------------------------------------------------------------------- */

/* FNV-1a, also across the end of each string, so that "ab" "c" is not "a" "bc". */
#define HASH_START UINT64_C(0xcbf29ce484222325)

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

/* Where the string is in the index, or the free place that it would have. */
static uint32_t *place_of(const struct counted *c, const char *string)
{
	size_t i = (size_t)hash_string(HASH_START, string);
	for (;; i++) {
		uint32_t *slot = &c->index[i & (c->index_size - 1)];
		if (*slot == 0 || strcmp(c->set.text + *slot, string) == 0)
			return slot;
	}
}

/* Half of the index stays free. */
static enum status grow_index(struct counted *c)
{
	size_t old_size = c->index_size, size = old_size ? old_size * 2 : 64;
	uint32_t *old = c->index, *index = calloc(size, sizeof *index);
	if (!index)
		return STATUS_FAILED;
	c->index = index;
	c->index_size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i])
			*place_of(c, c->set.text + old[i]) = old[i];
	free(old);
	return STATUS_OK;
}

/* Makes an array of `n` with room for one more at least; sizes double from `first` on. */
static void *grow(void *array, size_t n, size_t *room, size_t first, size_t wanted, size_t size)
{
	if (wanted <= *room)
		return array;
	size_t more = *room ? *room : first;
	while (more < wanted)
		more *= 2;
	void *grown = calloc(more, size);
	if (!grown)
		return NULL;
	if (n)
		memcpy(grown, array, n * size);
	free(array);
	*room = more;
	return grown;
}

enum status goroutine_set_intern(struct goroutine_set *set, const char *text, uint32_t *offset)
{
	struct counted *c = counted_of(set);
	char clean[GOROUTINE_TEXT_MAX];
	*offset = 0;
	if (!text || !text[0])
		return STATUS_OK;
	text_clean(clean, sizeof clean, text, strnlen(text, GOROUTINE_TEXT_MAX));
	if (2 * (c->strings + 1) > c->index_size && grow_index(c) != STATUS_OK)
		return STATUS_FAILED;
	uint32_t *slot = place_of(c, clean);
	size_t size = strlen(clean) + 1, used = set->text_bytes ? set->text_bytes : 1;
	if (*slot == 0 && used + size <= TEXT_MAX) {
		char *grown = grow(set->text, set->text_bytes, &c->text_room, 512, used + size, 1);
		if (!grown)
			return STATUS_FAILED;
		set->text = grown;
		memcpy(grown + used, clean, size);
		set->text_bytes = used + size;
		*slot = (uint32_t)used;
		c->strings++;
	}
	*offset = *slot;
	return STATUS_OK;
}

/* --- keys ----------------------------------------------------------------------------------- */

static uint64_t hash_place(uint64_t hash, const struct goroutine_set *set,
                           const struct goroutine_place *place)
{
	hash = hash_string(hash, goroutine_text(set, place->function));
	hash = hash_string(hash, goroutine_text(set, place->file));
	return hash_bytes(hash, &place->line, sizeof place->line);
}

uint64_t goroutine_group_key(const struct goroutine_set *set, const struct goroutine_group *group,
                             enum goroutine_by by)
{
	const unsigned char head[] = {(unsigned char)by, (unsigned char)group->state, group->system};
	uint64_t hash = hash_bytes(HASH_START, head, sizeof head);
	hash = hash_string(hash, goroutine_text(set, group->reason));
	if (by == GOROUTINES_BY_CREATOR) {
		hash = hash_place(hash, set, &group->creator);
		hash = hash_place(hash, set, &group->start);
	} else {
		hash = hash_place(hash, set, &group->at);
	}
	return hash ? hash : 1;
}

bool goroutine_set_count(const struct goroutine_set *set, enum goroutine_state state,
                         int64_t *count)
{
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++) {
		const struct goroutine_grouping *grouping = &set->by[by];
		if (grouping->other_count > 0)
			continue;
		*count = 0;
		for (size_t i = 0; i < grouping->n; i++) {
			const struct goroutine_group *group = &grouping->group[i];
			*count += group->state == state && !group->system ? group->count : 0;
		}
		return true;
	}
	return false;
}

const struct goroutine_group *goroutine_set_find(const struct goroutine_set *set, uint64_t key,
                                                 enum goroutine_by *by)
{
	for (int i = 0; i < GOROUTINES_BY_COUNT; i++)
		for (size_t k = 0; k < set->by[i].n; k++) {
			if (set->by[i].group[k].key != key)
				continue;
			if (by)
				*by = (enum goroutine_by)i;
			return &set->by[i].group[k];
		}
	return NULL;
}

/* --- one by one ----------------------------------------------------------------------------- */

void goroutine_set_begin_detail(struct goroutine_set *set, uint64_t key)
{
	set->detail = key;
	set->members = 0;
	set->frames = 0;
}

static bool same_frame(const struct goroutine_frame *a, const struct goroutine_frame *b)
{
	return a->place.function == b->place.function && a->place.file == b->place.file &&
	       a->place.line == b->place.line && a->inlined == b->inlined;
}

/* Members of a group mostly stand at the same place: their stack is kept once. `stack` is what
   was added behind all frames. Returns who had it before; NULL: nobody. */
static struct goroutine_member *share_stack(struct goroutine_set *set,
                                            struct goroutine_member *member)
{
	const struct goroutine_frame *stack = set->frame + set->frames;
	for (size_t i = set->members; i > 0; i--) {
		struct goroutine_member *other = &set->member[i - 1];
		size_t same = 0;
		while (other->frames == member->frames && same < member->frames &&
		       same_frame(&set->frame[other->first_frame + same], &stack[same]))
			same++;
		if (member->frames > 0 && same == member->frames) {
			member->first_frame = other->first_frame;
			return other;
		}
	}
	member->first_frame = (uint32_t)set->frames;
	set->frames += member->frames;
	return NULL;
}

/* `one` is copied. */
static enum status add_member(struct goroutine_set *set, const struct goroutine_member *one,
                              const struct goroutine_where *frame, size_t frames)
{
	struct counted *c = counted_of(set);
	if (set->members == GOROUTINE_MEMBERS_MAX)
		return STATUS_OK;
	if (frames > GOROUTINE_FRAMES_MAX)
		frames = GOROUTINE_FRAMES_MAX;
	void *grown = grow(set->member, set->members, &c->members_room, 16, set->members + 1,
	                   sizeof *set->member);
	if (!grown)
		return STATUS_FAILED;
	set->member = grown;
	grown = grow(set->frame, set->frames, &c->frames_room, 64, set->frames + frames + 1,
	             sizeof *set->frame);
	if (!grown)
		return STATUS_FAILED;
	set->frame = grown;
	struct goroutine_frame *stack = set->frame + set->frames;
	for (size_t i = 0; i < frames; i++) {
		stack[i] = (struct goroutine_frame){.place.line = frame[i].line > 0 ? frame[i].line : 0,
		                                    .inlined = frame[i].inlined};
		if (goroutine_set_intern(set, frame[i].function, &stack[i].place.function) != STATUS_OK ||
		    goroutine_set_intern(set, frame[i].file, &stack[i].place.file) != STATUS_OK)
			return STATUS_FAILED;
	}
	struct goroutine_member *member = &set->member[set->members];
	*member = *one;
	member->frames = (uint32_t)frames;
	struct goroutine_member *same = share_stack(set, member);
	if (same && !same->goid && !member->goid)
		same->count += member->count;
	else
		set->members++;
	return STATUS_OK;
}

enum status goroutine_set_add_member(struct goroutine_set *set, const struct goroutine_row *row,
                                     const struct goroutine_where *frame, size_t frames)
{
	const struct goroutine_member one = {
		.goid = row->goid,
		.count = 1,
		.wait_ns = row->wait_ns,
		.at_least = row->at_least,
	};
	return add_member(set, &one, frame, frames);
}

enum status goroutine_set_add_stack(struct goroutine_set *set, uint32_t count,
                                    const struct goroutine_where *frame, size_t frames)
{
	const struct goroutine_member one = {.count = count, .wait_ns = -1};
	return add_member(set, &one, frame, frames);
}
