#include "collect/kept.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/directory.h"

#define PROGRAM_MAX   64 /* bytes of the program's name */
#define PLACE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" KEPT_DIGITS "._+"
#define NAME_LETTERS  PLACE_LETTERS "-"
#define MOMENT        "%Y%m%dT%H%M%SZ"

/* --- names ----------------------------------------------------------------------------------- */

void kept_safe_name(char *to, size_t size, const char *from)
{
	size_t used = 0;
	for (; *from && used < size - 1; from++, used++) {
		bool fits = strchr(NAME_LETTERS, *from) && (used > 0 || !strchr("-.", *from));
		to[used] = *from;
		if (!fits)
			to[used] = '_';
	}
	to[used] = '\0';
	if (used == 0)
		snprintf(to, size, "_");
}

void kept_name_begin(char to[KEPT_NAME_MAX], const char *program, const char *place,
                     int64_t wall_ns, int attempt)
{
	char name[PROGRAM_MAX], when[24] = "00000000T000000Z", number[16] = "";
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc) && utc.tm_year >= 0 && utc.tm_year <= 9999 - 1900)
		strftime(when, sizeof when, MOMENT, &utc);
	kept_safe_name(name, sizeof name, program);
	if (attempt > 0)
		snprintf(number, sizeof number, "-%d", attempt + 1);
	snprintf(to, KEPT_NAME_MAX, "%s-%s-%s%s", name, place, when, number);
}

bool kept_skip(const char **at, const char *set, size_t count)
{
	size_t n = strspn(*at, set);
	if (n == 0 || n < count)
		return false;
	*at += count ? count : n;
	return true;
}

/* A PID, or what stands for one. */
static bool skip_place(const char **at)
{
	const char *from = *at;
	if (kept_skip(at, KEPT_DIGITS, 0) && **at == '-')
		return true;
	*at = from;
	return kept_skip(at, PLACE_LETTERS, 0) && memchr(from, '_', (size_t)(*at - from));
}

/* What follows the program's name: "-4321-20261121T151513Z[-2]" and the tail. */
static bool is_rest(const struct kept_kind *kind, const char *at)
{
	if (!kept_skip(&at, "-", 1) || !skip_place(&at) || !kept_skip(&at, "-", 1) ||
	    !kept_skip(&at, KEPT_DIGITS, 8) || !kept_skip(&at, "T", 1) ||
	    !kept_skip(&at, KEPT_DIGITS, 6) || !kept_skip(&at, "Z", 1))
		return false;
	const char *number = at;
	if (kept_skip(&number, "-", 1) && kept_skip(&number, KEPT_DIGITS, 0))
		at = number;
	return kind->is_tail(at, kind->of);
}

/* Where the moment begins in a name that was made here; NULL: it is another's. */
static const char *moment_of(const struct kept_kind *kind, const char *name)
{
	if (strchr("-.", name[0]) || strlen(name) >= KEPT_NAME_MAX || name[strspn(name, NAME_LETTERS)])
		return NULL;
	/* The program's name may hold dashes. */
	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-'))
		if (is_rest(kind, dash))
			return strchr(dash + 1, '-') + 1;
	return NULL;
}

bool kept_has_made(const struct kept_kind *kind, const char *name)
{
	return moment_of(kind, name) != NULL;
}

/* Anybody may have given a file its name, or the time of its last change: what lies beyond the
   nanoseconds of 64 bits is the first or the last of them. */
static int64_t in_ns(int64_t seconds, int64_t more_ns)
{
	int64_t ns;
	if (!__builtin_mul_overflow(seconds, NS_PER_S, &ns) &&
	    !__builtin_add_overflow(ns, more_ns, &ns))
		return ns;
	return seconds < 0 ? INT64_MIN : INT64_MAX;
}

/* Of one second the second, "20261121T151513Z-2", is a nanosecond younger. */
static int64_t read_moment(const char *text)
{
	struct tm utc = {0};
	const char *end = strptime(text, MOMENT, &utc);
	if (!end)
		return 0;
	return in_ns((int64_t)timegm(&utc), *end == '-' ? strtol(end + 1, NULL, 10) : 0);
}

/* --- what there is --------------------------------------------------------------------------- */

static int by_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int order = (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
	return order ? order : strcmp(x->name, y->name);
}

static bool look_at(int dir_fd, const struct kept_kind *kind, bool ours_alone, const char *name,
                    struct kept *found)
{
	struct stat st;
	const char *moment = moment_of(kind, name);
	if (!moment || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
	    (ours_alone && st.st_uid != geteuid()))
		return false;
	memcpy(found->name, name, strlen(name) + 1); /* short, or it were not ours */
	found->bytes = (int64_t)st.st_size;
	found->at_ns = kind->by_name ? read_moment(moment)
	                             : in_ns((int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec);
	return true;
}

/* In no order. */
static size_t read_directory(int dir_fd, const struct kept_kind *kind, bool ours_alone,
                             struct kept **list)
{
	size_t n = 0, capacity = 0;
	*list = NULL;
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return 0;
	for (struct dirent *e; (e = readdir(dir));) {
		struct kept found;
		if (!look_at(dir_fd, kind, ours_alone, e->d_name, &found))
			continue;
		if (n == capacity) {
			capacity = capacity ? capacity * 2 : 32;
			struct kept *more = realloc(*list, capacity * sizeof *more);
			if (!more)
				break;
			*list = more;
		}
		(*list)[n++] = found;
	}
	closedir(dir);
	return n;
}

size_t kept_list(int dir_fd, const struct kept_kind *kind, bool ours_alone, struct kept **list)
{
	size_t n = read_directory(dir_fd, kind, ours_alone, list);
	if (n)
		qsort(*list, n, sizeof **list, by_age);
	return n;
}

/* --- keeping --------------------------------------------------------------------------------- */

static bool is_spared(const struct kept *k, const char *spare)
{
	return spare && strcmp(k->name, spare) == 0;
}

int kept_prune(int dir_fd, const struct kept_kind *kind, long files, int64_t bytes,
               const char *spare, int64_t now_ns)
{
	struct kept *list;
	size_t n = read_directory(dir_fd, kind, true, &list);
	int gone = 0;
	for (size_t i = 0; i < n; i++) {
		if (list[i].at_ns > now_ns)
			list[i].at_ns -= INT64_MAX; /* before all that is past */
		if (is_spared(&list[i], spare)) {
			files--;
			bytes -= list[i].bytes;
		}
	}
	if (n)
		qsort(list, n, sizeof *list, by_age);
	for (size_t i = n; i-- > 0;) {
		if (is_spared(&list[i], spare))
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
