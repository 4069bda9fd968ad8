#include "cli/options.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/option_value.h"
#include "cli/options_check.h"
#include "collect/capture.h"
#include "collect/capture_lock.h"
#include "collect/rotation.h"
#include "collect/trace_store.h"
#include "report/kinds.h"
#include "trace/profile_kinds.h"
#include "util/clock.h"
#include "util/text.h"

static const char *const color_words[COLOR_CHOICE_COUNT] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};
static const char *const graph_words[GRAPH_CHOICE_COUNT] = {
	[GRAPHS_BRAILLE] = "braille",
	[GRAPHS_BLOCKS] = "blocks",
};
static const char *const clipboard_words[CLIPBOARD_CHOICE_COUNT] = {
	[CLIPBOARD_ON] = "on",
	[CLIPBOARD_OFF] = "off",
};
const char *const source_words[SOURCE_CHOICE_COUNT] = {
	[SOURCE_AUTO] = "auto",   [SOURCE_MEMORY] = "memory",
	[SOURCE_AGENT] = "agent", [SOURCE_SCHEDTRACE] = "schedtrace",
	[SOURCE_PPROF] = "pprof",
};

#define DELAY_DEFAULT_NS NS_PER_S
#define TRACE_DEFAULT_NS (3 * NS_PER_S)
#define WATCH_DEFAULT_NS (15 * NS_PER_S)

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{'p', "pid", TYPE_PID, AT(pid), "PID", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_DOCTOR | WITH_METRICS,
     "the Go process to watch"},
	{0, "url", TYPE_TEXT, AT(url), "URL", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_DOCTOR,
     "a Go program that serves net/http/pprof: http://HOST:6060, https://HOST/PATH or "
     "unix:///PATH/OF/SOCKET[:/PATH]; with -p PID one more source of that process; credentials are "
     "taken from SCHEDTOP_AUTH (user:password or Bearer TOKEN) or ~/.netrc, never from the URL"},
	{0, "listen", TYPE_TEXT, AT(listen), "ADDRESS", NULL, 0, WITH_METRICS | WITH_CONFIG,
     "with export-metrics: where to serve them (default 127.0.0.1:9464)"},
	{0, "stderr", TYPE_TEXT, AT(outputs), "FILE", NULL, 0, WITH_WATCH,
     "with -- PROG: the file for what it prints (default: where schedtop's own standard error "
     "goes; "
     "with a screen, a file of its own)"},
	{'d', "delay", TYPE_DURATION, AT(delay_ns), "TIME", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_DOCTOR | WITH_METRICS | WITH_CONFIG,
     "time between snapshots: 250ms, 0.3s, 2m; a bare number is seconds (default 1s, least 50ms)"},
	{'n', "iterations", TYPE_COUNT, AT(iterations), "N", NULL, 0, WITH_WATCH,
     "end after N snapshots (with --batch and --json)"},
	{0, "source", TYPE_CHOICE, AT(source), "auto|memory|agent|schedtrace|pprof", source_words,
     SOURCE_CHOICE_COUNT, WITH_SENTINEL | WITH_WATCH | WITH_DOCTOR | WITH_METRICS | WITH_CONFIG,
     "where the numbers come from (default auto: whatever is there); schedtrace: "
     "from what the runtime prints, with -p PID to the file that is its standard error, with -- "
     "PROG because schedtop sets GODEBUG=schedtrace for it"},
	{0, "schedtrace", TYPE_TEXT, AT(text), "FILE|-", NULL, 0, WITH_WATCH,
     "watch a program by what it printed with GODEBUG=schedtrace=N, among all else: a file, which "
     "may be rotated, or standard input; with -p PID for what that process's memory does not tell"},
	{0, "follow", TYPE_FLAG, AT(follow), NULL, NULL, 0, WITH_SENTINEL | WITH_WATCH,
     "with --schedtrace FILE and --batch or --json: go on with what is written to it later (the "
     "screen always does); with watch: go on with the same program when it is started anew"},
	{'b', "batch", TYPE_FLAG, AT(batch), NULL, NULL, 0, WITH_WATCH,
     "print snapshots as the runtime's schedtrace does, one line each"},
	{0, "detail", TYPE_FLAG, AT(detail), NULL, NULL, 0, WITH_WATCH,
     "with --batch: every P and M too, as scheddetail=1 does; with --source schedtrace -- PROG: "
     "set scheddetail=1 as well"},
	{'j', "json", TYPE_FLAG, AT(json), NULL, NULL, 0,
     WITH_WATCH | WITH_LS | WITH_STAT | WITH_CHECK | WITH_DIFF | WITH_DOCTOR,
     "print snapshots as JSON, one object a line; with stat, check and diff: the result as one "
     "object; with doctor: a list of findings"},
	{0, "sarif", TYPE_FLAG, AT(sarif), NULL, NULL, 0, WITH_DOCTOR,
     "with doctor: the findings as SARIF 2.1.0, for what shows warnings beside the code"},
	{'v', "verbose", TYPE_FLAG, AT(verbose), NULL, NULL, 0, WITH_LS,
     "with ls: how the runtime of each process was found, or why its memory can't be read, and "
     "which processes can't be looked at"},
	{0, "plain", TYPE_FLAG, AT(plain), NULL, NULL, 0, WITH_LS,
     "with ls: a line for each process with its PID, program, Go version and user, tabs between, "
     "for scripts; nothing is measured"},
	{'s', "seconds", TYPE_SECONDS, AT(trace_ns), "TIME", NULL, 0,
     WITH_WATCH | WITH_SENTINEL | WITH_CAPTURE | WITH_CONFIG,
     "how long a trace is taken, in whole seconds from 1s to 30s (default 3s)"},
	{0, "flight", TYPE_FLAG, AT(flight), NULL, NULL, 0, WITH_CAPTURE,
     "with capture: what has been, from the flight recorder of the program's agent "
     "(SCHEDTOP_FLIGHT "
     "or agent.Options.FlightRecorder), in place of what comes"},
	{0, "goroutines", TYPE_FLAG, AT(goroutines), NULL, NULL, 0, WITH_CAPTURE,
     "with capture: where all goroutines stand, as text, in place of a trace"},
	{0, "sampled", TYPE_FLAG, AT(sampled), NULL, NULL, 0, WITH_CAPTURE,
     "with capture: a trace put together from looks at the memory, a thousand a second, of a "
     "program "
     "that nobody can trace; it shows what there was and for how long, not the order of events"},
	{0, "automatic", TYPE_FLAG, AT(automatic), NULL, NULL, 0, WITH_CAPTURE,
     "with capture: no person asks for it, so leave a pause of --cooldown after the last one of "
     "that process, whoever took it"},
	{0, "cooldown", TYPE_PAUSE, AT(cooldown_ns), "TIME", NULL, 0,
     WITH_WATCH | WITH_SENTINEL | WITH_CAPTURE | WITH_CONFIG,
     "the pause before an automatic capture (default 60s, at most 24h; 0: none)"},
	{0, "capture-bytes", TYPE_SIZE, AT(capture_bytes), "SIZE", NULL, 0,
     WITH_WATCH | WITH_SENTINEL | WITH_CAPTURE | WITH_CONFIG,
     "what one capture may have; one that is larger fails (default 4GiB)"},
	{'o', "output", TYPE_TEXT, AT(output), "FILE", NULL, 0,
     WITH_CAPTURE | WITH_PROFILE | WITH_EXPORT,
     "with capture, profile and export: the file to write, or - for standard output (default of "
     "capture: a new one in the directory of traces; else standard output)"},
	{0, "trace-dir", TYPE_TEXT, AT(trace_dir), "DIR", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_CONFIG,
     "the directory of traces (default $XDG_DATA_HOME/schedtop/traces)"},
	{0, "trace-keep", TYPE_COUNT, AT(trace_keep), "N", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_CONFIG,
     "keep the newest N traces there (default 20)"},
	{0, "trace-bytes", TYPE_SIZE, AT(trace_bytes), "SIZE", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_CONFIG,
     "and no more than 500MB, 2GiB or the like of them (default 1GiB)"},
	{0, "kind", TYPE_TEXT, AT(kind), "KIND,...", NULL, 0, WITH_STAT | WITH_PROFILE | WITH_EXPORT,
     "with stat: these parts alone, of health, utilization, goroutines, waits, blocked, gc, tasks "
     "and samples; with profile and export --format folded, which one: net, sync, syscall or "
     "sched, as go tool trace -pprof "
     "has them, cpu (samples of the CPU profiler) or blocked (on anything)"},
	{0, "still-blocked", TYPE_FLAG, AT(still_blocked), NULL, NULL, 0, WITH_PROFILE | WITH_EXPORT,
     "with profile and export --format folded: count what had not ended when the trace did, too; "
     "a profile has it with the label state=still-blocked"},
	{0, "from", TYPE_MOMENT, AT(from_ns), "TIME", NULL, 0, WITH_TRACES | WITH_DOCTOR,
     "of a trace: count from this moment on, as time since the trace began"},
	{0, "to", TYPE_MOMENT, AT(to_ns), "TIME", NULL, 0, WITH_TRACES | WITH_DOCTOR,
     "of a trace: count up to this moment"},
	{0, "goroutine", TYPE_ID, AT(goroutine), "ID", NULL, 0, WITH_TRACES,
     "of a trace: this goroutine alone"},
	{0, "task", TYPE_TEXT, AT(task), "TASK", NULL, 0, WITH_TRACES,
     "of a trace: of the tasks, the one with this ID, or those of this type; with profile: what is "
     "done for them"},
	{0, "trace-id", TYPE_TEXT, AT(trace_id), "ID", NULL, 0, WITH_TRACES,
     "of a trace: the same of the tasks whose log carries this OpenTelemetry ID"},
	{0, "by", TYPE_ITEMS, AT(items), "KIND,...", NULL, 0, WITH_DIFF,
     "with diff: compare these alone, of region, task, start (goroutines by start function) and "
     "site "
     "(where they block)"},
	{0, "fail-on", TYPE_LIMITS, AT(fail_on), "LIMIT", NULL, 0, WITH_DIFF | WITH_DOCTOR,
     "with diff: end with status 10 where a change goes beyond this and exceeds the noise, such as "
     "'region:encode p99 +20%'; may be given again; with doctor: where there is a finding of this "
     "severity or above: info, warning (default) or critical"},
	{0, "limit", TYPE_MOVED, AT(limits), "NAME=VALUE", NULL, 0,
     WITH_SENTINEL | WITH_DOCTOR | WITH_WATCH | WITH_TRACE,
     "with doctor, and for the Findings on a screen: from where on something is a finding, such "
     "as stw-long.pause=2ms; may be given "
     "again, and schedtop-findings(7) has the names"},
	{0, "sentinel", TYPE_RULE, AT(plan), "RULE", NULL, 0, WITH_WATCH | WITH_SENTINEL,
     "act when RULE is broken, such as 'sched.p99>50ms for 5s' or 'finding:gc-pressure>=critical'; "
     "may be given again; none takes back what the configuration has"},
	{0, "then", TYPE_ACTION, AT(plan), "ACTION", NULL, 0, WITH_WATCH | WITH_SENTINEL,
     "what to put into the bundle then, of the rule before it: snapshots (which are always in it), "
     "trace (default), flight, goroutines, sampled; or exec:COMMAND; may be given again"},
	{0, "list", TYPE_FLAG, AT(list), NULL, NULL, 0, WITH_SENTINEL,
     "with watch: the metrics that a rule can be about"},
	{0, "for", TYPE_WATCH, AT(watch_ns), "TIME", NULL, 0, WITH_DOCTOR | WITH_CONFIG,
     "with doctor -p: how long to watch (default 15s, least 2s); what grows slowly takes minutes "
     "to "
     "be sure of, which a finding says"},
	{0, "probe", TYPE_FLAG, AT(probe), NULL, NULL, 0, WITH_DOCTOR | WITH_CONFIG,
     "with doctor -p: ask the addresses on which the process listens for /debug/pprof/, too"},
	{0, "explain", TYPE_SLUG, AT(explain), "SLUG", NULL, 0, WITH_DOCTOR,
     "with doctor: what this finding means, what to do, and how it is found"},
	{0, "markdown", TYPE_FLAG, AT(markdown), NULL, NULL, 0, WITH_DIFF,
     "with diff: for a comment on a pull request"},
	{0, "format", TYPE_CHOICE, AT(format), "perfetto|chrome|folded|json|csv", export_format_words,
     EXPORT_FORMATS, WITH_EXPORT | WITH_CONFIG,
     "with export: the form of the file (default perfetto, for ui.perfetto.dev): chrome for "
     "chrome://tracing as well, folded stacks for flame graphs (of --kind, default blocked), json "
     "for what stat --json says, csv for a table of all states, regions, tasks and the like"},
	{0, "redact", TYPE_LEVEL, AT(redact), "[=secrets|all]", redact_level_words, REDACT_LEVELS,
     WITH_EXPORT | WITH_CONFIG,
     "with export: without what looks like a secret in logs and names of tasks and regions, or "
     "without any such text"},
	{0, "strict", TYPE_FLAG, AT(strict), NULL, NULL, 0, WITH_CHECK | WITH_CONFIG,
     "with check: judge as Go's own reader does, which repairs nothing"},
	{0, "color", TYPE_CHOICE, AT(color), "auto|always|never", color_words, COLOR_CHOICE_COUNT,
     WITH_WATCH | WITH_TRACE | WITH_CONFIG,
     "colours on the screen (default auto: unless NO_COLOR is set)"},
	{0, "theme", TYPE_TEXT, AT(theme), "NAME", NULL, 0, WITH_WATCH | WITH_TRACE | WITH_CONFIG,
     "what they look like: dark (default), light, colour-blind-safe, high-contrast, mono, one of "
     "your own, or the path of a theme file"},
	{0, "ascii", TYPE_FLAG, AT(ascii), NULL, NULL, 0,
     WITH_WATCH | WITH_STAT | WITH_CHECK | WITH_TRACE | WITH_DIFF | WITH_DOCTOR | WITH_CONFIG,
     "draw with ASCII characters alone (--no-ascii: not, whatever the configuration says)"},
	{0, "graphs", TYPE_CHOICE, AT(graphs), "braille|blocks", graph_words, GRAPH_CHOICE_COUNT,
     WITH_WATCH | WITH_TRACE | WITH_CONFIG,
     "what sparklines and charts are made of, where they are not ASCII (default braille)"},
	{0, "clipboard", TYPE_CHOICE, AT(clipboard), "on|off", clipboard_words, CLIPBOARD_CHOICE_COUNT,
     WITH_WATCH | WITH_TRACE | WITH_CONFIG,
     "whether y may write to the clipboard of the terminal, by OSC 52 (default on)"},
	{0, "ca-file", TYPE_TEXT, AT(web.ca_file), "FILE", NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_DOCTOR | WITH_CONFIG,
     "with https: trust the certificates in FILE, in PEM form (default: those of the system)"},
	{0, "insecure", TYPE_FLAG, AT(web.insecure), NULL, NULL, 0,
     WITH_SENTINEL | WITH_WATCH | WITH_CAPTURE | WITH_DOCTOR,
     "with https: trust every certificate"},
	{0, "record", TYPE_TEXT, AT(record), "FILE|DIR/", NULL, 0, WITH_WATCH,
     "write every snapshot to FILE as well, packed for --replay and zstdcat; as plain JSON lines "
     "where it is called .json, .ndjson or .jsonl, or is no plain file; into DIR/: files of an "
     "hour, of which the newest are kept"},
	{0, "log", TYPE_TEXT, AT(log), "DIR", NULL, 0, WITH_WATCH,
     "write every snapshot as schedtrace text into files of an hour in DIR, of which the newest "
     "are kept"},
	{0, "keep-files", TYPE_COUNT, AT(keep.files), "N", NULL, 0, WITH_WATCH | WITH_CONFIG,
     "with --record DIR/ and --log: keep the newest N files there (default 168: a week)"},
	{0, "keep-bytes", TYPE_SIZE, AT(keep.bytes), "SIZE", NULL, 0, WITH_WATCH | WITH_CONFIG,
     "and no more than 500MB, 2GiB or the like of them (default 1GiB)"},
	{0, "replay", TYPE_TEXT, AT(replay), "FILE", NULL, 0, WITH_WATCH | WITH_DOCTOR,
     "show a recording as if it were live, also a directory of them, with pause, speed and seeking "
     "(see its help page); with --batch, --json or doctor at "
     "once, and there - is standard input"},
	{0, "speed", TYPE_SPEED, AT(speed), "N", NULL, 0, WITH_WATCH | WITH_CONFIG,
     "with --replay on a screen: play at N times its pace, 0.1 to 100, or max: as fast as it can "
     "be read (default 1; + and - change it)"},
	{0, "prometheus", TYPE_TEXT, AT(prometheus), "URL", NULL, 0, WITH_WATCH,
     "show a fleet: all Go programs that this Prometheus, Thanos or Mimir scrapes, a path such as "
     "/prometheus included; credentials are those of SCHEDTOP_AUTH, and more headers, such as "
     "X-Scope-OrgID, those of SCHEDTOP_HEADERS; refreshed every --delay (default 10s)"},
	{0, "match", TYPE_TEXT, AT(match), "SELECTOR", NULL, 0, WITH_WATCH,
     "with --prometheus: only instances with these labels, such as '{job=\"api\"}'"},
	{0, "config", TYPE_TEXT, AT(config), "FILE", NULL, 0, WITH_ALL,
     "read settings from FILE alone, not from the usual files"},
	{'V', "version", TYPE_FLAG, AT(version), NULL, NULL, 0, WITH_ALL, "print the version and exit"},
	{'h', "help", TYPE_FLAG, AT(help), NULL, NULL, 0, WITH_ALL, "print this and exit"},
	{0, "help-man", TYPE_FLAG, AT(help_man), NULL, NULL, 0, WITH_ALL, NULL},
	{0, "help-conf", TYPE_FLAG, AT(help_conf), NULL, NULL, 0, WITH_ALL, NULL},
	{0, "help-table", TYPE_FLAG, AT(help_table), NULL, NULL, 0, WITH_ALL, NULL},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void mark_given(struct options *o, size_t row)
{
	o->given[row / 64] |= UINT64_C(1) << row % 64;
}

