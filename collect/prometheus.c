#include "collect/prometheus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/prom_api.h"
#include "collect/prom_fill.h"
#include "collect/promql.h"
#include "util/clock.h"
#include "util/text.h"

#define QUERY       "/api/v1/query"
#define QUERY_RANGE "/api/v1/query_range"
#define NAMES       "/api/v1/label/__name__/values"

#define LOOK_EVERY_NS  (60 * NS_PER_S) /* what there is changes seldom */
#define REMEMBER_NS    (900 * NS_PER_S)
#define LOOK_S         300 /* back, for names */
#define STALE_START_NS (300 * NS_PER_S)
#define WINDOW_MIN_S   10
#define WINDOW_MAX_S   900
#define SHOW_EVERY_NS  (300 * NS_PER_MS)
#define SCRAPES        4 /* in a window: a rate needs two, and one may be missing */
#define STALE_SCRAPES  3
#define STALE_MIN_NS   (45 * NS_PER_S)
#define SERVER_TIMEOUT "25s"

struct prometheus {
	struct web *web;
	struct promql q;
	struct siphash_key key; /* of ids */
	int64_t looked_ns, stale_ns;
	struct fleet *before;
};

/* --- questions -------------------------------------------------------------------------------- */

typedef void write_fn(FILE *out, const struct promql *q, size_t name);

static void write_health(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_health(out, q);
}

static void write_gauges(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_gauges(out, q);
}

static void write_versions(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_versions(out, q);
}

static void write_short_pace(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_pace(out, q, 1);
}

static void write_long_pace(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_pace(out, q, 5);
}

static void write_twins(FILE *out, const struct promql *q, size_t name)
{
	(void)name;
	promql_twins(out, q);
}

struct step {
	write_fn *write;
	prom_row_fn *row;
	void (*end)(struct prom_fill *f);
};
static const struct step first_steps[] = {
	{write_health, prom_fill_health, NULL},
	{write_gauges, prom_fill_gauge, NULL},
};
/* For each name of these kinds. */
#define STEPS_OF_KIND 2
static const struct step kind_steps[][STEPS_OF_KIND] = {
	[PROMQL_COUNTER] = {{promql_rate, prom_fill_value, NULL}},
	[PROMQL_QUEUES] = {{promql_queues, prom_fill_value, NULL}},
	[PROMQL_WAITS] = {{promql_native, prom_fill_native, NULL},
                      {promql_buckets, prom_fill_bucket, prom_fill_end_buckets}},
	[PROMQL_PAUSES] = {{promql_native, prom_fill_native, NULL},
                       {promql_buckets, prom_fill_bucket, prom_fill_end_buckets}},
	[PROMQL_SUMMARY] = {{promql_greatest, prom_fill_value, NULL}},
	[PROMQL_INFO] = {{write_versions, prom_fill_version, NULL}},
};

/* The form of an instant query; the caller frees it. NULL: out of memory; "": nothing to ask. */
static char *form_of(const struct promql *q, write_fn *write, size_t name, double time)
{
	char *query = NULL, *form = NULL, text[32];
	size_t size;
	FILE *out = open_memstream(&query, &size);
	if (!out)
		return NULL;
	write(out, q, name);
	bool whole = text_stream_close(out, &query);
	out = whole ? open_memstream(&form, &size) : NULL;
	if (out) {
		if (*query) {
			promql_form(out, true, "query", query);
			promql_form(out, false, "timeout", SERVER_TIMEOUT);
		}
		snprintf(text, sizeof text, "%.3f", time);
		if (*query && time > 0)
			promql_form(out, false, "time", text);
		text_stream_close(out, &form);
	}
	free(query);
	return form;
}

static void keep_warning(struct fleet *fleet, const char *text)
{
	if (!fleet->warning[0])
		text_clean(fleet->warning, sizeof fleet->warning, text, strlen(text));
}

