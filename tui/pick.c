#include <limits.h>
#include <signal.h>

#include "tui/loop.h"
#include "tui/tui.h"
#include "tui/view_picker.h"

static const struct loop_ops ops = {
	.context = CONTEXT_PICKER,
	.draw = picker_draw,
	.command = picker_command,
};

enum status tui_pick(const struct tui_choice *choices, size_t n, bool color, bool ascii,
                     long *picked, struct error *error)
{
	struct picker picker = {.choice = choices, .n = n < INT_MAX ? (int)n : INT_MAX};
	struct loop *loop;
	int number;
	*picked = -1;
	enum status status = loop_create(&loop, &ops, &picker, color, ascii, error);
	if (status)
		return status;
	loop_run(loop, &number);
	loop_destroy(loop);
	/* The terminal is restored and the signal has its old meaning again: it ends us as it would
	 * have. */
	if (number)
		raise(number);
	if (picker.chosen)
		*picked = picker.selected;
	return STATUS_OK;
}