static bool is_given(const struct options *o, size_t row)
{
	return o->given[row / 64] >> row % 64 & 1;
}
_Static_assert(ROWS <= OPTIONS_MAX, "there is a bit for each row");

/* Sets it, and keeps in mind who said so. */
static enum status set_by(struct options *o, const struct setting *setting,
                          enum settings_layer layer, struct error *error)
{
	enum status status = option_value_set(o, setting, error);
	if (status == STATUS_OK) {
		o->from[setting->row - rows] = (unsigned char)layer;
		o->written[setting->row - rows] = setting->value;
	}
	return status;
}

/* From the command line: sentences name the option with its dashes. */
static enum status give(struct options *o, const struct option_row *row, const char *value,
                        struct error *error)
{
	char called[40];
	snprintf(called, sizeof called, "--%s", row->name);
	mark_given(o, (size_t)(row - rows));
	return set_by(o, &(struct setting){row, called, value}, LAYER_COMMAND_LINE, error);
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

/* A word that is no option where none is taken. What it was meant to be is often plain. */
static enum status misplaced_word(const struct options *o, const char *word, struct error *error)
{
	char shown[64];
	long pid;
	const char *name = o->command->name, *blank = *name ? " " : "";
	unsigned bit = o->command->bit;
	text_clean(shown, sizeof shown, word, strlen(word));
	if (!*word)
		return error_set(error, STATUS_USAGE, "an argument is empty: is a variable not set?");
	if (text_parse_integer(word, 1, 0x7fffffff, &pid) && find_name("pid", 3)->with & bit && !o->pid)
		return error_set(error, STATUS_USAGE, "a process is named with -p: schedtop %s%s-p %ld",
		                 name, blank, pid);
	if (o->command->takes_file)
		return error_set(error, STATUS_USAGE, "%s takes one file, and '%s' is one more", name,
		                 shown);
	if (!*name && access(word, F_OK) == 0)
		return error_set(error, STATUS_USAGE,
		                 "a trace is browsed with schedtop trace %s, and a program started with "
		                 "schedtop -- %s",
		                 shown, shown);
	if (*name)
		return error_set(error, STATUS_USAGE, "%s takes no '%s': schedtop %s --help", name, shown,
		                 name);
	return unknown(word, error);
}

/* "--no-ascii": a flag of the configuration can be taken back. */
static const struct option_row *find_negated(const char *word)
{
	const struct option_row *row =
		strncmp(word, "--no-", 5) == 0 ? find_name(word + 5, strlen(word + 5)) : NULL;
	return row && row->type == TYPE_FLAG && row->with & WITH_CONFIG ? row : NULL;
}

static enum status parse_long(struct options *o, const char *word, const char *next,
                              bool *used_next, struct error *error)
{
	size_t length = strcspn(word + 2, "=");
	const struct option_row *row = find_name(word + 2, length), *negated = find_negated(word);
	const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
	if (negated)
		return give(o, negated, "no", error);
	if (!row)
		return unknown(word, error);
	if (row->type == TYPE_FLAG && value)
		return error_set(error, STATUS_USAGE, "--%s takes no value", row->name);
	if (row->type == TYPE_FLAG)
		return give(o, row, "yes", error);
	if (row->type == TYPE_LEVEL)
		return give(o, row, value ? value : row->choice[1], error);
	if (!value) {
		value = next;
		*used_next = true;
	}
	if (!value)
		return error_set(error, STATUS_USAGE, "--%s needs a value: %s", row->name, row->argument);
	return give(o, row, value, error);
}

/* One word that begins with a dash, and the next one when it is its value. Letters may stand
   together (-bn 5); the value may follow its option at once (-d2s, --delay=2s). */
static enum status parse_word(struct options *o, const char *word, const char *next,
                              bool *used_next, struct error *error)
{
	if (word[1] == '-')
		return parse_long(o, word, next, used_next, error);
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option_row *row = find_letter(*letter);
		if (!row)
			return unknown(word, error);
		const char *value = "yes";
		bool takes = row->type != TYPE_FLAG;
		if (takes) {
			value = letter[1] ? letter + 1 : next;
			*used_next = !letter[1];
			if (!value)
				return error_set(error, STATUS_USAGE, "-%c needs a value: %s", row->letter,
				                 row->argument);
		}
		enum status status = give(o, row, value, error);
		if (status != STATUS_OK || takes)
			return status;
	}
	return STATUS_OK;
}

