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
		const char *function = names_text(names, f->function);
		if (!*function)
			continue; /* an address that the program itself could not name */
		if (stack->first + i == where)
			evidence->where = evidence->frames;
		evidence_frame(evidence, function, names_text(names, f->file), f->line);
	}
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
	const struct stack_frame *f = frame < stacks->frames ? &stacks->frame[frame] : NULL;
	if (!f || !*names_text(names, f->function)) {
		snprintf(to, EVIDENCE_SITE_TEXT, "an unknown place");
		return to;
	}
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
