/* One function per command; each wires sources, history and output together and returns the exit
 * status. */
#ifndef SCHEDTOP_CLI_COMMANDS_H
#define SCHEDTOP_CLI_COMMANDS_H

#include <signal.h>

#include "cli/child.h"
#include "cli/options.h"
#include "collect/collector.h"
#include "tui/screen.h"
#include "tui/theme.h"

/* How the sentence begins that says why standard output fails. */
#define OUTPUT_LOST "the output can't be written: "

/* schedtop, schedtop -p PID: the screen, or a stream when --batch or --json ask for it. */
enum status command_watch(const struct options *o, struct error *error);
/* schedtop -p PID --batch or --json. */
enum status command_stream(const struct options *o, struct error *error);
/* schedtop -- PROG ARGS, with the screen or as a stream. Returns PROG's own exit status. */
enum status command_launch(const struct options *o, struct error *error);
/* The screen for process o->pid; `child` when that is one we started, else NULL. *sig is the signal
   that ended it, or 0. */
enum status watch_process(const struct options *o, struct child *child, int *sig,
                          struct error *error);
/* schedtop --replay FILE: a recording on the screen. */
enum status command_replay(const struct options *o, struct error *error);
/* schedtop watch: the sentinel without a screen. */
enum status command_sentinel(const struct options *o, struct error *error);
/* schedtop --prometheus URL: a fleet, on the screen or as lines. */
enum status command_fleet(const struct options *o, struct error *error);
/* schedtop ls */
enum status command_ls(const struct options *o, struct error *error);
/* schedtop capture: an execution trace into a file. */
enum status command_capture(const struct options *o, struct error *error);
/* schedtop stat FILE, schedtop check FILE (cmd_stat.c) */
enum status command_stat(const struct options *o, struct error *error);
enum status command_check(const struct options *o, struct error *error);
/* schedtop agent add|overlay: the agent in a Go module that doesn't have it. */
enum status command_agent(const struct options *o, struct error *error);
void agent_print_help(FILE *out);
/* schedtop diff BEFORE AFTER */
enum status command_diff(const struct options *o, struct error *error);
/* schedtop doctor FILE: what is wrong, with the evidence. */
enum status command_doctor(const struct options *o, struct error *error);
/* The line for who is new, greeting.c: is this user, and that he was told. */
bool is_new_user(void);
void remember_greeting(void);
/* A trace over another screen; for struct screen_opener. `arg`: the options. */
enum status open_trace(struct screen *screen, const char *path, void (*wake)(void *wake_arg),
                       void *wake_arg, const void *arg, struct error *error);
/* schedtop export FILE: a trace in a form that other programs read. */
enum status command_export(const struct options *o, struct error *error);
/* schedtop export-metrics -p PID: what is known of a process, for Prometheus. */
enum status command_export_metrics(const struct options *o, struct error *error);
/* schedtop trace FILE: the browser. */
enum status command_trace(const struct options *o, struct error *error);
/* schedtop profile FILE: a profile for pprof. */
enum status command_profile(const struct options *o, struct error *error);
/* Lets the user choose among the Go processes; *pid is 0 when the user quit. */
enum status choose_process(const struct options *o, pid_t *pid, struct error *error);

/* Is this a terminal with colours, as far as the options and the environment say? */
bool wants_color(const struct options *o);
/* Does it show no more than ASCII, or is it to be treated so? */
bool wants_ascii(const struct options *o);
/* Both, and what graphs are made of. */
struct loop_look look_of(const struct options *o);
/* The theme that the options name. One that can't be had fails when the command line named it; else
   that is told, and the built-in one serves. */
enum status choose_theme(const struct options *o, struct theme *out, const struct ini_sink *sink,
                         struct error *error);
/* By its name or path, for the screen. */
enum status load_theme(const char *name, struct theme *out, struct error *error);
/* The names of those there are, sorted; returns how many. */
size_t list_themes(char name[][THEME_NAME_MAX], size_t max);

/* What would end us is read from a descriptor from now on, so that none of it gets lost between two
   waits; threads that are made after this leave it alone. *before is for sigprocmask, when that is
   over. -1: errno says why there is no descriptor. */
int signals_hold(sigset_t *before);
/* Ends as the signal would have ended us, so that the exit status tells the truth. */
void die_of(int sig);

/* What is to be watched, for a sentence: "process 4321", an address, "standard input". */
void subject_of(const struct options *o, char *to, size_t size);
/* The collector for that, which samples lanes; it hands its snapshots to `feed`. */
struct collector_options collector_options_of(const struct options *o, struct feed *feed);

/* A place where a recording is damaged, as a `# ...` line on stderr; of many the first ones. *told
   counts them, from 0 on. */
void tell_damage(int *told, const char *sentence);

/* Sentences about sources that can't deliver and a target that is stopped, as `# ...` lines on
 * stderr, each once when it comes up. */
struct trouble_log {
	char told[ORIGIN_COUNT][sizeof((struct snapshot *)0)->trouble[0]];
	enum target_state state;
	bool any; /* something was told */
};
void trouble_log_tell(struct trouble_log *log, const struct snapshot *s);
/* And one snapshot after them, as --batch would print it: the log beside the screen. */
void trouble_log_snapshot(struct trouble_log *log, const struct snapshot *s, int64_t attach_ns);

#endif
