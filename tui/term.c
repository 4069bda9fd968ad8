#include "tui/term.h"

/* The wide half of curses, which it hides where the C library does not ask for X/Open itself. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "tui/clip.h"
#include "tui/keys.h"
#include "tui/paint.h"

/* Long enough for the bytes of one key to arrive over a slow line, short enough for Esc to feel
 * prompt. */
#define ESCAPE_DELAY_MS 25

/* That the mouse moves with its button held: curses asks for buttons alone, and terminfo has no
   word for it, but all that tell of buttons in xterm's way know these. */
#define DRAGS_ON  "\033[?1002h"
#define DRAGS_OFF "\033[?1002l"

/* As many as curses keeps: what comes faster than it is read is lost, but for the newest. */
#define MOUSE_EVENTS 8

static struct {
	bool open;
	/* These two stay for the next time: to free a screen, curses needs memory that it does not make
	   sure of (ncurses 6.4, _nc_free_tparm). */
	SCREEN *screen;
	FILE *in;
	WINDOW *input; /* a pad: reading from it does not refresh the screen */
	int out;       /* standard output once more, see open_output */
	bool color;
	bool mouse;                 /* the terminal tells of the mouse */
	bool held;                  /* its button is down */
	MEVENT event[MOUSE_EVENTS]; /* taken from curses, the newest first */
	int events;
	bool unicode;
	const struct theme *theme; /* NULL: the built-in one */
	struct paint *paint;
	struct paint_means means;
} term;

/* Read by the crash handler, so written before it is installed and not changed afterwards. */
static struct {
	struct termios termios;
	char bytes[256];
	size_t length;
} rescue;

/* Those that end a process without asking its event loop. */
static const int fatal[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,   SIGSYS,
                            SIGTRAP, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2,   SIGXCPU,
                            SIGXFSZ, SIGIO,   SIGPROF, SIGPWR,  SIGVTALRM, SIGSTKFLT};
#define FATAL_COUNT (sizeof fatal / sizeof *fatal)
#define FAULT_COUNT 5
static struct sigaction before[FATAL_COUNT];
static bool guarded[FATAL_COUNT];

static bool takes_output(int fd)
{
	struct pollfd out = {.fd = fd, .events = POLLOUT};
	return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT);
}

/* Only async-signal-safe calls. Afterwards the signal does what it would have done without a
 * screen. */
static void crash(int number)
{
	const char *byte = rescue.bytes;
	size_t left = rescue.length;
	if (!takes_output(STDOUT_FILENO)) /* what it has not taken by now would only be in the way */
		tcflush(STDOUT_FILENO, TCOFLUSH);
	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, byte, left);
		if (n <= 0)
			break;
		byte += n;
		left -= (size_t)n;
	}
	tcsetattr(STDOUT_FILENO, TCSANOW, &rescue.termios);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		if (fatal[i] == number)
			sigaction(number, &before[i], NULL);
	raise(number);
}

/* For the crash of a stack that has come to its end; a sanitizer has one already. */
static void set_signal_stack(void)
{
	static char room[32768];
	const stack_t ours = {.ss_sp = room, .ss_size = sizeof room};
	stack_t theirs;
	if (sigaltstack(NULL, &theirs) == 0 && theirs.ss_flags & SS_DISABLE)
		sigaltstack(&ours, NULL);
}

static void guard_signals(void)
{
	struct sigaction action = {.sa_handler = crash, .sa_flags = SA_NODEFER | SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	set_signal_stack();
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		sigaction(fatal[i], NULL, &before[i]);
		/* A handler for faults is a sanitizer's, and gets its turn after ours. */
		guarded[i] = before[i].sa_handler == SIG_DFL || i < FAULT_COUNT;
		if (guarded[i])
			sigaction(fatal[i], &action, NULL);
	}
}

static void release_signals(void)
{
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		if (guarded[i])
			sigaction(fatal[i], &before[i], NULL);
		guarded[i] = false;
	}
}

