/* Whose certificates are believed by whoever speaks HTTP over TLS. Strings are borrowed. */
#ifndef SCHEDTOP_COLLECT_WEB_OPTIONS_H
#define SCHEDTOP_COLLECT_WEB_OPTIONS_H

#include <stdbool.h>

struct web_options {
	const char *ca_file; /* PEM; NULL: the certificates that the system trusts */
	bool insecure;       /* believe every certificate */
	const char *headers; /* more of them, "Name: value" a line; NULL: none */
};

#endif
