#include "CKernels.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wpsabi"  // no vector crosses a file

typedef float floats __attribute__((vector_size(64)));
typedef int32_t lanes __attribute__((vector_size(64)));

// The largest value first, then where it stands: two passes at the speed of the cache.
int64_t ck_index_of_largest(const float *x, int64_t n) {
    if (n <= 0) return -1;
    float best = x[0];
    int64_t i = 0;
    floats high = (floats){} + best;
    for (; i + 16 <= n; i += 16) {
        floats v;
        memcpy(&v, x + i, sizeof v);
        lanes larger = v > high;
        high = (floats)(((lanes)v & larger) | ((lanes)high & ~larger));
    }
    for (int lane = 0; lane < 16; lane++)
        if (high[lane] > best) best = high[lane];
    for (; i < n; i++)
        if (x[i] > best) best = x[i];
    for (i = 0; i + 16 <= n; i += 16) {
        floats v;
        memcpy(&v, x + i, sizeof v);
        lanes equal = v == best;
        int found = 0;
        for (int lane = 0; lane < 16; lane++) found |= equal[lane];
        if (found) break;
    }
    for (; i < n; i++)
        if (x[i] == best) return i;
    return 0;  // the first is not a number
}
