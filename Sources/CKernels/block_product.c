#include "internal.h"

#include <string.h>

// Products with weights that are held in blocks of 32 small integers with a scale (block_layout.h has the layouts), without
// undoing them: the rows of x are rounded to blocks of 32 signed bytes themselves, and what is summed within a block is
// whole numbers, exactly.
//
//     y[r][o] = Σ over blocks b of  (d_w[o][b] · d_x[r][b]) · Σ over j of q_w[o][b][j] · q_x[r][b][j]
//
// The outer sum runs over the blocks in order, one fused multiply-add each, in every instruction set: results are the
// same to the last bit with any number of rows at a time and any number of threads. Rounding x costs about as much
// precision as the weights have lost: half of 1/127 of the largest of 32.

enum { BLOCK = 32, MANY = 12, AHEAD = 4096 };

int ck_block_product_format(int format) { return format == CK_Q8_0 || format == CK_Q4_0; }

typedef struct {
    const int8_t *q;       // (rows, in)
    const float *scale;    // (rows, blocks)
    const int32_t *shift;  // (rows, blocks): what the sums with unsigned weights are too large by, negative
} rounded_rows;

typedef struct {
    float *y;
    const float *x;
    const uint8_t *weight;
    int8_t *q;
    float *scale;
    int32_t *shift;
    int64_t rows, out, in, blocks;
    size_t row_bytes;
    float alpha, beta;
    int format;
} block_args;

/// What is added to a weight to make it unsigned.
static inline int weight_offset(int format) { return format == CK_Q8_0 ? 128 : 8; }

// ---- Rounding x -------------------------------------------------------------------------------------------

static inline __attribute__((always_inline)) void round_rows(const block_args *a, int64_t begin, int64_t end) {
    for (int64_t i = begin * a->blocks; i < end * a->blocks; i++) {
        const float *x = a->x + i * BLOCK;
        int8_t *q = a->q + i * BLOCK;
        uint32_t largest = 0;
        for (int j = 0; j < BLOCK; j++) {
            uint32_t bits;
            memcpy(&bits, x + j, 4);
            bits &= 0x7fffffff;
            largest = bits > largest ? bits : largest;
        }
        float top;
        memcpy(&top, &largest, 4);
        // Infinities and what is no number make the whole block no number.
        int finite = largest < 0x7f800000;
        float inverse = finite && top > 0 ? 127.0f / top : 0.0f;
        // A block of denormals is nothing beside any weight.
        if (!(inverse <= 3e38f)) inverse = 0;
        int32_t sum = 0;
        for (int j = 0; j < BLOCK; j++) {
            // Adding 1.5 · 2^23 rounds to the nearest whole number, to even ones between two.
            float shifted = (finite ? x[j] : 0.0f) * inverse + 12582912.0f;
            int32_t bits;
            memcpy(&bits, &shifted, 4);
            int32_t whole = (bits & 0x7fffff) - 0x400000;
            q[j] = (int8_t)whole;
            sum += whole;
        }
        a->scale[i] = finite ? top / 127.0f : __builtin_nanf("");
        a->shift[i] = -weight_offset(a->format) * sum;
    }
}

// ---- Everywhere -------------------------------------------------------------------------------------------

static inline float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
    if (exponent == 0) {
        float small = (float)fraction * 0x1p-24f;
        return sign ? -small : small;
    }
    uint32_t bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline __attribute__((always_inline)) void plain_product(const block_args *a, int64_t begin, int64_t end) {
    size_t bytes = ck_block_bytes(a->format);
    for (int64_t o = begin; o < end; o++)
        for (int64_t r = 0; r < a->rows; r++) {
            float sum = 0;
            for (int64_t b = 0; b < a->blocks; b++) {
                const uint8_t *block = a->weight + (size_t)o * a->row_bytes + (size_t)b * bytes;
                const int8_t *q = a->q + (r * a->blocks + b) * BLOCK;
                uint16_t half;
                memcpy(&half, block, 2);
                int32_t whole = 0;
                if (a->format == CK_Q8_0) {
                    const int8_t *w = (const int8_t *)block + 2;
                    for (int j = 0; j < BLOCK; j++) whole += (int32_t)w[j] * q[j];
                } else {
                    for (int j = 0; j < BLOCK / 2; j++) {
                        whole += ((int32_t)(block[2 + j] & 15) - 8) * q[j];
                        whole += ((int32_t)(block[2 + j] >> 4) - 8) * q[j + BLOCK / 2];
                    }
                }
                sum = __builtin_fmaf((float)whole, half_to_float(half) * a->scale[r * a->blocks + b], sum);
            }
            float *y = a->y + r * a->out + o;
            float value = a->alpha * sum;
            *y = a->beta == 0 ? value : __builtin_fmaf(a->beta, *y, value);
        }
}

static void round_portable(const void *args, int64_t begin, int64_t end) { round_rows(args, begin, end); }
static void product_portable(const void *args, int64_t begin, int64_t end) { plain_product(args, begin, end); }

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2"))), apply_to = function)
static void round_avx2(const void *args, int64_t begin, int64_t end) { round_rows(args, begin, end); }
#include "block_product_avx2.h"
#pragma clang attribute pop

