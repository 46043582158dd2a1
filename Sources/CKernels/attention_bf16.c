#include "internal.h"

#include <stdlib.h>

// Attention whose products are in BF16: queries, keys, values, probabilities and their gradients are rounded to 8 bits
// of mantissa (to nearest even) where they are multiplied; sums, softmax and results are float32.

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2"))), apply_to = function)

#define MASK_512
#include "body_vector.h"
#include "product_parts.h"

enum { ROWS = 12, STEP = 2, FLUSHED = 0, DEGREE = 4, UNIT = 1, NARROWEST = 1 };

INLINE __m512i splat_word(const uint32_t *a) {
    int x;
    memcpy(&x, a, sizeof x);
    return _mm512_set1_epi32(x);
}
INLINE __m512 multiply_words(__m512 sum, __m512i row, __m512i column) {
    return _mm512_dpbf16_ps(sum, (__m512bh)row, (__m512bh)column);
}

#include "attention_words_bf16.h"

#include "attention_parts.h"
#include "attention_vectors.h"
#include "attention_forward.h"
#include "attention_backward.h"
#include "attention_blocks.h"

#pragma clang attribute pop

int ck_attention_bf16(const ck_attention_args *a, int backward) {
    if (ck_isa() == CK_ISA_AMX) return ck_attention_amx(a, backward);
    if (ck_isa() != CK_ISA_AVX512BF16) return 0;
    run_attention(a, backward);
    return 1;
}

#else

int ck_attention_bf16(const ck_attention_args *a, int backward) {
    (void)a, (void)backward;
    return 0;
}

#endif
