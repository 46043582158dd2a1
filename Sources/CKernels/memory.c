#include "CKernels.h"

#include <pthread.h>
#include <stdlib.h>

#include "arena.h"

// Small buffers by size class, eight classes an octave, so that at most an eighth of a buffer is unused and taking one is
// a matter of nanoseconds; large ones from the arena. A step asks for the same sizes every time, so after the first
// one nothing is asked of the system.

enum { CLASSES = 8 * 20, LEAST_LARGE = 64 << 10 };

typedef struct free_buffer {
    struct free_buffer *next;
} free_buffer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static free_buffer *free_lists[CLASSES];
static ck_memory_ledger ledger;
/// Bytes of small buffers, in use or free.
static int64_t small_held;

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

static void *take_small(size_t bytes) {
    int index;
    size_t size = class_bytes(bytes, &index);
    free_buffer *buffer = free_lists[index];
    if (buffer) {
        free_lists[index] = buffer->next;
        return buffer;
    }
    void *fresh = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!fresh) return NULL;
    small_held += (int64_t)size;
    ledger.fresh_count++;
    return fresh;
}

static void trim(void) {
    for (int i = 0; i < CLASSES; i++) {
        size_t size = (((size_t)1 << (i / 8)) / 8) * (size_t)(8 + i % 8);
        while (free_lists[i]) {
            free_buffer *buffer = free_lists[i];
            free_lists[i] = buffer->next;
            free(buffer);
            small_held -= (int64_t)size;
        }
    }
    ck_arena_trim();
}

void *ck_buffer_take(size_t bytes) {
    if (bytes > (size_t)1 << 56) return NULL;
    pthread_mutex_lock(&lock);
    void *buffer = bytes < LEAST_LARGE ? take_small(bytes) : ck_arena_take(bytes, &ledger.fresh_count);
    if (!buffer) {
        // What is free in other sizes may be all that is missing.
        trim();
        buffer = bytes < LEAST_LARGE ? take_small(bytes) : ck_arena_take(bytes, &ledger.fresh_count);
    }
    if (buffer) {
        ledger.live_bytes += (int64_t)bytes;
        if (ledger.live_bytes > ledger.peak_bytes) ledger.peak_bytes = ledger.live_bytes;
    }
    pthread_mutex_unlock(&lock);
    return buffer;
}

void ck_buffer_give(void *memory, size_t bytes) {
    if (!memory) return;
    pthread_mutex_lock(&lock);
    if (bytes < LEAST_LARGE) {
        int index;
        class_bytes(bytes, &index);
        free_buffer *buffer = memory;
        buffer->next = free_lists[index];
        free_lists[index] = buffer;
    } else {
        ck_arena_give(memory);
    }
    ledger.live_bytes -= (int64_t)bytes;
    pthread_mutex_unlock(&lock);
}

void ck_buffer_trim(void) {
    pthread_mutex_lock(&lock);
    trim();
    pthread_mutex_unlock(&lock);
}

void ck_memory(ck_memory_ledger *out) {
    pthread_mutex_lock(&lock);
    *out = ledger;
    out->pooled_bytes = ck_arena_held() + small_held - ledger.live_bytes;
    pthread_mutex_unlock(&lock);
}

void ck_memory_reset_peak(void) {
    pthread_mutex_lock(&lock);
    ledger.peak_bytes = ledger.live_bytes;
    pthread_mutex_unlock(&lock);
}
