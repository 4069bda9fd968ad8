#include "export/csv.h"

#include <stdlib.h>
#include <string.h>

#include "export/labels.h"
#include "export/stack_text.h"
#include "util/text.h"

enum { MESSAGE = 4 * 1100 };

struct csv {
	struct sink *sink;
	const struct story *story;
	struct labels labels;
	char **where; /* by number of stack, escaped; NULL: not asked for yet */
	size_t wheres;
	struct line line;
	char message[MESSAGE], escaped[2 * MESSAGE + 1];
};

/* One row; what a column does not apply to stays empty. */
struct row {
	const char *kind;
	int64_t begin_ns, ns; /* ns < 0: a moment */
	uint64_t goroutine, proc, by, task, parent;
	const char *name; /* escaped */
	uint32_t function, stack;
	bool has_value, open;
	uint64_t value;
	const char *message; /* escaped */
};

static const char heading[] =
	"kind,begin_ns,duration_ns,goroutine,proc,name,function,where,by,task,parent_task,value,"
	"message,open\n";

static void put_number(struct csv *c, uint64_t value, uint64_t unknown)
{
	line_text(&c->line, ",");
	if (value != unknown)
		line_number(&c->line, value);
}

/* What spreadsheets calculate when a cell begins with it, in quotes or not. */
static bool is_formula(const char *text)
{
	return strchr("=+-@", *text) != NULL;
}

/* In quotes whenever there is something, so that readers take it for text. */
static void put_text(struct csv *c, const char *text)
{
	line_text(&c->line, ",");
	if (!*text)
		return;
	line_text(&c->line, is_formula(text) ? "\"'" : "\"");
	line_text(&c->line, text);
	line_text(&c->line, "\"");
}

/* The innermost frame that is the program's own; kept, for the same few stacks come again. NULL: no
   memory. */
static const char *where_of(struct csv *c, uint32_t stack)
{
	char frame[FRAME_TEXT] = "";
	const struct stacks *stacks = &c->story->stacks;
	if (stack >= c->wheres) {
		size_t n = (size_t)stack * 2 + 64;
		char **where = reallocarray(c->where, n, sizeof *where);
		if (!where)
			return NULL;
		memset(where + c->wheres, 0, (n - c->wheres) * sizeof *where);
		c->where = where;
		c->wheres = n;
	}
	if (c->where[stack])
		return c->where[stack];
	uint32_t at = stacks_where(stacks, c->story->names, stack);
	if (at != UINT32_MAX)
		stack_frame_text(frame, &stacks->frame[at], c->story->names);
	c->where[stack] = malloc(2 * strlen(frame) + 1);
	if (c->where[stack])
		labels_escape(ESCAPE_CSV, c->where[stack], frame, strlen(frame));
	return c->where[stack];
}

static bool put_row(struct csv *c, const struct row *r)
{
	const char *function = labels_get(&c->labels, c->story->names, r->function);
	const char *where = where_of(c, r->stack);
	if (!function || !where || !r->name)
		return false;
	line_text(&c->line, r->kind);
	put_number(c, (uint64_t)r->begin_ns, UINT64_MAX);
	put_number(c, (uint64_t)r->ns, UINT64_MAX);
	put_number(c, r->goroutine, STORY_NOBODY);
	put_number(c, r->proc, STORY_NOBODY);
	put_text(c, r->name);
	put_text(c, function);
	put_text(c, where);
	put_number(c, r->by, STORY_NOBODY);
	put_number(c, r->task, 0);
	put_number(c, r->parent, 0);
	put_number(c, r->has_value ? r->value : UINT64_MAX, UINT64_MAX);
	put_text(c, r->message ? r->message : "");
	line_text(&c->line, r->open ? ",true\n" : ",\n");
	return line_put(&c->line, c->sink);
}

static bool put_track(void *self, const struct story_track *track)
{
	(void)self;
	(void)track; /* rows say themselves whose they are */
	return true;
}

static bool put_slice(void *self, const struct story_slice *s)
{
	struct csv *c = self;
	bool goroutine = s->track.kind == TRACK_GOROUTINE || s->track.kind == TRACK_REGIONS;
	return put_row(c, &(struct row){
						  .kind = story_category_words[s->category],
						  .begin_ns = s->begin_ns,
						  .ns = s->end_ns - s->begin_ns,
						  .goroutine = s->goroutine,
						  .proc = s->proc,
						  .name = labels_get(&c->labels, c->story->names, s->name),
						  .function = goroutine ? s->track.name : NAME_NONE,
						  .stack = s->stack,
						  .by = s->by,
						  .task = s->task,
						  .parent = s->parent,
						  .has_value = s->category == STORY_SWEEP && !s->open,
						  .value = s->bytes,
						  .open = s->open,
					  });
}

static bool put_instant(void *self, const struct story_instant *i)
{
	struct csv *c = self;
	const bool log = i->category == STORY_LOG;
	if (i->message) {
		text_clean(c->message, sizeof c->message, i->message, i->length);
		labels_escape(ESCAPE_CSV, c->escaped, c->message, strlen(c->message));
	}
	return put_row(c, &(struct row){
						  .kind = story_category_words[i->category],
						  .begin_ns = i->at_ns,
						  .ns = -1,
						  .goroutine = i->goroutine,
						  .proc = i->proc,
						  .name = labels_get(&c->labels, c->story->names, i->name),
						  .function = log ? i->track.name : NAME_NONE,
						  .stack = i->stack,
						  .by = i->by,
						  .task = i->task,
						  .message = i->message ? c->escaped : NULL,
					  });
}

static bool put_counter(void *self, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	return put_row(self, &(struct row){.kind = "counter",
	                                   .begin_ns = at_ns,
	                                   .ns = -1,
	                                   .goroutine = STORY_NOBODY,
	                                   .proc = STORY_NOBODY,
	                                   .by = STORY_NOBODY,
	                                   .name = story_counter_specs[counter].name,
	                                   .has_value = true,
	                                   .value = value});
}

static void destroy(void *self)
{
	struct csv *c = self;
	for (size_t i = 0; i < c->wheres; i++)
		free(c->where[i]);
	free(c->where);
	labels_finish(&c->labels);
	free(c);
}

bool csv_open(struct sink *sink, const struct story *story, struct story_narrator *narrator)
{
	struct csv *c = calloc(1, sizeof *c);
	if (!c)
		return false;
	c->sink = sink;
	c->story = story;
	c->labels.escape = ESCAPE_CSV;
	sink_text(sink, heading);
	*narrator = (struct story_narrator){.self = c,
	                                    .track = put_track,
	                                    .end = put_slice,
	                                    .instant = put_instant,
	                                    .counter = put_counter,
	                                    .destroy = destroy};
	return true;
}
