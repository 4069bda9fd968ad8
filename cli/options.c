#include "cli/options.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "report/kinds.h"
#include "util/clock.h"
#include "util/text.h"

static const char *const color_words[COLOR_CHOICE_COUNT] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};
static const char *const source_words[SOURCE_CHOICE_COUNT] = {
	[SOURCE_AUTO] = "auto",
	[SOURCE_MEMORY] = "memory",
	[SOURCE_AGENT] = "agent",
};

#define DELAY_MIN_NS     (50 * NS_PER_MS)
#define DELAY_DEFAULT_NS NS_PER_S

enum option_type {
	TYPE_FLAG,
	TYPE_PID,
	TYPE_COUNT,
	TYPE_DELAY,
	TYPE_MOMENT,
	TYPE_ID,
	TYPE_TEXT,
	TYPE_CHOICE,
	TYPE_KINDS,
};

struct option_row {
	char letter; /* 0: none */
	const char *name;
	enum option_type type;
	unsigned commands;         /* enum command_kind */
	size_t offset;             /* in struct options */
	const char *argument;      /* as help shows it; NULL for flags */
	const char *const *choice; /* TYPE_CHOICE: the words, in the order of their enum */
	int choices;
	const char *text; /* NULL: not shown */
};

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{'p', "pid", TYPE_PID, FOR_WATCH, AT(pid), "PID", NULL, 0, "the Go process to watch"},
	{'d', "delay", TYPE_DELAY, FOR_WATCH, AT(delay_ns), "TIME", NULL, 0,
     "time between snapshots: 250ms, 0.3s, 2m; a bare number is seconds (default 1s, least 50ms)"},
	{'n', "iterations", TYPE_COUNT, FOR_WATCH, AT(iterations), "N", NULL, 0,
     "end after N snapshots (with --batch and --json)"},
	{0, "source", TYPE_CHOICE, FOR_WATCH, AT(source), "auto|memory|agent", source_words,
     SOURCE_CHOICE_COUNT, "where the numbers come from (default auto: both, whatever is there)"},
	{'b', "batch", TYPE_FLAG, FOR_WATCH, AT(batch), NULL, NULL, 0,
     "print snapshots as the runtime's schedtrace does, one line each"},
	{0, "detail", TYPE_FLAG, FOR_WATCH, AT(detail), NULL, NULL, 0,
     "with --batch: every P and M too, as scheddetail=1 does"},
	{'j', "json", TYPE_FLAG, FOR_ALL, AT(json), NULL, NULL, 0,
     "print snapshots as JSON, one object a line; with stat and check: the result as one object"},
	{'v', "verbose", TYPE_FLAG, FOR_LS, AT(verbose), NULL, NULL, 0,
     "with ls: why the memory of a process can't be read"},
	{0, "kind", TYPE_KINDS, FOR_STAT, AT(kinds), "KIND,...", NULL, 0,
     "with stat: these parts alone, of health, utilization, goroutines, waits, blocked, gc, tasks "
     "and samples"},
	{0, "from", TYPE_MOMENT, FOR_STAT, AT(from_ns), "TIME", NULL, 0,
     "with stat: count from this moment on, as time since the trace began"},
	{0, "to", TYPE_MOMENT, FOR_STAT, AT(to_ns), "TIME", NULL, 0,
     "with stat: count up to this moment"},
	{0, "goroutine", TYPE_ID, FOR_STAT, AT(goroutine), "ID", NULL, 0,
     "with stat: this goroutine alone"},
	{0, "task", TYPE_TEXT, FOR_STAT, AT(task), "TASK", NULL, 0,
     "with stat: of the tasks, the one with this ID, or those of this type"},
	{0, "trace-id", TYPE_TEXT, FOR_STAT, AT(trace_id), "ID", NULL, 0,
     "with stat: of the tasks, those whose log carries this OpenTelemetry ID"},
	{0, "strict", TYPE_FLAG, FOR_CHECK, AT(strict), NULL, NULL, 0,
     "with check: judge as Go's own reader does, which repairs nothing"},
	{0, "color", TYPE_CHOICE, FOR_WATCH, AT(color), "auto|always|never", color_words,
     COLOR_CHOICE_COUNT, "colours on the screen (default auto: unless NO_COLOR is set)"},
	{0, "ascii", TYPE_FLAG, FOR_ALL, AT(ascii), NULL, NULL, 0, "draw with ASCII characters alone"},
	{'V', "version", TYPE_FLAG, FOR_ALL, AT(version), NULL, NULL, 0, "print the version and exit"},
	{'h', "help", TYPE_FLAG, FOR_ALL, AT(help), NULL, NULL, 0, "print this and exit"},
	{0, "help-man", TYPE_FLAG, FOR_ALL, AT(help_man), NULL, NULL, 0, NULL},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* The ways to call it. */
