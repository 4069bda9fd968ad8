#include "util/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

#define BLOCK        UINT64_C(512)
#define MEMBERS_MAX  1000
#define NARROWED_MAX (UINT64_C(256) << 20) /* a copy in memory: days of snapshots */

/* A header's fields, as POSIX places them (pax(1), ustar Interchange Format). */
enum {
	NAME = 0,
	NAME_SIZE = 100,
	SIZE = 124,
	SIZE_SIZE = 12,
	CHECKSUM = 148,
	CHECKSUM_SIZE = 8,
	TYPE = 156,
	MAGIC = 257,
};

static bool parse_octal(const uint8_t *at, size_t n, uint64_t *value)
{
	size_t i = 0, digits = 0;
	*value = 0;
	while (i < n && at[i] == ' ')
		i++;
	for (; i < n && at[i] >= '0' && at[i] <= '7'; i++, digits++)
		*value = *value << 3 | (uint64_t)(at[i] - '0');
	return digits > 0 && (i == n || at[i] == ' ' || at[i] == '\0');
}

/* What does not fit eleven octal digits is written in base 256, with the first bit set. */
static bool parse_size(const uint8_t *at, uint64_t *value)
{
	if (!(at[0] & 0x80))
		return parse_octal(at, SIZE_SIZE, value);
	*value = 0;
	for (size_t i = 1; i < SIZE_SIZE; i++) {
		if (*value >> 55)
			return false;
		*value = *value << 8 | at[i];
	}
	return true;
}

static bool is_header(const uint8_t *head)
{
	uint64_t told, sum = 0;
	if (memcmp(head + MAGIC, "ustar", 5) != 0 ||
	    !parse_octal(head + CHECKSUM, CHECKSUM_SIZE, &told))
		return false;
	/* The checksum counts as blanks. */
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE ? (uint64_t)' ' : head[i];
	return sum == told;
}

bool bundle_recognise(const uint8_t head[BUNDLE_HEAD_SIZE], size_t n)
{
	return n == BLOCK && is_header(head);
}

static bool is_plain(const uint8_t *head)
{
	return head[TYPE] == '0' || head[TYPE] == '\0';
}

/* The name, without the "./" that tar puts before it when it packs a directory again. */
static void read_name(const uint8_t *head, char name[NAME_SIZE + 1])
{
	const char *at = (const char *)head + NAME;
	size_t n = strnlen(at, NAME_SIZE);
	if (n > 2 && memcmp(at, "./", 2) == 0) {
		at += 2;
		n -= 2;
	}
	text_clean(name, NAME_SIZE + 1, at, n);
}

static bool is_part(const char *name, enum bundle_part part)
{
	static const char suffix[] = ".trace";
	size_t n = strlen(name);
	if (part == BUNDLE_PART_SNAPSHOTS)
		return strcmp(name, BUNDLE_SNAPSHOTS) == 0;
	return n >= sizeof suffix - 1 && strcmp(name + n - (sizeof suffix - 1), suffix) == 0;
}

/* One member after the other. */
struct walk {
	int fd;
	uint64_t at, end; /* of the next header; of the file */
	int members;
	char name[NAME_SIZE + 1];
	bool plain;
	struct bundle_place place;
};

enum walked { WALK_MEMBER, WALK_END, WALK_DAMAGED };

static enum walked next_member(struct walk *w)
{
	uint8_t head[BLOCK];
	uint64_t size;
	if (w->at + BLOCK > w->end || ++w->members > MEMBERS_MAX)
		return WALK_END;
	if (pread(w->fd, head, BLOCK, (off_t)w->at) != (ssize_t)BLOCK)
		return WALK_DAMAGED;
	if (head[NAME] == '\0')
		return WALK_END; /* blocks of zeros */
	if (!is_header(head) || !parse_size(head + SIZE, &size))
		return WALK_DAMAGED;
	uint64_t begin = w->at + BLOCK, room = w->end - begin;
	w->place = (struct bundle_place){begin, size < room ? size : room};
	w->plain = is_plain(head);
	read_name(head, w->name);
	/* Where it is cut off, the walk is at its end. */
	w->at = size < room ? begin + (size + BLOCK - 1) / BLOCK * BLOCK : w->end;
	return WALK_MEMBER;
}

static enum status say_missing(const char *shown, enum bundle_part part, const char *members,
                               struct error *error)
{
	return error_set(error, STATUS_NO_TARGET, "%s holds no %s: there is %s in it", shown,
	                 part == BUNDLE_PART_TRACE ? "execution trace" : "snapshots",
	                 *members ? members : "nothing");
}

enum status bundle_find(int fd, const char *shown, enum bundle_part part,
                        struct bundle_place *place, struct error *error)
{
	struct stat st;
	char members[256] = "";
	size_t used = 0;
	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return error_set(error, STATUS_FAILED, "%s can't be read: %s", shown, strerror(errno));
	struct walk w = {.fd = fd, .end = (uint64_t)st.st_size};
	enum walked walked;
	while ((walked = next_member(&w)) == WALK_MEMBER) {
		if (!w.plain)
			continue;
		if (is_part(w.name, part)) {
			*place = w.place;
			return STATUS_OK;
		}
		if (used < sizeof members)
			used += (size_t)snprintf(members + used, sizeof members - used, "%s%s",
			                         used ? ", " : "", w.name);
	}
	if (walked == WALK_DAMAGED)
		return error_set(error, STATUS_DAMAGED, "%s is no whole tar: it is damaged at byte %llu",
		                 shown, (unsigned long long)w.at);
	return say_missing(shown, part, members, error);
}

static enum status copy_part(int from, int to, const char *shown, struct bundle_place place,
                             struct error *error)
{
	off_t at = (off_t)place.offset;
	for (uint64_t left = place.size; left > 0;) {
		ssize_t n = sendfile(to, from, &at, left < (1 << 20) ? (size_t)left : 1 << 20);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(error, STATUS_FAILED, "%s can't be read: %s", shown, strerror(errno));
		if (n == 0)
			break;
		left -= (uint64_t)n;
	}
	lseek(to, 0, SEEK_SET);
	return STATUS_OK;
}

enum status bundle_narrow(int *fd, const char *shown, enum bundle_part part, struct error *error)
{
	struct stat st;
	uint8_t head[BUNDLE_HEAD_SIZE];
	struct bundle_place place = {0};
	if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode) || lseek(*fd, 0, SEEK_CUR) != 0)
		return STATUS_OK;
	ssize_t n = pread(*fd, head, sizeof head, 0);
	if (n < 0 || !bundle_recognise(head, (size_t)n))
		return STATUS_OK;
	enum status status = bundle_find(*fd, shown, part, &place, error);
	if (status == STATUS_OK && place.size > NARROWED_MAX)
		status = error_set(error, STATUS_DAMAGED, "%s holds more than a bundle can", shown);
	if (status != STATUS_OK)
		return status;
	int copy = memfd_create("schedtop-bundle", MFD_CLOEXEC);
	if (copy < 0)
		return error_set(error, STATUS_FAILED, "no memory for %s: %s", shown, strerror(errno));
	status = copy_part(*fd, copy, shown, place, error);
	close(status == STATUS_OK ? *fd : copy);
	if (status == STATUS_OK)
		*fd = copy;
	return status;
}
