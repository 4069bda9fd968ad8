/*
 * draw TITLE COLUMNSxROWS FILE VIEW [KEYS] >PICTURE.svg draws what schedtop shows of a recording,
 * once it has been played to its end, or of an execution trace, once it has been read.
 * tools/pictures runs it for the pictures of the documents: from the same files it makes the same
 * bytes.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "browse/browser.h"
#include "collect/recording.h"
#include "tests/pictures/svg.h"
#include "tui/app.h"
#include "util/clock.h"

enum { PATIENCE_MS = 30000, LATE_MS = 5 };

static void die(const char *why)
{
	fprintf(stderr, "draw: %s\n", why);
	exit(EXIT_FAILURE);
}

/* As a terminal would send them; \r is Enter, and <>^v are arrows. */
static struct tui_input input_of(char letter)
{
	static const struct {
		char letter;
		int key;
	} special[] = {{'\r', KEYMAP_ENTER},
	               {'<', KEYMAP_LEFT},
	               {'>', KEYMAP_RIGHT},
	               {'^', KEYMAP_UP},
	               {'v', KEYMAP_DOWN}};
	struct tui_input input = {.key = letter};
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (special[i].letter == letter)
			input.key = special[i].key;
	return input;
}

/* --- a recording ------------------------------------------------------------------------------ */

static void play(struct app *app, const char *path)
{
	struct recording *r;
	struct snapshot *s;
	struct error error = {0};
	if (app_init(app, NULL, NS_PER_S, &error) != STATUS_OK ||
	    recording_open(&r, path, &error) != STATUS_OK)
		die(error.text);
	while (recording_next(r, &s, &error) == STATUS_OK && s) {
		int64_t late_ns = LATE_MS * NS_PER_MS;
		const struct playback_state now = {.recorded = true,
		                                   .monotonic_ns = s->monotonic_ns + late_ns,
		                                   .wall_ns = s->wall_ns + late_ns,
		                                   .speed = 1};
		app_tell_playback(app, &now);
		app_add(app, s);
	}
	if (recording_judge(r, &error) != STATUS_OK)
		die(error.text);
	recording_close(r);
}

static void draw_recording(struct canvas *canvas, const char *path, const char *view,
                           const char *keys)
{
	struct app app;
	play(&app, path);
	app_command(&app, COMMAND_VIEW, view);
	for (app_draw(&app, canvas); *keys; keys++) {
		const struct tui_input input = input_of(*keys);
		app_input(&app, &input);
		canvas_clear(canvas);
		app_draw(&app, canvas);
	}
	app_finish(&app);
}

/* --- a trace ---------------------------------------------------------------------------------- */

static void ignore_news(void *arg)
{
	(void)arg;
}

/* Until the picture stays as it is: what was not read yet is read beside. */
static void settle(struct browser *browser, struct canvas *canvas)
{
	enum { SAME_MS = 200 };
	size_t size = (size_t)canvas->width * (size_t)canvas->height * sizeof *canvas->cell;
	struct cell *before = calloc(1, size);
	for (int ms = 0, same = 0; before && same < SAME_MS; ms++) {
		canvas_clear(canvas);
		browser_draw(browser, canvas);
		same = memcmp(before, canvas->cell, size) == 0 ? same + 1 : 0;
		memcpy(before, canvas->cell, size);
		usleep(1000);
		if (ms > PATIENCE_MS)
			die("it is never read to its end");
	}
	free(before);
}

static void draw_trace(struct canvas *canvas, const char *path, const char *view, const char *keys)
{
	struct browser *browser;
	struct error error = {0};
	const struct browser_options options = {.path = path,
	                                        .analysis = {.to_ns = INT64_MAX},
	                                        .wake = ignore_news};
	if (browser_create(&browser, &options, &error) != STATUS_OK ||
	    browser_start(browser, &error) != STATUS_OK)
		die(error.text);
	browser_tell_time(browser, 0);
	for (int ms = 0; !browser_has_loaded(browser); ms++) {
		if (ms > PATIENCE_MS)
			die("it is never read");
		usleep(1000);
	}
	browser_command(browser, COMMAND_VIEW, view);
	for (settle(browser, canvas); *keys; keys++) {
		const struct tui_input input = input_of(*keys);
		browser_input(browser, &input);
		settle(browser, canvas);
	}
	browser_destroy(browser);
}

int main(int argc, char **argv)
{
	int width, height;
	if (argc < 5 || argc > 6 || sscanf(argv[2], "%dx%d", &width, &height) != 2)
		die("usage: draw TITLE COLUMNSxROWS FILE VIEW [KEYS] >PICTURE.svg");
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	struct canvas *canvas = canvas_create(width, height, false);
	if (!canvas)
		die("out of memory");
	const char *keys = argc > 5 ? argv[5] : "";
	if (strstr(argv[3], ".trace"))
		draw_trace(canvas, argv[3], argv[4], keys);
	else
		draw_recording(canvas, argv[3], argv[4], keys);
	svg_write(stdout, canvas, &theme_dark, argv[1]);
	canvas_destroy(canvas);
	return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
