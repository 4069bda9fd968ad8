#include "metrics/json_goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/goroutine_table.h"
#include "util/text.h"

/* --- writing -------------------------------------------------------------------------------- */

/* Takes over `value`; false when out of memory. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return value && json_object_set_new_nocheck(object, key, value) == 0;
}

static bool add(json_t *array, json_t *value)
{
	return value && json_array_append_new(array, value) == 0;
}

/* NULL when a part of it could not be made, which then is nobody's. */
static json_t *whole(json_t *value, bool complete)
{
	if (complete)
		return value;
	json_decref(value);
	return NULL;
}

/* Texts of a set are printable as they are. */
static bool put_text(json_t *object, const char *key, const char *text)
{
	return !text[0] || put(object, key, json_string_nocheck(text));
}

static json_t *place(const struct goroutine_set *set, const struct goroutine_place *place)
{
	json_t *object = json_object();
	return whole(object, object &&
	                         put_text(object, "function", goroutine_text(set, place->function)) &&
	                         put_text(object, "file", goroutine_text(set, place->file)) &&
	                         (!place->line || put(object, "line", json_integer(place->line))));
}

/* A place of which nothing is known is left out. */
static bool put_place(json_t *object, const char *key, const struct goroutine_set *set,
                      const struct goroutine_place *where)
{
	return (!where->function && !where->file && !where->line) ||
	       put(object, key, place(set, where));
}

/* "longest_ns", or "longest_at_least_ns"; nothing when it is unknown. */
static bool put_wait(json_t *object, const char *key, const char *key_at_least, int64_t ns,
                     bool at_least)
{
	return ns < 0 || put(object, at_least ? key_at_least : key, json_integer(ns));
}

static json_t *sample(const struct goroutine_group *g)
{
	json_t *array = json_array();
	bool ok = array != NULL;
	for (int i = 0; i < GOROUTINE_SAMPLE && g->goid[i] > 0; i++)
		ok = ok && add(array, json_integer(g->goid[i]));
	return whole(array, ok);
}

static json_t *group(const struct goroutine_set *set, const struct goroutine_group *g)
{
	json_t *object = json_object();
	bool ok = object && put(object, "count", json_integer(g->count)) &&
	          put_text(object, "state", goroutine_state_name[g->state]) &&
	          put_text(object, "reason", goroutine_text(set, g->reason)) &&
	          (!g->system || put(object, "system", json_true())) &&
	          put_place(object, "creator", set, &g->creator) &&
	          put_place(object, "start", set, &g->start) && put_place(object, "at", set, &g->at);
	ok =
		ok && put(object, "at_count", json_integer(g->at_count)) &&
		put(object, "at_known", json_integer(g->at_known)) &&
		put_wait(object, "longest_ns", "longest_at_least_ns", g->longest_ns, g->longest_at_least) &&
		put_wait(object, "median_ns", "median_at_least_ns", g->median_ns, g->median_at_least) &&
		put(object, "goids", sample(g));
	return whole(object, ok);
}

static json_t *grouping(const struct goroutine_set *set, const struct goroutine_grouping *by)
{
	const struct {
		const char *key;
		uint32_t n;
	} others[] = {
		{"other_groups", by->other_groups},
		{"other_count", by->other_count},
		{"other_system_groups", by->other_system_groups},
		{"other_system_count", by->other_system_count},
	};
	json_t *object = json_object(), *groups = json_array();
	bool ok = object && groups;
	for (size_t i = 0; i < by->n; i++)
		ok = ok && add(groups, group(set, &by->group[i]));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ok = ok && (!others[i].n || put(object, others[i].key, json_integer(others[i].n)));
	if (ok)
		return whole(object, put(object, "groups", groups));
	json_decref(groups);
	return whole(object, false);
}

static json_t *stack(const struct goroutine_set *set, const struct goroutine_member *member)
{
	json_t *array = json_array();
	bool ok = array != NULL;
	for (size_t i = 0; i < member->frames && ok; i++) {
		const struct goroutine_frame *frame = &set->frame[member->first_frame + i];
		json_t *object = place(set, &frame->place);
		ok = object && (!frame->inlined || put(object, "inlined", json_true()));
		if (ok)
			ok = add(array, object);
		else
			json_decref(object);
	}
	return whole(array, ok);
}

