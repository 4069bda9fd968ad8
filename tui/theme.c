#include "tui/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT = 8 };

#define OWN    THEME_OWN
#define PALE   (BRIGHT | BLACK)
#define BOLD   STYLE_BOLD
#define FAINT  STYLE_FAINT
#define INVERT STYLE_REVERSE

/*
 * Dark, which is also what every theme begins with. themes/dark.theme says the same, and a test
 * compares them. Text keeps the terminal's own colours, whatever they are.
 */
#define ROW(style, color_, back_, attributes_) [style] = {(color_), (back_), (attributes_)}
const struct theme
	theme_dark =
		{
			.ground = 0x1e1e1e,
			.text = 0xd4d4d4,
			.look =
				{
					[THEME_RICH] =
						{
							ROW(STYLE_TEXT, OWN, OWN, 0),
							ROW(STYLE_RUNNING, 71, OWN, 0),
							ROW(STYLE_RUNNABLE, 178, OWN, 0),
							ROW(STYLE_SYSCALL, 68, OWN, 0),
							ROW(STYLE_BLOCKED, 245, OWN, 0),
							ROW(STYLE_GC, 170, OWN, 0),
							ROW(STYLE_IDLE, 242, OWN, 0),
							ROW(STYLE_SCHEDULER, 116, OWN, 0),
							ROW(STYLE_SYSCALL_FILL, 68, 24, 0),
							ROW(STYLE_GC_FILL, 176, 90, 0),
							ROW(STYLE_STRONG, OWN, OWN, BOLD),
							ROW(STYLE_LABEL, 73, OWN, 0),
							ROW(STYLE_DIM, 246, OWN, 0),
							ROW(STYLE_SELECTED, OWN, OWN, INVERT),
							ROW(STYLE_KEY, OWN, OWN, BOLD),
							ROW(STYLE_WARNING, 172, OWN, BOLD),
							ROW(STYLE_ALARM, 167, OWN, BOLD),
						},
					[THEME_16] =
						{
							ROW(STYLE_TEXT, OWN, OWN, 0),
							ROW(STYLE_RUNNING, GREEN, OWN, 0),
							ROW(STYLE_RUNNABLE, YELLOW, OWN, 0),
							ROW(STYLE_SYSCALL, BRIGHT | BLUE, OWN, 0),
							ROW(STYLE_BLOCKED, PALE, OWN, 0),
							ROW(STYLE_GC, MAGENTA, OWN, 0),
							ROW(STYLE_IDLE, PALE, OWN, 0),
							ROW(STYLE_SCHEDULER, CYAN, OWN, 0),
							ROW(STYLE_SYSCALL_FILL, BRIGHT | BLUE, OWN, 0),
							ROW(STYLE_GC_FILL, MAGENTA, OWN, 0),
							ROW(STYLE_STRONG, OWN, OWN, BOLD),
							ROW(STYLE_LABEL, CYAN, OWN, 0),
							ROW(STYLE_DIM, PALE, OWN, 0),
							ROW(STYLE_SELECTED, OWN, OWN, INVERT),
							ROW(STYLE_KEY, OWN, OWN, BOLD),
							ROW(STYLE_WARNING, YELLOW, OWN, BOLD),
							ROW(STYLE_ALARM, BRIGHT | RED, OWN, BOLD),
						},
					/* Where bold and faint make up for the missing shades. */
					[THEME_8] =
						{
							ROW(STYLE_TEXT, OWN, OWN, 0),
							ROW(STYLE_RUNNING, GREEN, OWN, 0),
							ROW(STYLE_RUNNABLE, YELLOW, OWN, 0),
							ROW(STYLE_SYSCALL, BLUE, OWN, BOLD),
							ROW(STYLE_BLOCKED, WHITE, OWN, FAINT),
							ROW(STYLE_GC, MAGENTA, OWN, 0),
							ROW(STYLE_IDLE, OWN, OWN, FAINT),
							ROW(STYLE_SCHEDULER, CYAN, OWN, 0),
							ROW(STYLE_SYSCALL_FILL, BLUE, OWN, BOLD),
							ROW(STYLE_GC_FILL, MAGENTA, OWN, 0),
							ROW(STYLE_STRONG, OWN, OWN, BOLD),
							ROW(STYLE_LABEL, CYAN, OWN, 0),
							ROW(STYLE_DIM, OWN, OWN, FAINT),
							ROW(STYLE_SELECTED, OWN, OWN, INVERT),
							ROW(STYLE_KEY, OWN, OWN, BOLD),
							ROW(STYLE_WARNING, YELLOW, OWN, BOLD),
							ROW(STYLE_ALARM, RED, OWN, BOLD),
						},
					[THEME_MONO] =
						{
							ROW(STYLE_TEXT, OWN, OWN, 0),
							ROW(STYLE_RUNNING, OWN, OWN, 0),
							ROW(STYLE_RUNNABLE, OWN, OWN, BOLD),
							ROW(STYLE_SYSCALL, OWN, OWN, 0),
							ROW(STYLE_BLOCKED, OWN, OWN, FAINT),
							ROW(STYLE_GC, OWN, OWN, BOLD),
							ROW(STYLE_IDLE, OWN, OWN, FAINT),
							ROW(STYLE_SCHEDULER, OWN, OWN, 0),
							ROW(STYLE_SYSCALL_FILL, OWN, OWN, 0),
							ROW(STYLE_GC_FILL, OWN, OWN, BOLD),
							ROW(STYLE_STRONG, OWN, OWN, BOLD),
							ROW(STYLE_LABEL, OWN, OWN, 0),
							ROW(STYLE_DIM, OWN, OWN, FAINT),
							ROW(STYLE_SELECTED, OWN, OWN, INVERT),
							ROW(STYLE_KEY, OWN, OWN, BOLD),
							ROW(STYLE_WARNING, OWN, OWN, INVERT),
							ROW(STYLE_ALARM, OWN, OWN, INVERT),
						},
				},
};

