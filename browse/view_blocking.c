/* Blocking: where do goroutines wait, for what, and which of them never went on? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/table.h"
#include "browse/tree.h"
#include "browse/view.h"
#include "browse/words.h"
#include "util/text.h"

enum { INDENT = 2, WIDE_KINDS = 110, DETAIL_LEAST = 14, STACK_LINES = 8, STACK_LEAST = 30 };

/* --- kinds ---------------------------------------------------------------------------------- */

enum kind { NETWORK, SYNC, SYSCALL, SCHEDULER, OTHER, STILL, KINDS };
static const char *const kind_names[] = {"network", "sync",  "syscall", "scheduler",
                                         "other",   "still", NULL};
static const struct {
	const char *title, *meaning;
	enum style style;
} kind_info[KINDS] = {
	[NETWORK] = {"Network", "waits for the network", STYLE_BLOCKED},
	[SYNC] = {"Sync", "waits for channels, select, mutexes and the like", STYLE_BLOCKED},
	[SYSCALL] = {"Syscall", "time in system calls", STYLE_SYSCALL},
	[SCHEDULER] = {"Scheduler", "waits for a P, by who made runnable", STYLE_RUNNABLE},
	[OTHER] = {"Other", "sleep, the collector, and what the trace gives no reason for",
               STYLE_BLOCKED},
	[STILL] = {"Still blocked", "waits that the trace doesn't see the end of", STYLE_BLOCKED},
};

static enum kind kind_of(const struct names *names, const struct block_site *site)
{
	static const enum kind kinds[WAIT_KINDS] = {
		[WAIT_NETWORK] = NETWORK, [WAIT_SYNC] = SYNC, [WAIT_OTHER] = OTHER};
	return site->syscall ? SYSCALL : kinds[words_wait(names, site->reason)];
}

/* What the site adds to a kind; false: nothing. Waits that go on at the end are told apart, as they
   say when the trace ended and not how long somebody waits. */
static bool add_to(const struct trace_data *data, enum kind kind, const struct block_site *site,
                   struct tree_leaf *leaf)
{
	const struct names *names = &data->analysis->names;
	bool still = kind == STILL;
	if (kind != SCHEDULER && (still ? site->syscall : kind_of(names, site) != kind))
		return false;
	*leaf = (struct tree_leaf){
		.stack = site->stack,
		.reason = site->reason,
		.ns = still ? site->open_ns : site->total_ns - site->open_ns,
		.count = still ? site->open : site->count - site->open,
		.max_ns = still           ? site->open_max_ns
	              : data->loading ? site->max_ns
	                              : site->ended_max_ns,
	};
	return leaf->count > 0;
}

static const struct blocking *sites_of(const struct trace_data *data, enum kind kind)
{
	return kind == SCHEDULER ? &data->extra->ready : &data->analysis->blocking;
}

static int64_t total_of(const struct trace_data *data, enum kind kind)
{
	const struct blocking *b = sites_of(data, kind);
	struct tree_leaf leaf;
	int64_t ns = 0;
	for (size_t i = 0; i < b->sites; i++)
		if (add_to(data, kind, &b->site[i], &leaf))
			add_ns(&ns, leaf.ns);
	return ns;
}

/* --- the tree ------------------------------------------------------------------------------- */

static bool matches(const struct trace_data *data, const struct filter *filter,
                    const struct tree_leaf *leaf)
{
	const struct analysis *a = data->analysis;
	const struct stack *stack = leaf->stack ? &a->stacks.stack[leaf->stack - 1] : NULL;
	if (!filter->text[0])
		return true;
	bool found = !filter->inverse && filter_matches(filter, names_text(&a->names, leaf->reason));
	/* All functions are one row to the filter, so that "not" means none of them. */
	bool all = true;
	for (uint32_t i = 0; stack && i < stack->frames; i++) {
		const char *function = names_text(&a->names, a->stacks.frame[stack->first + i].function);
		bool one = filter_matches(filter, function);
		found = found || one;
		all = all && one;
	}
	return filter->inverse ? all : found;
}

/* More places than any program has would keep the screen waiting: of these the first are shown. */
enum { LEAVES_MAX = 65536 };

