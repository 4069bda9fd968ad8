/*
 * The command line as two tables: options and commands. Parsing, the configuration (settings.h),
 * --help and the manual page all read them. Texts are borrowed from where they were read.
 */
#ifndef SCHEDTOP_CLI_OPTIONS_H
#define SCHEDTOP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "collect/collector.h"
#include "collect/rotation.h"
#include "doctor/limits.h"
#include "export/choices.h"
#include "trace/profile_kinds.h"
#include "tui/means.h"
#include "util/status.h"
#include "watch/plan.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_CHOICE_COUNT };
enum clipboard_choice { CLIPBOARD_ON, CLIPBOARD_OFF, CLIPBOARD_CHOICE_COUNT };
enum graph_choice { GRAPHS_BRAILLE, GRAPHS_BLOCKS, GRAPH_CHOICE_COUNT };

enum {
	PATHS_MAX = 512, /* traces to compare */
	LIMITS_MAX = 32,
};

/* Of an option that may be given again and again. */
struct limits {
	const char *text[LIMITS_MAX];
	size_t n;
};

/* Where a setting may be from, from the weakest to the strongest. */
enum settings_layer {
	LAYER_DEFAULT,
	LAYER_SYSTEM,
	LAYER_USER,
	LAYER_ENVIRONMENT,
	LAYER_COMMAND_LINE,
	LAYER_COUNT,
};

enum { OPTIONS_MAX = 128 };

struct options {
	const struct subcommand *command; /* never NULL after a good parse */
	const char *file;                 /* of the commands that take one; "-" is standard input */
	/* Of traces to compare, or of directories; of agent its words. */
	const char *path[PATHS_MAX];
	size_t paths;
	bool separated;   /* there was a -- among them */
	size_t separator; /* how many stood before it */
	pid_t pid;        /* 0: none given */
	const char *url;  /* where the program answers; NULL: none given */
	struct web_options web;
	bool follow;          /* the text, as it grows; the program, when it is started anew */
	const char *text;     /* with its schedtrace lines, "-" is standard input; NULL: none given */
	char *const *program; /* to start, with its arguments; NULL: none */
	const char *outputs;  /* file for what it prints; NULL: none was named */
	int64_t delay_ns;
	long iterations; /* 0: no end */
	enum source_choice source;
	enum color_choice color;
	enum graph_choice graphs;
	bool batch, json, detail, ascii, verbose, plain, strict, help, help_man, help_table, help_conf,
		version;
	int64_t trace_ns;      /* how long a trace is taken */
	bool sampled;          /* from memory, of a program that nobody can trace */
	const char *output;    /* where to; NULL: a trace gets a name of its own in trace_dir */
	const char *trace_dir; /* NULL: the default one */
	long trace_keep;       /* traces kept there */
	int64_t trace_bytes;   /* and what they may take */
	bool flight;           /* capture what has been */
	bool goroutines;       /* capture these, not a trace */
	bool automatic;        /* a capture that nobody asked for */
	int64_t cooldown_ns;   /* after another one */
	int64_t capture_bytes; /* that one may have */
	const char *kind;      /* as it was given; the command says what it may be: */
	unsigned kinds;        /* parts of a report, bits of enum report_kind; 0: all */
	enum profile_kind profile;
	bool still_blocked;
	enum export_format format;
	enum redact_level redact;
	int64_t from_ns;       /* of a trace, since its beginning */
	int64_t to_ns;         /* INT64_MAX: its end */
	uint64_t goroutine;    /* 0: all */
	const char *task;      /* an ID or a type; NULL: all */
	const char *trace_id;  /* NULL: all */
	unsigned items;        /* what to compare, bits of enum item_kind; 0: all */
	struct limits fail_on; /* of a comparison; of the doctor, as it was given: */
	enum severity fail_severity;
	struct limits_set limits; /* of the doctor */
	const char *explain;      /* a slug; NULL: none */
	int64_t watch_ns;         /* how long the doctor watches a process */
	bool probe;
	bool markdown, sarif;
	struct plan plan;            /* of the sentinel */
	bool list;                   /* the metrics */
	const char *record;          /* file or directory to write snapshots to; NULL: none */
	const char *log;             /* directory for schedtrace text; NULL: none */
	struct rotation_limits keep; /* of what is in such directories */
	double speed;                /* of a replay */
	const char *listen;          /* where metrics are served */
	const char *replay;          /* recording to show in place of a process; "-": standard input */
	const char *prometheus;      /* a metrics server, to show a fleet; NULL: none */
	const char *match;           /* which instances; NULL: all */
	const char *inside;          /* the screen that leaving leads back to; NULL: there is none */
	const char *theme;           /* name or path; NULL: the built-in one */
	const char *theme_from;      /* who says so: "FILE:12", a variable; NULL: nobody */
	struct keymap keys;
	enum clipboard_choice clipboard;
	struct means means; /* of all that */
	const char *config; /* the only configuration file to read; NULL: the usual ones */
	/* Of each row that is a setting: where its value is from, and as it was written there. */
	enum settings_layer layer; /* of what is read now */
	unsigned char from[OPTIONS_MAX];
	const char *written[OPTIONS_MAX];
	uint64_t given[2]; /* bit i % 64 of word i / 64: row i of the table was on the command line */
};