static const struct option_row *setting_row(size_t i)
{
	for (size_t row = 0; row < ROWS; row++)
		if (rows[row].with & WITH_CONFIG && i-- == 0)
			return &rows[row];
	return NULL;
}

bool options_setting_info(size_t i, struct setting_info *to)
{
	const struct option_row *row = setting_row(i);
	if (!row)
		return false;
	bool chooses = row->type == TYPE_CHOICE || row->type == TYPE_LEVEL;
	*to = (struct setting_info){row->name,
	                            row->argument,
	                            row->text,
	                            chooses ? row->choice : NULL,
	                            chooses ? row->choices : 0,
	                            row->type == TYPE_FLAG};
	return true;
}

enum settings_layer options_layer(const struct options *o, size_t i, const char **value)
{
	size_t row = (size_t)(setting_row(i) - rows);
	*value = o->from[row] == LAYER_DEFAULT ? NULL : o->written[row];
	return (enum settings_layer)o->from[row];
}

const char *options_setting(size_t i)
{
	const struct option_row *row = setting_row(i);
	return row ? row->name : NULL;
}

void options_variable(const char *name, char *to, size_t size)
{
	size_t used = (size_t)snprintf(to, size, "SCHEDTOP_");
	for (; *name && used + 1 < size; name++)
		to[used++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	to[used] = '\0';
}

enum status options_set(struct options *o, const char *name, const char *value, const char *called,
                        struct error *error)
{
	char expected[256] = "", shown[64];
	size_t used = 0;
	const struct option_row *row = find_name(name, strlen(name));
	if (row && row->with & WITH_CONFIG)
		return set_by(o, &(struct setting){row, called, value}, o->layer, error);
	for (size_t i = 0; options_setting(i) && used < sizeof expected; i++)
		used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", i ? ", " : "",
		                         options_setting(i));
	text_clean(shown, sizeof shown, name, strlen(name));
	return error_set(error, STATUS_USAGE, "there is no setting '%s': expected one of %s", shown,
	                 expected);
}

