/*
 * What the values of options may be: each is read by the type of its option, into the options. Part
 * of options.c, whose table has the rows. One thread.
 */
#ifndef SCHEDTOP_CLI_OPTION_VALUE_H
#define SCHEDTOP_CLI_OPTION_VALUE_H

#include "cli/options.h"

enum option_type {
	TYPE_FLAG,
	TYPE_PID,
	TYPE_COUNT,
	TYPE_DURATION, /* between snapshots */
	TYPE_WATCH,    /* of watching */
	TYPE_SECONDS,  /* of a trace */
	TYPE_PAUSE,    /* between captures */
	TYPE_MOMENT,   /* in a trace */
	TYPE_SIZE,
	TYPE_SPEED,
	TYPE_ID,
	TYPE_TEXT,
	TYPE_ITEMS,
	TYPE_LIMITS,
	TYPE_MOVED,  /* a limit of the doctor */
	TYPE_RULE,   /* of the sentinel, */
	TYPE_ACTION, /* and what follows from the rule before it */
	TYPE_SLUG,
	TYPE_CHOICE,
	TYPE_LEVEL, /* a choice; standing alone it is the first one but "none" */
};

struct option_row {
	char letter; /* 0: none */
	const char *name;
	enum option_type type;
	size_t offset;             /* in struct options */
	const char *argument;      /* as help shows it; NULL for flags */
	const char *const *choice; /* TYPE_CHOICE: the words, in the order of their enum */
	int choices;
	unsigned with;    /* enum command_bit */
	const char *text; /* NULL: not shown */
};

/* What is being set: sentences name it as the user did, "--delay" or "SCHEDTOP_DELAY". */
struct setting {
	const struct option_row *row;
	const char *called;
	const char *value;
};

/* A value that is wrong leaves what was set before: STATUS_USAGE. Texts are borrowed. */
enum status option_value_set(struct options *o, const struct setting *setting, struct error *error);
/* STATUS_USAGE: "--delay takes EXPECTED, not 'x'". */
enum status option_value_bad(const struct setting *setting, const char *expected,
                             struct error *error);

#endif
