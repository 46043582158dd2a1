#ifndef CTERMINAL_SUPERVISOR_H
#define CTERMINAL_SUPERVISOR_H

/// Splits the program in two: the caller goes on in a child, while this process waits for it, stops and goes on
/// with it, and hands signals on. So the child can leave the terminal and work on, and the shell gets its prompt.
///
/// Must come before any thread. Returns -1 in the child (and when no child could be made: then the program just runs
/// as it is); in the waiting process the exit status to end with, once the child has ended or detached.
int cterminal_supervise(void);

/// In the child: leaves the terminal's session, lets the waiting process end with status 0, and sends standard
/// streams to /dev/null (or to `log` when it is not null). Returns 0, or -1 when there is no waiting process.
int cterminal_detach(const char *log);

/// Runs `editor` (a shell command) on `path` in the foreground and returns its exit status.
int cterminal_run_editor(const char *editor, const char *path);

#endif
