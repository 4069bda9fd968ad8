#include "metrics/fleet_board.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/thread.h"

struct fleet_board {
	pthread_mutex_t lock; /* held for a few instructions, but for the call of wake */
	pthread_cond_t news;  /* for the workers */
	bool closed;
	struct fleet *fleet;
	struct fleet_trends *trends;
	char trouble[512];
	struct fleet_wish wish;
	bool wished;
	struct fleet_target target;
	bool asked;
	enum fleet_answer answer;
	char sentence[512];
	void (*wake)(void *arg);
	void *arg;
};

void fleet_trends_free(struct fleet_trends *trends)
{
	if (trends)
		free(trends->value);
	free(trends);
}

/* Times are told by the monotonic clock. */
struct fleet_board *fleet_board_create(void)
{
	struct fleet_board *board = calloc(1, sizeof *board);
	if (!board)
		return NULL;
	if (!thread_news_init(&board->lock, &board->news)) {
		free(board);
		return NULL;
	}
	return board;
}

void fleet_board_destroy(struct fleet_board *board)
{
	if (!board)
		return;
	fleet_unref(board->fleet);
	fleet_trends_free(board->trends);
	pthread_cond_destroy(&board->news);
	pthread_mutex_destroy(&board->lock);
	free(board);
}

/* Under the lock, so that whoever stops listening is not called afterwards. */
static void post_and_unlock(struct fleet_board *board)
{
	if (board->wake)
		board->wake(board->arg);
	pthread_mutex_unlock(&board->lock);
}

void fleet_board_listen(struct fleet_board *board, void (*wake)(void *arg), void *arg)
{
	pthread_mutex_lock(&board->lock);
	board->wake = wake;
	board->arg = arg;
	pthread_mutex_unlock(&board->lock);
}

struct fleet *fleet_board_take(struct fleet_board *board)
{
	pthread_mutex_lock(&board->lock);
	struct fleet *fleet = board->fleet;
	board->fleet = NULL;
	pthread_mutex_unlock(&board->lock);
	return fleet;
}

struct fleet_trends *fleet_board_take_trends(struct fleet_board *board)
{
	pthread_mutex_lock(&board->lock);
	struct fleet_trends *trends = board->trends;
	board->trends = NULL;
	pthread_mutex_unlock(&board->lock);
	return trends;
}

void fleet_board_trouble(struct fleet_board *board, char *to, size_t size)
{
	pthread_mutex_lock(&board->lock);
	snprintf(to, size, "%s", board->trouble);
	pthread_mutex_unlock(&board->lock);
}

static bool same_wish(const struct fleet_wish *a, const struct fleet_wish *b)
{
	return a->n == b->n && a->metric == b->metric && a->span_ns == b->span_ns &&
	       a->points == b->points && memcmp(a->id, b->id, a->n * sizeof *a->id) == 0;
}

void fleet_board_wish(struct fleet_board *board, const struct fleet_wish *wish)
{
	pthread_mutex_lock(&board->lock);
	if (!same_wish(&board->wish, wish)) {
		board->wish = *wish;
		board->wished = true;
		pthread_cond_broadcast(&board->news);
	}
	pthread_mutex_unlock(&board->lock);
}

void fleet_board_ask(struct fleet_board *board, const struct fleet_target *target)
{
	pthread_mutex_lock(&board->lock);
	board->target = *target;
	board->asked = true;
	board->answer = FLEET_NO_ANSWER;
	pthread_cond_broadcast(&board->news);
	pthread_mutex_unlock(&board->lock);
}

enum fleet_answer fleet_board_answered(struct fleet_board *board, char *sentence, size_t size)
{
	pthread_mutex_lock(&board->lock);
	enum fleet_answer answer = board->answer;
	snprintf(sentence, size, "%s", board->sentence);
	board->answer = FLEET_NO_ANSWER;
	pthread_mutex_unlock(&board->lock);
	return answer;
}

void fleet_board_publish(struct fleet_board *board, struct fleet *fleet)
{
	pthread_mutex_lock(&board->lock);
	struct fleet *late = board->fleet;
	board->fleet = fleet;
	post_and_unlock(board);
	fleet_unref(late);
}

void fleet_board_publish_trends(struct fleet_board *board, struct fleet_trends *trends)
{
	pthread_mutex_lock(&board->lock);
	struct fleet_trends *late = board->trends;
	board->trends = trends;
	post_and_unlock(board);
	fleet_trends_free(late);
}

void fleet_board_tell(struct fleet_board *board, const char *trouble)
{
	pthread_mutex_lock(&board->lock);
	snprintf(board->trouble, sizeof board->trouble, "%s", trouble);
	post_and_unlock(board);
}

bool fleet_board_wait(struct fleet_board *board, int64_t until_ns, struct fleet_wish *wish,
                      bool *fresh)
{
	pthread_mutex_lock(&board->lock);
	while (!board->closed && !board->wished &&
	       thread_news_wait(&board->lock, &board->news, until_ns))
		;
	*fresh = board->wished;
	*wish = board->wish;
	board->wished = false;
	bool open = !board->closed;
	pthread_mutex_unlock(&board->lock);
	return open;
}

bool fleet_board_wait_target(struct fleet_board *board, struct fleet_target *target)
{
	pthread_mutex_lock(&board->lock);
	while (!board->closed && !board->asked)
		pthread_cond_wait(&board->news, &board->lock);
	*target = board->target;
	board->asked = false;
	bool open = !board->closed;
	pthread_mutex_unlock(&board->lock);
	return open;
}

/* A newer question makes an answer worthless. */
void fleet_board_answer(struct fleet_board *board, enum fleet_answer answer, const char *sentence)
{
	pthread_mutex_lock(&board->lock);
	if (!board->asked) {
		board->answer = answer;
		snprintf(board->sentence, sizeof board->sentence, "%s", sentence);
	}
	post_and_unlock(board);
}

void fleet_board_close(struct fleet_board *board)
{
	pthread_mutex_lock(&board->lock);
	board->closed = true;
	pthread_cond_broadcast(&board->news);
	pthread_mutex_unlock(&board->lock);
}
