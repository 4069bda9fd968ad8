#include "tui/greeting.h"

#include <stdio.h>

bool greeting_wanted(const struct means *means)
{
	return means->is_new && means->is_new();
}

void greeting_draw(struct pane page, const struct keymap *keys, enum context context)
{
	char help[KEY_NAME_MAX], line[KEY_NAME_MAX], quit[KEY_NAME_MAX], text[160];
	bool ascii = page.canvas->ascii;
	struct pane row = pane_row(page, page.height - 2);
	keymap_hint(help, sizeof help, keys, COMMAND_HELP, context, ascii);
	keymap_hint(line, sizeof line, keys, COMMAND_LINE, context, ascii);
	keymap_hint(quit, sizeof quit, keys, COMMAND_QUIT, context, ascii);
	snprintf(text, sizeof text,
	         row.width < 96 ? "New here? %s lists the keys, %s takes commands, %s leaves"
	                        : "New here? %s lists the keys of each view, %s takes commands, %s "
	                          "leaves; any key ends this",
	         *help ? help : ":help", *line ? line : "-", *quit ? quit : "-");
	pane_clear(row);
	pane_fit(pane_sub(row, 0, 0, row.width - 1, 1), 1, 0, STYLE_STRONG, text);
}

void greeting_dismiss(bool *shown, const struct means *means)
{
	if (*shown && means->greeted)
		means->greeted();
	*shown = false;
}