enum status options_set_limit(struct options *o, const char *name, const char *value,
                              struct error *error)
{
	return limits_set_value(&o->limits, name, value, error);
}

bool options_given(const struct options *o, const char *name)
{
	return is_given(o, (size_t)(find_name(name, strlen(name)) - rows));
}

/* "--verbose goes with ls", "ls does not take --pid". */
static enum status misplaced(const struct options *o, const struct option_row *row,
                             struct error *error)
{
	char names[64] = "";
	size_t used = 0;
	if (o->command->name[0])
		return error_set(error, STATUS_USAGE, "%s does not take --%s", o->command->name, row->name);
	for (size_t i = 0; i < command_count && used < sizeof names; i++)
		if (commands[i].bit & row->with)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " or " : "",
			                         commands[i].name);
	return error_set(error, STATUS_USAGE, "--%s goes with %s", row->name, names);
}

/* What the doctor looks at, and what it says how. */
static enum status check_doctor(struct options *o, struct error *error)
{
	if (o->command->bit != WITH_DOCTOR)
		return STATUS_OK;
	o->fail_severity = SEVERITY_WARNING;
	for (size_t i = 0; i < o->fail_on.n; i++) {
		const struct setting setting = {NULL, "--fail-on", o->fail_on.text[i]};
		if (!severity_parse(setting.value, &o->fail_severity))
			return option_value_bad(&setting, "info, warning or critical", error);
	}
	if (o->json && o->sarif)
		return error_set(error, STATUS_USAGE, "--json and --sarif exclude each other");
	if (o->explain && (o->file || options_has_target(o) || o->replay))
		return error_set(error, STATUS_USAGE,
		                 "--explain takes no file and no process: it explains a finding");
	if (options_check_doctor_target(o, error) != STATUS_OK)
		return STATUS_USAGE;
	if (!o->file && !options_has_target(o) && !o->replay && !o->explain)
		return error_set(
			error, STATUS_USAGE,
			"doctor needs the file of an execution trace, - for standard input, -p PID, --url URL "
			"or --replay FILE");
	return STATUS_OK;
}

