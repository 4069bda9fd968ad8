/*
 * Files that are kept in a directory until there are too many of them: captures, bundles,
 * recordings, logs. They are called PROGRAM-PID-20261121T151513Z, with -2 when that is taken, and a
 * tail of their kind; nothing is listed or deleted that does not bear such a name. No state; any
 * thread.
 */
#ifndef SCHEDTOP_COLLECT_KEPT_H
#define SCHEDTOP_COLLECT_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KEPT_NAME_MAX 160 /* bytes, with the terminator */

/* What files of a kind have in common. */
struct kept_kind {
	bool (*is_tail)(const char *tail, int of); /* what follows the moment */
	int of;
	bool by_name; /* their order is that of their names' moments, not of their last changes */
};

/* Of a name letters, digits and ". _ + -" stay, but for a dash or a dot at the beginning, and the
   rest becomes "_", so that no shell, terminal or careless script takes it for more than a name. */
void kept_safe_name(char *to, size_t size, const char *from);
/* All but the tail. `place` is the PID, or a safe name with an underscore and without a dash for
   what has none; the moment is UTC, so that no change to or from summer time makes two of one.
   `attempt` > 0 adds a number: a clock that was set back makes the same second twice. */
void kept_name_begin(char to[KEPT_NAME_MAX], const char *program, const char *place,
                     int64_t wall_ns, int attempt);
bool kept_has_made(const struct kept_kind *kind, const char *name);
/* Steps over `count` characters of a set (any number from 1 on, if 0); false: they are not there.
 */
bool kept_skip(const char **at, const char *set, size_t count);
#define KEPT_DIGITS "0123456789"

struct kept {
	char name[KEPT_NAME_MAX];
	int64_t at_ns, bytes;
};
/* What there is, oldest first; the caller frees *list. `ours_alone`: what belongs to this user. */
size_t kept_list(int dir_fd, const struct kept_kind *kind, bool ours_alone, struct kept **list);
/* Deletes this user's oldest until no more than so many files and bytes are left; never `spare`
   (may be NULL), which takes its share first. A file from the future counts as the oldest: the
   clock was set back since, and it would outlive everything else. Returns how many went. */
int kept_prune(int dir_fd, const struct kept_kind *kind, long files, int64_t bytes,
               const char *spare, int64_t now_ns);

#endif
