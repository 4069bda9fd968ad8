#include "config.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

const struct command commands[] = {
	{"", command_watch, FOR_WATCH, false},
	{"ls", command_ls, FOR_LS, false},
	{"stat", command_stat, FOR_STAT, true},
	{"check", command_check, FOR_CHECK, true},
};
const size_t command_count = sizeof commands / sizeof commands[0];

bool wants_color(const struct options *o)
{
	const char *no = getenv("NO_COLOR");
	return o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && !(no && *no));
}

bool wants_ascii(const struct options *o)
{
	return o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* What was printed has to arrive: a full disk must not look like success. */
static enum status flush_output(struct error *error)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(error, STATUS_FAILED, "the output can't be written: %s", strerror(errno));
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error = {0};
	setlocale(LC_CTYPE, "");

	enum status status = options_parse(&options, argc, argv, &error);
	if (status == STATUS_OK) {
		if (options.help)
			options_print_help(stdout);
		else if (options.help_man)
			options_print_man(stdout);
		else if (options.version)
			puts(PACKAGE_STRING);
		else
			status = options.command->run(&options, &error);
	}
	if (status == STATUS_OK)
		status = flush_output(&error);
	if (status != STATUS_OK && error.text[0])
		fprintf(stderr, "schedtop: %s\n", error.text);
	return (int)status;
}
