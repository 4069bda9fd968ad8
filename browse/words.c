#include "browse/words.h"

#include <stdio.h>
#include <string.h>

static struct page page_of(const struct canvas *canvas)
{
	return (struct page){.ascii = canvas->ascii};
}

void words_name(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                uint32_t name, const char *unknown)
{
	const struct page page = page_of(canvas);
	page_named(&page, to, names, name, true, unknown);
}

void words_text(char to[PAGE_CELL], const struct canvas *canvas, const char *text, size_t length)
{
	const struct page page = page_of(canvas);
	page_name(&page, to, text, length, false, "");
}

void words_location(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                    const struct stack_frame *frame)
{
	words_name(to, canvas, names, frame->file, "");
	size_t n = strlen(to);
	if (n)
		snprintf(to + n, PAGE_CELL - n, ":%u", frame->line);
}

void words_spent(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                 const struct spent_reasons *reasons, unsigned kind)
{
	const char *fixed;
	uint32_t name = spent_name(reasons, kind, &fixed);
	if (fixed)
		snprintf(to, PAGE_CELL, "%s", fixed);
	else
		words_name(to, canvas, names, name, "unknown, blocked");
}

enum state words_spent_state(unsigned kind)
{
	/* All other kinds are reasons to be blocked. */
	static const enum state state[] = {
		[SPENT_RUNNING] = STATE_RUNNING,   [SPENT_SYSCALL] = STATE_SYSCALL,
		[SPENT_RUNNABLE] = STATE_RUNNABLE, [SPENT_NOBODY] = STATE_UNKNOWN,
		[SPENT_UNKNOWN] = STATE_BLOCKED,
	};
	return kind < sizeof state / sizeof *state ? state[kind] : STATE_BLOCKED;
}

void words_spent_cell(struct pane pane, int x, unsigned kind)
{
	enum state state = words_spent_state(kind);
	pane_glyph(pane, x, 0, state_look[state].style, state_glyph(state, pane.canvas->ascii));
}

enum wait_kind words_wait(const struct names *names, uint32_t reason)
{
	const char *text = names_text(names, reason);
	if (strcmp(text, "network") == 0)
		return WAIT_NETWORK;
	return strstr(text, "chan") || strstr(text, "sync") || strstr(text, "select") ? WAIT_SYNC
	                                                                              : WAIT_OTHER;
}
