/*
 * The kinds of things that are compared. Constant data; any thread.
 */
#ifndef SCHEDTOP_COMPARE_KINDS_H
#define SCHEDTOP_COMPARE_KINDS_H

#include <stdbool.h>

enum item_kind { ITEM_REGION, ITEM_TASK, ITEM_START, ITEM_SITE, ITEM_KINDS };
#define ITEM_ALL ((1U << ITEM_KINDS) - 1)
/* "region", ...: the words of --fail-on, --by and the JSON. */
extern const char *const item_words[ITEM_KINDS];
/* "region,task" adds a bit for each to *kinds; false: something else is among the words. */
bool item_words_parse(const char *words, unsigned *kinds);

#endif
