/*
 * The keys of a keyboard and a mouse as numbers, and their names: how a canvas shows them, and how
 * a user writes them in the configuration. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_KEYS_H
#define SCHEDTOP_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Characters are themselves; what has no character comes after Unicode. */
enum key {
	KEYMAP_NONE = 0,
	KEYMAP_TAB = '\t',
	KEYMAP_ENTER = '\r',
	KEYMAP_ESCAPE = 0x1b,
	KEYMAP_UP = 0x110000,
	KEYMAP_DOWN,
	KEYMAP_LEFT,
	KEYMAP_RIGHT,
	KEYMAP_SHIFT_LEFT,
	KEYMAP_SHIFT_RIGHT,
	KEYMAP_PAGE_UP,
	KEYMAP_PAGE_DOWN,
	KEYMAP_HOME,
	KEYMAP_END,
	KEYMAP_SHIFT_TAB,
	KEYMAP_BACKSPACE,
	KEYMAP_DELETE,
	KEYMAP_INSERT,
	KEYMAP_F1,
	KEYMAP_F2,
	KEYMAP_F3,
	KEYMAP_F4,
	KEYMAP_F5,
	KEYMAP_F6,
	KEYMAP_F7,
	KEYMAP_F8,
	KEYMAP_F9,
	KEYMAP_F10,
	KEYMAP_F11,
	KEYMAP_F12,
	/* of the mouse, at a cell */
	KEYMAP_CLICK,
	KEYMAP_DRAG, /* to there, since the last click, with the button held */
	KEYMAP_WHEEL_UP,
	KEYMAP_WHEEL_DOWN,
};
#define KEYMAP_CTRL(letter) ((letter)&0x1f)
#define KEYMAP_CTRL_L       KEYMAP_CTRL('L')

#define KEY_NAME_MAX 16

/* "↑", in ASCII "Up"; "F1", "Ctrl-L", "q". Returns `to`. */
const char *keys_name(char *to, size_t size, int key, bool ascii);
/* The key that is called so, in whatever case: "Up", "Space", "Ctrl-D" or "^D", "F5", or the one
   character that it types. KEYMAP_NONE: there is none, or nobody can press it here. */
int keys_read(const char *name, size_t length);

#endif
