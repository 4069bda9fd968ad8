#include "cli/help_table.h"

#include <string.h>

#include "cli/options.h"
#include "compare/kinds.h"
#include "doctor/catalogue.h"
#include "report/kinds.h"
#include "watch/metrics.h"
#include "watch/rule.h"

/* What files are usually called; completions offer all others where there is none of these. */
static const struct {
	const char *of, *suffixes;
} suffixes[] = {
	{"trace", "trace\tout\tgz\tzst\tschedtop\ttar"},
	{"replay", "zst\tndjson\tjson\tjsonl\tschedtop"},
	{"record", "zst\tndjson\tjson\tjsonl"},
	{"schedtrace", "log\ttxt\terr"},
	{"ca-file", "pem\tcrt\tcer"},
	{"theme", "theme"},
};

static const char *name_of(const struct subcommand *command)
{
	return *command->name ? command->name : "-";
}

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct subcommand *c = &commands[i];
		const char *takes = c->takes_file          ? "trace"
		                    : c->bit == WITH_DIFF  ? "traces"
		                    : c->bit == WITH_AGENT ? "agent"
		                                           : "none";
		fprintf(out, "command\t%s\t%s\t%s\n", name_of(c), takes, options_about(c));
	}
}

static void print_with(FILE *out, unsigned with)
{
	const char *between = "\t";
	for (size_t i = 0; i < command_count; i++)
		if (commands[i].bit & with) {
			fprintf(out, "%s%s", between, name_of(&commands[i]));
			between = ",";
		}
}

/* The kind of a value follows from how help calls it. */
static const char *kind_of_text(const struct option_listed *row)
{
	static const struct {
		const char *argument, *kind;
	} kinds[] = {
		{"FILE", "file"},     {"FILE|-", "file"},     {"FILE|DIR/", "file"}, {"DIR", "directory"},
		{"KIND,...", "list"}, {"SLUG", "word"},       {"LIMIT", "word"},     {"RULE", "word"},
		{"ACTION", "word"},   {"NAME=VALUE", "word"},
	};
	if (strcmp(row->name, "theme") == 0)
		return "theme";
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(row->argument, kinds[i].argument) == 0)
			return kinds[i].kind;
	return "text";
}

static void print_option(FILE *out, const struct option_listed *row)
{
	const char *value = "none";
	if (row->value == OPTION_PID)
		value = "pid";
	else if (row->value == OPTION_WORD)
		value = "word";
	else if (row->value == OPTION_OPTIONAL_WORD)
		value = "optional";
	else if (row->value == OPTION_TEXT)
		value = kind_of_text(row);
	fprintf(out, "option\t%c\t%s\t%s", row->letter ? row->letter : '-', row->name, value);
	print_with(out, row->with);
	fprintf(out, "\t%s\n", row->text);
}

static void print_words(FILE *out, const char *option, unsigned with, const char *const *word,
                        int words, const char *behind)
{
	fprintf(out, "words\t%s", option);
	print_with(out, with);
	for (int i = 0; i < words; i++)
		fprintf(out, "\t%s%s", word[i], behind);
	fputc('\n', out);
}

static void print_limits(FILE *out)
{
	fputs("words\tlimit", out);
	print_with(out, WITH_ALL);
	for (int i = 0; i < LIMIT_COUNT; i++)
		fprintf(out, "\t%s=", limit_rows[i].name);
	fputc('\n', out);
}

static void print_slugs(FILE *out)
{
	fputs("words\texplain", out);
	print_with(out, WITH_DOCTOR);
	for (int i = 0; i < SLUG_COUNT; i++)
		if (advice_of((enum slug)i))
			fprintf(out, "\t%s", slug_word((enum slug)i));
	fputc('\n', out);
}

/* Rules begin with a metric, or are about a finding of a live process. */
static void print_rules(FILE *out)
{
	fputs("words\tsentinel", out);
	print_with(out, WITH_ALL);
	for (size_t i = 0; i < live_metric_count; i++)
		fprintf(out, "\t%s>", live_metrics[i].name);
	for (int i = 0; i < SLUG_COUNT; i++) {
		const struct advice *advice = advice_of((enum slug)i);
		if (advice && advice->from & (FROM_LIVE | FROM_GOROUTINES))
			fprintf(out, "\tfinding:%s", slug_word((enum slug)i));
	}
	fputs("\tfinding:any\tnone\nwords\tthen", out);
	print_with(out, WITH_ALL);
	for (size_t i = 0; rule_action_word(i); i++)
		fprintf(out, "\t%s", rule_action_word(i));
	fputs("\texec:\n", out);
}

/* What can follow an option whose values are no closed list, or belong to a command. */
static void print_other_words(FILE *out)
{
	print_words(out, "kind", WITH_STAT, report_kind_words, REPORT_KINDS, "");
	print_words(out, "kind", WITH_PROFILE | WITH_EXPORT, profile_kind_words, PROFILE_KINDS, "");
	print_words(out, "by", WITH_DIFF, item_words, ITEM_KINDS, "");
	print_words(out, "fail-on", WITH_DIFF, item_words, ITEM_KINDS, ":");
	print_words(out, "fail-on", WITH_DOCTOR, severity_words, SEVERITY_COUNT, "");
	print_slugs(out);
	print_limits(out);
	print_rules(out);
}

void help_table_print(FILE *out)
{
	struct option_listed row;
	print_commands(out);
	for (size_t i = 0; options_listed(i, &row); i++)
		if (row.text)
			print_option(out, &row);
	for (size_t i = 0; options_listed(i, &row); i++)
		if (row.text && row.choice)
			print_words(out, row.name, row.with, row.choice, row.choices, "");
	print_other_words(out);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
		fprintf(out, "suffixes\t%s\t%s\n", suffixes[i].of, suffixes[i].suffixes);
}
