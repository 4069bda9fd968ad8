#include "collect/trace_store.h"

#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/xdg.h"

#define PLACE_MAX 40 /* bytes of what stands for a PID */

static const char *const suffixes[STORED_KINDS] = {
	[CAPTURE_KIND_TRACE] = ".trace",
	[CAPTURE_KIND_FLIGHT] = ".flight.trace",
	[CAPTURE_KIND_GOROUTINES] = ".goroutines.txt",
	[CAPTURE_KIND_SAMPLED] = ".sampled.trace",
	[STORED_BUNDLE] = ".schedtop",
};

enum status trace_store_directory(const char *chosen, char *to, size_t size, struct error *error)
{
	enum status status = STATUS_OK;
	if (!chosen)
		status = xdg_path(XDG_DATA, "schedtop/traces", to, size, error);
	else if ((size_t)snprintf(to, size, "%s", chosen) >= size)
		status = error_set(error, STATUS_USAGE, "the path of the trace directory is too long");
	return status == STATUS_OK ? xdg_make_directory(to, error) : status;
}

/* --- names ----------------------------------------------------------------------------------- */

/* "go1.26" of "go1.26.8", "go1.27rc1" and "devel go1.27-0123abc": what says who can read it. */
static void stamp_version(char *to, size_t size, const char *version)
{
	const char *at = strstr(version, "go1.");
	int digits = at ? (int)strspn(at + strlen("go1."), KEPT_DIGITS) : 0;
	if (digits > 0 && digits < 4)
		snprintf(to, size, "%.*s", (int)strlen("go1.") + digits, at);
	else
		snprintf(to, size, "go0");
}

/* "api.example.org_6060" of http://api.example.org:6060/x, "unix_api.sock" of unix:///run/api.sock,
   "text_log" of another file. The underscore tells it from a PID. */
static void place_name(char *to, size_t size, const char *where)
{
	char raw[512], *at = raw;
	const char *before = "text_", *port = "";
	snprintf(raw, sizeof raw, "%s", where);
	if (strncmp(raw, "unix://", 7) == 0) {
		before = "unix_";
		at += 7;
		at[strcspn(at, ":")] = '\0';
	} else if (strstr(raw, "://")) {
		before = "";
		at = strstr(raw, "://") + 3;
		at[strcspn(at, "/?#")] = '\0';
		const char *colon = strrchr(at, ':');
		bool has_port = colon && !strchr(colon, ']');
		port = has_port ? "" : raw[4] == 's' ? "_443" : "_80";
	}
	const char *slash = strrchr(at, '/'), *last = slash ? slash + 1 : at;
	/* The end of a long one says more, and has the port. */
	size_t room = size - 1 - strlen(before) - strlen(port), n = strlen(last);
	char whole[sizeof raw + 16];
	snprintf(whole, sizeof whole, "%s%s%s", before, n > room ? last + n - room : last, port);
	kept_safe_name(to, size, whole);
	for (char *c = to; *c; c++)
		if (*c == '-')
			*c = '_';
}

void trace_store_name(char to[TRACE_NAME_MAX], const struct stored_name *n, int attempt)
{
	char version[24], place[PLACE_MAX];
	stamp_version(version, sizeof version, n->go_version);
	snprintf(place, sizeof place, "%d", (int)n->pid);
	if (!n->pid && n->where && *n->where)
		place_name(place, sizeof place, n->where);
	kept_name_begin(to, n->program, place, n->wall_ns, attempt);
	size_t used = strlen(to);
	snprintf(to + used, TRACE_NAME_MAX - used, "-%s%s", version, suffixes[n->kind]);
}

static bool skip_text(const char **at, const char *text)
{
	size_t n = strlen(text);
	if (strncmp(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

/* "-go1.26.trace" */
static bool is_tail(const char *at, int unused)
{
	(void)unused;
	if (!skip_text(&at, "-go0") && !(skip_text(&at, "-go1.") && kept_skip(&at, KEPT_DIGITS, 0)))
		return false;
	for (int kind = 0; kind < STORED_KINDS; kind++)
		if (strcmp(at, suffixes[kind]) == 0)
			return true;
	return false;
}

static const struct kept_kind stored = {.is_tail = is_tail};

bool trace_store_has_made(const char *name)
{
	return kept_has_made(&stored, name);
}

bool trace_store_version(const unsigned char header[TRACE_HEADER_SIZE], char *to, size_t size)
{
	char text[TRACE_HEADER_SIZE + 1] = "";
	memcpy(text, header, TRACE_HEADER_SIZE);
	const char *at = text, *minor;
	if (!skip_text(&at, "go 1."))
		return false;
	minor = at;
	if (!kept_skip(&at, KEPT_DIGITS, 0) || at - minor > 2)
		return false;
	int digits = (int)(at - minor);
	if (strcmp(at, " trace") != 0)
		return false;
	/* Zeroes up to the end: 16 bytes in all. */
	for (at += strlen(" trace"); at < text + TRACE_HEADER_SIZE; at++)
		if (*at != '\0')
			return false;
	snprintf(to, size, "go1.%.*s", digits, minor);
	return true;
}

int trace_store_prune(int dir_fd, long files, int64_t bytes, const char *spare)
{
	return kept_prune(dir_fd, &stored, files, bytes, spare, clock_wall_ns());
}
