/* The way back from a line to a snapshot. Lines come from files and pipes: nothing in them is taken
   for true before it has been looked at. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/json.h"
#include "metrics/json_goroutines.h"
#include "metrics/json_tasks.h"
#include "util/text.h"

/* What no snapshot of ours exceeds; a line that does is a mistake or an attack on our memory. */
#define PROCS_MAX   4096
#define THREADS_MAX 200000
#define BUCKETS_MAX 4096
#define SAMPLES_MAX 65536
#define CELLS_MAX   ((size_t)1 << 24)  /* samples x procs */
#define TIME_MAX    (INT64_C(1) << 61) /* times below it can be added and subtracted at will */

/* --- single members -------------------------------------------------------------------------- */

/* What a member says, if it is of the field's kind and in its range. */
static bool read_value(const json_t *member, enum field_kind kind, int64_t *value)
{
	switch (kind) {
	case FIELD_BOOL:
		*value = json_is_true(member);
		return json_is_boolean(member);
	case FIELD_ID:
		*value = json_is_null(member) ? FIELD_NIL : json_integer_value(member);
		return json_is_null(member) || (json_is_integer(member) && *value >= 0);
	case FIELD_COUNTER:
		*value = json_integer_value(member);
		return json_is_integer(member) && *value >= 0;
	case FIELD_GAUGE:
		*value = json_integer_value(member);
		return json_is_integer(member);
	}
	return false;
}

void json_read_fields(const json_t *object, const struct field_info *info, int count,
                      struct fields *out)
{
	for (int field = 0; field < count; field++) {
		int64_t value;
		const json_t *member = json_object_get(object, info[field].name);
		if (member && read_value(member, info[field].kind, &value))
			fields_set(out, field, value);
	}
}

bool json_read_bound(const json_t *value, double *out)
{
	if (json_is_number(value)) {
		*out = json_number_value(value);
		return true;
	}
	const char *text = json_string_value(value);
	if (!text || json_string_length(value) != 4 || strcmp(text + 1, "Inf") != 0)
		return false;
	if (text[0] != '-' && text[0] != '+')
		return false;
	*out = text[0] == '-' ? -INFINITY : INFINITY;
	return true;
}

/* The index of a member's word in a table of `count` names; -1 when it is none of them. */
static int read_word(const json_t *object, const char *key, const char *const *name, int count)
{
	const char *word = json_string_value(json_object_get(object, key));
	for (int i = 0; word && i < count; i++) {
		if (strcmp(word, name[i]) == 0)
			return i;
	}
	return -1;
}

static void read_text(const json_t *object, const char *key, char *to, size_t size)
{
	const json_t *member = json_object_get(object, key);
	if (json_is_string(member))
		text_clean(to, size, json_string_value(member), json_string_length(member));
}

static bool read_integer(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *value)
{
	const json_t *member = json_object_get(object, key);
	if (!json_is_integer(member))
		return false;
	int64_t number = json_integer_value(member);
	if (number < min || number > max)
		return false;
	*value = number;
	return true;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Each part is read by a function that returns NULL, or a few words that say what is wrong. */
static const char no_memory[] = "";

static const char *read_stamp(const json_t *object, int64_t now_ns, struct stamp *stamp)
{
	int64_t age_ns;
	int origin = read_word(object, "origin", origin_name, ORIGIN_COUNT);
	if (origin < 0 || !read_integer(object, "age_ns", -TIME_MAX, now_ns, &age_ns) ||
	    now_ns - age_ns > TIME_MAX)
		return "has a part without its origin and age";
	*stamp = (struct stamp){(enum origin)origin, now_ns - age_ns};
	return NULL;
}

static const char *read_sources(const json_t *root, struct snapshot *s)
{
	const struct {
		const char *name;
		struct stamp *stamp;
	} parts[] = {{"sched", &s->sched_at},
	             {"runtime", &s->runtime_at},
	             {"os", &s->os_at},
	             {"tasks", &s->tasks_at}};
	const json_t *sources = json_object_get(root, "sources");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const json_t *part = json_object_get(sources, parts[i].name);
		const char *wrong = part ? read_stamp(part, s->monotonic_ns, parts[i].stamp) : NULL;
		if (wrong)
			return wrong;
	}
	return NULL;
}

