#include "doctor/site.h"

#include <stdio.h>
#include <string.h>

const char *site_text(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t stack)
{
	const struct stacks *stacks = &doctor->analysis->stacks;
	const struct names *names = &doctor->analysis->names;
	char function[EVIDENCE_SITE_TEXT];
	uint32_t i = situation_site(doctor->situations, stack);
	if (i == UINT32_MAX) {
		snprintf(to, EVIDENCE_SITE_TEXT, "an unknown place");
		return to;
	}
	const struct stack_frame *f = &stacks->frame[i];
	const char *file = names_text(names, f->file), *slash = strrchr(file, '/');
	snprintf(to, EVIDENCE_SITE_TEXT, "%.190s (%.100s:%u)",
	         evidence_function(function, names, f->function), slash ? slash + 1 : file, f->line);
	return to;
}

void site_show(struct evidence *evidence, const struct doctor *doctor, uint32_t stack)
{
	const struct stacks *stacks = &doctor->analysis->stacks;
	uint32_t i = situation_site(doctor->situations, stack);
	if (!evidence || i == UINT32_MAX)
		return;
	evidence_stack(evidence, stacks, &doctor->analysis->names, stack);
	size_t where = i - stacks->stack[stack - 1].first;
	if (where < evidence->frames)
		evidence->where = where;
}