/* What the server refuses is said, and the rest is asked all the same. */
static enum status take_step(struct prometheus *p, struct prom_fill *f, const struct step *step,
                             struct error *error)
{
	char *form = form_of(f->q, step->write, f->name, f->time);
	struct prom_answer answer;
	struct error why = {0};
	f->failed = false;
	f->buckets = 0;
	if (!form)
		return error_no_memory(error);
	if (!*form) {
		free(form);
		return STATUS_OK;
	}
	const struct prom_question question = {QUERY, form, false, step->row, f};
	enum status status = prom_ask(p->web, &question, &answer, &why);
	free(form);
	if (f->failed)
		return error_set(error, STATUS_FAILED,
		                 "the answer of %.200s does not fit into memory: choose fewer instances "
		                 "with --match",
		                 web_shown(p->web));
	if (status == STATUS_OK && step->end)
		step->end(f);
	keep_warning(f->fleet, status == STATUS_OK ? answer.warning : why.text);
	if (step->row == prom_fill_health)
		f->partial = status != STATUS_OK || answer.warning[0];
	if (status == STATUS_OK || (answer.refused && f->fleet->n > 0))
		return STATUS_OK;
	*error = why;
	return status;
}

/* --- looking around --------------------------------------------------------------------------- */

static bool take_name(const json_t *row, void *arg)
{
	if (json_is_string(row))
		promql_found(arg, json_string_value(row));
	return true;
}

/* Which names there are. A server that doesn't tell is asked for all of them. */
static enum status look_names(struct prometheus *p, struct error *error)
{
	char *series = NULL, *form = NULL, text[32];
	size_t size;
	FILE *out = open_memstream(&series, &size);
	if (!out)
		return error_no_memory(error);
	promql_series(out, &p->q);
	bool whole = text_stream_close(out, &series);
	out = whole ? open_memstream(&form, &size) : NULL;
	if (!out) {
		free(series);
		return error_no_memory(error);
	}
	promql_form(out, true, "match[]", series);
	double now = (double)clock_wall_ns() / 1e9;
	snprintf(text, sizeof text, "%.0f", now - LOOK_S);
	promql_form(out, false, "start", text);
	snprintf(text, sizeof text, "%.0f", now + LOOK_S); /* its clock may be ahead of ours */
	promql_form(out, false, "end", text);
	whole = text_stream_close(out, &form);
	free(series);
	struct promql_found found = {0};
	struct prom_answer answer = {0};
	struct error why = {0};
	const struct prom_question question = {NAMES, form, true, take_name, &found};
	enum status status = whole ? prom_ask(p->web, &question, &answer, &why) : STATUS_FAILED;
	free(form);
	if (!whole)
		return error_no_memory(error);
	if (status == STATUS_OK && promql_found_any(&found)) {
		p->q.found = found;
		return STATUS_OK;
	}
	/* None: the server's clock may be far from ours. */
	promql_found_all(&p->q.found);
	/* A path that is not there may be one that this server has not. */
	if (status == STATUS_OK || answer.refused || status == STATUS_NO_TARGET)
		return STATUS_OK;
	*error = why;
	return status;
}

static bool take_number(const json_t *row, void *arg)
{
	prom_value(row, arg);
	return true;
}

/* An instant query beside those of the fleet, whose failure is no reason to give up. */
static void ask_beside(struct prometheus *p, write_fn *write, prom_row_fn *row, void *arg)
{
	struct prom_answer answer;
	char *form = form_of(&p->q, write, 0, 0);
	const struct prom_question question = {QUERY, form, false, row, arg};
	if (form)
		prom_ask(p->web, &question, &answer, NULL);
	free(form);
}

/* How often is scraped decides over what time a rate can be told. Where there were two in a minute,
   that says it sooner after a start. */
static void look_pace(struct prometheus *p)
{
	double in_1m = NAN, in_5m = NAN, pace_s = NAN;
	ask_beside(p, write_short_pace, take_number, &in_1m);
	ask_beside(p, write_long_pace, take_number, &in_5m);
	if (in_1m >= 2)
		pace_s = 60 / in_1m;
	if (in_5m >= 1)
		pace_s = fmin(pace_s, 300 / in_5m); /* which of two is no number does not matter */
	if (!(pace_s > 0))
		return;
	double window_s = fmin(fmax(ceil(SCRAPES * pace_s), WINDOW_MIN_S), WINDOW_MAX_S);
	p->q.window_ns = (int64_t)window_s * NS_PER_S;
	p->stale_ns = (int64_t)(STALE_SCRAPES * pace_s * (double)NS_PER_S);
	if (p->stale_ns < STALE_MIN_NS)
		p->stale_ns = STALE_MIN_NS;
}

struct twin {
	char job[256], instance[256];
};

