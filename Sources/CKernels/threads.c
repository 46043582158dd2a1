#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CKernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// One pool for every operation. A worker that has nothing to do watches for work for a few microseconds, since
// operations follow one another closely within a step, and sleeps after that, so that a paused run costs nothing.
//
// A job is cut into parts beforehand. Each thread has a share of them, the same in every job of a size, so that it finds
// rows in its cache that it wrote; who is done with his own goes on with what others have not begun. The caller never
// waits for a worker that has not begun: one that another program keeps from the processor delays nobody.

enum { MAX_THREADS = 256, SPINS = 6000 };

typedef struct {
    ck_range_fn fn;
    const void *args;
    int64_t n, part, shares;
} job;

static pthread_mutex_t submit_lock = PTHREAD_MUTEX_INITIALIZER;  // held by the thread whose job runs
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_ready = PTHREAD_COND_INITIALIZER;
static pthread_cond_t work_done = PTHREAD_COND_INITIALIZER;
static pthread_t workers[MAX_THREADS];
static int worker_count = 0;
static int started = 0;
static atomic_int wanted_threads = 0;
static atomic_int worker_nice = 0;
// The number of the job in the upper half; below, whether it is closed to newcomers, and how many workers are in it.
static const uint64_t CLOSED = 1u << 31, MEMBERS = (1u << 31) - 1;
static _Atomic uint64_t state = 1u << 31;
static atomic_int leaving = 0;
static job current;
// Parts of each thread's share that are taken, a cache line each.
static struct {
    _Alignas(64) _Atomic int64_t count;
} taken[MAX_THREADS];
static uint64_t over[MAX_THREADS];  // the last job before each worker began
static _Thread_local int inside = 0;

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int processors(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int n = CPU_COUNT(&set);
        return n < 1 ? 1 : n;
    }
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (int)n;
}

static void set_nice(int nice) {
#if defined(__linux__)
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice);
#else
    (void)nice;
#endif
}

static void run_share(const job *j, int64_t share) {
    int64_t parts = (j->n + j->part - 1) / j->part, first = parts * share / j->shares;
    int64_t count = parts * (share + 1) / j->shares - first;
    while (atomic_load_explicit(&taken[share].count, memory_order_relaxed) < count) {
        int64_t next = atomic_fetch_add_explicit(&taken[share].count, 1, memory_order_relaxed);
        if (next >= count) return;
        int64_t begin = (first + next) * j->part;
        j->fn(j->args, begin, begin + j->part < j->n ? begin + j->part : j->n);
    }
}

static void run_parts(const job *j, int64_t own) {
    for (int64_t i = 0; i < j->shares; i++) run_share(j, (own + i) % j->shares);
}

static inline uint64_t job_number(void) { return atomic_load_explicit(&state, memory_order_acquire) >> 32; }

/// Enters job `number` unless it is closed or over.
static int join_job(uint64_t number) {
    uint64_t s = atomic_load_explicit(&state, memory_order_acquire);
    while (s >> 32 == number && !(s & CLOSED))
        if (atomic_compare_exchange_weak_explicit(&state, &s, s + 1, memory_order_acq_rel, memory_order_acquire))
            return 1;
    return 0;
}

static void leave_job(void) {
    uint64_t before = atomic_fetch_sub_explicit(&state, 1, memory_order_acq_rel);
    if (!(before & CLOSED) || (before & MEMBERS) != 1) return;
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_signal(&work_done);
    pthread_mutex_unlock(&sleep_lock);
}

static void *work(void *context) {
    intptr_t index = (intptr_t)context;
    uint64_t seen = over[index];
    int nice = 0;
    inside = 1;
    for (;;) {
        int spins = 0;
        while (job_number() == seen) {
            if (++spins < SPINS) {
                relax();
                continue;
            }
            pthread_mutex_lock(&sleep_lock);
            while (job_number() == seen) pthread_cond_wait(&work_ready, &sleep_lock);
            pthread_mutex_unlock(&sleep_lock);
        }
        seen = job_number();
        if (atomic_load_explicit(&leaving, memory_order_acquire)) return NULL;
        int asked = atomic_load_explicit(&worker_nice, memory_order_relaxed);
        if (asked != nice) set_nice(nice = asked);
        if (!join_job(seen)) continue;
        run_parts(&current, index + 1);  // the caller has share 0
        leave_job();
    }
}

/// Starts the next job; with CLOSED, only wakes everyone.
static void announce(uint64_t flags) {
    pthread_mutex_lock(&sleep_lock);
    atomic_store_explicit(&state, (uint64_t)(uint32_t)(job_number() + 1) << 32 | flags, memory_order_release);
    pthread_cond_broadcast(&work_ready);
    pthread_mutex_unlock(&sleep_lock);
}

// Both are called with submit_lock held.
static void stop_workers(void) {
    if (!started) return;
    atomic_store_explicit(&leaving, 1, memory_order_release);
    announce(CLOSED);
    for (int i = 0; i < worker_count; i++) pthread_join(workers[i], NULL);
    atomic_store_explicit(&leaving, 0, memory_order_release);
    worker_count = 0;
    started = 0;
}

static void start_workers(void) {
    int wanted = ck_threads();
    for (int i = 1; i < wanted; i++) {
        over[worker_count] = job_number();
        if (pthread_create(&workers[worker_count], NULL, work, (void *)(intptr_t)worker_count) != 0) break;
        worker_count++;
    }
    started = 1;
}

int ck_threads(void) {
    int wanted = atomic_load_explicit(&wanted_threads, memory_order_relaxed);
    if (wanted <= 0) {
        wanted = processors();
        if (wanted > MAX_THREADS) wanted = MAX_THREADS;
        atomic_store_explicit(&wanted_threads, wanted, memory_order_relaxed);
    }
    return wanted;
}

