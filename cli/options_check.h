/*
 * Which options of the command line go together: what is watched, captured or shown decides what
 * else can be asked for. Part of options.c, which calls these when all words are read; each returns
 * STATUS_USAGE with a sentence that names the options.
 */
#ifndef SCHEDTOP_CLI_OPTIONS_CHECK_H
#define SCHEDTOP_CLI_OPTIONS_CHECK_H

#include "cli/options.h"

bool options_has_target(const struct options *o);
enum status options_check_sides(const struct options *o, struct error *error);
enum status options_check_doctor_target(const struct options *o, struct error *error);
enum status options_check_replay(const struct options *o, struct error *error);
enum status options_check_text(const struct options *o, struct error *error);
enum status options_check_program(const struct options *o, struct error *error);
enum status options_check_fleet(const struct options *o, struct error *error);
enum status options_check_sentinel(struct options *o, struct error *error);
enum status options_check_capture(const struct options *o, struct error *error);

#endif
