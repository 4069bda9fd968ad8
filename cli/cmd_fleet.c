/* A fleet out of a metrics server: on the screen, or as lines. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fleet_open.h"
#include "collect/fleet_collector.h"
#include "collect/web_base.h"
#include "metrics/fleet_json.h"
#include "metrics/schedtrace.h"
#include "tui/fleet.h"
#include "util/clock.h"
#include "util/text.h"

/* Servers scrape every 15 s or so: more often there is hardly news. */
#define INTERVAL_NS (10 * NS_PER_S)

static int64_t interval_of(const struct options *o)
{
	return options_given(o, "delay") ? o->delay_ns : INTERVAL_NS;
}

/* The credentials are those of the server: the instances that it names are no business of theirs.
 */
static enum status open_server(const struct options *o, struct prometheus **server,
                               struct error *error)
{
	enum status status =
		prometheus_create(server, o->prometheus, o->match ? o->match : "", &o->web, error);
	unsetenv(WEB_AUTH_VARIABLE);
	return status;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void print_header(void)
{
	printf("%-24s %-8s", "INSTANCE", "STATE");
	for (int i = 0; i < FLEET_METRICS; i++)
		printf(" %14s", fleet_metric_info[i].heading);
	puts("  STANDS OUT BY");
}

static void print_marks(const char *sign, unsigned metrics, bool *first)
{
	for (int i = 0; i < FLEET_METRICS; i++)
		if (metrics & FLEET_BIT(i)) {
			printf("%s%s%s", *first ? "  " : ", ", sign, fleet_metric_info[i].words);
			*first = false;
		}
}

static void print_line(const struct fleet_instance *instance)
{
	bool first = true;
	char name[600];
	/* Of two clusters the names alone are the same. */
	snprintf(name, sizeof name, "%s%s%s", instance->name, *instance->more ? " " : "",
	         instance->more);
	printf("%-24s %-8s", name,
	       instance->state == FLEET_UNKNOWN ? "-" : fleet_state_name[instance->state]);
	for (int i = 0; i < FLEET_METRICS; i++) {
		char text[40] = "-";
		if (fleet_known(instance, (enum fleet_metric)i))
			fleet_text(text, sizeof text, (enum fleet_metric)i, instance->value[i], true);
		printf(" %14s", text);
	}
	print_marks("+", instance->high, &first);
	print_marks("-", instance->low, &first);
	putchar('\n');
}

static enum status print_fleet(const struct options *o, const struct fleet *fleet,
                               struct error *error)
{
	if (o->batch)
		print_header();
	for (size_t i = 0; i < fleet->n; i++) {
		if (o->batch) {
			print_line(&fleet->instance[i]);
			continue;
		}
		char *line = fleet_json(fleet, &fleet->instance[i]);
		if (!line)
			return error_no_memory(error);
		puts(line);
		free(line);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(error, STATUS_FAILED, OUTPUT_LOST "%s", strerror(errno));
	return STATUS_OK;
}

/* Each sentence once when it comes up. */
static void tell(char *told, size_t size, const char *text)
{
	if (*text && strcmp(told, text) != 0)
		schedtrace_comment(stderr, text);
	snprintf(told, size, "%s", text);
}

static void tell_missing(const struct fleet *fleet)
{
	for (enum fleet_metric metric = 0; fleet_missing(fleet, &metric); metric++) {
		char text[300];
		snprintf(text, sizeof text, "nobody exports %s: %s does", fleet_metric_info[metric].source,
		         fleet_metric_info[metric].remedy);
		schedtrace_comment(stderr, text);
	}
}

static void sleep_until(int64_t until_ns)
{
	const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
	                               .tv_nsec = (long)(until_ns % NS_PER_S)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* The first answer has to come; later on the server may be gone for a while. */
static enum status stream(const struct options *o, struct prometheus *server, struct error *error)
{
	char warning[256] = "", trouble[512] = "";
	int64_t due_ns = clock_monotonic_ns();
	for (long printed = 0; !o->iterations || printed < o->iterations;) {
		struct fleet *fleet;
		struct error why = {0};
		enum status status = prometheus_refresh(server, &fleet, NULL, NULL, &why);
		if (status != STATUS_OK && printed == 0) {
			*error = why;
			return status;
		}
		tell(trouble, sizeof trouble, why.text);
		if (status == STATUS_OK) {
			tell(warning, sizeof warning, fleet->warning);
			if (printed == 0)
				tell_missing(fleet);
			status = print_fleet(o, fleet, error);
			bool none = fleet->n == 0;
			fleet_unref(fleet);
			if (status != STATUS_OK)
				return status;
			if (none && printed == 0)
				return error_set(error, STATUS_NO_TARGET,
				                 "%.200s knows no instance of a Go program with %.200s",
				                 prometheus_shown(server), o->match ? o->match : "{}");
		}
		printed++;
		due_ns += interval_of(o);
		if (due_ns < clock_monotonic_ns())
			due_ns = clock_monotonic_ns();
		if (!o->iterations || printed < o->iterations)
			sleep_until(due_ns);
	}
	return STATUS_OK;
}

/* --- the screen ------------------------------------------------------------------------------- */

struct fleet_screen {
	const struct options *options;
	struct fleet_board *board;
	struct prometheus *server;
	struct fleet_collector *collector;
	struct fleet_opener *opener;
	struct tui_fleet *tui;
};

/* One instance on the screen of its own, until the user comes back. */
static void watch_one(struct fleet_screen *s, int *sig)
{
	struct fleet_way way = fleet_opener_way(s->opener);
	struct options chosen = *s->options;
	struct error why = {0};
	chosen.prometheus = NULL;
	chosen.pid = way.pid;
	chosen.url = way.url[0] ? way.url : NULL;
	chosen.inside = "fleet";
	enum status status = watch_process(&chosen, NULL, sig, &why);
	tui_fleet_notify(s->tui, status == STATUS_OK ? "" : why.text);
}

static enum status run(struct fleet_screen *s, int *sig, struct error *error)
{
	bool opened = true;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && opened && !*sig) {
		status = tui_fleet_run(s->tui, &opened, sig, error);
		if (status == STATUS_OK && opened && !*sig)
			watch_one(s, sig);
	}
	return status;
}

static enum status show(const struct options *o, struct prometheus *server, struct error *error)
{
	struct fleet_screen s = {.options = o, .server = server, .board = fleet_board_create()};
	char match[256];
	int sig = 0;
	if (!s.board)
		return error_no_memory(error);
	text_clean(match, sizeof match, o->match ? o->match : "", o->match ? strlen(o->match) : 0);
	const struct tui_fleet_options options = {
		.look = look_of(o),
		.board = s.board,
		.server = prometheus_shown(server),
		.match = match,
		.interval_ns = interval_of(o),
		.means = &o->means,
	};
	enum status status = tui_fleet_create(&s.tui, &options, error);
	if (status == STATUS_OK)
		status = fleet_opener_start(&s.opener, s.board, error);
	if (status == STATUS_OK)
		status = fleet_collector_start(&s.collector, server, s.board, interval_of(o), error);
	if (status == STATUS_OK)
		status = run(&s, &sig, error);
	fleet_board_close(s.board);
	fleet_collector_end(s.collector);
	fleet_opener_end(s.opener);
	tui_fleet_destroy(s.tui);
	fleet_board_destroy(s.board);
	if (sig)
		die_of(sig);
	return status;
}

enum status command_fleet(const struct options *o, struct error *error)
{
	struct prometheus *server = NULL;
	enum status status = open_server(o, &server, error);
	if (status == STATUS_OK)
		status = o->batch || o->json ? stream(o, server, error) : show(o, server, error);
	prometheus_destroy(server);
	return status;
}
