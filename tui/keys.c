#include "tui/keys.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/canvas.h"

/* Where a key has several names, the first one is shown. */
static const struct {
	int key;
	const char *name;  /* in ASCII, and for the configuration */
	const char *glyph; /* NULL: as in ASCII */
} table[] = {
	{KEYMAP_UP, "Up", "↑"},
	{KEYMAP_DOWN, "Down", "↓"},
	{KEYMAP_LEFT, "Left", "←"},
	{KEYMAP_RIGHT, "Right", "→"},
	{KEYMAP_SHIFT_LEFT, "Shift-Left", "Shift-←"},
	{KEYMAP_SHIFT_RIGHT, "Shift-Right", "Shift-→"},
	{KEYMAP_PAGE_UP, "PgUp", NULL},
	{KEYMAP_PAGE_UP, "PageUp", NULL},
	{KEYMAP_PAGE_DOWN, "PgDn", NULL},
	{KEYMAP_PAGE_DOWN, "PageDown", NULL},
	{KEYMAP_HOME, "Home", NULL},
	{KEYMAP_END, "End", NULL},
	{KEYMAP_TAB, "Tab", NULL},
	{KEYMAP_SHIFT_TAB, "Shift-Tab", NULL},
	{KEYMAP_ENTER, "Enter", NULL},
	{KEYMAP_ENTER, "Return", NULL},
	{KEYMAP_ESCAPE, "Esc", NULL},
	{KEYMAP_ESCAPE, "Escape", NULL},
	{KEYMAP_BACKSPACE, "Backspace", NULL},
	{KEYMAP_DELETE, "Del", NULL},
	{KEYMAP_DELETE, "Delete", NULL},
	{KEYMAP_INSERT, "Ins", NULL},
	{KEYMAP_INSERT, "Insert", NULL},
	{' ', "Space", NULL},
	/* what begins a comment in the file, or looks like one */
	{';', ";", NULL},
	{';', "Semicolon", NULL},
	{'#', "#", NULL},
	{'#', "Hash", NULL},
};
#define COUNT (sizeof table / sizeof *table)

const char *keys_name(char *to, size_t size, int key, bool ascii)
{
	char bytes[5];
	for (size_t i = 0; i < COUNT; i++)
		if (table[i].key == key) {
			snprintf(to, size, "%s", ascii || !table[i].glyph ? table[i].name : table[i].glyph);
			return to;
		}
	if (key >= KEYMAP_F1 && key <= KEYMAP_F12) {
		snprintf(to, size, "F%d", key - KEYMAP_F1 + 1);
	} else if (key > 0 && key < ' ') {
		snprintf(to, size, "Ctrl-%c", key | 0x40);
	} else {
		glyph_encode((uint32_t)key, bytes);
		snprintf(to, size, "%s", bytes);
	}
	return to;
}

/* The terminal's driver takes these for itself, or they are keys with names of their own. */
static bool is_taken(int control)
{
	return control == 0 || strchr("CZ\\QSHIJM[", control | 0x40) != NULL;
}

/* Of a whole character of UTF-8; 0: it is none. */
static int decode(const char *text, size_t length)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0}, mask[] = {0, 0, 0x1f, 0x0f, 7};
	const unsigned char *byte = (const unsigned char *)text;
	char again[5];
	if (length == 1)
		return byte[0] > ' ' && byte[0] < 0x7f ? byte[0] : 0;
	if (length < 2 || length > 4 || (byte[0] & (mask[length] ^ 0xff)) != lead[length])
		return 0;
	uint32_t code = byte[0] & mask[length];
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (byte[i] & 0x3fu);
	if (code < 0xa0 || code >= KEYMAP_UP)
		return 0;
	return (size_t)glyph_encode(code, again) == length && memcmp(again, text, length) == 0
	           ? (int)code
	           : 0;
}

int keys_read(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strlen(table[i].name) == length && strncasecmp(table[i].name, name, length) == 0)
			return table[i].key;
	if ((length == 2 || length == 3) && (name[0] | 0x20) == 'f' && name[1] != '0') {
		int number = 0;
		for (size_t i = 1; i < length; i++)
			number = isdigit((unsigned char)name[i]) ? number * 10 + name[i] - '0' : 99;
		return number <= 12 ? KEYMAP_F1 + number - 1 : KEYMAP_NONE;
	}
	size_t lead = length == 2 && name[0] == '^'                       ? 1
	              : length == 6 && strncasecmp(name, "ctrl-", 5) == 0 ? 5
	              : length == 3 && strncasecmp(name, "c-", 2) == 0    ? 2
	                                                                  : 0;
	if (lead && isalpha((unsigned char)name[lead]))
		return is_taken(name[lead] & 0x1f) ? KEYMAP_NONE : name[lead] & 0x1f;
	return decode(name, length);
}
