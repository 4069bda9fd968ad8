#include "compare/kinds.h"

#include <string.h>

const char *const item_words[ITEM_KINDS] = {
	[ITEM_REGION] = "region", [ITEM_TASK] = "task", [ITEM_START] = "start", [ITEM_SITE] = "site"};

bool item_words_parse(const char *words, unsigned *kinds)
{
	for (;;) {
		size_t length = strcspn(words, ","), i = 0;
		while (i < ITEM_KINDS &&
		       (strlen(item_words[i]) != length || memcmp(item_words[i], words, length) != 0))
			i++;
		if (i == ITEM_KINDS)
			return false;
		*kinds |= 1U << i;
		if (!words[length])
			return true;
		words += length + 1;
	}
}
