#include "CKernels.h"

#include <math.h>
#include <string.h>

// The block formats of GGUF and the searches that fill them, as the reference implementation (ggml) defines them. A
// block is a function of its own elements, with every sum in the order of the elements and no fused operations, so that
// files come out the same, bit for bit, on every machine and with any number of threads.
#pragma STDC FP_CONTRACT OFF

enum { SMALL = 32, LARGE = 256 };

// Layouts, in bytes:
//   Q4_0  d16, 16 × nibbles                      x = d (q − 8)          elements j and j + 16 share a byte
//   Q4_1  d16, m16, 16 × nibbles                 x = d q + m
//   Q5_0  d16, 32 high bits, 16 × nibbles        x = d (q − 16)
//   Q5_1  d16, m16, 32 high bits, 16 × nibbles   x = d q + m
//   Q8_0  d16, 32 × int8                         x = d q
//   Q4_K  d16, m16, 12 × packed 6-bit scales and minima of 8 groups, 128 × nibbles     x = d s q − m t
//   Q5_K  the same with 32 × high bits before the nibbles
//   Q6_K  128 × low nibbles, 64 × high pairs, 16 × int8 scales, d16                    x = d s (q − 32)

int64_t ck_block_elements(int format) {
    switch (format) {
    case CK_Q4_0: case CK_Q4_1: case CK_Q5_0: case CK_Q5_1: case CK_Q8_0: return SMALL;
    case CK_Q4_K: case CK_Q5_K: case CK_Q6_K: return LARGE;
    default: return 0;
    }
}

size_t ck_block_bytes(int format) {
    switch (format) {
    case CK_Q4_0: return 18;
    case CK_Q4_1: return 20;
    case CK_Q5_0: return 22;
    case CK_Q5_1: return 24;
    case CK_Q8_0: return 34;
    case CK_Q4_K: return 144;
    case CK_Q5_K: return 176;
    case CK_Q6_K: return 210;
    default: return 0;
    }
}

// ---- Half precision ---------------------------------------------------------------------------------------

static inline float from_half(const uint8_t *bytes) {
    uint32_t h = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
    uint32_t sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000u | fraction << 13;
    } else if (exponent > 0) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float small = (float)fraction * 0x1p-24f;  // exact
        memcpy(&bits, &small, 4);
        bits |= sign;
    }
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Round to nearest even.
static inline void to_half(float value, uint8_t *bytes) {
    uint32_t bits, h;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        h = 0x7e00;
    } else if (magnitude >= 0x47800000u) {  // 65536 and above
        h = 0x7c00;
    } else if (magnitude >= 0x38800000u) {  // normal; rounding may carry into infinity, as it should
        h = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    } else {
        // The sum aligns the fraction to units of 2^-24 and rounds it.
        float shifted;
        memcpy(&shifted, &magnitude, 4);
        shifted += 0.5f;
        memcpy(&h, &shifted, 4);
        h -= 0x3f000000u;
    }
    h |= sign;
    bytes[0] = (uint8_t)h;
    bytes[1] = (uint8_t)(h >> 8);
}

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