static bool take_twin(const json_t *row, void *arg)
{
	struct twin *twin = arg;
	snprintf(twin->job, sizeof twin->job, "%s", prom_label(row, "job"));
	snprintf(twin->instance, sizeof twin->instance, "%s", prom_label(row, "instance"));
	return true;
}

struct difference {
	struct promql *q;
	json_t *first;
	bool found;
};

/* Labels of one that another of the same name has not, or with another value. */
static void compare(struct difference *d, json_t *one, const json_t *other)
{
	json_t *value;
	const char *key;
	json_object_foreach(one, key, value)
	{
		if (!d->found && !json_equal(value, json_object_get(other, key)))
			d->found = promql_add_by(d->q, key);
	}
}

static bool take_difference(const json_t *row, void *arg)
{
	struct difference *d = arg;
	json_t *labels = json_object_get(row, "metric");
	if (!d->first) {
		d->first = json_incref(labels);
		return true;
	}
	compare(d, labels, d->first);
	compare(d, d->first, labels); /* it may be the first alone that has a label more */
	return true;
}

/* Two clusters may have an instance of the same name: then what tells them apart is asked for
   too. */
static void look_twins(struct prometheus *p)
{
	for (int i = 0; i < PROMQL_BY_MAX; i++) {
		struct twin twin = {.job = ""};
		struct difference d = {.q = &p->q};
		struct prom_answer answer;
		char *expression = NULL, *form = NULL;
		size_t size;
		ask_beside(p, write_twins, take_twin, &twin);
		FILE *out = *twin.instance ? open_memstream(&expression, &size) : NULL;
		if (!out)
			return;
		promql_twin(out, &p->q, twin.job, twin.instance);
		bool whole = text_stream_close(out, &expression);
		out = whole ? open_memstream(&form, &size) : NULL;
		if (out) {
			promql_form(out, true, "query", expression);
			text_stream_close(out, &form);
		}
		const struct prom_question question = {QUERY, form, false, take_difference, &d};
		if (form)
			prom_ask(p->web, &question, &answer, NULL);
		json_decref(d.first);
		free(expression);
		free(form);
		if (!d.found)
			return;
	}
}

static enum status look_around(struct prometheus *p, struct error *error)
{
	int64_t now_ns = clock_monotonic_ns();
	if (p->looked_ns && now_ns - p->looked_ns < LOOK_EVERY_NS)
		return STATUS_OK;
	enum status status = look_names(p, error);
	if (status != STATUS_OK)
		return status;
	look_pace(p);
	size_t bys = p->q.bys;
	look_twins(p);
	/* By more labels all have other ids: who was known by the old ones would be gone. */
	if (p->q.bys > bys) {
		fleet_unref(p->before);
		p->before = NULL;
	}
	p->looked_ns = now_ns;
	return STATUS_OK;
}

/* --- a refresh -------------------------------------------------------------------------------- */

/* A rate over a window that a program has not lived through is too low. */
static void forget_young(const struct fleet *fleet, struct fleet_instance *instance)
{
	if (fleet_known(instance, FLEET_UPTIME) &&
	    instance->value[FLEET_UPTIME].hi < (double)fleet->window_ns)
		instance->known &= ~FLEET_BIT(FLEET_CORES);
}

static enum status finish(struct prom_fill *f)
{
	struct fleet *fleet = f->fleet;
	fleet->wall_ns = f->time > 0 ? (int64_t)(f->time * 1e9) : clock_wall_ns();
	fleet->took_ns = clock_monotonic_ns() - fleet->monotonic_ns;
	fleet->window_ns = f->q->window_ns;
	for (size_t i = 0; i < fleet->n; i++)
		forget_young(fleet, &fleet->instance[i]);
	return fleet_finish(fleet);
}

/* What is known already, for who waits for the first picture: each as many answers as come within
   a moment. */
static void show_early(struct prom_fill *f, void (*early)(struct fleet *fleet, void *arg),
                       void *arg)
{
	struct fleet *copy = fleet_copy(f->fleet);
	struct prom_fill half = *f;
	half.fleet = copy;
	if (copy && copy->n > 0 && finish(&half) == STATUS_OK)
		early(copy, arg);
	else
		fleet_unref(copy);
}