static bool make_tree(struct tree *tree, const struct trace_data *data,
                      const struct view_place *place, const struct tree_toggles *toggles)
{
	enum kind kind = (enum kind)place->grouping;
	const struct blocking *b = sites_of(data, kind);
	size_t most = b->sites < LEAVES_MAX ? b->sites : LEAVES_MAX;
	struct tree_leaf *leaf = calloc(most + 1, sizeof *leaf);
	struct filter filter;
	size_t n = 0;
	*tree = (struct tree){0};
	if (!leaf)
		return false;
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < b->sites && n < most; i++)
		if (add_to(data, kind, &b->site[i], &leaf[n]) && matches(data, &filter, &leaf[n]))
			n++;
	filter_close(&filter);
	const struct tree_options options = {.stacks = &data->analysis->stacks,
	                                     .names = &data->analysis->names,
	                                     .toggles = toggles,
	                                     .sort = (enum tree_sort)place->sort,
	                                     .reversed = place->reversed};
	bool ok = tree_make(tree, leaf, n, &options);
	free(leaf);
	return ok;
}

/* The caller frees; NULL: no memory. */
static int64_t *ids_of(const struct tree *tree)
{
	int64_t *id = calloc(tree->rows ? tree->rows : 1, sizeof *id);
	for (size_t i = 0; id && i < tree->rows; i++)
		id[i] = (int64_t)(tree->row[i].key & INT64_MAX);
	return id;
}

static void select_row(struct view_place *place, const struct tree *tree, int page)
{
	int64_t *id = ids_of(tree);
	view_select(place, id, (int)tree->rows, page);
	free(id);
}

/* --- columns -------------------------------------------------------------------------------- */

static const char *const sorts[] = {"total", "count", "longest", "function", NULL};

enum {
	COLUMN_TOTAL,
	COLUMN_SHARE,
	COLUMN_COUNT,
	COLUMN_LONGEST,
	COLUMN_BAR,
	COLUMN_FUNCTION,
	COLUMN_LOCATION,
	COLUMNS
};
static const struct table_column column[COLUMNS] = {
	[COLUMN_TOTAL] = {"TOTAL", TREE_TOTAL, false, {.min = 8, .want = 8}},
	[COLUMN_SHARE] = {"SHARE", -1, false, {.min = 6, .want = 6, .gap = 1, .drop = 2}},
	[COLUMN_COUNT] = {"COUNT", TREE_COUNT, false, {.min = 7, .want = 7, .gap = 1, .drop = 3}},
	[COLUMN_LONGEST] = {"LONGEST", TREE_LONGEST, false, {.min = 8, .want = 8, .gap = 1, .drop = 4}},
	[COLUMN_BAR] = {"", -1, true, {.min = 10, .want = 12, .gap = 2, .drop = 5, .grow = 1}},
	[COLUMN_FUNCTION] = {"FUNCTION",
                         TREE_FUNCTION,
                         true,
                         {.min = 20, .want = 34, .gap = 2, .grow = 2}},
	[COLUMN_LOCATION] = {"AT", -1, true, {.min = 12, .want = 18, .gap = 2, .drop = 6}},
};

/* A piece of the whole, where it lies in the whole: below each other they make a flame. */
static void draw_bar(struct pane cell, const struct tree *tree, const struct tree_row *row,
                     enum style style)
{
	double share = tree->ns > 0 ? (double)row->ns / (double)tree->ns : 0;
	int from = (int)(row->from * cell.width), to = (int)((row->from + share) * cell.width + .5);
	if (from >= cell.width)
		from = cell.width - 1;
	for (int x = from; x < to || x == from; x++)
		pane_glyph(cell, x, 0, style, cell.canvas->ascii ? '#' : 0x2588);
}

static void draw_function(struct pane cell, const struct trace_data *data,
                          const struct tree_row *row)
{
	static const char *const marks[2][3] = {{"·", "▸", "▾"}, {".", "+", "-"}};
	char name[PAGE_CELL];
	int indent = row->depth * INDENT, most = cell.width / 3;
	/* Deep calls run out of room: from there on they stand below each other. */
	indent = indent < most ? indent : most;
	const char *unknown = row->itself                   ? "(itself)"
	                      : row->heaviest == STACK_NONE ? "(no stack)"
	                                                    : "(unknown)";
	words_name(name, cell.canvas, &data->analysis->names, row->function, unknown);
	pane_text(cell, indent, 0, STYLE_DIM,
	          marks[cell.canvas->ascii][row->open    ? 2
	                                    : row->opens ? 1
	                                                 : 0]);
	pane_fit(cell, indent + INDENT, 0, STYLE_TEXT, name);
}