static bool parse_profile_kind(const char *word, enum profile_kind *kind)
{
	for (int i = 0; i < PROFILE_KINDS; i++)
		if (strcmp(word, profile_kind_words[i]) == 0) {
			*kind = (enum profile_kind)i;
			return true;
		}
	return false;
}

/* What --kind may be depends on the command, which may stand behind it. */
static enum status check_kind(struct options *o, struct error *error)
{
	const struct setting setting = {find_name("kind", 4), "--kind", o->kind};
	bool folded = o->command->bit == WITH_EXPORT && o->format == EXPORT_FOLDED;
	bool is_profile = o->command->bit == WITH_PROFILE || folded;
	if (o->command->bit == WITH_EXPORT && !folded && (o->kind || o->still_blocked))
		return error_set(error, STATUS_USAGE, "with export --%s goes with --format folded",
		                 o->kind ? "kind" : "still-blocked");
	if (folded)
		o->profile = PROFILE_BLOCKED;
	if (is_profile && !o->kind && !folded)
		return error_set(error, STATUS_USAGE, "profile needs --kind " PROFILE_KIND_WORDS);
	if (is_profile && o->kind && !parse_profile_kind(o->kind, &o->profile))
		return option_value_bad(&setting, PROFILE_KIND_WORDS, error);
	if (is_profile && o->profile == PROFILE_CPU && o->still_blocked)
		return error_set(error, STATUS_USAGE, "--still-blocked and --kind cpu exclude each other");
	o->kinds = 0;
	if (!is_profile && o->kind && !report_kinds_parse(o->kind, &o->kinds))
		return option_value_bad(&setting, REPORT_KIND_WORDS, error);
	return STATUS_OK;
}

