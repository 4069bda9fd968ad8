#include "cli/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"
#include "util/xdg.h"

void settings_finish(struct settings *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->text[i]);
	free(c->text);
	*c = (struct settings){0};
}

/* A copy that lives as long as the configuration; NULL when out of memory. */
static const char *keep(struct settings *c, const char *text)
{
	char **grown = realloc(c->text, (c->n + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	c->text = grown;
	c->text[c->n] = strdup(text);
	return c->text[c->n] ? c->text[c->n++] : NULL;
}

/* Likewise, with the home directory for the ~ of "~/traces": no shell has seen it. */
static const char *keep_value(struct settings *c, const char *value)
{
	char path[PATH_MAX];
	const char *home = getenv("HOME");
	if (strncmp(value, "~/", 2) != 0 || !home || !*home ||
	    snprintf(path, sizeof path, "%s%s", home, value + 1) >= (int)sizeof path)
		return keep(c, value);
	return keep(c, path);
}

struct destination {
	struct settings *settings;
	struct options *options;
};

static enum status take_option(const struct ini_entry *entry, const struct destination *to,
                               struct error *error)
{
	const char *value = keep_value(to->settings, entry->value);
	if (!value)
		return error_no_memory(error);
	enum status status = options_set(to->options, entry->name, value, entry->name, error);
	if (status != STATUS_OK || strcmp(entry->name, "theme") != 0)
		return status;
	/* Whether there is such a theme turns out later. */
	char where[600];
	snprintf(where, sizeof where, "%s:%d", entry->file, entry->line);
	to->options->theme_from = keep(to->settings, where);
	return STATUS_OK;
}

static enum status take_key(const struct ini_entry *entry, const struct destination *to,
                            struct error *error)
{
	const char *file = keep(to->settings, entry->file), *action = keep(to->settings, entry->name);
	if (!file || !action)
		return error_no_memory(error);
	return keymap_bind(&to->options->keys, action, entry->value,
	                   &(struct keymap_origin){file, entry->line}, error);
}

static enum status take_limit(const struct ini_entry *entry, const struct destination *to,
                              struct error *error)
{
	return options_set_limit(to->options, entry->name, entry->value, error);
}

static enum status take_rule(const struct ini_entry *entry, const struct destination *to,
                             struct error *error)
{
	const char *value = keep_value(to->settings, entry->value);
	if (!value)
		return error_no_memory(error);
	return plan_set(&to->options->plan, entry->name, value, error);
}

static const struct {
	const char *name;
	enum status (*take)(const struct ini_entry *entry, const struct destination *to,
	                    struct error *error);
} sections[] = {
	{"", take_option},
	{"keys", take_key},
	{"doctor", take_limit},
	{"sentinel", take_rule},
};

static enum status take(const struct ini_entry *entry, void *arg, struct error *error)
{
	const struct destination *to = arg;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (strcmp(entry->section, sections[i].name) == 0)
			return sections[i].take(entry, to, error);
	char shown[64];
	text_clean(shown, sizeof shown, entry->section, strlen(entry->section));
	return error_set(
		error, STATUS_USAGE,
		"there is no section [%s]: expected NAME = VALUE above all sections, keys below [keys], "
		"the doctor's limits below [doctor], or rules below [sentinel]",
		shown);
}

/* A file over what is set already. One that can't be read fails, as in ini.h. */
static enum status settings_read_file(struct settings *c, struct options *o, const char *path,
                                      const struct ini_sink *sink, struct error *error)
{
	struct destination to = {c, o};
	return ini_read_file(path, take, &to, sink, error);
}

void settings_read_text(struct settings *c, struct options *o, const char *name, const char *text,
                        size_t size, const struct ini_sink *sink)
{
	struct destination to = {c, o};
	ini_read_text(name, text, size, take, &to, sink);
}

/* SCHEDTOP_DELAY and the like. */
static void settings_read_environment(struct options *o, const struct ini_sink *sink)
{
	const char *name, *no_color = getenv("NO_COLOR");
	/* It says more than a file does; only SCHEDTOP_COLOR and the command line say more. */
	if (no_color && *no_color)
		options_set(o, "color", "auto", "color", NULL);
	for (size_t i = 0; (name = options_setting(i)) != NULL; i++) {
		char variable[64];
		struct error error = {0};
		options_variable(name, variable, sizeof variable);
		const char *value = getenv(variable);
		if (!value || !*value)
			continue;
		if (options_set(o, name, value, variable, &error) != STATUS_OK)
			sink->tell(error.text, sink->arg);
		else if (strcmp(name, "theme") == 0)
			o->theme_from = "SCHEDTOP_THEME";
	}
}

/* One that need not be there: only what is wrong with it is told. Nor is it ours if we may not read
   it: with sudo and the like HOME is often another user's. */
static void read_usual(struct settings *c, struct options *o, const char *path,
                       const struct ini_sink *sink)
{
	struct error error = {0};
	enum status status = settings_read_file(c, o, path, sink, &error);
	struct stat st;
	bool ours = status == STATUS_PERMISSION && stat(path, &st) == 0 && st.st_uid == geteuid();
	if (status == STATUS_FAILED || ours)
		sink->tell(error.text, sink->arg);
}

enum status settings_load(struct settings *c, struct options *o, const char *system,
                          const char *only, const struct ini_sink *sink, struct error *error)
{
	char user[PATH_MAX];
	if (only) {
		o->layer = LAYER_USER;
		enum status status = settings_read_file(c, o, only, sink, error);
		if (status != STATUS_OK)
			return status;
	} else {
		o->layer = LAYER_SYSTEM;
		read_usual(c, o, system, sink);
		o->layer = LAYER_USER;
		if (xdg_path(XDG_CONFIG, "schedtop/config", user, sizeof user, NULL) == STATUS_OK)
			read_usual(c, o, user, sink);
	}
	keymap_check(&o->keys, sink);
	o->layer = LAYER_ENVIRONMENT;
	settings_read_environment(o, sink);
	return STATUS_OK;
}
