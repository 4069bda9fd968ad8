#include "tui/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "tui/term.h"

#define TICK_MS 1000

/* What each signal does to a screen. */
static void on_end(uv_signal_t *handle, int number);
static void on_resize(uv_signal_t *handle, int number);
static void on_stop(uv_signal_t *handle, int number);
static void on_continue(uv_signal_t *handle, int number);

static const struct {
	int number;
	uv_signal_cb act;
} signals[] = {
	{SIGINT, on_end},   {SIGTERM, on_end},      {SIGHUP, on_end},      {SIGQUIT, on_end},
	{SIGTSTP, on_stop}, {SIGCONT, on_continue}, {SIGWINCH, on_resize},
};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

struct loop {
	const struct loop_ops *ops;
	void *arg;
	uv_loop_t uv;
	uv_signal_t signal[SIGNAL_COUNT];
	uv_poll_t keys, room;
	uv_timer_t tick;
	uv_async_t wake;
	uv_prepare_t draw;
	struct canvas *canvas;
	struct loop_look look;
	bool running; /* the terminal is ours and the handles are live */
	bool dirty;   /* draw before the next wait */
	bool waiting; /* until then the terminal has to take the rest of a frame */
	int ended_by; /* signal */
};

static struct loop *loop_of(const uv_handle_t *handle)
{
	return handle->loop->data;
}

/* On failure the canvas keeps its size: a wrong picture for a moment, and the next resize tries
 * again. */
static void fit_canvas(struct loop *loop)
{
	int width, height;
	term_size(&width, &height);
	if (loop->canvas && loop->canvas->width == width && loop->canvas->height == height)
		return;
	struct canvas *canvas = canvas_create(width, height, loop->look.ascii);
	if (!canvas)
		return;
	canvas->blocks = loop->look.blocks;
	canvas_destroy(loop->canvas);
	loop->canvas = canvas;
	loop->dirty = true;
}

static void draw_too_small(struct canvas *canvas)
{
	struct pane pane = pane_of(canvas);
	/* Where there is so little, what is needed must not be what falls off the edge. */
	bool lines = canvas->height > 1;
	int x = pane_print(pane, 0, 0, STYLE_TEXT, "%dx%d is too small%s", canvas->width,
	                   canvas->height, lines ? "" : ": ");
	pane_print(pane, lines ? 0 : x, lines, STYLE_TEXT, "%dx%d at least", LOOP_WIDTH_MIN,
	           LOOP_HEIGHT_MIN);
}

static void on_room(uv_poll_t *handle, int status, int events);

static void draw_now(struct loop *loop)
{
	canvas_clear(loop->canvas);
	if (loop->canvas->width < LOOP_WIDTH_MIN || loop->canvas->height < LOOP_HEIGHT_MIN)
		draw_too_small(loop->canvas);
	else
		loop->ops->draw(loop->canvas, loop->arg);
	loop->dirty = !term_show(loop->canvas);
	/* A large frame goes in pieces, each as soon as there is room. Nothing is drawn meanwhile: the
	   terminal gets the picture of that moment, and one that takes nothing at all costs nothing. */
	if (loop->dirty && !term_flush())
		loop->waiting = uv_poll_start(&loop->room, UV_WRITABLE, on_room) == 0;
}

static void on_room(uv_poll_t *handle, int status, int events)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	(void)events;
	if (status == 0 && !term_flush())
		return;
	uv_poll_stop(handle);
	loop->waiting = false;
}

/* Before the loop waits: all that happened in this turn is drawn once. */
static void on_prepare(uv_prepare_t *handle)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	if (loop->dirty && loop->running && !loop->waiting)
		draw_now(loop);
}

static void end(struct loop *loop, int number)
{
	loop->ended_by = number;
	loop->dirty = false;
	uv_stop(&loop->uv);
}

static void on_end(uv_signal_t *handle, int number)
{
	end(loop_of((uv_handle_t *)handle), number);
}

static void on_resize(uv_signal_t *handle, int number)
{
	(void)number;
	struct loop *loop = loop_of((uv_handle_t *)handle);
	fit_canvas(loop);
	term_redraw();
	loop->dirty = true;
}

static void on_continue(uv_signal_t *handle, int number)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	/* The stop has thrown away what was left. */
	uv_poll_stop(&loop->room);
	loop->waiting = false;
	term_resume();
	on_resize(handle, number);
}

