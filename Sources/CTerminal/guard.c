#define _GNU_SOURCE
#include "CTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
enum { crash_count = sizeof(crash_signals) / sizeof(crash_signals[0]) };
static struct sigaction crash_before[crash_count];

static const int sent_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
static const char sent_bytes[] = {
    CTERMINAL_INTERRUPT, CTERMINAL_TERMINATE, CTERMINAL_HANGUP, CTERMINAL_RESIZE, CTERMINAL_SUSPEND};
enum { sent_count = sizeof(sent_signals) / sizeof(sent_signals[0]) };
static struct sigaction sent_before[sent_count];
static volatile sig_atomic_t sent_installed = 0;

static atomic_int armed = 0;
static volatile sig_atomic_t pipe_fd = -1;
static int guard_input = -1;
static int guard_output = -1;
static struct termios saved_settings;
static char reset_bytes[512];
static size_t reset_length = 0;
static int installed = 0;
static char handler_stack[65536];

void cterminal_guard_restore(void) {
    if (!atomic_exchange(&armed, 0)) return;
    int before = errno;
    size_t done = 0;
    while (done < reset_length) {
        ssize_t count = write(guard_output, reset_bytes + done, reset_length - done);
        if (count <= 0) {
            if (count < 0 && errno == EINTR) continue;
            break;
        }
        done += (size_t)count;
    }
    tcsetattr(guard_input, TCSANOW, &saved_settings);
    errno = before;
}

static void on_crash(int number, siginfo_t *info, void *context) {
    cterminal_guard_restore();
    for (int i = 0; i < crash_count; i++) {
        if (crash_signals[i] != number) continue;
        struct sigaction *before = &crash_before[i];
        // The earlier handler (Swift's backtracer) gets the context of the fault itself.
        if (before->sa_flags & SA_SIGINFO) {
            before->sa_sigaction(number, info, context);
            return;
        }
        if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
            before->sa_handler(number);
            return;
        }
    }
    struct sigaction fatal;
    memset(&fatal, 0, sizeof fatal);
    fatal.sa_handler = SIG_DFL;
    sigaction(number, &fatal, NULL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    raise(number);
}

void cterminal_guard_bytes(const char *reset, size_t length) {
    reset_length = 0;
    size_t kept = length < sizeof reset_bytes ? length : sizeof reset_bytes;
    memcpy(reset_bytes, reset, kept);
    reset_length = kept;
}

int cterminal_guard_arm(int input, int output, const char *reset, size_t length) {
    if (tcgetattr(input, &saved_settings) != 0) return -1;
    guard_input = input;
    guard_output = output;
    cterminal_guard_bytes(reset, length);
    if (!installed) {
        installed = 1;
        stack_t stack;
        // A stack overflow leaves no stack for its handler; keep one that somebody else set.
        if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE)) {
            memset(&stack, 0, sizeof stack);
            stack.ss_sp = handler_stack;
            stack.ss_size = sizeof handler_stack;
            sigaltstack(&stack, NULL);
        }
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_sigaction = on_crash;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &action, &crash_before[i]);
        atexit(cterminal_guard_restore);
    }
    atomic_store(&armed, 1);
    return 0;
}

void cterminal_guard_disarm(void) { atomic_store(&armed, 0); }

void cterminal_guard_rearm(void) {
    if (guard_input >= 0) atomic_store(&armed, 1);
}

static void on_sent(int number) {
    int before = errno;
    for (int i = 0; i < sent_count; i++) {
        if (sent_signals[i] == number && pipe_fd >= 0) {
            // A full pipe already holds wake-ups enough; there is nobody to tell about anything else.
            ssize_t ignored = write(pipe_fd, &sent_bytes[i], 1);
            (void)ignored;
        }
    }
    errno = before;
}

void cterminal_signals_to(int fd) {
    pipe_fd = fd;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_sent;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < sent_count; i++) {
        sigaction(sent_signals[i], &action, sent_installed ? NULL : &sent_before[i]);
    }
    sent_installed = 1;
}

void cterminal_signals_release(void) {
    if (!sent_installed) return;
    for (int i = 0; i < sent_count; i++) sigaction(sent_signals[i], &sent_before[i], NULL);
    sent_installed = 0;
    pipe_fd = -1;
}

void cterminal_stop_is_default(int yes) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = yes ? SIG_DFL : on_sent;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, NULL);
}

void cterminal_stop_self(void) {
    cterminal_stop_is_default(1);
    // raise() and not kill(): sent to this thread it stops the process before the next line, whichever threads there are.
    raise(SIGTSTP);
    cterminal_stop_is_default(0);
}

int cterminal_readable(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) != 0 ? -1 : count;
}

int cterminal_prepare_pipe_end(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -1;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : 0;
}

int cterminal_size(int fd, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}
