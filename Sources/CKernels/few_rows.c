#include "internal.h"

#include <string.h>

// Products of a few rows with a large weight, as decoding has them: the weight comes from memory once, and the speed of
// memory is the speed of the product. 16 sums are held at a time, for so many rows of the weight as that leaves for the
// rows of x. A sum runs over the columns in the same order whatever it is held with, so a row's result depends neither
// on its company nor on the threads.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2"))), apply_to = function)

#include "product_parts.h"
#include "lane_sums.h"

enum { AHEAD = 8192 };  // bytes of the weight that are on their way at least

/// `outs` rows of the weight from o on, times `rows` rows of x; rows · outs <= 16.
static inline __attribute__((always_inline)) void some_sums(
    const ck_args *a, int64_t o, int64_t first_row, int rows, int outs, int type) {
    const int64_t width = a->width, size = type == CK_F32 ? 4 : 2;
    const char *w = (const char *)a->raw + o * width * size;
    const float *x = a->a + first_row * width;
    // The rows after these follow at once in memory. Few of them are too short a way to look ahead.
    const int64_t these = outs * width * size, ahead = these > AHEAD ? these : AHEAD;
    __m512 sums[16];
    for (int i = 0; i < 16; i++) sums[i] = _mm512_setzero_ps();
    int64_t k = 0;
    for (; k + 16 <= width; k += 16) {
        __m512 column[16];
#pragma clang loop unroll(full)
        for (int i = 0; i < outs; i++) {
            const char *from = w + (i * width + k) * size;
            column[i] = widen16(from, type, 0xffff);
            if (type == CK_F32 || (k & 16) == 0) _mm_prefetch(from + ahead, _MM_HINT_T0);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            __m512 v = _mm512_loadu_ps(x + r * width + k);
            for (int i = 0; i < outs; i++) sums[r * outs + i] = _mm512_fmadd_ps(column[i], v, sums[r * outs + i]);
        }
    }
    if (k < width) {
        __mmask16 some = first(width - k);
#pragma clang loop unroll(full)
        for (int i = 0; i < outs; i++) {
            __m512 column = widen16(w + (i * width + k) * size, type, some);
            for (int r = 0; r < rows; r++)
                sums[r * outs + i] =
                    _mm512_fmadd_ps(column, _mm512_maskz_loadu_ps(some, x + r * width + k), sums[r * outs + i]);
        }
    }
    __m512 results = lane_sums(sums);
    float *y = a->out + first_row * a->n + o;
    if (rows == 1) {
        __mmask16 some = first(outs);
        if (a->beta != 0)
            results = _mm512_fmadd_ps(_mm512_set1_ps(a->beta), _mm512_maskz_loadu_ps(some, y), results);
        _mm512_mask_storeu_ps(y, some, results);
        return;
    }
    float values[16];
    _mm512_storeu_ps(values, results);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < outs; i++) {
            float *to = y + r * a->n + i;
            *to = a->beta == 0 ? values[r * outs + i] : __builtin_fmaf(a->beta, *to, values[r * outs + i]);
        }
}

static inline __attribute__((always_inline)) void some_rows_of(
    const ck_args *a, int64_t begin, int64_t end, int64_t first_row, int rows, int type) {
    // One row waits for memory, which comes faster in few streams; four sums are enough to keep up with it.
    const int outs = rows == 1 ? 4 : rows == 2 ? 8 : rows <= 4 ? 4 : rows <= 8 ? 2 : 1;
    int64_t o = begin;
    for (; o + outs <= end; o += outs) some_sums(a, o, first_row, rows, outs, type);
    for (; outs > 4 && o + 4 <= end; o += 4) some_sums(a, o, first_row, rows, rows == 2 ? 4 : 1, type);
    for (; o < end; o++) some_sums(a, o, first_row, rows, 1, type);
}

#define BY_ROWS(TYPE)                                                                             \
    switch (rows) {                                                                               \
    case 1: some_rows_of(a, begin, end, row, 1, TYPE); break;                                     \
    case 2: some_rows_of(a, begin, end, row, 2, TYPE); break;                                     \
    case 3: some_rows_of(a, begin, end, row, 3, TYPE); break;                                     \
    case 4: some_rows_of(a, begin, end, row, 4, TYPE); break;                                     \
    case 5: some_rows_of(a, begin, end, row, 5, TYPE); break;                                     \
    case 6: some_rows_of(a, begin, end, row, 6, TYPE); break;                                     \
    case 7: some_rows_of(a, begin, end, row, 7, TYPE); break;                                     \
    default: some_rows_of(a, begin, end, row, 8, TYPE); break;                                    \
    }

// Index: rows of the weight. More than eight rows of x take turns while a piece of the weight is in the second-level
// cache.
void ck_few_rows_range(const void *context, int64_t first_out, int64_t last_out) {
    const ck_args *a = context;
    int64_t bytes = a->width * (a->type == CK_F32 ? 4 : 2);
    int64_t piece = a->rows <= 8 ? last_out - first_out : (262144 / (bytes > 0 ? bytes : 1) + 16) / 16 * 16;
    if (piece < 16) piece = 16;
    for (int64_t begin = first_out; begin < last_out; begin += piece) {
        int64_t end = last_out - begin < piece ? last_out : begin + piece;
        for (int64_t row = 0; row < a->rows; row += 8) {
            int64_t rows = a->rows - row;
            switch (a->type) {
            case CK_F16: BY_ROWS(CK_F16) break;
            case CK_BF16: BY_ROWS(CK_BF16) break;
            default: BY_ROWS(CK_F32) break;
            }
        }
    }
}

#pragma clang attribute pop

ck_range_fn ck_few_rows_kernel(void) { return ck_isa() >= CK_ISA_AVX512 ? ck_few_rows_range : NULL; }

#else

ck_range_fn ck_few_rows_kernel(void) { return NULL; }

#endif
