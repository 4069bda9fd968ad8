#include "collect/trace_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/directory.h"
#include "util/xdg.h"

#define PROGRAM_MAX   64 /* bytes of the program's name */
#define PLACE_MAX     40 /* and of what stands for its PID */
#define DIGITS        "0123456789"
#define PLACE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "._+"
#define NAME_LETTERS  PLACE_LETTERS "-"

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

/* Nothing a shell, a terminal or a careless script could take for more than a name; no dash or dot
   at the beginning. */
static void safe_name(char *to, size_t size, const char *from)
{
	size_t used = 0;
	for (; *from && used < size - 1; from++) {
		bool fits = strchr(NAME_LETTERS, *from) != NULL;
		if (used == 0 && (*from == '-' || *from == '.'))
			fits = false;
		to[used++] = *from;
		if (!fits)
			to[used - 1] = '_';
	}
	to[used] = '\0';
	if (used == 0)
		snprintf(to, size, "_");
}

/* "go1.26" of "go1.26.8", "go1.27rc1" and "devel go1.27-0123abc": what says who can read it. */
static void stamp_version(char *to, size_t size, const char *version)
{
	const char *at = strstr(version, "go1.");
	int digits = at ? (int)strspn(at + strlen("go1."), DIGITS) : 0;
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
	safe_name(to, size, whole);
	for (char *c = to; *c; c++)
		if (*c == '-')
			*c = '_';
}

void trace_store_name(char to[TRACE_NAME_MAX], const struct stored_name *n, int attempt)
{
	char name[PROGRAM_MAX], version[24], when[24] = "00000000T000000Z", number[16] = "";
	char place[PLACE_MAX];
	time_t seconds = (time_t)(n->wall_ns / NS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc) && utc.tm_year >= 0 && utc.tm_year <= 9999 - 1900)
		strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc);
	safe_name(name, sizeof name, n->program);
	stamp_version(version, sizeof version, n->go_version);
	snprintf(place, sizeof place, "%d", (int)n->pid);
	if (!n->pid && n->where && *n->where)
		place_name(place, sizeof place, n->where);
	if (attempt > 0)
		snprintf(number, sizeof number, "-%d", attempt + 1);
	snprintf(to, TRACE_NAME_MAX, "%s-%s-%s%s-%s%s", name, place, when, number, version,
	         suffixes[n->kind]);
}

/* Steps over `count` characters of a set (any number from 1 on, if 0); false: they are not there.
 */
static bool skip(const char **at, const char *set, size_t count)
{
	size_t n = strspn(*at, set);
	if (n == 0 || (count && n < count))
		return false;
	*at += count ? count : n;
	return true;
}

static bool skip_text(const char **at, const char *text)
{
	size_t n = strlen(text);
	if (strncmp(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool is_suffix(const char *at)
{
	for (int kind = 0; kind < STORED_KINDS; kind++)
		if (strcmp(at, suffixes[kind]) == 0)
			return true;
	return false;
}

/* A PID, or what stands for one. */
static bool skip_place(const char **at)
{
	const char *from = *at;
	if (skip(at, DIGITS, 0) && **at == '-')
		return true;
	*at = from;
	return skip(at, PLACE_LETTERS, 0) && memchr(from, '_', (size_t)(*at - from));
}

/* What follows the program's name: "-4321-20261121T151513Z[-2]-go1.26.trace". */
static bool is_tail(const char *at)
{
	if (!skip_text(&at, "-") || !skip_place(&at) || !skip_text(&at, "-") || !skip(&at, DIGITS, 8) ||
	    !skip_text(&at, "T") || !skip(&at, DIGITS, 6) || !skip_text(&at, "Z-"))
		return false;
	if (strchr(DIGITS, *at) && (!skip(&at, DIGITS, 0) || !skip_text(&at, "-")))
		return false;
	if (!skip_text(&at, "go0") && !(skip_text(&at, "go1.") && skip(&at, DIGITS, 0)))
		return false;
	return is_suffix(at);
}

bool trace_store_has_made(const char *name)
{
	if (name[0] == '.' || name[0] == '-' || strlen(name) >= TRACE_NAME_MAX ||
	    name[strspn(name, NAME_LETTERS)] != '\0')
		return false;
	/* The name itself may hold dashes. */
	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-'))
		if (is_tail(dash))
			return true;
	return false;
}

bool trace_store_version(const unsigned char header[TRACE_HEADER_SIZE], char *to, size_t size)
{
	char text[TRACE_HEADER_SIZE + 1] = "";
	memcpy(text, header, TRACE_HEADER_SIZE);
	const char *at = text, *minor;
	if (!skip_text(&at, "go 1."))
		return false;
	minor = at;
	if (!skip(&at, DIGITS, 0) || at - minor > 2)
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

/* --- keeping --------------------------------------------------------------------------------- */

struct kept {
	char name[TRACE_NAME_MAX];
	int64_t at_ns, bytes;
};

/* Newest first. */
static int by_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	if (x->at_ns != y->at_ns)
		return x->at_ns > y->at_ns ? -1 : 1;
	return strcmp(y->name, x->name);
}

/* What this user has in the directory; the caller frees *list. */
static size_t list_kept(int dir_fd, struct kept **list)
{
	size_t n = 0, capacity = 0;
	*list = NULL;
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return 0;
	int64_t now_ns = clock_wall_ns();
	for (struct dirent *e; (e = readdir(dir));) {
		struct stat st;
		if (!trace_store_has_made(e->d_name) ||
		    fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_uid != geteuid())
			continue;
		if (n == capacity) {
			capacity = capacity ? capacity * 2 : 32;
			struct kept *more = realloc(*list, capacity * sizeof *more);
			if (!more)
				break;
			*list = more;
		}
		struct kept *k = &(*list)[n++];
		memcpy(k->name, e->d_name, strlen(e->d_name) + 1); /* short, or it were not ours */
		k->at_ns = (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
		if (k->at_ns > now_ns)
			k->at_ns -= INT64_MAX / 2;
		k->bytes = (int64_t)st.st_size;
	}
	closedir(dir);
	return n;
}

int trace_store_prune(int dir_fd, long files, int64_t bytes, const char *spare)
{
	struct kept *list;
	size_t n = list_kept(dir_fd, &list);
	if (n)
		qsort(list, n, sizeof *list, by_age);
	/* The one to be spared takes its share first, wherever it stands in the order. */
	for (size_t i = 0; spare && i < n; i++)
		if (strcmp(list[i].name, spare) == 0) {
			files--;
			bytes -= list[i].bytes;
		}
	int gone = 0;
	for (size_t i = 0; i < n; i++) {
		if (spare && strcmp(list[i].name, spare) == 0)
			continue;
		if (files > 0 && bytes >= list[i].bytes) {
			files--;
			bytes -= list[i].bytes;
			continue;
		}
		/* From here on everything is older than what does not fit: gaps would be hard to explain.
		 */
		files = 0;
		gone += unlinkat(dir_fd, list[i].name, 0) == 0;
	}
	free(list);
	return gone;
}