static enum status ask_all(struct prometheus *p, struct prom_fill *f,
                           void (*early)(struct fleet *fleet, void *arg), void *arg,
                           struct error *error)
{
	enum status status = STATUS_OK;
	bool shows = early && !p->before;
	int64_t shown_ns = 0;
	for (size_t i = 0; i < sizeof first_steps / sizeof *first_steps && status == STATUS_OK; i++)
		status = take_step(p, f, &first_steps[i], error);
	for (f->name = 0; f->name < promql_name_count; f->name++) {
		enum promql_kind kind = promql_names[f->name].kind;
		if (status == STATUS_OK && shows && clock_monotonic_ns() - shown_ns > SHOW_EVERY_NS) {
			show_early(f, early, arg);
			shown_ns = clock_monotonic_ns();
		}
		for (size_t i = 0; kind >= PROMQL_COUNTER && i < STEPS_OF_KIND; i++)
			if (status == STATUS_OK && kind_steps[kind][i].write)
				status = take_step(p, f, &kind_steps[kind][i], error);
	}
	return status;
}

enum status prometheus_refresh(struct prometheus *p, struct fleet **out,
                               void (*early)(struct fleet *fleet, void *arg), void *arg,
                               struct error *error)
{
	struct prom_fill f = {.q = &p->q, .key = p->key, .fleet = fleet_create()};
	*out = NULL;
	if (!f.fleet)
		return error_no_memory(error);
	f.fleet->monotonic_ns = clock_monotonic_ns();
	enum status status = look_around(p, error);
	f.stale_ns = p->stale_ns;
	if (status == STATUS_OK)
		status = ask_all(p, &f, early, arg, error);
	free(f.bucket);
	f.fleet->whole = true;
	/* Who is missing in an answer that the server warns of may be where it could not look. */
	enum fleet_state missing = f.partial ? FLEET_UNKNOWN : FLEET_GONE;
	if (status == STATUS_OK &&
	    (fleet_remember(f.fleet, p->before, missing, REMEMBER_NS) != STATUS_OK ||
	     finish(&f) != STATUS_OK))
		status = error_no_memory(error);
	if (status != STATUS_OK) {
		p->looked_ns = 0; /* another server may have taken over */
		fleet_unref(f.fleet);
		return status;
	}
	fleet_unref(p->before);
	p->before = fleet_ref(f.fleet);
	*out = f.fleet;
	return STATUS_OK;
}

/* --- trends ----------------------------------------------------------------------------------- */

struct tracing {
	struct prometheus *p;
	struct fleet_trends *trends;
	double start, step;
};

static bool take_trend(const json_t *row, void *arg)
{
	struct tracing *t = arg;
	struct fleet_labels labels;
	char more[256];
	uint64_t id = prom_fill_labels(&t->p->q, &t->p->key, row, &labels, more, sizeof more);
	size_t at = 0, i;
	while (at < t->trends->n && t->trends->id[at] != id)
		at++;
	if (at == t->trends->n)
		return true;
	const struct fleet_metric_info *info = &fleet_metric_info[t->trends->metric];
	double scale = info->unit == FLEET_TIME ? 1e9 : 1;
	json_t *point;
	json_array_foreach(json_object_get(row, "values"), i, point)
	{
		double when = json_number_value(json_array_get(point, 0)), value;
		double index = floor((when - t->start) / t->step + 0.5);
		if (index >= 0 && index < (double)t->trends->points &&
		    prom_number(json_string_value(json_array_get(point, 1)), &value) && value >= 0 &&
		    value * scale <= PROM_VALUE_MAX)
			t->trends->value[at * t->trends->points + (size_t)index] = value * scale;
	}
	return true;
}