/* Members tell their stack by its number: the first that has it, in order, makes it one more. */
static bool put_members(json_t *object, const struct goroutine_set *set)
{
	json_t *members = json_array(), *stacks = json_array();
	size_t number[GOROUTINE_MEMBERS_MAX] = {0};
	bool ok = members && stacks;
	for (size_t i = 0; i < set->members && ok; i++) {
		const struct goroutine_member *m = &set->member[i];
		json_t *row = json_object();
		ok = row &&
		     (m->goid > 0 ? put(row, "goid", json_integer(m->goid))
		                  : put(row, "count", json_integer(m->count))) &&
		     put_wait(row, "wait_ns", "wait_at_least_ns", m->wait_ns, m->at_least);
		size_t same = 0;
		while (same < i && (set->member[same].first_frame != m->first_frame ||
		                    set->member[same].frames != m->frames))
			same++;
		if (m->frames > 0) {
			number[i] = same < i ? number[same] : json_array_size(stacks);
			ok = ok && (same < i || add(stacks, stack(set, m))) &&
			     put(row, "stack", json_integer((json_int_t)number[i]));
		}
		if (ok)
			ok = add(members, row);
		else
			json_decref(row);
	}
	ok = ok && put(object, "members", json_incref(members)) &&
	     put(object, "stacks", json_incref(stacks));
	json_decref(members);
	json_decref(stacks);
	return ok;
}

/* The group that is told one by one, by where it stands. */
static json_t *detail(const struct goroutine_set *set)
{
	enum goroutine_by by;
	const struct goroutine_group *g = goroutine_set_find(set, set->detail, &by);
	json_t *object = json_object();
	if (!g)
		return object;
	return whole(object, object && put_text(object, "by", goroutine_by_name[by]) &&
	                         put(object, "group", json_integer(g - set->by[by].group)) &&
	                         put_members(object, set));
}

json_t *json_goroutines(const struct snapshot *s)
{
	const struct goroutine_set *set = s->goroutines;
	char trouble[sizeof s->goroutines_trouble];
	text_clean(trouble, sizeof trouble, s->goroutines_trouble, strlen(s->goroutines_trouble));
	json_t *object = json_object();
	bool ok = object && put_text(object, "trouble", trouble);
	if (!set)
		return whole(object, ok);
	ok = ok && put_text(object, "origin", origin_name[s->goroutines_at.origin]) &&
	     put(object, "age_ns", json_integer(s->monotonic_ns - s->goroutines_at.at_ns)) &&
	     put(object, "count", json_integer(set->count)) &&
	     put(object, "system_count", json_integer(set->system_count)) &&
	     put(object, "dropped", json_integer(set->dropped)) &&
	     (set->period_ns <= 0 || put(object, "period_ns", json_integer(set->period_ns))) &&
	     (set->cost_ppm < 0 || put(object, "cost_ppm", json_integer(set->cost_ppm)));
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++)
		ok = ok && put(object, goroutine_by_name[by], grouping(set, &set->by[by]));
	if (set->detail)
		ok = ok && put(object, "detail", detail(set));
	return whole(object, ok);
}

static json_t *stats(const struct goroutine_table *table)
{
	json_t *array = json_array();
	bool ok = array != NULL;
	for (size_t i = 0; i < table->n && ok; i++) {
		const struct goroutine_stat *stat = &table->row[i];
		json_t *object = json_object();
		ok = object &&
		     (!stat->growth_known ||
		      put(object, "growth_per_min", json_real(stat->growth_per_min))) &&
		     put_text(object, "mark", goroutine_mark_name[stat->mark]);
		if (ok)
			ok = add(array, object);
		else
			json_decref(object);
	}
	return whole(array, ok);
}

