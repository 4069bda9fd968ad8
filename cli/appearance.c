/* What the screen looks like, as far as the options and the environment say. */
#include <langinfo.h>
#include <limits.h>
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
	if (xdg_path(XDG_CONFIG, "schedtop/themes", own, sizeof own, NULL) == STATUS_OK &&
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

enum status choose_theme(const struct options *o, struct theme *out, const struct ini_sink *sink,
                         struct error *error)
{
	*out = theme_dark;
	if (!o->theme || o->batch || o->json)
		return STATUS_OK;
	enum status status = find_theme(o->theme, out, sink, error);
	if (status == STATUS_OK || options_given(o, "theme"))
		return status;
	sink->tell(error->text, sink->arg);
	*error = (struct error){0};
	return STATUS_OK;
}
