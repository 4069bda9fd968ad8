#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/settings.h"
#include "cli/setup.h"

static enum status run_nothing(const struct options *o, struct error *error)
{
	(void)o;
	(void)error;
	return STATUS_OK;
}
const struct subcommand commands[] = {{"", run_nothing, WITH_WATCH, false},
                                      {"ls", run_nothing, WITH_LS, false}};
const size_t command_count = sizeof commands / sizeof commands[0];

static struct {
	int n;
	char text[32][1024];
} told;

static void tell(const char *sentence, void *arg)
{
	(void)arg;
	assert_true(told.n < 32);
	snprintf(told.text[told.n++], sizeof told.text[0], "%s", sentence);
}
static const struct ini_sink sink = {tell, NULL};

static void read_text(struct settings *c, struct options *o, const char *text)
{
	told.n = 0;
	options_init(o);
	settings_read_text(c, o, "/x/config", text, strlen(text), &sink);
}

static void every_line_sets_the_option_of_its_name(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	read_text(&c, &o,
	          "# mine\ndelay = 250ms\nsource=memory\n\n  theme = light  ; for the day\n"
	          "ascii = yes\ncolor = always\ntrace-keep=3\ntrace-dir = /tmp/with space\n");
	assert_int_equal(told.n, 0);
	assert_int_equal(o.delay_ns, 250000000);
	assert_int_equal(o.source, SOURCE_MEMORY);
	assert_string_equal(o.theme, "light");
	assert_true(o.ascii);
	assert_int_equal(o.color, COLOR_ALWAYS);
	assert_int_equal(o.trace_keep, 3);
	assert_string_equal(o.trace_dir, "/tmp/with space");
	settings_finish(&c);
}

static void a_path_may_begin_with_the_home_directory(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	const char *before = getenv("HOME");
	char *home = before ? strdup(before) : NULL;
	setenv("HOME", "/home/someone", 1);
	read_text(&c, &o, "trace-dir = ~/traces\ntheme = ~\n[sentinel]\nlog = ~/sentinel.log\n");
	assert_int_equal(told.n, 0);
	assert_string_equal(o.trace_dir, "/home/someone/traces");
	assert_string_equal(o.theme, "~");
	assert_string_equal(o.plan.log, "/home/someone/sentinel.log");
	assert_string_equal(o.theme_from, "/x/config:2");
	settings_finish(&c);
	if (home)
		setenv("HOME", home, 1);
	else
		unsetenv("HOME");
	free(home);
}

static void a_bad_line_is_told_and_the_rest_applies(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"delay = 1ms", "/x/config:2: delay takes a time of 50ms or more, such as 250ms, 0.3s or "
	                    "2m, not '1ms'"},
		{"source = moon", "/x/config:2: source takes auto|memory|agent"},
		{"ascii = maybe", "ascii takes yes or no, not 'maybe'"},
		{"trace-keep = 0", "a count of 1 or more"},
		{"theme =", "theme takes NAME"},
		{"dealy = 1s", "there is no setting 'dealy': expected one of listen, delay, "},
		{"pid = 1", "there is no setting 'pid'"},
		{"json = yes", "there is no setting 'json'"},
		{"delay", "/x/config:2: expected NAME = VALUE"},
		{"= 1s", "there is no setting ''"},
		{"[x]\ndelay = 2s", "/x/config:3: there is no section [x]: expected NAME = VALUE"},
		{"[x", "/x/config:2: expected [SECTION]"},
		{"de\033[1mlay = 1", "'de?[1mlay'"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct settings c = {0};
		struct options o;
		char text[256];
		snprintf(text, sizeof text, "trace-keep = 7\n%s\n", rows[i].line);
		read_text(&c, &o, text);
		if (told.n != 1 || !strstr(told.text[0], rows[i].says))
			fail_msg("'%s': %d told: '%s', not '%s'", rows[i].line, told.n, told.text[0],
			         rows[i].says);
		assert_int_equal(o.delay_ns, 1000000000);
		assert_int_equal(o.trace_keep, 7);
		assert_false(o.ascii);
		settings_finish(&c);
	}
}