void ck_set_threads(int count) {
    pthread_mutex_lock(&submit_lock);
    stop_workers();
    atomic_store(&wanted_threads, count > MAX_THREADS ? MAX_THREADS : count < 0 ? 0 : count);
    pthread_mutex_unlock(&submit_lock);
}

void ck_set_worker_nice(int nice) { atomic_store(&worker_nice, nice); }
void ck_set_own_nice(int nice) { set_nice(nice); }

// The same parts, one after another: where a product is cut shows in its last bits, so parts depend on n and on
// ck_threads() alone, never on who is free to work.
static void run_alone(int64_t n, int64_t part, ck_range_fn fn, const void *args) {
    for (int64_t begin = 0; begin < n; begin += part) fn(args, begin, begin + part < n ? begin + part : n);
}

static void submit(int64_t n, int64_t part, ck_range_fn fn, const void *args) {
    // A second caller, or an operation inside an operation, does its work alone.
    if (inside || pthread_mutex_trylock(&submit_lock) != 0) {
        run_alone(n, part, fn, args);
        return;
    }
    if (!started) start_workers();
    if (worker_count == 0) {
        run_alone(n, part, fn, args);
        pthread_mutex_unlock(&submit_lock);
        return;
    }
    current = (job){fn, args, n, part, worker_count + 1};
    for (int i = 0; i <= worker_count; i++) atomic_store_explicit(&taken[i].count, 0, memory_order_relaxed);
    announce(0);
    inside = 1;
    run_parts(&current, 0);
    inside = 0;
    atomic_fetch_or_explicit(&state, CLOSED, memory_order_acq_rel);
    int spins = 0;
    while (atomic_load_explicit(&state, memory_order_acquire) & MEMBERS) {
        if (++spins < SPINS) {
            relax();
            continue;
        }
        pthread_mutex_lock(&sleep_lock);
        while (atomic_load_explicit(&state, memory_order_acquire) & MEMBERS) pthread_cond_wait(&work_done, &sleep_lock);
        pthread_mutex_unlock(&sleep_lock);
    }
    pthread_mutex_unlock(&submit_lock);
}

static void in_parts(int64_t n, int64_t parts, int64_t least, int64_t align, ck_range_fn fn, const void *args) {
    if (n <= 0) return;
    if (least < 1) least = 1;
    if (n / least < parts) parts = n / least;
    if (parts <= 1 || ck_threads() == 1) {
        fn(args, 0, n);
        return;
    }
    int64_t part = (n + parts - 1) / parts;
    if (align > 1) part = (part + align - 1) / align * align;
    submit(n, part, fn, args);
}

// A processor may be slower than the others for a while, be it for what shares its core: it takes fewer of the parts.
enum { PARTS_EACH = 4 };

void ck_parallel(int64_t n, int64_t least, int64_t align, ck_range_fn fn, const void *args) {
    in_parts(n, (int64_t)PARTS_EACH * ck_threads(), least, align, fn, args);
}

void ck_parallel_evenly(int64_t n, int64_t least, int64_t align, ck_range_fn fn, const void *args) {
    in_parts(n, ck_threads(), least, align, fn, args);
}

typedef struct {
    int64_t start[CK_TOGETHER + 1], n[CK_TOGETHER];
    const void *const *args;
    int count;
    ck_range_fn fn;
} joined;

static void joined_range(const void *context, int64_t begin, int64_t end) {
    const joined *j = context;
    for (int i = 0; i < j->count; i++) {
        int64_t from = begin - j->start[i], to = end - j->start[i];
        if (from < 0) from = 0;
        if (to > j->n[i]) to = j->n[i];
        if (from < to) j->fn(j->args[i], from, to);
    }
}

void ck_parallel_joined(
    const int64_t *n, const void *const *args, int count, int64_t least, int64_t align, ck_range_fn fn) {
    if (count == 1) {
        ck_parallel(n[0], least, align, fn, args[0]);
        return;
    }
    joined j = {.args = args, .count = count, .fn = fn};
    for (int i = 0; i < count; i++) {
        j.n[i] = n[i];
        j.start[i + 1] = j.start[i] + (n[i] + align - 1) / align * align;
    }
    ck_parallel(j.start[count], least, align, joined_range, &j);
}

void ck_parallel_parts(int64_t n, int64_t part, ck_range_fn fn, const void *args) {
    if (n <= 0) return;
    if (n <= part || ck_threads() == 1) {
        fn(args, 0, n);
        return;
    }
    submit(n, part, fn, args);
}

void ck_parallel_tasks(int64_t n, ck_range_fn fn, const void *args) { ck_parallel_parts(n, 1, fn, args); }

// ---- Scratch memory of a thread ---------------------------------------------------------------------------

typedef struct {
    float *memory[CK_SLOT_COUNT];
    size_t floats[CK_SLOT_COUNT];
} scratch;

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void free_scratch(void *p) {
    scratch *s = p;
    for (int i = 0; i < CK_SLOT_COUNT; i++) free(s->memory[i]);
    free(s);
}

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

float *ck_workspace(int slot, size_t floats) {
    pthread_once(&scratch_once, make_scratch_key);
    scratch *s = pthread_getspecific(scratch_key);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s) ck_refuse(sizeof *s);
        pthread_setspecific(scratch_key, s);
    }
    if (s->floats[slot] < floats) {
        free(s->memory[slot]);
        size_t bytes = (floats * sizeof(float) + 4095) / 4096 * 4096;
        s->memory[slot] = aligned_alloc(64, bytes);
        if (!s->memory[slot]) ck_refuse(bytes);
        s->floats[slot] = bytes / sizeof(float);
    }
    return s->memory[slot];
}
