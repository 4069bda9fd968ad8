/*
 * What users take out of a screen: they look for a row, copy what is selected and save what is
 * shown. The same for every screen; a screen lends its listing. It owns the text that was copied
 * until the terminal asks for it. All zero is a fresh start. UI thread.
 */
#ifndef SCHEDTOP_TUI_TAKE_H
#define SCHEDTOP_TUI_TAKE_H

#include "tui/aside.h"
#include "tui/listing.h"
#include "tui/prompt.h"

#define TAKE_SAID_MAX 192

struct take {
	char search[PROMPT_TEXT_MAX]; /* what was looked for last */
	int origin;                   /* the row that was selected when a search began */
	char *copied;                 /* NULL: nothing waits */
	bool copies_off;              /* a user does not want it */
	char said[TAKE_SAID_MAX];     /* a sentence about what was done; "": nothing to say */
	enum style said_style;
	struct aside *saving;      /* NULL: nothing is being saved */
	struct listing_file *file; /* what */
};

/* `waits`: the screen is gone, and what is being saved is waited for; what is not saved then is
   said on standard error. */
void take_finish(struct take *take, bool waits);

/* A search begins, and goes on with each character: the first row from `origin` on is selected. */
void take_begin(struct take *take, const struct view_place *place);
void take_type(struct take *take, const struct listing *listing, struct view_place *place,
               const char *text);
/* It was taken back. */
void take_give_up(const struct take *take, struct view_place *place);
/* The same by what a key did to the line after '/'. */
void take_key(struct take *take, const struct listing *listing, struct view_place *place,
              enum prompt_event event, const char *text);
/* The text is remembered, an empty one is the last one again; then the next row that has it
   (step 1), the one before (-1), or where typing has led (0). Says so where none has it. */
void take_search(struct take *take, const struct listing *listing, struct view_place *place,
                 const char *text, int step);

void take_copy(struct take *take, const struct listing *listing);
/* Hands over what was copied, to be freed; NULL: nothing was. */
char *take_copied(struct take *take);

/* "FILE", "!FILE" to replace one that is there; NULL says what is expected. A slow disk is waited
   for no longer than a moment. */
void take_save(struct take *take, const struct listing *listing, const char *argument);
/* Now and then: says what has become of what took longer, and whether there was such a thing. */
bool take_news(struct take *take);

#endif
