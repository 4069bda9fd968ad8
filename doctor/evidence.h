/*
 * Evidence from a trace: its stacks, names and moments as the findings tell them. The findings are
 * the caller's; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_EVIDENCE_H
#define SCHEDTOP_DOCTOR_EVIDENCE_H

#include "doctor/finding.h"
#include "trace/names.h"
#include "trace/stacks.h"

enum { EVIDENCE_SITE_TEXT = 320 };

/* Its frames, from the leaf on; the evidence may be NULL. */
void evidence_stack(struct evidence *evidence, const struct stacks *stacks,
                    const struct names *names, uint32_t number);
/* The innermost function of the program itself, with its place: "main.(*Store).Put (store.go:61)";
   "an unknown place" where there is no stack. */
const char *evidence_site(char to[EVIDENCE_SITE_TEXT], const struct stacks *stacks,
                          const struct names *names, uint32_t number);
/* The same of one frame, by its index in stacks.frame; UINT32_MAX: unknown. */
const char *evidence_place(char to[EVIDENCE_SITE_TEXT], const struct stacks *stacks,
                           const struct names *names, uint32_t frame);
/* "main.(*Store).Put" of "example.com/x/main.(*Store).Put"; "an unknown function". */
const char *evidence_function(char to[EVIDENCE_SITE_TEXT], const struct names *names,
                              uint32_t name);

#endif
