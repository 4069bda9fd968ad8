#include "browse/timeline_worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace/inflate.h"
#include "trace/places.h"
#include "trace/reader.h"
#include "util/text.h"
#include "util/thread.h"

struct timeline_worker {
	const char *path;
	void (*wake)(void *self);
	void *wake_self;
	struct stat file; /* when it was opened for the first time */
	bool packed;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	pthread_t thread;
	bool started, over;
	struct places places; /* what it says of the generation being read is the visitor's alone */
	struct timeline_wish wish;
	bool has_wish, reading_wish;
	struct timeline_wish failed; /* what could not be read, until something could */
	bool has_failed;
	bool lost; /* the file is another one by now: nothing will ever be read again */
	struct timeline_find query;
	bool has_query, searching;
	struct timeline_exact *ready;
	enum find_result found;
	struct timeline_hit hit;
	uint64_t begin_offset, end_offset; /* of what is being read; the latter 0: unknown */
	char why[160];

	atomic_bool cancel; /* give up what is being read */
	_Atomic uint64_t consumed;
};

void timeline_exact_destroy(struct timeline_exact *exact)
{
	if (!exact)
		return;
	spans_finish(&exact->spans);
	names_finish(&exact->names);
	free(exact);
}

/* --- where to read ------------------------------------------------------------------------------
 */

static bool on_events(void *self, const struct trace_block *block)
{
	struct timeline_worker *w = self;
	const struct trace_visitor inner = places_visitor(&w->places);
	return inner.events(inner.self, block);
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct timeline_worker *w = self;
	const struct trace_visitor inner = places_visitor(&w->places);
	pthread_mutex_lock(&w->lock);
	bool ok = inner.generation_end(inner.self, block);
	pthread_mutex_unlock(&w->lock);
	return ok;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct timeline_worker *w = self;
	const struct trace_visitor inner = places_visitor(&w->places);
	pthread_mutex_lock(&w->lock);
	inner.gap(inner.self, time_ns);
	pthread_mutex_unlock(&w->lock);
}

struct trace_visitor timeline_worker_visitor(struct timeline_worker *w)
{
	return (struct trace_visitor){.self = w,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap};
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* Ends the pass when nobody waits for it any longer. */
struct guard {
	struct timeline_worker *worker;
	struct trace_visitor inner;
};

static bool guard_events(void *self, const struct trace_block *block)
{
	const struct guard *g = self;
	return !atomic_load(&g->worker->cancel) && g->inner.events(g->inner.self, block);
}

static bool guard_generation_end(void *self, const struct trace_block *block)
{
	const struct guard *g = self;
	return !atomic_load(&g->worker->cancel) &&
	       (!g->inner.generation_end || g->inner.generation_end(g->inner.self, block));
}

static void guard_gap(void *self, int64_t time_ns)
{
	const struct guard *g = self;
	if (g->inner.gap)
		g->inner.gap(g->inner.self, time_ns);
}

static void guard_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	const struct guard *g = self;
	if (g->inner.end && !atomic_load(&g->worker->cancel))
		g->inner.end(g->inner.self, block, time_ns);
}

static void note_progress(void *self, uint64_t done, uint64_t size)
{
	struct timeline_worker *w = self;
	(void)size;
	atomic_store(&w->consumed, done);
}

static bool is_same_file(const struct timeline_worker *w, const struct input *in)
{
	struct stat now;
	return fstat(in->fd, &now) == 0 && now.st_dev == w->file.st_dev &&
	       now.st_ino == w->file.st_ino && now.st_size == w->file.st_size &&
	       now.st_mtim.tv_sec == w->file.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == w->file.st_mtim.tv_nsec;
}

/* One pass from there on. A visitor that has seen enough ends it as a lack of memory would. */
static enum status read_from(struct timeline_worker *w, const struct trace_begin *begin,
                             const struct trace_visitor *visitor, struct names *names,
                             struct error *error)
{
	struct input in;
	struct trace_summary summary;
	struct guard guard = {w, *visitor};
	const struct trace_visitor guarded = {.self = &guard,
	                                      .events = guard_events,
	                                      .generation_end = guard_generation_end,
	                                      .gap = guard_gap,
	                                      .end = guard_end};
	const struct trace_options options = {.names = names,
	                                      .begin = *begin,
	                                      .progress = {note_progress, w}};
	enum status status = input_open(&in, w->path, error);
	if (status != STATUS_OK)
		return status;
	if (!is_same_file(w, &in)) {
		status = error_set(error, STATUS_FAILED, "the file has changed since it was read");
		pthread_mutex_lock(&w->lock);
		w->lost = true;
		pthread_mutex_unlock(&w->lock);
	} else {
		in.stop = &w->cancel;
		status = trace_read(&in, &options, &guarded, 1, &summary, error);
	}
	input_finish(&in);
	return status;
}

/* Under the lock. */
static struct trace_begin begin_at(const struct timeline_worker *w, size_t place)
{
	if (place >= w->places.n)
		return (struct trace_begin){0};
	return (struct trace_begin){w->places.place[place].offset, w->places.place[place].number};
}

