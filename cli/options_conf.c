/* The settings among the options: schedtop.conf(5) and the setup screen read them here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

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
		fprintf(out, ".It Cm %s No = Ar ", info.name);
		for (int c = 0; c < info.choices; c++)
			fprintf(out, "%s%s", c > 0 ? "|" : "", info.choice[c]);
		if (!info.choice)
			fputs(info.flag ? "yes|no" : info.argument, out);
		fputc('\n', out);
		options_print_man_text(out, info.text);
		fprintf(out, "In the environment:\n.Ev %s .\n", variable);
	}
	fputs(".El\n", out);
}

/* Does an earlier row have the same action? Where it works, and so its help, may differ. */
static bool told_before(const struct keymap *keys, const struct binding *binding)
{
	char action[64], before[64];
	keymap_action(action, sizeof action, binding);
	for (const struct binding *b = keys->row; b < binding; b++)
		if (strcmp(keymap_action(before, sizeof before, b), action) == 0)
			return true;
	return false;
}

/* The keys of all rows from this one on that have its action, each once. */
static void print_keys_of(FILE *out, const char *action, const struct binding *first)
{
	char other[64], name[KEY_NAME_MAX];
	int seen[16] = {0}, n = 0;
	for (const struct binding *b = first; b->command; b++) {
		if (strcmp(keymap_action(other, sizeof other, b), action) != 0)
			continue;
		for (size_t i = 0; i < KEYMAP_KEYS_MAX && b->key[i]; i++) {
			bool known = n == 16;
			for (int k = 0; k < n; k++)
				known = known || seen[k] == b->key[i];
			if (known)
				continue;
			seen[n++] = b->key[i];
			fputs(" Ic ", out);
			man_word(out, keys_name(name, sizeof name, b->key[i], true));
		}
	}
}

/* Every action once, with all keys that it has anywhere. */
static void print_keys(FILE *out)
{
	char action[64];
	const struct keymap *keys = &keymap_default;
	fputs(
		".Sh KEYS\nBelow\n.Li [keys]\n"
		"stand actions with the keys that they shall have in place of these, wherever the action\n"
		"works; the help page of a view says what each means there:\n"
		".Bl -tag -width Ds -compact\n",
		out);
	for (const struct binding *b = keys->row; b->command; b++) {
		if (told_before(keys, b))
			continue;
		fprintf(out, ".It Cm %s No =", keymap_action(action, sizeof action, b));
		print_keys_of(out, action, b);
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