json_t *json_goroutine_stats(const struct history *h)
{
	json_t *object = json_object();
	bool ok = object != NULL;
	for (int by = 0; by < GOROUTINES_BY_COUNT && history_get(h, 0)->goroutines; by++) {
		struct goroutine_table table;
		ok = ok && derive_goroutine_table(h, (enum goroutine_by)by, &table) == STATUS_OK;
		if (!ok)
			break;
		ok = put(object, goroutine_by_name[by], stats(&table));
		goroutine_table_finish(&table);
	}
	return whole(object, ok);
}

/* --- reading -------------------------------------------------------------------------------- */

#define TIME_MAX (INT64_C(1) << 61)

static const char bad_groups[] = "has groups of goroutines that don't add up";
static const char bad_detail[] = "has goroutines without a number, or with stacks that are none";

static bool read_integer(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *out)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return false;
	*out = json_integer_value(value);
	return true;
}

/* 0 when it is not there. */
static uint32_t read_count(const json_t *object, const char *key)
{
	int64_t n = 0;
	read_integer(object, key, 0, UINT32_MAX, &n);
	return (uint32_t)n;
}

static const char *read_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static struct goroutine_where read_where(const json_t *object)
{
	int64_t line = 0;
	read_integer(object, "line", 1, INT32_MAX, &line);
	return (struct goroutine_where){
		.function = read_string(object, "function"),
		.file = read_string(object, "file"),
		.line = (int)line,
		.inlined = json_is_true(json_object_get(object, "inlined")),
	};
}

static enum status read_place(struct goroutine_set *set, const json_t *object, const char *key,
                              struct goroutine_place *out)
{
	struct goroutine_where where = read_where(json_object_get(object, key));
	out->line = where.line;
	enum status status = goroutine_set_intern(set, where.function, &out->function);
	return status ? status : goroutine_set_intern(set, where.file, &out->file);
}

static void read_wait(const json_t *object, const char *key, const char *key_at_least, int64_t *ns,
                      bool *at_least)
{
	*ns = -1;
	*at_least = read_integer(object, key_at_least, 0, TIME_MAX, ns);
	if (!*at_least)
		read_integer(object, key, 0, TIME_MAX, ns);
}

static enum status read_group(struct goroutine_set *set, const json_t *object, enum goroutine_by by,
                              struct goroutine_group *g)
{
	const char *state = read_string(object, "state");
	for (int i = 0; i < GOROUTINE_STATE_COUNT; i++)
		if (strcmp(state, goroutine_state_name[i]) == 0)
			g->state = (enum goroutine_state)i;
	g->count = read_count(object, "count");
	g->system = json_is_true(json_object_get(object, "system"));
	g->at_count = read_count(object, "at_count");
	g->at_known = read_count(object, "at_known");
	read_wait(object, "longest_ns", "longest_at_least_ns", &g->longest_ns, &g->longest_at_least);
	read_wait(object, "median_ns", "median_at_least_ns", &g->median_ns, &g->median_at_least);
	const json_t *goids = json_object_get(object, "goids");
	for (size_t i = 0; i < GOROUTINE_SAMPLE && i < json_array_size(goids); i++)
		g->goid[i] = json_integer_value(json_array_get(goids, i));
	if (goroutine_set_intern(set, read_string(object, "reason"), &g->reason) != STATUS_OK ||
	    read_place(set, object, "creator", &g->creator) != STATUS_OK ||
	    read_place(set, object, "start", &g->start) != STATUS_OK ||
	    read_place(set, object, "at", &g->at) != STATUS_OK)
		return STATUS_FAILED;
	g->key = goroutine_group_key(set, g, by);
	return g->count > 0 && g->at_count <= g->at_known && g->at_known <= g->count ? STATUS_OK
	                                                                             : STATUS_DAMAGED;
}

/* Every goroutine that was counted is in one group, or one of the others. */
static bool adds_up(const struct goroutine_set *set, const struct goroutine_grouping *by)
{
	uint64_t sum[2] = {by->other_count, by->other_system_count};
	for (size_t i = 0; i < by->n; i++)
		sum[by->group[i].system] += by->group[i].count;
	return sum[false] == set->count && sum[true] == set->system_count;
}

