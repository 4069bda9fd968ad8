/* What the screen looks like, as far as the options and the environment say. */
#include <dirent.h>
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "util/text.h"
#include "util/xdg.h"

bool wants_color(const struct options *o)
{
	const char *no = getenv("NO_COLOR");
	return o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && !(no && *no));
}

bool wants_ascii(const struct options *o)
{
	return o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

struct loop_look look_of(const struct options *o)
{
	return (struct loop_look){.color = wants_color(o),
	                          .ascii = wants_ascii(o),
	                          .blocks = o->graphs == GRAPHS_BLOCKS};
}

/* "schedtop/themes" of the user; false when nobody knows where that is. */
static bool own_themes(char *to, size_t size)
{
	return xdg_path(XDG_CONFIG, "schedtop/themes", to, size, NULL) == STATUS_OK;
}

/* The user's own themes first, so that they can change those that came with the program; last the
   one that needs no file. */
static enum status find_theme(const char *name, struct theme *out, const struct ini_sink *sink,
                              struct error *error)
{
	char own[PATH_MAX] = "", path[PATH_MAX], shown[64];
	if (strchr(name, '/'))
		return theme_read(out, name, sink, error);
	text_clean(shown, sizeof shown, name, strlen(name));
	enum status status = STATUS_NO_TARGET;
	if (own_themes(own, sizeof own) &&
	    snprintf(path, sizeof path, "%s/%s.theme", own, name) < (int)sizeof path)
		status = theme_read(out, path, sink, error);
	/* Nor is it ours if we may not read it: HOME may be another user's. */
	if ((status == STATUS_NO_TARGET || status == STATUS_PERMISSION) &&
	    snprintf(path, sizeof path, SCHEDTOP_THEMES "/%s.theme", name) < (int)sizeof path)
		status = theme_read(out, path, sink, error);
	if (status != STATUS_NO_TARGET)
		return status;
	*out = theme_dark;
	if (strcmp(name, "dark") == 0)
		return STATUS_OK;
	return error_set(error, STATUS_NO_TARGET,
	                 "there is no theme '%s': neither %.160s nor " SCHEDTOP_THEMES
	                 " has a file %s.theme",
	                 shown, own, shown);
}

/* Under a screen there is nowhere to tell of bad lines; the good ones apply. */
static void ignore(const char *sentence, void *arg)
{
	(void)sentence;
	(void)arg;
}

enum status load_theme(const char *name, struct theme *out, struct error *error)
{
	struct ini_sink nowhere = {ignore, NULL};
	return find_theme(name, out, &nowhere, error);
}

/* --- names ---------------------------------------------------------------------------------- */

struct names {
	char (*name)[THEME_NAME_MAX];
	size_t n, max;
};

/* In the order of the alphabet, each once: the user's dark theme stands in the place of ours. */
static void add_name(struct names *names, const char *name, size_t length)
{
	char clean[THEME_NAME_MAX];
	size_t at = 0;
	if (length == 0 || length >= sizeof clean)
		return;
	text_clean(clean, sizeof clean, name, length);
	if (strlen(clean) != length || memcmp(clean, name, length) != 0 || strchr(clean, ' '))
		return; /* nobody could type it */
	while (at < names->n && strcmp(names->name[at], clean) < 0)
		at++;
	if (names->n == names->max || (at < names->n && strcmp(names->name[at], clean) == 0))
		return;
	memmove(names->name[at + 1], names->name[at], (names->n - at) * sizeof *names->name);
	memcpy(names->name[at], clean, length + 1);
	names->n++;
}

static void add_names_of(struct names *names, const char *directory)
{
	static const char suffix[] = ".theme";
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name), end = sizeof suffix - 1;
		if (length > end && strcmp(entry->d_name + length - end, suffix) == 0)
			add_name(names, entry->d_name, length - end);
	}
	if (dir)
		closedir(dir);
}

size_t list_themes(char name[][THEME_NAME_MAX], size_t max)
{
	struct names names = {.name = name, .max = max};
	char own[PATH_MAX];
	add_name(&names, "dark", strlen("dark"));
	add_names_of(&names, SCHEDTOP_THEMES);
	if (own_themes(own, sizeof own))
		add_names_of(&names, own);
	return names.n;
}

enum status choose_theme(const struct options *o, struct theme *out, const struct ini_sink *sink,
                         struct error *error)
{
	*out = theme_dark;
	if (!o->theme || o->batch || o->json)
		return STATUS_OK;
	enum status status = find_theme(o->theme, out, sink, error);
	if (status == STATUS_OK || options_given(o, "theme"))
		return status;
	char sentence[sizeof error->text + 600];
	snprintf(sentence, sizeof sentence, "%s%s%s", o->theme_from ? o->theme_from : "",
	         o->theme_from ? ": " : "", error->text);
	sink->tell(sentence, sink->arg);
	*error = (struct error){0};
	return STATUS_OK;
}
