/*
 * What the doctor says: a finding is a slug, a severity, one sentence, numbers, and the evidence
 * that proves it. Rules fill a list of findings; screens and the command show it. Whoever made the
 * list owns it and all texts in it. Texts of the target stand in them as they came: whoever shows
 * them cleans them (util/text.h). One thread.
 */
#ifndef SCHEDTOP_DOCTOR_FINDING_H
#define SCHEDTOP_DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor/catalogue.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL, SEVERITY_COUNT };
/* "info", ...: the words of --fail-on and the JSON. */
extern const char *const severity_words[SEVERITY_COUNT];
bool severity_parse(const char *word, enum severity *severity);

enum measure_unit { UNIT_NS, UNIT_BYTES, UNIT_COUNT, UNIT_RATIO, UNIT_PER_S, UNIT_KINDS };

/* "waited" in UNIT_NS is waited_ns in the JSON. The name is constant text. */
struct measure {
	const char *name;
	enum measure_unit unit;
	double value;
};

enum evidence_kind {
	EVIDENCE_TEXT,
	EVIDENCE_GOROUTINE,
	EVIDENCE_SITE, /* a place in the code, told by its stack */
	EVIDENCE_TASK,
	EVIDENCE_SPAN, /* a stretch of time */
	EVIDENCE_LOG,
	EVIDENCE_GROUP, /* of goroutines, live */
	EVIDENCE_THREAD,
	EVIDENCE_KINDS
};
extern const char *const evidence_words[EVIDENCE_KINDS];

struct findings;

struct evidence_frame {
	char *function, *file;
	uint32_t line;
};

enum { EVIDENCE_FRAMES = 16 /* of one stack; deeper ones are cut at their root */ };

struct evidence {
	struct findings *list; /* that it is in */
	enum evidence_kind kind;
	char *text; /* one line for people: "412 goroutines wait 1.2 s in all at ..." */
	uint64_t goroutine, task, thread; /* IDs; 0: none */
	uint64_t group;                   /* key, as in metrics/goroutine_groups.h; 0: none */
	int64_t begin_ns, end_ns;         /* since the trace began, or monotonic (live); -1: none */
	struct evidence_frame *frame;     /* leaf first */
	size_t frames;
	size_t where; /* the innermost frame that is the program's own, or the leaf */
};

enum { FINDING_MEASURES = 12, FINDING_EVIDENCE = 8, FINDINGS_OF_SLUG = 3 };

struct finding {
	struct findings *list; /* that it is in */
	enum slug slug;
	enum severity severity;
	/* 0...1: the share of the observed time (of a task's, of running, of capacity) that it costs;
	   it orders findings of one severity. */
	double impact;
	unsigned ordinal; /* in the settled list: which of its slug, from 0 */
	char *summary;    /* one sentence: what, since when, how much it costs */
	struct measure measure[FINDING_MEASURES];
	size_t measures;
	struct evidence evidence[FINDING_EVIDENCE];
	size_t evidences;
	char *remedy; /* NULL: the catalogue's; a case that needs other words has its own */
};

struct findings {
	struct finding **finding;
	size_t n, capacity;
	bool no_memory; /* something is missing */
};

/* All zero is an empty list; it stays where it is while it is filled. */
void findings_finish(struct findings *findings);

/* NULL: no memory, which findings->no_memory tells in the end. All that follows takes NULL for a
   finding or evidence, so that a rule needn't ask. The finding stays in its place. */
struct finding *findings_add(struct findings *findings, enum slug slug, enum severity severity,
                             double impact);
/* The summary. */
void finding_say(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_remedy(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What doesn't fit, and what is no number, is left out. */
void finding_measure(struct finding *finding, const char *name, enum measure_unit unit,
                     double value);
/* NULL also when there is no room for more. */
struct evidence *finding_show(struct finding *finding, enum evidence_kind kind, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));
/* Where on the timeline it is. */
void evidence_span(struct evidence *evidence, int64_t begin_ns, int64_t end_ns);
/* Who: a goroutine's ID. */
void evidence_goroutine(struct evidence *evidence, uint64_t id);
void evidence_task(struct evidence *evidence, uint64_t id);
/* A frame below those that are there already; texts are copied. */
void evidence_frame(struct evidence *evidence, const char *function, const char *file,
                    uint32_t line);

/* When all rules have spoken: the most severe first, then by impact; of each slug the first
   FINDINGS_OF_SLUG are kept. */
void findings_settle(struct findings *findings);
/* How many there are of this severity or above. */
size_t findings_count(const struct findings *findings, enum severity least);
const char *finding_remedy_text(const struct finding *finding);

#endif
