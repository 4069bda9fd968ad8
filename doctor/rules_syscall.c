/* Calls that keep a thread and that the scheduler can't put aside: into C, and into the kernel for
   files; and look-ups of names. Told by place, since each is a line of the program. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/evidence.h"
#include "doctor/known.h"
#include "doctor/rules.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/text.h"

enum {
	SITES = 256,       /* further ones are left out */
	LEAST_CALLS = 3,   /* fewer say nothing */
	CALLERS = 16,      /* goroutines that may be there for one call; more are told apart no more */
	CALL_NS = 1000000, /* shorter calls are not looked at: the least that the limits can be */
	LOOKUP_NS = 10000000 /* nor are shorter look-ups */
};
/* Of the trace, taken together: less is too little to speak of. */
#define LEAST_SHARE 0.1
/* Of the calls at one place, those that are long: fewer were held up by a busy machine. */
#define USUAL_SHARE 0.1
/* Of its time, in calls at one place: who spends less there does something else too. */
#define DEDICATED_SHARE 0.9

enum call_kind { CALL_C, CALL_FILE, CALL_LOOKUP };

struct call_site {
	uint32_t stack;
	enum call_kind kind;
	bool reads; /* what may come at any time, or never */
	uint64_t calls;
	uint64_t goroutine[CALLERS];
	size_t goroutines; /* that call; CALLERS: or more */
	int64_t ns;
	int64_t longest_ns, longest_begin_ns, longest_end_ns;
	uint64_t longest_goroutine;
};

struct syscall_rules {
	struct situations *situations;
	double least_ns[CALL_LOOKUP + 1]; /* by kind */
	struct call_site *site;
	size_t n, capacity;
	struct idmap of_stack; /* site; SITES: none of ours */
};

/* --- while the trace is read -------------------------------------------------------------------
 */

/* The last word of a system call's name: "Read" of "syscall.Read". NULL: it is none. */
static const char *call_name(const char *function)
{
	static const char *const packages[] = {"syscall.", "golang.org/x/sys/unix."};
	for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++)
		if (strncmp(function, packages[i], strlen(packages[i])) == 0)
			return function + strlen(packages[i]);
	return NULL;
}

static bool is_called(const struct witness *w, uint32_t number, const char *const *names, size_t n)
{
	if (number == STACK_NONE)
		return false;
	const struct stack *stack = &w->stacks->stack[number - 1];
	for (uint32_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &w->stacks->frame[stack->first + i];
		const char *name = call_name(names_text(w->names, frame->function));
		for (size_t k = 0; name && k < n; k++)
			if (strcmp(name, names[k]) == 0)
				return true;
	}
	return false;
}

/* A read may be of a pipe or a terminal, which are no file that is slow. */
static bool reads(const struct witness *w, uint32_t stack)
{
	static const char *const names[] = {"Read", "read", "Readv", "readv"};
	return is_called(w, stack, names, sizeof names / sizeof names[0]);
}

/* What is done without package os: databases sync and lock their files themselves. */
static bool is_on_file(const struct witness *w, uint32_t stack)
{
	static const char *const names[] = {
		"Fallocate", "Fdatasync", "Flock",  "FcntlFlock", "Fstat",  "Fsync",    "Ftruncate",
		"Getdents",  "Lstat",     "Msync",  "Open",       "Openat", "Pread",    "Pwrite",
		"Pwritev",   "Read",      "Rename", "Stat",       "Sync",   "Truncate", "Unlink",
	};
	return is_called(w, stack, names, sizeof names / sizeof names[0]);
}

static bool kind_of(const struct syscall_rules *r, const struct witness *w,
                    const struct spell *spell, enum call_kind *kind)
{
	switch (situation_of(r->situations, spell->stack)) {
	case SITUATION_CGO:
		*kind = CALL_C;
		return true;
	case SITUATION_FILE:
		*kind = CALL_FILE;
		return true;
	case SITUATION_LOOKUP:
		*kind = CALL_LOOKUP;
		return true;
	case SITUATION_ORDINARY:
	case SITUATION_WORKER:
		*kind = CALL_FILE;
		return spell->class == SPELL_SYSCALL && is_on_file(w, spell->stack);
	default:
		return false;
	}
}

