#include "cli/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/atomic_file.h"
#include "util/ini.h"
#include "util/ini_edit.h"
#include "util/text.h"
#include "util/xdg.h"

#define FILE_MODE 0666 /* less the umask */

static const char *const layer_words[LAYER_COUNT] = {
	[LAYER_DEFAULT] = "default",
	[LAYER_SYSTEM] = "/etc/schedtop/config",
	[LAYER_USER] = "the file",
	[LAYER_ENVIRONMENT] = "environment",
	[LAYER_COMMAND_LINE] = "command line",
};

/* Of "... (default 1s, least 50ms)" what stands there; a flag is off. */
static void default_of(const struct setting_info *info, char *to, size_t size)
{
	static const char lead[] = "(default ";
	const char *at = strstr(info->text, lead);
	size_t length = 0;
	snprintf(to, size, "%s", info->flag ? "no" : info->choice ? info->choice[0] : "");
	const char *behind = strstr(info->text, " (default)");
	if (!at && behind) { /* "dark (default), light" */
		for (at = behind; at > info->text && at[-1] != ' '; at--)
			;
		snprintf(to, size, "%.*s", (int)(behind - at), at);
		return;
	}
	if (!at)
		return;
	at += sizeof lead - 1;
	while (at[length] && at[length] != ')' && !(strchr(",;:", at[length]) && at[length + 1] == ' '))
		length++;
	snprintf(to, size, "%.*s", (int)length, at);
}

static bool item(size_t i, struct setup_item *to, void *arg)
{
	const struct setup_changes *c = arg;
	const struct setup_change *change = &c->change[i < OPTIONS_MAX ? i : 0];
	struct setting_info info;
	const char *value;
	if (i >= OPTIONS_MAX || !options_setting_info(i, &info))
		return false;
	enum settings_layer layer = options_layer(c->options, i, &value);
	*to = (struct setup_item){.name = info.name,
	                          .text = info.text,
	                          .argument = info.flag ? NULL : info.argument,
	                          .choice = info.choice,
	                          .choices = info.choices,
	                          .changed = change->made && !change->written,
	                          .origin = change->written ? "the file, from the next start"
	                                    : change->made  ? "changed here"
	                                                    : layer_words[layer]};
	if (change->made && !change->removed)
		snprintf(to->value, sizeof to->value, "%s", change->value);
	else if (change->made || !value)
		default_of(&info, to->value, sizeof to->value);
	else
		text_clean(to->value, sizeof to->value, value, strlen(value));
	return true;
}

static enum status set(size_t i, const char *value, void *arg, struct error *error)
{
	struct setup_changes *c = arg;
	struct setup_change change = {.made = true, .removed = !value};
	struct setting_info info;
	if (i >= OPTIONS_MAX || !options_setting_info(i, &info))
		return STATUS_FAILED;
	if (value && (strpbrk(value, "\n\r") || strlen(value) >= sizeof change.value))
		return error_set(error, STATUS_USAGE, "%s can't have that value", info.name);
	if (value) {
		/* It is tried on a copy, for it holds from the next start. */
		struct options *copy = malloc(sizeof *copy);
		if (!copy)
			return error_no_memory(error);
		*copy = *c->options;
		enum status status = options_set(copy, info.name, value, info.name, error);
		free(copy);
		if (status != STATUS_OK)
			return status;
		snprintf(change.value, sizeof change.value, "%s", value);
	}
	c->change[i] = change;
	return STATUS_OK;
}

static const char *path(void *arg)
{
	const struct setup_changes *c = arg;
	return c->path;
}

static char *file(void *arg, struct error *error)
{
	const struct setup_changes *c = arg;
	struct setting_info info;
	char *text = NULL;
	enum status status = ini_read_whole(c->path, &text, error);
	if (status == STATUS_NO_TARGET)
		text = calloc(1, 1);
	else if (status != STATUS_OK)
		return NULL;
	for (size_t i = 0; text && options_setting_info(i, &info); i++) {
		const struct setup_change *change = &c->change[i];
		if (!change->made)
			continue;
		char *edited = ini_edit(text, "", info.name, change->removed ? NULL : change->value);
		free(text);
		text = edited;
	}
	if (!text)
		error_no_memory(error);
	return text;
}

static enum status make_directory(const char *of, struct error *error)
{
	char directory[PATH_MAX];
	snprintf(directory, sizeof directory, "%s", of);
	char *slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return STATUS_OK;
	*slash = '\0';
	return xdg_make_directory(directory, error);
}

static enum status write_file(void *arg, struct error *error)
{
	struct setup_changes *c = arg;
	struct atomic_file out = ATOMIC_FILE_NONE;
	struct stat st;
	char *real = NULL, *text = file(c, error);
	if (!text)
		return STATUS_FAILED;
	enum status status = make_directory(c->path, error);
	/* Who may read it stays as it was. */
	mode_t mode = stat(c->path, &st) == 0 ? st.st_mode & 0777 : FILE_MODE;
	if (status == STATUS_OK)
		status = atomic_file_open_path(&out, c->path, mode, &real, error);
	if (status == STATUS_OK)
		status = atomic_file_write(&out, text, strlen(text), error);
	if (status == STATUS_OK)
		status = atomic_file_commit(&out, atomic_file_name(real), true, NULL, error);
	for (size_t i = 0; status == STATUS_OK && i < OPTIONS_MAX; i++)
		c->change[i].written = c->change[i].made;
	atomic_file_finish(&out);
	free(real);
	free(text);
	return status;
}

void setup_changes_init(struct setup_changes *c, const struct options *options)
{
	*c = (struct setup_changes){.options = options};
	enum status status = STATUS_OK;
	if (options->config)
		snprintf(c->path, sizeof c->path, "%s", options->config);
	else
		status = xdg_path(XDG_CONFIG, "schedtop/config", c->path, sizeof c->path, NULL);
	if (status == STATUS_OK)
		c->source = (struct setup_source){item, set, path, file, write_file, c};
}
