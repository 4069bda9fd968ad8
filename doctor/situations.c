#include "doctor/situations.h"

#include <stdlib.h>
#include <string.h>

#include "doctor/known.h"
#include "trace/slots.h"

#define BIT(known) (UINT64_C(1) << (known))

void situations_init(struct situations *s, const struct stacks *stacks, const struct names *names)
{
	*s = (struct situations){.stacks = stacks, .names = names};
}

void situations_finish(struct situations *s)
{
	free(s->function);
	free(s->stack);
	free(s->role);
	memset(s, 0, sizeof *s);
}

static enum known known_name(struct situations *s, uint32_t name)
{
	if (name < s->functions && s->function[name])
		return (enum known)(s->function[name] - 1);
	enum known known = known_function(names_text(s->names, name));
	if (SLOTS_FIT(s->function, s->functions, (size_t)name + 1, NULL))
		s->function[name] = (uint8_t)(known + 1);
	return known;
}

/* A function literal, or what the compiler wraps a call after `go` in. */
static bool is_closure(const char *name)
{
	static const char *const marks[] = {".func", ".gowrap", "dwrap\u00b7"};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = strstr(name, marks[i]);
		char next = at ? at[strlen(marks[i])] : '\0';
		if (next >= '0' && next <= '9')
			return true;
	}
	return false;
}

static bool is_plumbing(enum known known)
{
	return known == KNOWN_STANDARD || known == KNOWN_RUNTIME || known == KNOWN_RECEIVE ||
	       known == KNOWN_CONDITION || known == KNOWN_LAUNCHER;
}

/* What a stack consists of. */
struct reading {
	uint64_t has;        /* bits of enum known */
	enum known how;      /* the innermost that says how it waits; KNOWN_NOTHING: none does */
	enum known what_for; /* the innermost that says what for, or whose goroutine it is */
	bool direct;         /* between both there is nothing but the runtime and package sync */
	bool own_start;      /* what the goroutine starts with waits by itself */
};

/* Is the innermost of the program's functions the one that the goroutine was started for? A closure
   that calls one function counts as that one, and so does main. */
static bool waits_in_its_start(struct situations *s, const struct stack_frame *frame, size_t n)
{
	size_t from = 0;
	while (from < n && is_plumbing(known_name(s, frame[from].function)))
		from++;
	while (n > from + 1) {
		enum known known = known_name(s, frame[n - 1].function);
		if (known != KNOWN_LAUNCHER && known != KNOWN_MAIN &&
		    !is_closure(names_text(s->names, frame[n - 1].function)))
			break;
		n--;
		if (known == KNOWN_NOTHING) /* one closure alone */
			break;
	}
	return n == from + 1;
}

static struct reading read_stack(struct situations *s, const struct stack_frame *frame, size_t n)
{
	struct reading r = {.direct = true};
	for (size_t i = 0; i < n; i++) {
		enum known known = known_name(s, frame[i].function);
		r.has |= BIT(known);
		if (!r.how && known >= KNOWN_LOCK && known <= KNOWN_CHILD)
			r.how = known;
		if (!r.what_for && known >= KNOWN_ACCEPT)
			r.what_for = known;
		if (!r.what_for && known != KNOWN_RUNTIME && known != KNOWN_RECEIVE &&
		    known != KNOWN_CONDITION)
			r.direct = false;
	}
	r.own_start = waits_in_its_start(s, frame, n);
	return r;
}

/* How it waits decides, when nothing known called for it. */
static enum situation by_how(const struct reading *r, bool in_request)
{
	switch (r->how) {
	case KNOWN_NETWORK: /* what comes from the request's own client was told apart before */
		return in_request ? SITUATION_OUTBOUND : SITUATION_NETWORK;
	case KNOWN_CONDITION:
		return r->own_start && !in_request ? SITUATION_WORKER : SITUATION_CONDITION;
	case KNOWN_RECEIVE:
		return r->own_start && !in_request ? SITUATION_WORKER : SITUATION_ORDINARY;
	case KNOWN_JOIN:
		return SITUATION_JOIN;
	case KNOWN_SLEEP:
		return SITUATION_SLEEP;
	case KNOWN_FILE:
		return SITUATION_FILE;
	case KNOWN_CGO:
		return SITUATION_CGO;
	case KNOWN_CHILD:
		return SITUATION_CHILD;
	default:
		return SITUATION_ORDINARY;
	}
}

