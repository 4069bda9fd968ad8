#include "goproc/buildinfo.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* cmd/link/internal/ld/data.go, buildinfo(): magic, pointer size, flags, padding to 32 bytes, then
   (flag inline) the version and the module information, each as a varint length and bytes. */
#define HEADER_SIZE 32
#define FLAGS_AT    15
#define FLAG_INLINE 2
/* The module information is wrapped in 16 bytes of marker on both sides. */
#define MARKER_SIZE ((size_t)16)
#define MINOR_MAX   999
/* From here on a timer that nobody refers to is collected. */
#define SYNC_TIMERS_MINOR 23

struct text {
	const char *at;
	size_t n;
};

/* Takes one length-prefixed string off the front of *in. */
static bool take_string(struct text *in, struct text *out)
{
	uint64_t length = 0;
	for (unsigned shift = 0;; shift += 7) {
		if (in->n == 0 || shift > 28)
			return false;
		uint8_t byte = (uint8_t)*in->at++;
		in->n--;
		length |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	if (length > in->n)
		return false;
	*out = (struct text){in->at, (size_t)length};
	in->at += length;
	in->n -= (size_t)length;
	return true;
}

/* Takes the text before the separator, or all of it, off the front. */
static struct text take_until(struct text *in, char separator)
{
	const char *end = in->n ? memchr(in->at, separator, in->n) : NULL;
	struct text part = {in->at, end ? (size_t)(end - in->at) : in->n};
	size_t skip = part.n + (end ? 1 : 0);
	in->at += skip;
	in->n -= skip;
	return part;
}

static bool text_is(struct text text, const char *word)
{
	return text.n == strlen(word) && memcmp(text.at, word, text.n) == 0;
}

/* 26 of "go1.26.8", "go1.26rc1" and "go1.26.8 X:boringcrypto"; 0 of anything else. */
static int parse_minor(struct text version)
{
	static const char prefix[] = "go1.";
	size_t at = sizeof prefix - 1;
	if (version.n <= at || memcmp(version.at, prefix, at) != 0)
		return 0;
	int minor = 0;
	for (; at < version.n && version.at[at] >= '0' && version.at[at] <= '9'; at++) {
		minor = minor * 10 + (version.at[at] - '0');
		if (minor > MINOR_MAX)
			return 0;
	}
	return minor;
}

/* Is NAME=VALUE one of the settings that commas separate? */
static bool has_setting(struct text list, const char *setting)
{
	while (list.n > 0)
		if (text_is(take_until(&list, ','), setting))
			return true;
	return false;
}

/* A go.mod older than the release that built it brings back what it was used to
   (internal/godebugs/table.go: asynctimerchan, changed in 1.23). */
static void parse_setting(struct text setting, struct goproc_info *info)
{
	struct text name = take_until(&setting, '=');
	if (text_is(name, "DefaultGODEBUG"))
		info->async_timers |= has_setting(setting, "asynctimerchan=1");
}

/* Lines of tab-separated words: "path P", "mod M VERSION SUM", "dep M VERSION SUM", "=> ...",
   "build K=V" (runtime/debug.BuildInfo). */
static void parse_modules(struct text modules, struct goproc_info *info)
{
	while (modules.n > 0) {
		struct text line = take_until(&modules, '\n');
		struct text word = take_until(&line, '\t');
		struct text path = take_until(&line, '\t');
		bool is_main = text_is(word, "mod");
		if (text_is(word, "path"))
			text_clean(info->package, sizeof info->package, path.at, path.n);
		else if (is_main)
			text_clean(info->module, sizeof info->module, path.at, path.n);
		else if (text_is(word, "build"))
			parse_setting(path, info);
		if ((is_main || text_is(word, "dep")) && text_is(path, BUILDINFO_AGENT))
			info->has_agent = true;
	}
}

enum buildinfo_result buildinfo_parse(const uint8_t *bytes, size_t n, struct goproc_info *info)
{
	if (n < HEADER_SIZE || memcmp(bytes, BUILDINFO_MAGIC, BUILDINFO_MAGIC_SIZE) != 0)
		return BUILDINFO_NONE;
	if (!(bytes[FLAGS_AT] & FLAG_INLINE))
		return BUILDINFO_OLD;
	struct text rest = {(const char *)bytes + HEADER_SIZE, n - HEADER_SIZE}, version, modules;
	if (!take_string(&rest, &version) || version.n == 0)
		return BUILDINFO_DAMAGED;
	text_clean(info->go_version, sizeof info->go_version, version.at, version.n);
	info->go_minor = parse_minor(version);
	info->async_timers = info->go_minor > 0 && info->go_minor < SYNC_TIMERS_MINOR;
	/* A program that was built without modules has the version alone. */
	if (take_string(&rest, &modules) && modules.n >= 2 * MARKER_SIZE) {
		modules.at += MARKER_SIZE;
		modules.n -= 2 * MARKER_SIZE;
		parse_modules(modules, info);
	}
	return BUILDINFO_OK;
}

/* Printable, but for the tabs between words and the ends of lines. */
static char *clean_lines(char *to, struct text text)
{
	while (text.n > 0) {
		struct text line = take_until(&text, '\n');
		while (line.n > 0) {
			struct text word = take_until(&line, '\t');
			text_clean(to, word.n + 1, word.at, word.n);
			to += strlen(to);
			*to++ = line.n > 0 ? '\t' : '\n';
		}
	}
	*to = '\0';
	return to;
}

char *buildinfo_text(const uint8_t *bytes, size_t n)
{
	static const char first[] = "go\t";
	if (n < HEADER_SIZE || memcmp(bytes, BUILDINFO_MAGIC, BUILDINFO_MAGIC_SIZE) != 0 ||
	    !(bytes[FLAGS_AT] & FLAG_INLINE))
		return NULL;
	struct text rest = {(const char *)bytes + HEADER_SIZE, n - HEADER_SIZE}, version;
	struct text modules = {NULL, 0};
	if (!take_string(&rest, &version))
		return NULL;
	if (!take_string(&rest, &modules) || modules.n < 2 * MARKER_SIZE)
		modules.n = 0;
	/* A word is never longer than it was, and ends in one byte where it had one or none. */
	char *text = malloc(sizeof first + version.n + modules.n + 4);
	if (!text)
		return NULL;
	memcpy(text, first, sizeof first);
	char *end = clean_lines(text + sizeof first - 1, version);
	if (modules.n > 0)
		clean_lines(end, (struct text){modules.at + MARKER_SIZE, modules.n - 2 * MARKER_SIZE});
	return text;
}
