/* Tasks, regions and logs that mislead who reads the trace, and what must not stand in them. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_TASK_EMPTY,
		.from = FROM_TRACE,
		.title = "Tasks end as soon as they begin",
		.means = "Tasks of one name are over a moment after they began, and nothing lies in them. "
				 "Their durations say nothing of the work they are named after. Where regions and "
				 "logs name such a task after its end, the call of End stands in the wrong place: "
				 "usually the word defer is missing before it.",
		.remedy =
			"Write defer task.End() right after trace.NewTask, or end the task where its work "
			"ends; hand on the context that NewTask returns.",
		.refuted =
			"The task marks a moment on purpose, and nobody reads its duration; trace.Log would "
			"say the same for less.",
		.found =
			"Of a name with at least task-empty.tasks tasks that ended, the share task-empty.share "
			"had no region, log or task in it and took less than task-empty.duration. It is a "
			"warning where at least half as many regions and logs came after their ends; without "
			"them an info, if the tasks took less than a tenth of that.",
	},
	{
		.slug = SLUG_TASK_NEVER_ENDED,
		.from = FROM_TRACE,
		.title = "Tasks are never ended",
		.means = "Tasks of one name are begun and stay open, though the goroutines that began them "
				 "are gone or have begun the next. They are in no statistics of durations: the "
				 "slowest and the failed requests are often the ones that are missing, since it is "
				 "their return that forgets End.",
		.remedy = "Write defer task.End() right after trace.NewTask, so that every return ends the "
				  "task, the early ones of errors too.",
		.refuted =
			"Another goroutine ends them later: then a longer trace shows their ends, and tasks of "
			"this name that take as long.",
		.found =
			"Tasks that have been open for at least task-never-ended.age and four times as long as "
			"the longest that ended, whose goroutine is gone or has begun another task of that "
			"name: task-never-ended.tasks of them and 5 % of all. One that a region, a log or a "
			"task was part of in the last quarter of its age is in use. Of names of which fewer "
			"than ten tasks ended, ten times as many, and it is no more than a hint.",
	},
	{
		.slug = SLUG_TASK_REUSED,
		.from = FROM_TRACE,
		.title = "Tasks are used when they are over",
		.means =
			"A task is ended again and again, or regions and logs name it after its end: one "
			"task, or the context that carries it, serves several requests. Only the first end "
			"counts, so that no duration contains what came later, and the work of "
			"different requests looks like that of one.",
		.remedy =
			"Begin a task for each request with trace.NewTask and keep its context no longer than "
			"the request; do not keep contexts in structures that outlive it.",
		.refuted =
			"What comes later is work that outlives the request on purpose: give that a task of "
			"its own, whose parent is the request's.",
		.found =
			"Tasks of one name are ended task-reused.times times after their end; or their own "
			"goroutines begin so many regions and logs in them after it; or one task gets "
			"ten times as many.",
	},
	{
		.slug = SLUG_REGION_UNCLOSED,
		.from = FROM_TRACE,
		.title = "Regions are never ended",
		.means =
			"Regions of one name are begun and not ended, though the region around them or their "
			"goroutine is over. Their time is in no statistics, and Go's own tools give up the "
			"whole trace where the region around them ends first.",
		.remedy =
			"Write defer trace.StartRegion(ctx, name).End() in one line, with the call of End, or "
			"use trace.WithRegion, which can't be left open.",
		.refuted = "The regions end in another trace of the same program, on the same goroutine.",
		.found =
			"At least region-unclosed.regions of a name were open when the region around them "
			"ended or their goroutine did, or lay more than 16 deep in each other in the end, and "
			"no end for them came later.",
	},
	{
		.slug = SLUG_REGION_CROSS_GOROUTINE,
		.from = FROM_TRACE,
		.title = "Regions are ended by other goroutines",
		.means =
			"A region was begun by one goroutine and ended by another. Regions belong to a "
			"goroutine: the first one's stays open, and the end closes nothing, or a region that "
			"it should not. Go's own tools give up such a trace, or count wrong.",
		.remedy =
			"Use a task for work that moves from goroutine to goroutine, and in each of them a "
			"region of its own; hand on the context, not the region.",
		.refuted = "Both goroutines begin and end a region of that name by themselves.",
		.found =
			"At least region-cross-goroutine.regions ends of a name came on goroutines where no "
			"such region was open, while one of the same name and task had been begun elsewhere "
			"and not ended. Regions that may be older than the trace are not counted.",
	},
	{
		.slug = SLUG_REGION_OUT_OF_ORDER,
		.from = FROM_TRACE,
		.title = "Regions are ended in the wrong order",
		.means =
			"A region was ended after the one around it. Regions of a goroutine lie in each "
			"other like brackets; Go's own tools give up the whole trace at the first that does "
			"not. schedtop ends the inner one with the outer one, so its duration is "
			"too short.",
		.remedy =
			"End regions in the opposite order of their beginnings, which defer does by itself, "
			"or use trace.WithRegion. For steps that overlap use tasks, or logs.",
		.refuted = "schedtop check --strict says whole.",
		.found =
			"At least region-out-of-order.regions of a name were open when the region around them "
			"ended, and were ended by the same goroutine later.",
	},
	{
		.slug = SLUG_ANNOTATION_OVERHEAD,
		.from = FROM_TRACE,
		.title = "Regions are so short that writing them down costs more than they tell",
		.means = "The program writes down very many short regions. Each costs about 0.3 us while a "
				 "trace is taken, and room in it, so the trace shows a slower program than the one "
				 "that runs without. When no trace is taken, a region costs some nanoseconds.",
		.remedy =
			"Annotate steps of a request, not single operations: move the region out of the loop, "
			"and log a count instead.",
		.refuted =
			"The same work takes as long without a trace, by a benchmark or the service's own "
			"latencies.",
		.found =
			"Regions whose median is below annotation-overhead.median come at a rate of at least "
			"annotation-overhead.rate. Two events of 155 ns each are reckoned for each of them, "
			"but no more than ran at all; it is a warning from annotation-overhead.share of the "
			"time that goroutines ran, and an "
			"info below.",
	},
	{
		.slug = SLUG_CONTEXT_LOST,
		.from = FROM_TRACE,
		.title = "Regions of a request belong to no task",
		.means =
			"Goroutines that work for a task begin regions without it: the context was not handed "
			"on, and one made by context.Background() took its place. What they do is missing "
			"from the task, whose time seems to go into waiting; cancellation and deadlines "
			"are lost the same way.",
		.remedy =
			"Hand the request's context to every function and goroutine that works for it, and "
			"begin regions with it. Where work must outlive the request, use "
			"context.WithoutCancel, which keeps the task.",
		.refuted =
			"The work is no part of the request: it would be done without it, as filling a cache "
			"for all.",
		.found =
			"Regions without a task that begin and end while one is open: on the goroutine that "
			"began that task and ends it, in a region of it, or on a goroutine created there. At "
			"least context-lost.regions of a name, which are the share "
			"context-lost.share of all of that name, in five tasks or more.",
	},
	{
		.slug = SLUG_SECRETS_IN_TRACE,
		.from = FROM_TRACE,
		.title = "Secrets stand in the trace",
		.means =
			"Names of tasks and regions, or logs, hold passwords, tokens, keys or addresses of "
			"mail. A trace is copied, attached to tickets and kept: whoever gets it can read "
			"them.",
		.remedy =
			"Hand the trace on as what schedtop export --redact makes of it, which leaves secrets "
			"out; change passwords and keys that others have seen. Let the program log "
			"identifiers of requests instead of their contents.",
		.refuted = "The texts are examples or test data. schedtop export --format csv shows them.",
		.found =
			"The patterns of export --redact, as far as they leave no doubt: values of telling "
			"keys that look like one, passwords in addresses, private keys, keys of well-known "
			"services, addresses of mail; these alone are a hint. All names are looked at; of "
			"logs the first MiB, then one of 64. What was found is never shown.",
	},
};

const struct chapter chapter_annotations = {"Annotations", advice, sizeof advice / sizeof *advice};
