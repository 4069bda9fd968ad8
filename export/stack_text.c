#include "export/stack_text.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum { PART = 1100 /* bytes of a name: the runtime writes no more than 1,024 */ };

static void clean(char to[PART], const struct names *names, uint32_t number)
{
	const struct name *name = names_get(names, number);
	text_clean(to, PART, name->text, name->length);
}

void stack_frame_text(char to[FRAME_TEXT], const struct stack_frame *frame,
                      const struct names *names)
{
	char function[PART], file[PART];
	clean(function, names, frame->function);
	clean(file, names, frame->file);
	snprintf(to, FRAME_TEXT, "%s %s:%u", *function ? function : "?", *file ? file : "?",
	         frame->line);
}

void stack_text(char to[STACK_TEXT], const struct stacks *stacks, const struct names *names,
                uint32_t number)
{
	size_t used = 0;
	to[0] = '\0';
	if (number == STACK_NONE || number > stacks->n)
		return;
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++) {
		char line[FRAME_TEXT];
		stack_frame_text(line, &stacks->frame[stack->first + i], names);
		size_t n = strlen(line);
		if (used + n + 2 > STACK_TEXT)
			return;
		if (used)
			to[used++] = '\n';
		memcpy(to + used, line, n + 1);
		used += n;
	}
}
