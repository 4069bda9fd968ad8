/*
 * The command line as two tables: options and commands. Parsing, --help and the manual page all
 * read them.
 */
#ifndef SCHEDTOP_CLI_OPTIONS_H
#define SCHEDTOP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "collect/collector.h"
#include "util/status.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_CHOICE_COUNT };

struct options {
	const struct command *command; /* never NULL after a good parse */
	const char *file;              /* of the commands that take one; "-" is standard input */
	pid_t pid;                     /* 0: none given */
	int64_t delay_ns;
	long iterations; /* 0: no end */
	enum source_choice source;
	enum color_choice color;
	unsigned kinds;         /* bits of enum report_kind; 0: all */
	int64_t from_ns, to_ns; /* since the trace's beginning; INT64_MAX: its end */
	uint64_t goroutine;     /* 0: all */
	const char *task;       /* an ID or a type; NULL: all */
	const char *trace_id;   /* NULL: all */
	bool batch, json, detail, ascii, verbose, strict, help, help_man, version;
	uint32_t given; /* a bit for each row of the table that was on the command line */
};

/* Which options a command takes; see the table in options.c. */
enum command_kind { FOR_WATCH = 1, FOR_LS = 2, FOR_STAT = 4, FOR_CHECK = 8, FOR_ALL = 15 };

/* What the program can do. The first one, whose name is "", is what happens without a command. */
struct command {
	const char *name;
	enum status (*run)(const struct options *o, struct error *error);
	enum command_kind kind;
	bool takes_file;
};
extern const struct command commands[]; /* main.c */
extern const size_t command_count;

/* STATUS_USAGE with a sentence that names the option and what it takes. */
enum status options_parse(struct options *o, int argc, char **argv, struct error *error);

void options_print_help(FILE *out);
/* The COMMANDS and OPTIONS sections of schedtop(1), in mdoc. */
void options_print_man(FILE *out);

#endif
