/*
 * The command line as a table for programs, `schedtop --help-table`: what tools/completions makes
 * the completions of shells from. Reads constant tables alone; any thread.
 *
 * A row is a line, its fields have tabs between, and its first field says what it is:
 *
 *   command NAME TAKES TEXT            what it takes besides options: none, trace, traces, agent
 *   option LETTER NAME VALUE WITH TEXT "-": no letter; the value's kind: none, pid, word (of its
 *                                      `words`), list (of such), optional (as --NAME=WORD), file,
 *                                      directory, theme or text; commands with commas between
 *   words OPTION WITH WORD...          what its value can be with these commands
 *   suffixes OF SUFFIX...              what files are called that it takes: those of an option, or
 *                                      of a command that takes a trace
 *
 * The command without a name is "-".
 */
#ifndef SCHEDTOP_CLI_HELP_TABLE_H
#define SCHEDTOP_CLI_HELP_TABLE_H

#include <stdio.h>

void help_table_print(FILE *out);

#endif
