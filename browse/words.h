/*
 * Names from a trace as the browser shows them: clean, short and never empty. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_WORDS_H
#define SCHEDTOP_BROWSE_WORDS_H

#include "report/page.h"
#include "trace/breakdown.h"
#include "trace/stacks.h"
#include "tui/canvas.h"
#include "tui/state.h"

/* Without the directories of an import path; `unknown` where it is empty. */
void words_name(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                uint32_t name, const char *unknown);
/* Text that is not known by number. */
void words_text(char to[PAGE_CELL], const struct canvas *canvas, const char *text, size_t length);
/* "fanout.go:88"; "" where it is unknown. */
void words_location(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                    const struct stack_frame *frame);
/* What time was spent on: "running", or a reason. */
void words_spent(char to[PAGE_CELL], const struct canvas *canvas, const struct names *names,
                 const struct spent_reasons *reasons, unsigned kind);
/* Reasons for being blocked as cmd/trace sorts them into its profiles. */
enum wait_kind { WAIT_NETWORK, WAIT_SYNC, WAIT_OTHER, WAIT_KINDS };
enum wait_kind words_wait(const struct names *names, uint32_t reason);
/* The state that is, and a cell of a bar that is filled with it. */
enum state words_spent_state(unsigned kind);
void words_spent_cell(struct pane pane, int x, unsigned kind);

#endif
