#include "cli/fleet_open.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/listener.h"
#include "collect/target.h"
#include "collect/web.h"
#include "util/clock.h"
#include "util/thread.h"

#define PATIENCE_NS (1500 * NS_PER_MS)
#define PAGE_MAX    (UINT64_C(1) << 20)

struct fleet_opener {
	struct fleet_board *board;
	pthread_t thread;
	pthread_mutex_t lock; /* of `way` and `web` */
	struct fleet_way way;
	struct web *web; /* the request under way */
	bool ended;
};

/* Where other threads can end it. */
static bool lend_web(struct fleet_opener *o, struct web *web)
{
	pthread_mutex_lock(&o->lock);
	bool goes_on = !o->ended;
	o->web = web;
	pthread_mutex_unlock(&o->lock);
	return goes_on;
}

/* Does net/http/pprof answer there? */
static bool answers(struct fleet_opener *o, const char *url)
{
	const struct web_options options = {.headers = NULL};
	const struct web_request request = {
		.path = "/debug/pprof/",
		.head_ns = PATIENCE_NS,
		.body_ns = PATIENCE_NS,
		.bytes_max = PAGE_MAX,
	};
	struct web_reply *reply = calloc(1, sizeof *reply);
	struct web *web = NULL;
	bool good = false;
	if (reply && web_create(&web, url, &options, NULL) == STATUS_OK) {
		good = lend_web(o, web) && web_ask(web, &request, reply) == WEB_ANSWERED &&
		       reply->code == 200 && strstr(reply->text, "goroutine");
		lend_web(o, NULL);
	}
	web_destroy(web);
	free(reply);
	return good;
}

/* The scheme is a matter of the scrape's configuration, which nobody tells. */
static bool find_url(struct fleet_opener *o, const char *name, char *to, size_t size)
{
	static const char *const schemes[] = {"http", "https"};
	const char *host = strstr(name, "://");
	if (host) {
		host += strlen("://");
		snprintf(to, size, "%.*s", (int)(host - name) + (int)strcspn(host, "/?#"), name);
		return answers(o, to);
	}
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		snprintf(to, size, "%s://%s", schemes[i], name);
		if (answers(o, to))
			return true;
	}
	return false;
}

static void look(struct fleet_opener *o, const struct fleet_target *target)
{
	struct fleet_way way = {.pid = 0};
	struct error why = {0};
	struct target found;
	char sentence[512];
	bool local = listener_find(target->name, target->started_ns, &way.pid, &why) == STATUS_OK;
	if (local && target_find(way.pid, &found, &why) != STATUS_OK)
		local = false;
	if (!local)
		way.pid = 0;
	if (!local && !find_url(o, target->name, way.url, sizeof way.url)) {
		snprintf(sentence, sizeof sentence,
		         "%.200s, and http://%.120s/debug/pprof/ does not answer", why.text, target->name);
		fleet_board_answer(o->board, FLEET_REFUSED, sentence);
		return;
	}
	pthread_mutex_lock(&o->lock);
	o->way = way;
	pthread_mutex_unlock(&o->lock);
	fleet_board_answer(o->board, FLEET_OPENED, "");
}

static void *run(void *arg)
{
	struct fleet_opener *o = arg;
	struct fleet_target target;
	while (fleet_board_wait_target(o->board, &target))
		look(o, &target);
	return NULL;
}

enum status fleet_opener_start(struct fleet_opener **out, struct fleet_board *board,
                               struct error *error)
{
	struct fleet_opener *o = calloc(1, sizeof *o);
	*out = NULL;
	if (!o)
		return error_no_memory(error);
	o->board = board;
	pthread_mutex_init(&o->lock, NULL);
	int failed = thread_start(&o->thread, run, o);
	if (failed) {
		pthread_mutex_destroy(&o->lock);
		free(o);
		return error_set(error, STATUS_FAILED, "can't start a thread");
	}
	*out = o;
	return STATUS_OK;
}

struct fleet_way fleet_opener_way(struct fleet_opener *o)
{
	pthread_mutex_lock(&o->lock);
	struct fleet_way way = o->way;
	pthread_mutex_unlock(&o->lock);
	return way;
}

void fleet_opener_end(struct fleet_opener *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->ended = true;
	if (o->web)
		web_cancel(o->web);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
