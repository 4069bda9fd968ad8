/* What the program says of its own command line: --help and the sections of schedtop(1). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

/* The ways to call it. */
static const struct {
	const char *usage, *text;
} usages[] = {
	{"", "choose a Go process from a list"},
	{"-p PID", "watch it live"},
	{"-p PID 2>FILE", "and log every snapshot to FILE"},
	{"-p PID --batch", "schedtrace lines on stdout"},
	{"-p PID --json", "JSON lines on stdout, with what follows from them"},
	{"--schedtrace FILE", "watch what a program printed with GODEBUG=schedtrace, - is a pipe"},
	{"--url URL", "watch a program by its net/http/pprof, wherever it is"},
	{"[...] -- PROG ARGS", "start a program and watch it, with or without a screen"},
	{"--replay FILE", "show what was recorded with --record FILE"},
	{"--prometheus URL", "one lane per instance of a fleet"},
	{"capture -p PID", "take an execution trace, without a screen"},
	{"capture --flight -p PID", "take what the program's flight recorder has seen"},
	{"watch -p PID", "wait for a --sentinel rule to be broken, without a screen"},
	{"export-metrics -p PID", "serve what is known of a process to Prometheus"},
	{"ls", "list the Go processes of this machine"},
	{"stat FILE", "what an execution trace tells, as text or with --json"},
	{"doctor FILE", "what is wrong, with the evidence, from an execution trace"},
	{"doctor -p PID", "the same of a process, or with --replay FILE of a recording"},
	{"trace FILE", "browse an execution trace"},
	{"check FILE", "tell whether an execution trace is whole"},
	{"diff BEFORE AFTER", "what changed between two traces, or two directories of them"},
	{"diff A... -- B...", "the same of two lists of traces"},
	{"profile --kind KIND FILE", "make a profile for pprof of an execution trace"},
	{"export FILE", "an execution trace for Perfetto, Chrome or a table"},
	{"agent add DIR", "write the agent into a Go module that doesn't have it"},
	{"agent overlay PACKAGE...", "the same for one go build; see schedtop agent --help"},
};
#define USAGES (sizeof usages / sizeof usages[0])

/* Is this a way to call that command? */
static bool is_usage_of(const char *usage, const struct subcommand *command)
{
	size_t length = strlen(command->name);
	if (length > 0)
		return strncmp(usage, command->name, length) == 0 &&
		       (usage[length] == ' ' || usage[length] == '\0');
	for (size_t i = 1; i < command_count; i++)
		if (is_usage_of(usage, &commands[i]))
			return false;
	return true;
}

const char *options_about(const struct subcommand *command)
{
	for (size_t i = 0; i < USAGES; i++)
		if (is_usage_of(usages[i].usage, command))
			return usages[i].text;
	return "";
}

static void option_head(const struct option_listed *row, char *to, size_t size)
{
	bool sticks = row->value == OPTION_OPTIONAL_WORD;
	snprintf(to, size, "%c%c%s --%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
	         row->letter ? "," : " ", row->name, row->argument && !sticks ? " " : "",
	         row->argument ? row->argument : "");
}

/* Breaks lines at spaces, each after `indent` columns, for a terminal of 80. */
static void print_wrapped(FILE *out, const char *text, int indent)
{
	for (;;) {
		size_t room = (size_t)(79 - indent), length = strlen(text);
		if (length > room)
			for (length = room; length > 0 && text[length] != ' '; length--)
				;
		fprintf(out, "%.*s\n", (int)length, text);
		text += length;
		text += *text == ' ';
		if (!*text)
			return;
		fprintf(out, "%*s", indent, "");
	}
}

static void print_option(FILE *out, const struct option_listed *row)
{
	char head[64];
	option_head(row, head, sizeof head);
	/* One that reaches into the texts' column has its own line. */
	fprintf(out, strlen(head) > 31 ? "  %s\n%34s" : "  %-31s %s", head, "");
	print_wrapped(out, row->text, 34);
}

void options_print_help(FILE *out, const struct subcommand *command)
{
	bool all = !*command->name;
	struct option_listed row;
	fprintf(out, "schedtop%s%s: %s\n\nUsage:\n", all ? "" : " ", command->name,
	        all ? "what the scheduler of a Go program does, live and from traces"
	            : options_about(command));
	for (size_t i = 0; i < USAGES; i++)
		if (all || is_usage_of(usages[i].usage, command))
			fprintf(out, "  schedtop %-25s %s\n", usages[i].usage, usages[i].text);
	fputs(all ? "\nOptions of those that name no command:\n" : "\nOptions:\n", out);
	for (size_t i = 0; options_listed(i, &row); i++)
		if (row.text && row.with & command->bit)
			print_option(out, &row);
	fputs("\nExit status: 0 ok, 1 failed, 2 usage, 3 no such process or file, or not a Go\n"
	      "program, 4 permission, 5 the process exited, 6 the input is damaged, 10 a limit\n"
	      "of diff is broken or the doctor found something, 128+n by signal n.\n",
	      out);
	if (all)
		fputs(
			"\nschedtop COMMAND --help tells the options of a command, man schedtop all of them.\n",
			out);
}

void options_print_man_text(FILE *out, const char *text)
{
	fprintf(out, "%c%s.\n", toupper((unsigned char)*text), text + 1);
}

/* Those that need no command line. */
static void print_man_settings(FILE *out)
{
	fputs(".Sh SETTINGS\n"
	      "These options can also be set by the files of\n.Sx FILES ,\n"
	      "under their long names, and by the environment:\n.Bl -tag -width Ds -compact\n",
	      out);
	for (size_t i = 0; options_setting(i); i++) {
		char variable[64];
		options_variable(options_setting(i), variable, sizeof variable);
		fprintf(out, ".It Cm %s , Ev %s\n", options_setting(i), variable);
	}
	fputs(".El\n.Pp\nBelow\n.Li [sentinel]\nthe files take:\n.Bl -tag -width Ds -compact\n", out);
	plan_print_man(out);
	fputs(".El\n", out);
}

void options_print_man(FILE *out)
{
	struct option_listed row;
	fputs(".Sh COMMANDS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < USAGES; i++) {
		/* Nm takes what follows for the program's name, unless No ends it. */
		fprintf(out, ".It Nm%s%s\n", *usages[i].usage ? " No " : "", usages[i].usage);
		options_print_man_text(out, usages[i].text);
	}
	fputs(".El\n.Sh OPTIONS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; options_listed(i, &row); i++) {
		if (!row.text)
			continue;
		fputs(".It ", out);
		if (row.letter)
			fprintf(out, "Fl %c , ", row.letter);
		fprintf(out, "Fl Fl %s", row.name);
		if (row.argument)
			fprintf(out, " %sAr %s", row.value == OPTION_OPTIONAL_WORD ? "Ns " : "", row.argument);
		fputc('\n', out);
		options_print_man_text(out, row.text);
	}
	fputs(".El\n", out);
	print_man_settings(out);
}
