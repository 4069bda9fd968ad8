#include "cli/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/atomic_file.h"
#include "util/clock.h"
#include "util/ini.h"
#include "util/ini_edit.h"
#include "util/text.h"
#include "util/xdg.h"

#define FILE_MODE   0666 /* less the umask */
#define MOMENT_NS   (2 * NS_PER_S)
#define PATIENCE_NS (10 * NS_PER_S)

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
	if (change->made)
		value = change->removed ? NULL : change->value;
	if (value)
		text_clean(to->value, sizeof to->value, value, strlen(value));
	else
		default_of(&info, to->value, sizeof to->value);
	to->is_whole = value && strcmp(to->value, value) == 0;
	return true;
}

/* --- changes --------------------------------------------------------------------------------- */

/* What the file says of a setting to those who read it. */
struct echo {
	const char *name, *value;
	bool same; /* it is that value */
};

static enum status compare(const struct ini_entry *entry, void *arg, struct error *error)
{
	struct echo *r = arg;
	(void)error;
	if (!*entry->section && strcmp(entry->name, r->name) == 0)
		r->same = strcmp(entry->value, r->value) == 0;
	return STATUS_OK;
}

static void ignore(const char *sentence, void *arg)
{
	(void)sentence;
	(void)arg;
}

/* The text with the change, to be freed; NULL with a sentence. Not every value can stand in a line:
   a semicolon may begin a comment, blanks at the ends are lost, and what is too long is left out.
 */
static char *edit(const char *text, const char *name, const struct setup_change *change,
                  struct error *error)
{
	const struct ini_sink sink = {ignore, NULL};
	struct echo echo = {name, change->value, false};
	char *edited = ini_edit(text, "", name, change->removed ? NULL : change->value);
	if (!edited) {
		error_no_memory(error);
		return NULL;
	}
	if (change->removed)
		return edited;
	ini_read_text("", edited, strlen(edited), compare, &echo, &sink);
	if (echo.same)
		return edited;
	free(edited);
	error_set(error, STATUS_USAGE, "a line of the file can't give %s that value", name);
	return NULL;
}

static enum status try_change(const struct setup_changes *c, const char *name,
                              const struct setup_change *change, struct error *error)
{
	char *line = edit("", name, change, error);
	if (!line)
		return error ? error->status : STATUS_FAILED;
	free(line);
	/* On a copy, for it holds from the next start. */
	struct options *copy = malloc(sizeof *copy);
	if (!copy)
		return error_no_memory(error);
	*copy = *c->options;
	enum status status = options_set(copy, name, change->value, name, error);
	free(copy);
	return status;
}

static enum status set(size_t i, const char *value, void *arg, struct error *error)
{
	struct setup_changes *c = arg;
	struct setup_change change = {.made = true, .removed = !value};
	struct setting_info info;
	if (i >= OPTIONS_MAX || !options_setting_info(i, &info))
		return STATUS_FAILED;
	if (value && strlen(value) >= sizeof change.value)
		return error_set(error, STATUS_USAGE, "%s can't have a value as long as that", info.name);
	if (value) {
		snprintf(change.value, sizeof change.value, "%s", value);
		enum status status = try_change(c, info.name, &change, error);
		if (status != STATUS_OK)
			return status;
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
	if (status == STATUS_NO_TARGET && !(text = calloc(1, 1)))
		error_no_memory(error);
	for (size_t i = 0; text && options_setting_info(i, &info); i++) {
		const struct setup_change *change = &c->change[i];
		if (!change->made || change->written)
			continue;
		char *edited = edit(text, info.name, change, error);
		free(text);
		if (!edited)
			return NULL;
		text = edited;
	}
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

/* --- writing --------------------------------------------------------------------------------- */

/* The text and where it belongs, and what has become of it. */
struct setup_writing {
	char path[PATH_MAX];
	char *text;
	enum status status;
	struct error error;
};

static void write_text(void *arg)
{
	struct setup_writing *w = arg;
	struct error *error = &w->error;
	struct atomic_file out = ATOMIC_FILE_NONE;
	struct stat st;
	char *real = NULL;
	enum status status = make_directory(w->path, error);
	/* Who may read it stays as it was. */
	mode_t mode = stat(w->path, &st) == 0 ? st.st_mode & 0777 : FILE_MODE;
	if (status == STATUS_OK)
		status = atomic_file_open_path(&out, w->path, mode, &real, error);
	if (status == STATUS_OK)
		status = atomic_file_write(&out, w->text, strlen(w->text), error);
	if (status == STATUS_OK)
		status = atomic_file_commit(&out, atomic_file_name(real), true, NULL, error);
	atomic_file_finish(&out);
	free(real);
	w->status = status;
}

static void free_writing(void *arg)
{
	struct setup_writing *w = arg;
	if (w)
		free(w->text);
	free(w);
}

static enum status begin_writing(struct setup_changes *c, const char *text, struct error *error)
{
	struct setup_writing *w = calloc(1, sizeof *w);
	if (w) {
		memcpy(w->path, c->path, sizeof w->path);
		w->text = strdup(text);
	}
	c->writing = w && w->text ? aside_begin(write_text, free_writing, w) : NULL;
	if (!c->writing) {
		free_writing(w);
		return error_no_memory(error);
	}
	c->file = w;
	for (size_t i = 0; i < OPTIONS_MAX; i++)
		c->change[i].under_way = c->change[i].made;
	return STATUS_OK;
}

/* What has become of it, if that is known in time. */
static enum status end_writing(struct setup_changes *c, int64_t limit_ns, struct error *error)
{
	if (!aside_wait(c->writing, limit_ns))
		return error_set(error, STATUS_FAILED,
		                 "the disk takes its time: the file is being written, and once more asks "
		                 "whether it is");
	enum status status = c->file->status;
	if (status != STATUS_OK)
		error_set(error, status, "%s", c->file->error.text);
	for (size_t i = 0; i < OPTIONS_MAX; i++) {
		c->change[i].written |= status == STATUS_OK && c->change[i].under_way;
		c->change[i].under_way = false;
	}
	aside_leave(c->writing);
	c->writing = NULL;
	return status;
}

static enum status write_file(const char *text, void *arg, struct error *error)
{
	struct setup_changes *c = arg;
	/* One at a time: who is slow must not put an older file over a newer one. */
	if (c->writing) {
		bool same = strcmp(c->file->text, text) == 0;
		enum status status = end_writing(c, MOMENT_NS, error);
		if (same || c->writing)
			return status;
	}
	enum status status = begin_writing(c, text, error);
	return status == STATUS_OK ? end_writing(c, MOMENT_NS, error) : status;
}

void setup_changes_finish(struct setup_changes *c)
{
	struct error error = {0};
	if (!c->writing || end_writing(c, MOMENT_NS, &error) == STATUS_OK)
		return;
	if (c->writing) {
		fputs("schedtop: the settings are still being written; Ctrl-C ends without them\n", stderr);
		if (end_writing(c, PATIENCE_NS, &error) == STATUS_OK)
			return;
	}
	fprintf(stderr, "schedtop: the settings are not written: %s\n",
	        c->writing ? "the disk takes nothing" : error.text);
	aside_leave(c->writing);
	c->writing = NULL;
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