/* Which commands take an option; WITH_CONFIG: it is a setting of the configuration too. */
enum command_bit {
	WITH_WATCH = 1,
	WITH_LS = 2,
	WITH_CAPTURE = 4,
	WITH_STAT = 8,
	WITH_CHECK = 16,
	WITH_TRACE = 32,
	WITH_PROFILE = 64,
	WITH_EXPORT = 128,
	WITH_DIFF = 512,
	WITH_DOCTOR = 1024,
	WITH_SENTINEL = 2048,
	WITH_AGENT = 8192,
	WITH_METRICS = 32768,
	WITH_ALL = 255 | WITH_DIFF | WITH_DOCTOR | WITH_SENTINEL | WITH_AGENT | WITH_METRICS,
	/* Those that a part of one can be asked of. */
	WITH_TRACES = WITH_STAT | WITH_TRACE | WITH_PROFILE | WITH_EXPORT | WITH_DIFF,
	WITH_CONFIG = 256,
};

/* What the program can do. The first one, whose name is "", is what happens without a command. */
struct subcommand {
	const char *name;
	enum status (*run)(const struct options *o, struct error *error);
	enum command_bit bit;
	bool takes_file;
};
extern const struct subcommand commands[]; /* main.c */
extern const size_t command_count;

/* As --source has them. */
extern const char *const source_words[SOURCE_CHOICE_COUNT];

/* The defaults, before anything is read. */
void options_init(struct options *o);
/* The command line, over what is set already. STATUS_USAGE with a sentence that names the option
   and what it takes. */
enum status options_parse(struct options *o, int argc, char **argv, struct error *error);

/* One setting by its long name, as the configuration has it; sentences call it `called`.
   STATUS_USAGE with what was expected, and then nothing is changed. */
enum status options_set(struct options *o, const char *name, const char *value, const char *called,
                        struct error *error);
/* What is known of a setting: constant words of the table. */
struct setting_info {
	const char *name, *argument, *text; /* argument: NULL for a flag */
	const char *const *choice;          /* the words it may be; NULL: anything that fits */
	int choices;
	bool flag;
};
/* The i-th; false after the last. */
bool options_setting_info(size_t i, struct setting_info *to);
/* Where the value of the i-th setting is from, and as it was written there; NULL: the default. */
enum settings_layer options_layer(const struct options *o, size_t i, const char **value);
/* SETTINGS, KEYS and the other sections of schedtop.conf(5), in mdoc. */
void options_print_conf(FILE *out);
/* The names that it takes, from 0 on; NULL after the last. */
const char *options_setting(size_t i);
/* The variable of the environment for it: SCHEDTOP_TRACE_DIR for "trace-dir". */
void options_variable(const char *name, char *to, size_t size);
/* Was this option on the command line? */
bool options_given(const struct options *o, const char *name);

/* How a row of the table of options takes its value. */
enum option_value {
	OPTION_FLAG,          /* none */
	OPTION_WORD,          /* one of `choice` */
	OPTION_OPTIONAL_WORD, /* likewise, but only as --NAME=WORD */
	OPTION_PID,
	OPTION_TEXT, /* what `argument` says */
};
/* A row, for who lists them. */
struct option_listed {
	char letter; /* 0: none */
	const char *name;
	enum option_value value;
	const char *argument; /* as help shows it; NULL for flags */
	const char *const *choice;
	int choices;
	unsigned with;    /* enum command_bit */
	const char *text; /* NULL: not shown */
};
/* Row i, from 0 on; false after the last. */
bool options_listed(size_t i, struct option_listed *out);
/* What help says first of a command; "" where it says nothing. */
const char *options_about(const struct subcommand *command);

/* --help: the ways to call a command and its options; of the first one all ways, and the options of
   those without a name. */
void options_print_help(FILE *out, const struct subcommand *command);
/* A limit of the doctor, as the configuration has it below [doctor]. STATUS_USAGE likewise. */
enum status options_set_limit(struct options *o, const char *name, const char *value,
                              struct error *error);
/* The COMMANDS, OPTIONS and SETTINGS sections of schedtop(1), in mdoc. */
void options_print_man(FILE *out);
/* A sentence of the tables as a line of its own: there it begins small and has no full stop. */
void options_print_man_text(FILE *out, const char *text);

#endif
