#include "config.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help_table.h"
#include "cli/privileges.h"
#include "cli/settings.h"
#include "cli/setup.h"
#include "doctor/show.h"
#include "tui/term.h"
#include "util/heap.h"

const struct subcommand commands[] = {
	{"", command_watch, WITH_WATCH, false},
	{"ls", command_ls, WITH_LS, false},
	{"capture", command_capture, WITH_CAPTURE, false},
	{"watch", command_sentinel, WITH_SENTINEL, false},
	{"stat", command_stat, WITH_STAT, true},
	{"check", command_check, WITH_CHECK, true},
	{"diff", command_diff, WITH_DIFF, false},
	{"doctor", command_doctor, WITH_DOCTOR, true},
	{"trace", command_trace, WITH_TRACE, true},
	{"profile", command_profile, WITH_PROFILE, true},
	{"export", command_export, WITH_EXPORT, true},
	{"agent", command_agent, WITH_AGENT, false},
	{"export-metrics", command_export_metrics, WITH_METRICS, false},
};
const size_t command_count = sizeof commands / sizeof commands[0];

/* What was printed has to arrive: a full disk must not look like success. Other failures and
   findings keep their sentence and status, and this one is told besides, unless it was that. */
static enum status flush_output(enum status status, struct error *error)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	int why = errno;
	if (status == STATUS_OK)
		return error_set(error, STATUS_FAILED, OUTPUT_LOST "%s", strerror(why));
	if (strncmp(error->text, OUTPUT_LOST, sizeof OUTPUT_LOST - 1) != 0)
		fprintf(stderr, "schedtop: " OUTPUT_LOST "%s\n", strerror(why));
	return status;
}

static void tell(const char *sentence, void *arg)
{
	(void)arg;
	fprintf(stderr, "schedtop: %s\n", sentence);
}

/* The command line says which configuration there is, and has the last word over it: so it is read
   twice. */
static enum status read_settings(struct options *o, struct settings *settings, int argc,
                                 char **argv, const struct ini_sink *sink, struct error *error)
{
	options_init(o);
	enum status status = options_parse(o, argc, argv, error);
	if (status != STATUS_OK || o->help || o->help_man || o->help_table || o->help_conf ||
	    o->version)
		return status;
	const char *only = o->config;
	options_init(o);
	status = settings_load(settings, o, SETTINGS_SYSTEM, only, sink, error);
	return status == STATUS_OK ? options_parse(o, argc, argv, error) : status;
}

static enum status run(struct options *o, const struct ini_sink *sink, struct error *error)
{
	struct theme theme;
	if (o->help && o->command->bit == WITH_AGENT) {
		agent_print_help(stdout);
	} else if (o->help) {
		options_print_help(stdout, o->command);
	} else if (o->help_man) {
		/* Its own page is that of the findings. */
		if (o->command->bit == WITH_DOCTOR)
			catalogue_print_man(stdout);
		else
			options_print_man(stdout);
	} else if (o->help_table) {
		help_table_print(stdout);
	} else if (o->help_conf) {
		options_print_conf(stdout);
	} else if (o->version) {
		puts(PACKAGE_STRING);
	} else {
		enum status status = choose_theme(o, &theme, sink, error);
		if (status != STATUS_OK)
			return status;
		term_set_theme(&theme);
		struct setup_changes changes;
		setup_changes_init(&changes, o);
		o->means = (struct means){.setup = changes.source.item ? &changes.source : NULL,
		                          .keys = &o->keys,
		                          .copies = o->clipboard == CLIPBOARD_ON,
		                          .is_new = is_new_user,
		                          .greeted = remember_greeting};
		status = privileges_drop(o, error);
		if (status == STATUS_OK)
			status = o->command->run(o, error);
		setup_changes_finish(&changes);
		return status;
	}
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	const struct ini_sink sink = {tell, NULL};
	struct options options;
	struct settings settings = {0};
	struct error error = {0};
	privileges_begin();
	heap_return_large();
	setlocale(LC_CTYPE, "");
	/* Where it is inherited as ignored, nobody could wait for what we start. */
	signal(SIGCHLD, SIG_DFL);

	enum status status = read_settings(&options, &settings, argc, argv, &sink, &error);
	if (status == STATUS_OK)
		status = run(&options, &sink, &error);
	status = flush_output(status, &error);
	if (status != STATUS_OK && error.text[0])
		fprintf(stderr, "schedtop: %s\n", error.text);
	settings_finish(&settings);
	return (int)status;
}
