#include "doctor/catalogue.h"

#include <string.h>

const struct chapter *const chapters[] = {
	&chapter_file,   &chapter_locks,  &chapter_waits,       &chapter_processors,
	&chapter_memory, &chapter_growth, &chapter_annotations,
};
const size_t chapter_count = sizeof chapters / sizeof chapters[0];

static const char *const words[SLUG_COUNT] = {
#define SLUG_WORD(name, word) [SLUG_##name] = (word),
	SLUGS(SLUG_WORD)
#undef SLUG_WORD
};

const char *slug_word(enum slug slug)
{
	return words[slug];
}

bool slug_parse(const char *word, enum slug *slug)
{
	for (int i = 0; i < SLUG_COUNT; i++)
		if (strcmp(word, words[i]) == 0) {
			*slug = (enum slug)i;
			return true;
		}
	return false;
}

const struct advice *advice_of(enum slug slug)
{
	for (size_t c = 0; c < chapter_count; c++)
		for (size_t i = 0; i < chapters[c]->n; i++)
			if (chapters[c]->advice[i].slug == slug)
				return &chapters[c]->advice[i];
	return NULL;
}
