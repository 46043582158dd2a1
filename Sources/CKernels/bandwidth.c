#include "CKernels.h"

#include <stdatomic.h>

// Reads memory and does next to nothing with it: how fast a product can be that reads each weight once.

typedef uint64_t words __attribute__((vector_size(64)));

typedef struct {
    const words *from;
    _Atomic uint64_t *mixed;
} reading;

static void read_range(const void *context, int64_t begin, int64_t end) {
    const reading *r = context;
    words a = {}, b = {}, c = {}, d = {};
    int64_t i = begin;
    for (; i + 4 <= end; i += 4) {
        a ^= r->from[i];
        b ^= r->from[i + 1];
        c ^= r->from[i + 2];
        d ^= r->from[i + 3];
    }
    for (; i < end; i++) a ^= r->from[i];
    a ^= b ^ c ^ d;
    uint64_t mixed = 0;
    for (int lane = 0; lane < 8; lane++) mixed ^= a[lane];
    atomic_fetch_xor(r->mixed, mixed);
}

uint64_t ck_read_all(const void *bytes, size_t count) {
    _Atomic uint64_t mixed = 0;
    reading r = {bytes, &mixed};
    ck_parallel((int64_t)(count / sizeof(words)), 1024, 4, read_range, &r);
    return mixed;
}