static void draw_row(struct pane line, const struct table *table, const struct trace_data *data,
                     const struct tree *tree, const struct tree_row *row, enum style style)
{
	char text[PAGE_CELL];
	table_duration(line, table, COLUMN_TOTAL, STYLE_STRONG, row->ns, true);
	table_share(line, table, COLUMN_SHARE, STYLE_TEXT, (double)row->ns, (double)tree->ns);
	table_times(line, table, COLUMN_COUNT, STYLE_TEXT, row->count);
	table_longest(line, table, COLUMN_LONGEST, STYLE_TEXT, row->max_ns, true);
	if (table->slot[COLUMN_BAR].size)
		draw_bar(table_cell(line, table, COLUMN_BAR), tree, row, style);
	draw_function(table_cell(line, table, COLUMN_FUNCTION), data, row);
	if (!row->frame)
		return;
	words_location(text, line.canvas, &data->analysis->names, row->frame);
	table_text(line, table, COLUMN_LOCATION, STYLE_DIM, text);
}

/* --- the page ------------------------------------------------------------------------------- */

/* A kind in the line of them; with what it comes to where that is told. Returns where it ends. */
static int draw_kind(struct pane line, int x, const struct trace_data *data, int kind, bool chosen,
                     bool told)
{
	char text[32];
	text_duration(text, sizeof text, (double)total_of(data, (enum kind)kind), line.canvas->ascii);
	int end = pane_text(line, x, 0, STYLE_LABEL, kind_info[kind].title);
	if (chosen || told)
		end = pane_text(line, end + 1, 0, chosen ? STYLE_STRONG : STYLE_DIM, text);
	if (chosen)
		pane_restyle(pane_sub(line, x, 0, end - x, 1), STYLE_SELECTED);
	return end;
}

/* Which kinds there are, the one that is shown with what it comes to; where there is room, all. */
static void draw_kinds(struct pane line, const struct trace_data *data, int chosen)
{
	for (int i = 0, x = 1; i < KINDS; i++)
		x = draw_kind(line, x, data, i, i == chosen, line.width >= WIDE_KINDS) + 2;
}

/* What the columns have no room for, of the selected row: its reason and the stack that adds most.
 */
static void draw_detail(struct pane pane, const struct trace_data *data, const struct tree_row *row)
{
	const struct analysis *a = data->analysis;
	char text[PAGE_CELL], location[PAGE_CELL];
	if (row->one_reason && row->reason != NAME_NONE) {
		words_name(text, pane.canvas, &a->names, row->reason, "");
		int x = pane_text(pane, 0, 0, STYLE_LABEL, "Reason ");
		pane_fit(pane, x, 0, STYLE_TEXT, text);
	} else {
		pane_fit(pane, 0, 0, STYLE_DIM,
		         row->one_reason ? "The trace gives no reason." : "For more than one reason.");
	}
	if (row->heaviest == STACK_NONE || pane.height < 3)
		return;
	const struct stack *stack = &a->stacks.stack[row->heaviest - 1];
	pane_fit(pane, 0, 1, STYLE_DIM, row->opens ? "The stack that adds most:" : "The stack:");
	for (uint32_t i = 0; i < stack->frames && 2 + (int)i < pane.height; i++) {
		const struct stack_frame *frame = &a->stacks.frame[stack->first + i];
		words_name(text, pane.canvas, &a->names, frame->function, "(unknown)");
		words_location(location, pane.canvas, &a->names, frame);
		int x = pane_fit(pane_sub(pane, 0, 0, pane.width * 2 / 3, pane.height), 2, 2 + (int)i,
		                 STYLE_TEXT, text);
		pane_fit(pane, x + 2, 2 + (int)i, STYLE_DIM, location);
	}
}

static void draw_nothing(struct pane pane, const struct trace_data *data, enum kind kind,
                         bool filtered)
{
	const char *why = "none";
	if (filtered)
		why = "nothing that the filter leaves";
	else if (data->loading && kind == STILL)
		why = "known when the trace is read to its end";
	pane_fit(pane, 1, 1, STYLE_DIM, why);
}

