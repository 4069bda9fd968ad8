/*
 * Stacks as text, for formats that have no other place for them. Any thread that owns the stacks.
 */
#ifndef SCHEDTOP_EXPORT_STACK_TEXT_H
#define SCHEDTOP_EXPORT_STACK_TEXT_H

#include "trace/names.h"
#include "trace/stacks.h"

enum { STACK_TEXT = 16 * 1024, FRAME_TEXT = 2400 };

/* "main.serve /src/main.go:42", innermost first, a line each; whole frames as long as there is
   room. */
void stack_text(char to[STACK_TEXT], const struct stacks *stacks, const struct names *names,
                uint32_t number);
/* One frame. */
void stack_frame_text(char to[FRAME_TEXT], const struct stack_frame *frame,
                      const struct names *names);

#endif
