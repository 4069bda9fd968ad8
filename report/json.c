#include "report/json.h"

#include "util/text.h"

json_t *json_count(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *json_text(const char *text, size_t length)
{
	char clean[4 * TRACE_MAX_STRING];
	text_clean(clean, sizeof clean, text, length);
	return json_string(clean);
}

json_t *json_name(const struct names *names, uint32_t name)
{
	const struct name *n = names_get(names, name);
	return json_text(n->text, n->length);
}

static json_t *buckets_of(const struct distribution *d)
{
	json_t *all = json_array();
	struct distribution_step step = {0};
	while (distribution_next(d, &step)) {
		json_t *pair = json_array();
		json_push(&pair, json_integer(step.upper_ns));
		json_push(&pair, json_count(step.count));
		json_push(&all, pair);
	}
	return all;
}

json_t *json_distribution(const struct distribution *d, bool buckets)
{
	static const struct {
		const char *key;
		double ratio;
	} percentiles[] = {{"p50_ns", .5}, {"p90_ns", .9}, {"p99_ns", .99}, {"p999_ns", .999}};
	json_t *object = json_object();
	json_put(&object, "count", json_count(d->count));
	if (d->count == 0)
		return object;
	json_put(&object, "sum_ns", json_integer(d->sum_ns));
	json_put(&object, "min_ns", json_integer(d->min_ns));
	json_put(&object, "mean_ns", json_real((double)d->sum_ns / (double)d->count));
	for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
		json_put(&object, percentiles[i].key,
		         json_integer(distribution_percentile(d, percentiles[i].ratio)));
	json_put(&object, "max_ns", json_integer(d->max_ns));
	if (buckets)
		json_put(&object, "buckets", buckets_of(d));
	return object;
}

void json_put_states(json_t **object, const int64_t state_ns[GO_STATUS_COUNT])
{
	json_put(object, "running_ns", json_integer(state_ns[GO_RUNNING]));
	json_put(object, "runnable_ns", json_integer(state_ns[GO_RUNNABLE]));
	json_put(object, "syscall_ns", json_integer(state_ns[GO_SYSCALL]));
	json_put(object, "waiting_ns", json_integer(state_ns[GO_WAITING]));
}

json_t *json_timeline(const struct timeline *t)
{
	json_t *object = json_object(), *mean = json_array(), *most = json_array();
	json_put(&object, "from_ns", json_integer(t->first_ns));
	json_put(&object, "bin_ns", json_integer(t->bin_ns));
	for (size_t i = 0; i < t->bins; i++) {
		json_push(&mean, json_real(timeline_mean(t, i)));
		json_push(&most, json_integer(t->most[i]));
	}
	json_put(&object, "mean", mean);
	json_put(&object, "most", most);
	return object;
}

json_t *json_breakdown(const struct breakdown *b, const struct spent_reasons *reasons,
                       const struct names *names)
{
	json_t *all = json_array();
	for (unsigned i = 0; i < SPENT_KINDS; i++) {
		if (b->ns[i] == 0)
			continue;
		const char *fixed;
		uint32_t name = spent_name(reasons, i, &fixed);
		json_t *row = json_object();
		json_put(&row, "kind", fixed ? json_string(fixed) : json_name(names, name));
		json_put(&row, "ns", json_integer(b->ns[i]));
		json_push(&all, row);
	}
	return all;
}

json_t *json_stack(const struct stacks *stacks, uint32_t number, const struct names *names)
{
	json_t *all = json_array();
	if (number == STACK_NONE || number > stacks->n)
		return all;
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *f = &stacks->frame[stack->first + i];
		json_t *row = json_object();
		json_put(&row, "function", json_name(names, f->function));
		json_put(&row, "file", json_name(names, f->file));
		json_put(&row, "line", json_integer(f->line));
		json_push(&all, row);
	}
	return all;
}

json_t *json_reasons(const struct goroutines *goroutines, uint32_t list, const struct names *names)
{
	json_t *all = json_array();
	for (; list; list = goroutines->reason[list - 1].next) {
		const struct reason_time *r = &goroutines->reason[list - 1];
		json_t *row = json_object();
		if (r->reason != NAME_NONE)
			json_put(&row, "reason", json_name(names, r->reason));
		json_put(&row, "count", json_count(r->count));
		json_put(&row, "total_ns", json_integer(r->total_ns));
		json_push(&all, row);
	}
	return all;
}
