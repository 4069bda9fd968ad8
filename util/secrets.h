/*
 * Finds what looks like a secret in texts that a program wrote about itself: values of telling
 * keys, passwords in addresses, keys that services hand out, long random words, addresses of mail.
 * Better one too many than one too few: it is for those who take them out. Who tells of them has to
 * be surer, see doctor/certain.h. Any thread; nothing is kept.
 */
#ifndef SCHEDTOP_UTIL_SECRETS_H
#define SCHEDTOP_UTIL_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

enum secret_kind {
	SECRET_PASSWORD, /* the value of a key that says so */
	SECRET_VALUE,    /* of another telling key */
	SECRET_HEADER,   /* what stands in the headers Authorization and Cookie */
	SECRET_ADDRESS,  /* the password in scheme://user:password@host */
	SECRET_PEM,      /* from "-----BEGIN" on */
	SECRET_KEY,      /* begins as keys do that services hand out */
	SECRET_RANDOM,   /* a long word of random letters and digits */
	SECRET_MAIL,     /* name@host */
	SECRET_KINDS
};

/* A part of a text, and why it is taken for a secret. */
struct secret {
	size_t at, n;
	enum secret_kind kind;
	const char *sign; /* the key's telling word, the scheme or the prefix: constant. NULL: none */
};

/* The first one of the text's n bytes that begins at `at` or behind it. false: there is none. */
bool secret_find(const char *text, size_t at, size_t n, struct secret *found);
/* Long, and of more kinds of characters than words are; paths are to be cut at their slashes and
   dots before. */
bool secret_is_random(const char *text, size_t n);

#endif
