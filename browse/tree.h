/*
 * Time by stack as a tree that opens and closes, from the functions that goroutines start with down
 * to where they wait. Only what is open is walked: a row is a range of the stacks, sorted from
 * their roots on. Made for one drawing; the caller owns it. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_TREE_H
#define SCHEDTOP_BROWSE_TREE_H

#include "trace/stacks.h"

/* What one stack adds. */
struct tree_leaf {
	uint32_t stack;  /* number in stacks; STACK_NONE: unknown */
	uint32_t reason; /* name */
	int64_t ns, max_ns;
	uint64_t count;
};

struct tree_row {
	uint64_t key; /* of the path to it, the same in every drawing */
	int depth;
	bool itself;       /* stacks that end in the row above, which has others below it */
	uint32_t function; /* name; NAME_NONE where the stack or the name is unknown */
	const struct stack_frame *frame; /* NULL: there is none, or more than one line of it */
	uint32_t reason;                 /* name, where it is the same for all */
	bool one_reason;
	int64_t ns, max_ns;
	uint64_t count;
	double from;       /* where its share of the whole begins, 0...1 */
	bool opens, open;  /* there are rows below it; they are there */
	uint32_t heaviest; /* stack that adds most */
};

enum tree_sort { TREE_TOTAL, TREE_COUNT, TREE_LONGEST, TREE_FUNCTION };

/* Rows that are not as they are by default: open where there is no other beside them, else closed.
   When it is full, the oldest is forgotten. */
enum { TREE_TOGGLED = 256 };
struct tree_toggles {
	uint64_t key[TREE_TOGGLED];
	size_t n, next;
};
void tree_toggle(struct tree_toggles *toggles, uint64_t key);

enum { TREE_ROWS_MAX = 20000 };
struct tree {
	struct tree_row *row;
	size_t rows;
	int64_t ns; /* of all */
	uint64_t count;
};

struct tree_options {
	const struct stacks *stacks;
	const struct names *names;
	const struct tree_toggles *toggles;
	enum tree_sort sort;
	bool reversed;
};

/* Sorts the leaves. false: no memory, and the tree is empty. */
bool tree_make(struct tree *tree, struct tree_leaf *leaf, size_t leaves,
               const struct tree_options *options);
void tree_finish(struct tree *tree);

#endif