/* SITES where the stack is none of ours, or there are too many. false: no memory. */
static bool find_site(struct syscall_rules *r, const struct witness *w, const struct spell *spell,
                      uint32_t *found)
{
	enum call_kind kind;
	uint32_t stack = spell->stack;
	*found = idmap_get(&r->of_stack, stack);
	if (*found != IDMAP_NONE)
		return true;
	bool ours = r->n < SITES && kind_of(r, w, spell, &kind);
	*found = ours ? (uint32_t)r->n : SITES;
	if (ours) {
		if (!wire_grow(&r->site, &r->capacity, r->n, sizeof *r->site))
			return false;
		r->site[r->n++] = (struct call_site){
			.stack = stack,
			.kind = kind,
			.reads = reads(w, stack),
		};
	}
	return idmap_put(&r->of_stack, stack, *found);
}

static void note_caller(struct call_site *site, uint64_t goroutine)
{
	for (size_t i = 0; i < site->goroutines; i++)
		if (site->goroutine[i] == goroutine)
			return;
	if (site->goroutines < CALLERS)
		site->goroutine[site->goroutines++] = goroutine;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct syscall_rules *r = self;
	const struct witness_goroutine *g = &w->slot[slot];
	uint32_t at;
	if (!find_site(r, w, spell, &at))
		return false;
	if (at == SITES)
		return true;
	struct call_site *site = &r->site[at];
	/* A call that was there before the trace and is there after it is no call that took long. */
	if ((double)spell->ns < r->least_ns[site->kind] || (spell->cut && spell->open))
		return true;
	note_caller(site, g->id);
	site->calls++;
	add_ns(&site->ns, spell->ns);
	if (spell->ns > site->longest_ns) {
		site->longest_ns = spell->ns;
		site->longest_begin_ns = witness_since_begin(w, spell->begin_ns);
		site->longest_end_ns = witness_since_begin(w, spell->end_ns);
		site->longest_goroutine = g->id;
	}
	return true;
}

/* --- when it is over ---------------------------------------------------------------------------
 */

static const struct call_words {
	enum slug slug;
	const char *what, *whom;
} words[] = {
	[CALL_C] = {SLUG_CGO_BLOCKING, "Calls into C",
                "each of which keeps a thread that nobody else can use"},
	[CALL_FILE] = {SLUG_SYSCALL_BLOCKING, "System calls on files",
                   "each of which keeps a thread that nobody else can use"},
	[CALL_LOOKUP] = {SLUG_SYSCALL_BLOCKING, "Look-ups of names",
                     "which everything behind them waits for"},
};

/* Goroutines may be there for that call and nothing else: a loop of events in C, a reader of what
   comes seldom. Of several, each has to be in such calls nearly all the time; but one that it was
   in when the trace began has no place there. */
static bool is_dedicated(const struct call_site *site, double observed_ns)
{
	if (!site->reads && site->kind != CALL_C)
		return false;
	double known_ns = observed_ns - (double)site->longest_ns;
	return site->goroutines == 1 ||
	       (site->goroutines < CALLERS &&
	        (double)site->ns >= DEDICATED_SHARE * (double)site->goroutines * known_ns);
}