static enum status check_together(struct options *o, struct error *error)
{
	for (size_t i = 0; i < ROWS; i++)
		if (is_given(o, i) && !(rows[i].with & o->command->bit))
			return misplaced(o, &rows[i], error);
	if (o->command->takes_file && !o->file && o->command->bit != WITH_DOCTOR)
		return error_set(error, STATUS_USAGE,
		                 "%s needs the file of an execution trace, or - for standard input",
		                 o->command->name);
	if (check_kind(o, error) != STATUS_OK)
		return STATUS_USAGE;
	enum status status = options_check_sides(o, error);
	if (status == STATUS_OK)
		status = check_doctor(o, error);
	if (status == STATUS_OK)
		status = options_check_sentinel(o, error);
	if (status != STATUS_OK)
		return status;
	if (o->from_ns >= o->to_ns)
		return error_set(error, STATUS_USAGE, "--from must be before --to");
	if (o->json && o->plain)
		return error_set(error, STATUS_USAGE, "--json and --plain exclude each other");
	if (o->batch && o->json)
		return error_set(error, STATUS_USAGE, "--batch and --json exclude each other");
	if (o->batch && o->url && !o->pid && !o->program)
		return error_set(error, STATUS_USAGE,
		                 "--batch prints what the scheduler does, of which net/http/pprof tells "
		                 "nothing: use --json with --url");
	if (o->detail && !o->batch && !(o->program && o->source == SOURCE_SCHEDTRACE))
		return error_set(error, STATUS_USAGE,
		                 "--detail goes with --batch, or with --source schedtrace -- PROG");
	if (o->iterations && !o->batch && !o->json)
		return error_set(error, STATUS_USAGE, "-n goes with --batch or --json");
	status = options_check_program(o, error);
	if (status == STATUS_OK)
		status = options_check_fleet(o, error);
	if (status == STATUS_OK)
		status = options_check_text(o, error);
	if (status != STATUS_OK)
		return status;
	if (o->replay)
		return options_check_replay(o, error);
	if (options_given(o, "speed"))
		return error_set(error, STATUS_USAGE, "--speed goes with --replay");
	if (o->source == SOURCE_PPROF && options_given(o, "source") && !o->url)
		return error_set(error, STATUS_USAGE, "--source pprof goes with --url URL");
	if (o->command->bit == WITH_WATCH && !options_has_target(o) && !o->program && !o->prometheus &&
	    (o->batch || o->json))
		return error_set(error, STATUS_USAGE,
		                 "--%s needs a process: -p PID (schedtop ls lists them), --url URL or "
		                 "-- PROG",
		                 o->batch ? "batch" : "json");
	if (o->command->bit == WITH_METRICS && !o->pid)
		return error_set(error, STATUS_USAGE,
		                 "export-metrics needs a process: -p PID (schedtop ls lists them)");
	if (o->command->bit == WITH_CAPTURE && !options_has_target(o))
		return error_set(error, STATUS_USAGE,
		                 "capture needs a process: -p PID (schedtop ls lists them) or --url URL");
	return options_check_capture(o, error);
}