static enum situation decide(const struct reading *r)
{
	const uint64_t tracer = BIT(KNOWN_TRACER) | BIT(KNOWN_TRACE_READER) | BIT(KNOWN_TRACE_DRY);
	const uint64_t runtime = BIT(KNOWN_RUNTIME) | BIT(KNOWN_RECEIVE) | BIT(KNOWN_SEND) |
	                         BIT(KNOWN_COLLECTOR) | BIT(KNOWN_SYSTEM);
	bool in_request = r->has & (BIT(KNOWN_HANDLER) | BIT(KNOWN_REQUEST));
	if (r->has & BIT(KNOWN_TRACE_READER) && !(r->has & BIT(KNOWN_TRACE_DRY)) && r->how)
		return SITUATION_TRACE_WRITER;
	if (r->has & tracer)
		return SITUATION_TRACER;
	if (!(r->has & ~runtime) || r->has & BIT(KNOWN_SYSTEM))
		return SITUATION_SYSTEM;
	if (r->how == KNOWN_LOCK)
		return SITUATION_LOCK;
	if (r->has & BIT(KNOWN_COLLECTOR))
		return SITUATION_COLLECTOR;
	if (r->has & BIT(KNOWN_ACCEPT))
		return SITUATION_ACCEPT;
	if (r->has & BIT(KNOWN_LOOKUP))
		return SITUATION_LOOKUP;
	if (r->has & BIT(KNOWN_DIAL))
		return SITUATION_DIAL;
	if (r->how == KNOWN_FILE || r->how == KNOWN_CGO) /* also where a driver does it */
		return by_how(r, in_request);
	if (r->has & BIT(KNOWN_LOOP) && !in_request)
		return SITUATION_IDLE_CONNECTION;
	switch (r->what_for) {
	case KNOWN_CLIENT:
	case KNOWN_CLIENT_MORE:
		return SITUATION_OUTBOUND;
	case KNOWN_PERMIT:
		return SITUATION_PERMIT;
	case KNOWN_POOL:
		return r->how == KNOWN_NETWORK ? SITUATION_OUTBOUND : SITUATION_POOL;
	case KNOWN_POOL_AND_NEW:
		return r->direct ? SITUATION_POOL : SITUATION_OUTBOUND;
	case KNOWN_SERVER_READ:
		return in_request ? SITUATION_INBOUND : SITUATION_IDLE_CONNECTION;
	case KNOWN_SERVER_WRITE:
	case KNOWN_LOOP:
		return SITUATION_INBOUND;
	case KNOWN_SERVER:
		return SITUATION_IDLE_CONNECTION;
	default:
		return by_how(r, in_request);
	}
}

static enum call_part part_of(const struct reading *r, enum situation situation)
{
	if (situation != SITUATION_OUTBOUND || r->has & (BIT(KNOWN_CLIENT) | BIT(KNOWN_POOL_AND_NEW)))
		return PART_CALL;
	return r->has & BIT(KNOWN_CLIENT_MORE) ? PART_ANSWER : PART_OWN;
}

static struct stack_meaning look_up(struct situations *s, uint32_t stack)
{
	struct stack_meaning found = {.situation = SITUATION_UNKNOWN + 1};
	if (stack == STACK_NONE || stack > s->stacks->n)
		return found;
	if (stack < s->limit && s->stack[stack].situation)
		return s->stack[stack];
	const struct stack *of = &s->stacks->stack[stack - 1];
	struct reading r = read_stack(s, s->stacks->frame + of->first, of->frames);
	enum situation situation = decide(&r);
	found.situation = (uint8_t)(situation + 1);
	found.part = (uint8_t)part_of(&r, situation);
	if (SLOTS_FIT(s->stack, s->limit, (size_t)stack + 1, NULL))
		s->stack[stack] = found;
	return found;
}

enum situation situation_of_slow(struct situations *s, uint32_t stack)
{
	return (enum situation)(look_up(s, stack).situation - 1);
}

/* A stack's frames; 0: it has none. */
static size_t frames_of(const struct situations *s, uint32_t stack, const struct stack_frame **f)
{
	if (stack == STACK_NONE || stack > s->stacks->n)
		return 0;
	const struct stack *of = &s->stacks->stack[stack - 1];
	*f = s->stacks->frame + of->first;
	return of->frames;
}

static bool has(struct situations *s, uint32_t stack, enum known known)
{
	const struct stack_frame *f = NULL;
	for (size_t n = frames_of(s, stack, &f), i = 0; i < n; i++)
		if (known_name(s, f[i].function) == known)
			return true;
	return false;
}

/* The innermost function of the program itself and the one that calls it, without what stands for
   a function literal. NULL: none. */
