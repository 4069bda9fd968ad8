#include "tui/take.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define MOMENT_NS   (NS_PER_S / 2)
#define PATIENCE_NS (10 * NS_PER_S)

static void say(struct take *take, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct take *take, enum style style, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(take->said, sizeof take->said, format, args);
	va_end(args);
	take->said_style = style;
}

static void forget_copy(struct take *take)
{
	free(take->copied);
	take->copied = NULL;
}

/* --- looking for a row ---------------------------------------------------------------------- */

static void select_row(struct view_place *place, int row)
{
	place->selected = row;
	place->chosen = true;
	place->anchored = false;
}

void take_begin(struct take *take, const struct view_place *place)
{
	take->origin = place->selected;
}

void take_type(struct take *take, const struct listing *listing, struct view_place *place,
               const char *text)
{
	int row = listing_find(listing, text, take->origin - 1, 1);
	select_row(place, row >= 0 ? row : take->origin);
}

void take_give_up(const struct take *take, struct view_place *place)
{
	select_row(place, take->origin);
}

void take_search(struct take *take, const struct listing *listing, struct view_place *place,
                 const char *text, int step)
{
	take->said[0] = '\0';
	if (text && *text)
		snprintf(take->search, sizeof take->search, "%s", text);
	else if (step == 0)
		step = 1; /* Enter alone: once more */
	if (!take->search[0]) {
		say(take, STYLE_WARNING, "nothing was searched for yet");
		return;
	}
	int from = step ? place->selected : take->origin - 1;
	int row = listing_find(listing, take->search, from, step ? step : 1);
	if (row >= 0)
		select_row(place, row);
	else
		say(take, STYLE_WARNING, "no row has \"%s\"", take->search);
}

void take_key(struct take *take, const struct listing *listing, struct view_place *place,
              enum prompt_event event, const char *text)
{
	if (event == PROMPT_CHANGED)
		take_type(take, listing, place, text);
	else if (event == PROMPT_CLOSED)
		take_give_up(take, place);
	else if (event == PROMPT_ACCEPTED)
		take_search(take, listing, place, text, 0);
}

/* --- copying -------------------------------------------------------------------------------- */

void take_copy(struct take *take, const struct listing *listing)
{
	bool cut = false;
	take->said[0] = '\0';
	if (take->copies_off) {
		say(take, STYLE_WARNING, "copying is off by the setting clipboard");
		return;
	}
	forget_copy(take);
	take->copied = listing_copy(listing, &cut);
	if (!take->copied) {
		say(take, STYLE_WARNING, "there is no memory to copy it");
		return;
	}
	if (!take->copied[0]) {
		forget_copy(take);
		say(take, STYLE_WARNING, "there is nothing to copy");
		return;
	}
	int lines = 1;
	for (const char *at = take->copied; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	say(take, STYLE_DIM, "%s%d line%s sent to the clipboard of the terminal",
	    cut ? "the first " : "", lines, lines == 1 ? "" : "s");
}

char *take_copied(struct take *take)
{
	char *text = take->copied;
	take->copied = NULL;
	return text;
}

/* --- saving --------------------------------------------------------------------------------- */

static void write_file(void *file)
{
	listing_write_file(file);
}

static void free_file(void *file)
{
	listing_free_file(file);
}

/* Says what has become of the file, if that is known in time. */
static bool conclude(struct take *take, int64_t limit_ns)
{
	const struct listing_file *file = take->file;
	if (!take->saving || !aside_wait(take->saving, limit_ns))
		return false;
	if (file->error.text[0])
		say(take, STYLE_WARNING, "%.180s", file->error.text);
	else
		say(take, STYLE_DIM, "%s", file->said);
	aside_leave(take->saving);
	take->saving = NULL;
	take->file = NULL;
	return true;
}

bool take_news(struct take *take)
{
	return conclude(take, 0);
}

void take_save(struct take *take, const struct listing *listing, const char *argument)
{
	struct error error = {0};
	bool replace = argument && argument[0] == '!';
	const char *path = argument ? argument + replace : "";
	path += strspn(path, " ");
	if (!*path) {
		say(take, STYLE_WARNING, "save: that takes the name of a file: .txt, .csv or .json");
		return;
	}
	if (take->saving && !take_news(take)) {
		say(take, STYLE_WARNING, "%s is still being written", take->file->shown);
		return;
	}
	struct listing_file *file = listing_make_file(listing, path, replace, &error);
	if (!file) {
		say(take, STYLE_WARNING, "%.180s", error.text);
		return;
	}
	take->saving = aside_begin(write_file, free_file, file);
	if (!take->saving) {
		say(take, STYLE_WARNING, "there is no thread to write %s with", file->shown);
		listing_free_file(file);
		return;
	}
	take->file = file;
	if (!conclude(take, MOMENT_NS))
		say(take, STYLE_WARNING, "%s is being written: the disk takes its time", file->shown);
}

void take_finish(struct take *take, bool waits)
{
	forget_copy(take);
	if (!take->saving)
		return;
	if (waits && !conclude(take, MOMENT_NS)) {
		fprintf(stderr, "schedtop: %s is still being written; Ctrl-C ends without it\n",
		        take->file->shown);
		if (!conclude(take, PATIENCE_NS))
			say(take, STYLE_WARNING, "%s is not written: the disk takes nothing",
			    take->file->shown);
	}
	if (waits && take->said_style == STYLE_WARNING)
		fprintf(stderr, "schedtop: %s\n", take->said);
	aside_leave(take->saving);
	take->saving = NULL;
	take->file = NULL;
}