static inline void get_scale_and_minimum(const uint8_t *packed, int group, int *scale, int *minimum) {
    if (group < 4) {
        *scale = packed[group] & 63;
        *minimum = packed[group + 4] & 63;
    } else {
        *scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
        *minimum = packed[group + 4] >> 4 | (packed[group] >> 6) << 4;
    }
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

// ---- Back to numbers --------------------------------------------------------------------------------------

static inline uint32_t high_bits(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void dequantize_small(const uint8_t *block, int format, float *out) {
    float d = from_half(block);
    switch (format) {
    case CK_Q4_0:
        for (int j = 0; j < 16; j++) {
            out[j] = d * (float)((block[2 + j] & 15) - 8);
            out[j + 16] = d * (float)((block[2 + j] >> 4) - 8);
        }
        return;
    case CK_Q4_1: {
        float m = from_half(block + 2);
        for (int j = 0; j < 16; j++) {
            out[j] = d * (float)(block[4 + j] & 15) + m;
            out[j + 16] = d * (float)(block[4 + j] >> 4) + m;
        }
        return;
    }
    case CK_Q5_0: {
        uint32_t bits = high_bits(block + 2);
        for (int j = 0; j < 16; j++) {
            int low = (block[6 + j] & 15) | (int)(bits >> j & 1) << 4;
            int high = block[6 + j] >> 4 | (int)(bits >> (j + 16) & 1) << 4;
            out[j] = d * (float)(low - 16);
            out[j + 16] = d * (float)(high - 16);
        }
        return;
    }
    case CK_Q5_1: {
        float m = from_half(block + 2);
        uint32_t bits = high_bits(block + 4);
        for (int j = 0; j < 16; j++) {
            int low = (block[8 + j] & 15) | (int)(bits >> j & 1) << 4;
            int high = block[8 + j] >> 4 | (int)(bits >> (j + 16) & 1) << 4;
            out[j] = d * (float)low + m;
            out[j + 16] = d * (float)high + m;
        }
        return;
    }
    default:
        for (int j = 0; j < SMALL; j++) out[j] = d * (float)(int8_t)block[2 + j];
    }
}

static void dequantize_groups(const uint8_t *block, int format, float *out) {
    float d = from_half(block), minimum = from_half(block + 2);
    const uint8_t *high = block + 16, *q = block + (format == CK_Q4_K ? 16 : 48);
    for (int group = 0; group < 8; group++) {
        int s, m, shift = group % 2 * 4;
        get_scale_and_minimum(block + 4, group, &s, &m);
        float scale = d * (float)s, low = minimum * (float)m;
        for (int i = 0; i < 32; i++) {
            int l = q[32 * (group / 2) + i] >> shift & 15;
            if (format == CK_Q5_K) l |= (high[i] >> group & 1) << 4;
            out[32 * group + i] = scale * (float)l - low;
        }
    }
}

static void dequantize_q6_k(const uint8_t *block, float *out) {
    float d = from_half(block + 208);
    for (int half = 0; half < 2; half++) {
        const uint8_t *low = block + 64 * half, *high = block + 128 + 32 * half, *scales = block + 192 + 8 * half;
        for (int part = 0; part < 4; part++)
            for (int i = 0; i < 32; i++) {
                int nibble = low[32 * (part % 2) + i] >> (part < 2 ? 0 : 4) & 15;
                int q = (nibble | (high[i] >> (2 * part) & 3) << 4) - 32;
                out[128 * half + 32 * part + i] = d * (float)(int8_t)scales[2 * part + i / 16] * (float)q;
            }
    }
}

// ---- Many blocks ------------------------------------------------------------------------------------------

typedef struct {
    const float *values;
    const uint8_t *blocks;
    float *out;
    uint8_t *out_blocks;
    int format;
} block_plan;

static void quantize_range(const void *context, int64_t begin, int64_t end) {
    const block_plan *p = context;
    int64_t elements = ck_block_elements(p->format), bytes = (int64_t)ck_block_bytes(p->format);
    for (int64_t i = begin; i < end; i++) {
        const float *x = p->values + i * elements;
        uint8_t *out = p->out_blocks + i * bytes;
        switch (p->format) {
        case CK_Q4_0: quantize_q4_0(x, out); break;
        case CK_Q5_0: quantize_q5_0(x, out); break;
        case CK_Q5_1: quantize_q5_1(x, out); break;
        case CK_Q8_0: quantize_q8_0(x, out); break;
        case CK_Q4_K: quantize_q4_k(x, out); break;
        case CK_Q5_K: quantize_q5_k(x, out); break;
        case CK_Q6_K: quantize_q6_k(x, out); break;
        }
    }
}

static void dequantize_range(const void *context, int64_t begin, int64_t end) {
    const block_plan *p = context;
    int64_t elements = ck_block_elements(p->format), bytes = (int64_t)ck_block_bytes(p->format);
    for (int64_t i = begin; i < end; i++) {
        const uint8_t *block = p->blocks + i * bytes;
        float *out = p->out + i * elements;
        switch (p->format) {
        case CK_Q4_K: case CK_Q5_K: dequantize_groups(block, p->format, out); break;
        case CK_Q6_K: dequantize_q6_k(block, out); break;
        default: dequantize_small(block, p->format, out);
        }
    }
}

void ck_quantize(const float *source, int format, void *out, int64_t blocks) {
    block_plan p = {.values = source, .out_blocks = out, .format = format};
    if (ck_block_elements(format) > 0) ck_parallel(blocks, 16, 1, quantize_range, &p);
}

void ck_dequantize(const void *source, int format, float *out, int64_t blocks) {
    block_plan p = {.blocks = source, .out = out, .format = format};
    if (ck_block_elements(format) > 0) ck_parallel(blocks, 64, 1, dequantize_range, &p);
}