// ---- AVX-512 VNNI -----------------------------------------------------------------------------------------
//
// Lanes are sixteen rows of the weight. Four of their bytes at a time meet four bytes of x, which are the same for all:
// the blocks of sixteen rows are turned so that a register holds the same four columns of each.

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,bmi2"))), apply_to = function)

static inline __attribute__((always_inline)) __m512i four_rows(
    const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)a));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)b), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)c), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)d), 3);
}

/// 16 bytes of each of 16 rows; words[j] gets word j of every row.
static inline __attribute__((always_inline)) void turn_rows(const uint8_t *const row[16], int64_t at, __m512i words[4]) {
    __m512i a = four_rows(row[0] + at, row[4] + at, row[8] + at, row[12] + at);
    __m512i b = four_rows(row[1] + at, row[5] + at, row[9] + at, row[13] + at);
    __m512i c = four_rows(row[2] + at, row[6] + at, row[10] + at, row[14] + at);
    __m512i d = four_rows(row[3] + at, row[7] + at, row[11] + at, row[15] + at);
    __m512i ab = _mm512_unpacklo_epi32(a, b), cd = _mm512_unpacklo_epi32(c, d);
    words[0] = _mm512_unpacklo_epi64(ab, cd);
    words[1] = _mm512_unpackhi_epi64(ab, cd);
    ab = _mm512_unpackhi_epi32(a, b);
    cd = _mm512_unpackhi_epi32(c, d);
    words[2] = _mm512_unpacklo_epi64(ab, cd);
    words[3] = _mm512_unpackhi_epi64(ab, cd);
}

static inline __attribute__((always_inline)) void panel(
    const block_args *a, int64_t o, int64_t row, int rows, int format) {
    const int64_t bytes = format == CK_Q8_0 ? 34 : 18, blocks = a->blocks;
    const uint8_t *from[16];
    // Lanes beyond the last row repeat it; they are not stored.
    for (int i = 0; i < 16; i++) from[i] = a->weight + (size_t)(o + i < a->out ? o + i : a->out - 1) * a->row_bytes;
    const uint8_t *ahead = from[0] + 16 * a->row_bytes + AHEAD;
    __m512 sums[MANY];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) sums[r] = _mm512_setzero_ps();
    enum { GROUP = 16 };
    uint16_t halves[GROUP][16] __attribute__((aligned(32)));
    for (int64_t group = 0; group < blocks; group += GROUP) {
        int64_t last = blocks - group < GROUP ? blocks : group + GROUP;
        for (int64_t b = group; b < last; b++) {
#pragma clang loop unroll(full)
            for (int i = 0; i < 16; i++) memcpy(&halves[b - group][i], from[i] + b * bytes, 2);
        }
        for (int64_t b = group; b < last; b++) {
            __m512i w[8];
            if (format == CK_Q8_0) {
                turn_rows(from, b * bytes + 2, w);
                turn_rows(from, b * bytes + 18, w + 4);
                for (int j = 0; j < 8; j++) w[j] = _mm512_xor_si512(w[j], _mm512_set1_epi8((char)0x80));
            } else {
                turn_rows(from, b * bytes + 2, w);
                for (int j = 0; j < 4; j++) {
                    w[j + 4] = _mm512_and_si512(_mm512_srli_epi16(w[j], 4), _mm512_set1_epi8(15));
                    w[j] = _mm512_and_si512(w[j], _mm512_set1_epi8(15));
                }
            }
            // The next sixteen rows lie behind these, 16 · bytes for every block. Their last are met soon after they were
            // asked for unless that is done some way ahead.
            for (int64_t line = b * bytes * 16; line < (b + 1) * bytes * 16; line += 64)
                _mm_prefetch(ahead + line, _MM_HINT_T0);
            __m512 scale = _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)halves[b - group]));
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const int64_t i = (row + r) * blocks + b;
                const int8_t *q = a->q + i * BLOCK;
                __m512i whole = _mm512_set1_epi32(a->shift[i]), other = _mm512_setzero_si512();
                for (int j = 0; j < 8; j++) {
                    int four;
                    memcpy(&four, q + 4 * j, 4);
                    // One row alone has two chains of sums, so as not to wait for each.
                    if (rows == 1 && j % 2 == 1) other = _mm512_dpbusd_epi32(other, w[j], _mm512_set1_epi32(four));
                    else whole = _mm512_dpbusd_epi32(whole, w[j], _mm512_set1_epi32(four));
                }
                if (rows == 1) whole = _mm512_add_epi32(whole, other);
                __m512 factor = _mm512_mul_ps(scale, _mm512_set1_ps(a->scale[i]));
                sums[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), factor, sums[r]);
            }
        }
    }
    __mmask16 some = a->out - o >= 16 ? 0xffff : (__mmask16)((1u << (a->out - o)) - 1);
    for (int r = 0; r < rows; r++) {
        float *y = a->y + (row + r) * a->out + o;
        __m512 value = _mm512_mul_ps(_mm512_set1_ps(a->alpha), sums[r]);
        if (a->beta != 0) value = _mm512_fmadd_ps(_mm512_set1_ps(a->beta), _mm512_maskz_loadu_ps(some, y), value);
        _mm512_mask_storeu_ps(y, some, value);
    }
}

