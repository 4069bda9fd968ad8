/*
 * Whether what looks like a secret is one beyond doubt, so that a program may be told to leak it:
 * "token: expired", "session=42" and "password_age=90days" are none. What is not known here is
 * taken out of exports all the same. Any thread.
 */
#ifndef SCHEDTOP_DOCTOR_CERTAIN_H
#define SCHEDTOP_DOCTOR_CERTAIN_H

#include "util/secrets.h"

/* Of a text of n bytes. */
bool secret_is_certain(const char *text, size_t n, const struct secret *secret);

/* "a password", ...: what a finding calls it. */
extern const char *const secret_names[SECRET_KINDS];

enum { SECRET_HINT = 64 };
/* How it can be found again, without it: "token=... (36 characters)", "j...@... (16 characters)".
 */
void secret_hint(char to[SECRET_HINT], const char *text, const struct secret *secret);

#endif
