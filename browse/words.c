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

/* The states first, then all that blocks. */
static const struct {
	enum style style;
	uint32_t glyph, ascii;
} look[] = {
	[SPENT_RUNNING] = {STYLE_RUNNING, 0x2588, '#'},   /* █ */
	[SPENT_SYSCALL] = {STYLE_SYSCALL, 0x2593, 'S'},   /* ▓ */
	[SPENT_RUNNABLE] = {STYLE_RUNNABLE, 0x2592, 'R'}, /* ▒ */
	[SPENT_NOBODY] = {STYLE_DIM, ' ', ' '},
	[SPENT_UNKNOWN] = {STYLE_BLOCKED, 0x2591, '.'}, /* ░ */
};
enum { LOOKS = sizeof look / sizeof *look };

enum style words_spent_style(unsigned kind)
{
	return look[kind < LOOKS ? kind : SPENT_UNKNOWN].style;
}

uint32_t words_spent_glyph(unsigned kind, bool ascii)
{
	kind = kind < LOOKS ? kind : SPENT_UNKNOWN;
	return ascii ? look[kind].ascii : look[kind].glyph;
}

enum wait_kind words_wait(const struct names *names, uint32_t reason)
{
	const char *text = names_text(names, reason);
	if (strcmp(text, "network") == 0)
		return WAIT_NETWORK;
	return strstr(text, "chan") || strstr(text, "sync") || strstr(text, "select") ? WAIT_SYNC
	                                                                              : WAIT_OTHER;
}
