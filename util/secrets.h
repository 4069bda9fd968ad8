/*
 * Finds what looks like a secret in texts that a program wrote about itself: values of telling
 * keys, passwords in addresses, keys that services hand out, long random words. Better one too many
 * than one too few: it is for those who take them out. Any thread; nothing is kept.
 */
#ifndef SCHEDTOP_UTIL_SECRETS_H
#define SCHEDTOP_UTIL_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text. */
struct secret {
	size_t at, n;
};

/* The first one of the text's n bytes that begins at `at` or behind it. false: there is none. */
bool secret_find(const char *text, size_t at, size_t n, struct secret *found);

#endif
