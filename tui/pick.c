#include <signal.h>

#include "tui/loop.h"
#include "tui/tui.h"
#include "tui/view_picker.h"

static char *copied(void *arg)
{
	struct picker *picker = arg;
	return take_copied(&picker->take);
}

static const struct loop_ops ops = {
	.draw = picker_draw,
	.input = picker_input,
	.copied = copied,
};

enum status tui_pick(const struct tui_choice *choices, size_t n, bool color, bool ascii,
                     const struct means *means, long *picked, struct error *error)
{
	struct picker picker;
	struct loop *loop;
	int number;
	*picked = -1;
	enum status status = picker_init(&picker, choices, n, error);
	if (status)
		return status;
	picker.keys = means->keys;
	picker.take.copies_off = !means->copies;
	status = loop_create(&loop, &ops, &picker, (struct loop_look){.color = color, .ascii = ascii},
	                     error);
	if (status) {
		picker_finish(&picker);
		return status;
	}
	loop_run(loop, &number);
	loop_destroy(loop);
	picker_finish(&picker);
	/* The terminal is restored and the signal has its old meaning again: it ends us as it would
	 * have. */
	if (number)
		raise(number);
	if (picker.chosen)
		*picked = picker.picked;
	return STATUS_OK;
}