/* --- colours ---------------------------------------------------------------------------------- */

/* As xterm's resources have them. */
static const int32_t ansi[16] = {
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

enum { CUBE = 16, GREYS = 232, PALETTE = 256 };

static int32_t palette_rgb(int32_t index)
{
	static const int32_t level[6] = {0, 95, 135, 175, 215, 255};
	if (index < CUBE)
		return ansi[index];
	if (index >= GREYS)
		return (8 + 10 * (index - GREYS)) * 0x010101;
	index -= CUBE;
	return level[index / 36] << 16 | level[index / 6 % 6] << 8 | level[index % 6];
}

int32_t theme_rgb(int32_t color, int32_t own)
{
	if (color == THEME_OWN)
		return own;
	return color & THEME_RGB ? color & 0xffffff : palette_rgb(color & 0xff);
}

static int red(int32_t rgb)
{
	return rgb >> 16 & 0xff;
}

static int green(int32_t rgb)
{
	return rgb >> 8 & 0xff;
}

static int blue(int32_t rgb)
{
	return rgb & 0xff;
}

/* In the cube and the greys: the first 16 are whatever the user has made of them. */
static int32_t nearest_256(int32_t rgb)
{
	int32_t best = CUBE;
	long least = 1L << 30;
	for (int32_t i = CUBE; i < PALETTE; i++) {
		int32_t other = palette_rgb(i);
		long r = red(rgb) - red(other), g = green(rgb) - green(other), b = blue(rgb) - blue(other);
		long distance = r * r + g * g + b * b;
		if (distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

/* By hue: the nearest by distance would often be a grey, and colours here carry a meaning. */
static int32_t nearest_16(int32_t rgb)
{
	int r = red(rgb), g = green(rgb), b = blue(rgb);
	int most = r > g ? r : g, least = r < g ? r : g;
	most = most > b ? most : b;
	least = least < b ? least : b;
	if (most - least < 48)
		return most < 64 ? BLACK : most < 160 ? PALE : most < 240 ? WHITE : BRIGHT | WHITE;
	/* A channel counts when it is nearer to the strongest than to the weakest. */
	int middle = (most + least) / 2;
	return (r > middle ? RED : 0) | (g > middle ? GREEN : 0) | (b > middle ? BLUE : 0);
}
_Static_assert((RED | GREEN) == YELLOW && (RED | BLUE) == MAGENTA && (GREEN | BLUE) == CYAN,
               "the palette's first eight are sums of their channels");

static int32_t reduce(int32_t color, enum theme_depth depth)
{
	if (color == THEME_OWN || depth == THEME_MONO)
		return THEME_OWN;
	if (depth == THEME_RICH)
		return color;
	int32_t near = color < CUBE ? color : nearest_16(theme_rgb(color, 0));
	return depth == THEME_8 ? near & (BRIGHT - 1) : near;
}

struct theme_look theme_look(const struct theme *theme, enum style style, int colors, bool direct)
{
	enum theme_depth depth = colors >= PALETTE ? THEME_RICH
	                         : colors >= 16    ? THEME_16
	                         : colors >= 8     ? THEME_8
	                                           : THEME_MONO;
	struct theme_look look = theme->look[depth][style];
	int32_t *both[] = {&look.color, &look.back};
	for (size_t i = 0; i < 2; i++) {
		int32_t color = *both[i];
		if (direct && color >= BRIGHT) {
			/* xterm-direct takes 0...7 for the palette: a blue that dark is black anyway. */
			color = theme_rgb(color, 0);
			*both[i] = color < BRIGHT ? BRIGHT : color;
		} else if (!direct && color != THEME_OWN && color & THEME_RGB) {
			*both[i] = nearest_256(color & 0xffffff);
		}
	}
	return look;
}

/* --- files ------------------------------------------------------------------------------------ */

static const char *const color_name[16] = {
	"black",        "red",           "green",       "yellow",         "blue",
	"magenta",      "cyan",          "white",       "bright-black",   "bright-red",
	"bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
	"bright-white",
};

static const struct {
	const char *name;
	unsigned attribute;
} attribute_word[] = {
	{"plain", 0},
	{"bold", STYLE_BOLD},
	{"faint", STYLE_FAINT},
	{"reverse", STYLE_REVERSE},
	{"underline", STYLE_UNDERLINE},
};

/* Sections of a file, and the numbers of colours that a terminal must have for them. */
static const struct {
	const char *name;
	int colors; /* of the palette that may be named */
} section_info[THEME_DEPTH_COUNT] = {
	[THEME_RICH] = {"256", PALETTE},
	[THEME_16] = {"16", 16},
	[THEME_8] = {"8", 8},
	[THEME_MONO] = {"mono", 0},
};

struct builder {
	struct theme *theme;
	bool said[THEME_DEPTH_COUNT][STYLE_COUNT];
};

static bool parse_rgb(const char *word, int32_t *rgb)
{
	if (word[0] != '#' || strlen(word) != 7 || strspn(word + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	*rgb = (int32_t)strtol(word + 1, NULL, 16);
	return true;
}

static bool parse_color(const char *word, enum theme_depth depth, int32_t *color)
{
	long number;
	int colors = section_info[depth].colors;
	if (strcasecmp(word, "default") == 0) {
		*color = THEME_OWN;
		return true;
	}
	if (depth == THEME_RICH && parse_rgb(word, color)) {
		*color |= THEME_RGB;
		return true;
	}
	for (int i = 0; i < 16 && i < colors; i++) {
		if (strcasecmp(word, color_name[i]) == 0) {
			*color = i;
			return true;
		}
	}
	if (!text_parse_integer(word, 0, colors - 1, &number))
		return false;
	*color = (int32_t)number;
	return true;
}

static bool parse_attribute(const char *word, unsigned *attributes)
{
	for (size_t i = 0; i < sizeof attribute_word / sizeof *attribute_word; i++) {
		if (strcasecmp(word, attribute_word[i].name) == 0) {
			*attributes |= attribute_word[i].attribute;
			return true;
		}
	}
	return false;
}

static enum status refuse_look(enum theme_depth depth, const char *word, struct error *error)
{
	char shown[64];
	text_clean(shown, sizeof shown, word, strlen(word));
	if (depth == THEME_MONO)
		return error_set(error, STATUS_USAGE,
		                 "'%s' is no attribute: expected plain, bold, faint, reverse or underline",
		                 shown);
	return error_set(error, STATUS_USAGE,
	                 "'%s' is no colour: expected default, a name such as red%s, 0-%d%s, then 'on' "
	                 "and another one for the ground, then bold, faint, reverse or underline",
	                 shown, depth == THEME_8 ? "" : " or bright-red",
	                 section_info[depth].colors - 1, depth == THEME_RICH ? ", #rrggbb" : "");
}

/* "68 on 24 bold": a colour, a ground, attributes; any of them may be missing, but not all. */
static enum status parse_look(const char *value, enum theme_depth depth, struct theme_look *out,
                              struct error *error)
{
	struct theme_look look = {THEME_OWN, THEME_OWN, 0};
	char copy[256], *rest = NULL, *word;
	snprintf(copy, sizeof copy, "%s", value);
	word = strtok_r(copy, " \t", &rest);
	if (!word)
		return refuse_look(depth, "", error);
	if (depth != THEME_MONO && parse_color(word, depth, &look.color))
		word = strtok_r(NULL, " \t", &rest);
	if (depth != THEME_MONO && word && strcasecmp(word, "on") == 0) {
		word = strtok_r(NULL, " \t", &rest);
		if (!word || !parse_color(word, depth, &look.back))
			return refuse_look(depth, word ? word : "", error);
		word = strtok_r(NULL, " \t", &rest);
	}
	while (word && parse_attribute(word, &look.attributes))
		word = strtok_r(NULL, " \t", &rest);
	if (word)
		return refuse_look(depth, word, error);
	*out = look;
	return STATUS_OK;
}

static enum status take_ground(struct theme *theme, const struct ini_entry *entry,
                               struct error *error)
{
	int32_t *to = strcmp(entry->name, "ground") == 0 ? &theme->ground
	              : strcmp(entry->name, "text") == 0 ? &theme->text
	                                                 : NULL;
	if (!to)
		return error_set(error, STATUS_USAGE, "expected ground or text, or a section before it");
	if (!parse_rgb(entry->value, to))
		return error_set(error, STATUS_USAGE, "%s: expected #rrggbb", entry->name);
	return STATUS_OK;
}

/* "running, runnable, ...": every role. */
static void list_roles(char *to, size_t size)
{
	size_t used = 0;
	for (int i = 0; i < STYLE_COUNT && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "", style_name[i]);
}

static enum status take(const struct ini_entry *entry, void *arg, struct error *error)
{
	struct builder *b = arg;
	char shown[64], roles[256];
	if (!entry->section[0])
		return take_ground(b->theme, entry, error);
	int depth = 0, style = 0;
	while (depth < THEME_DEPTH_COUNT && strcmp(entry->section, section_info[depth].name) != 0)
		depth++;
	while (style < STYLE_COUNT && strcmp(entry->name, style_name[style]) != 0)
		style++;
	if (depth == THEME_DEPTH_COUNT)
		return error_set(error, STATUS_USAGE,
		                 "it stands in an unknown section: expected [256], [16], [8] or [mono]");
	if (style == STYLE_COUNT) {
		text_clean(shown, sizeof shown, entry->name, strlen(entry->name));
		list_roles(roles, sizeof roles);
		return error_set(error, STATUS_USAGE, "there is no role '%s': expected one of %s", shown,
		                 roles);
	}
	enum status status =
		parse_look(entry->value, (enum theme_depth)depth, &b->theme->look[depth][style], error);
	b->said[depth][style] |= status == STATUS_OK;
	return status;
}

static void begin(struct builder *b, struct theme *out)
{
	*out = theme_dark;
	*b = (struct builder){.theme = out};
}

static bool is_area(enum style style)
{
	return style >= STYLE_RUNNING && style <= STYLE_GC_FILL;
}

/* What has to stand out of a line, by a ground where a theme gives it one. */
static bool is_marked(enum style style)
{
	return style == STYLE_SELECTED || style == STYLE_WARNING || style == STYLE_ALARM;
}

/* A depth that was not spoken of follows the one above, if that was. */
static void complete(struct builder *b)
{
	for (int depth = THEME_16; depth < THEME_DEPTH_COUNT; depth++)
		for (int style = 0; style < STYLE_COUNT; style++) {
			if (b->said[depth][style] || !b->said[depth - 1][style])
				continue;
			struct theme_look look = b->theme->look[depth - 1][style];
			bool painted = look.back != THEME_OWN;
			/* There is no grey among eight: black, its darker neighbour, is the ground itself. */
			if (depth == THEME_8 && look.color == PALE)
				look.attributes |= STYLE_FAINT;
			look.color = depth == THEME_8 && look.color == PALE ? THEME_OWN : look.color;
			look.color = reduce(look.color, (enum theme_depth)depth);
			/* With few colours the ground of an area hides more than it tells; that of text is what
			   its colour was chosen for. */
			look.back =
				is_area((enum style)style) ? THEME_OWN : reduce(look.back, (enum theme_depth)depth);
			if (depth == THEME_MONO && painted && !is_area((enum style)style) &&
			    is_marked((enum style)style))
				look.attributes |= STYLE_REVERSE;
			b->theme->look[depth][style] = look;
			b->said[depth][style] = true;
		}
}

enum status theme_read(struct theme *out, const char *path, const struct ini_sink *sink,
                       struct error *error)
{
	struct builder b;
	begin(&b, out);
	enum status status = ini_read_file(path, take, &b, sink, error);
	complete(&b);
	return status;
}

void theme_read_text(struct theme *out, const char *name, const char *text, size_t size,
                     const struct ini_sink *sink)
{
	struct builder b;
	begin(&b, out);
	ini_read_text(name, text, size, take, &b, sink);
	complete(&b);
}
