/*
 * Places in the code as people look for them: the innermost function that is the program's own,
 * not one of the standard library or of a library that is known. The doctor is the caller's; one
 * thread.
 */
#ifndef SCHEDTOP_DOCTOR_SITE_H
#define SCHEDTOP_DOCTOR_SITE_H

#include "doctor/evidence.h"
#include "doctor/trace_doctor.h"

/* "main.(*shop).list (shop.go:61)"; "an unknown place" where there is no stack. */
const char *site_text(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t stack);
/* The same of the function of the program that called it; empty: none is known. */
const char *site_caller(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t stack);
/* The stack, with that frame as the one to look at. The evidence may be NULL. */
void site_show(struct evidence *evidence, const struct doctor *doctor, uint32_t stack);

#endif
