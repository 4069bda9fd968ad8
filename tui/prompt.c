#include "tui/prompt.h"

#include <stdio.h>
#include <string.h>

#include "tui/keymap.h"

#define CONTROL(letter) ((letter)&0x1f)
#define DELETE          0x7f
#define HINT_GAP        3

/* Where the character before `at` begins, and where the one at `at` ends. */
static size_t before(const struct prompt *p, size_t at)
{
	while (at > 0 && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t behind(const struct prompt *p, size_t at)
{
	at += p->text[at] != '\0';
	while (((unsigned char)p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

void prompt_set(struct prompt *p, const char *text)
{
	/* Cut at a character: a whole one before the last byte that fits. */
	size_t length = strnlen(text, sizeof p->text);
	if (length == sizeof p->text)
		for (length--; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
			length--;
	memmove(p->text, text, length);
	p->text[length] = '\0';
	p->cursor = length;
}

void prompt_open(struct prompt *p, char lead, const char *text)
{
	p->lead = lead;
	p->older_at = 0;
	prompt_set(p, text);
}

void prompt_remember(struct prompt *p, const char *text)
{
	if (!*text || (p->older_count && !strcmp(p->older[0], text)))
		return;
	memmove(p->older[1], p->older[0], sizeof p->older - sizeof p->older[0]);
	snprintf(p->older[0], sizeof p->older[0], "%s", text);
	p->older_count += p->older_count < PROMPT_OLDER_MAX;
}

static enum prompt_event insert(struct prompt *p, int key)
{
	char bytes[5];
	size_t length = strlen(p->text);
	if (key < ' ' || key >= KEYMAP_UP || (key >= DELETE && key < 0xa0))
		return PROMPT_NOTHING;
	size_t n = (size_t)glyph_encode((uint32_t)key, bytes);
	if (length + n >= sizeof p->text)
		return PROMPT_NOTHING;
	memmove(p->text + p->cursor + n, p->text + p->cursor, length - p->cursor + 1);
	memcpy(p->text + p->cursor, bytes, n);
	p->cursor += n;
	return PROMPT_CHANGED;
}

static enum prompt_event erase(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, strlen(p->text + to) + 1);
	p->cursor = from;
	return from < to ? PROMPT_CHANGED : PROMPT_NOTHING;
}

/* by: 1 is older */
static enum prompt_event recall(struct prompt *p, int by)
{
	size_t at = p->older_at + (size_t)by;
	if (p->lead != ':' || (by < 0 && p->older_at == 0) || at > p->older_count)
		return PROMPT_NOTHING;
	p->older_at = at;
	prompt_set(p, at ? p->older[at - 1] : "");
	return PROMPT_CHANGED;
}

static enum prompt_event close_with(struct prompt *p, enum prompt_event event)
{
	p->lead = 0;
	return event;
}

enum prompt_event prompt_key(struct prompt *p, int key)
{
	switch (key) {
	case KEYMAP_ENTER:
		return close_with(p, PROMPT_ACCEPTED);
	case KEYMAP_ESCAPE:
	case CONTROL('C'):
		return close_with(p, PROMPT_CLOSED);
	case KEYMAP_TAB:
		return PROMPT_COMPLETE;
	case KEYMAP_UP:
		return recall(p, 1);
	case KEYMAP_DOWN:
		return recall(p, -1);
	case KEYMAP_LEFT:
		p->cursor = before(p, p->cursor);
		return PROMPT_NOTHING;
	case KEYMAP_RIGHT:
		p->cursor = behind(p, p->cursor);
		return PROMPT_NOTHING;
	case KEYMAP_HOME:
	case CONTROL('A'):
		p->cursor = 0;
		return PROMPT_NOTHING;
	case KEYMAP_END:
	case CONTROL('E'):
		p->cursor = strlen(p->text);
		return PROMPT_NOTHING;
	case KEYMAP_BACKSPACE:
	case DELETE:
		if (!p->text[0])
			return close_with(p, PROMPT_CLOSED);
		return erase(p, before(p, p->cursor), p->cursor);
	case KEYMAP_DELETE:
		return erase(p, p->cursor, behind(p, p->cursor));
	case CONTROL('U'):
		return erase(p, 0, p->cursor);
	default:
		return insert(p, key);
	}
}

const char *prompt_hint(char lead)
{
	return lead == '/' ? "text or regex; Enter keeps the place, Esc does not"
	                   : "text or regex, ! for all others; Enter keeps it, Esc does not";
}

void prompt_draw(struct pane pane, const struct prompt *p, const char *hint)
{
	char lead[] = {p->lead, '\0'};
	pane_clear(pane);
	int start = pane_text(pane, 1, 0, STYLE_KEY, lead), cursor;
	/* A line that is too long shows the part that ends at the cursor. */
	size_t from = 0;
	for (;; from = behind(p, from)) {
		char head[PROMPT_TEXT_MAX];
		snprintf(head, sizeof head, "%.*s", (int)(p->cursor - from), p->text + from);
		cursor = start + canvas_text_width(pane.canvas, head);
		if (cursor < pane.width || from == p->cursor)
			break;
	}
	int end = pane_text(pane, start, 0, STYLE_TEXT, p->text + from);
	pane_restyle(pane_sub(pane, cursor, 0, 1, 1), STYLE_SELECTED);
	pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), end + HINT_GAP, 0, STYLE_DIM, hint);
}
