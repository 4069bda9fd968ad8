#include "browse/tree.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"

/* --- toggles -------------------------------------------------------------------------------- */

static size_t find_toggle(const struct tree_toggles *t, uint64_t key)
{
	size_t i = 0;
	while (i < t->n && t->key[i] != key)
		i++;
	return i;
}

void tree_toggle(struct tree_toggles *t, uint64_t key)
{
	size_t i = find_toggle(t, key);
	if (i < t->n) {
		t->key[i] = t->key[--t->n];
	} else if (t->n < TREE_TOGGLED) {
		t->key[t->n++] = key;
	} else {
		t->key[t->next] = key;
		t->next = (t->next + 1) % TREE_TOGGLED;
	}
}

/* --- leaves --------------------------------------------------------------------------------- */

struct walk {
	struct tree *tree;
	const struct tree_leaf *leaf;
	const struct tree_options *options;
	size_t capacity;
};

static const struct stack *stack_of(const struct stacks *stacks, uint32_t number)
{
	static const struct stack none;
	return number != STACK_NONE && number <= stacks->n ? &stacks->stack[number - 1] : &none;
}

/* The frame so many calls from the root; NULL: the stack is shorter. */
static const struct stack_frame *frame_at(const struct stacks *stacks, uint32_t number,
                                          uint32_t depth)
{
	const struct stack *stack = stack_of(stacks, number);
	return depth < stack->frames ? &stacks->frame[stack->first + stack->frames - 1 - depth] : NULL;
}

