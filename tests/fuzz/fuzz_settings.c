/* Whatever a configuration or a theme may hold: what is taken must be what can be used. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/settings.h"
#include "tui/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status run_nothing(const struct options *o, struct error *error)
{
	(void)o;
	(void)error;
	return STATUS_OK;
}
const struct subcommand commands[] = {{"", run_nothing, WITH_WATCH, false}};
const size_t command_count = 1;

/* A sentence stands in one line and begins with the file's name. */
static void tell(const char *sentence, void *arg)
{
	(void)arg;
	if (strncmp(sentence, "x:", 2) != 0 || strpbrk(sentence, "\n\r\033"))
		abort();
}

static void read_config(const char *text, size_t size, const struct ini_sink *sink)
{
	struct settings config = {0};
	struct options o;
	options_init(&o);
	settings_read_text(&config, &o, "x", text, size, sink);
	if (o.delay_ns < 50000000 || o.trace_keep < 1 || o.pid || o.replay || (o.theme && !*o.theme))
		abort();
	settings_finish(&config);
}

static void read_theme(const char *text, size_t size, const struct ini_sink *sink)
{
	static const int colors[] = {0, 8, 16, 256};
	struct theme theme;
	theme_read_text(&theme, "x", text, size, sink);
	for (int style = 0; style < STYLE_COUNT; style++)
		for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
			struct theme_look look = theme_look(&theme, (enum style)style, colors[i], false);
			if (look.color < THEME_OWN || look.back < THEME_OWN ||
			    (look.color != THEME_OWN && look.color >= colors[i]) ||
			    (look.back != THEME_OWN && look.back >= colors[i]))
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ini_sink sink = {tell, NULL};
	read_config((const char *)data, size, &sink);
	read_theme((const char *)data, size, &sink);
	return 0;
}