static const struct {
	const char *usage, *text;
} usages[] = {
	{"", "choose a Go process from a list"},
	{"-p PID", "watch it live"},
	{"-p PID 2>FILE", "and log every snapshot to FILE"},
	{"-p PID --batch", "schedtrace lines on stdout"},
	{"-p PID --json", "JSON lines on stdout, with what follows from them"},
	{"ls", "list the Go processes of this machine"},
	{"stat FILE", "what an execution trace tells, as text or with --json"},
	{"check FILE", "tell whether an execution trace is whole"},
};
#define USAGES (sizeof usages / sizeof usages[0])

static enum status bad_value(const struct option_row *row, const char *value, const char *expected,
                             struct error *error)
{
	char shown[64];
	text_clean(shown, sizeof shown, value, strlen(value));
	return error_set(error, STATUS_USAGE, "--%s takes %s, not '%s'", row->name, expected, shown);
}

static enum status set(struct options *o, const struct option_row *row, const char *value,
                       struct error *error)
{
	void *at = (char *)o + row->offset;
	o->given |= UINT32_C(1) << (row - rows);
	long number;
	switch (row->type) {
	case TYPE_FLAG:
		*(bool *)at = true;
		return STATUS_OK;
	case TYPE_PID:
		if (!text_parse_integer(value, 1, 0x7fffffff, &number))
			return bad_value(row, value, "a process ID", error);
		*(pid_t *)at = (pid_t)number;
		return STATUS_OK;
	case TYPE_COUNT:
		if (!text_parse_integer(value, 1, 0x7fffffff, (long *)at))
			return bad_value(row, value, "a count of 1 or more", error);
		return STATUS_OK;
	case TYPE_DELAY:
		if (!text_parse_duration(value, (int64_t *)at) || *(int64_t *)at < DELAY_MIN_NS)
			return bad_value(row, value, "a time of 50ms or more, such as 250ms, 0.3s or 2m",
			                 error);
		return STATUS_OK;
	case TYPE_MOMENT:
		if (!text_parse_duration(value, (int64_t *)at))
			return bad_value(row, value, "a time such as 250ms, 0.3s or 2m", error);
		return STATUS_OK;
	case TYPE_ID:
		if (!text_parse_integer(value, 1, LONG_MAX, &number))
			return bad_value(row, value, "a number of 1 or more", error);
		*(uint64_t *)at = (uint64_t)number;
		return STATUS_OK;
	case TYPE_TEXT:
		*(const char **)at = value;
		return *value ? STATUS_OK : bad_value(row, value, "a name or a number", error);
	case TYPE_KINDS:
		if (!report_kinds_parse(value, (unsigned *)at))
			return bad_value(row, value, REPORT_KIND_WORDS, error);
		return STATUS_OK;
	case TYPE_CHOICE:
		for (int i = 0; i < row->choices; i++)
			if (strcmp(value, row->choice[i]) == 0) {
				*(int *)at = i;
				return STATUS_OK;
			}
		return bad_value(row, value, row->argument, error);
	}
	return STATUS_OK;
}

static const struct option_row *find_name(const char *name, size_t length)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
			return &rows[i];
	return NULL;
}

static const struct option_row *find_letter(char letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter && rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static enum status unknown(const char *word, struct error *error)
{
	char shown[64];
	text_clean(shown, sizeof shown, word, strlen(word));
	return error_set(error, STATUS_USAGE, "no option or command '%s': schedtop --help lists them",
	                 shown);
}

/* One word that begins with a dash, and the next one when it is its value. Letters may stand
   together
   (-bn 5); the value may follow its option at once (-d2s, --delay=2s). */
static enum status parse_word(struct options *o, const char *word, const char *next,
                              bool *used_next, struct error *error)
{
	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		const struct option_row *row = find_name(word + 2, length);
		const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
		if (!row)
			return unknown(word, error);
		if (row->type == TYPE_FLAG && value)
			return error_set(error, STATUS_USAGE, "--%s takes no value", row->name);
		if (row->type != TYPE_FLAG && !value) {
			value = next;
			*used_next = true;
		}
		if (row->type != TYPE_FLAG && !value)
			return error_set(error, STATUS_USAGE, "--%s needs a value: %s", row->name,
			                 row->argument);
		return set(o, row, value, error);
	}
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option_row *row = find_letter(*letter);
		if (!row)
			return unknown(word, error);
		const char *value = NULL;
		if (row->type != TYPE_FLAG) {
			value = letter[1] ? letter + 1 : next;
			*used_next = !letter[1];
			if (!value)
				return error_set(error, STATUS_USAGE, "-%c needs a value: %s", row->letter,
				                 row->argument);
		}
		enum status status = set(o, row, value, error);
		if (status != STATUS_OK || value)
			return status;
	}
	return STATUS_OK;
}