/* The form of a range query for what is wished; the caller frees it. "": it can't be had. */
static char *range_form(struct tracing *t, const struct fleet_wish *wish, const struct fleet *fleet)
{
	const char *name[FLEET_PAGE_MAX];
	size_t n = 0, size;
	char *query = NULL, *form = NULL, text[32];
	for (size_t i = 0; i < wish->n; i++)
		for (size_t row = 0; row < fleet->n; row++)
			if (fleet->instance[row].id == wish->id[i]) {
				name[n++] = fleet->instance[row].name;
				break;
			}
	FILE *out = open_memstream(&query, &size);
	if (!out)
		return NULL;
	bool asks = n > 0 && promql_metric(out, &t->p->q, wish->metric, name, n);
	bool whole = text_stream_close(out, &query);
	out = whole ? open_memstream(&form, &size) : NULL;
	if (out && asks) {
		promql_form(out, true, "query", query);
		promql_form(out, false, "timeout", SERVER_TIMEOUT);
		snprintf(text, sizeof text, "%.3f", t->start);
		promql_form(out, false, "start", text);
		snprintf(text, sizeof text, "%.3f", t->start + t->step * (double)(wish->points - 1));
		promql_form(out, false, "end", text);
		snprintf(text, sizeof text, "%.3f", t->step);
		promql_form(out, false, "step", text);
	}
	if (out)
		text_stream_close(out, &form);
	free(query);
	return form;
}

/* Nothing is known yet. */
static struct fleet_trends *empty_trends(const struct fleet_wish *wish, int64_t wall_ns)
{
	struct fleet_trends *trends = calloc(1, sizeof *trends);
	if (!trends)
		return NULL;
	*trends = (struct fleet_trends){wish->n,
	                                wish->points,
	                                wish->metric,
	                                wish->span_ns,
	                                wall_ns,
	                                {0},
	                                calloc(wish->n * wish->points + 1, sizeof(double))};
	memcpy(trends->id, wish->id, wish->n * sizeof *wish->id);
	for (size_t i = 0; trends->value && i < wish->n * wish->points; i++)
		trends->value[i] = NAN;
	if (trends->value)
		return trends;
	free(trends);
	return NULL;
}

/* Moments that are multiples of the step, in whole milliseconds: servers that cache answers keep
   only such, others move what is asked to them, and graphs don't tremble as time goes by. */
static void lay_out(struct tracing *t, const struct fleet_wish *wish, int64_t wall_ns)
{
	int64_t step_ms = wish->span_ns / (int64_t)wish->points / NS_PER_MS;
	step_ms = step_ms > 0 ? step_ms : 1;
	int64_t end_ms = wall_ns / NS_PER_MS / step_ms * step_ms;
	t->step = (double)step_ms / 1000;
	t->start = (double)(end_ms - step_ms * ((int64_t)wish->points - 1)) / 1000;
}

enum status prometheus_trends(struct prometheus *p, const struct fleet_wish *wish,
                              const struct fleet *fleet, struct fleet_trends **out,
                              struct error *error)
{
	*out = NULL;
	if (wish->n == 0 || wish->n > FLEET_PAGE_MAX || wish->points < 2)
		return STATUS_OK;
	struct tracing t = {.p = p, .trends = empty_trends(wish, fleet->wall_ns)};
	if (!t.trends)
		return error_no_memory(error);
	lay_out(&t, wish, fleet->wall_ns);
	char *form = range_form(&t, wish, fleet);
	struct prom_answer answer;
	const struct prom_question question = {QUERY_RANGE, form, false, take_trend, &t};
	enum status status = form ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK && *form)
		status = prom_ask(p->web, &question, &answer, error);
	free(form);
	if (status == STATUS_OK)
		*out = t.trends;
	else
		fleet_trends_free(t.trends);
	return status;
}

/* --- life ------------------------------------------------------------------------------------- */

enum status prometheus_create(struct prometheus **out, const char *url, const char *match,
                              const struct web_options *web, struct error *error)
{
	struct web_options options = *web;
	struct prometheus *p = calloc(1, sizeof *p);
	*out = NULL;
	if (!p)
		return error_no_memory(error);
	p->stale_ns = STALE_START_NS;
	options.headers = getenv(WEB_HEADERS_VARIABLE);
	p->key = siphash_make_key();
	enum status status = promql_init(&p->q, match, error);
	if (status == STATUS_OK)
		status = web_create(&p->web, url, &options, error);
	if (status != STATUS_OK) {
		prometheus_destroy(p);
		return status;
	}
	*out = p;
	return STATUS_OK;
}

void prometheus_destroy(struct prometheus *p)
{
	if (!p)
		return;
	web_destroy(p->web);
	promql_finish(&p->q);
	fleet_unref(p->before);
	free(p);
}

void prometheus_cancel(struct prometheus *p)
{
	web_cancel(p->web);
}

const char *prometheus_shown(const struct prometheus *p)
{
	return web_shown(p->web);
}
