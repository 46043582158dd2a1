#define _GNU_SOURCE
#include "CSupervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t supervisor = 0;

/// What the shell would report for a child that a signal ended.
static int status_of(int state) {
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static int wait_for(pid_t child, const sigset_t *watched) {
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(watched, &info);
        if (number < 0) continue;
        switch (number) {
        case SIGTERM:
            kill(child, SIGTERM);
            break;
        case SIGHUP:
            // The terminal is gone; the child hears of it too and may train on.
            return 128 + SIGHUP;
        case SIGUSR1:
            if (info.si_pid == child) return 0;
            break;
        case SIGCHLD: {
            int state;
            while (waitpid(child, &state, WNOHANG | WUNTRACED) > 0) {
                if (!WIFSTOPPED(state)) return status_of(state);
                // The shell watches this process: it must stop when the child has put the terminal in order.
                kill(getpid(), SIGSTOP);
                kill(child, SIGCONT);
            }
            break;
        }
        default:
            // SIGINT, SIGQUIT and SIGTSTP reach the child as well, and are its business.
            break;
        }
    }
}

int cterminal_supervise(void) {
    sigset_t watched, before;
    sigemptyset(&watched);
    const int numbers[] = {SIGCHLD, SIGTERM, SIGHUP, SIGUSR1, SIGINT, SIGQUIT, SIGTSTP};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) sigaddset(&watched, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &watched, &before) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child > 0) return wait_for(child, &watched);
    if (child == 0) supervisor = parent;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return -1;
}

int cterminal_detach(const char *log) {
    int target = open(log ? log : "/dev/null", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (target >= 0) {
        for (int stream = 0; stream < 3; stream++) dup2(target, stream);
        close(target);
    }
    setsid();
    if (supervisor == 0 || getppid() != supervisor) return -1;
    return kill(supervisor, SIGUSR1);
}

int cterminal_run_editor(const char *editor, const char *path) {
    posix_spawnattr_t attributes;
    if (posix_spawnattr_init(&attributes) != 0) return 127;
    sigset_t defaults, none;
    sigemptyset(&defaults);
    sigemptyset(&none);
    const int numbers[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) sigaddset(&defaults, numbers[i]);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    // The command may hold arguments of its own, as in EDITOR="code --wait".
    char command[4096];
    size_t length = 0;
    const char *tail = " \"$1\"";
    for (const char *part = editor; *part && length < sizeof(command) - 8; part++) command[length++] = *part;
    for (const char *part = tail; *part; part++) command[length++] = *part;
    command[length] = 0;
    char *const arguments[] = {"sh", "-c", command, "sh", (char *)path, NULL};
    pid_t child;
    int failure = posix_spawn(&child, "/bin/sh", NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    if (failure != 0) return 127;
    int state;
    while (waitpid(child, &state, 0) < 0) {
        if (errno != EINTR) return 127;
    }
    return status_of(state);
}
