// ncurses for Swift: most of its interface is macros, variadic functions and bit shifts, which Swift cannot import.
// One thin function for each thing the driver does; only the main thread may call them.
#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H

#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
// Functions instead of macros where ncurses offers both.
#define NCURSES_NOMACROS 1

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ncurses.h>
#include <wchar.h>

// From <term.h>, which cannot be included: it defines `lines`, `columns` and hundreds more words as macros.
typedef struct term FTTerminal;
extern int setupterm(const char *name, int fd, int *error);
extern FTTerminal *set_curterm(FTTerminal *next);
extern int del_curterm(FTTerminal *terminal);

// wcwidth is X/Open, which the importer's feature macros may leave out.
extern int wcwidth(wchar_t);

// The standard screen is an extern variable, which Swift 6 refuses to read as shared mutable state.
static inline int ft_lines(void) { return LINES; }
static inline int ft_cols(void) { return COLS; }
static inline int ft_colors(void) { return COLORS; }
static inline int ft_color_pairs(void) { return COLOR_PAIRS; }

// newterm and not initscr: initscr exits the process when the terminal is unknown.
static inline int ft_open(const char *term) {
    SCREEN *screen = newterm(term, stdout, stdin);
    if (!screen) return 0;
    set_term(screen);
    return 1;
}

static inline void ft_input_modes(void) {
    raw();  // ^C and ^Z come as keys; signals from outside come through the pipe
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    idlok(stdscr, FALSE);
    meta(stdscr, TRUE);
    set_escdelay(25);
}

static inline int ft_start_colors(void) {
    if (!has_colors() || start_color() == ERR) return 0;
    return use_default_colors() == OK ? 2 : 1;
}

// A pair for two palette indices or direct colours; -1 is the terminal's own colour.
static inline int ft_init_pair(int pair, int fg, int bg) { return init_extended_pair(pair, fg, bg) == OK; }

enum {
    FT_BOLD = 1,
    FT_UNDERLINE = 2,
    FT_REVERSE = 4,
    FT_DIM = 8,
    FT_ITALIC = 16,
};

static inline attr_t ft_attributes(unsigned bits) {
    attr_t out = A_NORMAL;
    if (bits & FT_BOLD) out |= A_BOLD;
    if (bits & FT_UNDERLINE) out |= A_UNDERLINE;
    if (bits & FT_REVERSE) out |= A_REVERSE;
    if (bits & FT_DIM) out |= A_DIM;
    if (bits & FT_ITALIC) out |= A_ITALIC;
    return out;
}

// How many cells ncurses will give to a character: it asks the C library, so the driver must ask first.
static inline int ft_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

// Puts one character with up to two marks at a place. Returns 0 when ncurses refused it.
static inline int ft_put(int y, int x, uint32_t base, uint32_t mark1, uint32_t mark2, unsigned bits, int pair) {
    wchar_t text[4] = {(wchar_t)base, (wchar_t)mark1, (wchar_t)mark2, 0};
    if (!mark1) text[1] = 0;
    if (!mark2) text[2] = 0;
    cchar_t cell;
    // Pairs beyond 32,767 travel through the opts pointer.
    if (setcchar(&cell, text, ft_attributes(bits), 0, &pair) == ERR) return 0;
    if (wmove(stdscr, y, x) == ERR) return 0;
    // At the last cell of the screen ncurses draws and still reports an error.
    wadd_wch(stdscr, &cell);
    return 1;
}

static inline void ft_cursor(int visible, int y, int x) {
    curs_set(visible ? 1 : 0);
    if (visible) wmove(stdscr, y, x);
}

static inline void ft_refresh(void) { wrefresh(stdscr); }
static inline void ft_redraw(void) {
    clearok(curscr, TRUE);
    wrefresh(curscr);
}
static inline void ft_erase(void) { werase(stdscr); }
static inline void ft_touch(void) { wtouchln(stdscr, 0, getmaxy(stdscr), 1); }
static inline int ft_resize(int lines, int columns) { return resizeterm(lines, columns) == OK; }

// One input code: 1 a character in *code, 2 a function key in *code, 0 nothing there.
static inline int ft_get(uint32_t *code) {
    wint_t value = 0;
    int kind = wget_wch(stdscr, &value);
    *code = (uint32_t)value;
    if (kind == ERR) return 0;
    return kind == KEY_CODE_YES ? 2 : 1;
}

static inline int ft_key_f(int number) { return KEY_F(number); }

// The terminfo name of a function key beyond the standard ones ("kLFT5"), into `out`.
static inline void ft_key_name(int code, char *out, size_t size) {
    const char *name = keyname(code);
    snprintf(out, size, "%s", name ? name : "");
}

static inline void ft_define_key(const char *sequence, int code) { define_key(sequence, code); }

static inline void ft_mouse(int on) {
    mousemask(on ? BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_DOUBLE_CLICKED | BUTTON2_PRESSED | BUTTON3_PRESSED
                      | BUTTON4_PRESSED | BUTTON5_PRESSED
                  : 0, NULL);
    mouseinterval(0);
}

// A mouse event: action 0 press, 1 release, 2 double click, 3 wheel up, 4 wheel down; 0 when there is none.
static inline int ft_get_mouse(int *action, int *button, int *x, int *y) {
    MEVENT event;
    if (getmouse(&event) == ERR) return 0;
    *x = event.x;
    *y = event.y;
    *button = 1;
    *action = 0;
    if (event.bstate & BUTTON4_PRESSED) {
        *action = 3;
        *button = 0;
    } else if (event.bstate & BUTTON5_PRESSED) {
        *action = 4;
        *button = 0;
    } else if (event.bstate & BUTTON1_DOUBLE_CLICKED) {
        *action = 2;
    } else if (event.bstate & BUTTON1_RELEASED) {
        *action = 1;
    } else if (event.bstate & BUTTON2_PRESSED) {
        *button = 2;
    } else if (event.bstate & BUTTON3_PRESSED) {
        *button = 3;
    } else if (!(event.bstate & BUTTON1_PRESSED)) {
        return 0;
    }
    return 1;
}

// The character set of LC_CTYPE after asking the environment; with `fallback`, C.UTF-8 instead. "" when refused.
static inline const char *ft_locale(int fallback) {
    // LC_CTYPE alone: LC_NUMERIC would turn 0.001 into 0,001 in files.
    if (!setlocale(LC_CTYPE, fallback ? "C.UTF-8" : "")) return "";
    return nl_langinfo(CODESET);
}

// Whether terminfo declares direct colour (the RGB capability, as a flag, number or string).
static inline int ft_direct_color(void) {
    if (tigetflag("RGB") == 1 || tigetnum("RGB") > 0) return 1;
    const char *text = tigetstr("RGB");
    return text && text != (const char *)-1;
}

// Colours of a terminal by terminfo alone, without a screen; -1 when the terminal is unknown.
static inline int ft_terminfo_colors(const char *term, int *direct) {
    int error = 0;
    *direct = 0;
    if (setupterm(term, 1, &error) != OK) return -1;
    int count = tigetnum("colors");
    *direct = count >= 0x1000000 && ft_direct_color();
    FTTerminal *mine = set_curterm(NULL);
    if (mine) del_curterm(mine);
    return count < 0 ? 0 : count;
}

// The string capability `name` of the open terminal, or "".
static inline const char *ft_capability(const char *name) {
    const char *text = tigetstr(name);
    return text && text != (const char *)-1 ? text : "";
}

#endif
