#include <stdlib.h>

#include "tui/goroutines.h"
#include "tui/trail.h"

/*
 * Goroutines: "who waits, for what, since when, and who made them?" One row for each group; the
 * group that is open has its goroutines below it, and the stack of the selected one beside the list
 * or, where that would be too narrow, below it.
 */

#define BESIDE_WIDTH 110 /* from here on the stack stands beside the list */
#define STACK_MIN    4   /* rows of a stack below the list */

static const char *const groups[] = {"creator", "top", NULL};
_Static_assert(sizeof groups / sizeof *groups == GOROUTINES_BY_COUNT + 1, "a name for each");

/* Rows that there may be: those of all groups and of the members of one. */
#define LINES_MAX (GOROUTINE_GROUPS_MAX + GOROUTINE_MEMBERS_MAX)

struct list {
	struct goroutine_table table;
	int n;
	struct goroutine_line line[LINES_MAX];
	int64_t id[LINES_MAX];
};

/* --- rows ------------------------------------------------------------------------------------- */

static void add_line(struct list *list, const struct goroutine_line *line, int64_t id)
{
	list->line[list->n] = *line;
	list->id[list->n++] = id;
}

static void add_members(struct list *list, const struct goroutine_line *group)
{
	const struct goroutine_set *set = group->set;
	struct goroutine_line line = *group;
	if (set->detail != group->stat->group->key)
		return;
	for (size_t i = 0; i < set->members && list->n < LINES_MAX; i++) {
		/* Stacks have no numbers: they are known by their place, and no goroutine is below 0. */
		int64_t goid = set->member[i].goid;
		line.member = &set->member[i];
		add_line(list, &line, goid ? goid : -(int64_t)i - 1);
	}
}

/* Leaves out and sorts the groups, and puts the members of the open one below it. */
static void arrange(struct list *list, const struct view_place *place)
{
	const struct goroutine_table *table = &list->table;
	const struct goroutine_stat *shown[GOROUTINE_GROUPS_MAX];
	struct filter filter;
	size_t n = 0;
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < table->n && n < GOROUTINE_GROUPS_MAX; i++) {
		struct goroutine_line line = {.set = table->set, .stat = &table->row[i]};
		if ((place->all || !line.stat->group->system) && goroutine_matches(&filter, &line))
			shown[n++] = line.stat;
	}
	filter_close(&filter);
	struct goroutine_order order = {table->set, place->sort, place->reversed};
	qsort_r(shown, n, sizeof(void *), goroutine_compare, &order);
	for (size_t i = 0; i < n; i++) {
		int64_t key = (int64_t)shown[i]->group->key;
		struct goroutine_line line = {table->set, shown[i], NULL, key == place->expanded};
		add_line(list, &line, key);
		if (line.expanded)
			add_members(list, &line);
	}
}

static const struct goroutine_line *selected_line(const struct list *list,
                                                  const struct view_place *place)
{
	return list->n > 0 ? &list->line[place->selected] : NULL;
}

/* The group that is open, if it is in the list at all. */
static const struct goroutine_line *open_group(const struct list *list)
{
	for (int i = 0; i < list->n; i++)
		if (list->line[i].expanded)
			return &list->line[i];
	return NULL;
}

/* The line whose stack is to be shown: the selected one, if it is of the open group; else that of
   the group. NULL: none is open. */
static const struct goroutine_line *open_line(const struct list *list,
                                              const struct view_place *place)
{
	const struct goroutine_line *selected = selected_line(list, place);
	return selected && selected->expanded ? selected : open_group(list);
}

/* --- the list --------------------------------------------------------------------------------- */

static void draw_list(struct pane pane, const struct list *list, struct view_place *place)
{
	struct slot slot[GOROUTINE_COLUMNS];
	struct pane head = pane_row(view_list_inside(pane), 0);
	goroutine_layout(slot, list->table.by, head.width);
	goroutine_draw_headings(head, slot, place);
	struct pane rows = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	place->list_y = rows.y;
	view_select(place, list->id, list->n, rows.height);
	for (int i = 0; i < rows.height && place->top + i < list->n; i++) {
		struct pane row = pane_row(rows, i);
		goroutine_draw_line(view_list_inside(row), slot, &list->line[place->top + i]);
		if (place->top + i != place->selected)
			continue;
		view_draw_selected(row);
	}
	const struct goroutine_line *selected = selected_line(list, place);
	place->selected_group = selected ? (int64_t)selected->stat->group->key : 0;
}

