/* Whatever a trace may hold, compared with a part of itself: the last bytes choose which. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/measure.h"
#include "compare/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 3 };

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* No name may get to the terminal as it is. */
static void look(const char *text)
{
	for (const char *p = text; *p; p++)
		demand((unsigned char)*p >= ' ' || *p == '\n');
}

static void show(const struct comparison *c)
{
	const struct shown shown = {c, ITEM_ALL, NULL, NULL, 0};
	char *text = NULL, *json = show_json(&shown);
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	demand(json && out);
	show_text(&shown, out, false);
	show_markdown(&shown, out);
	fclose(out);
	look(text);
	look(json);
	free(text);
	free(json);
}

static enum status measure(struct items *items, struct side *side, int which, const uint8_t *data,
                           size_t size, const struct measure_options *options)
{
	struct error damage = {0}, error = {0};
	struct input in;
	side_init(side, 1);
	input_open_memory(&in, data, size);
	enum status status = measure_read_input(items, side, which, "-", &in, options, &damage, &error);
	input_finish(&in);
	demand(status == STATUS_OK || status == STATUS_DAMAGED);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct items items = {0};
	struct comparison c = {0};
	static struct side sides[SIDES];
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	if (size < CHOICES)
		return 0;
	const uint8_t *choice = data + size - CHOICES;
	struct measure_options options = {.kinds = ITEM_ALL, .to_ns = INT64_MAX, .one_thread = true};
	enum status status = measure(&items, &sides[BEFORE], BEFORE, data, size - CHOICES, &options);
	options.goroutine = choice[0] & 1 ? choice[0] >> 1 : 0;
	options.from_ns = (int64_t)choice[1] << 10;
	options.to_ns = options.from_ns + ((int64_t)choice[2] << 12) + 1;
	if (status == STATUS_OK &&
	    measure(&items, &sides[AFTER], AFTER, data, size - CHOICES, &options) == STATUS_OK) {
		demand(comparison_make(&c, &items, side, COMPARISON_MARGIN));
		show(&c);
	}
	comparison_finish(&c);
	items_finish(&items);
	return 0;
}
