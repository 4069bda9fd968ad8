#include "collect/web_base.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "util/text.h"

#define SOCKET_SCHEME "unix://"
#define AGENT         "schedtop"

static char *duplicate(const char *from, size_t n)
{
	return strndup(from, n);
}

/* --- reading the URL ------------------------------------------------------------------------- */

/* Without the slashes at its end: paths bring their own. */
static size_t without_slashes(const char *text)
{
	size_t n = strlen(text);
	while (n > 0 && text[n - 1] == '/')
		n--;
	return n;
}

/* An address, and not "127.example.org". */
static bool is_loopback(const char *host)
{
	size_t n = strlen(host);
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == n) ||
	       (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0);
}

/* What stands before the first "@" is a secret: it is not repeated. */
static enum status refuse_user(struct error *error)
{
	return error_set(error, STATUS_USAGE,
	                 "the URL holds a user or a password, which everybody on this machine could "
	                 "read: put them into the environment variable " WEB_AUTH_VARIABLE
	                 " (user:password or Bearer TOKEN) or into ~/.netrc");
}

static enum status refuse(const char *url, const char *why, struct error *error)
{
	char clean[200];
	text_clean(clean, sizeof clean, url, strlen(url));
	return error_set(error, STATUS_USAGE, "'%s' %s", clean, why);
}

static enum status read_socket(struct web_base *base, const char *url, struct error *error)
{
	const char *path = url + strlen(SOCKET_SCHEME), *colon = strstr(path, ":/");
	const char *prefix = colon ? colon + 1 : "";
	size_t n = colon ? (size_t)(colon - path) : strlen(path);
	char root[1024];
	if (path[0] != '/' || n < 2)
		return refuse(url, "names no socket: unix:///run/PROGRAM.sock, say", error);
	if (n >= sizeof((struct sockaddr_un *)0)->sun_path)
		return refuse(url, "is longer than the path of a socket may be", error);
	if (strpbrk(prefix, "?#"))
		return refuse(url, "may hold a path after the socket, and nothing after that", error);
	int length =
		snprintf(root, sizeof root, "http://localhost%.*s", (int)without_slashes(prefix), prefix);
	if (length >= (int)sizeof root)
		return refuse(url, "is too long", error);
	base->socket = duplicate(path, n);
	base->url = strdup(root);
	base->host = strdup("localhost");
	base->port = strdup("80");
	base->loopback = true;
	text_clean(base->shown, sizeof base->shown, url, without_slashes(url));
	return STATUS_OK;
}

/* A part of a URL as our own copy; NULL: it has none. */
static char *part(CURLU *u, CURLUPart which, unsigned flags)
{
	char *text = NULL, *copy = NULL;
	if (curl_url_get(u, which, &text, flags) == CURLUE_OK && text)
		copy = strdup(text);
	curl_free(text);
	return copy;
}

static enum status read_parts(struct web_base *base, CURLU *u, const char *url, struct error *error)
{
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);
	if (bad == CURLUE_USER_NOT_ALLOWED)
		return refuse_user(error);
	if (bad != CURLUE_OK)
		return refuse(url, "is no URL: http://HOST:PORT, say", error);
	char *query = part(u, CURLUPART_QUERY, 0), *fragment = part(u, CURLUPART_FRAGMENT, 0);
	bool more = query || fragment;
	free(query);
	free(fragment);
	if (more)
		return error_set(error, STATUS_USAGE,
		                 "the URL may hold a path, but neither ? nor #: a token belongs into the "
		                 "environment variable " WEB_AUTH_VARIABLE);
	char *scheme = part(u, CURLUPART_SCHEME, 0), *whole = part(u, CURLUPART_URL, 0);
	base->host = part(u, CURLUPART_HOST, 0);
	base->port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	base->secure = scheme && strcmp(scheme, "https") == 0;
	base->loopback = base->host && is_loopback(base->host);
	if (whole)
		base->url = duplicate(whole, without_slashes(whole));
	free(scheme);
	free(whole);
	if (base->url)
		text_clean(base->shown, sizeof base->shown, base->url, strlen(base->url));
	return STATUS_OK;
}

static enum status read_url(struct web_base *base, const char *url, struct error *error)
{
	if (strncasecmp(url, SOCKET_SCHEME, strlen(SOCKET_SCHEME)) == 0)
		return read_socket(base, url, error);
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0) {
		if (strchr(url, '@'))
			return refuse_user(error);
		return refuse(url, "is no URL: it begins with http://, https:// or unix:///", error);
	}
	CURLU *u = curl_url();
	enum status status = u ? read_parts(base, u, url, error) : STATUS_OK;
	curl_url_cleanup(u);
	return status;
}

/* --- credentials ----------------------------------------------------------------------------- */

/* "Bearer x" and the like: a word, a space. A user's name holds no space. */
static bool is_scheme(const char *auth)
{
	size_t n = strcspn(auth, " :");
	return n > 0 && auth[n] == ' ';
}

static bool add_header(struct web_base *base, const char *line)
{
	struct curl_slist *more = curl_slist_append(base->headers, line);
	if (more)
		base->headers = more;
	return more;
}