static void draw_trail(struct pane line, const struct list *list)
{
	char name[160];
	const struct goroutine_line *group = open_group(list);
	if (!group)
		return;
	goroutine_group_name(name, sizeof name, line.canvas, group, list->table.by);
	trail_draw(line, 0, &(struct trail){{view_goroutines.name, name}});
}

static void draw_beside(struct pane pane, const struct view_data *data, const struct list *list,
                        struct view_place *place)
{
	int left = pane.width * 3 / 5;
	draw_list(pane_sub(pane, 0, 0, left, pane.height), list, place);
	struct pane stack = pane_sub(pane, left + 2, 0, pane.width - left - 3, pane.height);
	view_tell_detail(place, stack);
	goroutine_draw_stack(stack, data, open_line(list, place));
}

static void draw_below(struct pane pane, const struct view_data *data, const struct list *list,
                       struct view_place *place)
{
	enum { LIST, GAP, STACK, COUNT };
	/* Of goroutines that were not read there is only a sentence. */
	const struct goroutine_line *open = open_group(list);
	bool has_stacks = open && list->table.set->detail == open->stat->group->key;
	struct slot part[COUNT] = {
		[LIST] = {.min = 4, .grow = 1},
		[GAP] = {.min = 1, .want = 1, .drop = 2},
		[STACK] = {.min = STACK_MIN, .want = STACK_MIN + 2, .grow = has_stacks, .drop = 1},
	};
	layout(part, COUNT, pane.height);
	draw_list(pane_sub(pane, 0, 0, pane.width, part[LIST].size), list, place);
	struct pane stack = pane_sub(pane, 2, part[STACK].at, pane.width - 4, part[STACK].size);
	if (part[STACK].size)
		view_tell_detail(place, stack);
	if (part[STACK].size)
		goroutine_draw_stack(stack, data, open_line(list, place));
}

/* --- page ------------------------------------------------------------------------------------- */

static void draw_page(struct pane page, const struct view_data *data, struct list *list,
                      struct view_place *place)
{
	enum { GAP, SUMMARY, GAP_LIST, LIST, GAP_REST, REST, EVIDENCE, COUNT };
	int evidence = page.height >= 36 ? 3 : page.height >= 30 || page.width < GOROUTINE_WIDE ? 2 : 1;
	struct slot part[COUNT] = {
		[GAP] = {.min = 1, .want = 1, .drop = 6},
		[SUMMARY] = {.min = 1, .want = 1, .drop = 2},
		[GAP_LIST] = {.min = 1, .want = 1, .drop = 5},
		[LIST] = {.min = 6, .grow = 1},
		[GAP_REST] = {.min = 1, .want = 1, .drop = 4},
		[REST] = {.min = 1, .want = 1, .drop = 3},
		[EVIDENCE] = {.min = 1, .want = evidence, .drop = 1},
	};
	layout(part, COUNT, page.height);
	struct pane middle = pane_sub(page, 0, part[LIST].at, page.width, part[LIST].size);
	arrange(list, place);
	if (!open_group(list))
		draw_list(middle, list, place);
	else if (page.width >= BESIDE_WIDTH)
		draw_beside(middle, data, list, place);
	else
		draw_below(middle, data, list, place);
	if (part[GAP].size)
		draw_trail(pane_sub(page, 1, part[GAP].at, page.width - 2, 1), list);
	if (part[SUMMARY].size)
		goroutine_draw_summary(pane_row(page, part[SUMMARY].at), &list->table, place);
	if (part[REST].size)
		goroutine_draw_rest(pane_row(page, part[REST].at), data, &list->table, place);
	if (part[EVIDENCE].size)
		goroutine_draw_evidence(pane_sub(page, 0, part[EVIDENCE].at, page.width,
		                                 part[EVIDENCE].size),
		                        &list->table, place);
}

static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	struct list *list = calloc(1, sizeof *list);
	enum goroutine_by by = (enum goroutine_by)place->grouping;
	if (list && derive_goroutine_table(data->history, by, &list->table) == STATUS_OK &&
	    list->table.s) {
		draw_page(page, data, list, place);
	} else {
		view_select(place, NULL, 0, page.height);
		goroutine_draw_nothing(pane_sub(page, 1, 1, page.width - 2, page.height - 1), data);
	}
	if (list)
		goroutine_table_finish(&list->table);
	free(list);
}

const struct view view_goroutines = {"Goroutines", CONTEXT_GOROUTINES, draw, goroutine_sorts,
                                     groups};