static const char *read_trouble(const json_t *root, struct snapshot *s)
{
	const json_t *object;
	size_t i;
	json_array_foreach(json_object_get(root, "trouble"), i, object)
	{
		int origin = read_word(object, "source", origin_name, ORIGIN_COUNT);
		if (origin < 0)
			return "has a trouble of an unknown source";
		read_text(object, "text", s->trouble[origin], sizeof s->trouble[origin]);
	}
	return NULL;
}

static const char *read_rows(const json_t *root, struct snapshot *s)
{
	const json_t *p = json_object_get(root, "p"), *m = json_object_get(root, "m"), *row;
	size_t i, np = json_array_size(p), nm = json_array_size(m);
	if (np > PROCS_MAX || nm > THREADS_MAX)
		return "has more Ps or Ms than there can be";
	if (np + nm == 0)
		return NULL;
	if (snapshot_reserve(s, np, nm) != STATUS_OK)
		return no_memory;
	json_array_foreach(p, i, row)
	{
		json_read_fields(row, p_field_info, P_LANE, &s->p[i].f);
		int lane = read_word(row, p_field_info[P_LANE].name, lane_state_name, LANE_STATE_COUNT);
		if (lane >= 0)
			fields_set(&s->p[i].f, P_LANE, lane);
		read_text(row, "running", s->p[i].running, sizeof s->p[i].running);
	}
	json_array_foreach(m, i, row)
	{
		json_read_fields(row, m_field_info, M_FIELD_COUNT, &s->m[i].f);
		read_text(row, "preemptoff", s->m[i].preemptoff, sizeof s->m[i].preemptoff);
	}
	return NULL;
}

static const char *read_goroutines(const json_t *root, struct snapshot *s)
{
	const json_t *object = json_object_get(root, "goroutines");
	read_text(object, "trouble", s->goroutines_trouble, sizeof s->goroutines_trouble);
	if (!json_object_get(object, "by_creator"))
		return NULL;
	const char *wrong = read_stamp(object, s->monotonic_ns, &s->goroutines_at);
	if (wrong)
		return wrong;
	enum status status = json_read_goroutines(object, s, &wrong);
	return status == STATUS_OK ? NULL : status == STATUS_DAMAGED ? wrong : no_memory;
}

static const char *read_tasks(const json_t *root, struct snapshot *s)
{
	const json_t *tasks = json_object_get(root, "tasks");
	if (!tasks)
		return NULL;
	enum status status =
		json_array_size(tasks) > THREADS_MAX ? STATUS_DAMAGED : json_read_tasks(tasks, s);
	return status == STATUS_OK        ? NULL
	       : status == STATUS_DAMAGED ? "has threads without numbers, out of order or too many"
	                                  : no_memory;
}

/* Where in `bounds` the first of those told stands, if all of them stand there in a row. */
static bool find_bounds(const struct histogram_bounds *bounds, const double *told, size_t n,
                        size_t *first)
{
	const double *ns = histogram_bounds_ns(bounds);
	size_t count = histogram_bounds_count(bounds);
	for (*first = 0; *first < count && ns[*first] != told[0];)
		++*first;
	return n <= count - *first && memcmp(ns + *first, told, n * sizeof *told) == 0;
}

/* `told` are the n bounds of n - 1 counts, or none at all. Without the name of a layout they are
   all the bounds there are. */
static const char *make_histogram(const json_t *object, const double *told, const uint64_t *counts,
                                  size_t n, struct histogram *out)
{
	const char *layout = json_string_value(json_object_get(object, "layout"));
	struct histogram_bounds *bounds =
		layout ? histogram_bounds_of_layout(layout) : histogram_bounds_create(told, n);
	size_t first = 0;
	if (!bounds || (layout && n > 0 && !find_bounds(bounds, told, n, &first))) {
		histogram_bounds_unref(bounds);
		return "has a histogram with bounds that can't be";
	}
	const char *wrong = NULL;
	uint64_t *all = calloc(histogram_bounds_count(bounds), sizeof *all);
	if (!all) {
		wrong = no_memory;
	} else {
		memcpy(all + first, counts, (n > 0 ? n - 1 : 0) * sizeof *all);
		enum status status = histogram_init(out, bounds, all);
		wrong = status == STATUS_DAMAGED ? "has a histogram with too many events"
		        : status != STATUS_OK    ? no_memory
		                                 : NULL;
	}
	free(all);
	histogram_bounds_unref(bounds);
	return wrong;
}