#define PANEL(ROWS) panel(a, o, row, ROWS, format)
static inline __attribute__((always_inline)) void panels(const block_args *a, int64_t begin, int64_t end, int format) {
    for (int64_t o = begin; o < end; o += 16)
        for (int64_t row = 0, rest; (rest = a->rows - row) > 0;) {
            if (rest >= MANY) {
                PANEL(MANY);
                row += MANY;
                continue;
            }
            switch (rest) {
            case 1: PANEL(1); break;
            case 2: PANEL(2); break;
            case 3: PANEL(3); break;
            case 4: PANEL(4); break;
            case 5: PANEL(5); break;
            case 6: PANEL(6); break;
            case 7: PANEL(7); break;
            default: PANEL(8); break;
            }
            row += rest < 8 ? rest : 8;
        }
}

static void product_vnni(const void *args, int64_t begin, int64_t end) {
    const block_args *a = args;
    if (a->format == CK_Q8_0) panels(a, begin, end, CK_Q8_0);
    else panels(a, begin, end, CK_Q4_0);
}

static void round_avx512(const void *args, int64_t begin, int64_t end) {
    const block_args *a = args;
    const __m512i positive = _mm512_set1_epi32(0x7fffffff);
    for (int64_t i = begin * a->blocks; i < end * a->blocks; i++) {
        __m512 low = _mm512_loadu_ps(a->x + i * BLOCK), high = _mm512_loadu_ps(a->x + i * BLOCK + 16);
        uint32_t largest = _mm512_reduce_max_epu32(_mm512_max_epu32(
            _mm512_and_si512(_mm512_castps_si512(low), positive), _mm512_and_si512(_mm512_castps_si512(high), positive)));
        float top;
        memcpy(&top, &largest, 4);
        int finite = largest < 0x7f800000;
        float inverse = finite && top > 0 ? 127.0f / top : 0.0f;
        if (!(inverse <= 3e38f)) inverse = 0;
        if (!finite) low = high = _mm512_setzero_ps();
        __m512 factor = _mm512_set1_ps(inverse);
        __m512i a0 = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor)), a1 = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));
        _mm_storeu_si128((__m128i *)(a->q + i * BLOCK), _mm512_cvtepi32_epi8(a0));
        _mm_storeu_si128((__m128i *)(a->q + i * BLOCK + 16), _mm512_cvtepi32_epi8(a1));
        a->scale[i] = finite ? top / 127.0f : __builtin_nanf("");
        a->shift[i] = -weight_offset(a->format) * _mm512_reduce_add_epi32(_mm512_add_epi32(a0, a1));
    }
}

#pragma clang attribute pop

static int has_vnni(void) {
    return ck_isa() >= CK_ISA_AVX512 && __builtin_cpu_supports("avx512vnni");
}

#endif

void ck_block_product(
    float *y, const float *x, const void *weight, int format, int64_t rows, int64_t out, int64_t in, float alpha,
    float beta) {
    ck_weight one = {.weight = weight, .y = y, .out = out};
    ck_block_product_each(&one, 1, x, format, rows, in, alpha, beta);
}

void ck_block_product_each(
    const ck_weight *weights, int count, const float *x, int format, int64_t rows, int64_t in, float alpha,
    float beta) {
    if (rows <= 0) return;
    int64_t blocks = in / BLOCK;
    size_t many = (size_t)(rows * blocks);
    char *rounded = (char *)ck_workspace(CK_SLOT_ROUNDED, many * (BLOCK / 4 + 2) + 16);
    block_args args[CK_TOGETHER];
    const void *pointers[CK_TOGETHER];
    int64_t outs[CK_TOGETHER];
    for (int i = 0; i < count; i++) {
        args[i] = (block_args){
            .y = weights[i].y, .x = x, .weight = weights[i].weight, .scale = (float *)rounded,
            .shift = (int32_t *)(rounded + 4 * many), .q = (int8_t *)(rounded + 8 * many), .rows = rows,
            .out = weights[i].out, .in = in, .blocks = blocks, .row_bytes = (size_t)blocks * ck_block_bytes(format),
            .alpha = alpha, .beta = beta, .format = format,
        };
        pointers[i] = &args[i];
        outs[i] = weights[i].out;
    }
    ck_range_fn round = round_portable, product = product_portable;
#if defined(__x86_64__)
    if (ck_isa() >= CK_ISA_AVX2) {
        round = round_avx2;
        product = product_avx2;
    }
    if (has_vnni()) {
        round = round_avx512;
        product = product_vnni;
    }
#endif
    ck_parallel(rows, 1 + 65536 / (in > 0 ? in : 1), 1, round, &args[0]);
    // Below some ten microseconds of work, waking a thread costs more than it gives.
    int64_t least = 65536 / (rows * (in > 0 ? in : 1) + 1);
    ck_parallel_joined(outs, pointers, count, least < 16 ? 16 : least, 16, product);
}
