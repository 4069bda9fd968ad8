/* What users take out of the browser. */
#include <string.h>

#include "browse/browser_state.h"

static void draw_place(struct canvas *canvas, struct view_place *place, void *arg)
{
	browser_draw_view(arg, canvas, place);
}

static struct listing listing_of(struct browser *b)
{
	return (struct listing){.view = view_of(b)->name,
	                        .is_list = view_of(b)->sorts != NULL,
	                        .ascii = b->ascii,
	                        .width = b->width,
	                        .height = b->height,
	                        .place = place_of(b),
	                        .draw = draw_place,
	                        .arg = b};
}

static void tell(struct browser *b)
{
	if (b->take.said[0])
		browser_notify(b, b->take.said_style, "%s", b->take.said);
}

void browser_search(struct browser *b, const char *text, int step)
{
	struct listing listing = listing_of(b);
	take_search(&b->take, &listing, place_of(b), text, step);
	tell(b);
}

void browser_search_as_typed(struct browser *b, enum prompt_event event, const char *text)
{
	struct listing listing = listing_of(b);
	b->take.said[0] = '\0';
	take_key(&b->take, &listing, place_of(b), event, text);
	tell(b);
}

enum loop_next browser_copy(struct browser *b, enum command command, const char *argument)
{
	struct listing listing = listing_of(b);
	(void)command, (void)argument;
	take_copy(&b->take, &listing);
	tell(b);
	return LOOP_DRAW;
}

bool browser_take_news(struct browser *b)
{
	bool any = take_news(&b->take);
	if (any)
		tell(b);
	return any;
}

enum loop_next browser_save(struct browser *b, enum command command, const char *argument)
{
	struct listing listing = listing_of(b);
	(void)command;
	take_save(&b->take, &listing, argument);
	tell(b);
	return LOOP_DRAW;
}
