#include "CKernels.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

// The end when the system refuses memory in the middle of a computation. Nothing can be computed on without it, and
// nothing that was saved is in danger: files and databases are written whole or not at all.

static _Atomic(ck_refusal_fn) before;

void ck_before_refusal(ck_refusal_fn fn) { atomic_store(&before, fn); }

_Noreturn void ck_refuse(size_t bytes) {
    ck_refusal_fn fn = atomic_load(&before);
    if (fn) fn();
    char text[400];
    int length = snprintf(
        text, sizeof text,
        "ftbench: the system refused %zu MiB of memory for a computation. What was saved is whole: a run goes on from its "
        "last checkpoint. Use a smaller micro-batch, shorter sequences, gradient checkpointing or a smaller model; "
        "`ftbench plan` says what a recipe needs.\n",
        bytes >> 20);
    ssize_t ignored = write(STDERR_FILENO, text, length > 0 ? (size_t)length : 0);
    (void)ignored;
    _exit(1);
}
