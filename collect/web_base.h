/*
 * Where requests go and how they are allowed to: a base URL, the credentials for it and whose
 * certificates are believed. Both who waits for answers (web.h) and who has a loop (http.h) set up
 * their transfers by it, so that they agree on proxies, redirects and the words for what fails. The
 * owner frees it; any thread may read it.
 */
#ifndef SCHEDTOP_COLLECT_WEB_BASE_H
#define SCHEDTOP_COLLECT_WEB_BASE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "collect/web_options.h"
#include "util/status.h"

#define WEB_REDIRECTS_MAX 5

/* The environment variable with the credentials: "user:password", "Bearer TOKEN", or another
   scheme and what it wants. */
#define WEB_AUTH_VARIABLE "SCHEDTOP_AUTH"
/* And the one with more headers for a metrics server, one a line. */
#define WEB_HEADERS_VARIABLE "SCHEDTOP_HEADERS"

struct web_base {
	char shown[512];            /* as people know it, printable, without a slash at its end */
	char *url;                  /* what paths are appended to */
	char *host, *port, *socket; /* `socket`: of a Unix socket, else NULL */
	char *auth, *ca_file;       /* NULL: none */
	struct curl_slist *headers;
	bool secure, loopback, insecure;
};

/* http://HOST[:PORT][/PREFIX], https://..., unix:///PATH/OF/SOCKET[:/PREFIX]. STATUS_USAGE with a
   sentence for what is no such URL, or holds a secret that everyone could see. */
enum status web_base_init(struct web_base *base, const char *url, const struct web_options *o,
                          struct error *error);
/* An agent's socket, by any path. */
enum status web_base_init_socket(struct web_base *base, const char *path, struct error *error);
void web_base_finish(struct web_base *base); /* zeroed is fine */

/* All that a transfer needs to know but its URL. */
enum status web_base_apply(const struct web_base *base, CURL *easy, struct error *error);
enum status web_base_ask(const struct web_base *base, CURL *easy, const char *path);
/* Where a transfer that ended well was sent to, if it may go there: true, and *easy is set up for
   it. A redirect leads to the same host only, and from https to nothing less. */
bool web_base_follow(const struct web_base *base, CURL *easy);

/* Why nothing came, in a few words: "connection refused". */
void web_base_words(CURL *easy, CURLcode result, const char *words, char *to, size_t size);
/* The sentence for it; STATUS_NO_TARGET. */
enum status web_base_unreached(const struct web_base *base, const char *words, struct error *error);
/* The sentence for an answer to PATH that is not the one wanted: its code, and how its body begins.
   STATUS_PERMISSION for 401 and 403, STATUS_NO_TARGET for 404. */
enum status web_base_refused(const struct web_base *base, const char *path, long code,
                             const char *body, size_t size, struct error *error);

#endif
