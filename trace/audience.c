#include "trace/audience.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace/tables.h"

enum { BUNDLES = 32 };

struct audience {
	const struct trace_visitor *visitor;
	size_t visitors;
	struct names *names;
	pthread_mutex_t names_lock;

	/* Of the thread that shows. */
	struct trace_slot *slot[SLOT_KINDS];
	size_t capacity[SLOT_KINDS];
	struct generation view; /* the generation, with a memory of names of its own */
	bool has_view;

	struct bundle *bundle; /* a ring */
	size_t bundles;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	/* Under the lock: */
	size_t first, waiting; /* bundles to show */
	bool filler_sleeps, viewer_sleeps, over;
	bool failed;
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

static void drop_view(struct audience *a)
{
	free(a->view.name_of);
	idmap_finish(&a->view.sparse_name_of);
	a->has_view = false;
}

static void look_at_generation(struct audience *a, const struct generation *g)
{
	if (a->has_view || !g)
		return;
	a->view = *g;
	a->view.name_of = NULL;
	a->view.name_limit = 0;
	a->view.sparse_name_of = (struct idmap){0};
	a->has_view = true;
}

static bool show(struct audience *a, const struct bundle *b)
{
	if (!enter_births(a, b))
		return false;
	look_at_generation(a, b->generation);
	const struct trace_block block = {
		.event = b->event,
		.events = b->events,
		.present = b->present,
		.generation = b->generation ? &a->view : NULL,
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
	if (b->kind == BUNDLE_GENERATION_END)
		drop_view(a);
	return ok;
}

static void *view(void *self)
{
	struct audience *a = self;
	pthread_mutex_lock(&a->lock);
	for (;;) {
		while (a->waiting == 0 && !a->over) {
			a->viewer_sleeps = true;
			pthread_cond_wait(&a->filled, &a->lock);
			a->viewer_sleeps = false;
		}
		if (a->waiting == 0)
			break;
		const struct bundle *b = &a->bundle[a->first];
		bool failed = a->failed;
		pthread_mutex_unlock(&a->lock);
		failed = failed || !show(a, b);
		pthread_mutex_lock(&a->lock);
		a->failed = failed;
		a->first = (a->first + 1) % a->bundles;
		a->waiting--;
		if (a->filler_sleeps && (a->waiting == 0 || a->waiting == a->bundles / 2))
			pthread_cond_signal(&a->emptied);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* --- filling ------------------------------------------------------------------------------------
 */

struct bundle *audience_bundle(struct audience *a)
{
	size_t next = 0;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		while (a->waiting == a->bundles) {
			a->filler_sleeps = true;
			pthread_cond_wait(&a->emptied, &a->lock);
			a->filler_sleeps = false;
		}
		next = (a->first + a->waiting) % a->bundles;
		pthread_mutex_unlock(&a->lock);
	}
	struct bundle *b = &a->bundle[next];
	b->kind = BUNDLE_EVENTS;
	b->events = b->births = 0;
	return b;
}

bool audience_show(struct audience *a)
{
	if (!a->threaded) {
		a->failed = a->failed || !show(a, a->bundle);
		return !a->failed;
	}
	pthread_mutex_lock(&a->lock);
	a->waiting++;
	/* Waking somebody costs as much as looking at a bundle: let some gather. */
	if (a->viewer_sleeps && a->waiting >= a->bundles / 2)
		pthread_cond_signal(&a->filled);
	bool failed = a->failed;
	pthread_mutex_unlock(&a->lock);
	return !failed;
}

bool audience_wait(struct audience *a)
{
	if (!a->threaded)
		return !a->failed;
	pthread_mutex_lock(&a->lock);
	if (a->waiting > 0 && a->viewer_sleeps)
		pthread_cond_signal(&a->filled);
	while (a->waiting > 0) {
		a->filler_sleeps = true;
		pthread_cond_wait(&a->emptied, &a->lock);
		a->filler_sleeps = false;
	}
	bool failed = a->failed;
	pthread_mutex_unlock(&a->lock);
	return !failed;
}

/* Signals are for the threads of the caller. */
static bool start(struct audience *a)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	bool ok = pthread_create(&a->thread, NULL, view, a) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

struct audience *audience_create(const struct trace_visitor *visitors, size_t n,
                                 struct names *names, bool one_thread)
{
	struct audience *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->visitor = visitors;
	a->visitors = n;
	a->names = names;
	pthread_mutex_init(&a->names_lock, NULL);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->emptied, NULL);
	bool two = !one_thread && sysconf(_SC_NPROCESSORS_ONLN) > 1;
	a->bundles = two ? BUNDLES : 1;
	a->bundle = calloc(a->bundles, sizeof *a->bundle);
	if (!a->bundle) {
		audience_destroy(a);
		return NULL;
	}
	a->threaded = two && start(a); /* without a thread it goes on as with one processor */
	names->lock = a->threaded ? &a->names_lock : NULL;
	return a;
}

void audience_destroy(struct audience *a)
{
	if (!a)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		a->over = true;
		pthread_cond_signal(&a->filled);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	a->names->lock = NULL;
	pthread_mutex_destroy(&a->names_lock);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->filled);
	pthread_cond_destroy(&a->emptied);
	for (size_t i = 0; a->bundle && i < a->bundles; i++)
		free(a->bundle[i].birth);
	free(a->bundle);
	for (size_t k = 0; k < SLOT_KINDS; k++)
		free(a->slot[k]);
	if (a->has_view)
		drop_view(a);
	free(a);
}
