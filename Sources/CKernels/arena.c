#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "arena.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// A segment is a reservation that costs nothing until it is touched. Its blocks lie one behind the other from the base up
// to `top`; beyond that lies what is not in use, of which the part below `high` has been. The smallest free block that
// fits is taken, the lowest of equals, and only then the top is moved: the part in use stays dense.

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

enum { HEADER = 64, LEAST_SPLIT = 4096, HUGE_PAGE = 2 << 20, MODEST = 64 << 20 };

typedef struct block {
    size_t size;      // bytes, header included
    size_t previous;  // size of the block below, 0 for the first
    struct segment *segment;
    size_t returned;  // of a free block: bytes of it that the system has back
    struct block *next_free, *previous_free;
    int is_free;
} block;

typedef struct segment {
    struct segment *next;
    char *mapping;
    size_t mapped;
    char *base, *end, *top, *high;
    size_t last;  // size of the block below top, 0 when there is none
} segment;

_Static_assert(sizeof(block) <= HEADER, "a block's header has its place before the buffer");

static segment *segments;
static block *free_blocks;
static int64_t held;

static block *at(char *address) { return (block *)(void *)address; }

static void unlink_free(block *b) {
    if (b->previous_free) b->previous_free->next_free = b->next_free;
    else free_blocks = b->next_free;
    if (b->next_free) b->next_free->previous_free = b->previous_free;
    b->is_free = 0;
    // What the system has back is touched again, some of it or all.
    held += (int64_t)b->returned;
    b->returned = 0;
}

static void link_free(block *b) {
    b->is_free = 1;
    b->returned = 0;
    b->previous_free = NULL;
    b->next_free = free_blocks;
    if (free_blocks) free_blocks->previous_free = b;
    free_blocks = b;
}

static block *above(block *b) {
    char *address = (char *)b + b->size;
    return address < b->segment->top ? at(address) : NULL;
}

static void set_size(block *b, size_t size) {
    b->size = size;
    block *next = above(b);
    if (next) next->previous = size;
    else b->segment->last = size;
}

/// Address space that is asked for at once: no more than there is memory.
static size_t reservation(void) {
    size_t most = (size_t)16 << 30;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0 || (size_t)pages > most / (size_t)page) return most;
    return (size_t)pages * (size_t)page;
}

static segment *make_segment(size_t least) {
    segment *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    size_t wanted = least + HUGE_PAGE, usual = reservation(), modest = wanted + MODEST;
    size_t size = wanted > usual ? wanted : usual;
    // Whether more than that can be had is the system's to judge.
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (wanted > usual ? 0 : MAP_NORESERVE);
    for (;;) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (memory != MAP_FAILED) {
            s->mapping = memory;
            break;
        }
        // Where address space is rationed, others need some too: little more than what is wanted, or just that.
        if (size == wanted) {
            free(s);
            return NULL;
        }
        size = size > modest ? modest : wanted;
    }
    s->mapped = size;
    s->base = s->top = s->high = (char *)(((uintptr_t)s->mapping + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    s->end = s->mapping + size;
#if defined(MADV_HUGEPAGE)
    madvise(s->base, (size_t)(s->end - s->base), MADV_HUGEPAGE);
#endif
    s->next = segments;
    segments = s;
    return s;
}

/// The block that moves the top of a segment, NULL when none has the room and there is no other.
static block *extend(size_t size, int64_t *fresh) {
    segment *s = segments;
    while (s && (size_t)(s->end - s->top) < size) s = s->next;
    if (!s) s = make_segment(size);
    if (!s) return NULL;
    block *b = at(s->top);
    *b = (block){.size = size, .previous = s->last, .segment = s};
    s->top += size;
    s->last = size;
    if (s->top > s->high) {
        held += s->top - s->high;
        s->high = s->top;
        *fresh += 1;
    }
    return b;
}

void *ck_arena_take(size_t bytes, int64_t *fresh) {
    size_t size = (bytes + HEADER + 63) / 64 * 64;
    block *best = NULL;
    for (block *b = free_blocks; b; b = b->next_free) {
        if (b->size < size) continue;
        if (!best || b->size < best->size || (b->size == best->size && b < best)) best = b;
    }
    if (!best) {
        best = extend(size, fresh);
        return best ? (char *)best + HEADER : NULL;
    }
    unlink_free(best);
    size_t rest = best->size - size;
    if (rest >= LEAST_SPLIT) {
        block *b = at((char *)best + size);
        *b = (block){.segment = best->segment, .previous = size};
        best->size = size;
        set_size(b, rest);
        link_free(b);
    }
    return (char *)best + HEADER;
}

void ck_arena_give(void *buffer) {
    block *b = at((char *)buffer - HEADER);
    segment *s = b->segment;
    block *next = above(b);
    if (next && next->is_free) {
        unlink_free(next);
        set_size(b, b->size + next->size);
    }
    if (b->previous > 0) {
        block *below = at((char *)b - b->previous);
        if (below->is_free) {
            unlink_free(below);
            set_size(below, below->size + b->size);
            b = below;
        }
    }
    if (above(b)) {
        link_free(b);
        return;
    }
    s->top = (char *)b;
    s->last = b->previous;
}

/// Whole pages between two addresses go back; how many bytes.
static size_t give_back(char *from, char *to) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)from + page - 1) / page * page, last = (uintptr_t)to / page * page;
    if (last <= first) return 0;
    // Darwin keeps the pages of MADV_DONTNEED, as those of MADV_FREE, until others want them.
    return madvise((void *)first, last - first, MADV_DONTNEED) == 0 ? last - first : 0;
}

void ck_arena_trim(void) {
    for (block *b = free_blocks; b; b = b->next_free) {
        if (b->returned > 0) continue;
        b->returned = give_back((char *)b + HEADER, (char *)b + b->size);
        held -= (int64_t)b->returned;
    }
    for (segment **link = &segments; *link;) {
        segment *s = *link;
        if (s->top > s->base) {
            give_back(s->top, s->high);
            held -= s->high - s->top;
            s->high = s->top;
            link = &s->next;
            continue;
        }
        held -= s->high - s->base;
        munmap(s->mapping, s->mapped);
        *link = s->next;
        free(s);
    }
}

int64_t ck_arena_held(void) { return held; }
