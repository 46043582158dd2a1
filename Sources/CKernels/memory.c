#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CKernels.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

// Buffers by size class, eight classes an octave, so that at most an eighth of a buffer is unused. A step asks for
// the same sizes every time, so after the first one nothing is asked of the system.

enum { CLASSES = 8 * 60, HUGE_PAGE = 2 << 20 };

typedef struct free_buffer {
    struct free_buffer *next;
} free_buffer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static free_buffer *free_lists[CLASSES];
static ck_memory_ledger ledger;

/// Rounds up to a size class: 2^k · (8 + i) / 8.
static size_t class_bytes(size_t bytes, int *index) {
    if (bytes < 512) bytes = 512;
    int octave = 63 - __builtin_clzll((unsigned long long)bytes);
    size_t step = (size_t)1 << (octave - 3);
    size_t over = (bytes - ((size_t)1 << octave) + step - 1) / step;
    if (over == 8) {
        octave++;
        over = 0;
        step *= 2;
    }
    *index = octave * 8 + (int)over;
    return ((size_t)1 << octave) + over * step;
}

void *ck_buffer_take(size_t bytes) {
    if (bytes > (size_t)1 << 56) return NULL;
    int index;
    size_t size = class_bytes(bytes, &index);
    pthread_mutex_lock(&lock);
    free_buffer *buffer = free_lists[index];
    if (buffer) {
        free_lists[index] = buffer->next;
        ledger.pooled_bytes -= (int64_t)size;
    }
    pthread_mutex_unlock(&lock);
    int fresh = buffer == NULL;
    if (fresh) {
        size_t alignment = size >= 2 * (size_t)HUGE_PAGE ? (size_t)HUGE_PAGE : 64;
        buffer = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
        if (!buffer) {
            // What is pooled in other sizes may be all that is missing.
            ck_buffer_trim();
            buffer = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
            if (!buffer) return NULL;
        }
#if defined(MADV_HUGEPAGE)
        if (alignment == (size_t)HUGE_PAGE) madvise(buffer, size, MADV_HUGEPAGE);
#endif
    }
    pthread_mutex_lock(&lock);
    ledger.live_bytes += (int64_t)size;
    ledger.fresh_count += fresh;
    if (ledger.live_bytes > ledger.peak_bytes) ledger.peak_bytes = ledger.live_bytes;
    pthread_mutex_unlock(&lock);
    return buffer;
}

void ck_buffer_give(void *memory, size_t bytes) {
    if (!memory) return;
    int index;
    size_t size = class_bytes(bytes, &index);
    free_buffer *buffer = memory;
    pthread_mutex_lock(&lock);
    buffer->next = free_lists[index];
    free_lists[index] = buffer;
    ledger.live_bytes -= (int64_t)size;
    ledger.pooled_bytes += (int64_t)size;
    pthread_mutex_unlock(&lock);
}

void ck_buffer_trim(void) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < CLASSES; i++) {
        while (free_lists[i]) {
            free_buffer *buffer = free_lists[i];
            free_lists[i] = buffer->next;
            free(buffer);
        }
    }
    ledger.pooled_bytes = 0;
    pthread_mutex_unlock(&lock);
}

void ck_memory(ck_memory_ledger *out) {
    pthread_mutex_lock(&lock);
    *out = ledger;
    pthread_mutex_unlock(&lock);
}

void ck_memory_reset_peak(void) {
    pthread_mutex_lock(&lock);
    ledger.peak_bytes = ledger.live_bytes;
    pthread_mutex_unlock(&lock);
}