/* By functions from the root on; a stack stands before those that begin with it. */
static int compare_leaves(const void *x, const void *y, void *arg)
{
	const struct tree_leaf *a = x, *b = y;
	const struct stacks *stacks = arg;
	for (uint32_t depth = 0; a->stack != b->stack; depth++) {
		const struct stack_frame *f = frame_at(stacks, a->stack, depth);
		const struct stack_frame *g = frame_at(stacks, b->stack, depth);
		if (!f || !g) {
			if (f || g)
				return (f != NULL) - (g != NULL);
			break;
		}
		if (f->function != g->function)
			return f->function < g->function ? -1 : 1;
	}
	return a->stack < b->stack ? -1 : a->stack > b->stack;
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Leaves with the same functions down to one depth. */
struct branch {
	size_t first, end;
	struct tree_row row;
};

static void add_leaf(const struct walk *w, struct tree_row *row, const struct tree_leaf *leaf,
                     uint32_t depth, int64_t *heaviest_ns)
{
	const struct stack_frame *frame = frame_at(w->options->stacks, leaf->stack, depth);
	add_ns(&row->ns, leaf->ns);
	row->count += leaf->count;
	row->max_ns = leaf->max_ns > row->max_ns ? leaf->max_ns : row->max_ns;
	row->one_reason = row->one_reason && row->reason == leaf->reason;
	if (row->frame &&
	    (!frame || frame->line != row->frame->line || frame->file != row->frame->file))
		row->frame = NULL;
	row->opens = row->opens || frame_at(w->options->stacks, leaf->stack, depth + 1);
	if (leaf->ns > *heaviest_ns) {
		*heaviest_ns = leaf->ns;
		row->heaviest = leaf->stack;
	}
}

/* The branch that begins with this leaf. */
static struct branch make_branch(const struct walk *w, size_t first, size_t end, uint32_t depth,
                                 uint64_t parent)
{
	const struct stacks *stacks = w->options->stacks;
	const struct tree_leaf *leaf = &w->leaf[first];
	const struct stack_frame *frame = frame_at(stacks, leaf->stack, depth);
	uint32_t function = frame ? frame->function : NAME_NONE;
	struct branch b = {.first = first,
	                   .end = first,
	                   .row = {.depth = (int)depth,
	                           .function = function,
	                           .frame = frame,
	                           .itself = !frame && depth > 0,
	                           .reason = leaf->reason,
	                           .one_reason = true,
	                           .heaviest = leaf->stack,
	                           /* as FNV-1a, by words */
	                           .key = (parent ^ function ^ (uint64_t)!frame << 32) *
	                                  UINT64_C(1099511628211)}};
	b.row.key ^= b.row.key >> 29;
	int64_t heaviest_ns = -1;
	for (; b.end < end; b.end++) {
		const struct stack_frame *other = frame_at(stacks, w->leaf[b.end].stack, depth);
		if (!other != !frame || (frame && other->function != function))
			break;
		add_leaf(w, &b.row, &w->leaf[b.end], depth, &heaviest_ns);
	}
	return b;
}

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_branches(const void *x, const void *y, void *arg)
{
	const struct tree_row *a = &((const struct branch *)x)->row;
	const struct tree_row *b = &((const struct branch *)y)->row;
	const struct tree_options *options = arg;
	int order = 0;
	switch (options->sort) {
	case TREE_COUNT:
		order = by_number(a->count, b->count);
		break;
	case TREE_LONGEST:
		order = by_number((uint64_t)a->max_ns, (uint64_t)b->max_ns);
		break;
	case TREE_FUNCTION:
		order = strcmp(names_text(options->names, a->function),
		               names_text(options->names, b->function));
		break;
	case TREE_TOTAL:
	default:
		order = by_number((uint64_t)a->ns, (uint64_t)b->ns);
		break;
	}
	order = options->reversed ? -order : order;
	return order ? order : by_number(b->key, a->key);
}

static bool add_row(struct walk *w, const struct tree_row *row)
{
	struct tree *tree = w->tree;
	if (tree->rows == w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 64;
		struct tree_row *bigger = reallocarray(tree->row, capacity, sizeof *bigger);
		if (!bigger)
			return false;
		tree->row = bigger;
		w->capacity = capacity;
	}
	tree->row[tree->rows++] = *row;
	return true;
}

static size_t count_branches(const struct walk *w, size_t first, size_t end, uint32_t depth)
{
	size_t n = 0;
	for (; first < end; n++)
		first = make_branch(w, first, end, depth, 0).end;
	return n;
}

/* The rows of these leaves at this depth, with what is open below them. Depth is bounded by the
   length of stacks. false: no memory. */
static bool walk(struct walk *w, size_t first, size_t end, uint32_t depth, uint64_t parent,
                 double from)
{
	const struct tree_options *options = w->options;
	size_t n = count_branches(w, first, end, depth);
	struct branch *branch = calloc(n ? n : 1, sizeof *branch);
	if (!branch)
		return false;
	for (size_t i = 0; i < n; i++, first = branch[i - 1].end)
		branch[i] = make_branch(w, first, end, depth, parent);
	qsort_r(branch, n, sizeof *branch, compare_branches, (void *)(uintptr_t)options);
	bool ok = true;
	for (size_t i = 0; i < n && ok && w->tree->rows < TREE_ROWS_MAX; i++) {
		struct tree_row *row = &branch[i].row;
		bool toggled = find_toggle(options->toggles, row->key) < options->toggles->n;
		row->from = from;
		row->open = row->opens && (n == 1) != toggled;
		from += w->tree->ns > 0 ? (double)row->ns / (double)w->tree->ns : 0;
		ok = add_row(w, row);
		if (ok && row->open)
			ok = walk(w, branch[i].first, branch[i].end, depth + 1, row->key, row->from);
	}
	free(branch);
	return ok;
}

bool tree_make(struct tree *tree, struct tree_leaf *leaf, size_t leaves,
               const struct tree_options *options)
{
	struct walk w = {.tree = tree, .leaf = leaf, .options = options};
	*tree = (struct tree){0};
	qsort_r(leaf, leaves, sizeof *leaf, compare_leaves, (void *)(uintptr_t)options->stacks);
	for (size_t i = 0; i < leaves; i++) {
		add_ns(&tree->ns, leaf[i].ns);
		tree->count += leaf[i].count;
	}
	if (leaves == 0 || walk(&w, 0, leaves, 0, 0, 0))
		return true;
	tree_finish(tree);
	return false;
}

void tree_finish(struct tree *tree)
{
	free(tree->row);
	*tree = (struct tree){0};
}
