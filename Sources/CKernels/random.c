#include "CKernels.h"

#include <math.h>

typedef struct {
    float *out;
    uint64_t seed;
    float a, b;
} plan;

// SplitMix64's output function at position `counter` of the sequence that starts at `seed`.
static inline uint64_t draw(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static void normal(const void *context, int64_t begin, int64_t end) {
    const plan *p = context;
    for (int64_t i = begin; i < end; i++) {
        uint64_t bits = draw(p->seed, (uint64_t)i);
        double u = ((double)(bits >> 32) + 0.5) * 0x1p-32, v = (double)(uint32_t)bits * 0x1p-32;
        p->out[i] = (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v)) * p->a;
    }
}

static void uniform(const void *context, int64_t begin, int64_t end) {
    const plan *p = context;
    for (int64_t i = begin; i < end; i++)
        p->out[i] = p->a + (p->b - p->a) * ((float)(draw(p->seed, (uint64_t)i) >> 40) * 0x1p-24f);
}

void ck_random_normal(float *out, int64_t n, uint64_t seed, float deviation) {
    plan p = {out, seed, deviation, 0};
    ck_parallel(n, 4096, 16, normal, &p);
}

void ck_random_uniform(float *out, int64_t n, uint64_t seed, float low, float high) {
    plan p = {out, seed, low, high};
    ck_parallel(n, 16384, 16, uniform, &p);
}
