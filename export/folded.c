#include "export/folded.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/text.h"

enum { TEXT = 8 * 1024 }; /* of a name; what is longer is cut */

/* A function's name may hold the semicolons of a struct, if it is an instance of a generic one. */
static void put_function(struct sink *sink, const struct names *names, uint32_t function)
{
	char clean[TEXT];
	const struct name *name = names_get(names, function);
	text_clean(clean, sizeof clean, name->length ? name->text : "[unknown]",
	           name->length ? name->length : sizeof "[unknown]" - 1);
	for (char *c = clean; *c; c++)
		if (*c == ';')
			*c = ',';
	sink_text(sink, clean);
}

static void put_record(struct sink *sink, const struct profile *profile, const struct names *names,
                       const struct profile_record *r)
{
	char value[32];
	const struct stacks *stacks = &profile->stacks;
	const struct stack *stack = r->stack ? &stacks->stack[r->stack - 1] : NULL;
	if (r->open)
		sink_text(sink, "[still blocked];");
	if (!stack)
		sink_text(sink, "[no stack]");
	for (uint32_t i = stack ? stack->frames : 0; i-- > 0;) {
		put_function(sink, names, stacks->frame[stack->first + i].function);
		if (i)
			sink_text(sink, ";");
	}
	snprintf(value, sizeof value, " %" PRIu64 "\n",
	         profile->kind == PROFILE_CPU ? r->count : (uint64_t)r->total_ns);
	sink_text(sink, value);
}

void folded_write(struct sink *sink, const struct profile *profile, const struct names *names)
{
	for (size_t i = 0; i < profile->records && !sink_failed(sink); i++)
		if (profile->record[i].count)
			put_record(sink, profile, names, &profile->record[i]);
}
