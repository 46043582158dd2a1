// Vectors of sixteen floats in every instruction set: the compiler makes one, two or four registers of each.
// With one width, sums have the same order everywhere.
#include <math.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wpsabi"  // no vector crosses a file

enum { W = 16 };
typedef float vf __attribute__((vector_size(64)));
typedef float vfu __attribute__((vector_size(64), aligned(4)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint32_t vu __attribute__((vector_size(64)));
typedef uint16_t vh __attribute__((vector_size(32)));
typedef double vd __attribute__((vector_size(128)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vfu *)p; }
INLINE void store(float *p, vf v) { *(vfu *)p = v; }
INLINE vf splat(float x) { return (vf){} + x; }

// The first n of a vector; the rest reads as zero and is not written.
INLINE vf load_some(const float *p, int64_t n) {
    float t[W] = {0};
    memcpy(t, p, (size_t)n * sizeof(float));
    return load(t);
}
INLINE void store_some(float *p, vf v, int64_t n) {
    float t[W];
    store(t, v);
    memcpy(p, t, (size_t)n * sizeof(float));
}

INLINE float sum(vf v) {
    float t[W];
    store(t, v);
    for (int step = W / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++) t[i] += t[i + step];
    return t[0];
}
INLINE float largest(vf v) {
    float t[W];
    store(t, v);
    for (int step = W / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++) t[i] = t[i] > t[i + step] ? t[i] : t[i + step];
    return t[0];
}
INLINE vf choose(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }
INLINE vf maximum(vf a, vf b) { return choose(a > b, a, b); }

// e^x by reduction to |r| <= ln2/2 and a polynomial of degree six; within 2 units in the last place for results
// that are normal numbers, 0 below them, 2.4e38 above 88.37. NaN stays NaN.
INLINE vf exponential(vf x) {
    const vf low = splat(-87.33f), high = splat(88.37f), round = splat(12582912.0f);
    vi under = x < low;
    vf y = choose(under, low, x);
    y = choose(y > high, high, y);
    vf shifted = y * 1.44269504088896341f + round;
    vf n = shifted - round;
    vf r = y - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    vf e = p * (r * r) + r + 1.0f;
    vi power = ((vi)shifted - (vi)round + 127) << 23;
    return choose(under, (vf){}, e * (vf)power);
}
INLINE vf sigmoid(vf x) { return 1.0f / (1.0f + exponential(-x)); }

INLINE vf widen_bf16(const void *p) {
    vh h;
    memcpy(&h, p, sizeof h);
    return (vf)(__builtin_convertvector(h, vu) << 16);
}
INLINE vf widen_f16(const void *p) {
    vh h;
    memcpy(&h, p, sizeof h);
    vu bits = __builtin_convertvector(h, vu);
    vu sign = (bits & 0x8000) << 16;
    vu body = (bits & 0x7fff) << 13;
    vu exponent = body & 0x0f800000;
    vf normal = (vf)(body + ((127 - 15) << 23));
    vf infinite = (vf)(body + ((255 - 31) << 23));
    // A subnormal is its bits counted in units of 2^-24.
    vf subnormal = __builtin_convertvector((vi)(bits & 0x7fff), vf) * 0x1p-24f;
    vf magnitude = choose((vi)(exponent == 0x0f800000), infinite, choose((vi)(exponent == 0), subnormal, normal));
    return (vf)((vu)magnitude | sign);
}
INLINE vf widen_one(const void *p, int type, int64_t index) {
    switch (type) {
    case CK_F16: return widen_f16((const char *)p + 2 * index);
    case CK_BF16: return widen_bf16((const char *)p + 2 * index);
    default: return load((const float *)((const char *)p + 4 * index));
    }
}
INLINE vf widen_some(const void *p, int type, int64_t index, int64_t n) {
    char t[64] = {0};
    size_t size = type == CK_F32 ? 4 : 2;
    memcpy(t, (const char *)p + (size_t)index * size, (size_t)n * size);
    return widen_one(t, type, 0);
}