static void draw_list(struct pane pane, const struct trace_data *data, const struct tree *tree,
                      struct view_place *place)
{
	struct table table;
	struct pane inner = view_list_inside(pane);
	enum style style = kind_info[place->grouping].style;
	table_layout(&table, column, COLUMNS, inner.width);
	table.sampled = data->summary->sampled_hz > 0;
	table_draw_headings(pane_row(inner, 0), &table, place);
	place->list_y = pane.y + 1;
	for (int i = place->top; i < (int)tree->rows && i < place->top + place->page; i++) {
		struct pane line = pane_row(inner, 1 + i - place->top);
		draw_row(line, &table, data, tree, &tree->row[i], style);
		if (i == place->selected)
			table_select(pane_row(pane, 1 + i - place->top), &table, TABLE_COLUMNS_MAX);
	}
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	struct tree tree;
	int detail = pane.height < DETAIL_LEAST ? 0 : pane.height < STACK_LEAST ? 1 : STACK_LINES + 2;
	struct pane list = pane_sub(pane, 0, 2, pane.width, pane.height - 2 - detail - (detail > 0));
	make_tree(&tree, data, place, own);
	draw_kinds(pane_row(pane, 0), data, place->grouping);
	pane_fit(pane_sub(pane, 1, 1, pane.width - 2, 1), 0, 0, STYLE_DIM,
	         sites_of(data, (enum kind)place->grouping)->sites > LEAVES_MAX
	             ? "there are too many places: not all are shown"
	             : kind_info[place->grouping].meaning);
	select_row(place, &tree, list.height > 1 ? list.height - 1 : 0);
	draw_list(list, data, &tree, place);
	if (tree.rows == 0)
		draw_nothing(list, data, (enum kind)place->grouping, place->filter[0]);
	else if (detail)
		draw_detail(pane_sub(pane, 1, pane.height - detail, pane.width - 2, detail), data,
		            &tree.row[place->selected]);
	tree_finish(&tree);
}

/* --- commands ------------------------------------------------------------------------------- */

/* Opens or closes the selected row. */
static enum loop_next expand(const struct trace_data *data, const struct view_place *place,
                             struct tree_toggles *toggles)
{
	struct tree tree;
	make_tree(&tree, data, place, toggles);
	int64_t *id = ids_of(&tree);
	int selected = view_selected_row(place, id, (int)tree.rows);
	const struct tree_row *row = selected < (int)tree.rows ? &tree.row[selected] : NULL;
	free(id);
	if (row && row->opens)
		tree_toggle(toggles, row->key);
	tree_finish(&tree);
	return LOOP_DRAW;
}

static enum loop_next act(const struct trace_data *data, struct view_place *place, void *own,
                          const struct trace_action *action, struct trace_request *request)
{
	(void)request;
	return action->command == COMMAND_EXPAND ? expand(data, place, own) : LOOP_GO_ON;
}

static bool calls(const struct trace_data *data, uint32_t number, const char *function)
{
	const struct analysis *a = data->analysis;
	const struct stack *stack = number ? &a->stacks.stack[number - 1] : NULL;
	for (uint32_t i = 0; stack && i < stack->frames; i++)
		if (strcmp(names_text(&a->names, a->stacks.frame[stack->first + i].function), function) ==
		    0)
			return true;
	return false;
}

/* Of the function the whole name, or its end where there is no room for more: that is what tells it
   from others. */
static void filter_function(struct view_place *place, const char *function)
{
	size_t length = strlen(function), room = sizeof place->filter - 1;
	const char *from = function + (length > room ? length - room : 0);
	while (((unsigned char)*from & 0xc0) == 0x80)
		from++; /* not within a character */
	snprintf(place->filter, sizeof place->filter, "%s", from);
}

/* The kind of waiting that the function costs most, and its stacks alone. */
static const char *visit(const struct trace_data *data, struct view_place *place, void *own,
                         const struct trace_target *target)
{
	int64_t most_ns = -1;
	(void)own;
	for (int kind = 0; kind < KINDS && target->function; kind++) {
		const struct blocking *b = sites_of(data, (enum kind)kind);
		struct tree_leaf leaf;
		int64_t ns = 0;
		bool waits = false;
		for (size_t i = 0; i < b->sites; i++)
			if (add_to(data, (enum kind)kind, &b->site[i], &leaf) &&
			    calls(data, leaf.stack, target->function)) {
				add_ns(&ns, leaf.ns);
				waits = true;
			}
		if (!waits || ns <= most_ns)
			continue;
		most_ns = ns;
		place->grouping = kind;
		place->chosen = false;
	}
	if (target->function && most_ns < 0)
		return "nobody waits there in what was read of the trace";
	if (target->function)
		filter_function(place, target->function);
	return NULL;
}

static void *create(void)
{
	return calloc(1, sizeof(struct tree_toggles));
}

const struct trace_view trace_view_blocking = {
	.name = "Blocking",
	.context = CONTEXT_TRACE_BLOCKING,
	.sorts = sorts,
	.groups = kind_names,
	.create = create,
	.destroy = free,
	.draw = draw,
	.act = act,
	.visit = visit,
};