/* A line break would begin another header. */
static enum status read_auth(struct web_base *base, struct error *error)
{
	const char *auth = getenv(WEB_AUTH_VARIABLE);
	char line[4096];
	if (!auth || !*auth)
		return STATUS_OK;
	for (const char *at = auth; *at; at++)
		if (iscntrl((unsigned char)*at))
			return error_set(error, STATUS_USAGE,
			                 WEB_AUTH_VARIABLE " holds a line break or another control character");
	if (!is_scheme(auth) && !strchr(auth, ':'))
		return error_set(error, STATUS_USAGE,
		                 WEB_AUTH_VARIABLE " is neither user:password nor Bearer TOKEN");
	base->auth = strdup(auth);
	if (!base->auth)
		return error_no_memory(error);
	if (!is_scheme(auth))
		return STATUS_OK;
	if (snprintf(line, sizeof line, "Authorization: %s", auth) >= (int)sizeof line)
		return error_set(error, STATUS_USAGE, WEB_AUTH_VARIABLE " is too long");
	return add_header(base, line) ? STATUS_OK : error_no_memory(error);
}

/* "X-Scope-OrgID: team-a" and the like, one a line. */
static enum status read_headers(struct web_base *base, const char *headers, struct error *error)
{
	while (headers && *headers) {
		char line[4096];
		size_t n = strcspn(headers, "\n"), name = strcspn(headers, ": \n");
		if (n > 0) {
			if (name == 0 || headers[name] != ':' || n >= sizeof line)
				return error_set(error, STATUS_USAGE,
				                 WEB_HEADERS_VARIABLE " takes a \"Name: value\" on each line");
			for (size_t i = 0; i < n; i++)
				if (iscntrl((unsigned char)headers[i]))
					return error_set(error, STATUS_USAGE,
					                 WEB_HEADERS_VARIABLE " holds a control character");
			snprintf(line, sizeof line, "%.*s", (int)n, headers);
			if (!add_header(base, line))
				return error_no_memory(error);
		}
		headers += n + (headers[n] == '\n');
	}
	return STATUS_OK;
}

enum status web_base_init(struct web_base *base, const char *url, const struct web_options *o,
                          struct error *error)
{
	*base = (struct web_base){.insecure = o->insecure};
	enum status status = read_url(base, url, error);
	if (status == STATUS_OK)
		status = read_auth(base, error);
	if (status == STATUS_OK)
		status = read_headers(base, o->headers, error);
	if (status == STATUS_OK && o->ca_file)
		base->ca_file = strdup(o->ca_file);
	bool whole = base->url && base->host && base->port && (!o->ca_file || base->ca_file);
	if (status == STATUS_OK && !whole)
		status = error_no_memory(error);
	if (status != STATUS_OK)
		web_base_finish(base);
	return status;
}

enum status web_base_init_socket(struct web_base *base, const char *path, struct error *error)
{
	*base = (struct web_base){
		.url = strdup("http://agent"),
		.host = strdup("agent"),
		.port = strdup("80"),
		.socket = strdup(path),
		.loopback = true,
	};
	text_clean(base->shown, sizeof base->shown, path, strlen(path));
	if (base->url && base->host && base->port && base->socket)
		return STATUS_OK;
	web_base_finish(base);
	return error_no_memory(error);
}

void web_base_finish(struct web_base *base)
{
	free(base->url);
	free(base->host);
	free(base->port);
	free(base->socket);
	free(base->auth);
	free(base->ca_file);
	curl_slist_free_all(base->headers);
	*base = (struct web_base){0};
}

/* --- a transfer ------------------------------------------------------------------------------ */

static CURLcode apply_credentials(const struct web_base *base, CURL *e)
{
	CURLcode bad = CURLE_OK;
	if (base->headers)
		bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, base->headers);
	if (base->auth && is_scheme(base->auth))
		return bad; /* that is one of the headers */
	if (base->auth) {
		bad |= curl_easy_setopt(e, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		bad |= curl_easy_setopt(e, CURLOPT_USERPWD, base->auth);
	} else if (!base->socket) {
		bad |= curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	}
	return bad;
}

enum status web_base_apply(const struct web_base *base, CURL *e, struct error *error)
{
	CURLcode bad = CURLE_OK;
	if (base->socket)
		bad |= curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, base->socket);
	/* Else as the environment says: http_proxy, https_proxy, all_proxy, no_proxy. */
	if (base->loopback)
		bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L); /* web_base_follow decides */
	bad |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* those of a proxy */
	bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, AGENT);
	/* A name that does not resolve is not waited for when we end. */
	bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	if (base->ca_file)
		bad |= curl_easy_setopt(e, CURLOPT_CAINFO, base->ca_file);
	if (base->insecure) {
		bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	bad |= apply_credentials(base, e);
	if (bad != CURLE_OK)
		return error_set(error, STATUS_FAILED, "libcurl can't speak to %.200s here", base->shown);
	return STATUS_OK;
}

