#include "doctor/evidence.h"

#include <stdio.h>
#include <string.h>

void evidence_stack(struct evidence *evidence, const struct stacks *stacks,
                    const struct names *names, uint32_t number)
{
	if (!evidence || number == STACK_NONE || number > stacks->n)
		return;
	const struct stack *stack = &stacks->stack[number - 1];
	uint32_t where = stacks_where(stacks, names, number);
	for (uint32_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *f = &stacks->frame[stack->first + i];
		evidence_frame(evidence, names_text(names, f->function), names_text(names, f->file),
		               f->line);
	}
	if (where != UINT32_MAX && where - stack->first < evidence->frames)
		evidence->where = where - stack->first;
}

/* "a.b/c/d.(*T[a/e]).f": the path ends before what may hold other paths. */
static const char *without_path(const char *name)
{
	const char *from = name;
	size_t plain = strcspn(name, "([{");
	for (size_t i = 0; i < plain; i++)
		if (name[i] == '/')
			from = name + i + 1;
	return from;
}

const char *evidence_place(char to[EVIDENCE_SITE_TEXT], const struct stacks *stacks,
                           const struct names *names, uint32_t frame)
{
	if (frame >= stacks->frames) {
		snprintf(to, EVIDENCE_SITE_TEXT, "an unknown place");
		return to;
	}
	const struct stack_frame *f = &stacks->frame[frame];
	const char *file = names_text(names, f->file), *slash = strrchr(file, '/');
	snprintf(to, EVIDENCE_SITE_TEXT, "%.200s (%.100s:%u)",
	         without_path(names_text(names, f->function)), slash ? slash + 1 : file, f->line);
	return to;
}

const char *evidence_site(char to[EVIDENCE_SITE_TEXT], const struct stacks *stacks,
                          const struct names *names, uint32_t number)
{
	return evidence_place(to, stacks, names, stacks_where(stacks, names, number));
}

const char *evidence_function(char to[EVIDENCE_SITE_TEXT], const struct names *names, uint32_t name)
{
	const char *text = names_text(names, name);
	snprintf(to, EVIDENCE_SITE_TEXT, "%s", *text ? without_path(text) : "an unknown function");
	return to;
}
