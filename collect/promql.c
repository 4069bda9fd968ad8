#include "collect/promql.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

/*
 * client_golang's collectors, by their names since v1.12; OpenTelemetry's runtime instrumentation;
 * and what schedtop export-metrics serves.
 */
const struct promql_name promql_names[] = {
	{"go_goroutines", PROMQL_GAUGE, FLEET_GOROUTINES, 1},
	{"go_goroutine_count", PROMQL_GAUGE, FLEET_GOROUTINES, 1},
	{"go_sched_gomaxprocs_threads", PROMQL_GAUGE, FLEET_PROCS, 1},
	{"go_processor_limit", PROMQL_GAUGE, FLEET_PROCS, 1},
	{"go_threads", PROMQL_GAUGE, FLEET_THREADS, 1},
	{"go_memstats_heap_alloc_bytes", PROMQL_GAUGE, FLEET_HEAP, 1},
	{"go_memory_classes_heap_objects_bytes", PROMQL_GAUGE, FLEET_HEAP, 1},
	{"process_resident_memory_bytes", PROMQL_GAUGE, FLEET_RSS, 1},
	{"process_start_time_seconds", PROMQL_START, FLEET_UPTIME, 1e9},
	{"schedtop_idle_ratio", PROMQL_GAUGE, FLEET_IDLE, 1},
	{"schedtop_p_run_queue_goroutines", PROMQL_QUEUES, FLEET_QUEUED, 1},
	{"process_cpu_seconds_total", PROMQL_COUNTER, FLEET_CORES, 1},
	{"go_sched_latencies_seconds", PROMQL_WAITS, FLEET_WAIT_P50, 1e9},
	{"go_schedule_duration_seconds", PROMQL_WAITS, FLEET_WAIT_P50, 1e9},
	{"go_sched_pauses_total_gc_seconds", PROMQL_PAUSES, FLEET_PAUSE_P99, 1e9},
	{"go_gc_pauses_seconds", PROMQL_PAUSES, FLEET_PAUSE_P99, 1e9},
	{"go_gc_pauses_seconds_total", PROMQL_PAUSES, FLEET_PAUSE_P99, 1e9},
	{"go_gc_duration_seconds", PROMQL_SUMMARY, FLEET_PAUSE_P99, 1e9},
	{"go_info", PROMQL_INFO, FLEET_METRICS, 1},
};
#define NAMES (sizeof promql_names / sizeof *promql_names)
const size_t promql_name_count = NAMES;
_Static_assert(NAMES <= PROMQL_NAMES_MAX, "struct promql_found is too small");

static bool is_histogram(const struct promql_name *name)
{
	return name->kind == PROMQL_WAITS || name->kind == PROMQL_PAUSES;
}

/* --- what is asked about ---------------------------------------------------------------------- */

/* The brace that ends a selector, past strings in any of PromQL's three quotes; NULL: there is
   none. */
static const char *selector_end(const char *text)
{
	char quote = 0;
	for (; *text; text++) {
		if (quote && *text == '\\' && quote != '`' && text[1])
			text++;
		else if (quote)
			quote = *text == quote ? 0 : quote;
		else if (strchr("\"'`", *text))
			quote = *text;
		else if (*text == '}')
			return text;
	}
	return NULL;
}

enum status promql_init(struct promql *q, const char *match, struct error *error)
{
	*q = (struct promql){.window_ns = 300 * NS_PER_S};
	bool braces = match[0] == '{';
	const char *from = match + braces, *end = selector_end(from);
	size_t length = end ? (size_t)(end - from) : strlen(from);
	if (braces ? !end || end[1] : end != NULL)
		return error_set(error, STATUS_USAGE,
		                 "--match takes one selector of labels, such as '{job=\"api\"}'");
	if (strstr(from, "__name__"))
		return error_set(error, STATUS_USAGE,
		                 "--match takes labels of instances: the names of metrics are known");
	while (length > 0 && strchr(" ,", from[length - 1]))
		length--;
	q->match = strndup(from, length);
	if (q->match && promql_add_by(q, "job") && promql_add_by(q, "instance"))
		return STATUS_OK;
	promql_finish(q);
	return error_no_memory(error);
}

void promql_finish(struct promql *q)
{
	for (size_t i = 0; i < q->bys; i++)
		free(q->by[i]);
	free(q->match);
	*q = (struct promql){0};
}

