#include "trace/audience.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace/tables.h"
#include "util/thread.h"

enum { BUNDLES = 32, LOOKS = 1000 };

struct audience {
	const struct trace_visitor *visitor;
	size_t visitors;
	struct names *names;
	const struct trace_help *help;
	pthread_mutex_t names_lock;

	/* Of the thread that shows. */
	struct trace_slot *slot[SLOT_KINDS];
	size_t capacity[SLOT_KINDS];
	struct generation view; /* the generation, with a memory of names of its own */

	struct bundle *bundle; /* a ring */
	size_t bundles;
	bool threaded;
	pthread_t thread;
	/* Bundles since the beginning, each written by one thread alone: */
	_Atomic size_t filled, seen;
	atomic_bool failed;
	/* Who finds nothing to do looks again a few times, then sleeps. Waking somebody costs as much
	   as looking at many bundles. */
	pthread_mutex_t lock;
	pthread_cond_t wake_filler, wake_viewer;
	atomic_bool filler_sleeps, viewer_sleeps, over;
};

bool bundle_add_birth(struct bundle *b, enum slot_kind kind, uint32_t slot, uint64_t id)
{
	if (!wire_grow(&b->birth, &b->birth_capacity, b->births, sizeof *b->birth))
		return false;
	b->birth[b->births++] = (struct birth){id, slot, (uint8_t)kind};
	return true;
}

/* --- showing ------------------------------------------------------------------------------------
 */

static bool enter_births(struct audience *a, const struct bundle *b)
{
	for (size_t k = 0; k < SLOT_KINDS; k++) {
		if (b->slots[k] <= a->capacity[k])
			continue;
		size_t capacity = b->slots[k] * 2;
		struct trace_slot *slot = reallocarray(a->slot[k], capacity, sizeof *slot);
		if (!slot)
			return false;
		a->slot[k] = slot;
		for (size_t i = a->capacity[k]; i < capacity; i++)
			slot[i] = (struct trace_slot){0};
		a->capacity[k] = capacity;
	}
	for (size_t i = 0; i < b->births; i++)
		a->slot[b->birth[i].kind][b->birth[i].slot].id = b->birth[i].id;
	return true;
}

static bool show(struct audience *a, const struct bundle *b)
{
	if (!enter_births(a, b))
		return false;
	const struct trace_block block = {
		.event = b->event,
		.events = b->events,
		.other = b->other,
		.others = b->others,
		.present = b->present,
		.generation = b->in_generation ? &a->view : NULL,
		.names = a->names,
		.gomaxprocs = b->gomaxprocs,
		.since_ns = b->since_ns,
		.goroutine = a->slot[SLOT_GOROUTINE],
		.goroutines = b->slots[SLOT_GOROUTINE],
		.proc = a->slot[SLOT_PROC],
		.procs = b->slots[SLOT_PROC],
		.thread = a->slot[SLOT_THREAD],
		.threads = b->slots[SLOT_THREAD],
	};
	bool ok = true;
	for (size_t i = 0; i < a->visitors && ok; i++) {
		const struct trace_visitor *v = &a->visitor[i];
		if (b->kind == BUNDLE_EVENTS)
			ok = v->events(v->self, &block);
		else if (b->kind == BUNDLE_GENERATION_END && v->generation_end)
			ok = v->generation_end(v->self, &block);
		else if (b->kind == BUNDLE_GAP && v->gap)
			v->gap(v->self, b->time_ns);
		else if (b->kind == BUNDLE_END && v->end)
			v->end(v->self, &block, b->time_ns);
	}
	return ok;
}

/* --- two threads --------------------------------------------------------------------------------
 */

static size_t waiting(const struct audience *a)
{
	return atomic_load(&a->filled) - atomic_load(&a->seen);
}

/* A while: about as long as waking somebody takes. */
static bool look_again(unsigned *times)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#endif
	return ++*times < LOOKS;
}

static void wake(struct audience *a, pthread_cond_t *who)
{
	pthread_mutex_lock(&a->lock);
	pthread_cond_signal(who);
	pthread_mutex_unlock(&a->lock);
}

/* There is time for it. */
static bool help(const struct audience *a)
{
	return a->help && a->help->help(a->help->self);
}

/* Until at most so many bundles wait to be seen. */
static void await_viewer(struct audience *a, size_t most)
{
	unsigned times = 0;
	if (atomic_load(&a->viewer_sleeps) && waiting(a) > most)
		wake(a, &a->wake_viewer);
	while (waiting(a) > most && (help(a) || look_again(&times)))
		;
	if (waiting(a) <= most)
		return;
	pthread_mutex_lock(&a->lock);
	atomic_store(&a->filler_sleeps, true);
	while (waiting(a) > most)
		pthread_cond_wait(&a->wake_filler, &a->lock);
	atomic_store(&a->filler_sleeps, false);
	pthread_mutex_unlock(&a->lock);
}

