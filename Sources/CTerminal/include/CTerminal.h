// What must happen when the process dies or is signalled, in C because a signal handler may only use memory that is
// already there and functions that are safe in it. Nothing here allocates or locks.
#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stddef.h>
#include "CSupervisor.h"

/// Bytes that the signal pipe carries. Any other byte is a wake-up.
enum {
    CTERMINAL_WAKE = 'k',
    CTERMINAL_INTERRUPT = 'i',
    CTERMINAL_TERMINATE = 't',
    CTERMINAL_HANGUP = 'h',
    CTERMINAL_RESIZE = 'w',
    CTERMINAL_SUSPEND = 'z',
    CTERMINAL_CONTINUE = 'c',
};

/// Remembers the terminal settings of `input` and the bytes that, written to `output`, undo the screen modes; installs
/// handlers for crashes and an exit hook. Returns 0, or -1 when `input` is no terminal.
int cterminal_guard_arm(int input, int output, const char *reset, size_t length);

/// Replaces the bytes that undo the screen modes.
void cterminal_guard_bytes(const char *reset, size_t length);

/// From now on a crash leaves the terminal alone (it is restored already, or gone).
void cterminal_guard_disarm(void);

/// Takes up again after `cterminal_guard_disarm`, with the settings remembered first.
void cterminal_guard_rearm(void);

/// Writes the undoing bytes and restores the remembered settings, once, when armed. Safe in signal handlers.
void cterminal_guard_restore(void);

/// Sends SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGTSTP as bytes into `fd` (which must not block).
void cterminal_signals_to(int fd);

/// Gives those signals back to what handled them before.
void cterminal_signals_release(void);

/// Whether SIGTSTP stops the process at once (a child has the terminal) instead of coming as a byte.
void cterminal_stop_is_default(int yes);

/// Stops the process as ^Z does and returns when it is continued.
void cterminal_stop_self(void);

/// Makes `fd` non-blocking and closed on exec. Returns 0 or -1.
int cterminal_prepare_pipe_end(int fd);

/// Bytes that can be read from `fd` now, or -1.
int cterminal_readable(int fd);

/// Columns and rows of the terminal at `fd`. Returns 0 or -1.
int cterminal_size(int fd, int *columns, int *rows);

#endif
