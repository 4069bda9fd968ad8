/*
 * The state of the trace browser without a terminal: a trace and inputs go in, a picture comes out,
 * and the time is told from outside. It owns the reading of the trace (load.h) and what its views
 * keep. Whoever puts it on a loop calls everything from the UI thread; `wake` comes from any.
 */
#ifndef SCHEDTOP_BROWSE_BROWSER_H
#define SCHEDTOP_BROWSE_BROWSER_H

#include "browse/load.h"
#include "tui/means.h"
#include "tui/screen.h"

struct browser;

struct browser_options {
	const char *path; /* copied */
	/* The part of the trace to count; kinds and hooks are the browser's. Its texts are borrowed. */
	struct analysis_options analysis;
	const struct limits_set *limits; /* of the doctor; NULL: the defaults. Only asked for now. */
	const struct means *means;       /* borrowed; NULL: the defaults */
	const char *inside;              /* the screen that Esc leads back to; NULL: there is none */
	void (*wake)(void *arg);         /* there is something new to draw */
	void *arg;
};

/* What can't be read as a trace is said here. */
enum status browser_create(struct browser **out, const struct browser_options *options,
                           struct error *error);
/* Begins to read; `wake` is called from now on. */
enum status browser_start(struct browser *browser, struct error *error);
/* At once, however far the reading is. */
void browser_destroy(struct browser *browser);

/* For a terminal, with the machine's clock; closing it destroys the browser. */
struct screen browser_screen(struct browser *browser);

/* Before anything else is asked of it: the monotonic clock. */
void browser_tell_time(struct browser *browser, int64_t now_ns);
void browser_draw(struct browser *browser, struct canvas *canvas);
/* LOOP_END: the user leaves. */
enum loop_next browser_input(struct browser *browser, const struct tui_input *input);
enum loop_next browser_command(struct browser *browser, enum command command, const char *argument);
/* Time has gone by: is there something to draw? */
bool browser_tick(struct browser *browser);
/* Is the whole trace read? */
bool browser_has_loaded(struct browser *browser);
/* As load_verdict. */
enum status browser_verdict(struct browser *browser, struct error *error);

#endif