/* false: there won't be any. */
static bool await_bundle(struct audience *a)
{
	unsigned times = 0;
	while (waiting(a) == 0 && !atomic_load(&a->over) && look_again(&times))
		;
	if (waiting(a) == 0) {
		pthread_mutex_lock(&a->lock);
		atomic_store(&a->viewer_sleeps, true);
		while (waiting(a) == 0 && !atomic_load(&a->over))
			pthread_cond_wait(&a->wake_viewer, &a->lock);
		atomic_store(&a->viewer_sleeps, false);
		pthread_mutex_unlock(&a->lock);
	}
	return waiting(a) > 0;
}

static void *view(void *self)
{
	struct audience *a = self;
	while (await_bundle(a)) {
		const struct bundle *b = &a->bundle[atomic_load(&a->seen) % a->bundles];
		if (!atomic_load(&a->failed) && !show(a, b))
			atomic_store(&a->failed, true);
		atomic_fetch_add(&a->seen, 1);
		if (atomic_load(&a->filler_sleeps) && waiting(a) % (a->bundles / 2) == 0)
			wake(a, &a->wake_filler);
	}
	return NULL;
}

/* --- filling ------------------------------------------------------------------------------------
 */

static void drop_view(struct audience *a)
{
	free(a->view.name_of);
	idmap_finish(&a->view.sparse_name_of);
}

void audience_begin_generation(struct audience *a, const struct generation *g)
{
	audience_wait(a);
	drop_view(a);
	a->view = *g;
	a->view.name_of = NULL;
	a->view.name_limit = 0;
	a->view.sparse_name_of = (struct idmap){0};
}

struct bundle *audience_bundle(struct audience *a)
{
	size_t next = 0;
	if (a->threaded) {
		if (waiting(a) > a->bundles / 2)
			help(a);
		if (waiting(a) == a->bundles)
			await_viewer(a, a->bundles - 1);
		next = atomic_load(&a->filled) % a->bundles;
	}
	struct bundle *b = &a->bundle[next];
	b->kind = BUNDLE_EVENTS;
	b->events = b->births = 0;
	return b;
}

bool audience_show(struct audience *a)
{
	if (!a->threaded) {
		if (!a->failed && !show(a, a->bundle))
			a->failed = true;
		return !a->failed;
	}
	atomic_fetch_add(&a->filled, 1);
	if (atomic_load(&a->viewer_sleeps) && waiting(a) >= a->bundles / 2)
		wake(a, &a->wake_viewer);
	return !atomic_load(&a->failed);
}

bool audience_wait(struct audience *a)
{
	if (a->threaded)
		await_viewer(a, 0);
	return !atomic_load(&a->failed);
}

struct audience *audience_create(const struct trace_visitor *visitors, size_t n,
                                 struct names *names, bool one_thread,
                                 const struct trace_help *help)
{
	struct audience *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->visitor = visitors;
	a->visitors = n;
	a->names = names;
	a->help = help;
	pthread_mutex_init(&a->names_lock, NULL);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake_filler, NULL);
	pthread_cond_init(&a->wake_viewer, NULL);
	bool two = !one_thread && sysconf(_SC_NPROCESSORS_ONLN) > 1;
	a->bundles = two ? BUNDLES : 1;
	a->bundle = calloc(a->bundles, sizeof *a->bundle);
	if (!a->bundle) {
		audience_destroy(a);
		return NULL;
	}
	/* Without a thread it goes on as with one processor. */
	a->threaded = two && thread_start(&a->thread, view, a) == 0;
	names->lock = a->threaded ? &a->names_lock : NULL;
	return a;
}

void audience_destroy(struct audience *a)
{
	if (!a)
		return;
	if (a->threaded) {
		atomic_store(&a->over, true);
		wake(a, &a->wake_viewer);
		pthread_join(a->thread, NULL);
	}
	a->names->lock = NULL;
	pthread_mutex_destroy(&a->names_lock);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->wake_filler);
	pthread_cond_destroy(&a->wake_viewer);
	for (size_t i = 0; a->bundle && i < a->bundles; i++)
		free(a->bundle[i].birth);
	free(a->bundle);
	for (size_t k = 0; k < SLOT_KINDS; k++)
		free(a->slot[k]);
	drop_view(a);
	free(a);
}