/* Stops for real, with the default action, so that the shell sees what it expects. */
static void on_stop(uv_signal_t *handle, int number)
{
	term_suspend();
	uv_signal_stop(handle);
	kill(getpid(), number);
	/* Here again after SIGCONT. */
	uv_signal_start(handle, on_stop, number);
	on_continue(handle, number);
}

static void take(struct loop *loop, const struct tui_input *input)
{
	enum loop_next next = loop->ops->input(input, loop->arg);
	char *copied = loop->ops->copied ? loop->ops->copied(loop->arg) : NULL;
	if (copied)
		term_copy(copied);
	free(copied);
	switch (next) {
	case LOOP_GO_ON:
		return;
	case LOOP_END:
		end(loop, 0);
		return;
	case LOOP_REDRAW:
		term_redraw();
		break;
	case LOOP_DRAW:
		break;
	}
	loop->dirty = true;
}

static void on_keys(uv_poll_t *handle, int status, int events)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	(void)events;
	struct tui_input input;
	while (term_input(&input))
		take(loop, &input);
	if (status < 0 || term_lost()) {
		uv_poll_stop(handle);
		end(loop, SIGHUP);
	}
}

static void on_tick(uv_timer_t *handle)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	if (loop->ops->tick && loop->ops->tick(loop->arg))
		loop->dirty = true;
}

static void on_wake(uv_async_t *handle)
{
	struct loop *loop = loop_of((uv_handle_t *)handle);
	if (loop->ops->wake && loop->ops->wake(loop->arg))
		loop->dirty = true;
}

/* The handles that live with the terminal. Signals first: curses leaves alone what is handled
 * already. */
static enum status start(struct loop *loop, struct error *error)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		uv_signal_init(&loop->uv, &loop->signal[i]);
		uv_signal_start(&loop->signal[i], signals[i].act, signals[i].number);
	}
	uv_prepare_init(&loop->uv, &loop->draw);
	uv_prepare_start(&loop->draw, on_prepare);
	uv_timer_init(&loop->uv, &loop->tick);
	uv_timer_start(&loop->tick, on_tick, TICK_MS, TICK_MS);
	enum status status = term_open(loop->look.color, error);
	if (status)
		return status;
	loop->look.ascii = loop->look.ascii || !term_unicode();
	fit_canvas(loop);
	int failed = loop->canvas ? uv_poll_init(&loop->uv, &loop->room, term_out_fd()) : UV_ENOMEM;
	if (!failed)
		failed = uv_poll_init(&loop->uv, &loop->keys, term_fd());
	if (!failed)
		failed = uv_poll_start(&loop->keys, UV_READABLE | UV_DISCONNECT, on_keys);
	if (failed) {
		term_close();
		return error_set(error, STATUS_FAILED, "can't wait for keys: %s", uv_strerror(failed));
	}
	loop->running = true;
	return STATUS_OK;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Gives the terminal back and lets the signals do again what they did before. The wake-up stays,
   because another thread may still call it. */
static void restore(struct loop *loop)
{
	loop->running = false;
	uv_poll_stop(&loop->keys);
	uv_poll_stop(&loop->room);
	term_close();
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		uv_signal_stop(&loop->signal[i]);
	uv_prepare_stop(&loop->draw);
	uv_timer_stop(&loop->tick);
}

enum status loop_create(struct loop **out, const struct loop_ops *ops, void *arg,
                        struct loop_look look, struct error *error)
{
	struct loop *loop = calloc(1, sizeof *loop);
	*out = NULL;
	if (!loop)
		return error_no_memory(error);
	loop->ops = ops;
	loop->arg = arg;
	loop->look = look;
	if (uv_loop_init(&loop->uv)) {
		free(loop);
		return error_no_memory(error);
	}
	loop->uv.data = loop;
	int failed = uv_async_init(&loop->uv, &loop->wake, on_wake);
	enum status status = failed ? error_set(error, STATUS_FAILED, "can't make an event loop: %s",
	                                        uv_strerror(failed))
	                            : start(loop, error);
	if (status) {
		loop_destroy(loop);
		return status;
	}
	loop->dirty = true;
	*out = loop;
	return STATUS_OK;
}

void loop_run(struct loop *loop, int *signal)
{
	loop->ended_by = 0;
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	restore(loop);
	*signal = loop->ended_by;
}

void loop_wake(struct loop *loop)
{
	uv_async_send(&loop->wake);
}

void loop_end(struct loop *loop)
{
	end(loop, 0);
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->running)
		restore(loop);
	uv_walk(&loop->uv, close_handle, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
	canvas_destroy(loop->canvas);
	free(loop);
}