static const char *read_histogram(const json_t *object, struct histogram *out)
{
	const json_t *counts = json_object_get(object, "counts"), *value;
	const json_t *bounds = json_object_get(object, "bounds_ns");
	size_t i, n = json_array_size(bounds);
	int64_t total;
	bool good = json_is_array(counts) && json_is_array(bounds) && n <= BUCKETS_MAX + 1 &&
	            json_array_size(counts) == (n > 0 ? n - 1 : 0) && n != 1 &&
	            read_integer(object, "total", 0, INT64_MAX, &total);
	if (!good)
		return "has a histogram whose counts and bounds don't fit";
	double *told = calloc(n + 1, sizeof *told);
	uint64_t *count = calloc(n + 1, sizeof *count);
	if (!told || !count) {
		free(told);
		free(count);
		return no_memory;
	}
	json_array_foreach(bounds, i, value) good = good && json_read_bound(value, &told[i]);
	json_array_foreach(counts, i, value)
	{
		good = good && json_is_integer(value) && json_integer_value(value) >= 0;
		count[i] = good ? (uint64_t)json_integer_value(value) : 0;
	}
	const char *wrong = good ? make_histogram(object, told, count, n, out)
	                         : "has a histogram with counts or bounds that are no numbers";
	if (!wrong && out->total != (uint64_t)total) {
		histogram_finish(out);
		wrong = "has a histogram whose counts don't add up to its total";
	}
	free(told);
	free(count);
	return wrong;
}