/* A scratch home with this text as the user's file. */
static void make_home(char *home, const char *text)
{
	char path[128];
	strcpy(home, "/tmp/schedtop-config-XXXXXX");
	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof path, "%s/schedtop", home);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/schedtop/config", home);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	setenv("XDG_CONFIG_HOME", home, 1);
}

static void remove_home(const char *home)
{
	char path[128];
	snprintf(path, sizeof path, "%s/schedtop/config", home);
	unlink(path);
	snprintf(path, sizeof path, "%s/schedtop", home);
	rmdir(path);
	rmdir(home);
	unsetenv("XDG_CONFIG_HOME");
}

static enum status load(struct settings *c, struct options *o, const char *only,
                        struct error *error)
{
	told.n = 0;
	options_init(o);
	return settings_load(c, o, "/nowhere/config", only, &sink, error);
}

static void flags_win_over_the_environment_and_that_over_the_file(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	char home[64], *argv[] = {"schedtop", "-d", "3s", "--no-ascii"};
	make_home(home, "delay = 5s\nsource = agent\nascii = yes\ncolor = always\n");
	assert_int_equal(load(&c, &o, NULL, NULL), STATUS_OK);
	assert_int_equal(o.delay_ns, 5000000000);
	setenv("SCHEDTOP_DELAY", "4s", 1);
	setenv("SCHEDTOP_TRACE_KEEP", "none", 1);
	assert_int_equal(load(&c, &o, NULL, NULL), STATUS_OK);
	assert_int_equal(o.delay_ns, 4000000000);
	assert_int_equal(o.source, SOURCE_AGENT);
	assert_int_equal(o.color, COLOR_ALWAYS);
	assert_true(o.ascii);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.text[0], "SCHEDTOP_TRACE_KEEP takes a count of 1 or more, not 'none'");
	assert_int_equal(options_parse(&o, 4, argv, NULL), STATUS_OK);
	assert_int_equal(o.delay_ns, 3000000000);
	assert_false(o.ascii);
	unsetenv("SCHEDTOP_DELAY");
	unsetenv("SCHEDTOP_TRACE_KEEP");
	settings_finish(&c);
	remove_home(home);
}

static void no_color_wins_over_the_file_but_not_over_our_own_variable(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	char home[64];
	make_home(home, "color = always\n");
	setenv("NO_COLOR", "1", 1);
	load(&c, &o, NULL, NULL);
	assert_int_equal(o.color, COLOR_AUTO);
	setenv("SCHEDTOP_COLOR", "always", 1);
	load(&c, &o, NULL, NULL);
	assert_int_equal(o.color, COLOR_ALWAYS);
	unsetenv("SCHEDTOP_COLOR");
	unsetenv("NO_COLOR");
	settings_finish(&c);
	remove_home(home);
}

static void a_file_that_was_asked_for_is_the_only_one_and_must_be_there(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	struct error error = {0};
	char home[64], only[128];
	make_home(home, "delay = 5s\n");
	assert_int_equal(load(&c, &o, "/dev/null", &error), STATUS_OK);
	assert_int_equal(o.delay_ns, 1000000000);
	assert_int_equal(load(&c, &o, "/nonexistent/config", &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "/nonexistent/config"));
	snprintf(only, sizeof only, "%s/schedtop/config", home);
	assert_int_equal(load(&c, &o, only, &error), STATUS_OK);
	assert_int_equal(o.delay_ns, 5000000000);
	assert_int_equal(load(&c, &o, home, &error), STATUS_FAILED);
	settings_finish(&c);
	remove_home(home);
}

static void settings_do_not_count_as_given_with_a_command_that_takes_none(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	char *argv[] = {"schedtop", "ls"};
	read_text(&c, &o, "delay = 5s\ntrace-dir = /tmp\n");
	assert_int_equal(options_parse(&o, 2, argv, NULL), STATUS_OK);
	settings_finish(&c);
}