static void say(const struct doctor *doctor, struct findings *findings,
                const struct call_site *site, double observed_ns)
{
	const struct analysis *a = doctor->analysis;
	const struct call_words *say = &words[site->kind];
	double busy = (double)site->ns / observed_ns; /* goroutines, on average */
	bool dedicated = is_dedicated(site, observed_ns);
	char place[EVIDENCE_SITE_TEXT], mean[32], longest[32], sum[32], who[80] = "";
	if (dedicated)
		snprintf(who, sizeof who, ", of %zu goroutine%s that may be there for nothing else",
		         site->goroutines, site->goroutines == 1 ? "" : "s");
	text_duration(mean, sizeof mean, (double)site->ns / (double)site->calls, false);
	text_duration(longest, sizeof longest, (double)site->longest_ns, false);
	text_duration(sum, sizeof sum, (double)site->ns, false);
	evidence_place(place, &a->stacks, &a->names, situation_site(doctor->situations, site->stack));
	struct finding *f = findings_add(findings, say->slug,
	                                 dedicated ? SEVERITY_INFO : SEVERITY_WARNING, fmin(busy, 1));
	finding_say(f,
	            "%s at %s take %s on average and up to %s, %s: %" PRIu64
	            " of them took %s in all%s.",
	            say->what, place, mean, longest, say->whom, site->calls, sum, who);
	finding_measure(f, "calls", UNIT_COUNT, (double)site->calls);
	finding_measure(f, "blocked", UNIT_NS, (double)site->ns);
	finding_measure(f, "call_max", UNIT_NS, (double)site->longest_ns);
	finding_measure(f, "at_once", UNIT_COUNT, busy);
	struct evidence *e = finding_show(f, EVIDENCE_SITE,
	                                  "%" PRIu64 " long calls at %s; the longest is of goroutine "
	                                  "%" PRIu64 " and takes %s",
	                                  site->calls, place, site->longest_goroutine, longest);
	evidence_goroutine(e, site->longest_goroutine);
	evidence_span(e, site->longest_begin_ns, site->longest_end_ns);
	evidence_stack(e, &a->stacks, &a->names, site->stack);
}

/* Does the place lie in the program, and not only in the standard library? A look-up waits in two
   goroutines, of which one is the library's. */
static bool is_own(const struct doctor *doctor, const struct call_site *site)
{
	const struct stacks *stacks = &doctor->analysis->stacks;
	uint32_t frame = situation_site(doctor->situations, site->stack);
	return frame < stacks->frames &&
	       !known_is_standard(names_text(&doctor->analysis->names, stacks->frame[frame].function));
}

/* Calls at the place, the short ones too; 0: unknown. */
static uint64_t all_calls(const struct analysis *a, const struct call_site *site)
{
	uint64_t calls = 0;
	for (size_t i = 0; i < a->blocking.sites; i++)
		if (a->blocking.site[i].stack == site->stack)
			calls += a->blocking.site[i].count;
	return calls;
}

static bool is_enough(const struct analysis *a, const struct call_site *site, double observed_ns)
{
	return (double)site->calls >= USUAL_SHARE * (double)all_calls(a, site) &&
	       site->calls >= LEAST_CALLS && (double)site->ns >= LEAST_SHARE * observed_ns;
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	const struct syscall_rules *r = self;
	bool own_lookup = false;
	const struct witness *w = doctor->witness;
	double observed_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	for (size_t i = 0; i < r->n; i++)
		own_lookup |= r->site[i].kind == CALL_LOOKUP &&
		              is_enough(doctor->analysis, &r->site[i], observed_ns) &&
		              is_own(doctor, &r->site[i]);
	for (size_t i = 0; i < r->n; i++)
		if (is_enough(doctor->analysis, &r->site[i], observed_ns) &&
		    (r->site[i].kind != CALL_LOOKUP || !own_lookup || is_own(doctor, &r->site[i])))
			say(doctor, findings, &r->site[i], observed_ns);
	return true;
}

/* --- the family --------------------------------------------------------------------------------
 */

static void *create(const struct doctor *doctor)
{
	struct syscall_rules *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->situations = doctor->situations;
	r->least_ns[CALL_C] = limit(doctor->limits, LIMIT_CGO_CALL);
	r->least_ns[CALL_FILE] = r->least_ns[CALL_LOOKUP] = limit(doctor->limits, LIMIT_SYSCALL_CALL);
	return r;
}

static void restart(void *self, int64_t time_ns)
{
	struct syscall_rules *r = self;
	(void)time_ns;
	r->n = 0;
	idmap_clear(&r->of_stack);
}

static void destroy(void *self)
{
	struct syscall_rules *r = self;
	idmap_finish(&r->of_stack);
	free(r->site);
	free(r);
}

const struct trace_family rules_syscall = {
	.name = "system calls",
	.least_ns =
		{
			[SPELL_SYSCALL] = CALL_NS,
			[SPELL_NETWORK] = LOOKUP_NS,
			[SPELL_SELECT] = LOOKUP_NS,
			[SPELL_RECEIVE] = LOOKUP_NS,
		},
	.who = WHO_COUNTS,
	.create = create,
	.spell = on_spell,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