static enum status read_grouping(struct goroutine_set *set, const json_t *object,
                                 enum goroutine_by by)
{
	struct goroutine_grouping *out = &set->by[by];
	const json_t *groups = json_object_get(object, "groups");
	size_t n = json_array_size(groups);
	if (n > GOROUTINE_GROUPS_MAX)
		return STATUS_DAMAGED;
	out->group = calloc(n + 1, sizeof *out->group);
	if (!out->group)
		return STATUS_FAILED;
	out->n = n;
	out->other_groups = read_count(object, "other_groups");
	out->other_count = read_count(object, "other_count");
	out->other_system_groups = read_count(object, "other_system_groups");
	out->other_system_count = read_count(object, "other_system_count");
	enum status status = STATUS_OK;
	for (size_t i = 0; i < n && status == STATUS_OK; i++)
		status = read_group(set, json_array_get(groups, i), by, &out->group[i]);
	if (status == STATUS_OK && !adds_up(set, out))
		status = STATUS_DAMAGED;
	return status;
}

static enum status read_member(struct goroutine_set *set, const json_t *row, const json_t *stacks)
{
	struct goroutine_where frame[GOROUTINE_FRAMES_MAX];
	struct goroutine_row member = {0};
	int64_t number, count = 0;
	if (!read_integer(row, "goid", 1, INT64_MAX, &member.goid) &&
	    !read_integer(row, "count", 1, UINT32_MAX, &count))
		return STATUS_DAMAGED;
	read_wait(row, "wait_ns", "wait_at_least_ns", &member.wait_ns, &member.at_least);
	const json_t *stack = NULL;
	if (read_integer(row, "stack", 0, GOROUTINE_MEMBERS_MAX, &number))
		stack = json_array_get(stacks, (size_t)number);
	size_t frames = json_array_size(stack);
	if (frames > GOROUTINE_FRAMES_MAX)
		return STATUS_DAMAGED;
	for (size_t i = 0; i < frames; i++)
		frame[i] = read_where(json_array_get(stack, i));
	return count ? goroutine_set_add_stack(set, (uint32_t)count, frame, frames)
	             : goroutine_set_add_member(set, &member, frame, frames);
}

static enum status read_detail(struct goroutine_set *set, const json_t *object)
{
	const char *name = read_string(object, "by");
	const json_t *members = json_object_get(object, "members");
	int64_t group;
	size_t by = 0;
	while (by < GOROUTINES_BY_COUNT && strcmp(name, goroutine_by_name[by]) != 0)
		by++;
	if (by == GOROUTINES_BY_COUNT || json_array_size(members) > GOROUTINE_MEMBERS_MAX ||
	    !read_integer(object, "group", 0, (int64_t)set->by[by].n - 1, &group))
		return STATUS_DAMAGED;
	goroutine_set_begin_detail(set, set->by[by].group[group].key);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < json_array_size(members) && status == STATUS_OK; i++)
		status = read_member(set, json_array_get(members, i), json_object_get(object, "stacks"));
	return status;
}

static enum status read_set(const json_t *object, struct goroutine_set *set, const char **why)
{
	set->count = read_count(object, "count");
	set->system_count = read_count(object, "system_count");
	set->dropped = read_count(object, "dropped");
	read_integer(object, "period_ns", 1, TIME_MAX, &set->period_ns);
	read_integer(object, "cost_ppm", 0, INT32_MAX, &set->cost_ppm);
	*why = bad_groups;
	enum status status = STATUS_OK;
	for (int by = 0; by < GOROUTINES_BY_COUNT && status == STATUS_OK; by++)
		status = read_grouping(set, json_object_get(object, goroutine_by_name[by]),
		                       (enum goroutine_by)by);
	const json_t *told = json_object_get(object, "detail");
	if (status != STATUS_OK || json_object_size(told) == 0)
		return status;
	*why = bad_detail;
	return read_detail(set, told);
}

enum status json_read_goroutines(const json_t *object, struct snapshot *s, const char **why)
{
	struct goroutine_set *set = goroutine_set_create();
	if (!set)
		return STATUS_FAILED;
	set->at_ns = s->goroutines_at.at_ns;
	enum status status = read_set(object, set, why);
	if (status == STATUS_OK)
		s->goroutines = set;
	else
		goroutine_set_unref(set);
	return status;
}