/* The system's file, the user's, the environment and the command line: of each two the later one
   has the word, and options_layer says who had it. */
static void of_each_two_the_stronger_one_has_the_word(void **state)
{
	(void)state;
	static const char *const said[LAYER_COUNT] = {NULL, "2s", "3s", "4s", "5s"};
	char home[64], system[128], *argv[] = {"schedtop", "-d", "5s"};
	make_home(home, "");
	snprintf(system, sizeof system, "%s/system", home);
	for (unsigned weak = 1; weak < LAYER_COUNT; weak++)
		for (unsigned strong = weak + 1; strong < LAYER_COUNT; strong++) {
			struct settings c = {0};
			struct options o;
			const char *value;
			char user[128], line[64];
			bool has[LAYER_COUNT] = {false};
			has[weak] = has[strong] = true;
			snprintf(user, sizeof user, "%s/schedtop/config", home);
			for (int layer = LAYER_SYSTEM; layer <= LAYER_USER; layer++) {
				FILE *out = fopen(layer == LAYER_SYSTEM ? system : user, "w");
				assert_non_null(out);
				snprintf(line, sizeof line, "delay = %s\n", said[layer]);
				fputs(has[layer] ? line : "; nothing\n", out);
				fclose(out);
			}
			if (has[LAYER_ENVIRONMENT])
				setenv("SCHEDTOP_DELAY", said[LAYER_ENVIRONMENT], 1);
			told.n = 0;
			options_init(&o);
			assert_int_equal(settings_load(&c, &o, system, NULL, &sink, NULL), STATUS_OK);
			if (has[LAYER_COMMAND_LINE])
				assert_int_equal(options_parse(&o, 3, argv, NULL), STATUS_OK);
			assert_int_equal(o.delay_ns / 1000000000, strong + 1);
			assert_int_equal(told.n, 0);
			size_t i = 0;
			while (strcmp(options_setting(i), "delay") != 0)
				i++;
			assert_int_equal(options_layer(&o, i, &value), strong);
			assert_string_equal(value, said[strong]);
			unsetenv("SCHEDTOP_DELAY");
			settings_finish(&c);
		}
	unlink(system);
	remove_home(home);
}

static void keys_are_told_with_their_file_and_line(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	read_text(&c, &o,
	          "[keys]\nsort = x F6\nreverse = x X\ndance = y\nquit = Hyper\n"
	          "theme light = F8\nzoom-in = = +\n");
	assert_int_equal(told.n, 3);
	assert_string_equal(told.text[0], "/x/config:3: x is the key of 'sort' by line 2 already");
	assert_non_null(strstr(told.text[1], "/x/config:4: there is no action 'dance'"));
	assert_non_null(strstr(told.text[2], "/x/config:5: there is no key 'Hyper'"));
	assert_int_equal(keymap_find(&o.keys, 'x', CONTEXT_THREADS)->command, COMMAND_SORT);
	assert_int_equal(keymap_find(&o.keys, 'X', CONTEXT_THREADS)->command, COMMAND_REVERSE);
	assert_int_equal(keymap_find(&o.keys, 'q', CONTEXT_THREADS)->command, COMMAND_QUIT);
	assert_int_equal(keymap_find(&o.keys, '=', CONTEXT_OVERVIEW)->command, COMMAND_ZOOM_IN);
	assert_string_equal(keymap_find(&o.keys, KEYMAP_F8, CONTEXT_THREADS)->argument, "light");
	settings_finish(&c);
}

