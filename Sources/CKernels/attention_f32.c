#include "internal.h"

#include <stdlib.h>

// Attention in float32 with AVX-512.

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2"))), apply_to = function)

#define MASK_512
#include "body_vector.h"
#include "product_parts.h"

enum { ROWS = 12, STEP = 1, FLUSHED = 0, DEGREE = 6, UNIT = 1, NARROWEST = 1 };

INLINE __m512i splat_word(const uint32_t *a) {
    float x;
    memcpy(&x, a, sizeof x);
    return _mm512_castps_si512(_mm512_set1_ps(x));
}
INLINE __m512 multiply_words(__m512 sum, __m512i row, __m512i column) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(row), _mm512_castsi512_ps(column), sum);
}

/// The first `count` of 16 numbers that lie in a row, times `factor`.
INLINE __m512i words16(const char *row, int type, int64_t count, float factor) {
    return _mm512_castps_si512(_mm512_mul_ps(widen16(row, type, first(count)), _mm512_set1_ps(factor)));
}
/// Some of 16 results; all are float32 here.
INLINE void keep16(char *target, int type, __mmask16 some, __m512 x) {
    (void)type;
    _mm512_mask_storeu_ps(target, some, x);
}
/// Words of 16 columns, along rows that are `stride` apart, `there` of them left.
INLINE __m512i rows16(const char *row, int type, int64_t stride, int64_t there, __mmask16 some) {
    (void)stride, (void)there;
    return _mm512_castps_si512(widen16(row, type, some));
}
/// Two rows of 16 columns as words along the rows; rows of words are `stride` apart.
INLINE void put_pair(uint32_t *out, int64_t stride, __m512 even, __m512 odd) {
    _mm512_store_ps(out, even);
    _mm512_store_ps(out + stride, odd);
}
/// A row of 32 columns as words along the row.
INLINE void put_row(uint32_t *out, __m512 left, __m512 right) {
    _mm512_store_ps(out, left);
    _mm512_store_ps(out + 16, right);
}

#include "attention_parts.h"
#include "attention_vectors.h"
#include "attention_forward.h"
#include "attention_backward.h"
#include "attention_blocks.h"

#pragma clang attribute pop

int ck_attention_f32(const ck_attention_args *a, int backward) {
    if (ck_isa() < CK_ISA_AVX512 || a->type != CK_F32) return 0;
    run_attention(a, backward);
    return 1;
}

#else

int ck_attention_f32(const ck_attention_args *a, int backward) {
    (void)a, (void)backward;
    return 0;
}

#endif