static const char *command_word(unsigned kind)
{
	for (size_t i = 1; i < command_count; i++)
		if (commands[i].kind & kind)
			return commands[i].name;
	return "-p PID";
}

/* Each option goes with the commands of its row. */
static enum status check_command(const struct options *o, struct error *error)
{
	const struct command *command = o->command;
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];
		if (!(o->given >> i & 1) || row->commands & command->kind)
			continue;
		if (*command->name)
			return error_set(error, STATUS_USAGE, "%s takes no --%s", command->name, row->name);
		return error_set(error, STATUS_USAGE, "--%s goes with %s", row->name,
		                 command_word(row->commands));
	}
	if (command->takes_file && !o->file)
		return error_set(error, STATUS_USAGE,
		                 "%s needs the file of an execution trace, or - for standard input",
		                 command->name);
	return STATUS_OK;
}

static enum status check_together(const struct options *o, struct error *error)
{
	enum status status = check_command(o, error);
	if (status != STATUS_OK)
		return status;
	if (o->batch && o->json)
		return error_set(error, STATUS_USAGE, "--batch and --json exclude each other");
	if (o->detail && !o->batch)
		return error_set(error, STATUS_USAGE, "--detail goes with --batch");
	if (o->iterations && !o->batch && !o->json)
		return error_set(error, STATUS_USAGE, "-n goes with --batch or --json");
	if (o->command == &commands[0] && !o->pid && (o->batch || o->json))
		return error_set(error, STATUS_USAGE,
		                 "--%s needs a process: -p PID (schedtop ls lists them)",
		                 o->batch ? "batch" : "json");
	if (o->from_ns >= o->to_ns)
		return error_set(error, STATUS_USAGE, "--from must be before --to");
	return STATUS_OK;
}

static const struct command *find_command(const char *word)
{
	for (size_t i = 1; i < command_count; i++)
		if (strcmp(word, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

enum status options_parse(struct options *o, int argc, char **argv, struct error *error)
{
	*o =
		(struct options){.command = &commands[0], .delay_ns = DELAY_DEFAULT_NS, .to_ns = INT64_MAX};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (word[0] == '-' && word[1]) {
			bool used_next = false;
			enum status status =
				parse_word(o, word, i + 1 < argc ? argv[i + 1] : NULL, &used_next, error);
			if (status != STATUS_OK)
				return status;
			i += used_next;
			continue;
		}
		bool named = o->command != &commands[0];
		const struct command *found = named ? NULL : find_command(word);
		if (found)
			o->command = found;
		else if (named && o->command->takes_file && !o->file)
			o->file = word;
		else
			return unknown(word, error);
	}
	if (o->help || o->help_man || o->version)
		return STATUS_OK;
	return check_together(o, error);
}

static void option_head(const struct option_row *row, char *to, size_t size)
{
	snprintf(to, size, "%c%c%s --%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
	         row->letter ? "," : " ", row->name, row->argument ? " " : "",
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

void options_print_help(FILE *out)
{
	fputs("schedtop: what the scheduler of a Go program does, live and from traces\n\nUsage:\n",
	      out);
	for (size_t i = 0; i < USAGES; i++)
		fprintf(out, "  schedtop %-23s %s\n", usages[i].usage, usages[i].text);
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < ROWS; i++) {
		char head[64];
		if (!rows[i].text)
			continue;
		option_head(&rows[i], head, sizeof head);
		fprintf(out, "  %-31s ", head);
		print_wrapped(out, rows[i].text, 34);
	}
	fputs("\nExit status: 0 ok, 1 failed, 2 usage, 3 no such process or file, or not a Go\n"
	      "program, 4 permission, 5 the process exited, 6 the trace is damaged, 128+n by\n"
	      "signal n.\n",
	      out);
}

/* Sentences in the tables begin small, as in --help; in the manual they stand alone. */
static void man_text(FILE *out, const char *text)
{
	fprintf(out, "%c%s.\n", toupper((unsigned char)*text), text + 1);
}

void options_print_man(FILE *out)
{
	fputs(".Sh COMMANDS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < USAGES; i++) {
		/* Nm takes what follows for the program's name, unless No ends it. */
		fprintf(out, ".It Nm%s%s\n", *usages[i].usage ? " No " : "", usages[i].usage);
		man_text(out, usages[i].text);
	}
	fputs(".El\n.Sh OPTIONS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];
		if (!row->text)
			continue;
		fputs(".It ", out);
		if (row->letter)
			fprintf(out, "Fl %c , ", row->letter);
		fprintf(out, "Fl Fl %s", row->name);
		if (row->argument)
			fprintf(out, " Ar %s", row->argument);
		fputc('\n', out);
		man_text(out, row->text);
	}
	fputs(".El\n", out);
}