/* Whatever lies there instead of a file of settings: one sentence, at once. */
static void what_is_no_file_of_settings_is_one_sentence(void **state)
{
	(void)state;
	enum { HUGE, BINARY, DIRECTORY, PIPE, LOOP, KINDS };
	static const char *const sentence[KINDS] = {
		"too large", "holds no text", "Is a directory", "it is a pipe", "symbolic links",
	};
	char home[64], path[128];
	make_home(home, "");
	snprintf(path, sizeof path, "%s/schedtop/config", home);
	for (int kind = 0; kind < KINDS; kind++) {
		struct settings c = {0};
		struct options o;
		unlink(path);
		rmdir(path);
		FILE *out = kind <= BINARY ? fopen(path, "w") : NULL;
		for (int i = 0; out && i < (kind == HUGE ? 40000 : 100); i++)
			fwrite(kind == HUGE ? "nothing = 1\n" : "\0\1\2 = \xff", 1, kind == HUGE ? 12 : 7, out);
		if (out)
			fclose(out);
		if (kind == DIRECTORY)
			assert_int_equal(mkdir(path, 0700), 0);
		if (kind == PIPE)
			assert_int_equal(mkfifo(path, 0600), 0);
		if (kind == LOOP)
			assert_int_equal(symlink("config", path), 0);
		assert_int_equal(load(&c, &o, NULL, NULL), STATUS_OK);
		assert_int_equal(told.n, 1);
		if (!strstr(told.text[0], sentence[kind]))
			fail_msg("\"%s\" does not say \"%s\"", told.text[0], sentence[kind]);
		assert_int_equal(o.delay_ns, 1000000000);
		settings_finish(&c);
	}
	remove_home(home);
}

/* --- the setup screen's side ------------------------------------------------------------------ */

static size_t number_of(const char *name)
{
	size_t i = 0;
	while (strcmp(options_setting(i), name) != 0)
		i++;
	return i;
}

static void a_setting_that_is_changed_leaves_the_rest_of_the_file(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	struct error error = {0};
	static struct setup_changes changes;
	struct setup_item item;
	char home[64], path[128], *text;
	make_home(home, "; mine\n\ndelay = 5s ; slow\nfrobnicate = yes\n\n[keys]\nsort = x\n");
	snprintf(path, sizeof path, "%s/schedtop/config", home);
	chmod(path, 0640);
	load(&c, &o, NULL, NULL);
	setup_changes_init(&changes, &o);
	const struct setup_source *s = &changes.source;
	assert_string_equal(s->path(s->arg), path);
	assert_true(s->item(number_of("delay"), &item, s->arg));
	assert_string_equal(item.value, "5s");
	assert_string_equal(item.origin, "the file");
	assert_true(s->item(number_of("trace-keep"), &item, s->arg));
	assert_string_equal(item.value, "20");
	assert_string_equal(item.origin, "default");
	/* What can't be is refused, and changes nothing. */
	assert_int_equal(s->set(number_of("delay"), "never", s->arg, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "delay takes a time"));
	assert_int_equal(s->set(number_of("theme"), "a\nb", s->arg, &error), STATUS_USAGE);
	assert_int_equal(s->set(number_of("delay"), "2s", s->arg, &error), STATUS_OK);
	assert_int_equal(s->set(number_of("ascii"), "yes", s->arg, &error), STATUS_OK);
	assert_true(s->item(number_of("delay"), &item, s->arg));
	assert_true(item.changed);
	/* Nothing is written before it is asked for. */
	assert_int_equal(ini_read_whole(path, &text, &error), STATUS_OK);
	assert_non_null(strstr(text, "delay = 5s ; slow"));
	free(text);
	text = s->file(s->arg, &error);
	assert_non_null(text);
	while (s->write(text, s->arg, &error) != STATUS_OK)
		assert_non_null(changes.writing); /* a slow disk: once more asks whether it is */
	assert_null(changes.writing);
	assert_true(s->item(number_of("delay"), &item, s->arg));
	assert_false(item.changed);
	free(text);
	assert_int_equal(ini_read_whole(path, &text, &error), STATUS_OK);
	assert_string_equal(text, "; mine\n\ndelay = 2s ; slow\nfrobnicate = yes\nascii = yes\n\n"
	                          "[keys]\nsort = x\n");
	free(text);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	setup_changes_finish(&changes);
	settings_finish(&c);
	remove_home(home);
}