static bool is_label(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

bool promql_add_by(struct promql *q, const char *label)
{
	if (q->bys == PROMQL_BY_MAX || !is_label(label))
		return false;
	for (size_t i = 0; i < q->bys; i++)
		if (strcmp(q->by[i], label) == 0)
			return false;
	q->by[q->bys] = strdup(label);
	return q->by[q->bys] && ++q->bys;
}

void promql_found(struct promql_found *found, const char *name)
{
	for (size_t i = 0; i < NAMES; i++) {
		size_t length = strlen(promql_names[i].name);
		if (strncmp(promql_names[i].name, name, length) != 0)
			continue;
		if (name[length] == '\0')
			found->plain[i] = true;
		else if (is_histogram(&promql_names[i]) && strcmp(name + length, "_bucket") == 0)
			found->buckets[i] = true;
	}
}

void promql_found_all(struct promql_found *found)
{
	for (size_t i = 0; i < NAMES; i++) {
		found->plain[i] = true;
		found->buckets[i] = is_histogram(&promql_names[i]);
	}
}

bool promql_found_any(const struct promql_found *found)
{
	bool any = false;
	for (size_t i = 0; i < NAMES; i++)
		any |= found->plain[i] || found->buckets[i];
	return any;
}

/* --- expressions ------------------------------------------------------------------------------ */

static void write_by(FILE *out, const struct promql *q, const char *more)
{
	fprintf(out, " by (%s%s", more, *more ? ", " : "");
	for (size_t i = 0; i < q->bys; i++)
		fprintf(out, "%s%s", i ? ", " : "", q->by[i]);
	fputs(") ", out);
}

/* A string of PromQL. */
static void write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (strchr("\\\"", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* 'name{match,only}'; "" leaves each of them out. */
static void write_selector(FILE *out, const struct promql *q, const char *name, const char *suffix,
                           const char *only)
{
	fprintf(out, "%s%s{%s%s%s}", name, suffix, q->match, *q->match && *only ? "," : "", only);
}

static void write_rate(FILE *out, const struct promql *q, const char *name, const char *suffix,
                       const char *only)
{
	fputs("rate(", out);
	write_selector(out, q, name, suffix, only);
	fprintf(out, "[%" PRId64 "s])", q->window_ns / NS_PER_S);
}

void promql_series(FILE *out, const struct promql *q)
{
	fputs("{__name__=~\"", out);
	for (size_t i = 0; i < NAMES; i++)
		fprintf(out, "%s%s%s", i ? "|" : "", promql_names[i].name,
		        is_histogram(&promql_names[i]) ? "(_bucket)?" : "");
	fprintf(out, "\"%s%s}", *q->match ? "," : "", q->match);
}

void promql_pace(FILE *out, const struct promql *q, int minutes)
{
	fputs("quantile(0.5, count_over_time(", out);
	write_selector(out, q, "up", "", "");
	fprintf(out, "[%dm]))", minutes);
}

void promql_twins(FILE *out, const struct promql *q)
{
	fputs("topk(1, count", out);
	write_by(out, q, "");
	fputc('(', out);
	write_selector(out, q, "up", "", "");
	fputs(") > 1)", out);
}

void promql_twin(FILE *out, const struct promql *q, const char *job, const char *instance)
{
	fprintf(out, "up{%s%sjob=", q->match, *q->match ? "," : "");
	write_string(out, job);
	fputs(",instance=", out);
	write_string(out, instance);
	fputc('}', out);
}

void promql_health(FILE *out, const struct promql *q)
{
	fputs("max", out);
	write_by(out, q, "");
	fputs("(timestamp(", out);
	write_selector(out, q, "up", "", "");
	fputs(") * (2 * ", out);
	write_selector(out, q, "up", "", "");
	fputs(" - 1))", out);
}

void promql_gauges(FILE *out, const struct promql *q)
{
	bool any = false;
	for (size_t i = 0; i < NAMES; i++) {
		enum promql_kind kind = promql_names[i].kind;
		if (!q->found.plain[i] || (kind != PROMQL_GAUGE && kind != PROMQL_START))
			continue;
		if (!any) {
			fputs("max", out);
			write_by(out, q, "__name__");
			fputs("({__name__=~\"", out);
		}
		fprintf(out, "%s%s", any ? "|" : "", promql_names[i].name);
		any = true;
	}
	if (any)
		fprintf(out, "\"%s%s})", *q->match ? "," : "", q->match);
}

void promql_versions(FILE *out, const struct promql *q)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (promql_names[i].kind != PROMQL_INFO || !q->found.plain[i])
			continue;
		fputs("group", out);
		write_by(out, q, "version");
		fputc('(', out);
		write_selector(out, q, promql_names[i].name, "", "");
		fputc(')', out);
	}
}

/* Those of the Ps and the global one. */
static void write_queues(FILE *out, const struct promql *q, const char *only)
{
	fputs("sum", out);
	write_by(out, q, "");
	fprintf(out, "({__name__=~\"schedtop_(p|global)_run_queue_goroutines\"%s%s%s%s})",
	        *q->match ? "," : "", q->match, *only ? "," : "", only);
}

void promql_queues(FILE *out, const struct promql *q, size_t name)
{
	if (q->found.plain[name])
		write_queues(out, q, "");
}

void promql_rate(FILE *out, const struct promql *q, size_t name)
{
	if (!q->found.plain[name])
		return;
	fputs("sum", out);
	write_by(out, q, "");
	fputc('(', out);
	write_rate(out, q, promql_names[name].name, "", "");
	fputc(')', out);
}

void promql_buckets(FILE *out, const struct promql *q, size_t name)
{
	if (!q->found.buckets[name])
		return;
	fputs("sum", out);
	write_by(out, q, "le");
	fputc('(', out);
	write_rate(out, q, promql_names[name].name, "_bucket", "");
	fputc(')', out);
}

void promql_native(FILE *out, const struct promql *q, size_t name)
{
	promql_rate(out, q, name);
}

void promql_greatest(FILE *out, const struct promql *q, size_t name)
{
	if (!q->found.plain[name])
		return;
	fputs("max", out);
	write_by(out, q, "");
	fputc('(', out);
	/* Prometheus writes the number anew when it scrapes protocol buffers. */
	write_selector(out, q, promql_names[name].name, "", "quantile=~\"1|1[.]0\"");
	fputc(')', out);
}

/* --- of some instances, over time ------------------------------------------------------------- */

/* 'instance=~"a|b"', each as it stands. The caller frees it; NULL: out of memory. */
static char *instances(const char *const *instance, size_t n)
{
	char *pattern = NULL, *whole = NULL;
	size_t size;
	FILE *out = open_memstream(&pattern, &size);
	for (size_t i = 0; out && i < n; i++) {
		if (i)
			fputc('|', out);
		for (const char *at = instance[i]; *at; at++) {
			if (strchr("\\.+*?()|[]{}^$", *at))
				fputc('\\', out);
			fputc(*at, out);
		}
	}
	bool written = out && text_stream_close(out, &pattern);
	out = written ? open_memstream(&whole, &size) : NULL;
	if (out) {
		fputs("instance=~", out);
		write_string(out, pattern);
		text_stream_close(out, &whole);
	}
	free(pattern);
	return whole;
}

static void write_quantile(FILE *out, const struct promql *q, const char *name, const char *suffix,
                           double quantile, const char *only)
{
	fprintf(out, "histogram_quantile(%g, sum", quantile);
	write_by(out, q, *suffix ? "le" : "");
	fputc('(', out);
	write_rate(out, q, name, suffix, only);
	fputs("))", out);
}

/* One name's part of an expression. False: it does not tell this metric. */
static bool write_part(FILE *out, const struct promql *q, size_t i, enum fleet_metric metric,
                       const char *only, bool any)
{
	const struct promql_name *name = &promql_names[i];
	bool fits = name->metric == metric || (name->kind == PROMQL_WAITS && metric == FLEET_WAIT_P99);
	double quantile = metric == FLEET_WAIT_P50 ? 0.5 : 0.99;
	if (!fits || !(q->found.plain[i] || q->found.buckets[i]))
		return false;
	if (any)
		fputs(" or ", out);
	if (is_histogram(name)) {
		if (q->found.plain[i])
			write_quantile(out, q, name->name, "", quantile, only);
		if (q->found.plain[i] && q->found.buckets[i])
			fputs(" or ", out);
		if (q->found.buckets[i])
			write_quantile(out, q, name->name, "_bucket", quantile, only);
		return true;
	}
	if (name->kind == PROMQL_QUEUES) {
		write_queues(out, q, only);
		return true;
	}
	if (name->kind == PROMQL_START)
		fputs("time() - ", out);
	fputs(name->kind == PROMQL_COUNTER ? "sum" : "max", out);
	write_by(out, q, "");
	fputc('(', out);
	if (name->kind == PROMQL_COUNTER)
		write_rate(out, q, name->name, "", only);
	else
		write_selector(out, q, name->name, "", only);
	fputc(')', out);
	return true;
}

static bool write_metric(FILE *out, const struct promql *q, enum fleet_metric metric,
                         const char *only)
{
	bool any = false;
	for (size_t i = 0; i < NAMES; i++)
		/* A summary's quantiles are of its own time, not of a moment. */
		if (promql_names[i].kind != PROMQL_SUMMARY && promql_names[i].kind != PROMQL_INFO)
			any |= write_part(out, q, i, metric, only, any);
	return any;
}

bool promql_metric(FILE *out, const struct promql *q, enum fleet_metric metric,
                   const char *const *instance, size_t n)
{
	char *only = instances(instance, n);
	bool any = false;
	if (only && metric == FLEET_CPU) {
		fputc('(', out);
		any = write_metric(out, q, FLEET_CORES, only);
		fputs(") / (", out);
		any = write_metric(out, q, FLEET_PROCS, only) && any;
		fputc(')', out);
	} else if (only) {
		any = write_metric(out, q, metric, only);
	}
	free(only);
	return any;
}

void promql_form(FILE *out, bool first, const char *name, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	fprintf(out, "%s%s=", first ? "" : "&", name);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (isalnum(c) || strchr("-_.~", c))
			fputc(c, out);
		else
			fprintf(out, "%%%c%c", hex[c >> 4], hex[c & 15]);
	}
}