static void own_functions(struct situations *s, uint32_t stack, const char *name[2],
                          size_t length[2])
{
	const struct stack_frame *f = NULL;
	size_t n = frames_of(s, stack, &f), found = 0;
	name[0] = name[1] = NULL;
	for (size_t i = 0; i < n && found < 2; i++) {
		if (!situation_is_own(s, f[i].function))
			continue;
		name[found] = names_text(s->names, f[i].function);
		const char *literal = strstr(name[found], ".func");
		bool is_literal = literal && is_closure(name[found]);
		length[found] = is_literal ? (size_t)(literal - name[found]) : strlen(name[found]);
		found++;
	}
}

/* `limit <- token` here and `<-limit` there, both in one function; or in two methods of one type
   which the same function calls: acquire and release. */
static bool is_semaphore(struct situations *s, uint32_t stack, uint32_t waker_stack)
{
	const char *a[2], *b[2];
	size_t m[2], n[2];
	const struct stack_frame *leaf = NULL;
	bool may_send = has(s, stack, KNOWN_SEND) ||
	                (frames_of(s, stack, &leaf) &&
	                 strcmp(names_text(s->names, leaf->function), "runtime.selectgo") == 0);
	if (!may_send || !has(s, waker_stack, KNOWN_RECEIVE))
		return false;
	own_functions(s, stack, a, m);
	own_functions(s, waker_stack, b, n);
	if (!a[0] || !b[0])
		return false;
	if (m[0] == n[0] && strncmp(a[0], b[0], m[0]) == 0)
		return true;
	const char *method = memrchr(a[0], '.', m[0]);
	size_t type = method ? (size_t)(method - a[0]) + 1 : 0;
	return type > 1 && a[0][type - 2] == ')' && strncmp(a[0], b[0], type) == 0 && a[1] && b[1] &&
	       m[1] == n[1] && strncmp(a[1], b[1], m[1]) == 0;
}

enum situation situation_of_ended(struct situations *s, uint32_t stack, uint32_t waker_stack)
{
	enum situation situation = situation_of(s, stack);
	if (waker_stack == STACK_NONE)
		return situation;
	if (situation == SITUATION_OUTBOUND && has(s, waker_stack, KNOWN_GIVE_BACK))
		return SITUATION_POOL;
	if (situation == SITUATION_ORDINARY && is_semaphore(s, stack, waker_stack))
		return SITUATION_PERMIT;
	return situation;
}

enum call_part situation_part(struct situations *s, uint32_t stack)
{
	return (enum call_part)look_up(s, stack).part;
}

static enum role role_of(struct situations *s, uint32_t function)
{
	if (function == NAME_NONE)
		return ROLE_ORDINARY;
	switch (known_name(s, function)) {
	case KNOWN_NOTHING:
	case KNOWN_LAUNCHER:
		return ROLE_ORDINARY;
	case KNOWN_MAIN:
		return ROLE_MAIN;
	case KNOWN_SERVER:
		return ROLE_CONNECTION;
	case KNOWN_REQUEST:
		return ROLE_REQUEST;
	case KNOWN_RUNTIME:
	case KNOWN_COLLECTOR:
	case KNOWN_SYSTEM:
		return ROLE_SYSTEM;
	case KNOWN_TRACER:
	case KNOWN_TRACE_READER:
		return ROLE_TRACER;
	default: /* started by the library for itself */
		return ROLE_LOOP;
	}
}

enum role situation_role_slow(struct situations *s, uint32_t function)
{
	enum role role = role_of(s, function);
	if (SLOTS_FIT(s->role, s->roles, (size_t)function + 1, NULL))
		s->role[function] = (uint8_t)(role + 1);
	return role;
}

bool situation_is_own(struct situations *s, uint32_t function)
{
	return function != NAME_NONE && known_name(s, function) == KNOWN_NOTHING;
}

static uint32_t find_site(struct situations *s, uint32_t stack)
{
	const struct stack *of = &s->stacks->stack[stack - 1];
	for (uint32_t i = of->first; i < of->first + of->frames; i++) {
		enum known known = known_name(s, s->stacks->frame[i].function);
		if (known == KNOWN_NOTHING ||
		    (known == KNOWN_MAIN && i + 1 < of->first + of->frames)) /* main.main */
			return i;
	}
	return stacks_where(s->stacks, s->names, stack);
}

uint32_t situation_site(struct situations *s, uint32_t stack)
{
	if (stack == STACK_NONE || stack > s->stacks->n)
		return UINT32_MAX;
	if (stack < s->limit && s->stack[stack].has_site)
		return s->stack[stack].site;
	look_up(s, stack); /* makes room */
	uint32_t site = find_site(s, stack);
	if (stack < s->limit) {
		s->stack[stack].site = site;
		s->stack[stack].has_site = true;
	}
	return site;
}