/* It is read out of the sentence that help shows, which a writer of sentences may not know. */
static void the_default_that_setup_shows_is_one_that_may_be_set(void **state)
{
	(void)state;
	struct options o;
	struct setup_changes changes;
	struct setup_item item;
	char home[64];
	make_home(home, "");
	options_init(&o);
	setup_changes_init(&changes, &o);
	const struct setup_source *s = &changes.source;
	for (size_t i = 0; s->item(i, &item, s->arg); i++) {
		bool known = !item.choice;
		for (int c = 0; c < item.choices; c++)
			known = known || strcmp(item.value, item.choice[c]) == 0;
		if (!known)
			fail_msg("%s stands at '%s'", item.name, item.value);
	}
	remove_home(home);
}

/* What can't stand in a line of the file would hold until the next start, and not from there on. */
static void a_value_is_written_only_if_it_is_read_as_it_was_meant(void **state)
{
	(void)state;
	struct settings c = {0};
	struct options o;
	struct error error = {0};
	static struct setup_changes changes;
	struct setup_item item;
	size_t dir = number_of("trace-dir");
	char home[64], text[256], long_value[100];
	snprintf(text, sizeof text, "trace-dir = /a ; %0150d\n", 0);
	make_home(home, text);
	load(&c, &o, NULL, NULL);
	setup_changes_init(&changes, &o);
	const struct setup_source *s = &changes.source;
	static const char *const bad[] = {"/a ;b", ";b", " /a", "/a ", "/a\nb"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(s->set(dir, bad[i], s->arg, &error), STATUS_USAGE);
		assert_non_null(strstr(error.text, "trace-dir"));
	}
	assert_true(s->item(dir, &item, s->arg));
	assert_false(item.changed);
	assert_true(item.is_whole);
	assert_string_equal(item.value, "/a");
	assert_int_equal(s->set(dir, "/a;b c", s->arg, &error), STATUS_OK);
	char *file = s->file(s->arg, &error);
	assert_non_null(file);
	assert_ptr_equal(strstr(file, "trace-dir = /a;b c ; 000"), file);
	free(file);
	/* With the comment behind it the line would be longer than any may be. */
	memset(long_value, '/', sizeof long_value - 1);
	long_value[sizeof long_value - 1] = '\0';
	assert_int_equal(s->set(dir, long_value, s->arg, &error), STATUS_OK);
	assert_null(s->file(s->arg, &error));
	assert_non_null(strstr(error.text, "trace-dir"));
	/* An option that stands at its default is not edited from there. */
	assert_true(s->item(number_of("trace-keep"), &item, s->arg));
	assert_false(item.is_whole);
	settings_finish(&c);
	remove_home(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_sets_the_option_of_its_name),
		cmocka_unit_test(a_path_may_begin_with_the_home_directory),
		cmocka_unit_test(a_bad_line_is_told_and_the_rest_applies),
		cmocka_unit_test(flags_win_over_the_environment_and_that_over_the_file),
		cmocka_unit_test(no_color_wins_over_the_file_but_not_over_our_own_variable),
		cmocka_unit_test(of_each_two_the_stronger_one_has_the_word),
		cmocka_unit_test(keys_are_told_with_their_file_and_line),
		cmocka_unit_test(what_is_no_file_of_settings_is_one_sentence),
		cmocka_unit_test(a_setting_that_is_changed_leaves_the_rest_of_the_file),
		cmocka_unit_test(a_value_is_written_only_if_it_is_read_as_it_was_meant),
		cmocka_unit_test(a_file_that_was_asked_for_is_the_only_one_and_must_be_there),
		cmocka_unit_test(settings_do_not_count_as_given_with_a_command_that_takes_none),
		cmocka_unit_test(the_default_that_setup_shows_is_one_that_may_be_set),
	};
	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