/* Where the place behind the last one needed for that time begins; 0: unknown. Under the lock. */
static uint64_t end_at(const struct timeline_worker *w, int64_t at_ns)
{
	for (size_t i = 0; i < w->places.n; i++)
		if (w->places.place[i].since_ns > at_ns)
			return w->places.place[i].offset;
	return 0;
}

/* The wish is kept, for the source not to make it again and again. */
static void fail(struct timeline_worker *w, const struct timeline_wish *wish, const char *why)
{
	pthread_mutex_lock(&w->lock);
	w->failed = *wish;
	w->has_failed = true;
	text_clean(w->why, sizeof w->why, why, strlen(why));
	pthread_mutex_unlock(&w->lock);
}

/* Under the lock, which is let go while it reads. */
static void read_wish(struct timeline_worker *w)
{
	struct error error = {0};
	struct timeline_exact *exact = calloc(1, sizeof *exact);
	struct timeline_wish wish = w->wish;
	const struct trace_begin begin = begin_at(w, places_find(&w->places, wish.from_ns));
	w->begin_offset = begin.offset;
	w->end_offset = end_at(w, wish.to_ns);
	atomic_store(&w->consumed, begin.offset);
	pthread_mutex_unlock(&w->lock);

	bool memory = exact && spans_wish(&exact->spans, wish.lane, wish.lanes, wish.from_ns,
	                                  wish.to_ns, wish.columns, wish.first_ns);
	enum status status = STATUS_OK;
	if (memory) {
		const struct trace_visitor visitor = spans_visitor(&exact->spans);
		exact->wish = wish;
		status = read_from(w, &begin, &visitor, &exact->names, &error);
	}
	bool cancelled = atomic_load(&w->cancel);
	bool done = memory && exact->spans.done;
	if (!cancelled && !done)
		fail(w, &wish, status != STATUS_OK && memory ? error.text : "out of memory");
	if (!done || cancelled) {
		timeline_exact_destroy(exact);
		exact = NULL;
	}

	pthread_mutex_lock(&w->lock);
	if (exact) {
		timeline_exact_destroy(w->ready);
		w->ready = exact;
		w->why[0] = '\0';
		w->has_failed = false;
	}
	/* A newer wish has set has_wish again. */
	w->reading_wish = false;
}

/* One stretch of the file, from a place to another. */
static bool search_from(struct timeline_worker *w, struct search *search,
                        const struct trace_begin *begin, struct error *error)
{
	const struct trace_visitor visitor = search_visitor(search);
	enum status status = read_from(w, begin, &visitor, NULL, error);
	return !search->no_memory && (status == STATUS_OK || search->done);
}

/* The last place in front of that byte. By offset: while the lock was let go, the loading pass may
   have thinned the places out. false: there is none. Under the lock. */
static bool step_back(const struct timeline_worker *w, struct trace_begin *begin)
{
	size_t place = 0;
	while (place < w->places.n && w->places.place[place].offset < begin->offset)
		place++;
	if (place == 0)
		return false;
	*begin = begin_at(w, place - 1);
	return true;
}

/* Backwards from place to place until there is a hit. A packed file is read from its first byte in
   any case: one pass sees all that lies in front of where the search began. */
static void read_query(struct timeline_worker *w)
{
	const struct timeline_find query = w->query;
	bool backwards = search_is_backwards(&query), ok = true;
	struct trace_begin begin = begin_at(w, w->packed ? 0 : places_find(&w->places, query.from_ns));
	uint64_t end = 0;
	struct search search;
	w->begin_offset = begin.offset;
	w->end_offset = 0;
	for (;;) {
		struct error error = {0};
		pthread_mutex_unlock(&w->lock);
		search_init(&search, &query);
		search.end_offset = end;
		ok = search_from(w, &search, &begin, &error);
		pthread_mutex_lock(&w->lock);
		end = begin.offset;
		if (!ok || search.found || !backwards || atomic_load(&w->cancel) || !step_back(w, &begin))
			break;
		search_finish(&search);
	}
	if (!atomic_load(&w->cancel)) {
		w->found = search.found ? FIND_HIT : ok ? FIND_NOTHING : FIND_FAILED;
		w->hit = search.hit;
	}
	search_finish(&search);
	w->searching = false;
}

