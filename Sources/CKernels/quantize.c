#include "block_layout.h"

#include "nf4.h"

#include <math.h>

// The searches that fill the block formats of GGUF, as the reference implementation (ggml) defines them. A block is a
// function of its own elements, with every sum in the order of the elements and no fused operations, so that files
// come out the same, bit for bit, on every machine and with any number of threads.
#pragma STDC FP_CONTRACT OFF

// ---- Rounding ---------------------------------------------------------------------------------------------

// To nearest, ties to even, for |x| < 2^22: the sum pushes the fraction out of the number.
static inline int nearest(float x) {
    float shifted = x + 12582912.f;
    int bits;
    memcpy(&bits, &shifted, 4);
    return (bits & 0x007fffff) - 0x00400000;
}

static inline int clamped(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

// Towards zero; a conversion that C leaves undefined gives `low`.
static inline int truncated(float x, int low, int high) {
    if (!(x >= (float)low)) return low;
    return x >= (float)high ? high : (int)x;
}

// ---- Blocks of 32 -----------------------------------------------------------------------------------------

// The element of the largest magnitude, with its sign: the scale is chosen so that it falls on an end of the range.
static inline float extreme(const float *x, int n) {
    float largest = 0, value = 0;
    for (int i = 0; i < n; i++)
        if (largest < fabsf(x[i])) {
            largest = fabsf(x[i]);
            value = x[i];
        }
    return value;
}

static void quantize_q4_0(const float *x, uint8_t *out) {
    float d = extreme(x, SMALL) / -8, inverse = d != 0 ? 1.0f / d : 0.0f;
    to_half(d, out);
    for (int j = 0; j < 16; j++) {
        int low = truncated(x[j] * inverse + 8.5f, 0, 15), high = truncated(x[j + 16] * inverse + 8.5f, 0, 15);
        out[2 + j] = (uint8_t)(low | high << 4);
    }
}

static inline void put_five_bits(const int *q, uint8_t *high, uint8_t *nibbles) {
    uint32_t bits = 0;
    for (int j = 0; j < 16; j++) {
        nibbles[j] = (uint8_t)((q[j] & 15) | (q[j + 16] & 15) << 4);
        bits |= (uint32_t)(q[j] >> 4 & 1) << j | (uint32_t)(q[j + 16] >> 4 & 1) << (j + 16);
    }
    for (int i = 0; i < 4; i++) high[i] = (uint8_t)(bits >> (8 * i));
}

static void quantize_q5_0(const float *x, uint8_t *out) {
    float d = extreme(x, SMALL) / -16, inverse = d != 0 ? 1.0f / d : 0.0f;
    int q[SMALL];
    to_half(d, out);
    for (int j = 0; j < SMALL; j++) q[j] = truncated(x[j] * inverse + 16.5f, 0, 31);
    put_five_bits(q, out + 2, out + 6);
}

static void quantize_q5_1(const float *x, uint8_t *out) {
    float low = x[0], high = x[0];
    for (int j = 1; j < SMALL; j++) {
        if (x[j] < low) low = x[j];
        if (x[j] > high) high = x[j];
    }
    float d = (high - low) / 31, inverse = d != 0 ? 1.0f / d : 0.0f;
    int q[SMALL];
    to_half(d, out);
    to_half(low, out + 2);
    for (int j = 0; j < SMALL; j++) q[j] = truncated((x[j] - low) * inverse + 0.5f, 0, 31);
    put_five_bits(q, out + 4, out + 8);
}

static void quantize_q8_0(const float *x, uint8_t *out) {
    float d = fabsf(extreme(x, SMALL)) / 127, inverse = d != 0 ? 1.0f / d : 0.0f;
    to_half(d, out);
    for (int j = 0; j < SMALL; j++) {
        float q = roundf(x[j] * inverse);
        out[2 + j] = (uint8_t)(int8_t)truncated(q, -128, 127);
    }
}

// ---- Blocks of 256 ----------------------------------------------------------------------------------------

// Scale and minimum of one group of 32, by trying `steps` + 1 slightly different scales and solving the weighted least
// squares for each. Writes the integers to `levels`, minus the minimum to `minimum`, and returns the scale.
static float search_scale_and_minimum(
    const float *x, const float *weights, int top, float first, int steps, uint8_t *levels, float *minimum) {
    float low = x[0], high = x[0], weight_sum = weights[0], x_sum = weights[0] * x[0];
    for (int i = 1; i < SMALL; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
        weight_sum += weights[i];
        x_sum += weights[i] * x[i];
    }
    if (low > 0) low = 0;
    if (high == low) {
        memset(levels, 0, SMALL);
        *minimum = -low;
        return 0;
    }
    float inverse = (float)top / (high - low), scale = 1 / inverse, best = 0;
    for (int i = 0; i < SMALL; i++) {
        int l = clamped(nearest(inverse * (x[i] - low)), 0, top);
        levels[i] = (uint8_t)l;
        float difference = scale * (float)l + low - x[i];
        best += weights[i] * (difference * difference);
    }
    float range_low = low, range_high = high;
    uint8_t tried[SMALL];
    for (int step = 0; step <= steps; step++) {
        // The range does shrink with the minimum found so far: that is how the reference searches.
        inverse = (first + 0.1f * (float)step + (float)top) / (range_high - range_low);
        float l_sum = 0, l2_sum = 0, xl_sum = 0;
        for (int i = 0; i < SMALL; i++) {
            int l = clamped(nearest(inverse * (x[i] - range_low)), 0, top);
            tried[i] = (uint8_t)l;
            float w = weights[i];
            l_sum += w * (float)l;
            l2_sum += w * (float)l * (float)l;
            xl_sum += w * (float)l * x[i];
        }
        float determinant = weight_sum * l2_sum - l_sum * l_sum;
        if (!(determinant > 0)) continue;
        float new_scale = (weight_sum * xl_sum - x_sum * l_sum) / determinant;
        float new_low = (l2_sum * x_sum - l_sum * xl_sum) / determinant;
        if (new_low > 0) {
            new_low = 0;
            new_scale = xl_sum / l2_sum;
        }
        float error = 0;
        for (int i = 0; i < SMALL; i++) {
            float difference = new_scale * (float)tried[i] + new_low - x[i];
            error += weights[i] * (difference * difference);
        }
        if (error < best) {
            memcpy(levels, tried, SMALL);
            best = error;
            scale = new_scale;
            range_low = new_low;
        }
    }
    *minimum = -range_low;
    return scale;
}

// Scales, minima and integers of a block of eight groups, for Q4_K (top 15) and Q5_K (top 31).
static void fill_groups(const float *x, int top, float first, int steps, uint8_t *out, uint8_t *levels) {
    float scales[8], minima[8], largest_scale = 0, largest_minimum = 0, weights[SMALL];
    for (int j = 0; j < 8; j++) {
        const float *group = x + SMALL * j;
        float squares = 0;
        for (int i = 0; i < SMALL; i++) squares += group[i] * group[i];
        float size = sqrtf(squares / SMALL);
        for (int i = 0; i < SMALL; i++) weights[i] = size + fabsf(group[i]);
        scales[j] = search_scale_and_minimum(group, weights, top, first, steps, levels + SMALL * j, &minima[j]);
        if (scales[j] > largest_scale) largest_scale = scales[j];
        if (minima[j] > largest_minimum) largest_minimum = minima[j];
    }
    float inverse_scale = largest_scale > 0 ? 63.f / largest_scale : 0.f;
    float inverse_minimum = largest_minimum > 0 ? 63.f / largest_minimum : 0.f;
    uint8_t *packed = out + 4;
    for (int j = 0; j < 8; j++) {
        uint8_t s = (uint8_t)nearest(inverse_scale * scales[j]), m = (uint8_t)nearest(inverse_minimum * minima[j]);
        if (s > 63) s = 63;
        if (m > 63) m = 63;
        if (j < 4) {
            packed[j] = s;
            packed[j + 4] = m;
        } else {
            packed[j + 4] = (uint8_t)((s & 15) | (m & 15) << 4);
            packed[j - 4] |= (uint8_t)(s >> 4 << 6);
            packed[j] |= (uint8_t)(m >> 4 << 6);
        }
    }
    to_half(largest_scale / 63.f, out);
    to_half(largest_minimum / 63.f, out + 2);
    // The integers again, for the scales as they are stored.
    for (int j = 0; j < 8; j++) {
        int s, m;
        get_scale_and_minimum(packed, j, &s, &m);
        float d = from_half(out) * (float)s, low = from_half(out + 2) * (float)m;
        if (d == 0) continue;
        for (int i = 0; i < SMALL; i++)
            levels[SMALL * j + i] = (uint8_t)clamped(nearest((x[SMALL * j + i] + low) / d), 0, top);
    }
}

static void quantize_q4_k(const float *x, uint8_t *out) {
    uint8_t levels[LARGE];
    fill_groups(x, 15, -1.f, 20, out, levels);
    uint8_t *q = out + 16;
    for (int j = 0; j < LARGE; j += 64, q += 32)
        for (int i = 0; i < 32; i++) q[i] = (uint8_t)(levels[j + i] | levels[j + i + 32] << 4);
}

static void quantize_q5_k(const float *x, uint8_t *out) {
    uint8_t levels[LARGE];
    fill_groups(x, 31, -0.5f, 15, out, levels);
    uint8_t *high = out + 16, *q = out + 48;
    memset(high, 0, 32);
    for (int pair = 0; pair < 4; pair++, q += 32)
        for (int i = 0; i < 32; i++) {
            uint8_t a = levels[64 * pair + i], b = levels[64 * pair + 32 + i];
            high[i] |= (uint8_t)((a >> 4 & 1) << (2 * pair) | (b >> 4 & 1) << (2 * pair + 1));
            q[i] = (uint8_t)((a & 15) | (b & 15) << 4);
        }
}

// The scale of one group of 16 by trying nineteen, weighted by the squares of the elements.
static float search_scale(const float *x, uint8_t *levels) {
    enum { COUNT = 16, TOP = 32 };
    float top = extreme(x, COUNT);
    if (fabsf(top) < 1e-15f) {
        memset(levels, 0, COUNT);
        return 0;
    }
    float scale = 0, best = 0;
    for (int attempt = 0; attempt < 19; attempt++) {
        // The plain scale first, then steps −9 … 9 without 0.
        int step = attempt == 0 ? 0 : attempt <= 9 ? attempt - 10 : attempt - 9;
        float inverse = attempt == 0 ? -(float)TOP / top : -((float)TOP + 0.1f * (float)step) / top;
        float xl_sum = 0, l2_sum = 0;
        for (int i = 0; i < COUNT; i++) {
            int l = clamped(nearest(inverse * x[i]), -TOP, TOP - 1);
            float w = x[i] * x[i];
            xl_sum += w * x[i] * (float)l;
            l2_sum += w * (float)l * (float)l;
        }
        if (attempt > 0 && !(l2_sum > 0 && xl_sum * xl_sum > best * l2_sum)) continue;
        for (int i = 0; i < COUNT; i++) levels[i] = (uint8_t)(clamped(nearest(inverse * x[i]), -TOP, TOP - 1) + TOP);
        scale = l2_sum != 0 ? xl_sum / l2_sum : 0;
        best = scale * xl_sum;
    }
    return scale;
}

static void quantize_q6_k(const float *x, uint8_t *out) {
    uint8_t levels[LARGE], *low = out, *high = out + 128, *stored = out + 192;
    float scales[16], largest = 0;
    for (int j = 0; j < 16; j++) {
        scales[j] = search_scale(x + 16 * j, levels + 16 * j);
        if (fabsf(scales[j]) > fabsf(largest)) largest = scales[j];
    }
    if (fabsf(largest) < 1e-15f) {
        memset(out, 0, 210);
        return;
    }
    float inverse = -128.f / largest;
    to_half(1 / inverse, out + 208);
    for (int j = 0; j < 16; j++) {
        int s = nearest(inverse * scales[j]);
        stored[j] = (uint8_t)(int8_t)(s > 127 ? 127 : s);
        float d = from_half(out + 208) * (float)(int8_t)stored[j];
        if (d == 0) continue;
        for (int i = 0; i < 16; i++)
            levels[16 * j + i] = (uint8_t)(clamped(nearest(x[16 * j + i] / d), -32, 31) + 32);
    }
    for (int j = 0; j < LARGE; j += 128, low += 64, high += 32)
        for (int i = 0; i < 32; i++) {
            const uint8_t *l = levels + j + i;
            low[i] = (uint8_t)((l[0] & 15) | (l[64] & 15) << 4);
            low[i + 32] = (uint8_t)((l[32] & 15) | (l[96] & 15) << 4);
            high[i] = (uint8_t)(l[0] >> 4 | l[32] >> 4 << 2 | l[64] >> 4 << 4 | l[96] >> 4 << 6);
        }
}

// ---- Many blocks ------------------------------------------------------------------------------------------

typedef struct {
    const float *values;
    uint8_t *blocks;
    int format;
} quantize_plan;

static void quantize_range(const void *context, int64_t begin, int64_t end) {
    const quantize_plan *p = context;
    int64_t elements = ck_block_elements(p->format), bytes = (int64_t)ck_block_bytes(p->format);
    for (int64_t i = begin; i < end; i++) {
        const float *x = p->values + i * elements;
        uint8_t *out = p->blocks + i * bytes;
        switch (p->format) {
        case CK_Q4_0: quantize_q4_0(x, out); break;
        case CK_Q5_0: quantize_q5_0(x, out); break;
        case CK_Q5_1: quantize_q5_1(x, out); break;
        case CK_Q8_0: quantize_q8_0(x, out); break;
        case CK_Q4_K: quantize_q4_k(x, out); break;
        case CK_Q5_K: quantize_q5_k(x, out); break;
        case CK_Q6_K: quantize_q6_k(x, out); break;
        case CK_NF4: ck_nf4_pack(x, out); break;
        }
    }
}

void ck_quantize(const float *source, int format, void *out, int64_t blocks) {
    quantize_plan p = {.values = source, .blocks = out, .format = format};
    if (ck_block_elements(format) > 0) ck_parallel(blocks, 16, 1, quantize_range, &p);
}
