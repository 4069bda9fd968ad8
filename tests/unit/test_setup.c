#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

/* Three settings, and a file that anybody may change. */
static const char *const words[] = {"dark", "light"};
static struct {
	char value[3][160];
	char file[256], written[256];
	bool refuses;
} store;

static bool item(size_t i, struct setup_item *to, void *arg)
{
	static const struct setup_item items[] = {
		{.name = "ascii", .text = "Letters alone.", .origin = "default"},
		{.name = "theme",
	     .text = "Colours.",
	     .argument = "NAME",
	     .choice = words,
	     .choices = 2,
	     .origin = "the file"},
		{.name = "trace-dir",
	     .text = "A place.",
	     .argument = "DIR",
	     .is_whole = true,
	     .origin = "the file"},
	};
	(void)arg;
	if (i >= 3)
		return false;
	*to = items[i];
	to->is_whole = to->is_whole && strlen(store.value[i]) < 20;
	snprintf(to->value, sizeof to->value, "%.20s", store.value[i]);
	return true;
}

static enum status set(size_t i, const char *value, void *arg, struct error *error)
{
	(void)arg;
	if (store.refuses)
		return error_set(error, STATUS_USAGE, "that can't be");
	snprintf(store.value[i], sizeof store.value[i], "%s", value ? value : "default");
	return STATUS_OK;
}

static const char *path(void *arg)
{
	(void)arg;
	return "/x/config";
}

static char *file(void *arg, struct error *error)
{
	(void)arg;
	(void)error;
	return strdup(store.file);
}

static enum status write_file(const char *text, void *arg, struct error *error)
{
	(void)arg;
	if (store.refuses)
		return error_set(error, STATUS_FAILED, "the disk is full");
	snprintf(store.written, sizeof store.written, "%s", text);
	return STATUS_OK;
}

static const struct setup_source source = {item, set, path, file, write_file, NULL};

static void begin(struct setup *s)
{
	memset(&store, 0, sizeof store);
	strcpy(store.value[0], "no");
	strcpy(store.value[1], "light");
	strcpy(store.value[2], "/tmp");
	strcpy(store.file, "; mine\na = 1\n");
	*s = (struct setup){0};
	setup_open(s, &source);
}

static char *picture(struct setup *s)
{
	struct canvas *canvas = canvas_create(80, 24, true);
	assert_non_null(canvas);
	setup_draw(pane_of(canvas), s, &keymap_default);
	char *text = fixture_text(canvas);
	assert_int_equal(canvas->overdrawn, 0);
	canvas_destroy(canvas);
	return text;
}

static void assert_shown(struct setup *s, const char *part)
{
	char *text = picture(s);
	fixture_shows(text, part);
	free(text);
}

static void press(struct setup *s, int key)
{
	free(picture(s));
	setup_input(s, &keymap_default, &(struct tui_input){.key = key});
}

static void type(struct setup *s, const char *text)
{
	for (; *text; text++)
		press(s, *text);
}

static void enter_changes_a_setting_by_what_it_takes(void **state)
{
	(void)state;
	struct setup s;
	begin(&s);
	press(&s, KEYMAP_ENTER);
	assert_string_equal(store.value[0], "yes");
	press(&s, KEYMAP_ENTER);
	assert_string_equal(store.value[0], "no");
	press(&s, KEYMAP_DOWN);
	press(&s, KEYMAP_ENTER); /* behind the last word comes the first */
	assert_string_equal(store.value[1], "dark");
	press(&s, KEYMAP_DOWN);
	press(&s, KEYMAP_ENTER);
	type(&s, "/x\r");
	assert_string_equal(store.value[2], "/tmp/x");
	press(&s, KEYMAP_DELETE);
	assert_string_equal(store.value[2], "default");
	store.refuses = true;
	press(&s, ' ');
	type(&s, "y\r");
	assert_shown(&s, "that can't be");
	setup_close(&s);
}

/* Whoever accepted what is cut off would lose the rest. */
static void a_value_that_is_not_shown_whole_is_not_offered_for_a_change(void **state)
{
	(void)state;
	struct setup s;
	begin(&s);
	strcpy(store.value[2], "/a/directory/with/a/long/name");
	press(&s, 'G');
	press(&s, KEYMAP_ENTER);
	type(&s, "\r"); /* nothing was typed */
	assert_string_equal(store.value[2], "/a/directory/with/a/long/name");
	press(&s, KEYMAP_ENTER);
	type(&s, "/b\r");
	assert_string_equal(store.value[2], "/b");
	setup_close(&s);
}

static void a_file_is_written_as_it_was_seen(void **state)
{
	(void)state;
	struct setup s;
	begin(&s);
	press(&s, 'w');
	assert_shown(&s, "a = 1");
	assert_string_equal(store.written, "");
	/* Somebody else has another idea. */
	strcpy(store.file, "a = 2\n");
	press(&s, 'w');
	assert_string_equal(store.written, "");
	assert_shown(&s, "somebody has changed the file");
	assert_shown(&s, "a = 2");
	store.refuses = true;
	press(&s, 'w');
	assert_shown(&s, "the disk is full");
	store.refuses = false;
	press(&s, 'w');
	assert_string_equal(store.written, "a = 2\n");
	assert_shown(&s, "written: /x/config");
	press(&s, KEYMAP_ESCAPE);
	assert_null(s.source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enter_changes_a_setting_by_what_it_takes),
		cmocka_unit_test(a_value_that_is_not_shown_whole_is_not_offered_for_a_change),
		cmocka_unit_test(a_file_is_written_as_it_was_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
