#include "cli/options_check.h"

#include <string.h>

/* Is there something to watch? */
bool options_has_target(const struct options *o)
{
	return o->pid || o->url || o->text;
}

/* BEFORE AFTER, or BEFORE... -- AFTER... */
enum status options_check_sides(const struct options *o, struct error *error)
{
	if (o->command->bit != WITH_DIFF)
		return STATUS_OK;
	if (o->json && o->markdown)
		return error_set(error, STATUS_USAGE, "--json and --markdown exclude each other");
	if (o->separated ? o->separator == 0 || o->separator == o->paths : o->paths != 2)
		return error_set(error, STATUS_USAGE,
		                 "diff needs two traces or directories of traces, or two lists of them "
		                 "with -- between");
	return STATUS_OK;
}

/* What it looks at decides what else can be asked for. */
enum status options_check_doctor_target(const struct options *o, struct error *error)
{
	static const char *const of_process[] = {"for", "delay", "source"};
	static const char *const of_trace[] = {"from", "to"};
	if ((o->file != NULL) + options_has_target(o) + (o->replay != NULL) > 1)
		return error_set(error, STATUS_USAGE,
		                 "doctor takes a trace, a process (-p PID, --url URL) or a recording "
		                 "(--replay FILE), one of them");
	if (o->probe && !o->pid)
		return error_set(error, STATUS_USAGE, "--probe goes with doctor -p PID");
	for (size_t i = 0; !options_has_target(o) && i < sizeof of_process / sizeof *of_process; i++)
		if (options_given(o, of_process[i]))
			return error_set(error, STATUS_USAGE, "--%s goes with doctor -p PID or --url URL",
			                 of_process[i]);
	for (size_t i = 0; !o->file && i < sizeof of_trace / sizeof *of_trace; i++)
		if (options_given(o, of_trace[i]))
			return error_set(error, STATUS_USAGE, "--%s goes with a trace: doctor FILE",
			                 of_trace[i]);
	return STATUS_OK;
}

/* A recording has a process and a pace of its own. */
enum status options_check_replay(const struct options *o, struct error *error)
{
	static const char *const others[] = {"pid", "url", "record", "log", "source", "delay"};
	if (o->program)
		return error_set(error, STATUS_USAGE, "--replay and -- PROG exclude each other");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (options_given(o, others[i]))
			return error_set(error, STATUS_USAGE, "--replay and --%s exclude each other",
			                 others[i]);
	if (strcmp(o->replay, "-") == 0 && !o->batch && !o->json && o->command->bit == WITH_WATCH)
		return error_set(error, STATUS_USAGE,
		                 "--replay - goes with --batch or --json: the screen needs standard input "
		                 "for its keys");
	return STATUS_OK;
}

/* A text has a program and a pace of its own; beside a process it is one more source. */
enum status options_check_text(const struct options *o, struct error *error)
{
	if (!o->text)
		return o->follow && o->command->bit != WITH_SENTINEL
		           ? error_set(error, STATUS_USAGE, "--follow goes with --schedtrace FILE")
		           : STATUS_OK;
	if (o->program)
		return error_set(error, STATUS_USAGE,
		                 "--schedtrace and -- PROG exclude each other: --source schedtrace reads "
		                 "what PROG prints");
	if (o->replay)
		return error_set(error, STATUS_USAGE, "--schedtrace and --replay exclude each other");
	if (o->source != SOURCE_AUTO && o->source != SOURCE_SCHEDTRACE)
		return error_set(error, STATUS_USAGE, "--schedtrace and --source %s exclude each other",
		                 source_words[o->source]);
	if (!o->pid && options_given(o, "delay"))
		return error_set(error, STATUS_USAGE,
		                 "--schedtrace without -p PID takes no --delay: lines come as the program "
		                 "prints them");
	return STATUS_OK;
}

/* A process is named by its number, or is one that we start. */
enum status options_check_program(const struct options *o, struct error *error)
{
	if (o->program && o->command->bit != WITH_WATCH)
		return error_set(error, STATUS_USAGE, "%s does not start programs", o->command->name);
	if (o->program && o->pid)
		return error_set(error, STATUS_USAGE, "--pid and -- PROG exclude each other");
	if (!o->program && o->outputs)
		return error_set(error, STATUS_USAGE, "--stderr goes with -- PROG");
	return STATUS_OK;
}

/* A fleet is no process, but may lead to one. */
enum status options_check_fleet(const struct options *o, struct error *error)
{
	static const char *const others[] = {"pid",    "url",    "schedtrace", "record",
	                                     "replay", "source", "detail"};
	if (o->match && !o->prometheus)
		return error_set(error, STATUS_USAGE, "--match goes with --prometheus");
	if (!o->prometheus)
		return STATUS_OK;
	if (o->program)
		return error_set(error, STATUS_USAGE, "--prometheus and -- PROG exclude each other");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (options_given(o, others[i]))
			return error_set(error, STATUS_USAGE, "--prometheus and --%s exclude each other",
			                 others[i]);
	return STATUS_OK;
}

/* Rules are read; what is missing of them gets its default. */
enum status options_check_sentinel(struct options *o, struct error *error)
{
	plan_complete(&o->plan);
	if (o->plan.n > 0 && options_given(o, "sentinel") && (o->replay || o->batch || o->json))
		return error_set(error, STATUS_USAGE,
		                 "--sentinel goes with the screen, or without one with schedtop watch");
	if (o->command->bit != WITH_SENTINEL || o->list)
		return STATUS_OK;
	if (!o->pid && !o->url)
		return error_set(error, STATUS_USAGE,
		                 "watch needs a process: -p PID (schedtop ls lists them) or --url URL");
	return STATUS_OK;
}

/* What is taken, and where it goes. */
enum status options_check_capture(const struct options *o, struct error *error)
{
	if (o->output && options_given(o, "trace-dir"))
		return error_set(error, STATUS_USAGE, "--output and --trace-dir exclude each other");
	if (o->flight + o->goroutines + o->sampled > 1)
		return error_set(error, STATUS_USAGE,
		                 "--flight, --goroutines and --sampled exclude each other");
	if (o->flight && options_given(o, "seconds"))
		return error_set(error, STATUS_USAGE,
		                 "--flight is what has been: how far back is the program's to say, not "
		                 "--seconds");
	if (o->goroutines && options_given(o, "seconds"))
		return error_set(error, STATUS_USAGE, "--goroutines and --seconds exclude each other");
	return STATUS_OK;
}
