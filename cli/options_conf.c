/* The settings among the options: schedtop.conf(5) and the setup screen read them here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

/* Sentences in the tables begin small, as in --help; in the manual they stand alone. */
static void man_text(FILE *out, const char *text)
{
	fprintf(out, "%c%s.\n", toupper((unsigned char)*text), text + 1);
}

/* A word that roff might take for something else. */
static void man_word(FILE *out, const char *word)
{
	fputs("\\&", out);
	for (; *word; word++)
		fputs(*word == '\\' ? "\\e" : *word == '-' ? "\\-" : (char[2]){*word}, out);
}

static void print_settings(FILE *out)
{
	struct setting_info info;
	char variable[64];
	fputs(".Sh SETTINGS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; options_setting_info(i, &info); i++) {
		options_variable(info.name, variable, sizeof variable);
		fprintf(out, ".It Cm %s No = Ar %s\n", info.name, info.flag ? "yes|no" : info.argument);
		man_text(out, info.text);
		fprintf(out, "In the environment:\n.Ev %s .\n", variable);
	}
	fputs(".El\n", out);
}

/* Every action once, with all keys that it has anywhere. */
static void print_keys(FILE *out)
{
	char action[64], name[KEY_NAME_MAX];
	const struct keymap *keys = &keymap_default;
	fputs(".Sh KEYS\nBelow\n.Li [keys]\n"
	      "stand actions with the keys that they shall have in place of these:\n"
	      ".Bl -tag -width Ds -compact\n",
	      out);
	for (const struct binding *b = keys->row; b->command; b++) {
		if (keymap_is_alias(keys, b, CONTEXT_ALL))
			continue;
		keymap_action(action, sizeof action, b);
		fprintf(out, ".It Cm %s No =", action);
		int seen[16] = {0}, n = 0;
		for (const struct binding *same = b; same->command; same++) {
			char other[64];
			keymap_action(other, sizeof other, same);
			for (size_t i = 0; strcmp(other, action) == 0 && i < KEYMAP_KEYS_MAX && same->key[i];
			     i++) {
				bool known = false;
				for (int k = 0; k < n; k++)
					known = known || seen[k] == same->key[i];
				if (known || n == 16)
					continue;
				seen[n++] = same->key[i];
				fputs(" Ic ", out);
				man_word(out, keys_name(name, sizeof name, same->key[i], true));
			}
		}
		fprintf(out, "\n%s\n", b->argument && b->help ? b->help : command_info[b->command].help);
	}
	fputs(".El\n", out);
}

static void print_limits(FILE *out)
{
	char normal[32];
	fputs(".Sh LIMITS OF THE DOCTOR\nBelow\n.Li [doctor]\n"
	      "stands from where on something is a finding; the findings themselves are in\n"
	      ".Xr schedtop-findings 7 .\n.Bl -tag -width Ds -compact\n",
	      out);
	for (int i = 0; i < LIMIT_COUNT; i++) {
		limit_show((enum limit)i, limit_rows[i].normal, normal, sizeof normal, true);
		fprintf(out, ".It Cm %s\n%c%s (default %s).\n", limit_rows[i].name,
		        toupper((unsigned char)limit_rows[i].text[0]), limit_rows[i].text + 1, normal);
	}
	fputs(".El\n", out);
}

void options_print_conf(FILE *out)
{
	print_settings(out);
	print_keys(out);
	print_limits(out);
	fputs(".Sh RULES OF THE SENTINEL\nBelow\n.Li [sentinel]\n"
	      "stands what the sentinel looks out for; see\n.Cm watch\nin\n.Xr schedtop 1 .\n"
	      ".Bl -tag -width Ds -compact\n",
	      out);
	plan_print_man(out);
	fputs(".El\n", out);
}