/* Appends a string of terminfo without its padding, "$<5>". */
static void rescue_append(const char *s)
{
	while (*s && rescue.length < sizeof rescue.bytes) {
		const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;
		if (end)
			s = end + 1;
		else
			rescue.bytes[rescue.length++] = *s++;
	}
}

static void prepare_rescue(void)
{
	static const char *const capability[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
	rescue.length = 0;
	/* What curses switches on has no capability of its own to switch it off. */
	if (term.mouse)
		rescue_append(DRAGS_OFF "\033[?1006l\033[?1000l");
	for (size_t i = 0; i < sizeof capability / sizeof *capability; i++) {
		const char *s = tigetstr(capability[i]);
		if (s && s != (const char *)-1)
			rescue_append(s);
	}
}

/* The screen is being opened, or open: then an exit that is not ours has to give it back. */
static bool opening;

#define MEMORY_LEAST ((size_t)64 << 10) /* of curses: its windows and what it reads of terminfo */

static void restore_at_exit(void)
{
	if (!opening)
		return;
	term.mouse = true; /* it may be on already */
	if (rescue.length == 0 && cur_term)
		prepare_rescue();
	(void)!write(STDOUT_FILENO, rescue.bytes, rescue.length);
	tcsetattr(STDOUT_FILENO, TCSANOW, &rescue.termios);
}

/* The environment may ask for a UTF-8 locale that is not installed here, as ssh forwards LANG:
   C.UTF-8 has the character widths we need. Numbers keep the point of the C locale. */
static bool set_locale(void)
{
	static const char *const variable[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	if (!setlocale(LC_CTYPE, "")) {
		const char *wanted = "";
		for (size_t i = 0; i < 3 && !*wanted; i++) {
			const char *value = getenv(variable[i]);
			if (value)
				wanted = value;
		}
		if (strcasestr(wanted, "UTF-8") || strcasestr(wanted, "UTF8"))
			setlocale(LC_CTYPE, "C.UTF-8");
	}
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Copies a string of terminfo, which may be none, without its padding; returns its length, 0 when
   it does not fit. */
static size_t copy_sequence(char to[PAINT_BYTES_MAX], const char *s)
{
	size_t length = 0;
	while (s && s != (const char *)-1 && *s && length < PAINT_BYTES_MAX) {
		const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;
		if (end)
			s = end + 1;
		else
			to[length++] = *s++;
	}
	length = length < PAINT_BYTES_MAX ? length : 0;
	to[length] = '\0';
	return length;
}

static size_t move_cursor(char *to, enum paint_way way, int a, int b)
{
	switch (way) {
	case PAINT_TO:
		return copy_sequence(to, tiparm(cursor_address, b, a));
	case PAINT_COLUMN:
		return column_address ? copy_sequence(to, tiparm(column_address, a)) : 0;
	case PAINT_RIGHT:
		return parm_right_cursor ? copy_sequence(to, tiparm(parm_right_cursor, a)) : 0;
	}
	return 0;
}

/*
 * The sequence for no attributes also leaves the line-drawing characters, which are never used
 * here: without that part it is half as long.
 */
static void set_plain(char to[PAINT_BYTES_MAX])
{
	char leave[PAINT_BYTES_MAX];
	copy_sequence(to, exit_attribute_mode);
	size_t length = copy_sequence(leave, exit_alt_charset_mode);
	char *part = length > 0 ? strstr(to, leave) : NULL;
	if (part && strlen(to) > length)
		memmove(part, part + length, strlen(part + length) + 1);
}

static void set_means(void)
{
	struct paint_means *m = &term.means;
	const char *attribute[PAINT_ATTRIBUTE_COUNT] = {enter_bold_mode, enter_dim_mode,
	                                                enter_reverse_mode, enter_underline_mode};
	*m = (struct paint_means){.move = move_cursor,
	                          .corner_scrolls = auto_right_margin && !eat_newline_glitch};
	copy_sequence(m->clear, clear_screen);
	copy_sequence(m->erase, clr_eol);
	set_plain(m->plain);
	/* What can't be taken off is never put on. */
	for (int i = 0; m->plain[0] && i < PAINT_ATTRIBUTE_COUNT; i++)
		copy_sequence(m->attribute[i], attribute[i]);
}

/* The sequence for a colour. The older one of the two kinds has red and blue the other way round.
 */
static void set_color(char to[PAINT_BYTES_MAX], const char *by_ansi, const char *by_number,
                      int color)
{
	if (color == THEME_OWN)
		return;
	if (!by_ansi && color < 8)
		color = (color & 2) | (color & 1) << 2 | (color & 4) >> 2;
	const char *set = by_ansi ? by_ansi : by_number;
	copy_sequence(to, set ? tiparm(set, color) : NULL);
}

/* Colours as 0xrrggbb; terminfo tells it in any of three ways. */
static bool takes_rgb(void)
{
	const char *bits = tigetstr("RGB");
	return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (bits && bits != (const char *)-1);
}

/* What terminals can't show together with colours: bits of terminfo's ncv. */
static unsigned without_color(void)
{
	unsigned ncv = no_color_video > 0 ? (unsigned)no_color_video : 0;
	return (ncv & 2 ? STYLE_UNDERLINE : 0) | (ncv & 4 ? STYLE_REVERSE : 0) |
	       (ncv & 16 ? STYLE_FAINT : 0) | (ncv & 32 ? STYLE_BOLD : 0);
}

static void set_styles(bool color)
{
	const struct theme *theme = term.theme ? term.theme : &theme_dark;
	set_means();
	color = color && term.means.plain[0] && has_colors() && start_color() == OK && COLORS >= 8;
	bool own = color && use_default_colors() == OK;
	bool direct = color && COLORS > 256 && takes_rgb();
	for (int i = 0; i < STYLE_COUNT; i++) {
		struct theme_look look = theme_look(theme, (enum style)i, color ? COLORS : 0, direct);
		bool colored = color && (look.color != THEME_OWN || look.back != THEME_OWN);
		if (colored && look.color == THEME_OWN && !own)
			look.color = COLOR_WHITE;
		if (colored && look.back == THEME_OWN && !own)
			look.back = COLOR_BLACK;
		set_color(term.means.color[i], set_a_foreground, set_foreground, look.color);
		set_color(term.means.back[i], set_a_background, set_background, look.back);
		look.color = term.means.color[i][0] ? look.color : THEME_OWN;
		look.back = term.means.back[i][0] ? look.back : THEME_OWN;
		look.attributes &= ~(colored ? without_color() : 0U);
		for (unsigned bit = 0; bit < PAINT_ATTRIBUTE_COUNT; bit++)
			if (!term.means.attribute[bit][0])
				look.attributes &= ~(1U << bit);
		term.means.look[i] = look;
	}
}

/*
 * The terminal of standard input once more, as a file description of our own: the event loop sets
 * O_NONBLOCK, which must not reach the shell's.
 */
static FILE *open_input(void)
{
	int fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = open("/dev/tty", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	FILE *in = fdopen(fd, "r");
	if (!in)
		close(fd);
	return in;
}

/*
 * Likewise for what is shown: a terminal that takes nothing, because its line is down or its user
 * has stopped it, must not stop us from hearing a key or a signal.
 */
static int open_output(void)
{
	int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? STDOUT_FILENO : fd;
}

/* What curses does not set by itself. Flow control off: a ^S by mistake would look like a hang. */
static void set_modes(void)
{
	struct termios mode;
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	if (tcgetattr(STDOUT_FILENO, &mode) == 0) {
		mode.c_iflag &= ~(tcflag_t)IXON;
		tcsetattr(STDOUT_FILENO, TCSANOW, &mode);
	}
	def_prog_mode();
}

/* What terminals send though their description says otherwise, or nothing: tmux and the Linux
   console under the name of an xterm, above all. */
static void define_keys(void)
{
	static const struct {
		const char *sequence;
		int curses;
	} table[] = {
		{"\033[1~", KEY_HOME},    {"\033[7~", KEY_HOME},     {"\033[H", KEY_HOME},
		{"\033OH", KEY_HOME},     {"\033[4~", KEY_END},      {"\033[8~", KEY_END},
		{"\033[F", KEY_END},      {"\033OF", KEY_END},       {"\033[Z", KEY_BTAB},
		{"\033[1;2D", KEY_SLEFT}, {"\033[1;2C", KEY_SRIGHT}, {"\033[A", KEY_UP},
		{"\033[B", KEY_DOWN},     {"\033[C", KEY_RIGHT},     {"\033[D", KEY_LEFT},
		{"\033[11~", KEY_F(1)},   {"\033[[A", KEY_F(1)},     {"\033OP", KEY_F(1)},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		define_key(table[i].sequence, table[i].curses);
}

/* Is the type of the terminal known, and can it place text? */
static bool can_show(const char *name)
{
	int failure;
	if (!name || !*name || setupterm(name, STDOUT_FILENO, &failure) != OK)
		return false;
	char sequence[PAINT_BYTES_MAX];
	bool able =
		copy_sequence(sequence, tigetstr("cup")) && copy_sequence(sequence, tigetstr("clear"));
	del_curterm(cur_term);
	return able;
}

void term_set_theme(const struct theme *theme)
{
	term.theme = theme;
	if (term.open) {
		set_styles(term.color);
		term_redraw();
	}
}

/* After curses has asked for the mouse, and before it gives it back. */
static void ask_for_drags(bool on)
{
	if (!term.mouse)
		return;
	fputs(on ? DRAGS_ON : DRAGS_OFF, stdout);
	fflush(stdout);
	term.held = false;
}

/* Curses falls when it gets none, where it opens and where it ends. */
static bool has_memory(void)
{
	void *volatile some = malloc(MEMORY_LEAST); /* or the compiler knows better */
	bool has = some != NULL;
	free(some);
	return has;
}

enum status term_open(bool color, struct error *error)
{
	const char *name = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDOUT_FILENO, &rescue.termios) < 0)
		return error_set(error, STATUS_FAILED,
		                 "standard input and output are not a terminal: use --batch or --json");
	if (!term.in)
		term.in = open_input();
	if (!term.in)
		return error_set(error, STATUS_FAILED, "can't open the terminal: %s", strerror(errno));
	term.unicode = set_locale();
	set_escdelay(ESCAPE_DELAY_MS);
	if (!has_memory())
		return error_no_memory(error);
	/* Without memory curses ends the program by itself, in the middle of this. */
	static bool registered;
	if (!registered)
		registered = atexit(restore_at_exit) == 0;
	opening = true;
	if (!term.screen && can_show(name))
		term.screen = newterm(NULL, stdout, term.in);
	if (!term.screen)
		opening = false;
	if (!term.screen)
		return error_set(error, STATUS_FAILED,
		                 "the terminal type TERM=%.64s is unknown or can't show a screen: "
		                 "set TERM to what the terminal is, or use --batch",
		                 name ? name : "");
	term.open = true;
	term.input = newpad(1, 1);
	term.paint = paint_create();
	if (!term.input || !term.paint) {
		term_close();
		return error_no_memory(error);
	}
	set_modes();
	keypad(term.input, TRUE);
	nodelay(term.input, TRUE);
	define_keys();
	/* Presses as they come: waiting for the release would only make a click late. */
	mouseinterval(0);
	term.mouse = mousemask(BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON4_PRESSED | BUTTON5_PRESSED |
	                           REPORT_MOUSE_POSITION,
	                       NULL) != 0;
	term.color = color;
	term.out = open_output();
	set_styles(color);
	refresh(); /* once, so that nothing of curses is left to be written */
	ask_for_drags(true);
	prepare_rescue();
	guard_signals();
	return STATUS_OK;
}

/* Writes what is left of the last frame, and returns whether nothing is left. */
static bool flush(void)
{
	size_t length;
	const char *bytes = paint_bytes(term.paint, &length);
	while (length > 0) {
		ssize_t n = write(term.out, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
		/* Other failures are the end of the terminal, which term_lost tells. */
		paint_take(term.paint, n < 0 ? length : (size_t)n);
		bytes = paint_bytes(term.paint, &length);
	}
	return true;
}

/* Before curses writes, which waits until it can. What the terminal has not taken by now is in the
   way: it is thrown away, here and in the kernel. */
static void give_up_frame(void)
{
	size_t length;
	paint_forget(term.paint);
	if (!flush() || !takes_output(term.out)) {
		tcflush(STDOUT_FILENO, TCOFLUSH);
		paint_bytes(term.paint, &length);
		paint_take(term.paint, length);
	}
	/* It may have ended anywhere, and curses knows nothing of its colours. */
	(void)!write(term.out, term.means.plain, strlen(term.means.plain));
}

void term_close(void)
{
	if (!term.open)
		return;
	if (term.paint)
		give_up_frame();
	ask_for_drags(false);
	if (has_memory())
		endwin();
	else
		restore_at_exit();
	release_signals();
	tcsetattr(STDOUT_FILENO, TCSANOW, &rescue.termios);
	opening = false;
	if (term.input)
		delwin(term.input);
	if (term.out > STDOUT_FILENO)
		close(term.out);
	paint_destroy(term.paint);
	term.input = NULL;
	term.out = -1;
	term.paint = NULL;
	term.open = false;
}

bool term_unicode(void)
{
	return term.unicode;
}

int term_fd(void)
{
	return fileno(term.in);
}

int term_out_fd(void)
{
	return term.out;
}

void term_size(int *width, int *height)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
		*width = size.ws_col < CANVAS_WIDTH_MAX ? size.ws_col : CANVAS_WIDTH_MAX;
		*height = size.ws_row < CANVAS_HEIGHT_MAX ? size.ws_row : CANVAS_HEIGHT_MAX;
		if (*width != COLS || *height != LINES)
			resizeterm(*height, *width);
	} else {
		*width = COLS;
		*height = LINES;
	}
}

/* What the mouse did, if it is anything of ours. */
static bool mouse_input(struct tui_input *input, const MEVENT *event)
{
	static const struct {
		mmask_t button;
		int key;
	} table[] = {
		{BUTTON1_PRESSED, KEYMAP_CLICK},
		{BUTTON4_PRESSED, KEYMAP_WHEEL_UP},
		{BUTTON5_PRESSED, KEYMAP_WHEEL_DOWN},
	};
	if (event->bstate & REPORT_MOUSE_POSITION) {
		*input = (struct tui_input){KEYMAP_DRAG, event->x, event->y};
		return term.held;
	}
	if (event->bstate & (BUTTON1_PRESSED | BUTTON1_RELEASED))
		term.held = (event->bstate & BUTTON1_PRESSED) != 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (event->bstate & table[i].button) {
			*input = (struct tui_input){table[i].key, event->x, event->y};
			return true;
		}
	return false;
}

/* What comes at once, as a click and its release, curses gives as one key and several events, the
   newest of which comes first. */
static void take_mouse(void)
{
	while (term.events < MOUSE_EVENTS && getmouse(&term.event[term.events]) == OK)
		term.events++;
}

static bool next_mouse(struct tui_input *input)
{
	while (term.events > 0)
		if (mouse_input(input, &term.event[--term.events]))
			return true;
	return false;
}

/*
 * After an Esc: a key that nobody knows comes as Esc and more characters, which must not be taken
 * for keys of their own. Returns whether that was one, and leaves it out.
 */
static bool skip_unknown_key(void)
{
	wint_t code = 0;
	int kind = wget_wch(term.input, &code);
	if (kind == KEY_CODE_YES)
		ungetch((int)code); /* a key that is known, pressed right after Esc */
	if (kind != OK)
		return false;
	if (code != '[' && code != 'O') {
		unget_wch((wchar_t)code);
		return false;
	}
	/* ECMA-48: parameters, then one final byte. */
	bool final = false;
	while (!final && wget_wch(term.input, &code) == OK)
		final = code >= 0x40 && code < 0x7f;
	return true;
}

bool term_input(struct tui_input *input)
{
	static const struct {
		int curses, key;
	} table[] = {
		{KEY_UP, KEYMAP_UP},
		{KEY_DOWN, KEYMAP_DOWN},
		{KEY_PPAGE, KEYMAP_PAGE_UP},
		{KEY_NPAGE, KEYMAP_PAGE_DOWN},
		{KEY_HOME, KEYMAP_HOME},
		{KEY_END, KEYMAP_END},
		{KEY_ENTER, KEYMAP_ENTER},
		{KEY_FIND, KEYMAP_HOME},
		{KEY_SELECT, KEYMAP_END},
		{KEY_BTAB, KEYMAP_SHIFT_TAB},
		{KEY_LEFT, KEYMAP_LEFT},
		{KEY_RIGHT, KEYMAP_RIGHT},
		{KEY_SLEFT, KEYMAP_SHIFT_LEFT},
		{KEY_SRIGHT, KEYMAP_SHIFT_RIGHT},
		{KEY_BACKSPACE, KEYMAP_BACKSPACE},
		{KEY_DC, KEYMAP_DELETE},
		{KEY_IC, KEYMAP_INSERT},
	};
	wint_t code = 0;
	int kind;
	*input = (struct tui_input){0};
	if (next_mouse(input))
		return true;
	while ((kind = wget_wch(term.input, &code)) != ERR) {
		if (kind != KEY_CODE_YES && code == KEYMAP_ESCAPE && skip_unknown_key())
			continue;
		if (kind != KEY_CODE_YES && code) {
			input->key = code == '\n' ? KEYMAP_ENTER : (int)code;
			return true;
		}
		if (code == KEY_MOUSE) {
			take_mouse();
			if (next_mouse(input))
				return true;
		}
		if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(12)) {
			input->key = KEYMAP_F1 + (int)code - KEY_F(1);
			return true;
		}
		for (size_t i = 0; i < sizeof table / sizeof *table; i++)
			if ((wint_t)table[i].curses == code) {
				input->key = table[i].key;
				return true;
			}
	}
	return false;
}

bool term_lost(void)
{
	struct termios mode;
	return tcgetattr(term_fd(), &mode) < 0;
}

bool term_flush(void)
{
	return takes_output(term.out) && flush();
}

bool term_show(const struct canvas *canvas)
{
	if (!term_flush())
		return false;
	return paint_frame(term.paint, &term.means, canvas) && flush();
}

void term_copy(const char *text)
{
	size_t length = 0;
	enum clip_way way = clip_way(getenv("TERM"), getenv("TMUX"), getenv("STY"));
	char *bytes = term.paint ? clip_sequence(text, way, &length) : NULL;
	if (bytes && paint_send(term.paint, bytes, length))
		flush();
	free(bytes);
}

void term_redraw(void)
{
	paint_forget(term.paint);
}

void term_suspend(void)
{
	give_up_frame();
	def_prog_mode();
	ask_for_drags(false);
	endwin();
	tcsetattr(STDOUT_FILENO, TCSANOW, &rescue.termios);
}

void term_resume(void)
{
	reset_prog_mode();
	/* Lets curses take the terminal again; its own screen has nothing on it. */
	clearok(stdscr, TRUE);
	refresh();
	ask_for_drags(true);
	curs_set(0);
	term_redraw();
}