enum status web_base_ask(const struct web_base *base, CURL *easy, const char *path)
{
	size_t size = strlen(base->url) + strlen(path) + 1;
	char *url = malloc(size);
	if (!url)
		return STATUS_FAILED;
	snprintf(url, size, "%s%s", base->url, path);
	CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, url);
	free(url);
	return bad == CURLE_OK ? STATUS_OK : STATUS_FAILED;
}

bool web_base_follow(const struct web_base *base, CURL *easy)
{
	const char *to = NULL;
	bool allowed = false;
	CURLU *u = curl_url();
	if (u && curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &to) == CURLE_OK && to &&
	    curl_url_set(u, CURLUPART_URL, to, CURLU_DISALLOW_USER) == CURLUE_OK) {
		char *scheme = part(u, CURLUPART_SCHEME, 0), *host = part(u, CURLUPART_HOST, 0);
		char *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
		bool secure = scheme && strcmp(scheme, "https") == 0;
		bool plain = scheme && strcmp(scheme, "http") == 0;
		/* Another port is another server, unless it is the safe door of this one. */
		bool same = port && strcmp(port, base->port) == 0 && secure == base->secure;
		allowed = host && strcasecmp(host, base->host) == 0 && (secure || plain) &&
		          (same || (secure && !base->secure));
		free(scheme);
		free(host);
		free(port);
	}
	curl_url_cleanup(u);
	return allowed && curl_easy_setopt(easy, CURLOPT_URL, to) == CURLE_OK;
}

/* --- words ----------------------------------------------------------------------------------- */

void web_base_words(CURL *easy, CURLcode result, const char *words, char *to, size_t size)
{
	static const struct {
		CURLcode code;
		const char *words;
	} known[] = {
		{CURLE_COULDNT_RESOLVE_HOST, "there is no host of that name"},
		{CURLE_COULDNT_RESOLVE_PROXY, "there is no host of the name of the proxy"},
		{CURLE_SSL_CONNECT_ERROR, "nobody speaks TLS there that we understand: is it http://?"},
		{CURLE_SSL_CACERT_BADFILE, "the file of certificates (--ca-file) can't be read"},
		{CURLE_GOT_NOTHING, "it hung up without an answer"},
		{CURLE_PARTIAL_FILE, "it broke off before the end"},
		{CURLE_WEIRD_SERVER_REPLY, "what answers there does not speak HTTP: is it https://?"},
		{CURLE_UNSUPPORTED_PROTOCOL, "what answers there does not speak HTTP: is it https://?"},
	};
	long failed = 0;
	if (result == CURLE_COULDNT_CONNECT &&
	    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &failed) == CURLE_OK && failed > 0) {
		const char *text = strerror((int)failed);
		snprintf(to, size, "%c%s", tolower((unsigned char)text[0]), text + 1);
		return;
	}
	if (result == CURLE_PEER_FAILED_VERIFICATION) {
		snprintf(to, size,
		         "its certificate is not to be trusted (%.120s): --ca-file names whose "
		         "are",
		         words);
		return;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == result) {
			snprintf(to, size, "%s", known[i].words);
			return;
		}
	const char *told = *words ? words : curl_easy_strerror(result);
	text_clean(to, size, told, strlen(told));
}

enum status web_base_unreached(const struct web_base *base, const char *words, struct error *error)
{
	return error_set(error, STATUS_NO_TARGET, "%.200s does not answer: %.250s", base->shown, words);
}

/* Its first line, as far as it is for people: neither a page nor a program's data. */
static void first_line(const char *body, size_t size, char *to, size_t room)
{
	size_t n = 0;
	while (n < size && body[n] != '\n' && body[n] != '\r')
		n++;
	text_clean(to, room, body, n);
	if (to[0] == '<' || to[0] == '{')
		to[0] = '\0';
}

enum status web_base_refused(const struct web_base *base, const char *path, long code,
                             const char *body, size_t size, struct error *error)
{
	char line[160];
	int n = (int)strcspn(path, "?");
	first_line(body, size, line, sizeof line);
	if (code == 401 || code == 403)
		return error_set(error, STATUS_PERMISSION, "%.200s refuses %.*s (HTTP %ld): %s",
		                 base->shown, n, path, code,
		                 base->auth
		                     ? "it does not take the credentials of " WEB_AUTH_VARIABLE
		                     : "credentials belong into the environment variable " WEB_AUTH_VARIABLE
		                       " (user:password or Bearer TOKEN) or into ~/.netrc");
	if (code == 404)
		return error_set(error, STATUS_NO_TARGET, "%.200s has no %.*s (HTTP 404)", base->shown, n,
		                 path);
	if (code >= 300 && code < 400)
		return error_set(error, STATUS_FAILED,
		                 "%.200s sends us to another server for %.*s (HTTP %ld): name that one if "
		                 "it is to be trusted",
		                 base->shown, n, path, code);
	return error_set(error, STATUS_FAILED, "%.200s answers %.*s with HTTP %ld%s%s", base->shown, n,
	                 path, code, line[0] ? ": " : "", line);
}