void options_init(struct options *o)
{
	*o = (struct options){
		.command = &commands[0],
		.delay_ns = DELAY_DEFAULT_NS,
		.trace_ns = TRACE_DEFAULT_NS,
		.watch_ns = WATCH_DEFAULT_NS,
		.trace_keep = TRACE_KEEP_FILES,
		.trace_bytes = TRACE_KEEP_BYTES,
		.cooldown_ns = CAPTURE_COOLDOWN_NS,
		.capture_bytes = CAPTURE_BYTES_MAX,
		.to_ns = INT64_MAX,
		.speed = 1,
		.keep = {ROTATION_FILES, ROTATION_BYTES},
		.listen = "127.0.0.1:9464",
	};
	limits_init(&o->limits);
	plan_init(&o->plan);
	o->keys = keymap_default;
}

static enum status add_path(struct options *o, const char *path, struct error *error)
{
	if (o->paths == PATHS_MAX)
		return error_set(error, STATUS_USAGE, "%s takes at most %d paths: name directories",
		                 o->command->name, PATHS_MAX);
	o->path[o->paths++] = path;
	return STATUS_OK;
}

static const struct subcommand *find_command(const char *word)
{
	for (size_t i = 1; i < command_count; i++)
		if (strcmp(word, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

enum status options_parse(struct options *o, int argc, char **argv, struct error *error)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--") == 0 && o->command->bit == WITH_DIFF && !o->separated) {
			o->separated = true;
			o->separator = o->paths;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			if (i + 1 == argc)
				return error_set(error, STATUS_USAGE,
				                 "-- needs a program to start: schedtop -- PROG ARGS");
			o->program = argv + i + 1;
			break;
		}
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
		const struct subcommand *found = named ? NULL : find_command(word);
		enum status status = STATUS_OK;
		if (found)
			o->command = found;
		else if (o->command->bit & (WITH_DIFF | WITH_AGENT))
			status = add_path(o, word, error);
		else if (named && o->command->takes_file && !o->file && *word)
			o->file = word;
		else
			status = misplaced_word(o, word, error);
		if (status != STATUS_OK)
			return status;
	}
	if (o->help || o->help_man || o->help_table || o->help_conf || o->version)
		return STATUS_OK;
	return check_together(o, error);
}

bool options_listed(size_t i, struct option_listed *out)
{
	static const enum option_value values[] = {
		[TYPE_FLAG] = OPTION_FLAG,
		[TYPE_PID] = OPTION_PID,
		[TYPE_CHOICE] = OPTION_WORD,
		[TYPE_LEVEL] = OPTION_OPTIONAL_WORD,
	};
	if (i >= ROWS)
		return false;
	const struct option_row *row = &rows[i];
	bool plain = row->type == TYPE_FLAG || row->type == TYPE_PID || row->choice;
	*out =
		(struct option_listed){row->letter,   row->name,   plain ? values[row->type] : OPTION_TEXT,
	                           row->argument, row->choice, row->choices,
	                           row->with,     row->text};
	return true;
}
