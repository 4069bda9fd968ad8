#include "tests/trace/summary/waits.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/trace/summary/events.h"

void waits_init(struct waits *w)
{
	*w = (struct waits){.ready = {.runnable = true}};
	w->blocking.stacks = w->ready.stacks = w->latency.stacks = &w->stacks;
}

void waits_finish(struct waits *w)
{
	blocking_finish(&w->blocking);
	blocking_finish(&w->ready);
	latency_finish(&w->latency);
	stacks_finish(&w->stacks);
}

void waits_visitors(struct waits *w, struct trace_visitor visitors[WAITS_VISITORS])
{
	visitors[0] = blocking_visitor(&w->blocking);
	visitors[1] = blocking_visitor(&w->ready);
	visitors[2] = latency_visitor(&w->latency);
}

/* Of functions, files and lines. */
static uint64_t digest_stack(const struct stacks *stacks, uint32_t number,
                             const struct names *names)
{
	uint64_t sum = 0;
	const struct stack none = {0};
	const struct stack *stack = number ? &stacks->stack[number - 1] : &none;
	for (uint32_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *f = &stacks->frame[stack->first + i];
		const struct name *parts[] = {names_get(names, f->function), names_get(names, f->file)};
		char line[32];
		sum = i == 0 ? EVENTS_DIGEST_START : sum;
		for (size_t k = 0; k < 2; k++)
			sum = events_digest(events_digest(sum, parts[k]->text, parts[k]->length), "\n", 1);
		sum =
			events_digest(sum, line, (size_t)snprintf(line, sizeof line, "%" PRIu32 "\n", f->line));
	}
	return sum;
}

static void print_places(const struct blocking *a, const struct names *names)
{
	for (size_t i = 0; i < a->sites; i++) {
		const struct block_site *site = &a->site[i];
		if (site->count)
			printf("place %s %s %016" PRIx64 " %" PRIu64 " %" PRId64 " %" PRId64 " open %" PRIu64
			       "\n",
			       a->runnable     ? "runnable"
			       : site->syscall ? "syscall"
			                       : "waiting",
			       events_quote_name(names, site->reason),
			       digest_stack(a->stacks, site->stack, names), site->count, site->total_ns,
			       site->max_ns, site->open);
	}
}

void waits_print(const struct waits *w, const struct names *names)
{
	print_places(&w->blocking, names);
	print_places(&w->ready, names);
	for (size_t i = 0; i < w->latency.groups; i++) {
		const struct latency_group *g = &w->latency.group[i];
		printf("origin %s %s %" PRIu64 " %" PRId64 " %" PRId64 " open %" PRIu64 "\n",
		       events_quote_name(names, g->function), events_quote_name(names, g->creator),
		       g->wait.count, g->wait.sum_ns, g->wait.max_ns, g->open);
	}
}
