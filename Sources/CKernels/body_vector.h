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
// Not a vector of zeros plus x: the compiler would add them, as −0 + 0 is 0.
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

// The first n < W of a vector; the rest reads as zero and is not written. Behind them may lie another page, so whole
// vectors are no way; where the processor can mask, that is many times faster than going through memory.
#if defined(MASK_512)
INLINE vf load_some(const float *p, int64_t n) { return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
INLINE void store_some(float *p, vf v, int64_t n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }
#elif defined(MASK_256)
static const int32_t some_lanes[2 * W] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
typedef struct {
    __m256 low, high;
} halves;
INLINE vf load_some(const float *p, int64_t n) {
    const __m256i *mask = (const __m256i *)(some_lanes + W - n);
    halves h = {
        _mm256_maskload_ps(p, _mm256_loadu_si256(mask)), _mm256_maskload_ps(p + 8, _mm256_loadu_si256(mask + 1))};
    vf v;
    memcpy(&v, &h, sizeof v);
    return v;
}
INLINE void store_some(float *p, vf v, int64_t n) {
    const __m256i *mask = (const __m256i *)(some_lanes + W - n);
    halves h;
    memcpy(&h, &v, sizeof h);
    _mm256_maskstore_ps(p, _mm256_loadu_si256(mask), h.low);
    _mm256_maskstore_ps(p + 8, _mm256_loadu_si256(mask + 1), h.high);
}
#else
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
#endif

// The same for a count that is W in the middle of a row, where it is a constant, and less at its end.
INLINE vf get(const float *p, int64_t n) { return n == W ? load(p) : load_some(p, n); }
INLINE void put(float *p, vf v, int64_t n) {
    if (n == W) {
        store(p, v);
    } else {
        store_some(p, v, n);
    }
}

// Runs the body for i from begin on, `rest` elements at a time: W until the last.
#define SWEEP(begin, end, ...)                                \
    do {                                                      \
        int64_t i = (begin);                                  \
        for (const int64_t rest = W; i + W <= (end); i += W) { \
            __VA_ARGS__                                       \
        }                                                     \
        if (i < (end)) {                                      \
            const int64_t rest = (end) - i;                   \
            __VA_ARGS__                                       \
        }                                                     \
    } while (0)

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
INLINE vf magnitude(vf x) { return (vf)((vi)x & 0x7fffffff); }
// Zero from element n on.
INLINE vf keep_first(vf v, int64_t n) {
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return n == W ? v : (vf)((vi)v & (lane < (int32_t)n));
}

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

// Within 2 units in the last place: an odd polynomial near zero, where 1 − 2/(e^2x + 1) would cancel. Coefficients
// of Moshier's Cephes, tanhf.
INLINE vf hyperbolic_tangent(vf x) {
    vf m = magnitude(x), z = x * x;
    vf p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    vf near = p * z * x + x;
    vf far = 1.0f - 2.0f / (exponential(m + m) + 1.0f);
    far = (vf)((vi)far | ((vi)x & (int32_t)0x80000000));
    return choose(m < 0.625f, near, far);
}

// Φ(x) = (1 + erf(x/√2)) / 2 and e^(−x²/2). The lower tail is e^(−x²/2)·t·p(t) with t = 1/(1 + 0.35|x|) and p of
// degree eight, a minimax fit: within 4e-7 of it relatively, within 2e-7 absolutely, for every x.
INLINE vf normal_distribution(vf x, vf *bell) {
    vf t = 1.0f / (1.0f + 0.35f * magnitude(x));
    vf p = t * -0.029115119948983192f + 0.1438189148902893f;
    p = p * t - 0.2553919851779938f;
    p = p * t + 0.15879763662815094f;
    p = p * t - 0.022844132035970688f;
    p = p * t + 0.10539242625236511f;
    p = p * t + 0.11986302584409714f;
    p = p * t + 0.13985757529735565f;
    p = p * t + 0.13962166011333466f;
    *bell = exponential(-0.5f * x * x);
    vf tail = *bell * t * p;
    return choose(x < 0.0f, tail, 1.0f - tail);
}

// To nearest even; what is not a number stays none.
INLINE vh bf16_of(vf v) {
    vu bits = (vu)v;
    vu rounded = bits + 0x7fff + ((bits >> 16) & 1);
    vi number = v == v;
    return __builtin_convertvector(((rounded & (vu)number) | ((bits | 0x400000) & ~(vu)number)) >> 16, vh);
}
INLINE vf widen_bf16(const void *p) {
    vh h;
    memcpy(&h, p, sizeof h);
    return (vf)(__builtin_convertvector(h, vu) << 16);
}
// Up to W of float32 or BF16, which is a constant where these are expanded.
INLINE vf get_as(const void *p, int type, int64_t index, int64_t n) {
    if (type == CK_F32) return get((const float *)p + index, n);
    const char *from = (const char *)p + 2 * index;
    if (n == W) return widen_bf16(from);
    uint16_t some[W] = {0};
    memcpy(some, from, (size_t)n * 2);
    return widen_bf16(some);
}
INLINE void put_as(void *p, int type, int64_t index, vf v, int64_t n) {
    if (type == CK_F32) return put((float *)p + index, v, n);
    vh h = bf16_of(v);
    memcpy((char *)p + 2 * index, &h, n == W ? sizeof h : (size_t)n * 2);
}
#if defined(MASK_512)
INLINE vf widen_f16(const void *p) { return (vf)_mm512_cvtph_ps(_mm256_loadu_si256(p)); }
#elif defined(MASK_256)
INLINE vf widen_f16(const void *p) {
    halves h = {_mm256_cvtph_ps(_mm_loadu_si128(p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p + 1))};
    vf v;
    memcpy(&v, &h, sizeof v);
    return v;
}
#elif defined(HALF_NEON)
INLINE vf widen_f16(const void *p) {
    float16_t h[W];
    memcpy(h, p, sizeof h);
    float t[W];
    for (int i = 0; i < W; i += 4) vst1q_f32(t + i, vcvt_f32_f16(vld1_f16(h + i)));
    return load(t);
}
#else
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
#endif
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