static const char *read_histograms(const json_t *root, struct snapshot *s)
{
	const json_t *histograms = json_object_get(root, "histograms");
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		const json_t *object = json_object_get(histograms, histogram_name[id]);
		const char *wrong =
			object ? read_stamp(object, s->monotonic_ns, &s->histogram_at[id]) : NULL;
		if (object && !wrong)
			wrong = read_histogram(object, &s->histogram[id]);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* "r12i3gr": exactly as many samples as there are. */
static bool read_runs(const char *runs, struct lanes *lanes, size_t p)
{
	size_t filled = 0;
	while (*runs) {
		const char *letter = memchr(lane_state_letter, *runs++, LANE_STATE_COUNT);
		size_t n = 0, digits = strspn(runs, "0123456789");
		if (!letter || digits > 5)
			return false;
		for (size_t i = 0; i < digits; i++)
			n = n * 10 + (size_t)(*runs++ - '0');
		if (digits == 0)
			n = 1;
		if (n > lanes->samples - filled)
			return false;
		for (; n > 0; n--, filled++)
			lanes->state[filled * lanes->procs + p] = (uint8_t)(letter - lane_state_letter);
	}
	return filled == lanes->samples;
}

static const char *read_lanes(const json_t *root, struct snapshot *s)
{
	static const char wrong[] = "has lanes whose samples don't fit";
	const json_t *object = json_object_get(root, "lanes"), *value;
	const json_t *steps = json_object_get(object, "steps_ns"), *runs = json_object_get(object, "p");
	size_t i, samples = json_array_size(steps), procs = json_array_size(runs);
	int64_t at_ns, end_ns;
	struct lanes *lanes = &s->lanes;
	if (!object)
		return NULL;
	int origin = read_word(object, "origin", origin_name, ORIGIN_COUNT);
	if (origin < 0 || samples == 0 || samples > SAMPLES_MAX || procs > PROCS_MAX ||
	    samples * procs > CELLS_MAX || !read_integer(object, "start_ns", 0, TIME_MAX, &at_ns) ||
	    !read_integer(object, "end_ns", 0, TIME_MAX, &end_ns))
		return wrong;
	if (lanes_reserve(lanes, samples, procs) != STATUS_OK)
		return no_memory;
	lanes->origin = (enum origin)origin;
	lanes->start_ns = at_ns;
	json_array_foreach(steps, i, value)
	{
		int64_t step_ns = json_integer_value(value);
		if (!json_is_integer(value) || step_ns <= 0 || step_ns > end_ns - at_ns)
			return wrong;
		lanes->at_ns[i] = at_ns += step_ns;
	}
	json_array_foreach(runs, i, value)
	{
		if (!json_is_string(value) || !read_runs(json_string_value(value), lanes, i))
			return wrong;
	}
	return at_ns == end_ns ? NULL : wrong;
}

/* --- the line --------------------------------------------------------------------------------- */

static const char *read_head(const json_t *root, struct snapshot *s)
{
	int64_t pid;
	int state = read_word(root, "state", target_state_name, TARGET_STATE_COUNT);
	if (state < 0 || !read_integer(root, "monotonic_ns", 0, TIME_MAX, &s->monotonic_ns) ||
	    !read_integer(root, "wall_ns", 0, TIME_MAX, &s->wall_ns) ||
	    !read_integer(root, "interval_ns", 0, TIME_MAX, &s->interval_ns))
		return "has not the times and state that every line has";
	s->state = (enum target_state)state;
	read_text(root, "where", s->where, sizeof s->where);
	bool has_pid = read_integer(root, "pid", 0, INT32_MAX, &pid);
	if (!has_pid && !s->where[0])
		return "tells neither the PID nor where it was seen";
	s->pid = has_pid ? (pid_t)pid : 0;
	if (!read_integer(root, "life", 0, INT64_MAX, &s->life))
		s->life = 0;
	read_text(root, "program", s->program, sizeof s->program);
	read_text(root, "go_version", s->go_version, sizeof s->go_version);
	read_text(root, "module", s->module, sizeof s->module);
	return NULL;
}

static const char *read_sets(const json_t *root, struct snapshot *s)
{
	json_read_fields(json_object_get(root, "sched"), sched_field_info, SCHED_FIELD_COUNT,
	                 &s->sched);
	json_read_fields(json_object_get(root, "runtime"), runtime_field_info, RUNTIME_FIELD_COUNT,
	                 &s->runtime);
	json_read_fields(json_object_get(root, "os"), os_field_info, OS_FIELD_COUNT, &s->os);
	return NULL;
}

static const char *read_snapshot(const json_t *root, struct snapshot *s)
{
	static const char *(*const parts[])(const json_t *root, struct snapshot *s) = {
		read_head,  read_sources,    read_trouble,    read_sets,  read_rows,
		read_tasks, read_goroutines, read_histograms, read_lanes,
	};
	const char *wrong = NULL;
	for (size_t i = 0; !wrong && i < sizeof parts / sizeof *parts; i++)
		wrong = parts[i](root, s);
	return wrong;
}

static enum status decode(const json_t *root, struct snapshot **out, struct error *error)
{
	int64_t schema;
	if (!read_integer(root, "schema", 0, INT64_MAX, &schema))
		return error_set(error, STATUS_DAMAGED, "it is no snapshot");
	if (schema != SNAPSHOT_SCHEMA)
		return error_set(error, STATUS_DAMAGED, "it is of schema %lld, and this schedtop reads %d",
		                 (long long)schema, SNAPSHOT_SCHEMA);
	struct snapshot *s = snapshot_create();
	const char *wrong = s ? read_snapshot(root, s) : no_memory;
	if (!wrong) {
		*out = s;
		return STATUS_OK;
	}
	snapshot_unref(s);
	return wrong == no_memory ? error_no_memory(error)
	                          : error_set(error, STATUS_DAMAGED, "it %s", wrong);
}

enum status json_decode(const char *line, size_t size, struct snapshot **out, struct error *error)
{
	json_error_t why;
	*out = NULL;
	json_t *root = json_loadb(line, size, JSON_REJECT_DUPLICATES, &why);
	if (!root && json_error_code(&why) == json_error_out_of_memory)
		return error_no_memory(error);
	if (!root)
		return error_set(error, STATUS_DAMAGED, "it is no JSON from byte %d on", why.position);
	enum status status = decode(root, out, error);
	json_decref(root);
	return status;
}