static void *work(void *self)
{
	struct timeline_worker *w = self;
	pthread_mutex_lock(&w->lock);
	while (!w->over) {
		if (w->has_wish) {
			w->has_wish = false;
			w->reading_wish = true;
			atomic_store(&w->cancel, false);
			read_wish(w);
		} else if (w->has_query) {
			w->has_query = false;
			w->searching = true;
			atomic_store(&w->cancel, false);
			read_query(w);
		} else {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		if (w->wake && !w->over) {
			pthread_mutex_unlock(&w->lock);
			w->wake(w->wake_self);
			pthread_mutex_lock(&w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* --- the caller's side --------------------------------------------------------------------------
 */

/* What is read has to be there a second time. */
static void look_at_file(struct timeline_worker *w)
{
	uint8_t magic[INFLATE_MAGIC];
	FILE *file = NULL;
	if (strcmp(w->path, "-") == 0)
		snprintf(w->why, sizeof w->why, "standard input can't be read a second time");
	else if (stat(w->path, &w->file) != 0 || !S_ISREG(w->file.st_mode))
		snprintf(w->why, sizeof w->why, "only a regular file can be read a second time");
	else
		file = fopen(w->path, "re");
	if (file) {
		size_t n = fread(magic, 1, sizeof magic, file);
		w->packed = inflater_recognise(magic, n) != NULL;
		fclose(file);
	}
}

struct timeline_worker *timeline_worker_create(const char *path, void (*wake)(void *self),
                                               void *wake_self)
{
	struct timeline_worker *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->path = path;
	w->wake = wake;
	w->wake_self = wake_self;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	look_at_file(w);
	return w;
}

/* Under the lock. */
static bool start(struct timeline_worker *w)
{
	if (w->started || w->why[0])
		return w->started && !w->lost;
	w->started = thread_start(&w->thread, work, w) == 0;
	if (!w->started)
		snprintf(w->why, sizeof w->why, "there is no thread to read it with");
	return w->started;
}

void timeline_worker_destroy(struct timeline_worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->over = true;
	atomic_store(&w->cancel, true);
	pthread_cond_signal(&w->changed);
	bool started = w->started;
	pthread_mutex_unlock(&w->lock);
	if (started)
		pthread_join(w->thread, NULL);
	timeline_exact_destroy(w->ready);
	places_finish(&w->places);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	free(w);
}

void timeline_worker_want(struct timeline_worker *w, const struct timeline_wish *wish)
{
	pthread_mutex_lock(&w->lock);
	w->has_wish = wish && !w->lost;
	if (wish)
		w->wish = *wish;
	/* A search waits for its turn, and begins anew when spans are wanted meanwhile. */
	if (wish && w->searching) {
		w->has_query = true;
		atomic_store(&w->cancel, true);
	}
	if (w->reading_wish)
		atomic_store(&w->cancel, true);
	if (wish && start(w))
		pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

bool timeline_worker_wants(struct timeline_worker *w, struct timeline_wish *wish)
{
	pthread_mutex_lock(&w->lock);
	bool wants = w->has_wish || (w->reading_wish && !atomic_load(&w->cancel));
	if (wants)
		*wish = w->wish;
	pthread_mutex_unlock(&w->lock);
	return wants;
}

bool timeline_worker_failed(struct timeline_worker *w, struct timeline_wish *wish)
{
	pthread_mutex_lock(&w->lock);
	bool failed = w->has_failed;
	if (failed)
		*wish = w->failed;
	pthread_mutex_unlock(&w->lock);
	return failed;
}

bool timeline_worker_searches(struct timeline_worker *w)
{
	pthread_mutex_lock(&w->lock);
	bool searches = w->has_query || w->searching;
	pthread_mutex_unlock(&w->lock);
	return searches;
}

uint64_t timeline_worker_cost(struct timeline_worker *w, int64_t from_ns, int64_t to_ns)
{
	pthread_mutex_lock(&w->lock);
	uint64_t begin = w->packed ? 0 : begin_at(w, places_find(&w->places, from_ns)).offset;
	uint64_t end = end_at(w, to_ns);
	if (!end && w->file.st_size > 0)
		end = (uint64_t)w->file.st_size;
	pthread_mutex_unlock(&w->lock);
	return end > begin ? end - begin : end ? end : UINT64_MAX;
}

void timeline_worker_find(struct timeline_worker *w, const struct timeline_find *query)
{
	pthread_mutex_lock(&w->lock);
	w->query = *query;
	w->found = FIND_PENDING;
	w->has_query = !w->lost;
	if (w->searching)
		atomic_store(&w->cancel, true);
	if (start(w))
		pthread_cond_signal(&w->changed);
	else
		w->found = FIND_FAILED;
	pthread_mutex_unlock(&w->lock);
}

struct timeline_exact *timeline_worker_take(struct timeline_worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct timeline_exact *exact = w->ready;
	w->ready = NULL;
	pthread_mutex_unlock(&w->lock);
	return exact;
}

enum find_result timeline_worker_found(struct timeline_worker *w, struct timeline_hit *hit)
{
	pthread_mutex_lock(&w->lock);
	enum find_result found = w->found;
	if (found == FIND_HIT)
		*hit = w->hit;
	pthread_mutex_unlock(&w->lock);
	return found;
}

struct timeline_progress timeline_worker_progress(struct timeline_worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct timeline_progress p = {
		.wants = w->has_wish || w->reading_wish,
		.finds = w->has_query || w->searching,
		.done = -1,
	};
	uint64_t consumed = atomic_load(&w->consumed);
	if (w->reading_wish && w->end_offset > w->begin_offset && consumed >= w->begin_offset) {
		p.done = (double)(consumed - w->begin_offset) / (double)(w->end_offset - w->begin_offset);
		p.done = p.done < 1 ? p.done : 1;
	}
	memcpy(p.why, w->why, sizeof p.why);
	pthread_mutex_unlock(&w->lock);
	return p;
}
